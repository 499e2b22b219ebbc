"""How the engine's thread ends: in mid-run, while paused, with last questions, and when it cannot."""

from __future__ import annotations

import threading
from collections.abc import Generator

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import (
    Answering,
    RunEnded,
    RunStarted,
)
from cnnstudio.runtime.engine_thread import Engine
from cnnstudio.runtime.mailbox import Mailbox
from tests.runtime.asking import Ask, AskLong, is_step
from tests.runtime.conftest import PATIENCE_S, RecordingMailbox, ScriptedBackend


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
