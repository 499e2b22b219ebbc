"""Many small pictures in one widget: pictures of a data set, kernels, templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.ui.theme import SELECTION, Theme
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets._sight import show_part
from cnnstudio.ui.widgets.basic import by_keyboard
from cnnstudio.ui.widgets.draw_part import draw_part

Tiles = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a caption and its colour; None is the theme's muted text."""

    text: str
    colour: QColor | None = None


def as_rgb(images: Tiles) -> Tiles:
    """Pictures uint8 [n, channels, height, width] as tiles uint8 [n, height, width, 3]; one channel becomes grey."""
    last = np.moveaxis(images, 1, -1)
    if last.shape[-1] == 3:
        return np.ascontiguousarray(last)
    return np.ascontiguousarray(np.repeat(last[..., :1], 3, axis=-1))


class Mosaic(QWidget):
    """A grid of tiles, drawn from one image, with a caption under each.

    It is as high as its rows need, for the width that it has (or only the rows that fit, with `one_row`). Arrow keys go
    from tile to tile, Enter chooses.

    Signals:
        chosen(index): The student clicked a tile.
        hovered(index or None): The pointer or the keyboard is at a tile.

    Thread: GUI.
    """

    chosen = Signal(object)
    hovered = Signal(object)

    def __init__(
        self,
        theme: Theme,
        name: str,
        *,
        tile_px: int = 56,
        gap_px: int = 6,
        one_row: bool = False,
        outlined: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Makes an empty mosaic.

        Args:
            theme: The look.
            name: For the screen reader.
            tile_px: The width of a tile on screen.
            gap_px: Between two tiles.
            one_row: Whether only the tiles that fit into one row are shown.
            outlined: Whether a thin line goes around each tile: weights near zero are as white as the paper.
            parent: Its owner.
        """
        super().__init__(parent)
        self._theme, self._one_row, self._outlined = theme, one_row, outlined
        self._tile_px, self._gap_px = tile_px, gap_px
        self._image: QImage | None = None
        self._pixels: Tiles = np.zeros((0, 1, 1, 3), np.uint8)
        self._captions: tuple[tuple[Word, ...], ...] = ()
        self._tips: tuple[str, ...] = ()
        self._current: int | None = None
        self._selected: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return len(self._pixels)

    @property
    def tiles(self) -> Tiles:
        """uint8 [n, height, width, 3]."""
        return self._pixels

    @property
    def captions(self) -> list[str]:
        """The captions as plain text."""
        return [" ".join(word.text for word in words) for words in self._captions]

    def set_tiles(
        self,
        tiles: Tiles,
        captions: Sequence[Sequence[Word]] = (),
        tips: Sequence[str] = (),
        tile_px: int | None = None,
    ) -> None:
        """Shows other tiles.

        Args:
            tiles: uint8 [n, height, width, 3].
            captions: The words under each tile; empty for none.
            tips: What hovering a tile says; empty for nothing.
            tile_px: The width of a tile from now on.
        """
        self._pixels = tiles
        self._captions, self._tips = tuple(tuple(words) for words in captions), tuple(tips)
        self._tile_px = tile_px or self._tile_px
        if self._current is not None and self._current >= len(tiles):
            self._current = None
        self._selected = None
        n, height, width = tiles.shape[:3]
        self._image = image_of(tiles.reshape(n * height, width, 3)) if n else None
        self._fit()

    def set_tile_px(self, tile_px: int) -> None:
        """Draws the tiles in another size."""
        if tile_px != self._tile_px:
            self._tile_px = tile_px
            self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self._fit()

    def select(self, index: int | None) -> None:
        """Frames a tile without telling anybody."""
        self._selected = index
        self.update()

    @property
    def columns(self) -> int:
        """How many tiles stand side by side."""
        return max(1, (self.width() + self._gap_px) // (self._tile_px + self._gap_px))

    @property
    def visible_count(self) -> int:
        """How many tiles are drawn: all, or those that fit into one row."""
        return min(self.count, self.columns) if self._one_row else self.count

    def tile_rect(self, index: int) -> QRect:
        """The rectangle of a tile, without its caption, in px."""
        row, column = divmod(index, self.columns)
        step_y = self._tile_height() + self._caption_px() + self._gap_px
        return QRect(column * (self._tile_px + self._gap_px), row * step_y, self._tile_px, self._tile_height())

    def tile_at(self, position: QPointF | QPoint) -> int | None:
        """The tile under a point, its caption included, or None."""
        column = int(position.x()) // (self._tile_px + self._gap_px)
        row = int(position.y()) // (self._tile_height() + self._caption_px() + self._gap_px)
        index = row * self.columns + column
        if position.x() < 0 or position.y() < 0 or column >= self.columns or index >= self.visible_count:
            return None
        area = self.tile_rect(index).adjusted(0, 0, 0, self._caption_px())
        x, y = int(position.x()), int(position.y())
        return index if area.contains(x, y) else None

    def _tile_height(self) -> int:
        height, width = self._pixels.shape[1:3]
        return max(1, round(self._tile_px * int(height) / int(width)))

    def _caption_px(self) -> int:
        return QFontMetrics(self._theme.font("small")).height() + 2 if self._captions else 0

    def _fit(self) -> None:
        if self.minimumHeight() != (wanted := self.heightForWidth(self.width())):
            self.setFixedHeight(wanted)
        self.updateGeometry()
        self.update()

    def _go_to(self, index: int | None) -> None:
        if index != self._current:
            self._current = index
            self.hovered.emit(index)
            self.update()

    def _choose(self, index: int) -> None:
        self._selected = index
        self.update()
        self.chosen.emit(index)

    def _paint_tile(self, painter: QPainter, index: int) -> None:
        assert self._image is not None
        height, width = self._pixels.shape[1:3]
        area = self.tile_rect(index)
        draw_part(painter, area, self._image, QRect(0, index * height, width, height))
        if self._outlined:
            painter.setPen(self._theme.colour("line"))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        if index in (self._selected, self._current):
            selected = index == self._selected
            painter.setPen(QPen(QColor(SELECTION) if selected else self._theme.colour("muted"), 3 if selected else 2))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        if index < len(self._captions):
            self._paint_caption(painter, area, self._captions[index])

    def _paint_caption(self, painter: QPainter, area: QRect, words: Sequence[Word]) -> None:
        metrics = QFontMetrics(self._theme.font("small"))
        painter.setFont(self._theme.font("small"))
        space = metrics.horizontalAdvance(" ")
        left, room = area.left(), self._tile_px + self._gap_px - 1
        for word in words:
            text = metrics.elidedText(word.text, Qt.TextElideMode.ElideRight, max(0, room))
            painter.setPen(word.colour or self._theme.colour("muted"))
            painter.drawText(QPoint(left, area.bottom() + 1 + metrics.ascent()), text)
            wide = metrics.horizontalAdvance(text) + space
            left, room = left + wide, room - wide

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the tiles in sight."""
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for index in range(self.visible_count):
            if self.tile_rect(index).adjusted(0, 0, 0, self._caption_px()).intersects(event.rect()):
                self._paint_tile(painter, index)

    def event(self, event: QEvent) -> bool:
        """Explains the tile under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.tile_at(event.pos())
            if index is not None and index < len(self._tips):
                QToolTip.showText(event.globalPos(), self._tips[index], self, self.tile_rect(index))
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the tile under the pointer."""
        index = self.tile_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if index is not None else Qt.CursorShape.ArrowCursor)
        self._go_to(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a tile."""
        index = self.tile_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._go_to(index)
            self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from tile to tile; Enter or the space bar chooses."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self.columns, Qt.Key.Key_Down: self.columns}
        if event.key() in steps and self.visible_count:
            index = 0 if self._current is None else self._current + steps[Qt.Key(event.key())]
            self._go_to(min(max(index, 0), self.visible_count - 1))
            if self._current is not None:
                show_part(self, self.tile_rect(self._current))
            if self._current is not None and self._current < len(self._tips):
                place = self.mapToGlobal(self.tile_rect(self._current).bottomLeft())
                QToolTip.showText(place, self._tips[self._current], self)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._current is not None:
            self._choose(self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Marks a tile where the keyboard came."""
        if by_keyboard(event) and self._current is None and self.visible_count:
            self._go_to(0)
        super().focusInEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._go_to(None)

    def resizeEvent(self, event: Any) -> None:
        """Breaks the rows anew."""
        super().resizeEvent(event)
        self._fit()

    def hasHeightForWidth(self) -> bool:
        """Its height follows from its width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as its rows."""
        step = self._tile_height() + self._caption_px()
        columns = max(1, (width + self._gap_px) // (self._tile_px + self._gap_px))
        rows = 1 if self._one_row else max(1, -(-self.count // columns))
        return rows * step + (rows - 1) * self._gap_px

    def sizeHint(self) -> QSize:
        """A row of eight."""
        width = 8 * (self._tile_px + self._gap_px)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Two tiles."""
        return QSize(2 * (self._tile_px + self._gap_px), self._tile_height() + self._caption_px())
