"""The error function of arrays, held against the standard library's and torch's."""

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from cnnstudio.core._erf import erf
from cnnstudio.core.activations import ACTIVATIONS


def test_it_is_maths_to_the_last_digits():
    edges = [0.46875, 4.0, 6.0]
    x = np.concatenate([np.linspace(-7, 7, 40_001), edges, np.nextafter(edges, 0), np.nextafter(edges, 9), [1e-300]])
    wanted = np.array([math.erf(value) for value in x])
    np.testing.assert_allclose(erf(x), wanted, rtol=1e-15, atol=0)


@given(st.floats(allow_nan=False))
def test_any_number(value):
    assert math.isclose(float(erf(np.array(value))), math.erf(value), rel_tol=1e-15, abs_tol=0)


def test_what_is_no_number_stays_none_and_zeros_keep_their_sign():
    made = erf(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0]))
    np.testing.assert_array_equal(made, [np.nan, 1, -1, 0, 0])
    assert np.signbit(made).tolist()[3:] == [False, True]


def test_shapes_stay():
    assert erf(np.zeros(())).shape == ()
    assert erf(np.zeros((0, 3))).shape == (0, 3)
    x = np.linspace(-3, 3, 30_000).reshape(100, 3, 100)
    np.testing.assert_allclose(erf(x)[:, 1, ::7], erf(x[:, 1, ::7]), rtol=0, atol=0)


def test_a_large_map_is_torchs_in_both_precisions():
    x = np.random.default_rng(0).normal(scale=2, size=(128, 130))
    made = ACTIVATIONS["gelu"].apply(x)
    np.testing.assert_allclose(made, F.gelu(torch.from_numpy(x)).numpy(), rtol=1e-12, atol=1e-15)
    single = x.astype(np.float32)
    wanted = F.gelu(torch.from_numpy(single)).numpy()
    np.testing.assert_allclose(ACTIVATIONS["gelu"].apply(single.astype(np.float64)), wanted, rtol=0, atol=1e-6)
