"""What a shift of the test pictures does to a network's verdicts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

import numpy as np

from cnnstudio.core.dataset import Images, Pictures
from cnnstudio.experiments._learn import Learned

DIRECTIONS: Final = ((1, 0), (-1, 0), (0, 1), (0, -1))
"""Down, up, right, left."""

MOST_PICTURES: Final = 1_000
"""Of a test set are shifted: a share of 4,000 verdicts is known to within a point."""


def moved(images: Images, down_px: int, right_px: int) -> Images:
    """Pictures [n, c, h, w] moved by whole pixels; what comes in repeats the edge, which is background."""
    rows = np.clip(np.arange(images.shape[2]) - down_px, 0, images.shape[2] - 1)
    columns = np.clip(np.arange(images.shape[3]) - right_px, 0, images.shape[3] - 1)
    return np.ascontiguousarray(images[:, :, rows][:, :, :, columns])


def under_shift(
    learned: Learned, pictures: Pictures, distances_px: Sequence[int]
) -> Generator[None, None, dict[str, float | list[float]]]:
    """How steady a network's verdicts are when the pictures move up, down, left and right.

    Args:
        learned: The network.
        pictures: The first `MOST_PICTURES` of them are used.
        distances_px: How far.

    Returns:
        "consistency": for each distance the share of moved pictures that get the same verdict as the picture that did
        not move, right or wrong (R. Zhang: Making convolutional networks shift-invariant again. ICML 2019; there of two
        random shifts). "moved": the share of moved pictures that are read correctly; "still": that of the same pictures
        where they were.
    """
    some = pictures.take(slice(0, MOST_PICTURES))
    unmoved = (yield from learned.logits(some.images)).argmax(1)
    same: list[float] = []
    right: list[float] = []
    for distance in distances_px:
        verdicts = []
        for down, across in DIRECTIONS:
            logits = yield from learned.logits(moved(some.images, down * distance, across * distance))
            verdicts.append(logits.argmax(1))
            yield
        same.append(float(np.mean([verdict == unmoved for verdict in verdicts])))
        right.append(float(np.mean([verdict == some.labels for verdict in verdicts])))
    return {"consistency": same, "moved": right, "still": float(np.mean(unmoved == some.labels))}
