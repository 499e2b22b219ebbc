"""A network that learns, and says on the way how much of a few validation pictures it reads correctly."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Final

from torch import nn

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Progress
from cnnstudio.core.experiment import Partly
from cnnstudio.datasets import Prepared
from cnnstudio.engine.evaluate import logits_of
from cnnstudio.engine.pixels import tensor
from cnnstudio.engine.threads import has_kernels
from cnnstudio.experiments._learn import Learned, learn

PICTURES: Final = 200
"""Measure a share to 3.5 points at worst, in a few milliseconds."""

GAP_S: Final = 0.4
"""So often they are read: it costs little, and decides nothing."""


def learn_partly(prepared: Prepared, config: RaceConfig) -> Generator[Progress | None, None, Learned]:
    """As `_learn.learn`, with the same numbers; some of its progress is a `Partly` with the value "validation".

    Args:
        prepared: Its training pictures are learned, the first of its validation pictures are read now and then.
        config: Names the network and decides everything else.

    Raises:
        StudioError: As `learn`.
    """
    latest: list[nn.Module] = []
    images, labels = tensor(prepared.validation.images[:PICTURES]), prepared.validation.labels[:PICTURES]
    learning = learn(
        config.networks[0],
        prepared.train,
        len(prepared.class_names),
        config,
        each_step=lambda _, module: latest.__setitem__(slice(None), [module]),
    )
    due_s = 0.0
    while True:
        try:
            progress = next(learning)
        except StopIteration as end:
            learned: Learned = end.value
            return learned
        now_s = time.monotonic()
        if progress is None or not latest or not len(labels) or now_s < due_s:
            yield progress
            continue
        due_s = now_s + GAP_S
        guesses = logits_of(latest[0], images, has_kernels(latest[0])).argmax(1).numpy()
        yield Partly(progress.fraction, progress.text, {"validation": float((guesses == labels).mean())})
