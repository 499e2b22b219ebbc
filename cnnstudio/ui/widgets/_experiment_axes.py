"""Where things stand in the chart of an experiment: ranges, ticks, texts. Everything but the painting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from cnnstudio.core.experiment import Chart, Series
from cnnstudio.core.labels import tick_text
from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours, network_marks
from cnnstudio.ui.widgets._curve_arithmetic import log_ticks, nice_ticks

NAMES_SHARE: Final = 0.36
"""The names at the ends of the lines take at most this part of the width."""

_X_PAD: Final = 0.03
"""Room beside the first and the last point, as a share of the width."""
_Y_PAD: Final = 0.06
_TICK_EM: Final = 5.5
"""Width that a tick of the x axis wants, in sizes of its letters."""
_Y_TICKS: Final = 5
_Y_TICK_LINES: Final = 1.7
"""Lines of text from one number of the y axis to the next."""
_FROM_ZERO: Final = 0.4
"""An axis whose smallest number is below this share of the largest begins at zero."""
_HALF: Final = 0.5
"""Lines of shares that all lie above it are drawn from here on; bars always begin at nothing."""
_LINES: Final = 17
"""A chart is at least so many lines of its letters high."""
_OWN_TICKS: Final = 14
"""Up to so many measured places are ticks themselves."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What decides a line's colour."""

    network: str
    role: str


def key_of(line: Series) -> str:
    """What lines of the same colour share: the network, or the name where there is none."""
    return line.network or line.name


def _keys(charts: Iterable[Chart]) -> list[_Key]:
    return [_Key(key_of(line), line.role) for chart in charts for line in chart.series]


def colours_of(charts: Sequence[Chart], theme: Theme) -> dict[str, QColor]:
    """The hue of every line, by `key_of`; a line that is of no network has a shade of the text."""
    lines = [line for chart in charts for line in chart.series if not line.network and not line.role]
    neutral = {name: theme.neutral(place) for place, name in enumerate(dict.fromkeys(line.name for line in lines))}
    return network_colours(key for key in _keys(charts) if key.network not in neutral) | neutral


def marks_of(charts: Sequence[Chart]) -> dict[str, int]:
    """The mark of every line, by `key_of`."""
    return network_marks(_keys(charts))


def value_text(chart: Chart, value: float) -> str:
    """A y value, as in "93.1 %" or "0.042"."""
    if not math.isfinite(value):
        return "none"
    if chart.percent:
        return percent(value)
    size = abs(value)
    if size >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def x_text(chart: Chart, x: float) -> str:
    """An x value, as in "4,000 training examples" or the name of its place."""
    if chart.x_names:
        place = round(x)
        return chart.x_names[place] if 0 <= place < len(chart.x_names) else ""
    number = f"{x:,.0f}" if float(x).is_integer() else f"{x:,.4g}"
    return f"{chart.x_label}: {number}"


def _finite(numbers: Iterable[float]) -> list[float]:
    return [number for number in numbers if math.isfinite(number)]


@dataclass(frozen=True, slots=True)
class Axes:
    """The plane of one chart.

    Attributes:
        area: Where lines may be.
        x0: Left end, an exponent of ten where `log`.
        x1: Right end.
        y0: Lower end.
        y1: Upper end.
        log: Whether x is logarithmic.
    """

    area: QRectF
    x0: float
    x1: float
    y0: float
    y1: float
    log: bool

    def px(self, x: float) -> float:
        """Where an x stands; NaN where a logarithmic axis has no place for it."""
        if self.log:
            x = math.log10(x) if x > 0 else math.nan
        return self.area.left() + (x - self.x0) / (self.x1 - self.x0) * self.area.width()

    def py(self, y: float) -> float:
        """Where a y stands."""
        return self.area.bottom() - (y - self.y0) / (self.y1 - self.y0) * self.area.height()

    def point(self, x: float, y: float) -> QPointF:
        """Where a point stands."""
        return QPointF(self.px(x), self.py(y))


def axes_of(chart: Chart, others: Sequence[Chart], area: QRectF) -> Axes:
    """Ranges that hold a chart and those that it is compared with."""
    series = [line for each in (chart, *others) for line in each.series]
    x0, x1 = _x_range(chart, series)
    y0, y1 = _y_range(chart, series)
    return Axes(area, x0, x1, y0, y1, chart.log_x)


def _x_range(chart: Chart, series: Sequence[Series]) -> tuple[float, float]:
    if chart.x_names:
        return -0.5, len(chart.x_names) - 0.5
    xs = _finite(x for line in series for x in line.x)
    if chart.log_x:
        xs = [math.log10(x) for x in xs if x > 0]
    low, high = min(xs, default=0.0), max(xs, default=1.0)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    pad = _X_PAD * (high - low)
    return low - pad, high + pad


def _y_range(chart: Chart, series: Sequence[Series]) -> tuple[float, float]:
    ys = _finite(y for line in series for ys in (line.mean, line.low, line.high) for y in ys)
    if chart.chance is not None:
        ys.append(chart.chance)
    if chart.percent:
        least = _HALF if chart.kind == "lines" and ys and min(ys) >= _HALF else 0.0
        return min(least, *ys, least), max(1.0, *ys, 1.0)
    low, high = min(ys, default=0.0), max(ys, default=1.0)
    if chart.kind == "bars" or 0 <= low <= _FROM_ZERO * high:
        low = min(0.0, low)
        high = max(0.0, high)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    pad = _Y_PAD * (high - low)
    return (low if low == 0 else low - pad), (high if high == 0 else high + pad)


def y_ticks(chart: Chart, axes: Axes, metrics: QFontMetricsF) -> list[tuple[float, str]]:
    """Numbers beside the y axis, as many as have room."""
    about = min(_Y_TICKS, max(1, int(axes.area.height() / (_Y_TICK_LINES * metrics.height()))))
    if chart.percent:
        return [(tick / 100, f"{tick:g} %") for tick in nice_ticks(100 * axes.y0, 100 * axes.y1, about)]
    return [(tick, tick_text(tick)) for tick in nice_ticks(axes.y0, axes.y1, about)]


def x_ticks(chart: Chart, axes: Axes, metrics: QFontMetricsF) -> list[tuple[float, str]]:
    """Numbers, or names, below the x axis: the measured places where they are few, else round numbers."""
    if chart.x_names:
        return [(float(place), name) for place, name in enumerate(chart.x_names)]
    places = sorted({x for line in chart.series for x in line.x if math.isfinite(axes.px(x))})
    if not places or len(places) > _OWN_TICKS:
        about = max(2, int(axes.area.width() / (_TICK_EM * metrics.height())))
        places = log_ticks(axes.x0, axes.x1) if axes.log else nice_ticks(axes.x0, axes.x1, about)
    return _apart([(x, tick_text(x)) for x in places], axes, metrics)


def _apart(ticks: list[tuple[float, str]], axes: Axes, metrics: QFontMetricsF) -> list[tuple[float, str]]:
    """The ticks that have room; the last one always has."""
    kept: list[tuple[float, str]] = []
    edge = math.inf
    for x, text in reversed(ticks):
        half = metrics.horizontalAdvance(text) / 2
        if axes.px(x) + half + GRID_PX / 2 <= edge:
            kept.append((x, text))
            edge = axes.px(x) - half
    return kept[::-1]


def font_of(theme: Theme, rect: QRectF) -> QFont:
    """Letters of the theme's size for figures, or smaller ones where the chart is low."""
    font = theme.font("label")
    font.setPixelSize(round(min(theme.label_px, max(theme.small_px, rect.height() / _LINES))))
    return font


def area_of(
    chart: Chart,
    others: Sequence[Chart],
    rect: QRectF,
    metrics: QFontMetricsF,
    names_px: float,
    above: float,
    below: float,
) -> QRectF:
    """Where lines may be, within `rect`: numbers stand to the left, names to the right.

    Args:
        chart: What is drawn.
        others: What it is compared with.
        rect: All the room.
        metrics: Of the letters.
        names_px: Width of the names at the ends of lines.
        above: Rows of text above, that of the y axis included.
        below: Rows of text below, that of the x axis included.
    """
    draft = axes_of(chart, others, rect)
    wide = max([metrics.horizontalAdvance(text) for _, text in y_ticks(chart, draft, metrics)], default=0.0)
    tall = metrics.height()
    return rect.adjusted(wide + GRID_PX, (above + 0.75) * tall, -names_px - GRID_PX, -(below + 0.5) * tall)


def marks_above(chart: Chart, axes: Axes, line: Series, place: QPointF, near_px: float) -> int:
    """How many other networks, painted after this line, have a mark at (or nearly at) a place of it."""
    later = chart.series[next(at for at, one in enumerate(chart.series) if one is line) + 1 :]
    hiding = set()
    for one in later:
        marks = (axes.point(x, y) for x, y in zip(one.x, one.mean, strict=True))
        if any(math.hypot(at.x() - place.x(), at.y() - place.y()) < near_px for at in marks):
            hiding.add(one.network or one.name)
    return len(hiding - {line.network or line.name})


def end_text(chart: Chart, line: Series) -> str:
    """What stands at the end of a line: its last number, or the mean of points that are not joined."""
    return value_text(chart, line.mean[-1]) if chart.joined else f"mean {value_text(chart, end_of(chart, line))}"


def end_of(chart: Chart, line: Series) -> float:
    """The number that stands at the end of a line with points."""
    return line.mean[-1] if chart.joined else sum(line.mean) / len(line.mean)


def spread_text(chart: Chart, line: Series, place: int) -> str:
    """Mean and spread at one point, as in "93.1 % ± 0.4 (3 seeds)"."""
    half = (line.high[place] - line.low[place]) / 2
    seeds = line.seeds[place] if place < len(line.seeds) else 1
    said = value_text(chart, line.mean[place])
    if seeds < 2:
        return said
    return f"{said} ± {100 * half:.1f}" if chart.percent else f"{said} ± {half:.2g}"
