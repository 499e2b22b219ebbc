"""The field that opens in a cell of a number grid."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from cnnstudio.core.errors import ErrorReport

_ROOM_PX = 24


class CellEditor(QLineEdit):
    """One number, typed. Enter or leaving the field takes it, Escape leaves the old one.

    Signals:
        taken(number): The student is done.
        left(): The field is to be put away.
        failed(report): The text is no number (an `ErrorReport`), or is one (None).

    Thread: GUI.
    """

    taken = Signal(object)
    left = Signal()
    failed = Signal(object)

    def __init__(self, parent: QWidget, area: QRect, name: str, text: str, *, typed: bool) -> None:
        """Opens over a cell of `parent`; `typed` text is gone on with, other text is selected."""
        super().__init__(text, parent)
        self._done = False
        self.place(area)
        self.setAccessibleName(name)
        if not typed:
            self.selectAll()
        self.textChanged.connect(self._check)

    def place(self, area: QRect) -> None:
        """Lies over a cell, within the parent."""
        parent = self.parentWidget()
        assert parent is not None
        wide = max(area.width(), self.fontMetrics().horizontalAdvance("-0.0000") + _ROOM_PX)
        high = max(area.height(), self.sizeHint().height())
        left = min(max(0, area.center().x() - wide // 2), max(0, parent.width() - wide))
        top = min(max(0, area.center().y() - high // 2), max(0, parent.height() - high))
        self.setGeometry(left, top, wide, high)

    @property
    def number(self) -> float | None:
        """What is typed, or None where it is no number."""
        try:
            value = float(self.text().strip().replace(",", ".").replace("−", "-"))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    @Slot()
    def _check(self) -> None:
        bad = self.number is None
        self.setProperty("problem", bad)
        self.style().unpolish(self)
        self.style().polish(self)
        report = ErrorReport(
            f"{self.text()!r} is not a number.", remedy="Type one, as in -0.25; Escape leaves the old one."
        )
        self.failed.emit(report if bad else None)

    def _finish(self, *, take: bool) -> None:
        if not self._done:
            self._done = True
            value = self.number
            self.left.emit()
            if take and value is not None:
                self.taken.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes a number, Escape gives up."""
        if event.key() == Qt.Key.Key_Escape:
            self._finish(take=False)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.number is not None:
                self._finish(take=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes what can be taken."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._finish(take=True)
