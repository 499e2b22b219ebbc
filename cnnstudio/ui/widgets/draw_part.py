"""What is painted otherwise into a file than on the screen: parts of images, and whatever a widget keeps painted."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPaintEngine, QPainter
from PySide6.QtWidgets import QWidget


def is_vector(painter: QPainter) -> bool:
    """Whether lines and texts stay what they are: in an SVG file."""
    return painter.paintEngine().type() == QPaintEngine.Type.SVG


def is_screen(painter: QPainter, widget: QWidget) -> bool:
    """Whether what a widget keeps painted is sharp: an SVG file has no pixels, a PNG file twice as many."""
    return not is_vector(painter) and painter.device().devicePixelRatioF() == widget.devicePixelRatioF()


def draw_part(painter: QPainter, target: QRect | QRectF, image: QImage, part: QRect | QRectF) -> None:
    """Draws a rectangle of an image into a rectangle of the painter.

    `QPainter.drawImage` does the same on a screen; Qt's SVG files take no notice of the part and draw all of the image.
    """
    if is_vector(painter):
        painter.drawImage(target, image.copy(QRectF(part).toRect()))
    else:
        painter.drawImage(QRectF(target), image, QRectF(part))
