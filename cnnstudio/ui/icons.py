"""The icons: own drawings in `resources/icons`, one colour, tinted to the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from cnnstudio.core.paths import resources

_SIZES_PX = (16, 24, 32, 48, 64)


@cache
def _drawing(name: str) -> bytes:
    return (resources() / "icons" / f"{name}.svg").read_bytes()


@cache
def _tinted(name: str, colour: str, faded: str, gap: float) -> QIcon:
    made = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, faded)):
        renderer = QSvgRenderer(QByteArray(_drawing(name).replace(b"currentColor", tint.encode())))
        for size_px in _SIZES_PX:
            image = QImage(round(size_px * (1 + gap)), size_px, QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(Qt.GlobalColor.transparent)
            painter = QPainter(image)
            renderer.render(painter, QRectF(0, 0, size_px, size_px))
            painter.end()
            made.addPixmap(QPixmap.fromImage(image), mode)
    return made


def icon(name: str, colour: QColor | None = None, *, gap: float = 0.0) -> QIcon:
    """An icon by its file's name without the ending.

    Args:
        name: As in "run".
        colour: Its colour; None is the theme's text.
        gap: Empty space on its right, as a share of its size: Qt puts the text of a button too near.
    """
    palette = QApplication.palette()
    tint = colour or palette.color(QPalette.ColorRole.WindowText)
    faded = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
    return _tinted(name, tint.name(), faded.name(), gap)
