"""Runs on a Dask cluster that the user named: the computers of a class, or a large machine.

The program only ever calls out to that one scheduler; nothing here listens. Dask is an extra, `cnnstudio[cluster]`, and
is imported where it is used. M. Rocklin: Dask: parallel computation with blocked algorithms and task scheduling. SciPy
2015.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Partly, Result
from cnnstudio.core.sweep_folder import plain
from cnnstudio.runtime import _one_thread, _work
from cnnstudio.runtime._reach import knock, unreachable, why_no_scheduler
from cnnstudio.runtime._workers import WatchedExecutor
from cnnstudio.runtime.certificates import Tls, check

__all__ = ["ClusterExecutor", "Tls", "check_address", "cluster"]

_EXAMPLE: Final = "Write it as in tcp://10.0.0.7:8786."

_ASK_S: Final = 0.5
"""How long workers have to hear that their runs are not wanted; they are told, whether they answer or not."""


def cluster(address: str, tls: Tls | None = None) -> Callable[[], ClusterExecutor]:
    """Makes an executor on a cluster, for `Sweep`; the scheduler is called when the first run is handed out.

    Args:
        address: Of the scheduler: tcp://HOST:PORT, or tls://HOST:PORT with certificates.
        tls: The certificates.

    Raises:
        StudioError: The address cannot be, a certificate is missing or none, or Dask is not installed.
    """
    check_address(address, tls)
    if importlib.util.find_spec("distributed") is None:
        raise StudioError(
            "Dask is not installed, which a cluster needs.", remedy='Type: pip install "cnnstudio[cluster]"'
        )
    return lambda: ClusterExecutor(address, tls)


def check_address(address: str, tls: Tls | None) -> None:
    """Looks at what was typed; calls nobody.

    Raises:
        StudioError: The address cannot be, or its certificates are missing or none.
    """
    try:
        parts = urlsplit(address)
        complete = bool(parts.hostname and parts.port)
    except ValueError:
        complete = False
    if not complete or parts.scheme not in ("tcp", "tls"):
        raise StudioError(f"A Dask scheduler cannot be at {address!r}.", remedy=_EXAMPLE)
    if parts.scheme == "tls" and tls is None:
        raise StudioError(
            f"{address} needs certificates: of the authority, your own, and its key.",
            remedy="Name the three files, or write tcp:// for a scheduler without.",
        )
    if parts.scheme == "tcp" and tls is not None:
        raise StudioError(
            f"{address} and certificates do not go together.", remedy="Write tls:// for a scheduler with certificates."
        )
    if tls is not None:
        check(tls)


class ClusterExecutor(WatchedExecutor):
    """The workers of a Dask cluster; each does one run at a time, with one thread.

    Dask itself does a run again whose worker died, elsewhere.

    Thread: any.
    """

    def __init__(self, address: str, tls: Tls | None = None) -> None:
        """Calls the scheduler, and checks every worker before anything runs.

        Raises:
            StudioError: Nobody answers, there are no workers, or one of them has other versions.
        """
        self._address = address
        self._client = _connected(address, tls)
        try:
            self.workers = self._checked()
        except StudioError:
            with suppress(OSError):
                self._client.close(_ASK_S)
            raise
        self._executor = self._client.get_executor(pure=False)
        self._asking: threading.Thread | None = None
        self._asking_once = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Begins a call on a worker."""
        future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
        return future

    def do(self, task: _work.Task) -> Future[Result]:
        """Begins a run; a worker that joined later is checked by the run itself."""
        return self.submit(_do_on_worker, replace(task, versions=_work.versions_here()))

    def listen(self, sweep: str, tell: _work.Tell) -> None:
        """Lets progress be told, in Dask's own thread."""

        def heard(event: tuple[float, Any]) -> None:
            said = event[1]
            if said["values"] is None:
                tell(said["key"], Progress(said["fraction"], said["text"]))
            else:
                tell(said["key"], Partly(said["fraction"], said["text"], said["values"]))

        self._client.subscribe_topic(sweep, heard)

    def drop(self, sweep: str) -> None:
        """Tells the workers that nobody wants the runs; they end at their next slice."""
        with self._asking_once:
            if self._asking is None:
                self._asking = threading.Thread(target=self._withdraw, args=(sweep,), name="withdraw", daemon=True)
                self._asking.start()
        self._asking.join(_ASK_S)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes back what still waits, and hangs up."""
        with suppress(OSError, RuntimeError):  # the scheduler has gone
            if self._client.status == "running":
                self._executor.shutdown(wait=False)
            self._client.close(_ASK_S)

    def _withdraw(self, sweep: str) -> None:
        try:
            self._client.run(_work.withdraw, sweep)
        except (OSError, RuntimeError, AttributeError):
            return  # whoever does not answer has nothing to withdraw

    def _checked(self) -> int:
        """How many workers there are, all of which may take part."""
        wanted = _work.versions_here()
        found = self._client.run(_ask_versions, on_error="return")
        if not found:
            raise StudioError(
                f"The scheduler {self._address} has no workers.", remedy="Start some with: dask worker ADDRESS"
            )
        for place, versions in sorted(found.items()):
            if not isinstance(versions, dict):
                raise StudioError(
                    f"The worker {place} has no CNN Studio, or a very different one.",
                    str(versions),
                    f"Install version {wanted['CNN Studio']} there and start it again.",
                )
            _work.refuse_other_versions(wanted, versions, place)
        return len(found)


def _ask_versions() -> dict[str, str]:
    """Is called on every worker; one without this module answers with an error."""
    return _work.versions_here()


def _connected(address: str, tls: Tls | None) -> Any:
    """A client of the scheduler; it does not listen itself."""
    from distributed import Client
    from distributed.security import Security

    for name in ("distributed", "distributed.client"):  # what goes wrong is said by this program
        logging.getLogger(name).setLevel(logging.CRITICAL)
    security = None
    if tls is not None:
        security = Security(
            tls_ca_file=str(tls.ca), tls_client_cert=str(tls.cert), tls_client_key=str(tls.key), require_encryption=True
        )
    knock(address, check(tls) if tls is not None else None)
    try:
        asyncio.run(asyncio.wait_for(_greet(address, security), limits.CLUSTER_TIMEOUT_S))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that differ, which are checked for below
            return Client(
                address, timeout=limits.CLUSTER_TIMEOUT_S, security=security, set_as_default=False, name="cnnstudio"
            )
    except (OSError, ValueError, TypeError, LookupError, OverflowError, MemoryError) as error:
        # The last ones come from a program of another kind, whose words are read as the length of a message.
        raise unreachable(address, *why_no_scheduler(error, encrypted=tls is not None), str(error)) from error


async def _greet(address: str, security: Any) -> None:
    """Asks whoever is there for its name: a `Client` waits forever for a program that takes calls and says nothing.

    Raises:
        OSError: Nobody answers.
        ValueError: It is no scheduler.
    """
    from distributed.comm import connect

    options = security.get_connection_args("client") if security is not None else {}
    line = await connect(address, timeout=limits.CLUSTER_TIMEOUT_S, **options)
    try:
        await line.write({"op": "identity", "reply": True})
        said = await line.read()
    finally:
        line.abort()
    if not isinstance(said, dict) or said.get("type") != "Scheduler":
        raise ValueError("it is no scheduler")


def _do_on_worker(task: _work.Task) -> Result:
    from distributed import get_worker

    worker = get_worker()
    _one_thread.claim()

    def tell(key: str, progress: Progress) -> None:
        values = plain(progress.values) if isinstance(progress, Partly) else None
        said = {"key": key, "fraction": progress.fraction, "text": progress.text, "values": values}
        worker.log_event(task.sweep, said)

    return _work.measured(task, worker.address, tell)
