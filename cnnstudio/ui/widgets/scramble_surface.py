"""Pictures whose pixels fly from their places to those that a permutation gives them, all pictures alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy

from cnnstudio.core.percent import percent
from cnnstudio.core.scramble import landing, neighbourhood
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme, share_map
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets.followed_pixel import FollowedPixel, Pixel
from cnnstudio.ui.widgets.mosaic import as_rgb

_LATER: Final = 0.8
"""The last block leaves so much of a block's way after the first one: the eye can follow single blocks."""
_BEST_TILE_PX: Final = 104
_MOST_TILE_PX: Final = 168
_LEAST_TILE_PX: Final = 56
_LEAST_HIGH_PX: Final = 40
"""Of all of it, with the letters of a projector; the words are left to the tool tip then."""
_SMALL_PX: Final = 13
"""Larger small letters are those of a projector."""
_FIRST_PIXEL: Final = (13, 13)
"""In the middle of a small picture, where there is often ink."""
_LEAST_MARK_PX: Final = 3.0
_LEFT: Final = 128
"""Shade of places that their pixels have left."""


class ScrambleSurface(FollowedPixel):
    """Some pictures in a row, under one permutation. Two neighbours are marked; arrow keys and a click choose them.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it without pictures."""
        super().__init__()
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._colours: NDArray[np.uint8] = np.zeros((0, 0, 3), np.uint8)
        self._shape = (1, 1)
        self._block = 1
        self._place: NDArray[np.int64] = np.zeros(1, np.int64)
        self._kept, self._apart = 1.0, 1.0
        self._pixel: Pixel = _FIRST_PIXEL
        self._done = 0.0
        self._image: QImage | None = None
        self.caption = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("pictures and where their pixels go")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @property
    def pixel(self) -> Pixel:
        """Row and column of the pixel that is followed; its right neighbour is followed, too."""
        return self._pixel

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self._colours)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self._change()

    def set_permutation(self, index: NDArray[np.int64], height: int, width: int, block: int) -> None:
        """Takes another permutation, as `core.scramble.permutation` gives it for these sizes."""
        if (height, width) != self._shape:
            self._colours, self._names = np.zeros((0, 0, 3), np.uint8), ()
        self._shape, self._block = (height, width), block
        self._place = landing(index)
        self._kept, self._apart = neighbourhood(index, height, width)
        self.set_pixel(self._pixel)

    def set_pictures(self, images: NDArray[np.uint8], names: Sequence[str]) -> None:
        """Shows pictures, uint8 [n, channels, height, width], as large as those that the permutation is for."""
        self._colours = as_rgb(images).reshape(len(images), math.prod(images.shape[2:]), 3)
        self._names = tuple(names)
        self._change()

    def set_pixel(self, pixel: Pixel) -> None:
        """Follows another pixel, which has a right neighbour."""
        height, width = self._shape
        self._pixel = min(max(pixel[0], 0), height - 1), min(max(pixel[1], 0), max(0, width - 2))
        self.setAccessibleDescription(self.explanation(self._pixel))
        self._change()

    def set_done(self, done: float) -> None:
        """How much of the way is gone, from 0 to 1."""
        self._done = done
        self._change()

    def _change(self) -> None:
        self._image = None
        self.update()

    # Places

    def places(self) -> NDArray[np.float64]:
        """Row and column of every pixel now, float64 [height * width, 2]."""
        height, width = self._shape
        rows, columns = np.divmod(np.arange(height * width), width)
        across = max(1, width // self._block)
        turn = rows // self._block * across + columns // self._block
        last = max(1, int(turn.max(initial=0)))
        share = np.clip(self._done * (1 + _LATER) - _LATER * turn / last, 0.0, 1.0)
        share = (share * share * (3 - 2 * share))[:, None]
        start = np.stack([rows, columns], axis=1).astype(np.float64)
        end = np.stack(np.divmod(self._place, width), axis=1)
        return np.asarray(start + (end - start) * share)

    def distance(self, done: bool) -> float:
        """How far the two marked pixels are from each other, in px, before or after."""
        if not done:
            return 1.0
        row, column = self._pixel
        width = self._shape[1]
        one, other = (divmod(int(self._place[row * width + column + by]), width) for by in (0, 1))
        return math.dist(one, other)

    def _line_px(self) -> float:
        return QFontMetricsF(self._theme.font("small")).height() + 2

    def tiles(self) -> list[QRectF]:
        """Where the pictures are, as many as there is room for."""
        height, width = self._shape
        side = min(_MOST_TILE_PX, self.height() - self._line_px() * self._lines() - 2)
        wide = side * width / height
        fits = max(1, int((self.width() + GRID_PX) / (wide + GRID_PX)))
        return [QRectF(place * (wide + GRID_PX) + 1, 1, wide, side) for place in range(min(fits, self.count))]

    def _lines(self) -> int:
        """Lines of text below the pictures; the names go first where there is little room."""
        left_px = self.height() - _LEAST_TILE_PX
        return min(2, max(0, int(left_px / self._line_px())))

    # Painting

    def _frame(self, count: int, side_px: float) -> QImage:
        """All pictures with their pixels on the way, side by side."""
        height, width = self._shape
        ratio = self.devicePixelRatioF()
        cell = max(1, round(side_px * ratio / height))
        canvas = np.empty((count, height * cell, width * cell, 3), np.uint8)
        canvas[:] = share_map()[_LEFT]  # a hue that no grey pixel has
        corner = np.rint(self.places() * cell).astype(np.intp)
        for down in range(cell):
            for right in range(cell):
                canvas[:, corner[:, 0] + down, corner[:, 1] + right] = self._colours[:count]
        return image_of(canvas.reshape(count * height * cell, width * cell, 3))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints pictures, marks and words."""
        painter, theme, tiles = QPainter(self), self._theme, self.tiles()
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("muted"))
        if not tiles:
            words = self.caption or "No pictures yet."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
            return
        if self._image is None:
            self._image = self._frame(len(tiles), tiles[0].height())
        high = self._image.height() / len(tiles)
        for place, tile in enumerate(tiles):
            painter.drawImage(tile, self._image, QRectF(0, place * high, self._image.width(), high))
            self._paint_pair(painter, tile)
        self._paint_words(painter, tiles)

    def _paint_pair(self, painter: QPainter, tile: QRectF) -> None:
        row, column = self._pixel
        height, width = self._shape
        cell = tile.height() / height
        now, boxes = self.places(), []
        for by in range(min(2, width)):
            y, x = now[row * width + column + by]
            grow = max(0.0, (_LEAST_MARK_PX - cell) / 2)
            boxes.append(
                QRectF(tile.left() + x * cell, tile.top() + y * cell, cell, cell).adjusted(-grow, -grow, grow, grow)
            )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(SELECTION), 1.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLine(QLineF(boxes[0].center(), boxes[-1].center()))
        for box in boxes:
            painter.drawRect(box)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.colour("muted"), 1))
            painter.drawRect(tile)

    def words(self) -> str:
        """What this permutation does, in one line."""
        apart = f"{self._apart:.1f} px apart on average"
        return f"{percent(self._kept, 0)} of all neighbours stay neighbours; they come to lie {apart}."

    def _paint_words(self, painter: QPainter, tiles: list[QRectF]) -> None:
        theme, tall = self._theme, self._line_px()
        metrics = QFontMetricsF(theme.font("small"))
        top = tiles[0].bottom() + 2
        if self._lines() > 1:
            for name, tile in zip(self._names, tiles, strict=False):
                painter.setPen(theme.colour("muted"))
                box = QRectF(tile.left(), top, tile.width(), tall)
                short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, tile.width())
                painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, short)
            top += tall
        if not self._lines():
            return
        painter.setPen(theme.colour("text"))
        said = " ".join(filter(None, [self.words(), self.caption]))
        short = metrics.elidedText(said, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QPointF(1, top + metrics.ascent()), short)

    # Choosing and explaining

    def pixel_at(self, point: QPointF) -> Pixel | None:
        """The place under a point: row and column in its picture."""
        height, width = self._shape
        for tile in self.tiles():
            if tile.contains(point):
                row = int((point.y() - tile.top()) / tile.height() * height)
                column = int((point.x() - tile.left()) / tile.width() * width)
                return min(row, height - 1), min(column, width - 1)
        return None

    def explanation(self, pixel: Pixel) -> str:
        """Where a pixel of the untouched picture goes, with the numbers."""
        row, column = pixel
        width = self._shape[1]
        to_row, to_column = divmod(int(self._place[row * width + column]), width)
        said = f"Row {row}, column {column}, counted from 0, goes to row {to_row}, column {to_column}"
        if column + 1 >= width:
            return f"{said}."
        other = divmod(int(self._place[row * width + column + 1]), width)
        apart = math.dist((to_row, to_column), other)
        return f"{said}; its right neighbour to row {other[0]}, column {other[1]}: 1 px apart, then {apart:.1f} px."

    def said_at(self, place: QPointF) -> str:
        """Explains the pixel under the pointer."""
        pixel = self.pixel_at(place)
        return self.words() if pixel is None else self.explanation(pixel)

    def follow(self, pixel: Pixel) -> None:
        """Follows another pixel of the untouched picture."""
        self.set_pixel(pixel)

    def resizeEvent(self, event: QEvent) -> None:
        """Draws anew."""
        self._image = None

    def sizeHint(self) -> QSize:
        """Pictures in which the way of a pixel can be followed."""
        return QSize(60 * GRID_PX, _BEST_TILE_PX + int(2 * self._line_px()) + 4)

    def minimumSizeHint(self) -> QSize:
        """Pictures that can still be told apart."""
        large = self._theme.small_px > _SMALL_PX
        return QSize(20 * GRID_PX, _LEAST_HIGH_PX if large else _LEAST_TILE_PX + int(self._line_px()) + 4)
