"""Many runs, on threads, on processes that die, and on executors of other people."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from cnnstudio.core import limits
from cnnstudio.core.errors import Cancelled, StudioError
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime import _work
from cnnstudio.runtime._workers import WorkerProcesses, default_workers, processes, usable_cores
from cnnstudio.runtime.sweep import (
    RunFailed,
    RunMeasured,
    RunRepeated,
    RunsTaken,
    RunUnderWay,
    Sweep,
    run_whole,
)
from tests.runtime import toy

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0


class HereAndNow(Executor):
    """Does each run in the caller's thread."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except (StudioError, ArithmeticError) as error:
            future.set_exception(error)
        return future


EXECUTORS = {"threads": lambda: ThreadPoolExecutor(2), "here": HereAndNow, "processes": processes(2)}


@pytest.fixture
def make(tmp_path):
    def made(executor="here", trick="", keep=True, **settings):
        settings = {"trick": trick, "folder": str(tmp_path)} | settings
        factory = EXECUTORS[executor] if isinstance(executor, str) else executor
        folder = SweepFolder(tmp_path / "out") if keep else None
        return Sweep(toy.EXPERIMENT, settings, factory, folder, measure=toy.measure)

    return made


@pytest.fixture(autouse=True)
def _no_process_left():
    yield
    left = multiprocessing.active_children()
    for process in left:
        process.kill()
    assert not left


def numbers(results):
    return [(result.order.key, result.values["accuracy"], result.values["pair"]) for result in results]


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


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


def test_a_worker_that_dies_is_replaced_and_its_run_done_again(make):
    sweep = make("processes", "die once")
    events = list(sweep.events())
    (again,) = of_kind(events, RunRepeated)
    assert again.order.params["trick"] == "die once"
    assert again.attempt == 2
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
    assert failed.order.params["trick"] == "die"
    assert [event.attempt for event in of_kind(events, RunRepeated) if event.order == failed.order] == [2, 3]
    assert len(sweep.results) == 5


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
    assert len(sweep.results) == 5


def test_an_interrupted_sweep_goes_on_where_it_was(make):
    first = make("processes")
    results = iter(first)
    done = [next(results) for _ in range(3)]
    results.close()
    second = make("processes")
    events = list(second.events())
    (taken,) = of_kind(events, RunsTaken)
    assert {result.order.key for result in taken.results} >= {result.order.key for result in done}
    measured = of_kind(events, RunMeasured)
    assert len(measured) + len(taken.results) == 6
    assert len(measured) <= 3
    assert numbers(second.results) == numbers(run_whole(make("here", keep=False)))
    third = list(make("here").events())
    assert len(third) == 1


def test_a_damaged_result_is_told_and_measured_again(make, tmp_path):
    whole = run_whole(make())
    (tmp_path / "out" / "runs" / f"{whole[0].order.key}.json").write_bytes(b"half of i")
    sweep = make()
    events = list(sweep.events())
    assert len(of_kind(events, RunsTaken)[0].reports) == 1
    assert [event.result.order.key for event in of_kind(events, RunMeasured)] == [whole[0].order.key]
    assert sweep.results == whole


def test_results_of_another_torch_are_not_gone_on_with(make, tmp_path):
    whole = run_whole(make())
    folder = SweepFolder(tmp_path / "out")
    here = _work.versions_here()
    folder.keep(replace(whole[0], versions={"torch": here["torch"] + "+cpu", "numpy": here["numpy"]}))
    assert len(run_whole(make())) == 6
    folder.keep(replace(whole[0], versions={"torch": "0.1.0+cpu", "numpy": here["numpy"]}))
    with pytest.raises(StudioError, match=rf"holds results of torch 0\.1\.0 instead of {here['torch']}"):
        run_whole(make())


PARENT = """
import multiprocessing, sys
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime.sweep import RunUnderWay, Sweep, processes
from pathlib import Path
from tests.runtime import toy
out = Path(sys.argv[1])
sweep = Sweep(toy.EXPERIMENT, {"trick": "wait once", "folder": str(out)}, processes(2), SweepFolder(out / "out"),
              measure=toy.measure)
waiting = False
for event in sweep.events():
    waiting = waiting or isinstance(event, RunUnderWay) and bool(event.order.params["trick"])
    if waiting and len(sweep.results) == 5:
        print(*(process.pid for process in multiprocessing.active_children()), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_sweep_that_is_killed_leaves_no_process_and_goes_on(make, tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with parent:
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    assert workers
    wait_until_gone(workers)
    sweep = make("processes", "wait once")
    events = list(sweep.events())
    assert len(of_kind(events, RunsTaken)[0].results) == 5
    assert numbers(sweep.results) == numbers(run_whole(make("here", "wait once", keep=False)))


def wait_until_gone(pids):
    gone = threading.Event()

    def alive(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            stat = Path(f"/proc/{pid}/stat")
            return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
        return False

    for _ in range(int(PATIENCE_S / 0.02)):
        if not any(alive(pid) for pid in pids):
            return
        gone.wait(0.02)
    pytest.fail(f"processes are left: {pids}")


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
