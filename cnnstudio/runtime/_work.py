"""What happens in a worker: one run, wherever the worker is."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import cnnstudio
from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import Cancelled, StudioError
from cnnstudio.core.experiment import Order, Result
from cnnstudio.core.sweep_folder import other_version, plain
from cnnstudio.runtime import _one_thread

Running = Generator[Progress | None, None, Result]
Measurer = Callable[[Order, str], Running]
"""Does one run at a place, as `experiments.measure`; a function of a module, so that other processes find it."""

Tell = Callable[[str, Progress], None]
"""Is told the key of an order, and how far its run is."""

_TURN_S: Final = 0.2
"""How often a run that waits for its turn looks whether it is still wanted."""

LIBRARIES: Final = ("torch", "numpy")
"""Whose versions decide a run's numbers."""

_one_at_a_time = threading.Lock()
"""How many threads torch uses is one number of the whole process, and so is the memory of data sets."""

_withdrawn: set[str] = set()


@dataclass(frozen=True, slots=True)
class Task:
    """One run to do.

    Attributes:
        order: Which.
        measure: Does it.
        sweep: Of which sweep, so that it can be withdrawn.
        versions: What the place must have, as `versions_here` says it; {} for anything.
    """

    order: Order
    measure: Measurer
    sweep: str
    versions: Mapping[str, str] = field(default_factory=dict)


def versions_here() -> dict[str, str]:
    """What decides a run's numbers besides its order, found without loading anything."""
    found = {"CNN Studio": cnnstudio.__version__, "Python": ".".join(platform.python_version_tuple()[:2])}
    for package in LIBRARIES:
        try:
            found[package] = importlib.metadata.version(package).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found[package] = "none"
    return found


def differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    """What differs between two answers of `versions_here`, as in "torch 2.12.0 instead of 2.13.0"; "" for nothing."""
    return ", ".join(
        f"{name} {found.get(name, 'none')} instead of {version}"
        for name, version in wanted.items()
        if found.get(name, "none") != version
    )


def refuse_other_versions(wanted: Mapping[str, str], found: Mapping[str, str], place: str) -> None:
    """Refuses a place whose numbers would be others.

    Raises:
        StudioError: A version differs; the place is named.
    """
    differing = differences(wanted, found)
    if differing:
        raise StudioError(
            f"The worker {place} has {differing}.",
            "Its numbers could differ from those of the other workers.",
            "Install the same versions there and start it again.",
        )


def refuse_other_libraries(path: Path, results: Iterable[Result]) -> None:
    """Refuses to go on with kept results that another torch or numpy gave.

    Raises:
        StudioError: One did.
    """
    here = {name: version for name, version in versions_here().items() if name in LIBRARIES}
    for result in results:
        there = {
            name: text.partition("+")[0] for name in LIBRARIES if isinstance(text := result.versions.get(name), str)
        }
        differing = differences({name: here[name] for name in there}, there)
        if differing:
            raise other_version(path, differing)


def measure_alone(order: Order, place: str) -> Running:
    """A run of the program's own experiments; a process that does nothing else gives torch one thread for good."""
    if _one_thread.alone():
        one_thread_in_torch()
    from cnnstudio.experiments import measure

    return (yield from measure(order, place))


def one_thread_in_torch() -> None:
    """Gives torch one thread for good."""
    import torch

    torch.set_num_threads(1)
    if torch.get_num_interop_threads() != 1:
        with suppress(RuntimeError):  # somebody used torch in this process before; it does not change the numbers
            torch.set_num_interop_threads(1)


def do(task: Task) -> Result:
    """Does a run in a worker process, or in a thread of this one.

    Raises:
        Cancelled: Nobody wants it any more.
        StudioError: It cannot be done; the sentence says why.
    """
    place = f"process {os.getpid()}"
    _one_thread.tell((os.getpid(), task.order.key, None))
    return measured(task, place, lambda key, progress: _one_thread.tell((os.getpid(), key, progress)))


def measured(task: Task, place: str, tell: Tell) -> Result:
    """Does a run, and says now and then how far it is.

    Args:
        task: The run.
        place: What to call the place where this happens.
        tell: Hears of progress.

    Raises:
        Cancelled: Nobody wants it any more.
        StudioError: It cannot be done, or this place has other versions; the sentence says why.
    """
    refuse_other_versions(task.versions, versions_here(), place)
    while not _one_at_a_time.acquire(timeout=_TURN_S):
        _end_if_withdrawn(task.sweep)
    try:
        result = _finished(task, place, tell)
    finally:
        _one_at_a_time.release()
    return replace(result, values=plain(result.values))


def _finished(task: Task, place: str, tell: Tell) -> Result:
    told = -limits.SWEEP_TELL_S
    with closing(task.measure(task.order, place)) as running:
        while True:
            _end_if_withdrawn(task.sweep)
            try:
                progress = next(running)
            except StopIteration as end:
                result: Result = end.value
                return result
            now = time.monotonic()
            if progress is not None and now - told >= limits.SWEEP_TELL_S:
                told = now
                tell(task.order.key, progress)


def withdraw(sweep: str) -> None:
    """From now on nobody wants the runs of this sweep; those of this process end at their next slice."""
    _withdrawn.add(sweep)


def _end_if_withdrawn(sweep: str) -> None:
    if sweep in _withdrawn:
        raise Cancelled


def warm() -> None:
    """Loads torch and waits until every other worker has; for measurements."""
    import torch

    torch.zeros(1)
    _one_thread.meet()
