"""Every pair of several networks: Student's paired test, corrected by Holm's method; SciPy is the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cnnstudio.core.comparisons import (
    between,
    beyond_all,
    every_pair,
    holm,
    p_value,
    ranked,
    shared,
    times_needed,
)
from cnnstudio.core.statistics import Gap, student_p

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=9)
THREE = {
    "a": {0: 0.90, 1: 0.91, 2: 0.92, 3: 0.90},
    "b": {0: 0.80, 1: 0.82, 2: 0.81, 3: 0.81},
    "c": {0: 0.89, 1: 0.92, 2: 0.90, 3: 0.91},
}


@pytest.mark.parametrize("freedom", [1, 2, 4, 11])
@pytest.mark.parametrize("t", [0.0, 0.7, -2.5, 40.0])
def test_p_is_scipys(t, freedom):
    assert student_p(t, freedom) == pytest.approx(2 * stats.t.sf(abs(t), freedom), abs=1e-12)


def test_the_paired_test_is_scipys():
    one, other = [0.9, 0.8, 0.85, 0.7], [0.88, 0.81, 0.8, 0.69]
    assert p_value(Gap.of(one, other)) == pytest.approx(stats.ttest_rel(one, other).pvalue, rel=1e-9)


@pytest.mark.parametrize("seeds", [2, 3, 4, 6])
def test_without_a_spread_it_is_how_often_counts_of_pictures_agree_by_chance(seeds):
    spreads, counts = np.geomspace(0.3, 10, 200)[:, None], np.arange(1, 50)
    each = stats.norm.cdf((counts + 0.5) / spreads) - stats.norm.cdf((counts - 0.5) / spreads)
    likeliest = 2 * (each**seeds).sum(1).max()
    p = p_value(Gap.of([0.75] * seeds, [0.5] * seeds))
    assert likeliest / 1.001 <= p <= 1.3 * likeliest
    assert (p <= 0.05) is Gap.of([0.75] * seeds, [0.5] * seeds).beyond_seeds is (seeds > 2)


def test_equal_networks_and_single_seeds_have_a_p_value_that_says_nothing():
    assert p_value(Gap.of([0.5, 0.7], [0.5, 0.7])) == 1.0
    assert p_value(Gap.of([0.9], [0.1])) is None


@given(P_VALUES)
def test_corrected_values_are_no_smaller_keep_their_order_and_stay_shares(values):
    corrected = holm(values)
    assert all(before <= after <= 1 for before, after in zip(values, corrected, strict=True))
    assert [corrected[place] for place in np.argsort(values, kind="stable")] == sorted(corrected)
    assert corrected[int(np.argmin(values))] == min(1.0, len(values) * min(values))


@given(P_VALUES)
def test_holm_rejects_as_the_paper_says(values):
    # Step down: the smallest at 5 % / m, the next at 5 % / (m - 1), until the first that fails.
    rejected, place = set(), 0
    for place, name in enumerate(np.argsort(values, kind="stable")):
        if values[name] * (len(values) - place) > 0.05:
            break
        rejected.add(int(name))
    assert {place for place, p in enumerate(holm(values)) if p <= 0.05} == rejected


def test_pairs_name_the_one_ahead_first():
    pairs = every_pair(THREE)
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b"), ("a", "c"), ("c", "b")]
    assert [pair.beyond for pair in pairs] == [True, False, True]
    assert between(pairs, "b", "c") is pairs[2]
    assert between(pairs, "b", "d") is None
    assert ranked(THREE) == ["a", "c", "b"]


@given(st.lists(st.tuples(*[st.integers(0, 1_000)] * 3), min_size=2, max_size=6))
def test_a_pairs_interval_says_what_its_corrected_test_says(counts):
    shares = {name: {seed: row[place] / 1_000 for seed, row in enumerate(counts)} for place, name in enumerate("abc")}
    for pair in every_pair(shares):
        if pair.interval is not None and abs(pair.p * 3 - 0.05) > 1e-9:
            assert pair.interval.holds(0.0) is not pair.beyond


def test_two_networks_have_one_pair_which_nothing_corrects():
    (pair,) = every_pair({name: THREE[name] for name in "ac"})
    assert pair.p == pair.corrected
    assert pair.level == 0.95
    assert pair.beyond is pair.gap.beyond_seeds


def test_only_seeds_that_all_have_count():
    shares = THREE | {"c": {0: 0.89, 7: 0.1}}
    assert {tuple(found) for found in shared(shares).values()} == {(0,)}
    pairs = every_pair(shares)
    assert {pair.gap.n for pair in pairs} == {1}
    assert {(pair.p, pair.beyond, pair.interval) for pair in pairs} == {(None, None, None)}
    assert ranked(THREE | {"c": {3: 0.1}}) == ["a", "b", "c"]
    assert every_pair(THREE | {"d": {}}) == every_pair({}) == every_pair({"a": THREE["a"]}) == ()
    assert shared({}) == {}
    assert list(shared({"a": {0: 1.0, 1: 2.0}, "b": {1: 3.0, 0: 4.0}})["b"].values()) == [4.0, 3.0]


def test_a_lead_that_one_of_many_pairs_has_by_chance_is_none():
    # Seven networks that are alike: alone, a pair among them would be called different.
    chance = np.random.default_rng(6)
    shares = {str(name): dict(enumerate(chance.normal(0.5, 0.01, 3))) for name in range(7)}
    pairs = every_pair(shares)
    assert any(pair.gap.beyond_seeds for pair in pairs)
    assert not any(pair.beyond for pair in pairs)


def test_gaps_of_a_family_are_corrected_together():
    gaps = {str(place): Gap.of(row, [0.5] * 3) for place, row in enumerate([[0.52, 0.53, 0.525], [0.51, 0.52, 0.56]])}
    assert beyond_all(gaps) == {"0": True, "1": False}
    larger = gaps | {"none": Gap.of([0.5] * 3, [0.5] * 3), "also none": Gap.of([0.5] * 3, [0.5] * 3)}
    assert not any(beyond_all(larger).values())
    assert gaps["0"].beyond_seeds
    assert beyond_all({"one": Gap.of([0.9], [0.1])}) == {"one": None}


@pytest.mark.parametrize(("seeds", "expected"), [(2, False), (3, False), (5, True)])
def test_equal_differences_are_corrected_as_all_others_are(seeds, expected):
    same = Gap.of([0.6] * seeds, [0.5] * seeds)
    family = {"same": same, **{name: Gap.of([0.5] * seeds, [0.5] * seeds) for name in "abcd"}}
    assert beyond_all(family) == {"same": expected, **dict.fromkeys("abcd", False)}
    assert beyond_all({"same": same}) == {"same": same.beyond_seeds}


@pytest.mark.parametrize(("seeds", "pairs"), [(2, 1), (3, 1), (3, 21), (10, 3)])
def test_how_many_times_its_spread_a_gap_must_be(seeds, pairs):
    expected = stats.t.ppf(1 - 0.05 / pairs / 2, seeds - 1) / np.sqrt(seeds)
    assert times_needed(seeds, pairs) == pytest.approx(expected, rel=1e-9)
