"""Changed pictures, against loops, SciPy and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cnnstudio.core.errors import StudioError
from cnnstudio.core.picture_changes import (
    AMOUNTS,
    DIRECTIONS,
    KINDS,
    UNCHANGED,
    background,
    changed,
    every_offset,
    ink_kept,
    shifted,
)


def _pictures(n=5, shape=(1, 12, 9), seed=0, paper=None):
    chance = np.random.default_rng(seed)
    made = chance.integers(0, 256, (n, *shape)).astype(np.uint8)
    if paper is not None:
        made[:, :, [0, -1]] = paper
        made[:, :, :, [0, -1]] = paper
    return made


def _moved_by_loop(pixels, down, right):
    made = np.empty_like(pixels)
    for channel, plane in enumerate(pixels):
        ring = [plane[r, c] for r in range(plane.shape[0]) for c in range(plane.shape[1])
                if r in (0, plane.shape[0] - 1) or c in (0, plane.shape[1] - 1)]  # fmt: skip
        made[channel] = np.rint(np.median(ring))
        for row in range(plane.shape[0]):
            for column in range(plane.shape[1]):
                if 0 <= row + down < plane.shape[0] and 0 <= column + right < plane.shape[1]:
                    made[channel, row + down, column + right] = plane[row, column]
    return made


@settings(max_examples=30, deadline=None)
@given(st.integers(-14, 14), st.integers(-14, 14), st.integers(1, 3), st.integers(0, 99))
def test_a_shift_is_what_a_loop_does(down, right, channels, seed):
    pixels = _pictures(1, (channels, 6, 8), seed)[0]
    np.testing.assert_array_equal(shifted(pixels, down, right), _moved_by_loop(pixels, down, right))
    np.testing.assert_array_equal(shifted(pixels, down, right, circular=True), np.roll(pixels, (down, right), (1, 2)))


def test_all_offsets_are_single_shifts_rows_first():
    pixels = _pictures(1, (2, 6, 8))[0]
    made = every_offset(pixels, 4)
    assert made.shape == (81, 2, 6, 8)
    for place, (down, right) in enumerate(np.ndindex(9, 9)):
        np.testing.assert_array_equal(made[place], shifted(pixels, down - 4, right - 4))


def test_ink_that_is_left_is_counted():
    pixels = _pictures(1, (1, 7, 7), paper=20)[0]
    kept = ink_kept(pixels, 8)
    ink = np.abs(pixels.astype(float) - 20).sum()
    for place, (down, right) in enumerate(np.ndindex(17, 17)):
        moved = shifted(pixels, down - 8, right - 8).astype(float)
        assert kept.ravel()[place] == pytest.approx(np.abs(moved - 20).sum() / ink)
    assert (ink_kept(np.full((1, 5, 5), 7, np.uint8), 3) == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_changes_where_nothing_should_and_the_same_seed_gives_the_same(kind):
    pictures = _pictures(paper=0)
    before = pictures.copy()
    assert UNCHANGED[kind] in AMOUNTS[kind]
    np.testing.assert_array_equal(changed(pictures, kind, UNCHANGED[kind]), pictures)
    amount = AMOUNTS[kind][-1]
    one, again = changed(pictures, kind, amount, 3), changed(pictures, kind, amount, 3)
    np.testing.assert_array_equal(one, again)
    assert one.dtype == np.uint8
    assert (one != pictures).any()
    np.testing.assert_array_equal(pictures, before)


@pytest.mark.parametrize(("degrees", "turns"), [(90, -1), (-90, 1), (180, 2), (270, 1)])
def test_quarter_turns_are_exact_and_clockwise(degrees, turns):
    pictures = _pictures(3, (2, 10, 10), paper=0)
    np.testing.assert_array_equal(changed(pictures, "rotation", degrees), np.rot90(pictures, turns, (2, 3)))


@pytest.mark.parametrize(("kind", "amount"), [("rotation", 25.0), ("rotation", -70), ("scale", 0.6), ("scale", 1.7)])
def test_turning_and_scaling_are_scipys(kind, amount):
    pictures = _pictures(2, (1, 13, 11), paper=30)
    angle = np.radians(amount)
    matrix = (
        np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if kind == "rotation" else np.eye(2) / amount
    )  # fmt: skip
    middle = np.array([6.0, 5.0])
    for picture, made in zip(pictures, changed(pictures, kind, amount), strict=True):
        wanted = ndimage.affine_transform(
            picture[0].astype(float), matrix, middle - matrix @ middle, order=1, mode="grid-constant", cval=30
        )
        assert np.abs(made[0].astype(float) - wanted).max() <= 0.51


def test_neighbours_move_in_the_four_directions():
    pictures = np.repeat(_pictures(1, (1, 9, 9)), 5, axis=0)
    made = changed(pictures, "shift", 2)
    for picture, (down, right) in zip(made, (*DIRECTIONS, DIRECTIONS[0]), strict=True):
        np.testing.assert_array_equal(picture, shifted(pictures[0], 2 * down, 2 * right))


def test_noise_has_the_spread_that_it_was_given():
    grey = np.full((40, 1, 28, 28), 128, np.uint8)
    assert changed(grey, "noise", 0.1).std() == pytest.approx(25.5, rel=0.02)
    assert (changed(grey, "noise", 0.1, 1) != changed(grey, "noise", 0.1, 2)).any()


def test_a_covered_square_is_background_and_as_large_as_said():
    pictures = np.full((6, 1, 12, 12), 200, np.uint8)
    pictures[:, :, [0, -1]] = 10
    pictures[:, :, :, [0, -1]] = 10
    for picture, made in zip(pictures, changed(pictures, "occlusion", 4, 1), strict=True):
        rows, columns = np.nonzero(made[0] != picture[0])
        assert (made[0][rows, columns] == 10).all()
        assert len(rows) <= 16
    assert (changed(pictures, "occlusion", 30) == 10).all()


def test_contrast_draws_towards_the_background():
    pictures = _pictures(2, (1, 8, 8), paper=50)
    np.testing.assert_allclose(changed(pictures, "contrast", 0.5), 50 + 0.5 * (pictures - 50.0), atol=0.51)
    assert (changed(pictures, "contrast", 0.0) == 50).all()
    assert background(pictures).tolist() == [[50], [50]]


@pytest.mark.parametrize(
    ("kind", "amount", "said"),
    [("melt", 1, "no change called"), ("shift", 0.5, "whole"), ("scale", 0, "more than 0"), ("noise", -1, "0 or more"),
     ("contrast", float("nan"), "number"), ("occlusion", 2.5, "whole"), ("rotation", float("inf"), "number")],
)  # fmt: skip
def test_what_cannot_be_is_refused(kind, amount, said):
    with pytest.raises(StudioError, match=said):
        changed(_pictures(), kind, amount)
