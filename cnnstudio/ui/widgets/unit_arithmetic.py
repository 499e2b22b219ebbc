"""How one unit comes to its value: what it reads, with which weights, and the sum; or the formula of what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.activations import ACTIVATIONS
from cnnstudio.core.inside import PICTURE, UnitArithmetic
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours, value_map
from cnnstudio.ui.widgets._cells import Colours
from cnnstudio.ui.widgets._convolution_figure import output_colours
from cnnstudio.ui.widgets._sum_line import SumLine, plain
from cnnstudio.ui.widgets._unit_words import (
    exact_words,
    follow_words,
    in_full,
    layer_words,
    map_name,
    read_heading,
    strongest,
    sum_terms,
    summand_terms,
    window_words,
)
from cnnstudio.ui.widgets.basic import ElidedLabel, button, label
from cnnstudio.ui.widgets.function_curve import FunctionCurve
from cnnstudio.ui.widgets.unit_planes import Cell, Folded, PlaneRow
from cnnstudio.ui.widgets.unit_shares import UnitShares

Resolve = Callable[[tuple[int, int, int]], UnitOf | None]

_LOW_EM: Final = 20
_ROUNDED: Final = "Rounded to three decimals; all digits show on hover."
_CURVE_PX: Final = 200
_LEAST_CURVE_PX: Final = 96
_MIDDLE_SHARE: Final = 1000
"""The planes take what there is, up to the height that their width lets them fill."""

_KINDS: Final = {
    "mean": "The mean of its window.",
    "max": "The largest number of its window (framed).",
    "copy": "It hands on one number, unchanged.",
    "normalise": "It moves and stretches one number.",
}


class UnitArithmeticView(QWidget):
    """The arithmetic of one unit.

    Attributes:
        told: What is shown, or None.

    Signals:
        followed(unit): The student goes on to a unit that is read (a `UnitOf`).

    Thread: GUI.
    """

    followed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self.told: UnitArithmetic | None = None
        self._extent: tuple[int, int, int] | None = None
        self._bright = (0.0, 1.0)
        self._resolve: Resolve = lambda index: None
        self._folded = Folded(1, 1, 1)
        self._place = 0
        self._layer = ("", "")
        self._exact = ""
        self._theme = theme
        self.shares_word = label("", "muted")
        self.shares_word.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.shares = UnitShares(theme)
        self.shares.chosen.connect(self._on_map)
        self.planes = PlaneRow(theme)
        self.planes.hovered.connect(self._on_hovered)
        self.planes.entered.connect(self._on_entered)
        self.curve = FunctionCurve(theme)
        self.curve.setToolTip("Across: the number that comes in. Upwards: what comes out. The dot is this unit.")
        self.curve.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.curve.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.formula = label("", "heading", wrap=True)
        self.words = label("", "muted", wrap=True)
        self.sum = SumLine(theme)
        self.hint = ElidedLabel("small")
        self.note = label("", "small", wrap=True)
        self.follow = button("Step back", "quiet", tip="Go to the unit of the layer before that this one depends on.")
        self.follow.clicked.connect(self._on_follow)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        column.addWidget(self.shares_word)
        column.addWidget(self.shares)
        self._middle = QWidget()
        middle = QHBoxLayout(self._middle)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(2 * GRID_PX)
        middle.addWidget(self.planes, 3)
        middle.addWidget(self.curve, 2)
        self._said = QWidget()
        said = QVBoxLayout(self._said)
        said.setContentsMargins(0, 0, 0, 0)
        said.addWidget(self.formula)
        said.addWidget(self.words)
        said.addStretch(1)
        middle.addWidget(self._said, 3)
        self.curve.setMinimumSize(_LEAST_CURVE_PX, _LEAST_CURVE_PX)
        column.addWidget(self._middle, _MIDDLE_SHARE)
        foot = QHBoxLayout()
        foot.setSpacing(GRID_PX)
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.follow)
        column.addLayout(foot)
        column.addWidget(self.sum)
        column.addWidget(self.note)
        column.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for part in (self.shares, self.planes, self.curve, self.sum):
            part.set_theme(theme)

    def show_told(
        self,
        told: UnitArithmetic,
        kind: str,
        extent: tuple[int, int, int] | None,
        bright: tuple[float, float],
        resolve: Resolve,
    ) -> None:
        """Shows another unit, or the same one for another picture or moment.

        Args:
            told: The arithmetic.
            kind: The layer's kind, as in "relu".
            extent: Maps, rows and columns of what it reads; None where that is not known.
            bright: The smallest and the largest pixel, as the network reads them.
            resolve: Gives the unit behind (map, row, column) of its inputs, or None.
        """
        here = (told.network, told.unit.layer)
        shape: Any = told.inputs.shape
        self._folded = Folded(*shape)
        if here != self._layer or self._place >= self._folded.planes:
            self._place = int(np.argmax(np.abs(told.per_map))) if 0 < told.per_map.size == self._folded.planes else 0
        self.told, self._layer, self._extent, self._bright, self._resolve = told, here, extent, bright, resolve
        weighted = told.kind == "sum" and told.weights is not None
        shows_window = bool(told.inputs.size) and (weighted or told.kind in ("max", "mean", "other"))
        self.planes.setVisible(shows_window)
        self.planes.set_weighted(weighted)
        self._said.setVisible(not weighted)
        self._show_curve(kind, told)
        self._show_words(told, weighted)
        self._show_shares()
        self._show_planes()
        self._fit()
        index = strongest(told)
        self.follow.setToolTip(f"{follow_words(told)}.")
        self.follow.setAccessibleDescription(self.follow.toolTip())
        self.follow.setVisible(index is not None and resolve(index) is not None)

    def _show_curve(self, kind: str, told: UnitArithmetic) -> None:
        function = ACTIVATIONS.get(kind)
        shows = told.kind == "function" and function is not None and told.inputs.size == 1
        self.curve.setVisible(shows)
        if shows and function is not None:
            value = float(told.inputs.reshape(-1)[0])
            self.curve.set_function(function, np.array([value]) if np.isfinite(value) else np.zeros(0))
            self.curve.set_value(value if np.isfinite(value) else None)

    def _show_words(self, told: UnitArithmetic, weighted: bool) -> None:
        self.formula.setText(_sentence(told.formula))
        lines = [_KINDS[told.kind]] if told.kind in _KINDS else []
        lines += [f"{name}: {plain(value)}" for name, value in told.numbers]
        if not weighted and told.reads and told.kind != "add":
            lines.append(f"It reads {layer_words(told.reads[0])}.")
        self.words.setText("\n".join(lines))
        self.words.setVisible(bool(lines))
        self.sum.setVisible(weighted or told.kind == "add")
        if told.kind == "add":
            self.sum.set_terms(summand_terms(told), f"Exactly {in_full(told.value)}")
        elif weighted:
            self.sum.set_terms(sum_terms(told), f"{_sentence(told.formula)}. Exactly {in_full(told.value)}.")
        self._exact = exact_words(told) if weighted else f"The network has {in_full(told.value)}."
        self._show_note()

    @property
    def _is_low(self) -> bool:
        """Whether there is so little height that words give way to numbers."""
        return self.height() < _LOW_EM * self._theme.body_px

    def _show_note(self) -> None:
        self.note.setText(_ROUNDED if self._is_low and self.told is not None else self._exact)
        self.note.setToolTip(self._exact)

    def _show_shares(self) -> None:
        told = self.told
        assert told is not None
        count = len(told.per_map)
        shows = told.kind == "sum" and 1 < count == self._folded.planes
        self.shares.setVisible(shows)
        self.shares_word.setVisible(shows and not self._is_low)
        if shows:
            names = tuple(map_name(told, place) for place in range(count))
            what = "channels" if names[0] != "map 1" and told.reads[0] == PICTURE else "maps"
            self.shares_word.setText(f"What each of the {count} {what} of {layer_words(told.reads[0])} adds")
            self.shares.show_shares(told.per_map, names, self._place)

    def _show_planes(self) -> None:
        told = self.told
        assert told is not None
        if not told.inputs.size:
            self.hint.set_whole(" ")
            return
        place, folded = self._place, self._folded
        values, absent = folded.plane(told.inputs, place), self._absent()
        self.planes.read.heading.set_whole(read_heading(told, folded.is_list, place))
        self.hint.set_whole(window_words(told, folded.is_list, place, absent is not None and not folded.is_list))
        self.planes.read.show_plane(values, self._input_colours(values), absent, self._sayer("read"))
        if told.weights is not None and told.kind == "sum":
            weights = folded.plane(told.weights, place)
            products = values * weights
            top = float(np.abs(told.weights).max(initial=0.0))
            self.planes.weights.show_plane(weights, signed_colours(weights, top), None, self._sayer("weight"))
            most = float(np.nanmax(np.abs(told.inputs * told.weights), initial=0.0))
            self.planes.products.show_plane(products, signed_colours(products, most), None, self._sayer("product"))
            self.planes.products.heading.set_whole(f"Products · {plain(float(np.nansum(products)))}")
        if told.winner is not None:
            winning, cell = folded.cell(told.winner)
            self.planes.read.mark(cell if winning == place else None)

    def _fit(self) -> None:
        """No higher than the planes can be at this width, so that the sum follows them."""
        told = self.told
        if told is None:
            return
        wanted_px = _CURVE_PX if self.curve.isVisibleTo(self) else 0
        if self._said.isVisibleTo(self):
            wanted_px = max(wanted_px, self._said.sizeHint().height())
        if told.inputs.size and self.planes.isVisibleTo(self):
            plane = self._folded.plane(told.inputs, 0)
            wide_px = self.width() if told.weights is not None else self.width() // 2
            wanted_px = max(wanted_px, self.planes.height_for(wide_px, *plane.shape))
        self._middle.setMaximumHeight(wanted_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the planes into their new width."""
        super().resizeEvent(event)
        if self.told is not None:
            self._show_note()
            self._show_shares()
        self._fit()

    def _absent(self) -> NDArray[np.bool_] | None:
        """Which cells of the window are padding."""
        told, folded = self.told, self._folded
        assert told is not None
        if folded.is_list:
            laid = folded.plane(np.zeros(told.inputs.shape), 0)
            return np.isnan(laid) if np.isnan(laid).any() else None
        if self._extent is None:
            return None
        rows = (told.input_rows < 0) | (told.input_rows >= self._extent[1])
        columns = (told.input_columns < 0) | (told.input_columns >= self._extent[2])
        mask: NDArray[np.bool_] = rows[:, None] | columns[None, :]
        return mask if mask.shape == told.inputs.shape[1:] and mask.any() else None

    def _input_colours(self, values: NDArray[np.float64]) -> Colours:
        told = self.told
        assert told is not None
        filled = np.where(np.isfinite(values), values, 0.0)
        if told.reads and told.reads[0] == PICTURE:
            low, high = self._bright
            share = np.clip((filled - low) / (high - low if high > low else 1.0), 0, 1)
            return value_map()[np.round(share * 255).astype(np.intp)]
        if float(told.inputs.min(initial=0.0)) < 0:
            return signed_colours(filled, float(np.nanmax(np.abs(told.inputs), initial=0.0)))
        return output_colours(filled)

    def _sayer(self, what: str) -> Callable[[Cell], str]:
        def say(cell: Cell) -> str:
            index = self._folded.index(self._place, cell)
            return self.say(index) if index is not None else "Nothing is here: the list is shorter."

        return say

    def say(self, index: tuple[int, int, int]) -> str:
        """One input in words: where it is, times which weight, gives what."""
        told = self.told
        if told is None:
            return ""
        name = layer_words(told.reads[0]) if told.reads else ""
        which = map_name(told, index[0])
        row = int(told.input_rows[index[1]]) if index[1] < len(told.input_rows) else index[1]
        column = int(told.input_columns[index[2]]) if index[2] < len(told.input_columns) else index[2]
        flat = self._extent is not None and self._extent[1:] == (1, 1)
        where = f"{name}: {which.replace('map', 'unit')}" if flat else f"{name}, {which}, row {row}, column {column}"
        if self._extent is not None and not (0 <= row < self._extent[1] and 0 <= column < self._extent[2]):
            where += " (padding)"
        value = float(told.inputs[index])
        if told.weights is None:
            return f"{where}: {in_full(value)}"
        weight = float(told.weights[index])
        return f"{where}: {in_full(value)} × {in_full(weight)} = {in_full(value * weight)}"

    @Slot(object)
    def _on_map(self, place: int) -> None:
        self._place = place
        if self.told is not None:
            self._show_planes()

    @Slot(object)
    def _on_hovered(self, cell: Cell | None) -> None:
        index = self._folded.index(self._place, cell) if cell is not None else None
        told = self.told
        if told is None or index is None or any(at >= size for at, size in zip(index, told.inputs.shape, strict=True)):
            if told is not None:
                padded = self._absent() is not None and not self._folded.is_list
                self.hint.set_whole(window_words(told, self._folded.is_list, self._place, padded))
            if told is not None and told.winner is not None and self._folded.cell(told.winner)[0] == self._place:
                self.planes.read.mark(self._folded.cell(told.winner)[1])
        else:
            self.hint.set_whole(self.say(index))

    @Slot(object)
    def _on_entered(self, cell: Cell) -> None:
        index = self._folded.index(self._place, cell)
        unit = self._resolve(index) if index is not None else None
        if unit is not None:
            self.followed.emit(unit)

    @Slot()
    def _on_follow(self) -> None:
        index = strongest(self.told) if self.told is not None else None
        unit = self._resolve(index) if index is not None else None
        if unit is not None:
            self.followed.emit(unit)


def _sentence(formula: str) -> str:
    """With a capital where it begins with a word, and not with a function or a number."""
    first, space, _ = formula.partition(" ")
    return formula[:1].upper() + formula[1:] if space and first.isalpha() and len(first) > 1 else formula
