"""Races with and without a window, and how smooth the window is meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time

from PySide6.QtCore import Qt, QTimer

from cnnstudio.bench._sitting import Sitting
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import RunStarted, StepEnd

TICK_MS = 5


class Delays:
    """How much later than due a 5 ms timer fires: what a click would have waited.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Starts watching."""
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
        """Ends it, and gives the delays in ms."""
        self._timer.stop()
        return self.samples_ms


def headless_rate(config: RaceConfig, started: RunStarted) -> float:
    """Pictures per second of the same race with no window, threads and memory format as in the window's run."""
    arguments = (str(started.threads), str(int(started.channels_last)), str(config.epochs))
    command = [sys.executable, "-m", "cnnstudio.bench._headless", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise StudioError("The race without a window failed.", done.stderr.strip()[-300:])
    return float(done.stdout)


def windowed_rate(sitting: Sitting, config: RaceConfig) -> float:
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
