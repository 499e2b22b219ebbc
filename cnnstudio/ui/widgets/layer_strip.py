"""A network as a strip of layers: every feature map of the current picture, drawn in one widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from cnnstudio.core.inside import PICTURE, LayerMaps, NetworkMaps, Unit
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._inside_colour import Scale, ScaleOf, image_of, network_scales, scale_of
from cnnstudio.ui.widgets._inside_layout import Layout, is_flat, lay_out
from cnnstudio.ui.widgets._inside_marks import EDGE_PX, FRAME_PX, Marks
from cnnstudio.ui.widgets._inside_paint import (
    paint_maps,
    paint_range,
    paint_still,
    paint_verdict,
    room_for,
    weights_words,
)
from cnnstudio.ui.widgets._inside_plan import Plan, plan
from cnnstudio.ui.widgets._inside_words import map_words
from cnnstudio.ui.widgets.basic import by_keyboard
from cnnstudio.ui.widgets.draw_part import is_screen
from cnnstudio.ui.widgets.explained import Explained


@dataclass(frozen=True, slots=True)
class Spot:
    """Something under the pointer or the keyboard.

    Attributes:
        box: Which column.
        map: Which map of it; None is the column as a whole.
        row: In the map, where the pointer is.
        column: In the map.
    """

    box: int
    map: int | None = None
    row: int = 0
    column: int = 0


class LayerStrip(Explained):
    """Columns of maps from the picture to the verdict.

    A click on a column, or Enter, goes into the layer. Left and right go from layer to layer, up and down from map to
    map, and plus or minus opens and folds a block.

    Signals:
        layer_chosen((layer, map)): The student wants to see this layer; the map is None where none was meant.
        flipped(path): The student opened or folded a block.
        reached(QRect): The keyboard went to this part of the strip.

    Thread: GUI.
    """

    layer_chosen = Signal(object)
    flipped = Signal(str)
    reached = Signal(QRect)

    def __init__(self, theme: Theme, name: str) -> None:
        """Makes it empty; `name` is for the screen reader."""
        super().__init__()
        self._theme, self._hue = theme, theme.colour("text")
        self._spec: NetworkSpec | None = None
        self._plan = Plan((), ())
        self._layout = Layout()
        self._sight = QSize(1, 1)
        self._room = room_for(theme, self._plan, 1)
        self._maps: dict[str, LayerMaps] = {}
        self._images: dict[str, QImage] = {}
        self._scales: dict[str, Scale] = {}
        self._scale_of: ScaleOf = "layer"
        self._shares: NDArray[np.float64] | None = None
        self._names: tuple[str, ...] = ()
        self._unit: Unit | None = None
        self._spot: Spot | None = None
        self._still: tuple[object, QPixmap] | None = None
        self._version = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    # What it shows

    @property
    def plan(self) -> Plan:
        """Its columns."""
        return self._plan

    @property
    def placed(self) -> Layout:
        """Where everything lies."""
        return self._layout

    @property
    def spot(self) -> Spot | None:
        """What the pointer or the keyboard is at."""
        return self._spot

    @property
    def scales(self) -> dict[str, Scale]:
        """What the colours of each layer stand for, by its name."""
        return self._scales

    def image(self, layer: str) -> QImage | None:
        """The maps of a layer, below each other, one pixel for each unit."""
        return self._images.get(layer)

    def set_network(self, spec: NetworkSpec, every: bool, flipped: frozenset[str], hue: QColor) -> None:
        """Shows a network's structure.

        Args:
            spec: What it is made of.
            every: Whether activations and normalisations have columns of their own.
            flipped: Paths of blocks opened or folded against the default.
            hue: Its colour.
        """
        wanted = plan(spec, every, flipped)
        self._hue = hue
        if spec != self._spec or wanted is not self._plan:
            self._spec, self._plan, self._spot = spec, wanted, None
            self._lay_out()

    def set_sight(self, size: QSize) -> None:
        """Tells how much of it can be seen at once, px."""
        if size != self._sight:
            self._sight = size
            self._lay_out()

    def set_class_names(self, names: Sequence[str]) -> None:
        """Names the classes of the verdict."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._lay_out()

    def set_maps(self, maps: NetworkMaps | None) -> None:
        """Shows what the network computed; None, or a network that has not learned, leaves the structure alone."""
        self._maps = {one.layer: one for one in maps.layers} if maps is not None else {}
        self._colour()

    def set_scale(self, scale: ScaleOf) -> None:
        """Chooses whether every map, layer or network has a colour scale of its own."""
        if scale != self._scale_of:
            self._scale_of = scale
            self._colour()

    def set_unit(self, unit: Unit | None) -> None:
        """Frames a unit, its map, and what it sees of the picture."""
        if unit != self._unit:
            self._unit = unit
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self._lay_out()

    def go_to(self, layer: str) -> None:
        """Puts the keyboard's mark on a layer."""
        box = self._plan.box_of(layer)
        if box is not None:
            self._go(Spot(box))

    def _lay_out(self) -> None:
        self._version += 1
        if self._spec is None:
            return
        self._room = room_for(self._theme, self._plan, self._sight.height(), self._names)
        self._layout = lay_out(self._plan, self._sight.width(), self._sight.height(), self._room)
        self.setFixedSize(max(self._sight.width(), round(self._layout.width)), round(self._layout.height))
        self._colour()

    def _colour(self) -> None:
        layers = [self._maps[box.shown] for box in self._plan.boxes if box.shown in self._maps]
        if self._scale_of == "network":
            self._scales = network_scales(layers)
        else:
            self._scales = {
                one.layer: scale_of(one.lowest, one.highest, picture=one.layer == PICTURE) for one in layers
            }
        each = self._scale_of == "map"
        self._images = {one.layer: image_of(one, self._scales[one.layer], each) for one in layers}
        self._shares = self._verdict()
        self.update()

    def _verdict(self) -> NDArray[np.float64] | None:
        last = self._maps.get(self._plan.boxes[-1].shown) if self._plan.boxes else None
        if last is None or len(last.values) < last.shape[0]:
            return None
        raised: NDArray[np.float64] = np.exp(last.values.astype(np.float64) - float(last.values.max()))
        shares: NDArray[np.float64] = raised / raised.sum()
        return shares

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints what is in sight: what stands still from a pixmap, then the maps."""
        if self._spec is None:
            return
        painter = QPainter(self)
        seen = self.visibleRegion().boundingRect()
        if is_screen(painter, self) and seen.contains(event.rect()):
            painter.drawPixmap(seen.topLeft(), self._still_part(seen))
        else:
            seen = event.rect()
            painter.save()
            paint_still(painter, self._theme, self._plan, self._layout, QRectF(seen), roomy=self._room.roomy)
            painter.restore()
        area = QRectF(seen)
        for box, placed in zip(self._plan.boxes, self._layout.placed, strict=True):
            image = self._images.get(box.shown)
            if image is not None and placed.area.intersects(area):
                paint_maps(painter, image, placed)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_numbers(painter, area)
        self._paint_marks(painter)

    def _still_part(self, seen: QRect) -> QPixmap:
        ratio = self.devicePixelRatioF()
        key = (seen.getRect(), ratio, self._version)
        if self._still is None or self._still[0] != key:
            pixmap = QPixmap(seen.size() * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.translate(-seen.topLeft())
            paint_still(painter, self._theme, self._plan, self._layout, QRectF(seen), roomy=self._room.roomy)
            painter.end()
            self._still = key, pixmap
        return self._still[1]

    def _paint_numbers(self, painter: QPainter, seen: QRectF) -> None:
        if self._scale_of == "layer":
            for box, placed in zip(self._plan.boxes, self._layout.placed, strict=True):
                if box.shown in self._scales and placed.area.intersects(seen):
                    words = self._scales[box.shown].words
                    paint_range(painter, self._theme, placed, words, len(weights_words(box)) if self._room.roomy else 0)
        if self._shares is not None:
            paint_verdict(painter, self._theme, self._layout.verdict, self._room, self._shares, self._names, self._hue)

    def _paint_marks(self, painter: QPainter) -> None:
        if self._spec is None:
            return
        spot, faint = self._spot, self._theme.colour("faint")
        marks = Marks(painter, self._spec, self._plan, self._layout)
        if spot is not None:
            marks.spot(spot.box, spot.map, self._theme.colour("muted"), strong=self.hasFocus())
            pointed = self._unit_at(spot)
            if pointed is not None and pointed != self._unit:
                marks.field(pointed, faint, 1.0)
        if self._unit is not None:
            marks.field(self._unit, QColor(SELECTION), FRAME_PX)
            marks.unit(self._unit, QColor(SELECTION))

    def _unit_at(self, spot: Spot) -> Unit | None:
        layer = self._plan.boxes[spot.box].shown
        return Unit(layer, spot.map, spot.row, spot.column) if spot.map is not None and layer != PICTURE else None

    # Pointer and keyboard

    def spot_at(self, place: QPointF) -> Spot | None:
        """The column, map and place in the map under a point."""
        for number, placed in enumerate(self._layout.placed):
            if not placed.area.adjusted(-EDGE_PX, 0, EDGE_PX, 0).contains(place):
                continue
            index = placed.tile_at(place)
            shape = self._plan.boxes[number].shape
            if index is None or is_flat(shape):
                return Spot(number, index)
            tile = placed.tile_rect(index)
            row = int((place.y() - tile.top()) / tile.height() * shape[1])
            column = int((place.x() - tile.left()) / tile.width() * shape[2])
            return Spot(number, index, min(row, shape[1] - 1), min(column, shape[2] - 1))
        return None

    def words(self, spot: Spot) -> str:
        """What hovering says: the layer, the map, its numbers."""
        box = self._plan.boxes[spot.box]
        return map_words(box, self._maps.get(box.shown), spot.map, spot.row, spot.column)

    def _go(self, spot: Spot | None) -> None:
        if spot != self._spot:
            self._spot = spot
            self.update()

    def _path_at(self, place: QPointF) -> str:
        """The block whose mark is under a point, or ""."""
        for bracket in self._layout.brackets:
            if bracket.area.contains(place):
                return bracket.path
        for box, placed in zip(self._plan.boxes, self._layout.placed, strict=True):
            head = QRectF(placed.area.left(), placed.area.top(), placed.area.width(), self._theme.small_px * 1.5)
            if box.folded and head.contains(place):
                return box.folded
        return ""

    def said_at(self, place: QPointF) -> str:
        """Explains what is under the pointer."""
        spot = self.spot_at(place)
        return "" if spot is None else self.words(spot)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks what is under the pointer, and what it sees of the picture."""
        spot = self.spot_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if spot is None else Qt.CursorShape.PointingHandCursor)
        self._go(spot)
        if spot is not None and QToolTip.isVisible():
            QToolTip.showText(event.globalPosition().toPoint(), self.words(spot), self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Opens or folds a block, or goes into a layer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        path, spot = self._path_at(event.position()), self.spot_at(event.position())
        if path:
            self.flipped.emit(path)
        elif spot is not None:
            self._choose(spot)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._go(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Marks the first layer where the keyboard came."""
        if by_keyboard(event) and self._spot is None and self._plan.boxes:
            self._go(Spot(min(1, len(self._plan.boxes) - 1)))
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Forgets the keyboard's mark."""
        self._go(None)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes among layers and maps, or into a layer."""
        spot = self._spot or (Spot(0) if self._plan.boxes else None)
        key = event.key()
        if spot is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            number = spot.box + (1 if key == Qt.Key.Key_Right else -1)
            self._tell(Spot(min(max(number, 0), len(self._plan.boxes) - 1)))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._tell(self._next_map(spot, 1 if key == Qt.Key.Key_Down else -1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(spot)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self._flip_around(spot)
        else:
            super().keyPressEvent(event)

    def _next_map(self, spot: Spot, step: int) -> Spot:
        last = self._layout.placed[spot.box].count - 1
        if spot.map is None:
            return Spot(spot.box, 0 if step > 0 else last)
        number = spot.map + step
        return Spot(spot.box, min(number, last)) if number >= 0 else Spot(spot.box)

    def _tell(self, spot: Spot) -> None:
        self._go(spot)
        placed = self._layout.placed[spot.box]
        self.reached.emit(placed.area.toAlignedRect().adjusted(-5 * GRID_PX, 0, 5 * GRID_PX, 0))
        at = placed.block.bottomLeft() if spot.map is None else placed.tile_rect(spot.map).bottomLeft()
        QToolTip.showText(self.mapToGlobal(QPoint(round(at.x()), round(at.y()))), self.words(spot), self)

    def _choose(self, spot: Spot) -> None:
        box = self._plan.boxes[spot.box]
        if box.shown != PICTURE:
            self.layer_chosen.emit((box.shown, spot.map))

    def _flip_around(self, spot: Spot) -> None:
        box = self._plan.boxes[spot.box]
        opened = [bracket.path for bracket in self._layout.brackets if box.names[0].startswith(f"{bracket.path}.")]
        path = box.folded or max(opened, key=len, default="")
        if path:
            self.flipped.emit(path)
