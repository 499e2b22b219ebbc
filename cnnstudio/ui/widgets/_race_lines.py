"""The lines of a race, out of the records of its run and of earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.history import Axis, History, Metric, Part
from cnnstudio.ui.studio import KeptRun
from cnnstudio.ui.theme import Theme, network_colours, network_marks
from cnnstudio.ui.widgets._curve_arithmetic import nice_ceiling
from cnnstudio.ui.widgets._curve_parts import Axes, Line
from cnnstudio.ui.widgets._names import short_names

AXIS_NAMES: Final[dict[Axis, str]] = {
    "examples": "pictures seen",
    "steps": "steps",
    "epochs": "epochs",
    "seconds": "own seconds",
}


_VALIDATION_LIGHTER: Final = 140


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a race is drawn.

    Attributes:
        metric: Accuracy or loss.
        x: What the horizontal axis counts.
        validation: Whether the validation line is shown too.
        batches: Whether every batch is shown, faintly.
        log_x: Whether the horizontal axis is logarithmic.
        log_y: Whether the loss is; accuracy never.
    """

    metric: Metric = "accuracy"
    x: Axis = "examples"
    validation: bool = False
    batches: bool = False
    log_x: bool = False
    log_y: bool = True


def race_lines(history: History | None, past: Iterable[KeptRun], wanted: Wanted, theme: Theme) -> list[Line]:
    """The faint lines of earlier runs (test only, unless hidden), then those of the open run."""
    lines = [line for run in past if not run.hidden for line in _past_lines(run, wanted, theme)]
    if history is None:
        return lines
    competitors = history.started.competitors
    colours, names, marks = network_colours(competitors), short_names(competitors), network_marks(competitors)
    parts: tuple[Part, ...] = ("train", "validation", "test") if wanted.validation else ("train", "test")
    for card in competitors:
        key, hue = card.network, colours[card.network]
        if wanted.batches:
            xs, ys = history.batch_curve(key, wanted.metric, wanted.x)
            lines.append(Line(f"{key}/batches", f"{names[key]} batches", hue, xs, ys, kind="raw", group=key))
        for part in parts:
            xs, ys = history.curve(key, part, wanted.metric, wanted.x)
            shade = hue if part != "validation" else hue.lighter(_VALIDATION_LIGHTER)
            lines.append(
                Line(f"{key}/{part}", f"{names[key]} {part}", shade, xs, ys, dashed=part != "train", group=key,
                     text_colour=theme.readable(hue), bold=part == "test", mark=marks[key])
            )  # fmt: skip
    return lines


def _past_lines(run: KeptRun, wanted: Wanted, theme: Theme) -> list[Line]:
    competitors = run.history.started.competitors
    colours, names, marks = network_colours(competitors), short_names(competitors), network_marks(competitors)
    lines = []
    for card in competitors:
        hue: QColor = colours[card.network]
        xs, ys = run.history.curve(card.network, "test", wanted.metric, wanted.x)
        name = f"{names[card.network]} test, {run.name}"
        key = f"{run.id}/{card.network}"
        lines.append(
            Line(key, name, hue, xs, ys, dashed=True, kind="past", text_colour=theme.readable(hue), group=card.network,
                 mark=marks[card.network])
        )  # fmt: skip
    return lines


def race_axes(history: History | None, wanted: Wanted, planned: RaceConfig | None = None) -> Axes:
    """The axes of a race: x ends where the whole run will, or the one that is planned where there is none yet."""
    percent = wanted.metric == "accuracy"
    return Axes(
        AXIS_NAMES[wanted.x], _end(history, wanted.x, planned), percent, wanted.log_x, wanted.log_y and not percent
    )


def _end(history: History | None, x: Axis, planned: RaceConfig | None) -> float:
    if history is None:
        config = planned or RaceConfig()
        steps = config.epochs * -(-config.examples // config.batch_size)
        ends = {"examples": config.epochs * config.examples, "steps": steps, "epochs": config.epochs, "seconds": 10}
        return float(ends[x])
    started = history.started
    epochs = started.steps / max(1, started.steps_per_epoch)
    if x == "steps":
        return float(max(1, started.steps))
    if x == "epochs":
        return epochs
    if x == "examples":
        return max(1.0, epochs * started.train_size)
    spent = [score.own_seconds for evaluated in history.evaluations[-1:] for score in evaluated.scores]
    return nice_ceiling(max([*spent, 0.1]))


def _clock(history: History, network: str, axis: Axis) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the horizontal axis stood at which step, for one network; both begin at 0."""
    places, _ = history.batch_curve(network, "loss", axis)
    steps, _ = history.batch_curve(network, "loss", "steps")
    if not len(steps):
        places, _ = history.curve(network, "test", "loss", axis)
        steps, _ = history.curve(network, "test", "loss", "steps")
    return np.concatenate([[0.0], places]), np.concatenate([[0.0], steps])


def step_at(history: History, x: float, axis: Axis) -> int | None:
    """The step at a place of the horizontal axis; None (now) at or beyond the newest.

    Where each network has its own clock, the slowest one's counts.
    """
    clocks = [_clock(history, network, axis) for network in history.networks]
    places, steps = max(clocks, key=lambda clock: clock[0][-1], default=(np.zeros(1), np.zeros(1)))
    return None if x >= places[-1] else round(float(np.interp(x, places, steps)))


def places_of(history: History, step: int, axis: Axis, theme: Theme) -> list[tuple[float, QColor | None]]:
    """Where a step stands on the horizontal axis: one place, or one for each network's own clock."""
    colours = network_colours(history.started.competitors)
    found: list[tuple[float, QColor | None]] = []
    for network in history.networks:
        places, steps = _clock(history, network, axis)
        own = theme.readable(colours[network]) if axis == "seconds" else None
        found.append((float(np.interp(step, steps, places)), own))
    return found if axis == "seconds" else sorted(found, key=lambda place: -place[0])[:1]
