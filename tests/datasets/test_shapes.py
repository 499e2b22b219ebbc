"""Coloured shapes: neither colour nor place tells the class, every knob does what it says, and seeds decide."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from cnnstudio.core.dataset import Request
from cnnstudio.datasets._outlines import PATCHES, PLAIN, TEXTURES
from cnnstudio.datasets.shapes import CLASS_NAMES, DATASET, SIDE, Recipe, make


def finish(making):
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


def load(**changes):
    return finish(DATASET.load(Request(**{"train": 400, "test": 0, **changes})))


@pytest.fixture(scope="module")
def plain():
    return load().train


@pytest.fixture(scope="module")
def both():
    return finish(DATASET.load(Request(train=3_000, test=1_000)))


def test_seed_parts_and_balance(plain):
    again, other = load(), load(seed=1)
    assert again.train.images.tobytes() == plain.images.tobytes() != other.train.images.tobytes()
    one, two = load(train=30, test=50), load(train=300, test=50)
    assert one.test.images.tobytes() == two.test.images.tobytes()
    assert np.bincount(plain.labels).tolist() == [40] * 10
    assert plain.images.shape == (400, *DATASET.shape)


def summary(pictures, what):
    images = pictures.images / 255.0
    if what == "mean colour":
        return images.mean((2, 3))
    index = np.arange(SIDE)
    far = np.abs(images - np.median(images, (2, 3), keepdims=True)).sum(1)
    mass = far.sum((1, 2))
    return np.stack([far.sum(1) @ index / mass, far.sum(2) @ index / mass], 1)


@pytest.mark.parametrize("what", ["mean colour", "place"])
def test_a_summary_does_not_give_the_class_away(both, what):
    train, test = summary(both.train, what), summary(both.test, what)
    reader = LogisticRegression(max_iter=500).fit(train, both.train.labels)
    assert reader.score(test, both.test.labels) < 0.16
    means = np.stack([train[both.train.labels == label].mean(0) for label in range(10)])
    nearest = np.linalg.norm(test[:, None] - means, axis=2).argmin(1)
    assert (nearest == both.test.labels).mean() < 0.16


def test_colour_off_is_grey_and_the_shapes_stay(plain):
    grey = load(knobs={"colour": False}).train
    assert (grey.images == grey.images[:, :1]).all()
    assert (plain.images != plain.images[:, :1]).any((1, 2, 3)).all()
    assert np.array_equal(grey.labels, plain.labels)


def test_noise_is_as_asked_for():
    clean, noisy = (load(knobs={"noise": noise}).train.images.astype(float) for noise in (0.0, 0.1))
    middle = (clean > 90) & (clean < 165)
    assert (noisy - clean)[middle].std() / 255 == pytest.approx(0.1, rel=0.05)


def test_jitter_zero_is_the_middle_and_more_is_farther():
    def off(jitter):
        pictures = load(knobs={"jitter": jitter, "noise": 0.0}).train
        discs = pictures.images[pictures.labels == CLASS_NAMES.index("disc")].astype(float)
        ground = discs[:, :, [0, 0, -1, -1], [0, -1, 0, -1]].mean(2)[:, :, None, None]
        covered = (np.abs(discs - ground).sum(1) > 120).astype(float)
        index, mass = np.arange(SIDE) - 15.5, covered.sum((1, 2))
        return np.stack([covered.sum(1) @ index / mass, covered.sum(2) @ index / mass])

    assert np.median(np.abs(off(0.0))) < 0.5
    assert np.median(np.abs(off(10.0))) > 2


def test_clutter_adds_lines_and_leaves_the_rest(plain):
    cluttered = load(knobs={"clutter": 3}).train
    assert np.array_equal(cluttered.labels, plain.labels)
    changed = (cluttered.images != plain.images).any(1).mean()
    assert 0.01 < changed < 0.3


def test_outlines_are_signed_and_fit_their_circle():
    axis = np.linspace(-1.5, 1.5, 301, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    for outline in PLAIN:
        inside = outline(x, y) < 0
        assert 0.03 < inside.mean() < 0.4, outline.__name__
        assert (np.hypot(x, y)[inside] < 1.12).all(), outline.__name__
        slope = np.hypot(*np.gradient(outline(x, y), axis, axis))
        assert np.median(slope) == pytest.approx(1, abs=0.15), outline.__name__
    assert set(PATCHES) <= set(PLAIN)


def test_textures_have_both_colours():
    axis = np.linspace(0, 6 * np.pi, 200, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    for name, texture in TEXTURES.items():
        assert 0.15 < (texture(x, y) > 0).mean() < 0.85, name


def test_closing_midway_is_clean():
    loading = DATASET.load(Request(train=3_000))
    for _ in range(3):
        next(loading)
    loading.close()
    with pytest.raises(StopIteration):
        next(loading)


@settings(max_examples=20, deadline=None)
@given(
    n=st.integers(0, 30),
    jitter=st.floats(0, 10),
    noise=st.floats(0, 0.5),
    clutter=st.integers(0, 8),
    colour=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_setting_makes_pictures(n, jitter, noise, clutter, colour, seed):
    pictures = finish(make(n, seed, "train", Recipe(jitter, noise, clutter, colour)))
    assert pictures.images.shape == (n, 3, SIDE, SIDE)
    counts = np.bincount(pictures.labels, minlength=10)
    assert counts.max() - counts.min() <= 1
