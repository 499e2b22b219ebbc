"""How the verdicts of several networks share the room there is: arithmetic without painting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnstudio.core.questions import Verdict

SOURCES: Final = {
    "run": "trained in this window",
    "shipped": "trained weights shipped with the program",
    "none": "not trained yet",
}
MOST_BARS: Final = 10
_FEWEST_BARS: Final = 1
_LEAST_COLUMN_ROWS: Final = 6
"""Two networks stand side by side only where each is this many times as wide as a bar's row is high."""
_SHORT_NAME: Final = 4
"""And where no class has a longer name than this."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Heights in device-independent pixels, from the theme's fonts."""

    head: int
    row: int
    foot: int
    gap: int

    def block(self, bars: int) -> int:
        """Height of one network's verdict."""
        return self.head + bars * self.row + self.foot


@dataclass(frozen=True, slots=True)
class Plan:
    """What fits.

    Attributes:
        columns: 1, or 2 side by side.
        bars: Bars for each network.
        height: Height of all of them together; more than there is means scrolling.
    """

    columns: int
    bars: int
    height: int


def plan(networks: int, classes: int, longest_name: int, width: int, height: int, metrics: Metrics) -> Plan:
    """Finds the arrangement that shows most: below each other, side by side, or fewer bars.

    Args:
        networks: How many verdicts.
        classes: How many classes there are.
        longest_name: Letters of the longest class name.
        width: Room in pixels.
        height: Room in pixels.
        metrics: Heights of the parts.
    """
    most = max(1, min(MOST_BARS, classes))
    narrow = (
        networks > 1 and width >= 2 * _LEAST_COLUMN_ROWS * metrics.row + metrics.gap and longest_name <= _SHORT_NAME
    )
    fewest = min(most, _FEWEST_BARS)
    for bars in (most, min(most, 5), min(most, 3), fewest):
        for columns in (1, 2) if narrow else (1,):
            rows = -(-networks // columns)
            needed = rows * metrics.block(bars) + (rows - 1) * metrics.gap
            if needed <= height or (bars == fewest and columns == (2 if narrow else 1)):
                return Plan(columns, bars, needed)
    raise AssertionError("the last arrangement is always taken")


def chosen_classes(verdict: Verdict, classes: int, bars: int) -> list[int]:
    """Which classes get a bar: all in their own order where they fit, otherwise the likeliest, likeliest first."""
    if verdict.probabilities is None:
        return []
    if classes <= bars:
        return list(range(classes))
    return [int(place) for place in np.argsort(-verdict.probabilities, kind="stable")[:bars]]


def says(verdict: Verdict, class_names: tuple[str, ...]) -> tuple[str, float] | None:
    """The best guess and its probability, or None where the network is not trained."""
    if verdict.probabilities is None or not len(verdict.probabilities):
        return None
    best = int(np.argmax(verdict.probabilities))
    name = class_names[best] if best < len(class_names) else str(best)
    return name, float(verdict.probabilities[best])


def formula(verdict: Verdict, place: int, class_names: tuple[str, ...]) -> str:
    """How the network's last numbers become one share, with the live numbers."""
    if verdict.logits is None or verdict.probabilities is None:
        return f"{verdict.title} has no weights for this data set yet. Press Run to train it."
    name, logit, share = class_names[place], float(verdict.logits[place]), float(verdict.probabilities[place])
    others = float(np.exp(verdict.logits - verdict.logits[place]).sum())
    return (
        f"{verdict.title} gives {name} the number z = {logit:.2f} (its logit).\n"
        f"Softmax: p = e^z / (sum of e^z over all {len(verdict.logits)} classes) "
        f"= 1 / {others:,.4g} = {share:.4f}"
    )


def all_logits(verdict: Verdict, class_names: tuple[str, ...]) -> str:
    """The formula with every logit, and what it does not say."""
    if verdict.logits is None or verdict.probabilities is None:
        return f"{verdict.title} has no weights for this data set yet. Press Run to train it."
    order = np.argsort(-verdict.logits, kind="stable")[:MOST_BARS]
    numbers = ", ".join(f"{class_names[place]}: {verdict.logits[place]:.1f}" for place in order)
    return (
        f"{verdict.title}, {SOURCES[verdict.weights_from]}{_elsewhere(verdict)}.\n"
        f"Its last layer gives one number z to each class; softmax makes shares of them: p = e^z / sum of e^z.\n"
        f"z = {numbers}\n"
        "The shares always add up to 100 %, so a network is sure of something even where it is shown nonsense."
    )


def _within(title: str) -> str:
    """A data set's title within a sentence: "Digits, made here" becomes "digits, made here"."""
    return title[:1].lower() + title[1:]


def _elsewhere(verdict: Verdict) -> str:
    if not verdict.learned_on:
        return ""
    return f": it learned on {_within(verdict.learned_on)}, the program's own, and never saw this data set"


def source_text(verdict: Verdict) -> str:
    """Where the weights come from, in few words."""
    if verdict.weights_from == "none":
        return "not trained yet"
    if verdict.weights_from == "shipped":
        return f"trained on {_within(verdict.learned_on)}" if verdict.learned_on else "shipped weights"
    return "now" if verdict.step is None else f"at step {verdict.step:,}"
