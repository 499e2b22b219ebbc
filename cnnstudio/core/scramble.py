"""One fixed permutation of the pixels: all of them, or whole blocks whose inside stays as it is.

With blocks of k x k pixels, neighbours stay neighbours within a block and nowhere else: k = 1 leaves no
neighbourhood at all, and a block as large as the picture leaves everything where it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images
from cnnstudio.core.errors import StudioError

_STREAM = 5_000_011
"""Added to the seed, so that no other chance of the same seed draws the same numbers."""


def permutation(height: int, width: int, block: int, seed: int) -> NDArray[np.int64]:
    """Where every pixel of a scrambled picture comes from.

    The blocks form one cycle, so that none stays where it was (S. Sattolo, "An algorithm to generate a random cyclic
    permutation", Information Processing Letters 22, 1986).

    Args:
        height: Rows of the picture.
        width: Columns of the picture.
        block: Rows and columns of a block.
        seed: Decides the permutation.

    Returns:
        int64 [height * width], read-only: pixel i of the scrambled picture, row by row, is pixel index[i] of the
        original.

    Raises:
        StudioError: The picture cannot be cut into such blocks.
    """
    if block < 1 or height < 1 or width < 1 or height % block or width % block:
        raise StudioError(
            f"A picture of {height} x {width} pixels cannot be cut into blocks of {block} x {block}.",
            remedy="Give a number that divides both sides.",
        )
    down, across = height // block, width // block
    order = _one_cycle(down * across, np.random.default_rng(_STREAM + seed))
    pixels = np.arange(height * width, dtype=np.int64).reshape(down, block, across, block)
    blocks = pixels.transpose(0, 2, 1, 3).reshape(down * across, block, block)[order]
    index = blocks.reshape(down, across, block, block).transpose(0, 2, 1, 3).reshape(-1)
    index.setflags(write=False)
    return index


def _one_cycle(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    order = np.arange(count, dtype=np.int64)
    for last in range(count - 1, 0, -1):
        other = int(rng.integers(last))
        order[[last, other]] = order[[other, last]]
    return order


def scramble(images: Images, index: NDArray[np.int64]) -> Images:
    """Pictures [n, channels, height, width] (or one, [channels, height, width]) with their pixels moved alike.

    Raises:
        StudioError: The permutation is one of pictures of another size.
    """
    if images.shape[-1] * images.shape[-2] != len(index):
        raise StudioError(
            f"A permutation of {len(index):,} pixels does not fit {images.shape[-2]} x {images.shape[-1]}."
        )
    flat = images.reshape(*images.shape[:-2], -1)
    return np.ascontiguousarray(flat[..., index].reshape(images.shape))


def landing(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where every pixel of the original goes, int64 [height * width]: the permutation the other way round."""
    place = np.empty_like(index)
    place[index] = np.arange(len(index))
    return place


def neighbourhood(index: NDArray[np.int64], height: int, width: int) -> tuple[float, float]:
    """What a permutation leaves of the neighbourhoods.

    Args:
        index: As `permutation` gives it.
        height: Rows of the picture.
        width: Columns of the picture.

    Returns:
        The share of pairs side by side, or one above the other, that still are 1 px apart; and their mean distance in
        px. (1, 1) for a single pixel, which has no neighbour.
    """
    pixels = np.arange(height * width).reshape(height, width)
    one = np.concatenate([pixels[:, :-1].ravel(), pixels[:-1].ravel()])
    other = np.concatenate([pixels[:, 1:].ravel(), pixels[1:].ravel()])
    if not len(one):
        return 1.0, 1.0
    rows, columns = np.divmod(landing(index), width)
    squares = (rows[one] - rows[other]) ** 2 + (columns[one] - columns[other]) ** 2
    return float((squares == 1).mean()), float(np.sqrt(squares).mean())
