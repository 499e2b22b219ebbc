"""Any folder of pictures whose subfolders are the classes, as torchvision's ImageFolder reads it.

The folder may also hold train/ and test/ (or val/), each with the class folders in it. What the pictures become:

* Classes named by digits: 28 x 28 grey, white ink on black. Pictures that already are (28 x 28, dark border) stay as
  they are; all others are framed as MNIST's (ink found, 20 x 20, centre of mass in the middle), so that a network
  that reads digits can be tried on them.
* All others: the middle square, 28 x 28 where most are no larger than that and 32 x 32 otherwise, in colour if any
  picture has colour.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.core import limits
from cnnstudio.core.dataset import (
    DatasetInfo,
    Images,
    Labels,
    Loaded,
    Loading,
    Pictures,
    Progress,
    Request,
    are_digits,
)
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.core.framing import brightness, fit_colour, frame
from cnnstudio.core.pictures import ReadImage, as_ink, picture_size, read_picture
from cnnstudio.datasets._split import choose

_SMALL_PX: Final = 28
_USUAL_PX: Final = 32
_NAMED: Final = 3  # how many skipped files a note names
_ASKED: Final = 200  # how many headers are read to learn the usual size
_DARK: Final = 0.25  # a border this dark is MNIST's black paper
_TRAIN_NAMES: Final = ("train", "training")
_TEST_NAMES: Final = ("test", "testing", "val", "valid", "validation")


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    images: list[Images] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    in_test: list[bool] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    colour: bool = False
    animated: int = 0


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    class_name: str
    in_test: bool


def load(request: Request) -> Loading:
    """Reads the folder.

    Raises:
        StudioError: The folder is missing, or there are not two classes with pictures in it.
    """
    root = request.path if request.path is not None else Path()
    yield Progress(None, f"looking into {root.name}")
    files = yield from _list(root)
    names = tuple(sorted({file.class_name for file in files}))
    digits = are_digits(names)
    side = _SMALL_PX if digits else _side(files)
    reading = yield from _read_all(files, names, side, digits)
    yield Progress(None, f"sorting {root.name}")
    return _assemble(root, reading, names, request)


def _list(root: Path) -> Generator[Progress, None, list[_File]]:
    """Finds every file that may be a picture, with its class."""
    try:
        classes = _classes(root)
    except OSError as error:
        report = report_from(error, f"Reading the folder {root}")
        raise StudioError(report.what, report.cause, report.remedy) from None
    found: list[_File] = []
    for folder, in_test in classes:
        for path in _pictures_in(folder):
            found.append(_File(path, folder.name, in_test))
            if len(found) > limits.FOLDER_PICTURES:
                raise StudioError(
                    f"{root.name} holds more than {limits.FOLDER_PICTURES:,} pictures.",
                    "They would not fit into memory together.",
                    "Choose a part of them.",
                )
        yield Progress(None, f"looking into {folder.name}: {len(found):,} files so far")
    names = {folder.name for folder, _ in classes}
    empty = sorted(names - {file.class_name for file in found})
    if len(names) < 2 or not found:
        raise _too_few(root, len(found), len(names))
    if empty:
        raise StudioError(
            f"The class {empty[0]!r} of {root.name} has no pictures.",
            "Every folder in it counts as one class.",
            "Put pictures into it, or take the folder out.",
        )
    return found


def _classes(root: Path) -> list[tuple[Path, bool]]:
    """The class folders, each with whether it belongs to the test."""
    if not root.is_dir():
        raise StudioError(f"There is no folder {root}.", "It was moved, or its name is typed differently.")
    top = _subfolders(root)
    train = [folder for folder in top if folder.name.lower() in _TRAIN_NAMES and _subfolders(folder)]
    test = [folder for folder in top if folder.name.lower() in _TEST_NAMES and _subfolders(folder)]
    parts = [(train, False), (test, True)] if train and test else [([root], False)]
    return [(folder, in_test) for tops, in_test in parts for part in tops for folder in _subfolders(part)]


def _too_few(root: Path, pictures: int, classes: int) -> StudioError:
    remedy = "Make one folder for each class and put its pictures into it; at least two classes are needed."
    if classes == 0:
        return StudioError(f"{root.name} has no folders in it.", "The folders in it are the classes.", remedy)
    if pictures == 0:
        return StudioError(f"{root.name} has no pictures in it.", "Its folders hold no image files.", remedy)
    return StudioError(f"{root.name} has only one class.", "There is nothing to tell apart.", remedy)


def _subfolders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _pictures_in(folder: Path) -> Iterator[Path]:
    """Every image file below a folder, by its ending, in the order of names; follows links, but into no circle."""
    endings = Image.registered_extensions()
    visited: set[tuple[int, int]] = set()
    for path, folders, names in os.walk(folder, followlinks=True):
        status = os.stat(path)
        if (status.st_dev, status.st_ino) in visited:
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in endings:
                yield Path(path, name)


def _side(files: list[_File]) -> int:
    """The size that suits most: 28 where most are no larger, else 32. Headers of some files, evenly spread, tell."""
    some = files[:: max(1, len(files) // _ASKED)]
    sizes = [max(size) for file in some if (size := picture_size(file.path)) is not None]
    return _SMALL_PX if sizes and float(np.median(sizes)) <= _SMALL_PX else _USUAL_PX


def _read_all(
    files: list[_File], names: tuple[str, ...], side: int, digits: bool
) -> Generator[Progress, None, _Reading]:
    reading = _Reading()
    index: Mapping[str, int] = {name: number for number, name in enumerate(names)}
    due = time.monotonic() + limits.SLICE_S
    for number, file in enumerate(files):
        try:
            picture = read_picture(file.path)
        except StudioError:
            reading.skipped.append(file.path.name)
        else:
            reading.images.append(_digit(picture) if digits else fit_colour(picture.rgb, (3, side, side)))
            reading.labels.append(index[file.class_name])
            reading.in_test.append(file.in_test)
            reading.colour = reading.colour or (not digits and picture.colour)
            reading.animated += bool(picture.notes)
        if time.monotonic() >= due:
            yield Progress((number + 1) / len(files), f"reading pictures, {number + 1:,} of {len(files):,}")
            due = time.monotonic() + limits.SLICE_S
    return reading


def _digit(picture: ReadImage) -> Images:
    """28 x 28 white on black: as it is if it is so already, else framed as MNIST's digits."""
    if picture.rgb.shape[:2] == (_SMALL_PX, _SMALL_PX):
        grey = brightness(picture.rgb)
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        if float(np.median(border)) < _DARK:
            return np.rint(grey * 255).astype(np.uint8)[None]
    return frame(as_ink(picture.rgb), _SMALL_PX)[None]


def _assemble(root: Path, reading: _Reading, names: tuple[str, ...], request: Request) -> Loaded:
    labels = np.array(reading.labels, np.int64)
    in_test = np.array(reading.in_test, bool) | request.measure
    divided = bool(in_test.any())
    if not divided:
        # The same test pictures for every seed, so that no run has learned another run's test.
        in_test[_chosen_for_test(labels)] = True
    _refuse_empty(root, names, reading, set(labels[in_test == request.measure].tolist()), divided)
    images = _brought_together(reading)
    train = np.flatnonzero(~in_test)
    there = len(train)
    if request.train is not None:
        train = train[choose(labels[train], request.train, request.seed)]
    test = np.flatnonzero(in_test)
    learned, kept = (Pictures(images[index], labels[index]) for index in (train, test))
    return Loaded(learned, kept, names, _notes(reading), there)


def _chosen_for_test(labels: Labels) -> NDArray[np.int64]:
    """A share of the pictures: of every class that has two at least one, and two stay behind where there are three."""
    testable = int((np.unique(labels, return_counts=True)[1] > 1).sum())
    size = max(1, round(len(labels) * limits.FOLDER_TEST_SHARE), testable)
    return choose(labels, size, 0, leave_one=True, spare=2)


def _refuse_empty(root: Path, names: tuple[str, ...], reading: _Reading, needed: set[int], divided: bool) -> None:
    for number, name in enumerate(names):
        if number in needed:
            continue
        if number not in reading.labels:
            cause = "None of its files could be read."
        else:
            cause = "They are all in the test folder." if divided else "Its only picture is needed for the test."
        raise StudioError(
            f"The class {name!r} of {root.name} has no pictures to learn from.",
            cause,
            "Put pictures into it, or take the folder out.",
        )


def _brought_together(reading: _Reading) -> Images:
    """All pictures as one array; one channel where none has colour."""
    images = np.stack(reading.images)
    reading.images.clear()
    return images if reading.colour else np.ascontiguousarray(images[:, :1])


def _notes(reading: _Reading) -> tuple[str, ...]:
    notes = []
    if reading.skipped:
        count = len(reading.skipped)
        named = ", ".join(reading.skipped[:_NAMED]) + (" and others" if count > _NAMED else "")
        files = "file" if count == 1 else "files"
        notes.append(f"{count:,} {files} could not be read and {'was' if count == 1 else 'were'} skipped: {named}.")
    if reading.animated:
        notes.append(f"{reading.animated:,} of the pictures are animated; the first frame of each was taken.")
    return tuple(notes)


DATASET = DatasetInfo(
    id="folder",
    title="Your own pictures",
    order=100,
    sentence="Pictures of your own: a folder in which every subfolder is one class.",
    source="You.",
    licence="Yours to say",
    shape=(3, _USUAL_PX, _USUAL_PX),
    class_names=(),
    train_size=0,
    test_size=0,
    load=load,
    race={"batch_size": 32, "epochs": 20},
    takes_path=True,
)
