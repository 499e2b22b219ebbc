"""One fixed permutation of the pixels: it is one, blocks stay whole, and none stays where it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.errors import StudioError
from cnnstudio.core.scramble import landing, neighbourhood, permutation, scramble


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**31 - 1))
def test_it_is_a_permutation_of_whole_blocks_and_none_stays(down, across, block, seed):
    height, width = down * block, across * block
    index = permutation(height, width, block, seed)
    assert sorted(index) == list(range(height * width))
    rows, columns = (part.reshape(height, width) for part in np.divmod(index, width))
    for top in range(0, height, block):
        for left in range(0, width, block):
            here = (slice(top, top + block), slice(left, left + block))
            row, column = rows[top, left], columns[top, left]
            assert row % block == column % block == 0
            assert np.array_equal(rows[here] - row, np.arange(block)[:, None] + np.zeros((1, block)))
            assert np.array_equal(columns[here] - column, np.zeros((block, 1)) + np.arange(block))
            assert down * across == 1 or (row, column) != (top, left)


def test_a_block_as_large_as_the_picture_leaves_it_alone():
    assert np.array_equal(permutation(28, 28, 28, 3), np.arange(784))


def test_the_seed_decides():
    assert np.array_equal(permutation(28, 28, 1, 5), permutation(28, 28, 1, 5))
    assert not np.array_equal(permutation(28, 28, 1, 5), permutation(28, 28, 1, 6))


@given(st.sampled_from([1, 2, 4, 7, 14, 28]), st.integers(1, 3))
def test_every_pixel_of_every_channel_moves_alike(block, channels):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, channels, 28, 28), dtype=np.uint8)
    index = permutation(28, 28, block, 1)
    moved = scramble(images, index)
    assert moved.dtype == np.uint8
    for place in (0, 27, 400, 783):
        assert np.array_equal(moved[:, :, place // 28, place % 28], images[:, :, index[place] // 28, index[place] % 28])
    assert np.array_equal(scramble(images[0], index), moved[0])
    assert np.array_equal(scramble(moved, np.argsort(index)), images)


@pytest.mark.parametrize("block", [0, -1, 3, 56])
def test_blocks_that_do_not_fit_are_refused(block):
    with pytest.raises(StudioError, match="cannot be cut"):
        permutation(28, 28, block, 0)


def test_a_permutation_of_another_size_is_refused():
    with pytest.raises(StudioError, match="does not fit"):
        scramble(np.zeros((1, 1, 14, 14), np.uint8), permutation(28, 28, 1, 0))


def test_where_pixels_land_is_the_permutation_the_other_way_round():
    index = permutation(6, 8, 2, 3)
    assert np.array_equal(index[landing(index)], np.arange(48))


def test_untouched_pictures_keep_all_neighbours_and_blocks_keep_those_within():
    assert neighbourhood(np.arange(30), 5, 6) == (1.0, 1.0)
    kept, apart = neighbourhood(permutation(28, 28, 14, 0), 28, 28)
    within = 2 * 2 * 2 * 14 * 13 / (2 * 28 * 27)
    assert within <= kept < 1
    assert apart > 1
    assert neighbourhood(permutation(28, 28, 1, 0), 28, 28)[0] < 0.02
    assert neighbourhood(np.zeros(1, np.int64), 1, 1) == (1.0, 1.0)
