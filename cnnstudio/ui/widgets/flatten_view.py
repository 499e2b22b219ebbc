"""Maps above, the vector that they become below, and one number traced from one to the other and back."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.core.activations import flat_index, place_of
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme, signed_colours, value_map
from cnnstudio.ui.widgets._cells import Colours, cell_font, image_of, number, paint_number

_STRIP_PX: Final = 28
_NEAR: Final = 5
"""Neighbours shown on each side under the glass."""

_MOST_TILE_PX: Final = 220
_WAYS: Final = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class FlattenView(QWidget):
    """Hover a pixel, the vector or the numbers under the glass; arrow keys go through the map, Page keys through maps.

    Signals:
        picked(index): The student went to another number of the vector.

    Thread: GUI.
    """

    picked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it without maps."""
        super().__init__()
        self._theme = theme
        self._maps: NDArray[np.float64] = np.zeros((0, 1, 1))
        self._colours: Colours = np.zeros((0, 1, 1, 3), np.uint8)
        self.index = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Maps and the vector that they become")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Maps, rows and columns."""
        maps, rows, columns = self._maps.shape
        return int(maps), int(rows), int(columns)

    @property
    def vector(self) -> NDArray[np.float64]:
        """The flattened maps."""
        return self._maps.ravel()

    def set_maps(self, maps: NDArray[np.float64], *, signed: bool) -> None:
        """Shows other maps, float64 [maps, rows, columns]."""
        if maps.shape != self._maps.shape:
            self.index = int(np.abs(maps).argmax())
        self._maps = maps
        if signed:
            self._colours = signed_colours(maps)
        else:
            self._colours = value_map()[np.clip(np.rint(255 * maps), 0, 255).astype(np.intp)]
        self.update()

    def set_index(self, index: int) -> None:
        """Goes to a number of the vector without telling anybody."""
        if self._maps.size:
            self.index = min(max(0, index), self._maps.size - 1)
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def forward(self) -> str:
        """The formula from the place to the index, with the live numbers."""
        (_, rows, columns), (c, y, x) = self.shape, place_of(self.shape, self.index)
        return f"index = c·H·W + y·W + x = {c}·{rows}·{columns} + {y}·{columns} + {x} = {self.index:,}"

    def back(self) -> str:
        """The way back, with the live numbers."""
        (_, rows, columns), (c, y, x) = self.shape, place_of(self.shape, self.index)
        rest = self.index - c * rows * columns
        return (
            f"back: {self.index:,} = {c}·{rows * columns} + {rest}, so c = {c}, map {c + 1}; {rest} = "
            f"{y}·{columns} + {x}, so row {y}, column {x}"
        )

    # Places

    def _heading_px(self) -> float:
        return QFontMetricsF(self._theme.font("small")).height() + 2

    def _glass_px(self) -> float:
        return min(48.0, (self.width() - 1) / (2 * _NEAR + 1))

    def _strip(self) -> QRectF:
        top = self.height() - self._glass_px() - 2 * self._heading_px() - _STRIP_PX - GRID_PX
        return QRectF(1, top, self.width() - 2, _STRIP_PX)

    def tile(self, c: int) -> QRectF:
        """The rectangle of a map, in px."""
        maps, rows, columns = self.shape
        room_y = self._strip().top() - 2 * self._heading_px() - GRID_PX
        per_row = maps
        side = 0.0
        for lines in range(1, maps + 1):
            across = -(-maps // lines)
            fits = min((self.width() - GRID_PX * across) / across, room_y / lines - self._heading_px(), _MOST_TILE_PX)
            if fits > side:
                side, per_row = fits, across
        line, place = divmod(c, per_row)
        cell = max(1.0, side) / max(rows, columns)
        top = self._heading_px() + line * (side + self._heading_px())
        return QRectF(place * (side + GRID_PX) + 1, top, cell * columns, cell * rows)

    def cell_rect(self, index: int) -> QRectF:
        """The rectangle of a number in its map, in px."""
        c, y, x = place_of(self.shape, index)
        area = self.tile(c)
        wide, high = area.width() / self.shape[2], area.height() / self.shape[1]
        return QRectF(area.left() + x * wide, area.top() + y * high, wide, high)

    def strip_rect(self, index: int) -> QRectF:
        """The rectangle of a number in the vector, in px."""
        strip = self._strip()
        wide = strip.width() / max(1, self._maps.size)
        return QRectF(strip.left() + index * wide, strip.top(), wide, strip.height())

    def glass_rect(self, place: int) -> QRectF:
        """The rectangle of a number under the glass; `place` 0 is the one looked at."""
        size = self._glass_px()
        left = (self.width() - size * (2 * _NEAR + 1)) / 2 + (place + _NEAR) * size
        return QRectF(left, self._strip().bottom() + self._heading_px() + GRID_PX / 2, size, size)

    def index_at(self, position: QPointF) -> int | None:
        """The number under a point: of a map, of the vector or under the glass; None elsewhere."""
        if not self._maps.size:
            return None
        strip = self._strip()
        if strip.contains(position):
            share = (position.x() - strip.left()) / strip.width()
            return min(int(share * self._maps.size), self._maps.size - 1)
        for place in range(-_NEAR, _NEAR + 1):
            if self.glass_rect(place).contains(position) and 0 <= self.index + place < self._maps.size:
                return self.index + place
        _, rows, columns = self.shape
        for c in range(self.shape[0]):
            area = self.tile(c)
            if area.contains(position):
                y = min(int((position.y() - area.top()) / area.height() * rows), rows - 1)
                x = min(int((position.x() - area.left()) / area.width() * columns), columns - 1)
                return flat_index(self.shape, c, y, x)
        return None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints maps, vector and glass."""
        if not self._maps.size:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        named = painter.fontMetrics().horizontalAdvance("map 00") < self.tile(0).width() + GRID_PX
        for c in range(self.shape[0]):
            area = self.tile(c)
            painter.drawImage(area, image_of(self._colours[c]))
            painter.setPen(QPen(self._theme.colour("outline"), 1))
            painter.drawRect(area)
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(QPointF(area.left(), area.top() - 4), f"map {c + 1}" if named else f"{c + 1}")
        self._paint_strip(painter)
        self._paint_glass(painter)
        self._paint_marks(painter)

    def _paint_strip(self, painter: QPainter) -> None:
        strip = self._strip()
        painter.setPen(self._theme.colour("muted"))
        painter.drawText(QPointF(strip.left(), strip.top() - 5), f"the vector: {self._maps.size:,} numbers in one row")
        painter.drawImage(strip, image_of(self._colours.reshape(1, -1, 3)))
        painter.setPen(QPen(self._theme.colour("faint"), 1))
        painter.drawRect(strip)
        for c in range(1, self.shape[0]):
            x = self.strip_rect(c * self.shape[1] * self.shape[2]).left()
            painter.drawLine(QPointF(x, strip.top() - 4), QPointF(x, strip.bottom() + 4))

    def _paint_glass(self, painter: QPainter) -> None:
        flat = self._colours.reshape(-1, 3)
        font = cell_font(self._theme.font("body"), self._glass_px(), self._theme.body_px)
        for place in range(-_NEAR, _NEAR + 1):
            index = self.index + place
            if not 0 <= index < self._maps.size:
                continue
            area = self.glass_rect(place)
            painter.fillRect(area, QColor(*flat[index].tolist()))
            painter.setPen(QPen(self._theme.colour("outline"), 1))
            painter.drawRect(area)
            if font is not None:
                painter.setFont(font)
                paint_number(painter, area, number(float(self.vector[index])), flat[index])
            painter.setFont(self._theme.font("small"))
            painter.setPen(self._theme.colour("text" if place == 0 else "muted"))
            foot = QRectF(area.left(), area.bottom() + 1, area.width(), self._heading_px())
            painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, f"{index:,}")

    def _paint_marks(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        c, y, x = place_of(self.shape, self.index)
        painter.setPen(QPen(self._theme.colour("muted"), 2, Qt.PenStyle.DotLine))
        for row in (y - 1, y + 1):
            if 0 <= row < self.shape[1]:
                near = flat_index(self.shape, c, row, x)
                painter.drawRect(self.cell_rect(near))
                painter.drawRect(_wider(self.strip_rect(near)))
        painter.setPen(QPen(QColor(SELECTION), 2))
        for area in (self.cell_rect(self.index), _wider(self.strip_rect(self.index)), self.glass_rect(0)):
            painter.drawRect(area)
        painter.drawLine(
            QPointF(self.strip_rect(self.index).center().x(), self._strip().bottom() + 2), self.glass_rect(0).center()
            - QPointF(0, self._glass_px() / 2),
        )  # fmt: skip

    # What a person does

    def _go(self, index: int | None) -> None:
        if index is not None and index != self.index:
            self.index = index
            self.update()
            self.picked.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Traces the number under the pointer; under the glass only a click goes there."""
        if event.position().y() < self._strip().bottom():
            self._go(self.index_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to a number."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(self.index_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go through the map, Page Up and Page Down from map to map, Home and End to the vector's ends."""
        if not self._maps.size:
            super().keyPressEvent(event)
            return
        key, (maps, rows, columns) = Qt.Key(event.key()), self.shape
        c, y, x = place_of(self.shape, self.index)
        if key in _WAYS:
            down, right = _WAYS[key]
            y, x = min(max(y + down, 0), rows - 1), min(max(x + right, 0), columns - 1)
            self._go(flat_index(self.shape, c, y, x))
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            c = min(max(c + (1 if key == Qt.Key.Key_PageDown else -1), 0), maps - 1)
            self._go(flat_index(self.shape, c, y, x))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(0 if key == Qt.Key.Key_Home else self._maps.size - 1)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Says where a number stands."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.index_at(QPointF(event.pos()))
            if index is not None:
                c, y, x = place_of(self.shape, index)
                text = f"map {c + 1}, row {y}, column {x}, index {index:,} of the vector: {self.vector[index]:.6g}"
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        """A comfortable drawing."""
        return QSize(80 * GRID_PX, 44 * GRID_PX)

    def minimumSizeHint(self) -> QSize:
        """Small maps, and the vector."""
        return QSize(40 * GRID_PX, 30 * GRID_PX)


def _wider(area: QRectF) -> QRectF:
    """At least a few pixels wide, so that one number of many can be found."""
    short = max(0.0, 4.0 - area.width()) / 2
    return area.adjusted(-short, -2, short, 2)
