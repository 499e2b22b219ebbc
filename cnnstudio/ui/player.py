"""The study goes from kept moment to kept moment by itself: to be watched, or to be recorded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, Literal

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from cnnstudio.ui.studio import Studio

Speed = Literal["slow", "normal", "fast"]
GAP_MS: Final[dict[Speed, int]] = {"slow": 500, "normal": 125, "fast": 33}
"""From one moment to the next, at least: two, eight and thirty a second."""

PATIENCE_MS: Final = 1_000
"""Whoever watches a film rather sees the next moment than waits for an answer that takes longer than this."""

_LOOK_MS: Final = 20
"""While answers are awaited the walk looks this often whether they are still wanted; one that arrives wakes it."""


def stations(studio: Studio, after: int | None = None) -> tuple[int | None, ...]:
    """The moments that a walk through the open run visits: those kept, ascending, then now.

    Args:
        studio: The open study.
        after: Only those after this step; None is all.
    """
    history = studio.history
    kept = studio.moments if after is None else studio.moments[bisect_right(studio.moments, after) :]
    # The newest moment is often now itself, and is not shown twice.
    ends_now = bool(kept) and history is not None and kept[-1] == history.step
    return (*(kept[:-1] if ends_now else kept), None)


class Walk(QObject):
    """Takes the study through moments, one after the other and never two at once.

    The next moment comes when the questions that the views asked about the last one are answered, and not before it is
    due. A question that was open already, a long one say, is not waited for.

    Attributes:
        gap_ms: From the time that one moment is due to that of the next. Where one came late the next may come sooner
            after it, by one gap at most, so that the moments keep the time on average.
        patience_ms: An answer that takes longer than this is not waited for; None waits for every one.
        catch_up: Is called when all answers are there. It does what the views put off until things stand still, and
            gives whether there was any: then that is waited for, too.

    Signals:
        settled(moment): The views' questions about this moment are answered.
        ended(complete): The walk is over; False where it was stopped: by `stop`, by another moment that somebody chose,
            by a run that began or whose weights cannot be read.

    Thread: GUI.
    """

    settled = Signal(object)
    ended = Signal(bool)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        """Stands still."""
        super().__init__(parent)
        self.gap_ms = GAP_MS["normal"]
        self.patience_ms: int | None = None
        self.catch_up: Callable[[], bool] | None = None
        self._waited, self._clock = QElapsedTimer(), QElapsedTimer()
        self._due_ms = 0
        self._studio = studio
        self._ahead: list[int | None] = []
        self._here: int | None = None
        self._walks = self._moves = self._told = self._awaits = False
        self._open_before: frozenset[int] = frozenset()
        self._gap = QTimer(self, singleShot=True)
        self._gap.setTimerType(Qt.TimerType.PreciseTimer)
        self._gap.timeout.connect(self.look)
        studio.answered.connect(self._on_answered)
        studio.moment_changed.connect(self._on_moment)
        studio.run_started.connect(self.stop)
        studio.state_changed.connect(self._on_state)

    @property
    def walks(self) -> bool:
        """Whether it is under way."""
        return self._walks

    def start(self, moments: Sequence[int | None]) -> None:
        """Begins anew with these moments; the first of them is gone to at once."""
        self.stop()
        if moments:
            self._walks, self._ahead = True, list(moments)
            self._clock.start()
            self._due_ms = 0
            self._step()

    @Slot()
    def stop(self) -> None:
        """Stays where it is."""
        self._end(complete=False)

    @Slot()
    def look(self) -> None:
        """Goes on where the answers are there; looks again soon where they are not."""
        if not self._walks:
            return
        self._awaits = bool(self._studio.open_questions - self._open_before) and not self._is_impatient
        if self._awaits:
            self._gap.start(_LOOK_MS)
        elif not self._told:
            # Once more through the event loop: views paint what they were told, or ask for more.
            self._told = True
            self._gap.start(0)
        elif self.catch_up is not None and self.catch_up():
            self._told = False
            self._gap.start(0)
        else:
            self.settled.emit(self._studio.moment)
            if self._walks:
                self._step()

    @property
    def _is_impatient(self) -> bool:
        return self.patience_ms is not None and self._waited.elapsed() >= self.patience_ms

    def _step(self) -> None:
        if not self._ahead:
            self._end(complete=True)
            return
        # Where the study is there already, the questions about this moment may be those that are open.
        stays = self._ahead[0] == self._studio.moment
        self._open_before = frozenset() if stays else self._studio.open_questions
        self._here, self._told, self._moves = self._ahead.pop(0), False, True
        self._awaits = False
        self._studio.set_moment(self._here)
        self._here = self._studio.moment
        self._moves = False
        self._waited.start()
        now_ms = self._clock.elapsed()
        self._due_ms = max(self._due_ms, now_ms - self.gap_ms) + self.gap_ms
        self._gap.start(max(0, self._due_ms - now_ms))

    @Slot()
    def _on_answered(self) -> None:
        if self._walks and self._awaits:
            self._gap.start(0)

    def _end(self, *, complete: bool) -> None:
        if self._walks:
            self._walks = self._awaits = False
            self._ahead = []
            self._gap.stop()
            self.ended.emit(complete)

    @Slot(object)
    def _on_moment(self, step: int | None) -> None:
        if self._moves or not self._walks or step == self._here:
            return
        thinned = self._here is not None and self._here not in self._studio.moments
        if thinned and step is not None:
            self._here = step
        else:
            self.stop()

    @Slot(str)
    def _on_state(self, state: str) -> None:
        if state == "preparing":
            self.stop()


class Player(QObject):
    """Plays the kept moments as a film, from the moment looked at, or from the first where that is the last.

    Attributes:
        walk: What takes the study along.

    Signals:
        changed(): Whether it plays, may play, or its speed, has changed.

    Thread: GUI.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        """Stands still, at normal speed."""
        super().__init__(parent)
        self._studio = studio
        self._speed: Speed = "normal"
        self.walk = Walk(studio, self)
        self.walk.patience_ms = PATIENCE_MS
        self.walk.ended.connect(self._on_ended)
        studio.moments_changed.connect(self._on_change)
        studio.run_started.connect(self._on_change)

    @property
    def playing(self) -> bool:
        """Whether the study is taken along."""
        return self.walk.walks

    @property
    def why_not(self) -> str:
        """Why there is nothing to play, in words; "" where there is."""
        if self._studio.history is None:
            return "There is nothing to play yet: a run keeps the moments that the film is made of."
        if self._studio.weights == "lost":
            return "There is nothing to play: the weights along this run were not kept."
        if self._studio.weights == "opening":
            return "The moments of this run are still being read."
        if len(self._studio.moments) < 2:
            return "There is nothing to play yet: fewer than two moments are kept."
        return ""

    @property
    def speed(self) -> Speed:
        """How fast it plays."""
        return self._speed

    def set_speed(self, speed: str) -> None:
        """Plays slower or faster from now on; unknown speeds are ignored."""
        if speed in GAP_MS and speed != self._speed:
            self._speed = speed
            self.walk.gap_ms = GAP_MS[self._speed]
            self.changed.emit()

    @Slot()
    def next_speed(self) -> None:
        """The next faster speed; after the fastest comes the slowest."""
        speeds = list(GAP_MS)
        self.set_speed(speeds[(speeds.index(self._speed) + 1) % len(speeds)])

    @Slot()
    def toggle(self) -> None:
        """Plays, or stays where it is."""
        self.stop() if self.playing else self.play()

    def play(self) -> None:
        """Plays from the moment looked at, or from the first where the end was reached."""
        if self.playing or self.why_not:
            return
        here = self._studio.moment
        self.walk.start(stations(self._studio, here))
        self.changed.emit()

    def stop(self) -> None:
        """Stays where it is."""
        self.walk.stop()

    @Slot(bool)
    def _on_ended(self, complete: bool) -> None:
        self.changed.emit()

    @Slot()
    def _on_change(self) -> None:
        self.changed.emit()
