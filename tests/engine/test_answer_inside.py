"""Maps, kernels, one unit and films, as answered to the window; and what is said where there is no answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import StepEnd
from cnnstudio.core.inside import PICTURE, ExplainUnit, Film, ReadKernels, ReadMaps, Unit
from cnnstudio.engine import _answer_film
from cnnstudio.engine.answers import answer, answer_now
from cnnstudio.engine.build import build
from cnnstudio.engine.moments import Moments, flatten
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session
from tests.engine import tiny

BOTH = ("mlp", "lenet5")
PIXELS = tiny.pictures(1, 7).images[0]
X = to_input(torch.tensor(PIXELS[None]), True)


@pytest.fixture(scope="module")
def ended() -> Session:
    session = tiny.session()
    tiny.run(tiny.config(), session)
    return session


@pytest.fixture(scope="module")
def local() -> Session:
    session = tiny.session()
    tiny.run(tiny.config(networks=("local", "small_cnn")), session)
    return session


@pytest.fixture(scope="module")
def untrained() -> Session:
    return tiny.session()


@pytest.fixture
def diverged() -> Session:
    """A run whose newest weights are so large that nothing it computes is finite."""
    session = tiny.session()
    tiny.run(tiny.config(), session)
    run = session.open_run
    moments = Moments(6, 1)
    for step, scale in ((0, 1.0), (6, 1e30)):
        moments.keep(step, {name: run.moments.weights(0, name) * np.float32(scale) for name in BOTH})
    run.moments, run.left = moments, set(BOTH)
    return session


def module_at(session: Session, network: str, step: int | None) -> nn.Module:
    module = build(session.open_run.specs[network], 0).eval()
    source = session.viewer(network, step).module
    module.load_state_dict(source.state_dict())
    return module


def said_of(question, session) -> str:
    with pytest.raises(StudioError) as caught:
        answer_now(question, session)
    return str(caught.value)


def is_sealed(array: np.ndarray) -> bool:
    """Read-only, and over memory that nothing else can write to."""
    return not array.flags.writeable and (array.base is None or not array.base.flags.writeable)


# Maps


@pytest.mark.parametrize("step", [None, 0, 2])
def test_maps_are_those_of_the_moment(ended, step):
    answers = answer_now(ReadMaps(PIXELS, "digits", BOTH, step), ended)
    assert [each.network for each in answers] == list(BOTH)
    for each in answers:
        assert each.weights_from == "run"
        assert each.step == (6 if step is None else step)
        assert each.spec == ended.open_run.specs[each.network]
        assert [layer.layer for layer in each.layers] == [PICTURE, *(row.name for row in each.spec.rows())]
        assert [layer.title for layer in each.layers] == [PICTURE, *(row.title for row in each.spec.rows())]
        assert [layer.shape for layer in each.layers] == list(each.spec.shapes())
        x = X
        np.testing.assert_array_equal(each.layers[0].values, x[0].numpy())
        with torch.inference_mode():
            for part, layer in zip(module_at(ended, each.network, step).children(), each.layers[1:], strict=True):
                x = part(x)
                np.testing.assert_allclose(layer.values, x[0, :64].numpy(), rtol=1e-5, atol=1e-6)
                assert layer.lowest == pytest.approx(float(x.min()), abs=1e-6)
                assert layer.highest == pytest.approx(float(x.max()), abs=1e-6)
                assert layer.values.dtype == np.float32
                assert is_sealed(layer.values)


def test_only_the_layers_wanted_and_no_more_maps_than_wanted(ended):
    mlp, lenet = answer_now(ReadMaps(PIXELS, "digits", BOTH, 2, ("2_conv", "1_linear", "nothing"), most=5), ended)
    assert [layer.layer for layer in mlp.layers] == [PICTURE, "1_linear"]
    assert [layer.layer for layer in lenet.layers] == [PICTURE, "2_conv"]
    whole = answer_now(ReadMaps(PIXELS, "digits", ("lenet5",), 2, ("2_conv",)), ended)[0].layers[1]
    few = lenet.layers[1]
    assert few.values.shape == (5, 10, 10)
    assert few.shape == whole.values.shape == (16, 10, 10)
    np.testing.assert_array_equal(few.values, whole.values[:5])
    assert (few.lowest, few.highest) == (whole.lowest, whole.highest)
    assert answer_now(ReadMaps(PIXELS, "digits", ("lenet5",), 2, ("2_conv",), most=-1), ended)[0].layers[1].highest


def test_answers_stay_as_they_are_while_others_are_asked(ended):
    first = answer_now(ReadMaps(PIXELS, "digits", BOTH, 0), ended)
    before = [layer.values.copy() for each in first for layer in each.layers]
    kernels = answer_now(ReadKernels("digits", "lenet5", "1_conv", 0), ended)
    held = kernels.weights.copy(), kernels.biases.copy()
    answer_now(ReadMaps(255 - PIXELS, "digits", BOTH, 6), ended)
    for values, layer in zip(before, (layer for each in first for layer in each.layers), strict=True):
        np.testing.assert_array_equal(values, layer.values)
    np.testing.assert_array_equal(held[0], kernels.weights)
    np.testing.assert_array_equal(held[1], kernels.biases)


def test_a_moment_that_was_thinned_away_is_answered_by_the_one_before(ended):
    moments = ended.open_run.moments
    assert 3 in moments.steps
    thinned = moments.copy()
    del thinned._kept[3]
    ended.open_run.moments = thinned
    try:
        assert {each.step for each in answer_now(ReadMaps(PIXELS, "digits", BOTH, 3), ended)} == {2}
        assert answer_now(ReadKernels("digits", "mlp", "1_linear", 3), ended).step == 2
        thinned._kept.clear()
        assert "No weights of MLP are kept" in said_of(ReadMaps(PIXELS, "digits", BOTH, 3), ended)
    finally:
        ended.open_run.moments = moments


def test_what_is_not_trained_says_so_and_shows_what_it_is(untrained):
    for each in answer_now(ReadMaps(tiny.pictures(1, 0).images[0], "glyphs", ("mlp_deep", "small_cnn:filters=3"))
                           , untrained):  # fmt: skip
        assert (each.weights_from, each.step, each.layers) == ("none", None, ())
        assert each.spec.rows()
    assert "not trained" in said_of(ReadKernels("glyphs", "mlp_deep", "1_linear"), untrained)
    assert "not trained" in said_of(ExplainUnit(PIXELS, "glyphs", "mlp_deep", Unit("1_linear", 0)), untrained)


@pytest.mark.parametrize("shape", [(1, 27, 28), (3, 28, 28), (1, 32, 32)])
def test_a_picture_of_another_size_is_refused_in_words(ended, shape):
    other = np.zeros(shape, np.uint8)
    for question in (
        ReadMaps(other, "digits", BOTH, 1),
        ExplainUnit(other, "digits", "lenet5", Unit("1_conv", 0, 0, 0)),
        Film("digits", "lenet5", (0, 1), "map", "1_conv", 0, other),
    ):
        assert "reads pictures of 1 x 28 x 28" in said_of(question, ended)
    wrong = np.zeros((28, 28), np.float32)
    assert "must be uint8" in said_of(ReadMaps(wrong, "digits", BOTH), ended)


def test_numbers_that_are_not_finite_leave_bounds_that_are(diverged):
    for each in answer_now(ReadMaps(PIXELS, "digits", BOTH), diverged):
        assert all(np.isfinite([layer.lowest, layer.highest]).all() for layer in each.layers)
        assert not np.isfinite(each.layers[-1].values).all()
    refused = {}
    for row in diverged.open_run.specs["lenet5"].rows():
        unit = Unit(row.name, 3, *(2, 2)[: len(row.shape) - 1])
        try:
            told = answer_now(ExplainUnit(PIXELS, "digits", "lenet5", unit), diverged)
        except StudioError as error:
            refused[row.name] = str(error)
        else:
            assert np.isfinite([told.value, told.computed]).all()
            assert np.isfinite(told.effective).all()
    assert all("no finite value" in said for said in refused.values())
    assert {"2_conv", "5_linear"} <= set(refused)
    assert "1_conv" not in refused
    assert answer_now(ExplainUnit(PIXELS, "digits", "lenet5", Unit("5_linear", 0), 0), diverged).step == 0


def test_asking_leaves_training_as_it_would_have_been():
    def weights(ask: bool) -> np.ndarray:
        session = tiny.session()
        for event in race(tiny.config(dropout=0.3), session):
            if ask and isinstance(event, StepEnd):
                state = torch.get_rng_state()
                answer_now(ReadMaps(PIXELS, "digits", BOTH), session)
                answer_now(ExplainUnit(PIXELS, "digits", "lenet5", Unit("2_conv", 3, 4, 5)), session)
                answer_now(Film("digits", "lenet5", (0, 1, 2), "map", "1_conv", 0, PIXELS), session)
                assert torch.equal(torch.get_rng_state(), state)
                assert all(part.training for module in session.open_run.modules.values() for part in module.modules())
        return flatten(session.open_run.modules["lenet5"])

    np.testing.assert_array_equal(weights(True), weights(False))


# Kernels


def test_kernels_of_every_layer(ended):
    module = module_at(ended, "lenet5", 2)
    kinds = {}
    for name in (row.name for row in ended.open_run.specs["lenet5"].rows()):
        found = answer_now(ReadKernels("digits", "lenet5", name, 2, most=10_000), ended)
        kinds[name] = found.kind
        assert (found.step, found.weights_from, found.weights.dtype) == (2, "run", np.float32)
        assert is_sealed(found.weights)
        if found.kind == "none":
            assert found.weights.shape == (0, 1, 1, 1)
            assert found.total == 0
            continue
        part = module.get_submodule(name)
        weight = part.weight.detach().numpy()
        np.testing.assert_array_equal(found.weights.reshape(weight.shape), weight)
        np.testing.assert_array_equal(found.biases, part.bias.detach().numpy())
        assert found.total == len(weight) == len(found.weights)
    assert {name for name, kind in kinds.items() if kind == "kernels"} == {"1_conv", "2_conv"}
    assert {name for name, kind in kinds.items() if kind == "templates"} == {"3_linear"}
    assert {name for name, kind in kinds.items() if kind == "rows"} == {"4_linear", "5_linear"}


def test_templates_lie_as_the_picture_does(ended):
    found = answer_now(ReadKernels("digits", "mlp", "1_linear", 6, most=9), ended)
    assert found.kind == "templates"
    assert found.weights.shape == (9, 1, 28, 28)
    assert found.total == 77
    weight = module_at(ended, "mlp", 6).get_submodule("1_linear").weight.detach().numpy()
    np.testing.assert_array_equal(found.weights[4, 0, 10, 3], weight[4, 10 * 28 + 3])


def test_kernels_of_places_that_lie_evenly_over_the_map(local):
    found = answer_now(ReadKernels("digits", "local", "1_local", 0), local)
    assert (found.kind, found.total, found.biases) == ("local", 16 * 24 * 24, None)
    assert found.weights.shape == (96, 1, 5, 5)
    weight = module_at(local, "local", 0).get_submodule("1_local").weight.detach().numpy()
    np.testing.assert_array_equal(found.weights[3, 0].reshape(-1), weight[0, :, 3])
    np.testing.assert_array_equal(found.weights[-1, 0].reshape(-1), weight[-1, :, 15])


def test_kernels_of_a_layer_that_does_not_exist(ended):
    assert "MLP has no layer '1_conv'" in said_of(ReadKernels("digits", "mlp", "1_conv"), ended)
    assert "no network" in said_of(ReadKernels("digits", "nothing", "1_conv"), ended)


# One unit


@pytest.mark.parametrize("key", ["mlp", "lenet5", "local", "small_cnn"])
def test_a_unit_is_what_the_maps_show_and_its_numbers_make_it(ended, local, key):
    session, chance = ended if key in BOTH else local, np.random.default_rng(0)
    for layer in answer_now(ReadMaps(PIXELS, "digits", (key,), 3, most=10_000), session)[0].layers:
        place = tuple(int(chance.integers(size)) for size in layer.shape)
        told = answer_now(ExplainUnit(PIXELS, "digits", key, Unit(layer.layer, *place), 3), session)
        assert told.value == pytest.approx(float(layer.values[place]), rel=1e-6, abs=1e-6)
        assert told.computed == pytest.approx(told.value, rel=1e-4, abs=1e-5)
        assert told.of_units == layer.shape
        assert told.title == layer.title
        assert (told.step, told.weights_from) == (3, "run")
        top, left, bottom, right = told.box
        outside = told.effective.copy()
        outside[top:bottom, left:right] = 0
        assert not outside.any()
        for array in (told.inputs, told.per_map, told.input_maps, told.input_rows, told.input_columns, told.effective):
            assert is_sealed(array)
        if told.kind == "sum":
            assert is_sealed(told.weights)
            assert told.per_map.sum() + told.bias == pytest.approx(told.value, rel=1e-4, abs=1e-5)


def test_the_effective_field_is_the_size_of_the_slope(ended):
    told = answer_now(ExplainUnit(PIXELS, "digits", "lenet5", Unit("2_conv", 5, 6, 7), 6), ended)
    module, x = module_at(ended, "lenet5", 6), X.clone().requires_grad_()
    module[:4](x)[0, 5, 6, 7].backward()
    np.testing.assert_allclose(told.effective, x.grad[0].norm(dim=0).numpy(), rtol=1e-4, atol=1e-6)
    assert told.box == (10, 12, 24, 26)
    viewer = ended.viewer("lenet5", 6).module
    assert all(weight.grad is None and weight.requires_grad for weight in viewer.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in viewer.modules())


def test_a_pixel_is_explained_too(ended):
    told = answer_now(ExplainUnit(PIXELS, "digits", "mlp", Unit(PICTURE, 0, 3, 4)), ended)
    assert told.kind == "normalise"
    assert told.inputs.item() == pytest.approx(PIXELS[0, 3, 4] / 255)
    assert told.computed == pytest.approx(told.value, rel=1e-5)
    assert told.box == (3, 4, 4, 5)
    assert np.argwhere(told.effective).tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        (Unit("7_conv", 0), "no layer '7_conv'"),
        (Unit("1_conv", 6, 0, 0), "no unit with map 7"),
        (Unit("1_conv", 0, 28, 0), "row 28"),
        (Unit("1_conv", 0, 0, -1), "column -1"),
        (Unit("5_linear", 10), "a list of 10 units"),
        (Unit("5_linear", 0, 1), "row 1"),
        (Unit(PICTURE, 1), "no unit with map 2"),
    ],
)
def test_a_unit_that_does_not_exist_is_said(ended, unit, said):
    assert said in said_of(ExplainUnit(PIXELS, "digits", "lenet5", unit), ended)


# Films


@pytest.mark.parametrize(
    ("network", "layer", "number"), [("lenet5", "2_conv", 3), ("mlp", "1_linear", 70), ("lenet5", "4_linear", 2)]
)
def test_a_film_of_a_kernel_is_the_kernel_at_every_moment(ended, network, layer, number):
    strip = answer_now(Film("digits", network, (0, 1, 3, 5, 6), "kernel", layer, number), ended)
    assert strip.steps == (0, 1, 3, 5, 6)
    for frame, step in zip(strip.frames, strip.steps, strict=True):
        shown = answer_now(ReadKernels("digits", network, layer, step), ended)
        np.testing.assert_array_equal(frame, shown.weights[number])
    assert not np.array_equal(strip.frames[0], strip.frames[-1])
    assert is_sealed(strip.frames)
    assert strip.frames.dtype == np.float32


def test_a_film_of_a_kernel_that_only_one_place_has(local):
    strip = answer_now(Film("digits", "local", (0, 6), "kernel", "1_local", 50), local)
    for frame, step in zip(strip.frames, (0, 6), strict=True):
        np.testing.assert_array_equal(
            frame, answer_now(ReadKernels("digits", "local", "1_local", step), local).weights[50]
        )  # fmt: skip


@pytest.mark.parametrize(("layer", "number"), [("2_max_pool", 5), ("3_relu", 100)])
def test_a_film_of_a_map_is_the_map_at_every_moment(ended, layer, number):
    strip = answer_now(Film("digits", "lenet5", (0, 2, 6), "map", layer, number, PIXELS), ended)
    for frame, step in zip(strip.frames, (0, 2, 6), strict=True):
        maps = answer_now(ReadMaps(PIXELS, "digits", ("lenet5",), step, (layer,), most=200), ended)[0].layers[1]
        assert frame.shape == (1, *(maps.shape[1:] or (1, 1)))
        np.testing.assert_allclose(frame[0], maps.values[number], rtol=1e-5, atol=1e-6)


def test_a_moment_answers_once_however_often_it_is_asked_for(ended):
    strip = answer_now(Film("digits", "mlp", (0, 4, 4, 6, 60, 600), "kernel", "1_linear", 0), ended)
    assert strip.steps == (0, 4, 6)
    assert len(strip.frames) == 3


def test_a_film_goes_on_in_slices_while_other_weights_are_looked_at(ended, monkeypatch):
    question = Film("digits", "lenet5", tuple(range(7)), "map", "1_conv", 2, PIXELS)
    wanted = answer_now(question, ended)
    monkeypatch.setattr(_answer_film.limits, "SLICE_S", 0.0)
    work, slices = answer(question, ended), 0
    while True:
        try:
            assert 0 <= next(work).fraction < 1
        except StopIteration as end:
            strip = end.value
            break
        slices += 1
        answer_now(ReadMaps(PIXELS, "digits", ("lenet5",), 6), ended)
    assert slices == 7
    np.testing.assert_array_equal(strip.frames, wanted.frames)
    assert strip.steps == wanted.steps


def test_a_film_that_is_closed_half_way_leaves_no_hook(ended, monkeypatch):
    monkeypatch.setattr(_answer_film.limits, "SLICE_S", 0.0)
    work = answer(Film("digits", "lenet5", tuple(range(7)), "map", "1_conv", 2, PIXELS), ended)
    next(work)
    work.close()
    module = ended.viewer("lenet5").module
    assert not any(part._forward_hooks for part in module.modules())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layer": "9_conv"}, "no layer '9_conv'"),
        ({"map": 6}, "1_conv has 6 kernels"),
        ({"map": -1}, "none of number 0. They are counted from 1"),
        ({"layer": "1_relu"}, "has no kernels"),
        ({"what": "map"}, "needs a picture"),
        ({"what": "map", "pixels": PIXELS, "map": 6}, "1_conv has 6 maps"),
        ({"steps": ()}, "No weights of LeNet-5 are kept from these moments"),
        ({"network": "small_cnn"}, "no film of this network"),
        ({"dataset": "glyphs"}, "another data set"),
    ],
)
def test_a_film_that_cannot_be_is_said(ended, changes, said):
    plain = {"dataset": "digits", "network": "lenet5", "steps": (0, 6), "what": "kernel", "layer": "1_conv", "map": 0}
    assert said in said_of(Film(**(plain | changes)), ended)


def test_there_is_no_film_without_a_run(untrained):
    said = said_of(Film("digits", "lenet5", (0,), "kernel", "1_conv", 0), untrained)
    assert "No run is open." in said
