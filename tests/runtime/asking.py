"""Two questions for the scripted engine, and tests of the events that follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cnnstudio.core.events import (
    Answered,
    Event,
    StepEnd,
)
from cnnstudio.core.questions import Question
from cnnstudio.runtime.engine_thread import Engine

MakeEngine = Callable[..., Engine]


@dataclass(frozen=True, slots=True)
class Ask(Question[str]):
    text: str


@dataclass(frozen=True, slots=True)
class AskLong(Question[str]):
    text: str


def is_step(step: int, run_id: int = 1) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, StepEnd) and (event.run_id, event.step) == (run_id, step)


def is_answer(question_id: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Answered) and event.question_id == question_id
