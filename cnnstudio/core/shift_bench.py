"""Single operations on a picture, in 64-bit arithmetic: what each makes of it before and after a shift.

The weights are given, random or learned; nothing is trained here. With a circular shift every operation's padding goes
round as well, so that no operation has a border.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.convolution import Convolution, PaddingMode, convolve, laid_out
from cnnstudio.core.equivariance import OPERATIONS, Operation, ShiftedMaps
from cnnstudio.core.errors import StudioError
from cnnstudio.core.pooling import Pooling, pool
from cnnstudio.core.receptive import Field, Window
from cnnstudio.core.shifted_maps import About, compare

Plane = NDArray[np.float64]
"""float64 [channels, height, width]."""

KERNEL_PX: Final = 5
STRIDE: Final = 2


@dataclass(frozen=True, slots=True)
class BenchWeights:
    """Weights of the operations that have any.

    Attributes:
        conv: float64 [filters, channels, size, size], for both convolutions; the size is odd.
        local: float64 [places, filters, channels * size * size]: kernels of every place, rows first: as many places as
            the picture has pixels, or fewer by size - 1 along each side, where there is no padding.
        dense: float64 [units, channels * height * width]; as many units as the picture has pixels are laid out as a
            map of its size, to have something to shift; of any other number, they are a list.
    """

    conv: Plane
    local: Plane
    dense: NDArray[np.float64]

    @staticmethod
    def random(shape: tuple[int, int, int], filters: int, seed: int, size: int = KERNEL_PX) -> BenchWeights:
        """Uniform, within 1 / sqrt(numbers that a unit reads), as networks begin; the same for the same seed.

        Args:
            shape: Of the picture: channels, height, width.
            filters: Of each kind; the dense layer has one map.
            seed: Of the weights.
            size: Of the kernels, in px.
        """
        channels, height, width = shape
        chance, reads, pixels = np.random.default_rng(seed), channels * size * size, channels * height * width
        return BenchWeights(
            chance.uniform(-1, 1, (filters, channels, size, size)) / math.sqrt(reads),
            chance.uniform(-1, 1, (height * width, filters, reads)) / math.sqrt(reads),
            chance.uniform(-1, 1, (height * width, pixels)) / math.sqrt(pixels),
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """How an operation is done, and what a place of its map sees."""

    work: Callable[[Plane, BenchWeights, PaddingMode], Plane]
    window: Callable[[BenchWeights, Plane], Window | None]


def operate(
    pixels: Plane,
    moved: Plane,
    weights: BenchWeights,
    shift_px: tuple[int, int],
    operations: tuple[Operation, ...] = tuple(OPERATIONS),
    padding: PaddingMode = "zero",
) -> tuple[ShiftedMaps, ...]:
    """Every operation on a picture and on the shifted picture.

    Args:
        pixels: The picture, [channels, height, width], scaled as networks are given it.
        moved: The shifted picture, in a circle where the padding is "circular".
        weights: Of the operations that have any.
        shift_px: Down and right.
        operations: Which, in this order.
        padding: What stands beyond the edge.

    Raises:
        StudioError: There is no such operation, or the picture is too small for its kernel.
    """
    field = Field.of_pixels(pixels.shape[1], pixels.shape[2])
    found = []
    for name in operations:
        if name not in _WAYS:
            raise StudioError(f"There is no operation {name!r}.", remedy="Choose from " + ", ".join(OPERATIONS) + ".")
        way = _WAYS[name]
        plain, after = (way.work(each, weights, padding) for each in (pixels, moved))
        window = way.window(weights, pixels)
        seen = field.through(None if window is None else (window, window), plain.shape)
        about = About(name, _title(name, weights), plain.shape, seen)
        found.append(compare(about, after, plain, shift_px, circular=padding == "circular"))
    return tuple(found)


def _title(name: Operation, weights: BenchWeights) -> str:
    said = OPERATIONS[name]
    if name in ("conv", "conv_stride"):
        return said.replace(f"{KERNEL_PX} x {KERNEL_PX}", f"{weights.conv.shape[-1]} x {weights.conv.shape[-1]}")
    return said.replace(f"{KERNEL_PX} x {KERNEL_PX}", "{0} x {0}".format(_local_size(weights)))


def _local_size(weights: BenchWeights) -> int:
    return math.isqrt(weights.local.shape[-1] // weights.conv.shape[1])


def _local_start(weights: BenchWeights, pixels: Plane) -> int:
    """Where the first place's window begins: in the padding, or at the edge where there are fewer places."""
    padded = len(weights.local) == math.prod(pixels.shape[1:])
    return -(_local_size(weights) // 2) if padded else 0


def _conv(pixels: Plane, weights: BenchWeights, padding: PaddingMode) -> Plane:
    return _convolved(pixels, weights.conv, Convolution(weights.conv.shape[-1], 1, "same", padding))


def _conv_stride(pixels: Plane, weights: BenchWeights, padding: PaddingMode) -> Plane:
    size = weights.conv.shape[-1]
    return _convolved(pixels, weights.conv, Convolution(size, STRIDE, size // 2, padding))


def _convolved(pixels: Plane, kernels: Plane, setting: Convolution) -> Plane:
    return np.concatenate([convolve(pixels, kernel, setting) for kernel in kernels])


def _local(pixels: Plane, weights: BenchWeights, padding: PaddingMode) -> Plane:
    size = _local_size(weights)
    laid = laid_out(pixels, Convolution(size, 1, "valid" if _local_start(weights, pixels) == 0 else "same", padding))
    windows = np.lib.stride_tricks.sliding_window_view(laid, (size, size), (1, 2)).transpose(1, 2, 0, 3, 4)
    reads = windows.reshape(-1, weights.local.shape[-1])
    made: Plane = np.einsum("pfr,pr->fp", weights.local, reads).reshape(-1, *windows.shape[:2])
    return made


def _dense(pixels: Plane, weights: BenchWeights, padding: PaddingMode) -> Plane:
    units: Plane = np.einsum("ur,r->u", weights.dense, pixels.ravel())  # not BLAS, which would wake its threads
    return units.reshape(1, *pixels.shape[1:]) if len(units) == math.prod(pixels.shape[1:]) else units


def _pooled(setting: Pooling) -> Callable[[Plane, BenchWeights, PaddingMode], Plane]:
    def work(pixels: Plane, weights: BenchWeights, padding: PaddingMode) -> Plane:
        return np.stack([pool(channel, setting) for channel in pixels])

    return work


def _blur(pixels: Plane, weights: BenchWeights, padding: PaddingMode) -> Plane:
    laid = laid_out(pixels, Convolution(3, 1, "same", padding))
    return np.stack([pool(channel, Pooling("blur", 3, STRIDE)) for channel in laid])


_WAYS: Final[Mapping[Operation, _Way]] = {
    "dense": _Way(_dense, lambda weights, pixels: None),
    "local": _Way(_local, lambda weights, pixels: Window(_local_size(weights), 1, _local_start(weights, pixels))),
    "conv": _Way(_conv, lambda weights, pixels: Window(weights.conv.shape[-1], 1, -(weights.conv.shape[-1] // 2))),
    "conv_stride": _Way(
        _conv_stride, lambda weights, pixels: Window(weights.conv.shape[-1], STRIDE, -(weights.conv.shape[-1] // 2))
    ),
    "max": _Way(_pooled(Pooling("max", 2, STRIDE)), lambda weights, pixels: Window(2, STRIDE, 0)),
    "blur": _Way(_blur, lambda weights, pixels: Window(3, STRIDE, -1)),
    "stride": _Way(_pooled(Pooling("subsample", stride=STRIDE)), lambda weights, pixels: Window(1, STRIDE, 0)),
    "global": _Way(_pooled(Pooling("global_max")), lambda weights, pixels: None),
}
