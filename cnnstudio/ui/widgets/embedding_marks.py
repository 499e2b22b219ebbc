"""How the points of a map are drawn: a letter and a colour for each class, a star for the current picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from cnnstudio.ui.theme import CONTRAST, SELECTION, Theme, contrast, mixed
from cnnstudio.ui.widgets.draw_part import is_vector

_HUES: Final = (
    "#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#999933", "#AA4499", "#44AA99", "#7A7A7A", "#8C6D31",
)  # fmt: skip
"""After the muted scheme of Tol (2021), distinct for colour-blind eyes; no network has one of these hues."""

_MOST_LETTERS: Final = 2
_LETTERS: Final = "ABCDEFGHKLMNPQRSTUVWXYZ"
"""Without those that look like a bar or a digit."""

_STAR_PX: Final = 13.0
_INNER: Final = 0.42
_HALO_PX: Final = 3.0


@cache
def _seen(hue: str, behind: int) -> QColor:
    ground = QColor(behind)
    end = QColor("white") if ground.lightness() < 128 else QColor("black")
    for percent in range(0, 101, 5):
        shade = mixed(QColor(hue), end, percent / 100)
        if contrast(shade, ground) >= CONTRAST:
            return shade
    return end


def class_colour(theme: Theme, label: int) -> QColor:
    """The colour of a class's points on a theme's surface; after ten classes they come again, with other letters."""
    return QColor(_seen(_HUES[label % len(_HUES)], theme.colour("surface").rgb()))


def class_marks(names: Sequence[str]) -> tuple[str, ...]:
    """What a point of each class is drawn as: its name where that is short, else a letter, else its number."""
    if all(len(name) <= _MOST_LETTERS for name in names):
        return tuple(names)
    if len(names) <= len(_LETTERS):
        return tuple(_LETTERS[: len(names)])
    return tuple(str(place) for place in range(len(names)))


def mark_font(theme: Theme, count: int) -> QFont:
    """The font of the points: the more there are, the smaller."""
    font = theme.font("small", bold=True)
    font.setPixelSize(max(8, round(theme.small_px * (1.0 if count <= 300 else 0.8))))
    return font


class Stamps:
    """The marks of the classes, each painted many times: as an image of it on a screen, as text into an SVG file.

    Thread: GUI.
    """

    def __init__(self, painter: QPainter, theme: Theme, marks: Sequence[str], font: QFont) -> None:
        """Prepares one for each class, in its colour."""
        self._painter, self._marks, self._font = painter, marks, font
        self._colours = [class_colour(theme, label) for label in range(len(marks))]
        ratio = painter.device().devicePixelRatioF()
        self._images = [] if is_vector(painter) else [
            _sprite(mark, font, colour, ratio) for mark, colour in zip(marks, self._colours, strict=True)
        ]  # fmt: skip

    def stamp(self, label: int, middle: QPointF) -> None:
        """Paints a class's mark around a point."""
        if self._images:
            size = self._images[label].deviceIndependentSize()
            self._painter.drawPixmap(middle - QPointF(size.width() / 2, size.height() / 2), self._images[label])
            return
        metrics, mark = QFontMetricsF(self._font), self._marks[label]
        self._painter.setFont(self._font)
        self._painter.setPen(self._colours[label])
        self._painter.drawText(middle + QPointF(-metrics.horizontalAdvance(mark) / 2, metrics.capHeight() / 2), mark)


def _sprite(text: str, font: QFont, colour: QColor, ratio: float) -> QPixmap:
    """One point's mark as an image, to be drawn many times."""
    metrics = QFontMetricsF(font)
    wide, high = math.ceil(metrics.horizontalAdvance(text)) + 1, math.ceil(metrics.height())
    made = QPixmap(max(1, round(wide * ratio)), max(1, round(high * ratio)))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(QRectF(0, 0, wide, high), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return made


def halo_text(painter: QPainter, middle: QPointF, text: str, font: QFont, colour: QColor, behind: QColor) -> None:
    """Text with a rim of the ground around it, centred on a point."""
    metrics, path = QFontMetricsF(font), QPainterPath()
    path.addText(
        middle.x() - metrics.horizontalAdvance(text) / 2, middle.y() + metrics.capHeight() / 2, font, text
    )  # fmt: skip
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(behind, 2 * _HALO_PX, j=Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(path)
    painter.fillPath(path, colour)


def star(painter: QPainter, middle: QPointF, theme: Theme, *, hollow: bool) -> None:
    """The current picture's place; hollow where it is that of an earlier picture."""
    corners = QPolygonF()
    for place in range(10):
        turn = math.pi * place / 5 - math.pi / 2
        far = _STAR_PX * (1.0 if place % 2 == 0 else _INNER)
        corners.append(QPointF(middle.x() + far * math.cos(turn), middle.y() + far * math.sin(turn)))
    painter.setPen(QPen(theme.colour("surface"), 5, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolygon(corners)
    painter.setPen(QPen(theme.colour("text"), 1.6, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(theme.colour("surface") if hollow else QColor(SELECTION))
    painter.drawPolygon(corners)
