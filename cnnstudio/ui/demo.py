"""A made-up run, by arithmetic and without torch: what panels show when they run alone, in tests and in a pinch."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import (
    Competitor,
    Evaluated,
    Event,
    MomentKept,
    NetworkScore,
    RunEnded,
    RunStarted,
    SetScore,
    StepEnd,
    StepResult,
)
from cnnstudio.core.questions import Verdict, Verdicts
from cnnstudio.ui.studio import Studio

_COMPETITORS = (
    Competitor("mlp", "MLP", "mlp", "784 - 77 - 10", 61_225, 61_138),
    Competitor("lenet5", "LeNet-5", "cnn", "6 - 16 - 120 - 84 - 10", 61_706, 416_520),
)
_ENDS = {"mlp": (0.90, 0.77), "lenet5": (0.95, 0.89)}
_OWN_SECONDS_PER_STEP = {"mlp": 0.001, "lenet5": 0.006}


def started(run_id: int = 1, steps: int = 504) -> RunStarted:
    """The first event of the made-up run."""
    return RunStarted(
        run_id, RaceConfig(), _COMPETITORS, tuple("0123456789"), (1, 28, 28), 4_000, 1_000, 2_000, steps, 63,
        1, False, {"cnnstudio": "demo"}, "2026-01-01T12:00:00+00:00",
    )  # fmt: skip


def _accuracy(network: str, which: int, share: float) -> float:
    return 0.1 + (_ENDS[network][which] - 0.1) * (1 - math.exp(-4.5 * share)) / (1 - math.exp(-4.5))


def _point(run_id: int, step: int, share: float, rng: np.random.Generator) -> StepEnd:
    results = tuple(
        StepResult(
            one.network,
            loss=-math.log(_accuracy(one.network, 0, share)) + abs(rng.normal(0, 0.04)),
            accuracy=min(1.0, max(0.0, _accuracy(one.network, 0, share) + rng.normal(0, 0.03))),
            own_seconds=step * _OWN_SECONDS_PER_STEP[one.network],
        )
        for one in _COMPETITORS
    )
    return StepEnd(run_id, step, step * 64, step / 63, 2e-3, results)


def _score(network: str, step: int, share: float, rng: np.random.Generator) -> NetworkScore:
    right = _accuracy(network, 1, share)
    confusion = rng.multinomial(100, np.where(np.eye(10, dtype=bool), right, (1 - right) / 9))
    train, validation, test = (SetScore(-math.log(a), a) for a in (_accuracy(network, 0, share), right + 0.004, right))
    own_seconds = step * _OWN_SECONDS_PER_STEP[network]
    frozen = confusion.astype(np.int64)
    frozen.setflags(write=False)
    rate = 64 / _OWN_SECONDS_PER_STEP[network]
    return NetworkScore(network, train, validation, test, own_seconds, rate, frozen)


def run_events(run_id: int = 1, steps: int = 504, done: int | None = None, *, end: bool = True) -> Iterator[Event]:
    """The events of the made-up run, up to step `done` (None: all), closed by `RunEnded` where `end`."""
    rng = np.random.default_rng(run_id)
    done = steps if done is None else done
    every = max(1, steps // 24)
    kept: tuple[int, ...] = ()
    yield started(run_id, steps)
    for step in range(done + 1):
        share = step / steps
        if step:
            yield _point(run_id, step, share, rng)
        if step % every == 0 or step in (1, 2, 4, 8) or step == done:
            kept = (*kept, step)
            yield MomentKept(run_id, step, kept)
        if step % every == 0 or step == done:
            scores = tuple(_score(one.network, step, share, rng) for one in _COMPETITORS)
            looks = step // every + 1
            yield Evaluated(run_id, step, step * 64, step / 63, scores, looks, final=step == steps)
    if end:
        yield RunEnded(run_id, "finished", done, done * 0.007)


def verdicts(share: float = 0.9) -> Verdicts:
    """Made-up verdicts on a three."""
    made = []
    for one in _COMPETITORS:
        logits = np.array([0, 2, 1.5, 4 + 4 * share * (one.role == "cnn"), 0, 0.2, 0.4, 0, 1, 0], dtype=np.float64)
        probabilities = np.exp(logits) / np.exp(logits).sum()
        made.append(Verdict(one.network, one.title, one.role, "run", 374, probabilities, logits))
    return Verdicts(tuple(made), tuple("0123456789"))


def three() -> NDArray[np.uint8]:
    """A coarse three, uint8 [1, 28, 28]."""
    rows, columns = np.mgrid[:28, :28]
    upper = np.abs(np.hypot(rows - 9.5, columns - 13) - 4.5) < 1.3
    lower = np.abs(np.hypot(rows - 18.5, columns - 13) - 4.8) < 1.3
    ink = (upper | lower) & ~((columns < 12) & (rows > 7) & (rows < 21))
    return np.asarray(ink * np.uint8(255), dtype=np.uint8)[None]


def fill(studio: Studio, *, done: int | None = 374, end: bool = False) -> None:
    """Plays the made-up run into a study that has no engine."""
    everything = list(run_events(done=done, end=end))
    studio.run_id = 1
    points = tuple(event for event in everything if isinstance(event, StepEnd))
    studio.take(points, tuple(event for event in everything if not isinstance(event, StepEnd)))
    studio.set_picture(three())
    studio.verdicts = verdicts()
    studio.verdicts_changed.emit(studio.verdicts)
