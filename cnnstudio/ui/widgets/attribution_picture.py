"""A picture and its map on screen, pixel by pixel: side by side or one over the other, with the numbers on hover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.core.inside import Numbers
from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets.attribution_colours import Rgb, top_of

Place = tuple[int, int]

_LEAST_PX: Final = 88
_MOST_PX: Final = 420
_KEYS: Final = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class AttributionPicture(QWidget):
    """One or two images of the same size; a pixel is marked in all of them.

    Signals:
        hovered((row, column) or None): The pointer or the keyboard is at a pixel.

    Thread: GUI.
    """

    hovered = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._images: list[QImage] = []
        self._pixels: NDArray[np.uint8] | None = None
        self._values: Numbers | None = None
        self._sentence = ""
        self._place: Place | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    @property
    def place(self) -> Place | None:
        """The marked pixel."""
        return self._place

    @property
    def count(self) -> int:
        """How many images stand side by side."""
        return len(self._images)

    @property
    def sentence(self) -> str:
        """What is said in place of the map; "" where there is one."""
        return self._sentence

    def set_images(
        self, images: Sequence[Rgb], pixels: NDArray[np.uint8], values: Numbers | None, sentence: str = ""
    ) -> None:
        """Shows other images.

        Args:
            images: uint8 [height, width, 3] each, all of one size.
            pixels: The picture itself, uint8 [channels, height, width], for the numbers on hover.
            values: The map, float32 [height, width], for the numbers on hover; None where there is none.
            sentence: Why there is no map; it is written over the last image.
        """
        self._images = [image_of(one) for one in images]
        self._pixels, self._values, self._sentence = pixels, values, sentence
        if self._place is not None and not self._inside(self._place):
            self._place = None
        self._fit()
        self.update()

    def _fit(self) -> None:
        """No higher than its images need for the width: what is said below stands right under them."""
        if self._images:
            room = (self.width() - (self.count - 1) * GRID_PX) // self.count
            size = self._images[0].size().scaled(min(room, _MOST_PX), _MOST_PX, Qt.AspectRatioMode.KeepAspectRatio)
            self.setMaximumHeight(max(_LEAST_PX, size.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another height."""
        super().resizeEvent(event)
        self._fit()

    def mark(self, place: Place | None) -> None:
        """Marks a pixel without telling anybody."""
        place = place if place is not None and self._inside(place) else None
        if place != self._place:
            self._place = place
            self.update()

    def describe(self, place: Place) -> str:
        """The numbers of one pixel."""
        row, column = place
        told = f"Row {row}, column {column}"
        if self._pixels is not None:
            told += ": pixel " + ", ".join(str(int(one)) for one in self._pixels[:, row, column])
        if self._values is None:
            return f"{told}."
        value, top = float(self._values[row, column]), float(np.abs(self._values).max())
        share = f", {percent(abs(value) / top, 0)} of the largest" if top > 0 else ""
        return f"{told}, map {value:.3g}{share}. The strongest colour is {top_of(self._values):.3g}."

    def areas(self) -> list[QRect]:
        """Where the images are drawn, in px."""
        if not self._images:
            return []
        count, size = len(self._images), self._images[0].size()
        room = QSize((self.width() - (count - 1) * GRID_PX) // count, self.height())
        drawn = size.scaled(room.boundedTo(QSize(_MOST_PX, _MOST_PX)), Qt.AspectRatioMode.KeepAspectRatio)
        step = drawn.width() + GRID_PX
        return [QRect(place * step, 0, drawn.width(), drawn.height()) for place in range(count)]

    def place_at(self, position: QPointF) -> Place | None:
        """The pixel under a point, or None."""
        for area, image in zip(self.areas(), self._images, strict=True):
            if area.contains(position.toPoint()):
                row = int((position.y() - area.top()) * image.height() / area.height())
                column = int((position.x() - area.left()) * image.width() / area.width())
                return (min(row, image.height() - 1), min(column, image.width() - 1))
        return None

    def _inside(self, place: Place) -> bool:
        size = self._images[0].size() if self._images else QSize()
        return 0 <= place[0] < size.height() and 0 <= place[1] < size.width()

    def _go_to(self, place: Place | None) -> None:
        if place != self._place:
            self._place = place
            self.hovered.emit(place)
            self.update()

    def _explain(self, place: Place, position: QPointF) -> None:
        QToolTip.showText(self.mapToGlobal(position).toPoint(), self.describe(place), self)

    def _pixel_rect(self, area: QRect, place: Place) -> QRect:
        size = self._images[0].size()
        (row, column), wide, high = place, area.width() / size.width(), area.height() / size.height()
        left, top = area.left() + round(column * wide), area.top() + round(row * high)
        right, bottom = area.left() + round((column + 1) * wide), area.top() + round((row + 1) * high)
        return QRect(left, top, right - left, bottom - top)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the images, their frames and the marked pixel."""
        painter, areas = QPainter(self), self.areas()
        for area, image in zip(areas, self._images, strict=True):
            painter.drawImage(area, image)
            painter.setPen(QPen(self._theme.colour("outline"), 1))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
            if self._place is not None:
                painter.setPen(QPen(QColor(SELECTION), 2))
                painter.drawRect(self._pixel_rect(area, self._place).adjusted(-1, -1, 0, 0))
        if self._sentence and areas:
            self._paint_sentence(painter, areas[-1])
        if self.hasFocus() and areas:
            painter.setPen(QPen(self._theme.colour("muted"), 2))
            painter.drawRect(areas[0].united(areas[-1]).adjusted(1, 1, -1, -1))

    def _paint_sentence(self, painter: QPainter, area: QRect) -> None:
        back = QColor(self._theme.colour("surface"))
        back.setAlphaF(0.88)
        painter.fillRect(area.adjusted(1, 1, -1, -1), back)
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.colour("text"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area.adjusted(GRID_PX, GRID_PX, -GRID_PX, -GRID_PX), flags, self._sentence)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the pixel under the pointer and tells its numbers."""
        place = self.place_at(event.position())
        self._go_to(place)
        if place is None:
            QToolTip.hideText()
        else:
            self._explain(place, event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._go_to(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts frame and mark away."""
        super().focusOutEvent(event)
        self._go_to(None)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from pixel to pixel."""
        if event.key() not in _KEYS or not self._images:
            super().keyPressEvent(event)
            return
        move = _KEYS[Qt.Key(event.key())]
        size = self._images[0].size()
        row, column = self._place or (size.height() // 2 - move[0], size.width() // 2 - move[1])
        place = (min(max(row + move[0], 0), size.height() - 1), min(max(column + move[1], 0), size.width() - 1))
        self._go_to(place)
        self._explain(place, QPointF(self._pixel_rect(self.areas()[0], place).bottomRight()))

    def sizeHint(self) -> QSize:
        """Ten screen pixels to a pixel of MNIST."""
        return QSize(280, 280)

    def minimumSizeHint(self) -> QSize:
        """Three screen pixels to a pixel of MNIST."""
        return QSize(_LEAST_PX, _LEAST_PX)
