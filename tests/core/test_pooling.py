"""Pooling by arithmetic, held against torch and its autograd."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from cnnstudio.core.errors import StudioError
from cnnstudio.core.pooling import (
    SENTENCES,
    TITLES,
    Pooling,
    binomial,
    chances,
    change,
    comparable,
    expected,
    gradient,
    pool,
    shifted,
    size_formula,
    window_at,
)
from cnnstudio.engine.modules import BlurPool2d, L2Pool2d, StochasticPool2d

PADDED = ("max", "average", "l2", "blur")


@st.composite
def cases(draw, kinds):
    """A map and a setting that fits it; values are coarse, so that ties happen."""
    kind = draw(st.sampled_from(kinds))
    window = draw(st.integers(1, 5))
    stride = draw(st.integers(1, 4))
    padding = draw(st.integers(0, window // 2)) if kind in PADDED else 0
    rows, columns = draw(st.integers(window, 11)), draw(st.integers(window, 11))
    seed = draw(st.integers(0, 2**32 - 1))
    values = np.random.default_rng(seed).integers(-4, 5, (rows, columns)) / 4.0
    return values, Pooling(kind, window, stride, padding)


def by_torch(values: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    x = values[None, None]
    sizes = (pooling.window, pooling.stride, pooling.padding)
    match pooling.kind:
        case "max":
            y = F.max_pool2d(x, *sizes)
        case "average":
            y = F.avg_pool2d(x, *sizes)
        case "l2":
            padded = F.pad(x, (pooling.padding,) * 4)
            y = F.lp_pool2d(padded, 2, pooling.window, pooling.stride) / pooling.window
        case "blur":
            kernel = torch.from_numpy(binomial(pooling.window))[None, None]
            y = F.conv2d(x, kernel, stride=pooling.stride, padding=pooling.padding)
        case "subsample":
            y = x[..., :: pooling.stride, :: pooling.stride]
        case "global_max":
            y = F.adaptive_max_pool2d(x, 1)
        case "global_average":
            y = F.adaptive_avg_pool2d(x, 1)
    return y[0, 0]


ALL_FIXED = (*PADDED, "subsample", "global_max", "global_average")


@settings(max_examples=150, deadline=None)
@given(cases(ALL_FIXED))
def test_values_and_sizes_are_torchs(case):
    values, pooling = case
    wanted = by_torch(torch.from_numpy(values), pooling).numpy()
    made = pool(values, pooling)
    assert made.shape == wanted.shape == pooling.size(values.shape)
    np.testing.assert_allclose(made, wanted, atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(cases(ALL_FIXED))
def test_the_gradients_route_is_autograds(case):
    values, pooling = case
    if pooling.kind == "l2":
        values = np.where(values == 0, 0.125, values)  # the root has no slope at 0
    leaf = torch.from_numpy(values).requires_grad_()
    by_torch(leaf, pooling).sum().backward()
    np.testing.assert_allclose(gradient(values, pooling), leaf.grad.numpy(), atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(cases((*ALL_FIXED, "stochastic")), st.booleans(), st.integers(0, 5))
def test_every_window_makes_its_value(case, training, seed):
    values, pooling = case
    pooling = Pooling(pooling.kind, pooling.window, pooling.stride, pooling.padding, training, seed)
    pooled, heard = pool(values, pooling), np.zeros_like(values)
    for row, column in np.ndindex(*pooled.shape):
        one = window_at(values, pooling, row, column)
        assert one.result == pytest.approx(pooled[row, column], abs=1e-12)
        for y, x in np.ndindex(*one.values.shape):
            at = one.top + y, one.left + x
            assert one.inside[y, x] == (0 <= at[0] < values.shape[0] and 0 <= at[1] < values.shape[1])
            if one.inside[y, x]:
                assert one.values[y, x] == values[at]
                heard[at] += one.route[y, x]
        if one.winner is not None:
            assert one.values[one.winner] == one.result
            assert one.inside[one.winner]
    np.testing.assert_allclose(heard, gradient(values, pooling), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(cases(("stochastic", "l2", "blur")))
def test_the_networks_layers_do_the_same(case):
    values, pooling = case
    x = torch.from_numpy(values)[None, None].requires_grad_()
    if pooling.kind == "l2":
        pooling = Pooling("l2", pooling.window, pooling.stride)
        layer = L2Pool2d((pooling.window,) * 2, (pooling.stride,) * 2)
    elif pooling.kind == "blur":
        pooling = Pooling("blur", pooling.window, pooling.stride, (pooling.window - 1) // 2)
        layer = BlurPool2d(pooling.window, pooling.stride).double()
        layer.fill()
    else:
        layer = StochasticPool2d((pooling.window,) * 2, (pooling.stride,) * 2).eval()
    made = layer(x)
    np.testing.assert_allclose(pool(values, pooling), made[0, 0].detach().numpy(), atol=2e-6)
    if pooling.kind == "stochastic":
        made.sum().backward()
        np.testing.assert_allclose(gradient(values, pooling), x.grad[0, 0].numpy(), atol=1e-9)


def test_ties_go_to_the_first_as_in_torch():
    flat = np.ones((4, 4))
    assert window_at(flat, Pooling("max", 3, 1), 1, 1).winner == (0, 0)
    leaf = torch.ones(4, 4, dtype=torch.float64, requires_grad=True)
    F.max_pool2d(leaf[None, None], 3, 1).sum().backward()
    np.testing.assert_array_equal(gradient(flat, Pooling("max", 3, 1)), leaf.grad.numpy())


def test_max_never_chooses_padding():
    assert (pool(np.full((4, 4), -1.0), Pooling("max", 3, 1, 1)) == -1).all()


def test_stochastic_draws_in_proportion_and_repeats_with_its_seed():
    values = np.tile([[1.0, 3.0], [0.0, -2.0]], (40, 40))
    on = Pooling("stochastic", training=True, seed=7)
    drawn = pool(values, on)
    assert set(np.unique(drawn)) == {1.0, 3.0}
    assert (drawn == 3).mean() == pytest.approx(0.75, abs=4 * math.sqrt(0.75 * 0.25 / drawn.size))
    np.testing.assert_array_equal(drawn, pool(values, on))
    assert (drawn != pool(values, Pooling("stochastic", training=True, seed=8))).any()
    assert (pool(values, Pooling("stochastic")) == 0.25 * 1 + 0.75 * 3).all()


def test_chances_without_anything_positive_are_even_and_leave_padding_out():
    shares = chances(np.array([-1.0, 0.0, -3.0]), np.array([True, True, False]))
    np.testing.assert_array_equal(shares, [0.5, 0.5, 0.0])


@pytest.mark.parametrize(
    ("pooling", "words"),
    [
        (Pooling(stride=0), "never move on"),
        (Pooling(window=0), "window cannot be 0"),
        (Pooling(padding=-1), "padding cannot be -1"),
        (Pooling(window=3, padding=2), "more than half"),
        (Pooling(window=9), "does not fit into a map of 6 x 8"),
        (Pooling(window=65), "from 1 to 64"),
    ],
)
def test_what_cannot_be_is_said(pooling, words):
    with pytest.raises(StudioError, match=words):
        pool(np.zeros((6, 8)), pooling)


def test_numbers_that_are_not_used_do_no_harm():
    assert Pooling("subsample", window=3, padding=3).size((6, 8)) == (3, 4)
    assert Pooling("global_max", window=9).size((6, 8)) == (1, 1)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_map_that_is_no_numbers_is_refused(bad):
    with pytest.raises(StudioError, match="not finite"):
        pool(np.full((4, 4), bad), Pooling())


def test_a_place_that_is_not_there():
    with pytest.raises(StudioError, match="no place 2, 0"):
        window_at(np.zeros((4, 4)), Pooling(), 2, 0)


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2))
def test_the_size_formula_ends_with_the_size(length, window, stride, padding):
    pooling = Pooling("average", window, stride, min(padding, window // 2))
    if pooling.slide((length, length)).places(length, 0) > 0:
        assert size_formula(length, pooling).endswith(f" = {pooling.size((length, length))[0]}")
    subsample = Pooling("subsample", 2, stride)
    assert size_formula(length, subsample).endswith(f" = {subsample.size((length, length))[0]}")


@given(st.integers(-9, 9), st.integers(-9, 9))
def test_shifted_loses_what_leaves(down, right):
    values = np.arange(1.0, 31).reshape(5, 6)
    moved = shifted(values, down, right)
    for y, x in np.ndindex(5, 6):
        inside = 0 <= y - down < 5 and 0 <= x - right < 6
        assert moved[y, x] == (values[y - down, x - right] if inside else 0)


def test_change_runs_from_none_to_nothing_in_common():
    one = np.array([[1.0, 0.0]])
    assert change(one, one) == 0
    assert change(one, one[:, ::-1]) == 1
    assert change(np.zeros((2, 2)), np.zeros((2, 2))) == 0
    assert change(one, 3 * one) == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["max", "average", "l2", "stochastic", "blur", "subsample"])
def test_a_shift_by_the_stride_only_moves_the_pooled_map(kind):
    values = np.zeros((16, 16))
    values[5:9, 4:9] = np.random.default_rng(3).random((4, 5))
    pooling = Pooling(kind, 2, 2)
    before = pool(values, pooling)
    moved = pool(shifted(values, 2, 4), pooling)
    assert change(expected(before, pooling, 2, 4), moved) == pytest.approx(0)
    assert change(before, moved) > 0.3, "it is not invariant"
    odd = pool(shifted(values, 0, 1), pooling)
    assert change(expected(before, pooling, 0, 1), odd) > 0.01, "between whole places it is not equivariant either"


def test_global_pooling_does_not_see_a_shift_until_something_leaves():
    values = np.zeros((10, 10))
    values[2:5, 2:5] = 1.0
    for kind in ("global_max", "global_average"):
        pooling = comparable(Pooling("stochastic", training=True), kind)
        before = pool(values, pooling)
        assert change(expected(before, pooling, 3, 3), pool(shifted(values, 3, 3), pooling)) == 0
    assert pool(shifted(values, 7, 0), Pooling("global_average")) < pool(values, Pooling("global_average"))


def test_every_kind_is_named_and_explained():
    assert TITLES.keys() == SENTENCES.keys()
