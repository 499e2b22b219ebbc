"""Means, spreads, intervals and what is said about them; SciPy is the oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cnnstudio.core import statistics
from cnnstudio.core.errors import StudioError
from cnnstudio.core.statistics import (
    PLAIN,
    POINTS,
    Gap,
    Interval,
    Spread,
    bootstrap_interval,
    figures,
    gap_sentence,
    series,
    student_interval,
    student_quantile,
)

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)


@given(st.lists(NUMBERS, min_size=2, max_size=30))
def test_mean_and_deviation_are_those_of_numpy(values):
    spread = Spread.of(values)
    assert spread.n == len(values)
    assert spread.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    assert spread.deviation == pytest.approx(np.std(values, ddof=1), rel=1e-9, abs=1e-6)
    assert spread.low <= spread.mean <= spread.high


def test_one_value_has_no_spread_and_equal_ones_have_none_at_all():
    assert Spread.of([0.3]) == Spread(0.3, None, 1)
    assert Spread.of([0.3]).low == Spread.of([0.3]).high == 0.3
    assert Spread.of([0.1, 0.1, 0.1]) == Spread(0.1, 0.0, 3)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf], np.array([[1.0], [np.nan]])])
@pytest.mark.parametrize("ask", [Spread.of, bootstrap_interval, student_interval])
def test_nothing_and_what_is_no_number_are_refused(ask, values):
    with pytest.raises(StudioError, match=r"no value|not a finite number"):
        ask(values)


def test_a_share_as_percent():
    assert Spread.of([0.93, 0.94]).as_percent == "93.5 % ± 0.7"
    assert Spread.of([0.93]).as_percent == "93.0 %"


@pytest.mark.parametrize(("method", "theirs"), [("percentile", "percentile"), ("bca", "BCa")])
@pytest.mark.parametrize("values", [[0.1, 0.5, 0.2, 0.9, 0.4], [3.0, 3.0, 3.0, 8.0, 3.5, 2.0, 20.0], [0.0, 1.0]])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_bootstrap_is_scipys(values, method, theirs, level):
    ours = bootstrap_interval(values, level, method, resamples=2_000, seed=5)
    oracle = stats.bootstrap(
        (values,), np.mean, confidence_level=level, method=theirs, n_resamples=2_000, rng=np.random.default_rng(5)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((oracle.low, oracle.high), rel=1e-6)
    assert ours.level == level


@given(st.lists(NUMBERS, min_size=2, max_size=12))
def test_an_interval_lies_within_the_values_and_is_always_the_same(values):
    first, again = (bootstrap_interval(values, resamples=200) for _ in range(2))
    assert first == again
    slack = 1e-9 * max(map(abs, values))
    assert min(values) - slack <= first.low <= first.high <= max(values) + slack


def test_an_interval_of_one_value_or_of_equal_ones():
    assert bootstrap_interval([0.2]) is None
    assert student_interval([0.2]) is None
    assert bootstrap_interval([0.2, 0.2, 0.2]) == Interval(0.2, 0.2)
    assert student_interval([0.2, 0.2, 0.2]) == Interval(0.2, 0.2)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 30, 101])
@pytest.mark.parametrize("share", [0.5, 0.75, 0.975, 0.9995])
def test_students_quantile_is_scipys(freedom, share):
    assert student_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-9, abs=1e-12)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=8))
def test_students_interval_is_scipys(values):
    ours = student_interval(values)
    if len(set(values)) == 1:
        return
    scale = np.std(values, ddof=1) / math.sqrt(len(values))
    if scale < 1e-9:
        return
    oracle = stats.t.interval(0.95, len(values) - 1, np.mean(values), scale)
    assert (ours.low, ours.high) == pytest.approx(oracle, rel=1e-6, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8))
def test_a_gap_is_taken_seed_by_seed_and_turns_round(pairs):
    first, second = zip(*pairs, strict=True)
    gap, back = Gap.of(first, second), Gap.of(second, first)
    assert gap.differences == tuple(-each for each in back.differences)
    assert gap.mean == pytest.approx(-back.mean)
    assert gap.beyond_seeds == back.beyond_seeds
    assert gap_sentence("A", "B", gap) == gap_sentence("B", "A", back) or gap.mean == 0


def test_what_seeds_share_cancels():
    # Each network swings by 20 points from seed to seed, but always together.
    gap = Gap.of([0.5, 0.7, 0.9], [0.39, 0.6, 0.81])
    assert gap.spread.deviation == pytest.approx(0.01)
    assert gap.beyond_seeds


def test_only_seeds_that_both_have_are_compared():
    gap = Gap.by_seed({0: 0.9, 1: 0.8, 2: 0.1}, {1: 0.5, 0: 0.5})
    assert gap.differences == pytest.approx((0.4, 0.3))
    assert Gap.by_seed({0: 1.0}, {1: 1.0}) is None
    with pytest.raises(StudioError, match="2 and 1 values"):
        Gap.of([1, 2], [1])


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (
            [0.81, 0.785, 0.835],
            [0.5, 0.5, 0.5],
            "CNN is ahead of MLP by 31 points: the gap is 12 times the spread of the seeds (3 seeds).",
        ),
        (
            [0.5, 0.5, 0.5],
            [0.81, 0.785, 0.835],
            "MLP is ahead of CNN by 31 points: the gap is 12 times the spread of the seeds (3 seeds).",
        ),
        (
            [0.92, 0.90, 0.91],
            [0.90, 0.91, 0.91],
            "No difference beyond the seeds: CNN is ahead of MLP by 0.33 points on average, and the gap's spread over "
            "3 seeds is 1.5 points.",
        ),
        (
            [0.75, 0.25],
            [0.5, 0.5],
            "No difference beyond the seeds: the mean gap is nothing, and the gap's spread over 2 seeds is 35 points.",
        ),
        ([0.9], [0.6], "CNN is ahead of MLP by 30 points with one seed; nothing can be said about luck."),
        ([0.9], [0.9], "CNN and MLP are equal with one seed; nothing can be said about luck."),
        ([0.9, 0.7, 0.4], [0.6, 0.4, 0.1], "CNN is ahead of MLP by 30 points with each of 3 seeds."),
        ([1.0, 1.0], [0.5, 0.5], "CNN is ahead of MLP by 50 points with each of 2 seeds."),
        ([0.1, 0.2], [0.1, 0.2], "No difference: CNN and MLP are equal with each of 2 seeds."),
    ],
)
def test_sentences(first, second, sentence):
    assert gap_sentence("CNN", "MLP", Gap.of(first, second)) == sentence


def test_a_large_gap_of_two_wild_seeds_is_not_called_one():
    gap = Gap.of([0.9, 0.5], [0.4, 0.3])
    assert gap.times_spread == pytest.approx(0.35 / np.std([0.5, 0.2], ddof=1))
    assert gap.beyond_seeds is False
    assert Gap.of([0.9], [0.1]).beyond_seeds is None
    assert Gap.of([0.9], [0.1]).times_spread is None
    assert Gap.of([0.75, 1.0], [0.5, 0.75]).times_spread == math.inf
    assert Gap.of([0.75, 1.0], [0.75, 1.0]).times_spread == 0


def test_sizes_in_words():
    assert [figures(value) for value in (1234.5, 31.4, 9.96, 2.04, 1.0, 0.42, 0.0123, 0.0)] == [
        "1,234", "31", "10", "2", "1", "0.42", "0.012", "0",
    ]  # fmt: skip
    assert POINTS.say(0.01) == "1 point"
    assert POINTS.say(-0.31) == "31 points"
    assert PLAIN.say(0.5) == "0.5"


def test_a_line_of_a_chart():
    line = series("CNN", {4: [0.5, 0.7], 1: [0.25], 9: []}, network="lenet5", role="cnn", dashed=True)
    assert line.x == (1.0, 4.0)
    assert line.mean == pytest.approx((0.25, 0.6))
    assert line.low == pytest.approx((0.25, 0.6 - math.sqrt(0.02)))
    assert line.high == pytest.approx((0.25, 0.6 + math.sqrt(0.02)))
    assert line.seeds == (1, 2)
    assert (line.network, line.role, line.dashed) == ("lenet5", "cnn", True)
    assert series("CNN", {1: [2.0]}, scale=lambda value: value / 2).mean == (1.0,)


def test_the_interval_of_a_gap():
    gap = Gap.of([0.9, 0.8, 0.85], [0.5, 0.5, 0.5])
    assert gap.interval() == bootstrap_interval(gap.differences)
    assert gap.interval().holds(gap.mean)
    assert statistics.LEVEL == 0.95
