"""The curves of a run, as the race panel shows them, for a report: PNG or SVG."""

from __future__ import annotations

from cnnstudio.core.curve_figure import Curve, Plot, curve_figure
from cnnstudio.core.history import History
from cnnstudio.ui.theme import LIGHT
from cnnstudio.ui.widgets._curve_parts import Line
from cnnstudio.ui.widgets._race_lines import Wanted, race_axes, race_lines
from cnnstudio.ui.widgets._setup_words import dataset_words, examples_words


def figure(history: History, wanted: Wanted, kind: str) -> bytes:
    """Draws the curves of one run.

    Args:
        history: The run.
        wanted: What of it.
        kind: "png" or "svg".

    Returns:
        The file's content.
    """
    axes = race_axes(history, wanted)
    curves = tuple(_curve(line) for line in race_lines(history, (), wanted, LIGHT))
    plot = Plot(curves, axes.x_name, axes.x_end, axes.percent, axes.log_x, axes.log_y)
    config = history.started.config
    title = (
        f"{dataset_words(config.dataset)}, {examples_words(config, history.started)}, seed {config.seed}; "
        f"dashed: test, looked at {history.test_looks} times"
    )
    return curve_figure((plot,), title, kind)


def _curve(line: Line) -> Curve:
    shade = line.text_colour or line.colour
    return Curve(
        line.name,
        line.colour.name(),
        line.xs,
        line.ys,
        shade.name(),
        line.dashed,
        line.kind == "raw",
        line.bold,
        line.mark,
    )
