"""Stand-ins for the engine: a race that is written down, and an engine that does only what a test tells it to.

No torch and no thread: `scripted_run` yields the same events on every call, `FakeEngine` has the methods of
`cnnstudio.runtime.engine_thread.Engine` and puts events into the mailbox in the caller's thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import (
    Answered,
    Competitor,
    EngineReady,
    EngineUnavailable,
    Evaluated,
    MomentKept,
    NetworkScore,
    Paused,
    Preparing,
    Resumed,
    RunEnded,
    RunEvent,
    RunStarted,
    SetScore,
    SettingChanged,
    StepEnd,
    StepResult,
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
    Shown,
    Verdict,
    Verdicts,
)
from cnnstudio.runtime.mailbox import Mailbox

DIGITS = tuple("0123456789")

CARDS: dict[str, tuple[str, str, str, int, int, float]] = {
    # key: title, role, summary, parameters, multiply-adds, test accuracy it ends at
    "mlp": ("MLP", "mlp", "784 - 77 - 10", 61_225, 61_138, 0.72),
    "mlp_deep": ("Deep MLP", "mlp", "784 - 64 - 64 - 10", 55_050, 54_912, 0.70),
    "lenet5": ("LeNet-5", "cnn", "conv 6 - conv 16 - 120 - 84 - 10", 61_706, 416_520, 0.84),
    "small_cnn": ("Small CNN", "cnn", "conv 16 - conv 32 - 10", 5_000, 900_000, 0.80),
    "local": ("Locally connected", "local", "local 16 - local 32 - 10", 239_786, 900_000, 0.66),
}


def competitor(network: str) -> Competitor:
    """The card of a network of the script; unknown keys get a plain one."""
    title, role, summary, parameters, macs, _ = CARDS.get(network, (network, "", "784 - 10", 7_850, 7_840, 0.5))
    return Competitor(network, title, role, summary, parameters, macs)


def run_started(
    run_id: int = 1, config: RaceConfig | None = None, steps: int = 40, steps_per_epoch: int = 10
) -> RunStarted:
    """The first event of a scripted run."""
    config = config or RaceConfig()
    return RunStarted(
        run_id=run_id,
        config=config,
        competitors=tuple(competitor(network) for network in config.networks),
        class_names=DIGITS,
        shape=(1, 28, 28),
        train_size=config.examples,
        validation_size=1_000,
        test_size=2_000,
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        threads=2,
        channels_last=True,
        versions={"cnnstudio": "0", "python": "3.11", "torch": "2.13", "numpy": "2", "device": "cpu"},
        started_at="2026-01-02T03:04:05+00:00",
        notes=(),
    )


def _share_learned(network: str, step: int, steps: int) -> float:
    final = CARDS[network][5] if network in CARDS else 0.5
    return 0.1 + (final - 0.1) * (1 - math.exp(-4 * step / max(1, steps)))


def step_end(run_id: int, step: int, config: RaceConfig, steps: int = 40, steps_per_epoch: int = 10) -> StepEnd:
    """A point of a scripted run: loss falls, accuracy rises, with a small fixed ripple."""
    results = []
    for place, network in enumerate(config.networks):
        accuracy = _share_learned(network, step, steps) + 0.02 * math.sin(step * (1.7 + place))
        results.append(StepResult(network, -math.log(max(accuracy, 1e-3)), accuracy, 0.004 * step * (1 + place)))
    return StepEnd(run_id, step, step * config.batch_size, step / steps_per_epoch, config.learning_rate, tuple(results))


def evaluated(
    run_id: int,
    step: int,
    config: RaceConfig,
    looks: int,
    steps: int = 40,
    steps_per_epoch: int = 10,
    classes: int = 10,
) -> Evaluated:
    """A measurement of a scripted run; the confusion matrix adds up to 1,000 pictures."""
    scores = []
    for place, network in enumerate(config.networks):
        test = _share_learned(network, step, steps)
        train = min(1.0, test + 0.12 * step / max(1, steps))
        scores.append(
            NetworkScore(
                network=network,
                train=SetScore(-math.log(train), train),
                validation=SetScore(-math.log(test), test),
                test=SetScore(-math.log(test), test),
                own_seconds=0.004 * step * (1 + place),
                images_per_second=16_000.0 / (1 + place),
                confusion=confusion(test, classes),
            )
        )
    return Evaluated(
        run_id, step, step * config.batch_size, step / steps_per_epoch, tuple(scores), looks, final=step == steps
    )


def confusion(accuracy: float, classes: int = 10, total: int = 1_000) -> np.ndarray:
    """A confusion matrix with about this share on its diagonal; each row is a class with equally many pictures."""
    each = total // classes
    right = round(each * accuracy)
    matrix = np.zeros((classes, classes), np.int64)
    for truth in range(classes):
        matrix[truth, truth] = right
        for wrong in range(each - right):
            matrix[truth, (truth + 1 + wrong % (classes - 1)) % classes] += 1
    matrix.setflags(write=False)
    return matrix


def scripted_run(
    run_id: int = 1,
    config: RaceConfig | None = None,
    steps: int = 40,
    steps_per_epoch: int = 10,
    fail_at: int | None = None,
) -> Generator[RunEvent, None, None]:
    """A whole race, the same on every call.

    Args:
        run_id: Its id.
        config: The set-up; the default race when None.
        steps: How many batches.
        steps_per_epoch: Batches to an epoch.
        fail_at: Raise a RuntimeError instead of this step.
    """
    config = config or RaceConfig()
    yield Preparing(run_id, None, "making digits")
    yield Preparing(run_id, 1.0, "making digits")
    yield run_started(run_id, config, steps, steps_per_epoch)
    kept: list[int] = [0]
    yield MomentKept(run_id, 0, (0,))
    looks = 1
    yield evaluated(run_id, 0, config, looks, steps, steps_per_epoch)
    for step in range(1, steps + 1):
        if step == fail_at:
            raise RuntimeError("the script says that this step fails")
        yield step_end(run_id, step, config, steps, steps_per_epoch)
        if step & (step - 1) == 0 or step % 8 == 0 or step == steps:
            kept.append(step)
            yield MomentKept(run_id, step, tuple(kept))
        if step % 8 == 0 or step == steps:
            looks += 1
            yield evaluated(run_id, step, config, looks, steps, steps_per_epoch)
    yield RunEnded(run_id, "finished", steps, 0.004 * steps)


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


def shown(count: int, networks: tuple[str, ...] = (), shape: tuple[int, int, int] = (1, 28, 28)) -> Shown:
    """Pictures with a bright bar whose place is the class."""
    labels = np.arange(count, dtype=np.int64) % len(DIGITS)
    images = np.zeros((count, *shape), np.uint8)
    for place, label in enumerate(labels):
        images[place, :, 2:-2, 2 + 2 * label : 4 + 2 * label] = 255
    guesses = np.stack([(labels + place) % len(DIGITS) for place in range(len(networks))], 1) if networks else None
    return Shown(images, labels, guesses, networks, count, np.arange(count, dtype=np.int64), DIGITS)


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
