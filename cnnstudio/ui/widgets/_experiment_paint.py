"""Paints the chart of an experiment: lines with bands, bars with whiskers, maps; on a screen or into a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from cnnstudio.core.experiment import Chart, Series
from cnnstudio.core.labels import spread
from cnnstudio.ui.theme import GRID_PX, Theme, dashes_of, share_map
from cnnstudio.ui.widgets import _experiment_axes as geometry
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets._chart_chance import chance_box, paint_chance
from cnnstudio.ui.widgets._chart_happened import paint_happened
from cnnstudio.ui.widgets._experiment_names import (
    MARK_PX,
    End,
    KeyEntry,
    ends_font,
    key_entries,
    places_font,
    wrapped,
)
from cnnstudio.ui.widgets._marks import paint_mark

_BAND_ALPHA: Final = 0.16
_OTHER_ALPHA: Final = 0.4
_RIM_SHARE: Final = 0.6
"""A mark that lies under others is larger by that for each of them, so that its rim is seen."""
_WIDER_PX: Final = 0.8
"""A line of few points is drawn this much wider than the curve of a run."""
_POINT_PX: Final = 2.5
_BARS_SHARE: Final = 0.76
"""Part of a place that its bars take."""
_CAP_PX: Final = 3.0
_SCALE_PX: Final = 12
"""Width of the colour scale of a map."""
_HATCH_PX: Final = 5.0


@dataclass(frozen=True, slots=True)
class Compared:
    """Another result's chart behind this one.

    Attributes:
        name: Of that result.
        chart: Its chart of the same kind.
    """

    name: str
    chart: Chart


class Plot:
    """One chart within a rectangle, ready to be painted and to be asked.

    Thread: GUI.
    """

    def __init__(self, chart: Chart, compared: Sequence[Compared], theme: Theme, rect: QRectF) -> None:
        """Finds out where everything stands."""
        self.chart, self.theme, self.rect = chart, theme, rect
        self.compared = tuple(one for one in compared if one.chart.kind == chart.kind and chart.kind != "map")
        others = [one.chart for one in self.compared]
        self.colours = geometry.colours_of([chart, *others], theme)
        self.shapes = geometry.marks_of([chart, *others])
        self.font = geometry.font_of(theme, rect)
        self.metrics = QFontMetricsF(self.font)
        self.ends = self._named() if chart.kind == "lines" else []
        self.ends_font = ends_font(self.ends, self.font, self._most_names_px(), rect.height())
        self.key = self._key() if chart.kind == "bars" else []
        self.places_font, self.places = self._place_names()
        self.axes = geometry.axes_of(chart, others, self._area(others))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show yet."""
        return not any(line.mean for line in self.chart.series) and not self.chart.grid

    def colour(self, line: Series) -> QColor:
        """The hue of a line."""
        return self.colours[geometry.key_of(line)]

    def mark(self, line: Series) -> int:
        """What a line's points look like."""
        return self.shapes[geometry.key_of(line)]

    def paint(self, painter: QPainter) -> None:
        """Paints everything but what follows the pointer."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font)
        if self.chart.kind == "map":
            self._paint_map(painter)
            return
        self._paint_grid(painter)
        if self.chart.kind == "bars":
            self._paint_bars(painter)
            self._paint_chance(painter)
            self._paint_key(painter)
            return
        self._paint_chance(painter)
        for one in self.compared:
            for line in one.chart.series:
                self._paint_line(painter, line, faint=True)
        for line in self.chart.series:
            self._paint_line(painter, line, faint=False)
        self._paint_names(painter)
        at = [(self.axes.px(x), word) for x, word in self.chart.happened]
        paint_happened(painter, self.theme, self.axes.area, at)

    # Axes

    def _area(self, others: Sequence[Chart]) -> QRectF:
        above = 1 + max((entry.row for entry in self.key), default=0)
        below = 1 + self._places_px() / self.metrics.height()
        names_px = self._names_px()
        return geometry.area_of(self.chart, others, self.rect, self.metrics, names_px, above, below)

    def _names_px(self) -> float:
        if self.chart.kind == "map":
            return self.metrics.horizontalAdvance("100.0 %") + _SCALE_PX + 2 * GRID_PX
        if self.chart.kind == "bars":
            return 0.0
        metrics = QFontMetricsF(self.ends_font)
        widest = max((metrics.horizontalAdvance(end.text) for end in self.ends), default=0.0)
        return float(min(widest, self._most_names_px()) + MARK_PX + GRID_PX)

    def _most_names_px(self) -> float:
        return geometry.NAMES_SHARE * self.rect.width() - MARK_PX

    def _places_px(self) -> float:
        """How high the numbers or names below the axis are."""
        rows = max(map(len, self.places), default=1)
        return rows * QFontMetricsF(self.places_font).height()

    def _place_names(self) -> tuple[QFont, list[list[str]]]:
        """The names below the places of bars, line by line, and the letters for them."""
        names = self.chart.x_names
        if not names:
            return self.font, []
        left_px = self.metrics.horizontalAdvance("100 %") + 2 * GRID_PX
        room_px = (self.rect.width() - left_px) / len(names) - GRID_PX / 2
        font = places_font(names, self.font, room_px)
        return font, [wrapped(name, QFontMetricsF(font), room_px) for name in names]

    def _paint_grid(self, painter: QPainter) -> None:
        theme, area, axes = self.theme, self.axes.area, self.axes
        tall = self.metrics.height()
        for y, text in geometry.y_ticks(self.chart, axes, self.metrics):
            painter.setPen(QPen(theme.colour("grid"), 1))
            painter.drawLine(QPointF(area.left(), axes.py(y)), QPointF(area.right(), axes.py(y)))
            painter.setPen(theme.colour("faint"))
            box = QRectF(self.rect.left(), axes.py(y) - tall / 2, area.left() - GRID_PX - self.rect.left(), tall)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_x_axis(painter)
        painter.setPen(theme.colour("muted"))
        label = QRectF(self.rect.left(), self.rect.top(), self.rect.width(), tall)
        painter.drawText(label, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.chart.y_label)

    def _paint_x_axis(self, painter: QPainter) -> None:
        theme, area, tall = self.theme, self.axes.area, self.metrics.height()
        painter.setPen(theme.colour("faint"))
        top = area.bottom() + GRID_PX / 2
        if self.places:
            painter.setFont(self.places_font)
            line_px = QFontMetricsF(self.places_font).height()
            for place, name in enumerate(self.places):
                for row, line in enumerate(name):
                    self._paint_centred(painter, self.axes.px(float(place)), top + row * line_px, line)
            painter.setFont(self.font)
        else:
            for x, text in geometry.x_ticks(self.chart, self.axes, self.metrics):
                self._paint_centred(painter, self.axes.px(x), top, text)
        painter.setPen(theme.colour("muted"))
        box = QRectF(area.left(), top + self._places_px(), area.width(), tall)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.chart.x_label)

    def _paint_centred(self, painter: QPainter, middle: float, top: float, text: str) -> None:
        tall = self.metrics.height()
        box = QRectF(middle - 8 * tall, top, 16 * tall, tall)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)

    def _paint_chance(self, painter: QPainter) -> None:
        if self.chart.chance is None:
            return
        area, y, bars = self.axes.area, self.axes.py(self.chart.chance), self.chart.kind == "bars"
        paint_chance(painter, self.theme, area, y, self.chance_box(y), covers=bars)

    def chance_box(self, y: float) -> QRectF:
        """Where the word at the line of chance stands: among bars between the first two groups of them."""
        among = self.axes.px(0.5) if self.chart.kind == "bars" and len(self.chart.x_names) > 1 else None
        return chance_box(self.axes.area, y, among, self.metrics)

    # Lines

    def _paint_line(self, painter: QPainter, line: Series, *, faint: bool) -> None:
        points = [
            (x, y, low, high, seeds)
            for x, y, low, high, seeds in zip(line.x, line.mean, line.low, line.high, line.seeds, strict=True)
            if math.isfinite(self.axes.px(x)) and math.isfinite(y)
        ]
        if not points:
            return
        hue = QColor(self.colour(line))
        if faint:
            hue.setAlphaF(_OTHER_ALPHA)
        elif any(seeds > 1 for *_, seeds in points):
            self._paint_band(painter, hue, [(x, low, high) for x, _, low, high, _ in points])
        pen = QPen(hue, self.theme.line_px + _WIDER_PX)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if line.dashed:
            pen.setDashPattern(dashes_of(self.mark(line)))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        places = [self.axes.point(x, y) for x, y, *_ in points]
        if self.chart.joined:
            painter.drawPolyline(QPolygonF(places))
        size = _POINT_PX + self.theme.line_px / 2
        for place in places:
            above = 0 if faint else geometry.marks_above(self.chart, self.axes, line, place, size)
            paint_mark(painter, place, size * (1 + _RIM_SHARE * above), self.mark(line), hue)

    def _paint_band(self, painter: QPainter, hue: QColor, points: list[tuple[float, float, float]]) -> None:
        tint = QColor(hue)
        tint.setAlphaF(_BAND_ALPHA)
        if len(points) == 1:
            x, low, high = points[0]
            painter.setPen(QPen(hue, 1))
            painter.drawLine(self.axes.point(x, low), self.axes.point(x, high))
            return
        upper = [self.axes.point(x, high) for x, _, high in points]
        lower = [self.axes.point(x, low) for x, low, _ in reversed(points)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawPolygon(QPolygonF([*upper, *lower]))

    def _named(self) -> list[End]:
        """What stands at the ends of the lines."""
        own = [End(line.name, geometry.end_text(self.chart, line), line) for line in self.chart.series if line.mean]
        other = [
            End(f"{line.name}, {one.name}:", geometry.end_text(one.chart, line), line, other=True)
            for one in self.compared
            for line in one.chart.series
            if line.mean
        ]
        return own + other

    def _paint_names(self, painter: QPainter) -> None:
        area, rect, ends = self.axes.area, self.rect, self.ends
        metrics = QFontMetricsF(self.ends_font)
        tall = metrics.height()
        wanted = [
            min(max(self.axes.py(geometry.end_of(self.chart, end.line)), area.top()), area.bottom()) for end in ends
        ]
        left = area.right() + GRID_PX
        room = rect.right() - left - MARK_PX
        painter.setFont(self.ends_font)
        for end, y in zip(ends, spread(wanted, tall, rect.top() + tall / 2, rect.bottom() - tall / 2), strict=True):
            hue = QColor(self.colour(end.line))
            hue.setAlphaF(_OTHER_ALPHA if end.other else 1.0)
            paint_mark(painter, QPointF(left + _POINT_PX, y), _POINT_PX, self.mark(end.line), hue)
            painter.setPen(self.theme.colour("muted") if end.other else self.theme.readable(self.colour(end.line)))
            box = QRectF(left + MARK_PX, y - tall / 2, room, tall)
            text = end.fitting(metrics, room)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setFont(self.font)

    # Bars

    def bar(self, place: int, x: float, y: float) -> QRectF:
        """The bar of the series at `place`, at x."""
        count = max(1, len(self.chart.series))
        wide = _BARS_SHARE / count
        left = self.axes.px(x - _BARS_SHARE / 2 + place * wide)
        right = self.axes.px(x - _BARS_SHARE / 2 + (place + 1) * wide)
        gap = min(2.0, (right - left) / 8)
        top, bottom = sorted((self.axes.py(y), self.axes.py(0.0)))
        return QRectF(left + gap, top, right - left - 2 * gap, bottom - top)

    def _paint_bars(self, painter: QPainter) -> None:
        for place, line in enumerate(self.chart.series):
            hue = self.colour(line)
            for x, y, low, high in zip(line.x, line.mean, line.low, line.high, strict=True):
                if not math.isfinite(y):
                    continue
                box = self.bar(place, x, y)
                painter.setPen(QPen(hue, 1))
                painter.setBrush(_paler(hue) if line.dashed else hue)
                painter.drawRect(box)
                if line.dashed:
                    self._paint_hatch(painter, box, hue)
                if high > low:
                    self._paint_whisker(painter, box.center().x(), low, high)
        self._paint_other_bars(painter)

    def _paint_hatch(self, painter: QPainter, box: QRectF, hue: QColor) -> None:
        painter.save()
        painter.setClipRect(box)
        painter.setPen(QPen(hue, 1))
        start = box.left() - box.height()
        while start < box.right():
            painter.drawLine(QPointF(start, box.bottom()), QPointF(start + box.height(), box.top()))
            start += _HATCH_PX
        painter.restore()

    def _paint_whisker(self, painter: QPainter, x: float, low: float, high: float) -> None:
        painter.setPen(QPen(self.theme.colour("muted"), 1.2))
        lower, upper = self.axes.py(low), self.axes.py(high)
        painter.drawLine(QPointF(x, lower), QPointF(x, upper))
        for y in (lower, upper):
            painter.drawLine(QPointF(x - _CAP_PX, y), QPointF(x + _CAP_PX, y))

    def _paint_other_bars(self, painter: QPainter) -> None:
        """A mark across each bar says where another result stands."""
        painter.setPen(QPen(self.theme.colour("text"), 2))
        for one in self.compared:
            for place, line in enumerate(one.chart.series[: len(self.chart.series)]):
                for x, y in zip(line.x, line.mean, strict=True):
                    box = self.bar(place, x, y)
                    painter.drawLine(QPointF(box.left(), self.axes.py(y)), QPointF(box.right(), self.axes.py(y)))

    def _key(self) -> list[KeyEntry]:
        label_px = self.metrics.horizontalAdvance(self.chart.y_label)
        return key_entries(self.chart.series, self.metrics, self.rect.width(), label_px)

    def _paint_key(self, painter: QPainter) -> None:
        """The names of bars, in rows at the top."""
        tall = self.metrics.height()
        for entry in self.key:
            hue, line = self.colour(entry.line), entry.line
            left, top = self.rect.left() + entry.left_px, self.rect.top() + entry.row * tall
            box = QRectF(left, top + tall * 0.2, tall * 0.6, tall * 0.6)
            painter.setPen(QPen(hue, 1))
            painter.setBrush(_paler(hue) if line.dashed else hue)
            painter.drawRect(box)
            if line.dashed:
                self._paint_hatch(painter, box, hue)
            painter.setPen(self.theme.readable(hue))
            painter.drawText(QPointF(left + tall, top + self.metrics.ascent()), line.name)

    # Maps

    def map_range(self) -> tuple[float, float]:
        """The numbers at both ends of a map's colours."""
        if self.chart.percent:
            return 0.0, 1.0
        numbers = [value for row in self.chart.grid for value in row if math.isfinite(value)]
        low, high = min(numbers, default=0.0), max(numbers, default=1.0)
        return (low, high) if high > low else (low, low + 1.0)

    def map_rect(self) -> QRectF:
        """Where a map's cells are: squares, in the middle of the area."""
        area, rows = self.axes.area, len(self.chart.grid)
        columns = max((len(row) for row in self.chart.grid), default=0)
        if not rows or not columns:
            return QRectF(area)
        side = min(area.width() / columns, area.height() / rows)
        made = QRectF(0, 0, side * columns, side * rows)
        made.moveCenter(area.center())
        return made

    def _paint_map(self, painter: QPainter) -> None:
        low, high = self.map_range()
        box = self.map_rect()
        if self.chart.grid:
            values = np.array(self.chart.grid, dtype=np.float64)
            painter.drawImage(box, _coloured((values - low) / (high - low)))
            column = box.width() / values.shape[1]
            at = [(box.left() + x * column, word) for x, word in self.chart.happened]
            paint_happened(painter, self.theme, box, at)
        painter.setPen(self.theme.colour("muted"))
        tall = self.metrics.height()
        top = QRectF(self.rect.left(), self.rect.top(), self.rect.width(), tall)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft, self.chart.y_label)
        below = QRectF(self.rect.left(), box.bottom() + GRID_PX / 2, self.rect.width(), tall)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self.chart.x_label)
        scale = QRectF(box.right() + GRID_PX, box.top(), _SCALE_PX, box.height())
        painter.drawImage(scale, _coloured(np.linspace(1, 0, 64)[:, None]))
        for value, y in ((high, scale.top() + self.metrics.ascent()), (low, scale.bottom())):
            painter.drawText(QPointF(scale.right() + GRID_PX / 2, y), geometry.value_text(self.chart, value))


def _paler(hue: QColor) -> QColor:
    pale = QColor(hue)
    pale.setAlphaF(2 * _BAND_ALPHA)
    return pale


def _coloured(shares: np.ndarray) -> QImage:
    places = np.nan_to_num(np.clip(shares, 0, 1) * 255).round().astype(np.intp)
    return image_of(share_map()[places])
