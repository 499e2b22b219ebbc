"""Units that are sums of weights times inputs: convolutions of every sort, local and dense layers, and kin."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from cnnstudio.core import activations
from cnnstudio.core.layer_kinds import Conv, ConvTranspose, LocallyConnected, SqueezeExcite
from cnnstudio.core.layer_pools import Upsample
from cnnstudio.core.layers import pair
from cnnstudio.core.reading import Mode, Reading, enlarged, flattened
from cnnstudio.engine._unit_work import Arithmetic, Exact, Numbers, Work, exact, one, say, say_sum, sigmoid


def convolution(work: Work) -> Arithmetic:
    """Convolutions, depthwise ones and patch embeddings."""
    layer = work.layer
    mode: Mode = layer.padding_mode if isinstance(layer, Conv) else "zeros"
    read = work.read()
    return weighted(work, read, read.take(work.first, mode), work.weight("weight", work.place[0]))


def transposed(work: Work) -> Arithmetic:
    """Each input read stamped its kernel, weighted, on the output; this unit lies under the stamps."""
    layer, (map_, row, column), read = cast("ConvTranspose", work.layer), work.place, work.read()
    (down, across), (top, left) = pair(layer.stride), pair(layer.padding)
    kernels = work.weight("weight", slice(None), map_)
    weights = kernels[:, row + top - down * read.rows][:, :, column + left - across * read.columns]
    return weighted(work, read, read.take(work.first), weights)


def locally_connected(work: Work) -> Arithmetic:
    """The same windows as a convolution's, with weights that only this place has."""
    layer, (map_, row, column), read = cast("LocallyConnected", work.layer), work.place, work.read()
    place = row * work.step.shape[2] + column
    weights = work.weight("weight", place, slice(None), map_).reshape(work.given[0], *pair(layer.kernel))
    return _weighted(work, read, read.take(work.first), weights, work.number("bias", place, 0, map_))


def linear(work: Work) -> Arithmetic:
    """Every number of the list; shown as the maps that were laid end to end, where that is what it is."""
    weights = work.weight("weight", work.place[0])
    maps = flattened(work.spec, work.reads[0])
    if maps is None:
        return weighted(work, work.read(), work.first, weights.reshape(work.first.shape))
    name, shape = maps
    read = Reading(*(np.arange(size) for size in shape))
    return weighted(replace(work, reads=(name,)), read, work.first.reshape(shape), weights.reshape(shape))


def blurred(work: Work) -> Arithmetic:
    """A fixed binomial kernel."""
    read = work.read()
    return _weighted(work, read, read.take(work.first), work.weight("kernel")[None], 0.0)


def enlarging(work: Work) -> Arithmetic:
    """One unit repeated, or up to four with shares that add up to 1."""
    layer, read = cast("Upsample", work.layer), work.read()
    inputs = read.take(work.first)
    if layer.mode == "nearest":
        value = float(inputs[0, 0, 0])
        formula = f"row {read.rows[0]}, column {read.columns[0]} repeated: {say(value)}"
        return Arithmetic("copy", formula, work.reads, read, inputs, np.array([value]), value)
    shares = [enlarged(layer, *place)[1] for place in zip(work.place[1:], work.given[1:], strict=True)]
    return _weighted(work, read, inputs, np.outer(*shares)[None].astype(np.float32), 0.0)


def stochastic(work: Work) -> Arithmetic:
    """When not training: the values weighted with their chances of being drawn."""
    read = work.read()
    inputs = read.take(work.first)
    positive = np.maximum(exact(inputs), 0)
    total = positive.sum()
    chances = positive / max(total, 1e-12) if total > 0 else np.full_like(positive, 1 / positive.size)
    made = _weighted(work, read, inputs, chances.astype(np.float32), 0.0)
    return replace(made, formula=f"{inputs.size} values, each times its chance of being drawn = {say(made.computed)}")


def scaled(work: Work) -> Arithmetic:
    """A trainable factor per map."""
    read, inputs, _ = work.own()
    return _weighted(work, read, inputs, work.weight("weight", work.place[0])[None], 0.0)


def squeeze_excite(work: Work) -> Arithmetic:
    """One number times its map's gate, which two dense layers compute from the means of all maps."""
    layer = cast("SqueezeExcite", work.layer)
    means = exact(work.first).mean((1, 2))
    hidden = _dense(work, "down", means)
    hidden = np.maximum(hidden, 0) if layer.activation == "relu" else hidden * activations.sigmoid(hidden)
    before = float(_dense(work, "up", hidden)[work.place[0]])
    opened = sigmoid(before) if layer.gate == "sigmoid" else min(1.0, max(0.0, before / 6 + 0.5))
    _, _, x = work.own()
    formula = f"{say(x)} × {say(opened)} = {say(x * opened)}: the factor is the map's gate, made from all maps' means"
    weights = np.full((1, 1, 1), opened, np.float32)
    numbers = (("gate", opened), ("before the gate", before))
    made = one(work, "sum", formula, x * opened, weights=weights, numbers=numbers)
    return replace(made, per_map=np.array([x * opened]))


def _dense(work: Work, name: str, x: Exact) -> Exact:
    part = replace(work, part=work.part.get_submodule(name))
    made: Exact = exact(part.weight("weight")[:, :, 0, 0]) @ x + exact(part.weight("bias"))
    return made


def weighted(work: Work, read: Reading, inputs: Numbers, weights: Numbers) -> Arithmetic:
    """Weights times inputs, and the map's bias."""
    return _weighted(work, read, inputs, weights, work.number("bias", work.place[0]))


def _weighted(work: Work, read: Reading, inputs: Numbers, weights: Numbers, bias: float) -> Arithmetic:
    per_map = (exact(weights) * exact(inputs)).sum((1, 2))
    total = float(per_map.sum())
    products = f"{inputs.size:,} product{'s' * (inputs.size != 1)} of weight and input: {say(total)}"
    has_bias = getattr(work.part, "bias", None) is not None
    formula = f"{products}; with the bias: {say_sum([total, bias])} = {say(total + bias)}" if has_bias else products
    return Arithmetic("sum", formula, work.reads, read, inputs, per_map, total + bias, weights=weights, bias=bias)
