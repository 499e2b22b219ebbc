"""The tables of an experiment's findings, as a page beside its charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.core.experiment import Table
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import label, set_role


def cell_text(value: Any) -> str:
    """One number or text of a table."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


class _Numbers(QWidget):
    """One table as a grid of labels, which are reused.

    Thread: GUI.
    """

    def __init__(self) -> None:
        super().__init__()
        self._table: Table | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, GRID_PX)
        self._grid.setHorizontalSpacing(2 * GRID_PX)
        self._grid.setVerticalSpacing(2)
        self._title = label("", "heading")
        self._grid.addWidget(self._title, 0, 0, 1, -1)
        self._cells: dict[tuple[int, int], Any] = {}

    def show_table(self, table: Table) -> None:
        if table == self._table:
            return
        self._table = table
        self._title.setText(table.title)
        wanted = {(1, column): text for column, text in enumerate(table.headings)}
        for row, cells in enumerate(table.rows):
            wanted |= {(row + 2, column): cell_text(value) for column, value in enumerate(cells)}
        for place in [place for place in self._cells if place not in wanted]:
            self._cells.pop(place).deleteLater()
        for place, text in wanted.items():
            cell = self._cells.get(place)
            if cell is None:
                cell = self._cells[place] = label("", "small")
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._grid.addWidget(cell, *place)
            cell.setText(text)
            right = place[1] > 0 and place[0] > 0
            cell.setAlignment(Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
            set_role(cell, "small" if place[0] == 1 else "")
        self._grid.setColumnStretch(len(table.headings), 1)


class NumbersPage(QScrollArea):
    """All tables, below each other; they scroll where there is little room.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Makes it empty."""
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Numbers")
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, GRID_PX, GRID_PX, 0)
        self._column.setSpacing(GRID_PX)
        self._column.addStretch(1)
        self.setWidget(inner)
        self.tables: list[_Numbers] = []

    def show_tables(self, tables: Sequence[Table]) -> None:
        """Shows the numbers of some findings."""
        while len(self.tables) < len(tables):
            self.tables.append(_Numbers())
            self._column.insertWidget(len(self.tables) - 1, self.tables[-1])
        for place, shown in enumerate(self.tables):
            shown.setVisible(place < len(tables))
            if place < len(tables):
                shown.show_table(tables[place])
