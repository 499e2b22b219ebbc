"""What a unit reads, times its weights, is its products: three planes of numbers or, where they are many, pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._cells import Colours, number
from cnnstudio.ui.widgets.basic import ElidedLabel, label
from cnnstudio.ui.widgets.number_grid import NumberGrid
from cnnstudio.ui.widgets.stepped_picture import SteppedPicture

Cell = tuple[int, int]
Sayer = Callable[[Cell], str]

MOST_NUMBERS: Final = 11
"""Planes of up to so many rows and columns are written as numbers; larger ones are pictures."""

EDGE_PX: Final = 4
"""What a picture's frame takes of its width and height."""

_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_WANTED_PX: Final = 150
_LEAST_PX: Final = 64
_HIGHEST_CELL_PX: Final = 44


class _Grid(NumberGrid):
    """Numbers that can say what they are, and be entered.

    Thread: GUI.
    """

    entered = Signal(object)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme, name)
        self.sayer: Sayer | None = None

    def say(self, cell: Cell) -> str:
        """What its owner says of a cell."""
        return self.sayer(cell) if self.sayer is not None else super().say(cell)

    @property
    def cell_px(self) -> float:
        """Cells no larger than a number needs."""
        return min(super().cell_px, float(_HIGHEST_CELL_PX))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Enters a cell."""
        cell = self.cell_at(event.position())
        if cell is not None:
            self.entered.emit(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter enters; the rest as in every grid."""
        if event.key() in _ENTER and self.current is not None:
            self.entered.emit(self.current)
        else:
            super().keyPressEvent(event)


class FittedPicture(SteppedPicture):
    """A picture whose rows and columns may differ in number: as large as fits.

    Thread: GUI.
    """

    @property
    def cell_px(self) -> float:
        """Width and height of a cell, in px."""
        rows, columns = self.shape
        if not rows or not columns:
            return 0.0
        return float(max(1.0, min((self.width() - EDGE_PX) / columns, (self.height() - EDGE_PX) / rows)))


class _Sheet(FittedPicture):
    """A plane as a picture; the pointer or the arrow keys are at one cell of it.

    Thread: GUI.
    """

    entered = Signal(object)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme, name)
        self.sayer: Sayer | None = None
        self._at: Cell = (0, 0)
        self.stepped.connect(self._on_stepped)

    def say(self, cell: Cell) -> str:
        """What its owner says of a cell."""
        return self.sayer(cell) if self.sayer is not None else super().say(cell)

    @Slot(object)
    def _on_stepped(self, way: Cell) -> None:
        rows, columns = self.shape
        if rows and columns:
            self._at = min(max(self._at[0] + way[0], 0), rows - 1), min(max(self._at[1] + way[1], 0), columns - 1)
            self.hovered.emit(self._at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Enters a cell."""
        cell = self.cell_at(event.position())
        if cell is not None:
            self.entered.emit(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter enters; the rest as in every picture."""
        rows, columns = self.shape
        if event.key() in _ENTER and self._at[0] < rows and self._at[1] < columns:
            self.entered.emit(self._at)
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        """A small square."""
        return QSize(_LEAST_PX, _LEAST_PX)


class UnitPlane(QWidget):
    """One plane of numbers under its heading.

    Signals:
        hovered(cell or None): The pointer or the keyboard is at (row, column).
        entered(cell): A double click or Enter at (row, column).

    Thread: GUI.
    """

    hovered = Signal(object)
    entered = Signal(object)

    def __init__(self, theme: Theme, name: str, tip: str) -> None:
        """Makes it empty; `name` is its heading."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.heading = ElidedLabel("heading")
        self.heading.set_whole(name)
        self.heading.setToolTip(tip)
        self.grid, self.sheet = _Grid(theme, name), _Sheet(theme, name)
        self.sheet.setToolTip(tip)
        self._stack = QStackedWidget()
        for part in (self.grid, self.sheet):
            part.setAccessibleDescription(tip)
            part.hovered.connect(self.hovered)
            part.entered.connect(self.entered)
            self._stack.addWidget(part)
        self._stack.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column.addWidget(self.heading)
        column.addWidget(self._stack, 1)

    @property
    def is_numbers(self) -> bool:
        """Whether it is written as numbers."""
        return self._stack.currentWidget() is self.grid

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.grid.set_theme(theme)
        self.sheet.set_theme(theme)

    def show_plane(
        self, values: NDArray[np.floating[Any]], colours: Colours, absent: NDArray[np.bool_] | None, sayer: Sayer
    ) -> None:
        """Shows other numbers.

        Args:
            values: [rows, columns].
            colours: uint8 [rows, columns, 3].
            absent: bool [rows, columns], cells that are hatched because they are padding.
            sayer: Says a cell in words.
        """
        self.grid.sayer = self.sheet.sayer = sayer
        if max(values.shape) <= MOST_NUMBERS:
            beyond = np.isnan(values) & absent if absent is not None else np.zeros(values.shape, bool)
            texts = None
            if beyond.any():
                texts = [
                    [
                        "" if beyond[row, column] else number(float(values[row, column]))
                        for column in range(values.shape[1])
                    ]
                    for row in range(values.shape[0])
                ]
            self.grid.set_values(values, colours, texts=texts, absent=absent)
            self._stack.setCurrentWidget(self.grid)
        else:
            inner = _inner(absent) if absent is not None else None
            self.sheet.set_picture(colours, values, inner)
            self._stack.setCurrentWidget(self.sheet)

    def mark(self, cell: Cell | None) -> None:
        """Frames one cell."""
        self.grid.mark(cell)
        self.sheet.set_window((*cell, 1, 1) if cell is not None and not self.is_numbers else None)

    def sizeHint(self) -> QSize:
        """A comfortable square."""
        return QSize(_WANTED_PX, _WANTED_PX)


def _inner(absent: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Top, left, height and width of what is not padding, or None where nothing is padding."""
    if not absent.any() or absent.all():
        return None
    rows, columns = np.flatnonzero(~absent.all(axis=1)), np.flatnonzero(~absent.all(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)


def columns_of(count: int) -> int:
    """How many numbers of a list stand in a row, so that the rows are full where that can be, and about a square."""
    root = math.isqrt(count - 1) + 1 if count > 1 else 1
    return next((wide for wide in range(root, 2 * root + 1) if count % wide == 0), root)


class Folded:
    """How a window [maps, rows, columns] is laid out in planes: one for each map, or a list folded into a square."""

    def __init__(self, maps: int, rows: int, columns: int) -> None:
        """A window whose maps are single numbers, or a list in one row, becomes one plane."""
        self.maps, self.rows, self.columns = maps, rows, columns
        self.is_list = (rows * columns == 1 and maps > 1) or (maps == 1 and rows == 1 and columns > MOST_NUMBERS)
        self.count = maps * rows * columns if self.is_list else 0
        self.side = columns_of(self.count) if self.is_list else 0

    @property
    def planes(self) -> int:
        """How many planes there are."""
        return 1 if self.is_list else self.maps

    def plane(self, values: NDArray[np.floating[Any]], place: int) -> NDArray[np.float64]:
        """One plane of an array [maps, rows, columns]; what is beyond the end of a list is NaN."""
        if not self.is_list:
            return np.asarray(values[place], np.float64)
        high = math.ceil(self.count / self.side)
        laid = np.full(high * self.side, np.nan)
        laid[: self.count] = values.reshape(-1)
        return laid.reshape(high, self.side)

    def index(self, place: int, cell: Cell) -> tuple[int, int, int] | None:
        """(map, row, column) of a cell of a plane; None beyond the end of a list."""
        if not self.is_list:
            return place, *cell
        number = cell[0] * self.side + cell[1]
        if number >= self.count:
            return None
        return (number, 0, 0) if self.maps > 1 else (0, 0, number)

    def cell(self, index: tuple[int, int, int]) -> tuple[int, Cell]:
        """Plane and cell of (map, row, column)."""
        if not self.is_list:
            return index[0], (index[1], index[2])
        number = index[0] if self.maps > 1 else index[2]
        return 0, divmod(number, self.side)


class PlaneRow(QWidget):
    """Read × weights = products; only the first where there are no weights.

    Signals:
        hovered(cell or None): The pointer or the keyboard is at (row, column) of any of them.
        entered(cell): A double click or Enter there.

    Thread: GUI.
    """

    hovered = Signal(object)
    entered = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes the planes."""
        super().__init__()
        self.read = UnitPlane(
            theme, "What it reads", "The numbers in the unit's window. Double-click one, or press Enter, to go there."
        )
        self.weights = UnitPlane(theme, "Weights", "Green is above zero, white is zero, purple is below.")
        self.products = UnitPlane(theme, "Products", "Each number times its weight.")
        self.signs = label("×", "muted"), label("=", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        parts = (self.read, self.signs[0], self.weights, self.signs[1], self.products)
        for part in parts:
            row.addWidget(part, 1 if isinstance(part, UnitPlane) else 0)
        for plane in self.planes:
            plane.hovered.connect(self._on_hovered)
            plane.entered.connect(self.entered)

    @property
    def planes(self) -> tuple[UnitPlane, UnitPlane, UnitPlane]:
        """All three."""
        return self.read, self.weights, self.products

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for plane in self.planes:
            plane.set_theme(theme)

    def set_weighted(self, weighted: bool) -> None:
        """Shows weights and products, or not."""
        for part in (self.weights, self.products, *self.signs):
            part.setVisible(weighted)

    def height_for(self, width_px: int, rows: int, columns: int) -> int:
        """The height that planes of so many rows and columns can fill at a width, in px."""
        weighted = self.weights.isVisibleTo(self)
        signs_px = sum(sign.sizeHint().width() + 2 * GRID_PX for sign in self.signs) if weighted else 0
        cell_px = (width_px - signs_px) / (3 if weighted else 1) / max(1, columns)
        if max(rows, columns) <= MOST_NUMBERS:
            cell_px = min(cell_px, _HIGHEST_CELL_PX)
        return max(_LEAST_PX, round(cell_px * rows)) + self.read.heading.sizeHint().height() + GRID_PX

    @Slot(object)
    def _on_hovered(self, cell: Cell | None) -> None:
        for plane in self.planes:
            plane.mark(cell)
        self.hovered.emit(cell)
