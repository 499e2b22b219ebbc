"""Three ways to connect a picture to a layer: dense, locally connected, convolution. What each of them costs.

Counts come from the layers themselves (`layer_kinds`); what one unit reads comes from `receptive`. Weights that nobody
has learned are drawn as torch would draw them first: uniform within 1 / sqrt(n), where n is how many numbers one unit
reads (LeCun et al., "Efficient BackProp", 1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_kinds import Conv, Linear, LocallyConnected
from cnnstudio.core.layers import Sizes
from cnnstudio.core.receptive import Field

Way = Literal["dense", "local", "conv"]
WAYS: Final[tuple[Way, ...]] = ("dense", "local", "conv")
Numbers = NDArray[np.float32]

NUMBER_BYTES: Final = 4
"""A weight is a 32-bit floating-point number."""

TRAINING_NUMBERS: Final = 4
"""Numbers per weight while Adam trains: the weight, its gradient, and two running means (Kingma and Ba, 2015)."""

MOST_DRAWN: Final = 4_000_000
"""Initial weights drawn at once, 16 MB: enough for a map of a picture of 224 x 224 in colour with a 5 x 5 kernel."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """One layer on a picture, connected in one of the three ways.

    Attributes:
        way: "dense" (every unit reads every number), "local" (every unit reads a patch with weights of its own) or
            "conv" (every unit reads a patch, and all units of a map have the same weights).
        shape: Of the picture: channels, height, width.
        units: Units of the dense layer; the other ways do not read it.
        kernels: Kernels, and so output maps, of the other two.
        kernel: Height and width of a kernel in pixels. The window moves by one pixel and stays on the picture.
    """

    way: Way
    shape: Shape
    units: int = 77
    kernels: int = 6
    kernel: int = 5

    def __post_init__(self) -> None:
        """Checks that the layer can read the picture.

        Raises:
            StudioError: A size is below 1, or the kernel is larger than the picture.
        """
        if min(self.shape) < 1:
            raise StudioError("A picture needs at least one pixel and one channel.")
        self.layer.shape(self.given)

    @property
    def layer(self) -> Linear | LocallyConnected | Conv:
        """The layer that a network would have."""
        if self.way == "dense":
            return Linear(self.units)
        return (LocallyConnected if self.way == "local" else Conv)(self.kernels, self.kernel)

    @property
    def given(self) -> Sizes:
        """Shape of what the layer reads: a dense layer reads one long list."""
        return (self.inputs,) if self.way == "dense" else self.shape

    @property
    def inputs(self) -> int:
        """Numbers in the picture."""
        return math.prod(self.shape)

    @property
    def maps(self) -> int:
        """Output maps; a dense layer has one list of units."""
        return 1 if self.way == "dense" else self.kernels

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of one output map. A dense layer's units have no place: they are laid out in a square."""
        if self.way == "dense":
            columns = math.isqrt(self.units - 1) + 1
            return -(-self.units // columns), columns
        shape = self.layer.shape(self.given)
        return shape[1], shape[2]

    @property
    def outputs(self) -> int:
        """Units of the layer."""
        return math.prod(self.layer.shape(self.given))

    @property
    def connections(self) -> int:
        """Pairs of an input and a unit that reads it: each is one multiply-add. Biases are not counted."""
        return self.layer.macs(self.given)

    @property
    def reads(self) -> int:
        """Connections of one unit."""
        return self.connections // self.outputs

    @property
    def parameters(self) -> int:
        """Distinct weights and biases."""
        return self.layer.parameters(self.given)

    @property
    def weights(self) -> int:
        """Distinct weights, without biases."""
        return replace(self.layer, bias=False).parameters(self.given)

    @property
    def biases(self) -> int:
        """Distinct biases."""
        return self.parameters - self.weights

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weights and biases."""
        return NUMBER_BYTES * self.parameters

    @property
    def training_bytes(self) -> int:
        """Bytes while Adam trains them: weights, gradients and two running means; without the pictures' own values."""
        return TRAINING_NUMBERS * self.weight_bytes

    def holds(self, row: int, column: int) -> bool:
        """Whether there is a unit at a place of the grid: the last row of a dense layer may be short."""
        rows, columns = self.grid
        inside = 0 <= row < rows and 0 <= column < columns
        return inside and (self.way != "dense" or row * columns + column < self.units)

    def touched(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right (the last two exclusive) of the pixels that one unit reads.

        Raises:
            StudioError: There is no such unit.
        """
        if not self.holds(row, column):
            raise StudioError(f"The layer has no unit at row {row}, column {column}.")
        pixels = Field.of_pixels(*self.shape[1:])
        return pixels.through(self.layer.windows(self.given), self.layer.shape(self.given)).window(row, column)

    @property
    def bill(self) -> str:
        """The multiplication spelled out, as in "28 × 28 × 1 inputs × 77 units = 60,368 weights, plus 77 biases"."""
        channels, height, width = self.shape
        rows, columns = self.grid
        each = f"{self.kernel} × {self.kernel} × {channels}"
        factors = {
            "dense": f"{height} × {width} × {channels} inputs × {self.units:,} units",
            "local": f"{rows} × {columns} places × {self.kernels:,} kernels × {each} inputs",
            "conv": f"{self.kernels:,} kernels × {each} inputs",
        }[self.way]
        used = f"; each weight is used at {rows * columns:,} places" if self.way == "conv" else ""
        return f"{factors} = {self.weights:,} weights, plus {self.biases:,} biases{used}"


def megabytes(count: int) -> str:
    """Bytes in words, as in "480 MB" (one MB is 1,000,000 bytes); small amounts in kB or B."""
    for size, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= size:
            amount = count / size
            return f"{amount:,.0f} {name}" if amount >= 100 else f"{amount:.3g} {name}"
    return f"{count} B"


def initial_map(wiring: Wiring, of_map: int = 0, seed: int = 0) -> Numbers | None:
    """First weights of one output map, drawn by chance.

    Args:
        wiring: The layer.
        of_map: Which map; a dense layer has one.
        seed: The same one gives the same weights.

    Returns:
        Dense: [units, channels, height, width]. Local: [rows, columns, channels, kernel, kernel]. Convolution:
        [channels, kernel, kernel]. None where these are more than `MOST_DRAWN` numbers: see `initial_unit`.
    """
    patch = (wiring.shape[0], wiring.kernel, wiring.kernel)
    shape = {"dense": (wiring.units, *wiring.shape), "local": (*wiring.grid, *patch), "conv": patch}[wiring.way]
    return _drawn(wiring, shape, (seed, of_map)) if math.prod(shape) <= MOST_DRAWN else None


def initial_unit(wiring: Wiring, of_map: int, row: int, column: int, seed: int = 0) -> Numbers:
    """First weights of one unit, [channels, rows read, columns read], where its map has too many to draw them all."""
    top, left, bottom, right = wiring.touched(row, column)
    place = () if wiring.way == "conv" else (1 + row, column)
    return _drawn(wiring, (wiring.shape[0], bottom - top, right - left), (seed, of_map, *place))


def _drawn(wiring: Wiring, shape: tuple[int, ...], seed: tuple[int, ...]) -> Numbers:
    bound = np.float32(1 / math.sqrt(wiring.reads))
    return (np.random.default_rng(seed).random(shape, dtype=np.float32) * 2 - 1) * bound


def unit_of(wiring: Wiring, weights: Numbers, row: int, column: int) -> Numbers:
    """The weights of one unit, [channels, rows read, columns read], out of those of its map.

    Args:
        wiring: The layer.
        weights: As `initial_map` gives them.
        row: Of the unit.
        column: Of the unit.
    """
    if wiring.way == "conv":
        return weights
    unit: Numbers = weights[row * wiring.grid[1] + column] if wiring.way == "dense" else weights[row, column]
    return unit


def respond(wiring: Wiring, pixels: Numbers, weights: Numbers) -> Numbers:
    """What the units of one map compute, biases left out.

    Args:
        wiring: The layer.
        pixels: float32 [channels, height, width].
        weights: As `initial_map` gives them.

    Returns:
        float32 [rows, columns] of `wiring.grid`; NaN where a dense layer's last row has no unit.
    """
    rows, columns = wiring.grid
    if wiring.way == "dense":
        made = np.full(rows * columns, np.nan, np.float32)
        made[: wiring.units] = weights.reshape(wiring.units, -1) @ pixels.ravel()
        return made.reshape(rows, columns)
    side = (wiring.kernel, wiring.kernel)
    windows = np.lib.stride_tricks.sliding_window_view(pixels, side, axis=(1, 2))
    places = "cij" if wiring.way == "conv" else "rscij"
    sums: Numbers = np.einsum(f"crsij,{places}->rs", windows, weights)
    return sums


def flat_index(row: int, column: int, width: int) -> int:
    """Where a pixel stands in the flattened picture, counted from 0."""
    return row * width + column
