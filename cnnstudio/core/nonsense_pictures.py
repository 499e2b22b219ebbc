"""Pictures that show no digit: letters, scribbles, noise, blank paper and the like; and others to learn "none" from.

What a network learns as "none of these" and what it is measured with must differ: else it would only show that it knows
those pictures again. `TAUGHT` and `MEASURED` have no kind in common.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images, Shape
from cnnstudio.core.errors import StudioError

Canvas = NDArray[np.float32]
"""float32 [n, height, width], 0 is paper and 1 is full ink."""

MEASURED: Final[Mapping[str, str]] = {
    "letters": "a capital letter that looks like no digit",
    "scribbles": "a pen that wanders; now and then it may look like a digit",
    "noise": "every pixel by chance",
    "blank": "one grey all over; the first is black",
    "inverted": "a digit with black and white exchanged",
}
"""What networks are asked about."""

TAUGHT: Final[Mapping[str, str]] = {
    "gratings": "stripes of any direction and width",
    "patches": "a few rectangles of any grey",
    "shuffled": "the pixels of a digit in any order",
    "clouds": "smooth patches of light",
}
"""What the class "none of these" is learned from."""

KINDS: Final[Mapping[str, str]] = {**MEASURED, **TAUGHT}
FROM_REAL: Final = frozenset(("inverted", "shuffled"))
"""Kinds that are made of real pictures."""

LETTERS: Final = "AEFHKMNVWX"
"""Letters of straight strokes; those that may be read as digits (I, L, T, Y, Z) are left out."""

_POINTS: Final[Mapping[str, str]] = {
    "A": "06 20 46,13 33", "E": "40 00 06 46,03 33", "F": "40 00 06,03 33", "H": "00 06,40 46,03 43",
    "K": "00 06,40 03 46", "M": "06 00 23 40 46", "N": "06 00 46 40", "V": "00 26 40",
    "W": "00 16 22 36 40", "X": "00 46,40 06",
}  # fmt: skip
"""Strokes on a grid five wide and seven high, each point as column and row."""

_BOX: Final = 20 / 28
"""Ink fills this share of the picture, as that of MNIST's digits."""
_PEN: Final = 2.2 / 28
"""Width of the pen, as a share of the picture's side."""
_TURN: Final = 0.2
"""Largest turn of a letter, in radians."""
_STRETCH: Final = (0.75, 1.1)
_BENDS: Final = 14
"""Points that a scribble runs through."""
_WAVES: Final = (1.5, 7.0)
"""Stripes from one side of the picture to the other."""
_RECTANGLES: Final = 6
_LIGHTS: Final = 5
"""Rows and columns of the coarse grid that clouds are stretched from."""


def make(kind: str, count: int, shape: Shape, seed: int = 0, real: Images | None = None) -> Images:
    """Makes pictures of one kind; the same for the same seed.

    Args:
        kind: One of `KINDS`.
        count: How many.
        shape: Channels, height and width; all channels are alike.
        seed: Of everything.
        real: uint8 [n, channels, height, width], for the kinds `FROM_REAL`: used one after the other, again from the
            first when they run out.

    Returns:
        uint8 [count, channels, height, width].

    Raises:
        StudioError: There is no such kind, it needs real pictures and there are none, or they have another size.
    """
    if kind not in KINDS:
        raise StudioError(f"There is no nonsense called {kind!r}.", remedy="Choose from " + ", ".join(KINDS) + ".")
    chance = np.random.default_rng([seed, list(KINDS).index(kind)])
    if kind in FROM_REAL:
        if real is None or not len(real) or real.shape[1:] != shape:
            raise StudioError(f"To make pictures that are {kind}, real ones of the same size are needed.")
        taken = real[np.arange(count) % len(real)]
        return np.asarray(255 - taken if kind == "inverted" else _shuffled(taken, chance), np.uint8)
    ink = np.clip(_MAKERS[kind](count, shape[1], shape[2], chance), 0, 1)
    return np.repeat(np.rint(ink * 255).astype(np.uint8)[:, None], shape[0], axis=1)


def _shuffled(images: Images, chance: np.random.Generator) -> Images:
    flat = images.reshape(*images.shape[:2], -1)
    order = chance.permuted(np.broadcast_to(np.arange(flat.shape[-1]), (len(flat), flat.shape[-1])), axis=1)
    return np.take_along_axis(flat, order[:, None], axis=2).reshape(images.shape)


def _noise(count: int, height: int, width: int, chance: np.random.Generator) -> Canvas:
    return chance.random((count, height, width), np.float32)


def _blank(count: int, height: int, width: int, chance: np.random.Generator) -> Canvas:
    grey = chance.random(count, np.float32)
    grey[:1] = 0
    return np.broadcast_to(grey[:, None, None], (count, height, width))


def _letters(count: int, height: int, width: int, chance: np.random.Generator) -> Canvas:
    made = np.empty((count, height, width), np.float32)
    for picture in made:
        strokes = _strokes(LETTERS[chance.integers(len(LETTERS))])
        turn, stretch = chance.uniform(-_TURN, _TURN), chance.uniform(*_STRETCH)
        matrix = np.array([[math.cos(turn) * stretch, math.sin(turn)], [-math.sin(turn) * stretch, math.cos(turn)]])
        picture[...] = _drawn((strokes - 0.5) @ matrix.T + 0.5, height, width)
    return made


def _strokes(letter: str) -> NDArray[np.float64]:
    """The letter's segments, each from (x, y) to (x, y) in a box of side 1: float64 [segments, 2, 2]."""
    segments: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for stroke in _POINTS[letter].split(","):
        points = [(int(point[0]) / 6 + 1 / 6, int(point[1]) / 6) for point in stroke.split()]
        segments += itertools.pairwise(points)
    return np.array(segments)


def _scribbles(count: int, height: int, width: int, chance: np.random.Generator) -> Canvas:
    made = np.empty((count, height, width), np.float32)
    for picture in made:
        steps = chance.normal(0, 0.2, (_BENDS, 2))
        steps[1:] += 0.6 * steps[:-1]  # a hand does not turn at once
        points = steps.cumsum(0)
        low, span = points.min(0), np.ptp(points, axis=0).max()
        points = (points - low) / span
        picture[...] = _drawn(np.stack([points[:-1], points[1:]], 1), height, width)
    return made


def _drawn(segments: NDArray[np.float64], height: int, width: int) -> Canvas:
    """Segments in a box of side 1, drawn with a round pen in the middle of a picture: float32 [height, width]."""
    side = min(height, width)
    scale = side * _BOX
    low, high = segments.min((0, 1)), segments.max((0, 1))
    placed = (segments - (low + high) / 2) * scale + np.array([width / 2, height / 2])
    rows, columns = np.indices((height, width)) + 0.5
    here = np.stack([columns, rows], -1)[:, :, None]
    start, along = placed[:, 0], placed[:, 1] - placed[:, 0]
    share = ((here - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-9)
    away = here - start - np.clip(share, 0, 1)[..., None] * along
    distance = np.sqrt((away**2).sum(-1)).min(-1)
    return np.asarray(np.clip(side * _PEN / 2 + 0.5 - distance, 0, 1), np.float32)


def _gratings(count: int, height: int, width: int, chance: np.random.Generator) -> Canvas:
    rows, columns = np.indices((height, width)) / min(height, width)
    share = chance.random((3, count, 1, 1))
    angle, phase = np.pi * share[0], 2 * np.pi * share[1]
    waves = _WAVES[0] + (_WAVES[1] - _WAVES[0]) * share[2]
    wave = np.sin(2 * np.pi * waves * (np.cos(angle) * columns + np.sin(angle) * rows) + phase)
    return np.asarray(0.5 + 0.5 * wave, np.float32)


def _patches(count: int, height: int, width: int, chance: np.random.Generator) -> Canvas:
    made = np.zeros((count, height, width), np.float32)
    for picture in made:
        for _ in range(chance.integers(1, _RECTANGLES + 1)):
            top, left = int(chance.integers(height)), int(chance.integers(width))
            bottom, right = top + 1 + int(chance.integers(height)), left + 1 + int(chance.integers(width))
            picture[top:bottom, left:right] = chance.random()
    return made


def _clouds(count: int, height: int, width: int, chance: np.random.Generator) -> Canvas:
    coarse = chance.random((count, _LIGHTS, _LIGHTS))
    down, across = (_stretch(length) for length in (height, width))
    return np.asarray(np.einsum("ya,nab,xb->nyx", down, coarse, across), np.float32)


def _stretch(length: int) -> NDArray[np.float64]:
    """Linear interpolation from the coarse grid: float64 [length, lights]."""
    at = np.linspace(0, _LIGHTS - 1, length)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(_LIGHTS))), np.float64)


_MAKERS: Final[Mapping[str, Callable[[int, int, int, np.random.Generator], Canvas]]] = {
    "letters": _letters,
    "scribbles": _scribbles,
    "noise": _noise,
    "blank": _blank,
    "gratings": _gratings,
    "patches": _patches,
    "clouds": _clouds,
}
