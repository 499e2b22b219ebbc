"""One experiment per file: a constant EXPERIMENT with its runs, what they measure, and the verdict in words. No Qt."""

from __future__ import annotations

import time
from collections.abc import Generator

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Order, Result
from cnnstudio.core.registry import scan


def all_experiments() -> dict[str, ExperimentInfo]:
    """Every experiment by id, in the order of the list."""
    return scan(__name__, "EXPERIMENT", ExperimentInfo)


def find(name: str) -> ExperimentInfo:
    """The card of one experiment.

    Raises:
        StudioError: There is no such experiment.
    """
    known = all_experiments()
    if name not in known:
        raise StudioError(f"There is no experiment {name!r}.", remedy="Choose from " + ", ".join(known) + ".")
    return known[name]


def measure(order: Order, worker: str = "") -> Generator[Progress | None, int | None, Result]:
    """Does one run, in slices. Each slice has one thread: with two the sums come out in another order.

    Args:
        order: Which.
        worker: What to call the place where this happens.

    Returns:
        What it measured, and the order that gives it: where a step was sent in, one that flips after that step.

    Raises:
        StudioError: The run cannot be done; the sentence says why.
    """
    from cnnstudio.datasets import one_thread
    from cnnstudio.engine.device import choose
    from cnnstudio.engine.grid import versions

    info, seconds = find(order.experiment), 0.0
    running, wish = info.measure(order), None
    try:
        while True:
            began = time.perf_counter()
            try:
                with one_thread():
                    progress = running.send(wish)
            finally:
                seconds += time.perf_counter() - began
            wish = yield progress
    except StopIteration as end:
        return Result(info.as_done(order, end.value), end.value, seconds, worker, versions(choose()))
    finally:
        running.close()
