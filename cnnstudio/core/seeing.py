"""From an opened picture to what the networks are given: one way for the canvas and for the command line."""

from __future__ import annotations

from typing import Final

import numpy as np

from cnnstudio.core.dataset import Images, Shape
from cnnstudio.core.drawing import Bitmap
from cnnstudio.core.framing import fit_colour, frame

_FAINT: Final = 16
"""Pictures whose values differ by less, of 255, show nothing that a network could read."""


def seen(bitmap: Bitmap, shape: Shape, centre: bool, ink: bool = True) -> Images:
    """The networks' picture of a bitmap that is alone on the canvas, neither drawn on nor moved.

    A data set's own picture is given as it is where it has the right shape. For grey networks the ink is found, from
    the bitmap's own pixels, so that they are averaged once; networks that see colours get the whole picture, as it lies
    on the canvas, and those that learned grey photographs the middle square, as they learned it.

    Args:
        bitmap: The picture.
        shape: What the networks take: channels, height, width.
        centre: Whether to find the ink's box and centre it, as MNIST's digits are.
        ink: Whether grey networks learned white ink on black; else they learned photographs, dark where those are.

    Returns:
        uint8 [channels, height, width].
    """
    channels, height, width = shape
    if bitmap.stored and bitmap.planes().shape == shape:
        return bitmap.planes()
    pixels = bitmap.pixels
    if channels == 1 and height == width and ink:
        if pixels.ndim == 2:
            return frame(pixels, height, centre)[None]
        from cnnstudio.core.pictures import as_ink  # Pillow comes with it: not before the first picture is opened

        return frame(as_ink(pixels), height, centre)[None]
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    return fit_colour(rgb, shape, whole=channels == 3)


def blank_words(pixels: Images) -> str:
    """What to say of a picture on which networks see nothing; "" where they see something.

    Args:
        pixels: What they are given, uint8 [channels, height, width].
    """
    if int(pixels.max()) - int(pixels.min()) >= _FAINT:
        return ""
    return f"There is nothing on it: at {pixels.shape[2]} × {pixels.shape[1]} px nothing shows, and verdicts are habit."
