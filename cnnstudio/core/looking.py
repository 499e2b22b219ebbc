"""What may be asked of a data set whose card cannot say it: how large its pictures are, which classes, how many."""

from __future__ import annotations

from dataclasses import dataclass

from cnnstudio.core.dataset import Look
from cnnstudio.core.questions import Question


@dataclass(frozen=True, slots=True)
class LookAt(Question[Look]):
    """What is in a data set that takes a path: how large its pictures are, which classes, how many?

    The pictures that a race with the same data would take are read, and stay for it.

    Attributes:
        dataset: Its key.
        examples: How many training pictures the race asks for.
        seed: The race's seed.
    """

    dataset: str
    examples: int
    seed: int = 0
