"""Picture, weights, output: what one output unit reads, and with which weights, drawn as lines that meet in it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from cnnstudio.core.connections import Numbers
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme, signed_colours
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets._connection import Connection, Place, flat_weights
from cnnstudio.ui.widgets.basic import explain_on_focus
from cnnstudio.ui.widgets.explained import Explained
from cnnstudio.ui.widgets.mosaic import as_rgb

_GAP_SHARE: Final = 0.08
"""Of the width, between two parts of the drawing: room for the lines."""

_MOST_LINES: Final = 392
"""More lines than this are not told apart; of a larger unit's weights every n-th is drawn."""

_LEAST_NUMBER_PX: Final = 30
"""A cell of the kernel this wide has room for its number."""

_TILE_SHARE: Final = 0.17
"""Of the picture's side: a neighbour's weights."""

_TILES_LEAST_LINES: Final = 7
"""Lower drawings, in lines of text, leave the neighbours out."""

_LEAST_MARK_PX: Final = 6
_DIM: Final = 120
"""How strongly (of 255) pixels that the unit does not read are covered."""

_Ends = tuple[float, float]
_LEAST_SIDE_PX: Final = 96
_MOST_SIDE_PX: Final = 320


class ConnectionDrawing(Explained):
    """One output unit with everything it reads. The pointer and the arrow keys choose the unit.

    Signals:
        hovered(place or None): The pointer is at a unit (or at a pixel in the middle of its patch), or has left.
        picked(place): The student clicked it, or went there with the arrow keys.

    Thread: GUI.
    """

    hovered = Signal(object)
    picked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._shown: Connection | None = None
        self._images: dict[str, QImage] = {}
        self._tiles: tuple[QImage, ...] = ()
        self._lines: tuple[QColor, ...] = ()
        self.setMouseTracking(True)
        self.setToolTip("The arrow keys go from unit to unit, with Shift five units on.")
        explain_on_focus(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("who is connected to whom")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def shown(self) -> Connection | None:
        """What is drawn."""
        return self._shown

    @property
    def line_count(self) -> int:
        """Lines that meet in the unit."""
        return len(self._lines)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_connection(self, shown: Connection) -> None:
        """Draws another unit, or the same one with other weights."""
        before, self._shown = self._shown, shown
        if before is None or before.picture is not shown.picture:
            self._images["picture"] = image_of(as_rgb(shown.picture[None])[0])
        flat = flat_weights(shown.weights)
        largest = max(float(np.abs(each).max()) for each in (flat, *(flat_weights(other) for _, other in shown.others)))
        colours = signed_colours(flat, largest)
        self._images["weights"] = image_of(colours)
        self._tiles = tuple(image_of(signed_colours(flat_weights(other), largest)) for _, other in shown.others)
        self._images.pop("outputs", None)
        if shown.outputs is not None:
            self._images["outputs"] = image_of(self._output_colours(shown.outputs))
        every = -(-flat.size // _MOST_LINES)
        self._lines = tuple(QColor(*(int(part) for part in rgb)) for rgb in colours.reshape(-1, 3)[::every])
        self.setAccessibleDescription(f"{shown.title}. {shown.shared}")
        self.update()

    def _output_colours(self, outputs: Numbers) -> NDArray[np.uint8]:
        colours = signed_colours(np.nan_to_num(outputs))
        behind = self._theme.colour("window")
        colours[np.isnan(outputs)] = (behind.red(), behind.green(), behind.blue())
        return colours

    # Geometry

    def _caption_px(self) -> int:
        return QFontMetrics(self._theme.font("small")).height() + GRID_PX // 2

    @property
    def _side_px(self) -> float:
        wide = self.width() * (1 - 2 * _GAP_SHARE) / 3
        return max(1.0, min(wide, self.height() - 2 * self._caption_px() - GRID_PX, _MOST_SIDE_PX))

    def _square(self, number: int) -> QRectF:
        side = self._side_px
        gap = (self.width() - 1 - 3 * side) / 2
        return QRectF(number * (side + gap), self._caption_px(), side, side)

    def picture_rect(self) -> QRectF:
        """Where the picture is, in px."""
        return self._square(0)

    def weights_rect(self) -> QRectF:
        """Where the unit's weights are, in px: below them there is room for those of its neighbours."""
        column = self._column()
        below = self._tile_px() + self._caption_px() + GRID_PX if self._tiles_fit else 0
        side = min(column.width(), column.height() - below)
        return QRectF(column.center().x() - side / 2, column.top(), side, side)

    def _column(self) -> QRectF:
        """The unit's weights with those of its neighbours: higher than the picture where there is room."""
        square = self._square(1)
        wanted = square.height() + self._tile_px() + self._caption_px() + GRID_PX
        square.setHeight(max(1.0, min(wanted, self.height() - 2 * self._caption_px() - GRID_PX)))
        return square

    @property
    def _tiles_fit(self) -> bool:
        return self._column().height() >= _TILES_LEAST_LINES * self._caption_px()

    def _tile_px(self) -> float:
        return self._square(1).height() * _TILE_SHARE

    def _tile_rect(self, number: int) -> QRectF:
        square, side = self._column(), self._tile_px()
        step = (square.width() - side) / max(1, len(self._tiles) - 1)
        return QRectF(square.left() + number * step, square.bottom() - side, side, side)

    def output_rect(self) -> QRectF:
        """Where the output map is, in px."""
        square = self._square(2)
        if self._shown is None:
            return square
        rows, columns = self._shown.wiring.grid
        scale = square.width() / max(rows, columns)
        return QRectF(square.left(), square.top(), columns * scale, rows * scale)

    def unit_rect(self, row: int, column: int) -> QRectF:
        """Where one unit is drawn, in px."""
        area = self.output_rect()
        rows, columns = self._shown.wiring.grid if self._shown else (1, 1)
        wide, high = area.width() / columns, area.height() / rows
        return QRectF(area.left() + column * wide, area.top() + row * high, wide, high)

    def place_at(self, point: QPointF) -> Place | None:
        """The unit under a point: of the output map, or the one whose patch has its middle at this pixel."""
        if self._shown is None:
            return None
        wiring, rows, columns = self._shown.wiring, *self._shown.wiring.grid
        area, picture = self.output_rect(), self.picture_rect()
        if area.contains(point):
            row = int((point.y() - area.top()) / area.height() * rows)
            column = int((point.x() - area.left()) / area.width() * columns)
        elif wiring.way != "dense" and picture.contains(point):
            back = wiring.kernel // 2
            row = int((point.y() - picture.top()) / picture.height() * wiring.shape[1]) - back
            column = int((point.x() - picture.left()) / picture.width() * wiring.shape[2]) - back
        else:
            return None
        row, column = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
        return (row, column) if wiring.holds(row, column) else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the three parts and the lines."""
        if self._shown is None:
            return
        painter = QPainter(self)
        self._paint_picture(painter)
        self._paint_weights(painter)
        self._paint_outputs(painter)
        self._paint_lines(painter)
        self._paint_words(painter)

    def _box_rect(self) -> QRectF:
        assert self._shown is not None
        (top, left, bottom, right), area = self._shown.box, self.picture_rect()
        pixel = area.width() / self._shown.wiring.shape[2]
        return QRectF(area.left() + left * pixel, area.top() + top * pixel, (right - left) * pixel,
                      (bottom - top) * pixel)  # fmt: skip

    def _paint_picture(self, painter: QPainter) -> None:
        area, box = self.picture_rect(), self._box_rect()
        painter.drawImage(area, self._images["picture"])
        cover = self._theme.colour("window")
        cover.setAlpha(_DIM)
        painter.setClipRect(area)
        for rest in (
            QRectF(area.left(), area.top(), area.width(), box.top() - area.top()),
            QRectF(area.left(), box.bottom(), area.width(), area.bottom() - box.bottom()),
            QRectF(area.left(), box.top(), box.left() - area.left(), box.height()),
            QRectF(box.right(), box.top(), area.right() - box.right(), box.height()),
        ):
            painter.fillRect(rest, cover)
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.colour("outline"), 1))
        painter.drawRect(area)
        painter.setPen(QPen(QColor(SELECTION), 2))
        painter.drawRect(box)

    def _paint_weights(self, painter: QPainter) -> None:
        assert self._shown is not None
        area = self.weights_rect()
        painter.drawImage(area, self._images["weights"])
        painter.setPen(QPen(self._theme.colour("outline"), 1))
        flat = flat_weights(self._shown.weights)
        cell = area.width() / flat.shape[1]
        if cell >= _LEAST_NUMBER_PX * self._theme.small_px / 12:
            self._paint_numbers(painter, flat, area, cell)
        painter.setPen(QPen(QColor(SELECTION), 2))
        painter.drawRect(area)
        for number, tile in enumerate(self._tiles if self._tiles_fit else ()):
            painter.drawImage(self._tile_rect(number), tile)
            painter.setPen(QPen(self._theme.colour("outline"), 1))
            painter.drawRect(self._tile_rect(number))

    def _paint_numbers(self, painter: QPainter, flat: Numbers, area: QRectF, cell: float) -> None:
        painter.setFont(self._theme.font("small"))
        largest = float(np.abs(flat).max())
        for (row, column), weight in np.ndenumerate(flat):
            painter.setPen(QColor("white") if abs(weight) > 0.6 * largest else QColor("#1A1D23"))
            place = QRectF(area.left() + column * cell, area.top() + row * cell, cell, cell)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{weight:.2f}".replace("-", "−"))

    def _paint_outputs(self, painter: QPainter) -> None:
        assert self._shown is not None
        area = self.output_rect()
        if "outputs" in self._images:
            painter.drawImage(area, self._images["outputs"])
        else:
            painter.fillRect(area, self._theme.colour("chip"))
            painter.setFont(self._theme.font("small"))
            painter.setPen(self._theme.colour("muted"))
            bottom = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
            words = area.adjusted(GRID_PX, GRID_PX, -GRID_PX, -GRID_PX)
            painter.drawText(words, bottom, "too many weights to draw: only this unit is computed")
        painter.setBrush(Qt.BrushStyle.NoBrush)
        focused = self.hasFocus()
        painter.setPen(QPen(self._theme.colour("muted" if focused else "outline"), 2 if focused else 1))
        painter.drawRect(area)

    def _paint_lines(self, painter: QPainter) -> None:
        """From the patch to its weights, and from every weight (in the order in which it is read) to the unit."""
        assert self._shown is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, area, unit = self._box_rect(), self.weights_rect(), self.unit_rect(*self._shown.place)
        painter.setPen(QPen(QColor(SELECTION), 1))
        painter.drawLine(box.topRight(), area.topLeft())
        painter.drawLine(box.bottomRight(), area.bottomLeft())
        count = len(self._lines)
        few = count <= self._shown.wiring.kernel**2 and self._shown.wiring.way != "dense"
        shade = QColor(self._theme.colour("faint"))
        for number, colour in enumerate(self._lines):
            line = QLineF(area.right() + 2, area.top() + (number + 0.5) / count * area.height(),
                          unit.center().x(), unit.center().y())  # fmt: skip
            if few:  # a thin dark edge, so that weights near zero show on a light ground
                painter.setPen(QPen(shade, 2.4))
                painter.drawLine(line)
            painter.setPen(QPen(colour, 1.6 if few else 0.9))
            painter.drawLine(line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        grow = max(0.0, (_LEAST_MARK_PX - unit.width()) / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(SELECTION), 2))
        painter.drawRect(unit.adjusted(-grow, -grow, grow, grow))

    def _paint_words(self, painter: QPainter) -> None:
        assert self._shown is not None
        ends: _Ends = (math.inf, math.inf)
        for number, words in reversed(list(enumerate(self._shown.words))):  # each line ends where the next begins
            ends = self._write(painter, self._column() if number == 1 else self._square(number), words, ends)
        if self._tiles and self._tiles_fit:
            room = self._column()
            room.setTop(self.weights_rect().bottom() + 2)
            room.setBottom(self._tile_rect(0).top())
            self._fit_text(painter, room, "those of its neighbours:")

    def _write(self, painter: QPainter, square: QRectF, words: tuple[str, str], ends: _Ends) -> _Ends:
        above, below = (min(self.width() / 3, end - square.left()) - GRID_PX for end in ends)
        high = self._caption_px()
        painter.setFont(self._theme.font("small", bold=True))
        painter.setPen(self._theme.colour("text"))
        start = self._fit_text(painter, QRectF(square.left(), 0, above, high), words[0])
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.colour("muted"))
        return start, self._fit_text(painter, QRectF(square.left(), square.bottom() + 2, below, high), words[1])

    def _fit_text(self, painter: QPainter, room: QRectF, text: str) -> float:
        """Writes a line at the left of a room, or so far left of it that it ends inside the widget; gives its start."""
        metrics = painter.fontMetrics()
        words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
        room.moveLeft(max(0.0, min(room.left(), self.width() - 1 - metrics.horizontalAdvance(words))))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        return room.left()

    # Explaining

    def explanation(self, point: QPointF) -> str:
        """What stands at a point, with its numbers; empty where there is nothing."""
        shown = self._shown
        if shown is None:
            return ""
        if self.weights_rect().contains(point):
            area = self.weights_rect()
            across = (point.x() - area.left()) / area.width()
            return shown.explain_weight((point.y() - area.top()) / area.height(), across)
        for number, (name, _) in enumerate(shown.others if self._tiles_fit else ()):
            if self._tile_rect(number).contains(point):
                return f"The weights of {name}."
        place = self.place_at(point)
        if place is None or not self.output_rect().contains(point):
            return ""
        return shown.explain_unit(*place)

    def said_at(self, place: QPointF) -> str:
        """Explains what is under the pointer."""
        return self.explanation(place)

    # Choosing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the unit under the pointer."""
        place = self.place_at(event.position())
        self.setCursor(Qt.CursorShape.CrossCursor if place is not None else Qt.CursorShape.ArrowCursor)
        self.hovered.emit(place)
        if place is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self.picked.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keeps the unit under the pointer."""
        place = self.place_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(place)

    def leaveEvent(self, event: QEvent) -> None:
        """Goes back to the unit that was kept."""
        self.hovered.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys go to the next unit, with Shift five units on."""
        ways = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
        way = ways.get(Qt.Key(event.key()))
        if way is None or self._shown is None:
            super().keyPressEvent(event)
            return
        far = 5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        rows, columns = self._shown.wiring.grid
        row = min(max(self._shown.place[0] + far * way[0], 0), rows - 1)
        column = min(max(self._shown.place[1] + far * way[1], 0), columns - 1)
        if self._shown.wiring.holds(row, column):
            self.picked.emit((row, column))

    def wanted_height(self, width: int) -> int:
        """The height in px that is filled at a width."""
        side = min(width * (1 - 2 * _GAP_SHARE) / 3, _MOST_SIDE_PX)
        return round(side * (1 + _TILE_SHARE)) + 3 * self._caption_px() + 3 * GRID_PX

    def sizeHint(self) -> QSize:
        """Wide, and as high as a third of it."""
        return QSize(6 * GRID_PX * GRID_PX, self.minimumSizeHint().height() * 2)

    def minimumSizeHint(self) -> QSize:
        """Enough to see the parts."""
        return QSize(round(3 * _LEAST_SIDE_PX / (1 - 2 * _GAP_SHARE)), _LEAST_SIDE_PX + 2 * self._caption_px())
