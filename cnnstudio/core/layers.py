"""What a layer is: the base of every kind, and the one walk through a network that all arithmetic stands on.

A layer is a frozen dataclass of plain numbers. It knows its output's shape, its weights, its multiply-adds, what a
unit of it can see, and how it is called in PyTorch: all without torch. Blocks (`layer_blocks`) hold further layers.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, cast

from cnnstudio.core.errors import StudioError
from cnnstudio.core.receptive import POINT, Field, Window

Sizes = tuple[int, ...]
"""Channels, height and width of a feature map, or one number: the length of a list of units."""
Size = int | tuple[int, int]
"""One number for both axes, or (rows, columns)."""
Layers = tuple["Layer", ...]


def pair(size: Size) -> tuple[int, int]:
    """(rows, columns) of a size."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def times(*numbers: int) -> str:
    """Sizes in words, as in "5 x 5"."""
    return " x ".join(str(number) for number in numbers)


@dataclass(frozen=True, slots=True)
class Call:
    """How a layer is called in PyTorch.

    Attributes:
        name: A class of `torch.nn`, or one of the program's own (`engine/modules.py`).
        args: Positional arguments.
        kwargs: Those named, only where they differ from the class's defaults.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flow:
    """What arrives at a layer.

    Attributes:
        shape: Of one picture's values.
        field: What each of them can see of the picture.
        after: Title of the layer it comes from, for sentences.
        held: Values that enclosing blocks keep meanwhile, as a shortcut does.
    """

    shape: Sizes
    field: Field
    after: str
    held: int = 0

    def holding(self, more: int) -> Flow:
        """The same, with further values kept meanwhile."""
        return replace(self, held=self.held + more)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is computed: a layer, or the join at the end of a block.

    Attributes:
        path: Names from the outermost block inwards, as in ("2_residual", "body", "1_conv").
        layer: The layer, or the block that joins.
        given: Shape of its input (of a block: the input of the block).
        shape: Shape of its output.
        field: What one unit of its output can see.
        held: Values that enclosing blocks keep meanwhile.
    """

    path: tuple[str, ...]
    layer: Layer
    given: Sizes
    shape: Sizes
    field: Field
    held: int

    @property
    def name(self) -> str:
        """The path with dots, as in the saved weights."""
        return ".".join(self.path)

    @property
    def parameters(self) -> int:
        """Trainable weights."""
        return self.layer.parameters(self.given)

    @property
    def macs(self) -> int:
        """Multiply-adds for one picture."""
        return self.layer.macs(self.given)


class Layer(ABC):
    """The base of every kind of layer.

    Attributes:
        kind: Its name in files and in the names of weights.
        wants: Whether it reads a feature map, a flat list of numbers, or either.
    """

    __slots__ = ()
    kind: ClassVar[str] = ""
    wants: ClassVar[Literal["map", "flat", "any"]] = "map"

    def __post_init__(self) -> None:
        """Refuses numbers that no layer can have.

        Raises:
            StudioError: As in "Conv's kernel cannot be 0."
        """
        for each in fields(cast("Any", self)):
            value = getattr(self, each.name)
            for number in value if isinstance(value, tuple) else (value,):
                wrong_int = (
                    isinstance(number, int) and not isinstance(number, bool) and number < ("padding" not in each.name)
                )
                if wrong_int or (isinstance(number, float) and not math.isfinite(number)):
                    raise StudioError(f"The {each.name} of {self.kind.replace('_', ' ')} cannot be {number}.")

    @property
    def title(self) -> str:
        """As a table shows it, as in "conv 5 x 5"."""
        return self.kind.replace("_", " ")

    @property
    def weighted(self) -> bool:
        """Whether it has anything to learn."""
        return False

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output.

        Raises:
            StudioError: The layer cannot read this shape.
        """
        return given

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return 0

    def buffers(self, given: Sizes) -> int:
        """Numbers that it keeps without training them, as running means."""
        return 0

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture; additions, comparisons and normalisation are not counted."""
        return 0

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Bytes that training keeps for one picture of the output, and of what else the backward pass needs."""
        return 4 * math.prod(shape)

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """What one unit reads along rows and columns; None when every unit reads every place."""
        return (POINT, POINT)

    @abstractmethod
    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""

    def walk(self, flow: Flow, path: tuple[str, ...], steps: list[Step]) -> Flow:
        """Passes through the layer and appends what is computed to `steps`."""
        self.check_wants(flow)
        shape = self.shape(flow.shape)
        seen = flow.field.through(self.windows(flow.shape), shape)
        steps.append(Step(path, self, flow.shape, shape, seen, flow.held))
        return Flow(shape, seen, self.title, flow.held)

    def check_wants(self, flow: Flow) -> None:
        """Raises a StudioError when a map arrives where a list is read, or the other way round."""
        is_map = len(flow.shape) == 3
        if self.wants == "flat" and is_map:
            raise StudioError(
                f"{self.title.capitalize()} after {flow.after} needs flatten.",
                f"It reads a list of numbers, and a {times(*flow.shape)} map arrives.",
                "Put flatten between them.",
            )
        if self.wants == "map" and not is_map:
            raise StudioError(
                f"{self.title.capitalize()} after {flow.after} has no feature map to read.",
                f"Only a list of {times(*flow.shape)} numbers is left.",
                "Put it before flatten.",
            )


class Learned(Layer):
    """The base of layers with weights."""

    __slots__ = ()

    @property
    def weighted(self) -> bool:
        """Whether it has anything to learn."""
        return True


def _only(**settings: tuple[Any, Any]) -> dict[str, Any]:
    """Of name=(value, default), those that differ."""
    return {name: value for name, (value, default) in settings.items() if value != default}


def only(**settings: tuple[Any, Any]) -> dict[str, Any]:
    """Of name=(value, default), the values that differ from their default."""
    return {name: value for name, (value, default) in settings.items() if value != default}


def named(layers: Layers) -> Iterator[tuple[str, Layer]]:
    """Gives every layer of a sequence its name: the number of weighted layers so far, and its kind.

    Layers with nothing to learn carry the number of the weighted one before them, so that putting a dropout or
    another activation in changes no name under which weights are saved.
    """
    count = 0
    taken: dict[str, int] = {}
    for layer in layers:
        count += layer.weighted
        label = getattr(layer, "name", "") or layer.kind
        name = f"{count}_{label}"
        taken[name] = taken.get(name, 0) + 1
        yield (name if taken[name] == 1 else f"{name}_{taken[name]}"), layer


def walk_through(layers: Layers, flow: Flow, path: tuple[str, ...], steps: list[Step]) -> Flow:
    """Passes through layers one after the other."""
    for name, layer in named(layers):
        flow = layer.walk(flow, (*path, name), steps)
    return flow


def trace(layers: Layers, input_shape: Sizes) -> tuple[Step, ...]:
    """Everything that is computed, in order, for a picture of `input_shape` (channels, height, width).

    Raises:
        StudioError: Some layer cannot read what arrives, or the picture has no pixels.
    """
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise StudioError(f"A picture cannot be {times(*input_shape)}.", remedy="Give channels, height and width.")
    steps: list[Step] = []
    walk_through(layers, Flow(input_shape, Field.of_pixels(*input_shape[1:]), "the picture"), (), steps)
    return tuple(steps)
