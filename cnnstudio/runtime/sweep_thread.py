"""A sweep in a thread of its own, for a window: the newest state is taken whenever the window finds time.

Findings are computed here, so that the window only draws.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.experiment import Findings, Order, Result
from cnnstudio.core.kept_sweeps import Outcome
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime.sweep import RunFailed, RunMeasured, RunRepeated, RunsTaken, RunUnderWay, Sweep, SweepEvent

_FINDINGS_SHARE: Final = 10
"""Findings are computed anew at once, but never take more than this part of the time."""

_LEAST_WORK: Final = 0.5
"""Runs that must be done before the time left can be told: the first one begins with loading torch."""

_BROKEN: Final = ErrorReport(
    "The experiment ended because of a fault in the program.",
    "The message above and the log say where.",
    "What is measured is kept; start it again.",
)


@dataclass(frozen=True, slots=True)
class SweepState:
    """How far a sweep is.

    Attributes:
        results: What is measured, in the order of the plan.
        findings: What that says; None before it was computed for the first time.
        planned: Runs in all.
        failures: Runs that cannot be done.
        notes: What else happened, in sentences: a worker that died, a file that was set aside.
        under_way: Progress of the runs that are being done.
        seconds: Time of this sitting.
        seconds_left: Until the end, or None while that cannot be told.
        outcome: How it ended; "" while it goes on.
        report: Why, where it failed as a whole.
    """

    results: tuple[Result, ...] = ()
    findings: Findings | None = None
    planned: int = 0
    failures: tuple[tuple[Order, ErrorReport], ...] = ()
    notes: tuple[str, ...] = ()
    under_way: tuple[tuple[Order, Progress], ...] = ()
    seconds: float = 0.0
    seconds_left: float | None = None
    outcome: Outcome = ""
    report: ErrorReport | None = None

    @property
    def done(self) -> int:
        """Runs that are over, those that failed included."""
        return len(self.results) + len(self.failures)

    @property
    def fraction(self) -> float:
        """Share of all runs that is done, parts of runs included."""
        parts = sum(progress.fraction or 0.0 for _, progress in self.under_way)
        return min(1.0, (self.done + parts) / max(1, self.planned))


class _Told:
    """A state that one thread writes and another takes.

    Thread: any.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._state: SweepState | None = None

    def put(self, state: SweepState) -> None:
        """Leaves a new state, and wakes the taker unless it was woken and did not come yet."""
        with self._lock:
            waiting, self._state = self._state is not None, state
        if not waiting:
            self._wake()

    def take(self) -> SweepState | None:
        """The newest state, once; None where nothing is new."""
        with self._lock:
            state, self._state = self._state, None
        return state


class SweepThread(threading.Thread):
    """Does a sweep, or with `only_kept` reads what its folder holds.

    Not a daemon: it is joined, after `cancel`, before the process ends.

    Thread: `run` is its own; everything else any other.
    """

    def __init__(
        self,
        sweep: Sweep,
        wake: Callable[[], None],
        *,
        folder: SweepFolder | None = None,
        only_kept: bool = False,
        begun: Callable[[], None] | None = None,
        ended: Callable[[SweepState], None] | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            sweep: The runs.
            wake: Is called, in this thread, when `take` has something; never again before it was taken.
            folder: The sweep's, for `only_kept`.
            only_kept: Does no run.
            begun: Is called first, in this thread; what it raises ends the sweep.
            ended: Is called last, in this thread, with the final state, before it can be taken.
        """
        super().__init__(name="sweep", daemon=False)
        self._sweep, self._told = sweep, _Told(wake)
        self._folder, self._only_kept = folder, only_kept
        self._begun, self._ended = begun, ended
        self._under_way: dict[str, tuple[Order, Progress]] = {}
        self._notes: list[str] = []
        self._findings: Findings | None = None
        self._stale, self._due_s = True, 0.0
        self._began_s, self._taken = 0.0, 0
        self._told_s = 0.0

    def take(self) -> SweepState | None:
        """The newest state, once; None where nothing is new."""
        return self._told.take()

    def cancel(self) -> None:
        """Ends the sweep within a second; what is measured stays."""
        self._sweep.cancel()

    def run(self) -> None:
        """Does the runs and tells of them."""
        self._began_s = time.monotonic()
        state = replace(self._state(), outcome="failed", report=_BROKEN)
        try:
            state = self._work()
        except StudioError as error:
            state = self._failed(error.report)
        finally:
            self._finish(state)

    def _failed(self, report: ErrorReport) -> SweepState:
        """The end of a sweep that could not go on, with what is known all the same."""
        self._under_way.clear()
        if self._sweep.results:
            self._find(at_once=True)
        state = replace(self._state(), outcome="failed", report=report)
        if self._only_kept or self._sweep.has_folder:
            return state
        try:
            results = self._sweep.look().results
        except StudioError:
            return state  # the report says why
        return replace(state, results=results, findings=self._sweep.info.findings(self._sweep.settings, results))

    def _finish(self, state: SweepState) -> None:
        try:
            if self._ended is not None:
                self._ended(state)
        except StudioError as error:
            state = replace(state, notes=(*state.notes, error.report.sentence))
        finally:
            self._told.put(state)

    def _work(self) -> SweepState:
        if self._begun is not None:
            self._begun()
        if self._only_kept:
            return self._read()
        self._find(at_once=True)
        self._tell()
        with closing(self._sweep.events()) as events:
            for event in events:
                self._note(event)
                self._find(at_once=False)
                self._tell(at_once=not isinstance(event, RunUnderWay))
        self._under_way.clear()
        self._find(at_once=True)
        state = self._state()
        over = state.done >= state.planned
        outcome: Outcome = "stopped" if not over else "failed" if state.failures else "finished"
        return replace(state, outcome=outcome)

    def _read(self) -> SweepState:
        kept = self._folder.take(self._sweep.orders, only_look=True) if self._folder is not None else None
        results = kept.results if kept is not None else ()
        notes = tuple(report.sentence for report in kept.reports) if kept is not None else ()
        findings = self._sweep.info.findings(self._sweep.settings, results)
        planned = len(self._sweep.orders)
        outcome: Outcome = "finished" if len(results) >= planned else "stopped"
        return SweepState(results, findings, planned, notes=notes, outcome=outcome)

    def _note(self, event: SweepEvent) -> None:
        if isinstance(event, RunUnderWay):
            self._under_way[event.order.key] = (event.order, event.progress)
            return
        self._stale = True
        if isinstance(event, RunsTaken):
            self._taken = len(event.results)
            self._notes += [report.sentence for report in event.reports]
        elif isinstance(event, RunMeasured):
            self._under_way.pop(event.result.order.key, None)
        elif isinstance(event, RunRepeated):
            self._under_way.pop(event.order.key, None)
            note = f"The worker of the run {event.order.title} died. {event.cause} The run is done again."
            self._notes.append(note)
        elif isinstance(event, RunFailed):
            self._under_way.pop(event.order.key, None)

    def _find(self, at_once: bool) -> None:
        now_s = time.monotonic()
        if self._stale and (at_once or now_s >= self._due_s):
            self._findings = self._sweep.findings()
            spent_s = time.monotonic() - now_s
            self._stale, self._due_s = False, now_s + _FINDINGS_SHARE * spent_s

    def _tell(self, at_once: bool = True) -> None:
        now_s = time.monotonic()
        if at_once or now_s - self._told_s >= limits.SWEEP_TELL_S:
            self._told_s = now_s
            self._told.put(self._state())

    def _state(self) -> SweepState:
        sweep, seconds = self._sweep, time.monotonic() - self._began_s
        orders = {order.key: order for order in sweep.orders}
        failures = tuple((orders[key], report) for key, report in sweep.failures.items())
        state = SweepState(
            sweep.results, self._findings, len(orders), failures, tuple(self._notes),
            tuple(self._under_way.values()), seconds,
        )  # fmt: skip
        return replace(state, seconds_left=seconds_left(state, self._taken))


def seconds_left(state: SweepState, taken: int) -> float | None:
    """Until the end at the pace so far; None before half a run is done.

    Args:
        state: How far it is.
        taken: Runs that were there before this sitting.
    """
    work = state.fraction * state.planned - taken
    if work < _LEAST_WORK:
        return None
    return state.seconds / work * (1 - state.fraction) * state.planned
