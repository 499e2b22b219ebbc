"""Numbers in cells: how they are written, how large, and in which ink."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from cnnstudio.ui.theme import luminance

Colours = NDArray[np.uint8]

LEAST_TEXT_PX = 8
"""Smaller numbers cannot be read, and are left out."""

_ROOM = 0.86
"""Share of a cell's width that its number may take."""

WIDEST = "-0.00"
"""Numbers are as large as this allows, so that they do not change their size from place to place."""
_MANY = 100.0
_SOME = 10.0
_DARK_LUMINANCE = 0.18


def number(value: float) -> str:
    """A number as a cell shows it: two decimals, fewer where it is large, and never "-0.00"."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    digits = 2 if abs(value) < _SOME else 1 if abs(value) < _MANY else 0
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def ink_on(red: int, green: int, blue: int) -> QColor:
    """Black or white, whichever can be read on a colour."""
    return _ink(red, green, blue)


@lru_cache(maxsize=4096)
def _ink(red: int, green: int, blue: int) -> QColor:
    dark = luminance(QColor(red, green, blue)) < _DARK_LUMINANCE
    return QColor("white") if dark else QColor("black")


def cell_font(font: QFont, cell_px: float, most_px: int, widest: str = WIDEST) -> QFont | None:
    """The largest font in which `widest` fits into a cell, up to `most_px`; None where it could not be read."""
    wide = max(1.0, QFontMetricsF(font).horizontalAdvance(widest)) / font.pixelSize()
    size_px = min(most_px, int(_ROOM * cell_px / wide), int(_ROOM * cell_px))
    if size_px < LEAST_TEXT_PX:
        return None
    made = QFont(font)
    made.setPixelSize(size_px)
    return made


def paint_number(painter: QPainter, area: QRectF, text: str, colour: NDArray[np.uint8]) -> None:
    """Writes a number into the middle of a cell, in an ink that can be read on the cell's colour."""
    painter.setPen(ink_on(int(colour[0]), int(colour[1]), int(colour[2])))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, text)


def image_of(colours: Colours) -> QImage:
    """A picture of uint8 [height, width, 3]; it owns its pixels."""
    colours = np.ascontiguousarray(colours)
    height, width = colours.shape[:2]
    return QImage(colours.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
