"""The arithmetic of one unit of any layer: what it reads, with which weights, and the exact sum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from torch import nn

from cnnstudio.core import layer_kinds as kinds
from cnnstudio.core import layer_norms as norms
from cnnstudio.core import layer_points as points
from cnnstudio.core import layer_pools as pools
from cnnstudio.core.layer_blocks import Block, Branches
from cnnstudio.core.layers import Layer, Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import Place, as_maps, shape_of, sources
from cnnstudio.engine import _unit_points, _unit_sums
from cnnstudio.engine._unit_work import Arithmetic, Numbers, Work

_BY_LAYER: Final[Mapping[type[Layer], Callable[[Work], Arithmetic]]] = {
    kinds.Conv: _unit_sums.convolution,
    kinds.DepthwiseConv: _unit_sums.convolution,
    kinds.PatchEmbedding: _unit_sums.convolution,
    kinds.ConvTranspose: _unit_sums.transposed,
    kinds.LocallyConnected: _unit_sums.locally_connected,
    kinds.Linear: _unit_sums.linear,
    kinds.SqueezeExcite: _unit_sums.squeeze_excite,
    norms.LayerScale: _unit_sums.scaled,
    norms.BatchNorm: _unit_points.batch_norm,
    norms.LayerNorm: _unit_points.picture_norm,
    norms.ChannelNorm: _unit_points.picture_norm,
    norms.GroupNorm: _unit_points.picture_norm,
    norms.LocalResponseNorm: _unit_points.response_norm,
    points.Dropout: _unit_points.passed_on,
    points.StochasticDepth: _unit_points.passed_on,
    points.Flatten: _unit_points.flat,
    pools.MaxPool: _unit_points.largest,
    pools.GlobalMax: _unit_points.largest,
    pools.AveragePool: _unit_points.mean,
    pools.GlobalAverage: _unit_points.mean,
    pools.L2Pool: _unit_points.root_mean_square,
    pools.StochasticPool: _unit_sums.stochastic,
    pools.BlurPool: _unit_sums.blurred,
    pools.Subsample: _unit_points.kept,
    pools.Upsample: _unit_sums.enlarging,
}


def arithmetic(
    spec: NetworkSpec, step: Step, place: Place, module: nn.Module, values: Mapping[str, Numbers]
) -> Arithmetic:
    """How one unit comes to its value.

    Args:
        spec: The network.
        step: The layer.
        place: Map, row and column of the unit; of a flat layer its number, 0 and 0.
        module: What `build` made of the spec.
        values: What the layers that the layer reads (`core.reading.sources`) computed for one picture.

    Returns:
        Exact in float64; the network itself computes in float32.
    """
    reads = sources(spec)[step.name]
    given = tuple(values[name].reshape(as_maps(shape_of(spec, name))) for name in reads)
    part = module if isinstance(step.layer, Block) else module.get_submodule(step.name)
    return _made(step.layer)(Work(spec, step, place, part, reads, given))


def _made(layer: Layer) -> Callable[[Work], Arithmetic]:
    if isinstance(layer, Block):
        concatenates = isinstance(layer, Branches) and layer.join == "concat"
        return _unit_points.put_together if concatenates else _unit_points.added
    if isinstance(layer, pools.AdaptivePool):
        return _unit_points.largest if layer.by == "max" else _unit_points.mean
    return _BY_LAYER.get(type(layer), _unit_points.activation)
