"""The curves of a run as a figure for a report: PNG or SVG, drawn by matplotlib without a window."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np

from cnnstudio.core.history import History
from cnnstudio.ui.theme import LIGHT
from cnnstudio.ui.widgets._curve_arithmetic import spread, tick_text
from cnnstudio.ui.widgets._curve_parts import Line
from cnnstudio.ui.widgets._race_lines import Wanted, race_axes, race_lines
from cnnstudio.ui.widgets._setup_words import dataset_words

_SIZE_IN: Final = (8.0, 4.5)
_DPI: Final = 200
_LABEL_PT: Final = 10.0
_POINTS_PER_INCH: Final = 72


def figure(history: History, wanted: Wanted, kind: str) -> bytes:
    """Draws the curves of one run.

    Args:
        history: The run.
        wanted: What of it.
        kind: "png" or "svg".

    Returns:
        The file's content.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnnstudio", "font.size": _LABEL_PT}):
        drawn = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
        FigureCanvasAgg(drawn)
        plot = drawn.add_axes((0.085, 0.13, 0.68, 0.76))
        lines = race_lines(history, (), wanted, LIGHT)
        for line in lines:
            _draw(plot, line, wanted)
        _axes(plot, history, wanted)
        _labels(plot, [line for line in lines if line.kind == "line" and len(line.xs)], wanted)
        config = history.started.config
        plot.set_title(
            f"{dataset_words(config.dataset)}, {config.examples:,} examples, seed {config.seed}; "
            f"dashed: test, looked at {history.test_looks} times",
            loc="left", fontsize=_LABEL_PT, color=LIGHT.muted,
        )  # fmt: skip
        out = io.BytesIO()
        drawn.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return out.getvalue()


def _values(line: Line, wanted: Wanted) -> Any:
    return line.ys * 100 if wanted.metric == "accuracy" else line.ys


def _draw(plot: Any, line: Line, wanted: Wanted) -> None:
    faint = line.kind == "raw"
    plot.plot(
        line.xs, _values(line, wanted), color=line.colour.name(), linestyle=(0, (4, 2.5)) if line.dashed else "-",
        linewidth=0.5 if faint else 1.5, alpha=0.25 if faint else 1.0,
    )  # fmt: skip


def _axes(plot: Any, history: History, wanted: Wanted) -> None:
    axes = race_axes(history, wanted)
    for side in ("top", "right", "left", "bottom"):
        plot.spines[side].set_visible(False)
    plot.grid(axis="y", color=LIGHT.grid)
    plot.set_axisbelow(True)
    plot.tick_params(which="both", length=0, colors=LIGHT.muted)
    plot.set_xlabel(axes.x_name, color=LIGHT.muted)
    plot.set_ylabel("accuracy, %" if axes.percent else "loss", color=LIGHT.muted)
    if axes.log_x:
        plot.set_xscale("log", nonpositive="mask")
    else:
        plot.set_xlim(0, axes.x_end)
        plot.xaxis.set_major_formatter(lambda value, place: tick_text(value))
    if axes.log_y:
        plot.set_yscale("log", nonpositive="mask")
    if axes.percent:
        plot.set_ylim(0, 100)


def _labels(plot: Any, lines: list[Line], wanted: Wanted) -> None:
    ends = []
    for line in lines:
        values = _values(line, wanted)
        last = np.flatnonzero(np.isfinite(values))
        if len(last):
            ends.append((line, float(values[last[-1]])))
    to_axes = plot.transData + plot.transAxes.inverted()
    x0 = plot.get_xlim()[0]
    heights = [float(to_axes.transform((max(x0, 1e-9), value))[1]) for _, value in ends]
    apart = 1.35 * _LABEL_PT / _POINTS_PER_INCH / (_SIZE_IN[1] * plot.get_position().height)
    for (line, value), place in zip(ends, spread(heights, apart, 0.0, 1.0), strict=True):
        text = f"{value:.1f} %" if wanted.metric == "accuracy" else f"{value:.3f}"
        plot.text(
            1.015, place, f"{line.name} {text}", transform=plot.transAxes, va="center",
            color=(line.text_colour or line.colour).name(), fontweight="bold" if line.bold else "normal",
        )  # fmt: skip
