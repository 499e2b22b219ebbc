"""Correlation of a laid-out picture with a kernel: product by product in reading order, or as products of matrices."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Plane = NDArray[np.float64]

_STRIP_VALUES: Final = 8_192
"""Values of one strip of rows: 64 kB, so that products and sums stay in the processor's cache."""

_WIDE_PX: Final = 16
"""Output pixels side by side that one product makes: wider bands hold more zeros, narrower ones keep BLAS waiting."""

_PRODUCT_SIZE: Final = 200_000
"""Multiplications of one product of matrices. OpenBLAS gives larger ones than 2^18 to several threads, and those would
take the processor from the networks that learn."""


def correlate_in_order(laid: Plane, kernel: Plane, step: int, dilation: int, out: Plane) -> None:
    """Writes the correlation, summed over the channels, into `out`: the sums of all channels one after the other.

    Args:
        laid: float64 [channels, height, width].
        kernel: float64 [channels, size, size], as it lies on the window.
        step: Pixels from one window to the next.
        dilation: Pixels from one pixel read to the next.
        out: float64 [rows, columns].
    """
    rows, columns = out.shape
    high = max(1, _STRIP_VALUES // columns)
    room = np.empty((2, high, columns))
    for top in range(0, rows, high):
        strip = out[top : top + high]
        for channel, (plane, weights) in enumerate(zip(laid, kernel, strict=True)):
            target = room[0, : len(strip)] if channel else strip
            _slide(plane[top * step :], weights, step, dilation, target, room[1, : len(strip)])
            if channel:
                strip += target


def _slide(laid: Plane, kernel: Plane, step: int, dilation: int, out: Plane, room: Plane) -> None:
    """Writes some rows of one channel's output into `out`: products in reading order, added one after the other."""
    (rows, columns), last = out.shape, (len(kernel) - 1, len(kernel) - 1)
    first = True
    for (u, v), weight in np.ndenumerate(kernel):
        if weight == 0.0 and not (first and (u, v) == last):
            continue
        y, x = u * dilation, v * dilation
        seen = laid[y : y + (rows - 1) * step + 1 : step, x : x + (columns - 1) * step + 1 : step]
        np.multiply(seen, weight, out=out if first else room)
        if not first:
            out += room
        first = False


def band_px(step: int, reach: int) -> int:
    """Pixels of one row that a group of output pixels reads together."""
    return (_WIDE_PX - 1) * step + reach


def correlate_banded(laid: Plane, kernel: Plane, step: int, dilation: int, out: Plane) -> None:
    """Writes the same as `correlate_in_order`, much faster where there is much to add; the last bits may differ.

    One row of the kernel is a banded matrix (a Toeplitz matrix): from the pixels that a group of neighbouring windows
    reads in one row to the share of that row in their sums. A zero of the matrix adds exactly nothing to a finite sum,
    so each sum has the rounding of its own window only, and a window of zeros sums to zero. A Fourier transform would
    spread the rounding of the brightest pixel over the whole picture.

    Args:
        laid: As there; all of it finite.
        kernel: As there.
        step: As there.
        dilation: As there.
        out: As there.
    """
    (channels, size), (rows, columns) = kernel.shape[:2], out.shape
    groups = -(-columns // _WIDE_PX)
    reads = band_px(step, dilation * (size - 1) + 1)
    bands = _bands(kernel, step, dilation, reads)
    wide = (groups - 1) * _WIDE_PX * step + reads
    pixels = np.zeros((laid.shape[1], wide, channels))
    pixels[:, : laid.shape[2]] = np.moveaxis(laid[:, :, :wide], 0, -1)
    down, right, along = pixels.strides
    high = max(1, _PRODUCT_SIZE // (reads * channels * _WIDE_PX))
    room = np.empty((2, min(high, rows), groups, _WIDE_PX))
    for top in range(0, rows, high):
        count = min(high, rows - top)
        total, part = room[:, :count]
        for row, band in enumerate(bands):
            shape, strides = (groups, count, reads * channels), (_WIDE_PX * step * right, step * down, along)
            seen = as_strided(pixels[top * step + row * dilation :], shape, strides, writeable=False)
            np.matmul(seen, band, out=(part if row else total).transpose(1, 0, 2))
            if row:
                total += part
        out[top : top + count] = total.reshape(count, -1)[:, :columns]


def _bands(kernel: Plane, step: int, dilation: int, reads: int) -> Plane:
    """For each row of the kernel its matrix, float64 [size, reads * channels, windows of a group]."""
    channels, size = kernel.shape[:2]
    bands = np.zeros((size, reads, channels, _WIDE_PX))
    for window in range(_WIDE_PX):
        first = window * step
        bands[:, first : first + dilation * (size - 1) + 1 : dilation, :, window] = kernel.transpose(1, 2, 0)
    return bands.reshape(size, reads * channels, _WIDE_PX)
