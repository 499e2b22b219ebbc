"""The built-in digits: the same for a seed, framed as MNIST's, and every knob does what it says and only that."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core.dataset import Loaded, Pictures, Request
from cnnstudio.datasets import digits
from cnnstudio.datasets.digits import DATASET, Recipe, make, recipe_from

N = 600


def finish(making):
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


def load(**changes) -> Loaded:
    return finish(DATASET.load(Request(**{"train": N, "test": 0, **changes})))


def digest(pictures: Pictures) -> str:
    return hashlib.md5(pictures.images.tobytes() + pictures.labels.tobytes(), usedforsecurity=False).hexdigest()


def centres(images) -> np.ndarray:
    weights = images[:, 0].astype(float)
    index, mass = np.arange(28), weights.sum((1, 2))
    return np.stack([weights.sum(1) @ index, weights.sum(2) @ index], 1) / mass[:, None]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Two threads on busy cores wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def plain() -> Pictures:
    return load().train


@pytest.fixture(scope="module")
def many() -> Pictures:
    return finish(make(3_000, seed=4))


def test_a_seed_decides_every_byte(plain):
    assert digest(load().train) == digest(plain)
    assert digest(load(seed=1).train) != digest(plain)


def test_the_number_of_threads_changes_nothing(plain):
    try:
        torch.set_num_threads(3)
        assert digest(load().train) == digest(plain)
        assert torch.get_num_threads() == 3, "the program's own number of threads is given back"
    finally:
        torch.set_num_threads(1)


def test_what_happens_between_slices_changes_nothing(plain):
    one, two = make(N, 0), make(N, 0)
    next(two)
    torch.manual_seed(5)
    np.random.seed(5)
    next(one)
    assert digest(finish(one)) == digest(finish(two)) == digest(plain)


def test_the_test_set_does_not_depend_on_the_training_set_and_differs_from_it(plain):
    small, large = load(train=20, test=100), load(train=200, test=100)
    assert digest(small.test) == digest(large.test)
    known = {image.tobytes() for image in plain.images}
    assert not any(image.tobytes() in known for image in small.test.images)


@pytest.mark.parametrize("n", [0, 1, 7, 10, 605])
def test_every_size_is_balanced(n):
    pictures = finish(make(n, seed=2))
    assert pictures.images.shape == (n, 1, 28, 28)
    counts = np.bincount(pictures.labels, minlength=10)
    assert counts.sum() == n
    assert counts.max() - counts.min() <= 1


def test_labels_are_in_random_order(plain):
    assert len(set(plain.labels[:10].tolist())) < 10 or plain.labels[:10].tolist() != list(range(10))
    assert np.bincount(plain.labels[:100], minlength=10).min() > 0


def test_the_first_pictures_are_written_in_as_many_ways_as_the_last(many):
    for digit in range(10):
        mine = many.images[many.labels == digit].astype(float)
        half = len(mine) // 2
        difference = np.abs(mine[:half].mean(0) - mine[half:].mean(0)).max()
        assert difference < 50, f"the halves of the {digit}s differ"


def test_pictures_look_like_mnist_in_numbers(many):
    grey = many.images / 255.0
    assert grey.mean() == pytest.approx(0.131, abs=0.012)
    assert grey.std() == pytest.approx(0.309, abs=0.015)
    assert (grey.max((1, 2, 3)) > 0.95).mean() > 0.99


def test_pictures_are_framed_as_mnists_are(many):
    off = np.abs(centres(many.images) - 14)
    assert off.max() < 0.5 + 1 / 255
    ink = many.images[:, 0] > 0
    sides = np.maximum(ink.any(1).sum(1), ink.any(2).sum(1))
    assert sides.max() <= 20
    assert (sides == 20).mean() > 0.95


def test_shape_and_type(plain):
    assert plain.images.dtype == np.uint8
    assert plain.labels.dtype == np.int64
    assert not plain.images.flags.writeable
    assert len(DATASET.class_names) == 10


def shifted(image, dx, dy):
    canvas = np.zeros((28 + 40, 28 + 40), np.uint8)
    canvas[20 + dy : 48 + dy, 20 + dx : 48 + dx] = image
    return canvas[20:48, 20:48]


@pytest.mark.parametrize("jitter", [1, 3])
def test_jitter_moves_the_same_pictures_and_no_farther_than_it_says(plain, jitter):
    moved = load(knobs={"jitter": jitter}).train
    assert np.array_equal(moved.labels, plain.labels)
    seen = set()
    for before, after in zip(plain.images[:, 0], moved.images[:, 0], strict=True):
        places = [
            (dx, dy)
            for dx in range(-jitter, jitter + 1)
            for dy in range(-jitter, jitter + 1)
            if np.array_equal(shifted(before, dx, dy)[4:24, 4:24], after[4:24, 4:24])
        ]
        assert places, "moved farther than the jitter, or something else changed"
        seen.update(places)
    assert len(seen) == (2 * jitter + 1) ** 2


def test_the_largest_jitter_leaves_ink_in_every_picture():
    pictures = load(knobs={"jitter": 8}).train
    assert (pictures.images.max((1, 2, 3)) > 128).all()


def test_rotation_turns_and_keeps_the_frame(plain):
    turned = load(knobs={"rotation": 90.0}).train
    ones = plain.labels == 1
    tilts = [lean(pictures.images[ones, 0]) for pictures in (plain, turned)]
    assert np.abs(tilts[0]).mean() < 30 < np.abs(tilts[1]).mean()
    assert np.abs(centres(turned.images) - 14).max() < 0.51
    same = load(knobs={"rotation": 0.0}).train
    assert digest(same) == digest(plain)


def lean(images) -> np.ndarray:
    """How far the long axis leans to the right of the vertical, degrees, from second moments."""
    y, x = np.mgrid[:28, :28] - 14.0
    weights = images / images.sum((1, 2), keepdims=True)
    xx, yy, xy = ((weights * moment).sum((1, 2)) for moment in (x * x, y * y, x * y))
    return np.degrees(0.5 * np.arctan2(-2 * xy, yy - xx))


def test_clutter_only_adds_ink(plain):
    few, lots = (load(knobs={"clutter": pieces}).train for pieces in (1, 6))
    for cluttered in (few, lots):
        assert np.array_equal(cluttered.labels, plain.labels)
        assert (cluttered.images >= plain.images).all()
    assert plain.images.mean() < few.images.mean() < lots.images.mean()


def test_one_pen_has_one_width():
    bare = dict.fromkeys(("slant", "wobble", "ways"), False)
    many, one = (load(knobs=bare | {"pen": pen}).train for pen in (True, False))
    ink = [pictures.images[pictures.labels == 1].mean((1, 2, 3)) for pictures in (many, one)]
    assert ink[1].std() < 0.4 * ink[0].std()


def test_without_slant_digits_stand_upright(plain):
    upright = load(knobs={"slant": False}).train
    ones = plain.labels == 1
    before, after = (lean(pictures.images[ones, 0]) for pictures in (plain, upright))
    assert before.mean() > 5
    assert abs(after.mean()) < 5
    assert after.std() < 0.7 * before.std()


def spread(pictures: Pictures) -> float:
    """How much pictures of the same digit differ, mean over the digits."""
    return float(np.mean([pictures.images[pictures.labels == digit].std(0).mean() for digit in range(10)]))


def test_every_switch_makes_pictures_more_alike(plain):
    for name in ("slant", "wobble", "ways"):
        assert spread(load(knobs={name: False}).train) < spread(plain), name
    bare = load(knobs=dict.fromkeys(("pen", "slant", "wobble", "ways"), False)).train
    assert spread(bare) < 0.5 * spread(plain)


def test_one_way_of_writing_is_one_allograph(monkeypatch):
    used: dict[int, set[str]] = {}

    def spy(shape, allograph, *rest):
        used.setdefault(shape.digit, set()).add(allograph.name)
        return write(shape, allograph, *rest)

    write = digits.write
    monkeypatch.setattr(digits, "write", spy)
    load(train=300)
    assert min(len(names) for names in used.values()) > 3
    used.clear()
    load(train=300, knobs={"ways": False})
    assert {len(names) for names in used.values()} == {1}


def test_the_default_knobs_change_nothing():
    assert recipe_from(Request()) == Recipe()
    assert DATASET.race == {}


def test_closing_midway_is_clean():
    loading = DATASET.load(Request(train=2_000, test=100))
    threads = torch.get_num_threads()
    for _ in range(5):
        next(loading)
        assert torch.get_num_threads() == threads
    loading.close()
    with pytest.raises(StopIteration):
        next(loading)


def test_progress_rises_in_small_steps_to_the_end():
    loading, fractions = DATASET.load(Request(train=1_000, test=200, knobs={"clutter": 2})), []
    while True:
        try:
            fractions.append(next(loading).fraction)
        except StopIteration:
            break
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert all(0 <= b - a <= digits.SLICE / 1_200 for a, b in pairwise(fractions))


@settings(max_examples=15, deadline=None)
@given(
    jitter=st.integers(0, 8),
    rotation=st.floats(0, 180),
    clutter=st.integers(0, 8),
    switches=st.tuples(*[st.booleans()] * 4),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_setting_makes_pictures(jitter, rotation, clutter, switches, seed):
    knobs = {"jitter": jitter, "rotation": rotation, "clutter": clutter}
    knobs |= dict(zip(("pen", "slant", "wobble", "ways"), switches, strict=True))
    assert all(knob.check(knobs[knob.name]) is None for knob in DATASET.knobs)
    pictures = load(train=20, seed=seed, knobs=knobs).train
    assert np.bincount(pictures.labels).tolist() == [2] * 10
    assert (pictures.images.max((1, 2, 3)) > 100).all()
