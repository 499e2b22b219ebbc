"""The window's side of experiments: which results are kept, which sweep runs, which ones wait for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.experiment import ExperimentInfo, Order, Result, Settings
from cnnstudio.core.kept_sweeps import KeptSweep, forget_sweep, kept_sweeps, new_sweep, save_sweep
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime.sweep import Sweep, processes
from cnnstudio.runtime.sweep_thread import SweepState, SweepThread

logger = logging.getLogger(__name__)

_WAKE: Final = QEvent.Type(QEvent.registerEventType())

Factory = Callable[[], Executor]
Maker = Callable[[ExperimentInfo, Settings, Factory | None, SweepFolder], Sweep]
"""Makes a sweep; tests put their own in its place."""


def make_sweep(info: ExperimentInfo, settings: Settings, factory: Factory | None, folder: SweepFolder) -> Sweep:
    """A sweep on processes of this computer, as many as cores and memory allow, or on the executor that is given.

    Raises:
        StudioError: A setting cannot be.
    """
    return Sweep(info, settings, factory or processes(), folder)


@dataclass(slots=True)
class _Going:
    """A sweep that runs or waits."""

    kept: KeptSweep
    thread: SweepThread


class Experiments(QObject):
    """The kept results of all experiments, and the sweeps that add to them: one at a time, whatever panel is shown.

    Signals:
        changed(id): There is a new state of a result.
        listed(experiment): Results of an experiment came, went or were renamed.
        notice(ErrorReport): Something could not be kept or read.

    Thread: GUI.
    """

    changed = Signal(str)
    listed = Signal(str)
    notice = Signal(object)

    def __init__(self, parent: QObject | None = None, make: Maker = make_sweep) -> None:
        """Reads nothing yet."""
        super().__init__(parent)
        self._make = make
        self._kept: dict[str, KeptSweep] | None = None
        self._states: dict[str, SweepState] = {}
        self._going: list[_Going] = []
        self._readers: dict[str, SweepThread] = {}
        self._lock = threading.Lock()
        self._open = True

    # What is there

    def kept(self, experiment: str) -> list[KeptSweep]:
        """The results of an experiment, oldest first."""
        return [kept for kept in self._all().values() if kept.experiment == experiment]

    def find(self, kept_id: str) -> KeptSweep | None:
        """One result, or None where it is gone."""
        return self._all().get(kept_id)

    def state(self, kept_id: str) -> SweepState | None:
        """The newest state of a result that runs, ran or was opened; else None."""
        return self._states.get(kept_id)

    @property
    def running(self) -> KeptSweep | None:
        """Whose sweep runs now."""
        return self._going[0].kept if self._going else None

    def is_going(self, kept_id: str) -> bool:
        """Whether a sweep of that result runs or waits."""
        return any(going.kept.id == kept_id for going in self._going)

    def waits_for(self, kept_id: str) -> KeptSweep | None:
        """Whose sweep must end first; None where it runs already, or is not wanted."""
        waits = any(going.kept.id == kept_id for going in self._going[1:])
        return self._going[0].kept if waits else None

    # What a person does

    def start(
        self,
        info: ExperimentInfo,
        settings: Settings,
        guess: int | None = None,
        factory: Factory | None = None,
        known: Iterable[Result] = (),
    ) -> KeptSweep:
        """Begins a sweep, or lets it wait for the one that runs.

        Args:
            info: The experiment.
            settings: Of its knobs.
            guess: Number of the student's answer, or None.
            factory: Who does the runs; None for processes of this computer.
            known: Runs that this window has measured; those that are planned are kept, and not done again.

        Raises:
            StudioError: A setting cannot be, or what is known cannot be kept; nothing was begun.
        """
        whole = info.settings(settings)
        planned = {order.key: order for order in info.plan(whole)}
        kept = new_sweep(info.id, whole, guess, len(planned), self._all().values())
        own = [result for result in known if result.order.key in planned]
        if own:
            _keep_all(SweepFolder(kept.folder), info.id, whole, tuple(planned.values()), own)
        self._go(info, kept, factory)
        return kept

    def resume(self, info: ExperimentInfo, kept_id: str, factory: Factory | None = None) -> None:
        """Does the runs that are missing in a result.

        Raises:
            StudioError: Its settings cannot be any more.
        """
        kept = self._all()[kept_id]
        if not self.is_going(kept_id):
            self._go(info, replace(kept, outcome=""), factory)

    def open(self, info: ExperimentInfo, kept_id: str) -> None:
        """Reads a result from the disk, where that was not done yet; `changed` tells when it is there.

        One whose settings cannot be any more, as another version of the program may have left it, has a state that
        says so.
        """
        if kept_id in self._states or kept_id in self._readers or self.is_going(kept_id) or not self._open:
            return
        kept = self._all()[kept_id]
        folder = SweepFolder(kept.folder)
        try:
            sweep = self._make(info, kept.settings, None, folder)
        except StudioError as error:
            self._states[kept_id] = SweepState(planned=kept.planned, outcome="failed", report=error.report)
            self.changed.emit(kept_id)
            return
        self._readers[kept_id] = SweepThread(sweep, self._wake, folder=folder, only_kept=True)
        self._readers[kept_id].start()

    def cancel(self, kept_id: str) -> None:
        """Ends a sweep within a second, or takes it out of the queue."""
        for place, going in enumerate(self._going):
            if going.kept.id == kept_id:
                if place == 0:
                    # With a cluster this asks a scheduler, which may take its time.
                    threading.Thread(target=going.thread.cancel, name="sweep cancel").start()
                else:
                    del self._going[place]
                    self._states[kept_id] = SweepState(planned=going.kept.planned, outcome="stopped")
                    self._put(replace(going.kept, outcome="stopped"))
                    self.changed.emit(kept_id)
                return

    def rename(self, kept_id: str, name: str) -> None:
        """Gives a result another name."""
        kept = self._all().get(kept_id)
        if kept is not None and name.strip() and name.strip() != kept.name:
            self._keep(replace(kept, name=name.strip()))

    def set_guess(self, kept_id: str, guess: int | None) -> None:
        """Notes what the student answered."""
        kept = self._all().get(kept_id)
        if kept is not None and kept.guess != guess:
            self._keep(replace(kept, guess=guess))

    def delete(self, kept_id: str) -> None:
        """Deletes a result with its runs; one that is being measured stays."""
        kept = self._all().get(kept_id)
        if kept is None or self.is_going(kept_id):
            return
        try:
            if kept.folder.exists():
                forget_sweep(kept_id)
        except StudioError as error:
            self.notice.emit(error.report)
            return
        del self._all()[kept_id]
        self._states.pop(kept_id, None)
        self.listed.emit(kept.experiment)

    def stop(self) -> None:
        """Begins to end: every sweep is cancelled, none begins any more. Does not wait."""
        with self._lock:
            self._open = False
        del self._going[1:]
        for going in self._going:
            threading.Thread(target=going.thread.cancel, name="sweep cancel").start()

    def close(self, timeout_s: float) -> bool:
        """Ends all threads; gives whether they are gone in time."""
        self.stop()
        until_s = time.monotonic() + timeout_s
        threads = [going.thread for going in self._going] + list(self._readers.values())
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    # Inside

    def _all(self) -> dict[str, KeptSweep]:
        if self._kept is None:
            found, reports = kept_sweeps()
            self._kept = {kept.id: kept for kept in found}
            for report in reports:
                self.notice.emit(report)
        return self._kept

    def _go(self, info: ExperimentInfo, kept: KeptSweep, factory: Factory | None) -> None:
        sweep = self._make(info, kept.settings, factory, SweepFolder(kept.folder))
        thread = SweepThread(sweep, self._wake, begun=partial(save_sweep, kept), ended=partial(self._save_end, kept.id))
        self._states.pop(kept.id, None)
        self._put(kept)
        self._going.append(_Going(kept, thread))
        if len(self._going) == 1:
            self._begin()
        self.changed.emit(kept.id)

    def _begin(self) -> None:
        if self._going and self._open:
            self._going[0].thread.start()

    def _save_end(self, kept_id: str, state: SweepState) -> None:
        """In the sweep's thread: writes how it ended, with the name that the result has by then."""
        kept = self._all()[kept_id]
        save_sweep(_ended(kept, state))

    def _put(self, kept: KeptSweep) -> None:
        self._all()[kept.id] = kept
        self.listed.emit(kept.experiment)

    def _keep(self, kept: KeptSweep) -> None:
        self._put(kept)
        try:
            save_sweep(kept)
        except StudioError as error:
            self.notice.emit(error.report)

    # From the threads

    def _wake(self) -> None:
        """Asks for the states to be taken soon. Any thread."""
        with self._lock:
            if self._open:
                QCoreApplication.postEvent(self, QEvent(_WAKE))

    def event(self, event: QEvent) -> bool:
        """Takes the states when there is a new one."""
        if event.type() == _WAKE:
            self.take()
            return True
        return super().event(event)

    def take(self) -> None:
        """Takes whatever the threads have to tell."""
        for kept_id, reader in list(self._readers.items()):
            state = reader.take()
            if state is not None:
                self._take_read(kept_id, state)
        if self._going:
            going = self._going[0]
            state = going.thread.take()
            if state is not None:
                self._take_running(going, state)

    def _take_read(self, kept_id: str, state: SweepState) -> None:
        self._readers.pop(kept_id).join()
        if kept_id in self._all() and not self.is_going(kept_id):
            self._states[kept_id] = _grown(self._all()[kept_id], state)
            self.changed.emit(kept_id)

    def _take_running(self, going: _Going, state: SweepState) -> None:
        kept_id = going.kept.id
        self._states[kept_id] = state
        if state.outcome:
            going.thread.join()
            self._going.remove(going)
            self._put(_ended(self._all()[kept_id], state))
            self._begin()
        self.changed.emit(kept_id)


def _keep_all(
    folder: SweepFolder, experiment: str, settings: Settings, orders: Sequence[Order], results: Sequence[Result]
) -> None:
    folder.begin(experiment, settings, orders)
    try:
        for result in results:
            folder.keep(result)
    finally:
        folder.end()


def _grown(kept: KeptSweep, state: SweepState) -> SweepState:
    """Says so where a result was finished before the experiment had as many runs as it has now."""
    if kept.outcome != "finished" or state.outcome == "finished" or not 0 < kept.planned < state.planned:
        return state
    more = state.planned - kept.planned
    runs = "a run that was" if more == 1 else f"{more} runs that were"
    note = f"It was finished; since then the experiment has {runs} not planned before. Continue does what is missing."
    return replace(state, notes=(*state.notes, note))


def _ended(kept: KeptSweep, state: SweepState) -> KeptSweep:
    unread = state.outcome == "failed" and not state.results  # what there was before is there still
    done = kept.done if unread else len(state.results)
    return replace(kept, outcome=state.outcome, done=done, planned=state.planned)


def problem_of(info: ExperimentInfo, settings: Settings) -> ErrorReport | None:
    """Why an experiment cannot run with these settings, or None."""
    try:
        info.plan(info.settings(settings))
    except StudioError as error:
        return error.report
    return None
