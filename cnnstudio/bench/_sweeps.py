"""Sweeps on processes of this computer, as the experiments' bench measures them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Order, Result, Settings
from cnnstudio.core.sweep_folder import RUNS, SweepFolder
from cnnstudio.engine.session import finish
from cnnstudio.experiments import find, measure
from cnnstudio.runtime.sweep import Sweep, WorkerProcesses, processes, run_whole

_LOOK_S = 0.05
"""How often it is looked how many results there are."""


@contextmanager
def empty_home() -> Iterator[None]:
    """The program's folders lie in a fresh place, for the processes that are started as well."""
    before = os.environ.get("CNNSTUDIO_HOME")
    with tempfile.TemporaryDirectory(prefix="cnnstudio-bench-", ignore_cleanup_errors=True) as folder:
        os.environ["CNNSTUDIO_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                os.environ.pop("CNNSTUDIO_HOME")
            else:
                os.environ["CNNSTUDIO_HOME"] = before


def only(info: ExperimentInfo, wanted: Callable[[Order], bool]) -> ExperimentInfo:
    """The same experiment with some of its runs."""
    return replace(info, plan=lambda settings: tuple(filter(wanted, info.plan(settings))))


def results_of(
    info: ExperimentInfo, settings: Settings, workers: int, folder: Path | None = None
) -> tuple[Result, ...]:
    """All runs, on fresh processes.

    Raises:
        StudioError: One could not be done.
    """
    kept = None if folder is None else SweepFolder(folder)
    return run_whole(Sweep(info, settings, processes(workers), kept, workers))


def warmed_seconds(info: ExperimentInfo, settings: Settings, workers: int) -> float:
    """Wall time of all runs on processes that have learned something already, from the first run to the last result.

    Raises:
        StudioError: A run could not be done.
    """
    pool = WorkerProcesses(workers)
    pool.warm_up()
    sweep = Sweep(info, settings, lambda: pool, workers=workers)
    # The first optimiser of a process imports more of torch, which takes seconds.
    for waiting in [pool.submit(learn_a_little, sweep.orders[0]) for _ in range(workers)]:
        waiting.result()
    began = time.perf_counter()
    run_whole(sweep)
    return time.perf_counter() - began


def learn_a_little(order: Order) -> None:
    """In a worker: does a run whose result nobody wants."""
    finish(measure(order, "warming up"))


def differing(first: tuple[Result, ...], second: tuple[Result, ...]) -> int:
    """How many runs are in one sweep only, or gave other numbers."""
    one, other = ({result.order.key: result.values for result in results} for results in (first, second))
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())


def kill_halfway(experiment: str, settings: Settings, workers: int, folder: Path) -> int:
    """Starts the command `cnnstudio experiment`, and kills it when half of its runs are on the disk.

    Returns:
        How many results it left.

    Raises:
        StudioError: It ended before that.
    """
    runs = len(find(experiment).plan(find(experiment).settings(settings)))
    given = [f"{name}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "cnnstudio", "experiment", experiment, "--workers", str(workers)]
    command += ["--out", str(folder), *(["--set", *given] if given else [])]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while len(list((folder / RUNS).glob("*.json"))) < runs // 2:
            if process.poll() is not None:
                raise StudioError("The command ended before it could be killed.")
            time.sleep(_LOOK_S)
    finally:
        process.kill()
        process.wait()
    return len(list((folder / RUNS).glob("*.json")))
