"""Kernels that have a name: blur, edges, emboss, Gabor. All are written for correlation, as networks compute."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Kernel = NDArray[np.float64]

_GAUSS_BASE: Final = 0.8
_GAUSS_SLOPE: Final = 0.3
_GABOR_SQUEEZE: Final = 0.5
"""Height of a Gabor's envelope against its width (Daugman 1985 found 0.25 to 1 in the visual cortex)."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A kernel with a name.

    Attributes:
        id: As it is kept.
        title: As it is listed.
        sentence: What it does to a picture.
        make: Builds it from its size in px and an angle in degrees.
        size: The size at which it is taken first.
        fixed: Whether it is defined at that size only; larger ones have a rim of zeros.
        turns: Whether the angle matters.
    """

    id: str
    title: str
    sentence: str
    make: Callable[[int, float], Kernel]
    size: int = 3
    fixed: bool = True
    turns: bool = False

    def kernel(self, size: int | None = None, angle_deg: float = 0.0) -> Kernel:
        """float64 [size, size]."""
        size = size or self.size
        return fitted(self.make(self.size, angle_deg), size) if self.fixed else self.make(size, angle_deg)


def fitted(kernel: Kernel, size: int) -> Kernel:
    """A kernel in another size, about the same middle: a rim of zeros is added, or the outermost rows are cut off."""
    result = np.zeros((*kernel.shape[:-2], size, size))
    old = kernel.shape[-1]
    shift = (size - 1) // 2 - (old - 1) // 2
    low, high = max(0, shift), min(size, old + shift)
    result[..., low:high, low:high] = kernel[..., low - shift : high - shift, low - shift : high - shift]
    return result


def _numbers(*rows: tuple[float, ...]) -> Callable[[int, float], Kernel]:
    return lambda _size, _angle: np.array(rows, np.float64)


def _identity(size: int, _angle: float) -> Kernel:
    kernel = np.zeros((size, size))
    kernel[(size - 1) // 2, (size - 1) // 2] = 1.0
    return kernel


def _box(size: int, _angle: float) -> Kernel:
    return np.full((size, size), 1.0 / size**2)


def _gaussian(size: int, _angle: float) -> Kernel:
    sigma_px = _GAUSS_SLOPE * ((size - 1) / 2 - 1) + _GAUSS_BASE
    line = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma_px**2))
    kernel = np.outer(line, line)
    return np.asarray(kernel / kernel.sum())


def _gabor(size: int, angle_deg: float) -> Kernel:
    """A wave under a Gaussian, without its mean: it answers to lines across the angle."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    turn = math.radians(angle_deg)
    along, across = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
    sigma_px, wave_px = max(size / 5, 0.6), max(size / 2, 2.0)
    envelope = np.exp(-(along**2 + (_GABOR_SQUEEZE * across) ** 2) / (2 * sigma_px**2))
    kernel = envelope * np.cos(2 * math.pi * along / wave_px)
    return np.asarray(kernel - envelope * (kernel.sum() / envelope.sum()))


def _preset(*made: Preset) -> dict[str, Preset]:
    return {preset.id: preset for preset in made}


PRESETS: Final[dict[str, Preset]] = _preset(
    Preset("identity", "Identity", "The pixel itself: the output is the picture.", _identity, fixed=False),
    Preset("box", "Box blur", "The mean of all pixels in the window.", _box, fixed=False),
    Preset("gaussian", "Gaussian blur", "A mean in which near pixels count more.", _gaussian, 5, fixed=False),
    Preset("sharpen", "Sharpen", "The pixel, and what makes it differ from its neighbours, once more.",
           _numbers((0, -1, 0), (-1, 5, -1), (0, -1, 0))),
    Preset("sobel_x", "Sobel x", "Right minus left, smoothed along the edge: vertical edges (Sobel and Feldman 1968).",
           _numbers((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))),
    Preset("sobel_y", "Sobel y", "Below minus above, smoothed along the edge: horizontal edges.",
           _numbers((-1, -2, -1), (0, 0, 0), (1, 2, 1))),
    Preset("prewitt", "Prewitt", "Right minus left, all rows alike (Prewitt 1970).",
           _numbers((-1, 0, 1), (-1, 0, 1), (-1, 0, 1))),
    Preset("scharr", "Scharr", "Right minus left, weighted so that turned edges answer evenly (Scharr 2000).",
           _numbers((-3, 0, 3), (-10, 0, 10), (-3, 0, 3))),
    Preset("laplacian", "Laplacian", "The four neighbours minus four times the pixel: where brightness bends.",
           _numbers((0, 1, 0), (1, -4, 1), (0, 1, 0))),
    Preset("emboss", "Emboss", "Light from the upper left: slopes become relief.",
           _numbers((-2, -1, 0), (-1, 1, 1), (0, 1, 2))),
    Preset("edge", "Edge", "Eight times the pixel minus its eight neighbours: edges of every direction.",
           _numbers((-1, -1, -1), (-1, 8, -1), (-1, -1, -1))),
    Preset("gabor", "Gabor", "A wave under a bell: lines of one width and one direction (Gabor 1946, Daugman 1985).",
           _gabor, 7, fixed=False, turns=True),
)  # fmt: skip
