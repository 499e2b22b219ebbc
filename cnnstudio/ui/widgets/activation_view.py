"""A map before and after an activation function, the curve between them, one number traced through all three."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.activations import ACTIVATIONS, Activation
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours
from cnnstudio.ui.widgets.basic import ElidedLabel, button, label
from cnnstudio.ui.widgets.function_curve import FunctionCurve
from cnnstudio.ui.widgets.stepped_picture import SteppedPicture

Map = NDArray[np.float64]

SHOWN: Final = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "gelu_tanh", "silu")
_SHORT: Final = {"gelu_tanh": "GELU (tanh)"}
_FLAT: Final = 0.01
"""A slope smaller than this lets next to nothing of a gradient through."""


class ActivationView(QWidget):
    """Hover a pixel, drag on the curve, or use the arrow keys.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it without a map."""
        super().__init__()
        self._map: Map | None = None
        self._cell: tuple[int, int] | None = None
        self.function: Activation = ACTIVATIONS["relu"]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        column.addLayout(self._build_functions())
        self.formula = label("", "muted", wrap=True)
        self.sum = label("", "heading", wrap=True)
        self.counts = label("", "muted", wrap=True)
        for part in (self.formula, self.sum, self.counts):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            column.addWidget(part)
        column.addLayout(self._build_pictures(theme), 1)

    def _build_functions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        for name in SHOWN:
            one = ACTIVATIONS[name]
            made = button(_SHORT.get(name, one.title), "tab", checkable=True, tip=f"{one.formula}. {one.sentence}")
            made.clicked.connect(self._on_function)
            self._group.addButton(made)
            self.buttons[name] = made
            row.addWidget(made)
        self.buttons["relu"].setChecked(True)
        row.addStretch(1)
        return row

    def _build_pictures(self, theme: Theme) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(GRID_PX)
        self.before_title, self.after_title = ElidedLabel("heading"), ElidedLabel("heading")
        self.before, self.after = SteppedPicture(theme, "Before"), SteppedPicture(theme, "After")
        self.curve = FunctionCurve(theme)
        self.curve.picked.connect(self._on_curve)
        for place, (title, part) in enumerate(
            ((self.before_title, self.before), (label("curve", "heading"), self.curve), (self.after_title, self.after))
        ):
            grid.addWidget(title, 0, place)
            grid.addWidget(part, 1, place)
            grid.setColumnStretch(place, 1)
        grid.setRowStretch(1, 1)
        for picture in (self.before, self.after):
            picture.hovered.connect(self._on_hovered)
            picture.picked.connect(self._on_hovered)
            picture.stepped.connect(self._on_stepped)
        return grid

    @property
    def cell(self) -> tuple[int, int] | None:
        """The pixel looked at: (row, column)."""
        return self._cell

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for part in (self.before, self.after, self.curve):
            part.set_theme(theme)

    def set_low(self, low: bool) -> None:
        """Where there is little room, the counts are only the tool tip of the line above them."""
        self.counts.setVisible(not low)

    def set_function(self, name: object) -> None:
        """Chooses a function by its id; whatever is not known is ignored."""
        if isinstance(name, str) and name in self.buttons:
            self.buttons[name].setChecked(True)
            self.function = ACTIVATIONS[name]
            self._show()

    def set_map(self, values: Map, title: str) -> None:
        """Shows a map, float64 [rows, columns]."""
        same = self._map is not None and self._map.shape == values.shape
        self._map = values
        if not same or self._cell is None:
            row, column = divmod(int(np.abs(values).argmax()), values.shape[1])
            self._cell = (row, column)
        self.before_title.set_whole(title)
        self._show()

    @Slot()
    def _on_function(self) -> None:
        chosen = next(name for name, one in self.buttons.items() if one.isChecked())
        self.set_function(chosen)

    @Slot(object)
    def _on_hovered(self, cell: tuple[int, int] | None) -> None:
        if cell is not None and cell != self._cell:
            self._cell = cell
            self._show_value()

    @Slot(object)
    def _on_stepped(self, way: tuple[int, int]) -> None:
        if self._map is not None:
            row, column = self._cell or (0, 0)
            rows, columns = self._map.shape
            self._on_hovered((min(max(row + way[0], 0), rows - 1), min(max(column + way[1], 0), columns - 1)))

    @Slot(object)
    def _on_curve(self, x: float) -> None:
        self._cell = None
        self._show_value(x)

    def _show(self) -> None:
        if self._map is None:
            return
        after = self.function.apply(self._map)
        scale = float(np.abs(self._map).max(initial=0.0))
        self.before.set_picture(signed_colours(self._map, scale), self._map)
        self.after.set_picture(signed_colours(after, scale), after)
        self.after_title.set_whole(f"after {self.function.title}")
        self.formula.setText(f"{self.function.title}: {self.function.formula}. {self.function.sentence}")
        self.curve.set_function(self.function, self._map)
        below = int((self._map < 0).sum())
        flat = int((np.abs(self.function.slope(self._map)) < _FLAT).sum())
        counts = (
            f"{below:,} of {self._map.size:,} values are below zero. The slope is under {_FLAT} at {flat:,} of all: "
            "through those next to nothing of a gradient comes back."
        )
        self.counts.setText(counts)
        self.sum.setToolTip(counts)
        self._show_value(self.curve.value if self._cell is None else None)

    def _show_value(self, x: float | None = None) -> None:
        if self._map is None:
            return
        where = ""
        if self._cell is not None:
            x = float(self._map[self._cell])
            where = f"row {self._cell[0]}, column {self._cell[1]}: "
        window = None if self._cell is None else (*self._cell, 1, 1)
        self.before.set_window(window)
        self.after.set_window(window)
        self.curve.set_value(x)
        if x is not None:
            at = np.array([x])
            y, slope = float(self.function.apply(at)[0]), float(self.function.slope(at)[0])
            self.sum.setText(f"{where}{self.function.title}({x + 0.0:.3f}) = {y + 0.0:.3f}, slope {slope:.3f}")
