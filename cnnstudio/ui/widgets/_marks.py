"""The marks that tell networks apart without colour, as they stand on lines, at their ends and beside names."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from cnnstudio.core.colours import MARKS

_SIDES = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": ((0.0, -1.2), (1.15, 0.9), (-1.15, 0.9)),
    "diamond": ((0.0, -1.35), (1.35, 0.0), (0.0, 1.35), (-1.35, 0.0)),
    "lower triangle": ((0.0, 1.2), (1.15, -0.9), (-1.15, -0.9)),
}
"""Corners, in half sizes from the middle: about equal areas."""


def paint_mark(painter: QPainter, middle: QPointF, size_px: float, mark: int, colour: QColor) -> None:
    """Paints one.

    Args:
        painter: Where to.
        middle: Of the mark.
        size_px: Half its size: the radius of the circle.
        mark: Number of a mark in `core.colours.MARKS`.
        colour: Its hue.
    """
    name = MARKS[mark % len(MARKS)]
    if name == "cross":
        painter.setPen(QPen(colour, max(1.5, size_px * 0.7)))
        for down in (size_px, -size_px):
            painter.drawLine(middle + QPointF(-size_px, -down), middle + QPointF(size_px, down))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if name == "circle":
        painter.drawEllipse(middle, size_px, size_px)
    else:
        painter.drawPolygon(QPolygonF([middle + QPointF(x, y) * size_px for x, y in _SIDES[name]]))
