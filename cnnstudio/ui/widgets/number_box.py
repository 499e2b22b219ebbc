"""A short label and a small field for one whole number, for a row of controls."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import explain_on_focus, label

_FIELD_PX: Final = 44


class NumberBox(QWidget):
    """Edits a whole number; Up, Down and the wheel change it by one. Whether it can be is for the owner to say.

    Signals:
        changed(value): Another number was typed.
        failed(report): What stands there is no number (an `ErrorReport`), or is one again (None).

    Thread: GUI.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(self, name: str, value: int, tip: str) -> None:
        """Makes it."""
        super().__init__()
        self._name, self._value = name, value
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX // 2)
        self.caption = label(name, "muted", tip=tip)
        self.field = _Field(str(value))
        self.field.setFixedWidth(_FIELD_PX)
        self.field.setToolTip(tip)
        self.field.setAccessibleName(name)
        self.field.setAccessibleDescription(tip)
        explain_on_focus(self.field)
        self.field.textEdited.connect(self._read)
        self.field.nudged.connect(self._nudge)
        row.addWidget(self.caption)
        row.addWidget(self.field)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> int:
        """The last number that was one."""
        return self._value

    def set_value(self, value: int) -> None:
        """Shows a number without telling anybody."""
        self._value = value
        with QSignalBlocker(self.field):
            self.field.setText(str(value))
        self.show_problem(False)

    def show_problem(self, bad: bool) -> None:
        """Frames the field."""
        if bool(self.field.property("problem")) != bad:
            self.field.setProperty("problem", bad)
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)

    @Slot(str)
    def _read(self, text: str) -> None:
        try:
            value = int(text.strip())
        except ValueError:
            self.show_problem(True)
            what = f"The {self._name} cannot be {text!r}." if text.strip() else f"The {self._name} is empty."
            self.failed.emit(ErrorReport(what, remedy="Type a whole number."))
            return
        self.show_problem(False)
        self.failed.emit(None)
        if value != self._value:
            self._value = value
            self.changed.emit(value)

    @Slot(int)
    def _nudge(self, by: int) -> None:
        self.field.setText(str(max(0, self._value + by)))
        self._read(self.field.text())


class _Field(QLineEdit):
    """The field; it tells of keys that nudge.

    Thread: GUI.
    """

    nudged = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down change the number."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.nudged.emit(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel changes the number while the field has the focus."""
        if self.hasFocus() and event.angleDelta().y():
            self.nudged.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()
