"""A sheet of the canvas to and from plain JSON types, for keeping it from one start to the next."""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from cnnstudio.core import limits
from cnnstudio.core.drawing import MAX_COORDINATE, MAX_SCALE, MIN_SCALE, WHITE, Bitmap, Sheet, Stroke, Transform
from cnnstudio.core.errors import StudioError

SCHEMA: Final = 1


def sheet_to_json(sheet: Sheet) -> dict[str, Any]:
    """A sheet in plain JSON types."""
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "strokes": [
            {"points": [value for point in line.points for value in point], "erases": line.erases,
             "colour": list(line.colour)}
            for line in sheet.strokes
        ],
        "transform": [sheet.transform.turn.real, sheet.transform.turn.imag,
                      sheet.transform.shift.real, sheet.transform.shift.imag],
        "source": sheet.source,
        "label": sheet.label,
    }  # fmt: skip
    if sheet.bitmap is not None:
        data["bitmap"] = _bitmap_to_json(sheet.bitmap)
    return data


def sheet_from_json(data: object) -> Sheet:
    """Reads what `sheet_to_json` wrote.

    Raises:
        StudioError: It is damaged, or of a later version of the program.
    """
    if isinstance(data, Mapping) and isinstance(data.get("schema"), int) and data["schema"] > SCHEMA:
        raise StudioError("The kept drawing was made by a later version of CNN Studio.", remedy="Update the program.")
    try:
        if not isinstance(data, Mapping) or data["schema"] != SCHEMA:
            raise ValueError("schema")
        strokes = tuple(_stroke_from_json(item) for item in data["strokes"])
        if sum(len(line.points) for line in strokes) > limits.MAX_DRAWING_POINTS:
            raise ValueError("too many points")
        a, b, c, d = _numbers(data["transform"])
        transform = Transform(complex(a, b), complex(c, d))
        if not MIN_SCALE * 0.999 <= transform.scale <= MAX_SCALE * 1.001:
            raise ValueError("scale")
        label = data.get("label")
        bitmap = data.get("bitmap")
        return Sheet(
            strokes,
            None if bitmap is None else _bitmap_from_json(bitmap),
            transform,
            str(data.get("source", ""))[:200],
            int(label) if isinstance(label, int) else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError, binascii.Error, zlib.error) as error:
        raise StudioError("The kept drawing cannot be read.", "It is damaged.", details=repr(error)) from error


def _numbers(values: Any) -> list[float]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise TypeError("not a list")
    numbers = [float(value) for value in values]
    if not all(math.isfinite(value) and abs(value) <= MAX_COORDINATE for value in numbers):
        raise ValueError("a number is out of range")
    return numbers


def _stroke_from_json(item: Mapping[str, Any]) -> Stroke:
    flat = _numbers(item["points"])
    if not flat or len(flat) % 3:
        raise ValueError("points")
    points = tuple(zip(flat[0::3], flat[1::3], flat[2::3], strict=True))
    if any(width < 0 for _, _, width in points):
        raise ValueError("width")
    red, green, blue = (int(value) for value in item.get("colour", WHITE))
    if not all(0 <= value <= 255 for value in (red, green, blue)):
        raise ValueError("colour")
    return Stroke(points, bool(item.get("erases", False)), (red, green, blue))


def _bitmap_to_json(bitmap: Bitmap) -> dict[str, Any]:
    """Differences between neighbours pack better than the pixels themselves: the idea of PNG's first filter."""
    rows = bitmap.pixels.reshape(bitmap.pixels.shape[0], -1)
    step = 1 if bitmap.pixels.ndim == 2 else 3
    packed = rows.copy()
    packed[:, step:] -= rows[:, :-step]
    text = base64.b64encode(zlib.compress(packed.tobytes(), 9)).decode("ascii")
    return {"shape": list(bitmap.pixels.shape), "stored": bitmap.stored, "pixels": text}


def _bitmap_from_json(item: Mapping[str, Any]) -> Bitmap:
    shape = tuple(int(value) for value in item["shape"])
    if len(shape) not in (2, 3) or not all(0 < side <= limits.MAX_BITMAP_PX for side in shape):
        raise ValueError("shape")
    size = math.prod(shape)
    unpack = zlib.decompressobj()
    raw = unpack.decompress(base64.b64decode(item["pixels"], validate=True), size + 1)
    if len(raw) != size:
        raise ValueError("pixels")
    packed = np.frombuffer(raw, np.uint8).reshape(shape if len(shape) == 3 else (*shape, 1))
    pixels = np.cumsum(packed, axis=1, dtype=np.uint8).reshape(shape)
    try:
        return Bitmap(pixels, bool(item.get("stored", False)))
    except StudioError as error:
        raise ValueError("bitmap") from error
