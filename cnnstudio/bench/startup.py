"""How soon the window is painted, and how soon the engine is ready.

Both are read from a real start of the program in its own process: the program writes the monotonic time of
its first paint and of the engine's readiness into the file named by CNNSTUDIO_STARTUP_FILE.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.core.errors import StudioError

BARE = "import torch; p = torch.nn.Parameter(torch.zeros(1)); torch.optim.AdamW([p])"
PAINTED_S = 1.0
READY_RATIO = 1.3


def _start(home: Path) -> tuple[float, float]:
    """Seconds from process start to the first paint and to the engine's readiness."""
    record = home / "startup.json"
    environment = os.environ | {"CNNSTUDIO_STARTUP_FILE": str(record), "CNNSTUDIO_HOME": str(home)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "cnnstudio", "--quit-when-ready"], env=environment, capture_output=True, text=True
    )
    if done.returncode or not record.is_file():
        raise StudioError("The program did not start.", done.stderr.strip()[-300:])
    times = json.loads(record.read_text(encoding="utf-8"))
    if times["torch_at_paint"]:
        raise StudioError("torch was imported before the first paint.")
    return times["painted"] - started, times["ready"] - started


def _bare() -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", BARE], check=True)
    return time.monotonic() - started


def _measure(options: Options) -> Iterator[Finding]:
    painted, ready, bare = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        _start(Path(folder))  # the first start warms the disk
        _bare()
        for _ in range(max(options.runs, 5)):
            first, second = _start(Path(folder))
            painted.append(first)
            ready.append(second)
            bare.append(_bare())
    yield Finding("window painted", Spread.of(painted, "s").median, "s", PAINTED_S, spread=Spread.of(painted, "s"))
    yield Finding("engine ready", Spread.of(ready, "s").median, "s", spread=Spread.of(ready, "s"))
    yield Finding("bare import of torch and one AdamW", Spread.of(bare, "s").median, "s", spread=Spread.of(bare, "s"))
    ratio = Spread.of(ready, "s").median / Spread.of(bare, "s").median
    yield Finding("engine ready against bare import", ratio, "times", READY_RATIO)


BENCH = BenchInfo("startup", 10, "time from process start to a painted window and a ready engine", _measure)
