"""Files in torchvision's layout made by the tests, and what a small file server does with them."""

from __future__ import annotations

import gzip
import http.server
import pickle
import struct
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np


def exhaust(work: Generator) -> tuple[list, Any]:
    """Everything a generator yields, and what it returns."""
    events = []
    while True:
        try:
            events.append(next(work))
        except StopIteration as end:
            return events, end.value


def idx_bytes(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def make_pair(count: int, classes: int, seed: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random 28 x 28 pictures, every class as often as the others, in random order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % classes) + first
    return rng.integers(0, 256, (count, 28, 28), np.uint8), labels.astype(np.uint8)


IDX_SETS = {
    "mnist": ("MNIST", "train", "t10k", 10, 0),
    "fashion_mnist": ("FashionMNIST", "train", "t10k", 10, 0),
    "kmnist": ("KMNIST", "train", "t10k", 10, 0),
    "emnist_digits": ("EMNIST", "emnist-digits-train", "emnist-digits-test", 10, 0),
    "emnist_letters": ("EMNIST", "emnist-letters-train", "emnist-letters-test", 26, 1),
}


def idx_files(dataset: str, train: int = 120, test: int = 40) -> dict[str, bytes]:
    """The four files of one set, by name, unpacked."""
    _, train_name, test_name, classes, first = IDX_SETS[dataset]
    files = {}
    for name, count, seed in ((train_name, train, 1), (test_name, test, 2)):
        images, labels = make_pair(count, classes, seed, first)
        files[f"{name}-images-idx3-ubyte"] = idx_bytes(images)
        files[f"{name}-labels-idx1-ubyte"] = idx_bytes(labels)
    return files


def write_idx(root: Path, dataset: str, train: int = 120, test: int = 40) -> Path:
    raw = root / IDX_SETS[dataset][0] / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for name, contents in idx_files(dataset, train, test).items():
        (raw / name).write_bytes(contents)
    return raw


class _Python2Pickler(pickle._Pickler):
    """Writes text and bytes as Python 2 did, in which CIFAR-10 was published."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_text(self, value):
        contents = value if isinstance(value, bytes) else value.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(contents)) + contents)
        self.memoize(value)

    dispatch[bytes] = save_text
    dispatch[str] = save_text


def python2_pickle(value: Any, tmp: Path) -> bytes:
    with tmp.open("wb") as file:
        _Python2Pickler(file, protocol=2).dump(value)
    return tmp.read_bytes().replace(b"cnumpy._core.", b"cnumpy.core.")


def cifar_files(tmp: Path, count: int = 20) -> dict[str, bytes]:
    """The seven files of CIFAR-10, by name, with `count` pictures in each batch."""
    files = {}
    names = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]
    for seed, name in enumerate(names):
        rng = np.random.default_rng(seed)
        batch = {
            "batch_label": name,
            "labels": [int(label) for label in rng.permutation(np.arange(count) % 10)],
            "data": rng.integers(0, 256, (count, 3072), np.uint8),
        }
        files[name] = python2_pickle(batch, tmp / "pickle.tmp")
    files["batches.meta"] = python2_pickle({"label_names": list("abcdefghij")}, tmp / "pickle.tmp")
    return files


def write_cifar(root: Path, tmp: Path, count: int = 20) -> Path:
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True, exist_ok=True)
    for name, contents in cifar_files(tmp, count).items():
        (folder / name).write_bytes(contents)
    return folder


@dataclass
class Server:
    """A file server on this computer that can misbehave.

    `files` are served by path. `cut` breaks a path's connection after so many bytes, once for every number in its
    list; `hold` sends that many bytes and then waits for `release`.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, list[int]] = field(default_factory=dict)
    hold: dict[str, int] = field(default_factory=dict)
    ranges: bool = True
    release: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


def handler(server: Server) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.asked.append((self.path, wanted))
            contents = server.files.get(self.path)
            if contents is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges else 0
            if start >= len(contents):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(contents) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(contents) - 1}/{len(contents)}")
            self.end_headers()
            cuts = server.cut.get(self.path)
            end = start + cuts.pop(0) if cuts else len(contents)
            if self.path in server.hold:
                middle = server.hold[self.path]
                self.wfile.write(contents[start:middle])
                self.wfile.flush()
                server.release.wait(20)
                start = middle
            try:
                self.wfile.write(contents[start:end])
            except OSError:
                self.close_connection = True

        def log_message(self, *args) -> None:
            pass

    return Handler


def packed(contents: bytes) -> bytes:
    return gzip.compress(contents, mtime=0)
