"""One line of a form: a knob's label, its field and, below, what is wrong with it."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import explain_on_focus, label

FIELD_EM: Final = 7.4
"""Width of a field in sizes of its letters."""
WIDE_FIELD_EM: Final = 10.0
"""Width of a field that says in words what it stands for while it is empty."""
_UNIT_SHARE: Final = 0.86
_LINEAR_STEPS: Final = 20
"""Presses of the Up key that cross the whole range of a number."""


def shown(value: Value) -> str:
    """A value as a person types it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else value


def neighbour(knob: Knob, value: float, up: bool) -> Value:
    """The next rounder value above or below, within the knob's range: 1, 2, 5, 10 ... where the knob is logarithmic."""
    whole = isinstance(knob.default, int)
    if knob.log:
        moved = _next_round(value, up) if value > 0 else (1.0 if whole else 1e-4) * up
    else:
        span = (knob.maximum or 0.0) - (knob.minimum or 0.0)
        step = 1.0 if whole else span / _LINEAR_STEPS if 0 < span <= 1e3 else 1.0
        moved = value + (step if up else -step)
    moved = min(max(moved, -math.inf if knob.minimum is None else knob.minimum), knob.maximum or math.inf)
    return round(moved) if whole else float(f"{moved:.6g}")


def _next_round(value: float, up: bool) -> float:
    decade = 10.0 ** math.floor(math.log10(value))
    steps = [decade * factor for factor in (0.1, 0.2, 0.5, 1, 2, 5, 10)]
    if up:
        return next(step for step in steps if step > value * (1 + 1e-9))
    return next(step for step in reversed(steps) if step < value * (1 - 1e-9))


class _Number(QLineEdit):
    """A typed number with its unit; Up and Down go to rounder neighbours.

    Thread: GUI.
    """

    nudged = Signal(bool)

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit
        self._em = FIELD_EM
        self._fit()

    def set_placeholder(self, text: str) -> None:
        """Says what an empty field stands for."""
        self.setPlaceholderText(text)
        self._em = WIDE_FIELD_EM if text else FIELD_EM
        self._fit()

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(max(1, round(font.pixelSize() * _UNIT_SHARE)))
        return font

    def _fit(self) -> None:
        self.setFixedWidth(round(self._em * max(1, self.font().pixelSize())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Writes the unit at the field's end, where the number leaves room for it."""
        super().paintEvent(event)
        small = self._small()
        wanted = QFontMetrics(small).horizontalAdvance(self._unit) + self.fontMetrics().horizontalAdvance(self.text())
        if self._unit and self.text() and wanted + 3 * GRID_PX <= self.width():
            painter = QPainter(self)
            painter.setFont(small)
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            area = self.rect().adjusted(0, 0, -GRID_PX, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._unit)

    def changeEvent(self, event: QEvent) -> None:
        """Follows the theme's size of letters."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down change the number."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.nudged.emit(event.key() == Qt.Key.Key_Up)
        else:
            super().keyPressEvent(event)


class KnobField(QWidget):
    """Edits one knob. `changed` comes with every key that leaves a good value, `failed` with every other.

    Thread: GUI.
    """

    changed = Signal(object)
    failed = Signal(object)
    """The `ErrorReport`, or None when the field is good again."""

    def __init__(self, knob: Knob, value: Value, *, in_row: bool = False) -> None:
        """Makes the field that fits the knob's type; `in_row` keeps room for its whole label."""
        super().__init__()
        self.knob = knob
        self._in_row = in_row
        self._value = value
        self._automatic = ""
        tip = self._tip()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        column.addLayout(row)
        self.field = self._make(row, tip)
        self.field.setToolTip(tip)
        self.field.setAccessibleName(knob.label)
        self.field.setAccessibleDescription(tip)
        explain_on_focus(self.field)
        self.remark = label("", "small", wrap=True)
        self.problem = label("", "problem", wrap=True)
        for below in (self.remark, self.problem):
            below.hide()
            column.addWidget(below)
        self.set_value(value)
        self.set_automatic(knob.automatic)

    @property
    def value(self) -> Value:
        """The last good value."""
        return self._value

    def set_value(self, value: Value) -> None:
        """Shows a value, without a signal; a field that is being typed in keeps its text."""
        self._value = value
        with QSignalBlocker(self.field):
            if isinstance(self.field, QCheckBox):
                self.field.setChecked(bool(value))
            elif isinstance(self.field, QComboBox):
                self.field.setCurrentIndex(self.field.findData(value))
            elif not self.field.hasFocus():
                self.field.setText(self._shown(value))
                self.show_problem(None)

    def set_automatic(self, text: str) -> None:
        """Says what 0 amounts to, as in "automatic: 77"; the field is empty then, and an empty field means 0."""
        if isinstance(self.field, _Number) and text != self._automatic:
            self._automatic = text
            self.field.set_placeholder(text)
            self.set_value(self._value)

    def set_remark(self, text: str) -> None:
        """Says below the field what the value comes to; "" for nothing."""
        self.remark.setText(text)
        self.remark.setVisible(bool(text))

    def _shown(self, value: Value) -> str:
        return "" if self._automatic and value == 0 else shown(value)

    def show_problem(self, report: ErrorReport | None) -> None:
        """Says what is wrong, or takes it back."""
        self.problem.setText(report.sentence if report else "")
        self.problem.setVisible(report is not None)
        if self.field.property("problem") != (report is not None):
            self.field.setProperty("problem", report is not None)
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)

    def _tip(self) -> str:
        knob = self.knob
        unit = f", in {knob.unit}" if knob.unit else ""
        expected = knob.expected if not isinstance(knob.default, bool) else "on or off"
        first = knob.automatic if knob.automatic and not knob.default else shown(knob.default)
        return f"{knob.sentence} {expected[0].upper()}{expected[1:]}{unit}; at first {first}."

    def _make(self, row: QHBoxLayout, tip: str) -> QCheckBox | QComboBox | _Number:
        knob = self.knob
        if isinstance(knob.default, bool):
            box = QCheckBox(knob.label)
            box.toggled.connect(self._take)
            row.addWidget(box, 1)
            return box
        name = label(knob.label, "muted", tip=tip)
        if not self._in_row:
            name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(name, 1)
        if knob.choices:
            chooser = QComboBox()
            for choice in knob.choices:
                chooser.addItem(choice.replace("_", " "), choice)
            chooser.currentIndexChanged.connect(self._choose)
            chooser.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            chooser.setMinimumWidth(round(FIELD_EM * max(1, self.font().pixelSize())))
            row.addWidget(chooser)
            return chooser
        # "hidden units" says already what is counted.
        number = _Number("" if knob.unit in knob.label else knob.unit)
        number.textEdited.connect(self._read)
        number.editingFinished.connect(self._tidy)
        number.nudged.connect(self._nudge)
        row.addWidget(number)
        return number

    @Slot(bool)
    def _take(self, value: Value) -> None:
        self._value = value
        self.changed.emit(value)

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._take(self.knob.choices[index])

    @Slot(str)
    def _read(self, text: str) -> None:
        try:
            value = self.knob.parse(text if text.strip() or not self._automatic else "0")
        except StudioError as error:
            self.show_problem(error.report)
            self.failed.emit(error.report)
            return
        self.show_problem(None)
        self.failed.emit(None)
        if value != self._value:
            self._take(value)

    @Slot(bool)
    def _nudge(self, up: bool) -> None:
        assert isinstance(self._value, int | float)
        value = neighbour(self.knob, self._value, up)
        if isinstance(self.field, QLineEdit):
            self.field.setText(self._shown(value))
            self._read(self.field.text())

    @Slot()
    def _tidy(self) -> None:
        if isinstance(self.field, QLineEdit) and not self.problem.text():
            self.field.setText(self._shown(self._value))
