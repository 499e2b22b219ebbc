"""What guessing gives, and what is said where networks do no better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cnnstudio.core.percent import percent
from cnnstudio.core.statistics import Gap, Spread, gap_sentence
from cnnstudio.datasets import find as find_dataset

NEAR: Final = 0.05
"""Above chance by less than this a network has hardly learned anything that holds."""

UNTAUGHT: Final = "give them more examples or epochs"
"""What may help where nothing was learned."""


def chance_of(dataset: str) -> float | None:
    """What guessing gives where all classes are as frequent; None where only loading tells the classes."""
    classes = len(find_dataset(dataset).info.class_names)
    return 1 / classes if classes else None


def is_at_chance(shares: Mapping[Any, float], chance: float | None) -> bool:
    """Whether the mean over the seeds is at chance, or hardly above it; False while it is not known."""
    return bool(shares) and chance is not None and Spread.of(list(shares.values())).mean < chance + NEAR


def gap_or_chance(
    place: str, gap: Gap, shares: Mapping[str, Mapping[Any, float]], chance: float | None, hint: str = UNTAUGHT
) -> str:
    """Who is ahead of whom, or where neither learned anything, that.

    Args:
        place: Where, as in "At 0 px"; it begins the sentence.
        gap: The first network's lead.
        shares: By what the two networks are called, the first one first: the share read correctly by seed.
        chance: What guessing gives.
        hint: What to choose instead.
    """
    at_chance = both_at_chance(shares, chance, hint)
    first, second = shares
    if at_chance:
        return f"{place}, {at_chance[0][0].lower()}{at_chance[0][1:]}"
    return f"{place}: {gap_sentence(first, second, gap)}"


def both_at_chance(shares: Mapping[str, Mapping[Any, float]], chance: float | None, hint: str = "") -> list[str]:
    """Says so where neither of two networks reads more than guessing gives: then their difference means nothing.

    Args:
        shares: By what the network is called: the share read correctly by seed.
        chance: What guessing gives.
        hint: What to choose instead.

    Returns:
        One sentence, or none.
    """
    if chance is None or not all(is_at_chance(found, chance) for found in shares.values()):
        return []
    told = " and ".join(f"{title} {percent(Spread.of(list(found.values())).mean)}" for title, found in shares.items())
    instead = f"; {hint}" if hint else ""
    return [
        f"Both are at chance: neither reads {100 * NEAR:.0f} points more than the {percent(chance, 0)} of guessing "
        f"({told}). That says nothing about the network's architecture{instead}."
    ]
