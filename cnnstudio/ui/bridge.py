"""From the mailbox to the study: a timer that takes everything at once, and a wake-up for answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Slot

from cnnstudio.core import limits
from cnnstudio.core.events import Event, StepEnd

logger = logging.getLogger(__name__)

_WAKE: Final = QEvent.Type(QEvent.registerEventType())
_LONGEST_MS: Final = 200
"""The interval grows up to this when the window cannot keep up; the curves then move five times a second."""

_BUSY_SHARE: Final = 0.5
"""A tick may take this much of its interval, painting and being late included."""

_QUIET_TICKS: Final = 30
"""After so many ticks (a second) with nothing to wait for the timer stops, and the computer can sleep."""


class BatchLike(Protocol):
    """What a mailbox gives out."""

    @property
    def points(self) -> tuple[StepEnd, ...]:
        """Steps in order."""

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything else in order."""


class MailboxLike(Protocol):
    """Where the engine puts its events."""

    def set_wake(self, wake: Callable[[], None] | None) -> None:
        """Whom to call when an answer arrived."""

    def take_urgent(self) -> Any:
        """Takes out only what woke the window: a `BatchLike`."""

    def take(self) -> Any:
        """Takes everything out at once: a `BatchLike`."""


class Bridge(QObject):
    """Takes the mailbox ten times a second while something can arrive, and at once when an answer did.

    Thread: GUI; only `wake` is called from the engine's thread, and does nothing but post an event.
    """

    def __init__(
        self,
        mailbox: MailboxLike,
        take: Callable[[tuple[StepEnd, ...], tuple[Event, ...]], None],
        is_awaited: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        """Connects a mailbox.

        Args:
            mailbox: Where the engine puts its events.
            take: Is given the points and the other events, in the window's thread.
            is_awaited: Whether anything can arrive, apart from answers.
            parent: Its owner.
        """
        super().__init__(parent)
        self._mailbox = mailbox
        self._take = take
        self._is_awaited = is_awaited
        self._quiet_ticks = 0
        self._due_s = 0.0
        self._lock = threading.Lock()
        self._open = True
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(limits.FRAME_MS)
        self._timer.timeout.connect(self._tick)
        mailbox.set_wake(self.wake)

    @property
    def interval_ms(self) -> int:
        """Between two ticks, now."""
        return self._timer.interval()

    @property
    def ticking(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def wake(self) -> None:
        """Asks for the mailbox to be taken soon. Any thread."""
        with self._lock:
            if self._open:
                QCoreApplication.postEvent(self, QEvent(_WAKE))

    @Slot()
    def listen(self) -> None:
        """Something was asked of the engine: starts the timer."""
        self._quiet_ticks = 0
        if self._open and not self._timer.isActive():
            self._due_s = time.monotonic() + self._timer.interval() / 1000
            self._timer.start()

    def drain(self, urgent: bool = False) -> None:
        """Takes the mailbox once and passes it on. A bug in a view is logged and does not stop the run.

        Args:
            urgent: Takes only what must not wait for the next tick; the curves of a run can.
        """
        batch = self._mailbox.take_urgent() if urgent else self._mailbox.take()
        if not batch:
            return
        try:
            self._take(batch.points, batch.events)
        except Exception:
            logger.exception("a view failed")

    def close(self) -> None:
        """Stops listening, for good."""
        self._timer.stop()
        self._mailbox.set_wake(None)
        with self._lock:
            self._open = False

    @Slot()
    def _tick(self) -> None:
        began_s = time.monotonic()
        self.drain()
        ended_s = time.monotonic()
        self._adapt((ended_s - began_s) + max(0.0, began_s - self._due_s))
        self._due_s = ended_s + self._timer.interval() / 1000
        self._quiet_ticks = 0 if self._is_awaited() else self._quiet_ticks + 1
        if self._quiet_ticks > _QUIET_TICKS:
            self._timer.stop()

    def _adapt(self, spent_s: float) -> None:
        """Lengthens the interval when a tick was too dear, and shortens it step by step when it was cheap."""
        interval_ms = self._timer.interval()
        if spent_s * 1000 > _BUSY_SHARE * interval_ms:
            wanted_ms = min(_LONGEST_MS, interval_ms * 3 // 2)
        else:
            wanted_ms = max(limits.FRAME_MS, interval_ms * 9 // 10)
        if wanted_ms != interval_ms:
            self._timer.setInterval(wanted_ms)

    def event(self, event: QEvent) -> bool:
        """Takes the mailbox when it woke the window."""
        if event.type() == _WAKE:
            if self._open:
                self.drain(urgent=True)
            return True
        return super().event(event)
