"""What pressing Run shows: the default race, its gap and its time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import Evaluated
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session

SEEDS = 5
LEAST_GAP_POINTS = 10.0
MOST_SECONDS = 20.0


def _one(seed: int) -> tuple[float, float]:
    """Seconds, and test points by which the CNN leads the MLP."""
    started = time.perf_counter()
    config = RaceConfig(seed=seed, weights_seed=seed)
    scores: dict[str, float] = {}
    for event in race(config, Session(), run_id=1):
        if isinstance(event, Evaluated) and event.final:
            scores = {score.network: 100 * score.test.accuracy for score in event.scores}
    return time.perf_counter() - started, scores["lenet5"] - scores["mlp"]


def _measure(options: Options) -> Iterator[Finding]:
    _one(0)
    runs = [_one(seed) for seed in range(1 if options.quick else SEEDS)]
    seconds, gaps = Spread.of([run[0] for run in runs], "s"), Spread.of([run[1] for run in runs], "points")
    yield Finding("default race, wall time", seconds.max, "s", MOST_SECONDS, spread=seconds)
    mean = statistics.fmean(run[1] for run in runs)
    yield Finding("lead of LeNet-5 on the test set, mean", mean, "points", LEAST_GAP_POINTS, False, gaps)


BENCH = BenchInfo("race", 30, "the default race: how long it takes and what it shows", _measure)
