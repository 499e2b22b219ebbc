"""One unit's arithmetic, for every kind of layer: the numbers given make the number that torch computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnstudio.core.errors import StudioError
from cnnstudio.core.fields import box
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Block, Branches, Residual
from cnnstudio.core.layer_json import KINDS
from cnnstudio.core.layer_kinds import (
    Conv,
    ConvTranspose,
    Linear,
)
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import (
    Dropout,
    Flatten,
    LeakyReLU,
    ReLU,
)
from cnnstudio.core.layer_pools import (
    AdaptivePool,
    AveragePool,
    GlobalMax,
    MaxPool,
    Upsample,
)
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import as_maps, reading, sources
from cnnstudio.engine._unit_arithmetic import arithmetic
from cnnstudio.engine.build import build
from cnnstudio.engine.probe import probe
from cnnstudio.networks import all_networks, spec_for
from tests.engine.every_layer import EVERY_LAYER
from tests.networks import language_examples as examples

quick = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def spec_of(layers: Layers, shape=(4, 9, 8)) -> NetworkSpec:
    try:
        return NetworkSpec("one", "one", shape, 10, (*layers, Flatten(), Linear(10)))
    except StudioError:  # a list already
        return NetworkSpec("one", "one", shape, 10, (*layers, Linear(10)))


def made(spec: NetworkSpec, seed: int = 0):
    """A network whose normalisations and scales are not the identity."""
    module, chance = build(spec, seed).eval(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, part in module.state_dict().items():
            if part.dim() == 1 and part.is_floating_point():
                drawn = torch.rand(part.shape, generator=chance)
                part.copy_(0.5 + drawn if name.endswith(("var", "weight")) else drawn - 0.5)
    return module


def check(spec: NetworkSpec, module, per_layer: int = 3, seed: int = 0) -> None:
    """Compares sampled units of every step with what torch computed for noise."""
    chance = np.random.default_rng(seed)
    picture = chance.standard_normal((1, *spec.input_shape)).astype(np.float32)
    with probe(module, spec) as read:
        found = {name: value[0].numpy() for name, value in read(torch.from_numpy(picture)).items()}
    for step in spec.steps():
        shape, values = as_maps(step.shape), found[step.name].reshape(as_maps(step.shape))
        corners = [(0, 0, 0), tuple(size - 1 for size in shape)]
        drawn = [tuple(int(chance.integers(size)) for size in shape) for _ in range(max(0, per_layer - 2))]
        for place in corners + drawn:
            told = arithmetic(spec, step, place, module, found)
            size = float(np.abs(told.inputs).max(initial=0.0)) + abs(told.bias) + 1e-3
            if told.kind == "sum":
                size = float(np.abs(told.weights * told.inputs).sum()) + abs(told.bias) + 1e-3
            assert told.computed == pytest.approx(float(values[place]), abs=3e-6 * size, rel=3e-5), (step.name, place)
            check_consistent(told)


def check_consistent(told) -> None:
    assert told.inputs.shape == (len(told.read.maps), len(told.read.rows), len(told.read.columns)) or told.kind == "add"
    assert len(told.per_map) == len(told.inputs)
    assert told.inputs.dtype == np.float32
    assert told.per_map.dtype == np.float64
    assert told.formula
    if told.kind == "sum":
        assert told.weights.shape == told.inputs.shape
        assert told.per_map.sum() + told.bias == pytest.approx(told.computed, rel=1e-12, abs=1e-12)
    if told.kind == "add":
        assert len(told.inputs) == len(told.reads) == len(told.read.maps)
    if told.winner is not None:
        assert told.inputs[told.winner] == told.inputs.max() == told.computed


@pytest.mark.parametrize("layers", EVERY_LAYER, ids=lambda layers: ".".join(layer.kind for layer in layers))
def test_every_kind_of_layer(layers):
    spec = spec_of(layers)
    check(spec, made(spec), per_layer=8)


def test_no_kind_of_layer_is_left_out():
    def opened(layers: Layers):
        for layer in layers:
            yield layer.kind
            if isinstance(layer, Block):
                for _, inner in layer.parts():
                    yield from opened(inner)

    tried = {kind for layers in EVERY_LAYER for kind in opened(layers)}
    assert tried | {"sequence", "repeat"} == set(KINDS)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)], ids=["grey", "colour"])
@pytest.mark.parametrize("key", list(all_networks()))
def test_every_network_of_the_registry(key, shape):
    spec = spec_for(key, shape, 10)
    check(spec, made(spec), per_layer=6)


PUBLISHED = (
    "resnet18",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "googlenet",
    "squeezenet1_1",
    "densenet121",
    "convnext_tiny",
)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks(name):
    spec = NetworkSpec(name, name, (3, 32, 32), 1000, getattr(examples, name)())
    check(spec, made(spec), per_layer=2)


@st.composite
def convolutions(draw) -> tuple[tuple[int, int, int], Conv]:
    groups = draw(st.sampled_from((1, 1, 2, 3)))
    maps, out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 3))
    kernel, stride, dilation = ((draw(st.integers(1, 4)), draw(st.integers(1, 4))) for _ in range(3))
    padding = draw(st.one_of(st.just("same"), st.just("valid"), st.tuples(st.integers(0, 3), st.integers(0, 3))))
    mode = draw(st.sampled_from(("zeros", "reflect", "replicate", "circular")))
    stride = (1, 1) if padding == "same" else stride
    shape = (maps, draw(st.integers(4, 12)), draw(st.integers(4, 12)))
    return shape, Conv(out, kernel, stride, padding, dilation, groups, draw(st.booleans()), mode)


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # torch says that it copies
@quick
@given(case=convolutions())
def test_convolutions_of_any_setting(case):
    shape, layer = case
    try:
        spec = spec_of((layer,), shape)
    except StudioError:
        return
    check(spec, made(spec), per_layer=5)


def gradients(spec: NetworkSpec, module, layer: str, source: str, place) -> np.ndarray:
    """Where the slope of a unit with respect to the layer read is not zero: bool [maps, rows, columns]."""
    shape = next(step.shape for step in spec.steps() if step.name == layer)
    with probe(module, spec, (layer, source), gradient=True) as read:
        picture = torch.rand(1, *spec.input_shape, generator=torch.Generator().manual_seed(3)) + 0.1
        found = read(picture.requires_grad_())
        unit = found[layer][0].reshape(as_maps(shape))[place]
        (slope,) = torch.autograd.grad(unit, found[source])
    return slope[0].reshape(as_maps(tuple(slope.shape[1:]))).numpy() != 0


LINEAR = [
    layers for layers in EVERY_LAYER
    if len(layers) == 1 and not isinstance(layers[0], Block | MaxPool | GlobalMax | AdaptivePool)
]  # fmt: skip


@pytest.mark.parametrize("layers", LINEAR, ids=lambda layers: layers[0].kind)
def test_what_is_read_is_where_autograd_finds_a_slope(layers):
    spec = spec_of(layers)
    module, step = made(spec), spec.steps()[0]
    for place in (
        (0, 0, 0),
        tuple(size // 2 for size in as_maps(step.shape)),
        tuple(s - 1 for s in as_maps(step.shape)),
    ):
        wanted = np.zeros(spec.input_shape, bool)
        read = reading(step.layer, step.given, place)
        mode = getattr(step.layer, "padding_mode", "zeros")
        numbers = np.arange(1, wanted.size + 1).reshape(wanted.shape)
        taken = read.take(numbers, mode)
        wanted.reshape(-1)[taken[taken > 0] - 1] = True
        found = gradients(spec, module, step.name, PICTURE, place)
        if isinstance(step.layer, Upsample):  # a share of exactly 0 at the edge is read, and has no slope
            assert not (found & ~wanted).any()
        else:
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("layers", EVERY_LAYER, ids=lambda layers: ".".join(layer.kind for layer in layers))
def test_no_pixel_outside_of_the_box_has_a_slope(layers):
    spec = spec_of((Conv(4, 3, padding=1), *layers), (2, 11, 10))
    module = made(spec)
    for step in spec.steps():
        for place in ((0, 0, 0), tuple(size - 1 for size in as_maps(step.shape))):
            top, left, bottom, right = box(spec, step.name, place)
            found = gradients(spec, module, step.name, PICTURE, place).any(0)
            found[top:bottom, left:right] = False
            assert not found.any(), (step.name, place)


def test_a_dense_layer_is_folded_back_to_what_was_flattened():
    spec = spec_of((Conv(4, 3), ReLU(), Flatten(), Dropout(0.2), Linear(6), ReLU()), (2, 6, 7))
    module = made(spec)
    with probe(module, spec) as read:
        found = {name: value[0].numpy() for name, value in read(torch.rand(1, 2, 6, 7)).items()}
    first, second = (step for step in spec.steps() if isinstance(step.layer, Linear))
    told = arithmetic(spec, first, (3, 0, 0), module, found)
    assert told.reads == ("1_relu",)
    np.testing.assert_array_equal(told.inputs, found["1_relu"])
    np.testing.assert_array_equal(told.weights.reshape(-1), module.get_submodule(first.name).weight[3].detach().numpy())
    told = arithmetic(spec, second, (3, 0, 0), module, found)
    assert told.reads == ("2_flatten",)
    assert told.inputs.shape == (6, 1, 1)


def test_padding_holds_what_torch_puts_there():
    told = {}
    for mode in ("zeros", "reflect", "replicate", "circular"):
        spec = spec_of((Conv(1, 3, padding=1, padding_mode=mode),), (1, 4, 5))
        picture = {PICTURE: np.arange(1, 21, dtype=np.float32).reshape(1, 4, 5)}
        told[mode] = arithmetic(spec, spec.steps()[0], (0, 0, 0), made(spec), picture).inputs[0].tolist()
    assert told["zeros"] == [[0, 0, 0], [0, 1, 2], [0, 6, 7]]
    assert told["reflect"] == [[7, 6, 7], [2, 1, 2], [7, 6, 7]]
    assert told["replicate"] == [[1, 1, 2], [1, 1, 2], [6, 6, 7]]
    assert told["circular"] == [[20, 16, 17], [5, 1, 2], [10, 6, 7]]


@pytest.mark.parametrize(
    ("layer", "kind", "formula"),
    [
        (ReLU(), "function", "max(0, -0.5) = 0"),
        (LeakyReLU(0.1), "function", "0.1 × (-0.5) = -0.05"),
        (Dropout(), "copy", "nothing is switched off when the network is not training: -0.5"),
        (MaxPool(2), "max", "the largest of 4 = 1.5"),
        (AveragePool(2), "mean", "4 values, 2 in all: 2 / 4 = 0.5"),
        (Residual(()), "add", "-0.5 - 0.5 = -1"),
        (Flatten(), "copy", "place 0 × 4 + 0 × 2 + 0 = 0 of the list, all counted from 0: -0.5"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_formulas_in_words_and_numbers(layer, kind, formula):
    spec = spec_of((layer,), (1, 2, 2))
    picture = {PICTURE: np.array([[[-0.5, 1.5], [0.25, 0.75]]], np.float32)}
    told = arithmetic(spec, spec.steps()[0], (0, 0, 0), made(spec), picture)
    assert (told.kind, told.formula) == (kind, formula)


def test_in_words_maps_are_counted_from_1():
    picture = {PICTURE: np.ones((2, 2, 2), np.float32), "0_branches.2.1_conv": np.ones((3, 2, 2), np.float32)}
    spec = spec_of((BatchNorm(),), (2, 2, 2))
    told = arithmetic(spec, spec.steps()[0], (1, 0, 0), made(spec), picture)
    assert told.formula.endswith("with mean and variance of map 2 while training")
    spec = spec_of((Branches(((), (Conv(3, 1),))),), (2, 2, 2))
    step = next(step for step in spec.steps() if step.name.endswith("concat"))
    values = dict.fromkeys(sources(spec)[step.name][1:], np.ones((3, 2, 2), np.float32)) | picture
    assert arithmetic(spec, step, (4, 0, 0), made(spec), values).formula == "map 3 of path 2: 1"


def test_sources_are_the_layers_that_are_read():
    body = (Conv(4, 3, padding=1), ReLU())
    spec = spec_of((ReLU(), Residual(body, (), (ReLU(),)), Branches(((), (Conv(2, 1),)))))
    assert sources(spec) == {
        "0_relu": (PICTURE,),
        "1_residual.body.1_conv": ("0_relu",),
        "1_residual.body.1_relu": ("1_residual.body.1_conv",),
        "1_residual.add": ("1_residual.body.1_relu", "0_relu"),
        "1_residual.after.0_relu": ("1_residual.add",),
        "2_branches.2.1_conv": ("1_residual.after.0_relu",),
        "2_branches.concat": ("1_residual.after.0_relu", "2_branches.2.1_conv"),
        "2_flatten": ("2_branches.concat",),
        "3_linear": ("2_flatten",),
    }


def test_a_unit_whose_stamps_all_miss_is_its_bias():
    spec = spec_of((ConvTranspose(2, 1, 3),), (2, 3, 3))
    picture = {PICTURE: np.ones((2, 3, 3), np.float32)}
    module = made(spec)
    told = arithmetic(spec, spec.steps()[0], (1, 1, 0), module, picture)
    assert told.inputs.size == 0
    assert told.computed == told.bias == float(module.get_submodule("1_conv_transpose").bias[1].detach())


def test_an_unknown_setting_changes_the_numbers():
    spec = spec_of((Conv(2, 3, padding=1),), (1, 6, 6))
    other = replace(spec, layers=(Conv(2, 3, padding=1, padding_mode="reflect"), *spec.layers[1:]))
    picture = {PICTURE: np.ones((1, 6, 6), np.float32)}
    one, two = (arithmetic(each, each.steps()[0], (0, 0, 0), made(each), picture) for each in (spec, other))
    assert one.computed != two.computed
