"""Worker processes of this computer: one thread each, low priority, and none is left when their work is not wanted."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext, SpawnProcess
from typing import Any, Final

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Result
from cnnstudio.core.free_memory import free_bytes
from cnnstudio.runtime import _one_thread, _work
from cnnstudio.runtime._ends import UNKNOWN, Why, processes_killed_for_memory, why_ended

_JOIN_S: Final = 5.0
"""A process that was killed is gone well before."""

_LOOK_S: Final = 0.1
"""How often whoever waits for an executor looks whether it is still wanted."""

NOBODY: Final = "There is nobody to do the runs."

_MOST: Final = 1_024
"""As many as can be asked for."""

_WINDOWS_MOST: Final = 61
"""Handles that Windows can wait for at once, less those that the pool needs."""


def usable_cores() -> int:
    """Cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers() -> int:
    """As many worker processes as the memory has room for, and one per core in any case."""
    free = free_bytes()
    by_memory = _MOST if free is None else int(free // limits.WORKER_BYTES)
    most = max(usable_cores(), by_memory)
    return min(most, _WINDOWS_MOST) if sys.platform == "win32" else most


def default_workers() -> int:
    """One worker process per core, as far as the memory goes."""
    free = free_bytes()
    by_memory = usable_cores() if free is None else free // limits.WORKER_BYTES
    most = _WINDOWS_MOST if sys.platform == "win32" else usable_cores()
    return int(max(1, min(usable_cores(), by_memory, most)))


class WatchedExecutor(Executor):
    """An executor that can say how far its runs are, and drop them all at once.

    Thread: any.
    """

    workers: int
    """How many runs it does at a time."""

    def do(self, task: _work.Task) -> Future[Result]:
        """Begins a run."""
        return self.submit(_work.do, task)

    def listen(self, sweep: str, tell: _work.Tell) -> None:
        """Lets the progress of a sweep's runs be told, in any thread."""

    def drop(self, sweep: str) -> None:
        """Ends all runs now, or where that cannot be, soon; within a second."""
        _work.withdraw(sweep)
        self.shutdown(wait=False, cancel_futures=True)

    def blamed(self) -> Mapping[str, Why]:
        """Once it is broken and shut down: the keys of the runs that broke it, and how; none where nobody knows."""
        return {}

    def why_broken(self) -> Why:
        """Once it is broken and shut down: why, as far as that is known."""
        return UNKNOWN

    def has_begun(self) -> bool:
        """Whether a worker ever began a run, or nobody can tell."""
        return True


class _Worker(SpawnProcess):
    """A worker process that says what ended it, where Python knows.

    Thread: any.
    """

    def run(self) -> None:
        """Works until the pool has no more to do."""
        try:
            super().run()
        except (ImportError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError, MemoryError):
            # What was sent could not be taken apart, as the pool's own code does outside of any run. It would print a
            # traceback; who started this process puts it into words instead.
            _one_thread.tell((os.getpid(), "", traceback.format_exc()))
            os._exit(1)


class _Context(BaseContext):
    """Makes fresh processes, which share nothing with a process full of threads, and knows them.

    Thread: any.
    """

    _name = "spawn"

    def __init__(self) -> None:
        super().__init__()
        self.made: list[SpawnProcess] = []
        self.dropped = False

    def Process(self, *args: Any, **named: Any) -> SpawnProcess:
        """A worker process that is not started yet."""
        if self.dropped:
            raise BrokenExecutor("nobody wants this work any more")
        process = _Worker(*args, **named)
        self.made.append(process)
        return process

    def started(self) -> list[SpawnProcess]:
        """All that were ever started."""
        return [process for process in tuple(self.made) if process.pid is not None]


class WorkerProcesses(ProcessPoolExecutor, WatchedExecutor):
    """Processes of this computer.

    Thread: any; `submit` belongs to one of them.
    """

    def __init__(self, workers: int | None = None) -> None:
        """Starts nothing yet.

        Args:
            workers: How many; None for `default_workers()`.
        """
        self.workers = workers or default_workers()
        self._context = _Context()
        self._hear, self._say = self._context.Pipe(duplex=False)
        self._tell: _work.Tell = lambda key, progress: None
        self._runs: dict[int, str] = {}
        self._last_words: dict[int, str] = {}
        self._refused: OSError | None = None
        self._killed_for_memory = processes_killed_for_memory()
        self._listener: threading.Thread | None = None
        ready = self._context.Barrier(self.workers)
        super().__init__(
            self.workers,
            self._context,
            initializer=_one_thread.begin,
            initargs=(self._say, self._context.Lock(), ready),
        )

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Begins a call in a worker process."""
        if self._listener is None:
            self._listener = threading.Thread(target=self._listen, name="sweep progress", daemon=True)
            self._listener.start()
        try:
            return super().submit(fn, *args, **kwargs)
        except OSError as error:  # the system gives no other process
            self._refused = error
            raise

    def warm_up(self) -> None:
        """Returns when every worker has loaded torch; for measurements."""
        for waiting in [self.submit(_work.warm) for _ in range(self.workers)]:
            waiting.result()

    def listen(self, sweep: str, tell: _work.Tell) -> None:
        """Lets progress be told, in a thread of its own."""
        self._tell = tell

    def drop(self, sweep: str) -> None:
        """Kills the processes; `shutdown` then waits until they are gone."""
        self._context.dropped = True
        self._kill()

    def blamed(self) -> Mapping[str, Why]:
        """The runs of the processes that ended by themselves; the pool ends the others with SIGTERM."""
        if sys.platform == "win32":  # where every end of a process looks the same
            return {}
        ended = ((process.pid or 0, self._why(process)) for process in self._ended())
        return {self._runs[pid]: why for pid, why in ended if pid in self._runs}

    def why_broken(self) -> Why:
        """Of the first process that ended by itself."""
        if self._refused is not None:
            cause = f"The system gave no other process: {self._refused.strerror or self._refused}."
            return Why(cause, "Use fewer workers, or end other programs, and start again: what is measured is kept.")
        return next((self._why(process) for process in self._ended()), UNKNOWN)

    def has_begun(self) -> bool:
        """Whether a worker ever began a run."""
        return bool(self._runs)

    def _ended(self) -> list[SpawnProcess]:
        """The processes that ended by themselves."""
        return [process for process in self._context.started() if process.exitcode not in (None, 0, -signal.SIGTERM)]

    def _why(self, process: SpawnProcess) -> Why:
        before, now = self._killed_for_memory, processes_killed_for_memory()
        ran_out = None if before is None or now is None else now > before
        return why_ended(process.exitcode, ran_out, self._last_words.get(process.pid or 0, ""))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the processes, and waits until they are gone where `wait` says so."""
        if self._context.dropped:
            self._kill()  # also those that were just being started
        super().shutdown(wait, cancel_futures=cancel_futures)
        if not wait:
            return
        for process in self._context.started():
            process.join(_JOIN_S)
        self._say.close()  # the last writer: what is still on its way is heard, then the line ends
        if self._listener is not None:
            self._listener.join(_JOIN_S)
        else:
            self._hear.close()

    def _kill(self) -> None:
        for process in self._context.started():
            process.kill()

    def _listen(self) -> None:
        with self._hear:
            while (message := _received(self._hear)) is not None:
                pid, key, said = message
                if said is None:
                    self._runs[pid] = key
                elif isinstance(said, str):
                    self._last_words[pid] = said
                else:
                    self._tell(key, said)


def _received(hear: Connection) -> tuple[int, str, Progress | str | None] | None:
    try:
        message: tuple[int, str, Progress | str | None] = hear.recv()
    except (EOFError, OSError):
        return None
    return message


class _Making(threading.Thread):
    """Makes an executor where nobody has to wait for it.

    Thread: `run` is its own; everything else belongs to one other.
    """

    def __init__(self, factory: Callable[[], Executor]) -> None:
        super().__init__(name="sweep executor", daemon=True)
        self._factory = factory
        self._lock = threading.Lock()
        self._unwanted = False
        self.made: Executor | None = None
        self.error = StudioError(NOBODY, "A fault in the program; the log says where.")

    def run(self) -> None:
        try:
            made = self._factory()
        except StudioError as error:
            self.error = error
            return
        except OSError as error:  # the system gives no pipe or semaphore
            cause = f"The system gives no worker what it needs: {error.strerror or error}."
            self.error = StudioError(NOBODY, cause, "End other programs and start again: what is measured is kept.")
            return
        with self._lock:
            self.made = made
            unwanted = self._unwanted
        if unwanted:
            made.shutdown(wait=False)

    def throw_away(self) -> None:
        """Nobody wants what is made: it is shut down, now or when it comes."""
        with self._lock:
            self._unwanted, made = True, self.made
        if made is not None:
            made.shutdown(wait=False)


def made(factory: Callable[[], Executor], wanted: Callable[[], bool]) -> Executor | None:
    """What a factory makes; a cluster may take seconds to answer, and is not waited for once nobody wants it.

    Args:
        factory: Makes an executor.
        wanted: Whether it is still wanted.

    Returns:
        The executor; None where it was not wanted any more before it came.

    Raises:
        StudioError: It cannot be had.
    """
    making = _Making(factory)
    making.start()
    taken: Executor | None = None
    try:
        while making.is_alive() and wanted():
            making.join(_LOOK_S)
        if not making.is_alive():
            taken = making.made
            if taken is None:
                raise making.error
    finally:
        if taken is None:
            making.throw_away()
    return taken


def processes(workers: int | None = None) -> Callable[[], WorkerProcesses]:
    """Makes worker processes, again whenever one of them died.

    Raises:
        StudioError: There is no room for so many.
    """
    if workers is not None and workers > (most := most_workers()):
        raise StudioError(
            f"There is no room for {workers} worker processes.",
            f"Each takes up to {limits.WORKER_BYTES / 2**20:,.0f} MB of memory; more than one per core gain nothing.",
            f"Choose at most {most}; {min(most, usable_cores())} keeps every core of this computer busy.",
        )
    return lambda: WorkerProcesses(workers)
