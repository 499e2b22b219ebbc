"""A small grid of numbers, each in its colour: a patch, a kernel, their products. It may be typed into and drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.ui.theme import SELECTION, Theme
from cnnstudio.ui.widgets._cell_editor import CellEditor
from cnnstudio.ui.widgets._cells import WIDEST, Colours, cell_font, image_of, number, paint_number
from cnnstudio.ui.widgets.basic import by_keyboard
from cnnstudio.ui.widgets.explained import Explained

_LEAST_CELL_PX: Final = 8
_WANTED_CELL_PX: Final = 40
_WHEEL_STEP: Final = 0.1
_TYPED: Final = "0123456789.,-+"
_ARROWS: Final = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class NumberGrid(Explained):
    """Rows and columns of numbers on coloured cells, as large as fits, in the upper left corner of its room.

    Arrow keys go from cell to cell. Where it is editable: typing a digit, Enter or a double click opens a field in the
    cell; dragging draws `brush` (minus `brush` with the right button) into every cell that the pointer crosses; the
    wheel and the keys + and - nudge; Delete sets zero.

    Signals:
        edited(values): The student changed cells; float64 [rows, columns].
        failed(report): What is being typed is no number (an `ErrorReport`), or is one again (None).
        hovered(cell or None): The pointer or the keyboard is at (row, column).

    Thread: GUI.
    """

    edited = Signal(object)
    failed = Signal(object)
    hovered = Signal(object)

    def __init__(self, theme: Theme, name: str, *, editable: bool = False, parent: QWidget | None = None) -> None:
        """Makes an empty grid; `name` is for the screen reader."""
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self._colours: Colours = np.zeros((0, 0, 3), np.uint8)
        self._texts: tuple[tuple[str, ...], ...] | None = None
        self._absent: NDArray[np.bool_] | None = None
        self._marked: tuple[int, int] | None = None
        self._current: tuple[int, int] | None = None
        self._editable = editable
        self._pressed: tuple[int, int] | None = None
        self._drawing = 0.0
        self._editor: CellEditor | None = None
        self.brush = 1.0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def values(self) -> NDArray[np.float64]:
        """float64 [rows, columns]."""
        return self._values

    @property
    def current(self) -> tuple[int, int] | None:
        """The cell under the pointer or the keyboard."""
        return self._current

    def set_values(
        self,
        values: NDArray[np.floating[Any]],
        colours: Colours,
        *,
        texts: Sequence[Sequence[str]] | None = None,
        absent: NDArray[np.bool_] | None = None,
    ) -> None:
        """Shows other numbers.

        Args:
            values: [rows, columns].
            colours: uint8 [rows, columns, 3].
            texts: What the cells say; None writes the numbers.
            absent: bool [rows, columns], cells that are hatched because nothing of the picture is there.
        """
        if values.shape != self._values.shape:
            self._current = self._pressed = self._marked = None
            self._close_editor()
            self.updateGeometry()
        self._values, self._colours = np.array(values, np.float64), colours
        self._texts = tuple(tuple(row) for row in texts) if texts is not None else None
        self._absent = absent
        self.update()

    def mark(self, cell: tuple[int, int] | None) -> None:
        """Frames one cell, as in the largest of a window; None frames nothing."""
        self._marked = cell
        self.update()

    def set_editable(self, editable: bool) -> None:
        """Lets the student change the numbers, or not."""
        self._editable = editable
        if not editable:
            self._close_editor()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    @property
    def cell_px(self) -> float:
        """Width and height of a cell."""
        rows, columns = self._values.shape
        if not rows or not columns:
            return 0.0
        return float(max(1.0, min((self.width() - 1) / columns, (self.height() - 1) / rows)))

    def cell_rect(self, row: int, column: int) -> QRectF:
        """The rectangle of a cell, in px."""
        size = self.cell_px
        return QRectF(column * size, row * size, size, size)

    def cell_at(self, position: QPointF | QPoint) -> tuple[int, int] | None:
        """The cell under a point, or None."""
        size = self.cell_px
        if not size or position.x() < 0 or position.y() < 0:
            return None
        row, column = int(position.y() / size), int(position.x() / size)
        inside = row < self._values.shape[0] and column < self._values.shape[1]
        return (row, column) if inside else None

    def say(self, cell: tuple[int, int]) -> str:
        """A cell in words, with all its digits."""
        row, column = cell
        lies = self._absent is not None and bool(self._absent[row, column])
        outside = ", outside the picture" if lies else ""
        return f"{self._name}, row {row}, column {column}: {self._values[row, column]:.6g}{outside}"

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints cells, numbers and marks."""
        rows, columns = self._values.shape
        if not rows or not columns:
            return
        painter, size = QPainter(self), self.cell_px
        painter.drawImage(QRectF(0, 0, columns * size, rows * size), image_of(self._colours))
        self._paint_absent(painter)
        self._paint_lines(painter)
        font = cell_font(self._theme.font("body"), size, self._theme.body_px, self._widest())
        if font is not None:
            painter.setFont(font)
            for row in range(rows):
                for column in range(columns):
                    area = self.cell_rect(row, column)
                    paint_number(painter, area, self._text(row, column), self._colours[row, column])
        self._paint_marks(painter)

    def _text(self, row: int, column: int) -> str:
        return self._texts[row][column] if self._texts is not None else number(float(self._values[row, column]))

    def _widest(self) -> str:
        texts = [self._text(*cell) for cell in np.ndindex(self._values.shape)]
        return max(texts if self._texts is not None else [WIDEST, *texts], key=len, default="") or WIDEST

    def _paint_absent(self, painter: QPainter) -> None:
        if self._absent is not None:
            hatch = self._theme.colour("faint")
            hatch.setAlpha(110)
            for row, column in np.argwhere(self._absent):
                painter.fillRect(self.cell_rect(int(row), int(column)), QBrush(hatch, Qt.BrushStyle.BDiagPattern))

    def _paint_lines(self, painter: QPainter) -> None:
        rows, columns = self._values.shape
        size = self.cell_px
        painter.setPen(QPen(self._theme.colour("line"), 1))
        for row in range(rows + 1):
            painter.drawLine(QPointF(0, row * size), QPointF(columns * size, row * size))
        for column in range(columns + 1):
            painter.drawLine(QPointF(column * size, 0), QPointF(column * size, rows * size))

    def _paint_marks(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._marked is not None:
            painter.setPen(QPen(QColor(SELECTION), 3))
            painter.drawRect(self.cell_rect(*self._marked).adjusted(1.5, 1.5, -1.5, -1.5))
        if self._current is not None:
            painter.setPen(QPen(self._theme.colour("muted"), 2))
            painter.drawRect(self.cell_rect(*self._current).adjusted(1, 1, -1, -1))

    # What a person does

    def _go_to(self, cell: tuple[int, int] | None) -> None:
        if cell != self._current:
            self._current = cell
            self.hovered.emit(cell)
            self.update()

    def _set(self, cell: tuple[int, int], value: float) -> None:
        if self._values[cell] != value:
            self._values = self._values.copy()
            self._values[cell] = value
            self.edited.emit(self._values)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of a cell; it is drawn on when the pointer moves on."""
        cell = self.cell_at(event.position())
        self._close_editor()
        self._go_to(cell)
        buttons = {Qt.MouseButton.LeftButton: self.brush, Qt.MouseButton.RightButton: -self.brush}
        if cell is not None and self._editable and event.button() in buttons:
            self._pressed, self._drawing = cell, buttons[event.button()]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draws while a button is held, else shows where the pointer is."""
        cell = self.cell_at(event.position())
        if self._pressed is not None and cell is not None and cell != self._pressed:
            values = self._values.copy()
            for at in (self._pressed, cell):
                values[at] = self._drawing
            self._pressed, self._values = cell, values
            self.edited.emit(values)
        self.setCursor(Qt.CursorShape.CrossCursor if self._editable and cell else Qt.CursorShape.ArrowCursor)
        self._go_to(cell)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drawing."""
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens a field in the cell."""
        cell = self.cell_at(event.position())
        if cell is not None and self._editable:
            self._pressed = None
            self._go_to(cell)
            self._open_editor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nudges the cell under the pointer."""
        cell = self.cell_at(event.position())
        if cell is None or not self._editable or not self.hasFocus():
            event.ignore()
            return
        self._nudge(cell, 1 if event.angleDelta().y() > 0 else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from cell to cell; changes it where that is allowed."""
        key, cell = Qt.Key(event.key()), self._current
        rows, columns = self._values.shape
        if key in _ARROWS and rows and columns:
            down, right = _ARROWS[key]
            row, column = cell if cell is not None else (-down if down > 0 else 0, -right if right > 0 else 0)
            self._go_to((min(max(row + down, 0), rows - 1), min(max(column + right, 0), columns - 1)))
            assert self._current is not None
            QToolTip.showText(self._below(), self.say(self._current), self)
        elif not self._editable or cell is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self._open_editor()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._set(cell, 0.0)
        elif event.text() and event.text() in _TYPED:
            self._open_editor(event.text())
        else:
            super().keyPressEvent(event)

    def _nudge(self, cell: tuple[int, int], way: int) -> None:
        self._set(cell, round(float(self._values[cell]) + way * _WHEEL_STEP, 10))

    def _below(self) -> QPoint:
        assert self._current is not None
        return self.mapToGlobal(self.cell_rect(*self._current).bottomLeft().toPoint())

    def _open_editor(self, text: str = "") -> None:
        assert self._current is not None
        self._close_editor()
        old = f"{self._values[self._current]:.6g}"
        area = self.cell_rect(*self._current).toRect()
        editor = CellEditor(self, area, self.say(self._current), text or old, typed=bool(text))
        editor.failed.connect(self.failed)
        editor.left.connect(self._close_editor)
        editor.taken.connect(self._take)
        self._editor = editor
        editor.show()
        editor.setFocus()

    @Slot(object)
    def _take(self, value: float) -> None:
        if self._current is not None:
            self._set(self._current, value)

    @Slot()
    def _close_editor(self) -> None:
        if self._editor is not None:
            editor, self._editor = self._editor, None
            had_focus = editor.hasFocus()
            editor.hide()
            editor.deleteLater()
            if had_focus:
                self.setFocus()
            self.failed.emit(None)

    def said_at(self, place: QPointF) -> str:
        """Explains the cell under the pointer."""
        cell = self.cell_at(place)
        return self.say(cell) if cell else ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Marks a cell where the keyboard came."""
        if by_keyboard(event) and self._current is None and self._values.size:
            self._go_to((0, 0))
        super().focusInEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._go_to(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A field that is open stays over its cell."""
        super().resizeEvent(event)
        if self._editor is not None and self._current is not None:
            self._editor.place(self.cell_rect(*self._current).toRect())

    def sizeHint(self) -> QSize:
        """Cells that hold a number."""
        rows, columns = self._values.shape
        return QSize(max(1, columns) * _WANTED_CELL_PX + 1, max(1, rows) * _WANTED_CELL_PX + 1)

    def minimumSizeHint(self) -> QSize:
        """Cells that can be told apart."""
        rows, columns = self._values.shape
        return QSize(max(1, columns) * _LEAST_CELL_PX + 1, max(1, rows) * _LEAST_CELL_PX + 1)
