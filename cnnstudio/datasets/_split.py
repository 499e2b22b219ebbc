"""Cutting and splitting labelled sets: by the seed, keeping the shares of the classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Labels


def quotas(
    counts: NDArray[np.int64], size: int, most: NDArray[np.int64], chance: np.random.Generator
) -> NDArray[np.int64]:
    """How many to take of each class: in proportion, by largest remainders, each class at least once if it can be.

    With fewer pictures than classes no class gives two.

    Args:
        counts: Pictures there are of each class.
        size: How many to take in all; no more than `most` allows are taken.
        most: The most to take of each class.
        chance: Decides between classes that have equal claims.

    Returns:
        int64 [classes], adding up to min(size, sum of most).
    """
    size = min(size, int(most.sum()))
    one_of_each = size >= np.count_nonzero(most)
    if not one_of_each:
        most = np.minimum(most, 1)
    share = counts * (size / max(1, int(counts.sum())))
    taken: NDArray[np.int64] = np.minimum(np.floor(share).astype(np.int64), most)
    while (missing := size - int(taken.sum())) > 0:
        open_ = np.flatnonzero(taken < most)
        # Classes with none come first; then the largest remainder; then chance. With fewer pictures than classes
        # remainders would choose the same classes for every seed, so there chance alone does.
        claims = (taken - share)[open_] if one_of_each else np.zeros(len(open_))
        order = np.lexsort((chance.random(len(open_)), claims, taken[open_] > 0))
        taken[open_[order[:missing]]] += 1
    if one_of_each:
        for empty in np.flatnonzero((taken == 0) & (most > 0)):
            taken[np.argmax(taken)] -= 1
            taken[empty] += 1
    return taken


def choose(labels: Labels, size: int, seed: int, *, leave_one: bool = False, spare: int = 0) -> NDArray[np.int64]:
    """Chooses pictures by the seed, keeping the shares of the classes.

    Args:
        labels: int64 [n].
        size: How many to choose; all there are when larger.
        seed: The same seed chooses the same pictures.
        leave_one: Whether one picture of every class must stay behind, if there is any class that has two.
        spare: How many of every class stay behind where the class has more; where it has not, one may be taken.

    Returns:
        int64, ascending places in `labels`.
    """
    chance = np.random.default_rng([seed, len(labels)])
    classes, member, counts = np.unique(labels, return_inverse=True, return_counts=True)
    most = np.where(counts > spare, counts - spare, 1) if spare else counts
    if leave_one and (counts > 1).any():
        most = np.minimum(most, counts - 1)
    if size >= len(labels) and (most == counts).all():
        return np.arange(len(labels))
    wanted = quotas(counts, size, most, chance)
    shuffled = chance.permutation(len(labels))
    grouped = shuffled[np.argsort(member[shuffled], kind="stable")]
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    parts = [grouped[start : start + n] for start, n in zip(starts, wanted, strict=True)]
    return np.sort(np.concatenate(parts)) if len(classes) else np.zeros(0, np.int64)


def complement(total: int, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places out of `total` that were not chosen, ascending."""
    kept = np.ones(total, bool)
    kept[chosen] = False
    return np.flatnonzero(kept)
