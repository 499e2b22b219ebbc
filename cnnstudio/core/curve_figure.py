"""Curves as a figure for a report: PNG, SVG or PDF, drawn by matplotlib without a window."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.colours import DASHES
from cnnstudio.core.labels import spread, tick_text
from cnnstudio.core.percent import percent

HEIGHT_IN: Final = 4.5
WIDTH_IN: Final = 8.0
_DPI: Final = 200
_LABEL_PT: Final = 10.0
_POINTS_PER_INCH: Final = 72
_LINE_HEIGHT: Final = 1.35
_MUTED: Final = "#565B64"
_GRID: Final = "#ECEBE7"
_LEFT_IN: Final = 0.68
_RIGHT_IN: Final = 1.88
_BELOW_IN: Final = 0.58
_ABOVE_IN: Final = 0.5
"""Around each plot: for its numbers, for the names at the lines' ends, for the axis, for the title."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line.

    Attributes:
        name: Stands at its end, with its last value.
        colour: "#RRGGBB" of the line.
        xs: float64 [n], ascending.
        ys: float64 [n]; shares where the plot shows per cents.
        text_colour: Of its name; "" is `colour`.
        dashed: Whether it is a test (or validation) line.
        faint: Whether it stands behind the others, without a name.
        bold: Whether its name is.
        mark: Of its network among those of the role, a number of `colours.MARKS`: it decides the dashes.
    """

    name: str
    colour: str
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    text_colour: str = ""
    dashed: bool = False
    faint: bool = False
    bold: bool = False
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Plot:
    """One pair of axes.

    Attributes:
        curves: What is drawn.
        x_name: Below the horizontal axis.
        x_end: Where that ends, unless it is logarithmic.
        percent: Whether the values are shares, shown from 0 to 100 %; otherwise they are losses.
        log_x: Whether the horizontal axis is logarithmic.
        log_y: Whether the vertical one is.
    """

    curves: tuple[Curve, ...]
    x_name: str
    x_end: float
    percent: bool
    log_x: bool = False
    log_y: bool = False


def curve_figure(plots: Sequence[Plot], title: str, kind: str) -> bytes:
    """Draws plots beside each other, each line named at its end.

    Args:
        plots: At least one.
        title: Above them.
        kind: "png", "svg" or "pdf".

    Returns:
        The file's content; the same curves give the same bytes.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    wide = WIDTH_IN * len(plots)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnnstudio", "font.size": _LABEL_PT}):
        drawn = Figure(figsize=(wide, HEIGHT_IN), dpi=_DPI, facecolor="white")
        FigureCanvasAgg(drawn)
        for place, plot in enumerate(plots):
            size = (WIDTH_IN - _LEFT_IN - _RIGHT_IN) / wide, (HEIGHT_IN - _BELOW_IN - _ABOVE_IN) / HEIGHT_IN
            axes = drawn.add_axes(((place * WIDTH_IN + _LEFT_IN) / wide, _BELOW_IN / HEIGHT_IN, *size))
            for curve in plot.curves:
                _draw(axes, curve, _values(curve, plot))
            _dress(axes, plot)
            _name(axes, plot)
        drawn.axes[0].set_title(title, loc="left", fontsize=_LABEL_PT, color=_MUTED)
        out = io.BytesIO()
        when = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        drawn.savefig(out, format=kind, metadata=when)
    return out.getvalue()


def _values(curve: Curve, plot: Plot) -> NDArray[np.float64]:
    return curve.ys * 100 if plot.percent else curve.ys


def _draw(axes: Any, curve: Curve, values: NDArray[np.float64]) -> None:
    axes.plot(
        curve.xs, values, color=curve.colour, linestyle=(0, DASHES[curve.mark]) if curve.dashed else "-",
        linewidth=0.5 if curve.faint else 1.5, alpha=0.25 if curve.faint else 1.0,
    )  # fmt: skip


def _dress(axes: Any, plot: Plot) -> None:
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.grid(axis="y", color=_GRID)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0, colors=_MUTED)
    axes.set_xlabel(plot.x_name, color=_MUTED)
    axes.set_ylabel("accuracy, %" if plot.percent else "loss", color=_MUTED)
    if plot.log_x:
        axes.set_xscale("log", nonpositive="mask")
    else:
        axes.set_xlim(0, plot.x_end)
        axes.xaxis.set_major_formatter(lambda value, place: tick_text(value))
    if plot.log_y:
        axes.set_yscale("log", nonpositive="mask")
    if plot.percent:
        axes.set_ylim(0, 100)


def _name(axes: Any, plot: Plot) -> None:
    """Writes the curves' names beside the axes, at the height of their last values, moved apart."""
    ends = []
    for curve in plot.curves:
        values = _values(curve, plot)
        finite = np.flatnonzero(np.isfinite(values))
        if len(finite) and not curve.faint:
            ends.append((curve, float(values[finite[-1]])))
    to_axes = axes.transData + axes.transAxes.inverted()
    left = max(axes.get_xlim()[0], 1e-9)
    heights = [float(to_axes.transform((left, value))[1]) for _, value in ends]
    apart = _LINE_HEIGHT * _LABEL_PT / _POINTS_PER_INCH / (HEIGHT_IN - _BELOW_IN - _ABOVE_IN)
    for (curve, value), height in zip(ends, spread(heights, apart, 0.0, 1.0), strict=True):
        text = percent(value / 100) if plot.percent else f"{value:.3f}"
        axes.text(
            1.015, height, f"{curve.name} {text}", transform=axes.transAxes, va="center",
            color=curve.text_colour or curve.colour, fontweight="bold" if curve.bold else "normal",
        )  # fmt: skip
