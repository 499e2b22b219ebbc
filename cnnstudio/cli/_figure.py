"""The curves of a race as a figure beside its results."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cnnstudio.core.colours import network_colours, network_marks
from cnnstudio.core.command_line import WrongUse
from cnnstudio.core.curve_figure import Curve, Plot, curve_figure
from cnnstudio.core.history import History, Metric, Part
from cnnstudio.core.storage import write_atomic

FORMATS: Final = (".png", ".svg", ".pdf")
_PARTS: Final[tuple[Part, ...]] = ("train", "test")


def check_name(path: Path | None) -> None:
    """Refuses a figure's name before the work begins.

    Raises:
        WrongUse: Its ending is of no known format.
    """
    if path is not None and path.suffix.lower() not in FORMATS:
        raise WrongUse(f"A figure cannot be called {path.name}.", remedy="End its name in " + ", ".join(FORMATS) + ".")


def draw_curves(history: History, path: Path, name: str = "") -> None:
    """Draws accuracy and loss over the pictures seen: train solid, test dashed, each named at its end.

    Args:
        history: The run.
        path: The file; its ending decides the format.
        name: What the run is called; the data set where it is "".

    Raises:
        StudioError: The file cannot be written.
    """
    config, examples = history.started.config, history.started.train_size
    title = f"{name or config.dataset}: {examples:,} examples, {config.epochs} epochs, seed {config.seed}"
    plots = (_plot(history, "accuracy"), _plot(history, "loss"))
    write_atomic(path, curve_figure(plots, title, path.suffix[1:].lower()))


def _plot(history: History, metric: Metric) -> Plot:
    competitors = history.started.competitors
    roles = [(card.network, card.role) for card in competitors]
    colours, marks = network_colours(roles), network_marks(roles)
    curves = []
    for card in competitors:
        for part in _PARTS:
            xs, ys = history.curve(card.network, part, metric)
            name = f"{card.title} {part}"
            tested, mark = part == "test", marks[card.network]
            curves.append(Curve(name, colours[card.network], xs, ys, dashed=tested, bold=tested, mark=mark))
    end = max([1.0, *(float(curve.xs[-1]) for curve in curves if len(curve.xs))])
    return Plot(tuple(curves), "pictures seen", end, percent=metric == "accuracy")
