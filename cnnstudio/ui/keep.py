"""Nothing is lost: the drawing, the set-up and the finished runs are written as they change, and read at the start."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QLockFile, QObject, QSettings, QTimer, Slot

from cnnstudio.core import runs
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import EngineReady, Evaluated, RunEnded, RunStarted
from cnnstudio.core.history import History
from cnnstudio.core.paths import config_folder, study_folder
from cnnstudio.core.questions import KeepRun, OpenRun, Reopened
from cnnstudio.core.runs import RunRecord
from cnnstudio.core.storage import read_json, write_json
from cnnstudio.ui._study import KeptRun
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import THEMES

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow

logger = logging.getLogger(__name__)

SCHEMA: Final = 1
_DELAY_MS: Final = 1_000
"""A change is on the disk this soon; everything that changes within it is written once."""

_RUN_SHARE: Final = 0.5
_RUN_LEAST_S: Final = 3.0
_RUN_MOST_S: Final = 60.0
"""While a run goes on its curves are written whenever it became half as long again, within these bounds: a kill costs
little of them, and the writing of a long run does not slow it down."""


def study_file() -> Path:
    """The drawing, the set-up, the looks."""
    return study_folder() / "study.json"


def window_settings() -> QSettings:
    """Where the window was. A file of its own, so that `CNNSTUDIO_HOME` moves it as well."""
    return QSettings(str(config_folder() / "window.ini"), QSettings.Format.IniFormat)


def lock_study() -> QLockFile | None:
    """Takes the study for this process, or gives None where another instance has it.

    A lock whose process was killed is taken over. Where nothing can be written there is nothing to protect.
    """
    try:
        study_folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        return QLockFile("")
    lock = QLockFile(str(study_folder() / "lock"))
    lock.setStaleLockTime(0)
    taken = lock.tryLock(0) or lock.error() == QLockFile.LockError.PermissionError
    return lock if taken else None


class Keeper(QObject):
    """Keeps one study on the disk. Files are written by a thread of its own: a disk may be slow, a window may not.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, window: MainWindow | None = None, *, writes: bool = True) -> None:
        """Watches a study.

        Args:
            studio: The study.
            window: Its window, whose panels and picture have settings too.
            writes: False for a second instance, which reads and keeps nothing.
        """
        super().__init__(studio)
        self._studio = studio
        self._window = window
        self._writes = writes
        self._saved: dict[str, RunRecord] = {}
        self._pending: list[Future[Any]] = []
        self._extra: dict[str, Any] = {}
        self._unkept: dict[str, KeepRun] = {}
        self._running_id = ""
        self._began_s = self._due_s = 0.0
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keeper") if writes else None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self.save)

    # Reading

    def restore(self) -> None:
        """Reads the drawing, the set-up and the looks, then begins to watch."""
        try:
            data = read_json(study_file(), SCHEMA, on_broken=self._studio.notice.emit)
        except StudioError as error:
            # A study of a newer program must not be overwritten.
            self._writes = False
            self._studio.notice.emit(error.report)
            data = None
        if data is not None:
            self._extra = data
            self._take(data)
        if self._writes:
            self._watch()

    def restore_runs(self) -> None:
        """Reads the finished runs; the last one is opened as soon as the engine is ready."""
        records, reports = runs.kept_runs()
        for report in reports:
            self._studio.notice.emit(report)
        if not records:
            return
        kept = []
        for place, record in enumerate(records):
            self._saved[record.id] = record
            # The engine counts its runs from 1; those of earlier starts are told apart by the sign.
            history = record.history.with_run_id(place - len(records))
            folder = runs.runs_folder() / record.id
            kept.append(KeptRun(record.id, record.name or f"Run {place + 1}", history, folder, record.hidden))
        self._studio.restore_runs(kept)
        if self._studio.ready is not None:
            self._open_last(self._studio.ready)
        else:
            self._studio.engine_ready.connect(self._open_last)

    # Writing

    @Slot()
    def save(self) -> None:
        """Writes what changed; in the background."""
        self._timer.stop()
        if self._writes:
            self._submit(partial(write_json, study_file(), self._content(), SCHEMA))

    def last_questions(self) -> tuple[KeepRun, ...]:
        """What the engine must still write before it ends: the weights of the run that goes on, and those it owes."""
        history = self._running_history()
        if self._writes and history is not None:
            self._running_id = self._id_of_running(history)
            folder = runs.runs_folder() / self._running_id
            self._unkept[self._running_id] = KeepRun(folder, history.started.run_id)
        return tuple(self._unkept.values())

    def _running_history(self) -> History | None:
        history = self._studio.history
        return history if self._studio.active and history is not None and history.step > 0 else None

    def close(self) -> None:
        """Writes what is still to be written, and waits for it."""
        if self._timer.isActive():
            self.save()
        history = self._running_history()
        if self._writes and history is not None:
            # The engine did not come to say so.
            history.add(RunEnded(history.started.run_id, "stopped", history.step, time.monotonic() - self._began_s))
            self._write_run(RunRecord(self._id_of_running(history), f"Run {len(self._studio.past) + 1}", history))
        if self._window is not None and self._writes:
            settings = window_settings()
            self._window.save_geometry(settings)
            settings.sync()
        if self._writer is not None:
            self._writer.shutdown(wait=True)
            self._report_failures()
        self._writes = False

    def _content(self) -> dict[str, Any]:
        studio, window = self._studio, self._window
        data = dict(self._extra) | {"config": studio.config.to_json(), "theme": studio.theme.id}
        data.pop("schema", None)
        data["export_folder"] = studio.export_folder
        if window is not None:
            data |= {"panel": window.open_id, "panels": window.panel_settings()}
            data["picture"] = window.picture.drawing_json()
        return data

    def _take(self, data: dict[str, Any]) -> None:
        studio, window = self._studio, self._window
        studio.set_theme(THEMES.get(str(data.get("theme")), studio.theme))
        studio.export_folder = str(data.get("export_folder") or "")
        try:
            studio.set_config(RaceConfig.from_json(data.get("config", {})))
        except (TypeError, ValueError) as error:
            logger.info("the set-up of the last time is not used: %s", error)
        if window is None:
            return
        if isinstance(data.get("picture"), dict):
            window.picture.restore(data["picture"])
        if isinstance(data.get("panels"), dict):
            window.restore_panel_settings(data["panels"])
        window.open_panel(str(data.get("panel")))

    def _watch(self) -> None:
        studio = self._studio
        studio.picture_changed.connect(self._later)
        studio.config_changed.connect(self._later)
        studio.theme_changed.connect(self._later)
        studio.run_started.connect(self._on_run_started)
        studio.evaluated.connect(self._on_evaluated)
        studio.run_ended.connect(self._on_run_ended)
        studio.past_changed.connect(self._on_past)
        if self._window is not None:
            self._window.top.navigation.chosen.connect(self._later)
            self._window.picture.drawing_changed.connect(self._later)

    @Slot()
    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _submit(self, work: Callable[[], object]) -> None:
        self._report_failures()
        if self._writer is not None and self._writes:
            self._pending.append(self._writer.submit(work))

    def _report_failures(self) -> None:
        done = [future for future in self._pending if future.done()]
        self._pending = [future for future in self._pending if not future.done()]
        for future in done:
            error = future.exception()
            if isinstance(error, StudioError):
                logger.info("not kept: %s", error)
                self._studio.notice.emit(error.report)
            elif error is not None:
                logger.error("not kept", exc_info=error)

    # Runs

    @Slot(object)
    def _on_run_started(self, event: RunStarted) -> None:
        self._running_id = ""
        self._began_s = time.monotonic()
        self._due_s = self._began_s + _RUN_LEAST_S

    @Slot(object)
    def _on_evaluated(self, event: Evaluated) -> None:
        """Writes the curves of the run that goes on, now and then."""
        history, now_s = self._studio.history, time.monotonic()
        if now_s < self._due_s or history is None or history.step == 0 or not self._studio.active:
            return
        self._due_s = now_s + min(_RUN_MOST_S, max(_RUN_LEAST_S, _RUN_SHARE * (now_s - self._began_s)))
        self._running_id = self._id_of_running(history)
        # A copy: the original grows while the other thread writes.
        still = history.with_run_id(history.started.run_id)
        self._write_run(RunRecord(self._running_id, f"Run {len(self._studio.past) + 1}", still))

    def _id_of_running(self, history: History) -> str:
        return self._running_id or self._free_id(history)

    @Slot(object)
    def _on_run_ended(self, event: RunEnded) -> None:
        history = self._studio.history
        ours = history is not None and history.started.run_id == event.run_id
        if history is None or not ours or history.step == 0 or not self._writes:
            return
        run_id, self._running_id = self._id_of_running(history), ""
        name = f"Run {len(self._studio.past) + 1}"
        folder = runs.runs_folder() / run_id
        self._studio.open_kept = KeptRun(run_id, name, history, folder)
        self._write_run(RunRecord(run_id, name, history))
        self._keep_weights(run_id, folder, event.run_id)

    def _keep_weights(self, run_id: str, folder: Path, of_run: int) -> None:
        self._unkept[run_id] = KeepRun(folder, of_run)
        kept, failed = partial(self._on_weights_kept, run_id), partial(self._on_weights_not_kept, run_id)
        self._studio.ask(self._unkept[run_id], kept, failed)

    def _on_weights_not_kept(self, run_id: str, report: ErrorReport) -> None:
        self._unkept.pop(run_id, None)
        self._studio.notice.emit(report)

    def _on_weights_kept(self, run_id: str, folder: Path) -> None:
        """The engine may have put a new folder in place of the one with the record."""
        self._unkept.pop(run_id, None)
        record = self._saved.get(run_id)
        if record is not None and not (folder / runs.RUN_FILE).is_file():
            self._write_run(record)

    def _free_id(self, history: History) -> str:
        """A folder's name that no run has, those included that are still being written."""
        free = first = runs.new_run_id(history)
        number = 1
        while free in self._saved:
            number += 1
            free = f"{first} {number}"
        return free

    def _write_run(self, record: RunRecord) -> None:
        self._saved[record.id] = record
        self._submit(partial(runs.save_run, record))

    @Slot()
    def _on_past(self) -> None:
        """Writes what was renamed or hidden, deletes what was removed, keeps what was broken off by the next run."""
        studio = self._studio
        for place, kept in enumerate(studio.past):
            if kept.folder is None and kept.history.step > 0:
                run_id, self._running_id = self._id_of_running(kept.history), ""
                folder = runs.runs_folder() / run_id
                studio.past[place] = kept = replace(kept, id=run_id, folder=folder)
                self._keep_weights(run_id, folder, kept.history.started.run_id)
            known = self._saved.get(kept.id)
            if kept.folder is not None and (known is None or _said(known) != _said(kept)):
                self._write_run(RunRecord(kept.id, kept.name, kept.history, kept.hidden))
        there = {kept.id for kept in studio.past} | {self._running_id}
        there |= {studio.open_kept.id} if studio.open_kept else set()
        for gone in set(self._saved) - there:
            del self._saved[gone]
            self._submit(partial(runs.forget_run, gone))

    @Slot(object)
    def _open_last(self, event: EngineReady) -> None:
        kept = self._studio.open_kept
        if kept is not None and kept.folder is not None and not self._studio.active:
            self._studio.ask(OpenRun(kept.folder), partial(self._on_opened, kept), partial(self._on_not_opened, kept))

    def _on_opened(self, kept: KeptRun, opened: Reopened) -> None:
        if self._studio.open_kept is kept:
            self._studio.set_moments(step for step in opened.steps if step <= kept.history.step)

    def _on_not_opened(self, kept: KeptRun, report: ErrorReport) -> None:
        logger.info("the weights of the last run are not used: %s", report.sentence)
        if self._studio.open_kept is kept:
            self._studio.miss_weights()


def _said(run: RunRecord | KeptRun) -> tuple[str, bool, int]:
    """What of a run may have changed since it was written."""
    return run.name, run.hidden, run.history.step
