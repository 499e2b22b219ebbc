"""Memory with the window open and a race on MNIST, and whether it grows over many runs.

Measured in a process of its own, because a process never gives back all that an earlier case has used.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.core.errors import StudioError

RESIDENT_MB = 700.0
GROWTH_MB = 10.0
"""What counts as no growth: allocators move by a few megabytes from cycle to cycle."""


def _measure(options: Options) -> Iterator[Finding]:
    if options.data_root is None:
        raise StudioError("This case needs MNIST.", remedy="Name its folder with --data-root.")
    command = [sys.executable, "-m", "cnnstudio.bench._memory", str(options.data_root), "5" if options.quick else "50"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise StudioError("The measured process failed.", done.stderr.strip()[-300:])
    found = json.loads(done.stdout)
    resident = Spread.of(found["race_mb"], "MB")
    yield Finding("window open and a race on MNIST, largest", resident.max, "MB", RESIDENT_MB, spread=resident)
    cycles = found["cycles_mb"]
    early, late = cycles[len(cycles) // 5 : 2 * len(cycles) // 5], cycles[-len(cycles) // 5 :]
    growth = Spread.of(late, "MB").median - Spread.of(early, "MB").median
    yield Finding(f"growth over {len(cycles)} cycles", growth, "MB", GROWTH_MB, spread=Spread.of(cycles, "MB"))


BENCH = BenchInfo("memory", 50, "resident memory with the window open and a race on MNIST", _measure)
