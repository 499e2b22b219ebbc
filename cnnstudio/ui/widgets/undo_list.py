"""A list whose entries can be deleted: minutes of work are not lost at one wrong click or key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QHideEvent
from PySide6.QtWidgets import QWidget

UNDO: Final = "Undo"
UNDO_TIP: Final = "Keeps this after all. It is deleted when this list closes."


class UndoList(QWidget):
    """A list in a small window. What is deleted stays, struck through, until the window closes.

    Signals:
        removed(id): It should go: the list was closed, and nobody took that back.

    Thread: GUI.
    """

    removed = Signal(str)

    def __init__(self) -> None:
        """Starts with nothing that goes."""
        super().__init__()
        self._leaving: set[str] = set()

    def leaves(self, entry_id: str) -> bool:
        """Whether an entry goes when the list closes."""
        return entry_id in self._leaving

    def toggle_leaving(self, entry_id: str) -> None:
        """An entry goes, or stays after all."""
        self._leaving ^= {entry_id}

    def limit_leaving(self, entry_ids: Iterable[str]) -> None:
        """Of all entries only these can go now."""
        self._leaving &= set(entry_ids)

    def struck(self, font: QFont, entry_id: str) -> QFont:
        """A font as an entry has it: struck through where it goes."""
        made = QFont(font)
        made.setStrikeOut(self.leaves(entry_id))
        return made

    def hideEvent(self, event: QHideEvent) -> None:
        """Now they go. Minimising a window hides it without this list being closed."""
        super().hideEvent(event)
        if not event.spontaneous():
            gone, self._leaving = sorted(self._leaving), set()
            for entry_id in gone:
                self.removed.emit(entry_id)
