"""What the window wants of the engine's thread: flags and one immutable value, read between two batches.

One lock holds all of it. The window's side never waits for the engine, the engine's side sleeps here when there is
nothing to do.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.live import LiveSettings
from cnnstudio.core.questions import Question

Wish = Literal["go", "step", "stand", "leave"]


@dataclass(frozen=True, slots=True)
class Order:
    """A race to start, with the settings that may be changed while it runs."""

    run_id: int
    config: RaceConfig
    live: LiveSettings


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way."""

    question_id: int
    question: Question[Any]
    slot: str | None


class Control:
    """The wishes of the window, and the questions that wait.

    Thread: any; the upper half is called by the window, the lower half by the engine.
    """

    def __init__(self) -> None:
        """Wants nothing yet."""
        self._changed = threading.Condition()
        self._closing = False
        self._last_run_id = 0
        self._last_question_id = 0
        self._orders: list[Order] = []
        self._running: int | None = None
        self._stop = False
        self._paused = False
        self._steps = 0
        self._live = LiveSettings()
        self._waiting: dict[int, Asked] = {}
        self._newest_of_slot: dict[str, int] = {}

    def run(self, config: RaceConfig) -> int:
        """Wants this race instead of any other; gives its id."""
        with self._changed:
            self._last_run_id += 1
            self._live = LiveSettings()
            self._orders.append(Order(self._last_run_id, config, self._live))
            self._stop = False
            self._paused = False
            self._steps = 0
            self._changed.notify_all()
            return self._last_run_id

    def pause(self) -> None:
        """Wants the run to stand."""
        with self._changed:
            self._paused = True
            self._steps = 0
            self._changed.notify_all()

    def resume(self) -> None:
        """Wants the run to go on."""
        with self._changed:
            self._paused = False
            self._steps = 0
            self._changed.notify_all()

    def step(self) -> None:
        """Wants the run to take one step and stand; every further call one more."""
        with self._changed:
            self._paused = True
            self._steps += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Wants the run to end, the one that runs as well as one that has not started yet."""
        with self._changed:
            self._stop = True
            self._changed.notify_all()

    def close(self) -> None:
        """Wants the thread to end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def set_learning_rate(self, value: float) -> None:
        """Wants this learning rate from the next batch on, of the newest run."""
        self._live.learning_rate = value

    def ask(self, question: Question[Any], slot: str | None) -> int:
        """Puts a question in the queue; an older one of the same slot leaves it."""
        with self._changed:
            self._last_question_id += 1
            question_id = self._last_question_id
            if slot is not None:
                self._waiting.pop(self._newest_of_slot.get(slot, 0), None)
                self._newest_of_slot[slot] = question_id
            self._waiting[question_id] = Asked(question_id, question, slot)
            self._changed.notify_all()
            return question_id

    def withdraw(self, slot: str) -> None:
        """Nobody waits for the answer of this slot any more: the question leaves the queue, a begun answer ends."""
        with self._changed:
            self._last_question_id += 1
            self._waiting.pop(self._newest_of_slot.get(slot, 0), None)
            self._newest_of_slot[slot] = self._last_question_id
            self._changed.notify_all()

    # The engine's side.

    @property
    def closing(self) -> bool:
        """Whether the thread is to end."""
        return self._closing

    def take_orders(self) -> tuple[list[Order], Order | None]:
        """Takes the races wanted since the last look.

        Returns:
            Those overtaken by a newer one or stopped before they began, and the one to start now.
        """
        with self._changed:
            orders, self._orders = self._orders, []
            if not orders or self._stop or self._closing:
                return orders, None
            self._running = orders[-1].run_id
            return orders[:-1], orders[-1]

    def run_ended(self) -> None:
        """The race taken last is over."""
        with self._changed:
            self._running = None

    def step_done(self) -> None:
        """The run took a step."""
        with self._changed:
            self._steps = max(0, self._steps - 1)

    def wish(self) -> Wish:
        """What the run that was taken last is to do now."""
        with self._changed:
            return self._wish()

    def _wish(self) -> Wish:
        if self._stop or self._closing or self._orders:
            return "leave"
        if not self._paused:
            return "go"
        return "step" if self._steps else "stand"

    def take_question(self) -> Asked | None:
        """Takes the oldest waiting question."""
        with self._changed:
            for question_id in self._waiting:
                return self._waiting.pop(question_id)
            return None

    def still_wanted(self, asked: Asked) -> bool:
        """Whether no newer question took this one's slot."""
        return asked.slot is None or self._newest_of_slot[asked.slot] == asked.question_id

    def wait(self) -> None:
        """Sleeps until there is something to do: a question, a race to start, a run that may go on, the end."""
        with self._changed:
            self._changed.wait_for(self._has_work)

    def _has_work(self) -> bool:
        if self._waiting or self._orders or self._closing:
            return True
        return self._running is not None and self._wish() != "stand"
