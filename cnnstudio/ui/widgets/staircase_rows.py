"""What stands on every rung of the ladder: the switch, what it costs, what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from cnnstudio.core.comparisons import beyond_all
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Result, Settings
from cnnstudio.core.statistics import Gap, Spread, gap_sentence

if TYPE_CHECKING:
    from cnnstudio.experiments._needs import Need


@dataclass(frozen=True, slots=True)
class StairRow:
    """One rung.

    Attributes:
        title: As in "shared".
        switch: What it adds to the rung below, as in "sharing weights"; "" for the lowest.
        said: What the rung is, in a sentence.
        weights: How many; None where the budget cannot be met.
        macs: Multiply-adds for one picture.
        off: How far it is from the budget, 0.02 for 2 % more.
        test: Accuracy on test pictures.
        moved: Accuracy on test pictures that were moved.
        step: How far it is ahead of the rung below.
        need: Examples with which it reaches what the lowest rung reaches with all, seed by seed; None where they are
            not known yet.
        most: Whether its step is the largest one.
        sure: Whether that step is beyond the seeds, all steps looked at.
    """

    title: str
    switch: str
    said: str
    weights: int | None
    macs: int | None
    off: float = 0.0
    test: Spread | None = None
    moved: Spread | None = None
    step: Gap | None = None
    need: Need | None = None
    most: bool = False
    sure: bool = False

    @property
    def needed(self) -> float | None:
        """The middle one of the examples needed; None where most seeds never get there, or it is not known yet."""
        return None if self.need is None else self.need.median

    @property
    def explanation(self) -> str:
        """Everything, in sentences."""
        said = [self.said]
        if self.weights is not None and self.macs is not None:
            said.append(
                f"{self.weights:,} weights, {self.macs:,} multiply-adds; {100 * self.off:+.1f} % off the budget."
            )
        if self.test is not None:
            spread = f", mean ± standard deviation of {self.test.n} seeds" if self.test.n > 1 else " with one seed"
            said.append(f"Test pictures read: {self.test.as_percent}{spread}.")
        if self.moved is not None:
            said.append(f"Moved ones: {self.moved.as_percent}.")
        if self.step is not None:
            beyond = self.sure if self.step.n > 1 else None
            told = gap_sentence("this rung", "the one below", self.step, beyond=beyond)
            said.append(told[:1].upper() + told[1:])
        if self.need is not None:
            seeds = f" Median and range of {len(self.need.found)} seeds." if len(self.need.found) > 1 else ""
            said.append(f"Examples for what the lowest rung reaches with all: {self.need.told}.{seeds}")
        return " ".join(said)


def stair_rows(settings: Settings, results: Sequence[Result]) -> tuple[StairRow, ...]:
    """All rungs from the lowest to the highest.

    Args:
        settings: Of the experiment "ladder".
        results: What is measured; any part of it will do.
    """
    from cnnstudio.experiments import ladder
    from cnnstudio.experiments._grid import by_network, having
    from cnnstudio.experiments._rungs import RUNGS, SAID

    tried = ladder.sizes_of(settings) if results else ()
    most = max((int(result.order.params["examples"]) for result in results), default=0)
    whole = having(results, {"examples": most})
    tests = by_network(whole, "test")
    moved = by_network(whole, "moved", ladder.DISTANCES_PX.index(ladder.FAR_PX))
    gaps = ladder.steps(tests)
    largest = ladder.largest(gaps) if len(gaps) == len(ladder.STEPS) else ""
    beyond = beyond_all(gaps)
    rows = []
    for rung, title in RUNGS.items():
        weights, macs, off = _costs(settings, rung)
        rows.append(
            StairRow(
                title, ladder.STEPS.get(rung, ""), SAID[rung], weights, macs, off, _spread(tests.get(rung)),
                _spread(moved.get(rung)), gaps.get(rung), ladder.needed(results, rung, most, tried), rung == largest,
                beyond.get(rung) is True,
            )
        )  # fmt: skip
    return tuple(rows)


def _costs(settings: Settings, rung: str) -> tuple[int | None, int | None, float]:
    from cnnstudio.datasets import find
    from cnnstudio.experiments._rungs import Equal, sized
    from cnnstudio.experiments.ladder import BUDGETS

    equal = cast("Equal", settings["equal"])
    try:
        info = find(str(settings["dataset"])).info
        budget = int(settings["budget"]) or BUDGETS[equal]
        made = sized(rung, info.shape, max(2, len(info.class_names)), equal, budget)
    except StudioError:
        return None, None, 0.0
    return made.spec.parameters, made.spec.macs, made.off


def _spread(shares: dict[int, float] | None) -> Spread | None:
    return Spread.of(list(shares.values())) if shares else None
