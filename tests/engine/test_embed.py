"""Last hidden layers, nearest pictures, principal planes and t-SNE, against torch, scikit-learn and NumPy."""

from __future__ import annotations

import multiprocessing
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Residual, Sequence
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import Dropout, Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalAverage, GlobalMax, MaxPool
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkSpec
from cnnstudio.engine import _tsne, embed
from cnnstudio.engine._plane import Plane, principal_plane, steadied
from cnnstudio.engine.build import build
from cnnstudio.engine.embed import Hidden, evenly, fitting, last_hidden, nearest, read_features
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.session import Reader, finish
from cnnstudio.networks import spec_for
from tests.engine import tiny

DENSE = (Flatten(), Linear(12), ReLU(), Dropout(0.5), Linear(10))
CONVOLUTIONAL = (Conv(4, 5), ReLU(), MaxPool(2), Conv(10, 3), GlobalAverage(), Flatten())
PICTURES = tiny.pictures(20, 3)


def spec_of(layers: Layers) -> NetworkSpec:
    return NetworkSpec("net", "Net", (1, 28, 28), 10, layers)


def reader(layers: Layers, seed: int = 0) -> Reader:
    spec = spec_of(layers)
    return Reader("net", spec, build(spec, seed).eval(), "run", 1, False, torch.device("cpu"))


def features(count: int, width: int, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    spread = np.linspace(5, 0.5, width)
    return (chance.normal(size=(count, width)) * spread + chance.normal(size=width)).astype(np.float32)


def plane_of(values: np.ndarray) -> Plane:
    return finish(principal_plane(values))


@pytest.mark.parametrize(
    ("layers", "hidden"),
    [
        (DENSE, Hidden("1_relu", 12, False)),
        ((Flatten(), Linear(10)), Hidden(PICTURE, 784, False)),
        (CONVOLUTIONAL, Hidden("1_max_pool", 4, True)),
        ((Conv(4, 5), GlobalMax(), ReLU(), Flatten(), Linear(10)), Hidden("1_relu", 4, False)),
        ((Conv(4, 27), ReLU(), Flatten(), Linear(10), BatchNorm()), Hidden("1_relu", 16, False)),
        (
            (Conv(4, 3), Residual((Conv(4, 3, padding=1),), (), (ReLU(),)), GlobalAverage(), Flatten(), Linear(10)),
            Hidden("2_global_average", 4, False),
        ),
        (
            (Conv(4, 3), Sequence((GlobalMax(), Flatten(), Linear(8), ReLU(), Linear(10)), "head")),
            Hidden("2_head.1_relu", 8, False),
        ),
    ],
)  # fmt: skip
def test_the_last_hidden_layer(layers: Layers, hidden: Hidden):
    assert last_hidden(spec_of(layers)) == hidden


def test_the_default_networks_last_hidden_layers():
    assert last_hidden(spec_for("lenet5", (1, 28, 28), 10)) == Hidden("4_relu", 84, False)
    assert last_hidden(spec_for("mlp", (1, 28, 28), 10)).layer == "1_relu"


@pytest.mark.parametrize(("layers", "upto"), [(DENSE, 3), (CONVOLUTIONAL, 3)], ids=["dense", "convolutional"])
def test_features_and_guesses_are_torchs(layers: Layers, upto: int, monkeypatch: pytest.MonkeyPatch):
    one, index = reader(layers), np.array([17, 2, 3, 5, 11, 0, 1, 19, 7, 9])
    whole = finish(read_features(one, PICTURES.images, index))
    with torch.inference_mode():
        given = to_input(torch.from_numpy(PICTURES.images[index]), False)
        hidden, logits = one.module[:upto](given), one.module(given)
    wanted = hidden.mean((2, 3)) if hidden.dim() == 4 else hidden
    np.testing.assert_allclose(whole.values, wanted.numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(whole.guesses, logits.argmax(1).numpy())
    assert not whole.values.flags.writeable
    assert not whole.guesses.flags.writeable
    assert whole.nbytes == whole.values.nbytes + 80
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in one.module.modules())
    monkeypatch.setattr(limits, "SLICE_MACS", 0)
    work = read_features(one, PICTURES.images, index)
    assert next(work) == Progress(0.4, "Net: read 4 of 10 pictures")
    np.testing.assert_allclose(finish(work).values, whole.values, rtol=1e-4, atol=1e-6)


@given(st.integers(0, 3000), st.integers(0, 1500))
@settings(max_examples=80, deadline=None)
def test_evenly_spread_places_are_distinct_and_reach_both_ends(count: int, most: int):
    places = evenly(count, most)
    assert len(places) == min(count, most)
    if len(places) > 1:
        assert (places[0], places[-1]) == (0, count - 1)
        gaps = np.diff(places)
        assert gaps.min() >= 1
        assert gaps.max() - gaps.min() <= 1


def test_wide_layers_are_held_for_fewer_pictures():
    assert fitting(Hidden("x", 84, False), 10_000) == 10_000
    count = fitting(Hidden("x", 10_000, False), 10_000)
    assert 100 < count < 10_000
    assert count * 10_000 * 4 <= limits.FEATURES_BYTES


def test_the_nearest_are_numpys_and_of_equal_ones_the_first():
    values = features(60, 7)
    values[[9, 4]] = values[30]
    order, distances = finish(nearest(values, values[30], 60))
    wanted = np.sqrt(((values.astype(float) - values[30]) ** 2).sum(1))
    assert order[:3].tolist() == [4, 9, 30]
    np.testing.assert_allclose(distances, np.sort(wanted), rtol=1e-5)
    assert distances.dtype == np.float32
    assert len(finish(nearest(values, values[0], 0))[0]) == 0
    far = np.full((2, 3), 3e38, np.float32)
    assert np.isfinite(finish(nearest(far, -far[0], 2))[1]).all()


def test_many_wide_pictures_are_compared_in_slices(monkeypatch: pytest.MonkeyPatch):
    values = features(60, 7)
    whole = finish(nearest(values, values[3], 9))
    monkeypatch.setattr(embed, "_NUMBERS", 100)
    work = nearest(values, values[3], 9)
    assert [next(work) for _ in range(4)] == [None] * 4, "fourteen pictures a slice"
    for one, other in zip(finish(work), whole, strict=True):
        np.testing.assert_array_equal(one, other)


@given(st.integers(3, 40), st.integers(2, 60), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_the_principal_plane_is_scikit_learns(count: int, width: int, seed: int):
    values = features(count, width, seed)
    plane = plane_of(values)
    oracle = PCA(2, svd_solver="full").fit(values.astype(float))
    np.testing.assert_allclose(plane.mean, oracle.mean_, atol=1e-5)
    np.testing.assert_allclose(np.abs((plane.axes * oracle.components_).sum(1)), 1, atol=1e-5)
    np.testing.assert_allclose(plane.explained, oracle.explained_variance_ratio_, atol=1e-6)
    wanted = oracle.transform(values.astype(float)) * np.sign((plane.axes * oracle.components_).sum(1))
    np.testing.assert_allclose(plane.points, wanted, atol=1e-3)
    np.testing.assert_allclose(plane.place(values), plane.points, atol=1e-6)
    largest = plane.axes[np.arange(2), np.abs(plane.axes).argmax(1)]
    assert (largest > 0).all()


@pytest.mark.parametrize(("count", "width"), [(500, 300), (300, 500)])
@pytest.mark.parametrize("decay", [0.0, 0.3], ids=["nearly flat", "a few strong directions"])
def test_many_features_have_their_plane_found_in_slices(count: int, width: int, decay: float):
    chance = np.random.default_rng(4)
    values = np.maximum(chance.normal(size=(count, width)) * np.arange(1, width + 1) ** -decay, 0).astype(np.float32)
    slices, work = 0, principal_plane(values)
    while True:
        try:
            assert next(work) is None
        except StopIteration as end:
            plane = end.value
            break
        slices += 1
    assert slices > 5
    centred = values - values.mean(0, dtype=float)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(plane.explained, sizes[:2] ** 2 / (sizes**2).sum(), rtol=1e-9)
    np.testing.assert_allclose(np.abs((plane.axes * axes[:2]).sum(1)), 1, atol=1e-9)
    np.testing.assert_array_equal(plane_of(values).axes, plane.axes)


@pytest.mark.parametrize("rank", [1, 2, 3, 7])
def test_features_of_few_dimensions_have_a_plane_too(rank: int):
    chance = np.random.default_rng(rank)
    values = (chance.normal(size=(90, rank)) @ chance.normal(size=(rank, 120))).astype(np.float32)
    plane = plane_of(values)
    wanted = np.linalg.svd(values - values.mean(0, dtype=float), compute_uv=False) ** 2
    np.testing.assert_allclose(plane.explained, wanted[:2] / wanted.sum(), atol=1e-9)
    assert np.isfinite(plane.points).all()


def test_features_that_do_not_vary_lie_in_one_point():
    plane = plane_of(np.full((5, 4), 0.1, np.float32))
    assert not plane.points.any()
    assert plane.explained == (0.0, 0.0)
    assert not plane.place(np.ones((1, 4), np.float32)).any()
    line = plane_of(features(6, 1))
    assert line.explained == (pytest.approx(1), 0.0)
    assert not line.points[:, 1].any()
    assert np.isfinite(plane_of(np.float32(1e20) * features(6, 4)).points).all()


def test_turned_over_axes_are_turned_back_and_exchanged_ones_put_back():
    plane = plane_of(features(50, 6))
    for order, signs in (([0, 1], (-1, 1)), ([1, 0], (1, -1)), ([1, 0], (-1, -1)), ([0, 1], (1, 1))):
        shown = plane.points[:, order] * signs
        moved = shown + np.random.default_rng(1).normal(size=shown.shape) * 0.3
        found = steadied(plane, moved)
        np.testing.assert_allclose(found.points, shown)
        assert found.explained == tuple(np.array(plane.explained)[order])
        np.testing.assert_allclose(found.place(features(50, 6)), shown, atol=1e-6)
    assert steadied(plane, None) is plane
    assert steadied(plane, np.zeros((3, 2))) is plane
    still = steadied(plane, np.zeros((50, 2)))
    np.testing.assert_array_equal(still.points, plane.points)


def test_a_slow_turn_of_the_features_never_flips_the_plane():
    """The two largest variances pass each other half way: the points still move little by little."""
    chance = np.random.default_rng(0).normal(size=(200, 3))
    before, longest = None, 0.0
    for share in np.linspace(0, 1, 41):
        plane = plane_of((chance * (2 - share, 1 + share, 0.3)).astype(np.float32))
        plane = steadied(plane, before)
        if before is not None:
            longest = max(longest, float(np.abs(plane.points - before).max()))
        before = plane.points
    flipped = float(2 * np.abs(before).max())
    assert longest < 0.6 * flipped


def run_tsne(sets: list[Any], seed: int = 0) -> tuple[tuple[np.ndarray, ...], list[Progress]]:
    told = []
    work = _tsne.arranged(sets, [plane_of(each).points for each in sets], ["A", "B"][: len(sets)], seed)
    while True:
        try:
            said = next(work)
        except StopIteration as end:
            return end.value, told
        if said is not None:
            told.append(said)


def test_tsne_keeps_neighbours_together_tells_its_steps_and_repeats_itself():
    groups = np.repeat(np.arange(4), 20)
    values = (np.random.default_rng(0).normal(size=(80, 6)) * 0.1 + 3 * np.eye(6)[groups]).astype(np.float32)
    points, told = run_tsne([values, values])
    assert [each.shape for each in points] == [(80, 2)] * 2
    assert points[0].dtype == np.float32
    np.testing.assert_array_equal(*points)
    assert trustworthiness(values, points[0], n_neighbors=5) > 0.85
    assert told[0] == Progress(0.0, "starting t-SNE")
    assert Progress(0.25, "t-SNE of A, step 500 of 1,000") in told
    assert Progress(0.75, "t-SNE of B, step 500 of 1,000") in told
    fractions = [each.fraction for each in told]
    assert fractions == sorted(fractions)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("slices", [0, 1, 3])
def test_closing_tsne_ends_its_process(slices: int):
    work = _tsne.arranged([features(60, 5)], [plane_of(features(60, 5)).points], ["A"], 0)
    for _ in range(slices):
        next(work)
    assert len(multiprocessing.active_children()) == (slices > 1)
    work.close()
    assert not multiprocessing.active_children()


def test_a_process_that_was_stopped_is_told():
    work = _tsne.arranged([features(60, 5)], [plane_of(features(60, 5)).points], ["A"], 0)
    next(work)
    next(work)
    (process,) = multiprocessing.active_children()
    process.kill()
    with pytest.raises(StudioError, match="t-SNE ended before it was done"):
        finish(work)
    assert not multiprocessing.active_children()


def test_a_process_that_is_gone_before_it_has_its_work_is_told(monkeypatch: pytest.MonkeyPatch):
    def gone(*given: Any) -> Any:
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        return job(*given)

    job = _tsne._job
    monkeypatch.setattr(_tsne, "_job", gone)
    with pytest.raises(StudioError, match="t-SNE ended before it was done"):
        finish(_tsne.arranged([features(60, 5)], [plane_of(features(60, 5)).points], ["A"], 0))
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(("count", "wanted"), [(3, 2 / 3), (10, 3.0), (91, 30.0), (1000, 30.0)])
def test_few_pictures_have_few_neighbours(count: int, wanted: float):
    assert _tsne.perplexity(count) == pytest.approx(wanted)


class Ends:
    """Both ends of a connection that keeps what is sent, and gives one job."""

    def __init__(self, *jobs: Any) -> None:
        self.jobs, self.sent = [_tsne._job(*job) for job in jobs], []

    def send(self, said: Any) -> None:
        self.sent.append(said)

    def recv(self) -> Any:
        return 0, self.jobs


@pytest.mark.parametrize("values", [features(3, 4), features(12, 1), np.float32(1e30) * features(9, 3)])
def test_the_smallest_and_largest_sets_are_arranged_too(values: np.ndarray, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_tsne.signal, "signal", lambda *_: None)
    monkeypatch.setattr(_tsne.os, "nice", lambda _: None)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    ends = Ends((values, plane_of(values).points))
    _tsne.work(ends)
    assert ends.sent[0] == 0
    assert ends.sent[-1].shape == (len(values), 2)
    assert np.isfinite(ends.sent[-1]).all()
    assert 50 in ends.sent[1:-1]
