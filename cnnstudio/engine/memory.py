"""Whether a race fits into memory, decided by arithmetic before anything is allocated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.core.free_memory import free_bytes


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the sum: what for, and how many bytes."""

    what: str
    size_bytes: int


def available_bytes(device: torch.device | None = None) -> int | None:
    """Memory that a race may take now, in bytes; None where the system does not tell. On a graphics card the card's."""
    if device is not None and device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_bytes()


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
