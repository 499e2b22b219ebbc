"""From an opened picture to what the networks are given: one way for the canvas and for the command line."""

from __future__ import annotations

import numpy as np

from cnnstudio.core.dataset import Images, Shape
from cnnstudio.core.drawing import Bitmap
from cnnstudio.core.framing import fit_colour, frame


def seen(bitmap: Bitmap, shape: Shape, centre: bool) -> Images:
    """The networks' picture of a bitmap that is alone on the canvas, neither drawn on nor moved.

    A data set's own picture is given as it is where it has the right shape. For grey networks the ink is found, from
    the bitmap's own pixels, so that they are averaged once; networks that see colours get the whole picture, as it lies
    on the canvas.

    Args:
        bitmap: The picture.
        shape: What the networks take: channels, height, width.
        centre: Whether to find the ink's box and centre it, as MNIST's digits are.

    Returns:
        uint8 [channels, height, width].
    """
    channels, height, width = shape
    if bitmap.stored and bitmap.planes().shape == shape:
        return bitmap.planes()
    pixels = bitmap.pixels
    if channels == 1 and height == width:
        if pixels.ndim == 2:
            return frame(pixels, height, centre)[None]
        from cnnstudio.core.pictures import as_ink  # Pillow comes with it: not before the first picture is opened

        return frame(as_ink(pixels), height, centre)[None]
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    return fit_colour(rgb, shape, whole=True)
