"""Several networks over the same seeds: every pair is compared, and corrected for having looked at all of them.

Who compares the best two of many has chosen them by the numbers that are to decide, and finds a lead too often. Here
every pair has a test of its own, on its differences seed by seed, and the tests together are corrected by the
step-down method of S. Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of
Statistics 6, 1979. Whichever pair is looked at afterwards, a difference where there is none is named in no more than
one of twenty such experiments. The test is Student's of paired differences; where all differences are equal it has no
spread to go by, and how often whole pictures agree by chance takes its place (`p_value`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from cnnstudio.core.statistics import LEVEL, Gap, Interval, Spread, student_interval, student_p, student_quantile

Shares = Mapping[str, Mapping[Any, float]]
"""One measured value by network and seed."""

_RISK: Final = 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Pair:
    """Two networks out of several.

    Attributes:
        first: The one that is ahead on average; where neither is, the one that was named first.
        second: The other one.
        gap: First less second, seed by seed.
        p: How often seeds alone would part two equal networks as far as this; None for one seed.
        corrected: The same for all pairs together (Holm 1979); None for one seed.
        level: Of the interval that says of this pair what the corrected test says: 0.95 for a single pair, more
            for one of many.
    """

    first: str
    second: str
    gap: Gap
    p: float | None
    corrected: float | None
    level: float = LEVEL

    @property
    def beyond(self) -> bool | None:
        """Whether the gap is more than the seeds' doing, with all pairs looked at; None for one seed."""
        return None if self.corrected is None else self.corrected <= _RISK

    @property
    def interval(self) -> Interval | None:
        """Student's interval of the mean gap at the pair's level; None where there is no spread to go by.

        It leaves out zero exactly where the gap is beyond the seeds.
        """
        return student_interval(self.gap.differences, self.level) if self.gap.spread.deviation else None


def every_pair(shares: Shares) -> tuple[Pair, ...]:
    """All pairs of networks over the seeds that every network has, in the order given; () while there are none.

    Raises:
        StudioError: A value is not a finite number.
    """
    whole = shared(shares)
    gaps: dict[tuple[str, str], Gap] = {}
    for one, other in combinations(whole, 2):
        gap, back = Gap.by_seed(whole[one], whole[other]), Gap.by_seed(whole[other], whole[one])
        if gap is None or back is None:
            return ()
        gaps.update({(other, one): back} if gap.mean < 0 else {(one, other): gap})
    known = [p for gap in gaps.values() if (p := p_value(gap)) is not None]
    if len(known) < len(gaps):
        return tuple(Pair(*names, gap, None, None) for names, gap in gaps.items())
    corrected, levels = holm(known), _levels(known)
    return tuple(
        Pair(*names, gap, p, after, level)
        for (names, gap), p, after, level in zip(gaps.items(), known, corrected, levels, strict=True)
    )


def shared(shares: Shares) -> dict[str, dict[Any, float]]:
    """The same values, of those seeds only that every network has, in one order for all."""
    first: Mapping[Any, float] = next(iter(shares.values()), {})
    seeds = [seed for seed in first if all(seed in found for found in shares.values())]
    return {name: {seed: found[seed] for seed in seeds} for name, found in shares.items()}


def ranked(shares: Shares) -> list[str]:
    """The networks by their means over the seeds that all of them have, the largest first; equal ones as given."""
    means = {name: Spread.of(list(found.values())).mean for name, found in shared(shares).items() if found}
    return sorted(means, key=lambda name: -means[name])


def between(pairs: Iterable[Pair], one: str, other: str) -> Pair | None:
    """The pair of two networks, whichever is ahead."""
    return next((pair for pair in pairs if {pair.first, pair.second} == {one, other}), None)


def p_value(gap: Gap) -> float | None:
    """How often seeds alone would part two equal networks as far as this, either way; None for one seed.

    By Student's test of paired differences (Student 1908). Where all differences are equal, there is no spread to go
    by: accuracies count whole pictures, and normal differences about zero, rounded to whole pictures, agree in all of n
    seeds on one that is not zero with a probability of about 2 x 4^-n at most, whatever their spread (largest where the
    spread is about one picture): two equal differences prove nothing, three do.
    """
    deviation = gap.spread.deviation
    if deviation is None:
        return None
    if deviation == 0:
        return 2 * 0.25**gap.n if gap.mean else 1.0
    return student_p(gap.mean / deviation * math.sqrt(gap.n), gap.n - 1)


def beyond_all(gaps: Mapping[str, Gap]) -> dict[str, bool | None]:
    """Which of several gaps are beyond the seeds, corrected for their number (Holm 1979); None for one seed."""
    known = {name: p for name, gap in gaps.items() if (p := p_value(gap)) is not None}
    corrected = dict(zip(known, holm(list(known.values())), strict=True))
    return {name: corrected[name] <= _RISK if name in corrected else None for name in gaps}


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """p-values, each corrected for the company of all others (Holm 1979), in the order in which they were given."""
    found, largest = dict.fromkeys(range(len(values)), 1.0), 0.0
    for rank, place in enumerate(_ascending(values)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[place]))
        found[place] = largest
    return tuple(found.values())


def _levels(values: Sequence[float]) -> tuple[float, ...]:
    """At which level each is tested: the smallest at the strictest; beyond the first that fails, no other is."""
    found, level, failed = dict.fromkeys(range(len(values)), LEVEL), LEVEL, False
    for rank, place in enumerate(_ascending(values)):
        if not failed:
            risk = _RISK / (len(values) - rank)
            level, failed = 1 - risk, values[place] > risk
        found[place] = level
    return tuple(found.values())


def _ascending(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=lambda place: values[place])


def times_needed(seeds: int, pairs: int = 1) -> float:
    """How many times its own spread a gap must be to be beyond the seeds, where it is the clearest of some pairs."""
    return student_quantile(1 - _RISK / pairs / 2, seeds - 1) / math.sqrt(seeds)
