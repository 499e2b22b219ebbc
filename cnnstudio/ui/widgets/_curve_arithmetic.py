"""The arithmetic behind a live curve: smoothing, thinning and ticks. No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


def smooth(ys: Column, weight: float) -> Column:
    """The exponential moving average, corrected for its start from nothing.

    m_t = w m_(t-1) + (1 - w) y_t, shown as m_t / (1 - w^t) (Kingma and Ba, 2015, for the correction). Values that
    are not finite are passed over and stay as they are.

    Args:
        ys: float64 [n].
        weight: How much of the past is kept, from 0 (none: `ys` itself) to below 1.

    Returns:
        float64 [n].
    """
    if weight <= 0:
        return ys
    smoothed = ys.copy()
    average, seen = 0.0, 1.0
    for place, value in enumerate(ys.tolist()):
        if math.isfinite(value):
            average = weight * average + (1 - weight) * value
            seen *= weight
            smoothed[place] = average / (1 - seen)
    return smoothed


def thin(xs: Column, ys: Column, most: int) -> tuple[Column, Column]:
    """Every k-th point, so that at most about `most` remain; the last one always stays."""
    stride = -(-len(xs) // most) if most > 0 else 1
    if stride <= 1:
        return xs, ys
    keep = np.arange(len(xs) - 1, -1, -stride)[::-1]
    return xs[keep], ys[keep]


def nice_ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers between two bounds, about as many as asked, in steps of 1, 2, 2.5 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    raw = (high - low) / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    step = min(_STEPS, key=lambda s: abs(math.log(s * power / raw))) * power
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(k * step) for k in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers for a logarithmic axis; `low` and `high` are exponents of ten, the answer is plain numbers."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    decades = high - low
    parts = (1.0,) if decades > 3 else (1.0, 2.0, 5.0) if decades > 0.7 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    found = []
    for exponent in range(math.floor(low), math.ceil(high) + 1):
        for part in parts:
            value = part * 10.0**exponent
            if low - 1e-9 <= math.log10(value) <= high + 1e-9:
                found.append(value)
    return found


def nice_ceiling(value: float) -> float:
    """The next larger of 1, 2, 2.5, 5 times a power of ten: an axis that grows seldom instead of at every point."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step for step in _STEPS if step * power >= value * (1 - 1e-9)) * power


def nearest(xs: Column, x: float) -> int:
    """Index of the point whose x is closest; `xs` ascends and is not empty."""
    place = int(np.searchsorted(xs, x))
    if place == 0:
        return 0
    if place == len(xs):
        return len(xs) - 1
    return place if xs[place] - x < x - xs[place - 1] else place - 1


def log10(values: Column) -> Column:
    """Exponents of ten; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logged = np.log10(values)
    logged[~np.isfinite(logged)] = np.nan
    return np.asarray(logged, dtype=np.float64)


def ticks(low: float, high: float, about: int, log: bool, text: Callable[[float], str]) -> list[tuple[float, str]]:
    """Where an axis has numbers, in axis units (exponents of ten where logarithmic), and the numbers."""
    if log:
        found = log_ticks(low, high)
        while len(found) > about * 1.5 and len(found) > 3:
            found = found[::2]
        return [(math.log10(value), text(value)) for value in found]
    return [(value, text(value)) for value in nice_ticks(low, high, about)]
