"""Part of an image on whatever is painted to."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPaintEngine, QPainter


def draw_part(painter: QPainter, target: QRect | QRectF, image: QImage, part: QRect | QRectF) -> None:
    """Draws a rectangle of an image into a rectangle of the painter.

    `QPainter.drawImage` does the same on a screen; Qt's SVG files take no notice of the part and draw all of the image.
    """
    if painter.paintEngine().type() == QPaintEngine.Type.SVG:
        painter.drawImage(target, image.copy(QRectF(part).toRect()))
    else:
        painter.drawImage(QRectF(target), image, QRectF(part))
