"""Whether the window stays smooth during a race, and what it costs the race."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer

from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.bench._sitting import Sitting
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import RunStarted, StepEnd

TICK_MS = 5
EPOCHS = 24
"""Three times the default, for a steadier figure."""
P99_MS = 25.0
MOST_MS = 100.0
LEAST_SHARE_PERCENT = 90.0


class _Delays:
    """How much later than due a 5 ms timer fires: what a click would have waited.

    Thread: GUI.
    """

    def __init__(self) -> None:
        self.samples_ms: list[float] = []
        self._last_s = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._note)
        self._timer.start(TICK_MS)

    def _note(self) -> None:
        now_s = time.perf_counter()
        self.samples_ms.append(max(0.0, 1_000 * (now_s - self._last_s) - TICK_MS))
        self._last_s = now_s

    def stop(self) -> list[float]:
        self._timer.stop()
        return self.samples_ms


def _headless(config: RaceConfig, started: RunStarted) -> float:
    """Pictures per second of the same race with no window, threads and memory format as in the window's run."""
    arguments = (str(started.threads), str(int(started.channels_last)), str(config.epochs))
    command = [sys.executable, "-m", "cnnstudio.bench._headless", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise StudioError("The race without a window failed.", done.stderr.strip()[-300:])
    return float(done.stdout)


def _windowed(sitting: Sitting, config: RaceConfig) -> float:
    """Pictures per second from the first batch that the window hears of to the last."""
    seen: list[tuple[float, int]] = []

    def note(points: tuple[StepEnd, ...]) -> None:
        seen.append((time.perf_counter(), points[-1].examples))

    sitting.program.studio.points_arrived.connect(note)
    sitting.run(config)
    sitting.finish()
    sitting.program.studio.points_arrived.disconnect(note)
    (first_s, first), (last_s, last) = seen[0], seen[-1]
    return (last - first) / (last_s - first_s)


def _delays(sitting: Sitting, config: RaceConfig) -> list[float]:
    """Delays of the event loop during a race, in ms; a run of its own, as a timer of 5 ms holds up a race."""
    sitting.settle()  # the window stood still while the race without a window was measured
    sitting.run(config)
    delays = _Delays()
    sitting.finish()
    return delays.stop()


def _measure(options: Options) -> Iterator[Finding]:
    config = RaceConfig(epochs=2 if options.quick else EPOCHS)
    windowed, headless, delays = [], [], []
    with Sitting(options.data_root) as sitting:
        _windowed(sitting, config.with_(epochs=1))
        for _ in range(1 if options.quick else options.runs):
            delays += _delays(sitting, config.with_(epochs=max(1, config.epochs // 3)))
            windowed.append(_windowed(sitting, config))
            if sitting.started is not None:
                headless.append(_headless(config, sitting.started))
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
