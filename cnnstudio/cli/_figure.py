"""Curves as a figure, drawn by matplotlib without a window."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

from cnnstudio.core.colours import network_colours
from cnnstudio.core.command_line import WrongUse
from cnnstudio.core.history import History, Metric, Part
from cnnstudio.core.storage import write_atomic

FORMATS: Final = (".png", ".svg", ".pdf")
_LINES: Final[tuple[tuple[Part, str], ...]] = (("train", "-"), ("test", "--"))
_SIZE_INCHES: Final = (11.0, 4.6)
_DPI: Final = 150
_ROOM: Final = 1.2
"""How much wider than the curves the axis is, for the names at their ends."""


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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    accuracy, loss = figure.subplots(1, 2)
    _draw(accuracy, history, "accuracy", "accuracy in %", 100)
    _draw(loss, history, "loss", "loss", 1)
    config = history.started.config
    about = f"{config.examples:,} examples, {config.epochs} epochs, seed {config.seed}"
    figure.suptitle(f"{name or config.dataset}: {about}", fontsize=11)
    image = io.BytesIO()
    figure.savefig(image, format=path.suffix[1:].lower(), dpi=_DPI)
    write_atomic(path, image.getvalue())


def _draw(axes: Any, history: History, metric: Metric, label: str, factor: float) -> None:
    colours = network_colours((card.network, card.role) for card in history.started.competitors)
    ends: list[tuple[float, str, str]] = []
    for card in history.started.competitors:
        for part, style in _LINES:
            xs, ys = history.curve(card.network, part, metric)
            axes.plot(xs, factor * ys, style, color=colours[card.network], linewidth=1.6)
            if len(ys) and ys[-1] == ys[-1]:
                ends.append((float(factor * ys[-1]), f"{card.title} {part}", colours[card.network]))
    axes.set_xlabel("pictures seen")
    axes.set_ylabel(label)
    axes.grid(color="#E5E5E5", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    right = max(1.0, axes.dataLim.x1)
    axes.set_xlim(0, right * _ROOM)
    for at, (_, text, colour) in zip(_apart(axes, ends), sorted(ends), strict=True):
        axes.annotate(text, (right, at), (4, 0), textcoords="offset points", color=colour, fontsize=8, va="center")


def _apart(axes: Any, ends: list[tuple[float, str, str]]) -> list[float]:
    """Heights for the names at the lines' ends, ascending, moved up where they would overlap."""
    low, high = axes.get_ylim()
    least = (high - low) / 22
    places: list[float] = []
    for height, _, _ in sorted(ends):
        places.append(max(height, places[-1] + least) if places else height)
    return places
