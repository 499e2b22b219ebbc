"""The parts of the pooling panel below its controls, and where they stand: all at once, or half of them at a time."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from cnnstudio.core.pooling import Pooling, Window
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours
from cnnstudio.ui.widgets._pooling_words import arithmetic
from cnnstudio.ui.widgets.basic import label
from cnnstudio.ui.widgets.number_grid import NumberGrid
from cnnstudio.ui.widgets.pooling_bench import PoolingBench
from cnnstudio.ui.widgets.pooling_stage import Form, PoolingStage

View = Literal["all", "window", "shifts"]

_GRID_LEAST_PX: Final = 56
_ROUTE_TIP: Final = (
    "The derivative of the result by each value of the window: a gradient that arrives at the pooled value is "
    "multiplied with these numbers and handed to the inputs. Max gives all of it to the winner."
)
_FORMS: Final[dict[View, Form]] = {"all": "row", "window": "pair", "shifts": "column"}
_STRETCHES: Final[dict[View, tuple[tuple[int, int, int], tuple[int, int]]]] = {
    "all": ((4, 0, 5), (5, 6)),
    "window": ((1, 0, 0), (2, 1)),
    "shifts": ((1, 0, 0), (1, 3)),
}
"""How rows and columns share what room is left."""


class PoolingContent(QWidget):
    """Maps, one window in numbers, and the bench.

    Attributes:
        stage: The two maps.
        values: The window's numbers.
        shares: Their gradient.
        sum: The window's arithmetic.
        bench: What a shift changes.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes everything, all of it seen."""
        super().__init__()
        self._view: View = "all"
        self._shown = True
        self.stage = PoolingStage(theme)
        self.bench = PoolingBench(theme)
        self.values, self.shares = NumberGrid(theme, "Window"), NumberGrid(theme, "Gradient")
        self.sum = label("", wrap=True)
        self.sum.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._headings = (label("window", "heading"), label("its gradient", "heading", tip=_ROUTE_TIP))
        self._numbers = QWidget()
        self._cells = QGridLayout(self._numbers)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setSpacing(GRID_PX // 2)
        for part in (self.values, self.shares):
            part.setMinimumSize(_GRID_LEAST_PX, _GRID_LEAST_PX)  # a whole map is a window too
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GRID_PX)
        self._grid.setVerticalSpacing(GRID_PX // 2)
        self._place()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for part in (self.stage, self.values, self.shares, self.bench):
            part.set_theme(theme)

    def arrange(self, view: View) -> None:
        """Shows everything, or the maps with the window, or the maps with the bench."""
        if view != self._view:
            self._view = view
            self._place()

    def show_result(self, shown: bool) -> None:
        """Shows everything of the view, or only the map where there is no pooled one."""
        self._shown = shown
        self._show_parts()

    def show_window(self, window: Window, pooling: Pooling, row: int, column: int) -> None:
        """Shows one window, whose value stands at (row, column) of the pooled map."""
        self.stage.set_window(window, row, column)
        self.values.set_values(window.values, self.stage.colours(window.values), absent=~window.inside)
        self.values.mark(window.winner)
        self.shares.set_values(window.route, signed_colours(window.route))
        self.shares.mark(window.winner)
        self.sum.setText(arithmetic(window, pooling))

    def _place(self) -> None:
        view, grid = self._view, self._grid
        self.stage.set_form(_FORMS[view])
        across = 2 if view == "all" else 1
        grid.addWidget(self.stage, 0, 0, 1, across)
        if view == "all":
            grid.addWidget(self.sum, 1, 0)
            grid.addWidget(self._numbers, 2, 0)
            grid.addWidget(self.bench, 1, 1, 2, 1)
        else:
            grid.addWidget(self._numbers if view == "window" else self.bench, 0, 1)
            grid.addWidget(self.sum, 1, 0, 1, 2)
            grid.addWidget(self.stage.facts, 2, 0, 1, 2)
        rows, columns = _STRETCHES[view]
        for row, stretch in enumerate(rows):
            grid.setRowStretch(row, stretch)
        for column, stretch in enumerate(columns):
            grid.setColumnStretch(column, stretch)
        self._place_numbers(below=view == "window")
        self._show_parts()

    def _place_numbers(self, *, below: bool) -> None:
        for place, (heading, part) in enumerate(zip(self._headings, (self.values, self.shares), strict=True)):
            row, column = (2 * place, 0) if below else (0, place)
            self._cells.addWidget(heading, row, column)
            self._cells.addWidget(part, row + 1, column)
        self._cells.setRowStretch(1, 1)
        self._cells.setRowStretch(3, 1 if below else 0)

    def _show_parts(self) -> None:
        view, shown = self._view, self._shown
        self.stage.show_result(shown)
        for part, views in (
            (self._numbers, ("all", "window")),
            (self.sum, ("all", "window")),
            (self.stage.facts, ("window",)),
            (self.bench, ("all", "shifts")),
        ):
            part.setVisible(shown and view in views)
