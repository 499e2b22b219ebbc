"""How much memory this computer has left, told by the system; no torch."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError

_CGROUP: Final = Path("/sys/fs/cgroup")


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
        found.append(int(limit) - int(used.read_text(encoding="ascii")) + _file_cache_bytes())
    return min(found, default=None)


def _file_cache_bytes() -> int:
    """What a container holds of files that nobody uses now; it counts as used, and goes as soon as it is needed."""
    statistics = _CGROUP / "memory.stat"
    if not statistics.is_file():
        return 0
    for line in statistics.read_text(encoding="ascii").splitlines():
        if line.startswith("inactive_file "):
            return int(line.split()[1])
    return 0


def free_bytes() -> int | None:
    """Memory that programs may take now, in bytes; None where the system does not tell.

    macOS tells only how much there is in all; half of it is taken as free.
    """
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


def refuse_if_too_little() -> None:
    """Checks before torch is loaded that a race could run at all.

    Raises:
        StudioError: There is less than `limits.MEMORY_FLOOR_BYTES`.
    """
    free = free_bytes()
    if free is not None and free < limits.MEMORY_FLOOR_BYTES:
        raise StudioError(
            f"There is too little memory for PyTorch: {free / 2**20:,.0f} MB are free.",
            f"Loading it and running a race takes {limits.MEMORY_FLOOR_BYTES / 2**20:,.0f} MB.",
            "Close other programs and start again.",
        )
