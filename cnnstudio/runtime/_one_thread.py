"""How a worker process begins. Imports nothing heavy: libraries read their number of threads when they are loaded."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Barrier, Lock
from typing import Any, Final

_LIBRARIES: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")

_NICER: Final = 10
"""How much lower the priority of a worker is than that of the window: it has what others leave."""

_BELOW_NORMAL: Final = 0x4000
"""BELOW_NORMAL_PRIORITY_CLASS of the Windows API."""

_PATIENCE_S: Final = 1.0
"""How long a piece of progress may wait for its turn; the next one comes soon."""

_BARRIER_S: Final = 300.0


class _Lines:
    """What leads back to the process that started this one; nothing elsewhere."""

    out: Connection | None = None
    turn: Lock | None = None
    ready: Barrier | None = None
    alone = False


def begin(out: Connection, turn: Lock, ready: Barrier) -> None:
    """Prepares a worker process: one thread, low priority, and an end together with the process that started it.

    Args:
        out: Where progress goes.
        turn: One worker writes at a time.
        ready: Where workers wait for each other in `meet`.
    """
    for name in _LIBRARIES:
        os.environ[name] = "1"
    _Lines.out, _Lines.turn, _Lines.ready = out, turn, ready
    claim()
    # Ctrl-C reaches every process of a terminal; the one that started this one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _lower_priority()
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def claim() -> None:
    """Says that this process is a worker, which has torch to itself."""
    _Lines.alone = True


def alone() -> bool:
    """Whether this is a worker process, which has torch to itself."""
    return _Lines.alone


def tell(message: Any) -> None:
    """Sends a message to the process that started this one; it is dropped where there is none, or no turn."""
    if _Lines.out is None or _Lines.turn is None or not _Lines.turn.acquire(timeout=_PATIENCE_S):
        return
    try:
        _Lines.out.send(message)
    except OSError:
        _Lines.out = None  # whoever listened has gone
    finally:
        _Lines.turn.release()


def meet() -> None:
    """Waits until every worker is here.

    Raises:
        threading.BrokenBarrierError: One of them never came.
    """
    if _Lines.ready is not None:
        _Lines.ready.wait(_BARRIER_S)


def _lower_priority() -> None:
    try:
        if sys.platform == "win32":
            ctypes.windll.kernel32.SetPriorityClass(ctypes.windll.kernel32.GetCurrentProcess(), _BELOW_NORMAL)
        else:
            os.nice(_NICER)
    except OSError:
        return  # a system that does not allow it; the work is the same


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
