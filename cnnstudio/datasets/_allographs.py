"""The shapes behind the built-in digits: allographs, the ways in which people write a digit, as data.

`resources/digits/allographs.json` lists them; no scanned image was used. An allograph is one or more pen strokes
through a few points. The path of the pen is linear in those points, whatever they are, so a matrix per allograph
turns its K points into S points along the path, and one product draws a whole batch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core import paths
from cnnstudio.core.errors import StudioError

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]

PATH_POINTS: Final = 88
"""Points along the path of a digit: less than half a pixel apart on a digit 20 pixels high."""

_SHORTEST: Final = 0.02
_SPACING: Final = 0.26
_STEADINESS: Final = (0.45, 1.3)
_SMOOTHING: Final = 4.5


@dataclass(frozen=True, slots=True, eq=False)
class Allograph:
    """One way of writing a digit; lengths in digit heights, y downwards.

    Attributes:
        name: As in "flag and foot".
        weight: How common it is among the digit's allographs.
        versions: float32 [V, K, 2], the control points of each version.
        stroke_of: int64 [K], the stroke that each control point belongs to.
        ends: bool [K], whether a control point begins or ends a stroke.
        looseness: float32 [K], how far a point may wobble: less where points stand close together.
        curve: float32 [S, K], the path as a cubic through the points, corners sharp.
        line: float32 [S, K], the path in straight pieces.
        rounded: float32 [S, K], the curve smoothed along the pen's way.
        along: float32 [S], how far along the whole path, from 0 to 1.
        from_end: float32 [S], distance from the nearer end of the stroke, as a share of the path.
    """

    name: str
    weight: float
    versions: Floats
    stroke_of: NDArray[np.int64]
    ends: NDArray[np.bool_]
    looseness: Floats
    curve: Floats
    line: Floats
    rounded: Floats
    along: Floats
    from_end: Floats


@dataclass(frozen=True, slots=True, eq=False)
class DigitShape:
    """What is known of one digit.

    Attributes:
        digit: From 0 to 9.
        lean: Mean slant to the right, as a shear.
        thickest_px: The largest radius of the pen that leaves the digit legible.
        allographs: Its ways of being written, the commonest first.
    """

    digit: int
    lean: float
    thickest_px: float
    allographs: tuple[Allograph, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """A piece of the path between two control points; the slopes are weights over all control points."""

    stroke: int
    first: int
    length: float
    slope_in: Matrix
    slope_out: Matrix


def _parse(version: str) -> tuple[Matrix, NDArray[np.bool_], NDArray[np.int64]]:
    """Reads "4,6 30,5! / 14,52 34,50": points [K, 2] in hundredths, corners [K], strokes [K]."""
    points, corners, strokes = [], [], []
    for number, stroke in enumerate(version.split("/")):
        words = stroke.split()
        for place, word in enumerate(words):
            points.append([float(part) for part in word.rstrip("!").split(",")])
            corners.append(word.endswith("!") or place in (0, len(words) - 1))
            strokes.append(number)
    return np.array(points), np.array(corners), np.array(strokes, dtype=np.int64)


def _slope(lengths: Matrix, k: int, i: int) -> Matrix:
    """Derivative by length at the smooth point i, as weights over the k points (three-point formula)."""
    before, after = lengths[i - 1], lengths[i]
    weights = np.zeros(k)
    weights[i - 1] = -after / (before * (before + after))
    weights[i] = (after - before) / (before * after)
    weights[i + 1] = before / (after * (before + after))
    return weights


def _spans(mean: Matrix, corners: NDArray[np.bool_], strokes: NDArray[np.int64]) -> list[_Span]:
    """The pieces of the path, in the pen's order: a cubic Hermite spline whose corners are free."""
    k = len(mean)
    lengths = np.maximum(np.linalg.norm(np.diff(mean, axis=0), axis=1), _SHORTEST)
    spans = []
    for i in range(k - 1):
        if strokes[i] != strokes[i + 1]:
            continue
        chord = np.zeros(k)
        chord[i], chord[i + 1] = -1 / lengths[i], 1 / lengths[i]
        start = None if corners[i] else _slope(lengths, k, i)
        end = None if corners[i + 1] else _slope(lengths, k, i + 1)
        if start is None:
            start = chord if end is None else 1.5 * chord - 0.5 * end
        if end is None:
            end = chord if corners[i] and corners[i + 1] else 1.5 * chord - 0.5 * start
        spans.append(_Span(int(strokes[i]), i, float(lengths[i]), start * lengths[i], end * lengths[i]))
    return spans


def _path(spans: Sequence[_Span], k: int) -> tuple[Matrix, Matrix, NDArray[np.int64]]:
    """The matrices of the smooth and the straight path [S, K], and the stroke of each path point [S]."""
    total = sum(span.length for span in spans)
    curve, line, owner = [], [], []
    for number, span in enumerate(spans):
        n = max(3, round(PATH_POINTS * span.length / total))
        last = number + 1 == len(spans) or spans[number + 1].stroke != span.stroke
        t = (np.arange(n + 1) / n)[: n + last, None]
        start, end = np.eye(k)[span.first], np.eye(k)[span.first + 1]
        line.append((1 - t) * start + t * end)
        curve.append(
            (2 * t**3 - 3 * t**2 + 1) * start
            + (3 * t**2 - 2 * t**3) * end
            + (t**3 - 2 * t**2 + t) * span.slope_in
            + (t**3 - t**2) * span.slope_out
        )
        owner += [span.stroke] * len(t)
    return np.concatenate(curve), np.concatenate(line), np.array(owner)


def _smoothing(owner: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """A Gaussian along each stroke [S, S], narrowing towards its ends, and the distance from the nearer end [S]."""
    place = np.arange(len(owner))
    first = np.array([place[owner == stroke].min() for stroke in owner])
    final = np.array([place[owner == stroke].max() for stroke in owner])
    from_end = np.minimum(place - first, final - place)
    width = np.clip(from_end / 2.5, 0.05, _SMOOTHING)
    weights = np.exp(-0.5 * ((place[:, None] - place) / width[:, None]) ** 2) * (owner[:, None] == owner)
    return weights / weights.sum(1, keepdims=True), from_end / PATH_POINTS


def _looseness(mean: Matrix) -> Matrix:
    gaps = np.linalg.norm(np.diff(mean, axis=0), axis=1)
    nearest = np.minimum(np.append(gaps[:1], gaps), np.append(gaps, gaps[-1:]))
    looseness: Matrix = np.clip(nearest / _SPACING, *_STEADINESS)
    return looseness


def allograph(name: str, weight: float, versions: Sequence[str], width: float = 1.0) -> Allograph:
    """Makes an allograph from the notation of `allographs.json`.

    Args:
        name: As in "flag and foot".
        weight: How common it is.
        versions: Points such as "4,6 30,5 58,4! 22,98 / 14,52 56,48": x to the right, y downwards, about 60 wide and
            100 high; "!" makes a corner and "/" lifts the pen. All must have the same strokes, points and corners.
        width: Stretches all of them sideways.

    Raises:
        ValueError: The versions do not match, or something is not a number.
    """
    parsed = [_parse(version) for version in versions]
    _, corners, strokes = parsed[0]
    for _, other_corners, other_strokes in parsed[1:]:
        if not (np.array_equal(corners, other_corners) and np.array_equal(strokes, other_strokes)):
            raise ValueError(f"the versions of {name!r} differ in strokes, points or corners")
    points = np.stack([p for p, _, _ in parsed]) / 100 * np.array([width, 1.0])
    mean = points.mean(0)
    curve, line, owner = _path(_spans(mean, corners, strokes), len(mean))
    smoothing, from_end = _smoothing(owner)
    ends = np.array([i in (0, len(strokes) - 1) for i in range(len(strokes))])
    for i, (one, two) in enumerate(pairwise(strokes)):
        ends[i : i + 2] |= one != two
    return Allograph(
        name, weight, points.astype(np.float32), strokes, ends, _looseness(mean).astype(np.float32),
        curve.astype(np.float32), line.astype(np.float32), (smoothing @ curve).astype(np.float32),
        (np.arange(len(owner)) / len(owner)).astype(np.float32), from_end.astype(np.float32),
    )  # fmt: skip


def read_shapes(path: Path) -> tuple[DigitShape, ...]:
    """Reads the ten digits, in order.

    Raises:
        StudioError: The file is missing or damaged.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        shapes = tuple(
            DigitShape(
                int(entry["digit"]),
                float(entry["lean"]),
                float(entry["thickest_px"]),
                tuple(allograph(a["name"], a["weight"], a["versions"], entry["width"]) for a in entry["allographs"]),
            )
            for entry in data["digits"]
        )
        if [shape.digit for shape in shapes] != list(range(10)):
            raise ValueError("there must be ten digits, from 0 to 9")
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise StudioError(
            "The shapes of the built-in digits could not be read.",
            f"{path.name} is missing or damaged: {error}.",
            "Install the program again.",
        ) from error
    return shapes


@cache
def digit_shapes() -> tuple[DigitShape, ...]:
    """The shipped digits, read once."""
    return read_shapes(paths.resources() / "digits" / "allographs.json")
