"""A map, its pooled map and the window on both, with the output's size between them."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from cnnstudio.core.pooling import TITLES, Pooling, Window, gradient, size_formula
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours, value_map
from cnnstudio.ui.widgets._pooling_words import reach
from cnnstudio.ui.widgets.basic import ElidedLabel, label
from cnnstudio.ui.widgets.stepped_picture import SteppedPicture

Map = NDArray[np.float64]

Form = Literal["row", "pair", "column"]
"""Side by side with the output's size between them, side by side, or one below the other."""

_MIDDLE_PX: Final = 160


class PoolingStage(QWidget):
    """The two pictures of pooling. It shows; where the window goes is for the owner to say.

    Attributes:
        facts: The output's size and the window's place in one line, for the owner to place where there is no middle.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._signed, self._scale = False, 1.0
        self._pad = 0
        self._reach, self._sizes = "", ""
        self._form: Form = "row"
        self._shown = True
        self.before_title, self.after_title = ElidedLabel("heading"), ElidedLabel("heading")
        self.before, self.after = SteppedPicture(theme, "Map"), SteppedPicture(theme, "Pooled map")
        tip = "Values of the map, padding on both sides, minus the window, by the stride, rounded down, plus one."
        self.formula = label("", tip=tip)
        self.place = label("", "small", wrap=True)
        self._middle = QWidget()
        middle = QVBoxLayout(self._middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.addStretch(1)
        for part in (label("output size", "muted"), self.formula, label("→", "title"), self.place):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            part.setMinimumWidth(_MIDDLE_PX)
            middle.addWidget(part)
        middle.addStretch(1)
        self.facts = ElidedLabel("muted")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID_PX // 2)
        self._grid.addWidget(self.before_title, 0, 0)
        self._grid.addWidget(self.before, 1, 0)
        self._grid.addWidget(self._middle, 1, 1)
        self._grid.setColumnStretch(0, 1)
        self._grid.setRowStretch(1, 1)
        self._place()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for picture in (self.before, self.after):
            picture.set_theme(theme)

    def set_form(self, form: Form) -> None:
        """Puts the pictures elsewhere."""
        if form != self._form:
            self._form = form
            self._place()

    def _place(self) -> None:
        below = self._form == "column"
        row, column = (2, 0) if below else (0, 2)
        self._grid.addWidget(self.after_title, row, column)
        self._grid.addWidget(self.after, row + 1, column)
        self._grid.setColumnStretch(2, 0 if below else 1)
        self._grid.setRowStretch(3, 1 if below else 0)
        self._show_parts()

    def show_result(self, shown: bool) -> None:
        """Shows the pooled map, or only the map where there is none."""
        self._shown = shown
        self._show_parts()

    def _show_parts(self) -> None:
        for part in (self.after_title, self.after):
            part.setVisible(self._shown)
        self._middle.setVisible(self._shown and self._form == "row")

    def colours(self, values: Map) -> NDArray[np.uint8]:
        """Colours of values on the map's scale, uint8 [..., 3]."""
        if self._signed:
            return signed_colours(values, self._scale)
        return np.asarray(value_map()[np.clip(np.rint(255 * values), 0, 255).astype(np.intp)])

    def set_maps(
        self,
        values: Map,
        pooled: Map,
        pooling: Pooling,
        *,
        signed: bool,
        title: str,
        moved_px: int,
        shows_gradient: bool,
    ) -> None:
        """Shows a map and its pooled map.

        Args:
            values: float64 [rows, columns].
            pooled: float64 [rows, columns].
            pooling: What made it.
            signed: Whether values may be below zero; otherwise they run from 0 to 1.
            title: What the map is.
            moved_px: How far the picture was moved.
            shows_gradient: Shows in the map's place which values a gradient reaches.
        """
        self._signed, self._scale = signed, float(np.abs(values).max(initial=0.0))
        self._pad = pad = pooling.padding if pooling.is_padded else 0
        rows, columns = values.shape
        routes = gradient(values, pooling)
        shown = signed_colours(routes) if shows_gradient else self.colours(values)
        padded = np.full((rows + 2 * pad, columns + 2 * pad, 3), self._edge(), np.uint8)
        padded[pad : pad + rows, pad : pad + columns] = shown
        numbers = np.pad(routes if shows_gradient else values, pad)
        self.before.set_picture(padded, numbers, (pad, pad, rows, columns) if pad else None)
        self.after.set_picture(self.colours(pooled), pooled)
        moved = f" · moved by {moved_px} px" if moved_px else ""
        self.before_title.set_whole(f"{'Gradient' if shows_gradient else title} {rows} × {columns}{moved}")
        self.after_title.set_whole(f"{TITLES[pooling.kind]} {pooled.shape[0]} × {pooled.shape[1]}")
        lengths = dict.fromkeys((rows, columns))
        sizes = [size_formula(length, pooling) for length in lengths]
        self.formula.setText("\n".join(size.replace(" = ", "\n= ") for size in sizes))
        self._sizes = ", ".join(sizes)
        self._reach = reach(routes)

    def set_window(self, window: Window, row: int, column: int) -> None:
        """Frames a window on the map, its winner, and its value on the pooled map."""
        top, left = window.top + self._pad, window.left + self._pad
        winner = window.winner
        marks = [(top + winner[0], left + winner[1])] if winner is not None else []
        high, wide = window.values.shape
        self.before.set_window((top, left, high, wide), marks)
        self.after.set_window((row, column, 1, 1))
        self.place.setText(f"row {row}, column {column}\ngradient reaches\n{self._reach}")
        self.facts.set_whole(f"size {self._sizes} · row {row}, column {column} · gradient reaches {self._reach}")

    def _edge(self) -> tuple[int, int, int]:
        colour = self._theme.colour("chip")
        return colour.red(), colour.green(), colour.blue()
