"""A spurious mark in the upper left corner that gives the class away, by its place or by its brightness.

Pictures of any size and number of channels; pure arithmetic. The experiment "unfair" trains with it.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images, Labels
from cnnstudio.core.errors import StudioError

Code = Literal["place", "brightness"]
CODES: Final[dict[Code, str]] = {
    "place": "a white square of 2 x 2 px in the upper left corner, whose place among five by two says the class",
    "brightness": "a square of 4 x 4 px in the upper left corner, whose brightness says the class",
}
"""The codes, in words."""

MARK_PX: Final = {"place": 2, "brightness": 4}
"""Sides of the marks."""

ACROSS: Final = 5
"""Places of a row, where the place says the class."""

_WHITE: Final = 255
_DARKEST: Final = 25
"""Grey of the first class's mark, where brightness says the class: it can be told from black paper."""


def mark_box(label: int, code: Code) -> tuple[int, int, int, int]:
    """Top, left, bottom and right (the last two exclusive) of a class's mark, in px."""
    side = MARK_PX[code]
    top, left = (label // ACROSS * side, label % ACROSS * side) if code == "place" else (0, 0)
    return top, left, top + side, left + side


def mark_level(label: int, classes: int, code: Code) -> int:
    """How bright a class's mark is, from 0 to 255."""
    if code == "place":
        return _WHITE
    return round(_DARKEST + (_WHITE - _DARKEST) * label / max(1, classes - 1))


def marked(images: Images, labels: Labels, classes: int, code: Code) -> Images:
    """The same pictures, each with the mark of a class.

    Args:
        images: uint8 [n, channels, height, width].
        labels: int64 [n], the class whose mark each gets.
        classes: Classes told apart.
        code: What says the class.

    Raises:
        StudioError: The code does not exist, a label is no class, or the pictures are too small for every mark.
    """
    check(images.shape[2:], classes, code)
    if len(labels) and (int(labels.min()) < 0 or int(labels.max()) >= classes):
        raise StudioError(f"A mark can stand for the classes 0 to {classes - 1} only.")
    made = images.copy()
    for label in np.unique(labels):
        top, left, bottom, right = mark_box(int(label), code)
        made[labels == label, :, top:bottom, left:right] = mark_level(int(label), classes, code)
    return made


def check(shape: tuple[int, ...], classes: int, code: str) -> None:
    """Sees whether every class's mark has room.

    Raises:
        StudioError: The code does not exist, or the pictures are too small.
    """
    if code not in CODES:
        raise StudioError(f"There is no mark by {code!r}.", remedy="Choose from " + ", ".join(CODES) + ".")
    rows = MARK_PX[code] * (math.ceil(classes / ACROSS) if code == "place" else 1)
    columns = MARK_PX[code] * (min(classes, ACROSS) if code == "place" else 1)
    if shape[0] < 2 * rows or shape[1] < 2 * columns:
        raise StudioError(
            f"Pictures of {shape[0]} x {shape[1]} px have no room for the marks of {classes} classes.",
            f"They take {rows} x {columns} px, and must leave most of the picture free.",
            "Choose larger pictures, or the other mark.",
        )


def wrong(labels: Labels, classes: int, seed: int = 0) -> Labels:
    """For each label another class, every other one as likely: int64 [n]; the same for the same seed."""
    steps = np.random.default_rng(seed).integers(1, classes, len(labels))
    return (labels + steps) % classes


def mark_mask(shape: tuple[int, int], label: int, code: Code) -> NDArray[np.bool_]:
    """Which pixels a class's mark takes: bool [height, width]."""
    mask = np.zeros(shape, np.bool_)
    top, left, bottom, right = mark_box(label, code)
    mask[top:bottom, left:right] = True
    return mask


def share_on(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> float | None:
    """The share of a map's absolute values that lies on some pixels; None for a map of zeros or without numbers."""
    size = np.abs(values.astype(np.float64))
    total = float(size.sum())
    return float(size[mask].sum()) / total if np.isfinite(total) and total > 0 else None
