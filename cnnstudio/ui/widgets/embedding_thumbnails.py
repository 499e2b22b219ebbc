"""The pictures behind a map's points, fetched one at a time as they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import BrowseExamples, Shown
from cnnstudio.ui.studio import Studio

_MOST: Final = 512
"""Pictures remembered: those of a lesson's wandering, 0.4 MB of digits."""

_SLOT: Final = "why thumbnail"


class Thumbnails(QObject):
    """Asks for test pictures by their place in the set, and remembers them.

    Signals:
        arrived(index): A picture is there.

    Thread: GUI.
    """

    arrived = Signal(object)

    def __init__(self, studio: Studio, parent: QObject) -> None:
        """Remembers none yet."""
        super().__init__(parent)
        self._studio = studio
        self._dataset = ""
        self._known: dict[int, Shown] = {}
        self._asked = 0
        self._then: Callable[[Shown], None] | None = None

    def set_dataset(self, dataset: str) -> None:
        """Another data set: what is remembered goes."""
        if dataset != self._dataset:
            self._dataset = dataset
            self._known.clear()

    def get(self, index: int) -> Shown | None:
        """The picture at a place of the test set, or None: then it is asked for, and `arrived` follows."""
        if index not in self._known:
            self._ask(index, None)
        return self._known.get(index)

    def take(self, index: int, then: Callable[[Shown], None]) -> None:
        """Calls `then` with a picture, now or when it is there."""
        known = self._known.get(index)
        if known is not None:
            then(known)
        else:
            self._ask(index, then)

    def _ask(self, index: int, then: Callable[[Shown], None] | None) -> None:
        self._asked, self._then = index, then
        question = BrowseExamples(self._dataset, start=index, most=1)
        self._studio.ask(question, self._on_shown, self._on_none, slot=_SLOT)

    def _on_shown(self, shown: Shown) -> None:
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[self._asked] = shown
        then, self._then = self._then, None
        if then is not None:
            then(shown)
        self.arrived.emit(self._asked)

    def _on_none(self, report: ErrorReport) -> None:
        self._then = None
