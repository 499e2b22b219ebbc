"""Random numbers of the built-in sets: one independent stream for each purpose.

A set made from a seed must not change when another ingredient is switched on, and the test pictures must not depend
on how many training pictures there are. So each purpose of each part draws from a stream of its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import numpy as np

from cnnstudio.core.dataset import Labels

if TYPE_CHECKING:
    import torch

Part = Literal["train", "test"]


def _sequence(seed: int, part: Part, purpose: str) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, zlib.crc32(part.encode()), zlib.crc32(purpose.encode())])


def numpy_stream(seed: int, part: Part, purpose: str) -> np.random.Generator:
    """A NumPy generator of its own for one purpose, as in ("train", "places")."""
    return np.random.Generator(np.random.PCG64(_sequence(seed, part, purpose)))


def torch_stream(seed: int, part: Part, purpose: str) -> torch.Generator:
    """A torch generator of its own for one purpose."""
    import torch

    state = int(_sequence(seed, part, purpose).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(state >> 1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Lets torch use one thread inside, and as many as before afterwards.

    Slices are small: a second thread gains a third where a core is idle, and on a busy machine the two wait for each
    other, which was seen to take a hundred times as long.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def balanced_labels(n: int, classes: int, rng: np.random.Generator) -> Labels:
    """Labels int64 [n] in random order; no class is more than one ahead of another."""
    return rng.permutation(np.arange(n, dtype=np.int64) % classes)
