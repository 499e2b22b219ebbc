"""What may be asked about a picture that is moved or otherwise changed: is it still read correctly, how surely?

The pictures themselves are made by `core.picture_changes`. As in `core.questions`, `step=None` is "now", and shipped
weights answer where no run has any; a network that is not trained has None in place of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images
from cnnstudio.core.picture_changes import Kind
from cnnstudio.core.questions import Question, WeightsFrom
from cnnstudio.core.taught import Taught

REACH_PX: Final = 13
"""Offsets of the map: -13 to 13 px each way, 27 x 27 pictures."""


@dataclass(frozen=True, slots=True)
class NetworkOffsets:
    """How one network reads a picture at every offset.

    Attributes:
        network: Its key.
        title: As in "LeNet-5".
        role: "mlp", "cnn", "local" or "".
        weights_from: Where the weights come from; "none" means not trained yet.
        step: The moment's step; None for shipped weights.
        target: What counts as right: the class that was asked for, else the network's own verdict at offset 0; None
            where it is not trained.
        probability: float64 [offsets down, offsets right], of the target; None where it is not trained.
        verdicts: int64, same shape: the class that the network names; None where it is not trained.
        taught: What its weights learned; None where it is not trained, or not known.
    """

    network: str
    title: str
    role: str
    weights_from: WeightsFrom
    step: int | None
    target: int | None
    probability: NDArray[np.float64] | None
    verdicts: NDArray[np.int64] | None
    taught: Taught | None = None

    @property
    def right(self) -> NDArray[np.bool_] | None:
        """Bool [offsets down, offsets right]: still right; None where it is not trained."""
        return None if self.verdicts is None or self.target is None else self.verdicts == self.target


@dataclass(frozen=True, slots=True)
class OffsetMaps:
    """A picture at every offset.

    Attributes:
        offsets_px: Of the rows (down, negative is up) and of the columns (right): -13 to 13.
        networks: One per network, in the order asked.
        kept: float64 [offsets down, offsets right]: the share of the ink (what differs from the background) that is
            still in the picture; 1 where nothing was lost, also in an empty picture.
        background: What comes in from outside: one value from 0 to 255 for each channel, the median of the border.
        class_names: Behind `target` and `verdicts`.
    """

    offsets_px: tuple[int, ...]
    networks: tuple[NetworkOffsets, ...]
    kept: NDArray[np.float64]
    background: tuple[int, ...]
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OffsetMap(Question[OffsetMaps]):
    """Is this picture still read correctly, wherever it is moved to? One batch of 27 x 27 pictures for each network.

    Attributes:
        pixels: uint8 [channels, height, width].
        dataset: Key of the chosen data set.
        networks: Keys of the networks asked.
        step: The moment; None is now.
        label: The class that is right; None takes each network's own verdict at offset 0.
    """

    pixels: NDArray[np.uint8]
    dataset: str
    networks: tuple[str, ...]
    step: int | None = None
    label: int | None = None


@dataclass(frozen=True, slots=True)
class NetworkCurve:
    """How one network reads a picture that is changed more and more.

    Attributes:
        target: What counts as right, as in `NetworkOffsets`; None where it is not trained.
        probability: float64 [amounts], of the target, mean over the draws; None where it is not trained.
        right: float64 [amounts], the share of the draws in which the target is named; None where it is not trained.
        verdicts: int64 [amounts], of the first draw; None where it is not trained.
        taught: What its weights learned; None where it is not trained, or not known.
    """

    network: str
    title: str
    role: str
    weights_from: WeightsFrom
    step: int | None
    target: int | None
    probability: NDArray[np.float64] | None
    right: NDArray[np.float64] | None
    verdicts: NDArray[np.int64] | None
    taught: Taught | None = None


@dataclass(frozen=True, slots=True)
class Curves:
    """A picture changed by several amounts.

    Attributes:
        kind: Of change.
        amounts: As asked.
        unit: Of the amounts, as in "px" or "degrees"; "" where they have none.
        draws: How many pictures stand behind each amount: directions of a shift, draws of noise, places of a patch.
        images: uint8 [amounts, channels, height, width], the first draw of each.
        networks: One per network, in the order asked.
        class_names: Behind `target` and `verdicts`.
    """

    kind: Kind
    amounts: tuple[float, ...]
    unit: str
    draws: int
    images: Images
    networks: tuple[NetworkCurve, ...]
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transformed(Question[Curves]):
    """Is this picture still read correctly, the more it is moved, turned, scaled, disturbed, covered or faded?

    Attributes:
        kind: Of change, one of `core.picture_changes.KINDS`.
        amounts: How much; () takes those of `core.picture_changes.AMOUNTS`.
        label: The class that is right; None takes each network's own verdict of the unchanged picture.
        seed: Of noise and of the places that are covered.
    """

    pixels: NDArray[np.uint8]
    dataset: str
    networks: tuple[str, ...]
    kind: Kind
    amounts: tuple[float, ...] = ()
    step: int | None = None
    label: int | None = None
    seed: int = 0
