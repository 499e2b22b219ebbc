"""The pen of whoever draws without a pointer: arrow keys move it, Space puts it down and takes it up."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from cnnstudio.ui.theme import SELECTION, Theme

PRESSURE: Final = 0.6
"""As if the hand pressed evenly: the line is as wide as the pen."""

_WAYS: Final[dict[int, complex]] = {
    Qt.Key.Key_Left: -1 + 0j,
    Qt.Key.Key_Right: 1 + 0j,
    Qt.Key.Key_Up: -1j,
    Qt.Key.Key_Down: 1j,
    Qt.Key.Key_Home: -1 - 1j,
    Qt.Key.Key_End: -1 + 1j,
    Qt.Key.Key_PageUp: 1 - 1j,
    Qt.Key.Key_PageDown: 1 + 1j,
}
"""The corner keys go across, as their places on a numeric keypad say."""
_FINE: Final = 0.25
"""With Shift the pen moves by a quarter of a step."""
_START: Final = 0.5 + 0.25j
"""Where most digits begin."""
_SHADE: Final = QColor(0, 0, 0, 170)


class KeyboardPen:
    """Where the pen is, while it is in use.

    Attributes:
        at: Its place in canvas units, or None while it is not in use.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Is not in use."""
        self.at: complex | None = None
        self._last = _START

    def take(self) -> None:
        """Takes the pen in hand, where it was put away."""
        self.at = self._last

    def put_away(self) -> None:
        """Ends its use."""
        if self.at is not None:
            self._last, self.at = self.at, None

    def moves(self, key: int) -> bool:
        """Whether a key moves the pen."""
        return key in _WAYS

    def move(self, key: int, step: float, fine: bool) -> complex:
        """Moves it by one step, a share of the canvas, and not beyond its edge; gives the new place."""
        place = (self.at or self._last) + _WAYS[key] * step * (_FINE if fine else 1.0)
        self.at = complex(min(1.0, max(0.0, place.real)), min(1.0, max(0.0, place.imag)))
        return self.at

    def paint(self, painter: QPainter, side_px: int, width: float, down: bool) -> None:
        """Draws a ring as large as the pen's line, filled in its middle while it is down."""
        if self.at is None:
            return
        place, radius = QPointF(self.at.real * side_px, self.at.imag * side_px), max(4.0, width * side_px / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, line in ((_SHADE, 4.0), (QColor(SELECTION), 2.0)):
            painter.setPen(QPen(colour, line))
            painter.drawEllipse(place, radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(SELECTION))
        painter.drawEllipse(place, *((radius / 2,) * 2 if down else (1.5, 1.5)))


def paint_hint(painter: QPainter, side_px: int, theme: Theme, text: str) -> None:
    """Writes one line at the canvas's lower edge: what the keys do now."""
    font = theme.font("small")
    painter.setFont(font)
    metrics = painter.fontMetrics()
    room = QRectF(0, 0, side_px, side_px)
    high = metrics.height() * (1 + metrics.horizontalAdvance(text) // max(1, side_px - 16)) + 6
    area = QRectF(0, room.bottom() - high, side_px, high)
    painter.fillRect(area.adjusted(3, 0, -3, -3), _SHADE)
    painter.setPen(QColor("white"))
    painter.drawText(area.adjusted(8, 0, -8, -3), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
