"""Means over seeds, differences of two networks over the same seeds, and sentences that say no more than they do.

A run's numbers depend on its seed, so that every mean stands next to the spread of its seeds. Two networks are compared
seed by seed: both had the same examples in the same order, and what a seed does to both of them cancels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Series
from cnnstudio.core.percent import percent

LEVEL: Final = 0.95
"""Of every interval, unless said otherwise."""

RESAMPLES: Final = 9_999
"""Bootstrap samples: enough for the second digit of a 95 % interval (Efron and Tibshirani 1993, section 14.5)."""

_NORMAL: Final = NormalDist()
_BISECTIONS: Final = 80
"""Halvings of a range of quantiles: beyond the last digit of a float."""


_DIGITS: Final = 12
"""Digits of a difference that mean something, counted from the larger of the two numbers."""

_TINY: Final = 1e-100
"""Below this a number is nothing, and has no digits to count."""


@dataclass(frozen=True, slots=True)
class Unit:
    """How a difference is said.

    Attributes:
        one: As in "point".
        many: As in "points".
        scale: What a value is multiplied with: 100 for shares said in points.
    """

    one: str
    many: str
    scale: float = 1.0

    def say(self, value: float) -> str:
        """A size with its unit, as in "31 points", "0.4 points" or "1 point"."""
        number = figures(abs(value) * self.scale)
        return f"{number} {self.one if number == '1' else self.many}".rstrip()


POINTS: Final = Unit("point", "points", 100.0)
"""Differences of accuracies, which are shares from 0 to 1, in percentage points."""

PLAIN: Final = Unit("", "")
"""Differences of numbers without a unit."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The same thing measured with several seeds.

    Attributes:
        mean: Over the seeds.
        deviation: Standard deviation over the seeds (n - 1 in the denominator); None for one seed, which tells nothing.
        n: How many seeds.
    """

    mean: float
    deviation: float | None
    n: int

    @staticmethod
    def of(values: Sequence[float] | NDArray[Any]) -> Spread:
        """Mean and spread of one number per seed.

        Raises:
            StudioError: There are none, or one is not a finite number.
        """
        numbers = _finite(values)
        if np.all(numbers == numbers[0]):  # ties have no spread, also where their mean is rounded
            return Spread(float(numbers[0]), 0.0 if len(numbers) > 1 else None, len(numbers))
        return Spread(float(np.mean(numbers)), float(np.std(numbers, ddof=1)), len(numbers))

    @property
    def low(self) -> float:
        """Mean less the standard deviation; the mean itself for one seed."""
        return self.mean - (self.deviation or 0.0)

    @property
    def high(self) -> float:
        """Mean plus the standard deviation; the mean itself for one seed."""
        return self.mean + (self.deviation or 0.0)

    @property
    def as_percent(self) -> str:
        """A share as in "93.1 % ± 0.4", or "93.1 %" for one seed."""
        text = percent(self.mean)
        return text if self.deviation is None else f"{text} ± {100 * self.deviation:.1f}"


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a mean probably lies.

    Attributes:
        low: Its lower end.
        high: Its upper end.
        level: How often such intervals hold the true mean, as 0.95.
    """

    low: float
    high: float
    level: float = LEVEL

    def holds(self, value: float) -> bool:
        """Whether a value lies within, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Gap:
    """How far one network is ahead of another one, seed by seed.

    Attributes:
        differences: First less second, one per seed.
        spread: Their mean and standard deviation.
    """

    differences: tuple[float, ...]
    spread: Spread

    @staticmethod
    def of(first: Sequence[float], second: Sequence[float]) -> Gap:
        """The differences of two networks; places in both sequences are the same seeds.

        Raises:
            StudioError: The sequences differ in length, are empty, or hold what is not a finite number.
        """
        if len(first) != len(second):
            raise StudioError(f"{len(first)} and {len(second)} values cannot be compared seed by seed.")
        ones, others = _finite(first), _finite(second)
        largest = max(float(np.abs(ones).max()), float(np.abs(others).max()))
        # What rounding leaves of two equal gaps is no spread.
        places = _DIGITS - math.ceil(math.log10(largest)) if largest > _TINY else _DIGITS
        differences = np.round(ones - others, places)
        return Gap(tuple(float(each) for each in differences), Spread.of(differences))

    @staticmethod
    def by_seed(first: Mapping[Any, float], second: Mapping[Any, float]) -> Gap | None:
        """The gap over the seeds that both networks have; None while there is none, as in the middle of a sweep.

        Raises:
            StudioError: A value is not a finite number.
        """
        seeds = [seed for seed in first if seed in second]
        return Gap.of([first[seed] for seed in seeds], [second[seed] for seed in seeds]) if seeds else None

    @property
    def mean(self) -> float:
        """The mean difference; positive where the first one is ahead."""
        return self.spread.mean

    @property
    def n(self) -> int:
        """How many seeds."""
        return self.spread.n

    @property
    def times_spread(self) -> float | None:
        """The size of the gap in standard deviations of itself; None for one seed, infinite for equal differences."""
        if self.spread.deviation is None:
            return None
        if self.spread.deviation == 0:
            return math.inf if self.mean else 0.0
        return abs(self.mean) / self.spread.deviation

    @property
    def beyond_seeds(self) -> bool | None:
        """Whether the gap is more than the seeds' doing: Student's 95 % interval leaves out zero. None for one seed.

        Student's interval decides, not the bootstrap one, which is too narrow for the few seeds that one waits for.
        Equal differences have no spread; two of them can agree by chance, three hardly (`comparisons.p_value`).
        """
        interval = student_interval(self.differences)
        if interval is None or self.spread.deviation == 0:
            return None if interval is None else self.mean != 0 and self.n > 2
        return not interval.holds(0.0)

    def interval(self, level: float = LEVEL) -> Interval | None:
        """The bootstrap interval (BCa) of the mean difference; None for one seed."""
        return bootstrap_interval(self.differences, level)


def bootstrap_interval(
    values: Sequence[float] | NDArray[Any],
    level: float = LEVEL,
    method: Literal["bca", "percentile"] = "bca",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """Where the mean of more such values probably lies, from drawing the values again, with replacement.

    "bca" corrects the percentiles for bias and skew (Efron 1987, Better bootstrap confidence intervals). Fewer than
    about ten values make either interval too narrow.

    Args:
        values: One number per seed.
        level: As 0.95.
        method: Which percentiles.
        resamples: How often all are drawn again.
        seed: Of the drawing: the same values give the same interval.

    Returns:
        The interval; both ends are the value itself where all are equal; None for a single value.

    Raises:
        StudioError: There are none, or one is not a finite number.
    """
    numbers = _finite(values)
    if len(numbers) == 1:
        return None
    if np.all(numbers == numbers[0]):
        return Interval(float(numbers[0]), float(numbers[0]), level)
    chance = np.random.default_rng(seed)
    means = numbers[chance.integers(0, len(numbers), (resamples, len(numbers)))].mean(axis=1)
    ends = ((1 - level) / 2, (1 + level) / 2)
    if method == "bca":
        ends = _bca_ends(numbers, means, ends)
    low, high = np.quantile(means, ends)
    return Interval(float(low), float(high), level)


def _bca_ends(numbers: NDArray[np.float64], means: NDArray[np.float64], ends: tuple[float, float]) -> Any:
    mean = numbers.mean()
    below = float(np.mean(means < mean) + np.mean(means <= mean)) / 2
    if not 0 < below < 1:
        return ends
    bias = _NORMAL.inv_cdf(below)
    # The mean without each of the values: its skew is the acceleration.
    without = (numbers.sum() - numbers) / (len(numbers) - 1)
    away = without.mean() - without
    largest = np.abs(away).max()
    if largest == 0:  # rounded away
        return ends
    away = away / largest
    acceleration = float((away**3).sum() / (6 * (away**2).sum() ** 1.5))

    def corrected(end: float) -> float:
        place = bias + _NORMAL.inv_cdf(end)
        return _NORMAL.cdf(bias + place / (1 - acceleration * place))

    return corrected(ends[0]), corrected(ends[1])


def student_interval(values: Sequence[float] | NDArray[Any], level: float = LEVEL) -> Interval | None:
    """Where the mean of more such values probably lies, if they are about normal (Student 1908); None for one value.

    Raises:
        StudioError: There are none, or one is not a finite number.
    """
    spread = Spread.of(values)
    if spread.deviation is None:
        return None
    reach = student_quantile((1 + level) / 2, spread.n - 1) * spread.deviation / math.sqrt(spread.n)
    return Interval(spread.mean - reach, spread.mean + reach, level)


def student_quantile(share: float, freedom: int) -> float:
    """The value that a share, from 0.5 to 1, of Student's distribution with `freedom` degrees of freedom is below."""
    low, high = 0.0, 1.0
    while _student_within(high, freedom) < 2 * share - 1:
        high *= 2
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_within(middle, freedom) < 2 * share - 1 else (low, middle)
    return (low + high) / 2


def student_p(t: float, freedom: int) -> float:
    """The share of Student's distribution with `freedom` degrees of freedom as far from zero as t, or farther."""
    return max(0.0, 1.0 - _student_within(abs(t), freedom))


def _student_within(t: float, freedom: int) -> float:
    """The share between -t and t, by the finite series of Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for place in range(1 + odd, freedom, 2):
        total += term
        term *= cosine**2 * place / (place + 1)
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total


def gap_sentence(
    first: str, second: str, gap: Gap, unit: Unit = POINTS, ahead: str = "ahead of", beyond: bool | None = None
) -> str:
    """What a gap says, in words.

    Args:
        first: Name of the network whose values came first in the gap.
        second: Name of the other one.
        gap: Their differences.
        unit: How they are said.
        ahead: What a larger value means, as in "ahead of" or "faster than"; stands between the names.
        beyond: Whether it is more than the seeds' doing, where it is one of several gaps that were looked at
            (`comparisons`); None for what the gap alone says.

    Returns:
        As in "LeNet-5 is ahead of MLP by 31 points: the gap is 14 times the spread of the seeds (3 seeds)."
    """
    if gap.mean < 0:
        return gap_sentence(second, first, Gap.of([0.0] * gap.n, gap.differences), unit, ahead, beyond)
    size, seeds = unit.say(gap.mean), f"{gap.n} seeds"
    if gap.spread.deviation is None:
        told = f"{first} is {ahead} {second} by {size}" if gap.mean else f"{first} and {second} are equal"
        return f"{told} with one seed; nothing can be said about luck."
    if gap.spread.deviation == 0:
        if gap.mean == 0:
            return f"No difference: {first} and {second} are equal with each of {seeds}."
        return f"{first} is {ahead} {second} by {size} with each of {seeds}."
    spread = unit.say(gap.spread.deviation)
    if not (gap.beyond_seeds if beyond is None else beyond):
        mean = f"{first} is {ahead} {second} by {size} on average" if gap.mean else "the mean gap is nothing"
        few = "; so few seeds cannot tell" if (gap.times_spread or 0.0) > 1 else ""
        return f"No difference beyond the seeds: {mean}, and the gap's spread over {seeds} is {spread}{few}."
    times = gap.times_spread or 0.0
    enough = ", enough to tell" if times < 1 else ""
    return (
        f"{first} is {ahead} {second} by {size}: the gap is {figures(times)} times the spread of the seeds "
        f"({seeds}{enough})."
    )


def figures(value: float) -> str:
    """A size for a sentence: whole from 10 on, one decimal from 1 on, else two significant digits."""
    if value >= 9.95:
        return f"{value:,.0f}"
    if value >= 0.95:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.2g}"


def series(
    name: str,
    values: Mapping[float, Sequence[float]],
    *,
    network: str = "",
    role: str = "",
    dashed: bool = False,
    scale: Callable[[float], float] = float,
) -> Series:
    """One line of a chart from the values of every seed at every x, in ascending order of x.

    Args:
        name: Of the line.
        values: By x: one number per seed; an x without any is left out.
        network: Key of the network, which decides the colour.
        role: "mlp", "cnn", "local" or "".
        dashed: Whether the line is dashed.
        scale: Is applied to every number first.

    Raises:
        StudioError: A value is not a finite number.
    """
    places = sorted(x for x, numbers in values.items() if len(numbers))
    spreads = [Spread.of([scale(number) for number in values[x]]) for x in places]
    return Series(
        name,
        tuple(float(x) for x in places),
        tuple(spread.mean for spread in spreads),
        tuple(spread.low for spread in spreads),
        tuple(spread.high for spread in spreads),
        tuple(spread.n for spread in spreads),
        network,
        role,
        dashed,
    )


def _finite(values: Sequence[float] | NDArray[Any]) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64).ravel()
    if not len(numbers):
        raise StudioError("There is no value to take a mean of.", remedy="Use at least one seed.")
    if not np.isfinite(numbers).all():
        raise StudioError("A value is not a finite number, so that its mean would say nothing.")
    return numbers
