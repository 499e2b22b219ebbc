"""Blocks: layers made of layers. One after the other, side by side, around, and again."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layers import Call, Flow, Layer, Layers, Sizes, Step, times, walk_through

_MOST_TIMES: Final = 1000
"""More than any published network repeats a block; a damaged file must not keep the program busy."""


class Block(Layer):
    """The base of blocks.

    A block that joins several paths appends one step of its own after theirs, which computes the join.
    """

    __slots__ = ()
    wants: ClassVar[Literal["map", "flat", "any"]] = "any"

    @abstractmethod
    def parts(self) -> tuple[tuple[str, Layers], ...]:
        """The sequences it holds, by name."""

    @property
    def weighted(self) -> bool:
        """Whether any layer in it has something to learn."""
        return any(layer.weighted for _, layers in self.parts() for layer in layers)

    def call(self, given: Sizes) -> Call:
        """Blocks are put together from their parts."""
        raise TypeError(f"{self.title} is not one call")


@dataclass(frozen=True, slots=True)
class Sequence(Block):
    """Layers one after the other under one name, as a stage of a network.

    Attributes:
        name: An identifier, used in the names of the weights; "" is "sequence".
    """

    kind: ClassVar[str] = "sequence"
    layers: Layers
    name: str = ""

    def __post_init__(self) -> None:
        """Refuses names that cannot stand in the name of a weight."""
        if self.name and not self.name.isidentifier():
            raise StudioError(f"{self.name!r} cannot name a part of a network.", remedy="Use letters, digits and _.")

    @property
    def title(self) -> str:
        """Its name."""
        return self.name or self.kind

    def parts(self) -> tuple[tuple[str, Layers], ...]:
        """The one sequence."""
        return (("", self.layers),)

    def walk(self, flow: Flow, path: tuple[str, ...], steps: list[Step]) -> Flow:
        """Passes through its layers."""
        return walk_through(self.layers, flow, path, steps)


@dataclass(frozen=True, slots=True)
class Repeat(Block):
    """The same layers several times, each time with weights of their own.

    Attributes:
        layers: What is repeated.
        times: How often, the first time included.
        first: What stands in place of `layers` the first time (as a block with stride 2); () is the same.
    """

    kind: ClassVar[str] = "repeat"
    layers: Layers
    times: int
    first: Layers = ()

    def __post_init__(self) -> None:
        """Refuses numbers that only a damaged file holds."""
        if not 1 <= self.times <= _MOST_TIMES:
            raise StudioError(f"A block can be repeated 1 to at most {_MOST_TIMES} times, and not {self.times}.")

    def parts(self) -> tuple[tuple[str, Layers], ...]:
        """Every repetition, numbered from 1."""
        rest = ((str(number), self.layers) for number in range(2, self.times + 1))
        return (("1", self.first or self.layers), *rest)

    @property
    def weighted(self) -> bool:
        """Whether any layer in it has something to learn."""
        return any(layer.weighted for layer in (*self.first, *self.layers))

    def walk(self, flow: Flow, path: tuple[str, ...], steps: list[Step]) -> Flow:
        """Passes through every repetition."""
        for name, layers in self.parts():
            flow = walk_through(layers, flow, (*path, name), steps)
        return flow


@dataclass(frozen=True, slots=True)
class Residual(Block):
    """Adds what goes in to what the body makes of it (He et al. 2016).

    Attributes:
        body: The layers around which the shortcut leads.
        shortcut: Layers on the shortcut; () is the identity.
        after: Layers after the sum, as an activation.
    """

    kind: ClassVar[str] = "residual"
    body: Layers
    shortcut: Layers = ()
    after: Layers = ()

    def parts(self) -> tuple[tuple[str, Layers], ...]:
        """Body, shortcut, and what follows."""
        return ("body", self.body), ("shortcut", self.shortcut), ("after", self.after)

    def walk(self, flow: Flow, path: tuple[str, ...], steps: list[Step]) -> Flow:
        """Passes through both paths, the sum, and what follows."""
        body = walk_through(self.body, flow.holding(math.prod(flow.shape)), (*path, "body"), steps)
        short = walk_through(self.shortcut, flow.holding(math.prod(body.shape)), (*path, "shortcut"), steps)
        if body.shape != short.shape:
            raise StudioError(
                f"A residual block cannot add {times(*short.shape)} to {times(*body.shape)}.",
                "Body and shortcut must end in the same shape.",
                "Give the shortcut a 1 x 1 convolution with the body's maps and stride.",
            )
        seen = body.field.joined(short.field)
        steps.append(Step((*path, "add"), self, flow.shape, body.shape, seen, flow.held + math.prod(short.shape)))
        return walk_through(self.after, Flow(body.shape, seen, "the sum", flow.held), (*path, "after"), steps)


@dataclass(frozen=True, slots=True)
class Branches(Block):
    """Several paths side by side that read the same input, joined at the end.

    Attributes:
        branches: The paths; () is the identity, as DenseNet has it.
        join: "concat" puts the maps one behind the other, "add" adds them.
    """

    kind: ClassVar[str] = "branches"
    branches: tuple[Layers, ...]
    join: Literal["concat", "add"] = "concat"

    def __post_init__(self) -> None:
        """Refuses a block of no branches."""
        if not self.branches:
            raise StudioError("A block of branches needs at least one branch.")

    def parts(self) -> tuple[tuple[str, Layers], ...]:
        """Every branch, numbered from 1."""
        return tuple((str(number), layers) for number, layers in enumerate(self.branches, 1))

    def walk(self, flow: Flow, path: tuple[str, ...], steps: list[Step]) -> Flow:
        """Passes through every branch, and the join."""
        held = math.prod(flow.shape)
        ends = []
        for name, layers in self.parts():
            ends.append(walk_through(layers, flow.holding(held), (*path, name), steps))
            held += math.prod(ends[-1].shape)
        shape = self._joined_shape([end.shape for end in ends])
        seen = ends[0].field
        for end in ends[1:]:
            seen = seen.joined(end.field)
        steps.append(Step((*path, self.join), self, flow.shape, shape, seen, flow.held + held))
        return Flow(shape, seen, f"the {'sum' if self.join == 'add' else 'concatenation'}", flow.held)

    def _joined_shape(self, shapes: list[Sizes]) -> Sizes:
        same = {shape if self.join == "add" else (len(shape), *shape[1:]) for shape in shapes}
        if len(same) > 1:
            said = ", ".join(times(*shape) for shape in shapes)
            verb = "added" if self.join == "add" else "put together"
            raise StudioError(
                f"Branches that end in {said} cannot be {verb}.",
                "They must agree in " + ("shape." if self.join == "add" else "rows and columns."),
            )
        return shapes[0] if self.join == "add" else (sum(shape[0] for shape in shapes), *shapes[0][1:])
