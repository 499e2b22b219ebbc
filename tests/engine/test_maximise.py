"""Made-up pictures: they excite the unit, are the same for the same seed, and leave the network alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import MaxPool
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import steps_by_name
from cnnstudio.engine.build import build
from cnnstudio.engine.maximise import Search, maximise
from cnnstudio.engine.pixels import scaling, to_input
from cnnstudio.engine.probe import probe
from cnnstudio.engine.session import Reader, finish

LINEAR = NetworkSpec("linear", "Linear", (1, 14, 14), 4, (Flatten(), Linear(4)))
CONVOLUTIONAL = NetworkSpec(
    "little", "Little", (3, 14, 14), 4, (Conv(4, 3), MaxPool(2), ReLU(), Conv(6, 3), ReLU(), Flatten(), Linear(4))
)


def reader(spec: NetworkSpec, seed: int = 0, channels_last: bool = False) -> Reader:
    return Reader(spec.id, spec, build(spec, seed).eval(), "run", 0, channels_last, torch.device("cpu"))


def search(of: Reader, layer: str, number: int, seed: int = 0, steps: int = 48) -> Search:
    return finish(maximise(of, steps_by_name(of.spec)[layer], number, seed, steps))


def value_of(of: Reader, layer: str, number: int, pixels: np.ndarray) -> float:
    with probe(of.module, of.spec, (layer,)) as read:
        return float(read(to_input(torch.tensor(pixels[None]), False))[layer].flatten()[number])


@pytest.mark.parametrize("unit", range(4))
def test_of_a_linear_unit_it_comes_near_the_best_picture_there_is(unit):
    of = reader(LINEAR)
    weight, bias = of.module[1].weight[unit].detach().numpy(), float(of.module[1].bias[unit].detach())
    best_picture = (weight > 0).astype(np.float64)  # each pixel at the end that its weight's sign asks for
    mean, spread = scaling(1)
    best = float(weight @ ((best_picture - mean) / spread)) + bias
    found = search(of, "1_linear", unit, steps=128)
    assert found.first < 0.2 * best
    assert 0.85 * best < found.value <= best + 1e-4
    strong = np.abs(weight) > np.abs(weight).mean()
    assert ((found.pixels.ravel() > 128) == (best_picture > 0))[strong].mean() > 0.95


@pytest.mark.parametrize("layer", [step.name for step in CONVOLUTIONAL.steps()])
@pytest.mark.parametrize("channels_last", [False, True])
def test_the_value_is_that_of_the_returned_picture(layer, channels_last):
    of = reader(CONVOLUTIONAL, channels_last=channels_last)
    found = search(of, layer, 3)
    assert found.pixels.shape == (3, 14, 14)
    assert found.pixels.dtype == np.uint8
    assert found.value == pytest.approx(value_of(of, layer, 3, found.pixels), rel=1e-5, abs=1e-6)
    assert found.values.shape == (48,)
    assert found.first == found.values[0]
    assert found.value > found.first
    assert not found.pixels.flags.writeable
    assert not found.values.flags.writeable


def test_pixels_that_the_unit_cannot_see_stay_near_the_mean():
    of = reader(CONVOLUTIONAL)
    step = steps_by_name(of.spec)["1_conv"]
    found = search(of, "1_conv", 12 * 12 + 5 * 12 + 4, steps=128)
    top, left, bottom, right = step.field.window(5, 4)
    unseen = np.ones((14, 14), bool)
    unseen[top:bottom, left:right] = False
    assert np.abs(found.pixels[:, unseen].astype(float) - 127.5).max() < 12
    assert np.abs(found.pixels[:, top:bottom, left:right].astype(float) - 127.5).mean() > 60


def test_the_same_seed_gives_the_same_picture_and_another_one_another():
    of = reader(CONVOLUTIONAL)
    torch.manual_seed(1)
    first = search(of, "3_linear", 2, seed=5)
    torch.manual_seed(2)
    again = search(of, "3_linear", 2, seed=5)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.values, again.values)
    assert (search(of, "3_linear", 2, seed=6).pixels != first.pixels).any()


def test_a_unit_that_is_off_at_first_is_switched_on():
    of = reader(CONVOLUTIONAL)
    with torch.no_grad():
        of.module[0].bias[0] = -1.0
    found = search(of, "1_relu", 7)
    assert found.first == 0
    assert found.value > 0


def never(of: Reader, layer: str, steps: int = 48) -> None:
    with pytest.raises(StudioError, match="never moves"):
        search(of, layer, 0, steps=steps)


def test_a_dead_unit_never_moves():
    of = reader(CONVOLUTIONAL)
    with torch.no_grad():
        of.module[0].bias[0] = -1000
    never(of, "1_relu")
    assert search(of, "1_conv", 0).value > -1000, "before its ReLU it moves"
    with torch.no_grad():
        of.module[0].weight[0] = 0
    for layer in ("1_conv", "1_relu"):
        never(of, layer)
        never(of, layer, steps=3)


def test_a_search_without_any_gradient_ends_at_once():
    of = reader(LINEAR)
    with torch.no_grad():
        of.module[1].weight[0] = 0
    work = maximise(of, steps_by_name(LINEAR)["1_linear"], 0, 0, 10**6)
    with pytest.raises(StudioError, match="never moves"):
        list(itertools.islice(work, 10))


def test_a_network_that_diverged_is_told_in_words():
    of = reader(CONVOLUTIONAL)
    with torch.no_grad():
        of.module[0].weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(StudioError, match="are not numbers"):
        search(of, "1_conv", 0)


@pytest.mark.parametrize("steps", [0, -3])
def test_a_search_of_no_steps_is_refused(steps):
    with pytest.raises(StudioError, match="finds nothing"):
        search(reader(LINEAR), "1_linear", 0, steps=steps)


def test_one_step_is_a_search():
    assert search(reader(LINEAR), "1_linear", 0, steps=1).values.shape == (1,)


def test_progress_is_told_and_closing_ends_it_with_nothing_changed():
    of = reader(CONVOLUTIONAL)
    of.module.train()
    before = {name: value.clone() for name, value in of.module.state_dict().items()}
    state = torch.random.get_rng_state()
    work = maximise(of, steps_by_name(of.spec)["3_linear"], 0, 0, 64)
    told = [next(work) for _ in range(5)]
    assert all(isinstance(each, Progress) for each in told)
    assert [each.fraction for each in told] == sorted({each.fraction for each in told})
    assert "of 64" in told[-1].text
    work.close()
    search(of, "3_linear", 0)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.is_grad_enabled()
    assert of.module.training
    for name, value in of.module.named_parameters():
        assert torch.equal(value, before[name])
        assert value.grad is None
        assert value.requires_grad
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in of.module.modules())
    assert [type(part) for part in of.module.modules()] == [type(part) for part in build(of.spec, 0).modules()]


def test_it_searches_also_where_gradients_are_off_and_between_other_questions():
    of = reader(CONVOLUTIONAL)
    wanted = search(of, "2_conv", 9)
    work = maximise(of, steps_by_name(of.spec)["2_conv"], 9, 0, 48)
    with torch.no_grad():
        next(work)
        of.module[0].weight.zero_()  # another question loads other weights
        np.testing.assert_array_equal(finish(work).pixels, wanted.pixels)
