"""All maps of one layer as one mosaic: every number can be pointed at, and every unit selected."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from cnnstudio.core.inside import LayerMaps, Unit
from cnnstudio.core.layers import Sizes
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._inside_colour import Scale, image_of
from cnnstudio.ui.widgets._inside_layout import is_flat
from cnnstudio.ui.widgets._inside_marks import FRAME_PX
from cnnstudio.ui.widgets._inside_paint import paint_frame
from cnnstudio.ui.widgets._inside_words import numbers_words
from cnnstudio.ui.widgets._sight import show_part
from cnnstudio.ui.widgets.basic import by_keyboard
from cnnstudio.ui.widgets.draw_part import draw_part
from cnnstudio.ui.widgets.explained import Explained

_GAP_PX: Final = 6
_FLAT_GAP_PX: Final = 3
_MOST_PX: Final = 112
_LEAST_PX: Final = 28
_UNIT_PX: Final = 22
_FEW_UNITS: Final = 24
_FEW_UNIT_PX: Final = 40
_ROWS_WANTED: Final = 3
"""Maps are as large as they can be in so many rows."""

_FOUR: Final = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class LayerMosaic(Explained):
    """A grid of a layer's maps, as high as its rows need.

    A click on a number selects its unit. Arrow keys go from map to map, with Shift from number to number within one;
    Enter selects.

    Signals:
        unit_chosen((map, row, column)): The student selected a unit.
        opened(): The student wants everything about the selected unit: a double click, or Enter on it.

    Thread: GUI.
    """

    unit_chosen = Signal(object)
    opened = Signal()

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._layer: LayerMaps | None = None
        self._shape: Sizes = (0,)
        self._image: QImage | None = None
        self._unit: Unit | None = None
        self._at: tuple[int, int, int] | None = None
        self._within = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Maps of the layer")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def layer(self) -> LayerMaps | None:
        """What is shown."""
        return self._layer

    @property
    def at(self) -> tuple[int, int, int] | None:
        """Map, row and column that the pointer or the keyboard is at."""
        return self._at

    @property
    def count(self) -> int:
        """How many maps there are."""
        return len(self._layer.values) if self._layer is not None else self._shape[0]

    def set_layer(self, layer: LayerMaps | None, shape: Sizes, scale: Scale | None, each: bool) -> None:
        """Shows a layer's maps.

        Args:
            layer: What it computed; None shows empty frames.
            shape: Of its output.
            scale: What the colours stand for.
            each: Whether every map has a scale of its own.
        """
        before = self._shape, self.count
        self._layer, self._shape = layer, shape
        self._image = image_of(layer, scale, each) if layer is not None and scale is not None else None
        if before != (self._shape, self.count):
            self._at = None
            self._fit()
        self.update()

    def set_unit(self, unit: Unit | None) -> None:
        """Frames a unit of this layer, or none."""
        self._unit = unit
        self.update()

    def go_to(self, index: int | None) -> None:
        """Puts the mark on a map."""
        if index is not None and 0 <= index < self.count:
            row, column = (self._at or (0, 0, 0))[1:]
            self._mark((index, row, column))

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self._fit()

    # Where things lie

    @property
    def _flat(self) -> bool:
        return is_flat(self._shape)

    def _tile(self, width: int) -> tuple[int, int, int]:
        """Width and height of a map on screen, and the gap."""
        if self._flat:
            side = _FEW_UNIT_PX if self.count <= _FEW_UNITS else _UNIT_PX
            return side, side, _FLAT_GAP_PX
        ratio = self._shape[1] / self._shape[2]
        columns = math.ceil(self.count / _ROWS_WANTED)
        wide = min(_MOST_PX, max(_LEAST_PX, (width + _GAP_PX) // max(1, columns) - _GAP_PX))
        # Whole pixels for every number, where there is room for that.
        wide = max(1, wide // self._shape[2]) * self._shape[2] if wide >= self._shape[2] else wide
        return wide, max(1, round(wide * ratio)), _GAP_PX

    def _columns(self, width: int) -> int:
        wide, _, gap = self._tile(width)
        fit = max(1, (width + gap) // (wide + gap))
        if self._flat or self.count <= fit:
            return fit
        return math.ceil(self.count / math.ceil(self.count / fit))

    def tile_rect(self, index: int) -> QRectF:
        """The rectangle of a map, in px."""
        wide, high, gap = self._tile(self.width())
        row, column = divmod(index, self._columns(self.width()))
        return QRectF(column * (wide + gap) + 1, row * (high + gap) + 1, wide, high)

    def place_at(self, place: QPointF) -> tuple[int, int, int] | None:
        """Map, row and column under a point, or None."""
        wide, high, gap = self._tile(self.width())
        column, row = int(place.x() // (wide + gap)), int(place.y() // (high + gap))
        index = row * self._columns(self.width()) + column
        if min(place.x(), place.y()) < 0 or column >= self._columns(self.width()) or index >= self.count:
            return None
        tile = self.tile_rect(index)
        if not tile.contains(place):
            return None
        rows, columns = (1, 1) if self._flat else (self._shape[1], self._shape[2])
        at_row, at_column = (place.y() - tile.top()) / high * rows, (place.x() - tile.left()) / wide * columns
        return index, min(int(at_row), rows - 1), min(int(at_column), columns - 1)

    def words(self, place: tuple[int, int, int]) -> str:
        """What hovering says."""
        return numbers_words(self._layer, self._shape, *place) if self._layer is not None else ""

    def _fit(self) -> None:
        wanted = self.heightForWidth(self.width())
        if self.minimumHeight() != wanted:
            self.setFixedHeight(wanted)
        self.updateGeometry()
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the maps in sight."""
        painter = QPainter(self)
        rows = self._image.height() // self.count if self._image is not None and self.count else 0
        for index in range(self.count):
            tile = self.tile_rect(index)
            if not tile.adjusted(-4, -4, 4, 4).intersects(QRectF(event.rect())):
                continue
            painter.fillRect(tile.adjusted(-1, -1, 1, 1), self._theme.colour("outline"))
            if self._image is None:
                painter.fillRect(tile, self._theme.colour("chip"))
            else:
                draw_part(painter, tile, self._image, QRectF(0, index * rows, self._image.width(), rows))
        self._paint_marks(painter)

    def _paint_marks(self, painter: QPainter) -> None:
        if self._at is not None and self._at[0] < self.count:
            painter.setPen(QPen(self._theme.colour("muted"), FRAME_PX))
            painter.drawRect(self.tile_rect(self._at[0]))
            if self._within:
                paint_frame(painter, self._theme.colour("faint"), self._cell(self._at), 1.0)
        if self._unit is not None and self._unit.map < self.count:
            yellow = QColor(SELECTION)
            paint_frame(painter, yellow, self.tile_rect(self._unit.map), FRAME_PX)
            paint_frame(painter, yellow, self._cell((self._unit.map, self._unit.row, self._unit.column)), 1.0)

    def _cell(self, place: tuple[int, int, int]) -> QRectF:
        tile = self.tile_rect(place[0])
        if self._flat:
            return tile
        wide, high = tile.width() / self._shape[2], tile.height() / self._shape[1]
        return QRectF(tile.left() + place[2] * wide, tile.top() + place[1] * high, wide, high)

    # Pointer and keyboard

    def _mark(self, place: tuple[int, int, int] | None, *, within: bool = False) -> None:
        if (place, within) != (self._at, self._within):
            self._at, self._within = place, within
            self.update()

    def said_at(self, place: QPointF) -> str:
        """Explains the number under the pointer."""
        at = self.place_at(place)
        return "" if at is None else self.words(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the number under the pointer."""
        place = self.place_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if place is None else Qt.CursorShape.PointingHandCursor)
        self._mark(place, within=True)
        if place is not None and QToolTip.isVisible():
            QToolTip.showText(event.globalPosition().toPoint(), self.words(place), self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects a unit."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._mark(place, within=True)
            self.unit_chosen.emit(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Goes to the unit."""
        if event.button() == Qt.MouseButton.LeftButton and self.place_at(event.position()) is not None:
            self.opened.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._mark(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Marks the first map where the keyboard came."""
        if by_keyboard(event) and self._at is None:
            self.go_to(0)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes among maps and numbers, or selects."""
        key = event.key()
        if key in _FOUR and self.count:
            self._step(*_FOUR[Qt.Key(key)], within=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._at is not None:
            unit = self._unit
            if unit is not None and (unit.map, unit.row, unit.column) == self._at:
                self.opened.emit()
            else:
                self.unit_chosen.emit(self._at)
        else:
            super().keyPressEvent(event)

    def _step(self, across: int, down: int, *, within: bool) -> None:
        index, row, column = self._at or (0, 0, 0)
        if within and not self._flat:
            row = min(max(row + down, 0), self._shape[1] - 1)
            column = min(max(column + across, 0), self._shape[2] - 1)
        elif self._at is not None:
            index = min(max(index + across + down * self._columns(self.width()), 0), self.count - 1)
        self._mark((index, row, column), within=within)
        show_part(self, self.tile_rect(index).toAlignedRect())
        corner = self.tile_rect(index).bottomLeft()
        QToolTip.showText(self.mapToGlobal(QPoint(round(corner.x()), round(corner.y()))),
                          self.words((index, row, column)), self)  # fmt: skip

    # Size

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Breaks the rows anew."""
        super().resizeEvent(event)
        self._fit()

    def hasHeightForWidth(self) -> bool:
        """Its height follows from its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as its rows."""
        _, high, gap = self._tile(width)
        rows = max(1, math.ceil(self.count / self._columns(width)))
        return rows * (high + gap) - gap + 2

    def sizeHint(self) -> QSize:
        """As high as its rows at its width."""
        return QSize(40 * GRID_PX, self.heightForWidth(max(self.width(), 40 * GRID_PX)))

    def minimumSizeHint(self) -> QSize:
        """Two maps."""
        return QSize(2 * _LEAST_PX + _GAP_PX, _LEAST_PX)
