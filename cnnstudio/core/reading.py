"""Who reads what: which layers a layer reads, and which units of them one of its units reads.

Index arithmetic only, in whole numbers. A flat list of units counts as that many maps of one unit each. Rows and
columns outside of the map are padding; `fold` says what stands there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.activations import place_of
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Block, Branches, Residual
from cnnstudio.core.layer_kinds import (
    Conv,
    ConvTranspose,
    DepthwiseConv,
    Linear,
    LocallyConnected,
    PatchEmbedding,
    SqueezeExcite,
)
from cnnstudio.core.layer_norms import ChannelNorm, GroupNorm, LayerNorm, LocalResponseNorm
from cnnstudio.core.layer_points import Dropout, Flatten, StochasticDepth
from cnnstudio.core.layer_pools import AdaptivePool, AveragePool, GlobalAverage, GlobalMax, MaxPool, Upsample
from cnnstudio.core.layers import Layer, Layers, Sizes, Step, named, pair
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.sliding import Slide, Sliding

Index = NDArray[np.int64]
Place = tuple[int, int, int]
"""Map, row and column of a unit."""
Mode = Literal["zeros", "reflect", "replicate", "circular"]

_ELEMENTWISE: Final = (Dropout, StochasticDepth)
"""Layers that pass values on as they are when the network is not training."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The units that one unit reads: all of `maps` at all of `rows` and all of `columns`.

    Attributes:
        maps: int64 [maps read].
        rows: int64 [rows]; outside of the map is padding.
        columns: int64 [columns].
    """

    maps: Index
    rows: Index
    columns: Index

    def take(self, values: NDArray[Any], mode: Mode = "zeros") -> NDArray[Any]:
        """The values read: [maps read, rows, columns].

        Args:
            values: [maps, height, width].
            mode: What the padding holds.
        """
        rows, columns = fold(self.rows, values.shape[1], mode), fold(self.columns, values.shape[2], mode)
        taken: NDArray[Any] = values[np.ix_(self.maps, np.maximum(rows, 0), np.maximum(columns, 0))]
        if rows.min(initial=0) < 0 or columns.min(initial=0) < 0:
            taken = np.where((rows < 0)[:, None] | (columns < 0), values.dtype.type(0), taken)
        return taken


def fold(places: Index, length: int, mode: Mode = "zeros") -> Index:
    """Which unit of an axis `length` long stands at each place, padding included; -1 where a zero stands.

    Modes are named as in torch: "reflect" mirrors without repeating the edge, "replicate" repeats the edge,
    "circular" goes round.
    """
    if mode == "circular":
        return places % length
    if mode == "replicate":
        return np.clip(places, 0, length - 1)
    if mode == "reflect":
        period = max(1, 2 * (length - 1))
        return length - 1 - np.abs(places % period - (length - 1))
    return np.where((places >= 0) & (places < length), places, -1)


def as_maps(shape: Sizes) -> tuple[int, int, int]:
    """Maps, rows and columns of a shape; a flat list is that many maps of one unit."""
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else (shape[0], 1, 1)


@lru_cache(maxsize=64)
def sources(spec: NetworkSpec) -> Mapping[str, tuple[str, ...]]:
    """The layers that each layer reads, by name; `PICTURE` where it reads the picture. Joins read several."""
    found: dict[str, tuple[str, ...]] = {}
    _chain(spec.layers, (), PICTURE, found)
    return found


def _chain(layers: Layers, path: tuple[str, ...], source: str, found: dict[str, tuple[str, ...]]) -> str:
    for name, layer in named(layers):
        source = _pass(layer, (*path, name), source, found)
    return source


def _pass(layer: Layer, path: tuple[str, ...], source: str, found: dict[str, tuple[str, ...]]) -> str:
    """Passes through a layer or block; the name of what its output is computed by."""
    if isinstance(layer, Residual):
        body, short = (_chain(getattr(layer, part), (*path, part), source, found) for part in ("body", "shortcut"))
        name = ".".join((*path, "add"))
        found[name] = (body, short)
        return _chain(layer.after, (*path, "after"), name, found)
    if isinstance(layer, Branches):
        ends = tuple(_chain(layers, (*path, part), source, found) for part, layers in layer.parts())
        name = ".".join((*path, layer.join))
        found[name] = ends
        return name
    if isinstance(layer, Block):
        for part, layers in layer.parts():
            source = _chain(layers, (*path, part) if part else path, source, found)
        return source
    name = ".".join(path)
    found[name] = (source,)
    return name


@lru_cache(maxsize=64)
def steps_by_name(spec: NetworkSpec) -> Mapping[str, Step]:
    """Every step of a network by its name, in order."""
    return {step.name: step for step in spec.steps()}


def shape_of(spec: NetworkSpec, layer: str) -> Sizes:
    """Shape of what a layer computes; of the picture for `PICTURE`."""
    return spec.input_shape if layer == PICTURE else steps_by_name(spec)[layer].shape


def flattened(spec: NetworkSpec, layer: str, exactly: bool = True) -> tuple[str, Sizes] | None:
    """The maps whose numbers, laid end to end, are a flat layer's units.

    Args:
        spec: The network.
        layer: A layer that is a flat list.
        exactly: Whether the values must be the same; else layers that change each number by itself may lie between.

    Returns:
        Name and shape of the layer of maps; None where the units stand for no places of a map.
    """
    while layer != PICTURE:
        step, read = steps_by_name(spec)[layer], sources(spec)[layer]
        if isinstance(step.layer, Flatten) and len(step.given) == 3:
            return read[0], step.given
        same_units = len(read) == 1 and step.given == step.shape and step.layer.windows(step.given) is not None
        if not same_units or (exactly and not isinstance(step.layer, (*_ELEMENTWISE, Flatten))):
            return None
        layer = read[0]
    return None


def reading(layer: Layer, given: Sizes, place: Place) -> Reading:
    """What one unit of a layer reads of the layer's input.

    Args:
        layer: No block: what a join reads are other layers' units of the same place (`sources`).
        given: Shape of the layer's input.
        place: Map, row and column of the unit; of a flat layer the unit's number, 0 and 0.

    Returns:
        The units read, with those in the padding. Max pooling does not look at its padding and lists none.
    """
    for kinds, read in _READS:
        if isinstance(layer, kinds):
            return read(layer, given, place)
    return _own(*place)


def _own(map_: int, row: int, column: int) -> Reading:
    return Reading(*(np.array([place], np.int64) for place in (map_, row, column)))


def _read_own_place(layer: Any, given: Sizes, place: Place) -> Reading:
    _, row, column = place
    return Reading(np.arange(given[0]), np.array([row]), np.array([column]))


def _read_all(layer: Any, given: Sizes, place: Place) -> Reading:
    maps, rows, columns = as_maps(given)
    return Reading(np.arange(maps), np.arange(rows), np.arange(columns))


def _read_group(layer: GroupNorm, given: Sizes, place: Place) -> Reading:
    _, rows, columns = as_maps(given)
    return Reading(_group(given[0], given[0], layer.groups, place[0]), np.arange(rows), np.arange(columns))


def _read_whole_map(layer: Any, given: Sizes, place: Place) -> Reading:
    return Reading(np.array([place[0]]), np.arange(given[1]), np.arange(given[2]))


def _read_flat(layer: Flatten, given: Sizes, place: Place) -> Reading:
    return _own(*place_of(as_maps(given), place[0]))


def _read_neighbours(layer: LocalResponseNorm, given: Sizes, place: Place) -> Reading:
    first = place[0] - layer.size // 2
    maps = np.arange(max(0, first), min(given[0], first + layer.size))
    return Reading(maps, np.array([place[1]]), np.array([place[2]]))


def _read_window(layer: Conv | LocallyConnected | PatchEmbedding, given: Sizes, place: Place) -> Reading:
    rows, columns = _slid(layer.slide(), place)
    return Reading(_group(given[0], layer.out, getattr(layer, "groups", 1), place[0]), rows, columns)


def _read_depthwise(layer: DepthwiseConv, given: Sizes, place: Place) -> Reading:
    return _read_window(layer.as_conv(given[0]), given, place)


def _read_pool(layer: Sliding, given: Sizes, place: Place) -> Reading:
    rows, columns = _slid(layer.slide(), place)
    return Reading(np.array([place[0]]), rows, columns)


def _read_clipped(layer: MaxPool | AveragePool, given: Sizes, place: Place) -> Reading:
    ## Padding never is the largest; a mean counts it as zeros, but nothing beyond it, where `ceil` lets a window reach.
    slide = layer.slide()
    counts = isinstance(layer, AveragePool)
    rows, columns = (
        read[(read >= (-before if counts else 0)) & (read < length + (after if counts else 0))]
        for read, length, (before, after) in zip(
            _slid(slide, place), given[1:], (slide.margins(0), slide.margins(1)), strict=True
        )
    )
    return Reading(np.array([place[0]]), rows, columns)


def _read_share(layer: AdaptivePool, given: Sizes, place: Place) -> Reading:
    rows, columns = (
        np.arange(at * length // units, -(-(at + 1) * length // units))
        for at, length, units in zip(place[1:], given[1:], layer.rows_columns(), strict=True)
    )
    return Reading(np.array([place[0]]), rows, columns)


def _read_stamps(layer: ConvTranspose, given: Sizes, place: Place) -> Reading:
    axes = zip(place[1:], pair(layer.kernel), pair(layer.stride), pair(layer.padding), strict=True)
    ## Input i is stamped on the places from i * stride - padding on, as many as the kernel has.
    rows, columns = (
        np.arange(-((kernel - 1 - at - padding) // stride), (at + padding) // stride + 1)
        for at, kernel, stride, padding in axes
    )
    return Reading(np.arange(given[0]), rows, columns)


def _read_enlarged(layer: Upsample, given: Sizes, place: Place) -> Reading:
    rows, columns = (enlarged(layer, at, length)[0] for at, length in zip(place[1:], given[1:], strict=True))
    return Reading(np.array([place[0]]), rows, columns)


def enlarged(layer: Upsample, at: int, length: int) -> tuple[Index, NDArray[np.float64]]:
    """The one or two units of an axis that an enlarged map's unit is made of, and their shares."""
    if layer.mode == "nearest":
        return np.array([at // layer.factor]), np.ones(1)
    centre = max(0.0, (at + 0.5) / layer.factor - 0.5)
    first = math.floor(centre)
    share = centre - first
    if first >= length - 1:
        return np.array([length - 1]), np.ones(1)
    return np.array([first, first + 1]), np.array([1 - share, share])


def _slid(slide: Slide, place: Place) -> tuple[Index, Index]:
    rows, columns = (
        place[1 + axis] * slide.stride[axis]
        - slide.margins(axis)[0]
        + slide.dilation[axis] * np.arange(slide.kernel[axis])
        for axis in (0, 1)
    )
    return rows, columns


def _group(maps: int, out: int, groups: int, map_: int) -> Index:
    """The input maps of the group that an output map belongs to."""
    size = maps // groups
    first = map_ // (out // groups) * size
    return np.arange(first, first + size)


_READS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any, Sizes, Place], Reading]], ...]] = (
    ((Conv, LocallyConnected, PatchEmbedding), _read_window),
    (DepthwiseConv, _read_depthwise),
    (ConvTranspose, _read_stamps),
    ((Linear, LayerNorm, SqueezeExcite), _read_all),
    (GroupNorm, _read_group),
    (ChannelNorm, _read_own_place),
    (LocalResponseNorm, _read_neighbours),
    ((MaxPool, AveragePool), _read_clipped),
    ((GlobalAverage, GlobalMax), _read_whole_map),
    (AdaptivePool, _read_share),
    (Sliding, _read_pool),
    (Upsample, _read_enlarged),
    (Flatten, _read_flat),
)
"""The first that fits counts; every other layer reads the unit at its own place."""
