"""What may be asked about equivariance: map(shift(x)) against shift(map(x)), for every layer and for single operations.

A map is equivariant to shifts where both are the same. A convolution at stride 1 is, away from the borders; a stride
is only for shifts that are multiples of it. Nothing here is called invariant: a global pooling's value is compared with
itself before the shift, and the number tells how far it changed. The arithmetic is `core.shifted_maps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.inside import Numbers, Pixels
from cnnstudio.core.layers import Sizes
from cnnstudio.core.questions import Question, WeightsFrom

Operation = Literal["dense", "local", "conv", "conv_stride", "max", "blur", "stride", "global"]
OPERATIONS: Final[dict[Operation, str]] = {
    "dense": "dense",
    "local": "locally connected 5 x 5",
    "conv": "convolution 5 x 5",
    "conv_stride": "convolution 5 x 5, stride 2",
    "max": "max-pool 2 x 2",
    "blur": "blur-pool 3 x 3, stride 2",
    "stride": "subsample by 2",
    "global": "global max-pool",
}
"""The operations of the bench, and what they are called."""


@dataclass(frozen=True, slots=True)
class ShiftedMaps:
    """One layer's (or operation's) maps of the shifted picture, and its shifted maps of the picture.

    Attributes:
        layer: Name of the layer, or of the operation.
        title: As in "conv 5 x 5".
        shape: Of its output.
        jump: Pixels from one unit's window to the next one's, down and across; 0 where it has no places left.
        moved: How far the map should move, down and right, in units: shift / jump; 0 where it has no places left.
        whole: Whether that is a whole number of units. Where not, units lie between those of the shifted map, which is
            interpolated linearly between its neighbours, and exact agreement cannot be expected.
        places: Whether it still has places: False for dense layers, flat lists and maps of one value. There is nothing
            to shift then, and the values are compared with those before the shift.
        of_shifted: float32 [maps, rows, columns] of the first maps: map(shift(x)). A flat list is [units, 1, 1].
        shifted: float32, same shape: shift(map(x)). Where nothing is known, as its source lies outside, it is 0.
        border: Bool [rows, columns]: places whose window reaches into padding, or over the edge of what was shifted.
        inside_error: Relative error of all maps over the places that are no border; None where every place is border
            or there are no places.
        border_error: The same over the border's places whose source exists; None where there are none.
        change: Of a layer without places: how far its values changed, as a relative error; else None.
        sentence: What the numbers say, one sentence.
    """

    layer: str
    title: str
    shape: Sizes
    jump: tuple[float, float]
    moved: tuple[float, float]
    whole: bool
    places: bool
    of_shifted: Numbers
    shifted: Numbers
    border: NDArray[np.bool_]
    inside_error: float | None
    border_error: float | None
    change: float | None
    sentence: str

    @property
    def difference(self) -> Numbers:
        """float32 [maps, rows, columns]: map(shift(x)) less shift(map(x))."""
        return self.of_shifted - self.shifted


@dataclass(frozen=True, slots=True)
class ShiftedNetwork:
    """Every layer of a network under one shift.

    Attributes:
        network: Its key.
        weights_from: Where the weights come from; "none" means not trained yet, and `layers` is empty.
        step: The moment's step; None for shipped weights.
        picture: uint8 [channels, height, width], as given.
        moved_picture: The same, shifted; filled with the median of its border.
        layers: In the order of computation.
        learned_on: Title of the data set that shipped weights were learned on, where that is another one; else "".
    """

    network: str
    title: str
    role: str
    weights_from: WeightsFrom
    step: int | None
    picture: Pixels
    moved_picture: Pixels
    layers: tuple[ShiftedMaps, ...]
    learned_on: str = ""


@dataclass(frozen=True, slots=True)
class ShiftLayers(Question[ShiftedNetwork]):
    """How far is each layer of a network equivariant to this shift of this picture?

    Attributes:
        pixels: uint8 [channels, height, width].
        network: Key of the network.
        down_px: Shift, negative is up.
        right_px: Shift, negative is left.
        layers: Names of layers; None is all.
        most: No more maps of each layer than this are given back; the errors are over all of them.
    """

    pixels: Pixels
    dataset: str
    network: str
    down_px: int
    right_px: int
    step: int | None = None
    layers: tuple[str, ...] | None = None
    most: int = 16


@dataclass(frozen=True, slots=True)
class ShiftedOperations:
    """Single operations under one shift.

    Attributes:
        picture: uint8 [channels, height, width], as given.
        moved_picture: The same, shifted.
        operations: In the order of `OPERATIONS`; `ShiftedMaps.layer` is the operation.
        learned: Which operations have weights that were learned; the others' are random, or they have none.
    """

    picture: Pixels
    moved_picture: Pixels
    operations: tuple[ShiftedMaps, ...]
    learned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShiftOperations(Question[ShiftedOperations]):
    """How far is each single operation, on the picture itself, equivariant to this shift?

    Attributes:
        pixels: uint8 [channels, height, width].
        padding: What the convolution at stride 1 sees beyond the edge, as in `core.convolution`. With "circular" the
            picture is shifted in a circle too: what leaves on one side comes in on the other.
        filters: How many kernels of each kind.
        seed: Of random weights.
        networks: Keys of networks whose first layers give learned weights where they fit (kernels of 5 x 5 or any
            other odd size to the convolutions, templates to the dense layer); () leaves all weights random.
        step: The moment of those networks.
    """

    pixels: Pixels
    dataset: str
    down_px: int
    right_px: int
    padding: Literal["zero", "replicate", "reflect", "circular"] = "zero"
    filters: int = 4
    seed: int = 0
    networks: tuple[str, ...] = ()
    step: int | None = None
