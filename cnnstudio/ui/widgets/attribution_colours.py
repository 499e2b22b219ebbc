"""From a map of attribution to colours: signed ones purple to white to green, others from white to dark teal."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.ui.theme import signed_colours
from cnnstudio.ui.widgets.mosaic import as_rgb

Rgb = NDArray[np.uint8]

_STOPS: Final = ((0, (255, 255, 255)), (70, (188, 222, 226)), (150, (72, 158, 172)), (255, (6, 62, 76)))
"""White to dark teal: a hue that no network, weight or selection has, and lightness that only falls."""

_TOP_PERCENT: Final = 99.5
"""The strongest colour stands for this percentile: a few loud pixels must not pale all the others."""

_LUMA: Final = np.array([0.299, 0.587, 0.114])
"""How light red, green and blue look (ITU-R BT.601)."""

_GHOST: Final = 0.45
"""The picture under a map is drawn with this share of its ink, so that the map's colours stay readable."""


@cache
def teal_map() -> Rgb:
    """Sizes without a sign, uint8 [256, 3]: white is zero, dark teal the largest."""
    at, places = np.arange(256), [place for place, _ in _STOPS]
    found = np.stack([np.interp(at, places, [rgb[i] for _, rgb in _STOPS]) for i in range(3)], 1)
    table = found.round().astype(np.uint8)
    table.setflags(write=False)
    return table


def top_of(values: NDArray[np.floating[Any]]) -> float:
    """The size that gets the strongest colour."""
    sizes = np.abs(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0))
    if not sizes.size:
        return 0.0
    return float(np.percentile(sizes, _TOP_PERCENT)) or float(sizes.max())


def map_colours(values: NDArray[np.floating[Any]], *, signed: bool) -> Rgb:
    """Colours of a map, uint8 [height, width, 3]; white is zero. Numbers that are none count as zero."""
    clean, top = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0), top_of(values)
    if signed:
        return signed_colours(clean, top)
    share = np.clip(clean / top, 0, 1) if top > 0 else np.zeros_like(clean)
    return teal_map()[(255 * share).round().astype(np.intp)]


def plain(pixels: NDArray[np.uint8]) -> Rgb:
    """A picture, uint8 [1 or 3, height, width], in its own colours: uint8 [height, width, 3]."""
    rgb: Rgb = as_rgb(pixels[None])[0]
    return rgb


def over(pixels: NDArray[np.uint8], colours: Rgb, share: float) -> Rgb:
    """A map over its picture: the picture as a pale ghost on white, multiplied by the map's colours.

    Args:
        pixels: uint8 [1 or 3, height, width]; one channel is ink, which becomes grey on white. Colours become grey
            as the map comes in: under it the only hues are the map's.
        colours: uint8 [height, width, 3], white where the map is zero.
        share: 0 shows only the picture, 1 only the map, one half the whole map over the ghost.

    Returns:
        uint8 [height, width, 3].
    """
    picture = plain(pixels).astype(np.float64) / 255
    if len(pixels) == 3:
        picture += (picture @ _LUMA - picture.transpose(2, 0, 1)).transpose(1, 2, 0) * min(1.0, 2 * share)
    darkness = 1 - picture if len(pixels) == 3 else picture
    ghost = 1 - darkness * min(1.0, 2 * (1 - share)) * (_GHOST + (1 - _GHOST) * max(0.0, 1 - 2 * share))
    tint = 1 - (1 - colours.astype(np.float64) / 255) * min(1.0, 2 * share)
    return np.asarray((255 * ghost * tint).round(), dtype=np.uint8)
