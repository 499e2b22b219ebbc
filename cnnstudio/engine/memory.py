"""Whether a race fits into memory, decided by arithmetic before anything is allocated."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the sum: what for, and how many bytes."""

    what: str
    size_bytes: int


class _WindowsMemory(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *(
            (name, ctypes.c_uint64)
            for name in ("total", "free", "page", "free_page", "virtual", "free_virtual", "extended")
        ),
    )


def _linux_bytes() -> int | None:
    found = []
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            found.append(int(line.split()[1]) * 1024)
    # A container may have less than its machine.
    most, used = _CGROUP / "memory.max", _CGROUP / "memory.current"
    if most.is_file() and used.is_file() and (limit := most.read_text(encoding="ascii").strip()).isdigit():
        found.append(int(limit) - int(used.read_text(encoding="ascii")))
    return min(found, default=None)


def available_bytes(device: torch.device | None = None) -> int | None:
    """Memory that a race may take now, in bytes; None where the system does not tell.

    On a graphics card it is the card's. macOS tells only how much there is in all; half of it is taken as free.
    """
    if device is not None and device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        if sys.platform == "win32":
            status = _WindowsMemory(length=ctypes.sizeof(_WindowsMemory))
            told = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
            return int(status.free) if told else None
        if sys.platform == "linux":
            return _linux_bytes()
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (OSError, ValueError, AttributeError):
        return None


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:,.1f} GB" if size_bytes >= 2**29 else f"{size_bytes / 2**20:,.0f} MB"


def refuse_if_too_large(needs: Iterable[Need], device: torch.device | None = None) -> None:
    """Checks a race's size before anything of it is allocated.

    Raises:
        StudioError: It does not fit; the report holds the sum.
    """
    needs = tuple(needs)
    total = sum(need.size_bytes for need in needs)
    available = available_bytes(device)
    if available is None or total + limits.MEMORY_RESERVE_BYTES <= available:
        return
    addends = " + ".join(f"{need.what} {_gib(need.size_bytes)}" for need in needs)
    raise StudioError(
        f"This race needs {_gib(total)} of memory, and {_gib(max(0, available))} are free.",
        f"The sum: {addends}; another {_gib(limits.MEMORY_RESERVE_BYTES)} stay free for the window and other programs.",
        "Choose a smaller network, a smaller batch or fewer examples.",
    )
