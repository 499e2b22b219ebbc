"""Histograms of many units at once, whose ranges grow as values come: one pass, exact counts."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_BYTES: Final = 2 * 2**20
"""Memory for the counts of one layer, so that they stay in a processor's cache: 64 bins for up to 8,192 units."""

_MOST_BINS: Final = 64
_LEAST_BINS: Final = 8

_FINEST: Final = 2.0**-20
"""A bin is no narrower than this share of the largest value, so that counting bins stays exact in float32."""

_TINIEST: Final = 2.0**-90
"""No bin is narrower."""


class Histograms:
    """One histogram per unit.

    Every unit's bins are as wide as a power of two, and begin at a multiple of it, so that zero is an edge, and so
    that two neighbours become one bin exactly when a range has to grow. Each histogram fills more than a quarter of
    its bins.

    Thread: engine.
    """

    def __init__(self, units: int) -> None:
        """Begins with no values."""
        fitting = max(_LEAST_BINS, _BYTES // (4 * max(1, units)))
        self.bins = min(_MOST_BINS, 1 << (fitting.bit_length() - 1))
        self._counts = torch.zeros((units, self.bins), dtype=torch.int32)
        self._width = torch.zeros(units, dtype=torch.float64)
        self._first = torch.zeros(units, dtype=torch.float64)
        self._low = torch.full((units,), torch.inf)
        self._high = torch.full((units,), -torch.inf)
        self._base = torch.arange(units) * self.bins
        self._one = torch.ones(1, dtype=torch.int32)

    def add(self, values: Tensor) -> bool:
        """Counts float32 [n, units]; False, and nothing is counted, where some are no finite numbers."""
        low, high = values.amin(0), values.amax(0)  # a sixth of the time of aminmax
        if not bool((torch.isfinite(low) & torch.isfinite(high)).all()):
            return False
        self._include(torch.minimum(low, self._low), torch.maximum(high, self._high))
        bins = (values * self._width.reciprocal().float()).floor_().to(torch.int64)
        bins += self._base - self._first.to(torch.int64)
        self._counts.view(-1).scatter_add_(0, bins.view(-1), self._one.expand(bins.numel()))
        return True

    def _include(self, low: Tensor, high: Tensor) -> None:
        """Widens bins, or moves their beginning, where a unit's range has outgrown them."""
        grown = torch.nonzero((low < self._low) | (high > self._high)).view(-1)
        self._low, self._high = low, high
        lowest, highest, width = low[grown].double(), high[grown].double(), self._width[grown]
        needed = torch.maximum((highest - lowest) / (self.bins - 1), torch.maximum(-lowest, highest) * _FINEST)
        wider = torch.maximum(torch.exp2(needed.clamp(min=_TINIEST).log2().ceil()), width)
        ## Rounding may hide that a range reaches just across an edge.
        wider = torch.where((highest / wider).floor() - (lowest / wider).floor() < self.bins, wider, 2 * wider)
        first = self._first[grown]
        moved = (wider > width) | (lowest < first * width) | (highest >= (first + self.bins) * width)
        self._rebin(grown[moved], wider[moved], (lowest / wider).floor()[moved])

    def _rebin(self, units: Tensor, width: Tensor, first: Tensor) -> None:
        places = self._first[units, None] + torch.arange(self.bins)
        counts = self._counts[units]
        ## Empty bins may lie outside of the new range; they are sent anywhere inside.
        places = (places * (self._width[units] / width)[:, None]).floor() - first[:, None]
        places = places.clamp(0, self.bins - 1).long()
        self._counts[units] = torch.zeros_like(counts).scatter_add_(1, places, counts)
        self._width[units], self._first[units] = width, first

    def range(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Smallest and largest value of every unit: float32 [units]; inf and -inf where there are none."""
        return self._low.numpy().copy(), self._high.numpy().copy()

    def of(self, unit: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """One unit's histogram from its first bin that is not empty to its last.

        Returns:
            Counts, int64 [bins], and edges, float64 [bins + 1]; of a constant, one bin of width 1 around it; of no
            values, an empty one around 0.
        """
        counts = self._counts[unit].numpy().astype(np.int64)
        filled = np.flatnonzero(counts)
        low, high = (float(end[unit]) if len(filled) else 0.0 for end in (self._low, self._high))
        if low == high:
            return counts.sum(keepdims=True), np.array([low - 0.5, low + 0.5])
        first, last = int(filled[0]), int(filled[-1]) + 1
        edges: NDArray[np.float64] = float(self._first[unit]) + np.arange(first, last + 1, dtype=np.float64)
        return counts[first:last], edges * float(self._width[unit])

    @property
    def nbytes(self) -> int:
        """Memory that it takes, nearly."""
        return 4 * self._counts.numel() + 32 * len(self._counts)
