"""Takes the results of an experiment out of the window: numbers as CSV and JSON, the open chart as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QDir, QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Findings, Result, Settings
from cnnstudio.core.storage import to_json_bytes, write_atomic
from cnnstudio.runtime.sweep_files import contents, to_csv
from cnnstudio.runtime.sweep_thread import SweepState
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.widgets.experiment_chart import ExperimentChart
from cnnstudio.ui.widgets.folder_dialog import last_folder

_ENTRIES: Final = (
    ("The runs as CSV …", "csv", "One row per run: its settings and what it measured."),
    ("The experiment as JSON …", "json", "Everything; `cnnstudio experiment --from FILE` repeats it."),
    ("The chart as PNG …", "png", "The open chart alone."),
    ("The chart as SVG …", "svg", "The open chart alone; its text stays text."),
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What there is to write.

    Attributes:
        settings: Of the experiment.
        results: What is measured.
        findings: What that says.
        state: How the sweep stands, or None where single runs are all there is.
    """

    settings: Settings
    results: tuple[Result, ...]
    findings: Findings | None
    state: SweepState | None


class ExperimentExport(QObject):
    """Entries of a view's export menu.

    Thread: GUI.
    """

    def __init__(
        self, view: QWidget, studio: Studio, info: ExperimentInfo, chart: ExperimentChart,
        content: Callable[[], Exported],
    ) -> None:  # fmt: skip
        """Writes nothing yet.

        Args:
            view: The panel.
            studio: Its study.
            info: The experiment.
            chart: The chart on show.
            content: Gives what there is, when something is to be written.
        """
        super().__init__(view)
        self._view, self._studio, self._info, self._chart, self._content = view, studio, info, chart, content

    def add_to(self, menu: QMenu) -> None:
        """Puts the entries at the end of a menu."""
        menu.addSeparator()
        for text, kind, tip in _ENTRIES:
            action = QAction(text, menu)
            action.setData(kind)
            action.setToolTip(tip)
            action.triggered.connect(self._on_triggered)
            menu.addAction(action)

    def ask_file(self, kind: str) -> None:
        """Asks where to, then writes."""
        start = QDir(last_folder(self._studio)).filePath(f"{self._info.id}.{kind}")
        path, _ = QFileDialog.getSaveFileName(self._view, "Export this experiment", start, f"{kind.upper()} (*.{kind})")
        if path:
            self.save(Path(path) if Path(path).suffix else Path(f"{path}.{kind}"))

    def save(self, path: Path) -> None:
        """Writes a file of the kind that its ending names; a failure becomes a notice."""
        self._studio.export_folder = str(path.parent)
        try:
            write_atomic(path, self.bytes_of(path.suffix.lower().removeprefix(".")))
        except StudioError as error:
            self._studio.notice.emit(error.report)
        else:
            self._studio.told.emit(f"Saved as {path}")

    def bytes_of(self, kind: str) -> bytes:
        """The content of a file of this kind.

        Raises:
            StudioError: There is no such kind.
        """
        if kind in ("png", "svg"):
            from cnnstudio.ui.view_export import Page

            chart = self._chart.chart
            page = Page(self._chart, self._studio, chart.title if chart is not None else self._info.title)
            return page.png() if kind == "png" else page.svg()
        there = self._content()
        if kind == "csv":
            return to_csv(there.results)
        if kind != "json":
            raise StudioError(
                f"Nothing can be written as .{kind}.", remedy="Let the name end in csv, json, png or svg."
            )
        count = len(there.results)
        state = there.state or SweepState(planned=count, outcome="stopped")
        data = contents(
            self._info, self._info.settings(there.settings), max(count, state.planned), there.results, state.failures,
            there.findings, state.outcome or "stopped", state.seconds,
        )  # fmt: skip
        return to_json_bytes(data)

    @Slot()
    def _on_triggered(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self.ask_file(str(action.data()))
