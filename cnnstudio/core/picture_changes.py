"""Pictures moved, turned, scaled, disturbed, covered and faded: the same change for the same numbers, always.

What leaves the picture is lost. What comes in is the background: for each channel the median of the outermost pixels,
which is black for ink on black. Turning and scaling sample bilinearly about the middle; the unchanged picture comes out
as it was, to the last bit. Noise and the places that are covered depend on the seed alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images
from cnnstudio.core.errors import StudioError

N = TypeVar("N", bound=np.generic)

Kind = Literal["shift", "rotation", "scale", "noise", "occlusion", "contrast"]
KINDS: Final[tuple[Kind, ...]] = ("shift", "rotation", "scale", "noise", "occlusion", "contrast")

UNITS: Final[dict[Kind, str]] = {
    "shift": "px",
    "rotation": "degrees",
    "scale": "times",
    "noise": "of the range",
    "occlusion": "px",
    "contrast": "times",
}
"""Of the amounts: px; degrees clockwise; factor; standard deviation as a share of black to white; side of the square
that is covered; factor of the distance from the background."""

AMOUNTS: Final[dict[Kind, tuple[float, ...]]] = {
    "shift": (0, 1, 2, 3, 4, 5, 6),
    "rotation": (-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90),
    "scale": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4),
    "noise": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    "occlusion": (0, 2, 4, 6, 8, 10, 12),
    "contrast": (1.0, 0.8, 0.6, 0.4, 0.2, 0.1),
}
"""Amounts that are tried where none are given; the first row's reach is where digits begin to lose ink."""

UNCHANGED: Final[dict[Kind, float]] = {
    "shift": 0.0,
    "rotation": 0.0,
    "scale": 1.0,
    "noise": 0.0,
    "occlusion": 0.0,
    "contrast": 1.0,
}
"""The amount at which nothing changes."""

DRAWS: Final[dict[Kind, int]] = {"shift": 4, "rotation": 1, "scale": 1, "noise": 8, "occlusion": 16, "contrast": 1}
"""How many pictures are made of one, for each amount: four directions, eight draws of noise, sixteen places."""

DIRECTIONS: Final = ((1, 0), (0, 1), (-1, 0), (0, -1))
"""Down and right, of a shift by one px: picture i of several goes in direction i modulo 4."""

_WHITE: Final = 255


def background(pixels: Images) -> Images:
    """The median of the outermost pixels, for each channel: uint8 [..., channels] of pictures [..., c, h, w]."""
    ring = np.ones(pixels.shape[-2:], np.bool_)
    ring[1:-1, 1:-1] = False
    return np.asarray(np.rint(np.median(pixels[..., ring], axis=-1)), np.uint8)


def shifted(pixels: Images, down_px: int, right_px: int, circular: bool = False) -> Images:
    """Pictures moved by whole pixels.

    Args:
        pixels: uint8 [..., channels, height, width].
        down_px: Negative is up.
        right_px: Negative is left.
        circular: Whether what leaves on one side comes in on the other; else background comes in.
    """
    if circular:
        return np.roll(pixels, (down_px, right_px), (-2, -1))
    made = np.empty_like(pixels)
    made[...] = background(pixels)[..., None, None]
    return put_shifted(made, pixels, down_px, right_px)


def put_shifted(onto: NDArray[N], values: NDArray[N], down: int, right: int) -> NDArray[N]:
    """Writes what stays of maps [..., rows, columns] that move by whole values; elsewhere the array keeps what it has.

    Args:
        onto: Is written to, and given back.
        values: The maps, of the same shape.
        down: Negative is up.
        right: Negative is left.
    """
    rows, columns = values.shape[-2:]
    if abs(down) < rows and abs(right) < columns:
        to, come = zip(_overlap(rows, down), _overlap(columns, right), strict=True)
        onto[(..., *to)] = values[(..., *come)]
    return onto


def _overlap(length: int, shift: int) -> tuple[slice, slice]:
    """Where values that stay come to lie, and where they lay."""
    return slice(max(shift, 0), length + min(shift, 0)), slice(max(-shift, 0), length + min(-shift, 0))


def every_offset(pixels: Images, reach_px: int) -> Images:
    """A picture at every offset, rows of offsets downwards: uint8 [(2 reach + 1) squared, channels, height, width].

    Args:
        pixels: uint8 [channels, height, width].
        reach_px: The offsets are -reach to reach, both ways.
    """
    channels, height, width = pixels.shape
    wide = np.empty((channels, height + 2 * reach_px, width + 2 * reach_px), np.uint8)
    wide[...] = background(pixels)[:, None, None]
    wide[:, reach_px : reach_px + height, reach_px : reach_px + width] = pixels
    windows = np.lib.stride_tricks.sliding_window_view(wide, (height, width), (1, 2))[:, ::-1, ::-1]
    return np.ascontiguousarray(windows.transpose(1, 2, 0, 3, 4)).reshape(-1, channels, height, width)


def ink_kept(pixels: Images, reach_px: int) -> NDArray[np.float64]:
    """The share of the ink that is still in the picture at every offset: float64 [2 reach + 1, 2 reach + 1].

    Ink is what differs from the background; of an empty picture nothing is lost.
    """
    ink = np.abs(pixels.astype(np.float64) - background(pixels)[:, None, None]).sum(0)
    if not ink.any():
        return np.ones((2 * reach_px + 1,) * 2)
    table = np.pad(ink.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    (top, bottom), (left, right) = (_kept_span(length, reach_px) for length in ink.shape)
    kept = (
        table[bottom[:, None], right] - table[top[:, None], right] - table[bottom[:, None], left]
        + table[top[:, None], left]
    )  # fmt: skip
    share: NDArray[np.float64] = kept / ink.sum()
    return share


def _kept_span(length: int, reach: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First pixel that stays, and the one after the last, for every offset along an axis."""
    offsets = np.arange(-reach, reach + 1)
    start = np.clip(-offsets, 0, length)
    return start, np.maximum(start, np.clip(length - offsets, 0, length))


def changed(images: Images, kind: Kind, amount: float, seed: int = 0) -> Images:
    """Pictures changed by an amount. Directions, noise and places differ from one picture to the next.

    Args:
        images: uint8 [n, channels, height, width].
        kind: Of change.
        amount: In `UNITS`.
        seed: Of noise and of places that are covered.

    Returns:
        uint8, the same shape; a copy.

    Raises:
        StudioError: There is no such change, or it cannot be done by this amount.
    """
    check(kind, amount)
    if amount == UNCHANGED[kind]:
        return images.copy()
    if kind == "shift":
        made = np.empty_like(images)
        for first, (down, right) in enumerate(DIRECTIONS):
            made[first::4] = shifted(images[first::4], down * int(amount), right * int(amount))
        return made
    if kind == "rotation":
        return _sampled(images, *_turned(images.shape[-2:], amount))
    if kind == "scale":
        return _sampled(images, *_scaled(images.shape[-2:], amount))
    if kind == "noise":
        noise = np.random.default_rng(seed).standard_normal(images.shape, np.float32)
        return _bytes(images + noise * np.float32(amount * _WHITE))
    if kind == "occlusion":
        return _covered(images, int(amount), seed)
    paper = background(images)[..., None, None].astype(np.float32)
    return _bytes(paper + np.float32(amount) * (images - paper))


def check(kind: str, amount: float) -> None:
    """Sees whether pictures can be changed so.

    Raises:
        StudioError: There is no such change, or the amount is no number, not whole where pixels are meant, or negative.
    """
    if kind not in KINDS:
        raise StudioError(f"There is no change called {kind!r}.", remedy="Choose from " + ", ".join(KINDS) + ".")
    said = f"The amount of {kind} cannot be {amount}."
    if not math.isfinite(amount):
        raise StudioError(said, remedy="Give a number.")
    if kind in ("shift", "occlusion") and amount != int(amount):
        raise StudioError(said, "Pictures are moved and covered by whole pixels.", "Give a whole number.")
    if kind not in ("shift", "rotation") and amount < 0:
        raise StudioError(said, remedy="Give 0 or more.")
    if kind == "scale" and amount == 0:
        raise StudioError(said, "Nothing would be left of the picture.", "Give more than 0.")


def _turned(shape: Sequence[int], degrees: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For every pixel of a picture turned clockwise, the row and column that it shows."""
    rows, columns = _centred(shape)
    # A quarter turn is one of whole pixels: its sine must not be a rounded one.
    sine, cosine = (round(value, 15) for value in (math.sin(math.radians(degrees)), math.cos(math.radians(degrees))))
    return (
        cosine * rows - sine * columns + (shape[0] - 1) / 2,
        sine * rows + cosine * columns + (shape[1] - 1) / 2,
    )


def _scaled(shape: Sequence[int], factor: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = _centred(shape)
    return rows / factor + (shape[0] - 1) / 2, columns / factor + (shape[1] - 1) / 2


def _centred(shape: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = np.indices(tuple(shape), np.float64)
    return rows - (shape[0] - 1) / 2, columns - (shape[1] - 1) / 2


def _sampled(images: Images, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Images:
    """Pictures read at places between their pixels, bilinearly; outside is the background."""
    paper = background(images)[..., None, None].astype(np.float32)
    ink = np.pad(images - paper, ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = images.shape[-2:]
    rows, columns = np.clip(rows, -1, height) + 1, np.clip(columns, -1, width) + 1
    top, left = np.minimum(rows.astype(np.intp), height), np.minimum(columns.astype(np.intp), width)
    down, right = (rows - top).astype(np.float32), (columns - left).astype(np.float32)
    found = (
        ink[..., top, left] * ((1 - down) * (1 - right))
        + ink[..., top, left + 1] * ((1 - down) * right)
        + ink[..., top + 1, left] * (down * (1 - right))
        + ink[..., top + 1, left + 1] * (down * right)
    )
    return _bytes(found + paper)


def _covered(images: Images, side: int, seed: int) -> Images:
    """A square of background on each picture, where the seed puts it."""
    made, paper = images.copy(), background(images)
    height, width = images.shape[-2:]
    at = np.random.default_rng(seed).random((len(images), 2))
    for picture, colour, (down, right) in zip(made, paper, at, strict=True):
        top, left = round(down * max(0, height - side)), round(right * max(0, width - side))
        picture[:, top : top + side, left : left + side] = colour[:, None, None]
    return made


def _bytes(values: NDArray[np.floating]) -> Images:
    made: Images = np.clip(np.rint(values), 0, _WHITE).astype(np.uint8)
    return made
