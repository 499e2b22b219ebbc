"""t-SNE in a process of its own (van der Maaten and Hinton 2008; Barnes-Hut, van der Maaten 2014), by scikit-learn.

It takes seconds in which the interpreter is not let go, so no thread of the program may do it. The process reads
nothing but arrays, uses one core at a low priority, and ends with the generator that started it.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import re
import signal
import time
from collections.abc import Generator, Sequence
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import Numbers

ITERATIONS: Final = 1_000
"""Steps of gradient descent, the first 250 of them with early exaggeration: scikit-learn's own numbers."""

PERPLEXITY: Final = 30.0
"""About how many neighbours each picture is held close to; a third of the pictures where there are few."""

_WAIT_S: Final = 0.005
"""How long a slice waits for news when nothing else is going on."""

_BUSY_S: Final = 0.001
"""Whoever comes back later than this had other work to do, and is not kept waiting."""

_NICENESS: Final = 10
_START: Final = 1e-4
"""Spread of the first positions along the first axis, as scikit-learn has it."""

Found = Generator[Progress | None, None, tuple[Numbers, ...]]


def arranged(sets: Sequence[Numbers], starts: Sequence[NDArray[np.float64]], titles: Sequence[str], seed: int) -> Found:
    """Points of a plane whose neighbours are neighbours among the features too, as far as that is possible.

    Args:
        sets: float32 [n, width] each, finite, n at least 3.
        starts: float64 [n, 2] each: the points of their principal plane, from which t-SNE sets out.
        titles: Whose features they are, for the progress.
        seed: The same one gives the same points.

    Yields:
        Progress, or None when there is nothing new.

    Returns:
        float32 [n, 2] each.

    Raises:
        StudioError: The process ended before it had answered.

    Thread: engine; the work is done elsewhere. Closing the generator ends the process.
    """
    yield Progress(0.0, "starting t-SNE")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs,), name="t-SNE", daemon=True)
    try:
        process.start()
        theirs.close()
        yield from _heard(ours)  # it is there: what is sent now is read at once
        jobs = []
        for features, start in zip(sets, starts, strict=True):
            jobs.append(_job(features, start))
            yield None
        _send(ours, (seed, jobs))
        points: list[Numbers] = []
        while len(points) < len(sets):
            said = yield from _heard(ours)
            if isinstance(said, int):
                share = (len(points) + said / ITERATIONS) / len(sets)
                yield Progress(share, f"t-SNE of {titles[len(points)]}, step {said:,} of {ITERATIONS:,}")
            else:
                points.append(said)
        return tuple(points)
    finally:
        if process.pid is not None:
            process.kill()
            process.join()
        process.close()
        for end in (ours, theirs):
            end.close()


def perplexity(count: int) -> float:
    """The perplexity for so many pictures."""
    return min(PERPLEXITY, (count - 1) / 3)


def _job(features: Numbers, start: NDArray[np.float64]) -> tuple[Numbers, Numbers]:
    """Both on a scale that float32 holds whatever the network; neighbours do not depend on it."""
    centred = features - features.mean(0, dtype=np.float64)
    scaled = centred / (float(np.sqrt((centred**2).mean())) or 1.0)
    return scaled.astype(np.float32), (start / (float(start[:, 0].std()) or 1.0) * _START).astype(np.float32)


def _heard(connection: Connection) -> Generator[None, None, Any]:
    """The next thing said, waiting for it only while the thread has nothing else to do."""
    wait_s = _WAIT_S
    while not connection.poll(wait_s):
        left = time.perf_counter()
        yield
        wait_s = 0.0 if time.perf_counter() - left > _BUSY_S else _WAIT_S
    try:
        return connection.recv()
    except (EOFError, OSError) as error:
        raise _ended() from error


def _send(connection: Connection, work: object) -> None:
    try:
        connection.send(work)
    except OSError as error:
        raise _ended() from error


def _ended() -> StudioError:
    return StudioError(
        "t-SNE ended before it was done.",
        "Its process was stopped, or there was not enough memory for it.",
        "Ask again, or look at the principal components.",
    )


def work(connection: Connection) -> None:
    """What the process does: says 0, receives a seed and jobs, and sends the steps done and the points of each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the program's to answer; it ends this process
    os.environ["OMP_NUM_THREADS"] = "1"  # read when scikit-learn is imported: the other cores belong to training
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    connection.send(0)
    seed, jobs = connection.recv()
    from sklearn.manifold import TSNE

    for features, start in jobs:
        method = TSNE(
            perplexity=perplexity(len(features)), init=start, max_iter=ITERATIONS, random_state=seed, verbose=2
        )
        with contextlib.redirect_stdout(_Steps(connection)):
            points: NDArray[np.float32] = method.fit_transform(features)
        connection.send(points)


class _Steps(io.TextIOBase):
    """Reads the steps done out of what scikit-learn says, which offers no other way to hear of them.

    Thread: the main one of a process of its own.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def write(self, text: str) -> int:
        """Passes a number of steps on."""
        done = re.match(r"\[t-SNE\] Iteration (\d+):", text)
        if done:
            self._connection.send(int(done[1]))
        return len(text)
