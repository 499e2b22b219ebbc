"""From a race's set-up to its three sets: training, validation and test, which never overlap."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import DatasetInfo, Loaded, Loading, Pictures, Progress, Request, Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Value, parse_key, read_settings, write_key
from cnnstudio.core.registry import scan
from cnnstudio.datasets._cache import cached
from cnnstudio.datasets._split import choose, complement


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
    """

    key: str
    info: DatasetInfo
    train: Pictures
    validation: Pictures
    test: Pictures
    class_names: tuple[str, ...]
    shape: Shape
    notes: tuple[str, ...] = ()


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
    return FoundDataset(info, read_settings("", info.knobs, info.id), Path(rest).expanduser())


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
    train, validation = _split(info, loaded, config, extra)
    return Prepared(
        key=found.key,
        info=info,
        train=train,
        validation=validation,
        test=loaded.test,
        class_names=loaded.class_names,
        shape=_shape(train),
        notes=loaded.notes + _size_note(config, (train, validation)),
    )


def _shape(pictures: Pictures) -> Shape:
    channels, height, width = pictures.images.shape[1:]
    return int(channels), int(height), int(width)


def _split(info: DatasetInfo, loaded: Loaded, config: RaceConfig, extra: int) -> tuple[Pictures, Pictures]:
    total = len(loaded.train)
    if info.generated:
        return loaded.train.take(slice(0, config.examples)), loaded.train.take(slice(config.examples, None))
    if total < 2:
        raise StudioError(
            f"{info.title} has {total} training {'picture' if total == 1 else 'pictures'}.",
            "One is needed to learn from and another one for validation.",
            "Add pictures, or choose another data set.",
        )
    # Where there are too few for both, validation keeps to its share, so that most are still learned from.
    least = min(extra, max(1, round(total * limits.VALIDATION_SHARE)))
    learned = choose(loaded.train.labels, min(config.examples, total - least), config.seed)
    return loaded.train.take(learned), loaded.train.take(complement(total, learned))


def _size_note(config: RaceConfig, prepared: tuple[Pictures, Pictures]) -> tuple[str, ...]:
    train, validation = (len(part) for part in prepared)
    if train >= config.examples:
        return ()
    return (
        f"Of the {train + validation:,} training pictures that there are, {train:,} are learned from "
        f"and {validation:,} are kept for validation.",
    )
