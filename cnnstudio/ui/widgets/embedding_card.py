"""What a map says of the picture under the pointer: the picture, its class, what the network takes it for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from cnnstudio.ui.theme import GRID_PX, Theme

_IMAGE_PX: Final = 72


@dataclass(frozen=True, slots=True)
class Card:
    """A picture, or None while it is not known yet, and lines of text."""

    image: QImage | None
    lines: tuple[str, ...]


def paint_card(painter: QPainter, theme: Theme, card: Card, at: QPointF, room: QSize) -> None:
    """Paints a card beside a point, within `room`."""
    painter.setFont(theme.font("small"))
    metrics, pad = painter.fontMetrics(), GRID_PX
    wide = max([_IMAGE_PX, *(metrics.horizontalAdvance(line) for line in card.lines)]) + 2 * pad
    high = _IMAGE_PX + pad // 2 + metrics.height() * len(card.lines) + 2 * pad
    left = at.x() + 2 * pad if at.x() + 2 * pad + wide < room.width() else at.x() - 2 * pad - wide
    left = min(max(2.0, left), max(2.0, room.width() - wide - 2.0))
    top = min(max(2.0, at.y() - high / 2), max(2.0, room.height() - high - 2.0))
    painter.setPen(QPen(theme.colour("outline"), 1))
    painter.setBrush(theme.colour("window"))
    painter.drawRoundedRect(QRectF(left, top, wide, high), 4, 4)
    if card.image is not None:
        size = card.image.size().scaled(_IMAGE_PX, _IMAGE_PX, Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawImage(QRect(round(left + pad), round(top + pad), size.width(), size.height()), card.image)
    painter.setPen(theme.colour("text"))
    for place, text in enumerate(card.lines):
        base = top + pad + _IMAGE_PX + pad // 2 + place * metrics.height() + metrics.ascent()
        painter.drawText(QPointF(left + pad, base), text)
