"""The process that the memory case watches: `python -m cnnstudio.bench._memory ROOT CYCLES` prints JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from PySide6.QtCore import QTimer

from cnnstudio.bench._sitting import Sitting
from cnnstudio.core.config import RaceConfig
from cnnstudio.datasets import all_datasets

SAMPLE_MS = 50
CYCLE = RaceConfig(dataset="digits", examples=256, epochs=50)


def resident_mb() -> float:
    """Resident memory of this process, in MB of 2**20 bytes."""
    statm = Path("/proc/self/statm")
    if statm.is_file():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _race(sitting: Sitting) -> list[float]:
    samples: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: samples.append(resident_mb()))
    timer.start(SAMPLE_MS)
    preset = dict(all_datasets()["mnist"].race)
    sitting.run(RaceConfig(dataset="mnist").with_(**preset | {"networks": ("mlp", "lenet5")}))
    sitting.finish()
    timer.stop()
    return samples


def _cycles(sitting: Sitting, count: int) -> list[float]:
    samples = []
    for cycle in range(count):
        sitting.run(CYCLE.with_(weights_seed=cycle))
        sitting.until(lambda: sitting.points > 0, "a batch was learned")
        if sitting.ended is None:
            sitting.stop()
        samples.append(resident_mb())
    return samples


def main(root: Path, cycles: int) -> None:
    """Measures both and prints them."""
    with Sitting(root) as sitting:
        found = {"race_mb": _race(sitting), "cycles_mb": _cycles(sitting, cycles)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
