"""From the canvas to the networks' picture, and what to say about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import DatasetInfo, Shape
from cnnstudio.core.drawing import Box, Sheet
from cnnstudio.core.errors import StudioError
from cnnstudio.core.framing import fit_colour, frame, ink_box, to_ink
from cnnstudio.core.seeing import blank_words, seen

_DRAWN: Final[Shape] = (1, 28, 28)
"""What is made of a drawing where the data set is not known."""
_USUAL_PX: Final = 2.0
"""A digit this far off is still where the networks expect it."""


class Readable(Protocol):
    """What the networks' picture is made from: the canvas."""

    @property
    def sheet(self) -> Sheet:
        """What is on it."""

    @property
    def inking(self) -> bool:
        """Whether a stroke is under way: then the ink is ahead of the sheet."""

    def ink(self) -> NDArray[np.uint8]:
        """uint8 [side, side], white on black."""

    def rgb(self) -> NDArray[np.uint8]:
        """uint8 [side, side, 3]."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The networks' picture.

    Attributes:
        pixels: uint8 [channels, height, width].
        hint: Why the networks may fail on it, one sentence, or "".
    """

    pixels: NDArray[np.uint8]
    hint: str = ""


class Seeing:
    """Knows the data set's shape and framing.

    Attributes:
        info: The data set's card, or None where it is not known.
        learned_px: How far off the middle, to each side, the pictures sat that the networks learned which answer.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Knows no data set yet."""
        self.info: DatasetInfo | None = None
        self.learned_px = 0.0
        self._key = ""

    @property
    def shape(self) -> Shape:
        """What the networks take."""
        return self.info.shape if self.info is not None else _DRAWN

    @property
    def colour(self) -> bool:
        """Whether they see colours."""
        return self.shape[0] == 3

    @property
    def centred(self) -> bool:
        """Whether their pictures are framed by centre of mass, so that a drawing can be."""
        return self.info is None or (self.info.centred and self.shape[0] == 1)

    def set_dataset(self, key: str) -> bool:
        """Looks a data set up; whether it is another one than before, or its card says something else by now."""
        from cnnstudio import datasets

        before = self._key, self.info
        self._key = key
        try:
            self.info = datasets.find(key).info
        except StudioError:
            self.info = None
        return (self._key, self.info) != before

    def see(self, canvas: Readable, centring: bool) -> Seen:
        """The networks' picture of what is on the canvas.

        A picture of the data set itself that is neither drawn on nor moved is given as it is, pixel for pixel.
        """
        sheet, shape = canvas.sheet, self.shape
        channels, height, width = shape
        ink = self.info is None or self.info.ink
        grey, centre = channels == 1 and height == width and ink, centring and self.centred
        if sheet.is_empty and not canvas.inking:
            hint = "The canvas is empty: whatever the networks say of it now is habit, not reading."
            return Seen(np.zeros(shape, np.uint8), hint)
        as_it_is = False
        if sheet.is_untouched and sheet.bitmap is not None and not canvas.inking:
            pixels = seen(sheet.bitmap, shape, centre, ink)
            as_it_is = sheet.bitmap.stored and sheet.bitmap.planes().shape == shape
        elif grey:
            pixels = frame(canvas.ink(), height, centre)[None]
        else:
            pixels = fit_colour(canvas.rgb(), shape)
        blank = "" if as_it_is or canvas.inking else blank_words(pixels)
        hinted = grey and self.centred and not centre and not as_it_is
        return Seen(pixels, blank or (self._off_centre(pixels[0]) if hinted else ""))

    def _off_centre(self, pixels: NDArray[np.uint8]) -> str:
        mass = centre_of_mass(pixels)
        if mass is None:
            return ""
        side = pixels.shape[0]
        # The middle of MNIST's framing is the centre of pixel 14 of 0..27.
        right_px, down_px = abs(mass[0] - side / 2 - 0.5), abs(mass[1] - side / 2 - 0.5)
        off_px = math.hypot(right_px, down_px)
        if off_px <= _USUAL_PX or max(right_px, down_px) <= self.learned_px + 1:
            return ""
        if self.learned_px == 0:
            return f"The networks learned digits centred by mass; this one sits {off_px:.0f} px off the middle."
        return (
            f"The networks learned digits up to {self.learned_px:g} px off the middle; "
            f"this one sits {off_px:.0f} px off."
        )

    def marks(self, ink: NDArray[np.uint8]) -> tuple[Box, tuple[float, float]] | None:
        """The box around the ink and its centre of mass in canvas units, or None where there is no ink."""
        found = ink_box(to_ink(ink))
        mass = centre_of_mass(ink)
        if found is None or mass is None:
            return None
        height, width = ink.shape
        top, bottom, left, right = found
        return (left / width, top / height, right / width, bottom / height), (mass[0] / width, mass[1] / height)


def jitter_px(key: str) -> float:
    """How far off the middle the pictures of a data set may sit, to each side."""
    from cnnstudio import datasets

    try:
        jitter = datasets.find(key).knobs.get("jitter", 0)
    except StudioError:
        return 0.0
    return float(jitter) if isinstance(jitter, int | float) else 0.0


def centre_of_mass(pixels: NDArray[np.uint8]) -> tuple[float, float] | None:
    """X and y of the ink's centre of mass in pixels, 0.5 being the middle of the first; None without ink."""
    columns = pixels.sum(axis=0, dtype=np.float64)
    rows = pixels.sum(axis=1, dtype=np.float64)
    total = float(columns.sum())
    if total == 0:
        return None
    x = float(columns @ (np.arange(len(columns)) + 0.5)) / total
    y = float(rows @ (np.arange(len(rows)) + 0.5)) / total
    return x, y
