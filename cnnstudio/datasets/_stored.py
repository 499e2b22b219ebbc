"""Published sets in torchvision's layout: found, fetched, read and cut."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Loaded, Loading, Pictures, Progress, Request
from cnnstudio.core.errors import StudioError
from cnnstudio.core.paths import data_folder
from cnnstudio.datasets._idx import read_pair
from cnnstudio.datasets._split import choose
from cnnstudio.datasets._torchvision import import_torchvision
from cnnstudio.datasets._unpack import Fetching, unpack_gzip


@dataclass(frozen=True, slots=True)
class IdxSet:
    """A set of four IDX files, as torchvision keeps it.

    Attributes:
        title: For sentences.
        folder: torchvision's class, which also names the folder: files lie in `<root>/<folder>/raw`.
        train: How the names of the two training files begin.
        test: How the names of the two test files begin.
        class_names: One per class.
        first: The number that the files give to the first class.
        sideways: Whether rows and columns are exchanged in the files.
        fetch: Brings the files into a folder.
    """

    title: str
    folder: str
    train: str
    test: str
    class_names: tuple[str, ...]
    fetch: Callable[[Path], Fetching]
    first: int = 0
    sideways: bool = False

    def files(self) -> tuple[str, str, str, str]:
        """Training pictures and labels, test pictures and labels."""
        images, labels = "images-idx3-ubyte", "labels-idx1-ubyte"
        return f"{self.train}-{images}", f"{self.train}-{labels}", f"{self.test}-{images}", f"{self.test}-{labels}"

    def load(self, request: Request) -> Loading:
        """Reads the set, fetching it first where it is missing and may be fetched."""
        names = self.files()
        needed = names[2:] if request.measure else names
        raw = yield from locate(self.title, Path(self.folder) / "raw", needed, request, self.fetch)
        yield Progress(None, f"reading {self.title}")
        train = None if request.measure else self._read(raw / names[0], raw / names[1], request.train, request.seed)
        yield Progress(0.8, f"reading {self.title}")
        test = self._read(raw / names[2], raw / names[3], request.test, request.seed)
        return Loaded(test.take(slice(0)) if train is None else train, test, self.class_names)

    def _read(self, images: Path, labels: Path, size: int | None, seed: int) -> Pictures:
        pixels, numbers = read_pair(images, labels, (28, 28), len(self.class_names), self.first)
        if self.sideways:
            pixels = pixels.transpose(0, 2, 1)
        return cut(pixels[:, None], numbers, size, seed)


def cut(images: NDArray[np.uint8], labels: NDArray[np.int64], size: int | None, seed: int) -> Pictures:
    """A copy of all pictures, or of `size` of them, chosen by the seed with the classes in proportion."""
    if size is None or size >= len(labels):
        return Pictures(np.array(images, order="C"), np.array(labels))
    index = choose(labels, size, seed)
    return Pictures(np.ascontiguousarray(images[index]), labels[index])


def locate(
    title: str, folder: Path, files: tuple[str, ...], request: Request, fetcher: Callable[[Path], Fetching]
) -> Any:
    """Finds the folder that holds the files: the one given, or the program's own, which is filled if it may be.

    Args:
        title: For sentences.
        folder: Where torchvision keeps them, below the root.
        files: What must be there.
        request: Says the root, and whether missing files may be fetched.
        fetcher: Brings the files into a folder.

    Raises:
        StudioError: They are missing and may not or could not be fetched.
    """
    own = data_folder() / folder
    places = [*_places(request.root, folder), own]
    for place in places:
        if all((place / name).is_file() for name in files):
            return place
    if not request.download:
        missing = next(name for name in files if not (places[0] / name).is_file())
        raise StudioError(
            f"The files of {title} are not on this computer.",
            f"{missing} is missing in {places[0]}, and nothing may be downloaded.",
            f"Allow the download, name the folder that holds {folder.as_posix()} with --data-root, "
            "or choose a set that the program makes itself, such as digits.",
        )
    from cnnstudio.datasets._download import make_folder

    make_folder(own)
    yield from fetcher(own)
    lacking = [name for name in files if not (own / name).is_file()]
    if lacking:
        raise StudioError(f"The download of {title} had no {lacking[0]}.", "It was published anew in another form.")
    return own


def _places(root: Path | None, folder: Path) -> list[Path]:
    """Where files may lie below a root, which may be the set's own folder too, by its name."""
    if root is None:
        return []
    root = root.expanduser()
    places = [root / folder]
    own_names = folder.parts
    for depth in range(1, len(own_names) + 1):
        if root.parts[-depth:] == own_names[:depth]:
            places.append(root.joinpath(*own_names[depth:]))
    return places


def fetch_idx(class_name: str, raw: Path) -> Fetching:
    """Fetches MNIST or one of its replacements: four gzip files, from the mirrors that torchvision knows."""
    from cnnstudio.datasets._download import fetch

    published = getattr(import_torchvision().datasets, class_name)
    for name, md5 in published.resources:
        unpacked = raw / name.removesuffix(".gz")
        if unpacked.is_file():
            continue
        packed = raw / name
        yield from fetch([mirror + name for mirror in published.mirrors], packed, md5)
        with packed.open("rb") as stream:
            yield from unpack_gzip(stream, unpacked)
        packed.unlink()


def fetch_emnist(wanted: tuple[str, ...], raw: Path) -> Fetching:
    """Fetches EMNIST's one archive of 560 MB and takes the wanted files out of it.

    Args:
        wanted: How the names of the files to keep begin, as in "emnist-digits".
        raw: Where they go.
    """
    from cnnstudio.datasets._download import fetch

    published = import_torchvision().datasets.EMNIST
    archive = raw / "gzip.zip"
    yield from fetch([published.url], archive, published.md5)
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.namelist():
                name = Path(member).name  # never the path that the archive says
                if name.startswith(wanted) and name.endswith(".gz"):
                    with packed.open(member) as stream:
                        yield from unpack_gzip(stream, raw / name.removesuffix(".gz"))
    except zipfile.BadZipFile:
        raise StudioError(f"{archive.name} is damaged.", remedy=f"Delete {archive} and try again.") from None
    archive.unlink()
