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
from cnnstudio.core.seeing import seen

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

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Knows no data set yet."""
        self.info: DatasetInfo | None = None
        self._key = ""
        self._usual_px = _USUAL_PX

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
        """Looks a data set up; whether it is another one than before."""
        if key == self._key:
            return False
        from cnnstudio import datasets

        self._key = key
        self._usual_px = _USUAL_PX
        try:
            found = datasets.find(key)
        except StudioError:
            self.info = None
            return True
        self.info = found.info
        jitter = found.knobs.get("jitter", 0)
        if isinstance(jitter, int | float):
            self._usual_px = max(_USUAL_PX, float(jitter) + 1)
        return True

    def see(self, canvas: Readable, centring: bool) -> Seen:
        """The networks' picture of what is on the canvas.

        A picture of the data set itself that is neither drawn on nor moved is given as it is, pixel for pixel.
        """
        sheet, shape = canvas.sheet, self.shape
        channels, height, width = shape
        grey, centre = channels == 1 and height == width, centring and self.centred
        if sheet.is_empty and not canvas.inking:
            hint = "The canvas is empty: whatever the networks say of it now is habit, not reading."
            return Seen(np.zeros(shape, np.uint8), hint)
        as_it_is = False
        if sheet.is_untouched and sheet.bitmap is not None and not canvas.inking:
            pixels = seen(sheet.bitmap, shape, centre)
            as_it_is = sheet.bitmap.stored and sheet.bitmap.planes().shape == shape
        elif grey:
            pixels = frame(canvas.ink(), height, centre)[None]
        else:
            pixels = fit_colour(canvas.rgb(), shape)
        hinted = grey and self.centred and not centre and not as_it_is
        return Seen(pixels, self._off_centre(pixels[0]) if hinted else "")

    def _off_centre(self, pixels: NDArray[np.uint8]) -> str:
        mass = centre_of_mass(pixels)
        if mass is None:
            return ""
        side = pixels.shape[0]
        # The middle of MNIST's framing is the centre of pixel 14 of 0..27.
        off_px = math.hypot(mass[0] - side / 2 - 0.5, mass[1] - side / 2 - 0.5)
        if off_px <= self._usual_px:
            return ""
        return f"The networks learned digits centred by mass; this one sits {off_px:.0f} px off the middle."

    def marks(self, ink: NDArray[np.uint8]) -> tuple[Box, tuple[float, float]] | None:
        """The box around the ink and its centre of mass in canvas units, or None where there is no ink."""
        found = ink_box(to_ink(ink))
        mass = centre_of_mass(ink)
        if found is None or mass is None:
            return None
        height, width = ink.shape
        top, bottom, left, right = found
        return (left / width, top / height, right / width, bottom / height), (mass[0] / width, mass[1] / height)


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
