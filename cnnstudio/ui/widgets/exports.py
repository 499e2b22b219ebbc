"""What can be taken out of a race: curves as PNG, SVG and CSV, the run as JSON, the weights as safetensors."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QDir, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.history import History
from cnnstudio.core.questions import SaveWeights
from cnnstudio.core.storage import write_atomic, write_json
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.widgets._race_lines import Wanted
from cnnstudio.ui.widgets.folder_dialog import ask_folder, last_folder

RUN_SCHEMA: Final = 1
_ENTRIES: Final = (
    ("Curves alone as PNG …", "png"),
    ("Curves alone as SVG …", "svg"),
    ("Curves as CSV …", "csv"),
    ("Run as JSON …", "json"),
    ("Weights at this moment …", "weights"),
)
_SETS: Final = ("train", "validation", "test")


def curves_csv(history: History) -> str:
    """Every measurement of every network: one line each, with a head."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = [f"{part}_{metric}" for part in _SETS for metric in ("loss", "accuracy")]
    writer.writerow(["network", "step", "pictures_seen", "epoch", "own_seconds", *head, "test_looks"])
    for evaluated in history.evaluations:
        for score in evaluated.scores:
            values = [value for part in _SETS for value in _pair(getattr(score, part))]
            place = [evaluated.step, evaluated.examples, repr(evaluated.epoch), repr(score.own_seconds)]
            writer.writerow([score.network, *place, *(repr(value) for value in values), evaluated.test_looks])
    return out.getvalue()


def _pair(score: Any) -> tuple[float, float]:
    return float(score.loss), float(score.accuracy)


def run_json(history: History) -> dict[str, Any]:
    """Everything that is needed to repeat and to plot a run, as plain JSON types."""
    started = history.started
    return {
        "config": started.config.to_json(),
        "seed": started.config.seed,
        "versions": dict(started.versions),
        "started_at": started.started_at,
        "history": history.to_json(),
    }


def export(path: Path, history: History, wanted: Wanted) -> None:
    """Writes a run in the form that the file's ending names: .png, .svg, .csv or .json.

    Args:
        path: The file.
        history: The run.
        wanted: What of it a figure shows.

    Raises:
        StudioError: Another ending, or the file cannot be written.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind in ("png", "svg"):
        from cnnstudio.ui.widgets._figure import figure

        write_atomic(path, figure(history, wanted, kind))
    elif kind == "csv":
        write_atomic(path, curves_csv(history).encode())
    elif kind == "json":
        write_json(path, run_json(history), RUN_SCHEMA)
    else:
        raise StudioError(f"{path.name} cannot be written.", remedy="Let its name end in .png, .svg, .csv or .json.")


class ExportMenu(QMenu):
    """What a race alone can write; its panel shows these entries in the menu of its view.

    Signals:
        exported(Path): A file or a folder of weights was written.

    Thread: GUI.
    """

    exported = Signal(object)

    def __init__(self, studio: Studio, wanted: Callable[[], Wanted], parent: QWidget) -> None:
        """Makes the menu; `wanted` says what a figure should show."""
        super().__init__(parent)
        self._studio, self._wanted, self._parent = studio, wanted, parent
        for text, kind in _ENTRIES:
            action = self.addAction(text)
            action.setData(kind)
            action.triggered.connect(self._on_triggered)

    def set_possible(self, possible: bool) -> None:
        """Whether there is a run to write."""
        for action in self.actions():
            action.setEnabled(possible)

    def ask_file(self, kind: str) -> None:
        """Asks where to, then writes."""
        name = QDir(last_folder(self._studio)).filePath(f"race.{kind}")
        path, _ = QFileDialog.getSaveFileName(self._parent, "Export", name, f"{kind.upper()} (*.{kind})")
        if path:
            self.save(Path(path) if Path(path).suffix else Path(f"{path}.{kind}"))

    def save(self, path: Path) -> None:
        """Writes a file; a failure becomes a notice."""
        history = self._studio.history
        if history is None:
            return
        self._studio.export_folder = str(path.parent)
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            export(path, history, self._wanted())
        except StudioError as error:
            self._studio.notice.emit(error.report)
        else:
            self.exported.emit(path)
            self._studio.told.emit(f"Saved as {path}")
        finally:
            QGuiApplication.restoreOverrideCursor()

    @Slot()
    def _on_triggered(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        if action.data() == "weights":
            self.ask_weights()
        else:
            self.ask_file(str(action.data()))

    @Slot()
    def ask_weights(self) -> None:
        """Asks for a folder, which may be a new one, then has the engine write the weights into it."""
        folder = ask_folder(self._parent, "Weights: one file for each network", last_folder(self._studio))
        if folder:
            self.save_weights(Path(folder))

    def save_weights(self, folder: Path) -> None:
        """Has the engine write `<network>.safetensors` of every network at the moment; a failure becomes a notice."""
        self._studio.export_folder = str(folder)
        self._studio.ask(SaveWeights(folder, self._studio.moment), self._on_weights, self._on_failure)

    def _on_weights(self, paths: tuple[Path, ...]) -> None:
        for path in paths:
            self.exported.emit(path)
        if paths:
            names = ", ".join(path.name for path in paths)
            self._studio.told.emit(f"Saved {names} in {paths[0].parent}")

    def _on_failure(self, report: ErrorReport) -> None:
        self._studio.notice.emit(report)
