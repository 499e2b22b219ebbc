"""What guessing would reach, as a line with a word across the chart of an experiment."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from cnnstudio.ui.theme import Theme

_WORD: Final = "chance"
_DOTS: Final = [1.0, 3.0]
_GAP_PX: Final = 2.0


def chance_box(area: QRectF, y: float, middle: float | None, metrics: QFontMetricsF) -> QRectF:
    """Where the word stands: below the line where there is room, else above it.

    Args:
        area: Of the lines or bars.
        y: Of the line.
        middle: Between two groups of bars, where the word hides none of them; None is at the left.
        metrics: Of the letters.
    """
    wide, tall = metrics.horizontalAdvance(_WORD), metrics.height()
    left = area.left() + _GAP_PX if middle is None else middle - wide / 2
    top = y + 1 if y + tall <= area.bottom() else y - tall - 1
    return QRectF(left, top, wide, tall)


def paint_chance(painter: QPainter, theme: Theme, area: QRectF, y: float, box: QRectF, *, covers: bool = False) -> None:
    """Paints line and word; `covers` has the word stand on the ground of the chart, whatever is behind it."""
    pen = QPen(theme.colour("faint"), 1)
    pen.setDashPattern(_DOTS)
    painter.setPen(pen)
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
    if covers:
        painter.fillRect(box, theme.colour("window"))
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, _WORD)
