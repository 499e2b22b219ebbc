"""Outlines and textures of the coloured shapes, as functions of the plane.

An outline is a signed distance in units of the shape's radius, negative inside; a texture is a wave that is positive
where the second colour shows. Both are exact enough near their zero for edges as soft as one pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Outline = Callable[[Plane, Plane], Plane]


def disc(x: Plane, y: Plane) -> Plane:
    """A full circle."""
    return np.hypot(x, y) - np.float32(0.85)


def square(x: Plane, y: Plane) -> Plane:
    """A square."""
    return np.maximum(np.abs(x), np.abs(y)) - np.float32(0.75)


def triangle(x: Plane, y: Plane) -> Plane:
    """An equilateral triangle."""
    slanted = np.float32(math.sqrt(3) / 2) * np.abs(x) - np.float32(0.5) * y
    return np.maximum(slanted, y) - np.float32(0.5)


def star(x: Plane, y: Plane) -> Plane:
    """A star of five points."""
    wedge, inner = math.pi / 5, 0.42
    angle = np.abs((np.arctan2(x, y) + np.float32(wedge)) % np.float32(2 * wedge) - np.float32(wedge))
    radius = np.hypot(x, y)
    along, across = radius * np.cos(angle), radius * np.sin(angle)
    edge = np.array([inner * math.cos(wedge) - 1, inner * math.sin(wedge)])
    normal = (np.array([edge[1], -edge[0]]) / np.linalg.norm(edge)).astype(np.float32)
    distance: Plane = (along - np.float32(1.0)) * normal[0] + across * normal[1]
    return distance


def ring(x: Plane, y: Plane) -> Plane:
    """A circle with a hole."""
    return np.abs(np.hypot(x, y) - np.float32(0.72)) - np.float32(0.22)


def cross(x: Plane, y: Plane) -> Plane:
    """Two bars that cross."""
    wide, narrow = np.float32(0.95), np.float32(0.28)
    across, down = np.abs(x), np.abs(y)
    distance: Plane = np.minimum(np.maximum(across - wide, down - narrow), np.maximum(across - narrow, down - wide))
    return distance


def crescent(x: Plane, y: Plane) -> Plane:
    """A disc with another cut out of its side."""
    bite = np.float32(0.75) - np.hypot(x - np.float32(0.5), y)
    distance: Plane = np.maximum(np.hypot(x, y) - np.float32(0.95), bite)
    return distance


def stripes(x: Plane, y: Plane) -> Plane:
    """Straight waves; x and y as phases."""
    return np.sin(x)


def checks(x: Plane, y: Plane) -> Plane:
    """A checkerboard."""
    return np.sin(x) * np.sin(y)


def dots(x: Plane, y: Plane) -> Plane:
    """Round spots on a square grid."""
    return (np.cos(x) + np.cos(y) - np.float32(0.85)) * np.float32(0.7)


PLAIN: Final[tuple[Outline, ...]] = (disc, square, triangle, star, ring, cross, crescent)
"""Classes that are known by their outline."""

PATCHES: Final[tuple[Outline, ...]] = (disc, square, triangle)
"""Outlines of textured patches: any of them, so that the outline tells nothing."""

TEXTURES: Final[Mapping[str, Outline]] = {"stripes": stripes, "checks": checks, "dots": dots}
"""Classes that are known by their texture."""
