"""Sweeps that were interrupted go on where they were."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cnnstudio.core.errors import StudioError
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime import _work
from cnnstudio.runtime.sweep import RunMeasured, RunsTaken, run_whole
from tests.runtime.sweeping import PATIENCE_S, numbers, of_kind

pytestmark = pytest.mark.usefixtures("no_process_left")
ROOT = Path(__file__).resolve().parents[2]


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
