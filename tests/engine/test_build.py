"""Modules: first weights by the seed alone, the program's own modules against independent computations."""

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_blocks import Block, Branches, Repeat, Residual
from cnnstudio.core.layer_kinds import (
    Conv,
    ConvTranspose,
    Linear,
    LocallyConnected,
    SqueezeExcite,
)
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import (
    Flatten,
    ReLU,
)
from cnnstudio.core.layer_pools import (
    AdaptivePool,
    AveragePool,
    BlurPool,
    GlobalAverage,
    MaxPool,
    Subsample,
    Upsample,
)
from cnnstudio.core.layers import trace
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.source import source
from cnnstudio.engine import modules
from cnnstudio.engine._kernels import first_weights
from cnnstudio.engine.build import build, initialise, outline
from tests.engine.every_layer import EVERY_KIND

HEAD = (GlobalAverage(), Flatten(), Linear(3))


def spec(*layers, shape=(2, 12, 12), classes=3):
    return NetworkSpec("test", "Test", shape, classes, layers)


def pictures(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_first_weights_are_decided_by_the_seed_alone():
    network = spec(*EVERY_KIND)
    torch.manual_seed(5)
    first = build(network, 7).state_dict()
    torch.manual_seed(6)
    again, other = build(network, 7).state_dict(), build(network, 8).state_dict()
    by_generator = build(network, torch.Generator().manual_seed(7)).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(torch.equal(first[name], by_generator[name]) for name in first)
    assert not torch.equal(first["1_conv.weight"], other["1_conv.weight"])


def test_torchs_own_random_numbers_are_left_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    module = build(spec(*EVERY_KIND), 0)
    assert torch.equal(torch.get_rng_state(), before)
    assert module.training


def test_every_weight_and_buffer_is_given_a_value():
    module = outline(spec(*EVERY_KIND))
    module.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            tensor.fill_(float("nan") if tensor.is_floating_point() else -1)
    initialise(module, torch.Generator().manual_seed(0))
    assert all(parameter.isfinite().all() for parameter in module.parameters())
    assert all(bool((buffer >= 0).all()) for buffer in module.buffers())


def test_first_weights_fill_the_range_of_torchs_default():
    module = build(spec(Conv(64, 5, padding=2), ReLU(), LocallyConnected(4, 3), Flatten(), Linear(3)), 0)
    for name, reads in (("1_conv", 50), ("2_local", 64 * 9), ("3_linear", 400)):
        part = module.get_submodule(name)
        for parameter in part.parameters():
            assert parameter.abs().max() <= reads**-0.5
        assert part.weight.abs().max() > 0.95 * reads**-0.5
        assert abs(part.weight.mean()) < 0.1 * reads**-0.5


def test_every_kind_agrees_with_torch_in_shapes_weights_and_source():
    network = spec(*EVERY_KIND)
    module = build(network, 0).eval()
    x = pictures(2, 2, 12, 12)
    found = {}
    for name, part in module.named_modules():
        part.register_forward_hook(lambda _part, _x, y, name=name: found.__setitem__(name, tuple(y.shape)))
    y = module(x)
    leaves = [step for step in network.steps() if not isinstance(step.layer, Block)]
    assert [found[step.name] for step in leaves] == [(2, *step.shape) for step in leaves]
    assert network.parameters == sum(parameter.numel() for parameter in module.parameters())
    scope: dict = {}
    exec(compile(source(network), "source", "exec"), scope)
    written = scope["network"].eval()
    with torch.no_grad():
        for mine, theirs in zip(module.state_dict().values(), written.state_dict().values(), strict=True):
            theirs.copy_(mine)
    torch.testing.assert_close(written(x), y)
    module.train()(pictures(4, 2, 12, 12)).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


@pytest.mark.parametrize(("stride", "padding", "kernel"), [(1, 0, 3), (2, 1, 3), ((2, 1), (0, 2), (3, 5))])
def test_locally_connected_with_equal_kernels_is_the_convolution(stride, padding, kernel):
    shape = (3, 9, 11)
    local = build(spec(LocallyConnected(4, kernel, stride, padding), *HEAD, shape=shape), 0).get_submodule("1_local")
    conv = build(spec(Conv(4, kernel, stride, padding), *HEAD, shape=shape), 1).get_submodule("1_conv")
    with torch.no_grad():
        local.weight.copy_(conv.weight.reshape(4, -1).T.expand_as(local.weight))
        local.bias.copy_(conv.bias.expand_as(local.bias))
    x = pictures(2, *shape).requires_grad_()
    y = local(x)
    torch.testing.assert_close(y, conv(x))
    seed = pictures(*y.shape, seed=1)
    mine, theirs = torch.autograd.grad(y, x, seed), torch.autograd.grad(conv(x), x, seed)
    torch.testing.assert_close(mine, theirs)


def test_locally_connected_uses_the_kernel_of_each_place():
    network = spec(LocallyConnected(4, 3, 2), *HEAD, shape=(2, 7, 9))
    module = build(network, 0)
    local = module.get_submodule("1_local")
    x = pictures(1, 2, 7, 9)
    y = local(x)
    assert y.shape == (1, 4, 3, 4)
    for row, column in ((0, 0), (1, 2), (2, 3)):
        window = x[0, :, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3].reshape(-1)
        place = row * 4 + column
        expected = window @ local.weight[place] + local.bias[place, 0]
        torch.testing.assert_close(y[0, :, row, column], expected)
    shown = first_weights(network, module, most=8)
    assert (shown.kind, shown.total, shown.kernels.shape) == ("local", 48, (8, 2, 3, 3))
    torch.testing.assert_close(torch.tensor(shown.kernels[5]), local.weight[11, :, 1].detach().reshape(2, 3, 3))


def test_global_maximum_has_the_same_values_and_gradients_in_every_memory_layout():
    x = pictures(4, 3, 5, 6)
    pool = modules.AdaptiveMaxPool2d(1)
    seed = pictures(4, 3, 1, 1, seed=1)
    expected = F.adaptive_max_pool2d(x.requires_grad_(), 1)
    wanted = torch.autograd.grad(expected, x, seed)[0]
    places_first = x.detach().permute(2, 3, 0, 1).contiguous().permute(2, 3, 0, 1)
    for layout in (x.detach(), x.detach().to(memory_format=torch.channels_last), places_first):
        y = pool(layout.requires_grad_())
        torch.testing.assert_close(y, expected)
        torch.testing.assert_close(torch.autograd.grad(y, layout, seed)[0], wanted)
    assert modules.AdaptiveMaxPool2d(2)(places_first).shape == (4, 3, 2, 2)


@pytest.mark.parametrize(("pictures_given", "maps", "stride"), [(25, 8, 2), (7, 15, 2), (9, 3, (1, 3)), (8, 16, 2)])
def test_a_kernel_of_1_x_1_with_a_stride_is_torchs_in_every_memory_layout(pictures_given, maps, stride):
    """Two threads and channels innermost once ended the process here."""
    ours, theirs = modules.Conv2d(maps, 6, 1, stride), nn.Conv2d(maps, 6, 1, stride)
    ours.load_state_dict(theirs.state_dict())
    x = pictures(pictures_given, maps, 28, 27)
    wanted = theirs(x)
    wanted_slope = torch.autograd.grad(wanted.sin().mean(), theirs.weight)[0]
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for layout in (torch.contiguous_format, torch.channels_last):
            y = ours.to(memory_format=layout)(x.contiguous(memory_format=layout))
            torch.testing.assert_close(y, wanted)
            torch.testing.assert_close(torch.autograd.grad(y.sin().mean(), ours.weight)[0], wanted_slope)
    finally:
        torch.set_num_threads(before)


def test_templates_are_the_hidden_units_weights_as_pictures():
    network = spec(Flatten(), Linear(5), ReLU(), Linear(3))
    module = build(network, 0)
    shown = first_weights(network, module, most=3)
    assert (shown.kind, shown.layer, shown.total) == ("templates", "linear", 5)
    x = pictures(1, 2, 12, 12)
    linear = module.get_submodule("1_linear")
    for unit in range(3):
        reaction = float((torch.tensor(shown.kernels[unit]) * x[0]).sum() + linear.bias[unit].detach())
        assert reaction == pytest.approx(linear(x.flatten(1))[0, unit].item(), abs=1e-5)


def test_a_network_without_kernels_at_its_start_says_so():
    network = spec(BatchNorm(), *HEAD)
    with pytest.raises(StudioError, match="no kernels"):
        first_weights(network, build(network, 0))


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (5, 1)])
def test_blur_pool_is_a_binomial_filter_and_subsampling(size, stride):
    row = np.poly1d([1.0, 1.0]) ** (size - 1)
    kernel = np.outer(row.coeffs, row.coeffs) / 4.0 ** (size - 1)
    x = pictures(1, 2, 9, 8)
    y = modules.BlurPool2d(size, stride)(x)
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), ((size - 1) // 2,) * 2, ((size - 1) // 2,) * 2))
    for channel in range(2):
        everything = scipy.signal.correlate2d(padded[0, channel], kernel, mode="valid")
        np.testing.assert_allclose(y[0, channel].numpy(), everything[::stride, ::stride], atol=1e-6)


def test_l2_pool_is_the_root_of_the_mean_square_with_a_finite_slope_at_zero():
    x = pictures(1, 1, 4, 4)
    y = modules.L2Pool2d((2, 2), (2, 2))(x)
    assert y[0, 0, 1, 0].item() == pytest.approx(x[0, 0, 2:, :2].square().mean().sqrt().item(), abs=1e-5)
    zero = torch.zeros(1, 1, 2, 2, requires_grad=True)
    modules.L2Pool2d((2, 2), (2, 2))(zero).sum().backward()
    assert zero.grad.isfinite().all()


def test_stochastic_pool_draws_in_proportion_and_averages_afterwards():
    torch.manual_seed(0)
    window = torch.tensor([[1.0, 3.0], [0.0, -2.0]])
    pool = modules.StochasticPool2d((2, 2), (2, 2))
    drawn = pool(window.expand(2000, 1, 2, 2)).flatten()
    assert set(drawn.unique().tolist()) == {1.0, 3.0}
    assert drawn.mean().item() == pytest.approx(2.5, abs=0.1)
    assert pool.eval()(window[None, None]).item() == pytest.approx(2.5)
    assert pool(torch.full((1, 1, 2, 2), -1.0)).item() == pytest.approx(-1.0)


def test_stochastic_depth_switches_whole_pictures_off_and_keeps_the_mean():
    torch.manual_seed(0)
    part = modules.StochasticDepth(0.25)
    y = part(torch.ones(4000, 2, 3))
    per_picture = y.flatten(1)
    assert (per_picture == per_picture[:, :1]).all()
    assert y.mean().item() == pytest.approx(1.0, abs=0.05)
    assert torch.equal(part.eval()(torch.ones(3, 2)), torch.ones(3, 2))


def test_squeeze_excite_scales_every_map():
    network = spec(SqueezeExcite(3), *HEAD, shape=(4, 5, 5))
    part = build(network, 0).get_submodule("1_squeeze_excite")
    x = pictures(2, 4, 5, 5)
    means = x.mean((2, 3))
    hidden = F.linear(means, part.down.weight.flatten(1), part.down.bias).relu()
    factors = F.linear(hidden, part.up.weight.flatten(1), part.up.bias).sigmoid()
    torch.testing.assert_close(part(x), x * factors[:, :, None, None])


def test_channel_norm_normalises_each_place():
    part = modules.ChannelNorm2d(6)
    y = part(pictures(2, 6, 3, 4))
    torch.testing.assert_close(y.mean(1), torch.zeros(2, 3, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.std(1, unbiased=False), torch.ones(2, 3, 4), atol=1e-3, rtol=0)


def test_branches_concatenate_and_add_and_residual_adds():
    x = pictures(1, 2, 3, 3)
    both = [nn.Identity(), nn.Tanh()]
    assert torch.equal(modules.Branches(both, "concat")(x), torch.cat([x, x.tanh()], 1))
    torch.testing.assert_close(modules.Branches(both, "add")(x), x + x.tanh())
    around = modules.Residual(nn.Tanh(), nn.Identity(), nn.Sigmoid())
    torch.testing.assert_close(around(x), (x + x.tanh()).sigmoid())


def test_a_module_too_large_for_memory_is_refused_in_a_sentence(monkeypatch):
    def no_memory(*_args, **_kwargs):
        raise RuntimeError("not enough memory: you tried to allocate 400000000000 bytes")

    monkeypatch.setattr(nn.Module, "to_empty", no_memory)
    with pytest.raises(StudioError, match=r"not enough memory for Test.*weights take"):
        build(spec(*HEAD), 0)


small = st.integers(1, 4)
size = st.one_of(small, st.tuples(small, small))
windows = st.one_of(
    st.builds(Conv, small, size, size, st.one_of(size, st.just("valid")), size, st.sampled_from([1, 2])),
    st.builds(Conv, small, size, st.just(1), st.just("same"), size, bias=st.booleans()),
    st.builds(LocallyConnected, small, size, size, size, st.booleans()),
    st.builds(ConvTranspose, small, size, size, size),
    st.builds(AveragePool, size, st.one_of(st.none(), size), size, st.booleans()),
    st.builds(BlurPool, small, small),
    st.builds(Subsample, size),
    st.builds(Upsample, small),
    st.builds(AdaptivePool, size),
    st.sampled_from([ReLU(), GlobalAverage()]),
)
chains = st.lists(windows, min_size=1, max_size=3).map(tuple)
nets = st.one_of(
    chains,
    st.tuples(chains, chains).map(lambda both: (Branches(both),)),
    chains.map(lambda body: (Residual(body, (), (ReLU(),)), Conv(2, 2))),
    st.tuples(chains, st.integers(1, 2)).map(lambda both: (Repeat(both[0], both[1]),)),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(nets, st.integers(4, 14), st.integers(4, 14))
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
def test_any_network_has_torchs_shapes_weights_macs_and_receptive_field(layers, height, width):
    shape = (2, height, width)
    try:
        steps = trace(layers, shape)
    except StudioError:
        return
    units = steps[-1].shape
    if max(step.shape[0] * step.shape[1] * step.shape[2] for step in steps) > 50_000:
        return
    head = (Flatten(), Linear(2))
    network = NetworkSpec("any", "Any", shape, 2, (*layers, *head))
    module = build(network, 0).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.abs_().add_(0.01)
    x = pictures(1, *shape).double().requires_grad_()
    counter = FlopCounterMode(display=False)
    with counter:
        maps = nn.Sequential(*list(module.children())[:-2])(x)
        module[-1](module[-2](maps))
    assert tuple(maps.shape) == (1, *units)
    assert network.parameters == sum(parameter.numel() for parameter in module.parameters())
    assert network.macs == counter.get_total_flops() // 2
    field = network.receptive_field(len(steps) - 1)
    for row, column in {(0, 0), (units[1] // 2, units[2] // 2), (units[1] - 1, units[2] - 1)}:
        seen = torch.autograd.grad(maps[0, :, row, column].sum(), x, retain_graph=True)[0][0].abs().sum(0) > 0
        rows, columns = seen.any(1).nonzero().flatten(), seen.any(0).nonzero().flatten()
        if len(rows) and len(columns):
            top, left, bottom, right = field.window(row, column)
            assert top <= int(rows[0])
            assert left <= int(columns[0])
            assert bottom > int(rows[-1])
            assert right > int(columns[-1])


refusable = st.one_of(
    st.builds(Conv, small, size, size, size, size, st.sampled_from([1, 2, 3])),
    st.builds(MaxPool, size, st.one_of(st.none(), size), size, st.booleans()),
    st.builds(AveragePool, size, st.one_of(st.none(), size), size, st.booleans()),
    st.builds(Conv, small, size, padding=size, padding_mode=st.sampled_from(["reflect", "replicate", "circular"])),
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.lists(refusable, min_size=1, max_size=3).map(tuple), st.integers(1, 7), st.integers(1, 7))
def test_what_is_refused_torch_refuses_too_and_nothing_else(layers, height, width):
    shape = (2, height, width)
    try:
        network = NetworkSpec("any", "Any", shape, 2, (*layers, Flatten(), Linear(2)))
    except StudioError:
        with pytest.raises((RuntimeError, ValueError)):
            _directly(layers, torch.empty(1, *shape, device="meta"))
    else:
        module = outline(network)
        assert module(torch.empty(1, *shape, device="meta")).shape == (1, 2)


def _directly(layers, x):
    """Calls torch without asking the arithmetic."""
    for layer in layers:
        call = layer.call(tuple(x.shape[1:]))
        with torch.device("meta"):
            x = getattr(nn, call.name)(*call.args, **call.kwargs)(x)
    return x
