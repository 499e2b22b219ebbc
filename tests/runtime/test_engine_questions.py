"""Questions in the engine's thread: slots, long answers in slices, withdrawals, failures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator

import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import (
    Answered,
    Answering,
    Paused,
    RunEnded,
)
from cnnstudio.runtime.engine_thread import Engine
from tests.runtime.asking import Ask, AskLong, MakeEngine, is_answer
from tests.runtime.conftest import PATIENCE_S, RecordingMailbox, ScriptedBackend


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
