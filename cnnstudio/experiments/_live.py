"""Runs in the engine's thread that a person may flip while they learn, as "depth" can.

No flag and no lock: the thread serves a question between two slices of the runs, and what was wanted is sent into a run
with its next slice.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Flip, Measure, Order, Partly, Result
from cnnstudio.experiments import measure
from cnnstudio.experiments.depth import LAST_FLIP

HERE: Final = "this window"
"""Where these runs are done."""


@dataclass(slots=True, eq=False)
class _Going:
    """A run under way: what it told last, and what it has yet to be told."""

    order: Order
    told: Partly | None = None
    wish: int | None = None

    @property
    def step(self) -> int:
        """The last step that it took; 0 before it learns."""
        return 0 if self.told is None else round((self.told.fraction or 0.0) * int(self.told.values.get("steps", 0)))

    @property
    def may_flip(self) -> bool:
        """Whether it learns, has enough of its steps before it, and was not flipped yet."""
        if self.told is None or not self.step or self.wish is not None:
            return False
        flipped = int(self.told.values.get("flipped", 0))
        return self.step <= LAST_FLIP * int(self.told.values["steps"]) and not 0 < flipped <= self.step

    def take_wish(self) -> int | None:
        """The step that is to be sent in, once."""
        wish, self.wish = self.wish, None
        return wish


class LiveMeasures:
    """The runs under way.

    Thread: engine.
    """

    def __init__(self) -> None:
        """Starts with none."""
        self._going: list[_Going] = []

    def answer(self, question: Measure | Flip) -> Generator[Progress | None, None, Result] | int:
        """The run, or the step after which others flip.

        Raises:
            StudioError: As `measure` and `flip`.
        """
        return self.flip(question) if isinstance(question, Flip) else self.measure(question.order)

    def measure(self, order: Order) -> Generator[Progress | None, None, Result]:
        """Does one run, as `experiments.measure`.

        Raises:
            StudioError: It cannot be done.
        """
        going, running = _Going(order), measure(order, HERE)
        self._going.append(going)
        try:
            while True:
                progress = running.send(going.take_wish())
                if isinstance(progress, Partly):
                    going.told = progress
                yield progress
        except StopIteration as end:
            result: Result = end.value
            return result
        finally:
            running.close()
            self._going.remove(going)

    def flip(self, question: Flip) -> int:
        """Flips runs that learn at this moment, all of them after the last step of the one that is furthest.

        Raises:
            StudioError: One does not learn yet or any more, was flipped already, or is nearly over.
        """
        runs = [going for order in question.orders for going in self._going if going.order == order]
        if not runs or len(runs) < len(question.orders) or not all(going.may_flip for going in runs):
            raise StudioError(
                "The shortcut was not flipped.",
                "The networks do not learn now, are nearly done, or were flipped before.",
                "Press Watch and flip while the curves grow.",
            )
        step = max(going.step for going in runs)
        for going in runs:
            going.wish = step
        return step
