"""Many runs, on threads, on processes, and on executors of other people."""

from __future__ import annotations

import os
import sys

import pytest

from cnnstudio.core import limits
from cnnstudio.core.errors import Cancelled, StudioError
from cnnstudio.runtime import _work
from cnnstudio.runtime._workers import WorkerProcesses, default_workers, processes, usable_cores
from cnnstudio.runtime.sweep import RunFailed, RunMeasured, RunUnderWay, Sweep, run_whole
from tests.runtime import toy
from tests.runtime.sweeping import EXECUTORS, HereAndNow, of_kind

pytestmark = pytest.mark.usefixtures("no_process_left")


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_run_is_measured_and_kept_at_once(make, tmp_path, executor):
    sweep = make(executor)
    seen = []
    for result in sweep:
        seen.append(result)
        assert (tmp_path / "out" / "runs" / f"{result.order.key}.json").is_file()
    assert len(seen) == len(sweep.orders) == 6
    assert sweep.results == tuple(sorted(seen, key=lambda result: sweep.orders.index(result.order)))
    assert {result.values["accuracy"] for result in seen} == {0.5, 0.51, 0.52, 0.9, 0.91, 0.92}
    assert all(result.values["pair"] == [1, 2] and result.values["odd"] is None for result in seen)
    assert sweep.findings().done == sweep.findings().planned == 6
    assert "40 points" in sweep.findings().sentences[0]
    assert not sweep.failures


def test_processes_are_others_have_one_thread_and_give_way(make):
    results = run_whole(make("processes"))
    assert all(result.values["threads"] == "1" for result in results)
    least = min(19, os.nice(0) + 10) if sys.platform == "linux" else os.nice(0)  # 19 is as nice as it gets
    assert all(result.values["nice"] >= least for result in results)
    assert f"process {os.getpid()}" not in {result.worker for result in results}


def test_who_used_torch_before_can_still_be_a_worker(monkeypatch):
    import torch

    def too_late(threads):
        raise RuntimeError("cannot set number of interop threads after parallel work has started")

    threads = torch.get_num_threads()
    monkeypatch.setattr(torch, "get_num_interop_threads", lambda: 2)
    monkeypatch.setattr(torch, "set_num_interop_threads", too_late)
    try:
        _work.one_thread_in_torch()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)


def test_torch_has_one_thread_in_a_worker():
    sweep = Sweep(toy.EXPERIMENT, {"seeds": 1}, processes(1), measure=toy.measure_threads)
    assert [result.values["threads"] for result in run_whole(sweep)] == [[1, 1], [1, 1]]


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize(("trick", "words"), [("fail", "cannot be. It is a trick"), ("raise", "failed. by a trick")])
def test_a_run_that_fails_does_not_stop_the_others(make, executor, trick, words):
    sweep = make(executor, trick)
    events = list(sweep.events())
    (failed,) = of_kind(events, RunFailed)
    assert words in failed.report.sentence
    assert (trick == "raise") == ("ZeroDivisionError" in failed.report.details)
    assert list(sweep.failures) == [failed.order.key]
    assert len(of_kind(events, RunMeasured)) == len(sweep.results) == 5
    with pytest.raises(StudioError, match="trick"):
        run_whole(make(executor, trick))


def test_a_value_that_json_has_not_is_told(make):
    sweep = make("here", "odd")
    assert len(list(sweep)) == 5
    assert "type set cannot be kept" in next(iter(sweep.failures.values())).what


def test_progress_comes_from_other_processes(make):
    sweep = make("processes", "wait once", slices=2)
    for event in sweep.events():
        if isinstance(event, RunUnderWay) and event.order.params["trick"]:
            assert event.progress.fraction == 0.5
            break
    else:
        pytest.fail("no progress was told")


def test_the_same_run_twice_is_one(make):
    twice = toy.EXPERIMENT.plan({"seeds": 1, "slices": 1, "trick": "", "folder": ""}) * 2
    info = toy.EXPERIMENT.__class__(
        "toy", "t", "t", 1, "s", toy.EXPERIMENT.guess, (), lambda settings: twice, toy.run, toy.findings
    )
    assert len(Sweep(info, {}, HereAndNow, measure=toy.measure).orders) == 2


@pytest.mark.parametrize("settings", [{"seeds": 0}, {"seeds": 2.5}, {"colour": "red"}, {"slices": 999}])
def test_settings_that_cannot_be_are_refused_before_anything_runs(settings):
    with pytest.raises(StudioError):
        Sweep(toy.EXPERIMENT, settings, HereAndNow)


def test_a_folder_that_cannot_be_used_stops_the_sweep(make, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StudioError, match="folder"):
        list(make("processes"))


def test_other_versions_are_refused_by_name():
    here = _work.versions_here()
    assert set(here) == {"CNN Studio", "Python", "torch", "numpy"}
    _work.refuse_other_versions(here, dict(here), "a")
    with pytest.raises(StudioError, match=r"worker tcp://a has torch 1\.0 instead of"):
        _work.refuse_other_versions(here, here | {"torch": "1.0"}, "tcp://a")
    task = _work.Task(toy.plan({"seeds": 1, "slices": 1, "trick": "", "folder": ""})[0], toy.measure, "s", {"x": "1"})
    with pytest.raises(StudioError, match="x none instead of 1"):
        _work.do(task)


def test_a_withdrawn_run_ends_at_its_next_slice():
    order = toy.plan({"seeds": 1, "slices": 50, "trick": "", "folder": ""})[0]
    told = []

    def tell(key, progress):
        told.append(progress.fraction)
        _work.withdraw("withdrawn for the test")

    with pytest.raises(Cancelled):
        _work.measured(_work.Task(order, toy.measure, "withdrawn for the test"), "here", tell)
    assert told == [0.02]


def test_the_number_of_workers(monkeypatch):
    assert 1 <= default_workers() <= usable_cores()
    monkeypatch.setattr("cnnstudio.runtime._workers.free_bytes", lambda: 1)
    assert default_workers() == 1
    monkeypatch.setattr("cnnstudio.runtime._workers.free_bytes", lambda: None)
    monkeypatch.setattr("cnnstudio.runtime._workers.usable_cores", lambda: 7)
    assert default_workers() == 7
    pool = WorkerProcesses()
    assert pool.workers == 7
    pool.shutdown()


def test_more_workers_than_there_is_room_for_are_refused(monkeypatch):
    monkeypatch.setattr("cnnstudio.runtime._workers.usable_cores", lambda: 2)
    monkeypatch.setattr("cnnstudio.runtime._workers.free_bytes", lambda: 10 * limits.WORKER_BYTES)
    assert processes(10)().workers == 10
    with pytest.raises(StudioError, match="There is no room for 99 worker processes") as told:
        processes(99)
    assert told.value.report.remedy == "Choose at most 10; 2 keeps every core of this computer busy."
    monkeypatch.setattr("cnnstudio.runtime._workers.free_bytes", lambda: 1)
    assert processes(2)().workers == 2
    monkeypatch.setattr("cnnstudio.runtime._workers.free_bytes", lambda: None)
    assert processes(1_000)().workers == 1_000
