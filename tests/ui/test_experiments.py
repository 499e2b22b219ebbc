"""The window's side of sweeps: one at a time, kept, named, resumed, read again, deleted, and gone at the end."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.experiment import Order, Result
from cnnstudio.core.kept_sweeps import kept_sweeps, save_sweep, sweeps_folder
from cnnstudio.ui.experiments import Experiments, problem_of
from tests.runtime import toy
from tests.ui.experiment_toys import make, until


@pytest.fixture
def here(qapp):
    made = Experiments(make=make)
    yield made
    assert made.close(20.0)


@pytest.fixture
def settings(tmp_path):
    return {"seeds": 2, "folder": str(tmp_path)}


def ended(here, kept):
    return lambda: not here.is_going(kept.id)


def test_a_sweep_runs_and_is_kept(here, settings, qtbot):
    kept = here.start(toy.EXPERIMENT, settings, guess=1)
    assert here.running == kept
    until(qtbot, ended(here, kept))
    state = here.state(kept.id)
    assert (state.outcome, state.done) == ("finished", 4)
    (record,) = kept_sweeps()[0]
    assert (record.outcome, record.done, record.planned, record.guess) == ("finished", 4, 4, 1)
    assert here.kept("toy") == [record]
    assert here.kept("jitter") == []


def test_what_the_window_measured_is_kept_and_not_done_again(here, settings, qtbot):
    planned = toy.EXPERIMENT.plan(toy.EXPERIMENT.settings(settings))
    mine = Result(planned[0], {"accuracy": 0.123}, worker="this window")
    stray = Result(Order("toy", {**planned[0].params, "seed": 99}), {"accuracy": 0.5})
    kept = here.start(toy.EXPERIMENT, settings, known=(mine, stray))
    until(qtbot, ended(here, kept))
    state = here.state(kept.id)
    assert (state.outcome, state.done) == ("finished", 4)
    assert state.results[0] == mine
    assert {result.order.key for result in state.results} == {order.key for order in planned}
    written = sorted(path.stem for path in (kept.folder / "runs").glob("*.json"))
    assert written == sorted(order.key for order in planned)


def test_it_tells_what_changes(here, settings, qtbot):
    changed, listed = [], []
    here.changed.connect(changed.append)
    here.listed.connect(listed.append)
    kept = here.start(toy.EXPERIMENT, settings)
    until(qtbot, ended(here, kept))
    assert set(changed) == {kept.id}
    assert set(listed) == {"toy"}


def test_the_next_one_waits(here, settings, qtbot):
    first = here.start(toy.EXPERIMENT, settings | {"trick": "wait"})
    second = here.start(toy.EXPERIMENT, settings)
    assert here.waits_for(second.id) == first
    assert here.waits_for(first.id) is None
    here.cancel(first.id)
    until(qtbot, ended(here, second))
    assert here.state(first.id).outcome == "stopped"
    assert here.state(second.id).outcome == "finished"


def test_one_that_waits_can_be_cancelled(here, settings, qtbot):
    first = here.start(toy.EXPERIMENT, settings | {"trick": "wait"})
    second = here.start(toy.EXPERIMENT, settings)
    here.cancel(second.id)
    assert not here.is_going(second.id)
    assert here.state(second.id).outcome == "stopped"
    here.cancel(first.id)
    until(qtbot, ended(here, first))


def test_what_was_interrupted_goes_on(qapp, settings, qtbot, tmp_path):
    before = Experiments(make=make)
    kept = before.start(toy.EXPERIMENT, settings | {"trick": "wait once"})
    until(qtbot, (tmp_path / "mlp-0.began").exists)
    assert before.close(20.0)
    again = Experiments(make=make)
    (found,) = again.kept("toy")
    assert found.id == kept.id
    assert found.done < found.planned
    again.resume(toy.EXPERIMENT, kept.id)
    until(qtbot, ended(again, kept))
    assert again.state(kept.id).outcome == "finished"
    assert again.find(kept.id).done == 4
    assert again.close(20.0)


def test_a_kept_result_is_read_again(here, settings, qtbot):
    kept = here.start(toy.EXPERIMENT, settings)
    until(qtbot, ended(here, kept))
    later = Experiments(make=make)
    assert later.state(kept.id) is None
    later.open(toy.EXPERIMENT, kept.id)
    until(qtbot, lambda: later.state(kept.id) is not None)
    assert later.state(kept.id).findings == here.state(kept.id).findings
    later.open(toy.EXPERIMENT, kept.id)  # is there already
    assert later.close(20.0)


@pytest.mark.parametrize(("fewer", "said"), [(0, None), (1, "has a run that was not"), (2, "has 2 runs that were not")])
def test_a_result_that_was_finished_with_fewer_runs_says_what_is_new(here, settings, qtbot, fewer, said):
    kept = here.start(toy.EXPERIMENT, settings)
    until(qtbot, ended(here, kept))
    finished = here.find(kept.id)
    save_sweep(replace(finished, planned=finished.planned - fewer, done=finished.done - fewer))
    for run in sorted((kept.folder / "runs").iterdir())[:fewer]:
        run.unlink()
    later = Experiments(make=make)
    later.open(toy.EXPERIMENT, kept.id)
    until(qtbot, lambda: later.state(kept.id) is not None)
    notes = later.state(kept.id).notes
    assert (said in notes[0]) if said else not notes
    assert later.close(20.0)


def test_a_kept_result_whose_settings_cannot_be_any_more_says_so_once(here, settings, qtbot):
    kept = here.start(toy.EXPERIMENT, settings)
    until(qtbot, ended(here, kept))
    save_sweep(replace(kept, settings={**kept.settings, "slices": 999}))
    later = Experiments(make=make)
    changed, notices = [], []
    later.changed.connect(changed.append)
    later.notice.connect(notices.append)
    for _ in range(3):
        later.open(toy.EXPERIMENT, kept.id)
    state = later.state(kept.id)
    assert (state.outcome, state.report.what) == ("failed", "One slice too many.")
    assert changed == [kept.id]
    assert notices == []
    assert later.close(20.0)


def test_names_answers_and_deletion(here, settings, qtbot):
    kept = here.start(toy.EXPERIMENT, settings)
    here.delete(kept.id)
    assert here.find(kept.id) is not None  # it is being measured
    until(qtbot, ended(here, kept))
    here.rename(kept.id, "  Mine ")
    here.rename(kept.id, "   ")
    here.set_guess(kept.id, 1)
    assert [(one.name, one.guess) for one in kept_sweeps()[0]] == [("Mine", 1)]
    here.delete(kept.id)
    assert kept_sweeps()[0] == []
    assert here.find(kept.id) is None
    assert here.state(kept.id) is None
    here.delete(kept.id)


def test_a_name_given_during_the_sweep_stays(here, settings, qtbot):
    kept = here.start(toy.EXPERIMENT, settings | {"trick": "wait"})
    until(qtbot, lambda: (kept.folder / "kept.json").exists())
    here.rename(kept.id, "Mine")
    here.cancel(kept.id)
    until(qtbot, ended(here, kept))
    assert kept_sweeps()[0][0].name == "Mine"


def test_a_setting_that_cannot_be_begins_nothing(here, settings):
    with pytest.raises(StudioError):
        here.start(toy.EXPERIMENT, settings | {"seeds": 0})
    assert here.running is None
    assert kept_sweeps()[0] == []
    assert isinstance(problem_of(toy.EXPERIMENT, {"seeds": 0}), ErrorReport)
    assert problem_of(toy.EXPERIMENT, settings) is None


def test_a_folder_that_cannot_be_written_is_told(here, settings, qtbot):
    sweeps_folder().parent.mkdir(parents=True)
    sweeps_folder().write_text("in the way")
    kept = here.start(toy.EXPERIMENT, settings)
    until(qtbot, ended(here, kept))
    state = here.state(kept.id)
    assert state.outcome == "failed"
    assert str(sweeps_folder()) in state.report.what


def test_a_broken_record_is_told(qapp, here, settings, qtbot):
    kept = here.start(toy.EXPERIMENT, settings)
    until(qtbot, ended(here, kept))
    (kept.folder / "kept.json").write_text("{")
    later, told = Experiments(make=make), []
    later.notice.connect(told.append)
    assert later.kept("toy") == []
    assert len(told) == 1


def test_closing_in_the_middle_leaves_no_thread(qapp, settings):
    before = threading.active_count()
    here = Experiments(make=make)
    here.start(toy.EXPERIMENT, settings | {"trick": "wait"})
    here.start(toy.EXPERIMENT, settings)
    assert here.close(20.0)
    for thread in threading.enumerate():
        if thread.name == "sweep cancel":
            thread.join(20.0)
    assert not any(thread.name == "sweep" for thread in threading.enumerate())
    assert threading.active_count() <= before + 2  # the pool's own threads end by themselves


def test_a_result_that_cannot_be_gone_on_with_keeps_its_count(qapp, settings, qtbot):
    before = Experiments(make=make)
    kept = before.start(toy.EXPERIMENT, settings)
    until(qtbot, ended(before, kept))
    assert before.close(20.0)
    for run in (kept.folder / "runs").glob("*.json"):
        run.write_text(run.read_text().replace('"schema":1', '"schema":99'))
    after = Experiments(make=make)
    after.resume(toy.EXPERIMENT, kept.id)
    until(qtbot, ended(after, kept))
    assert after.state(kept.id).outcome == "failed"
    assert "newer version" in after.state(kept.id).report.what
    assert (after.find(kept.id).outcome, after.find(kept.id).done) == ("failed", 4)
    assert kept_sweeps()[0][0].done == 4
    assert after.close(20.0)
