"""Where a cluster is: the address of its scheduler and, for `tls://`, the three files with its certificates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSettings, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob
from cnnstudio.core.paths import config_folder
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.text_field import TextField

if TYPE_CHECKING:
    from cnnstudio.runtime.certificates import Tls

_DASK: Final = Knob(
    "dask", "Dask scheduler", "",
    "Address of a cluster that does the runs instead, as in tcp://10.0.0.7:8786, or tls:// for one with certificates; "
    "empty for this computer.",
)  # fmt: skip
_FILES: Final = (
    Knob("ca", "authority", "", "The certificate of the authority that signed those of the cluster, a PEM file."),
    Knob("cert", "certificate", "", "Your own certificate, a PEM file."),
    Knob("key", "key", "", "The key of your certificate, a PEM file without a password."),
)
_ENCRYPTED: Final = "tls://"
_FILTER: Final = "PEM (*.pem *.crt *.cer *.key);;All files (*)"


def cluster_settings() -> QSettings:
    """Where the names of the certificates are kept: they belong to the person, whatever the experiment."""
    return QSettings(str(config_folder() / "cluster.ini"), QSettings.Format.IniFormat)


class FileField(QWidget):
    """The name of a file, typed or chosen.

    Signals:
        changed(): It is another file now.
        chosen(): The dialog was closed.

    Thread: GUI.
    """

    changed = Signal()
    chosen = Signal()

    def __init__(self, knob: Knob) -> None:
        """Makes it empty."""
        super().__init__()
        self._label = knob.label
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.text = TextField(knob, "")
        self.text.changed.connect(self.changed)
        self.button = button("Choose", "slim", tip=f"Choose the {knob.label} file. {knob.sentence}")
        self.button.setAccessibleName(f"Choose the {knob.label} file")
        self.button.clicked.connect(self._choose)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)

    @property
    def path(self) -> Path | None:
        """The file; None where there is no name."""
        return Path(self.text.value).expanduser() if self.text.value else None

    def set_problem(self, problem: bool) -> None:
        """Frames it, or not, as something that cannot be."""
        field = self.text.field
        if bool(field.property("problem")) != problem:
            field.setProperty("problem", problem)
            field.style().unpolish(field)
            field.style().polish(field)

    @Slot()
    def _choose(self) -> None:
        # This field is in a window that closes when another opens, so the dialog belongs to the one below.
        window = self.window()
        parent = window.parentWidget()
        above = window if parent is None else parent.window()
        start = "" if self.path is None else str(self.path.parent)
        name, _ = QFileDialog.getOpenFileName(above, f"The {self._label} file of the cluster", start, _FILTER)
        if name and name != self.text.value:
            self.text.set_value(name)
            self.changed.emit()
        self.chosen.emit()


class ClusterFields(QWidget):
    """The address, and below it the certificates where it needs them; what cannot be is said at once.

    Signals:
        chosen(): A dialog for a file was closed.
        resized(): It needs more room now, or less.

    Thread: GUI.
    """

    chosen = Signal()
    resized = Signal()

    def __init__(self) -> None:
        """Makes the fields; the certificates are those that were named last."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        self.dask = TextField(_DASK, "")
        self.dask.changed.connect(self._on_address)
        if isinstance(self.dask.field, QLineEdit):
            self.dask.field.textEdited.connect(self._show)
        column.addWidget(self.dask)
        self.files = {knob.name: FileField(knob) for knob in _FILES}
        for field in self.files.values():
            field.changed.connect(self._on_file)
            field.chosen.connect(self.chosen)
            column.addWidget(field)
        self.problem = label("", "problem", wrap=True)
        column.addWidget(self.problem)
        self._align()
        self._recall()
        self._show()

    @property
    def address(self) -> str:
        """Of the scheduler; "" for none."""
        return self.dask.value

    def set_address(self, address: str) -> None:
        """Shows another address, without a signal."""
        self.dask.set_value(address)
        self._show()

    def certificates(self) -> Tls | None:
        """The files, where the address needs them and one is named."""
        from cnnstudio.runtime.certificates import Tls

        paths = [field.path for field in self.files.values()]
        return Tls(*paths) if self._is_encrypted() and any(paths) else None

    def showEvent(self, event: QShowEvent) -> None:
        """Takes over what was named elsewhere in the window meanwhile."""
        super().showEvent(event)
        self._align()
        self._recall()
        self._show()

    def _is_encrypted(self) -> bool:
        field = self.dask.field
        typed = field.text() if isinstance(field, QLineEdit) else self.address
        return typed.strip().startswith(_ENCRYPTED)

    def _align(self) -> None:
        """Lets all fields begin at the same place."""
        names = [self.dask.name, *(field.text.name for field in self.files.values())]
        wide_px = max(name.sizeHint().width() for name in names)
        for name in names:
            name.setMinimumWidth(wide_px)

    def _recall(self) -> None:
        settings = cluster_settings()
        for name, field in self.files.items():
            field.text.set_value(str(settings.value(name, "")))

    @Slot()
    def _on_address(self) -> None:
        self._show()

    @Slot()
    def _on_file(self) -> None:
        settings = cluster_settings()
        for name, field in self.files.items():
            settings.setValue(name, field.text.value)
        settings.sync()
        self._show()

    @Slot()
    def _show(self) -> None:
        """Shows what the address needs, and what is wrong with it."""
        encrypted = self._is_encrypted()
        problem = self._problem()
        was = (self.problem.text(), self.files["ca"].isHidden())
        for field in self.files.values():
            field.setVisible(encrypted)
            missing = field.path is None or str(field.path) in problem
            field.set_problem(bool(problem) and encrypted and missing)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        if was != (self.problem.text(), self.files["ca"].isHidden()):
            self.updateGeometry()
            self.resized.emit()

    def _problem(self) -> str:
        """Why the cluster cannot be as it is typed; "" where it can, or nothing is typed."""
        if not self.address:
            return ""
        from cnnstudio.runtime.cluster import check_address

        try:
            check_address(self.address, self.certificates())
        except StudioError as error:
            return error.report.sentence
        return ""
