"""Why a worker process ended by itself: what its exit status says, and what it does not."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_VMSTAT: Final = Path("/proc/vmstat")

_CRASHES: Final = ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGTRAP", "SIGSYS")
"""Signals that a process brings upon itself by a fault in compiled code."""

_WINDOWS: Final = {0xC0000005: "access violation", 0xC0000409: "abort", 0xC00000FD: "stack overflow"}
"""Statuses of a process that crashed on Windows (NTSTATUS)."""

_WINDOWS_ILLEGAL: Final = 0xC000001D
_WINDOWS_NO_MEMORY: Final = (0xC0000017, 0xC000012D)

_SMALLER: Final = "Use fewer workers or a smaller set-up, and start again: what is measured is kept."
_AGAIN: Final = "Start again: what is measured is kept."


@dataclass(frozen=True, slots=True)
class Why:
    """Why a worker ended.

    Attributes:
        cause: As far as it is known, one sentence.
        remedy: What to try, one sentence.
        details: The worker's own last words, for whoever reports a bug; or "".
    """

    cause: str
    remedy: str
    details: str = ""


UNKNOWN: Final = Why(
    "Why is not known.",
    f"See whether memory ran out or a message stands in the terminal where the workers run. {_SMALLER}",
)
"""Nobody knows which process ended, or how."""

GIVEN_UP_BY_DASK: Final = Why(
    "Dask does not say why; often memory ran out, or somebody ended the worker.",
    "Read the log of the cluster's workers; a smaller set-up takes less memory. What is measured is kept.",
)

NOT_STARTED: Final = "No worker process could begin its work."


def why_ended(status: int | None, memory_ran_out: bool | None = None, last_words: str = "") -> Why:
    """Puts the end of a worker into words.

    Args:
        status: As `Process.exitcode` has it: below zero the number of the signal that ended it; None for unknown.
        memory_ran_out: Whether the system ended a process meanwhile because memory ran out; None where it cannot tell.
        last_words: The error of Python that ended it, or "".
    """
    if last_words:
        return _of_python(last_words)
    if status is None:
        return UNKNOWN
    if status < 0:
        return _of_signal(-status, memory_ran_out)
    if status in _WINDOWS_NO_MEMORY:
        return Why("Memory ran out.", _SMALLER)
    if status in _WINDOWS:
        return _crash(_WINDOWS[status])
    if status == _WINDOWS_ILLEGAL:
        return _illegal("illegal instruction")
    if status == 1:
        return Why(
            "It ended with status 1: Python could not begin or go on, and wrote why on standard error.",
            f"Often the program was moved, updated or installed elsewhere meanwhile. {_AGAIN}",
        )
    return Why(f"It ended by itself with status {status}; why is not known.", _AGAIN)


def _of_python(last_words: str) -> Why:
    line = last_words.strip().splitlines()[-1]
    missing = line.startswith(("ImportError", "ModuleNotFoundError", "AttributeError"))
    return Why(
        f"Python ended it: {line if line.endswith('.') else line + '.'}",
        f"It does not find the same program and libraries; install them anew. {_AGAIN}" if missing else _SMALLER,
        last_words,
    )


def _of_signal(number: int, memory_ran_out: bool | None) -> Why:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = ""
    if name == "SIGKILL":
        return _killed(memory_ran_out)
    if name == "SIGILL":
        return _illegal(name)
    if name in _CRASHES:
        return _crash(f"signal {number}, {name}")
    if name == "SIGXCPU":
        return Why("The system's limit of processor time was used up (SIGXCPU).", "Raise it: ulimit -t unlimited.")
    said = f"signal {number}, {name}" if name else f"signal {number}"
    return Why(f"Somebody or another program ended it ({said}).", _AGAIN)


def _killed(memory_ran_out: bool | None) -> Why:
    if memory_ran_out:
        return Why("The system killed it, most probably, because memory ran out (signal 9).", _SMALLER)
    if memory_ran_out is None:
        return Why("It was killed (signal 9): by the system because memory ran out, or by somebody.", _SMALLER)
    return Why(
        "It was killed (signal 9) by somebody or another program; the system itself ended nothing for want of memory.",
        f"A guard of memory or a limit of a batch system does that as well. {_SMALLER}",
    )


def _crash(how: str) -> Why:
    return Why(
        f"It crashed in compiled code, most often PyTorch ({how}).",
        f"If it happens again, install PyTorch anew or choose other settings. {_AGAIN}",
    )


def _illegal(how: str) -> Why:
    return Why(
        f"It met an instruction that this processor does not have ({how}).",
        "PyTorch or NumPy was built for a newer one: install a build for this processor.",
    )


def processes_killed_for_memory() -> int | None:
    """How many processes the system has ended since it started because memory ran out; None where it does not tell."""
    if sys.platform != "linux":
        return None
    try:
        lines = _VMSTAT.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    counts = dict(line.split(maxsplit=1) for line in lines if " " in line)
    count = counts.get("oom_kill", "")
    return int(count) if count.isdigit() else None
