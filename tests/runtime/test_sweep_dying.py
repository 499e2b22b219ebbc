"""Workers that die: they are replaced, their runs are done again, and what is known of their end is said."""

from __future__ import annotations

import errno
import multiprocessing
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.runtime._workers import processes
from cnnstudio.runtime.sweep import RunFailed, RunRepeated, RunUnderWay, Sweep, run_whole
from tests.runtime import toy
from tests.runtime.sweeping import numbers, of_kind

pytestmark = pytest.mark.usefixtures("no_process_left")


def test_a_worker_that_dies_is_replaced_and_its_run_done_again(make):
    sweep = make("processes", "die once")
    events = list(sweep.events())
    (again,) = of_kind(events, RunRepeated)
    assert again.order.params["trick"] == "die once"
    assert again.attempt == 2
    assert "killed" in again.cause
    assert "signal 9" in again.cause
    assert len(sweep.results) == 6
    assert not sweep.failures


def test_a_worker_that_is_killed_changes_no_number(make):
    killed = make("processes", "wait once")
    victims = []
    for event in killed.events():
        if isinstance(event, RunUnderWay) and event.order.params["trick"] and not victims:
            victims = multiprocessing.active_children()
            victims[0].kill()
    assert victims
    assert len(killed.results) == 6
    undisturbed = make("here", "wait once", keep=False)
    assert numbers(killed.results) == numbers(run_whole(undisturbed))


def test_a_run_that_always_ends_its_worker_is_given_up_and_harms_no_other(make):
    sweep = make("processes", "die")
    events = list(sweep.events())
    (failed,) = of_kind(events, RunFailed)
    assert f"{limits.SWEEP_ATTEMPTS} times" in failed.report.what
    assert "signal 9" in failed.report.cause
    assert "what is measured is kept" in failed.report.remedy
    assert failed.order.params["trick"] == "die"
    assert [event.attempt for event in of_kind(events, RunRepeated) if event.order == failed.order] == [2, 3]
    assert len(sweep.results) == 5


def test_a_status_that_nobody_knows_is_said_as_it_is(make):
    sweep = make("processes", "leave", seeds=1)
    causes = [event.cause for event in of_kind(sweep.events(), RunRepeated)]
    (report,) = sweep.failures.values()
    assert {*causes, report.cause} == {"It ended by itself with status 3; why is not known."}


def test_what_is_missing_in_a_worker_is_said(make):
    sweep = make("processes", "import", seeds=1)
    list(sweep)
    (report,) = sweep.failures.values()
    assert "does not find what it needs: No module named 'tables'." in report.cause
    assert "ModuleNotFoundError" in report.details


def test_workers_that_never_begin_end_the_sweep_and_say_why(tmp_path, monkeypatch, capfd):
    only_here = types.ModuleType("only_here")

    def measure(order, place):
        raise AssertionError("no worker finds it")

    measure.__module__, measure.__qualname__ = "only_here", "measure"
    only_here.measure = measure
    monkeypatch.setitem(sys.modules, "only_here", only_here)
    sweep = Sweep(toy.EXPERIMENT, {"seeds": 2}, processes(2), measure=measure)
    with pytest.raises(StudioError, match="No worker process could begin its work") as told:
        list(sweep)
    report = told.value.report
    assert report.cause == "Python ended it: ModuleNotFoundError: No module named 'only_here'."
    assert "same program and libraries" in report.remedy
    assert "Traceback" in report.details
    assert capfd.readouterr().err == ""
    assert not sweep.failures


def test_a_system_that_gives_no_process_is_said(make, monkeypatch):
    def refuse(self):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("cnnstudio.runtime._workers.SpawnProcess.start", refuse)
    with pytest.raises(StudioError, match="gave no other process: Resource temporarily unavailable"):
        list(make("processes"))


def test_a_system_that_gives_no_pipe_is_said(make):
    def refuse():
        raise OSError(errno.EMFILE, "Too many open files")

    with pytest.raises(StudioError, match="no worker what it needs: Too many open files"):
        list(make(refuse))


class Breaking(ThreadPoolExecutor):
    """Breaks in the hands of one run, and nobody knows of which."""

    def submit(self, fn, /, *args, **kwargs):
        if args[0].order.params["trick"] == "fail":
            self._broken = "for the test"
        return super().submit(fn, *args, **kwargs)


def test_where_nobody_knows_which_run_broke_the_executor_only_that_one_is_given_up(make):
    sweep = make(lambda: Breaking(2), "fail")
    list(sweep)
    assert [order.params["trick"] for order in sweep.orders if order.key in sweep.failures] == ["fail"]
    assert [report.cause for report in sweep.failures.values()] == ["Why is not known."]
    assert len(sweep.results) == 5
