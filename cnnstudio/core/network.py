"""The specification of a network: the single source of its shapes, weights, multiply-adds, receptive field and memory.

The diagram, the bill of weights, the `nn.Module`, the PyTorch source and the saved file all come from a
`NetworkSpec`. Nothing here needs torch; everything is arithmetic over one walk through the layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, Literal, cast

from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob, Value, write_key
from cnnstudio.core.layer_blocks import Block
from cnnstudio.core.layer_json import layers_from_json, layers_to_json
from cnnstudio.core.layer_kinds import Conv, Linear, LocallyConnected
from cnnstudio.core.layer_points import Dropout, Flatten
from cnnstudio.core.layers import Layer, Layers, Sizes, Step, pair, times, trace
from cnnstudio.core.receptive import Field

SCHEMA: Final = 1
_OPTIMISER_NUMBERS: Final = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}
"""Numbers that an optimiser keeps per weight."""
_LONGEST_SUMMARY: Final = 6
"""Weighted layers that a summary still lists one by one."""

Role = Literal["mlp", "cnn", "local", ""]

_steps = lru_cache(maxsize=256)(trace)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a network's table.

    Attributes:
        name: Path of the layer, as in the saved weights.
        title: As in "conv 5 x 5".
        shape: Of the output.
        parameters: Trainable weights.
        macs: Multiply-adds for one picture.
        sees: Height and width in pixels of what one unit sees, cut at the picture's size.
        jump: Pixels from one unit's window to the next one's, down and across; 0 when all see the same.
    """

    name: str
    title: str
    shape: Sizes
    parameters: int
    macs: int
    sees: tuple[int, int]
    jump: tuple[float, float]


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network for one input shape and number of classes.

    Attributes:
        id: Its key, as in "mlp:hidden=200".
        title: As in "LeNet-5".
        input_shape: Channels, height, width of a picture.
        classes: Classes told apart, at least 2.
        layers: What a picture passes through.
    """

    id: str
    title: str
    input_shape: Shape
    classes: int
    layers: Layers

    def __post_init__(self) -> None:
        """Checks that the layers fit together.

        Raises:
            StudioError: A layer cannot read what arrives at it, or the network does not end in one number per class.
        """
        if self.classes < 2:
            raise StudioError(
                f"With {self.classes} class there is nothing to tell apart.", remedy="Use at least two classes."
            )
        end = self.shapes()[-1]
        if end != (self.classes,):
            raise StudioError(
                f"{self.title} ends in {times(*end)} numbers, and there are {self.classes} classes.",
                remedy=f"End it with a linear layer of {self.classes}.",
            )

    def steps(self) -> tuple[Step, ...]:
        """Everything that is computed, in order; blocks are opened."""
        return _steps(self.layers, self.input_shape)

    def shapes(self) -> tuple[Sizes, ...]:
        """The picture's shape, and the output's of every step."""
        return (self.input_shape, *(step.shape for step in self.steps()))

    @property
    def parameters(self) -> int:
        """Trainable weights and biases."""
        return sum(step.parameters for step in self.steps())

    @property
    def macs(self) -> int:
        """Multiply-adds for one picture: twice as many floating-point operations."""
        return sum(step.macs for step in self.steps())

    def rows(self) -> tuple[Row, ...]:
        """The network as a table, one row per step."""
        return tuple(
            Row(step.name, step.layer.title, step.shape, step.parameters, step.macs, step.field.size, step.field.jump)
            if not isinstance(step.layer, Block)
            else Row(step.name, step.path[-1], step.shape, 0, 0, step.field.size, step.field.jump)
            for step in self.steps()
        )

    def receptive_field(self, step: str | int = -1) -> Field:
        """What the units of one step see of the picture.

        Args:
            step: A row's name or its number; -1 is the last.

        Raises:
            StudioError: There is no such step.
        """
        steps = self.steps()
        if isinstance(step, str):
            found = [each for each in steps if each.name == step]
        else:
            found = list(steps[step : step + 1 or None])
        if not found:
            raise StudioError(f"{self.title} has no layer {step!r}.")
        return found[0].field

    @property
    def summary(self) -> str:
        """As in "784 - 77 - 10" or "6 @ 5 x 5 - 16 @ 5 x 5 - 120 - 84 - 10"."""
        parts = [said for said in (_said(step) for step in self.steps()) if said]
        if len(parts) > _LONGEST_SUMMARY + 1:
            return f"{sum(isinstance(s.layer, _COUNTED) for s in self.steps())} weighted layers"
        return " - ".join(parts)

    def with_dropout(self, p: float) -> NetworkSpec:
        """The same network with dropout before every linear layer that follows another weighted layer.

        A dropout that stands there already gets the share `p`. Pixels are never dropped.

        Args:
            p: Share of the units; 0 leaves the network as it is.
        """
        return self if p == 0 else replace(self, layers=_dropped(self.layers, Dropout(p), False)[0])

    def memory_bytes(self, batch: int, training: bool = True, optimiser: str = "adamw") -> int:
        """Bytes for 32-bit weights and, at once, `batch` pictures; by arithmetic, without what libraries add.

        Training counts weights, gradients, the optimiser's numbers, what every layer keeps for the backward pass,
        and the gradients of the two largest outputs. Otherwise: weights, and the largest input with its output.
        """
        weights = self.parameters
        kept = 4 * (weights + sum(step.layer.buffers(step.given) for step in self.steps()))
        largest = max(4 * (math.prod(step.given) + math.prod(step.shape) + step.held) for step in self.steps())
        if not training:
            return kept + batch * largest
        kept += 4 * weights * (1 + _OPTIMISER_NUMBERS[optimiser])
        per_picture = 4 * math.prod(self.input_shape)
        per_picture += sum(step.layer.kept_bytes(step.given, step.shape) for step in self.steps())
        return kept + batch * (per_picture + largest)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the inverse of `from_json`."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "title": self.title,
            "input_shape": list(self.input_shape),
            "classes": self.classes,
            "layers": layers_to_json(self.layers),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> NetworkSpec:
        """Reads what `to_json` wrote.

        Raises:
            StudioError: It is no network's description, or not one that this version reads.
        """
        if data.get("schema") != SCHEMA:
            raise StudioError(
                "The description of a network cannot be read.",
                "It is damaged, or a newer version of the program wrote it.",
            )
        shape, classes = data.get("input_shape"), data.get("classes")
        numbers: list[Any] = [*shape, classes] if isinstance(shape, list) and len(shape) == 3 else [None]
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
            raise StudioError("The description of a network lacks its input shape or its classes.")
        channels, height, width, count = numbers
        layers = layers_from_json(data.get("layers"))
        return NetworkSpec(
            str(data.get("id", "")), str(data.get("title", "")), (channels, height, width), count, layers
        )


_COUNTED: Final = (Conv, Linear, LocallyConnected)


def _said(step: Step) -> str:
    """One step in a summary, or ""."""
    layer = step.layer
    if isinstance(layer, Linear):
        return str(layer.out)
    if isinstance(layer, Conv | LocallyConnected):
        shared = "" if isinstance(layer, Conv) else " not shared"
        return f"{layer.out} @ {times(*pair(layer.kernel))}{shared}"
    return str(step.shape[0]) if isinstance(layer, Flatten) and len(step.path) == 1 and step.name[0] == "0" else ""


def _dropped(layers: Layers, dropout: Dropout, weighted_before: bool) -> tuple[Layers, bool]:
    """Puts dropout before linear layers; also whether a weighted layer has been met by the end."""
    done: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Block):
            layer, weighted_before = _dropped_block(layer, dropout, weighted_before)
        elif isinstance(layer, Linear) and weighted_before:
            if done and isinstance(done[-1], Dropout):
                done.pop()
            done.append(dropout)
        weighted_before = weighted_before or layer.weighted
        done.append(layer)
    return tuple(done), weighted_before


def _dropped_block(block: Block, dropout: Dropout, weighted_before: bool) -> tuple[Block, bool]:
    changed: dict[str, Any] = {}
    for name in ("layers", "first", "body", "shortcut", "after"):
        if hasattr(block, name):
            changed[name], _ = _dropped(getattr(block, name), dropout, weighted_before)
    if hasattr(block, "branches"):
        changed["branches"] = tuple(_dropped(branch, dropout, weighted_before)[0] for branch in block.branches)
    return cast("Block", replace(cast("Any", block), **changed)), weighted_before or block.weighted


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """The card of one network: a file in `cnnstudio/networks/` holds one constant `NETWORK = NetworkInfo(...)`.

    Attributes:
        id: As typed on the command line.
        title: As shown in the list.
        order: Where it stands in the list.
        year: Of its publication; 0 where there is none.
        citation: Who described it, where.
        sentence: What a student reads about it on screen.
        role: Decides its colour.
        layers: Makes its layers for an input shape, a number of classes and a value for every knob.
        knobs: What can be changed about it.
        smallest_px: Height and width that a picture needs at least.
        automatic: What the knobs that stand at 0 amount to, in words, by name: for an input shape, a number of classes
            and a value for every knob.
    """

    id: str
    title: str
    order: int
    year: int
    citation: str
    sentence: str
    role: Role
    layers: Callable[[Shape, int, Mapping[str, Value]], Layers]
    knobs: tuple[Knob, ...] = field(default=())
    smallest_px: int = 1
    automatic: Callable[[Shape, int, Mapping[str, Value]], Mapping[str, str]] | None = None

    def spec(self, input_shape: Shape, classes: int, settings: Mapping[str, Value] | None = None) -> NetworkSpec:
        """The network for pictures of a shape.

        Args:
            input_shape: Channels, height, width.
            classes: At least 2.
            settings: Values of knobs; those not named have their default.

        Raises:
            StudioError: A setting is unknown or out of range, or the picture is too small.
        """
        values = {knob.name: knob.default for knob in self.knobs} | dict(settings or {})
        for name, value in values.items():
            knob = next((knob for knob in self.knobs if knob.name == name), None)
            problem = knob.check(value) if knob else None
            if knob is None or problem is not None:
                raise StudioError(problem.sentence if problem else f"{self.title} has no setting {name!r}.")
        if min(input_shape[1:]) < self.smallest_px:
            raise StudioError(
                f"{self.title} cannot read pictures of {times(*input_shape[1:])} pixels.",
                f"It needs at least {times(self.smallest_px, self.smallest_px)}.",
                "Choose another network, or larger pictures.",
            )
        key = write_key(self.id, values, self.knobs)
        said = key.partition(":")[2].replace(",", ", ").replace("=", " ")
        title = f"{self.title} ({said})" if said else self.title
        return NetworkSpec(key, title, input_shape, classes, self.layers(input_shape, classes, values))
