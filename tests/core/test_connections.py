"""What three ways to connect a picture cost, held against torch."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnstudio.core import connections
from cnnstudio.core.connections import WAYS, Wiring, flat_index, initial_map, initial_unit, megabytes, respond, unit_of
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.modules import LocallyConnected2d

wirings = st.builds(
    Wiring,
    st.sampled_from(WAYS),
    st.tuples(st.integers(1, 3), st.integers(7, 12), st.integers(7, 12)),
    st.integers(1, 40),
    st.integers(1, 4),
    st.integers(1, 7),
)


def module_of(wiring):
    channels, height, width = wiring.shape
    side = (wiring.kernel, wiring.kernel)
    if wiring.way == "dense":
        return nn.Linear(channels * height * width, wiring.units)
    if wiring.way == "local":
        return LocallyConnected2d(wiring.shape, wiring.kernels, side)
    return nn.Conv2d(channels, wiring.kernels, side)


def count(module):
    return sum(each.numel() for each in module.parameters())


@settings(max_examples=60, deadline=None)
@given(wirings)
def test_counts_are_those_of_torch(wiring):
    with torch.device("meta"):
        module = module_of(wiring)
    assert wiring.parameters == count(module)
    assert wiring.biases == module.bias.numel()
    assert wiring.weights == module.weight.numel()
    assert wiring.weight_bytes == sum(each.numel() * each.element_size() for each in module.parameters())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("side", [28, 97, 200, 224])
def test_large_pictures_in_colour(way, side):
    wiring = Wiring(way, (3, side, side), 1_000, 64, 11)
    with torch.device("meta"):
        assert wiring.parameters == count(module_of(wiring))


@settings(max_examples=40, deadline=None)
@given(wirings, st.integers(0, 99))
def test_values_are_those_of_torch(wiring, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.random(wiring.shape, dtype=np.float32)
    weights = initial_map(wiring, 0, seed)
    module, x = module_of(wiring), torch.from_numpy(pixels)[None]
    with torch.no_grad():
        for each in module.parameters():
            each.zero_()
        if wiring.way == "dense":
            module.weight.copy_(torch.from_numpy(weights.reshape(wiring.units, -1)))
            x = x.flatten(1)
        elif wiring.way == "local":
            module.weight[:, :, 0] = torch.from_numpy(weights).flatten(2).flatten(0, 1)
        else:
            module.weight[0] = torch.from_numpy(weights)
        expected = module(x)[0]
    made = respond(wiring, pixels, weights)
    assert made.shape == wiring.grid
    if wiring.way == "dense":
        made, rest = made.ravel()[: wiring.units], made.ravel()[wiring.units :]
        assert np.isnan(rest).all()
    else:
        expected = expected[0]
    np.testing.assert_allclose(made, expected.numpy(), rtol=1e-4, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(wirings, st.data())
def test_a_unit_touches_what_its_gradient_reaches(wiring, data):
    rows, columns = wiring.grid
    row = data.draw(st.integers(0, rows - 1))
    column = data.draw(st.integers(0, columns - 1))
    if not wiring.holds(row, column):
        with pytest.raises(StudioError):
            wiring.touched(row, column)
        return
    module, x = module_of(wiring), torch.zeros(1, *wiring.shape, requires_grad=True)
    with torch.no_grad():
        for each in module.parameters():
            each.fill_(1.0)
    out = module(x.flatten(1) if wiring.way == "dense" else x)
    unit = out[0, row * columns + column] if wiring.way == "dense" else out[0, 0, row, column]
    unit.backward()
    reached = x.grad[0] != 0
    top, left, bottom, right = wiring.touched(row, column)
    expected = torch.zeros(wiring.shape, dtype=torch.bool)
    expected[:, top:bottom, left:right] = True
    assert (reached == expected).all()
    assert wiring.reads == int(reached.sum())


@settings(max_examples=40, deadline=None)
@given(wirings)
def test_connections_are_what_all_units_read(wiring):
    assert wiring.connections == wiring.outputs * wiring.reads
    assert wiring.weights <= wiring.connections
    assert (wiring.weights == wiring.connections) == (wiring.way != "conv" or wiring.grid == (1, 1))


def test_the_well_known_example():
    wiring = Wiring("dense", (3, 200, 200), units=1_000)
    assert wiring.weights == wiring.connections == 120_000_000
    assert wiring.bill == "200 × 200 × 3 inputs × 1,000 units = 120,000,000 weights, plus 1,000 biases"
    assert megabytes(wiring.weight_bytes) == "480 MB"
    assert megabytes(wiring.training_bytes) == "1.92 GB"
    assert Wiring("conv", (3, 200, 200)).parameters == 6 * 75 + 6


def test_the_bill_of_each_way():
    assert Wiring("local", (1, 28, 28)).bill == (
        "24 × 24 places × 6 kernels × 5 × 5 × 1 inputs = 86,400 weights, plus 3,456 biases"
    )
    assert Wiring("conv", (1, 28, 28)).bill == (
        "6 kernels × 5 × 5 × 1 inputs = 150 weights, plus 6 biases; each weight is used at 576 places"
    )


def test_memory_while_training_is_what_adam_keeps():
    module = nn.Linear(20, 3)
    optimiser = torch.optim.Adam(module.parameters())
    module(torch.ones(1, 20)).sum().backward()
    optimiser.step()
    kept = sum(each.nbytes + each.grad.nbytes for each in module.parameters())
    for state in optimiser.state.values():
        kept += sum(value.nbytes for value in state.values() if value.dim())
    assert Wiring("dense", (1, 4, 5), units=3).training_bytes == kept


def test_initial_weights_are_as_torch_draws_them():
    for way in WAYS:
        wiring = Wiring(way, (3, 12, 12), units=30)
        weights = initial_map(wiring)
        bound = 1 / math.sqrt(wiring.reads)
        assert 0.9 * bound < np.abs(weights).max() <= bound
        assert (initial_map(wiring) == weights).all()
        assert not (initial_map(wiring, 1) == weights).all()


def test_neighbours_share_only_in_a_convolution():
    shape = (1, 9, 9)
    for way, shared in (("dense", False), ("local", False), ("conv", True)):
        wiring = Wiring(way, shape, units=9)
        weights = initial_map(wiring)
        one, other = (unit_of(wiring, weights, 0, column) for column in (0, 1))
        assert (one == other).all() == shared
        assert one.shape == ((1, 9, 9) if way == "dense" else (1, 5, 5))


def test_too_many_weights_are_drawn_unit_by_unit(monkeypatch):
    monkeypatch.setattr(connections, "MOST_DRAWN", 20)
    for way in WAYS:
        wiring = Wiring(way, (1, 9, 9), units=9)
        assert initial_map(wiring) is None
        one, again, other = (initial_unit(wiring, 0, 0, column) for column in (0, 0, 1))
        assert (one == again).all()
        assert (one == other).all() == (way == "conv")


def test_a_dense_layers_units_lie_in_a_square():
    assert Wiring("dense", (1, 28, 28), units=77).grid == (9, 9)
    assert Wiring("dense", (1, 28, 28), units=1).grid == (1, 1)
    assert Wiring("dense", (1, 28, 28), units=1_000).grid == (32, 32)
    assert not Wiring("dense", (1, 28, 28), units=77).holds(8, 8)


@pytest.mark.parametrize(
    "broken",
    [{"shape": (1, 4, 4)}, {"shape": (0, 28, 28)}, {"kernel": 0}, {"kernels": 0}, {"way": "dense", "units": 0}],
)
def test_what_cannot_be_is_said_in_words(broken):
    with pytest.raises(StudioError) as error:
        Wiring(**({"way": "conv", "shape": (1, 28, 28)} | broken))
    assert str(error.value)


def test_amounts_in_words():
    assert [megabytes(n) for n in (0, 604, 1_500, 244_900, 480_004_000, 1_920_016_000)] == [
        "0 B", "604 B", "1.5 kB", "245 kB", "480 MB", "1.92 GB",
    ]  # fmt: skip


@given(st.integers(1, 30), st.integers(2, 30), st.data())
def test_the_place_in_the_flattened_picture(width, height, data):
    row, column = data.draw(st.integers(0, height - 2)), data.draw(st.integers(0, width - 1))
    flat = np.arange(height * width).reshape(height, width)
    assert flat_index(row, column, width) == flat[row, column]
    assert flat_index(row + 1, column, width) - flat_index(row, column, width) == width
