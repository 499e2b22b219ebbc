"""The engine's thread on a script: no torch, no sleep."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import Cancelled, StudioError
from cnnstudio.core.events import (
    Answered,
    Answering,
    EngineReady,
    EngineUnavailable,
    Event,
    MomentKept,
    Notice,
    Paused,
    Resumed,
    RunEnded,
    RunStarted,
    StepEnd,
    Tick,
)
from cnnstudio.core.questions import Question
from cnnstudio.runtime.engine_thread import Engine
from cnnstudio.runtime.mailbox import Mailbox
from tests.fakes import scripted_run
from tests.runtime.conftest import PATIENCE_S, RecordingMailbox, ScriptedBackend

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


def test_a_race_arrives_whole_and_in_order(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    engine = make_engine(backend)
    config = RaceConfig()
    assert engine.run(config) == 1
    mailbox.wait_for_kind(RunEnded)
    assert isinstance(mailbox.heard[0], EngineReady)
    expected = [type(event).__name__ for event in scripted_run(1, config, backend.steps)]
    assert mailbox.kinds()[1:] == expected
    assert backend.closed_runs == [1]


def test_everything_of_the_backend_runs_in_one_thread_that_is_not_a_daemon(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    names: list[tuple[str, bool]] = []
    backend.answers[Ask] = lambda q: names.append((threading.current_thread().name, threading.current_thread().daemon))
    engine = make_engine(backend)
    engine.run(RaceConfig())
    mailbox.wait_for(is_answer(engine.ask(Ask("who"))))
    mailbox.wait_for_kind(RunEnded)
    assert names == [("engine", False)]
    assert len(backend.thread_ids) == 1
    assert threading.get_ident() not in backend.thread_ids


def test_stop_closes_the_race_and_says_so(make_engine: MakeEngine, mailbox: RecordingMailbox, gated: ScriptedBackend):
    engine = make_engine(gated)
    engine.run(RaceConfig())
    gated.allow(2)
    mailbox.wait_for(is_step(2))
    engine.stop()
    gated.allow(1)  # the race may be inside its third step
    ended = mailbox.wait_for_kind(RunEnded)
    assert (ended.run_id, ended.outcome) == (1, "stopped")
    assert ended.step in (2, 3)
    assert ended.report is None
    assert gated.closed_runs == [1]
    assert mailbox.heard[-1] is ended


def test_stop_with_no_run_is_forgotten_by_the_next(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    engine = make_engine(backend)
    engine.stop()
    engine.pause()
    engine.run(RaceConfig())
    assert mailbox.wait_for_kind(RunEnded).outcome == "finished"


def test_a_run_stopped_before_it_began_still_ends(mailbox: RecordingMailbox, backend: ScriptedBackend):
    engine = Engine(mailbox, backend=backend)
    engine.run(RaceConfig())
    engine.stop()
    engine.start()
    ended = mailbox.wait_for_kind(RunEnded)
    assert (ended.run_id, ended.outcome, ended.step) == (1, "stopped", 0)
    assert engine.close(PATIENCE_S)
    assert not backend.lives


def test_a_new_run_ends_the_old_one_first_and_ids_increase(
    make_engine: MakeEngine, mailbox: RecordingMailbox, gated: ScriptedBackend
):
    engine = make_engine(gated)
    assert engine.run(RaceConfig()) == 1
    gated.allow(1)
    mailbox.wait_for(is_step(1))
    assert engine.run(RaceConfig(seed=1)) == 2
    assert engine.run(RaceConfig(seed=2)) == 3
    gated.allow(20)
    mailbox.wait_for(lambda event: isinstance(event, RunEnded) and event.run_id == 3)
    ends = [(event.run_id, event.outcome) for event in mailbox.heard if isinstance(event, RunEnded)]
    assert ends == [(1, "stopped"), (2, "stopped"), (3, "finished")]
    starts = [event for event in mailbox.heard if isinstance(event, RunStarted)]
    assert [(event.run_id, event.config.seed) for event in starts] == [(1, 0), (3, 2)]


def test_pause_stands_and_resume_goes_on(make_engine: MakeEngine, mailbox: RecordingMailbox, gated: ScriptedBackend):
    engine = make_engine(gated)
    engine.run(RaceConfig())
    gated.allow(2)
    mailbox.wait_for(is_step(2))
    engine.pause()
    gated.allow(1)
    paused = mailbox.wait_for_kind(Paused)
    assert paused.step in (2, 3)
    engine.resume()
    gated.allow(20)
    mailbox.wait_for_kind(RunEnded)
    between = mailbox.heard[mailbox.heard.index(paused) + 1]
    assert between == Resumed(1, paused.step)
    assert sum(isinstance(event, StepEnd) for event in mailbox.heard) == gated.steps


def test_questions_are_served_while_paused(make_engine: MakeEngine, mailbox: RecordingMailbox, gated: ScriptedBackend):
    gated.answers[Ask] = lambda question: question.text.upper()
    engine = make_engine(gated)
    engine.run(RaceConfig())
    engine.pause()
    gated.allow(1)
    mailbox.wait_for_kind(Paused)
    answered = mailbox.wait_for(is_answer(engine.ask(Ask("seven"))))
    assert answered == Answered(1, answer="SEVEN")
    engine.stop()
    assert mailbox.wait_for_kind(RunEnded).outcome == "stopped"


def test_one_step_while_paused(make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend):
    engine = make_engine(backend, start=False)
    engine.run(RaceConfig())
    engine.step()
    engine.start()
    first = mailbox.wait_for(lambda event: isinstance(event, Paused) and event.step == 1)
    engine.step()
    second = mailbox.wait_for(lambda event: isinstance(event, Paused) and event.step == 2)
    between = mailbox.heard[mailbox.heard.index(first) + 1 : mailbox.heard.index(second)]
    assert [event.step for event in between if isinstance(event, StepEnd)] == [2]
    assert not any(isinstance(event, Resumed) for event in mailbox.heard)


def test_two_steps_asked_at_once_are_two(make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend):
    engine = make_engine(backend, start=False)
    engine.run(RaceConfig())
    engine.step()
    engine.start()
    mailbox.wait_for(lambda event: isinstance(event, Paused) and event.step == 1)
    engine.step()
    engine.step()
    mailbox.wait_for(lambda event: isinstance(event, Paused) and event.step == 3)
    engine.resume()
    assert mailbox.wait_for_kind(RunEnded).outcome == "finished"


def test_a_failing_race_is_a_report_and_the_thread_lives_on(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
):
    backend.fail_at = 3
    engine = make_engine(backend)
    with caplog.at_level(logging.ERROR):
        engine.run(RaceConfig())
        ended = mailbox.wait_for_kind(RunEnded)
    assert (ended.outcome, ended.step) == ("failed", 2)
    assert "the script says that this step fails" in ended.report.sentence
    assert "RuntimeError" in ended.report.details
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    caplog.clear()
    backend.fail_at = None
    engine.run(RaceConfig())
    assert mailbox.wait_for_kind(RunEnded, 2).outcome == "finished"


@pytest.mark.parametrize(
    ("error", "outcome", "what"),
    [
        (StudioError("The disk is full."), "failed", "The disk is full."),
        (Cancelled("The download was stopped."), "stopped", None),
    ],
)
def test_an_explained_failure_is_passed_on_without_a_traceback(
    make_engine: MakeEngine,
    mailbox: RecordingMailbox,
    backend: ScriptedBackend,
    error: Exception,
    outcome: str,
    what: str | None,
):
    def fail(step: int) -> None:
        raise error

    backend.before_step = fail
    make_engine(backend).run(RaceConfig())
    ended = mailbox.wait_for_kind(RunEnded)
    assert ended.outcome == outcome
    assert (ended.report.what if ended.report else None) == what
    assert ended.report is None or ended.report.details == ""


def test_without_torch_runs_fail_and_questions_get_the_reason(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
):
    backend.warm_up_error = ImportError("No module named 'torch'")
    with caplog.at_level(logging.ERROR):
        engine = make_engine(backend)
        unavailable = mailbox.wait_for_kind(EngineUnavailable)
    caplog.clear()
    assert "No module named 'torch'" in unavailable.report.sentence
    engine.run(RaceConfig())
    assert mailbox.wait_for_kind(RunEnded).report == unavailable.report
    assert mailbox.wait_for(is_answer(engine.ask(Ask("x")))).report == unavailable.report


def test_only_the_newest_question_of_a_slot_is_answered(mailbox: RecordingMailbox, backend: ScriptedBackend):
    backend.answers[Ask] = lambda question: question.text
    engine = Engine(mailbox, backend=backend)
    for place in range(50):
        engine.ask(Ask(str(place)), slot="verdicts")
    other = engine.ask(Ask("other"))
    newest = engine.ask(Ask("newest"), slot="verdicts")
    engine.start()
    mailbox.wait_for_kind(Answered, 2)
    assert engine.close(PATIENCE_S)
    answers = {event.question_id: event.answer for event in mailbox.heard if isinstance(event, Answered)}
    assert answers == {other: "other", newest: "newest"}


def test_a_failing_question_gets_its_report(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
):
    def explained(question: Ask) -> str:
        raise StudioError("That picture has the wrong shape.")

    def unexplained(question: AskLong) -> Generator[Progress, None, str]:
        yield Progress(0.5, "reading")
        raise KeyError("oops")

    backend.answers |= {Ask: explained, AskLong: unexplained}
    engine = make_engine(backend)
    first = mailbox.wait_for(is_answer(engine.ask(Ask("x"))))
    assert first.report.what == "That picture has the wrong shape."
    with caplog.at_level(logging.ERROR):
        second = mailbox.wait_for(is_answer(engine.ask(AskLong("x"))))
    caplog.clear()
    assert "KeyError" in second.report.details


def test_a_long_answer_goes_in_slices_with_others_served_between(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    def long(question: AskLong) -> Generator[Progress, None, str]:
        for part in range(4):
            yield Progress(part / 4, "making digits")
            if part == 1:  # asked in the middle of the work, served before it ends
                engine.ask(Ask("quick"))
        return "done"

    backend.answers |= {Ask: lambda question: "quick", AskLong: long}
    engine = make_engine(backend)
    engine.ask(AskLong("x"))
    assert mailbox.wait_for(is_answer(1)).answer == "done"
    assert [event.question_id for event in mailbox.heard if isinstance(event, Answered)] == [2, 1]
    assert [event.fraction for event in mailbox.heard if isinstance(event, Answering)] == [0, 0.25, 0.5, 0.75]


def test_long_answers_take_turns(make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend):
    def long(question: AskLong) -> Generator[None, None, str]:
        if question.text == "endless":
            engine.ask(AskLong("short"))
        yield
        while question.text == "endless":  # as one that waits for another process
            yield
        return "done"

    backend.answers[AskLong] = long
    engine = make_engine(backend)
    engine.ask(AskLong("endless"), slot="t-SNE")
    assert mailbox.wait_for(is_answer(2)).answer == "done"
    engine.withdraw("t-SNE")


def test_a_long_answer_whose_slot_was_taken_is_closed_and_never_answered(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    closed: list[str] = []

    def long(question: AskLong) -> Generator[Progress, None, str]:
        try:
            yield Progress(0.1, "first")
            if question.text == "old":
                engine.ask(AskLong("new"), slot="browse")
            yield Progress(0.2, "second")
            return question.text
        finally:
            closed.append(question.text)

    backend.answers[AskLong] = long
    engine = make_engine(backend)
    engine.ask(AskLong("old"), slot="browse")
    assert mailbox.wait_for_kind(Answered).answer == "new"
    assert closed == ["old", "new"]
    assert mailbox.kinds().count("Answered") == 1


def test_a_run_goes_on_while_questions_keep_coming(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    def ask_again(question: Ask) -> str:
        if not backend.closed_runs:
            engine.ask(Ask("again"), slot="verdicts")
        return "answer"

    backend.answers[Ask] = ask_again
    engine = make_engine(backend)
    engine.ask(Ask("first"), slot="verdicts")
    engine.run(RaceConfig())
    assert mailbox.wait_for_kind(RunEnded).outcome == "finished"


def test_the_learning_rate_reaches_the_newest_run_only(
    make_engine: MakeEngine, mailbox: RecordingMailbox, gated: ScriptedBackend
):
    engine = make_engine(gated)
    engine.run(RaceConfig())
    gated.allow(1)
    mailbox.wait_for(is_step(1))
    engine.set_learning_rate(0.5)
    assert gated.lives[1].learning_rate == 0.5
    engine.run(RaceConfig())
    gated.allow(20)
    mailbox.wait_for(lambda event: isinstance(event, RunEnded) and event.run_id == 2)
    assert gated.lives[2].learning_rate is None


def test_close_in_mid_run_ends_it_and_the_thread(mailbox: RecordingMailbox, gated: ScriptedBackend):
    engine = Engine(mailbox, backend=gated)
    engine.start()
    engine.run(RaceConfig())
    gated.allow(1)
    mailbox.wait_for(is_step(1))
    closer = threading.Thread(target=engine.close, args=(PATIENCE_S,))
    closer.start()
    gated.allow(5)
    closer.join(PATIENCE_S)
    assert engine.close(0.0)
    assert mailbox.heard[-1].outcome == "stopped"
    assert gated.closed_runs == [1]


def test_the_last_questions_are_served_when_the_run_has_ended(mailbox: RecordingMailbox, gated: ScriptedBackend):
    served: list[tuple[str, list[int]]] = []

    def long(question: AskLong) -> Generator[Progress, None, str]:
        yield Progress(0.5, "half")
        served.append((question.text, list(gated.closed_runs)))
        return question.text

    def fail(question: Ask) -> str:
        raise StudioError("The disk is full.")

    gated.answers = {AskLong: long, Ask: fail}
    engine = Engine(mailbox, backend=gated)
    engine.start()
    engine.run(RaceConfig())
    gated.allow(1)
    mailbox.wait_for(is_step(1))
    gated.allow(5)
    assert engine.close(PATIENCE_S, [Ask("fails"), AskLong("keep")])
    assert served == [("keep", [1])]


def test_close_that_cannot_join_says_so(mailbox: RecordingMailbox, gated: ScriptedBackend):
    engine = Engine(mailbox, backend=gated)
    engine.start()
    engine.run(RaceConfig())
    mailbox.wait_for_kind(RunStarted)
    assert not engine.close(0.0)
    gated.allow(5)
    assert engine.close(PATIENCE_S)


def test_close_before_start_and_twice():
    engine = Engine(Mailbox(), backend=ScriptedBackend())
    assert engine.close()
    assert engine.close()


def test_a_question_that_was_withdrawn_is_closed_and_never_answered(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    ended = threading.Event()

    def long(question: AskLong) -> Generator[Progress, None, str]:
        try:
            yield Progress(0.1, "first")
            engine.withdraw("maximise")
            yield Progress(0.2, "second")
            return "never"
        finally:
            ended.set()

    backend.answers |= {Ask: lambda question: question.text, AskLong: long}
    engine = make_engine(backend)
    engine.ask(AskLong("given up"), slot="maximise")
    assert ended.wait(PATIENCE_S)
    after = engine.ask(Ask("after"))
    assert mailbox.wait_for_kind(Answered).question_id == after


def test_what_is_withdrawn_in_its_last_slice_is_not_answered_either(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    def long(question: AskLong) -> Generator[Progress, None, str]:
        yield Progress(0.1, "first")
        engine.withdraw("maximise")
        return "too late"

    def short(question: Ask) -> str:
        if question.text == "given up":
            engine.withdraw("verdicts")
        return question.text

    backend.answers |= {Ask: short, AskLong: long}
    engine = make_engine(backend)
    engine.ask(AskLong("given up"), slot="maximise")
    engine.ask(Ask("given up"), slot="verdicts")
    mailbox.wait_for_kind(Answering)
    after = engine.ask(AskLong("after"))
    assert mailbox.wait_for_kind(Answered).question_id == after


def test_close_while_paused_and_with_a_long_answer(mailbox: RecordingMailbox, backend: ScriptedBackend):
    closed = threading.Event()

    def endless(question: AskLong) -> Generator[Progress | None, None, str]:
        try:
            while True:
                yield Progress(None, "forever")
        finally:
            closed.set()

    backend.answers[AskLong] = endless
    engine = Engine(mailbox, backend=backend)
    engine.start()
    engine.run(RaceConfig())
    engine.pause()
    engine.ask(AskLong("x"))
    mailbox.wait_for_kind(Answering)
    assert engine.close(PATIENCE_S)
    assert closed.is_set()
    assert mailbox.wait_for_kind(RunEnded).outcome in ("stopped", "finished")


def test_warnings_of_the_engine_become_notices_once_and_others_stay(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    def warn(question: Ask) -> str:
        warnings.warn("the picture is odd", UserWarning, stacklevel=1)
        return "done"

    backend.answers[Ask] = warn
    with warnings.catch_warnings(record=True) as elsewhere:
        warnings.simplefilter("always")
        engine = make_engine(backend)
        mailbox.wait_for(is_answer(engine.ask(Ask("x"))))
        mailbox.wait_for(is_answer(engine.ask(Ask("y"))))
        warnings.warn("another thread's", UserWarning, stacklevel=1)
        assert engine.close(PATIENCE_S)
        warnings.warn("afterwards", UserWarning, stacklevel=1)
    notices = [event.report.what for event in mailbox.heard if isinstance(event, Notice)]
    assert notices == ["UserWarning: the picture is odd"]
    assert [str(caught.message) for caught in elsewhere] == ["another thread's", "afterwards"]


def test_many_threads_may_command_at_once(mailbox: RecordingMailbox, backend: ScriptedBackend):
    backend.answers[Ask] = lambda question: question.text
    engine = Engine(mailbox, backend=backend)
    engine.start()
    ids: list[int] = []
    start = threading.Barrier(4)

    def command(place: int) -> None:
        start.wait()
        for _ in range(20):
            ids.append(engine.run(RaceConfig()))
            engine.pause()
            engine.ask(Ask(str(place)))
            engine.step()
            engine.resume()

    commanders: list[Any] = [threading.Thread(target=command, args=(place,)) for place in range(4)]
    for commander in commanders:
        commander.start()
    for commander in commanders:
        commander.join()
    mailbox.wait_for_kind(Answered, 80)
    mailbox.wait_for_kind(RunEnded, 80)
    assert engine.close(PATIENCE_S)
    assert sorted(ids) == list(range(1, 81))
    assert sorted(event.run_id for event in mailbox.heard if isinstance(event, RunEnded)) == list(range(1, 81))


def test_a_run_stands_between_steps_only_and_serves_at_every_tick(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    """Most ticks come in the middle of a step: whatever belongs to the step is said before the run stands."""
    served: list[str] = []

    def slices(event: Event):
        if isinstance(event, StepEnd) and event.step == 2:
            yield Tick(event.run_id)
            engine.pause()
            engine.ask(Ask("in the slice"))
            yield Tick(event.run_id)
            served.append("before the next slice" if served else "nothing")

    backend.after = slices
    backend.answers[Ask] = lambda question: served.append(question.text)
    engine = make_engine(backend)
    engine.run(RaceConfig())
    paused = mailbox.wait_for_kind(Paused)
    assert served == ["in the slice", "before the next slice"]
    assert paused.step == 2
    assert isinstance(mailbox.heard[mailbox.heard.index(paused) - 1], MomentKept)
    assert not any(isinstance(event, Tick) for event in mailbox.heard)
