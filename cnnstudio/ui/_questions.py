"""Questions that wait for their answer, and whom to tell."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import shiboken6
from PySide6.QtCore import QObject

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answered, Answering

OnAnswer = Callable[[Any], None]
OnError = Callable[[ErrorReport], None]
OnProgress = Callable[[Answering], None]


class Listener:
    """A callback. A widget's method is held weakly, so that a question never keeps a closed panel alive.

    Thread: GUI.
    """

    def __init__(self, callback: Callable[[Any], None]) -> None:
        """Holds the callback."""
        is_widgets = isinstance(getattr(callback, "__self__", None), QObject)
        self._weak = weakref.WeakMethod(callback) if is_widgets else None
        self._strong = None if is_widgets else callback

    def __call__(self, value: Any) -> None:
        """Tells the listener, unless it is gone."""
        callback = self._strong if self._weak is None else self._weak()
        if callback is None:
            return
        if self._weak is None or shiboken6.isValid(getattr(callback, "__self__", None)):
            callback(value)


@dataclass(frozen=True, slots=True)
class _Asked:
    slot: str | None
    on_answer: Listener
    on_error: Listener | None
    on_progress: Listener | None
    of_moment: bool = False


class Questions:
    """The questions that the engine has not answered yet.

    Of questions with the same slot only the newest is waited for: the engine never answers those it replaced.
    A question of the moment is waited for as long as that moment is looked at, and not a moment longer.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Starts with none."""
        self._asked: dict[int, _Asked] = {}

    def __len__(self) -> int:
        """How many answers are still to come."""
        return len(self._asked)

    @property
    def ids(self) -> frozenset[int]:
        """The open questions' ids."""
        return frozenset(self._asked)

    def add(
        self,
        question_id: int,
        slot: str | None,
        on_answer: OnAnswer,
        on_error: OnError | None,
        on_progress: OnProgress | None = None,
        *,
        of_moment: bool = False,
    ) -> None:
        """Notes a question that was just asked; `of_moment` says that its answer goes with the moment."""
        if slot is not None:
            self.forget(slot)
        self._asked[question_id] = _Asked(
            slot,
            Listener(on_answer),
            Listener(on_error) if on_error else None,
            Listener(on_progress) if on_progress else None,
            of_moment,
        )

    def forget(self, slot: str) -> None:
        """Waits no longer for the question of that slot."""
        self._asked = {key: asked for key, asked in self._asked.items() if asked.slot != slot}

    @property
    def slots_of_moment(self) -> tuple[str, ...]:
        """The slots of the open questions whose answers go with the moment."""
        return tuple(asked.slot for asked in self._asked.values() if asked.of_moment and asked.slot is not None)

    def progress(self, event: Answering) -> None:
        """Tells whoever asked how far the answer is."""
        asked = self._asked.get(event.question_id)
        if asked is not None and asked.on_progress is not None:
            asked.on_progress(event)

    def waits_for(self, slot: str) -> bool:
        """Whether a question of that slot is still open."""
        return any(asked.slot == slot for asked in self._asked.values())

    def answer(self, event: Answered) -> ErrorReport | None:
        """Tells whoever asked. Gives the report of a failure that nobody listens for."""
        asked = self._asked.pop(event.question_id, None)
        if asked is None:
            return None
        if event.report is None:
            asked.on_answer(event.answer)
            return None
        if asked.on_error is None:
            return event.report
        asked.on_error(event.report)
        return None

    def clear(self) -> None:
        """Forgets all of them, when the engine is gone."""
        self._asked.clear()
