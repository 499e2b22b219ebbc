"""The one thread that calls torch: it iterates a race, and serves questions between two batches.

A race is a generator of events. Whether it stops is decided here between two of its events, and whether it stands
between two of its steps, never inside it. A question that the window asks waits for at most one batch. See `control`
for what comes in and `mailbox` for what goes out.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import GeneratorType
from typing import Any, Final

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import Cancelled, ErrorReport, StudioError, report_from
from cnnstudio.core.events import (
    Answered,
    Answering,
    EngineUnavailable,
    Notice,
    Paused,
    Resumed,
    RunEnded,
    RunEvent,
    StepEnd,
    Tick,
)
from cnnstudio.core.experiment import Partly
from cnnstudio.core.questions import Question
from cnnstudio.runtime._heap import share_one_heap
from cnnstudio.runtime._warnings import WarningRelay
from cnnstudio.runtime.backend import Backend, TorchBackend
from cnnstudio.runtime.control import Asked, Control, Order
from cnnstudio.runtime.mailbox import Mailbox

_log = logging.getLogger(__name__)

_QUESTIONS_PER_GAP: Final = 2
"""Questions served between two events of a race: the verdicts and one more, so that training goes on."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """An exception, put into words where it ended."""

    report: ErrorReport
    cancelled: bool


@dataclass(frozen=True, slots=True)
class _Returned:
    """A generator came to its end with this value."""

    value: Any


@dataclass(slots=True)
class _Run:
    """The race under way.

    Attributes:
        step: The last step that ended.
        seconds: Time spent inside the race, so that neither a pause nor a sleep of the computer counts.
        standing: Whether the window was told that the run stands.
        may_stand: Whether the race is between two steps, with everything said that belongs to the last one.
        within_step: Whether some networks have learned a batch that others have not.
    """

    run_id: int
    events: Generator[RunEvent, None, None]
    step: int = 0
    seconds: float = 0.0
    standing: bool = False
    may_stand: bool = False
    within_step: bool = False


def _advance(generator: Generator[Any, None, Any]) -> Any:
    try:
        return next(generator)
    except StopIteration as end:
        return _Returned(end.value)


def _guarded(doing: str, call: Callable[[], Any]) -> Any:
    """Calls, and turns any exception into a `_Failure`; the only place of the thread where one may end."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 the thread must outlive whatever torch or a data set raises
        if isinstance(error, StudioError):
            _log.info("%s: %s", doing, error)
        else:
            _log.error("%s failed", doing, exc_info=error)
        details = "" if isinstance(error, StudioError) else traceback.format_exc()
        return _Failure(report_from(error, doing, details), isinstance(error, Cancelled))


class Engine:
    """The engine behind its thread: every method returns at once, every result arrives in the mailbox.

    Thread: any; the private half runs in the engine's thread.
    """

    def __init__(self, mailbox: Mailbox, data_root: Path | None = None, backend: Backend | None = None) -> None:
        """Makes the engine; `start` starts it.

        Args:
            mailbox: Where events and answers go.
            data_root: Folder with stored data sets, or None for the program's own.
            backend: What does the work; torch unless a test says otherwise.
        """
        self._mailbox = mailbox
        self._backend: Backend = backend if backend is not None else TorchBackend(data_root)
        self._control = Control()
        # A daemon thread inside torch aborts the interpreter at exit; this one is joined.
        self._thread = threading.Thread(target=self._main, name="engine", daemon=False)
        self._relay = WarningRelay(self._tell_warning)
        self._started = False
        self._unavailable: ErrorReport | None = None
        self._long: deque[tuple[Asked, Generator[Progress, None, Any]]] = deque()
        self._last: tuple[Question[Any], ...] = ()

    def start(self) -> None:
        """Starts the thread; `EngineReady` or `EngineUnavailable` follows."""
        self._started = True
        self._relay.install()
        share_one_heap()
        self._thread.start()

    def run(self, config: RaceConfig) -> int:
        """Starts a race, and stops the one that runs; gives the new run's id, which is larger than any before."""
        return self._control.run(config)

    def pause(self) -> None:
        """Lets the run stand after the step it is in."""
        self._control.pause()

    def resume(self) -> None:
        """Lets the run go on."""
        self._control.resume()

    def step(self) -> None:
        """Lets the run take one step and stand."""
        self._control.step()

    def stop(self) -> None:
        """Ends the run; `RunEnded` with the outcome "stopped" follows."""
        self._control.stop()

    def set_learning_rate(self, value: float) -> None:
        """Changes the learning rate of the run from its next batch on."""
        self._control.set_learning_rate(value)

    def ask(self, question: Question[Any], slot: str | None = None) -> int:
        """Asks; an `Answered` with the id that is returned follows.

        Args:
            question: One of `core.questions`.
            slot: Of all questions asked in one slot only the newest is answered, as for the verdicts that follow a pen.
        """
        return self._control.ask(question, slot)

    def withdraw(self, slot: str) -> None:
        """Gives up the question of a slot; it is never answered, and a long answer ends at its next slice."""
        self._control.withdraw(slot)

    def close(self, timeout_s: float = limits.JOIN_S, last: Sequence[Question[Any]] = ()) -> bool:
        """Ends the run and the thread.

        Args:
            timeout_s: How long to wait for the thread.
            last: What the thread still does when the run has ended, as keeping its weights. Nobody hears the answers.

        Returns:
            Whether the thread is gone. Where it is not (in the middle of an import, say), it ends by itself as soon
            as it can, and the process with it.
        """
        self._last = tuple(last)
        self._control.close()
        if not self._started:
            return True
        self._thread.join(timeout_s)
        gone = not self._thread.is_alive()
        if gone:
            self._relay.remove()
        return gone

    # Everything below runs in the engine's thread.

    def _main(self) -> None:
        self._relay.listen_here()
        self._warm_up()
        while not self._control.closing:
            overtaken, order = self._control.take_orders()
            for skipped in overtaken:
                self._mailbox.put(RunEnded(skipped.run_id, "stopped", 0, 0.0))
            if order is not None:
                self._race(order)
                self._control.run_ended()
            elif not self._serve(_QUESTIONS_PER_GAP):
                self._control.wait()
        for skipped in self._control.take_orders()[0]:
            self._mailbox.put(RunEnded(skipped.run_id, "stopped", 0, 0.0))
        while self._long:
            _guarded("Stopping an answer", self._long.popleft()[1].close)
        if self._unavailable is None:
            for question in self._last:
                _guarded("The last answer", partial(self._answer_whole, question))

    def _answer_whole(self, question: Question[Any]) -> None:
        answer = self._backend.answer(question)
        if isinstance(answer, GeneratorType):
            deque(answer, maxlen=0)

    def _tell_warning(self, text: str) -> None:
        self._mailbox.put(Notice(ErrorReport(text)))

    def _warm_up(self) -> None:
        stages = _guarded("Loading PyTorch", self._backend.warm_up)
        outcome: Any = stages
        while not isinstance(outcome, (_Failure, _Returned)):
            if self._control.closing:
                _guarded("Loading PyTorch", stages.close)
                return
            outcome = _guarded("Loading PyTorch", partial(_advance, stages))
        if isinstance(outcome, _Failure):
            self._unavailable = outcome.report
            self._mailbox.put(EngineUnavailable(outcome.report))
        else:
            self._mailbox.put(outcome.value)

    def _race(self, order: Order) -> None:
        if self._unavailable is not None:
            self._mailbox.put(RunEnded(order.run_id, "failed", 0, 0.0, self._unavailable))
            return
        events = _guarded("The race", partial(self._backend.race, order.config, order.run_id, order.live))
        if isinstance(events, _Failure):
            self._mailbox.put(RunEnded(order.run_id, "failed", 0, 0.0, events.report))
            return
        run = _Run(order.run_id, events)
        while self._may_go_on(run):
            began = time.perf_counter()
            event = _guarded("The race", partial(_advance, run.events))
            run.seconds += time.perf_counter() - began
            if self._took_last_event(run, event):
                return
            self._serve(_QUESTIONS_PER_GAP)
        _guarded("Stopping the race", run.events.close)
        self._mailbox.put(RunEnded(run.run_id, "stopped", run.step, run.seconds))

    def _took_last_event(self, run: _Run, event: Any) -> bool:
        """Passes one event on; True when it was the run's last."""
        if isinstance(event, _Failure):
            if event.cancelled:
                self._mailbox.put(RunEnded(run.run_id, "stopped", run.step, run.seconds))
            else:
                self._mailbox.put(RunEnded(run.run_id, "failed", run.step, run.seconds, event.report))
            return True
        if isinstance(event, _Returned):
            self._mailbox.put(RunEnded(run.run_id, "finished", run.step, run.seconds))
            return True
        run.may_stand = isinstance(event, Tick) and event.between_steps
        run.within_step = isinstance(event, Tick) and event.within_step
        if isinstance(event, Tick):
            return False
        self._mailbox.put(event)
        if isinstance(event, StepEnd):
            run.step = event.step
            self._control.step_done()
        if isinstance(event, RunEnded):
            _guarded("Ending the race", run.events.close)
            return True
        return False

    def _may_go_on(self, run: _Run) -> bool:
        """Stands while the run is paused, serving questions; False when the run is to end.

        It ends where all networks have learned the same batches, so that the weights that stay are a fair race's.
        """
        while True:
            wish = self._control.wish()
            if wish == "leave":
                return run.within_step
            if wish != "stand" or not run.may_stand:
                if run.standing and wish == "go":
                    self._mailbox.put(Resumed(run.run_id, run.step))
                run.standing = False
                return True
            if not run.standing:
                run.standing = True
                self._mailbox.put(Paused(run.run_id, run.step))
            if not self._serve(_QUESTIONS_PER_GAP):
                self._control.wait()

    def _serve(self, most: int) -> bool:
        """Answers up to `most` waiting questions and goes on with one long answer; False when there was nothing.

        Long answers take turns: one that waits for another process must not keep the others waiting.
        """
        served = 0
        while served < most and (asked := self._control.take_question()) is not None:
            served += 1
            self._begin_answer(asked)
        if not self._long:
            return served > 0
        asked, answer = self._long.popleft()
        if not self._control.still_wanted(asked):
            _guarded("Stopping an answer", answer.close)
            return True
        outcome = _guarded("Answering", partial(_advance, answer))
        if isinstance(outcome, Progress):
            values = outcome.values if isinstance(outcome, Partly) else None
            self._mailbox.put(Answering(asked.question_id, outcome.fraction, outcome.text, values))
        if isinstance(outcome, (_Failure, _Returned)):
            self._end_answer(asked, outcome.value if isinstance(outcome, _Returned) else outcome)
        else:
            self._long.append((asked, answer))
        return True

    def _begin_answer(self, asked: Asked) -> None:
        if self._unavailable is not None:
            self._mailbox.put(Answered(asked.question_id, report=self._unavailable))
            return
        answer = _guarded("Answering", partial(self._backend.answer, asked.question))
        if isinstance(answer, GeneratorType):
            self._long.append((asked, answer))
        else:
            self._end_answer(asked, answer)

    def _end_answer(self, asked: Asked, answer: Any) -> None:
        if not self._control.still_wanted(asked):
            return  # withdrawn or replaced in its last slice
        if isinstance(answer, _Failure):
            self._mailbox.put(Answered(asked.question_id, report=answer.report))
        else:
            self._mailbox.put(Answered(asked.question_id, answer=answer))
