"""The figure of the convolution panel: picture, output, what lies between them, the window's numbers, the sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.core.convolution import Convolution, Explanation, Plane, axis_map, laid_out
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours, value_map
from cnnstudio.ui.widgets._cells import Colours
from cnnstudio.ui.widgets._product_rows import CHANNEL_NAMES, ProductRows
from cnnstudio.ui.widgets._sum_line import SumLine, Term, plain, signed
from cnnstudio.ui.widgets.basic import label, set_role
from cnnstudio.ui.widgets.stepped_picture import SteppedPicture

_BETWEEN_EM: Final = 10
_SHARES: Final = ((8, 6), (5, 7))
"""How pictures and products share the height, for one channel and for three."""

_PADDING_SHARE: Final = 0.45
"""How much of the paper's colour is mixed into the padding, so that it is not taken for the picture."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is drawn before a place is chosen.

    Attributes:
        laid: float64 [channels, height, width], what the windows slide over.
        pixels: uint8 [channels, height, width], the picture as it looks.
        setting: How the filter slides.
        scaling: Mean and spread of the normalisation.
        out: float64 [outputs, rows, columns], before the activation.
        shown: float64 [outputs, rows, columns], after it.
        activation: Its title, or "".
    """

    laid: Plane
    pixels: NDArray[np.uint8]
    setting: Convolution
    scaling: tuple[float, float]
    out: Plane
    shown: Plane
    activation: str


class ConvolutionFigure(QWidget):
    """Picture and output side by side, the products below, the sum at the foot.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._sheet: Sheet | None = None
        self._told: Explanation | None = None
        self.picture = SteppedPicture(theme, "Picture")
        self.output = SteppedPicture(theme, "Feature map")
        for part in (self.picture, self.output):
            part.setToolTip("Click, drag or use the arrow keys to move the window; Home, End, space bar.")
        self.picture_word, self.output_word = label("Picture", "heading"), label("Feature map", "heading")
        self.problem = label("", "problem", wrap=True)
        self.problem.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._right = QStackedWidget()
        self._right.addWidget(self.output)
        self._right.addWidget(self.problem)
        self.rows = ProductRows(theme)
        self.rows.pointed.connect(self._on_pointed)
        self.sum = SumLine(theme, "cnn")
        self.hint = label("", "small", wrap=True)
        self._lay_out()

    def _lay_out(self) -> None:
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        top = QGridLayout()
        top.setHorizontalSpacing(2 * GRID_PX)
        top.setVerticalSpacing(GRID_PX // 2)
        top.addWidget(self.picture_word, 0, 0)
        top.addWidget(self.output_word, 0, 2)
        top.addWidget(self.picture, 1, 0)
        top.addLayout(self._make_between(), 1, 1)
        top.addWidget(self._right, 1, 2)
        top.setColumnStretch(0, 1)
        top.setColumnStretch(2, 1)
        top.setRowStretch(1, 1)
        for part in (self.picture, self._right, self.rows):
            part.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        column.addLayout(top, _SHARES[0][0])
        column.addWidget(self.rows, _SHARES[0][1])
        column.addWidget(self.sum)
        column.addWidget(self.hint)

    def _make_between(self) -> QVBoxLayout:
        self.formula = label("", wrap=True, tip="(size + padding − window) / stride + 1, rounded down.")
        self.place = label("", "muted", wrap=True)
        middle = QVBoxLayout()
        middle.setSpacing(GRID_PX)
        middle.addStretch(1)
        self.between = (label("output size", "muted"), self.formula, self.place)
        for part in self.between:
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            middle.addWidget(part)
        middle.addStretch(2)
        return middle

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for part in (self.picture, self.output, self.rows, self.sum):
            part.set_theme(theme)
        for one in self.between:
            one.setFixedWidth(_BETWEEN_EM * theme.body_px)

    # What is shown

    def show_sheet(self, sheet: Sheet, channel: int) -> None:
        """Shows a picture and its output; `channel` of a depthwise one."""
        self._sheet = sheet
        setting, (height, width) = sheet.setting, sheet.pixels.shape[1:]
        self.picture_word.setText(f"Picture {height} × {width}" + (" × 3" if len(sheet.pixels) == 3 else ""))
        values = sheet.laid[0] if len(sheet.laid) == 1 else None
        self.picture.set_picture(_laid_colours(sheet, self._theme), values, _inner(setting, height, width))
        shown = sheet.shown[channel]
        rows, columns = shown.shape
        self.output_word.setText(f"Feature map {rows} × {columns}")
        self.output.set_picture(output_colours(shown), shown)
        across = setting.formula(width)
        down = setting.formula(height)
        whole = across if height == width else f"{down} rows\n{across} columns"
        self.formula.setText(_broken(whole))
        shares = _SHARES[sheet.setting.kind != "depthwise" and len(sheet.laid) > 1]
        for place, share in enumerate(shares):
            self._column.setStretch(place, share)
        self._right.setCurrentWidget(self.output)
        for part in (self.rows, self.sum, self.between[0]):
            part.setVisible(True)

    def show_problem(self, sentence: str) -> None:
        """Says, in the place of the output, why there is none."""
        self._sheet = self._told = None
        self.problem.setText(sentence)
        self._right.setCurrentWidget(self.problem)
        self.output_word.setText("Feature map")
        self.formula.setText("")
        self.place.setText("")
        self.picture.set_window(None)
        self.hint.setText("")
        for part in (self.rows, self.sum, self.between[0]):
            part.setVisible(False)

    def show_picture_alone(self, pixels: NDArray[np.uint8]) -> None:
        """Shows a picture that nothing slides over."""
        self.picture_word.setText(f"Picture {pixels.shape[1]} × {pixels.shape[2]}")
        self.picture.set_picture(_as_rgb(pixels), None)

    def show_place(self, told: Explanation, result: float) -> None:
        """Moves the window; `result` is what the activation makes of the sum."""
        sheet = self._sheet
        if sheet is None:
            return
        self._told = told
        setting = sheet.setting
        top, left, reach = told.row * setting.step, told.column * setting.step, setting.reach
        self.picture.set_window((top, left, reach, reach), self._read_cells(told) if setting.dilation > 1 else ())
        self.output.set_window((told.row, told.column, 1, 1))
        self.place.setText(f"row {told.row}, column {told.column}")
        self.rows.show_told(told, sheet.scaling, setting.flip != (setting.kind == "transposed"))
        self.sum.set_terms(_terms(told, sheet.activation, result), f"Exactly {result!r}")
        self._on_pointed(None)

    def _read_cells(self, told: Explanation) -> list[tuple[int, int]]:
        assert self._sheet is not None
        setting = self._sheet.setting
        taps = [tap * setting.dilation for tap in range(setting.size)]
        top, left = told.row * setting.step, told.column * setting.step
        return [(top + down, left + right) for down in taps for right in taps]

    def show_typed(self, sentence: str) -> None:
        """Says, below the numbers, what is wrong with the one that is being typed; "" takes it back."""
        set_role(self.hint, "problem" if sentence else "small")
        self.hint.setText(sentence or " ")

    @Slot(object)
    def _on_pointed(self, cell: tuple[int, int, int] | None) -> None:
        told = self._told
        set_role(self.hint, "small")
        if told is None or cell is None or cell[1] >= told.patch.shape[1]:
            self.hint.setText(" ")
            return
        pixel, weight, product, so_far = (
            plain(float(part[cell])) for part in (told.patch, told.weights, told.products, told.running)
        )
        row, column = int(told.rows[cell[1]]), int(told.columns[cell[2]])
        where = "outside the picture" if min(row, column) < 0 else f"pixel at row {row}, column {column}"
        self.hint.setText(f"{where}: {pixel} × {weight} = {product}; the sum so far is {so_far}")


def _broken(formula: str) -> str:
    """A formula in lines that end where a reader would pause."""
    if "/" not in formula:
        return formula.replace(" = ", "\n= ")
    return formula.replace(" − (", "\n− (").replace("/", "\n/ ")


def _terms(told: Explanation, activation: str, result: float) -> list[Term]:
    terms = []
    if len(told.channels) > 1:
        for channel, part in zip(told.channels, told.sums, strict=True):
            terms += [Term(CHANNEL_NAMES[channel], needed=False), Term(signed(float(part)), "number", needed=False)]
        terms.append(Term("=", needed=False))
    terms += [Term("sum"), Term(signed(told.sum), "number"), Term("+ bias"), Term(signed(told.bias), "number")]
    if activation:
        terms += [Term("="), Term(signed(told.total), "number"), Term(f"→ {activation} →")]
    else:
        terms.append(Term("="))
    return [*terms, Term(plain(result), "result")]


def output_colours(values: Plane) -> Colours:
    """Colours of a feature map [rows, columns]: black to white where nothing is negative, else purple, white, green."""
    top = float(values.max(initial=0.0))
    if values.min(initial=0.0) < 0:
        return signed_colours(values)
    return value_map().take(np.rint(values * (255 / top if top > 0 else 0.0)).astype(np.uint8), axis=0)


def _as_rgb(pixels: NDArray[np.uint8]) -> Colours:
    colours = np.empty((*pixels.shape[1:], 3), np.uint8)
    for channel in range(3):
        colours[..., channel] = pixels[channel if len(pixels) == 3 else 0]
    return colours


def _laid_colours(sheet: Sheet, theme: Theme) -> Colours:
    """The laid-out picture, its padding mixed with the paper."""
    nothing = round(255 * min(max(sheet.scaling[0], 0.0), 1.0))  # the grey that is a zero for the network
    colours = _as_rgb(laid_out(sheet.pixels, sheet.setting, nothing))
    rows, columns = (axis_map(length, sheet.setting) < 0 for length in sheet.pixels.shape[1:])
    if sheet.setting.kind != "transposed":
        before, after = sheet.setting.margins
        for empty in (rows, columns):
            empty[:before] = empty[len(empty) - after :] = True
    paper = theme.colour("chip")
    mixed = np.array([paper.red(), paper.green(), paper.blue()]) * _PADDING_SHARE
    faded = rows[:, None] | columns
    colours[faded] = (colours[faded] * (1 - _PADDING_SHARE) + mixed).astype(np.uint8)
    return colours


def _inner(setting: Convolution, height: int, width: int) -> tuple[int, int, int, int] | None:
    before, after = setting.margins
    if setting.kind == "transposed":
        before = setting.reach - 1 - before
        height, width = (height - 1) * setting.stride + 1, (width - 1) * setting.stride + 1
        return (before, before, height, width) if before >= 0 else None
    return (before, before, height, width) if before + after else None
