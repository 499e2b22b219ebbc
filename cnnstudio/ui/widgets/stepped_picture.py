"""A picture with square pixels and a window on it that can be moved: by pointer, by keys, by whoever owns it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
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
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.ui.theme import SELECTION, Theme
from cnnstudio.ui.widgets._cells import Colours, cell_font, image_of, number, paint_number
from cnnstudio.ui.widgets.basic import by_keyboard
from cnnstudio.ui.widgets.explained import Explained

_LEAST_FRAME_PX: Final = 7
"""A window on a large picture is framed no smaller than this, or it could not be found."""

_FRAME_PX: Final = 2
_LEAST_PX: Final = 96
_WANTED_PX: Final = 280
_LINES_FROM_PX: Final = 14
"""Cells of this size and more are divided by lines."""

_WHOLE_FROM_PX: Final = 9
"""Cells of this size and more are a whole number of the screen's pixels, so that all look alike."""

_STEPS: Final = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class SteppedPicture(Explained):
    """A picture as large as its room lets it be, its padding around it, and a yellow window.

    Rows and columns count from the upper left corner of all that is shown, padding included.

    Signals:
        picked(cell): The student clicked, or dragged to, (row, column).
        hovered(cell or None): The pointer is over (row, column).
        stepped((rows, columns)): An arrow key wants the window to move.
        jumped("first" or "last"): Home or End was pressed.
        toggled(): The space bar was pressed.

    Thread: GUI.
    """

    picked = Signal(object)
    hovered = Signal(object)
    stepped = Signal(object)
    jumped = Signal(object)
    toggled = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        """Makes it empty; `name` is for the screen reader."""
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._colours: Colours = np.zeros((0, 0, 3), np.uint8)
        self._values: NDArray[np.floating[Any]] | None = None
        self._inner: QRectF | None = None
        self._image: QImage | None = None
        self._scaled: QPixmap | None = None
        self._window: tuple[int, int, int, int] | None = None
        self._cells: tuple[tuple[int, int], ...] = ()
        self._hover: tuple[int, int] | None = None
        self._ring = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns shown, padding included."""
        height, width = self._colours.shape[:2]
        return int(height), int(width)

    @property
    def window_area(self) -> tuple[int, int, int, int] | None:
        """Top, left, height and width of the window, in cells."""
        return self._window

    @property
    def colours(self) -> Colours:
        """uint8 [rows, columns, 3], as shown."""
        return self._colours

    def set_picture(
        self,
        colours: Colours,
        values: NDArray[np.floating[Any]] | None = None,
        inner: tuple[int, int, int, int] | None = None,
    ) -> None:
        """Shows another picture.

        Args:
            colours: uint8 [rows, columns, 3], padding included.
            values: [rows, columns], written into the cells where they are large enough, and into the tool tip.
            inner: Top, left, height and width of the picture itself, where there is padding around it.
        """
        if colours.shape != self._colours.shape:
            self._hover = None
        self._colours, self._values = colours, values
        self._inner = QRectF(inner[1], inner[0], inner[3], inner[2]) if inner is not None else None
        self._image = image_of(colours) if colours.size else None
        self._scaled = None
        self.update()

    def set_window(self, area: tuple[int, int, int, int] | None, cells: Sequence[tuple[int, int]] = ()) -> None:
        """Frames a window: top, left, height and width in cells; `cells` are marked too (a dilated window's)."""
        cells = tuple(cells)
        if (area, cells) != (self._window, self._cells):
            self._window, self._cells = area, cells
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    @property
    def cell_px(self) -> float:
        """Width and height of a cell, in px; below 1 where the picture is larger than its room."""
        rows, columns = self.shape
        if not rows or not columns:
            return 0.0
        size = max(1.0, min(self.width() - 2 * _FRAME_PX, self.height() - 2 * _FRAME_PX)) / max(rows, columns)
        ratio = self.devicePixelRatioF()
        whole = int(size * ratio)
        return whole / ratio if whole >= _WHOLE_FROM_PX else size

    def cell_rect(self, row: float, column: float, height: float = 1, width: float = 1) -> QRectF:
        """The rectangle of a cell, or of several, in px."""
        size = self.cell_px
        return QRectF(_FRAME_PX + column * size, _FRAME_PX + row * size, width * size, height * size)

    def cell_at(self, position: QPointF | QPoint, *, nearest: bool = False) -> tuple[int, int] | None:
        """The cell under a point, or None; with `nearest`, the one that is nearest to it."""
        (rows, columns), size = self.shape, self.cell_px
        if not rows or not columns or not size:
            return None
        row, column = int((position.y() - _FRAME_PX) // size), int((position.x() - _FRAME_PX) // size)
        if nearest:
            return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints picture, lines, numbers and window."""
        if self._image is None:
            return
        painter, size = QPainter(self), self.cell_px
        rows, columns = self.shape
        whole = self.cell_rect(0, 0, rows, columns)
        painter.drawPixmap(whole, self._pixmap(whole), QRectF(self._pixmap(whole).rect()))
        if size >= _LINES_FROM_PX:
            self._paint_lines(painter, whole)
        self._paint_numbers(painter, size)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge = self._theme.colour("muted" if self._ring else "outline")
        painter.setPen(QPen(edge, _FRAME_PX if self._ring else 1))
        painter.drawRect(whole)
        if self._inner is not None:
            painter.setPen(QPen(self._theme.colour("faint"), 1))
            inner = self._inner
            painter.drawRect(self.cell_rect(inner.top(), inner.left(), inner.height(), inner.width()))
        self._paint_window(painter)

    def _pixmap(self, whole: QRectF) -> QPixmap:
        """The picture at the size of the screen's own pixels; made once for each size."""
        assert self._image is not None
        ratio = self.devicePixelRatioF()
        wide, high = max(1, round(whole.width() * ratio)), max(1, round(whole.height() * ratio))
        if self._scaled is None or (self._scaled.width(), self._scaled.height()) != (wide, high):
            shrinks = wide < self._image.width()
            how = Qt.TransformationMode.SmoothTransformation if shrinks else Qt.TransformationMode.FastTransformation
            self._scaled = QPixmap.fromImage(self._image.scaled(wide, high, Qt.AspectRatioMode.IgnoreAspectRatio, how))
        return self._scaled

    def _paint_lines(self, painter: QPainter, whole: QRectF) -> None:
        tint = QColor("#808080")
        tint.setAlpha(70)
        painter.setPen(QPen(tint, 1))
        (rows, columns), size = self.shape, self.cell_px
        for row in range(1, rows):
            y = whole.top() + row * size
            painter.drawLine(QPointF(whole.left(), y), QPointF(whole.right(), y))
        for column in range(1, columns):
            x = whole.left() + column * size
            painter.drawLine(QPointF(x, whole.top()), QPointF(x, whole.bottom()))

    def _paint_numbers(self, painter: QPainter, size: float) -> None:
        if self._values is None:
            return
        font = cell_font(self._theme.font("body"), size, self._theme.small_px)
        if font is None:
            return
        painter.setFont(font)
        for row, column in np.ndindex(self.shape):
            text = number(float(self._values[row, column]))
            paint_number(painter, self.cell_rect(row, column), text, self._colours[row, column])

    def _paint_window(self, painter: QPainter) -> None:
        if self._window is None:
            return
        painter.setPen(QPen(QColor(SELECTION), 1))
        if self.cell_px > 2:
            for row, column in self._cells:
                painter.drawRect(self.cell_rect(row, column).adjusted(0.5, 0.5, -0.5, -0.5))
        frame = self.cell_rect(*self._window)
        short = max(0.0, (_LEAST_FRAME_PX - frame.width()) / 2), max(0.0, (_LEAST_FRAME_PX - frame.height()) / 2)
        painter.setPen(QPen(QColor(SELECTION), _FRAME_PX))
        painter.drawRect(frame.adjusted(-short[0], -short[1], short[0], short[1]))

    # What a person does

    def _hover_at(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hover:
            self._hover = cell
            self.hovered.emit(cell)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Picks a cell."""
        cell = self.cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Picks while the button is held, else tells where the pointer is."""
        cell = self.cell_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton:
            nearest = self.cell_at(event.position(), nearest=True)
            if nearest is not None and nearest != self._hover:
                self.picked.emit(nearest)
            cell = nearest
        self.setCursor(Qt.CursorShape.PointingHandCursor if cell else Qt.CursorShape.ArrowCursor)
        self._hover_at(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home, End and the space bar."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            self.stepped.emit(_STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.jumped.emit("first" if key == Qt.Key.Key_Home else "last")
        elif key == Qt.Key.Key_Space:
            self.toggled.emit()
        else:
            super().keyPressEvent(event)

    def said_at(self, place: QPointF) -> str:
        """Says the number under the pointer."""
        cell = self.cell_at(place)
        return self.say(cell) if cell else ""

    def say(self, cell: tuple[int, int]) -> str:
        """A cell in words; rows and columns count from the picture's own corner."""
        top, left = (int(self._inner.top()), int(self._inner.left())) if self._inner is not None else (0, 0)
        place = f"{self._name}, row {cell[0] - top}, column {cell[1] - left}"
        inside = self._inner is None or self._inner.contains(QPointF(cell[1] + 0.5, cell[0] + 0.5))
        value = "" if self._values is None else f": {self._values[cell]:.6g}"
        return f"{place}{value}{'' if inside else ' (padding)'}"

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows a frame where the focus came by keyboard."""
        self._ring = by_keyboard(event)
        if self._ring:
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self.toolTip(), self)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts the frame away."""
        self._ring = False
        super().focusOutEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        self._hover_at(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draws it in its new size."""
        super().resizeEvent(event)
        self._scaled = None

    def sizeHint(self) -> QSize:
        """A comfortable square."""
        return QSize(_WANTED_PX, _WANTED_PX)

    def minimumSizeHint(self) -> QSize:
        """A small square."""
        return QSize(_LEAST_PX, _LEAST_PX)
