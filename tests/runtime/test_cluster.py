"""Runs on a small Dask cluster on this computer: the same numbers as in processes, whatever happens to its workers."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import socket
import threading
from pathlib import Path

import distributed
import psutil
import pytest

from cnnstudio import experiments
from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.runtime import cluster as clusters
from cnnstudio.runtime.cluster import Tls, cluster
from cnnstudio.runtime.sweep import RunMeasured, RunUnderWay, Sweep, processes, run_whole
from tests.runtime import toy

PATIENCE_S = 30.0

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own warnings are no fault of ours


@pytest.fixture(scope="module")
def local():
    """Two workers, each a process with a nanny that starts it again; nothing but the loopback device listens."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with small_cluster(2) as started:
        yield started


def small_cluster(workers, **more):
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL, **more,
    )  # fmt: skip


def make(factory, tmp_path, trick="", **settings):
    settings = {"trick": trick, "folder": str(tmp_path)} | settings
    return Sweep(toy.EXPERIMENT, settings, factory, measure=toy.measure)


def numbers(sweep):
    return [(result.order.params["network"], result.order.params["seed"], result.values["accuracy"])
            for result in sweep.results]  # fmt: skip


def test_a_cluster_gives_the_numbers_of_processes_although_a_worker_is_killed(local, tmp_path):
    on_cluster = make(cluster(local.scheduler_address), tmp_path, "wait once")
    workers = {}
    killed = None
    for event in on_cluster.events():
        if isinstance(event, RunMeasured):
            workers[event.result.worker] = event.result
        if isinstance(event, RunUnderWay) and event.order.params["trick"] and killed is None:
            assert event.progress.fraction == 0.5
            with distributed.Client(local.scheduler_address, set_as_default=False) as client:
                killed = busy_worker(client)
            os.kill(killed, signal.SIGKILL)
    assert killed is not None
    assert not on_cluster.failures
    assert all(place.startswith("tcp://127.0.0.1") for place in workers)
    in_processes = make(processes(2), tmp_path, "")
    run_whole(in_processes)
    assert numbers(on_cluster) == numbers(in_processes)
    assert len(on_cluster.results) == 6


def test_an_experiment_gives_the_numbers_of_processes_although_a_worker_is_killed(local):
    settings = {"networks": "mlp,lenet5", "dataset": "glyphs", "examples": 50, "epochs": 1, "seeds": 2}
    on_cluster = Sweep(experiments.find("luck"), settings, cluster(local.scheduler_address))
    killed = None
    for event in on_cluster.events():
        if isinstance(event, RunMeasured) and killed is None:
            with distributed.Client(local.scheduler_address, set_as_default=False) as client:
                killed = busy_worker(client)
            os.kill(killed, signal.SIGKILL)
    assert killed is not None
    here = Sweep(experiments.find("luck"), settings, processes(1))
    run_whole(here)
    assert not on_cluster.failures
    assert len(on_cluster.results) == 4
    assert [result.values for result in on_cluster.results] == [result.values for result in here.results]
    assert on_cluster.findings() == here.findings()


def busy_worker(client):
    """The process id of the worker that waits."""
    doing = {place for place, tasks in client.processing().items() if tasks}
    pids = client.run(os.getpid)
    return next(pids[place] for place in sorted(pids, key=lambda place: place not in doing))


def test_partial_values_arrive_and_a_failing_run_is_told(local, tmp_path):
    sweep = make(cluster(local.scheduler_address), tmp_path, "fail", slices=2)
    partly = [event.progress for event in sweep.events() if isinstance(event, RunUnderWay)]
    assert len(sweep.results) == 5
    (report,) = sweep.failures.values()
    assert report.sentence == "This run cannot be. It is a trick."
    assert all(set(progress.values) == {"count"} for progress in partly)


def test_cancel_ends_the_runs_on_the_workers(local, tmp_path):
    sweep = make(cluster(local.scheduler_address), tmp_path, "wait")
    began, ended = threading.Event(), threading.Event()

    def watch():
        for event in sweep.events():
            if isinstance(event, RunUnderWay) and event.order.params["trick"]:
                began.set()
        ended.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert began.wait(PATIENCE_S)
    sweep.cancel()
    assert ended.wait(PATIENCE_S / 3)
    watcher.join(PATIENCE_S)
    again = make(cluster(local.scheduler_address), tmp_path)
    assert len(run_whole(again)) == 6  # the workers are free


def listening():
    return {each.laddr for each in psutil.Process().net_connections() if each.status == psutil.CONN_LISTEN}


def test_the_program_itself_listens_nowhere(local):
    before = listening()
    executor = cluster(local.scheduler_address)()
    try:
        assert executor.workers == 2
        assert listening() == before
    finally:
        executor.shutdown()


def test_a_worker_with_another_version_is_named(local, monkeypatch):
    monkeypatch.setattr("cnnstudio.__version__", "99.0")
    with pytest.raises(StudioError, match=r"The worker tcp://127\.0\.0\.1:\d+ has CNN Studio .* instead of 99\.0"):
        cluster(local.scheduler_address)()


def _not_at_home():
    raise ModuleNotFoundError("No module named 'cnnstudio'")


def test_a_worker_without_the_program_is_named(local, monkeypatch):
    monkeypatch.setattr(clusters, "_ask_versions", _not_at_home)
    with pytest.raises(StudioError, match=r"The worker tcp://127\.0\.0\.1:\d+ has no CNN Studio"):
        cluster(local.scheduler_address)()


def test_a_scheduler_without_workers_is_told():
    with small_cluster(0) as lonely, pytest.raises(StudioError, match="has no workers"):
        cluster(lonely.scheduler_address)()


def test_a_cluster_with_certificates(tmp_path):
    pem = Path(__file__).with_name("for_tests_only.pem")  # key and certificate of an authority that signed itself
    security = distributed.Security(
        require_encryption=True, tls_ca_file=str(pem),
        **{f"tls_{role}_{part}": str(pem) for role in ("client", "scheduler", "worker") for part in ("cert", "key")},
    )  # fmt: skip
    with small_cluster(1, security=security, protocol="tls") as private:
        assert private.scheduler_address.startswith("tls://")
        sweep = make(cluster(private.scheduler_address, Tls(pem, pem, pem)), tmp_path, seeds=1)
        assert [result.worker[:6] for result in run_whole(sweep)] == ["tls://"] * 2


def test_an_unreachable_scheduler_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(limits, "CLUSTER_TIMEOUT_S", 0.5)
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        sweep = make(cluster(f"tcp://127.0.0.1:{taken.getsockname()[1]}"), tmp_path)
        with pytest.raises(
            StudioError, match=r"scheduler tcp://127\.0\.0\.1:\d+ cannot be reached\. Nobody takes calls at port"
        ):
            list(sweep)


def test_what_is_no_scheduler_is_one_sentence(monkeypatch):
    monkeypatch.setattr(limits, "CLUSTER_TIMEOUT_S", 0.5)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(StudioError, match="said nothing within"),
    ):
        cluster(f"tcp://127.0.0.1:{silent.getsockname()[1]}")()


def test_a_scheduler_that_goes_is_one_sentence(monkeypatch, tmp_path):
    with small_cluster(1) as going:
        sweep = make(cluster(going.scheduler_address), tmp_path, "wait")
        events = sweep.events()
        next(event for event in events if isinstance(event, RunUnderWay) and event.order.params["trick"])
    monkeypatch.setattr(limits, "CLUSTER_TIMEOUT_S", 0.5)
    with pytest.raises(StudioError, match="cannot be reached"):
        list(events)
    assert not sweep.failures


def test_a_program_of_another_kind_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as web:

        def serve():
            web.accept()[0].close()  # the first call only asks whether anybody is there
            call, _ = web.accept()
            with call:
                call.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 4)
                call.recv(1_000)

        server = threading.Thread(target=serve)
        server.start()
        with pytest.raises(StudioError, match="no Dask scheduler"):
            cluster(f"tcp://127.0.0.1:{web.getsockname()[1]}")()
        server.join(PATIENCE_S)


def test_without_dask_the_remedy_is_said(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "distributed" else find_spec(name))
    with pytest.raises(StudioError) as told:
        cluster("tcp://127.0.0.1:8786")
    assert told.value.report.remedy == 'Type: pip install "cnnstudio[cluster]"'


@pytest.mark.parametrize("address", ["", "host", "host:1", "http://host:1", "tcp://host", "tcp://:1", "tcp://h:x"])
def test_addresses_that_cannot_be(address):
    with pytest.raises(StudioError, match="cannot be at"):
        cluster(address)


def test_certificates_and_the_address_go_together(tmp_path):
    there = tmp_path / "there.pem"
    there.write_text("")
    with pytest.raises(StudioError, match="needs certificates"):
        cluster("tls://h:1")
    with pytest.raises(StudioError, match="do not go together"):
        cluster("tcp://h:1", Tls(there, there, there))
    with pytest.raises(StudioError, match=r"no key file .*gone\.pem"):
        cluster("tls://h:1", Tls(there, there, tmp_path / "gone.pem"))
    with pytest.raises(StudioError, match="no certificate file"):
        cluster("tls://h:1", Tls(there, None, there))


def test_certificates_of_others_are_one_sentence():
    pem = Path(__file__).with_name("for_tests_only.pem")
    with (
        small_cluster(0) as plain,
        pytest.raises(StudioError, match=r"cannot be reached\. The encrypted call was refused"),
    ):
        cluster(plain.scheduler_address.replace("tcp://", "tls://"), Tls(pem, pem, pem))()


def test_certificates_that_are_none_are_one_sentence(tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(StudioError, match="holds no certificate in PEM format"):
        cluster("tls://127.0.0.1:1", Tls(empty, empty, empty))
