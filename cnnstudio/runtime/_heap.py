"""One heap for all threads, where the C library would give each its own."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_M_ARENA_MAX: Final = -8
"""glibc's number of the parameter (mallopt(3))."""


def share_one_heap() -> bool:
    """Lets all threads allocate from the main heap; gives whether the C library could be told.

    glibc gives every further thread an arena of its own, which hands memory back to the system after every batch and
    fetches it again with the next: a race in the engine's thread was 9 % slower than in the main one (2 cores, torch
    2.13). To be called before the thread starts.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 1))
    except (OSError, AttributeError):  # another C library, such as musl, which has one heap
        return False
