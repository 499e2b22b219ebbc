"""What is said about a layer, a map and a unit, and where a unit is found in another layer of its column."""

from __future__ import annotations

import math

from cnnstudio.core.inside import PICTURE, LayerMaps, Unit
from cnnstudio.core.layers import Sizes, times
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui.widgets._inside_colour import as_maps, short
from cnnstudio.ui.widgets._inside_layout import is_flat
from cnnstudio.ui.widgets._inside_paint import weights_words
from cnnstudio.ui.widgets._inside_plan import Box


def same_place(spec: NetworkSpec, unit: Unit, box: Box) -> tuple[int, int, int] | None:
    """Map, row and column in the maps that a column shows, of a unit of any of its layers; None where there is none."""
    step = next((one for one in spec.steps() if one.name == unit.layer), None)
    if step is None:
        return None
    if step.shape == box.shape:
        return unit.map, unit.row, unit.column
    if len(step.shape) == 1 and step.shape[0] == math.prod(box.shape):
        return flat_place(unit.map, box.shape)
    return None


def flat_place(index: int, shape: Sizes) -> tuple[int, int, int]:
    """Map, row and column of a place in a flattened list."""
    _, rows, columns = shape
    return index // (rows * columns), index // columns % rows, index % columns


def map_words(box: Box, layer: LayerMaps | None, index: int | None, row: int, column: int) -> str:
    """What hovering says: the layer; its map's numbers; the number at a place.

    Args:
        box: The column.
        layer: What it computed, or None while that is not known.
        index: Which map or unit, or None.
        row: In the map.
        column: In the map.
    """
    name = ", then ".join(part for part in (box.title, box.extra if not box.folded else "") if part)
    if index is None or layer is None or index >= len(layer.values):
        told = [f"{name}: {times(*box.shape)}", " ".join(weights_words(box))]
        if layer is not None:
            told.append(f"from {short(layer.lowest)} to {short(layer.highest)}")
            if box.shown != PICTURE and len(layer.values) < layer.shape[0]:
                told.append(f"the first {len(layer.values)} of {layer.shape[0]:,} are shown here")
        return ", ".join(part for part in told if part) + "."
    one = as_maps(layer.values)[index]
    if is_flat(box.shape):
        return f"{name}, unit {index + 1} of {box.shape[0]:,}: {one.item():.4g}."
    what = "picture as the network reads it" if box.shown == PICTURE else f"{name}, map {index + 1} of {box.shape[0]:,}"
    numbers = f"from {short(float(one.min()))} to {short(float(one.max()))}"
    return f"{what}: {numbers}. At ({row}, {column}): {one[row, column]:.4g}."


def numbers_words(layer: LayerMaps, shape: Sizes, index: int, row: int, column: int) -> str:
    """What hovering a number of a layer says."""
    one = as_maps(layer.values)[index]
    if is_flat(shape):
        return f"{layer.title}, unit {index + 1} of {shape[0]:,}: {one.item():.4g}."
    numbers = f"from {short(float(one.min()))} to {short(float(one.max()))}"
    return f"{layer.title}, map {index + 1} of {shape[0]:,}: {numbers}. At ({row}, {column}): {one[row, column]:.4g}."
