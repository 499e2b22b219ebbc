"""The open study: what follows from a command, from an event, from a question."""

from __future__ import annotations

import numpy as np
import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answered, Answering, EngineUnavailable, Notice, RunEnded
from cnnstudio.core.inside import Unit
from cnnstudio.core.questions import ConfusionCell, FirstLayers, ReadPicture
from cnnstudio.ui.demo import run_events
from cnnstudio.ui.studio import Studio, UnitOf

SMALL = RaceConfig(examples=100)


def heard(signal):
    got = []
    signal.connect(lambda *args: got.append(args[0] if args else None))
    return got


def picture(value=1):
    return np.full((1, 28, 28), value, np.uint8)


def test_a_run_goes_from_idle_to_idle(rig):
    states, ended = heard(rig.studio.state_changed), heard(rig.studio.run_ended)
    rig.studio.run()
    assert states == ["preparing"]
    rig.engine.finish()
    rig.drain()
    assert states == ["preparing", "running", "idle"]
    assert [event.outcome for event in ended] == ["finished"]
    assert rig.studio.history.step == rig.engine.steps
    assert rig.studio.moments[0] == 0
    assert rig.studio.moments[-1] == rig.engine.steps


def test_points_are_in_the_history_before_anybody_hears_of_them(rig):
    steps = []
    rig.studio.points_arrived.connect(lambda points: steps.append((points[-1].step, rig.studio.history.step)))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    assert steps == [(40, 40)]


def test_pause_resume_and_step_follow_the_engine_and_not_the_button(rig):
    rig.studio.run()
    rig.engine.advance(6)
    rig.drain()
    rig.studio.pause()
    assert rig.studio.run_state == "running"
    rig.drain()
    assert rig.studio.run_state == "paused"
    before = rig.studio.history.step
    rig.studio.step()
    rig.drain()
    assert rig.studio.history.step == before + 1
    assert rig.studio.run_state == "paused"
    rig.studio.resume()
    rig.drain()
    assert rig.studio.run_state == "running"


def test_step_starts_a_run_that_stands_after_one_batch(rig):
    rig.studio.step()
    rig.drain()
    assert rig.engine.commands[-2:] == ["run", "step"]
    assert (rig.studio.run_state, rig.studio.history.step) == ("paused", 1)


def test_events_of_an_old_run_are_dropped(rig):
    rig.studio.run()
    rig.engine.advance(8)
    rig.studio.run()
    rig.engine.advance(3)
    rig.drain()
    assert rig.studio.history.started.run_id == 2
    assert rig.studio.history.step == 0
    assert rig.studio.run_state == "running"


def test_the_run_before_becomes_an_earlier_run(rig):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    first = rig.studio.history
    rig.studio.again(new_weights=False)
    assert [kept.history for kept in rig.studio.past] == [first]
    assert rig.studio.config.weights_seed == 0
    rig.studio.again(new_weights=True)
    assert rig.studio.config.weights_seed == 1
    assert rig.engine.config.weights_seed == 1


def test_earlier_runs_are_renamed_hidden_and_removed(rig):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.studio.run()
    kept = rig.studio.past[0]
    rig.studio.rename_run(kept.id, "shifted")
    rig.studio.hide_run(kept.id, True)
    assert (rig.studio.past[0].name, rig.studio.past[0].hidden) == ("shifted", True)
    rig.studio.remove_run(kept.id)
    assert rig.studio.past == []


def test_a_picture_is_read_at_once_and_only_the_newest_is_waited_for(rig):
    got = heard(rig.studio.verdicts_changed)
    rig.engine.answer_at_once = False
    for value in range(5):
        rig.studio.set_picture(picture(value))
    rig.engine.answer_waiting()
    rig.drain()
    assert len(got) == 1
    assert rig.studio.verdicts is got[0]
    np.testing.assert_array_equal(rig.engine.questions_of(ReadPicture)[-1].pixels, picture(4))


def test_the_picture_cannot_be_changed_afterwards(studio):
    mine = picture()
    studio.set_picture(mine)
    mine[:] = 9
    assert studio.picture.max() == 1
    with pytest.raises(ValueError, match="read-only"):
        studio.picture[:] = 0


def test_a_moment_is_the_nearest_kept_one_and_is_asked_about(rig):
    rig.studio.set_picture(picture())
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    moments = heard(rig.studio.moment_changed)
    rig.studio.set_moment(9)
    assert moments == [8]
    assert rig.engine.questions_of(ReadPicture)[-1].step == 8
    rig.studio.set_moment(None)
    assert moments == [8, None]
    assert rig.engine.questions_of(ReadPicture)[-1].step is None


def test_no_moment_before_the_first_run(studio):
    studio.set_moment(5)
    assert studio.moment is None


def test_the_rate_changes_the_open_run_or_else_the_next(rig):
    rig.studio.set_learning_rate(0.01)
    assert rig.studio.config.learning_rate == 0.01
    rig.studio.run()
    rig.studio.set_learning_rate(0.5)
    assert rig.engine.learning_rate == 0.5
    assert rig.studio.config.learning_rate == 0.01
    rig.engine.finish()
    rig.drain()
    assert rig.studio.learning_rate == 0.01


def test_a_set_up_that_cannot_run_does_not(rig):
    rig.studio.set_config(RaceConfig(networks=()))
    assert [problem.field for problem in rig.studio.problems()] == ["networks"]
    rig.studio.run()
    assert "run" not in rig.engine.commands


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"dataset": "nothing"}, "dataset"), ({"networks": ("nobody",)}, "networks"), ({"batch_size": 0}, "batch_size")],
)
def test_problems_name_the_field(rig, changes, field):
    rig.studio.set_config(RaceConfig().with_(**changes))
    assert field in [problem.field for problem in rig.studio.problems()]


def test_what_is_typed_wrongly_stops_the_run_until_it_is_right(rig):
    rig.studio.set_typed_problem("epochs", ErrorReport("epochs cannot be 'x'."))
    rig.studio.run()
    assert not rig.studio.active
    rig.studio.set_typed_problem("epochs", None)
    rig.studio.run()
    assert rig.studio.active


def test_a_failed_answer_goes_to_its_listener_or_becomes_a_notice(rig):
    notices, mine, answers = heard(rig.studio.notice), [], []
    rig.engine.answers[FirstLayers] = lambda question: ErrorReport("No.")
    rig.studio.ask(FirstLayers("digits", ("mlp",)), answers.append, mine.append)
    rig.studio.ask(FirstLayers("digits", ("mlp",)), answers.append)
    rig.drain()
    assert [report.what for report in mine] == ["No."]
    assert [report.what for report in notices] == ["No."]
    assert answers == []


def test_a_question_does_not_keep_its_widget_alive(rig, qtbot):
    import gc
    import weakref

    from PySide6.QtWidgets import QWidget

    class Asker(QWidget):
        def take(self, answer):
            raise AssertionError("nobody is there any more")

    asker = Asker()
    rig.engine.answer_at_once = False
    rig.studio.ask(ConfusionCell("mlp", 1, 2), asker.take)
    gone = weakref.ref(asker)
    del asker
    gc.collect()
    assert gone() is None
    rig.engine.answer_waiting()
    rig.drain()


def test_answers_to_unknown_questions_are_passed_over(studio):
    studio.take((), (Answered(99, answer=1),))


def test_notices_and_failures_are_told(rig):
    notices = heard(rig.studio.notice)
    rig.engine.mailbox.put(Notice(ErrorReport("Look.")))
    rig.studio.run()
    rig.engine.advance(5)
    rig.engine.fail("Broken.")
    rig.drain()
    assert [report.what for report in notices] == ["Look.", "Broken."]
    assert rig.studio.run_state == "idle"


def test_without_an_engine_commands_do_nothing(studio):
    for command in (studio.run, studio.pause, studio.resume, studio.step, studio.stop):
        command()
    studio.again(new_weights=True)
    assert studio.run_state == "idle"


def test_an_engine_that_is_not_there_is_told_once(rig):
    got = heard(rig.studio.engine_unavailable)
    rig.engine.mailbox.put(EngineUnavailable(ErrorReport("PyTorch is broken.")))
    rig.drain()
    assert [event.report.what for event in got] == ["PyTorch is broken."]


def test_a_kept_run_is_opened_and_forgotten_by_the_next(rig):
    from cnnstudio.core.history import History
    from cnnstudio.ui.studio import KeptRun

    events = list(run_events(run_id=1, steps=20))
    history = History(events[0])
    for event in events[1:]:
        history.add(event)
    rig.studio.restore_runs([KeptRun("a", "First", history.with_run_id(-1))])
    assert rig.studio.history.step == 20
    assert rig.studio.past == []
    rig.studio.set_moments(history.kept)
    rig.studio.set_moment(4)
    assert rig.studio.moment == 4
    rig.studio.run()
    assert [kept.id for kept in rig.studio.past] == ["a"]


def test_time_left_follows_the_pace():
    from cnnstudio.ui._pace import Pace

    pace = Pace()
    assert pace.seconds_left(100) is None
    for step in range(1, 11):
        pace.add(step * 0.5, step)
    assert pace.seconds_left(100) == pytest.approx(45.0)
    pace.add(5_000.0, 11)
    assert pace.seconds_left(100) is None
    pace.add(5_000.5, 12)
    assert pace.seconds_left(100) == pytest.approx(44.0)


def test_the_end_of_a_run_that_never_began_is_its_end(rig):
    studio = rig.studio
    studio.run()
    studio.take((), (RunEnded(studio.run_id, "failed", 0, 0.0, ErrorReport("No such folder.")),))
    assert studio.run_state == "idle"
    assert studio.history is None


@pytest.mark.parametrize("end", ["fail", "stop"])
def test_the_run_before_stays_open_where_the_next_could_not_start(rig, end):
    """Curves, networks, moments and name: all is as it was, and nothing of the next run is shown."""
    studio = rig.studio
    studio.run()
    rig.engine.finish()
    rig.drain()
    studio.set_moment(4)
    before = (studio.history, studio.run_id, studio.outcome, studio.moments, studio.competitors, studio.moment)
    studio.set_config(studio.config.with_(dataset="folder:/no/such/place", networks=("mlp", "small_cnn")))
    started, states = heard(studio.run_started), heard(studio.state_changed)
    studio.run()
    assert studio.history is None
    getattr(rig.engine, end)()
    rig.drain()
    assert (studio.history, studio.run_id, studio.outcome, studio.moments, studio.competitors, studio.moment) == before
    assert studio.past == []
    assert started == [before[0].started]
    assert states == ["preparing", "idle"]
    studio.run()
    assert [kept.history for kept in studio.past] == [before[0]]


def test_a_run_that_is_broken_off_for_one_that_cannot_start_is_open_again(rig):
    rig.studio.run()
    rig.engine.advance(8)
    rig.drain()
    broken_off = rig.studio.history
    rig.studio.run()
    rig.studio.run()
    rig.engine.fail("No such folder.")
    rig.drain()
    assert rig.studio.history is broken_off
    assert rig.studio.outcome.outcome == "stopped"
    assert rig.studio.past == []


def test_problems_are_empty_for_the_first_set_up():
    assert Studio().problems() == []


def test_the_unit_that_is_looked_at_is_told_once(studio):
    told = heard(studio.unit_changed)
    unit = UnitOf("lenet5", Unit("1_conv", 2, 3, 4))
    studio.set_unit(unit)
    studio.set_unit(UnitOf("lenet5", Unit("1_conv", 2, 3, 4)))
    assert told == [unit]
    assert studio.unit == unit


def test_progress_reaches_who_asked_and_a_withdrawn_question_is_forgotten(rig):
    progress, answers = [], []
    rig.engine.answer_at_once = False
    question = ReadPicture(picture(), "digits", ("lenet5",))
    rig.studio.ask(question, answers.append, slot="long", on_progress=progress.append)
    question_id = rig.engine.asked[-1][0]
    rig.engine.mailbox.put(Answering(question_id, 0.5, "half"))
    rig.drain()
    assert [event.fraction for event in progress] == [0.5]
    rig.studio.withdraw("long")
    assert not rig.studio.waits_for_answers
    rig.engine.answer_waiting()
    rig.drain()
    assert answers == []
