"""Made-up answers about one unit: names and shapes of real specs, sums that are exact, no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnstudio.core.inside import PICTURE, ExplainUnit, ReadMaps, Unit, UnitArithmetic
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten
from cnnstudio.core.layer_pools import MaxPool
from cnnstudio.core.layers import Step, pair
from cnnstudio.core.unit_record import FindRecord, FoundPicture, Maximise, Maximised, UnitRecord
from tests.inside_answers import Specs, inside_answers, network_maps, spec_of

DIGITS = tuple("0123456789")
SIDE_PX = 28


def _frozen(values: Any, kind: Any = np.float32) -> Any:
    made = np.asarray(values, kind)
    made.setflags(write=False)
    return made


def _before(steps: tuple[Step, ...], place: int) -> tuple[str, tuple[int, ...] | None]:
    return (steps[place - 1].name, steps[place - 1].shape) if place else (PICTURE, None)


def _window(step: Step, unit: Unit) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns that a sliding layer reads for a unit."""
    layer: Any = step.layer
    stride, padding, dilation = layer.stride, layer.padding, getattr(layer, "dilation", 1)
    places = []
    for axis, at in enumerate((unit.row, unit.column)):
        size, step_, pad, apart = (pair(one)[axis] for one in (layer.kernel, stride or layer.kernel, padding, dilation))
        places.append(_frozen(at * step_ - pad + apart * np.arange(size), np.int64))
    return places[0], places[1]


def arithmetic(question: ExplainUnit, specs: Specs | None = None) -> UnitArithmetic:
    """How a unit comes to its value."""
    spec = spec_of(question.network, tuple(question.pixels.shape), specs)
    steps, unit = spec.steps(), question.unit
    place = next(i for i, step in enumerate(steps) if step.name == unit.layer)
    step, (reads, shape) = steps[place], _before(steps, place)
    whole = network_maps(ReadMaps(question.pixels, "digits", (question.network,), question.step, most=9999),
                         question.network, specs)  # fmt: skip
    source = next(layer.values for layer in whole.layers if layer.layer == reads)
    weights = None
    rows = columns = _frozen([0], np.int64)
    kind, formula, bias, winner = "copy", "the same number", 0.0, None
    maps = _frozen([min(unit.map, len(source) - 1)], np.int64)
    if isinstance(step.layer, Conv | MaxPool):
        rows, columns = _window(step, unit)
    if isinstance(step.layer, Conv):
        maps = _frozen(np.arange(source.shape[0]), np.int64)
    if isinstance(step.layer, Linear) and isinstance(steps[place - 1].layer, Flatten):
        reads = steps[place - 2].name if place > 1 else PICTURE
        source = next(layer.values for layer in whole.layers if layer.layer == reads)
        rows, columns = (_frozen(np.arange(size), np.int64) for size in source.shape[1:])
        maps = _frozen(np.arange(source.shape[0]), np.int64)
    elif isinstance(step.layer, Linear):
        maps = _frozen(np.arange(source.shape[0]), np.int64)
    volume = source if source.ndim == 3 else source[:, None, None]
    if isinstance(step.layer, Flatten) and shape is not None and len(shape) == 3:
        number, rest = divmod(unit.map, shape[1] * shape[2])
        maps, rows, columns = (_frozen([at], np.int64) for at in (number, *divmod(rest, shape[2])))
    inputs = np.zeros((len(maps), len(rows), len(columns)), np.float32)
    for (i, j, k), _ in np.ndenumerate(inputs):
        row, column = rows[j], columns[k]
        if 0 <= row < volume.shape[1] and 0 <= column < volume.shape[2]:
            inputs[i, j, k] = volume[maps[i], row, column]
    value = float(inputs.reshape(-1)[0])
    per_map = np.zeros(len(maps))
    if isinstance(step.layer, Conv | Linear):
        kind, bias = "sum", 0.125
        angle = np.arange(inputs.size) * 0.7 + unit.map + (question.step or 0)
        weights = _frozen(0.3 * np.sin(angle).reshape(inputs.shape))
        per_map = (inputs.astype(np.float64) * weights).sum(axis=(1, 2))
        value, formula = float(per_map.sum()) + bias, "products + bias"
    elif isinstance(step.layer, MaxPool):
        kind = "max"
        winner = tuple(int(at) for at in np.unravel_index(int(inputs.argmax()), inputs.shape))
        value, formula = float(inputs.max()), "the largest of 4"
    elif step.layer.kind == "relu":
        kind, formula, value = "function", f"max(0, {value:.2f}) = {max(0.0, value):.2f}", max(0.0, value)
    height, width = question.pixels.shape[1:]
    box = step.field.window(unit.row, unit.column) if len(step.shape) == 3 else (0, 0, height, width)
    effective = np.zeros((height, width), np.float32)
    effective[box[0] : box[2], box[1] : box[3]] = 1.0
    kinds: Any = kind
    return UnitArithmetic(
        question.network, unit, step.layer.title, kinds, formula, (reads,), _frozen(inputs), weights, maps, rows,
        columns, _frozen(per_map, np.float64), bias, (), winner, float(np.float32(value)), value, box,
        _frozen(effective), question.step, "run", step.shape,
    )  # fmt: skip


def picture(number: int, side_px: int = SIDE_PX) -> np.ndarray:
    """A picture with one bright bar, uint8 [1, side, side]."""
    pixels = np.zeros((1, side_px, side_px), np.uint8)
    pixels[0, 4:24, 3 + number % 10 : 6 + number % 10] = 255 - number
    return _frozen(pixels, np.uint8)


def record(question: FindRecord, specs: Specs | None = None, dead: tuple[int, ...] = (1,)) -> UnitRecord:
    """What a unit does over the data set."""
    spec = spec_of(question.network, (1, SIDE_PX, SIDE_PX), specs)
    step = next(step for step in spec.steps() if step.name == question.unit.layer)
    rows, columns = step.shape[1:] if len(step.shape) == 3 else (1, 1)
    found = []
    for number in range(2 * question.most):
        row, column = number % rows, (2 * number) % columns
        box = step.field.window(row, column) if len(step.shape) == 3 else (0, 0, SIDE_PX, SIDE_PX)
        found.append(FoundPicture(picture(number), number % 10, 4.0 - 0.1 * number, row, column, box, number, "train"))
    counts = _frozen(np.arange(20)[::-1] ** 2, np.int64)
    marks = np.zeros(step.shape[0], bool)
    marks[[at for at in dead if at < step.shape[0]]] = True
    return UnitRecord(
        question.network, question.unit, question.step, "run", tuple(found[: question.most]),
        tuple(found[: question.most - 1 : -1]), 10_000, counts, _frozen(np.linspace(-1, 3, 21), np.float64),
        int(counts.sum()), 0.34, _frozen(marks, bool), DIGITS,
        (("test", 2_000), ("validation", 0), ("train", 4_000), ("more", 4_000)),
    )  # fmt: skip


def maximised(question: Maximise) -> Maximised:
    """A picture that was made up."""
    values = _frozen(np.linspace(0.1, 7.5, question.steps), np.float64)
    return Maximised(question.network, question.unit, question.step, picture(question.seed), 7.5, 0.1, values)


def unit_answers(specs: Specs | None = None) -> dict[type, Callable[[Any], Any]]:
    """For `FakeEngine.answers`: `engine.answers |= unit_answers()`."""
    return {
        **inside_answers(specs),
        ExplainUnit: lambda question: arithmetic(question, specs),
        FindRecord: lambda question: record(question, specs),
        Maximise: maximised,
    }
