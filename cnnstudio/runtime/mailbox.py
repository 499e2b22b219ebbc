"""What the engine says and the window has not read yet: bounded, coalescing, one lock.

The engine may produce a thousand points a second and the window reads thirty times a second, or not at all while
a dialog is moved about. So *points* are thinned when nobody reads them, *progress* keeps only its newest word, and
everything else is kept whatever happens; there is little of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from cnnstudio.core import limits
from cnnstudio.core.events import Answered, Answering, EngineReady, EngineUnavailable, Event, Preparing, StepEnd


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that arrived since the last look.

    Attributes:
        points: Steps in order, the newest always among them; fewer than were taken where nobody looked for long.
        events: All other events in order.
    """

    points: tuple[StepEnd, ...] = ()
    events: tuple[Event, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.points or self.events)


_NOTHING = Batch()
_URGENT = (Answered, EngineReady, EngineUnavailable)
"""What does not wait for the next tick."""


class Mailbox:
    """Hands events from the engine's thread to whoever takes them.

    Thread: any; `put` is the engine's side, `take` the window's.
    """

    def __init__(self, wake: Callable[[], None] | None = None, most_points: int = limits.MAX_PENDING_POINTS) -> None:
        """Makes an empty mailbox.

        Args:
            wake: Called in the thread that puts, at most once between two takes, when something arrived that should
                not wait for the next tick: an answer, or the engine's being ready or unavailable.
            most_points: More waiting points than this are thinned to every second one.
        """
        self._lock = threading.Lock()
        self._wake = wake
        self._most_points = max(2, most_points // 2 * 2)  # even, so that thinning keeps the last
        self._clear()
        self._woken = False

    def _clear(self) -> None:
        self._points: list[StepEnd] = []
        self._newest: StepEnd | None = None
        self._stride = 1
        self._since_kept = 0
        self._events: dict[int, Event] = {}
        self._place = 0
        self._progress_places: dict[tuple[type[Event], int], int] = {}

    def set_wake(self, wake: Callable[[], None] | None) -> None:
        """Replaces the callback; a mailbox is often made before the window that it wakes."""
        with self._lock:
            self._wake = wake

    def put(self, event: Event) -> None:
        """Adds one event; returns at once."""
        with self._lock:
            if isinstance(event, StepEnd):
                self._put_point(event)
                return
            self._put_event(event)
            wake = None
            if isinstance(event, _URGENT) and not self._woken:
                wake = self._wake
                self._woken = wake is not None
        if wake is not None:
            wake()

    def take_urgent(self) -> Batch:
        """Takes out only what woke the window, and leaves the run's own events to the next `take`, in their order."""
        with self._lock:
            self._woken = False
            urgent = {place: event for place, event in self._events.items() if isinstance(event, _URGENT)}
            for place in urgent:
                del self._events[place]
        return Batch(events=tuple(urgent.values()))

    def take(self) -> Batch:
        """Takes everything out at once."""
        with self._lock:
            self._woken = False
            if not self._events and self._newest is None:
                return _NOTHING
            points, newest, events = self._points, self._newest, self._events
            self._clear()
        if newest is not None and (not points or points[-1] is not newest):
            points.append(newest)
        return Batch(tuple(points), tuple(events.values()))

    def _put_point(self, point: StepEnd) -> None:
        self._newest = point
        self._since_kept += 1
        if self._since_kept < self._stride:
            return
        self._since_kept = 0
        self._points.append(point)
        # One place stays free for the newest point, which is not always among those kept.
        if len(self._points) >= self._most_points:
            self._points = self._points[1::2]
            self._stride *= 2

    def _put_event(self, event: Event) -> None:
        if isinstance(event, (Preparing, Answering)):
            about = event.run_id if isinstance(event, Preparing) else event.question_id
            key = (type(event), about)
            before = self._events.pop(self._progress_places.get(key, -1), None)
            if isinstance(event, Answering) and isinstance(before, Answering) and event.values is None:
                # What was known a moment ago still is; only how far it is is newer.
                event = replace(event, values=before.values)
            self._progress_places[key] = self._place
        self._events[self._place] = event
        self._place += 1
