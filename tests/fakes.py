"""A stand-in for the engine, which does only what a test tells it to.

No torch and no thread: `FakeEngine` has the methods of `cnnstudio.runtime.engine_thread.Engine`, and puts the events
of a made-up race into the mailbox in the caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import (
    Answered,
    EngineReady,
    EngineUnavailable,
    Paused,
    Resumed,
    RunEnded,
    RunEvent,
    SettingChanged,
    StepEnd,
)
from cnnstudio.core.questions import (
    BothWrong,
    BrowseExamples,
    ConfusionCell,
    Confusions,
    Disagree,
    Disagreement,
    FirstLayers,
    LayerWeights,
    OnlyOneRight,
    Question,
    ReadPicture,
    Verdict,
    Verdicts,
)
from cnnstudio.runtime.mailbox import Mailbox
from tests.made_up import DIGITS, competitor, confusion, scripted_run, shown


def _verdicts(question: ReadPicture) -> Verdicts:
    verdicts = []
    for network in question.networks:
        card = competitor(network)
        top = int(question.pixels.astype(np.int64).sum()) % len(DIGITS)
        logits = np.zeros(len(DIGITS))
        logits[top] = 4.0
        probabilities = np.exp(logits) / np.exp(logits).sum()
        verdicts.append(Verdict(network, card.title, card.role, "shipped", question.step, probabilities, logits))
    return Verdicts(tuple(verdicts), DIGITS)


def _first_layers(question: FirstLayers) -> tuple[LayerWeights, ...]:
    layers = []
    for network in question.networks:
        card = competitor(network)
        kind, size, count = ("kernels", 5, 6) if card.role == "cnn" else ("templates", 28, 77)
        waves = np.sin(np.arange(count * size * size, dtype=np.float32)).reshape(count, 1, size, size)
        layers.append(
            LayerWeights(
                network, card.title, card.role, question.step, "run", kind, "first", waves[: question.most], count
            )
        )
    return tuple(layers)


ANSWERS: dict[type, Callable[[Any], Any]] = {
    ReadPicture: _verdicts,
    FirstLayers: _first_layers,
    BrowseExamples: lambda question: shown(question.most),
    ConfusionCell: lambda question: shown(min(question.most, 7), (question.network,)),
    OnlyOneRight: lambda question: shown(min(question.most, 7), (question.right, question.wrong)),
    BothWrong: lambda question: shown(min(question.most, 7), (question.one, question.other)),
    Disagree: lambda question: Disagreement(
        shown(min(question.most, 7), (question.one, question.other)),
        shown(min(question.most, 4), (question.other, question.one)),
        neither=3,
        tested=1_000,
    ),
    Confusions: lambda question: {"mlp": confusion(0.72), "lenet5": confusion(0.84)},
}


class FakeEngine:
    """An engine without torch or a thread: events arrive in the mailbox when the test says so.

    Attributes:
        mailbox: Where its events go.
        asked: Every question with its id and slot, in order.
        commands: The names of the methods called, in order, as in "run" or "pause".
        closed: Whether `close` was called.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        data_root: Path | None = None,
        answers: Mapping[type, Callable[[Any], Any]] | None = None,
        steps: int = 40,
        answer_at_once: bool = True,
    ) -> None:
        """Makes the engine.

        Args:
            mailbox: Where its events go.
            data_root: As the real engine's; kept, not used.
            answers: By the question's type: a function from the question to its answer, or to an ErrorReport. What is
                missing is taken from `ANSWERS`; a question without either gets a report.
            steps: Length of every scripted run.
            answer_at_once: Whether `ask` answers before it returns; otherwise `answer_waiting` does.
        """
        self.mailbox = mailbox
        self.data_root = data_root
        self.answers = ANSWERS | dict(answers or {})
        self.steps = steps
        self.answer_at_once = answer_at_once
        self.asked: list[tuple[int, Question[Any], str | None]] = []
        self.waiting: dict[str | int, tuple[int, Question[Any]]] = {}
        self.commands: list[str] = []
        self.learning_rate: float | None = None
        self.run_id = 0
        self.step_now = 0
        self.config: RaceConfig | None = None
        self.closed = False
        self._run: Generator[RunEvent, None, None] | None = None

    @property
    def running(self) -> bool:
        """Whether a scripted run is under way, paused or not."""
        return self._run is not None

    def start(self) -> None:
        """Says that the engine is ready, at once."""
        self.commands.append("start")
        self.mailbox.put(EngineReady("2.13.0", "cpu", 0.0))

    def start_broken(self, what: str = "PyTorch could not be loaded.") -> None:
        """Says that there is no engine, at once."""
        self.mailbox.put(EngineUnavailable(ErrorReport(what)))

    def run(self, config: RaceConfig) -> int:
        """Opens a scripted run; `advance` lets it go on."""
        if self._run is not None:
            self.stop()
        self.commands.append("run")
        self.run_id += 1
        self.config = config
        self.step_now = 0
        self._run = scripted_run(self.run_id, config, self.steps)
        return self.run_id

    def advance(self, events: int = 1) -> int:
        """Puts the next events of the run into the mailbox; gives how many there were."""
        done = 0
        while done < events and self._run is not None:
            event = next(self._run, None)
            if event is None:
                break
            if isinstance(event, StepEnd):
                self.step_now = event.step
            if isinstance(event, RunEnded):
                self._run = None
            self.mailbox.put(event)
            done += 1
        return done

    def finish(self) -> None:
        """Lets the run go to its end."""
        self.advance(10**9)

    def pause(self) -> None:
        """Says that the run stands."""
        self.commands.append("pause")
        if self._run is not None:
            self.mailbox.put(Paused(self.run_id, self.step_now))

    def resume(self) -> None:
        """Says that the run goes on."""
        self.commands.append("resume")
        if self._run is not None:
            self.mailbox.put(Resumed(self.run_id, self.step_now))

    def step(self) -> None:
        """Goes on to the end of the next step, and stands again."""
        self.commands.append("step")
        before = self.step_now
        while self._run is not None and self.step_now == before:
            self.advance()
        if self._run is not None:
            self.mailbox.put(Paused(self.run_id, self.step_now))

    def stop(self) -> None:
        """Ends the run."""
        self.commands.append("stop")
        if self._run is not None:
            self._run.close()
            self._run = None
            self.mailbox.put(RunEnded(self.run_id, "stopped", self.step_now, 0.004 * self.step_now))

    def fail(self, what: str = "The race failed.") -> None:
        """Ends the run as a failure does."""
        if self._run is not None:
            self._run.close()
            self._run = None
            self.mailbox.put(RunEnded(self.run_id, "failed", self.step_now, 0.0, ErrorReport(what)))

    def set_learning_rate(self, value: float) -> None:
        """Remembers the rate, and tells a run's history."""
        self.commands.append("set_learning_rate")
        self.learning_rate = value
        if self._run is not None:
            self.mailbox.put(SettingChanged(self.run_id, self.step_now, "learning_rate", value))

    def ask(self, question: Question[Any], slot: str | None = None) -> int:
        """Answers at once, or keeps the question for `answer_waiting`."""
        question_id = len(self.asked) + 1
        self.asked.append((question_id, question, slot))
        self.waiting[slot if slot is not None else question_id] = (question_id, question)
        if self.answer_at_once:
            self.answer_waiting()
        return question_id

    def withdraw(self, slot: str) -> None:
        """Forgets the waiting question of a slot."""
        self.waiting.pop(slot, None)

    def answer_waiting(self) -> None:
        """Answers every waiting question, oldest first."""
        waiting, self.waiting = list(self.waiting.values()), {}
        for question_id, question in waiting:
            answer_of = self.answers.get(type(question))
            if answer_of is None:
                answer: Any = ErrorReport(f"The test has no answer to {type(question).__name__}.")
            else:
                answer = answer_of(question)
            if isinstance(answer, ErrorReport):
                self.mailbox.put(Answered(question_id, report=answer))
            else:
                self.mailbox.put(Answered(question_id, answer=answer))

    def questions_of(self, kind: type) -> list[Any]:
        """Every question of one type that was asked."""
        return [question for _, question, _ in self.asked if isinstance(question, kind)]

    def close(self, timeout_s: float = limits.JOIN_S, last: Sequence[Question[Any]] = ()) -> bool:
        """Ends everything, after the last questions, which are noted as any other."""
        for question in last:
            self.ask(question)
        self.commands.append("close")
        self.stop()
        self.closed = True
        return True
