"""Framing: exact area averages, and the frame of MNIST's digits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from cnnstudio.core.framing import averaged, brightness, fit_colour, frame, ink_box, place, to_ink


def stroke(size: int = 280, seed: int = 0, margin: int = 60) -> np.ndarray:
    """A random curve drawn with a thick pen, as float ink."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(margin, size - margin, (4, 2))
    path = np.concatenate([np.linspace(a, b, 300) for a, b in pairwise(points)])
    paper = np.ones((size, size), bool)
    paper[tuple(path.astype(int).T)] = False
    return np.clip(9 - ndimage.distance_transform_edt(paper), 0, 1).astype(np.float32)


def centre_of_mass(picture: np.ndarray) -> tuple[float, float]:
    return tuple(ndimage.center_of_mass(picture.astype(float)))


class TestAveraged:
    @given(
        cells=hnp.arrays(
            np.float32, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.floats(0, 1, width=32)
        ),
        repeat=st.integers(1, 6),
    )
    def test_whole_blocks_are_their_means(self, cells, repeat):
        fine = np.repeat(cells, repeat, axis=0)
        np.testing.assert_allclose(averaged(fine, len(cells), 0, repeat), cells, atol=1e-6)

    @given(
        cells=hnp.arrays(np.float32, st.integers(1, 30), elements=st.floats(0, 1, width=32)),
        start=st.floats(-20, 20), step=st.floats(0.1, 9), pixels=st.integers(1, 20),
    )  # fmt: skip
    def test_equals_the_sum_of_overlaps(self, cells, start, step, pixels):
        left = start + step * np.arange(pixels)[:, None]
        cell = np.arange(len(cells))
        overlap = np.clip(np.minimum(left + step, cell + 1) - np.maximum(left, cell), 0, None)
        np.testing.assert_allclose(averaged(cells, pixels, start, step), overlap @ cells / step, atol=1e-5)

    def test_whole_factors_are_pillows_reduce(self):
        canvas = np.random.default_rng(0).integers(0, 256, (280, 280), np.uint8)
        expected = np.asarray(Image.fromarray(canvas).reduce(10)).astype(int)
        assert np.abs(place(canvas).astype(int) - expected).max() <= 1


class TestCentred:
    def test_longer_side_is_twenty_pixels_and_aspect_is_kept(self):
        ink = np.zeros((300, 200), np.float32)
        ink[40:140, 90:130] = 1
        top, bottom, left, right = ink_box(to_ink(frame(ink)))
        assert (bottom - top, right - left) == (20, 8)

    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_centre_of_mass_comes_to_the_middle(self, seed):
        picture = frame(stroke(seed=seed))
        top, bottom, left, right = ink_box(to_ink(picture))
        row, column = centre_of_mass(picture)
        # The middle of MNIST's pictures is the centre of pixel 14; only at the border ink comes first.
        assert abs(row - 14) <= 0.6 or top == 0 or bottom == 28
        assert abs(column - 14) <= 0.6 or left == 0 or right == 28

    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000), down=st.integers(-40, 40), right=st.integers(-40, 40))
    def test_place_on_the_canvas_does_not_matter(self, seed, down, right):
        ink = stroke(seed=seed)
        moved = np.roll(ink, (down, right), axis=(0, 1))
        np.testing.assert_array_equal(frame(ink), frame(moved))

    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_framing_twice_changes_almost_nothing(self, seed):
        once = frame(stroke(seed=seed))
        again = frame(once).astype(int)
        # A centre of mass just between two pixels may be rounded the other way: one pixel to the side.
        shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        assert min(np.abs(np.roll(again, shift, (0, 1)) - once).mean() for shift in shifts) < 4

    def test_size_of_the_canvas_does_not_matter(self):
        ink = stroke(140, margin=30)
        larger = np.kron(ink, np.ones((3, 3), np.float32))
        assert np.abs(frame(ink).astype(int) - frame(larger)).max() <= 2

    def test_agrees_with_box_resampling(self):
        ink = np.zeros((280, 280), np.float32)
        ink[40:240, 60:160] = np.random.default_rng(0).random((200, 100), np.float32).repeat(1, 0)
        ink[40, 60] = ink[239, 159] = 1
        crop = Image.fromarray(ink[40:240, 60:160]).resize((10, 20), Image.Resampling.BOX)
        picture = frame(ink)
        top, bottom, left, right = ink_box(to_ink(picture))
        ours = picture[top:bottom, left:right].astype(float)
        expected = np.asarray(crop)
        np.testing.assert_allclose(ours, expected / expected.max() * 255, atol=1)

    def test_brightest_pixel_is_full_ink(self):
        thin = np.zeros((280, 280), np.float32)
        thin[40:240, 138:142] = 1
        assert frame(thin).max() == 255

    def test_ink_that_is_heavy_at_one_end_is_not_cut(self):
        ink = np.zeros((280, 280), np.float32)
        ink[40:60, 40:240] = 0.03
        ink[20:80, 40:60] = 1
        box = ink_box(to_ink(frame(ink)))
        assert box is not None
        assert box[3] - box[2] == 20


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (28, 28), (333, 77)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_any_canvas_gives_bytes_of_the_size(centre, shape, dtype):
    ink = np.full(shape, 200 if dtype is np.uint8 else 0.8, dtype)
    picture = frame(ink, centre=centre)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.uint8
    assert picture.max() > 0


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (50, 50)])
def test_no_ink_gives_a_black_picture(centre, shape):
    assert not frame(np.zeros(shape, np.float32), centre=centre).any()


def test_numbers_that_are_none_count_as_paper():
    ink = np.full((28, 28), np.nan, np.float32)
    ink[4:24, 4:24] = 1
    assert frame(ink).max() == 255
    assert not frame(np.full((9, 9), -np.inf)).any()


class TestWholeCanvas:
    @settings(max_examples=20, deadline=None)
    @given(seed=st.integers(0, 10_000), down=st.integers(-4, 4), right=st.integers(-4, 4))
    def test_moving_the_canvas_by_a_cell_moves_the_picture_by_a_pixel(self, seed, down, right):
        ink = stroke(seed=seed)
        before = frame(ink, centre=False)
        after = frame(np.roll(ink, (10 * down, 10 * right), axis=(0, 1)), centre=False)
        np.testing.assert_array_equal(after, np.roll(before, (down, right), axis=(0, 1)))

    def test_place_moves_by_parts_of_a_pixel(self):
        ink = stroke()
        moved = place(ink, shift_px=(1.5, -2.0))
        before, after = centre_of_mass(place(ink)), centre_of_mass(moved)
        np.testing.assert_allclose(np.subtract(after, before), (1.5, -2.0), atol=0.05)

    def test_place_scales_about_the_middle(self):
        ink = np.zeros((280, 280), np.float32)
        ink[70:210, 70:210] = 1
        assert ink_box(to_ink(place(ink, scale=0.5))) == (10, 18, 10, 18)
        assert place(ink, scale=0.5).sum() == pytest.approx(place(ink).sum() / 4, rel=0.02)

    def test_an_oblong_canvas_gets_margins(self):
        picture = frame(np.ones((140, 280), np.float32), centre=False)
        assert not picture[:7].any()
        assert (picture[7:21] == 255).all()
        assert not picture[21:].any()


class TestColour:
    @pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 8, 20)])
    @pytest.mark.parametrize("size", [(1, 1), (64, 64), (50, 333), (333, 50)])
    def test_any_picture_fits(self, shape, size):
        rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
        fitted = fit_colour(rgb, shape)
        assert fitted.shape == shape
        assert fitted.dtype == np.uint8
        assert fitted.flags.c_contiguous

    def test_same_size_is_the_same_picture(self):
        rgb = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
        np.testing.assert_array_equal(fit_colour(rgb, (3, 32, 32)), rgb.transpose(2, 0, 1))

    def test_the_middle_square_is_kept(self):
        rgb = np.zeros((40, 120, 3), np.uint8)
        rgb[:, 40:80] = (10, 20, 30)
        fitted = fit_colour(rgb, (3, 20, 20))
        assert (fitted == np.array([10, 20, 30])[:, None, None]).all()

    def test_grey_is_pillows_grey(self):
        rgb = np.random.default_rng(0).integers(0, 256, (28, 28, 3), np.uint8)
        expected = np.asarray(Image.fromarray(rgb).convert("L")).astype(int)
        assert np.abs(fit_colour(rgb, (1, 28, 28))[0].astype(int) - expected).max() <= 1
        assert np.abs(brightness(rgb) * 255 - expected).max() <= 1


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (7, 31)])
def test_a_whole_colour_picture_is_the_middle_of_its_black_square(size: tuple[int, int]):
    rgb = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    side = max(size)
    rows, columns = (2 * side - 2 * length for length in size)  # twice as fine, so that margins are whole pixels
    fine = rgb.repeat(2, 0).repeat(2, 1)
    square = np.pad(fine, ((rows // 2, rows // 2), (columns // 2, columns // 2), (0, 0)))
    np.testing.assert_array_equal(fit_colour(rgb, (3, 10, 10), whole=True), fit_colour(square, (3, 10, 10)))
