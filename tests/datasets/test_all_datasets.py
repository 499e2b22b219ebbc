"""What every data set gets tested by existing: its card, its pictures, its determinism."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.config import RaceConfig, validate
from cnnstudio.core.dataset import DatasetInfo, Progress, Request
from cnnstudio.core.knobs import read_settings
from cnnstudio.datasets import all_datasets, find, load, prepare
from tests.datasets.files import IDX_SETS, exhaust, write_cifar, write_idx

EVERY = pytest.mark.parametrize("info", all_datasets().values(), ids=lambda info: info.id)
GENERATED = pytest.mark.parametrize(
    "info", [info for info in all_datasets().values() if info.generated], ids=lambda info: info.id
)


@pytest.fixture
def key_and_root(tmp_path):
    """Makes the files of a stored set and gives the key and the root to load it with."""

    def files_of(info: DatasetInfo):
        root = tmp_path / "stored"
        if info.id in IDX_SETS:
            write_idx(root, info.id, train=120, test=40)
        elif info.id == "cifar10":
            write_cifar(root, tmp_path)
        elif info.takes_path:
            for name in ("one", "two"):
                folder = root / name
                folder.mkdir(parents=True, exist_ok=True)
                rng = np.random.default_rng(len(name))
                for number in range(30):
                    Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(folder / f"{number}.png")
            return f"{info.id}:{root}", root
        return info.id, root

    return files_of


@pytest.fixture
def small(key_and_root):
    def load_small(info: DatasetInfo, seed: int = 0):
        key, root = key_and_root(info)
        found = find(key)
        request = Request(60, 30 if info.generated else None, seed, found.knobs, root, found.path, download=False)
        return exhaust(load(info, request))

    return load_small


@EVERY
def test_the_card_is_complete(info):
    assert info.id.isidentifier()
    assert info.title
    assert info.sentence.endswith((".", "?"))
    assert info.source
    assert info.licence
    assert len(info.shape) == 3
    assert info.shape[0] in (1, 3)
    assert len(set(info.class_names)) == len(info.class_names)
    if not info.takes_path:
        assert len(info.class_names) >= 2
        assert info.train_size >= 1
        assert info.test_size >= 1
    for knob in info.knobs:
        assert knob.check(knob.default) is None
        assert knob.sentence.endswith(".")
        assert knob.label
    assert read_settings("", info.knobs, info.id) == {knob.name: knob.default for knob in info.knobs}


@EVERY
def test_its_race_can_run(info):
    assert set(info.race) <= {field.name for field in fields(RaceConfig)}
    assert validate(RaceConfig(dataset=info.id).with_(**info.race)) == []


@EVERY
def test_it_loads(info, small):
    events, loaded = small(info)
    assert events
    assert all(isinstance(event, Progress) for event in events)
    assert all(event.text and (event.fraction is None or 0 <= event.fraction <= 1) for event in events)
    classes = len(loaded.class_names)
    assert loaded.class_names == (info.class_names or ("one", "two"))
    for pictures in (loaded.train, loaded.test):
        assert pictures.images.dtype == np.uint8
        assert pictures.images.shape == (len(pictures), *info.shape)
        assert pictures.labels.dtype == np.int64
        assert pictures.labels.shape == (len(pictures),)
        assert pictures.labels.min() >= 0
        assert pictures.labels.max() < classes
        assert not pictures.images.flags.writeable
        assert not pictures.labels.flags.writeable
        assert pictures.images.flags.c_contiguous
        assert pictures.images.std() > 1
    assert len(loaded.train) <= 60
    assert isinstance(loaded.notes, tuple)


@EVERY
def test_the_seed_decides(info, small):
    first, second, other = (small(info, seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.train.images, second.train.images)
    np.testing.assert_array_equal(first.train.labels, second.train.labels)
    np.testing.assert_array_equal(first.test.images, second.test.images)
    if not info.takes_path:
        assert first.train.images.tobytes() != other.train.images.tobytes()


@GENERATED
def test_making_again_makes_the_same(info, finish):
    """Around the disk cache: the generator itself is deterministic, for every part of the set."""
    request = Request(50, 20, 7, read_settings("", info.knobs, info.id))
    one, two = finish(info.load(request)), finish(info.load(request))
    for part in ("train", "test"):
        np.testing.assert_array_equal(getattr(one, part).images, getattr(two, part).images)
        np.testing.assert_array_equal(getattr(one, part).labels, getattr(two, part).labels)
    assert not {image.tobytes() for image in one.train.images} & {image.tobytes() for image in one.test.images}


@EVERY
def test_closing_at_once_is_allowed(info, key_and_root):
    key, root = key_and_root(info)
    prepare(RaceConfig(dataset=key), root, download=False).close()
    for steps in (1, 2, 3):
        work = prepare(RaceConfig(dataset=key, examples=200), root, download=False)
        for _ in range(steps):
            next(work)
        work.close()


@EVERY
@pytest.mark.parametrize("examples", [1, 7, 40])
def test_it_can_be_prepared(info, key_and_root, finish, examples):
    key, root = key_and_root(info)
    prepared = finish(prepare(RaceConfig(dataset=key, examples=examples), root, download=False))
    assert 1 <= len(prepared.train) <= examples
    assert len(prepared.validation) >= 1
    assert len(prepared.test) >= 1
    assert prepared.shape == prepared.train.images.shape[1:]
    if info.generated:
        assert len(prepared.train) == examples
        assert len(prepared.test) == info.test_size
