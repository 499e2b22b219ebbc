"""One small picture with square pixels, under its own words: places may be hatched, and a region framed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.ui.theme import SELECTION, Theme
from cnnstudio.ui.widgets._cells import Colours, image_of
from cnnstudio.ui.widgets.basic import by_keyboard

Mask = NDArray[np.bool_]

STEPS: Final = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip
_LEAST_PX: Final = 56
_WANTED_PX: Final = 160
_WHOLE_FROM_PX: Final = 9
"""Cells of this size and more are a whole number of the screen's pixels, so that all look alike."""
_HATCH_ALPHA: Final = 150


class ShownMap(QWidget):
    """A picture as large as its room, in the upper left corner of it.

    Arrow keys, and dragging where `drags` is set, tell how far the student wants to move.

    Attributes:
        describe: Says what is at (row, column), for the tool tip.

    Signals:
        stepped((rows, columns)): An arrow key was pressed.
        dragged((row, column)): The pointer is held at a pixel.

    Thread: GUI.
    """

    stepped = Signal(object)
    dragged = Signal(object)

    def __init__(self, theme: Theme, name: str, *, keys: bool = False) -> None:
        """Makes it empty.

        Args:
            theme: The look.
            name: For the screen reader.
            keys: Whether it takes the keyboard's focus, for its arrow keys.
        """
        super().__init__()
        self._theme, self._name = theme, name
        self._colours: Colours = np.zeros((0, 0, 3), np.uint8)
        self._hatched: Mask | None = None
        self._framed: Mask | None = None
        self._said = ""
        self.describe: Callable[[int, int], str] | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if keys else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def colours(self) -> Colours:
        """uint8 [rows, columns, 3], as shown."""
        return self._colours

    @property
    def hatched(self) -> Mask | None:
        """Which places are hatched."""
        return self._hatched

    def set_map(
        self, colours: Colours, *, hatched: Mask | None = None, framed: Mask | None = None, said: str = ""
    ) -> None:
        """Shows another picture.

        Args:
            colours: uint8 [rows, columns, 3].
            hatched: Bool [rows, columns], places that are marked apart.
            framed: Bool [rows, columns], one region that is framed.
            said: What it shows, for the screen reader.
        """
        self._colours, self._hatched, self._framed = colours, hatched, framed
        self.setAccessibleName(f"{self._name}: {said}" if said else self._name)
        self.update()

    def say(self, text: str) -> None:
        """Writes why there is no picture into its place; "" writes nothing."""
        if text != self._said:
            self._said = text
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def area(self) -> QRectF:
        """Where the picture is drawn, in px."""
        rows, columns = self._colours.shape[:2]
        if not rows or not columns:
            return QRectF(0, 0, self.width(), self.height())
        cell = min((self.width() - 1) / columns, (self.height() - 1) / rows)
        ratio = self.devicePixelRatioF()
        cell = int(cell * ratio) / ratio if cell * ratio >= _WHOLE_FROM_PX else cell
        return QRectF(0, 0, columns * cell, rows * cell)

    def cell_at(self, position: QPointF | QPoint, *, nearest: bool = False) -> tuple[int, int] | None:
        """The pixel under a point; with `nearest` the one nearest to it."""
        rows, columns = self._colours.shape[:2]
        area = self.area()
        if not rows or not columns:
            return None
        row, column = (
            int(np.floor(position.y() / area.height() * rows)), int(np.floor(position.x() / area.width() * columns))
        )  # fmt: skip
        if nearest:
            return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a pixel is drawn."""
        rows, columns = self._colours.shape[:2]
        area = self.area()
        wide, high = area.width() / columns, area.height() / rows
        return QRectF(column * wide, row * high, wide, high)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints picture, hatching, frame and words."""
        painter, area = QPainter(self), self.area()
        if self._colours.size:
            painter.drawImage(area, image_of(self._colours))
            self.paint_over(painter, area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.colour("muted" if self.hasFocus() else "outline"), 2 if self.hasFocus() else 1))
        painter.drawRect(area.adjusted(0, 0, 0, 0))
        if self._said:
            painter.setFont(self._theme.font("small"))
            painter.setPen(self._theme.colour("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(4, 4, -4, -4), flags, self._said)

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        """Paints what lies over the picture."""
        if self._hatched is not None and self._hatched.any():
            self.paint_hatching(painter, self._hatched, area)
        if self._framed is not None:
            painter.setPen(QPen(QColor(SELECTION), 2))
            self.paint_border(painter, self._framed)

    def paint_hatching(self, painter: QPainter, mask: Mask, area: QRectF) -> None:
        """Slanting lines over some places; grey, so that they can be seen on light and on dark."""
        painter.save()
        painter.setClipRect(area)
        wide, high = area.width() / mask.shape[1], area.height() / mask.shape[0]
        grey = QColor("#808080")
        grey.setAlpha(_HATCH_ALPHA)
        brush = QBrush(grey, Qt.BrushStyle.BDiagPattern)
        for row in range(mask.shape[0]):
            for start, stop in _stretches(mask[row]):
                painter.fillRect(QRectF(start * wide, row * high, (stop - start) * wide, high), brush)
        painter.restore()

    def paint_border(self, painter: QPainter, mask: Mask) -> None:
        """A line between the places of a mask and the others, with the painter's pen."""
        area = self.area()
        wide, high = area.width() / mask.shape[1], area.height() / mask.shape[0]
        padded = np.pad(mask, 1)
        for row, column in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]):
            painter.drawLine(QPointF(column * wide, row * high), QPointF((column + 1) * wide, row * high))
        for row, column in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]):
            painter.drawLine(QPointF(column * wide, row * high), QPointF(column * wide, (row + 1) * high))

    # What a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of a place."""
        cell = self.cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.dragged.emit(cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags on."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            cell = self.cell_at(event.position(), nearest=True)
            if cell is not None:
                self.dragged.emit(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys."""
        if event.key() in STEPS and self.focusPolicy() != Qt.FocusPolicy.NoFocus:
            self.stepped.emit(STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Says what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.describe is not None:
            cell = self.cell_at(event.pos())
            QToolTip.showText(event.globalPos(), self.describe(*cell), self) if cell else QToolTip.hideText()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows a frame, and by keyboard the tip."""
        super().focusInEvent(event)
        if by_keyboard(event) and self.toolTip():
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self.toolTip(), self)
        self.update()

    def resizeEvent(self, event: Any) -> None:
        """Paints anew."""
        super().resizeEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        """A picture in a row of four."""
        return QSize(_WANTED_PX, _WANTED_PX)

    def minimumSizeHint(self) -> QSize:
        """Two screen pixels to a pixel of MNIST."""
        return QSize(_LEAST_PX, _LEAST_PX)


def _stretches(row: Mask) -> list[tuple[int, int]]:
    """Where a row is set: first place and the one after the last, for every stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]
