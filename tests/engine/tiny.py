"""Small data and small races: what the tests of the engine share."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.events import RunEvent, Tick
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session

CLASSES = tuple("0123456789")


def pictures(n: int, seed: int) -> Pictures:
    """Grey noise; the class is written into a bright block that moves with it, so that there is something to learn."""
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, len(CLASSES), n)
    images = chance.integers(0, 90, (n, 1, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[0, 4:24, 2 * label + 3 : 2 * label + 7] = 255
    return Pictures(images, labels.astype(np.int64))


def prepare(config: RaceConfig, root: Path | None = None, download: bool = True) -> Generator[Progress, None, Prepared]:
    """Stands in for `datasets.prepare`; the same three sets for the same seed."""
    yield Progress(0.5, "making noise")
    return Prepared(
        key=config.dataset,
        info=find("digits").info,
        train=pictures(config.examples, 3 * config.seed),
        validation=pictures(20, 3 * config.seed + 1),
        test=pictures(30, 3 * config.seed + 2),
        class_names=CLASSES,
        shape=(1, 28, 28),
        notes=("made of noise",),
    )


def session(**settings: Any) -> Session:
    """A session on noise; threads and memory format are given, so that nothing is measured."""
    return Session(**{"threads": 1, "channels_last": True, "prepare_data": prepare} | settings)


def config(**changes: Any) -> RaceConfig:
    """A race of two networks and six steps."""
    plain = RaceConfig(dataset="digits", examples=40, batch_size=16, epochs=2, evaluations=2)
    return plain.with_(**changes)


def run(settings: RaceConfig | None = None, of: Session | None = None, **more: Any) -> list[RunEvent]:
    """The events of a race, without ticks."""
    events = race(settings or config(), of or session(), **more)
    return [event for event in events if not isinstance(event, Tick)]


def only(kind: type, events: list[RunEvent]) -> list[Any]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]
