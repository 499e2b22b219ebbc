"""How a unit's values are spread over the test set, and where the picture's value lies among them."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from cnnstudio.core.inside import UnitArithmetic
from cnnstudio.core.percent import percent
from cnnstudio.core.unit_record import UnitRecord
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._sum_line import plain
from cnnstudio.ui.widgets.basic import label
from cnnstudio.ui.widgets.explained import Explained

_LEAST_PX: Final = 90
_MOST_LISTED: Final = 12
_MARK_PX: Final = 3


class Histogram(Explained):
    """Bars over the values' axis, and a yellow line at one value. Arrow keys go from bar to bar.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._record: UnitRecord | None = None
        self._value: float | None = None
        self._bar: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Histogram of the unit's values")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_record(self, record: UnitRecord | None, value: float | None) -> None:
        """Shows other counts, and marks a value."""
        self._record, self._value = record, value
        if record is None or (self._bar is not None and self._bar >= len(record.counts)):
            self._bar = None
        self.setAccessibleDescription("" if record is None else f"{record.tested:,} test pictures")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def _reach(self) -> tuple[float, float]:
        """The axis: all bars, and the picture's value even where no test picture comes near it."""
        assert self._record is not None
        low, high = float(self._record.edges[0]), float(self._record.edges[-1])
        if self._value is not None and math.isfinite(self._value):
            low, high = min(low, self._value), max(high, self._value)
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def _area(self) -> QRectF:
        metrics = QFontMetricsF(self._theme.font("small"))
        return QRectF(self.rect()).adjusted(2, metrics.height() + 4, -2, -metrics.height() - 4)

    def x_of(self, value: float) -> float:
        """Where a value is, in px from the left."""
        low, high = self._reach()
        area = self._area()
        return area.left() + (value - low) / (high - low) * area.width()

    def bar_at(self, x_px: float) -> int | None:
        """The bar at a place, or None."""
        record = self._record
        if record is None or not len(record.counts):
            return None
        for place in range(len(record.counts)):
            if self.x_of(float(record.edges[place])) <= x_px < self.x_of(float(record.edges[place + 1])):
                return place
        return None

    def say(self, bar: int) -> str:
        """A bar in words."""
        record = self._record
        assert record is not None
        count = int(record.counts[bar])
        return (
            f"{plain(float(record.edges[bar]))} to {plain(float(record.edges[bar + 1]))}: {count:,} of "
            f"{record.tested:,} test pictures ({percent(count / max(1, record.tested))})"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints bars, axis and mark."""
        record = self._record
        if record is None or not len(record.counts):
            return
        painter, area = QPainter(self), self._area()
        top = max(1, int(record.counts.max()))
        hue = self._theme.colour("faint")
        for place, count in enumerate(record.counts.tolist()):
            left, right = self.x_of(float(record.edges[place])), self.x_of(float(record.edges[place + 1]))
            # A bar for a single picture is still to be seen.
            high = max(1.0, area.height() * count / top) if count else 0.0
            shade = self._theme.colour("text") if place == self._bar else hue
            painter.fillRect(QRectF(left, area.bottom() - high, max(1.0, right - left - 1), high), shade)
        painter.setPen(QPen(self._theme.colour("muted"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        self._paint_axis(painter, area)
        self._paint_mark(painter, area)

    def _paint_axis(self, painter: QPainter, area: QRectF) -> None:
        font = self._theme.font("small")
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(self._theme.colour("muted"))
        low, high = self._reach()
        taken: list[tuple[float, float]] = []
        for value in (low, high, 0.0):
            if not low <= value <= high:
                continue
            text = plain(value) if value else "0"
            wide = metrics.horizontalAdvance(text)
            left = min(max(area.left(), self.x_of(value) - wide / 2), area.right() - wide)
            if all(left > end + GRID_PX or left + wide < start - GRID_PX for start, end in taken):
                taken.append((left, left + wide))
                painter.drawText(QPointF(left, area.bottom() + 2 + metrics.ascent()), text)

    def _paint_mark(self, painter: QPainter, area: QRectF) -> None:
        value = self._value
        if value is None or not math.isfinite(value):
            return
        x = self.x_of(value)
        painter.setPen(QPen(self._theme.colour("text"), _MARK_PX + 2))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(QColor(SELECTION), _MARK_PX))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        font = self._theme.font("small", bold=True)
        metrics = QFontMetricsF(font)
        text = f"this picture {plain(value)}"
        wide = metrics.horizontalAdvance(text)
        left = min(max(area.left(), x - wide / 2), area.right() - wide)
        painter.setFont(font)
        painter.setPen(self._theme.colour("text"))
        painter.drawText(QPointF(left, area.top() - 4 - metrics.descent()), text)

    def said_at(self, place: QPointF) -> str:
        """Says the bar under the pointer."""
        bar = self.bar_at(place.x())
        return "" if bar is None else self.say(bar)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from bar to bar."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and self._record is not None and len(self._record.counts):
            last = len(self._record.counts) - 1
            self._bar = 0 if self._bar is None else min(max(self._bar + steps[Qt.Key(event.key())], 0), last)
            place = QPoint(round(self.x_of(float(self._record.edges[self._bar]))), self.height())
            QToolTip.showText(self.mapToGlobal(place), self.say(self._bar), self)
            self.update()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Twice as wide as high."""
        return QSize(4 * _LEAST_PX, 2 * _LEAST_PX)

    def minimumSizeHint(self) -> QSize:
        """Small."""
        return QSize(2 * _LEAST_PX, _LEAST_PX)


class UnitValues(QWidget):
    """The histogram with what it says in words.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        self.heading = label("", "muted", wrap=True)
        self.histogram = Histogram(theme)
        self.active = label("", wrap=True)
        self.dead = label("", "muted", wrap=True)
        column.addWidget(self.heading)
        column.addWidget(self.histogram, 1)
        column.addWidget(self.active)
        column.addWidget(self.dead)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.histogram.set_theme(theme)

    def show_record(self, record: UnitRecord | None, told: UnitArithmetic | None) -> None:
        """Shows a record, and where the picture's value lies; None empties it."""
        value = told.value if told is not None else None
        self.histogram.show_record(record, value)
        self.histogram.setVisible(record is not None)
        for part in (self.heading, self.active, self.dead):
            part.setVisible(record is not None)
        if record is None:
            return
        self.heading.setText(f"The unit's value for each of {record.tested:,} test pictures.")
        self.active.setText(active_words(record, value))
        self.dead.setText(dead_words(record))


def active_words(record: UnitRecord, value: float | None) -> str:
    """As in "Above zero for 34.0 % of them. This picture's value is larger than 91 % of them."."""
    said = f"Above zero for {percent(record.active)} of them."
    if value is None or not math.isfinite(value) or not record.tested:
        return said
    middles = (record.edges[:-1] + record.edges[1:]) / 2
    below = int(record.counts[middles < value].sum())
    return f"{said} This picture's value is larger than about {percent(below / record.tested, 0)} of them."


def dead_words(record: UnitRecord) -> str:
    """Which maps or units of the layer are dead."""
    count, dead = len(record.dead), np.flatnonzero(record.dead)
    if not len(dead):
        return f"None of the layer's {count:,} is dead: each changes at some place for some test picture."
    listed = ", ".join(str(int(number) + 1) for number in dead[:_MOST_LISTED])
    more = f" and {len(dead) - _MOST_LISTED:,} more" if len(dead) > _MOST_LISTED else ""
    many = "is" if len(dead) == 1 else "are"
    return f"{len(dead):,} of the layer's {count:,} {many} dead (always zero, or one constant): {listed}{more}."
