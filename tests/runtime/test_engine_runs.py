"""Runs in the engine's thread, on a script: begun, paused, stepped, stopped, failed."""

from __future__ import annotations

import logging
import threading
import warnings
from typing import Any

import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import Cancelled, StudioError
from cnnstudio.core.events import (
    Answered,
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
from cnnstudio.runtime.engine_thread import Engine
from tests.made_up import scripted_run
from tests.runtime.asking import Ask, MakeEngine, is_answer, is_step
from tests.runtime.conftest import PATIENCE_S, RecordingMailbox, ScriptedBackend


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


def test_a_run_ends_where_all_networks_have_learned_the_same_batches(
    make_engine: MakeEngine, mailbox: RecordingMailbox, backend: ScriptedBackend
):
    """Stop comes when one network has learned a batch that the other has not: both learn it before the run ends."""
    learned: list[str] = []

    def slices(event: Event):
        if isinstance(event, StepEnd) and event.step == 2:
            learned.append("MLP")
            engine.stop()
            yield Tick(event.run_id, within_step=True)
            yield Tick(event.run_id, within_step=True)
            learned.append("CNN")
            yield Tick(event.run_id)
            learned.append("more")

    backend.after = slices
    engine = make_engine(backend)
    engine.run(RaceConfig())
    assert mailbox.wait_for_kind(RunEnded).outcome == "stopped"
    assert learned == ["MLP", "CNN"]
