"""Cells with a picture each, in as many columns as let the pictures be largest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import ElidedLabel
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.shown_map import ShownMap

_LEAST_PX: Final = 96
_CORNER_PX: Final = 6
_DASHES: Final = (4, 3)


class Said(QWidget):
    """A line below a picture, and smaller ones below that.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Makes them empty."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.first, self.second, self.third = ElidedLabel(), ElidedLabel("small"), ElidedLabel("small")
        for part in (self.first, self.second, self.third):
            column.addWidget(part)
        self.third.hide()

    @property
    def words(self) -> str:
        """All lines."""
        return "\n".join(part.whole for part in (self.first, self.second, self.third) if part.whole)

    def say(self, first: str, second: str, third: str = "") -> None:
        """Shows other lines."""
        for part, text in ((self.first, first), (self.second, second), (self.third, third)):
            part.set_whole(text)
        self.third.setVisible(bool(third))


class MapCell(QWidget):
    """A line, a picture, and a text below it.

    Attributes:
        head: The line above.
        picture: The picture.
        words: The widget below.

    Thread: GUI.
    """

    def __init__(self, head: QWidget, picture: ShownMap, words: QWidget) -> None:
        """Puts the three below each other."""
        super().__init__()
        self.head, self.picture, self.words = head, picture, words
        self._apart = False
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        column.addWidget(head)
        column.addWidget(picture, 1)
        column.addWidget(words)
        column.addStretch(0)

    def set_apart(self, apart: bool) -> None:
        """Frames the cell: it does not belong with the others."""
        if apart != self._apart:
            self._apart = apart
            edge = GRID_PX if apart else 0
            self._column.setContentsMargins(edge, edge // 2, edge, edge // 2)
            self._fit()
            self.update()

    @property
    def apart(self) -> bool:
        """Whether it is framed."""
        return self._apart

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the frame."""
        if self._apart:
            painter = QPainter(self)
            pen = QPen(self.palette().color(QPalette.ColorRole.PlaceholderText), 1)
            pen.setDashPattern(_DASHES)
            painter.setPen(pen)
            frame = QRectF(0, 0, self.width(), min(self.height(), self.words.geometry().bottom() + GRID_PX))
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), _CORNER_PX, _CORNER_PX)

    def set_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        self.picture.set_theme(theme)
        if isinstance(self.head, NameLine):
            self.head.set_theme(theme)

    @property
    def beside_px(self) -> int:
        """Height that is not the picture's."""
        return self.head.sizeHint().height() + self.words.sizeHint().height() + GRID_PX

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture is no higher than it is wide: what is said stands right under it."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        edges = self._column.contentsMargins()
        wide = self.width() - edges.left() - edges.right()
        self.picture.setMaximumHeight(max(self.picture.minimumSizeHint().height(), wide))


class SquareGrid(QWidget):
    """Cells in a grid whose number of columns follows the room.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Makes it empty."""
        super().__init__()
        self._cells: list[MapCell] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GRID_PX)
        self._grid.setVerticalSpacing(GRID_PX)

    @property
    def columns(self) -> int:
        """How many cells stand side by side."""
        return self._columns

    def set_cells(self, cells: Sequence[MapCell]) -> None:
        """Shows cells; those that were there before and are no longer are let go."""
        for old in self._cells:
            if old not in cells:
                self._grid.removeWidget(old)
                old.hide()
                old.deleteLater()
        self._cells = list(cells)
        self._columns = 0
        self.align()
        self._place()

    def align(self) -> None:
        """Lets all lines above the pictures be of one height; after another look too."""
        tallest = max((cell.head.sizeHint().height() for cell in self._cells), default=0)
        for cell in self._cells:
            cell.head.setFixedHeight(tallest)

    def _place(self) -> None:
        columns = self._best()
        if columns == self._columns or not self._cells:
            return
        rows = math.ceil(len(self._cells) / columns)
        for place in range(max(self._grid.columnCount(), self._grid.rowCount(), columns, rows)):
            self._grid.setColumnStretch(place, int(place < columns))
            self._grid.setRowStretch(place, int(place < rows))
        for place, cell in enumerate(self._cells):
            self._grid.addWidget(cell, *divmod(place, columns))
            cell.show()
        self._columns = columns

    def _best(self) -> int:
        """The number of columns with the largest pictures; of near equals the one that leaves no cell empty."""
        count = len(self._cells)
        if not count:
            return 1
        beside = max(cell.beside_px for cell in self._cells)

        def side(columns: int) -> float:
            rows = math.ceil(count / columns)
            wide = (self.width() - 2 * GRID_PX * (columns - 1)) / columns
            high = (self.height() - GRID_PX * (rows - 1)) / rows - beside
            return min(wide, high)

        return max(range(1, count + 1), key=lambda columns: (side(columns) // GRID_PX, -(-count % columns), columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another room, perhaps other columns."""
        super().resizeEvent(event)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """Whatever the columns are now, a smaller room gets fewer rows or columns."""
        beside = max((cell.beside_px for cell in self._cells), default=0)
        return QSize(2 * _LEAST_PX, _LEAST_PX + beside)
