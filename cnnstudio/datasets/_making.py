"""What the built-in sets share: making the two parts slice by slice, with a report after each."""

from __future__ import annotations

from collections.abc import Callable, Generator

from cnnstudio.core.dataset import DatasetInfo, Loaded, Loading, Pictures, Progress, Request
from cnnstudio.core.knobs import Value
from cnnstudio.datasets._streams import Part

Making = Generator[int, None, Pictures]
"""Yields how many pictures were finished since the last time, every 20 ms or so of one core; returns them all."""


def knobs_of(info: DatasetInfo, request: Request) -> dict[str, Value]:
    """Every knob's value: the one asked for, or its default."""
    return {knob.name: knob.default for knob in info.knobs} | dict(request.knobs)


def load_made(
    info: DatasetInfo, request: Request, make: Callable[[int, Part], Making], text: str, rounds: int = 1
) -> Loading:
    """Makes the training and the test set of a request.

    Args:
        info: The set's card, for the sizes when none are asked for.
        request: What is asked for.
        make: Starts making so many pictures of one part.
        text: What is being done, as in "making digits".
        rounds: How often `make` counts each picture.
    """
    train = info.train_size if request.train is None else request.train
    test = info.test_size if request.test is None else request.test
    parts: tuple[tuple[Part, int], ...] = (("train", train), ("test", test))
    work, done, made = max(1, (train + test) * rounds), 0, []
    yield Progress(0.0, text)
    for part, n in parts:
        making = make(n, part)
        while True:
            try:
                done += next(making)
            except StopIteration as end:
                made.append(end.value)
                break
            yield Progress(min(1.0, done / work), text)
    return Loaded(made[0], made[1], info.class_names)
