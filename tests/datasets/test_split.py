"""Cutting and splitting keeps the shares of the classes, and never loses or doubles a picture."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from cnnstudio.datasets._split import choose, complement

labelled = st.lists(st.integers(0, 6), min_size=1, max_size=80).map(lambda values: np.array(values, np.int64))


@given(labels=labelled, size=st.integers(0, 100), seed=st.integers(0, 2**31 - 1), leave_one=st.booleans())
def test_chosen_and_rest_are_the_whole(labels, size, seed, leave_one):
    chosen = choose(labels, size, seed, leave_one=leave_one)
    rest = complement(len(labels), chosen)
    assert sorted([*chosen, *rest]) == list(range(len(labels)))
    np.testing.assert_array_equal(chosen, choose(labels, size, seed, leave_one=leave_one))
    if not leave_one:
        assert len(chosen) == min(size, len(labels))
    elif np.bincount(labels).max() > 1:
        assert set(labels[rest]) == set(labels)


@given(labels=labelled, size=st.integers(1, 80), seed=st.integers(0, 1000))
@example(labels=np.array([0, 0, 0, 0, 1, 2, 3, 4]), size=4, seed=0)
def test_every_class_gets_its_share(labels, size, seed):
    size = min(size, len(labels))
    there = np.bincount(labels, minlength=7)
    taken = np.bincount(labels[choose(labels, size, seed)], minlength=7)
    if size >= np.count_nonzero(there):
        assert (taken[there > 0] > 0).all()
        # Classes that are lifted to one picture cost the largest ones no more than one each.
        assert (np.abs(taken - there * size / len(labels)) <= 1 + np.count_nonzero(there)).all()
    else:
        assert taken.max() == 1


@given(labels=labelled, size=st.integers(0, 80), seed=st.integers(0, 1000), spare=st.integers(1, 3))
def test_spared_pictures_stay_behind(labels, size, seed, spare):
    there = np.bincount(labels, minlength=7)
    taken = np.bincount(labels[choose(labels, size, seed, spare=spare)], minlength=7)
    assert (there - taken >= np.where(there > spare, spare, there - 1))[there > 0].all()
    assert taken.sum() == min(size, int(np.where(there > spare, there - spare, np.minimum(there, 1)).sum()))
    if size >= np.count_nonzero(there):
        assert (taken[there > 0] > 0).all()


def test_even_classes_stay_even():
    labels = np.arange(6000) % 10
    assert np.bincount(labels[choose(labels, 500, 3)]).tolist() == [50] * 10


def test_the_seed_decides_which():
    labels = np.arange(1000) % 10
    assert len({choose(labels, 1, seed)[0] for seed in range(40)}) > 20
    assert len({int(labels[choose(labels, 1, seed)][0]) for seed in range(60)}) > 7
