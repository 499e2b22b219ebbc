"""How many examples a network needs to reach what another one reaches: seed by seed, with those that never do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from cnnstudio.core.knobs import Value
from cnnstudio.experiments._grid import crossing

Curves = Mapping[float, Mapping[Value, float]]
"""A share by number of examples and seed."""


def rounded(size: float) -> int:
    """To two digits: no crossing between two sizes is known better."""
    unit: int = 10 ** max(0, math.floor(math.log10(size)) - 1)
    return round(size / unit) * unit


@dataclass(frozen=True, slots=True)
class Need:
    """Examples needed, seed by seed.

    Attributes:
        found: One per seed, ascending; infinite where the goal is never reached.
        least: Examples of the smallest set that was tried; a need of so many may be smaller.
        most: Of the largest one.
    """

    found: tuple[float, ...]
    least: float
    most: float

    rounded = staticmethod(rounded)

    @property
    def reached(self) -> tuple[float, ...]:
        """Those of the seeds with which the goal is reached."""
        return tuple(need for need in self.found if math.isfinite(need))

    @property
    def never(self) -> int:
        """With how many seeds it is not reached."""
        return len(self.found) - len(self.reached)

    @property
    def median(self) -> float | None:
        """The middle one (between two: the middle on a logarithmic axis); None where the goal is not reached there."""
        half = len(self.found) // 2
        middle = self.found[half] if len(self.found) % 2 else math.sqrt(self.found[half - 1] * self.found[half])
        return middle if math.isfinite(middle) else None

    @property
    def about(self) -> str:
        """The middle one in words: "about 620", "200 or fewer" or "not reached"."""
        return "not reached" if self.median is None else self.say(self.median)

    @property
    def span(self) -> str:
        """From the fewest to the most of those that reach it: "500 to 720", or "620" where they agree; "" for none."""
        ends = list(dict.fromkeys(f"{rounded(end):,}" for end in (*self.reached[:1], *self.reached[-1:])))
        return " to ".join(ends)

    @property
    def told(self) -> str:
        """All of it, as in "about 620 (500 to 720)" or "about 620 (500 to 720, never with 1 of 3 seeds)"."""
        count, never = len(self.found), self.never
        if not self.reached or count == 1:
            return self.about
        if self.median is None:
            return f"not reached with {never} of {count} seeds ({self.span} with the rest)"
        span = self.span if "to" in self.span else f"{self.span} with each that reaches it" if never else "each seed"
        return f"{self.about} ({span}{f', never with {never} of {count} seeds' if never else ''})"

    def say(self, need: float) -> str:
        """One number in words: "about 620" or "200 or fewer"."""
        return f"{self.least:,.0f} or fewer" if need <= self.least else f"about {rounded(need):,}"


def need_of(curves: Curves, goals: Mapping[Value, float]) -> Need | None:
    """How many examples a network needs, over the seeds that have every size and a goal.

    Args:
        curves: Its shares.
        goals: The share to be reached, by seed.

    Returns:
        None where there is no such seed, or fewer than two sizes.
    """
    seeds = [seed for seed in goals if all(seed in shares for shares in curves.values())]
    if len(curves) < 2 or not seeds:
        return None
    found = [crossing({at: shares[seed] for at, shares in curves.items()}, goals[seed]) for seed in seeds]
    return Need(tuple(sorted(math.inf if at is None else at for at in found)), min(curves), max(curves))
