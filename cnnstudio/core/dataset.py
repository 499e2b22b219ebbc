"""What a data set is: a card that describes it, and arrays kept whole in memory.

A file in `cnnstudio/datasets/` holds one constant `DATASET = DatasetInfo(...)`. Loading is a generator of
`Progress`, so that whoever iterates it can show a bar, answer questions in between, and stop by closing it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.knobs import Knob, Value

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]
Shape = tuple[int, int, int]
"""Channels, height, width."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long piece of work is.

    Attributes:
        fraction: From 0 to 1, or None while it cannot be told.
        text: What is being done, as in "making digits" or "downloading train-images-idx3-ubyte.gz, 3 of 9.9 MB".
    """

    fraction: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """Labelled pictures.

    Attributes:
        images: uint8, [n, channels, height, width], read-only.
        labels: int64, [n], read-only.
    """

    images: Images
    labels: Labels

    def __post_init__(self) -> None:
        """Locks the arrays."""
        self.images.setflags(write=False)
        self.labels.setflags(write=False)

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.labels)

    def take(self, index: Any) -> Pictures:
        """The pictures at a slice or an index array."""
        return Pictures(self.images[index], self.labels[index])


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading gives: the two sets as published or generated, before validation is split off.

    Attributes:
        train: All training pictures that were asked for, validation included.
        test: The test pictures.
        class_names: One per class, in the order of the labels.
        notes: Sentences for the user, as in "3 files could not be read and were skipped: a.png, b.png, c.png."
        there: All training pictures that there are, where only some were asked for; None is as many as in `train`.
    """

    train: Pictures
    test: Pictures
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    there: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a data set.

    Attributes:
        train: How many training pictures (validation included); None is the set's own size. A generated set
            makes as many; a stored one is cut, evenly over the classes and by the seed.
        test: How many test pictures; None is the set's own size.
        seed: Seed of generation, and of the choice where a stored set is cut.
        knobs: Every knob of the set, by name.
        root: Folder that holds the data in torchvision's layout, or None for the program's own.
        path: For a set that `takes_path`: the folder behind the colon.
        download: Whether files that are missing may be fetched from the network.
        measure: Whether only test pictures are wanted, by whoever learned elsewhere; a set that is not split yet gives
            all that it has.
    """

    train: int | None = None
    test: int | None = None
    seed: int = 0
    knobs: Mapping[str, Value] = field(default_factory=dict)
    root: Path | None = None
    path: Path | None = None
    download: bool = True
    measure: bool = False


Loading = Generator[Progress, None, Loaded]


@dataclass(frozen=True, slots=True)
class Look:
    """What a card cannot say of a set that takes a path, and a look at its pictures can.

    Attributes:
        shape: Channels, height, width of every picture.
        class_names: One per class, in the order of the labels.
        train: All training pictures, validation included; 0 where they were not counted.
        test: Test pictures.
        notes: Sentences for the user.
    """

    shape: Shape
    class_names: tuple[str, ...]
    train: int
    test: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """The card of one data set.

    Attributes:
        id: As typed on the command line.
        title: As shown in the list.
        order: Where it stands in the list.
        sentence: What it is and what it is for, one sentence.
        source: Who made it, year, citation.
        licence: Its licence, or what is known of it.
        shape: Channels, height, width; for a set that takes a path: the most that its pictures are brought to.
        class_names: One per class; empty when only loading tells.
        train_size: Training pictures of its own (for a generated set: the default number); 0 when only loading tells.
        test_size: Test pictures of its own; 0 when only loading tells.
        load: Makes or reads the pictures.
        knobs: What can be changed about it.
        race: Fields of `RaceConfig` in which this set's default race differs from the general default.
        takes_path: Whether its key is "id:PATH".
        centred: Whether its pictures are framed as MNIST's are, so that a drawing must be too; a folder's are where
            `named` finds digits.
        generated: Whether the program makes it (any size, no network) or reads it.
    """

    id: str
    title: str
    order: int
    sentence: str
    source: str
    licence: str
    shape: Shape
    class_names: tuple[str, ...]
    train_size: int
    test_size: int
    load: Callable[[Request], Loading]
    knobs: tuple[Knob, ...] = ()
    race: Mapping[str, Any] = field(default_factory=dict)
    takes_path: bool = False
    centred: bool = False
    generated: bool = False

    @property
    def counted(self) -> bool:
        """Whether it is known how many pictures there are."""
        return self.generated or self.train_size > 0

    @property
    def ink(self) -> bool:
        """Whether grey pictures are white ink on black; those of a person's own are as they were photographed."""
        return self.centred or not self.takes_path

    def named(self, class_names: tuple[str, ...]) -> DatasetInfo:
        """The card of a set that takes a path, with the classes found there: digits are framed as MNIST's are."""
        if not self.takes_path:
            return self
        return replace(self, class_names=class_names, centred=are_digits(class_names))


def are_digits(class_names: tuple[str, ...]) -> bool:
    """Whether every class is named by one digit."""
    return bool(class_names) and all(len(name) == 1 and name in "0123456789" for name in class_names)
