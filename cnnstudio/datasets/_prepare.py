"""From a race's set-up to its three sets: training, validation and test, which never overlap."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import DatasetInfo, Loaded, Loading, Look, Pictures, Progress, Request, Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Value, parse_key, read_settings, write_key
from cnnstudio.core.registry import scan
from cnnstudio.datasets._cache import cached
from cnnstudio.datasets._looks import card_of, last_look, remember
from cnnstudio.datasets._split import choose, complement

_NAMED: Final = 3  # how many classes a note names


@dataclass(frozen=True, slots=True)
class FoundDataset:
    """A data set as a key names it.

    Attributes:
        info: Its card.
        knobs: Every knob's value: the one in the key, or its default.
        path: The folder behind the colon, for a set that takes one.
    """

    info: DatasetInfo
    knobs: Mapping[str, Value]
    path: Path | None = None

    @property
    def key(self) -> str:
        """The key in its shortest form: only what differs from the defaults."""
        if self.path is not None:
            return f"{self.info.id}:{self.path}"
        return write_key(self.info.id, self.knobs, self.info.knobs)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a race learns from and is measured on.

    Attributes:
        key: The data set's key in its shortest form.
        info: The data set's card.
        train: What the networks learn from.
        validation: What sliders, schedules and "best so far" look at.
        test: What only the test line looks at.
        class_names: One per class, in the order of the labels.
        shape: Channels, height and width of every picture.
        notes: Sentences for the user.
        look: What looking at the pictures told of the whole set; None where nobody looked (in tests).
    """

    key: str
    info: DatasetInfo
    train: Pictures
    validation: Pictures
    test: Pictures
    class_names: tuple[str, ...]
    shape: Shape
    notes: tuple[str, ...] = ()
    look: Look | None = None


def all_datasets() -> dict[str, DatasetInfo]:
    """Every data set there is, by id, in the order of the list shown."""
    return scan("cnnstudio.datasets", "DATASET", DatasetInfo)


def find(key: str) -> FoundDataset:
    """Looks a data set up by its key, as in "digits:jitter=3" or "folder:/home/me/pictures".

    Raises:
        StudioError: There is no such data set or knob, a value is out of range, or the folder is missing.
    """
    name, rest = parse_key(key)
    known = all_datasets()
    info = known.get(name)
    if info is None:
        raise StudioError(f"There is no data set {name!r}.", remedy="Choose from " + ", ".join(known) + ".")
    if not info.takes_path:
        return FoundDataset(info, read_settings(rest, info.knobs, info.id))
    if not rest:
        raise StudioError(f"The data set {name!r} needs a folder.", remedy=f"Write {name}:PATH.")
    found = FoundDataset(info, read_settings("", info.knobs, info.id), Path(rest).expanduser())
    return replace(found, info=card_of(found.key, info))


def look(key: str) -> Look | None:
    """What was seen of a set that takes a path, or None before the first look.

    Raises:
        StudioError: There is no such data set.
    """
    return last_look(find(key).key)


def remember_look(key: str, seen: Look) -> bool:
    """Notes what was seen of a set that takes a path, for every later `find`; whether anything of it is new.

    Raises:
        StudioError: There is no such data set.
    """
    found = find(key)
    return found.info.takes_path and remember(found.key, all_datasets()[found.info.id], seen)


def load(info: DatasetInfo, request: Request) -> Loading:
    """Loads a data set; one that is generated comes out of the disk cache when it is there.

    Closing the generator stops the work; nothing half made stays behind.

    Raises:
        StudioError: The files are missing or damaged, or could not be fetched.
    """
    if info.generated:
        return (yield from cached(info, request))
    return (yield from info.load(request))


def validation_size(examples: int) -> int:
    """How many validation pictures belong to a race with so many training pictures: a tenth, within limits."""
    least = min(limits.VALIDATION_LEAST, max(limits.VALIDATION_TINY, examples))
    return min(limits.VALIDATION_MOST, max(least, round(examples * limits.VALIDATION_SHARE)))


def set_sizes(info: DatasetInfo, examples: int) -> tuple[int, int] | None:
    """How many pictures a race learns from, and how many are for validation; None where they were not counted.

    Args:
        info: The data set's card.
        examples: How many training pictures are asked for.
    """
    if info.generated:
        return examples, validation_size(examples)
    if not info.counted:
        return None
    return _sizes(min(info.train_size, examples + validation_size(examples)), len(info.class_names), examples)


def _sizes(total: int, classes: int, examples: int) -> tuple[int, int]:
    """`set_sizes` of a stored set of which so many training pictures are there."""
    # Where there are too few for both, validation keeps to its share, so that most are still learned from; but a class
    # without a validation picture could not be watched.
    share = max(1, round(total * limits.VALIDATION_SHARE), min(classes, total // 2))
    learned = min(examples, total - min(validation_size(examples), share))
    return learned, total - learned


def missing_notes(class_names: tuple[str, ...], **parts: Pictures) -> tuple[str, ...]:
    """A sentence about each set that lacks a class.

    Args:
        class_names: In the order of the labels.
        parts: The sets, by name, as in `validation=...`.
    """
    notes = []
    for part, pictures in parts.items():
        there = set(pictures.labels.tolist())
        lacking = [name for place, name in enumerate(class_names) if place not in there]
        if lacking:
            named = ", ".join(repr(name) for name in lacking[:_NAMED]) + (" and others" if lacking[_NAMED:] else "")
            lost = "how well that is read cannot be measured" if part == "test" else "there are too few"
            notes.append(f"No picture of {named} is in the {part} set: {lost}.")
    return tuple(notes)


def prepare(config: RaceConfig, root: Path | None = None, download: bool = True) -> Generator[Progress, None, Prepared]:
    """Loads or makes what a race needs, and splits it.

    `config.examples` is the number of training pictures. A generated set makes validation pictures beyond them. A
    stored set takes them from what is left over; where that is not enough, training gives them up (MNIST with all
    60,000: 55,000 to learn from). A stored set that is smaller than asked for gives what it has.

    Args:
        config: The set-up; only `dataset`, `examples` and `seed` matter here.
        root: Folder that may hold stored sets in torchvision's layout.
        download: Whether missing files may be fetched.

    Raises:
        StudioError: Anything that stands in the way, in words.
    """
    found = find(config.dataset)
    info = found.info
    extra = validation_size(config.examples)
    request = Request(
        train=config.examples + extra,
        test=info.test_size if info.generated else None,
        seed=config.seed,
        knobs=found.knobs,
        root=root,
        path=found.path,
        download=download,
    )
    yield Progress(None, f"preparing {info.title}")
    loaded = yield from load(info, request)
    train, validation = _split(info, loaded, config)
    notes = loaded.notes
    if info.takes_path:
        notes += missing_notes(loaded.class_names, validation=validation, test=loaded.test)
    there = loaded.there if loaded.there is not None else len(loaded.train)
    return Prepared(
        key=found.key,
        info=info,
        train=train,
        validation=validation,
        test=loaded.test,
        class_names=loaded.class_names,
        shape=_shape(train),
        notes=notes + _size_note(config, (train, validation)),
        look=Look(_shape(train), loaded.class_names, there, len(loaded.test), notes),
    )


def _shape(pictures: Pictures) -> Shape:
    channels, height, width = pictures.images.shape[1:]
    return int(channels), int(height), int(width)


def _split(info: DatasetInfo, loaded: Loaded, config: RaceConfig) -> tuple[Pictures, Pictures]:
    total = len(loaded.train)
    if info.generated:
        return loaded.train.take(slice(0, config.examples)), loaded.train.take(slice(config.examples, None))
    if total < 2:
        raise StudioError(
            f"{info.title} has {total} training {'picture' if total == 1 else 'pictures'}.",
            "One is needed to learn from and another one for validation.",
            "Add pictures, or choose another data set.",
        )
    size, _ = _sizes(total, len(np.unique(loaded.train.labels)), config.examples)
    learned = choose(loaded.train.labels, size, config.seed, spare=1)
    return loaded.train.take(learned), loaded.train.take(complement(total, learned))


def _size_note(config: RaceConfig, prepared: tuple[Pictures, Pictures]) -> tuple[str, ...]:
    train, validation = (len(part) for part in prepared)
    if train >= config.examples:
        return ()
    return (
        f"Of the {train + validation:,} training pictures that there are, {train:,} are learned from "
        f"and {validation:,} are kept for validation.",
    )
