"""Principal components: the plane in which many features vary most (Pearson 1901)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]

_NO_VARIANCE: Final = 1e-20
"""A variance that is so small beside the values' own squares is rounding."""

_RANK: Final = 1e-12
"""An eigenvalue that is so small beside the whole variance is rounding."""

_BLOCK: Final = 4
"""Vectors that are multiplied at once: two more than wanted, so that the second's neighbours hold nothing up."""

_CLOSE: Final = 1e-9
"""What a direction may be off, beside the largest eigenvalue: far less than a pixel shows."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Two directions through the mean of a set of features, and the set seen along them.

    Attributes:
        mean: float64 [width].
        axes: float64 [2, width], orthonormal; zeros where the features do not vary in a second (or any) direction.
        points: float64 [n, 2].
        explained: The share of the whole variance along each axis.
    """

    mean: Floats
    axes: Floats
    points: Floats
    explained: tuple[float, float]

    def place(self, features: NDArray[np.float32]) -> Floats:
        """Where further features [n, width] lie in the plane: float64 [n, 2]."""
        placed: Floats = (features - self.mean) @ self.axes.T
        return placed


def principal_plane(features: NDArray[np.float32]) -> Generator[None, None, Plane]:
    """The two directions of largest variance; each points to where its largest entry is positive.

    Args:
        features: float32 [n, width], finite, n at least 2.

    Yields:
        None, between two slices of about 10 ms for 4 million numbers.
    """
    mean = features.mean(0, dtype=np.float64)
    yield
    squares = float(np.einsum("ij,ij->", features, features, dtype=np.float64))
    yield
    centred = features - mean
    yield
    whole = float(np.einsum("ij,ij->", centred, centred))
    axes = np.zeros((2, len(mean)))
    if whole <= _NO_VARIANCE * squares:
        return Plane(mean, axes, np.zeros((len(features), 2)), (0.0, 0.0))
    found = yield from _directions(centred, whole)
    axes[: len(found)] = found * np.sign(found[np.arange(len(found)), np.abs(found).argmax(1)])[:, None]
    points = centred @ axes.T
    one, two = (points**2).sum(0) / whole
    return Plane(mean, axes, points, (float(one), float(two)))


def _directions(centred: Floats, whole: float) -> Generator[None, None, Floats]:
    """The largest eigenvectors of the smaller of the two matrices of inner products: at most two rows, largest first.

    By torch: numpy's linear algebra has threads of its own, which wait for each other while torch's are at work.
    """
    rows = torch.from_numpy(centred)
    wide = centred.shape[1] > centred.shape[0]
    values, vectors = yield from _largest(rows.T if wide else rows)
    directions = vectors[:, [place for place, value in enumerate(values.tolist()) if value > _RANK * whole]].T
    if wide:
        directions = directions @ rows
        directions = directions / directions.norm(dim=1, keepdim=True)
    found: Floats = directions.numpy()
    return found


def _largest(rows: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """The two largest eigenvalues of `rows.T @ rows`, and their vectors: float64 [2] and [width, 2], or fewer.

    Block Lanczos with full orthogonalisation (Golub and Underwood 1977): the matrix is never made, which for a
    thousand features would take ten times as long as one slice may. The first block is always the same.
    """
    width = rows.shape[1]
    block = torch.from_numpy(np.random.default_rng(0).standard_normal((width, min(_BLOCK, width))))
    basis, images = rows.new_empty((width, 0)), rows.new_empty((width, 0))
    while True:
        for _ in range(2):  # once leaves a trace of rounding
            block = torch.linalg.qr(block - basis @ (basis.T @ block)).Q
        basis = torch.cat([basis, block], 1)
        images = torch.cat([images, rows.T @ (rows @ block)], 1)
        yield
        inner = basis.T @ images
        values, vectors = torch.linalg.eigh((inner + inner.T) / 2)
        values, vectors = values[-2:].flip(0), vectors[:, -2:].flip(1)
        found, left = basis @ vectors, images @ vectors
        left -= found * values
        if basis.shape[1] == width or float(left.norm(dim=0).max()) <= _CLOSE * float(values[0]):
            return values, found
        block = images[:, -_BLOCK:][:, : width - basis.shape[1]]


def steadied(plane: Plane, before: Floats | None) -> Plane:
    """The same plane, turned over or with its axes exchanged so that the points lie most as they lay before.

    The direction of an axis has no meaning of its own, and two axes of nearly the same variance exchange places from
    one moment to the next. They stay principal axes; only the first need not be the one of the larger variance.

    Args:
        plane: Of the present moment.
        before: float64 [n, 2], the same pictures' points at the moment shown before; None leaves the plane as it is.
    """
    if before is None or before.shape != plane.points.shape:
        return plane
    scale = np.linalg.norm(plane.points, axis=0)[:, None] * np.linalg.norm(before, axis=0)
    alike = plane.points.T @ before / np.where(scale > 0, scale, 1)
    size = np.abs(alike)
    order = [1, 0] if size[1, 0] + size[0, 1] > size[0, 0] + size[1, 1] else [0, 1]
    sign = np.where(alike[order, [0, 1]] < 0, -1.0, 1.0)
    one, two = order
    return replace(
        plane,
        axes=plane.axes[order] * sign[:, None],
        points=plane.points[:, order] * sign,
        explained=(plane.explained[one], plane.explained[two]),
    )
