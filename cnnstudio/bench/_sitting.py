"""A real window with the real engine, driven from the bench."""

from __future__ import annotations

import operator
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import Answering, EngineReady, EngineUnavailable, RunEnded, RunStarted
from cnnstudio.core.questions import Question
from cnnstudio.ui import theme as look
from cnnstudio.ui.app import Program, make_application
from cnnstudio.ui.panels._panel import Panel

W = TypeVar("W", bound=QWidget)
P = TypeVar("P", bound=Panel)
WINDOW_PX = (1440, 900)
PATIENCE_S = 300.0
SETTLE_S = 0.1
WAKE_MS = 250
_WAIT = QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents


class PaintWatch(QObject):
    """Counts the paints of one widget.

    Thread: GUI.
    """

    def __init__(self, widget: QWidget) -> None:
        """Starts counting."""
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees the paint and lets it pass."""
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return False


class ContentWatch(QObject):
    """Knows what one widget held when it was last painted.

    Attributes:
        content: That; None before the first paint.
        paints: How often something else was painted than the time before.

    Thread: GUI.
    """

    def __init__(
        self, widget: QWidget, content: Callable[[], Any], same: Callable[[Any, Any], bool] = operator.is_
    ) -> None:
        """Starts watching.

        Args:
            widget: What is painted.
            content: What it holds.
            same: Whether two contents are the same one.
        """
        super().__init__(widget)
        self._read, self._same = content, same
        self.content: Any = None
        self._before: Any = None
        self.paints = 0
        widget.installEventFilter(self)

    def begin(self) -> None:
        """From now on another content is waited for."""
        self._before = self._read()

    @property
    def painted(self) -> bool:
        """Whether another content has been painted since `begin`."""
        return self.content is not None and not self._same(self.content, self._before)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees the paint and lets it pass."""
        if event.type() == QEvent.Type.Paint:
            content = self._read()
            self.paints += not self._same(content, self.content)
            self.content = content
        return False


@dataclass(slots=True)
class Heard:
    """A question and what came back.

    Attributes:
        began_s: When it was asked, by `time.perf_counter`.
        ended_s: When it was answered; 0 until then.
        answer: What was answered.
        report: Why there is no answer.
        progress: What was told meanwhile, each with the time at which the window heard it.
    """

    began_s: float
    ended_s: float = 0.0
    answer: Any = None
    report: ErrorReport | None = None
    progress: list[tuple[float, Answering]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the question to the answer."""
        return self.ended_s - self.began_s

    def on_answer(self, answer: Any) -> None:
        """Notes the answer."""
        self.answer, self.ended_s = answer, time.perf_counter()

    def on_error(self, report: ErrorReport) -> None:
        """Notes that there is none."""
        self.report, self.ended_s = report, time.perf_counter()

    def on_progress(self, event: Answering) -> None:
        """Notes how far it is."""
        self.progress.append((time.perf_counter(), event))


class Sitting:
    """An open window: enter it, act, leave it. The user's own study is not touched.

    Attributes:
        program: The program under measurement.
        app: The application.
        started: The newest start of a run.
        ended: The newest end of a run.
        points: How many deliveries of points the open run has made.

    Thread: GUI.
    """

    def __init__(self, data_root: Path | None) -> None:
        """Prepares an empty home for the program."""
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        self._home = tempfile.TemporaryDirectory(prefix="cnnstudio-bench-", ignore_cleanup_errors=True)
        self._old_home = os.environ.get("CNNSTUDIO_HOME")
        self._data_root = data_root
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.points = 0

    def __enter__(self) -> Sitting:
        os.environ["CNNSTUDIO_HOME"] = self._home.name
        self.app: QApplication = make_application()
        look.apply(self.app, look.LIGHT)
        self.program = Program(self._data_root)
        studio = self.program.studio
        ready: list[object] = []
        studio.engine_ready.connect(ready.append)
        studio.run_started.connect(self._note_start)
        studio.run_ended.connect(self._note_end)
        studio.points_arrived.connect(self._note_points)
        self.program.show()
        self.program.window.resize(*WINDOW_PX)
        self.program.start()
        self.until(lambda: bool(ready), "the engine was ready")
        if isinstance(ready[0], EngineUnavailable) or not isinstance(ready[0], EngineReady):
            raise StudioError("The engine could not be loaded.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.program.window.close()
        self.program.close()
        self.app.processEvents()
        # Else the timers and the memory of one part would be there in the next.
        self.program.window.deleteLater()
        self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if self._old_home is None:
            os.environ.pop("CNNSTUDIO_HOME", None)
        else:
            os.environ["CNNSTUDIO_HOME"] = self._old_home
        self._home.cleanup()

    def find(self, kind: type[W]) -> W:
        """The window's widget of a kind.

        Raises:
            StudioError: There is none.
        """
        found = self.program.window.findChild(kind)
        if found is None:
            raise StudioError(f"The window has no {kind.__name__}.")
        return found

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Runs the event loop until something is true.

        Raises:
            StudioError: It did not become true in five minutes.
        """
        limit_s = time.monotonic() + PATIENCE_S
        wake = QTimer()
        wake.start(WAKE_MS)
        while not true():
            self.app.processEvents(_WAIT)
            if time.monotonic() > limit_s:
                raise StudioError(f"The bench waited in vain until {what}.")

    def settle(self) -> None:
        """Lets everything that is under way arrive: a tenth of a second of the event loop."""
        rest_s = time.monotonic() + SETTLE_S
        self.until(lambda: time.monotonic() > rest_s, "a moment had passed")

    def open(self, panel_id: str, kind: type[P]) -> P:
        """Shows a panel of the window."""
        self.program.window.open_panel(panel_id)
        self.settle()
        return self.find(kind)

    def begin(self, question: Question[Any], slot: str | None = None) -> Heard:
        """Asks the engine as a panel does."""
        heard = Heard(time.perf_counter())
        self.program.studio.ask(question, heard.on_answer, heard.on_error, slot, heard.on_progress)
        return heard

    def ask(self, question: Question[Any]) -> Heard:
        """Asks the engine, and waits for the answer.

        Raises:
            StudioError: There is none.
        """
        heard = self.begin(question)
        self.hear(heard)
        return heard

    def hear(self, *asked: Heard) -> None:
        """Waits for answers.

        Raises:
            StudioError: One of the questions has none.
        """
        self.until(lambda: all(heard.ended_s for heard in asked), "the engine had answered")
        for heard in asked:
            if heard.report is not None:
                raise StudioError(heard.report.what, heard.report.cause, heard.report.remedy)

    def run(self, config: RaceConfig) -> None:
        """Presses Run and waits for the first batch."""
        self.started = self.ended = None
        self.points = 0
        self.program.studio.set_config(config)
        self.program.studio.run()
        self.until(lambda: self.started is not None or self.ended is not None, "the run had begun")

    def finish(self) -> RunEnded:
        """Waits for the run's end."""
        self.until(lambda: self.ended is not None, "the run had ended")
        if self.ended is None or self.ended.report is not None:
            raise StudioError("The run failed.", self.ended.report.sentence if self.ended and self.ended.report else "")
        return self.ended

    def stop(self) -> None:
        """Presses Stop and waits for the end."""
        self.program.studio.stop()
        self.until(lambda: self.ended is not None, "the run had stopped")

    def mouse(self, widget: QWidget, kind: QEvent.Type, x: float, y: float) -> None:
        """Sends one mouse event, as Qt would."""
        place = QPointF(x, y)
        pressed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        at = QPointF(widget.mapToGlobal(place))
        self.app.sendEvent(widget, QMouseEvent(kind, place, at, button, pressed, Qt.KeyboardModifier.NoModifier))

    def key(self, widget: QWidget, key: Qt.Key) -> None:
        """Presses and releases a key on a widget, as Qt would."""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            self.app.sendEvent(widget, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))

    def _note_start(self, event: RunStarted) -> None:
        self.started = event

    def _note_end(self, event: RunEnded) -> None:
        self.ended = event

    def _note_points(self, _: object) -> None:
        self.points += 1
