"""Where one is: "Network > conv 5 x 5 > map 3 at (10, 12)". Every part but the last leads back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core.inside import Unit
from cnnstudio.core.layers import Sizes
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import by_keyboard

_CHEVRON_PX: Final = 4
_APART_PX: Final = 2.5 * GRID_PX
"""From one part's end to the next one's beginning; the chevron stands in the middle."""


def unit_words(unit: Unit, shape: Sizes) -> str:
    """A unit's place, as in "map 3 at (10, 12)" or, in a flat list, "unit 17".

    Maps and units are counted from 1, rows and columns from 0.

    Args:
        unit: Which one.
        shape: Of its layer's output.
    """
    if len(shape) == 1:
        return f"unit {unit.map + 1}"
    if shape[1:] == (1, 1):
        return f"map {unit.map + 1}"
    return f"map {unit.map + 1} at ({unit.row}, {unit.column})"


class Breadcrumb(QWidget):
    """Parts of a place in one line: click one, or go there with the arrow keys and Enter; Escape goes up by one.

    Signals:
        went(index): The student wants to go to this part; never the last one.

    Thread: GUI.
    """

    went = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._parts: tuple[str, ...] = ()
        self._current: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def parts(self) -> tuple[str, ...]:
        """What it shows, from the outermost part inwards."""
        return self._parts

    def set_parts(self, parts: Sequence[str]) -> None:
        """Shows a place; the last part is where one is."""
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self._current = None
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if len(self._parts) > 1 else Qt.FocusPolicy.NoFocus)
            self.setAccessibleName("Place: " + ", ".join(self._parts))
            self.setToolTip("Click a part to go back to it." if len(self._parts) > 1 else "")
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def part_rect(self, index: int) -> QRectF:
        """The rectangle of a part's text, in px."""
        return self._laid_out()[index][0]

    def _laid_out(self) -> list[tuple[QRectF, str]]:
        """Every part's rectangle and its text, cut where there is too little room: the longest part first."""
        metrics = QFontMetricsF(self._theme.font("body", bold=True))
        widths = [metrics.horizontalAdvance(part) + 1 for part in self._parts]
        room = self.width() - _APART_PX * max(0, len(widths) - 1)
        while sum(widths) > room > 0 and max(widths) > 3 * GRID_PX:
            longest = widths.index(max(widths))
            widths[longest] = max(3 * GRID_PX, widths[longest] - max(1.0, sum(widths) - room))
        laid_out, left = [], 0.0
        for part, width in zip(self._parts, widths, strict=True):
            shown = metrics.elidedText(part, Qt.TextElideMode.ElideRight, width)
            laid_out.append((QRectF(left, 0, width, self.height()), shown))
            left += width + _APART_PX
        return laid_out

    def _part_at(self, place: QPointF) -> int | None:
        for index, (rect, _) in enumerate(self._laid_out()[:-1]):
            if rect.contains(place):
                return index
        return None

    def _mark(self, index: int | None) -> None:
        if index != self._current:
            self._current = index
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line."""
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        laid_out = self._laid_out()
        middle = self.height() / 2
        for index, (rect, text) in enumerate(laid_out):
            last = index == len(laid_out) - 1
            marked = index == self._current and not last
            font = theme.font("body", bold=last)
            font.setUnderline(marked)
            painter.setFont(font)
            painter.setPen(theme.colour("text" if last or marked else "muted"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            if not last:
                at = rect.right() + _APART_PX / 2 - _CHEVRON_PX / 2
                painter.setPen(QPen(theme.colour("faint"), 1.5))
                painter.drawPolyline(QPolygonF([
                    QPointF(at, middle - _CHEVRON_PX), QPointF(at + _CHEVRON_PX, middle),
                    QPointF(at, middle + _CHEVRON_PX),
                ]))  # fmt: skip

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the part under the pointer."""
        index = self._part_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if index is not None else Qt.CursorShape.ArrowCursor)
        self._mark(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to a part."""
        index = self._part_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self.went.emit(index)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._mark(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from part to part; Enter goes there, Escape and Backspace go up by one."""
        before_last = len(self._parts) - 2
        key, current = event.key(), before_last if self._current is None else self._current
        if before_last < 0:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = -1 if key == Qt.Key.Key_Left else 1
            self._mark(min(max(current + step, 0), before_last))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.went.emit(current)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
            self.went.emit(before_last)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Marks the part above where the keyboard came."""
        if by_keyboard(event) and self._parts:
            self._mark(max(0, len(self._parts) - 2))
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forgets the mark."""
        self._mark(None)
        super().focusOutEvent(event)

    def sizeHint(self) -> QSize:
        """One line of text."""
        return QSize(30 * GRID_PX, self._theme.body_px + GRID_PX)

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(12 * GRID_PX, self._theme.body_px + GRID_PX)
