"""Doing something at most so often, for a widget that is seen: the newest wish is never lost, only late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QWidget

FOLLOW_GAP_MS: Final = 250
"""During a run, what follows the weights asks for them four times a second: reading them holds up training."""


class Pacer(QTimer):
    """Lets a widget's work happen at once the first time, then at most once in every gap, and not while it is hidden.

    Thread: GUI.
    """

    def __init__(self, owner: QWidget, work: Callable[[], None], gap_ms: int = FOLLOW_GAP_MS) -> None:
        """Belongs to `owner`; does nothing yet."""
        super().__init__(owner, singleShot=True, interval=gap_ms)
        self._owner, self._work, self._due = owner, work, False
        self.timeout.connect(self._on_timeout)

    def soon(self) -> None:
        """Does the work now, or when the gap is over."""
        if self.isActive():
            self._due = True
        else:
            self.now()

    def now(self) -> None:
        """Does the work at once; the gap begins anew."""
        self._due = False
        self.start()
        self._work()

    @Slot()
    def _on_timeout(self) -> None:
        if self._due and self._owner.isVisible():
            self.now()
