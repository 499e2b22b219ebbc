"""A Dask cluster on this computer, one of whose workers is killed in the middle of a sweep."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
from typing import Final

from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Result, Settings
from cnnstudio.runtime.cluster import cluster
from cnnstudio.runtime.sweep import RunMeasured, Sweep

_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
"""On Windows, SIGTERM ends a process at once as well."""


def on_cluster(info: ExperimentInfo, settings: Settings, workers: int) -> tuple[Result, ...]:
    """All runs on a cluster of fresh processes; a worker that is busy is killed when half of the runs are done.

    Raises:
        StudioError: Dask is not installed, or a run could not be done.
    """
    if importlib.util.find_spec("distributed") is None:
        raise StudioError("Dask is not installed.", remedy='Type: pip install "cnnstudio[cluster]"')
    from distributed import Client, LocalCluster

    home = "127.0.0.1"
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host=home, dashboard_address=f"{home}:0",
        worker_dashboard_address=f"{home}:0", silence_logs=logging.CRITICAL,
    ) as local, Client(local.scheduler_address, set_as_default=False) as client:  # fmt: skip
        sweep = Sweep(info, settings, cluster(local.scheduler_address))
        killed = False
        for event in sweep.events():
            if not killed and isinstance(event, RunMeasured) and 2 * len(sweep.results) >= len(sweep.orders):
                os.kill(_busy(client.processing(), client.run(os.getpid)), _KILL)
                killed = True
    for report in sweep.failures.values():
        raise StudioError(report.what, report.cause, report.remedy)
    return sweep.results


def _busy(processing: dict[str, object], pids: dict[str, int]) -> int:
    """The process of a worker that does something; any where none does."""
    return next(pids[place] for place in sorted(pids, key=lambda place: not processing.get(place)))
