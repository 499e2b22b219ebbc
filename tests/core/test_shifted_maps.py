"""map(shift(x)) against shift(map(x)): exact where theory says so, for any shift, kernel and padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core.equivariance import OPERATIONS
from cnnstudio.core.errors import StudioError
from cnnstudio.core.picture_changes import shifted
from cnnstudio.core.receptive import Field, Window
from cnnstudio.core.shift_bench import BenchWeights, operate
from cnnstudio.core.shifted_maps import EXACT, About, Along, compare, relative_error

NAMES = tuple(OPERATIONS)


def _bench(shift, padding="zero", shape=(1, 14, 16), seed=0, size=5, operations=NAMES):
    chance = np.random.default_rng(seed)
    pixels = chance.integers(0, 256, shape).astype(np.uint8)
    moved = shifted(pixels, *shift, circular=padding == "circular")
    weights = BenchWeights.random(shape, 2, seed, size)
    made = operate(pixels / 255 - 0.2, moved / 255 - 0.2, weights, shift, operations, padding)
    return {each.layer: each for each in made}


@settings(max_examples=40, deadline=None)
@given(
    st.integers(-6, 6), st.integers(-6, 6), st.sampled_from([1, 3, 5, 7]),
    st.sampled_from(["zero", "replicate", "reflect"]), st.sampled_from([1, 3]), st.integers(0, 99),
)  # fmt: skip
def test_a_convolution_at_stride_one_is_equivariant_away_from_borders(down, right, size, padding, channels, seed):
    conv = _bench((down, right), padding, (channels, 14, 16), seed, size, ("conv",))["conv"]
    assert conv.whole
    assert conv.inside_error is None or conv.inside_error < EXACT
    reach = size // 2
    rows, columns = np.indices((14, 16))
    inside = (rows >= reach + max(down, 0)) & (rows < 14 - reach + min(down, 0))
    inside &= (columns >= reach + max(right, 0)) & (columns < 16 - reach + min(right, 0))
    np.testing.assert_array_equal(~conv.border, inside)
    if size > 1 and (down or right) and inside.any():
        assert conv.border_error > 1e-3


@settings(max_examples=25, deadline=None)
@given(st.integers(-13, 13), st.integers(-15, 15), st.sampled_from([3, 5]), st.integers(0, 99))
def test_in_a_circle_there_is_no_border_at_all(down, right, size, seed):
    found = _bench((down, right), "circular", seed=seed, size=size)
    assert not found["conv"].border.any()
    assert found["conv"].inside_error < EXACT
    assert found["conv"].border_error is None
    assert found["global"].change < EXACT
    for name in ("conv_stride", "max", "blur", "stride"):
        assert not found[name].border.any()
        if down % 2 == 0 and right % 2 == 0:
            assert found[name].inside_error < EXACT
        else:
            assert not found[name].whole
            assert found[name].inside_error > 0.01
    if down or right:
        assert found["local"].inside_error > 0.1


@pytest.mark.parametrize("shift", [(2, 0), (0, -4), (4, 2)])
def test_a_stride_is_exact_for_its_multiples(shift):
    found = _bench(shift)
    for name in ("conv", "conv_stride", "max", "blur", "stride"):
        assert found[name].inside_error < EXACT, name
        assert found[name].moved == tuple(px / found[name].jump[0] for px in shift)
        assert "equivariant to this shift" in found[name].sentence
    assert found["local"].inside_error > 1
    assert "not equivariant" in found["local"].sentence
    assert found["dense"].inside_error is None
    assert found["dense"].border.all()
    assert "Every place sees the border" in found["dense"].sentence


def test_between_the_multiples_the_map_lies_between_its_places():
    found = _bench((1, 0))
    for name in ("conv_stride", "max", "blur", "stride"):
        assert found[name].moved == (0.5, 0.0)
        assert not found[name].whole
        assert found[name].inside_error > 0.01
        assert "multiples of 2 px" in found[name].sentence
    assert found["blur"].inside_error < found["max"].inside_error < found["stride"].inside_error


def test_nothing_is_called_invariant():
    for shift in ((0, 0), (1, 0), (2, 2)):
        for each in _bench(shift).values():
            assert "invarian" not in each.sentence
    still = _bench((0, 0))
    assert all(each.inside_error in (None, 0.0) for each in still.values())
    assert still["global"].change == 0
    assert "stayed the same" in still["global"].sentence


def test_a_list_of_units_has_no_places():
    pixels = np.random.default_rng(0).random((1, 6, 6))
    weights = BenchWeights.random((1, 6, 6), 1, 0, 3)
    weights = BenchWeights(weights.conv, weights.local, weights.dense[:7])
    (dense,) = operate(pixels, np.roll(pixels, 1, 1), weights, (1, 0), ("dense",))
    assert dense.shape == (7,)
    assert not dense.places
    assert dense.of_shifted.shape == (7, 1, 1)
    assert dense.inside_error is None
    assert dense.change > 0


def test_locally_connected_without_padding_has_fewer_places():
    pixels = np.random.default_rng(0).random((1, 6, 6))
    weights = BenchWeights.random((1, 6, 6), 2, 0, 3)
    weights = BenchWeights(weights.conv, weights.local[:16], weights.dense)
    (local,) = operate(pixels, np.roll(pixels, 1, 1), weights, (1, 0), ("local",))
    assert local.shape == (2, 4, 4)
    for row, column in np.ndindex(4, 4):
        patch = np.roll(pixels, 1, 1)[:, row : row + 3, column : column + 3].ravel()
        np.testing.assert_allclose(local.of_shifted[:, row, column], weights.local[4 * row + column] @ patch, rtol=1e-5)


def test_interpolation_and_what_is_not_known():
    field = Field.of_pixels(8, 8).through((Window(1, 2, 0), Window(1, 1, 0)), (1, 4, 8))
    plain = np.arange(32.0).reshape(1, 4, 8)
    made = compare(About("x", "x", (1, 4, 8), field), plain, plain, (1, 0))
    np.testing.assert_allclose(made.shifted[0, 1:], (plain[0, :-1] + plain[0, 1:]) / 2)
    assert not made.shifted[0, 0].any()
    assert made.border[0].all()
    assert not made.of_shifted.flags.writeable


def test_layers_that_see_everything_and_still_have_places_are_all_border():
    along = Along.of(Field.of_pixels(8, 8).rows.everything(4), 8, 2)
    assert along.jump == 2
    assert along.moved == 1
    assert not along.inside.any()


def test_the_relative_error_is_symmetric_and_bounded():
    one, other = np.array([3.0, 0.0]), np.array([0.0, 3.0])
    assert relative_error(one, other) == pytest.approx(2**0.5)
    assert relative_error(one, -one) == pytest.approx(2)
    assert relative_error(one, 1.1 * one) == relative_error(1.1 * one, one)
    assert relative_error(np.zeros(3), np.zeros(3)) == 0
    assert relative_error(np.empty(0), np.empty(0)) is None


def test_what_cannot_be_is_refused():
    with pytest.raises(StudioError, match="no operation"):
        _bench((1, 1), operations=("attention",))
    with pytest.raises(StudioError, match="reflection"):
        _bench((1, 1), "reflect", (1, 3, 3), size=7)
