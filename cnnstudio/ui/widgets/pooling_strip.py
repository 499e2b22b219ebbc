"""The ways of making maps smaller, side by side: what each leaves of a picture after two rounds, and at which sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from cnnstudio.core.percent import percent
from cnnstudio.core.pooling import Map, Pooling, change, expected, pool, shifted
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.explained import Explained

POOLS: Final[dict[str, tuple[Pooling, ...]]] = {
    "none": (),
    "stride": (Pooling("subsample", stride=2),),
    "max": (Pooling("max"),),
    "average": (Pooling("average"),),
    "blur": (Pooling("blur", window=3, padding=1),),
    "max_blur": (Pooling("max", stride=1), Pooling("blur", window=3, padding=1)),
    "global": (),
}
"""What each way does once; the convolution before it is left out."""

SAID: Final[dict[str, str]] = {
    "none": "Every number stays.",
    "stride": "Every second number, down and across; the others are never looked at.",
    "max": "The largest of 2 × 2.",
    "average": "The mean of 2 × 2.",
    "blur": "The weights 1 2 1 smooth first, then every second number is taken.",
    "max_blur": "The largest of 2 × 2 at every place, then smoothed, then every second number.",
    "global": "The maps keep their size; at the end the largest number of each whole map.",
}
ROUNDS: Final = 2
_BEST_TILE_PX: Final = 88
_LEAST_TILE_PX: Final = 40
_LARGE_TILE_PX: Final = 12
"""Of a tile below the letters of a projector; the sizes stand beside it then."""
_SMALL_PX: Final = 13
_DIM: Final = 0.35


@dataclass(frozen=True, slots=True)
class Way:
    """One way and what it costs.

    Attributes:
        key: As in "max_blur".
        title: As in "max, then blur".
        sizes: Rows of the maps on the way, as in (28, 14, 7).
        weights: Of the network of the bench.
        macs: Its multiply-adds for one picture.
        on: Whether it is among those that are compared.
    """

    key: str
    title: str
    sizes: tuple[int, ...]
    weights: int
    macs: int
    on: bool

    @property
    def path(self) -> str:
        """As in "28-14-7"."""
        return "–".join(map(str, self.sizes))


def left_of(picture: Map, way: str, moved_px: int = 0) -> tuple[Map, float]:
    """What a way leaves of a picture, and how much of that is not as it should be after the picture moved.

    Args:
        picture: float64 [rows, columns].
        way: A key of `POOLS`.
        moved_px: How far the picture moves to the right.

    Returns:
        The map of the moved picture after two rounds, and the share in which it differs from the map of the picture as
        it was, moved along (`core.pooling.change`).
    """
    before, after = (_rounds(each, way) for each in (picture, shifted(picture, 0, moved_px)))
    stride = 2**ROUNDS if POOLS[way] else 1
    whole = Pooling("global_max") if way == "global" else Pooling("subsample", stride=stride)
    return after, change(expected(before, whole, 0, moved_px), after)


def _rounds(values: Map, way: str) -> Map:
    if way == "global":
        return np.full((1, 1), values.max())
    for _ in range(ROUNDS):
        for pooling in POOLS[way]:
            values = pool(values, pooling)
    return values


class PoolingStrip(Explained):
    """One tile per way. Left and Right go from one to the next; Space, Enter or a click compares it, or no longer.

    Signals:
        toggled(key): A way shall be compared, or no longer.

    Thread: GUI.
    """

    toggled = Signal(str)

    def __init__(self, theme: Theme) -> None:
        """Makes it without ways."""
        super().__init__()
        self._theme = theme
        self._ways: tuple[Way, ...] = ()
        self._picture: Map | None = None
        self._moved_px = 0
        self._left: dict[str, tuple[Map, float]] = {}
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("ways to make maps smaller")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @property
    def changed(self) -> dict[str, float]:
        """How much of what each way leaves is not as it should be after the move; empty without a picture."""
        return {key: share for key, (_, share) in self._left.items()}

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def set_ways(self, ways: Sequence[Way]) -> None:
        """Shows ways."""
        self._ways = tuple(ways)
        self._current = min(self._current, max(0, len(ways) - 1))
        self._compute()

    def set_picture(self, picture: NDArray[np.uint8] | None, moved_px: int) -> None:
        """Takes another picture, uint8 [channels, rows, columns], moved to the right by so many px."""
        self._picture = None if picture is None else picture.mean(axis=0).astype(np.float64)
        self._moved_px = moved_px
        self._compute()

    def _compute(self) -> None:
        self._left = {}
        if self._picture is not None:
            self._left = {way.key: left_of(self._picture, way.key, self._moved_px) for way in self._ways}
        self._describe()
        self.update()

    # Places

    def _line_px(self) -> float:
        return QFontMetricsF(self._theme.font("small")).height()

    def column(self, place: int) -> QRectF:
        """The room of one way, words included."""
        wide = self.width() / max(1, len(self._ways))
        return QRectF(place * wide, 0, wide, self.height())

    def tile(self, place: int) -> QRectF:
        """Where the map of a way is."""
        room = self.column(place)
        side = max(1.0, min(room.width() - GRID_PX, self.height() - (1 + self._lines()) * self._line_px() - 4))
        return QRectF(room.left() + 1, self._line_px() + 2, side, side)

    def _lines(self) -> int:
        """Lines below the tiles: the sizes, and how much a move changes; both only where there is room."""
        left_px = self.height() - self._line_px() - _LEAST_TILE_PX
        return min(2 if self._moved_px else 1, max(0, int(left_px / self._line_px())))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints tiles and words."""
        painter = QPainter(self)
        for place, way in enumerate(self._ways):
            painter.setOpacity(1.0 if way.on else _DIM)
            self._paint_tile(painter, self.tile(place), way)
            painter.setOpacity(1.0)
            self._paint_words(painter, place, way)
        if self._ways and self.hasFocus():
            painter.setPen(QPen(self._theme.colour("muted"), 1))
            painter.drawRoundedRect(self.column(self._current).adjusted(-2, 0.5, -4.5, -0.5), 4, 4)

    def _paint_tile(self, painter: QPainter, tile: QRectF, way: Way) -> None:
        if way.key in self._left:
            grey = np.clip(np.rint(self._left[way.key][0]), 0, 255).astype(np.uint8)
            rows, columns = grey.shape
            image = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8).copy()
            painter.drawImage(tile, image)
        painter.setPen(QPen(self._theme.colour("outline"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(tile)

    def _paint_words(self, painter: QPainter, place: int, way: Way) -> None:
        theme, room, tile, tall = self._theme, self.column(place), self.tile(place), self._line_px()
        lines = [(0.0, way.title, way.on, "text" if way.on else "faint")]
        if self._lines():
            lines.append((tile.bottom() + 1, way.path, False, "muted"))
        else:  # beside the tile, which is no higher than a line then
            painter.setFont(theme.font("small"))
            painter.setPen(theme.colour("muted"))
            beside = QRectF(tile.right() + 4, tile.center().y() - tall / 2, room.right() - tile.right() - 4, tall)
            if QFontMetricsF(theme.font("small")).horizontalAdvance(way.path) <= beside.width():
                painter.drawText(beside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, way.path)
        if self._lines() > 1 and way.key in self._left:
            lines.append((tile.bottom() + 1 + tall, f"{percent(self._left[way.key][1], 0)} off", False, "text"))
        for top, text, bold, colour in lines:
            font = theme.font("small", bold=bold)
            painter.setFont(font)
            painter.setPen(theme.colour(colour))
            wide = room.width() - GRID_PX / 2
            short = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(QRectF(room.left() + 1, top, wide, tall), Qt.AlignmentFlag.AlignLeft, short)

    # Reading

    def explanation(self, way: Way) -> str:
        """What a way does, with the numbers."""
        said = [f"{way.title.capitalize()}. {SAID[way.key]} Map: {way.path} px."]
        said.append(f"The network of the bench has {way.weights:,} weights and {way.macs:,} multiply-adds.")
        if way.key in self._left and self._moved_px:
            share = percent(self._left[way.key][1], 0)
            said.append(f"Your picture moved by {self._moved_px} px: {share} of the map is not the map moved along.")
        said.append("Compared; a click leaves it out." if way.on else "Not compared; a click takes it in.")
        return " ".join(said)

    def _place_at(self, point: QPointF) -> int | None:
        found = [place for place in range(len(self._ways)) if self.column(place).contains(point)]
        return found[0] if found else None

    def said_at(self, place: QPointF) -> str:
        """Explains what is under the pointer."""
        at = self._place_at(place)
        return "" if at is None else self.explanation(self._ways[at])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Compares a way, or no longer."""
        place = self._place_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._current = place
            self.toggled.emit(self._ways[place].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go to the next way, Space and Enter compare it."""
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is not None and self._ways:
            self._current = min(max(self._current + by, 0), len(self._ways) - 1)
            self._describe()
            QToolTip.showText(
                self.mapToGlobal(self.column(self._current).bottomLeft().toPoint()), self.accessibleDescription(), self
            )
            self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._ways:
            self.toggled.emit(self._ways[self._current].key)
        else:
            super().keyPressEvent(event)

    def _describe(self) -> None:
        if self._ways:
            self.setAccessibleDescription(self.explanation(self._ways[self._current]))

    def sizeHint(self) -> QSize:
        """Tiles in which a 7 can be told from a 1."""
        return QSize(70 * GRID_PX, _BEST_TILE_PX + int(3 * self._line_px()) + 4)

    def minimumSizeHint(self) -> QSize:
        """Names, sizes and a little picture."""
        side = _LARGE_TILE_PX if self._theme.small_px > _SMALL_PX else _LEAST_TILE_PX
        lines = 1 if side == _LARGE_TILE_PX else 2
        return QSize(40 * GRID_PX, side + int(lines * self._line_px()) + 2)
