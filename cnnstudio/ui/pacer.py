"""Doing something at most so often, for a widget that is seen: the newest wish is never lost, only late.

What is put off can also be called in, for whoever needs a view that is complete: a film of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QMenu, QWidget

FOLLOW_GAP_MS: Final = 333
"""During a run, what follows the weights asks for them three times a second: reading them holds up training."""

_TIMES: Final = 3
"""A timer that sets itself again whenever it is called in would be called in for ever."""


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

    @property
    def due(self) -> bool:
        """Whether there is a wish that waits for the gap to be over."""
        return self._due and self._owner.isVisible()

    @Slot()
    def _on_timeout(self) -> None:
        if self.due:
            self.now()


class CatchUp:
    """Calls in what a view's widgets put off: a question until the pen rests, a redraw, a pacer's wish.

    A timer within the view that fires once is work put off, and is done at once; one that fires again and again
    without a pause is work in pieces, and has to be waited for. One with a pause between is an animation: it goes on.

    Thread: GUI.
    """

    def __init__(self, view: QWidget) -> None:
        """Does nothing yet."""
        self._view = view
        self._called: Counter[int] = Counter()

    def begin(self) -> None:
        """The view is told of something new."""
        self._called.clear()

    def __call__(self) -> bool:
        """Does what was put off; gives whether there was any, or work in pieces is still under way."""
        found = False
        for timer in self._view.findChildren(QTimer):
            if not timer.isActive() or _is_menus(timer):
                continue
            if not timer.isSingleShot():
                found = found or timer.interval() == 0
            elif self._called[id(timer)] < _TIMES and (not isinstance(timer, Pacer) or timer.due):
                self._called[id(timer)] += 1
                timer.stop()
                timer.timeout.emit()
                found = True
        return found


def _is_menus(timer: QTimer) -> bool:
    """Whether a timer belongs to a menu of the view: the film itself is one's."""
    parent = timer.parent()
    while parent is not None and not isinstance(parent, QWidget):
        parent = parent.parent()
    return isinstance(parent, QMenu)
