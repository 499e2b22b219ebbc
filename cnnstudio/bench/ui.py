"""Whether the window stays smooth during a race, and what it costs the race."""

from __future__ import annotations

from collections.abc import Iterator

from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.bench._races import Delays, headless_rate, windowed_rate
from cnnstudio.bench._sitting import Sitting
from cnnstudio.core.config import RaceConfig

EPOCHS = 24
"""Three times the default, for a steadier figure."""
P99_MS = 25.0
MOST_MS = 100.0
LEAST_SHARE_PERCENT = 90.0


def _delays(sitting: Sitting, config: RaceConfig) -> list[float]:
    """Delays of the event loop during a race, in ms; a run of its own, as a timer of 5 ms holds up a race."""
    sitting.settle()  # the window stood still while the race without a window was measured
    sitting.run(config)
    delays = Delays()
    sitting.finish()
    return delays.stop()


def _measure(options: Options) -> Iterator[Finding]:
    config = RaceConfig(epochs=2 if options.quick else EPOCHS)
    windowed, headless, delays = [], [], []
    with Sitting(options.data_root) as sitting:
        windowed_rate(sitting, config.with_(epochs=1))
        for _ in range(1 if options.quick else options.runs):
            delays += _delays(sitting, config.with_(epochs=max(1, config.epochs // 3)))
            windowed.append(windowed_rate(sitting, config))
            if sitting.started is not None:
                headless.append(headless_rate(config, sitting.started))
    spread = Spread.of(delays, "ms")
    yield Finding("event-loop delay during a race, p99", spread.p99, "ms", P99_MS, spread=spread)
    yield Finding("event-loop delay during a race, largest", spread.max, "ms", MOST_MS)
    yield Finding(
        "race with no window", Spread.of(headless, "").median, "pictures/s", spread=Spread.of(headless, "pictures/s")
    )
    share = 100 * Spread.of(windowed, "").median / Spread.of(headless, "").median
    rates = Spread.of(windowed, "pictures/s")
    yield Finding("speed with the window open", share, "%", LEAST_SHARE_PERCENT, at_most=False, spread=rates)


BENCH = BenchInfo("ui", 25, "smoothness of the window during a race, and the race's speed beside it", _measure)
