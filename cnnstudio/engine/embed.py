"""Pictures as a network's last hidden layer holds them: their features, and which of them lie near each other."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cnnstudio.core import limits
from cnnstudio.core.dataset import Images, Labels, Progress
from cnnstudio.core.inside import PICTURE, Numbers
from cnnstudio.core.layer_kinds import Conv, ConvTranspose, DepthwiseConv, Linear, LocallyConnected, PatchEmbedding
from cnnstudio.core.layer_points import Dropout, Flatten, StochasticDepth
from cnnstudio.core.layers import Sizes
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import shape_of, sources, steps_by_name
from cnnstudio.engine.evaluate import slice_pictures
from cnnstudio.engine.probe import probe

if TYPE_CHECKING:
    from cnnstudio.engine.session import Reader  # which keeps the features made here

Index = NDArray[np.int64]

_DECIDING: Final = (Linear, Conv, ConvTranspose, DepthwiseConv, LocallyConnected, PatchEmbedding)
"""Layers one of which turns the last hidden layer into classes; norms and scales change nothing but each number."""

_AS_IT_IS: Final = (Flatten, Dropout, StochasticDepth)
"""Layers that pass on the numbers they read when the network is not training."""

_SHARES: Final = 4
"""Features of two networks for two questions fit beside each other."""

_NUMBERS: Final = 500_000
"""Features that are subtracted and squared in one slice: about 5 ms."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The last hidden layer of a network.

    Attributes:
        layer: Its name as in `NetworkSpec.rows()`, or `PICTURE` where nothing stands between picture and classes.
        width: Numbers that it makes of one picture.
        pooled: Whether those are the means of its maps: a convolution decides, which asks every place the same.
    """

    layer: str
    width: int
    pooled: bool


@dataclass(frozen=True, slots=True)
class Features:
    """Pictures in a network's last hidden layer.

    Attributes:
        values: float32 [n, width], read-only.
        guesses: int64 [n], the class with the highest logit, read-only.
    """

    values: Numbers
    guesses: Labels

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        return self.values.nbytes + self.guesses.nbytes


def last_hidden(spec: NetworkSpec) -> Hidden:
    """What the last layer reads that decides on classes: after its activation, before dropout and flattening.

    Where that layer is a convolution (a network without dense layers), the maps' means stand for them.
    """
    steps, read = steps_by_name(spec), sources(spec)
    deciding = next(step for step in reversed(list(steps.values())) if isinstance(step.layer, _DECIDING))
    layer = read[deciding.name][0]
    while layer != PICTURE and isinstance(steps[layer].layer, _AS_IT_IS):
        layer = read[layer][0]
    pooled = not isinstance(deciding.layer, Linear) and len(shape_of(spec, layer)) == 3
    return Hidden(layer, _width(shape_of(spec, layer), pooled), pooled)


def _width(shape: Sizes, pooled: bool) -> int:
    return shape[0] if pooled else int(np.prod(shape))


def evenly(count: int, most: int) -> Index:
    """Places of at most `most` of so many pictures, spread evenly, ascending: a set may be in the order of its classes.

    Returns:
        int64 [n].
    """
    return np.unique(np.linspace(0, max(0, count - 1), max(0, min(count, most))).round().astype(np.int64))


def fitting(hidden: Hidden, most: int) -> int:
    """How many pictures' features may be held at once, `most` at the most."""
    return min(most, max(1, limits.FEATURES_BYTES // (4 * hidden.width * _SHARES)))


def read_features(reader: Reader, images: Images, index: Index) -> Generator[Progress, None, Features]:
    """Reads pictures up to the last hidden layer, and on to the verdict, in slices.

    Args:
        reader: The network, held steady (`session.steady`).
        images: uint8 [n, c, h, w].
        index: int64 [m], which of them.

    Yields:
        How far it is, between two slices.

    Thread: engine.
    """
    spec, hidden = reader.spec, last_hidden(reader.spec)
    last = spec.steps()[-1].name
    values = np.empty((len(index), hidden.width), np.float32)
    guesses = np.empty(len(index), np.int64)
    size = slice_pictures(spec.macs, limits.QUESTION_PICTURES)
    for start in range(0, len(index), size):
        if start:
            yield Progress(start / len(index), f"{spec.title}: read {start:,} of {len(index):,} pictures")
        given = reader.given(images[index[start : start + size]])
        with probe(reader.module, spec, {hidden.layer, last}) as read:  # others may use the module between slices
            found = read(given)
        values[start : start + size] = _flat(found[hidden.layer], hidden.pooled).cpu().numpy()
        guesses[start : start + size] = found[last].argmax(1).cpu().numpy()
    for array in (values, guesses):
        array.setflags(write=False)
    return Features(values, guesses)


def _flat(values: Tensor, pooled: bool) -> Tensor:
    return values.mean((2, 3)) if pooled else values.flatten(1)


def nearest(values: Numbers, here: Numbers, most: int) -> Generator[None, None, tuple[Index, Numbers]]:
    """The rows nearest to a point, in Euclidean distance; of equal ones the first come first.

    Args:
        values: float32 [n, width].
        here: float32 [width].
        most: No more than this.

    Yields:
        None, between two slices.

    Returns:
        int64 [k] and float32 [k], nearest first.
    """
    distances, size = np.empty(len(values)), max(1, _NUMBERS // max(1, values.shape[1]))
    for start in range(0, len(values), size):
        if start:
            yield
        apart = values[start : start + size].astype(np.float64) - here
        distances[start : start + size] = np.linalg.norm(apart, axis=1)
    order = np.argsort(distances, kind="stable")[: max(0, most)].astype(np.int64)
    return order, np.minimum(distances[order], np.finfo(np.float32).max).astype(np.float32)
