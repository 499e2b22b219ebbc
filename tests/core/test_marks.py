"""Marks that give the class away, against loops; the share of a map that falls on one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.errors import StudioError
from cnnstudio.core.marks import CODES, check, mark_box, mark_level, mark_mask, marked, share_on, wrong


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("channels", [1, 3])
def test_only_the_marks_pixels_change_and_every_class_has_its_own(code, channels):
    images = np.full((10, channels, 28, 28), 3, np.uint8)
    made = marked(images, np.arange(10), 10, code)
    assert (images == 3).all()
    for label, picture in enumerate(made):
        mask = mark_mask((28, 28), label, code)
        top, left, bottom, right = mark_box(label, code)
        assert mask.sum() == (bottom - top) * (right - left)
        assert (picture[:, mask] == mark_level(label, 10, code)).all()
        assert (picture[:, ~mask] == 3).all()
    assert len({picture.tobytes() for picture in made}) == 10


@given(st.integers(2, 30), st.integers(0, 99))
def test_a_wrong_label_is_never_the_right_one(classes, seed):
    labels = np.random.default_rng(seed).integers(0, classes, 200)
    lies = wrong(labels, classes, seed)
    assert (lies != labels).all()
    assert ((lies >= 0) & (lies < classes)).all()
    np.testing.assert_array_equal(lies, wrong(labels, classes, seed))


def test_every_other_class_is_as_likely():
    counts = np.bincount(wrong(np.zeros(9_000, np.int64), 10), minlength=10)
    assert counts[0] == 0
    assert counts[1:].min() > 850


def test_shares():
    values = np.array([[1.0, -3.0], [0.0, 0.0]])
    assert share_on(values, np.array([[False, True], [False, True]])) == pytest.approx(0.75)
    assert share_on(np.zeros((2, 2)), np.ones((2, 2), bool)) is None
    assert share_on(np.full((2, 2), np.nan), np.ones((2, 2), bool)) is None


@pytest.mark.parametrize(
    ("shape", "classes", "code", "said"),
    [((28, 28), 10, "smell", "no mark"), ((7, 28), 10, "place", "no room"), ((28, 28), 200, "place", "no room"),
     ((6, 6), 10, "brightness", "no room")],
)  # fmt: skip
def test_pictures_without_room_are_refused(shape, classes, code, said):
    with pytest.raises(StudioError, match=said):
        check(shape, classes, code)


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_that_is_no_class_is_refused(label):
    with pytest.raises(StudioError, match="0 to 9"):
        marked(np.zeros((1, 1, 28, 28), np.uint8), np.array([label]), 10, "place")
