"""Pictures moved, turned, scaled, disturbed, covered and faded: the same change for the same numbers, always.

What leaves the picture is lost. What comes in is the background: for each channel the median of the outermost pixels,
which is black for ink on black. Turning and scaling sample bilinearly about the middle; the unchanged picture comes out
as it was, to the last bit. Noise and the places that are covered depend on the seed alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images
from cnnstudio.core.errors import StudioError

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
