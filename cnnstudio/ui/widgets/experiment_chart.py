"""The chart of an experiment as a widget: hover it, or press Left and Right on it, and it says its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core.experiment import Chart
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._experiment_axes import spread_text, value_text, x_text
from cnnstudio.ui.widgets._experiment_paint import Compared, Plot
from cnnstudio.ui.widgets.basic import by_keyboard

_LEAST: Final = QSize(260, 136)
_BEST: Final = QSize(560, 320)
_WAITING: Final = "Nothing is measured yet."


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the read-out."""

    text: str
    colour: QColor | None


class ExperimentChart(QWidget):
    """One chart.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._chart: Chart | None = None
        self._compared: tuple[Compared, ...] = ()
        self._plot: Plot | None = None
        self._x: float | None = None
        self._cell: tuple[int, int] | None = None
        self._at = QPointF()
        self._ring = False
        self.caption = _WAITING
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Chart")

    @property
    def chart(self) -> Chart | None:
        """What is shown."""
        return self._chart

    def set_chart(self, chart: Chart | None, compared: Sequence[Compared] = ()) -> None:
        """Shows a chart, and faintly those that it is compared with."""
        if chart == self._chart and tuple(compared) == self._compared:
            return
        self._chart, self._compared, self._plot = chart, tuple(compared), None
        self.setAccessibleName(chart.title if chart is not None else "Chart")
        self.setAccessibleDescription(self.said())
        self.update()

    def set_caption(self, text: str) -> None:
        """What stands here while there is nothing to draw."""
        if text != self.caption:
            self.caption = text
            self.setAccessibleDescription(self.said())
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme, self._plot = theme, None
        self.update()

    def said(self) -> str:
        """The chart in words, for a screen reader: the last number of every line."""
        chart = self._chart
        if chart is None:
            return self.caption
        said = [f"{line.name}: {spread_text(chart, line, len(line.mean) - 1)}" for line in chart.series if line.mean]
        said += [f"{word} at {x:g}" for x, word in chart.happened]
        return f"{chart.title}. " + "; ".join(said)

    def plot(self) -> Plot | None:
        """The chart at its place, or None where there is nothing to show."""
        if self._plot is None and self._chart is not None:
            room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            self._plot = Plot(self._chart, self._compared, self._theme, room)
        return None if self._plot is None or self._plot.empty else self._plot

    # Reading

    def rows(self) -> list[_Row]:
        """What the read-out says, heading first; empty where nothing is pointed at."""
        plot, chart = self.plot(), self._chart
        if plot is None or chart is None:
            return []
        if chart.kind == "map":
            if self._cell is None:
                return []
            row, column = self._cell
            return [_Row(value_text(chart, chart.grid[row][column]), None)]
        if self._x is None:
            return []
        found = [_Row(x_text(chart, self._x), None)]
        for line in chart.series:
            if self._x in line.x:
                place = line.x.index(self._x)
                many = f" ({line.seeds[place]} seeds)" if line.seeds[place] > 1 else ""
                said = f"{line.name}: {spread_text(chart, line, place)}{many}"
                found.append(_Row(said, self._theme.readable(plot.colour(line), "surface")))
        for one in plot.compared:
            for line in one.chart.series:
                if self._x in line.x:
                    said = f"{one.name}, {line.name}: {spread_text(one.chart, line, line.x.index(self._x))}"
                    found.append(_Row(said, self._theme.colour("muted")))
        return found

    def point_at(self, position: QPointF) -> None:
        """Reads the chart at a place."""
        plot = self.plot()
        self._at = position
        if plot is None or self._chart is None:
            return
        if self._chart.kind == "map":
            box, rows = plot.map_rect(), len(self._chart.grid)
            inside = box.contains(position) and rows
            row = int((position.y() - box.top()) / box.height() * rows) if inside else 0
            columns = len(self._chart.grid[row]) if inside and row < rows else 0
            column = int((position.x() - box.left()) / box.width() * columns) if columns else 0
            self._cell = (row, column) if columns and column < columns else None
        else:
            places = [(abs(plot.axes.px(x) - position.x()), x) for x in self._places()]
            self._x = min(places)[1] if places else None
        self.update()

    def _places(self) -> list[float]:
        plot = self.plot()
        if plot is None or self._chart is None:
            return []
        return sorted({x for line in self._chart.series for x in line.x if math.isfinite(plot.axes.px(x))})

    def _step(self, by: int) -> None:
        places, plot = self._places(), self.plot()
        if not places or plot is None:
            return
        now = places.index(self._x) if self._x in places else (-1 if by > 0 else len(places))
        self._x = places[min(max(now + by, 0), len(places) - 1)]
        self._at = QPointF(plot.axes.px(self._x), plot.axes.area.center().y())
        self.update()

    # Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints chart and read-out."""
        painter = QPainter(self)
        plot = self.plot()
        if plot is None:
            painter.setPen(self._theme.colour("muted"))
            painter.setFont(self._theme.font("body"))
            room = self.rect().adjusted(2 * GRID_PX, 0, -2 * GRID_PX, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.caption)
        else:
            plot.paint(painter)
            self._paint_reading(painter, plot)
        if self._ring:
            painter.setPen(QPen(self._theme.colour("muted"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_reading(self, painter: QPainter, plot: Plot) -> None:
        rows = self.rows()
        if not rows:
            return
        theme, area = self._theme, plot.axes.area
        if self._x is not None and plot.chart.kind != "map":
            painter.setPen(QPen(theme.colour("faint"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(plot.axes.px(self._x), area.top()), QPointF(plot.axes.px(self._x), area.bottom()))
        painter.setFont(plot.font)
        metrics = plot.metrics
        wide = max(metrics.horizontalAdvance(row.text) for row in rows) + 2 * GRID_PX
        tall = metrics.height() * len(rows) + GRID_PX
        left = self._at.x() + 2 * GRID_PX
        if left + wide > self.width():
            left = max(0.0, self._at.x() - 2 * GRID_PX - wide)
        top = min(max(0.0, self._at.y() - tall / 2), max(0.0, self.height() - tall))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(left, top, wide, tall), 4, 4)
        base = top + GRID_PX / 2 + metrics.ascent()
        for row in rows:
            painter.setPen(row.colour or theme.colour("text"))
            painter.drawText(QPointF(left + GRID_PX, base), row.text)
            base += metrics.height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Reads what is under the pointer."""
        self.point_at(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Puts the read-out away."""
        self._x = self._cell = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go from place to place, Escape puts the read-out away."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step(1 if event.key() == Qt.Key.Key_Right else -1)
        elif event.key() == Qt.Key.Key_Escape and self.rows():
            self._x = self._cell = None
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows a frame where the focus came by keyboard."""
        self._ring = by_keyboard(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts frame and read-out away."""
        self._ring, self._x, self._cell = False, None, None
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        """Places everything anew."""
        self._plot = None

    def minimumSizeHint(self) -> QSize:
        """What can still be read."""
        return _LEAST

    def sizeHint(self) -> QSize:
        """A figure in a book."""
        return _BEST
