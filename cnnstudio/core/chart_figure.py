"""The charts of an experiment as figures for a report: PNG, SVG or PDF, drawn by matplotlib without a window."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from cnnstudio.core.colours import DASHES, NEUTRAL_COLOURS, network_colours, network_marks
from cnnstudio.core.experiment import Chart, Series

_SIZE_IN: Final = (8.0, 4.5)
_DPI: Final = 200
_LABEL_PT: Final = 10.0
_MUTED: Final = "#595959"
_GRID: Final = "#E5E5E5"
_MARKERS: Final = ("o", "s", "^", "D", "v", "X")
"""Those of `colours.MARKS`."""
_BAND_ALPHA: Final = 0.15
_BARS_WIDTH: Final = 0.8
"""Share of a place that its bars take."""

_TOP_PERCENT: Final = 103
"""Shares start at nothing and end at all, with room for the marks of a line at the top."""

_LETTERS: Final = 90
"""That fit side by side below an axis, where there is a key beside it."""

_ROWS: Final = 22
"""Names that fit above each other at the ends of the lines."""


def chart_figure(chart: Chart, kind: str = "png", note: str = "") -> bytes:
    """Draws one chart: means as lines or bars, with the spread of the seeds as a band or as whiskers.

    Args:
        chart: What to draw.
        kind: "png", "svg" or "pdf".
        note: A line below the title, as in "3 seeds, 4,000 examples".

    Returns:
        The file's content; the same chart gives the same bytes.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnnstudio", "font.size": _LABEL_PT}):
        drawn = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white", layout="constrained")
        FigureCanvasAgg(drawn)
        plot = drawn.add_subplot()
        _axes(plot, chart, note)
        {"lines": _lines, "bars": _bars, "map": _map}[chart.kind](drawn, plot, chart)
        _happened(plot, chart)
        out = io.BytesIO()
        when = {"png": None, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
        drawn.savefig(out, format=kind, metadata=when)
    return out.getvalue()


def _factor(chart: Chart) -> float:
    return 100.0 if chart.percent else 1.0


def _label(chart: Chart) -> str:
    return f"{chart.y_label} (%)" if chart.percent and "%" not in chart.y_label else chart.y_label


def _colours(lines: Sequence[Series]) -> dict[str, str]:
    """By network, or by name where a line is of none: then it is grey, so as not to seem a network's."""
    none = dict.fromkeys(line.name for line in lines if not line.network and not line.role)
    greys = {name: NEUTRAL_COLOURS[place % len(NEUTRAL_COLOURS)] for place, name in enumerate(none)}
    return network_colours((line.network or line.name, line.role) for line in lines if line.name not in greys) | greys


def _shapes(lines: Sequence[Series]) -> dict[str, int]:
    return network_marks((line.network or line.name, line.role) for line in lines)


def _axes(plot: Any, chart: Chart, note: str) -> None:
    plot.spines[["top", "right", "left", "bottom"]].set_visible(False)
    plot.tick_params(which="both", length=0, colors=_MUTED)
    plot.set_xlabel(chart.x_label, color=_MUTED)
    plot.set_ylabel(chart.y_label if chart.kind == "map" else _label(chart), color=_MUTED)
    plot.set_title("\n".join(filter(None, (chart.title, note))), loc="left", fontsize=_LABEL_PT, color=_MUTED)
    if chart.kind != "map":
        plot.grid(axis="y", color=_GRID)
        plot.set_axisbelow(True)
        if chart.percent:
            plot.set_ylim(0, _TOP_PERCENT)
    if chart.x_names:
        aslant = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if _crowded(chart.x_names) else {}
        plot.set_xticks(range(len(chart.x_names)), chart.x_names, **aslant)
    if chart.log_x:
        plot.set_xscale("log", nonpositive="mask")
    if chart.chance is not None:
        plot.axhline(chart.chance * _factor(chart), color=_MUTED, linewidth=0.8, linestyle=":")
        plot.annotate("chance", (0, chart.chance * _factor(chart)), (2, 2), xycoords=("axes fraction", "data"),
                      textcoords="offset points", color=_MUTED, fontsize=0.8 * _LABEL_PT)  # fmt: skip


def _crowded(names: Sequence[str]) -> bool:
    """Whether names side by side would run into each other."""
    return len(names) * max(map(len, names)) > _LETTERS


def _lines(drawn: Any, plot: Any, chart: Chart) -> None:
    colours, shapes, factor = _colours(chart.series), _shapes(chart.series), _factor(chart)
    ends = []
    for line in chart.series:
        colour, shape = colours[line.network or line.name], shapes[line.network or line.name]
        mean, low, high = ([factor * y for y in ys] for ys in (line.mean, line.low, line.high))
        plot.fill_between(line.x, low, high, color=colour, alpha=_BAND_ALPHA, linewidth=0)
        style = ((0, DASHES[shape]) if line.dashed else "-") if chart.joined else "none"
        plot.plot(line.x, mean, color=colour, linestyle=style, linewidth=1.6, marker=_MARKERS[shape], markersize=4)
        if mean:
            ends.append((mean[-1] if chart.joined else sum(mean) / len(mean), line.name, colour))
    ends.sort()
    for (_, name, colour), height in zip(ends, _apart(plot, [end[0] for end in ends]), strict=True):
        plot.annotate(name, (1.01, height), xycoords=("axes fraction", "data"), color=colour, va="center")


def _apart(plot: Any, heights: Sequence[float]) -> list[float]:
    """Heights for the names at the lines' ends, ascending, moved up where they would overlap."""
    low, high = plot.get_ylim()
    places: list[float] = []
    for height in heights:
        places.append(max(height, places[-1] + (high - low) / _ROWS) if places else height)
    return places


def _bars(drawn: Any, plot: Any, chart: Chart) -> None:
    colours, factor = _colours(chart.series), _factor(chart)
    width = _BARS_WIDTH / max(1, len(chart.series))
    for place, line in enumerate(chart.series):
        xs = [x + (place - (len(chart.series) - 1) / 2) * width for x in line.x]
        whiskers = [
            [factor * (mean - low) for mean, low in zip(line.mean, line.low, strict=True)],
            [factor * (high - mean) for mean, high in zip(line.mean, line.high, strict=True)],
        ]
        plot.bar(
            xs, [factor * y for y in line.mean], 0.9 * width, yerr=whiskers, color=colours[line.network or line.name],
            ecolor=_MUTED, capsize=2, label=line.name, hatch="///" if line.dashed else None, edgecolor="white",
        )  # fmt: skip
    if chart.series:
        drawn.legend(loc="outside right upper", frameon=False, labelcolor=_MUTED)


def _happened(plot: Any, chart: Chart) -> None:
    """Upright lines where something happened, each with its word at the top."""
    for x, word in chart.happened:
        at = x - 0.5 if chart.kind == "map" else x  # the middle of the first column is at 0
        plot.axvline(at, color="white" if chart.kind == "map" else _MUTED, linewidth=1.2, linestyle="--")
        plot.annotate(word, (at, 1), (0, 2), xycoords=("data", "axes fraction"), textcoords="offset points",
                      color=_MUTED, fontsize=0.8 * _LABEL_PT, ha="center")  # fmt: skip


def _map(drawn: Any, plot: Any, chart: Chart) -> None:
    if not chart.grid:
        return
    factor = _factor(chart)
    image = plot.imshow(
        [[factor * value for value in row] for row in chart.grid], cmap="viridis", vmin=0 if chart.percent else None,
        vmax=factor if chart.percent else None, interpolation="nearest",
    )  # fmt: skip
    drawn.colorbar(image, ax=plot, format="%g %%" if chart.percent else None)
