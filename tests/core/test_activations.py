"""Activation functions, softmax and flattening, held against torch."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from cnnstudio.core.activations import ACTIVATIONS, flat_index, place_of, softmax
from cnnstudio.core.errors import StudioError

BY_TORCH = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
}
numbers = st.floats(-60, 60, allow_subnormal=False)


@pytest.mark.parametrize("name", list(BY_TORCH))
@given(values=st.lists(numbers, min_size=1, max_size=20))
def test_functions_and_slopes_are_torchs(name, values):
    leaf = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    wanted = BY_TORCH[name](leaf)
    wanted.sum().backward()
    x = np.array(values)
    np.testing.assert_allclose(ACTIVATIONS[name].apply(x), wanted.detach().numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ACTIVATIONS[name].slope(x), leaf.grad.numpy(), rtol=1e-7, atol=1e-9)


def test_every_activation_is_tested_and_explained():
    assert set(ACTIVATIONS) == set(BY_TORCH)
    assert all("x" in one.formula and one.sentence.endswith(".") for one in ACTIVATIONS.values())


@pytest.mark.parametrize("name", list(BY_TORCH))
def test_far_ends_do_not_overflow(name):
    ends = np.array([-1e6, -800.0, 800.0, 1e6])
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(ACTIVATIONS[name].apply(ends)).all()
        assert np.isfinite(ACTIVATIONS[name].slope(ends)).all()


def test_the_tanh_form_is_as_near_as_its_sentence_says():
    x = np.linspace(-8, 8, 4001)
    assert np.abs(ACTIVATIONS["gelu"].apply(x) - ACTIVATIONS["gelu_tanh"].apply(x)).max() < 0.0005


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=12), st.floats(0.01, 100))
def test_softmax_is_torchs_at_every_temperature(logits, temperature):
    made = softmax(np.array(logits), temperature)
    wanted = F.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, 0).numpy()
    np.testing.assert_allclose(made.probabilities, wanted, rtol=1e-9, atol=1e-15)
    assert made.probabilities.sum() == pytest.approx(1)
    assert made.terms[made.top] == 1
    assert 0 <= made.entropy_bits <= math.log2(len(logits)) + 1e-9


def test_temperature_sharpens_and_flattens():
    logits = np.array([1.0, 2.0, 4.0])
    cold, usual, warm = (softmax(logits, t).probabilities.max() for t in (0.2, 1.0, 5.0))
    assert cold > 0.999 > usual > warm > 1 / 3


def test_adding_a_number_to_every_logit_changes_nothing():
    logits = np.array([0.5, -2.0, 3.0])
    np.testing.assert_allclose(softmax(logits).probabilities, softmax(logits + 37).probabilities)


@pytest.mark.parametrize(
    ("logits", "temperature", "words"),
    [
        ([], 1.0, "no logits"),
        ([1.0, math.nan], 1.0, "not a finite number"),
        ([1.0, math.inf], 1.0, "not a finite number"),
        ([1.0], 0.0, "temperature cannot be 0"),
        ([1.0], -1.0, "above 0"),
        ([1.0], math.nan, "temperature cannot be nan"),
    ],
)
def test_what_cannot_be_is_said(logits, temperature, words):
    with pytest.raises(StudioError, match=words):
        softmax(np.array(logits), temperature)


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 7), st.data())
def test_flattening_and_back(channels, height, width, data):
    shape = (channels, height, width)
    index = data.draw(st.integers(0, math.prod(shape) - 1))
    c, y, x = place_of(shape, index)
    assert flat_index(shape, c, y, x) == index
    maps = torch.arange(math.prod(shape)).reshape(shape)
    assert int(torch.flatten(maps)[index]) == int(maps[c, y, x]) == index


def test_places_that_are_not_there():
    with pytest.raises(StudioError, match="no place"):
        flat_index((2, 3, 4), 2, 0, 0)
    with pytest.raises(StudioError, match="no number 24"):
        place_of((2, 3, 4), 24)
