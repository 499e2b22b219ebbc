"""Colours of a layer's maps: which scale, and one image of all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from cnnstudio.core.inside import PICTURE, LayerMaps
from cnnstudio.ui.theme import value_map, weight_map

ScaleOf = Literal["map", "layer", "network"]
SCALES: Final[tuple[ScaleOf, ...]] = ("map", "layer", "network")
_LAST: Final = 255


@dataclass(frozen=True, slots=True)
class Scale:
    """What the ends of the colours stand for.

    Attributes:
        lowest: The value of the first colour.
        highest: The value of the last.
        signed: Purple, white, green, with zero white; else black to white.
    """

    lowest: float
    highest: float
    signed: bool

    @property
    def words(self) -> str:
        """As in "± 1.2" or "0 to 3.4", in two figures."""
        highest = short(self.highest, 2)
        return f"± {highest}" if self.signed else f"{short(self.lowest, 2)} to {highest}"


def short(value: float, figures: int = 3) -> str:
    """A number in so many figures, without an exponent where it can do without."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    places = max(0, figures - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.0e}" if places > figures + 1 else f"{value:.{places}f}"


def _packed(red: NDArray[np.uint32], green: NDArray[np.uint32], blue: NDArray[np.uint32]) -> NDArray[np.uint32]:
    opaque = np.uint32(0xFF000000)
    return (opaque | red << np.uint32(16) | green << np.uint32(8) | blue).astype(np.uint32)


@cache
def _table(signed: bool) -> NDArray[np.uint32]:
    """The colours as Qt's 32-bit pixels, uint32 [256]."""
    rgb = (weight_map() if signed else value_map()).astype(np.uint32)
    return _packed(rgb[:, 0], rgb[:, 1], rgb[:, 2])


def scale_of(lowest: float, highest: float, *, picture: bool = False) -> Scale:
    """The scale of values between two numbers.

    Args:
        lowest: Smallest value.
        highest: Largest value.
        picture: Pixels are grey from the darkest to the brightest, whatever their sign.
    """
    if picture:
        return Scale(lowest, highest, False)
    if lowest < 0:
        top = max(-lowest, highest)
        return Scale(-top, top, True)
    return Scale(0.0, highest, False)


def network_scales(layers: Sequence[LayerMaps]) -> dict[str, Scale]:
    """One scale for all layers of a network: signed ones share one size, and so do the others."""
    top = top_of(layers)
    return {one.layer: layer_scale(one, 0.0 if one.layer == PICTURE else top) for one in layers}


def layer_scale(layer: LayerMaps, top: float) -> Scale:
    """The scale of one layer; with a `top` above 0, the one that the layers of its network share."""
    scale = scale_of(layer.lowest, layer.highest, picture=layer.layer == PICTURE)
    if top <= 0:
        return scale
    return Scale(-top if scale.signed else 0.0, top, scale.signed)


def top_of(layers: Sequence[LayerMaps]) -> float:
    """The size of the largest value of any layer, the picture aside."""
    return max((max(-one.lowest, one.highest) for one in layers if one.layer != PICTURE), default=0.0)


def as_maps(values: NDArray[Any]) -> NDArray[Any]:
    """[maps, rows, columns] of a layer's values; units of a list are maps of one number."""
    return values if values.ndim == 3 else values[:, None, None]


def image_of(layer: LayerMaps, scale: Scale, each: bool) -> QImage:
    """All maps of a layer below each other, one pixel for each unit.

    Args:
        layer: Its values.
        scale: The colours' ends.
        each: Whether every map has a scale of its own instead.
    """
    if layer.layer == PICTURE and len(layer.values) == len("rgb"):
        return _colour_picture(layer)
    values = as_maps(layer.values)
    low: Any = scale.lowest
    span: Any = scale.highest - scale.lowest
    if each and layer.layer != PICTURE:
        if scale.signed:
            top = np.abs(values).max(axis=(1, 2), keepdims=True)
            low, span = -top, 2 * top
        else:
            low, span = np.float32(0), values.max(axis=(1, 2), keepdims=True)
        span = np.where(span > 0, span, 1)
    elif span <= 0:
        span = 1.0
    place = (values - low) / span * _LAST
    if scale.signed:
        place = np.where(values == 0, _LAST / 2, place)
    np.nan_to_num(place, copy=False, nan=_LAST / 2 if scale.signed else 0.0, posinf=_LAST, neginf=0)
    np.clip(place, 0, _LAST, out=place)
    maps, rows, columns = values.shape
    return _as_image(_table(scale.signed)[place.astype(np.uint8)].reshape(maps * rows, columns))


def _colour_picture(layer: LayerMaps) -> QImage:
    span = layer.highest - layer.lowest
    levels = np.clip((layer.values - layer.lowest) * (_LAST / (span if span > 0 else 1)), 0, _LAST).astype(np.uint32)
    return _as_image(_packed(levels[0], levels[1], levels[2]))


def _as_image(pixels: NDArray[np.uint32]) -> QImage:
    pixels = np.ascontiguousarray(pixels, dtype=np.uint32)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
