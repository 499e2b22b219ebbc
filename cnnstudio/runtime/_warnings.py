"""Warnings of libraries in the engine's thread become notices; those of other threads go where they went before."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import TextIO


class WarningRelay:
    """Catches the warnings of one thread, each sentence once.

    How a warning is shown is one setting of the whole process, so the relay tells threads apart itself.

    Thread: any; `install` and `remove` belong to whoever starts and joins the thread.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Makes a relay that calls `tell` with each warning's text, in the thread that warns."""
        self._tell = tell
        self._told: set[str] = set()
        self._thread_id: int | None = None
        self._before = warnings.showwarning
        self._show_ours = self._show

    def install(self) -> None:
        """Takes the place of `warnings.showwarning`."""
        self._before = warnings.showwarning
        warnings.showwarning = self._show_ours

    def listen_here(self) -> None:
        """From now on the calling thread's warnings are told."""
        self._thread_id = threading.get_ident()

    def remove(self) -> None:
        """Gives the place back, where nobody else has taken it since."""
        if warnings.showwarning is self._show_ours:
            warnings.showwarning = self._before

    def _show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if threading.get_ident() != self._thread_id:
            self._before(message, category, filename, lineno, file, line)
            return
        text = f"{category.__name__}: {message}"
        if text not in self._told:
            self._told.add(text)
            self._tell(text)
