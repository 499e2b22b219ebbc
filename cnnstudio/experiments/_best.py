"""The best of several, in words: corrected for having been chosen by the numbers that compare it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cnnstudio.core.comparisons import Pair, between
from cnnstudio.core.statistics import POINTS, Unit, gap_sentence

HOW: Final = "(Student's paired test; Holm 1979)"


def compared(
    pairs: Sequence[Pair],
    first: str,
    second: str,
    named: Mapping[str, str],
    unit: Unit = POINTS,
    ahead: str = "ahead of",
) -> str:
    """One pair of several, as `gap_sentence` with the correction for all of them; "" where it is not among them."""
    pair = between(pairs, first, second)
    if pair is None:
        return ""
    return gap_sentence(named[pair.first], named[pair.second], pair.gap, unit, ahead, pair.beyond)


def others_said(
    order: Sequence[str], pairs: Sequence[Pair], named: Mapping[str, str], ahead: str = "ahead of"
) -> list[str]:
    """Of which ones the best is ahead beyond the seeds, and how that is decided; [] for one seed.

    Args:
        order: The best one first.
        pairs: All pairs of them.
        named: What to call them.
        ahead: What a larger value means.
    """
    against = {other: between(pairs, order[0], other) for other in order[1:]}
    if any(pair is None or pair.beyond is None for pair in against.values()):
        return []
    best, sure = named[order[0]], [named[other] for other, pair in against.items() if pair is not None and pair.beyond]
    if len(sure) == len(against):
        told = f"{best} is {ahead} each of the other {len(sure)} beyond the seeds"
    elif sure:
        told = (
            f"Beyond the seeds, {best} is {ahead} {' and '.join(filter(None, [', '.join(sure[:-1]), sure[-1]]))} only"
        )
    else:
        told = f"{best} is the first on average, but not {ahead} any other one beyond the seeds"
    return [f"{told}: it was chosen by the same numbers, so all {len(pairs)} pairs are tested together {HOW}."]
