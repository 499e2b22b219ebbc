"""What three ways to connect a picture cost: numbers over bars on one logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from cnnstudio.core.connections import NUMBER_BYTES, TRAINING_NUMBERS, WAYS, Way, Wiring, megabytes
from cnnstudio.ui.theme import GRID_PX, ROLE_COLOURS, Theme, mixed
from cnnstudio.ui.widgets.basic import explain_on_focus
from cnnstudio.ui.widgets.explained import Explained

NAMES: Final[dict[Way, str]] = {"dense": "Dense", "local": "Locally connected", "conv": "Convolution"}
HUES: Final[dict[Way, str]] = {
    "dense": ROLE_COLOURS["mlp"],
    "local": ROLE_COLOURS["local"],
    "conv": ROLE_COLOURS["cnn"],
}

_HEADS: Final = ("", "connections", "weights + biases", "memory", "training")
_HEAD_TIPS: Final = (
    "",
    "Pairs of an input and a unit that reads it. Each is one multiply-add per picture.",
    "Distinct numbers that have to be learned and kept: weights and biases, as in the table of a race.",
    "32-bit weights and biases; 1 MB is 1,000,000 bytes.",
    "Weights, their gradients and Adam's two running means; the pictures' own values come on top.",
)
_SCALE: Final = " (bars: log scale)"
"""Stands after the first head where there is room; the tick marks and the tips say it everywhere."""

_LEAST_DECADES: Final = 9
"""The bars reach from 1 to a thousand million at least, so that they move and the scale stays."""


class ConnectionBill(Explained):
    """One row per way, a click chooses it.

    Signals:
        chosen(way): The student clicked a row, or went to it with the keyboard.

    Thread: GUI.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._wirings: tuple[Wiring, ...] = ()
        self._way: Way = "dense"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("connections, weights and memory")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("The arrow keys choose a row. The bars are logarithmic: one tick is ten times as many.")
        explain_on_focus(self)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_wirings(self, wirings: Sequence[Wiring], way: Way) -> None:
        """Shows other numbers; `way` is the row that is drawn above."""
        self._wirings, self._way = tuple(wirings), way
        said = [f"{NAMES[one.way]}: {', '.join(self._words(one)[1:])}" for one in self._wirings]
        self.setAccessibleDescription("; ".join(said))
        self.update()

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """What the rows say."""
        return tuple(self._words(wiring) for wiring in self._wirings)

    @property
    def decades(self) -> int:
        """Powers of ten that the bars' scale reaches over."""
        largest = max((wiring.connections for wiring in self._wirings), default=1)
        return max(_LEAST_DECADES, math.ceil(math.log10(largest)))

    def bar_share(self, count: int) -> float:
        """The length of a bar, from 0 to 1."""
        return math.log10(max(1, count)) / self.decades

    def _words(self, wiring: Wiring) -> tuple[str, ...]:
        memory, training = megabytes(wiring.weight_bytes), megabytes(wiring.training_bytes)
        return NAMES[wiring.way], f"{wiring.connections:,}", f"{wiring.weights:,} + {wiring.biases:,}", memory, training

    def explanation(self, point: QPoint) -> str:
        """What the cell under a point means, with its numbers."""
        row, column = self.row_at(point), self._column_at(point)
        if row is None:
            return _HEAD_TIPS[column]
        wiring = self._wirings[row]
        if column == 1:
            return (
                f"{wiring.outputs:,} units × {wiring.reads:,} inputs each = {wiring.connections:,} connections, and as "
                "many multiply-adds for one picture."
            )
        numbers = f"{wiring.parameters:,} weights and biases × {NUMBER_BYTES} bytes = {wiring.weight_bytes:,} bytes"
        if column == 3:
            return f"({wiring.weights:,} + {wiring.biases:,}) = {numbers}."
        if column == 4:
            return (
                f"{numbers}; times {TRAINING_NUMBERS} (weight, gradient, Adam's two running means) = "
                f"{wiring.training_bytes:,} bytes. The pictures' own values come on top."
            )
        return f"{wiring.bill}. {wiring.parameters:,} numbers in all.{self._as_many(wiring)}"

    def _as_many(self, wiring: Wiring) -> str:
        """What a dense layer with as many units as the convolution has would cost."""
        units = self._wirings[-1].outputs
        if wiring.way != "dense" or units == wiring.units:
            return ""
        weights = wiring.inputs * units
        return (
            f"\nFor as many units as the convolution has, {units:,}, a dense layer would need {wiring.inputs:,} × "
            f"{units:,} = {weights:,} weights."
        )

    def row_at(self, point: QPoint) -> int | None:
        """The row under a point."""
        row = (point.y() - self._head_px()) // self._row_px()
        return row if 0 <= row < len(self._wirings) and point.y() >= self._head_px() else None

    def _column_at(self, point: QPoint) -> int:
        return next((number for number in range(5) if point.x() < self._left(number + 1)), 4)

    def _widths(self) -> tuple[float, ...]:
        """Of the columns in px: names and amounts have what they need, the two with bars share the rest."""
        metrics = QFontMetrics(self._theme.font("body", bold=True))
        name = max(metrics.horizontalAdvance(one) for one in NAMES.values()) + 2 * GRID_PX
        amount = metrics.horizontalAdvance("88.8 MB") + GRID_PX
        rest = max(0.0, self.width() - name - 2 * amount)
        head = QFontMetrics(self._theme.font("small")).horizontalAdvance(_HEADS[2]) + GRID_PX
        words = [[metrics.horizontalAdvance(self._words(one)[at]) for one in self._wirings] for at in (1, 2)]
        first, longest = (max(found, default=0) + 2 * GRID_PX for found in words)
        second = max(rest / 2, min(max(head, longest), rest - first), min(head, rest))
        return name, rest - second, second, amount, amount

    def _left(self, column: int) -> float:
        return sum(self._widths()[:column])

    def _head_px(self) -> int:
        return QFontMetrics(self._theme.font("small")).height() + GRID_PX // 2

    def _row_px(self) -> int:
        return QFontMetrics(self._theme.font("body")).height() + GRID_PX + GRID_PX // 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints heads and rows."""
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.colour("muted"))
        for column, head in enumerate(_HEADS):
            room = QRectF(self._left(column), 0, self._widths()[column], self._head_px())
            if column == 1 and painter.fontMetrics().horizontalAdvance(head + _SCALE) + GRID_PX < room.width():
                head += _SCALE
            painter.drawText(room, self._alignment(column), head)
        for row, wiring in enumerate(self._wirings):
            self._paint_row(painter, wiring, self._head_px() + row * self._row_px())

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column > 2 else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def _cell(self, column: int, top: float, high: float) -> QRectF:
        gap = 2 * GRID_PX if column in (1, 2) else 0
        return QRectF(self._left(column), top, self._widths()[column] - gap, high)

    def _paint_row(self, painter: QPainter, wiring: Wiring, top: int) -> None:
        theme, hue, high = self._theme, QColor(HUES[wiring.way]), self._row_px()
        current = wiring.way == self._way
        if current and self.hasFocus():
            painter.fillRect(QRectF(0, top, self.width(), high), theme.colour("chip"))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(0, top, self.width(), top)
        for column, words in enumerate(self._words(wiring)):
            cell = self._cell(column, top, high)
            if column in (1, 2):
                count = wiring.connections if column == 1 else wiring.weights
                self._paint_bar(painter, cell, count, hue if column == 2 else mixed(hue, theme.colour("window"), 0.55))
                cell = cell.adjusted(0, 0, 0, -GRID_PX)
            painter.setFont(theme.font("body", bold=current and column in (0, 2)))
            painter.setPen(theme.readable(hue) if column == 0 else theme.colour("text"))
            text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(cell.width()))
            painter.drawText(cell, self._alignment(column), text)

    def _paint_bar(self, painter: QPainter, cell: QRectF, count: int, colour: QColor) -> None:
        thick = GRID_PX / 2
        whole = QRectF(cell.left(), cell.bottom() - 1.75 * thick, cell.width(), thick)
        painter.fillRect(whole, self._theme.colour("chip"))
        painter.fillRect(QRectF(whole.left(), whole.top(), whole.width() * self.bar_share(count), thick), colour)
        painter.setPen(QPen(self._theme.colour("window"), 1))
        for decade in range(1, self.decades):
            x = whole.left() + whole.width() * decade / self.decades
            painter.drawLine(int(x), int(whole.top()), int(x), int(whole.bottom()))

    def said_at(self, place: QPointF) -> str:
        """Explains the cell under the pointer."""
        at = place.toPoint()
        scale = "\nLength of the bars: one tick is ten times as many." if self._column_at(at) in (1, 2) else ""
        return self.explanation(at) + scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a row."""
        row = self.row_at(event.position().toPoint())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._wirings[row].way)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go from row to row."""
        way = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        self.chosen.emit(WAYS[min(max(WAYS.index(self._way) + way, 0), len(WAYS) - 1)])

    def sizeHint(self) -> QSize:
        """Heads and three rows."""
        return QSize(640, self._head_px() + len(WAYS) * self._row_px())

    def minimumSizeHint(self) -> QSize:
        """As high as `sizeHint`."""
        return QSize(400, self.sizeHint().height())
