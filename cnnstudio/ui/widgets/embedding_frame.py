"""From the plane of an embedding to pixels and back: what is in sight, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MARGIN: Final = 0.06
"""Of the width is left free around all points."""

_MOST_ZOOM: Final = 60.0


@dataclass(slots=True)
class Frame:
    """A window onto the plane; both axes have one scale, so that distances are what they look.

    Attributes:
        x: The plane's x in the middle.
        y: The plane's y in the middle; up is more.
        scale: Pixels for one unit.
        fitted: Pixels for one unit where all points just fit.
        width: Of the window, in px.
        height: Of the window, in px.
        touched: Whether a person chose what is in sight.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    fitted: float = 1.0
    width: float = 1.0
    height: float = 1.0
    touched: bool = False

    def fit(self, points: NDArray[np.floating[Any]]) -> None:
        """Brings all points [n, 2] into sight."""
        finite = points[np.isfinite(points).all(axis=1)] if len(points) else points
        low, high = (finite.min(axis=0), finite.max(axis=0)) if len(finite) else (np.zeros(2), np.ones(2))
        self.x, self.y = (float(one) for one in (low + high) / 2)
        room = 1 - 2 * _MARGIN
        wide, tall = (max(float(one), 1e-9) for one in high - low)
        self.touched = False
        self.scale = self.fitted = max(1e-9, min(self.width * room / wide, self.height * room / tall))

    def to_pixels(self, points: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Points of the plane [..., 2] as pixels."""
        return np.stack(
            [
                self.width / 2 + (points[..., 0].astype(np.float64) - self.x) * self.scale,
                self.height / 2 - (points[..., 1].astype(np.float64) - self.y) * self.scale,
            ],
            axis=-1,
        )

    def zoom(self, factor: float, at_x: float, at_y: float) -> None:
        """Enlarges by a factor; the point under the pixel (at_x, at_y) stays where it is."""
        new = min(max(self.scale * factor, self.fitted / 2), self.fitted * _MOST_ZOOM)
        off_x, off_y = at_x - self.width / 2, at_y - self.height / 2
        self.x += off_x / self.scale - off_x / new
        self.y -= off_y / self.scale - off_y / new
        self.scale, self.touched = new, True

    def pan(self, by_x: float, by_y: float) -> None:
        """Moves what is in sight by pixels."""
        self.x -= by_x / self.scale
        self.y += by_y / self.scale
        self.touched = True


def nearest(places: NDArray[np.float64], x: float, y: float, within_px: float) -> int | None:
    """The point nearest to a pixel, or None where none is within reach; of equals the one drawn last."""
    if not len(places):
        return None
    far = np.hypot(places[:, 0] - x, places[:, 1] - y)
    far = np.where(np.isfinite(far), far, np.inf)
    best = len(far) - 1 - int(np.argmin(far[::-1]))
    return best if far[best] <= within_px else None


def towards(places: NDArray[np.float64], start: tuple[float, float], step: tuple[int, int]) -> int | None:
    """The nearest point in a direction (a quarter of the circle around it); None where there is none."""
    off = places - np.array(start)
    along, across = off @ np.array(step, np.float64), np.abs(off @ np.array((step[1], step[0]), np.float64))
    ahead = np.flatnonzero((along > 0.5) & (across <= along))
    if not len(ahead):
        return None
    return int(ahead[np.argmin(np.hypot(along[ahead], across[ahead]))])


def turned_alike(points: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.float32]:
    """The signs, float32 [2], that turn the axes of an embedding so that it looks as the one before.

    The sign of a principal axis is arbitrary; a map that flips over between two moments would tell of a change that
    never was.
    """
    if points.shape != before.shape or not len(points):
        return np.ones(2, np.float32)
    now, then = points - points.mean(axis=0), before - before.mean(axis=0)
    return np.where((now * then).sum(axis=0) < 0, -1.0, 1.0).astype(np.float32)
