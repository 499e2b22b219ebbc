"""Units that are no weighted sums: pooling, activations, normalisation, copies, joins of paths.

In words, maps and units are counted from 1, rows and columns from 0, as everywhere in the window.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, cast

import numpy as np

from cnnstudio.core.activations import normal_share
from cnnstudio.core.layer_norms import BatchNorm, ChannelNorm, GroupNorm, LayerNorm, LocalResponseNorm
from cnnstudio.core.layer_points import GELU, Hardswish, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Tanh
from cnnstudio.core.layers import Layer
from cnnstudio.core.reading import Reading, reading
from cnnstudio.engine._unit_work import Arithmetic, Exact, Work, at, exact, one, say, say_sum, sigmoid

_L2_LEAST: Final = 1e-12
"""What keeps the slope of L2 pooling's root finite at 0 (`modules.L2Pool2d`)."""


def largest(work: Work) -> Arithmetic:
    """Max pooling of every sort."""
    read = work.read()
    inputs = read.take(work.first)
    index = np.unravel_index(int(inputs.argmax()), inputs.shape)
    winner = (int(index[0]), int(index[1]), int(index[2]))
    value = float(inputs[winner])
    formula = f"the largest of {inputs.size:,} = {say(value)}"
    return Arithmetic("max", formula, work.reads, read, inputs, np.array([value]), value, winner=winner)


def mean(work: Work) -> Arithmetic:
    """Average pooling of every sort; zeros of the padding count."""
    read = work.read()
    inputs = read.take(work.first)
    total = float(exact(inputs).sum())
    value = total / inputs.size
    formula = f"{inputs.size:,} values, {say(total)} in all: {say(total)} / {inputs.size:,} = {say(value)}"
    return Arithmetic("mean", formula, work.reads, read, inputs, np.array([value]), value)


def root_mean_square(work: Work) -> Arithmetic:
    """L2 pooling: no mean and no weighted sum, so its formula says it."""
    read = work.read()
    inputs = read.take(work.first)
    square = float((exact(inputs) ** 2).mean())
    value = math.sqrt(square + _L2_LEAST)
    formula = f"root of the mean of {inputs.size:,} squares: √{say(square)} = {say(value)}"
    return Arithmetic(
        "other", formula, work.reads, read, inputs, np.array([value]), value, numbers=(("mean of the squares", square),)
    )


def _leaky(layer: Layer, x: float) -> tuple[float, str]:
    slope = cast("LeakyReLU", layer).slope
    return (x, f"{say(x)} is above 0 and stays") if x > 0 else (slope * x, f"{slope:g} × {_bracketed(x)}")


def _bracketed(x: float) -> str:
    return f"({say(x)})" if x < 0 else say(x)


def _hardswish(layer: Layer, x: float) -> tuple[float, str]:
    return x * min(6.0, max(0.0, x + 3)) / 6, f"{say(x)} × min(6, max(0, {_bracketed(x)} + 3)) / 6"


_FUNCTIONS: Final[dict[type[Layer], Callable[[Layer, float], tuple[float, str]]]] = {
    ReLU: lambda _, x: (max(0.0, x), f"max(0, {say(x)})"),
    LeakyReLU: _leaky,
    ReLU6: lambda _, x: (min(6.0, max(0.0, x)), f"min(6, max(0, {say(x)}))"),
    Sigmoid: lambda _, x: (sigmoid(x), f"sigmoid({say(x)})"),
    Tanh: lambda _, x: (math.tanh(x), f"tanh({say(x)})"),
    GELU: lambda _, x: (x * float(normal_share(np.array([x]))[0]), f"{say(x)} × Φ({say(x)})"),
    SiLU: lambda _, x: (x * sigmoid(x), f"{say(x)} × sigmoid({say(x)})"),
    Hardswish: _hardswish,
}


def activation(work: Work) -> Arithmetic:
    """One number becomes another."""
    _, _, x = work.own()
    value, said = _FUNCTIONS[type(work.layer)](work.layer, x)
    return one(work, "function", f"{said} = {say(value)}", value)


def batch_norm(work: Work) -> Arithmetic:
    """When not training: with the mean and variance that were collected while training."""
    map_ = work.place[0]
    where = f"{'map' if len(work.given) == 3 else 'unit'} {map_ + 1} while training"
    return _normalised(
        work, work.number("running_mean", map_), work.number("running_var", map_),
        cast("BatchNorm", work.layer).eps, (map_,), f"of {where}",
    )  # fmt: skip


def picture_norm(work: Work) -> Arithmetic:
    """Layer, channel and group normalisation: with the mean and variance of some numbers of this picture."""
    layer, (map_, row, column) = cast("LayerNorm | ChannelNorm | GroupNorm", work.layer), work.place
    numbers = exact(work.read().take(work.first))
    index = ((map_, row, column) if len(work.given) == 3 else (map_,)) if isinstance(layer, LayerNorm) else (map_,)
    return _normalised(
        work, float(numbers.mean()), float(numbers.var()), layer.eps, index, f"of {numbers.size:,} numbers"
    )


def _normalised(work: Work, mean: float, variance: float, eps: float, index: tuple[int, ...], of: str) -> Arithmetic:
    _, _, x = work.own()
    scale, shift = work.number("weight", *index), work.number("bias", *index)
    value = (x - mean) / math.sqrt(variance + eps) * scale + shift
    top = say_sum([x, -mean])
    formula = (
        f"({top}) / √({say(variance)} + {eps:g}) × {_bracketed(scale)} + {_bracketed(shift)} = {say(value)}, "
        f"with mean and variance {of}"
    )
    numbers = (("mean", mean), ("variance", variance), ("eps", eps), ("scale", scale), ("shift", shift))
    return one(work, "normalise", formula, value, numbers=numbers)


def response_norm(work: Work) -> Arithmetic:
    """Divided by the activity of neighbouring maps at the same place; beyond the first and last map stand zeros."""
    layer = cast("LocalResponseNorm", work.layer)
    squares = float((exact(work.read().take(work.first)) ** 2).sum())
    divisor = (layer.k + layer.alpha * squares / layer.size) ** layer.beta
    _, _, x = work.own()
    formula = f"{say(x)} / {say(divisor)} = {say(x / divisor)}, the divisor made from {layer.size} neighbouring maps"
    numbers = (("sum of the neighbours' squares", squares), ("divisor", divisor))
    return one(work, "normalise", formula, x / divisor, numbers=numbers)


def passed_on(work: Work) -> Arithmetic:
    """Dropout and stochastic depth do nothing when the network is not training."""
    _, _, x = work.own()
    return one(work, "copy", f"nothing is switched off when the network is not training: {say(x)}", x)


def kept(work: Work) -> Arithmetic:
    """Subsampling keeps a unit."""
    read = work.read()
    return _copied(work, work.reads, read, f"row {read.rows[0]}, column {read.columns[0]} is kept")


def flat(work: Work) -> Arithmetic:
    """Flatten: the map's number c · H · W + y · W + x."""
    read, index = reading(work.layer, work.given, work.place), work.place[0]
    if len(work.given) != 3:
        return _copied(work, work.reads, read, f"number {index + 1} of the list, as it was")
    _, height, width = work.given
    where = f"{read.maps[0]} × {height * width} + {read.rows[0]} × {width} + {read.columns[0]} = {index}"
    return _copied(work, work.reads, read, f"place {where} of the list, all counted from 0")


def _copied(work: Work, reads: tuple[str, ...], read: Reading, said: str, source: int = 0) -> Arithmetic:
    inputs = read.take(work.values[source])
    x = float(inputs[0, 0, 0])
    return Arithmetic("copy", f"{said}: {say(x)}", reads, read, inputs, np.array([x]), x)


def added(work: Work) -> Arithmetic:
    """The same place of every path, added up."""
    read = at(*work.place)
    inputs = np.concatenate([read.take(values) for values in work.values])
    per_map: Exact = exact(inputs[:, 0, 0])
    value = float(per_map.sum())
    maps = Reading(np.repeat(read.maps, len(inputs)), read.rows, read.columns)
    formula = f"{say_sum(per_map.tolist())} = {say(value)}"
    return Arithmetic("add", formula, work.reads, maps, inputs, per_map, value)


def put_together(work: Work) -> Arithmetic:
    """Concatenation: the unit is one of one path's."""
    map_, row, column = work.place
    branch = 0
    while map_ >= len(work.values[branch]):
        map_ -= len(work.values[branch])
        branch += 1
    said = f"{'map' if len(work.step.shape) == 3 else 'number'} {map_ + 1} of path {branch + 1}"
    return _copied(work, (work.reads[branch],), at(map_, row, column), said, branch)
