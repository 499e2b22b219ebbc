"""Whether a map of what a verdict hangs on can be believed: it is held against what covering the picture does."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio.engine._occlusion import Subject, Values, background, changed, drops, patches, sums

LEAST_PATCHES: Final = 5
"""With fewer patches than this even a perfect order comes about by chance more often than once in forty times."""

SHUFFLES: Final = 2_000
"""Random orders behind the range of chance: its ends are then known to about 0.01."""

_RANGE: Final = (2.5, 97.5)
_SEED: Final = 0


class Agreement(NamedTuple):
    """How well a map and the covered patches agree.

    Attributes:
        correlation: Spearman's, of patch sums and drops; None where it cannot be told.
        by_chance: The 95 % range of the same for random orders of the patches; (0, 0) where it cannot be told.
    """

    correlation: float | None
    by_chance: tuple[float, float]

    @property
    def believed(self) -> bool:
        """Whether the map says more than chance does."""
        return self.correlation is not None and self.correlation > self.by_chance[1]


UNKNOWN: Final = Agreement(None, (0.0, 0.0))


def check(subject: Subject, values: Values, *, magnitude: bool, other_cover: bool) -> Generator[None, None, Agreement]:
    """Covers the picture patch by patch and compares the drops of the target's logit with the map's sums there.

    Patches that covering does not change (nothing but background) are left out: of them covering can tell nothing.

    Args:
        subject: The verdict.
        values: The map, float [height, width].
        magnitude: The map's values say how much a pixel matters and not for or against what: the sizes of the drops
            are compared, without their sign.
        other_cover: The map itself came about by covering with background. Patches are then levelled to their own
            mean colour instead, which asks whether the map depends on what is put in place of the pixels.

    Yields:
        None, between two slices.
    """
    height, width = values.shape
    boxes = patches((height, width))
    cover = levelled(subject.pixels, boxes) if other_cover else background(subject.pixels)
    boxes = boxes[changed(subject.pixels, cover, boxes)]
    if len(boxes) < LEAST_PATCHES or values.max() == values.min():
        return UNKNOWN
    fallen = yield from drops(subject, cover, boxes)
    if not np.isfinite(fallen).all():
        return UNKNOWN
    return compare(sums(values, boxes), np.abs(fallen) if magnitude else fallen)


def levelled(pixels: NDArray[np.uint8], boxes: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The picture with every box filled with its own mean colour."""
    result = pixels.copy()
    for top, left, bottom, right in boxes:
        mean = pixels[:, top:bottom, left:right].mean((1, 2), keepdims=True)
        result[:, top:bottom, left:right] = np.rint(mean).astype(np.uint8)
    return result


def compare(one: Values, other: Values) -> Agreement:
    """Spearman's rank correlation, and its 95 % range when one side is put in random orders (always the same ones).

    Args:
        one: float [n].
        other: float [n].

    Returns:
        No correlation where either side is constant: ranks then say nothing.
    """
    first, second = _centred(ranks(one)), _centred(ranks(other))
    scale = float(np.sqrt((first @ first) * (second @ second)))
    if scale == 0:
        return UNKNOWN
    chance = np.random.default_rng(_SEED)
    orders = chance.permuted(np.broadcast_to(first, (SHUFFLES, len(first))), axis=1)
    low, high = np.percentile(orders @ second / scale, _RANGE)
    return Agreement(float(first @ second / scale), (float(low), float(high)))


def ranks(values: Values) -> Values:
    """Ranks from 1; equal values share the mean of theirs (Spearman 1904)."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    shared: Values = (last - (counts - 1) / 2)[places]
    return shared


def _centred(values: Values) -> Values:
    centred: Values = values - values.mean()
    return centred
