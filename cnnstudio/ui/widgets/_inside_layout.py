"""Where everything of a strip lies: columns of maps, lanes beside each other, lines between them, folds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from PySide6.QtCore import QPointF, QRectF

from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layers import Sizes
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets._inside_plan import Box, Fork, Node, Plan, Span

COLUMN_GAP_PX: Final = 1.5 * GRID_PX
TILE_GAP_PX: Final = 3.0
FEW_MAPS: Final = 16
MOST_SHOWN: Final = 64
"""Maps of one layer in a strip; the layer's own view shows all."""

_LARGEST_TILE_PX: Final = 104.0
_LEAST_TILE_PX: Final = 13.0
_FLAT_CELL: Final = (15.0, 7.0)
_FEW_CELL_PX: Final = 26.0
_FLAT_GAP_PX: Final = 1.5
_SHORTCUT_PX: Final = 2.5 * GRID_PX
_LEAST_BLOCK_PX: Final = 6 * GRID_PX
_LONG_BLOCK_PX: Final = 14 * GRID_PX
"""Height for the maps of a strip that would have to scroll without it: several rows of maps take less width."""

_BESIDE_LANES_PX: Final = 28 * GRID_PX
"""Beside lanes above each other there is height in plenty: no column becomes a tower of single maps."""

_TIGHT_GAP_PX: Final = 0.75 * GRID_PX
_SQUEEZED: Final = 0.7
"""Where width is short, tiles are made smaller by as much as this, if one more row of them fits then."""

# Sizes of tiles that are tried, from the largest; the first with which the strip fits is taken.
_SCALES: Final = (1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55)
_LONG_SCALE: Final = 0.8
"""For a strip that does not fit with any of them, and scrolls."""


_VERDICT_LINES: Final = 5.0
"""Least width of the verdict, in heights of a line."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a strip's text needs.

    Attributes:
        head_px: Height of the lines above the maps.
        foot_px: Height of the lines below them.
        bracket_px: Height of a line above opened blocks.
        line_px: Height of one line of text.
        title_px: Width that the column of a box needs for its text.
        roomy: Whether the numbers of weights stand under the maps.
        verdict_px: Width that the verdict needs for the names of its classes.
        gap_px: Between columns.
        squeezed: Whether tiles may be a little smaller where one more row of them fits then.
    """

    head_px: float
    foot_px: float
    bracket_px: float
    line_px: float
    title_px: Callable[[Box], float]
    roomy: bool = True
    verdict_px: float = 0.0
    gap_px: float = COLUMN_GAP_PX
    squeezed: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """One column.

    Attributes:
        area: All of it, with its text.
        block: Its maps.
        tile: Width and height of one map.
        columns: Maps side by side.
        count: Maps shown.
        gap: Between maps.
    """

    area: QRectF
    block: QRectF
    tile: tuple[float, float]
    columns: int
    count: int
    gap: float

    def tile_rect(self, index: int) -> QRectF:
        """The rectangle of a map."""
        row, column = divmod(index, self.columns)
        return QRectF(
            self.block.left() + column * (self.tile[0] + self.gap),
            self.block.top() + row * (self.tile[1] + self.gap), *self.tile,
        )  # fmt: skip

    def tile_at(self, place: QPointF) -> int | None:
        """The map under a point, or None."""
        column = int((place.x() - self.block.left()) // (self.tile[0] + self.gap))
        row = int((place.y() - self.block.top()) // (self.tile[1] + self.gap))
        index = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and index < self.count
        return index if inside and self.tile_rect(index).contains(place) else None


@dataclass(frozen=True, slots=True)
class Bracket:
    """The line above an opened block.

    Attributes:
        area: Where it lies; a click folds the block.
        path: Of the block.
        title: As in "residual".
    """

    area: QRectF
    path: str
    title: str


@dataclass(slots=True)
class Layout:
    """Everything of a strip, in px.

    Attributes:
        placed: By number of the box in the plan.
        lines: From column to column.
        brackets: Above opened blocks.
        notes: Words on lines, with the point at their left.
        verdict: Where the verdict stands.
        width: Of all of it.
        height: That it has.
        least_height: That its lanes need.
    """

    placed: list[Placed] = field(default_factory=list)
    lines: list[tuple[QPointF, ...]] = field(default_factory=list)
    brackets: list[Bracket] = field(default_factory=list)
    notes: list[tuple[QPointF, str]] = field(default_factory=list)
    verdict: QRectF = field(default_factory=QRectF)
    width: float = 0.0
    height: float = 0.0
    least_height: float = 0.0


def is_flat(shape: Sizes) -> bool:
    """Whether a layer's output is drawn as units: a list, or maps of one number each."""
    return len(shape) == 1 or shape[1:] == (1, 1)


def lay_out(plan: Plan, width: float, height: float, room: Room) -> Layout:
    """Places a strip into a width and height; it may turn out wider, and is as high as its lanes need.

    Args:
        plan: What it shows.
        width: In sight, px.
        height: In sight, px.
        room: What text needs.
    """
    deep = room.bracket_px * _depth(plan.nodes)
    least = _least_height(plan.nodes, room) + deep
    if _fitted(plan, width, least, room) is None:
        least = _least_height(plan.nodes, room, _LONG_BLOCK_PX) + deep
    made = _fitted(plan, width, max(height, least), room)
    if made is None:
        made = _Placer(replace(room, squeezed=True), _LONG_SCALE).lay_out(plan, max(height, least))
    made.least_height = least
    return made


def _fitted(plan: Plan, width: float, height: float, room: Room) -> Layout | None:
    """The layout with the largest tiles that is no wider than `width`; None where there is none."""
    squeezed = replace(room, squeezed=True)
    # Long names of classes are cut, and columns move together, before the strip has to scroll.
    for tried in ((room, squeezed), (replace(squeezed, verdict_px=0.0, gap_px=_TIGHT_GAP_PX),)):
        for scale in _SCALES:
            for one in tried:
                made = _Placer(one, scale).lay_out(plan, height)
                if made.width <= width:
                    return made
    return None


def _depth(nodes: Sequence[Node]) -> int:
    inner = [0]
    for node in nodes:
        if isinstance(node, Span):
            inner.append(1 + _depth(node.nodes))
        elif isinstance(node, Fork):
            inner.append(1 + max((_depth(lane) for lane in node.lanes), default=0))
    return max(inner)


def _least_height(nodes: Sequence[Node], room: Room, block_px: float = _LEAST_BLOCK_PX) -> float:
    heights = [room.head_px + block_px + room.foot_px]
    for node in nodes:
        if isinstance(node, Span):
            heights.append(_least_height(node.nodes, room, block_px))
        elif isinstance(node, Fork):
            lanes = [_least_height(lane, room, block_px) if lane else _SHORTCUT_PX for lane in node.lanes]
            heights.append(sum(lanes) + GRID_PX * (len(lanes) - 1))
    return max(heights)


def _has_lanes(nodes: Sequence[Node]) -> bool:
    """Whether several lanes with maps lie above each other somewhere."""
    for node in nodes:
        if isinstance(node, Fork) and sum(bool(lane) for lane in node.lanes) > 1:
            return True
        inner = (node.nodes,) if isinstance(node, Span) else node.lanes if isinstance(node, Fork) else ()
        if any(_has_lanes(lane) for lane in inner):
            return True
    return False


class _Placer:
    """Places the columns from left to right, for one size of tiles."""

    def __init__(self, room: Room, scale: float) -> None:
        self._room, self._scale = room, scale
        self._made = Layout()
        self._highest_px = math.inf

    def lay_out(self, plan: Plan, height: float) -> Layout:
        made = self._made
        self._highest_px = _BESIDE_LANES_PX if _has_lanes(plan.nodes) else math.inf
        top = self._room.bracket_px * _depth(plan.nodes)
        end, y = self._place(plan.nodes, 1.0, top, height - top, None, 0)
        self._line((QPointF(end, y), QPointF(end + self._room.gap_px, y)))
        left = end + self._room.gap_px
        wide = max(self._room.verdict_px, _VERDICT_LINES * self._room.line_px)
        made.verdict = QRectF(left, top, wide, height - top)
        made.width, made.height = left + wide + 1, height
        return made

    def _line(self, points: tuple[QPointF, ...]) -> None:
        self._made.lines.append(points)

    def _bent(self, start: QPointF, end: QPointF) -> tuple[QPointF, ...]:
        if start.y() == end.y():
            return start, end
        turn = start.x() + self._room.gap_px / 2
        return start, QPointF(turn, start.y()), QPointF(turn, end.y()), end

    def _place(
        self, nodes: Sequence[Node], left: float, top: float, height: float, come: QPointF | None, depth: int
    ) -> tuple[float, float]:
        """Places nodes in a row; gives where their last maps end, and at which height the line leaves them."""
        y = top + self._room.head_px + _LEAST_BLOCK_PX / 2
        end = left
        for number, node in enumerate(nodes):
            start = left if number == 0 else end + self._room.gap_px
            source = come if number == 0 else QPointF(end, y)
            if isinstance(node, Box):
                placed = self._box(node, start, top, height)
                if source is not None:
                    self._line(self._bent(source, QPointF(placed.block.left(), y)))
                end = placed.area.right()
                self._made.lines.append((QPointF(placed.block.right(), y), QPointF(end, y)))
            elif isinstance(node, Span):
                end, y = self._place(node.nodes, start, top, height, source, depth + 1)
                self._bracket(start, end, node.path, node.title, depth)
            else:
                end = self._fork(node, start, top, height, source or QPointF(start, y), depth)
        return end, y

    def _bracket(self, left: float, right: float, path: str, title: str, depth: int) -> None:
        high = self._room.bracket_px
        self._made.brackets.append(Bracket(QRectF(left, depth * high, right - left, high), path, title))

    def _fork(self, fork: Fork, left: float, top: float, height: float, come: QPointF, depth: int) -> float:
        empty = sum(not lane for lane in fork.lanes)
        full = len(fork.lanes) - empty
        gaps = GRID_PX * (len(fork.lanes) - 1)
        each = (height - gaps - empty * _SHORTCUT_PX) / max(1, full)
        ends: list[tuple[float, float]] = []
        start, at = left + self._room.gap_px / 2, top
        for lane in fork.lanes:
            if lane:
                ends.append(self._place(lane, start, at, each, come, depth + 1))
            else:
                ends.append((start, at + _SHORTCUT_PX / 2))
                self._made.notes.append((QPointF(start, at + _SHORTCUT_PX / 2), "shortcut"))
                self._line(self._bent(come, QPointF(start, at + _SHORTCUT_PX / 2)))
            at += (each if lane else _SHORTCUT_PX) + GRID_PX
        right = max(end for end, _ in ends) + 1.5 * self._room.gap_px
        placed = self._box(fork.join, right, top, height)
        middle = top + self._room.head_px + _LEAST_BLOCK_PX / 2
        into = QPointF(placed.block.left(), middle)
        for end, y in ends:
            turn = right - self._room.gap_px * 0.7
            self._line((QPointF(end, y), QPointF(turn, y), QPointF(turn, middle), into))
        self._line((QPointF(placed.block.right(), middle), QPointF(placed.area.right(), middle)))
        self._bracket(left, placed.area.right(), fork.path, fork.title, depth)
        return placed.area.right()

    def _box(self, box: Box, left: float, top: float, height: float) -> Placed:
        room = min(height - self._room.head_px - self._room.foot_px, self._highest_px)
        count = 1 if box.shown == PICTURE else min(box.shape[0], MOST_SHOWN)
        tile, gap, rows = self._tiles(box, count, room)
        columns = _even(count, math.ceil(count / rows)) if not is_flat(box.shape) else math.ceil(count / rows)
        rows = math.ceil(count / columns)
        block_width = columns * (tile[0] + gap) - gap
        block_height = rows * (tile[1] + gap) - gap
        wide = max(block_width, self._room.title_px(box))
        area = QRectF(left, top, wide, self._room.head_px + block_height + self._room.foot_px)
        block = QRectF(left + (wide - block_width) / 2, top + self._room.head_px, block_width, block_height)
        placed = Placed(area, block, tile, columns, count, gap)
        self._made.placed.append(placed)
        return placed

    def _tiles(self, box: Box, count: int, room: float) -> tuple[tuple[float, float], float, int]:
        """Size of a tile, gap, and how many stand above each other."""
        if is_flat(box.shape):
            if count <= FEW_MAPS:
                # As high as the lines of the verdict, so that a last layer's units stand beside their classes.
                high = min(self._room.line_px, room / count) - _FLAT_GAP_PX
                return (_FEW_CELL_PX, max(high, 2.0)), _FLAT_GAP_PX, count
            wide, high = _FLAT_CELL[0] * min(1.0, self._scale), _FLAT_CELL[1]
            rows = max(1, int((room + _FLAT_GAP_PX) // (high + _FLAT_GAP_PX)))
            return (wide, high), _FLAT_GAP_PX, min(rows, count)
        ratio = box.shape[1] / box.shape[2]
        wanted = (24 + 1.2 * min(box.shape[1:])) * min(1.0, math.sqrt(FEW_MAPS / count)) * self._scale
        wide = min(max(wanted, _LEAST_TILE_PX), _LARGEST_TILE_PX, room / ratio)
        rows = max(1, int((room + TILE_GAP_PX) // (wide * ratio + TILE_GAP_PX)))
        if self._room.squeezed:
            wide, rows = _squeezed(count, rows, wide, ratio, room, self._room.title_px(box))
        return (wide, wide * ratio), TILE_GAP_PX, min(rows, count)


def _squeezed(count: int, rows: int, wide: float, ratio: float, high: float, needed: float) -> tuple[float, int]:
    """Tiles that are a little smaller, in more rows, until a column is no wider than its text: their width, and rows.

    Args:
        count: Maps.
        rows: Of them, with tiles of this width.
        wide: Of a tile, px.
        ratio: Of its height to its width.
        high: Room for all rows, px.
        needed: Width of the text, px.
    """
    least = max(_SQUEEZED * wide, _LEAST_TILE_PX)
    while True:
        columns = _even(count, math.ceil(count / rows))
        fitting = (needed + TILE_GAP_PX) / columns - TILE_GAP_PX
        if fitting >= least:
            return min(wide, fitting), rows
        smaller = ((high + TILE_GAP_PX) / (rows + 1) - TILE_GAP_PX) / ratio
        if rows == count or smaller < least:
            return wide, rows
        rows, wide = rows + 1, min(wide, smaller)


def _even(count: int, columns: int) -> int:
    """So many columns, or one more where that leaves fewer empty places in the last row."""
    return columns + 1 if -count % (columns + 1) < -count % columns else columns
