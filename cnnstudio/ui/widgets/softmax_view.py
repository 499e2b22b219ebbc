"""Softmax with its formula: logits that can be edited, a temperature, the probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from cnnstudio.core.activations import Softmax, softmax
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours
from cnnstudio.ui.widgets._cells import number
from cnnstudio.ui.widgets.basic import explain_on_focus, label
from cnnstudio.ui.widgets.number_grid import NumberGrid

_MOST_CLASSES: Final = 10
"""Columns shown; of more classes, those with the largest logits."""

_TICKS_PER_DECADE: Final = 20
_COLDEST, _WARMEST = -1, 1
"""Powers of ten between which the slider runs."""

_SLIDER_PX: Final = 160
_ROW_PX: Final = 46
_LOW_ROW_PX: Final = 41
_MOST_ROW_PX: Final = 72
_HEADINGS_PX: Final = 140
_ROW_SHARE: Final = 0.1
"""A row of numbers takes so much of the height where there is plenty."""

_TERMS: Final = 3
_HEADINGS: Final = (
    ("logit z", "What the last layer gave. Type another number, or press + and - on a cell."),
    ("exp(z/T − max)", "e to the power of the logit over the temperature, less the largest of them. Taking the "
                       "largest off changes no probability and keeps the numbers small."),
    ("p in %", "Each of the numbers above by their sum."),
)  # fmt: skip


class SoftmaxView(QWidget):
    """A column for each class: its name, a bar, and three numbers.

    Signals:
        edited(logits): The student changed a logit; float64 [classes].

    Thread: GUI.
    """

    edited = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it without logits."""
        super().__init__()
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._logits: NDArray[np.float64] = np.zeros(0)
        self._shown: list[int] = []
        self._least_row_px = _ROW_PX
        self.result: Softmax | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        column.addLayout(self._build_temperature())
        self.problem = label("", "problem", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        column.addLayout(self._build_table(theme), 1)
        self.formula = label("", "heading", wrap=True)
        self.words = label("", "muted", wrap=True)
        for part in (self.formula, self.words):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            column.addWidget(part)

    def _build_temperature(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        tip = "The logits are divided by it: below 1 softmax grows surer, above 1 more even. It changes no order."
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(_COLDEST * _TICKS_PER_DECADE, _WARMEST * _TICKS_PER_DECADE)
        self.slider.setFixedWidth(_SLIDER_PX)
        self.slider.setAccessibleName("Temperature")
        self.slider.setToolTip(tip)
        explain_on_focus(self.slider)
        self.slider.valueChanged.connect(self._on_temperature)
        self.caption = label("", tip=tip)
        row.addWidget(label("temperature T", "muted", tip=tip))
        row.addWidget(self.slider)
        row.addWidget(self.caption)
        row.addStretch(1)
        return row

    def _build_table(self, theme: Theme) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(GRID_PX)
        table.setVerticalSpacing(GRID_PX // 2)
        self.bars = _Bars(theme)
        table.addWidget(self.bars, 0, 1)
        self.logits = NumberGrid(theme, "Logit", editable=True)
        self.terms = NumberGrid(theme, "exp(z/T − max)")
        self.shares = NumberGrid(theme, "Probability")
        for place, (grid, (heading, tip)) in enumerate(
            zip((self.logits, self.terms, self.shares), _HEADINGS, strict=True), start=1
        ):
            grid.setFixedHeight(_ROW_PX)
            grid.hovered.connect(self._on_hovered)
            table.addWidget(label(heading, "muted", tip=tip), place, 0)
            table.addWidget(grid, place, 1)
        self.logits.edited.connect(self._on_edited)
        self.logits.failed.connect(self._on_failed)
        table.setColumnStretch(1, 1)
        table.setRowStretch(0, 1)
        return table

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lets the cells grow where there is room."""
        super().resizeEvent(event)
        self._size_rows()

    def _size_rows(self) -> None:
        fits = min((self.width() - _HEADINGS_PX) / _MOST_CLASSES, self.height() * _ROW_SHARE, _MOST_ROW_PX)
        row_px = max(self._least_row_px, int(fits))
        for grid in (self.logits, self.terms, self.shares):
            grid.setFixedHeight(row_px)
        self.bars.set_cell_px(row_px - 1)

    def set_low(self, low: bool) -> None:
        """Where there is little room, the words are only the tool tip of the formula, and the rows less high."""
        self._least_row_px = _LOW_ROW_PX if low else _ROW_PX
        self.words.setVisible(not low)
        self._size_rows()

    @property
    def temperature(self) -> float:
        """T."""
        return float(10.0 ** (self.slider.value() / _TICKS_PER_DECADE))

    def set_temperature(self, temperature: object) -> None:
        """Sets the nearest that the slider has; whatever is no number above 0 is ignored."""
        if isinstance(temperature, int | float) and temperature > 0 and math.isfinite(temperature):
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(_TICKS_PER_DECADE * math.log10(temperature)))
            self._show()

    def set_logits(self, logits: NDArray[np.float64], names: Sequence[str]) -> None:
        """Shows other logits, float64 [classes]."""
        self._logits, self._names = np.array(logits, np.float64), tuple(names)
        order = np.argsort(-np.nan_to_num(self._logits), kind="stable")[:_MOST_CLASSES]
        self._shown = sorted(int(place) for place in order)
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for part in (self.bars, self.logits, self.terms, self.shares):
            part.set_theme(theme)
        self._show()

    @Slot()
    def _on_temperature(self) -> None:
        self._show()

    @Slot(object)
    def _on_edited(self, values: NDArray[np.float64]) -> None:
        self._logits = self._logits.copy()
        self._logits[self._shown] = values[0]
        self._show()
        self.edited.emit(self._logits)

    @Slot(object)
    def _on_failed(self, report: ErrorReport | None) -> None:
        self._tell(report.sentence if report is not None else "")

    @Slot(object)
    def _on_hovered(self, cell: tuple[int, int] | None) -> None:
        self._show_formula(cell[1] if cell is not None else None)

    def _tell(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _show(self) -> None:
        self.caption.setText(f"{self.temperature:.3g}")
        if not self._logits.size:
            return
        logits = self._logits[self._shown][None]
        self.logits.set_values(logits, signed_colours(logits))
        try:
            self.result = softmax(self._logits, self.temperature)
        except StudioError as error:
            self.result = None
            self._tell(error.report.sentence)
            return
        self._tell("")
        terms, shares = self.result.terms[self._shown][None], self.result.probabilities[self._shown][None]
        self.terms.set_values(terms, signed_colours(terms, 1.0), texts=[[_small(one) for one in terms[0]]])
        texts = [[f"{100 * one:.1f}" if one < 0.9995 else "100" for one in shares[0]]]
        self.shares.set_values(shares, signed_colours(shares, 1.0), texts=texts)
        usual = softmax(self._logits).probabilities[self._shown]
        self.bars.set_bars([self._names[place] for place in self._shown], shares[0], usual)
        self._show_formula(None)
        words = self._verdict(self.result)
        self.words.setText(words)
        self.formula.setToolTip(words)

    def _show_formula(self, column: int | None) -> None:
        if self.result is None:
            return
        made = self.result
        place = made.top if column is None else self._shown[column]
        terms = [_small(one) for one in made.terms[: _TERMS if made.terms.size > _TERMS else None]]
        dots = " + …" if made.terms.size > _TERMS else ""
        self.formula.setText(
            f"p({self._names[place]}) = exp({number(made.logits[place])} / {made.temperature:.3g} − "
            f"{number(made.largest)}) / ({' + '.join(terms)}{dots}) = {_small(made.terms[place])} / "
            f"{made.total:.3f} = {percent(float(made.probabilities[place]))}"
        )

    def _verdict(self, made: Softmax) -> str:
        left = f" The {made.logits.size - len(self._shown)} other classes have smaller logits." * (
            made.logits.size > len(self._shown)
        )
        return (
            f"{made.entropy_bits:.2f} bits of doubt out of {math.log2(made.logits.size):.2f}. The probabilities always "
            f"sum to 100 %, whatever the picture: there is no class for none of these.{left}"
        )


class _Bars(QWidget):
    """A bar for each class, above its column; a thin line where it would stand at T = 1.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cell_px = float(_ROW_PX - 1)
        self._names: tuple[str, ...] = ()
        self._shares: NDArray[np.float64] = np.zeros(0)
        self._usual: NDArray[np.float64] = np.zeros(0)
        self.setToolTip("Probabilities at the chosen temperature; the thin lines are those at T = 1.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_bars(self, names: Sequence[str], shares: NDArray[np.float64], usual: NDArray[np.float64]) -> None:
        self._names, self._shares, self._usual = tuple(names), shares, usual
        said = (f"{name} {percent(float(one))}" for name, one in zip(names, shares, strict=True))
        self.setAccessibleName(", ".join(said))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_cell_px(self, cell_px: float) -> None:
        self._cell_px = cell_px
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        painter.setFont(theme.font("body"))
        foot = painter.fontMetrics().height() + 2
        # As wide as the cells below: square, and no higher than their row.
        cell = min((self.width() - 1) / max(1, len(self._names)), self._cell_px)
        room = max(0, self.height() - foot - 2)
        top = int(self._shares.argmax()) if self._shares.size else -1
        for place, (name, share, usual) in enumerate(zip(self._names, self._shares, self._usual, strict=True)):
            left, base = place * cell, room + 1
            area = QRectF(left + cell * 0.2, base - room * share, cell * 0.6, room * share)
            painter.fillRect(area, theme.colour("primary" if place == top else "faint"))
            painter.setPen(QPen(theme.colour("muted"), 1))
            painter.drawLine(int(left + cell * 0.1), int(base - room * usual), int(left + cell * 0.9),
                             int(base - room * usual))  # fmt: skip
            painter.setPen(theme.colour("text" if place == top else "muted"))
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(cell))
            painter.drawText(QRectF(left, base + 1, cell, foot), Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QPen(theme.colour("outline"), 1))
        painter.drawLine(0, room + 1, int(cell * len(self._names)), room + 1)

    def sizeHint(self) -> QSize:
        return QSize(10 * _ROW_PX, 20 * GRID_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(30 * GRID_PX, 8 * GRID_PX)


def _small(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 or value == 0 else f"{value:.0e}"
