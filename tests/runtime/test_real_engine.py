"""The thread with torch behind it: a few tests that everything fits together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import (
    Answered,
    EngineReady,
    Evaluated,
    Event,
    MomentKept,
    Paused,
    RunEnded,
    RunStarted,
    SettingChanged,
    StepEnd,
)
from cnnstudio.core.questions import BrowseExamples, Confusions, ReadPicture
from cnnstudio.runtime.engine_thread import Engine
from tests.runtime.conftest import PATIENCE_S, RecordingMailbox

CONFIG = RaceConfig("glyphs", ("mlp:hidden=8", "small_cnn"), examples=64, batch_size=16, epochs=2, evaluations=2)
PICTURE = np.zeros((1, 28, 28), np.uint8)


@pytest.fixture
def engine(mailbox: RecordingMailbox) -> Iterator[Engine]:
    engine = Engine(mailbox)
    engine.start()
    yield engine
    assert engine.close(PATIENCE_S)


def is_answer(question_id: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Answered) and event.question_id == question_id


def test_a_race_with_questions_before_during_and_after(engine: Engine, mailbox: RecordingMailbox):
    ready = mailbox.wait_for_kind(EngineReady)
    assert ready.torch_version.startswith("2.")
    read = ReadPicture(PICTURE, "glyphs", CONFIG.networks)
    before = mailbox.wait_for(is_answer(engine.ask(read))).answer
    assert before.verdicts[0].weights_from == "none"
    assert before.verdicts[1].weights_from != "run"

    engine.run(CONFIG)
    engine.step()
    mailbox.wait_for(lambda event: isinstance(event, Paused) and event.step == 1)
    during = mailbox.wait_for(is_answer(engine.ask(read))).answer
    assert [(verdict.weights_from, verdict.step) for verdict in during.verdicts] == [("run", 1)] * 2
    engine.set_learning_rate(0.5)
    engine.resume()
    ended = mailbox.wait_for_kind(RunEnded)
    assert (ended.outcome, ended.step) == ("finished", 8)

    after = mailbox.wait_for(is_answer(engine.ask(read))).answer
    assert [verdict.step for verdict in after.verdicts] == [8, 8]
    matrices = mailbox.wait_for(is_answer(engine.ask(Confusions()))).answer
    final = [event for event in mailbox.heard if isinstance(event, Evaluated)][-1]
    assert list(matrices) == [score.network for score in final.scores]
    shown = mailbox.wait_for(is_answer(engine.ask(BrowseExamples("glyphs", most=3)))).answer
    assert shown.images.shape == (3, 1, 28, 28)

    steps = [event.step for event in mailbox.heard if isinstance(event, StepEnd)]
    assert steps == list(range(1, 9))
    assert [event.value for event in mailbox.heard if isinstance(event, SettingChanged)] == [0.5]
    assert {"RunStarted", "MomentKept"} <= set(mailbox.kinds())


def test_one_step_is_whole_when_the_run_stands_again(engine: Engine, mailbox: RecordingMailbox):
    """What belongs to a step, its moment and its measurement, is there before the run stands."""
    engine.run(CONFIG.with_(evaluations=8))
    for step in (1, 2):
        engine.step()
        paused = mailbox.wait_for(lambda event, step=step: isinstance(event, Paused) and event.step == step)
        said = mailbox.heard[: mailbox.heard.index(paused)]
        assert any(isinstance(event, MomentKept) and event.step == step for event in said)
        assert any(isinstance(event, Evaluated) and event.step == step for event in said)


def test_a_run_stops_at_once_and_another_begins(engine: Engine, mailbox: RecordingMailbox):
    engine.run(CONFIG.with_(epochs=500))
    mailbox.wait_for_kind(StepEnd)
    second = engine.run(CONFIG)
    mailbox.wait_for(lambda event: isinstance(event, RunEnded) and event.run_id == second)
    ends = [(event.run_id, event.outcome) for event in mailbox.heard if isinstance(event, RunEnded)]
    assert ends == [(1, "stopped"), (2, "finished")]


def test_a_setup_that_cannot_run_is_a_report(engine: Engine, mailbox: RecordingMailbox):
    engine.run(CONFIG.with_(networks=("nonet",)))
    ended = mailbox.wait_for_kind(RunEnded)
    assert ended.outcome == "failed"
    assert "nonet" in ended.report.sentence
    assert not any(isinstance(event, RunStarted) for event in mailbox.heard)


def test_a_process_that_closes_in_mid_run_ends_without_a_word():
    script = """
import threading
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import StepEnd
from cnnstudio.runtime.engine_thread import Engine
from cnnstudio.runtime.mailbox import Mailbox

class Watching(Mailbox):
    stepped = threading.Event()
    def put(self, event):
        if isinstance(event, StepEnd):
            self.stepped.set()
        super().put(event)

engine = Engine(Watching())
engine.start()
engine.run(RaceConfig("glyphs", ("mlp:hidden=8",), examples=64, batch_size=16, epochs=1000))
assert Watching.stepped.wait(60)
assert engine.close(30)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
