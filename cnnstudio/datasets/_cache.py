"""Generated sets kept on the disk, so that the same set is made once.

A cache only ever saves time: a damaged file is made again, a place that cannot be written to is a note, and a
change to the generating code makes all older files unfindable.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from cnnstudio import __version__
from cnnstudio.core import limits
from cnnstudio.core.dataset import DatasetInfo, Loaded, Loading, Pictures, Progress, Request
from cnnstudio.core.paths import cache_folder, resources

_BROKEN: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, UnicodeDecodeError)
_PACKAGE: Final = Path(__file__).parent


def cached(info: DatasetInfo, request: Request) -> Loading:
    """Loads a generated set from the disk, or makes and keeps it."""
    path = _path(info, request)
    yield Progress(None, f"looking for {info.title}")
    kept = _read(path, info)
    if kept is not None:
        return kept
    loaded = yield from info.load(request)
    try:
        _write(path, loaded)
    except OSError as error:
        note = f"{info.title} could not be kept for next time ({error.strerror or error}): {path.parent}."
        return replace(loaded, notes=(*loaded.notes, note))
    return loaded


def _path(info: DatasetInfo, request: Request) -> Path:
    said = json.dumps(
        [info.id, sorted(request.knobs.items()), request.train, request.test, request.seed, _generator_version(info.id)]
    )
    return cache_folder() / "generated" / f"{info.id}-{hashlib.sha256(said.encode()).hexdigest()[:24]}.npz"


@cache
def _generator_version(dataset_id: str) -> str:
    """Changes whenever the code or the shapes that a set is made from change.

    An installed program without sources (a frozen one) has only its own version, which then says the same.
    """
    digest = hashlib.sha256(__version__.encode())
    shapes = resources() / dataset_id
    files = [*sorted(_PACKAGE.glob("*.py")), *(sorted(shapes.rglob("*")) if shapes.is_dir() else ())]
    for file in files:
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _read(path: Path, info: DatasetInfo) -> Loaded | None:
    try:
        # A zip archive: every member carries a checksum. Opened here, for numpy forgets to close a damaged one.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            sets = [Pictures(file[f"{part}_images"], file[f"{part}_labels"]) for part in ("train", "test")]
            names = tuple(str(name) for name in file["class_names"])
            notes = tuple(str(note) for note in file["notes"])
        for pictures in sets:
            if pictures.images.dtype != np.uint8 or pictures.images.shape != (len(pictures.labels), *info.shape):
                raise ValueError("not the shape of this set")
        os.utime(path)  # the oldest by last use goes first
    except FileNotFoundError:
        return None
    except _BROKEN:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return None
    return Loaded(sets[0], sets[1], names, notes)


def _write(path: Path, loaded: Loaded) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".making-", suffix=".npz", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                train_images=loaded.train.images,
                train_labels=loaded.train.labels,
                test_images=loaded.test.images,
                test_labels=loaded.test.labels,
                class_names=np.array(loaded.class_names, dtype=np.str_),
                notes=np.array(loaded.notes, dtype=np.str_),
            )
        os.replace(name, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)
    _trim(path.parent, keep=path)


def _trim(folder: Path, keep: Path) -> None:
    """Deletes the sets that were not used for longest until the folder is within its budget."""
    entries = []
    for file in folder.glob("*.npz"):
        with contextlib.suppress(OSError):
            stat = file.stat()
            entries.append((stat.st_mtime_ns, stat.st_size, file))
    total = sum(size for _, size, _ in entries)
    for _, size, file in sorted(entries):
        if total <= limits.DATA_CACHE_BYTES:
            return
        if file != keep:
            with contextlib.suppress(OSError):
                file.unlink()
            total -= size
