"""Framing: from a drawing of any size to the pixels that the networks are given.

Every downscale here is an exact area average: the canvas is taken as piecewise constant, and an output pixel is the
mean of what it covers, parts of pixels included.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images, Shape

Ink = NDArray[np.float32]
"""float32 [height, width], 0 is paper and 1 is full ink."""

BOX_SHARE: Final = 20 / 28
"""MNIST's digits fill a box of 20 pixels in a picture of 28 (LeCun et al. 1998)."""

_TRACE: Final = 0.02
"""Ink below this (5 of 255) is no part of the digit: it is a scanner's noise or an eraser's remains."""

_MOST_GAIN: Final = 4.0
"""Lines thinner than a pixel turn grey when they are averaged; no more than this is made up for."""

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in perceived brightness (ITU-R BT.601)."""


def to_ink(pixels: NDArray[Any]) -> Ink:
    """Brings uint8 0..255 or float 0..1 to float32 0..1; what is not finite counts as paper.

    Args:
        pixels: [height, width], white ink on black paper.
    """
    if pixels.dtype == np.uint8:
        return pixels.astype(np.float32) / np.float32(255)
    ink = pixels.astype(np.float32)
    if not np.isfinite(ink).all():
        ink = np.nan_to_num(ink, nan=0.0, posinf=1.0, neginf=0.0)
    return np.minimum(np.maximum(ink, np.float32(0), out=ink), np.float32(1), out=ink)


def averaged(cells: NDArray[Any], pixels: int, start: float, step: float) -> NDArray[np.float64]:
    """Averages the first axis down (or up) to pixels of any width, parts of cells included.

    Running sums, not a matrix product: a library that multiplies matrices would wake its threads for this, and
    wait for a core while a race uses both.

    Args:
        cells: [n, ...]; cell i reaches from i to i + 1, and outside there is nothing (zero).
        pixels: Number of output pixels.
        start: Where output pixel 0 begins, in cells; may lie outside.
        step: Width of an output pixel, in cells.

    Returns:
        float64 [pixels, ...].
    """
    count = len(cells)
    sums = np.zeros((count + 1, *cells.shape[1:]))
    np.cumsum(cells, axis=0, out=sums[1:])
    edges = np.clip(start + step * np.arange(pixels + 1), 0, count)
    whole = np.minimum(edges.astype(np.int64), count - 1)
    part = (edges - whole).reshape(-1, *[1] * (cells.ndim - 1))
    at_edges = sums[whole] * (1 - part) + sums[whole + 1] * part
    result: NDArray[np.float64] = np.diff(at_edges, axis=0) / step
    return result


def _averaged_both(
    cells: NDArray[Any], rows: tuple[int, float, float], columns: tuple[int, float, float]
) -> NDArray[np.float64]:
    """`averaged` along the rows, then along the columns; each is given as (pixels, start, step)."""
    return averaged(averaged(cells, *rows).swapaxes(0, 1), *columns).swapaxes(0, 1)


def ink_box(ink: Ink) -> tuple[int, int, int, int] | None:
    """Top, bottom, left and right of the ink, bottom and right exclusive; None where there is none."""
    trace = ink > _TRACE
    rows = np.flatnonzero(trace.any(axis=1))
    if not len(rows):
        return None
    columns = np.flatnonzero(trace.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _offset(profile: NDArray[np.float32], step: float, size: int) -> int:
    """Output pixel where a box begins, so that its centre of mass comes nearest to the middle of the picture."""
    cells = len(profile)
    mass_px = float(profile @ (np.arange(cells) + 0.5)) / float(profile.sum()) / step
    # MNIST's middle is the centre of pixel 14 of 0..27, not the edge between 13 and 14: measured mean 14.00.
    wanted = round(size / 2 + 0.5 - mass_px)
    return int(np.clip(wanted, 0, size - np.ceil(cells / step - 1e-6)))


def frame(ink: NDArray[Any], size: int = 28, centre: bool = True) -> Images:
    """Frames a drawing as MNIST's digits are framed (LeCun et al. 1998).

    With `centre`, the box around the ink is brought to 20 of 28 pixels along its longer side, keeping its aspect, and
    moved by whole pixels so that the centre of mass comes to the middle (never so far that ink is lost); the
    brightest pixel is then raised to full ink, as in every picture of MNIST. Without it, the
    whole canvas is averaged down, brought to a square by empty margins first.

    Args:
        ink: uint8 0..255 or float 0..1, [height, width], white ink on black paper.
        size: Side of the result in pixels.
        centre: Whether to find the ink and centre it.

    Returns:
        uint8 [size, size]; all zero where there is no ink.
    """
    clean = to_ink(ink)
    if clean.size == 0:
        return np.zeros((size, size), np.uint8)
    return _centred(clean, size) if centre else place(clean, size)


def _centred(ink: Ink, size: int) -> Images:
    box = ink_box(ink)
    if box is None:
        return np.zeros((size, size), np.uint8)
    top, bottom, left, right = box
    crop = ink[top:bottom, left:right]
    step = max(crop.shape) / round(size * BOX_SHARE)
    row = _offset(crop.sum(axis=1), step, size)
    column = _offset(crop.sum(axis=0), step, size)
    framed = _averaged_both(crop, (size, -row * step, step), (size, -column * step, step))
    gain = min(1 / float(framed.max()), _MOST_GAIN)
    return _to_bytes(framed * gain)


def place(ink: NDArray[Any], size: int = 28, shift_px: tuple[float, float] = (0.0, 0.0), scale: float = 1.0) -> Images:
    """Averages a whole canvas down to a square picture, moved and scaled about its middle if wanted.

    Args:
        ink: uint8 0..255 or float 0..1, [height, width].
        size: Side of the result in pixels.
        shift_px: How far down and right the picture is moved, in pixels of the result.
        scale: How much larger it becomes; 1 is the longer side of the canvas filling the result.

    Returns:
        uint8 [size, size].
    """
    clean = to_ink(ink)
    step = max(clean.shape) / size / scale
    rows, columns = (
        (size, length / 2 - (size / 2 + shift) * step, step)
        for length, shift in zip(clean.shape, shift_px, strict=True)
    )
    return _to_bytes(_averaged_both(clean, rows, columns))


def fit_colour(rgb: Images, shape: Shape, whole: bool = False) -> Images:
    """Brings a colour picture of any size to what the networks are given, averaged down and never distorted.

    Args:
        rgb: uint8 [height, width, 3].
        shape: Channels (1 or 3), height and width of the result; 1 channel is brightness (BT.601).
        whole: Whether all of it is kept, with black margins, as it lies on the square canvas; else the largest part in
            the middle that has the result's proportions.

    Returns:
        uint8 [channels, height, width].
    """
    channels, height, width = shape
    least = min(rgb.shape[0] / height, rgb.shape[1] / width)
    step = max(rgb.shape[:2]) / max(height, width) if whole else least
    rows = (height, (rgb.shape[0] - step * height) / 2, step)
    columns = (width, (rgb.shape[1] - step * width) / 2, step)
    fitted = (
        _averaged_both(rgb, rows, columns) / 255
        if channels == 3
        else _averaged_both(brightness(rgb)[..., None], rows, columns)
    )
    return np.ascontiguousarray(_to_bytes(fitted).transpose(2, 0, 1))


def brightness(rgb: Images) -> Ink:
    """Perceived brightness 0..1 of a colour picture (ITU-R BT.601).

    Args:
        rgb: uint8 [height, width, 3].
    """
    red, green, blue = (rgb[..., channel] * weight for channel, weight in enumerate(_LUMA / np.float32(255)))
    grey: Ink = red + green + blue
    return grey


def _to_bytes(values: NDArray[np.floating[Any]]) -> Images:
    result: Images = np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
    return result
