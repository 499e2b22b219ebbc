"""Sweeps that are cancelled."""

from __future__ import annotations

import multiprocessing
import threading

import pytest

from cnnstudio.core.errors import StudioError
from cnnstudio.runtime.sweep import run_whole
from tests.runtime.sweeping import PATIENCE_S, HereAndNow

pytestmark = pytest.mark.usefixtures("no_process_left")


@pytest.mark.parametrize("executor", ["processes", "threads"])
def test_cancel_from_another_thread_ends_everything(make, executor):
    sweep = make(executor, "wait")
    began, ended = threading.Event(), threading.Event()

    def watch():
        for _ in sweep.events():
            if len(sweep.results) == 5:
                began.set()
        ended.set()

    watcher = threading.Thread(target=watch)
    if executor == "threads":
        began.set()
    watcher.start()
    assert began.wait(PATIENCE_S)
    sweep.cancel()
    assert ended.wait(PATIENCE_S / 4)
    watcher.join(PATIENCE_S)
    assert sweep.cancelled
    assert not sweep.failures
    assert not multiprocessing.active_children()


def test_a_sweep_that_waits_for_its_executor_can_be_cancelled(make):
    asked, answer, thrown_away = threading.Event(), threading.Event(), threading.Event()

    class Late(HereAndNow):
        def shutdown(self, wait=True, *, cancel_futures=False):
            thrown_away.set()

    def slow():
        asked.set()
        assert answer.wait(PATIENCE_S)
        return Late()

    sweep = make(slow)
    done: list[object] = []
    watcher = threading.Thread(target=lambda: done.extend(sweep))
    watcher.start()
    assert asked.wait(PATIENCE_S)
    sweep.cancel()
    watcher.join(PATIENCE_S)
    assert not watcher.is_alive()
    assert not thrown_away.is_set()
    answer.set()
    assert thrown_away.wait(PATIENCE_S)
    assert done == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_in_who_makes_the_executor_ends_the_sweep(make):
    with pytest.raises(StudioError, match="nobody to do the runs"):
        run_whole(make(lambda: 1 / 0))


def test_a_sweep_that_is_cancelled_before_it_starts_does_nothing(make):
    sweep = make("processes")
    sweep.cancel()
    assert list(sweep) == []


def test_a_sweep_that_is_cancelled_after_its_end_keeps_everything(make):
    sweep = make("processes")
    whole = run_whole(sweep)
    sweep.cancel()
    assert sweep.results == whole


def test_closing_the_generator_ends_the_processes(make):
    events = make("processes", "wait").events()
    next(events)
    assert multiprocessing.active_children()
    events.close()
    assert not multiprocessing.active_children()
