"""Generated sets on the disk: made once, never wrong, never in the way."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from cnnstudio.core import limits
from cnnstudio.core.dataset import DatasetInfo, Loaded, Pictures, Progress, Request
from cnnstudio.core.paths import cache_folder
from cnnstudio.datasets import _cache
from cnnstudio.datasets._cache import cached


@pytest.fixture
def generator():
    """A set that counts how often it was made."""
    made = []

    def load(request: Request):
        yield Progress(0.1, "making")
        made.append(request)
        rng = np.random.default_rng(request.seed)
        images = [rng.integers(0, 256, (count, 1, 8, 8), np.uint8) for count in (request.train, request.test)]
        sets = [Pictures(each, np.arange(len(each)) % 2) for each in images]
        return Loaded(sets[0], sets[1], ("ä", "b"), ("note",))

    info = DatasetInfo(
        id="made", title="Made", order=1, sentence="s", source="s", licence="l", shape=(1, 8, 8),
        class_names=("ä", "b"), train_size=20, test_size=6, load=load, generated=True,
    )  # fmt: skip
    return info, made


REQUEST = Request(train=20, test=6, seed=3, knobs={"noise": 0.5})


def files():
    return sorted((cache_folder() / "generated").glob("*"))


def test_the_second_time_it_is_read(generator, finish):
    info, made = generator
    first, second = finish(cached(info, REQUEST)), finish(cached(info, REQUEST))
    assert len(made) == 1
    np.testing.assert_array_equal(first.train.images, second.train.images)
    np.testing.assert_array_equal(first.test.labels, second.test.labels)
    assert second.class_names == first.class_names
    assert second.notes == first.notes
    assert not second.train.images.flags.writeable


@pytest.mark.parametrize("change", [{"train": 21}, {"test": 7}, {"seed": 4}, {"knobs": {"noise": 0.6}}])
def test_whatever_decides_the_pictures_decides_the_file(generator, finish, change):
    info, made = generator
    finish(cached(info, REQUEST))
    finish(cached(info, replace(REQUEST, **change)))
    assert len(made) == 2


def test_other_code_makes_other_files(generator, finish, monkeypatch):
    info, made = generator
    finish(cached(info, REQUEST))
    monkeypatch.setattr(_cache, "_generator_version", lambda _: "changed")
    finish(cached(info, REQUEST))
    assert len(made) == 2


def test_the_version_is_of_the_files_contents(monkeypatch, tmp_path):
    (tmp_path / "a.py").write_text("one")
    monkeypatch.setattr(_cache, "_PACKAGE", tmp_path)
    version = _cache._generator_version.__wrapped__
    before = version("made")
    (tmp_path / "a.py").write_text("two")
    assert version("made") != before


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "text", "other shape"])
def test_a_damaged_file_is_made_again(generator, finish, harm):
    info, made = generator
    expected = finish(cached(info, REQUEST))
    [path] = files()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 0xFF
    if harm == "other shape":
        np.savez(path, train_images=np.zeros((2, 1, 3, 3), np.uint8), train_labels=np.zeros(2, np.int64),
                 test_images=np.zeros((2, 1, 3, 3), np.uint8), test_labels=np.zeros(2, np.int64),
                 class_names=np.array(["a"]), notes=np.array([], np.str_))  # fmt: skip
    else:
        path.write_bytes({"cut": whole[:-200], "flip": bytes(flipped), "empty": b"", "text": b"hello"}[harm])
    again = finish(cached(info, REQUEST))
    assert len(made) == 2
    np.testing.assert_array_equal(again.train.images, expected.train.images)
    finish(cached(info, REQUEST))
    assert len(made) == 2


def test_a_place_that_cannot_be_written_is_a_note(generator, finish, home):
    info, _ = generator
    home.mkdir(parents=True)
    (home / "cache").write_text("a file is in the way")
    loaded = finish(cached(info, REQUEST))
    assert len(loaded.train) == 20
    assert loaded.notes[0] == "note"
    assert "could not be kept" in loaded.notes[1]


def test_the_oldest_goes_when_it_is_full(generator, finish, monkeypatch):
    info, made = generator
    for seed in range(3):
        finish(cached(info, replace(REQUEST, seed=seed)))
        os.utime(max(files(), key=lambda path: path.stat().st_mtime_ns), ns=(seed + 1, seed + 1))
    size = files()[0].stat().st_size
    monkeypatch.setattr(limits, "DATA_CACHE_BYTES", 2 * size + 10)
    finish(cached(info, replace(REQUEST, seed=0)))  # read: now the newest
    finish(cached(info, replace(REQUEST, seed=9)))
    assert len(files()) == 2
    count = len(made)
    finish(cached(info, replace(REQUEST, seed=0)))
    finish(cached(info, replace(REQUEST, seed=9)))
    assert len(made) == count


def test_closing_leaves_nothing(generator):
    info, made = generator
    work = cached(info, REQUEST)
    next(work)
    next(work)
    work.close()
    assert not made
    assert not (cache_folder() / "generated").exists()
