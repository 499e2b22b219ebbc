"""A folder that one program at a time writes into. The system gives it back when the program ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

LOCK_FILE: Final = ".in-use"

_TAKEN: Final = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What the system says where another program has the lock."""

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Keeps other programs from writing into a folder meanwhile.

    A file system that has no locks, as some network homes have none, or that cannot be written, locks nothing.

    Thread: any, one at a time.
    """

    def __init__(self, folder: Path) -> None:
        """Remembers the folder."""
        self._path = folder / LOCK_FILE
        self._handle: int | None = None

    def take(self) -> bool:
        """Takes the folder; False where another program has it."""
        while self._handle is None:
            try:
                handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError:
                return True
            try:
                _lock(handle)
            except OSError as error:
                os.close(handle)
                if error.errno in _TAKEN:
                    return False
                with suppress(OSError):
                    self._path.unlink()
                return True
            if self._is_there(handle):
                self._handle = handle
            else:  # whoever had it removed the file between our two steps
                os.close(handle)
        return True

    def give_back(self) -> None:
        """Lets others have the folder; nothing where it was not taken."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if sys.platform != "win32":  # a file that is open cannot be removed there
            with suppress(OSError):
                self._path.unlink()
        os.close(handle)
        if sys.platform == "win32":
            with suppress(OSError):
                self._path.unlink()

    def _is_there(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self._path.stat())
        except OSError:
            return False
