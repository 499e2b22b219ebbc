"""The marks on a strip: what the pointer is at, the selected unit with its map, and what it sees of the picture."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from cnnstudio.core.fields import box as box_seen
from cnnstudio.core.inside import Unit
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui.widgets._inside_layout import Layout, is_flat
from cnnstudio.ui.widgets._inside_paint import paint_frame
from cnnstudio.ui.widgets._inside_plan import Plan
from cnnstudio.ui.widgets._inside_words import same_place

FRAME_PX: Final = 2.0
EDGE_PX: Final = 4
"""From a column to the frame around it."""


class Marks:
    """Paints marks over the maps of one strip.

    Thread: GUI.
    """

    def __init__(self, painter: QPainter, spec: NetworkSpec, plan: Plan, layout: Layout) -> None:
        """Paints with `painter`."""
        self._painter, self._spec, self._plan, self._layout = painter, spec, plan, layout

    def spot(self, box: int, index: int | None, colour: QColor, *, strong: bool) -> None:
        """Frames a column, or one of its maps."""
        placed = self._layout.placed[box]
        area = placed.area.adjusted(-EDGE_PX, 0, EDGE_PX, 0) if index is None else placed.tile_rect(index)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.setPen(QPen(colour, FRAME_PX if strong or index is not None else 1.0))
        self._painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))

    def unit(self, unit: Unit, colour: QColor) -> None:
        """Frames a unit and its map, in the column that stands for its layer."""
        number = self._plan.box_of(unit.layer)
        if number is None:
            return
        box, placed = self._plan.boxes[number], self._layout.placed[number]
        place = same_place(self._spec, unit, box)
        if place is None or place[0] >= placed.count:
            return
        tile = placed.tile_rect(place[0])
        paint_frame(self._painter, colour, tile, FRAME_PX)
        if not is_flat(box.shape):
            wide, high = tile.width() / box.shape[2], tile.height() / box.shape[1]
            cell = QRectF(tile.left() + place[2] * wide, tile.top() + place[1] * high, wide, high)
            paint_frame(self._painter, colour, cell, 1.0)

    def field(self, unit: Unit, colour: QColor, width: float) -> None:
        """Frames what a unit sees of the picture."""
        if all(one.name != unit.layer for one in self._spec.steps()):
            return
        top, left, bottom, right = box_seen(self._spec, unit.layer, (unit.map, unit.row, unit.column))
        picture = self._layout.placed[0].tile_rect(0)
        wide = picture.width() / self._spec.input_shape[2]
        high = picture.height() / self._spec.input_shape[1]
        area = QRectF(picture.left() + left * wide, picture.top() + top * high, (right - left) * wide,
                      (bottom - top) * high)  # fmt: skip
        paint_frame(self._painter, colour, area, width)
