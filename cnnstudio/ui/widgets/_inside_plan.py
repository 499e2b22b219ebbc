"""What a network's strip shows, in order: one box for a layer, lanes side by side where paths part, folded blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from cnnstudio.core import layer_norms as norms
from cnnstudio.core import layer_points as points
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Block, Branches, Repeat, Residual
from cnnstudio.core.layers import Layer, Layers, Sizes, Step, named
from cnnstudio.core.network import NetworkSpec

MOST_BOXES: Final = 16
"""A strip with more is folded: first its blocks, then what repeats them."""

MOST_OPEN: Final = 12
"""With more, not all blocks stand open: only the first of those that join paths, as an example, or none."""

_NORMS: Final = (
    norms.BatchNorm, norms.LayerNorm, norms.ChannelNorm, norms.GroupNorm, norms.LayerScale, norms.LocalResponseNorm,
)  # fmt: skip

_FOLLOWING: Final = (
    points.ReLU, points.LeakyReLU, points.ReLU6, points.Sigmoid, points.Tanh, points.GELU, points.SiLU,
    points.Hardswish, points.Dropout, points.StochasticDepth, points.Flatten, *_NORMS,
)  # fmt: skip
"""Layers that change numbers one by one: the box of the layer before them shows what comes out of them."""

_MOST_AT_LEVEL: Final = (MOST_OPEN, MOST_OPEN, MOST_BOXES)

_SILENT: Final = (points.Flatten, points.Dropout, points.StochasticDepth)
"""Of those, the ones that change nothing when a picture is read."""


@dataclass(frozen=True, slots=True)
class Box:
    """One column of a strip.

    Attributes:
        names: Every step it stands for, in order.
        shown: The step whose maps it shows; `PICTURE` is the picture.
        title: As in "conv 5 x 5".
        extra: What follows within the box, as in "relu"; "" for nothing.
        shape: Of the maps shown.
        weights: Trainable weights of all its steps.
        folded: Path of the block that it folds away; "" for a plain layer.
    """

    names: tuple[str, ...]
    shown: str
    title: str
    extra: str
    shape: Sizes
    weights: int
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """Paths that part and meet again.

    Attributes:
        lanes: Each path's columns; an empty one is a shortcut that changes nothing.
        join: Where they meet.
        path: Of the block, to fold it by; its title.
        title: As in "residual".
    """

    lanes: tuple[tuple[Node, ...], ...]
    join: Box
    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the network that can be folded, opened.

    Attributes:
        nodes: What it holds.
        path: Of the block.
        title: As in "4 x residual".
    """

    nodes: tuple[Node, ...]
    path: str
    title: str


Node = Box | Fork | Span


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a strip shows.

    Attributes:
        nodes: In order, the picture first.
        boxes: All boxes, in the order in which they are computed.
    """

    nodes: tuple[Node, ...]
    boxes: tuple[Box, ...]

    def box_of(self, layer: str) -> int | None:
        """Which box stands for a step, or None."""
        return next((i for i, box in enumerate(self.boxes) if layer in box.names), None)


@lru_cache(maxsize=64)
def plan(spec: NetworkSpec, every: bool = False, flipped: frozenset[str] = frozenset()) -> Plan:
    """The columns of a network.

    Args:
        spec: The network.
        every: Whether activations and normalisations have columns of their own.
        flipped: Paths of blocks that the student folded or opened against the default.
    """
    level = 0
    for level, most in enumerate(_MOST_AT_LEVEL):
        if len(_Planner(spec, every, level, frozenset()).plan().boxes) <= most:
            return _Planner(spec, every, level, flipped).plan()
    return _Planner(spec, every, level + 1, flipped).plan()


def is_norm(layer: Layer) -> bool:
    """Whether a layer only normalises or scales: its weights are no kernels."""
    return isinstance(layer, _NORMS)


class _Planner:
    """Walks through the layers as `NetworkSpec.steps` does, and gathers columns.

    Levels: 0 folds nothing, 1 folds blocks that join paths except the first, 2 that one too, 3 also what repeats them.
    """

    def __init__(self, spec: NetworkSpec, every: bool, level: int, flipped: frozenset[str]) -> None:
        self._spec, self._every, self._level, self._flipped = spec, every, level, flipped
        self._first = ""
        self._steps = {step.name: step for step in spec.steps()}
        self._titles = {row.name: row.title for row in spec.rows()}

    def plan(self) -> Plan:
        picture = Box((PICTURE,), PICTURE, PICTURE, "", self._spec.input_shape, 0)
        nodes = tuple(self._nodes(self._spec.layers, (), [picture]))
        return Plan(nodes, tuple(boxes_of(nodes)))

    def _nodes(self, layers: Layers, path: tuple[str, ...], nodes: list[Node]) -> list[Node]:
        for name, layer in named(layers):
            here = (*path, name)
            if isinstance(layer, Block):
                nodes.extend(self._block(layer, here))
            else:
                self._add(self._steps[".".join(here)], nodes)
        return nodes

    def _add(self, step: Step, nodes: list[Node]) -> None:
        last = nodes[-1] if nodes else None
        if isinstance(last, Fork):
            joined = self._with_following(last.join, step)
            if joined is not None:
                nodes[-1] = replace(last, join=joined)
                return
        elif isinstance(last, Box):
            more = self._with_following(last, step)
            if more is not None:
                nodes[-1] = more
                return
        nodes.append(Box((step.name,), step.name, self._titles[step.name], "", step.shape, step.parameters))

    def _with_following(self, box: Box, step: Step) -> Box | None:
        """The box with a step more, where the step is one that only follows; else None."""
        silent = isinstance(step.layer, _SILENT)
        if self._every or not isinstance(step.layer, _FOLLOWING) or (box.shown == PICTURE and not silent):
            return None
        if silent:
            return replace(box, names=(*box.names, step.name))
        extra = ", ".join(part for part in (box.extra, self._titles[step.name]) if part)
        return replace(box, names=(*box.names, step.name), shown=step.name, shape=step.shape, extra=extra,
                       weights=box.weights + step.parameters)  # fmt: skip

    def _block(self, block: Block, path: tuple[str, ...]) -> Sequence[Node]:
        key = ".".join(path)
        joins = isinstance(block, Residual | Branches)
        if joins and not self._first:
            self._first = key
        by_default = self._level >= ((2 if key == self._first else 1) if joins else len(_MOST_AT_LEVEL))
        if by_default != (key in self._flipped):
            return (self._folded(block, key),)
        if isinstance(block, Residual):
            return self._residual(block, path)
        if isinstance(block, Branches):
            lanes = tuple(tuple(self._nodes(layers, (*path, name), [])) for name, layers in block.parts())
            join = self._steps[f"{key}.{block.join}"]
            return (Fork(lanes, self._join(join), key, f"{len(lanes)} branches"),)
        inner: list[Node] = []
        for name, layers in block.parts():
            self._nodes(layers, (*path, name) if name else path, inner)
        return (Span(tuple(inner), key, _title(block)),)

    def _residual(self, block: Residual, path: tuple[str, ...]) -> Sequence[Node]:
        parts = dict(block.parts())
        lanes = tuple(tuple(self._nodes(parts[name], (*path, name), [])) for name in ("body", "shortcut"))
        join = self._join(self._steps[".".join((*path, "add"))])
        after: list[Node] = [join]
        self._nodes(parts["after"], (*path, "after"), after)
        if isinstance(after[0], Box):
            join = after[0]
        return (Fork(lanes, join, ".".join(path), "residual"), *after[1:])

    def _join(self, step: Step) -> Box:
        return Box((step.name,), step.name, self._titles[step.name], "", step.shape, 0)

    def _folded(self, block: Block, key: str) -> Box:
        inside = [step for name, step in self._steps.items() if name.startswith(f"{key}.")]
        layers = sum(step.layer.weighted and not isinstance(step.layer, _FOLLOWING) for step in inside
                     if not isinstance(step.layer, Block))  # fmt: skip
        said = f"{layers} layers inside" if layers != 1 else "1 layer inside"
        return Box(tuple(step.name for step in inside), inside[-1].name, _title(block), said, inside[-1].shape,
                   sum(step.parameters for step in inside), key)  # fmt: skip


def _title(block: Block) -> str:
    if isinstance(block, Branches):
        return f"{len(block.branches)} branches"
    if isinstance(block, Repeat):
        held = [layer for layer in block.layers if not isinstance(layer, _FOLLOWING)]
        inner = _title(held[0]) if held and isinstance(held[0], Block) else "layers"
        return f"{block.times} x {inner}" if block.times > 1 else inner
    return block.title.replace("_", " ")


def boxes_of(nodes: Sequence[Node]) -> Iterator[Box]:
    """All boxes of some nodes, in the order in which they are computed."""
    for node in nodes:
        if isinstance(node, Box):
            yield node
        elif isinstance(node, Span):
            yield from boxes_of(node.nodes)
        else:
            for lane in node.lanes:
                yield from boxes_of(lane)
            yield node.join
