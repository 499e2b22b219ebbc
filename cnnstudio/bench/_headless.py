"""A race without a window, in a process of its own: `python -m cnnstudio.bench._headless THREADS LAST EPOCHS`.

In the window's own process the race would share torch's pool of threads with the engine's thread, and OpenMP makes
waiting threads yield as soon as there are more of them than cores: both would be slower than either alone.
"""

from __future__ import annotations

import sys
import time

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import StepEnd
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session


def rate(config: RaceConfig, threads: int, channels_last: bool) -> float:
    """Pictures per second from the first batch to the last, with the measurements between them."""
    session = Session(threads=threads, channels_last=channels_last)
    seen: list[tuple[float, int]] = []
    for event in race(config, session, run_id=1):
        if isinstance(event, StepEnd):
            seen.append((time.perf_counter(), event.examples))
    (first_s, first), (last_s, last) = seen[0], seen[-1]
    return (last - first) / (last_s - first_s)


if __name__ == "__main__":
    wanted = RaceConfig(epochs=int(sys.argv[3]))
    rate(wanted.with_(epochs=1), int(sys.argv[1]), sys.argv[2] == "1")  # torch's own first-time work
    sys.stdout.write(f"{rate(wanted, int(sys.argv[1]), sys.argv[2] == '1')}\n")
