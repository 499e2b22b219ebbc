"""The menu that takes a view out of the window: PNG, SVG, an animated GIF, and whatever else its panel can write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QDir, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QProgressDialog, QWidget

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.folder_dialog import last_folder

if TYPE_CHECKING:
    from cnnstudio.ui.animation import Recorder
    from cnnstudio.ui.view_export import Page

_ENTRIES: Final = (
    ("This view as PNG …", "png"),
    ("This view as SVG …", "svg"),
    ("This view as animated GIF …", "gif"),
)
_GIF_TIP: Final = f"One frame for each kept moment, {limits.FILM_FRAMES} at most."


class ViewMenu(QMenu):
    """Exports one view.

    Attributes:
        recorder: What makes the animation that is on its way, or None.

    Signals:
        exported(Path): A file was written.

    Thread: GUI.
    """

    exported = Signal(object)

    def __init__(self, view: QWidget, studio: Studio, title: str, name: str) -> None:
        """Makes the menu.

        Args:
            view: What is exported.
            studio: Its study.
            title: What it is called, in the figure.
            name: And as a file.
        """
        super().__init__(view)
        self._view, self._studio, self._title, self._name = view, studio, title, name
        self.recorder: Recorder | None = None
        self.unseen: tuple[QWidget, ...] = ()
        self._progress: QProgressDialog | None = None
        self._frame_least = QSize(0, 0)
        self.setToolTipsVisible(True)
        for text, kind in _ENTRIES:
            action = self.addAction(text)
            action.setData(kind)
            action.triggered.connect(self._on_triggered)
        self._gif = self.actions()[-1]
        self.aboutToShow.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """An animation needs moments; where there are none its entry says so."""
        few = len(self._studio.moments) < 2
        self._gif.setEnabled(not few)
        self._gif.setToolTip("An animation needs a run with at least two kept moments." if few else _GIF_TIP)

    def ask_file(self, kind: str) -> None:
        """Asks where to, then writes."""
        moment = self._studio.moment
        step = f"-step-{moment}" if moment is not None and kind != "gif" else ""
        start = QDir(last_folder(self._studio)).filePath(f"{self._name}{step}.{kind}")
        path, _ = QFileDialog.getSaveFileName(self._view, "Export this view", start, f"{kind.upper()} (*.{kind})")
        if path:
            self.save(Path(path) if Path(path).suffix else Path(f"{path}.{kind}"))

    def save(self, path: Path) -> None:
        """Writes a file of the kind that its ending names; a failure becomes a notice."""
        from cnnstudio.ui.view_export import export

        self._studio.export_folder = str(path.parent)
        try:
            if path.suffix.lower() == ".gif":
                self._record(path)
                return
            QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
            try:
                page = self._page()
                export(path, page)
            finally:
                QGuiApplication.restoreOverrideCursor()
        except StudioError as error:
            self._studio.notice.emit(error.report)
        else:
            self._on_written(path, page.left_out)

    @Slot()
    def _on_triggered(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self.ask_file(str(action.data()))

    def _on_written(self, path: Path, left_out: str = "") -> None:
        self.exported.emit(path)
        self._studio.told.emit(f"Saved as {path}. {left_out}" if left_out else f"Saved as {path}")

    def _page(self) -> Page:
        from cnnstudio.ui.view_export import Page

        return Page(self._view, self._studio, self._title, self.unseen)

    def _frame(self) -> bytes:
        """The view as it is now, as large as a frame of an animation may be; nothing where it is not seen any more."""
        from cnnstudio.ui.view_export import encoded

        if not self._view.isVisible():
            return b""
        page = self._page()
        page.least, page.most_px = self._frame_least, limits.FILM_SIDE_PX
        image = page.image(1.0)
        self._frame_least = page.view_size
        scale = limits.FILM_WIDE_PX / max(self._view.width(), self._view.height())
        if scale < 1:
            image = image.scaled(image.size() * scale, mode=Qt.TransformationMode.SmoothTransformation)
        return encoded(image)

    def _record(self, path: Path) -> None:
        from cnnstudio.ui.animation import Recorder, check_place
        from cnnstudio.ui.pacer import CatchUp
        from cnnstudio.ui.view_export import PROGRAM

        if self.recorder is not None:
            return
        check_place(path)
        self._frame_least = QSize(0, 0)
        comment, catch_up = f"{self._title} {PROGRAM}", CatchUp(self._view)
        self.recorder = recorder = Recorder(self._studio, self._frame, comment, self, catch_up)
        self._progress = progress = QProgressDialog("", "Cancel", 0, 0, self._view.window())
        progress.setWindowTitle("Animation")
        progress.setWindowModality(Qt.WindowModality.WindowModal)
        progress.setMinimumDuration(0)
        progress.setAutoReset(False)
        progress.setMinimumWidth(40 * GRID_PX)
        progress.canceled.connect(recorder.cancel)
        recorder.progressed.connect(self._show_progress)
        recorder.written.connect(self._on_written)
        recorder.failed.connect(self._studio.notice)
        for ends in (recorder.written, recorder.failed, recorder.cancelled):
            ends.connect(self._on_recorded)
        recorder.start(path)

    @Slot(int, int)
    def _show_progress(self, done: int, whole: int) -> None:
        if self._progress is None:
            return
        text = f"Moment {done + 1} of {whole}" if done < whole else "Writing the file"
        left_s = self.recorder.seconds_left if self.recorder is not None else None
        if left_s:
            from cnnstudio.ui.widgets.experiment_progress import time_words

            text += f", about {time_words(left_s)} left"
        self._progress.setLabelText(f"{text} …")
        self._progress.setMaximum(whole + 1)
        self._progress.setValue(done)

    @Slot()
    def _on_recorded(self) -> None:
        progress, recorder = self._progress, self.recorder
        self._progress = self.recorder = None
        if progress is not None:
            progress.canceled.disconnect()
            progress.close()
            progress.deleteLater()
        if recorder is not None:
            recorder.deleteLater()
