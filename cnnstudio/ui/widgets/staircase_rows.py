"""What stands on every rung of the ladder: the switch, what it costs, what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Result, Settings
from cnnstudio.core.statistics import Gap, Spread, gap_sentence


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
        needed: Examples with which it reaches what the lowest rung reaches with all; None where it does not, or not
            known yet.
        most: Whether its step is the largest one.
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
    needed: float | None = None
    most: bool = False

    @property
    def explanation(self) -> str:
        """Everything, in sentences."""
        said = [self.said]
        if self.weights is not None and self.macs is not None:
            said.append(
                f"{self.weights:,} weights, {self.macs:,} multiply-adds; {100 * self.off:+.1f} % off the budget."
            )
        if self.test is not None:
            said.append(f"Test pictures read: {self.test.as_percent}.")
        if self.moved is not None:
            said.append(f"Moved ones: {self.moved.as_percent}.")
        if self.step is not None:
            said.append(gap_sentence("This rung", "the one below", self.step))
        if self.needed is not None:
            said.append(f"Reaches what the lowest rung reaches with all examples with about {round(self.needed):,}.")
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

    most = max((int(result.order.params["examples"]) for result in results), default=0)
    whole = having(results, {"examples": most})
    tests = by_network(whole, "test")
    moved = by_network(whole, "moved", ladder.DISTANCES_PX.index(ladder.FAR_PX))
    gaps = ladder.steps(tests)
    largest = ladder.largest(gaps) if len(gaps) == len(ladder.STEPS) else ""
    rows = []
    for rung, title in RUNGS.items():
        weights, macs, off = _costs(settings, rung)
        rows.append(
            StairRow(
                title, ladder.STEPS.get(rung, ""), SAID[rung], weights, macs, off, _spread(tests.get(rung)),
                _spread(moved.get(rung)), gaps.get(rung), ladder.needed(results, rung, most), rung == largest,
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
