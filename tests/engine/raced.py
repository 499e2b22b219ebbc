"""A short race over easy made-up pictures, and sessions to run it in."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine.session import Session

NETWORKS = ("mlp", "lenet5")
CONFIG = RaceConfig("digits", NETWORKS, examples=96, batch_size=32, epochs=2, evaluations=2, learning_rate=5e-3)


def pictures(count: int, seed: int) -> Pictures:
    """Noise with a bright column whose place is the class: easy to learn."""
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 10, count)
    images = chance.integers(0, 60, (count, 1, 28, 28)).astype(np.uint8)
    images[np.arange(count), 0, :, 3 + 2 * labels] = 255
    return Pictures(images, labels.astype(np.int64))


def prepared(config: RaceConfig, root: Path | None, download: bool) -> Generator[Progress, None, Prepared]:
    """A data set's stand-in: no generator of digits, no file."""
    yield Progress(0.5, "making pictures")
    info = find(config.dataset).info
    train, validation, test = (pictures(count, config.seed + place) for place, count in enumerate((96, 32, 60)))
    return Prepared(config.dataset, info, train, validation, test, info.class_names, (1, 28, 28))


def new_session() -> Session:
    return Session(threads=1, channels_last=False, device=torch.device("cpu"), prepare_data=prepared)


PICTURE = pictures(1, 77).images[0]
