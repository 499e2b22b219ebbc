"""Folders of pictures: any layout, any sizes, and every way in which they are wrong."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Look, Request
from cnnstudio.core.errors import StudioError
from cnnstudio.core.framing import frame
from cnnstudio.datasets import find, load, look, prepare, remember_look, set_sizes
from cnnstudio.datasets._torchvision import import_torchvision


def read(finish, root, **request):
    found = find(f"folder:{root}")
    return finish(load(found.info, Request(path=found.path, **request)))


def fill(folder, count, size=(40, 30), seed=0, colour=True, ending="png"):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        shape = (size[1], size[0], 3) if colour else (size[1], size[0])
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(folder / f"{number:03}.{ending}")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "Bilder für Zoë"
    fill(folder / "cat", 10, seed=1)
    fill(folder / "a dog", 10, (64, 100), seed=2, ending="jpg")
    return folder


class TestLayouts:
    def test_classes_are_the_folders_as_torchvision_finds_them(self, root, finish):
        loaded = read(finish, root)
        theirs = import_torchvision().datasets.ImageFolder(root)
        assert loaded.class_names == tuple(theirs.classes)
        assert len(loaded.train) + len(loaded.test) == len(theirs)
        assert loaded.train.images.shape[1:] == (3, 32, 32)
        assert np.bincount(loaded.test.labels).tolist() == [2, 2]

    @pytest.mark.parametrize("test", ["test", "val", "Validation"])
    def test_train_and_test_folders_are_followed(self, tmp_path, finish, test):
        for part, count in (("train", 6), (test, 3)):
            for number, name in enumerate(("x", "y")):
                fill(tmp_path / part / name, count, seed=number)
        loaded = read(finish, tmp_path)
        assert (len(loaded.train), len(loaded.test)) == (12, 6)
        assert loaded.class_names == ("x", "y")

    def test_pictures_deeper_down_count_and_hidden_ones_do_not(self, root, finish):
        fill(root / "cat" / "more" / "deeper", 4, seed=9)
        fill(root / ".thumbnails", 3)
        fill(root / "cat" / ".cache", 3)
        (root / "cat" / ".DS_Store").write_bytes(b"x")
        (root / "cat" / "._001.png").write_bytes(b"x")
        (root / "cat" / "notes.txt").write_text("about cats")
        loaded = read(finish, root)
        assert len(loaded.train) + len(loaded.test) == 24
        assert loaded.notes == ()

    @pytest.mark.skipif(os.name == "nt", reason="links need rights there")
    def test_links_in_a_circle_end(self, root, finish):
        (root / "cat" / "again").symlink_to(root / "cat", target_is_directory=True)
        (root / "cat" / "up").symlink_to(root, target_is_directory=True)
        (root / "cat" / "gone.png").symlink_to(root / "nowhere.png")
        loaded = read(finish, root)
        assert "gone.png" in loaded.notes[0]

    def test_the_same_test_pictures_for_every_seed(self, root, finish):
        one, two = read(finish, root, seed=1), read(finish, root, seed=2)
        np.testing.assert_array_equal(one.test.images, two.test.images)

    def test_a_race_can_be_prepared(self, root, finish):
        prepared = finish(prepare(RaceConfig(dataset=f"folder:{root}", examples=4_000)))
        assert (len(prepared.train), len(prepared.validation), len(prepared.test)) == (14, 2, 4)
        assert prepared.shape == (3, 32, 32)
        assert prepared.class_names == ("a dog", "cat")


class TestSmallFolders:
    """Whatever the sizes of the classes, each is learned, watched and measured if it has three pictures."""

    @pytest.mark.parametrize(
        "counts", [(4, 4, 4), (3, 3, 3), (3, 100, 3, 50), (3,) * 12, (60, 3), (5, 4, 3, 30, 3, 3), (2, 3), (1, 2, 3, 9)]
    )
    @pytest.mark.parametrize("seed", [0, 1, 7])
    def test_every_class_with_three_pictures_is_in_all_three_sets(self, tmp_path, finish, counts, seed):
        for number, count in enumerate(counts):
            fill(tmp_path / f"class {number:02}", count, (5, 5), number)
        prepared = finish(prepare(RaceConfig(dataset=f"folder:{tmp_path}", seed=seed)))
        there = np.array(counts)
        sets = (prepared.train, prepared.validation, prepared.test)
        train, validation, test = (np.bincount(part.labels, minlength=len(counts)) for part in sets)
        np.testing.assert_array_equal(train + validation + test, there)
        assert train.min() > 0
        assert validation[there >= 3].min() > 0
        assert test[there >= 2].min() > 0
        assert train.sum() >= validation.sum()

    def test_what_is_missing_is_said(self, tmp_path, finish):
        for name, count in (("rare", 1), ("some", 2), ("many", 9)):
            fill(tmp_path / name, count, (5, 5))
        prepared = finish(prepare(RaceConfig(dataset=f"folder:{tmp_path}")))
        assert prepared.look.notes == (
            "No picture of 'rare', 'some' is in the validation set: there are too few.",
            "No picture of 'rare' is in the test set: how well that is read cannot be measured.",
        )
        assert prepared.notes[:2] == prepared.look.notes


class TestLooks:
    """The card of a folder says what was seen in it."""

    def test_a_card_knows_nothing_before_the_first_look(self, root):
        info = find(f"folder:{root}").info
        assert not info.counted
        assert info.class_names == ()
        assert set_sizes(info, 4_000) is None
        assert look(f"folder:{root}") is None

    def test_a_look_is_on_the_card_of_this_folder_alone(self, root, tmp_path, finish):
        key, other = f"folder:{root}", f"folder:{tmp_path / 'other'}"
        prepared = finish(prepare(RaceConfig(dataset=key)))
        assert remember_look(key, prepared.look)
        assert not remember_look(key, prepared.look)
        info = find(key).info
        assert (info.train_size, info.test_size, info.class_names) == (16, 4, ("a dog", "cat"))
        assert info is find(key).info
        assert look(key) == prepared.look
        assert not find(other).info.counted

    @pytest.mark.parametrize("examples", [1, 5, 14, 15, 4_000])
    def test_the_sizes_of_a_race_are_known_beforehand(self, root, finish, examples):
        key = f"folder:{root}"
        remember_look(key, finish(prepare(RaceConfig(dataset=key, examples=5))).look)
        prepared = finish(prepare(RaceConfig(dataset=key, examples=examples)))
        assert set_sizes(find(key).info, examples) == (len(prepared.train), len(prepared.validation))

    def test_a_grey_folder_is_grey(self, tmp_path, finish):
        for number, name in enumerate(("x", "y")):
            fill(tmp_path / name, 5, (50, 50), number, colour=False)
        key = f"folder:{tmp_path}"
        remember_look(key, finish(prepare(RaceConfig(dataset=key))).look)
        assert find(key).info.shape == (1, 32, 32)

    def test_only_sets_that_take_a_path_are_looked_at(self):
        assert not remember_look("digits", Look((3, 9, 9), ("a",), 1, 1))
        assert find("digits").info.shape == (1, 28, 28)


class TestSizes:
    def test_small_pictures_are_28_and_grey_ones_have_one_channel(self, tmp_path, finish):
        for number, name in enumerate(("x", "y")):
            fill(tmp_path / name, 5, (20, 24), number, colour=False)
        assert read(finish, tmp_path).train.images.shape[1:] == (1, 28, 28)

    def test_one_colour_picture_makes_all_of_them_colour(self, tmp_path, finish):
        for number, name in enumerate(("x", "y")):
            fill(tmp_path / name, 5, (50, 50), number, colour=False)
        assert read(finish, tmp_path).train.images.shape[1:] == (1, 32, 32)
        Image.new("RGB", (50, 50), "red").save(tmp_path / "x" / "red.png")
        assert read(finish, tmp_path).train.images.shape[1:] == (3, 32, 32)


class TestDigits:
    @pytest.fixture
    def pictures(self):
        """White strokes on black, framed as MNIST's."""
        rng = np.random.default_rng(0)
        return [frame(np.pad(rng.integers(0, 256, (60, 40), np.uint8), 50)) for _ in range(20)]

    def test_pictures_of_the_data_set_stay_as_they_are(self, tmp_path, finish, pictures):
        for number, picture in enumerate(pictures):
            (tmp_path / str(number % 10)).mkdir(exist_ok=True)
            Image.fromarray(picture).save(tmp_path / str(number % 10) / f"{number}.png")
        loaded = read(finish, tmp_path)
        kept = {image.tobytes() for image in (*loaded.train.images, *loaded.test.images)}
        assert kept == {picture.tobytes() for picture in pictures}
        assert loaded.class_names == tuple("0123456789")

    def test_scans_are_framed(self, tmp_path, finish, pictures):
        for number, picture in enumerate(pictures):
            (tmp_path / str(number % 2)).mkdir(exist_ok=True)
            scan = 255 - np.pad(np.kron(picture, np.ones((5, 5), np.uint8)), ((10, 200), (90, 30)))
            Image.fromarray(scan).save(tmp_path / str(number % 2) / f"{number}.png")
        loaded = read(finish, tmp_path)
        assert loaded.train.images.shape[1:] == (1, 28, 28)
        framed = np.concatenate([loaded.train.images, loaded.test.images])[:, 0].astype(int)
        for picture in pictures:
            assert np.abs(framed - picture).mean(axis=(1, 2)).min() < 2


class TestBadFolders:
    def test_unreadable_files_are_named_and_skipped(self, root, finish):
        for number in range(5):
            (root / "cat" / f"broken{number}.png").write_text("no picture")
        loaded = read(finish, root)
        assert len(loaded.train) + len(loaded.test) == 20
        assert loaded.notes == (
            "5 files could not be read and were skipped: broken0.png, broken1.png, broken2.png and others.",
        )
        (root / "cat" / "000.png").write_bytes((root / "cat" / "000.png").read_bytes()[:100])
        assert read(finish, root).notes[0].startswith("6 files")

    def test_animations_are_counted(self, root, finish):
        frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "green")]
        frames[0].save(root / "cat" / "a.gif", save_all=True, append_images=frames[1:])
        assert "1 of the pictures are animated" in read(finish, root).notes[0]

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda root: None, "has no folders in it"),
            (lambda root: fill(root, 3), "has no folders in it"),
            (lambda root: fill(root / "cat", 3), "has only one class"),
            (lambda root: [(root / name).mkdir() for name in "ab"], "has no pictures in it"),
            (lambda root: [fill(root / "a", 3), (root / "b").mkdir()], "The class 'b' of .* has no pictures"),
            (lambda root: [fill(root / "a", 3), (root / "b").mkdir(), (root / "b" / "x.png").touch()], "could be read"),
            (lambda root: [fill(root / "train" / "a", 3), fill(root / "train" / "b", 3), fill(root / "test" / "c", 3)],
             "The class 'c' of .* learn from. They are all in the test folder"),
            (lambda root: [fill(root / name, 1) for name in "ab"], "Its only picture is needed for the test"),
        ],
    )  # fmt: skip
    def test_each_gets_a_sentence(self, tmp_path, finish, make, words):
        root = tmp_path / "pictures"
        root.mkdir()
        make(root)
        with pytest.raises(StudioError, match=words) as caught:
            read(finish, root)
        assert caught.value.report.remedy

    def test_missing_or_a_file(self, tmp_path, finish):
        (tmp_path / "file").touch()
        for path in (tmp_path / "nowhere", tmp_path / "file"):
            with pytest.raises(StudioError, match="There is no folder"):
                read(finish, path)

    def test_too_many(self, root, finish, monkeypatch):
        monkeypatch.setattr(limits, "FOLDER_PICTURES", 15)
        with pytest.raises(StudioError, match="more than 15 pictures"):
            read(finish, root)

    def test_reading_hands_over_often(self, root, monkeypatch):
        monkeypatch.setattr(limits, "SLICE_S", 0.0)
        found = find(f"folder:{root}")
        work = load(found.info, Request(path=found.path))
        texts = [event.text for event in work]
        assert "reading pictures, 20 of 20" in texts
        assert len(texts) > 20
        cancelled = load(found.info, Request(path=found.path))
        next(event for event in cancelled if event.fraction)
        cancelled.close()
