"""How long a run still takes, from the steps seen lately."""

from __future__ import annotations

from collections import deque
from typing import Final

_WINDOW: Final = 40
"""Measurements kept: a few seconds of a run, so that a pause or a sleeping computer is soon forgotten."""

_LONGEST_GAP_S: Final = 2.0
"""Between two measurements of a run that is alive; a longer one was a pause or a sleep."""


class Pace:
    """Estimates the seconds that are left.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Knows nothing yet."""
        self._seen: deque[tuple[float, int]] = deque(maxlen=_WINDOW)

    def add(self, now_s: float, step: int) -> None:
        """Notes that a step was reached at a monotonic time."""
        if self._seen and now_s - self._seen[-1][0] > _LONGEST_GAP_S:
            self._seen.clear()
        self._seen.append((now_s, step))

    def forget(self) -> None:
        """Starts afresh, after a pause."""
        self._seen.clear()

    def seconds_left(self, steps: int) -> float | None:
        """Seconds until `steps` are done, or None while it cannot be told."""
        if len(self._seen) < 2:
            return None
        (start_s, first), (end_s, last) = self._seen[0], self._seen[-1]
        if last <= first or end_s <= start_s:
            return None
        return max(0, steps - last) * (end_s - start_s) / (last - first)
