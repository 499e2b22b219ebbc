"""Upright lines in a chart, where something happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from cnnstudio.ui.theme import GRID_PX, Theme

_DASHES: Final = [3.0, 3.0]
_LINE_PX: Final = 2


def paint_happened(painter: QPainter, theme: Theme, box: QRectF, happened: Sequence[tuple[float, str]]) -> None:
    """Paints the lines, each with its word above the box, in the painter's letters.

    Args:
        painter: Where.
        theme: Its colours; a line of the window's colour lies under the dashes, so that they show on dark maps, too.
        box: From its top to its bottom.
        happened: x in px, and a word.
    """
    metrics = painter.fontMetrics()
    for x, word in happened:
        for colour, dashes in (("window", []), ("text", _DASHES)):
            pen = QPen(theme.colour(colour), _LINE_PX)
            if dashes:
                pen.setDashPattern(dashes)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        wide = metrics.horizontalAdvance(word) + GRID_PX
        above = QRectF(x - wide / 2, box.top() - metrics.height(), wide, metrics.height())
        painter.drawText(above, Qt.AlignmentFlag.AlignCenter, word)
