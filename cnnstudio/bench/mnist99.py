"""How long LeNet-5 takes to 99 % on MNIST, beside PyTorch's published example.

The schedule is fixed beforehand (the `race` preset of the data set `mnist`); nothing stops early and the test set is
looked at once, at the end. The clock runs from a process that has torch imported, before the files are read, to the
final accuracy over the whole test set.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from cnnstudio.bench import _mnist_example
from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Evaluated, RunEnded
from cnnstudio.datasets import all_datasets
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session

SEEDS = 5
MOST_SECONDS = 7.0
LEAST_ACCURACY_PERCENT = 99.0
TIMES_FASTER = 30.0
EXAMPLE_EPOCHS = 14
"""As many as the published example trains."""


def recipe(seed: int) -> RaceConfig:
    """The program's default on MNIST, for LeNet-5 alone and measured only at the end."""
    preset = dict(all_datasets()["mnist"].race)
    return RaceConfig(dataset="mnist").with_(
        **preset | {"networks": ("lenet5",), "seed": seed, "weights_seed": seed, "evaluations": 1}
    )


def _one(config: RaceConfig, root: Path | None) -> tuple[float, float]:
    """Seconds and final test accuracy in percent."""
    started = time.perf_counter()
    accuracy = float("nan")
    for event in race(config, Session(data_root=root), run_id=1):
        if isinstance(event, Evaluated) and event.final:
            accuracy = 100 * event.scores[0].test.accuracy
        if isinstance(event, RunEnded) and event.report is not None:
            raise StudioError(event.report.what, event.report.cause, event.report.remedy)
    return time.perf_counter() - started, accuracy


def _example(root: Path, options: Options) -> float:
    """Seconds of the published example to the end of its first epoch at 99.0 %."""
    for epoch, (seconds, accuracy) in enumerate(_mnist_example.epochs(root, seed=1), start=1):
        if 100 * accuracy >= LEAST_ACCURACY_PERCENT or epoch == EXAMPLE_EPOCHS or options.quick:
            return seconds
    raise StudioError("The published example ended without an epoch.")


def _measure(options: Options) -> Iterator[Finding]:
    if options.data_root is None:
        raise StudioError("This case needs MNIST.", remedy="Name its folder with --data-root.")
    _one(recipe(0).with_(dataset="digits", examples=1_000), options.data_root)  # torch's own first-time work
    runs = [_one(recipe(seed), options.data_root) for seed in range(1 if options.quick else SEEDS)]
    seconds = Spread.of([run[0] for run in runs], "s")
    accuracy = Spread.of([run[1] for run in runs], "%")
    yield Finding("LeNet-5 on MNIST, wall time", seconds.median, "s", MOST_SECONDS, spread=seconds)
    mean = statistics.fmean(run[1] for run in runs)
    yield Finding("mean test accuracy", mean, "%", LEAST_ACCURACY_PERCENT, at_most=False, spread=accuracy)
    example_s = _example(options.data_root, options)
    yield Finding("published example to 99.0 %", example_s, "s")
    yield Finding("times faster", example_s / seconds.median, "times", TIMES_FASTER, at_most=False)


BENCH = BenchInfo("mnist99", 40, "LeNet-5 to 99 % on MNIST, against PyTorch's example", _measure)
