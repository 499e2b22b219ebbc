"""map(shift(x)) against shift(map(x)): every layer of a network, and single operations."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio import networks
from cnnstudio.core.convolution import LARGEST_KERNEL_PX
from cnnstudio.core.equivariance import ShiftedNetwork, ShiftedOperations, ShiftLayers, ShiftOperations
from cnnstudio.core.errors import StudioError
from cnnstudio.core.frozen import locked
from cnnstudio.core.inside import Pixels
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.picture_changes import shifted
from cnnstudio.core.shift_bench import BenchWeights, operate
from cnnstudio.engine._answer_read import check_pixels, learned_elsewhere, refuse_other_shape
from cnnstudio.engine.modules import LocallyConnected2d
from cnnstudio.engine.pixels import scaling
from cnnstudio.engine.session import Session
from cnnstudio.engine.shifted_layers import shifted_layers

MOST_FILTERS: Final = 64
"""More kernels than this are no longer looked at, and take seconds."""


def shift_layers(question: ShiftLayers, session: Session) -> ShiftedNetwork:
    """The picture and the shifted picture in one batch, read at every layer wanted."""
    check_pixels(question.pixels)
    _check_shift(question.pixels, question.down_px, question.right_px)
    info, _ = networks.find(question.network)
    pair = np.stack([question.pixels, shifted(question.pixels, question.down_px, question.right_px)])
    reader = session.reader(question.network, question.dataset, question.step)
    if reader is None:
        return ShiftedNetwork(question.network, info.title, info.role, "none", None, *_pictures(pair), ())
    refuse_other_shape(reader, question.pixels.shape)
    layers = shifted_layers(
        reader.module, reader.spec, reader.given(pair), (question.down_px, question.right_px), question.layers,
        most=question.most,
    )  # fmt: skip
    return ShiftedNetwork(
        question.network, reader.spec.title, info.role, reader.weights_from, reader.step, *_pictures(pair), layers,
        learned_elsewhere(reader, question.dataset),
    )  # fmt: skip


def _pictures(pair: Pixels) -> tuple[Pixels, Pixels]:
    return locked(pair[0].copy()), locked(pair[1].copy())


def _check_shift(pixels: Pixels, down_px: int, right_px: int) -> None:
    height, width = pixels.shape[1:]
    if abs(down_px) >= height or abs(right_px) >= width:
        raise StudioError(
            f"A shift by {down_px} and {right_px} px leaves nothing of a picture of {height} x {width} px.",
            remedy="Shift it by less.",
        )


def shift_operations(question: ShiftOperations, session: Session) -> Generator[None, None, ShiftedOperations]:
    """Every operation of the bench on one picture, with random weights or those that networks learned."""
    check_pixels(question.pixels)
    _check_shift(question.pixels, question.down_px, question.right_px)
    if not 1 <= question.filters <= MOST_FILTERS:
        raise StudioError(f"The bench cannot have {question.filters} filters.", remedy=f"Give 1 to {MOST_FILTERS}.")
    channels, height, width = question.pixels.shape
    circular = question.padding == "circular"
    shift = question.down_px, question.right_px
    pair = np.stack([question.pixels, shifted(question.pixels, *shift, circular=circular)])
    weights, learned = BenchWeights.random((channels, height, width), question.filters, question.seed), set()
    for network in question.networks:
        reader = session.reader(network, question.dataset, question.step)
        if reader is not None:
            refuse_other_shape(reader, question.pixels.shape)
            weights, more = learned_weights(weights, reader.spec, reader.module, question.filters)
            learned |= more
    yield None
    mean, spread = scaling(channels)
    plain, moved = ((pixels / 255 - mean) / spread for pixels in pair)
    found = operate(plain, moved, weights, shift, padding=question.padding)
    return ShiftedOperations(*_pictures(pair), found, tuple(sorted(learned)))


def learned_weights(
    weights: BenchWeights, spec: NetworkSpec, module: nn.Module, filters: int
) -> tuple[BenchWeights, set[str]]:
    """The bench's weights with those of a network's first layer in their place, as far as they fit.

    Args:
        weights: What there is.
        spec: The network.
        module: Its weights.
        filters: No more kernels than this; hidden units of a dense layer all count.

    Returns:
        The weights, and the operations that they were learned for.
    """
    step = next(step for step in spec.steps() if step.parameters)
    part, channels = module.get_submodule(step.name), spec.input_shape[0]
    if isinstance(part, nn.Conv2d):
        kernels = _numbers(part.weight[:filters])
        rows, columns = kernels.shape[2:]
        fits = kernels.shape[1] == channels and rows == columns and rows % 2 == 1 and rows <= LARGEST_KERNEL_PX
        return (replace(weights, conv=kernels), {"conv", "conv_stride"}) if fits else (weights, set())
    if isinstance(part, nn.Linear) and part.in_features == math.prod(spec.input_shape):
        return replace(weights, dense=_numbers(part.weight)), {"dense"}
    if isinstance(part, LocallyConnected2d) and step.given == spec.input_shape:
        local = _numbers(part.weight[:, :, :filters].transpose(1, 2))
        size = math.isqrt(local.shape[-1] // channels)
        plain = (size, size) == part.kernel_size and part.stride == (1, 1)
        fits = plain and part.padding in ((0, 0), (size // 2, size // 2))
        return (replace(weights, local=local), {"local"}) if fits else (weights, set())
    return weights, set()


def _numbers(weight: Tensor) -> NDArray[np.float64]:
    return np.asarray(np.nan_to_num(weight.detach().cpu().double().numpy()), np.float64)
