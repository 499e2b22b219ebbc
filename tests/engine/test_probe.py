"""Reading the inside of networks: what hooks see, and what they leave behind."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Branches, Repeat, Residual, Sequence
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import Dropout, Flatten, ReLU, StochasticDepth
from cnnstudio.core.layer_pools import GlobalAverage, MaxPool
from cnnstudio.core.network import NetworkSpec
from cnnstudio.engine.build import build
from cnnstudio.engine.probe import probe
from cnnstudio.networks import all_networks, spec_for

BRANCHED = NetworkSpec(
    "branched", "branched", (3, 12, 12), 10,
    (
        Sequence((Conv(4, 3, padding=1), BatchNorm(), ReLU()), "stem"),
        Repeat((Residual((Conv(4, 3, padding=1), StochasticDepth(0.5)), (), (ReLU(),)),), 2),
        Residual((Conv(6, 3, 2, 1),), (Conv(6, 1, 2),)),
        Branches(((), (Conv(2, 1), ReLU()), (MaxPool(3, 1, 1),))),
        Branches(((Conv(3, 1),), (Conv(3, 3, padding=1),)), "add"),
        GlobalAverage(), Flatten(), Dropout(0.5), Linear(10),
    ),
)  # fmt: skip


def hooks_of(module: nn.Module) -> int:
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


@pytest.mark.parametrize("key", [*all_networks(), "branched"])
def test_every_step_is_read_in_order_and_in_shape(key):
    spec = BRANCHED if key == "branched" else spec_for(key, (1, 28, 28), 10)
    module = build(spec, 0)
    with probe(module, spec) as read:
        found = read(torch.rand(2, *spec.input_shape))
    assert list(found) == [PICTURE, *(step.name for step in spec.steps())]
    assert [tuple(value.shape[1:]) for value in found.values()] == list(spec.shapes())
    assert hooks_of(module) == 0


def test_joins_are_what_their_ends_make():
    module, names = build(BRANCHED, 0).eval(), {step.name: step for step in BRANCHED.steps()}
    with probe(module, BRANCHED) as read:
        found = read(torch.rand(2, 3, 12, 12))
    same, other = found["2_repeat.2.1_residual.add"], found["3_residual.add"]
    body = found["2_repeat.2.1_residual.body.1_stochastic_depth"]
    torch.testing.assert_close(same, body + found["2_repeat.1.1_residual.after.0_relu"])
    torch.testing.assert_close(other, found["3_residual.body.1_conv"] + found["3_residual.shortcut.1_conv"])
    ends = [other, found["4_branches.2.1_relu"], found["4_branches.3.0_max_pool"]]
    torch.testing.assert_close(found["4_branches.concat"], torch.cat(ends, 1))
    added = found["5_branches.1.1_conv"] + found["5_branches.2.1_conv"]
    torch.testing.assert_close(found["5_branches.add"], added)
    assert names.keys() | {PICTURE} == found.keys()
    torch.testing.assert_close(found["6_linear"], module(found[PICTURE]))


def test_only_what_is_wanted_is_read_and_what_follows_is_not_computed():
    spec = spec_for("lenet5", (1, 28, 28), 10)
    module, computed = build(spec, 0), []
    for name, part in module.named_children():
        part.register_forward_hook(lambda _part, _given, _made, name=name: computed.append(name))
    with probe(module, spec, ("2_conv", "1_conv")) as read:
        assert list(read(torch.rand(1, 1, 28, 28))) == ["1_conv", "2_conv"]
    assert computed == ["1_conv", "1_max_pool", "1_relu", "2_conv"]
    computed.clear()
    with probe(module, spec, (PICTURE,)) as read:
        assert list(read(torch.rand(1, 1, 28, 28))) == [PICTURE]
    assert computed == []


def test_modes_and_random_state_are_as_before():
    module = build(BRANCHED, 0).train()
    module.get_submodule("1_stem").eval()
    modes = [each.training for each in module.modules()]
    state, running = torch.get_rng_state(), module.state_dict()["1_stem.2_batch_norm.running_mean"].clone()
    with probe(module, BRANCHED) as read:
        first, second = read(torch.ones(1, 3, 12, 12)), read(torch.ones(1, 3, 12, 12))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [each.training for each in module.modules()] == modes
    assert any(modes)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(module.state_dict()["1_stem.2_batch_norm.running_mean"], running)


def test_no_hook_and_no_mode_is_left_after_an_error():
    module = build(BRANCHED, 0).train()
    with pytest.raises(RuntimeError), probe(module, BRANCHED) as read:
        read(torch.rand(1, 7, 12, 12))
    with pytest.raises(ZeroDivisionError), probe(module, BRANCHED):
        raise ZeroDivisionError
    with pytest.raises(StudioError, match="no layer '9_conv'"), probe(module, BRANCHED, ("6_linear", "9_conv")):
        pass
    with pytest.raises(AttributeError), probe(nn.Sequential(), BRANCHED):
        pass
    assert hooks_of(module) == 0
    assert all(part.training for part in module.modules())


def test_gradients_are_there_only_when_asked_for():
    spec = spec_for("small_cnn", (1, 28, 28), 10)
    module = build(spec, 0)
    x = torch.rand(1, 1, 28, 28, requires_grad=True)
    with probe(module, spec, ("1_conv",)) as read:
        assert not read(x)["1_conv"].requires_grad
    with probe(module, spec, ("1_conv",), gradient=True) as read:
        (slope,) = torch.autograd.grad(read(x)["1_conv"][0, 3, 4, 5], x)
    wanted = np.zeros((28, 28), np.float32)
    wanted[4:9, 5:10] = module.get_submodule("1_conv").weight[3, 0].detach().numpy()
    np.testing.assert_allclose(slope[0, 0].numpy(), wanted, rtol=1e-6)
    assert all(weight.grad is None and weight.requires_grad for weight in module.parameters())
