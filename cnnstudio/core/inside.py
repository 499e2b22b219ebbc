"""What may be asked about the inside of a network: maps, kernels, one unit's arithmetic, film strips. And the answers.

A layer is named as in `NetworkSpec.rows()` ("1_conv", "2_residual.add"); `PICTURE` is the picture itself. All arrays
are read-only. As in `core.questions`, `step=None` is "now", and shipped weights answer where no run has any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.layers import Sizes
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.questions import Question, WeightsFrom

Numbers = NDArray[np.float32]
Pixels = NDArray[np.uint8]

PICTURE: Final = "picture"
"""The name of what the first layer reads."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of one layer.

    Attributes:
        layer: Name of the layer.
        map: Which feature map; of a layer that is a flat list, which unit.
        row: Its row in the map; 0 in a flat list.
        column: Its column in the map; 0 in a flat list.
    """

    layer: str
    map: int
    row: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class LayerMaps:
    """What one layer computed for one picture.

    Attributes:
        layer: Name of the layer.
        title: As in "conv 5 x 5".
        shape: Of the whole output: (maps, height, width), or (units,).
        values: float32 [maps, height, width] or [units]; may hold only the first maps.
        lowest: Smallest value of the whole layer.
        highest: Largest value of the whole layer.
    """

    layer: str
    title: str
    shape: Sizes
    values: Numbers
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class NetworkMaps:
    """What one network computed for one picture, at a moment.

    Attributes:
        network: Its key.
        title: As in "LeNet-5".
        role: "mlp", "cnn", "local" or "".
        spec: What it is made of; known also where nothing has been learned.
        weights_from: "none" means not trained yet: `layers` is empty then.
        step: The moment's step; None for shipped weights.
        layers: The picture as the network reads it (`PICTURE`, normalised), then the layers asked for, in order.
        learned_on: Title of the data set that shipped weights were learned on, where that is another one; else "".
    """

    network: str
    title: str
    role: str
    spec: NetworkSpec
    weights_from: WeightsFrom
    step: int | None
    layers: tuple[LayerMaps, ...] = ()
    learned_on: str = ""


@dataclass(frozen=True, slots=True)
class ReadMaps(Question[tuple[NetworkMaps, ...]]):
    """What does every layer of the networks compute for this picture?

    Attributes:
        pixels: uint8 [channels, height, width], as the networks are given it.
        dataset: Key of the chosen data set (decides which weights fit).
        networks: Keys of the networks asked.
        step: The moment; None is now.
        layers: Only layers of these names (of whichever network has them); None is all.
        most: No more maps (or units of a flat layer) than this of each layer.
    """

    pixels: Pixels
    dataset: str
    networks: tuple[str, ...]
    step: int | None = None
    layers: tuple[str, ...] | None = None
    most: int = 64


@dataclass(frozen=True, slots=True)
class LayerKernels:
    """The weights of one layer at a moment.

    Attributes:
        network: Its key.
        layer: Name of the layer.
        title: As in "conv 5 x 5".
        kind: "kernels" (convolutions of every sort; float32 [out, in per group, height, width]), "templates" (a dense
            layer that reads maps: each unit's weights folded back, [units, maps, height, width]), "rows" (a dense layer
            that reads a list: [units, inputs, 1, 1]), "local" (kernels of evenly spread places), or "none".
        weights: float32 with four axes; may hold only the first of them.
        total: How many there are.
        biases: float32 [out], or None.
        step: The moment's step; None for shipped weights.
        weights_from: Where they come from.
    """

    network: str
    layer: str
    title: str
    kind: Literal["kernels", "templates", "rows", "local", "none"]
    weights: Numbers
    total: int
    biases: Numbers | None
    step: int | None
    weights_from: WeightsFrom


@dataclass(frozen=True, slots=True)
class ReadKernels(Question[LayerKernels]):
    """What are the weights of this layer, at a moment?"""

    dataset: str
    network: str
    layer: str
    step: int | None = None
    most: int = 96


ArithmeticKind = Literal["sum", "max", "mean", "function", "normalise", "add", "copy", "other"]


@dataclass(frozen=True, slots=True)
class UnitArithmetic:
    """How one unit's value comes about: everything it reads, with which weights, and the exact sum.

    Attributes:
        network: Its key.
        unit: Which one.
        title: As in "conv 5 x 5".
        kind: "sum" (weights times inputs, and a bias: convolutions of every sort, locally connected, dense), "max" and
            "mean" (pooling), "function" (an activation), "normalise", "add" (residual sums, added branches), "copy"
            (flatten, concatenation, dropout when not training), "other" (stated in words only).
        formula: In words and numbers, one line, as in "max(0, -0.31) = 0".
        reads: Names of the layers whose values these are (`PICTURE` for the first), in the order of `inputs`' first
            axis where kind is "add", else one.
        inputs: float32 [maps read, rows, columns]: the window, with what the padding holds.
        weights: float32, same shape; None where there are none.
        input_maps: int64 [maps read]: which maps of the layer read (a group reads only its own).
        input_rows: int64 [rows]: their rows in the maps read; outside of the map is padding.
        input_columns: int64 [columns].
        per_map: float64 [maps read]: each map's share of the sum (its products added up).
        bias: What is added; 0 where there is none.
        numbers: Further named numbers, as ("mean", 0.12) of a normalisation.
        winner: (map, row, column) within `inputs` of the largest, where kind is "max".
        value: What the network computed (float32, as shown in the maps).
        computed: The same from the numbers above, in float64.
        box: Theoretical receptive field in the picture: top, left, bottom, right (the last two exclusive).
        effective: float32 [height, width]: the size of the gradient of the unit with respect to each pixel (root of the
            sum of squares over channels), which shows the effective receptive field (Luo et al. 2016).
        step: The moment's step; None for shipped weights.
        weights_from: Where they come from.
        of_units: Units of the layer: shape of its output.
    """

    network: str
    unit: Unit
    title: str
    kind: ArithmeticKind
    formula: str
    reads: tuple[str, ...]
    inputs: Numbers
    weights: Numbers | None
    input_maps: NDArray[np.int64]
    input_rows: NDArray[np.int64]
    input_columns: NDArray[np.int64]
    per_map: NDArray[np.float64]
    bias: float
    numbers: tuple[tuple[str, float], ...]
    winner: tuple[int, int, int] | None
    value: float
    computed: float
    box: tuple[int, int, int, int]
    effective: Numbers
    step: int | None
    weights_from: WeightsFrom
    of_units: Sizes


@dataclass(frozen=True, slots=True)
class ExplainUnit(Question[UnitArithmetic]):
    """How does this unit come to its value for this picture, at a moment?"""

    pixels: Pixels
    dataset: str
    network: str
    unit: Unit
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Film(Question["FilmStrip"]):
    """How did one kernel, or one feature map of this picture, change over training?

    Attributes:
        steps: The moments wanted, ascending; one that was thinned away is answered by the nearest one before it.
        what: "kernel" (a dense unit's template included) or "map".
        layer: Name of the layer.
        map: Which kernel or map.
        pixels: The picture, where `what` is "map".
    """

    dataset: str
    network: str
    steps: tuple[int, ...]
    what: Literal["kernel", "map"]
    layer: str
    map: int
    pixels: Pixels | None = None


@dataclass(frozen=True, slots=True)
class FilmStrip:
    """One kernel or map at several moments.

    Attributes:
        frames: float32 [moments, channels, height, width].
        steps: The moments that answered, ascending, without repetition.
    """

    frames: Numbers
    steps: tuple[int, ...]
