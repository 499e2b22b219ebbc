"""Which unit is looked at: a first one, one that another network or layer has too, the one that sees a pixel.

On screen maps and units are counted from 1, rows and columns from 0, as in the breadcrumb.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.inside import PICTURE, NetworkMaps, Unit
from cnnstudio.core.layer_kinds import Conv
from cnnstudio.core.layers import Sizes, Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.receptive import Axis, Field
from cnnstudio.ui.studio import UnitOf

Place = tuple[int, int]

_BLUR: Final = 3
"""The brightest place is looked for in means over so many pixels, so that a lone speck does not win."""


def as_map(shape: Sizes) -> tuple[int, int, int]:
    """A layer's shape as (maps, rows, columns); a flat list has maps of one unit."""
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else (shape[0], 1, 1)


def is_single(shape: Sizes) -> bool:
    """Whether every map of a layer is one unit: a flat list, or maps of one place."""
    return len(shape) != 3 or shape[1:] == (1, 1)


def step_of(spec: NetworkSpec, layer: str) -> Step | None:
    """The step of that name, or None."""
    return next((step for step in spec.steps() if step.name == layer), None)


def shape_read(spec: NetworkSpec, layer: str) -> tuple[int, int, int] | None:
    """(maps, rows, columns) of what is read, by its name; `PICTURE` is the picture."""
    if layer == PICTURE:
        return as_map(spec.input_shape)
    step = step_of(spec, layer)
    return as_map(step.shape) if step is not None else None


def brightest(pixels: NDArray[np.uint8]) -> Place:
    """Row and column of the brightest place of uint8 [channels, height, width]; the middle of a blank picture."""
    grey = pixels.mean(axis=0)
    if grey.max() == grey.min():
        return grey.shape[0] // 2, grey.shape[1] // 2
    padded = np.pad(grey, _BLUR // 2, mode="edge")
    means = np.lib.stride_tricks.sliding_window_view(padded, (_BLUR, _BLUR)).mean(axis=(2, 3))
    row, column = divmod(int(means.argmax()), means.shape[1])
    return row, column


def _nearest(axis: Axis, pixel: int) -> int:
    if axis.units <= 1 or axis.jump == 0:
        return 0
    return int(min(max(round((pixel + 0.5 - axis.start - axis.size / 2) / axis.jump), 0), axis.units - 1))


def unit_over(field: Field, pixel: Place) -> Place:
    """The place in a map whose receptive field has its middle nearest to a pixel."""
    return _nearest(field.rows, pixel[0]), _nearest(field.columns, pixel[1])


def _unit_at(step: Step, number: int, pixel: Place) -> Unit:
    row, column = unit_over(step.field, pixel) if len(step.shape) == 3 else (0, 0)
    return Unit(step.name, number, row, column)


def first_unit(networks: Sequence[NetworkMaps], pixels: NDArray[np.uint8]) -> UnitOf | None:
    """The first map of the CNN's first convolution, at the brightest place; None where there is no network.

    Where no network has a convolution, it is the first unit of the first layer with weights.
    """
    ordered = sorted(networks, key=lambda one: one.role != "cnn")
    for one in ordered:
        step = next((step for step in one.spec.steps() if isinstance(step.layer, Conv)), None)
        if step is not None:
            return UnitOf(one.network, _unit_at(step, 0, brightest(pixels)))
    for one in ordered:
        step = next((step for step in one.spec.steps() if step.layer.weighted), one.spec.steps()[0])
        return UnitOf(one.network, _unit_at(step, 0, brightest(pixels)))
    return None


def in_layer(step: Step, unit: Unit, before: Step | None, pixels: NDArray[np.uint8]) -> Unit:
    """The unit of another layer that looks at the same place; its number is kept where the layer has it.

    Args:
        step: The layer wanted.
        unit: Where one was until now.
        before: The layer of `unit`.
        pixels: The picture, for where there is no place to keep.
    """
    number = unit.map if unit.map < as_map(step.shape)[0] else 0
    if before is None or len(before.shape) != 3 or before.field.jump == (0, 0):
        return _unit_at(step, number, brightest(pixels))
    top, left, bottom, right = before.field.window(unit.row, unit.column)
    return _unit_at(step, number, ((top + bottom - 1) // 2, (left + right - 1) // 2))


def fitted(wanted: UnitOf, networks: Sequence[NetworkMaps], pixels: NDArray[np.uint8]) -> tuple[UnitOf | None, str]:
    """A unit that exists, as near to the one wanted as can be, and a sentence where it is another one."""
    network = next((one for one in networks if one.network == wanted.network), None)
    if network is None:
        other = first_unit(networks, pixels)
        return other, "The network of the unit is not in this race: this is a unit of another one." if other else ""
    step, unit = step_of(network.spec, wanted.unit.layer), wanted.unit
    if step is None:
        other = first_unit([network], pixels)
        return other, f"{network.title} has no layer {unit.layer}: this is a unit that it has."
    maps, rows, columns = as_map(step.shape)
    held = Unit(
        unit.layer,
        min(max(unit.map, 0), maps - 1),
        min(max(unit.row, 0), rows - 1),
        min(max(unit.column, 0), columns - 1),
    )
    if held == unit:
        return wanted, ""
    size = " x ".join(str(number) for number in step.shape)
    return UnitOf(wanted.network, held), f"The layer {unit.layer} is {size} now: this is the nearest unit that it has."


def sight_words(box: tuple[int, int, int, int], picture: tuple[int, ...]) -> str:
    """As in "sees 14 x 14 of 28 x 28 pixels"."""
    top, left, bottom, right = box
    if (bottom - top, right - left) == tuple(picture[-2:]):
        return f"sees all {picture[-2]} × {picture[-1]} pixels"
    return f"sees {bottom - top} × {right - left} of {picture[-2]} × {picture[-1]} pixels"


def source_of(told: Any, index: tuple[int, int, int], networks: Sequence[NetworkMaps]) -> UnitOf | None:
    """The unit that one input of an arithmetic comes from; None where it is a pixel or padding.

    Args:
        told: A `UnitArithmetic`.
        index: (map, row, column) within its inputs.
        networks: What is known of the networks.
    """
    network = next((one for one in networks if one.network == told.network), None)
    name = told.reads[index[0]] if told.kind == "add" and index[0] < len(told.reads) else told.reads[0]
    step = step_of(network.spec, name) if network is not None else None
    if network is None or step is None:
        return None
    maps, rows, columns = as_map(step.shape)
    number = int(told.input_maps[index[0]]) if index[0] < len(told.input_maps) else 0
    row = int(told.input_rows[index[1]]) if index[1] < len(told.input_rows) else 0
    column = int(told.input_columns[index[2]]) if index[2] < len(told.input_columns) else 0
    if not (0 <= number < maps and 0 <= row < rows and 0 <= column < columns):
        return None
    return UnitOf(network.network, Unit(name, number, row, column))
