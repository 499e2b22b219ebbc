"""What may be asked about one unit over many pictures: what excites it, how its values are spread. And the answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.inside import Pixels, Unit
from cnnstudio.core.questions import Question, WeightsFrom

PartName = Literal["train", "validation", "test", "more"]

PART_WORDS: Final[dict[PartName, str]] = {
    "test": "test", "validation": "validation", "train": "training", "more": "made for this",
}  # fmt: skip
"""What stands behind the number of pictures of a set."""


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """One real picture that excites a unit.

    Attributes:
        pixels: uint8 [channels, height, width].
        label: Its class.
        value: The map's value for it: the largest over its places. (Least exciting is the picture for which even this
            largest value is small.)
        row: Where in the map that is.
        column: Likewise.
        box: The receptive field there: top, left, bottom, right.
        index: Its place in the set it comes from.
        part: Which set; "more" are pictures of the same kind that were made for this, where the sets hold too few.
    """

    pixels: Pixels
    label: int
    value: float
    row: int
    column: int
    box: tuple[int, int, int, int]
    index: int
    part: PartName


def parts_words(looked: Iterable[tuple[PartName, int]]) -> str:
    """Which pictures were looked at, as in "2,000 test, 4,000 training, 4,000 made for this"; "" where not known."""
    return ", ".join(f"{count:,} {PART_WORDS[part]}" for part, count in looked if count)


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """What a unit does over the data set, at a moment.

    Attributes:
        top: The pictures that excite its map most, best first.
        least: Those that excite it least.
        pictures: How many were looked at.
        counts: int64 [bins]: histogram of the unit's own value (at its place) over the test set.
        edges: float64 [bins + 1].
        tested: How many test pictures the histogram counts.
        active: Share of the test pictures for which the unit is above zero.
        dead: bool [maps]: which maps (units of a flat layer) of the layer do nothing at any place for any test picture:
            all their values are the same (told from two test pictures on), or, where only a ReLU's output goes on,
            none is above zero.
        looked: The sets that the pictures are of, in the order of looking, and how many of each.
    """

    network: str
    unit: Unit
    step: int | None
    weights_from: WeightsFrom
    top: tuple[FoundPicture, ...]
    least: tuple[FoundPicture, ...]
    pictures: int
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    tested: int
    active: float
    dead: NDArray[np.bool_]
    class_names: tuple[str, ...]
    looked: tuple[tuple[PartName, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FindRecord(Question[UnitRecord]):
    """Which real pictures excite this unit most and least, and how are its values spread?

    Takes a second, with progress; then remembered for the whole layer at that moment.

    Attributes:
        most: No more pictures at either end than this, and than 16.
    """

    dataset: str
    network: str
    unit: Unit
    step: int | None = None
    most: int = 16


@dataclass(frozen=True, slots=True)
class Maximised:
    """A picture that was changed until it excites a unit.

    Attributes:
        pixels: uint8 [channels, height, width].
        value: The unit's value for it.
        first: Its value for the picture that the search began with (weak noise).
        values: float64 [steps]: its value along the search.
    """

    network: str
    unit: Unit
    step: int | None
    pixels: Pixels
    value: float
    first: float
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Maximise(Question[Maximised]):
    """Which made-up picture excites this unit most (Erhan et al. 2009)? Takes a second or two, with progress.

    Attributes:
        seed: Of the noise it begins with, and of the shifts that keep it smooth.
        steps: Steps of gradient ascent.
    """

    dataset: str
    network: str
    unit: Unit
    step: int | None = None
    seed: int = 0
    steps: int = 128
