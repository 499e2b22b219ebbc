"""Many runs of one experiment, on any executor: results come in as they finish, and nothing that was measured is lost.

A sweep belongs to whoever iterates it, as a race does. A worker that dies is replaced and its run done again; a run
that cannot be done is told, and the others go on. See `_workers` for processes of this computer and `cluster` for Dask.
"""

from __future__ import annotations

import queue
import secrets
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from functools import partial
from typing import Final

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import ErrorReport, StudioError, report_from
from cnnstudio.core.experiment import ExperimentInfo, Findings, Order, Result, Settings
from cnnstudio.core.sweep_folder import Kept, SweepFolder
from cnnstudio.runtime import _work
from cnnstudio.runtime._ends import GIVEN_UP_BY_DASK, NOT_STARTED, UNKNOWN, Why
from cnnstudio.runtime._waiting import Waiting
from cnnstudio.runtime._work import differences, measure_alone, versions_here
from cnnstudio.runtime._workers import WatchedExecutor, WorkerProcesses, default_workers, made, processes, usable_cores
from cnnstudio.runtime.sweep_events import RunFailed, RunMeasured, RunRepeated, RunsTaken, RunUnderWay, SweepEvent

__all__ = [
    "RunFailed",
    "RunMeasured",
    "RunRepeated",
    "RunUnderWay",
    "RunsTaken",
    "Sweep",
    "SweepEvent",
    "WatchedExecutor",
    "WorkerProcesses",
    "default_workers",
    "differences",
    "measure_alone",
    "processes",
    "run_whole",
    "usable_cores",
    "versions_here",
]

_LOOK_S: Final = 0.5
"""How often a sweep that hears nothing looks up; Ctrl-C does not wake a sleeper on Windows."""

_AHEAD: Final = 2
"""Runs that are handed out per worker: one is done and one waits, so that no worker ever does."""


_Told = tuple[str, Progress] | tuple[str, Future[Result]] | None
"""What wakes a sweep: progress or the end of the run with this key, or None for a wish."""


class Sweep:
    """The runs of one experiment with some settings.

    Iterate it for the results as they finish, or `events()` for everything that happens; once.

    Thread: any one at a time; `cancel` any other.
    """

    def __init__(
        self,
        info: ExperimentInfo,
        settings: Settings | None = None,
        executor_factory: Callable[[], Executor] | None = None,
        folder: SweepFolder | None = None,
        workers: int | None = None,
        measure: _work.Measurer = measure_alone,
    ) -> None:
        """Plans the runs; nothing is started yet.

        Args:
            info: The experiment.
            settings: Of its knobs; those left out have their defaults.
            executor_factory: Makes who does the runs, again whenever a worker died; the sweep shuts it down. None for
                processes of this computer.
            folder: Keeps each result at once, and gives those that it holds already; None keeps nothing.
            workers: How many runs at a time; None for what the executor says, else the usable cores.
            measure: Does one run in a worker.

        Raises:
            StudioError: A setting cannot be.
        """
        self.info = info
        self.settings = info.settings(settings)
        self.orders = tuple({order.key: order for order in info.plan(self.settings)}.values())
        self.failures: dict[str, ErrorReport] = {}
        self._by_key: Mapping[str, Order] = {order.key: order for order in self.orders}
        self._results: dict[str, Result] = {}
        self._factory = executor_factory or processes(workers)
        self._folder = folder
        self._workers = workers
        self._measure = measure
        self._id = secrets.token_hex(8)
        self._inbox: queue.SimpleQueue[_Told] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._changing = threading.Lock()
        self._executor: Executor | None = None
        self._flying: dict[str, Future[Result]] = {}
        self._waiting = Waiting()
        self._attempts: Counter[str] = Counter()
        self._not_begun = 0
        self._has_folder = False

    @property
    def results(self) -> tuple[Result, ...]:
        """What is known so far, in the order of the plan."""
        return tuple(self._results[order.key] for order in self.orders if order.key in self._results)

    @property
    def has_folder(self) -> bool:
        """Whether the folder's results were taken, so that what is known is all that there is."""
        return self._has_folder

    def look(self) -> Kept:
        """What the folder holds of these runs, whatever measured it, to be shown and not to be added to.

        Raises:
            StudioError: It is of an older or newer schema, or cannot be read.
        """
        return Kept() if self._folder is None else self._folder.take(self.orders, only_look=True)

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled.is_set()

    def findings(self) -> Findings:
        """What the results so far say."""
        return self.info.findings(self.settings, self.results)

    def cancel(self) -> None:
        """Ends the sweep within a second, from any thread; what is measured stays."""
        with self._changing:
            self._cancelled.set()
            executor = self._executor
        self._inbox.put(None)
        if executor is not None:
            self._drop(executor)

    def __iter__(self) -> Iterator[Result]:
        """The results, those of the folder first, then each as it finishes."""
        for event in self.events():
            if isinstance(event, RunsTaken):
                yield from event.results
            elif isinstance(event, RunMeasured):
                yield event.result

    def events(self) -> Generator[SweepEvent, None, None]:
        """Does the runs.

        Closing the generator, or an exception of whoever iterates it, ends the sweep as `cancel` does.

        Raises:
            StudioError: The folder cannot be used, a result cannot be written, or there is nobody to do the runs.
        """
        try:
            yield from self._take()
            self._waiting.add(order for order in self.orders if order.key not in self._results)
            while (self._waiting or self._flying) and not self.cancelled:
                if self._hand_out():
                    yield from self._hear()
                else:
                    yield from self._replace()
        finally:
            self._end()

    def _take(self) -> Generator[SweepEvent, None, None]:
        if self._folder is None:
            return
        self._folder.begin(self.info.id, self.settings, self.orders)
        kept = self._folder.take(self.orders)
        _work.refuse_other_libraries(self._folder.path, kept.results)
        self._results = {result.order.key: result for result in kept.results}
        for result in kept.results:
            self._waiting.note(result)
        self._has_folder = True
        if kept.results or kept.reports:
            yield RunsTaken(kept.results, kept.reports)

    def _hand_out(self) -> bool:
        """Gives the workers as much as they should have; False when the executor turns out to be broken."""
        while self._waiting and self._may_hand_out(self._waiting.next()):
            executor = self._staffed()
            if executor is None:
                return True
            order = self._waiting.take()
            future = self._handed(executor, order)
            self._flying[order.key] = future
            future.add_done_callback(partial(self._put_end, order.key))
            if future.done() and _lost(future):
                return False
        return True

    def _handed(self, executor: Executor, order: Order) -> Future[Result]:
        task = _work.Task(order, self._measure, self._id)
        try:
            return executor.do(task) if isinstance(executor, WatchedExecutor) else executor.submit(_work.do, task)
        except (OSError, RuntimeError) as error:  # it is broken, or may not start another process
            refused: Future[Result] = Future()
            refused.set_exception(BrokenExecutor(str(error)))
            return refused

    def _put_end(self, key: str, future: Future[Result]) -> None:
        self._inbox.put((key, future))

    def _put_progress(self, key: str, progress: Progress) -> None:
        self._inbox.put((key, progress))

    def _may_hand_out(self, order: Order) -> bool:
        """A run in its last attempt has all workers to itself, so that it does not answer for the faults of others."""
        last = limits.SWEEP_ATTEMPTS - 1
        if self._attempts[order.key] >= last or any(self._attempts[key] >= last for key in self._flying):
            return not self._flying
        return len(self._flying) < self._places() * _AHEAD

    def _places(self) -> int:
        if self._workers is not None:
            return self._workers
        return self._executor.workers if isinstance(self._executor, WatchedExecutor) else usable_cores()

    def _staffed(self) -> Executor | None:
        """The executor, made where there is none; None when the sweep was cancelled meanwhile."""
        if self._executor is None:
            executor = made(self._factory, lambda: not self.cancelled)
            if executor is None:
                return None
            with self._changing:
                self._executor = executor
                if self._cancelled.is_set():
                    return None
            if isinstance(executor, WatchedExecutor):
                executor.listen(self._id, self._put_progress)
        return self._executor

    def _hear(self) -> Generator[SweepEvent, None, None]:
        try:
            told = self._inbox.get(timeout=_LOOK_S)
        except queue.Empty:
            return
        if told is None:
            return
        key, what = told
        if isinstance(what, Progress):
            if key in self._flying:
                yield RunUnderWay(self._by_key[key], what)
        elif self._flying.get(key) is what:
            yield from self._landed(key, what)

    def _landed(self, key: str, future: Future[Result]) -> Generator[SweepEvent, None, None]:
        if _lost(future):
            yield from self._replace()
            return
        error = future.exception()
        del self._flying[key]
        if error is None:
            yield from self._measured(future.result())
        elif not self.cancelled:
            yield self._fail(self._by_key[key], _in_words(error, self._by_key[key]))

    def _measured(self, result: Result) -> Generator[SweepEvent, None, None]:
        self._waiting.note(result)
        self._results[result.order.key] = result  # known even where it cannot be written
        if self._folder is not None:
            self._folder.keep(result)
        yield RunMeasured(result)

    def _fail(self, order: Order, report: ErrorReport) -> RunFailed:
        self.failures[order.key] = report
        return RunFailed(order, report)

    def _replace(self) -> Generator[SweepEvent, None, None]:
        """A worker died: takes what the executor still gave, and hands the rest to a new one."""
        if self.cancelled or self._executor is None:
            return
        broken, self._executor = self._executor, None
        broken.shutdown(wait=True)
        flying, self._flying = self._flying, {}
        again = []
        for key, future in flying.items():
            if future.done() and not _lost(future) and future.exception() is None:
                yield from self._measured(future.result())
            else:
                again.append(self._by_key[key])
        self._refuse_if_none_begins(broken)
        why = broken.why_broken() if isinstance(broken, WatchedExecutor) else UNKNOWN
        blamed = broken.blamed() if isinstance(broken, WatchedExecutor) else {}
        ours = {order.key for order in again}
        yield from self._again(again, {key: each for key, each in blamed.items() if key in ours}, why)

    def _refuse_if_none_begins(self, broken: Executor) -> None:
        """Gives up where worker after worker ends before it begins a run: no run is at fault."""
        begun = not isinstance(broken, WatchedExecutor) or broken.has_begun()
        self._not_begun = 0 if begun else self._not_begun + 1
        if isinstance(broken, WatchedExecutor) and self._not_begun >= limits.SWEEP_ATTEMPTS:
            why = broken.why_broken()
            raise StudioError(NOT_STARTED, why.cause, why.remedy, why.details)

    def _again(
        self, orders: list[Order], blamed: Mapping[str, Why], otherwise: Why
    ) -> Generator[SweepEvent, None, None]:
        alone: list[Order] = []
        for order in reversed(orders):
            if self._not_begun or (blamed and order.key not in blamed):
                self._waiting.put_back(order)
                continue
            why = blamed.get(order.key, otherwise)
            self._attempts[order.key] += 1
            if self._attempts[order.key] >= limits.SWEEP_ATTEMPTS:
                yield self._fail(order, _died(order, self._attempts[order.key], why))
                continue
            if self._attempts[order.key] == limits.SWEEP_ATTEMPTS - 1:
                alone.append(order)
            else:
                self._waiting.put_back(order)
            yield RunRepeated(order, self._attempts[order.key] + 1, why.cause)
        self._waiting.put_last(alone)

    def _drop(self, executor: Executor) -> None:
        if isinstance(executor, WatchedExecutor):
            executor.drop(self._id)
        else:
            _work.withdraw(self._id)
            executor.shutdown(wait=False, cancel_futures=True)

    def _end(self) -> None:
        if self._folder is not None:
            self._folder.end()
        with self._changing:
            executor, self._executor = self._executor, None
        if executor is None:
            return
        if self._flying:
            self._drop(executor)
        executor.shutdown(wait=isinstance(executor, WatchedExecutor) or not self._flying)
        self._flying.clear()


def _lost(future: Future[Result]) -> bool:
    """Whether a future that is done ended without its run having done so."""
    return future.cancelled() or isinstance(future.exception(), (BrokenExecutor, CancelledError))


def _in_words(error: BaseException, order: Order) -> ErrorReport:
    if type(error).__name__ == "KilledWorker":  # Dask's word for it, which is imported nowhere but in `cluster`
        return _died(order, int(getattr(error, "allowed_failures", limits.SWEEP_ATTEMPTS - 1)) + 1, GIVEN_UP_BY_DASK)
    details = "" if isinstance(error, StudioError) else "".join(traceback.format_exception(error))
    if isinstance(error, ImportError):
        return ErrorReport(
            f"The run {order.title} cannot be done there.",
            f"Its worker does not find what it needs: {error}.",
            "Install the same program and libraries where the workers run.",
            details,
        )
    return report_from(error, f"The run {order.title}", details)


def _died(order: Order, times: int, why: Why) -> ErrorReport:
    what = f"The run {order.title} ended its worker {times} times and was given up."
    return ErrorReport(what, why.cause, why.remedy, why.details)


def run_whole(sweep: Sweep) -> tuple[Result, ...]:
    """Does all runs; gives the results in the order of the plan.

    Raises:
        StudioError: As `Sweep.events`, or the first run that could not be done.
    """
    for _ in sweep:
        pass
    for report in sweep.failures.values():
        raise StudioError(report.what, report.cause, report.remedy, report.details)
    return sweep.results
