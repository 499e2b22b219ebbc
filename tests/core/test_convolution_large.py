"""Large convolutions are products of matrices: the same numbers, and zeros where there is nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core import convolution as tested
from cnnstudio.core.convolution import Convolution, axis_map, convolve, explain, laid_out
from cnnstudio.core.errors import StudioError
from tests.core.test_convolution import by_torch, cases


def banded(*given, **named):
    """`convolve`, however small the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tested, "LARGE_WORK", 0)
        patch.setattr(tested, "MOST_WASTED", float("inf"))
        patch.setattr(tested, "correlate_in_order", None)
        return convolve(*given, **named)


def in_order(*given, **named):
    """`convolve`, however large the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tested, "correlate_banded", tested.correlate_in_order)
        return convolve(*given, **named)


@settings(max_examples=250, deadline=None)
@given(cases())
def test_products_of_matrices_are_pytorchs_too(case):
    setting, pixels, weights, bias = case
    found = banded(pixels, weights, setting, bias)
    np.testing.assert_allclose(found, by_torch(setting, pixels, weights, bias), rtol=1e-11, atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(cases(), st.data())
def test_a_window_that_sees_nothing_is_exactly_the_bias(case, data):
    setting, pixels, weights, _ = case
    top, left = (data.draw(st.integers(0, length)) for length in pixels.shape[1:])
    pixels[:, top:] = 0.0
    pixels[:, :, left:] = 0.0
    found = banded(pixels * 1e6, weights, setting)
    reads = convolve((pixels > 0).astype(float), np.ones_like(weights), setting)
    assert (found[reads == 0] == 0).all()
    assert not np.signbit(found[reads == 0]).any()
    assert (banded(pixels, weights, setting, 0.1)[reads == 0] == 0.1).all()


@pytest.mark.parametrize("kind", ["standard", "depthwise"])
def test_both_sides_of_the_threshold_have_the_same_numbers(kind, monkeypatch):
    ways = []
    real = tested.correlate_banded, tested.correlate_in_order
    monkeypatch.setattr(tested, "correlate_banded", lambda *given: (ways.append("banded"), real[0](*given)))
    monkeypatch.setattr(tested, "correlate_in_order", lambda *given: (ways.append("in order"), real[1](*given)))
    made = np.random.default_rng(3)
    weights, setting = made.normal(size=(3, 7, 7)), Convolution(7, padding=3, mode="circular", kind=kind)
    side = int((tested.LARGE_WORK / weights.size) ** 0.5)
    pixels = made.random((3, side + 1, side + 1))
    large, small = convolve(pixels, weights, setting), convolve(pixels[:, :side, :side], weights, setting)
    assert ways == ["banded", "in order"] if kind == "standard" else ways == ["banded"] * 3 + ["in order"] * 3
    np.testing.assert_allclose(large[:, 3:-4, 3:-4], small[:, 3:-3, 3:-3], rtol=0, atol=1e-13)
    for place in ((0, 0), (side // 2, 17), (side, side)):
        assert large[0][place] == pytest.approx(explain(pixels, weights, setting, *place).total, rel=0, abs=1e-13)


def test_each_sum_has_the_rounding_of_its_own_window():
    """A picture with one very bright corner: nothing of its rounding is left elsewhere, as it would be by Fourier."""
    made = np.random.default_rng(4)
    pixels, weights = made.random((1, 80, 90)), made.normal(size=(1, 11, 11))
    setting = Convolution(11)
    dim = in_order(pixels, weights, setting)
    pixels[0, 0, 0] = 1e15
    np.testing.assert_allclose(banded(pixels, weights, setting)[0, 12:, 12:], dim[0, 12:, 12:], rtol=0, atol=1e-13)


def test_large_works_that_are_mostly_zeros_stay_in_order(monkeypatch):
    monkeypatch.setattr(tested, "correlate_banded", None)
    pixels, weights = np.random.default_rng(5).random((1, 400, 400)), np.zeros((1, 11, 11))
    weights[0, 5, 5] = 1.0
    assert (convolve(pixels, weights, Convolution(11)) == pixels).all()


def test_what_is_no_number_does_not_spread():
    made = np.random.default_rng(6)
    pixels, weights = made.random((1, 420, 420)), made.normal(size=(1, 11, 11))
    pixels[0, 200, 210] = np.nan
    found = convolve(pixels, weights, Convolution(11))[0]
    seen = np.zeros((420, 420), bool)
    seen[195:206, 205:216] = True
    assert (np.isnan(found) == seen).all()
    weights[0, 0, 0] = np.inf
    with pytest.raises(StudioError, match="not a finite number"):
        convolve(pixels, weights, Convolution(11))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_the_picture_is_laid_out_as_the_maps_say(case):
    setting, pixels, weights, bias = case
    rows, columns = (axis_map(length, setting) for length in pixels.shape[1:])
    for given_pixels, empty in ((pixels, 0.0), ((pixels * 255).astype(np.uint8), 7)):
        wanted = given_pixels[:, rows][:, :, columns]
        wanted[:, (rows < 0)[:, None] | (columns < 0)] = empty
        found = laid_out(given_pixels, setting, empty)
        assert found.dtype == given_pixels.dtype
        assert (found == wanted).all()
    laid = laid_out(pixels, setting)
    assert (convolve(pixels, weights, setting, bias, laid) == convolve(pixels, weights, setting, bias)).all()
