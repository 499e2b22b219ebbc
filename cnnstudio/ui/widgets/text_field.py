"""A knob that is a text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from cnnstudio.core.knobs import Knob, Value
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import explain_on_focus, label


class TextField(QWidget):
    """A text, typed, or chosen from a list.

    Signals:
        changed(text): Enter was pressed, the field was left, or an entry was chosen.

    Thread: GUI.
    """

    changed = Signal(object)

    def __init__(self, knob: Knob, value: str, choices: Sequence[str] = ()) -> None:
        """Makes the field."""
        super().__init__()
        self.value = value
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.name = label(knob.label, "muted", tip=knob.sentence)
        row.addWidget(self.name)
        self.field: QComboBox | QLineEdit
        if choices:
            self.field = QComboBox()
            self.field.setEditable(True)
            self.field.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            self.field.addItems(list(choices))
            self._line = self.field.lineEdit() or QLineEdit()
            self.field.activated.connect(self._on_edited)
        else:
            self.field = self._line = QLineEdit()
        self._line.setText(value)
        self._line.editingFinished.connect(self._on_edited)
        self.field.setToolTip(knob.sentence)
        self.field.setAccessibleName(knob.label)
        explain_on_focus(self.field)
        row.addWidget(self.field, 1)

    def set_value(self, value: Value) -> None:
        """Shows a value, without a signal."""
        self.value = str(value)
        self._line.setText(self.value)

    @Slot()
    def _on_edited(self) -> None:
        text = self._line.text().strip()
        if text != self.value:
            self.value = text
            self.changed.emit(text)
