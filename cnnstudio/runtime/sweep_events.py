"""What happens in a sweep, told as it happens."""

from __future__ import annotations

from dataclasses import dataclass

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import Order, Result


@dataclass(frozen=True, slots=True)
class RunsTaken:
    """The folder held these results already.

    Attributes:
        results: In the order of the plan.
        reports: A sentence for each file that was set aside.
    """

    results: tuple[Result, ...]
    reports: tuple[ErrorReport, ...]


@dataclass(frozen=True, slots=True)
class RunUnderWay:
    """How far a run is; with partial values where the progress is a `Partly`."""

    order: Order
    progress: Progress


@dataclass(frozen=True, slots=True)
class RunMeasured:
    """A run is done, and on the disk."""

    result: Result


@dataclass(frozen=True, slots=True)
class RunRepeated:
    """The worker of a run died; the run is done again.

    Attributes:
        order: Which.
        attempt: The number of the attempt that comes now, from 2.
        cause: Why the worker died, as far as that is known; one sentence.
    """

    order: Order
    attempt: int
    cause: str


@dataclass(frozen=True, slots=True)
class RunFailed:
    """A run cannot be done; the others go on."""

    order: Order
    report: ErrorReport


SweepEvent = RunsTaken | RunUnderWay | RunMeasured | RunRepeated | RunFailed
