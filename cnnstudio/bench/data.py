"""How long the built-in sets take to make."""

from __future__ import annotations

import time
from collections.abc import Iterator

from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.core.dataset import Request
from cnnstudio.datasets import all_datasets

SIZES = ((12_000, 2_000, 2.0), (60_000, 0, 6.0))
"""Training pictures, test pictures and the seconds they may take together on two cores (digits)."""


def _seconds(dataset_id: str, train: int, test: int) -> float:
    info = all_datasets()[dataset_id]
    request = Request(train=train, test=test, knobs={knob.name: knob.default for knob in info.knobs})
    started = time.perf_counter()
    for _ in info.load(request):
        pass
    return time.perf_counter() - started


def _measure(options: Options) -> Iterator[Finding]:
    import torch

    torch.set_num_threads(min(2, torch.get_num_threads()))
    _seconds("digits", 100, 0)  # the first call reads the strokes and imports
    for info in all_datasets().values():
        if not info.generated:
            continue
        sizes = SIZES if info.id == "digits" else ((info.train_size, info.test_size, None),)
        for train, test, target in sizes:
            times = [_seconds(info.id, train, test) for _ in range(options.runs)]
            spread = Spread.of(times, "s")
            yield Finding(f"{info.id}, {train:,} + {test:,} pictures", spread.median, "s", target, spread=spread)


BENCH = BenchInfo("data", 60, "time to make the built-in sets", _measure)
