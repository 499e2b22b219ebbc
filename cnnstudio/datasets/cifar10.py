"""CIFAR-10: small colour photographs of ten kinds of things."""

from __future__ import annotations

import pickle
import tarfile
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from cnnstudio.core.dataset import DatasetInfo, Images, Labels, Loaded, Loading, Progress, Request
from cnnstudio.core.errors import StudioError
from cnnstudio.datasets._idx import damaged
from cnnstudio.datasets._stored import cut, locate
from cnnstudio.datasets._torchvision import import_torchvision
from cnnstudio.datasets._unpack import Fetching, copy_to

CLASSES: Final = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
FOLDER: Final = "cifar-10-batches-py"
TRAIN: Final = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST: Final = "test_batch"
META: Final = "batches.meta"  # torchvision asks for it; the class names stand above


class _ArraysOnly(pickle.Unpickler):
    """Reads a pickle that may hold arrays, bytes, numbers, lists and dictionaries, and nothing that can be called.

    CIFAR-10 is published as pickles, which may run any code when they are read. The program reads no others, and here
    every name is refused but the three that an array is rebuilt with, none of which does anything else.
    """

    _REBUILD: Final = {
        "_reconstruct": np.zeros(0).__reduce__()[0],
        "ndarray": np.ndarray,
        "dtype": np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "numpy" and name in self._REBUILD:
            return self._REBUILD[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an array")


def read_batch(path: Path) -> tuple[Images, Labels]:
    """Reads one file of CIFAR-10's python version.

    Returns:
        uint8 [n, 3, 32, 32] and int64 [n].

    Raises:
        StudioError: The file is damaged or is something else.
    """
    try:
        with path.open("rb") as file:
            batch = _load(file)
        images = np.asarray(batch["data"])
        labels = np.asarray(batch["labels"])
    except (pickle.UnpicklingError, OSError, EOFError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise damaged(path, f"It is not one of CIFAR-10's files ({error}).") from None
    if images.dtype != np.uint8 or images.shape != (len(labels), 3 * 32 * 32) or labels.dtype.kind != "i":
        raise damaged(path, "Its pictures and labels are not in CIFAR-10's form.")
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= len(CLASSES):
        raise damaged(path, "Its labels are not in CIFAR-10's form.")
    return images.reshape(-1, 3, 32, 32), labels.astype(np.int64)


def _load(file: IO[bytes]) -> Any:
    return _ArraysOnly(file, encoding="latin1").load()  # written by Python 2, whose text was bytes


def fetch_cifar(folder: Path) -> Fetching:
    """Fetches the archive of 170 MB and takes the batches out of it."""
    from cnnstudio.datasets._download import fetch

    published = import_torchvision().datasets.CIFAR10
    archive = folder.parent / published.filename
    yield from fetch([published.url], archive, published.tgz_md5)
    try:
        with tarfile.open(archive, "r:gz") as packed:
            for member in packed:
                name = Path(member.name).name  # never the path that the archive says
                stream = packed.extractfile(member) if name in (*TRAIN, TEST, META) and member.isfile() else None
                if stream is not None:
                    with stream:
                        yield from copy_to(stream, folder / name)
    except tarfile.TarError:
        raise StudioError(f"{archive.name} is damaged.", remedy=f"Delete {archive} and try again.") from None
    archive.unlink()


def load(request: Request) -> Loading:
    """Reads the set, fetching it first where it is missing and may be fetched."""
    folder = yield from locate("CIFAR-10", Path(FOLDER), (*TRAIN, TEST, META), request, fetch_cifar)
    batches = []
    for number, name in enumerate(TRAIN):
        yield Progress(number / 6, "reading CIFAR-10")
        batches.append(read_batch(folder / name))
    images = np.concatenate([pixels for pixels, _ in batches])
    labels = np.concatenate([numbers for _, numbers in batches])
    yield Progress(5 / 6, "reading CIFAR-10")
    test_images, test_labels = read_batch(folder / TEST)
    train = cut(images, labels, request.train, request.seed)
    return Loaded(train, cut(test_images, test_labels, request.test, request.seed), CLASSES)


DATASET = DatasetInfo(
    id="cifar10",
    title="CIFAR-10",
    order=90,
    sentence="Small colour photographs of animals and vehicles: here a convolution gains most, and nothing is easy.",
    source="A. Krizhevsky, Learning multiple layers of features from tiny images, 2009.",
    licence="None stated; free for research and teaching by custom",
    shape=(3, 32, 32),
    class_names=CLASSES,
    train_size=50_000,
    test_size=10_000,
    load=load,
    race={"examples": 20_000, "batch_size": 128, "epochs": 6, "schedule": "warmup_linear"},
)
