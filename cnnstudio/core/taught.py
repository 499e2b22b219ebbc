"""What weights learned, as far as it is known: networks are compared fairly where they learned the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taught:
    """The pictures that a network learned.

    Attributes:
        dataset: Key of the data set, as in "digits:jitter=3".
        examples: How many training pictures there were; None where it is not known.
        shipped: Whether it was before the program was packed, and not in the open run.
    """

    dataset: str
    examples: int | None
    shipped: bool
