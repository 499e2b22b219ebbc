"""Find the glyph: fixed patterns, places within the jitter, noise as asked for, and bytes that mean numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from cnnstudio.core.dataset import Request
from cnnstudio.datasets.glyphs import DATASET, FARTHEST_PX, GLYPH, GREY, STEP, glyphs, make


def finish(making):
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


def load(**changes):
    return finish(DATASET.load(Request(**{"train": 400, "test": 100, **changes})))


def values(pictures) -> np.ndarray:
    return (pictures.images[:, 0].astype(float) - GREY) / STEP


def places(pictures) -> np.ndarray:
    """Top left corners of the glyphs, found in pictures without noise; relative to the middle place."""
    found = []
    for picture in values(pictures):
        rows, columns = np.nonzero(np.abs(picture) > 0.5)
        found.append((rows.min() - FARTHEST_PX, columns.min() - FARTHEST_PX))
    return np.array(found)


def test_the_patterns_are_fixed_and_differ():
    patterns = glyphs()
    assert patterns.shape == (10, GLYPH, GLYPH)
    assert set(np.unique(patterns)) == {-1.0, 1.0}
    products = np.einsum("ahw,bhw->ab", patterns, patterns)
    assert (products[~np.eye(10, dtype=bool)] < 15).all(), "two patterns are nearly the same"
    assert int((patterns > 0).sum()) == int((glyphs() > 0).sum())


def test_without_noise_the_glyph_is_all_there_is():
    pictures = load(knobs={"noise": 0.0}).train
    patterns = glyphs()
    for picture, label, (row, column) in zip(values(pictures), pictures.labels, places(pictures), strict=True):
        rows, columns = row + FARTHEST_PX, column + FARTHEST_PX
        inside = picture[rows : rows + GLYPH, columns : columns + GLYPH]
        assert np.array_equal(np.sign(inside), patterns[label])
        assert (np.abs(picture) > 0.5).sum() == GLYPH * GLYPH


@pytest.mark.parametrize("jitter", [0, 1, 4, FARTHEST_PX])
def test_jitter_reaches_as_far_as_it_says(jitter):
    found = places(load(knobs={"noise": 0.0, "jitter": jitter}).train)
    assert np.abs(found).max() == jitter
    assert len(np.unique(found[:, 1])) == 2 * jitter + 1


@pytest.mark.parametrize(("side", "sign"), [("left", -1), ("right", 1)])
def test_a_side_keeps_the_glyph_there_and_the_rows_as_they_were(side, sign):
    both, half = (places(load(knobs={"noise": 0.0, "side": name}).train) for name in ("both", side))
    assert (sign * half[:, 1] > 0).all()
    assert np.abs(half[:, 1]).max() == FARTHEST_PX
    assert np.array_equal(both[:, 0], half[:, 0])


def test_noise_is_as_asked_for_and_hardly_ever_cut_off():
    for noise in (0.25, 0.5):
        pictures = load(knobs={"noise": noise}).train
        spread = np.sqrt(values(pictures).var() - GLYPH**2 / 28**2)
        assert spread == pytest.approx(noise, rel=0.03)
        assert np.isin(pictures.images, (0, 255)).mean() < 1e-4


def test_noise_and_place_are_independent():
    one, two = (load(knobs={"jitter": 3, "noise": noise}).train for noise in (0.0, 0.5))
    assert np.array_equal(one.labels, two.labels)
    rest = values(two) - values(one)
    assert rest.std() == pytest.approx(0.5, rel=0.02)
    assert rest.mean() == pytest.approx(0.0, abs=0.01)


def test_a_matched_filter_reads_them():
    pictures = load().train
    scores = [[correlate2d(v, g, "valid").max() for g in glyphs()] for v in values(pictures)[:100]]
    assert (np.argmax(scores, 1) == pictures.labels[:100]).mean() > 0.97


def test_seed_parts_and_balance():
    one, again, other = load(), load(), load(seed=1)
    assert one.train.images.tobytes() == again.train.images.tobytes() != other.train.images.tobytes()
    assert load(train=50).test.images.tobytes() == one.test.images.tobytes()
    assert np.bincount(one.train.labels).tolist() == [40] * 10
    assert one.train.images[0].tobytes() != one.test.images[0].tobytes()


def test_closing_midway_is_clean():
    loading = DATASET.load(Request(train=3_000))
    next(loading)
    next(loading)
    loading.close()
    with pytest.raises(StopIteration):
        next(loading)


@settings(max_examples=20, deadline=None)
@given(
    n=st.integers(0, 40),
    jitter=st.integers(0, FARTHEST_PX),
    noise=st.floats(0, 1),
    side=st.sampled_from(["both", "left", "right"]),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_setting_makes_pictures(n, jitter, noise, side, seed):
    pictures = finish(make(n, seed, "train", jitter, noise, side))
    assert pictures.images.shape == (n, 1, 28, 28)
    assert pictures.images.dtype == np.uint8
    counts = np.bincount(pictures.labels, minlength=10)
    assert counts.max() - counts.min() <= 1
