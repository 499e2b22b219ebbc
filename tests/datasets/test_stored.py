"""Published sets: found, fetched into torchvision's layout, read as torchvision reads them."""

from __future__ import annotations

import hashlib
import importlib
import io
import tarfile
import zipfile

import numpy as np
import pytest

from cnnstudio.core.dataset import Request
from cnnstudio.core.errors import StudioError
from cnnstudio.core.paths import data_folder
from cnnstudio.datasets import find, load
from cnnstudio.datasets._torchvision import import_torchvision
from tests.datasets.files import (
    IDX_SETS,
    cifar_files,
    idx_bytes,
    idx_files,
    packed,
    write_cifar,
    write_idx,
)

GZIPPED = ("mnist", "fashion_mnist", "kmnist")


def read(finish, name, **request):
    return finish(load(find(name).info, Request(download=request.pop("download", False), **request)))


@pytest.fixture
def torchvision_set():
    """What torchvision itself reads: uint8 [n, 28, 28] as it shows them, and its labels."""
    datasets = import_torchvision().datasets

    def open_set(name, root, train):
        if name.startswith("emnist"):
            found = datasets.EMNIST(root, split=name.removeprefix("emnist_"), train=train, download=False)
            return found.data.numpy().transpose(0, 2, 1), found.targets.numpy() - (name == "emnist_letters")
        found = getattr(datasets, IDX_SETS[name][0])(root, train=train, download=False)
        return found.data.numpy(), found.targets.numpy()

    return open_set


@pytest.mark.parametrize("name", IDX_SETS)
def test_torchvision_reads_the_same(name, tmp_path, finish, torchvision_set):
    write_idx(tmp_path, name)
    loaded = read(finish, name, root=tmp_path)
    for pictures, train in ((loaded.train, True), (loaded.test, False)):
        images, labels = torchvision_set(name, tmp_path, train)
        np.testing.assert_array_equal(pictures.images[:, 0], images)
        np.testing.assert_array_equal(pictures.labels, labels)
        assert pictures.labels.dtype == np.int64


@pytest.mark.parametrize("below", [(), ("MNIST",), ("MNIST", "raw")])
def test_the_root_may_be_the_sets_own_folder(below, tmp_path, finish):
    write_idx(tmp_path, "mnist")
    assert len(read(finish, "mnist", root=tmp_path.joinpath(*below)).test) == 40


def test_another_sets_folder_is_not_taken_for_it(tmp_path, finish):
    raw = write_idx(tmp_path, "mnist")
    with pytest.raises(StudioError, match="Fashion-MNIST are not on this computer"):
        read(finish, "fashion_mnist", root=raw.parent)


def test_the_programs_own_folder_is_looked_into_too(tmp_path, finish):
    write_idx(data_folder(), "kmnist")
    assert len(read(finish, "kmnist", root=tmp_path).train) == 120


@pytest.mark.parametrize("root", ["given", None])
def test_missing_files_are_one_sentence(root, tmp_path, finish):
    with pytest.raises(StudioError) as caught:
        read(finish, "mnist", root=tmp_path if root else None)
    report = caught.value.report
    assert report.what == "The files of MNIST are not on this computer."
    assert "train-images-idx3-ubyte" in report.cause
    assert "digits" in report.remedy


def test_a_set_is_cut_by_the_seed_with_all_classes(tmp_path, finish):
    write_idx(tmp_path, "mnist")
    first, same, other = (read(finish, "mnist", root=tmp_path, train=30, seed=seed).train for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, same.images)
    assert (first.images != other.images).any()
    assert np.bincount(first.labels).tolist() == [3] * 10


class TestDamage:
    @pytest.fixture
    def raw(self, tmp_path):
        return write_idx(tmp_path, "mnist")

    @pytest.mark.parametrize("which", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
    @pytest.mark.parametrize("harm", ["empty", "short", "long", "text", "dimensions", "nothing", "huge"])
    def test_the_sentence_names_the_file(self, raw, which, harm, finish, tmp_path):
        path = raw / which
        whole = path.read_bytes()
        header = 16 if "images" in which else 8
        path.write_bytes({
            "empty": b"", "short": whole[:-1], "long": whole + b"x", "text": b"<html>not found</html>" * 9,
            "dimensions": bytes([0, 0, 8, 2]) + whole[4:],
            "nothing": whole[:4] + bytes(4) + whole[8:header],
            "huge": whole[:4] + b"\xff" * (header - 4) + whole[header:],
        }[harm])  # fmt: skip
        with pytest.raises(StudioError, match=which + " is damaged"):
            read(finish, "mnist", root=tmp_path)

    def test_labels_that_do_not_belong(self, raw, finish, tmp_path):
        labels = raw / "train-labels-idx1-ubyte"
        for wrong, words in (
            (np.full(120, 10, np.uint8), "outside 0 to 9"),
            (np.zeros(7, np.uint8), "7 labels for 120"),
        ):
            labels.write_bytes(idx_bytes(wrong))
            with pytest.raises(StudioError, match=words):
                read(finish, "mnist", root=tmp_path)

    def test_pictures_of_another_size(self, raw, finish, tmp_path):
        (raw / "train-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((120, 20, 28), np.uint8)))
        with pytest.raises(StudioError, match="20 x 28 pixels, not 28 x 28"):
            read(finish, "mnist", root=tmp_path)


class TestFetching:
    @pytest.mark.parametrize("name", GZIPPED)
    def test_gzip_sets(self, name, server, monkeypatch, finish, torchvision_set):
        published = getattr(import_torchvision().datasets, IDX_SETS[name][0])
        archives = {f"{file}.gz": packed(contents) for file, contents in idx_files(name).items()}
        server.files = {f"/{file}": contents for file, contents in archives.items()}
        resources = [(file, hashlib.md5(contents).hexdigest()) for file, contents in archives.items()]
        monkeypatch.setattr(published, "resources", resources)
        monkeypatch.setattr(published, "mirrors", [server.address + "nowhere/", server.address])
        loaded = read(finish, name, download=True)
        np.testing.assert_array_equal(loaded.train.images[:, 0], torchvision_set(name, data_folder(), True)[0])
        there = (data_folder() / IDX_SETS[name][0] / "raw").iterdir()
        assert sorted(path.name for path in there) == sorted(idx_files(name))
        count = len(server.asked)
        read(finish, name, download=True)
        assert len(server.asked) == count

    def test_both_emnist_sets_come_out_of_one_archive(self, server, monkeypatch, finish, torchvision_set):
        published = import_torchvision().datasets.EMNIST
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in ("emnist_digits", "emnist_letters"):
                for file, contents in idx_files(name).items():
                    archive.writestr(f"gzip/{file}.gz", packed(contents))
            archive.writestr("gzip/emnist-byclass-train-images-idx3-ubyte.gz", packed(b"not wanted"))
            archive.writestr("../../emnist-digits-evil.gz", packed(b"outside"))
        server.files["/gzip.zip"] = buffer.getvalue()
        monkeypatch.setattr(published, "url", server.address + "gzip.zip")
        monkeypatch.setattr(published, "md5", hashlib.md5(buffer.getvalue()).hexdigest())
        read(finish, "emnist_letters", download=True)
        digits = read(finish, "emnist_digits", download=False)
        np.testing.assert_array_equal(
            digits.test.images[:, 0], torchvision_set("emnist_digits", data_folder(), False)[0]
        )
        assert not list(data_folder().rglob("*byclass*"))
        assert not (data_folder().parent / "emnist-digits-evil").exists()
        assert not list(data_folder().rglob("*.zip"))

    def test_cifar10(self, server, monkeypatch, finish, tmp_path):
        published = import_torchvision().datasets.CIFAR10
        files = cifar_files(tmp_path)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, contents in {**files, "../../evil": b"outside"}.items():
                member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
                member.size = len(contents)
                archive.addfile(member, io.BytesIO(contents))
        server.files["/c.tar.gz"] = buffer.getvalue()
        sums = {name: hashlib.md5(contents).hexdigest() for name, contents in files.items()}
        monkeypatch.setattr(published, "url", server.address + "c.tar.gz")
        monkeypatch.setattr(published, "tgz_md5", hashlib.md5(buffer.getvalue()).hexdigest())
        monkeypatch.setattr(
            published, "train_list", [[f"data_batch_{n}", sums[f"data_batch_{n}"]] for n in range(1, 6)]
        )
        monkeypatch.setattr(published, "test_list", [["test_batch", sums["test_batch"]]])
        monkeypatch.setattr(published, "meta", published.meta | {"md5": sums["batches.meta"]})
        loaded = read(finish, "cifar10", download=True)
        theirs = published(data_folder(), train=True, download=False)
        np.testing.assert_array_equal(loaded.train.images, theirs.data.transpose(0, 3, 1, 2))
        assert loaded.train.labels.tolist() == theirs.targets
        assert sorted(path.name for path in (data_folder() / "cifar-10-batches-py").iterdir()) == sorted(files)

    def test_offline_is_one_sentence(self, server, monkeypatch, finish):
        published = import_torchvision().datasets.MNIST
        monkeypatch.setattr(published, "mirrors", [server.address])
        with pytest.raises(StudioError, match="could not be downloaded") as caught:
            read(finish, "mnist", download=True)
        assert "\n" not in caught.value.report.sentence

    def test_closing_in_the_middle_leaves_nothing_with_a_finished_name(self, server, monkeypatch):
        published = import_torchvision().datasets.MNIST
        contents = packed(np.random.default_rng(0).bytes(200_000))
        server.files["/train-images-idx3-ubyte.gz"] = contents
        server.hold["/train-images-idx3-ubyte.gz"] = 70_000
        monkeypatch.setattr(published, "mirrors", [server.address])
        work = load(find("mnist").info, Request())
        next(event for event in work if event.fraction)
        work.close()
        names = [path.name for path in (data_folder() / "MNIST" / "raw").iterdir()]
        assert names == ["train-images-idx3-ubyte.gz.part"]

    def test_a_cache_that_cannot_be_written_is_a_sentence(self, home, finish):
        home.mkdir(parents=True)
        (home / "cache").write_text("a file is in the way")
        with pytest.raises(StudioError, match="Making the folder"):
            read(finish, "mnist", download=True)


class TestCifarPickles:
    def test_what_torchvision_would_read_is_read(self, tmp_path, finish):
        write_cifar(tmp_path, tmp_path)
        loaded = read(finish, "cifar10", root=tmp_path)
        assert loaded.train.images.shape == (100, 3, 32, 32)
        np.testing.assert_array_equal(loaded.test.images.reshape(20, -1), _test_batch_pixels())

    def test_a_pickle_that_calls_something_is_refused(self, tmp_path, finish):
        folder = write_cifar(tmp_path, tmp_path)
        mark = tmp_path / "it ran"
        call = f"cpathlib\nPath\n(V{mark}\ntR".encode()
        for evil in (
            b"cos\nmkdir\n(V" + str(mark).encode() + b"\ntR.",
            call + b".",
            b"cnumpy\nload\n(V/etc/passwd\ntR.",
        ):
            (folder / "data_batch_3").write_bytes(evil)
            with pytest.raises(StudioError, match="data_batch_3 is damaged"):
                read(finish, "cifar10", root=tmp_path)
        assert not mark.exists()

    @pytest.mark.parametrize("contents", [b"", b"text", b"N.", b"]."])
    def test_damaged_batches(self, contents, tmp_path, finish):
        folder = write_cifar(tmp_path, tmp_path)
        (folder / "test_batch").write_bytes(contents)
        with pytest.raises(StudioError, match="test_batch is damaged"):
            read(finish, "cifar10", root=tmp_path)


def _test_batch_pixels() -> np.ndarray:
    rng = np.random.default_rng(5)
    rng.permutation(np.arange(20) % 10)
    return rng.integers(0, 256, (20, 3072), np.uint8)


def test_torchvision_is_imported_once():
    module = import_torchvision()
    assert import_torchvision() is module
    assert importlib.import_module("torchvision.transforms.v2")
