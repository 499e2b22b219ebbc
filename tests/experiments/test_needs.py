"""Examples needed, seed by seed: the middle one, the range, and the seeds that never get there."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.experiments._needs import Need, need_of, rounded

NEVER = math.inf


@given(st.lists(st.one_of(st.floats(200, 4_000), st.just(NEVER)), min_size=1, max_size=7).map(sorted))
def test_half_of_the_seeds_need_no_more_than_the_median(found):
    need = Need(tuple(found), 200, 4_000)
    assert need.never + len(need.reached) == len(found)
    if need.median is None:
        assert 2 * need.never >= len(found)
    else:
        assert sum(each <= need.median * (1 + 1e-9) for each in found) >= len(found) / 2
        assert sum(each >= need.median * (1 - 1e-9) for each in found) >= len(found) / 2


@pytest.mark.parametrize(
    ("found", "about", "told"),
    [
        ((620.0,), "about 620", "about 620"),
        ((200.0,), "200 or fewer", "200 or fewer"),
        ((NEVER,), "not reached", "not reached"),
        ((NEVER, NEVER), "not reached", "not reached"),
        ((500.0, 620.0, 718.0), "about 620", "about 620 (500 to 720)"),
        ((500.0, 2_000.0), "about 1,000", "about 1,000 (500 to 2,000)"),
        ((620.0, 621.0, 622.0), "about 620", "about 620 (each seed)"),
        ((500.0, 620.0, NEVER), "about 620", "about 620 (500 to 620, never with 1 of 3 seeds)"),
        ((620.0, 620.0, NEVER), "about 620", "about 620 (620 with each that reaches it, never with 1 of 3 seeds)"),
        ((500.0, NEVER), "not reached", "not reached with 1 of 2 seeds (500 with the rest)"),
    ],
)
def test_what_is_said(found, about, told):
    need = Need(found, 200, 4_000)
    assert need.about == about
    assert need.told == told


def test_every_seed_has_a_goal_of_its_own():
    curves = {100.0: {0: 0.5, 1: 0.3}, 10_000.0: {0: 0.9, 1: 0.7}}
    need = need_of(curves, {0: 0.7, 1: 0.8})
    assert need.found == (pytest.approx(1_000), NEVER)
    assert (need.least, need.most) == (100, 10_000)


def test_seeds_without_a_size_or_a_goal_do_not_count():
    curves = {100.0: {0: 0.5, 1: 0.3}, 10_000.0: {0: 0.9}}
    assert len(need_of(curves, {0: 0.7, 1: 0.8, 2: 0.1}).found) == 1
    assert need_of(curves, {1: 0.8}) is None
    assert need_of({100.0: {0: 0.5}}, {0: 0.4}) is None
    assert need_of({}, {0: 0.4}) is None


def test_two_digits_are_enough():
    assert [rounded(size) for size in (9.6, 47.2, 623.0, 1_234.0, 56_789.0)] == [10, 47, 620, 1_200, 57_000]
