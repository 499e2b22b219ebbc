"""What the arithmetic of one unit is made from, what it is made into, and how numbers are said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.core import activations
from cnnstudio.core.inside import PICTURE, ArithmeticKind
from cnnstudio.core.layers import Layer, Sizes, Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import Place, Reading, reading
from cnnstudio.engine.pixels import scaling

Numbers = NDArray[np.float32]
Exact = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How one unit comes to its value; fields as in `core.inside.UnitArithmetic`.

    Attributes:
        read: The units read.
    """

    kind: ArithmeticKind
    formula: str
    reads: tuple[str, ...]
    read: Reading
    inputs: Numbers
    per_map: Exact
    computed: float
    weights: Numbers | None = None
    bias: float = 0.0
    numbers: tuple[tuple[str, float], ...] = ()
    winner: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of one layer, and the numbers that it is computed from.

    Attributes:
        spec: The network.
        step: The layer.
        place: Map, row and column of the unit.
        part: The layer in torch; of a join the whole network, which holds nothing of it.
        reads: The layers read.
        values: float32 [maps, rows, columns], what each of them computed.
    """

    spec: NetworkSpec
    step: Step
    place: Place
    part: nn.Module
    reads: tuple[str, ...]
    values: tuple[Numbers, ...]

    @property
    def layer(self) -> Layer:
        """The layer."""
        return self.step.layer

    @property
    def given(self) -> Sizes:
        """Shape of the layer's input."""
        return self.step.given

    @property
    def first(self) -> Numbers:
        """What the layer read computed: float32 [maps, rows, columns]."""
        return self.values[0]

    def read(self) -> Reading:
        """The units read."""
        return reading(self.layer, self.given, self.place)

    def own(self) -> tuple[Reading, Numbers, float]:
        """The unit at the same place of the layer read: where it is, its value as an array, and as a number."""
        read = at(*self.place)
        inputs = read.take(self.first)
        return read, inputs, float(inputs[0, 0, 0])

    def weight(self, name: str, *index: int | slice) -> Numbers:
        """Some of a weight's numbers, float32, in memory of their own."""
        held = cast("Tensor", getattr(self.part, name))
        return np.array(held.detach()[index].cpu().numpy(), np.float32)

    def number(self, name: str, *index: int) -> float:
        """One of a weight's numbers; 0 where the layer has no such weight."""
        held = getattr(self.part, name, None)
        return 0.0 if held is None else float(cast("Tensor", held).detach()[index])


def at(map_: int, row: int, column: int) -> Reading:
    """Reads one unit."""
    return Reading(*(np.array([place], np.int64) for place in (map_, row, column)))


def say(number: float) -> str:
    """A number in a formula, as in "-0.3142"."""
    said = f"{number:.4g}"
    return "0" if said == "-0" else said


def say_sum(numbers: list[float]) -> str:
    """Numbers added up, as in "0.5 - 0.2"."""
    said = [say(number) for number in numbers]
    return said[0] + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in said[1:])


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)) of one number."""
    return float(activations.sigmoid(np.array(x)))


def exact(array: NDArray[Any]) -> Exact:
    """The same numbers in float64."""
    return array.astype(np.float64)


def one(work: Work, kind: ArithmeticKind, formula: str, computed: float, **more: Any) -> Arithmetic:
    """The arithmetic of a unit that is made from the unit at its own place."""
    read, inputs, x = work.own()
    return Arithmetic(kind, formula, work.reads, read, inputs, np.array([x]), computed, **more)


def picture_arithmetic(pixels: NDArray[np.uint8], place: Place) -> Arithmetic:
    """A pixel as the networks read it: brought to 0 to 1, then shifted and scaled.

    Args:
        pixels: uint8 [channels, height, width].
        place: Channel, row and column.
    """
    mean, spread = scaling(len(pixels))
    read = at(*place)
    inputs = (read.take(pixels) / 255).astype(np.float32)
    x = float(inputs[0, 0, 0])
    value = (x - mean) / spread
    formula = f"({pixels[place]} / 255 - {mean:g}) / {spread:g} = {say(value)}"
    numbers = (("mean", mean), ("spread", spread))
    return Arithmetic("normalise", formula, (PICTURE,), read, inputs, np.array([x]), value, numbers=numbers)
