"""A sweep in a thread: states are coalesced, cancel is quick, and whatever goes wrong is said."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime.sweep import Sweep, run_whole
from cnnstudio.runtime.sweep_thread import SweepState, SweepThread, seconds_left
from tests.runtime import toy

PATIENCE_S = 20.0


class Window:
    """Counts wake-ups, and takes when the test says so."""

    def __init__(self):
        self.wakes = 0
        self.woken = threading.Event()

    def wake(self):
        self.wakes += 1
        self.woken.set()


@pytest.fixture
def window():
    return Window()


def sweep(tmp_path, folder=None, **settings):
    settings = {"folder": str(tmp_path)} | settings
    return Sweep(toy.EXPERIMENT, settings, lambda: ThreadPoolExecutor(2), folder, measure=toy.measure)


def last_state(thread):
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    return thread.take()


def test_it_ends_with_the_findings_of_all_runs(tmp_path, window):
    thread = SweepThread(sweep(tmp_path, seeds=2), window.wake)
    thread.start()
    state = last_state(thread)
    assert state.outcome == "finished"
    assert (state.done, state.planned, state.fraction) == (4, 4, 1.0)
    assert state.findings.done == 4
    assert state.findings.guess == 0
    assert thread.take() is None


def test_who_does_not_take_is_woken_once(tmp_path, window):
    thread = SweepThread(sweep(tmp_path, seeds=3), window.wake)
    thread.start()
    thread.join(PATIENCE_S)
    assert window.wakes == 1


def test_who_takes_is_woken_again(tmp_path, window):
    thread = SweepThread(sweep(tmp_path, seeds=1, trick="wait"), window.wake)
    thread.start()
    assert window.woken.wait(PATIENCE_S)
    first = thread.take()
    assert first.findings is not None  # of nothing, at once
    assert (first.done, first.outcome) == (0, "")
    thread.cancel()
    assert last_state(thread).outcome == "stopped"
    assert window.wakes == 2


def test_a_run_that_fails_is_told_and_the_others_go_on(tmp_path, window):
    thread = SweepThread(sweep(tmp_path, seeds=2, trick="fail"), window.wake)
    thread.start()
    state = last_state(thread)
    assert state.outcome == "failed"
    assert [report.what for _, report in state.failures] == ["This run cannot be."]
    assert state.report is None
    assert len(state.results) == 3
    assert state.done == 4


def test_an_executor_that_cannot_be_had_ends_it_in_words(tmp_path, window):
    def none():
        raise StudioError("Nobody is there.")

    thread = SweepThread(Sweep(toy.EXPERIMENT, {}, none, measure=toy.measure), window.wake)
    thread.start()
    state = last_state(thread)
    assert state.outcome == "failed"
    assert state.report.what == "Nobody is there."


def test_a_bug_in_the_findings_does_not_leave_the_window_waiting(tmp_path, window, monkeypatch):
    bugs = []
    monkeypatch.setattr(threading, "excepthook", bugs.append)
    broken = sweep(tmp_path)
    monkeypatch.setattr(broken, "findings", lambda: 1 / 0)
    thread = SweepThread(broken, window.wake)
    thread.start()
    thread.join(PATIENCE_S)
    state = thread.take()
    assert state.outcome == "failed"
    assert "fault in the program" in state.report.what
    assert [type(bug.exc_value) for bug in bugs] == [ZeroDivisionError]


def test_what_comes_first_and_last(tmp_path, window):
    order = []
    thread = SweepThread(
        sweep(tmp_path, seeds=1),
        window.wake,
        begun=lambda: order.append("begun"),
        ended=lambda state: order.append(state.outcome),
    )
    thread.start()
    last_state(thread)
    assert order == ["begun", "finished"]


def test_what_cannot_begin_says_so(tmp_path, window):
    def begun():
        raise StudioError("The disk is full.")

    thread = SweepThread(sweep(tmp_path), window.wake, begun=begun)
    thread.start()
    state = last_state(thread)
    assert (state.outcome, state.report.what) == ("failed", "The disk is full.")
    assert state.done == 0


def test_an_end_that_cannot_be_written_is_a_note(tmp_path, window):
    def ended(state):
        raise StudioError("The disk is full.")

    thread = SweepThread(sweep(tmp_path, seeds=1), window.wake, ended=ended)
    thread.start()
    state = last_state(thread)
    assert state.outcome == "finished"
    assert state.notes == ("The disk is full.",)


def test_it_reads_what_a_folder_keeps_and_does_nothing(tmp_path, window):
    folder = SweepFolder(tmp_path / "out")
    whole = run_whole(sweep(tmp_path, folder, seeds=1))
    more = sweep(tmp_path, folder, seeds=2)
    thread = SweepThread(more, window.wake, folder=folder, only_kept=True)
    thread.start()
    state = last_state(thread)
    assert [result.order for result in state.results] == [result.order for result in whole]
    assert (state.done, state.planned, state.outcome) == (2, 4, "stopped")
    assert state.findings.done == 2


def test_it_reads_what_another_version_measured_and_says_so(tmp_path, window, monkeypatch):
    folder = SweepFolder(tmp_path / "out")
    run_whole(sweep(tmp_path, folder, seeds=1))
    monkeypatch.setattr("cnnstudio.__version__", "99.0")
    thread = SweepThread(sweep(tmp_path, folder, seeds=1), window.wake, folder=folder, only_kept=True)
    thread.start()
    state = last_state(thread)
    assert (state.done, state.outcome) == (2, "finished")
    assert "of the program measured these results" in state.notes[0]


def test_the_time_left_is_told_after_half_a_run():
    some = SweepState(planned=4, seconds=10.0)
    assert seconds_left(some, 0) is None
    order = toy.plan({"seeds": 1, "slices": 1, "trick": "", "folder": ""})[0]
    failed = (order, ErrorReport("No."))
    assert seconds_left(SweepState(planned=4, seconds=10.0, failures=(failed,)), 0) == pytest.approx(30.0)
    half = SweepState(planned=4, seconds=15.0, failures=(failed,), under_way=((order, Progress(0.5, "")),))
    assert seconds_left(half, 0) == pytest.approx(25.0)
    assert seconds_left(half, 1) == pytest.approx(75.0)
    assert seconds_left(half, 2) is None


def test_what_cannot_be_gone_on_with_is_shown_all_the_same(tmp_path, window):
    folder = SweepFolder(tmp_path / "out")
    whole = run_whole(sweep(tmp_path, folder, seeds=1))
    folder.keep(replace(whole[0], versions={"torch": "0.1"}))
    thread = SweepThread(sweep(tmp_path, folder, seeds=2), window.wake)
    thread.start()
    state = last_state(thread)
    assert (state.outcome, state.done, state.findings.done) == ("failed", 2, 2)
    assert "holds results of torch 0.1" in state.report.what


def test_where_no_result_can_be_kept_any_more_the_findings_are_of_all_that_is_known(tmp_path, window, monkeypatch):
    keep, kept = SweepFolder.keep, []

    def full(self, result):
        kept.append(result)
        if len(kept) == 3:
            raise StudioError("The disk is full.")
        keep(self, result)

    monkeypatch.setattr(SweepFolder, "keep", full)
    monkeypatch.setattr("cnnstudio.runtime.sweep_thread._FINDINGS_SHARE", 1e9)  # no time for findings on the way
    thread = SweepThread(sweep(tmp_path, SweepFolder(tmp_path / "out"), seeds=2), window.wake)
    thread.start()
    state = last_state(thread)
    assert (state.outcome, state.report.what) == ("failed", "The disk is full.")
    assert state.done == state.findings.done == 3
    assert state.under_way == ()


def test_what_cannot_be_read_either_is_told(tmp_path, window):
    folder = SweepFolder(tmp_path / "out")
    whole = run_whole(sweep(tmp_path, folder, seeds=1))
    file = tmp_path / "out" / "runs" / f"{whole[0].order.key}.json"
    file.write_text(file.read_text().replace('"schema":1', '"schema":99'))
    thread = SweepThread(sweep(tmp_path, folder, seeds=2), window.wake)
    thread.start()
    state = last_state(thread)
    assert (state.outcome, state.done) == ("failed", 0)
    assert "newer version" in state.report.what
