"""Attribution maps against torch's own gradients, Captum's own occlusion, and SciPy's rank correlation."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import Occlusion
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch.nn import functional as F

from cnnstudio.core import limits
from cnnstudio.core.attribution import METHODS
from cnnstudio.core.layer_blocks import Residual, Sequence
from cnnstudio.core.layer_kinds import Conv, Linear, LocallyConnected
from cnnstudio.core.layer_points import GELU, Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalAverage, GlobalMax, MaxPool
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkSpec
from cnnstudio.engine import _believed, _occlusion, explain
from cnnstudio.engine._occlusion import Subject
from cnnstudio.engine.build import build
from cnnstudio.engine.modules import LocallyConnected2d
from cnnstudio.engine.session import finish
from tests.engine import tiny

PICTURE = tiny.pictures(1, 3).images[0]
CONVOLUTIONAL = (Conv(4, 5, padding=2), MaxPool(2), ReLU(), Conv(6, 3), ReLU(), Flatten(), Linear(10))


def spec_of(layers: Layers, shape: tuple[int, int, int] = (1, 28, 28)) -> NetworkSpec:
    return NetworkSpec("net", "Net", shape, 10, layers)


def subject(layers: Layers = CONVOLUTIONAL, pixels: Any = PICTURE, target: int = 4, seed: int = 1) -> Subject:
    spec = spec_of(layers, pixels.shape)
    return Subject(build(spec, seed).eval(), spec, pixels, target, False, torch.device("cpu"))


def gradient(of: Subject, pictures: torch.Tensor) -> torch.Tensor:
    pictures = pictures.detach().clone().requires_grad_()
    of.module(pictures)[:, of.target].sum().backward()
    of.module.zero_grad(set_to_none=True)
    return pictures.grad


def colours(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (3, height, width)).astype(np.uint8)


@pytest.mark.parametrize("pixels", [PICTURE, colours(32, 28)], ids=["grey", "colour"])
def test_saliency_is_the_size_of_the_gradient(pixels: np.ndarray):
    one = subject(pixels=pixels)
    wanted = gradient(one, one.given(pixels)).abs().sum((0, 1))
    found = finish(explain.explain("saliency", one)).map
    np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-4, atol=1e-6)


def test_smoothgrad_is_the_size_of_the_mean_gradient_of_noisy_copies():
    one = subject()
    chance = torch.Generator().manual_seed(5)
    picture = one.given(one.pixels)
    noise = torch.randn((3000, 1, 28, 28), generator=chance) * 0.15 / 0.3081
    wanted = gradient(one, picture + noise).mean(0).abs().sum(0).numpy()
    found = finish(explain.explain("smoothgrad", one)).map
    assert stats.pearsonr(found.ravel(), wanted.ravel()).statistic > 0.95
    plain = gradient(one, picture).abs().sum((0, 1)).numpy()
    assert np.abs(found - wanted).mean() < 0.5 * np.abs(plain - wanted).mean()


@pytest.mark.parametrize("pixels", [PICTURE, colours(28, 28)], ids=["grey", "colour"])
def test_integrated_gradients_add_up_to_the_rise_of_the_logit_from_black(pixels: np.ndarray):
    one = subject(pixels=pixels)
    with torch.no_grad():
        here, black = (one.module(one.given(image))[0, one.target] for image in (pixels, np.zeros_like(pixels)))
    found = finish(explain.explain("integrated", one)).map
    assert found.sum() == pytest.approx(float(here - black), rel=0.02)


def test_integrated_gradients_in_stretches_are_those_in_one_go(monkeypatch: pytest.MonkeyPatch):
    one = subject()
    whole = finish(explain.explain("integrated", one)).map
    monkeypatch.setattr(limits, "SLICE_MACS", 0)
    work = explain.explain("integrated", one)
    assert next(work) is None
    np.testing.assert_allclose(finish(work).map, whole, rtol=0.05, atol=2e-3)


def test_gradcam_is_the_mean_gradient_times_the_last_convolutions_maps():
    one = subject()
    maps = one.module[:4](one.given(one.pixels)).detach().requires_grad_()
    one.module[4:](maps)[0, one.target].backward()
    small = (maps.grad.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu().detach()
    wanted = F.interpolate(small, (28, 28), mode="bilinear")[0, 0]
    assert float(wanted.max()) > 0
    np.testing.assert_allclose(finish(explain.explain("gradcam", one)).map, wanted.numpy(), rtol=1e-4, atol=1e-7)


def test_guided_backpropagation_passes_only_positive_gradients_through_relu():
    one = subject()
    part = one.module
    picture = one.given(one.pixels).requires_grad_()
    first = part[1](part[0](picture))
    second = part[3](first.relu())
    back = torch.zeros(10)
    back[one.target] = 1
    back = (back @ part[6].weight).view_as(second).clamp(min=0) * (second > 0)
    (back,) = torch.autograd.grad(part[3](first.relu()), first, back)
    back = back.clamp(min=0)
    (back,) = torch.autograd.grad(first, picture, back)
    wanted = back.abs().sum((0, 1)).numpy()
    np.testing.assert_allclose(finish(explain.explain("guided", one)).map, wanted, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (32, 28), (5, 9), (33, 50)])
def test_occlusion_is_captums(height: int, width: int):
    pixels = colours(height, width)
    one = subject((Conv(4, 3), ReLU(), GlobalAverage(), Flatten(), Linear(10)), pixels)
    sizes = [_occlusion.window(side) for side in (height, width)]
    cover = one.given(_occlusion.background(pixels))
    wanted = Occlusion(one.module).attribute(
        one.given(pixels),
        sliding_window_shapes=(3, *(size for size, _ in sizes)),
        strides=(3, *(stride for _, stride in sizes)),
        baselines=cover,
        target=one.target,
    )[0, 0]
    np.testing.assert_allclose(finish(explain.explain("occlusion", one)).map, wanted.numpy(), rtol=1e-3, atol=1e-5)


def test_the_window_is_four_pixels_wide_at_28_and_moves_by_two():
    assert _occlusion.window(28) == (4, 2)
    assert len(_occlusion.windows((28, 28))) == 169
    assert len(_occlusion.patches((28, 28))) == 49


@given(st.integers(1, 70), st.integers(1, 70))
@settings(max_examples=60, deadline=None)
def test_patches_cover_every_pixel_once_and_windows_at_least_once(height: int, width: int):
    for boxes, most in ((_occlusion.patches((height, width)), 1), (_occlusion.windows((height, width)), 9)):
        times = np.zeros((height, width), int)
        for top, left, bottom, right in boxes:
            times[top:bottom, left:right] += 1
        assert times.min() >= 1
        assert times.max() <= most
    values = np.random.default_rng(height).normal(size=(height, width))
    boxes = _occlusion.patches((height, width))
    wanted = [values[top:bottom, left:right].sum() for top, left, bottom, right in boxes]
    np.testing.assert_allclose(_occlusion.sums(values, boxes), wanted, atol=1e-9)


def test_the_background_is_what_most_of_the_margin_is():
    pixels = np.zeros((3, 6, 6), np.uint8)
    pixels[1] = 200
    pixels[:, 2:4, 2:4] = 90
    pixels[0, 0, :3] = 255
    assert (_occlusion.background(pixels) == np.array([0, 200, 0], np.uint8)[:, None, None]).all()
    assert _occlusion.background(np.full((1, 1, 1), 7, np.uint8)).tolist() == [[[7]]]


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=60), st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_the_correlation_is_scipys(values: list[int], seed: int):
    one = np.array(values, float)
    other = np.round(np.random.default_rng(seed).normal(size=len(one)), 1)
    np.testing.assert_allclose(_believed.ranks(one), stats.rankdata(one))
    found = _believed.compare(one, other)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert found == _believed.UNKNOWN
    else:
        assert found.correlation == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-9)


def test_the_range_of_chance_is_that_of_random_orders():
    chance = np.random.default_rng(1)
    one, other = chance.normal(size=30), chance.normal(size=30)
    found = _believed.compare(one, other)
    resampled = stats.permutation_test(
        (one,), lambda order: stats.spearmanr(order, other).statistic, permutation_type="pairings", n_resamples=2000,
        rng=np.random.default_rng(2),
    ).null_distribution  # fmt: skip
    np.testing.assert_allclose(found.by_chance, np.percentile(resampled, [2.5, 97.5]), atol=0.04)
    assert found == _believed.compare(one, other)
    assert not found.believed
    assert _believed.compare(one, one).believed
    assert not _believed.compare(one, -one).believed


def test_a_map_of_what_matters_is_believed_and_its_opposite_is_not():
    """A network that sums the ink in the upper half: only that half matters."""
    one = subject((Flatten(), Linear(10)))
    with torch.no_grad():
        one.module[1].weight.zero_()
        one.module[1].weight[4, : 14 * 28] = 1
    true = np.zeros((28, 28))
    true[:14] = PICTURE[0, :14]
    assert finish(_believed.check(one, true, magnitude=False, other_cover=False)).believed
    false = np.zeros((28, 28))
    false[14:] = PICTURE[0, 14:]
    found = finish(_believed.check(one, false, magnitude=False, other_cover=False))
    assert found.correlation < 0
    assert not found.believed
    with torch.no_grad():
        one.module[1].weight.neg_()
    assert not finish(_believed.check(one, true, magnitude=False, other_cover=False)).believed
    assert finish(_believed.check(one, true, magnitude=True, other_cover=False)).believed


def test_agreement_is_the_correlation_of_patch_sums_with_the_drops():
    pixels = colours(28, 28)
    one = subject(pixels=pixels)
    found = finish(explain.explain("integrated", one))
    cover, sums, fallen = _occlusion.background(pixels), [], []
    with torch.no_grad():
        plain = one.module(one.given(pixels))[0, one.target]
        for row, column in itertools.product(range(0, 28, 4), repeat=2):
            covered = pixels.copy()
            covered[:, row : row + 4, column : column + 4] = cover[:, :4, :4]
            fallen.append(float(plain - one.module(one.given(covered))[0, one.target]))
            sums.append(found.map[row : row + 4, column : column + 4].astype(float).sum())
    assert found.agreement.correlation == pytest.approx(stats.spearmanr(sums, fallen).statistic, abs=1e-3)


def test_of_patches_that_are_background_anyway_nothing_is_told():
    pixels = np.zeros((1, 28, 28), np.uint8)
    one = subject(pixels=pixels)
    assert finish(explain.explain("saliency", one)).agreement == _believed.UNKNOWN
    assert not finish(explain.explain("occlusion", one)).map.any()
    pixels = pixels.copy()
    pixels[0, 4:8, 4:8] = 255
    one = replace(one, pixels=pixels)
    assert finish(explain.explain("saliency", one)).agreement.correlation is None


def test_a_constant_map_agrees_with_nothing():
    one = subject()
    assert finish(_believed.check(one, np.full((28, 28), 0.3), magnitude=True, other_cover=False)) == _believed.UNKNOWN


def test_occlusion_is_checked_with_another_cover():
    boxes = _occlusion.patches((28, 28))
    other = _believed.levelled(PICTURE, boxes)
    assert other.shape == PICTURE.shape
    assert len(np.unique(other[0, :4, :4])) == 1
    assert other[0, :4, :4].mean() == pytest.approx(PICTURE[0, :4, :4].mean(), abs=0.5)
    assert (other != _occlusion.background(PICTURE)).any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("closed", [False, True], ids=["to the end", "closed half way"])
def test_nothing_is_left_behind(method: Any, closed: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "SLICE_MACS", 0)
    one = subject()
    before = {name: value.clone() for name, value in one.module.state_dict().items()}
    random = torch.random.get_rng_state()
    work = explain.explain(method, one)
    if closed:
        next(work)
        work.close()
    else:
        finish(work)
    assert (torch.random.get_rng_state() == random).all()
    assert torch.is_grad_enabled()
    for part in one.module.modules():
        assert not part.training
        assert not part._forward_hooks
        assert not part._forward_pre_hooks
        assert not part._backward_hooks
    for name, value in one.module.named_parameters():
        assert value.requires_grad
        assert value.grad is None
        assert (value == before[name]).all()


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_the_same_each_time_and_nobody_writes_to_them(method: Any):
    one = subject()
    torch.manual_seed(1)
    first = finish(explain.explain(method, one))
    torch.manual_seed(2)
    second = finish(explain.explain(method, one))
    assert first.map.dtype == np.float32
    assert not first.map.flags.writeable
    np.testing.assert_array_equal(first.map, second.map)
    assert first.agreement == second.agreement


@pytest.mark.parametrize("method", METHODS)
def test_a_diverged_network_has_no_map(method: Any):
    one = subject()
    with torch.no_grad():
        for value in one.module.parameters():
            value.fill_(float("nan"))
    found = finish(explain.explain(method, one))
    assert found.map is None
    assert found.agreement.correlation is None


def test_what_grad_cam_weighs():
    body = (Conv(4, 3, padding=1), ReLU(), Conv(4, 3, padding=1))
    shortcut = (Conv(4, 1),)
    residual = (Residual(body, shortcut, (ReLU(),)), GlobalMax(), Flatten(), Linear(10))
    assert explain.last_maps(spec_of(residual)) == "1_residual"
    assert explain.last_maps(spec_of(CONVOLUTIONAL)) == "2_conv"
    staged = (Sequence((*body, MaxPool(2)), "stage"), Flatten(), Linear(10))
    assert explain.last_maps(spec_of(staged)) == "1_stage.2_conv"
    to_a_point = (Conv(4, 5), ReLU(), Conv(8, 24), Flatten(), Linear(10))
    assert explain.last_maps(spec_of(to_a_point)) == "1_conv"
    one = subject(residual)
    assert finish(explain.explain("gradcam", one)).map.shape == (28, 28)


@pytest.mark.parametrize(
    ("method", "layers", "sentence"),
    [
        ("gradcam", (Flatten(), Linear(10)), "Net has no convolution."),
        ("gradcam", (Conv(8, 28), Flatten(), Linear(10)), "Net has no convolution with more than one place."),
        ("gradcam", (LocallyConnected(2, 5), Flatten(), Linear(10)), "Net has no convolution."),
        ("guided", (Conv(8, 5), GELU(), Flatten(), Linear(10)), "Net has no ReLU."),
    ],
)
def test_what_a_method_has_nothing_to_work_on_is_said(method: Any, layers: Layers, sentence: str):
    spec = spec_of(layers)
    assert explain.why_not(method, spec, build(spec, 0)).endswith(sentence)
    assert all(not explain.why_not(other, spec, build(spec, 0)) for other in ("saliency", "integrated", "occlusion"))


def test_every_method_works_on_layers_of_the_programs_own():
    one = subject((LocallyConnected(2, 5), GlobalMax(), ReLU(), Flatten(), Linear(10)))
    assert isinstance(one.module[0], LocallyConnected2d)
    for method in METHODS:
        if not explain.why_not(method, one.spec, one.module):
            assert finish(explain.explain(method, one)).map.shape == (28, 28)


def slices(work: Generator[None, None, Any]) -> int:
    return sum(1 for _ in work)


@pytest.mark.parametrize("method", ["smoothgrad", "integrated", "occlusion"])
def test_large_networks_are_explained_in_slices(method: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "SLICE_MACS", 0)
    assert slices(explain.explain(method, subject())) >= 48 // 8
