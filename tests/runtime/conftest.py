"""An engine on a script: the test decides when the race may go on. And sweeps of toys."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import EngineReady, Event, RunEvent, StepEnd, Tick
from cnnstudio.core.live import LiveSettings
from cnnstudio.core.questions import Question
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime.engine_thread import Engine
from cnnstudio.runtime.mailbox import Mailbox
from cnnstudio.runtime.sweep import Sweep
from tests.made_up import scripted_run
from tests.runtime import toy
from tests.runtime.sweeping import EXECUTORS

PATIENCE_S = 20.0
"""How long a test waits for a thread before it fails; no test that passes waits."""


class RecordingMailbox(Mailbox):
    """A mailbox that keeps everything, and lets a test wait for an event."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Event] = []
        self._arrived = threading.Condition()

    def put(self, event: Event) -> None:
        with self._arrived:
            self.heard.append(event)
            self._arrived.notify_all()

    def wait_for(self, wanted: Callable[[Event], bool], count: int = 1) -> Event:
        """Waits until `count` events fit, and gives the last of them."""

        def found() -> list[Event]:
            return [event for event in self.heard if wanted(event)]

        with self._arrived:
            assert self._arrived.wait_for(lambda: len(found()) >= count, PATIENCE_S), f"never came; heard {self.heard}"
            return found()[count - 1]

    def wait_for_kind(self, kind: type, count: int = 1) -> Any:
        return self.wait_for(lambda event: isinstance(event, kind), count)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.heard]


class ScriptedBackend:
    """Races from `scripted_run`, and answers that are functions of the question.

    With `gated`, a step is taken only when the test calls `allow`.
    """

    def __init__(self, steps: int = 6, gated: bool = False) -> None:
        self.steps = steps
        self.fail_at: int | None = None
        self.warm_up_error: BaseException | None = None
        self.answers: dict[type, Callable[[Any], Any]] = {}
        self.closed_runs: list[int] = []
        self.lives: dict[int, LiveSettings] = {}
        self.thread_ids: set[int] = set()
        self._gated = gated
        self._allowed = threading.Semaphore(0)
        self.before_step: Callable[[int], None] = lambda step: None
        self.after: Callable[[RunEvent], Iterable[RunEvent]] = lambda event: ()

    def allow(self, steps: int = 1) -> None:
        for _ in range(steps):
            self._allowed.release()

    def warm_up(self) -> Generator[None, None, EngineReady]:
        self.thread_ids.add(threading.get_ident())
        yield
        if self.warm_up_error is not None:
            raise self.warm_up_error
        return EngineReady("0", "cpu", 0.0)

    def race(self, config: RaceConfig, run_id: int, live: LiveSettings) -> Generator[RunEvent, None, None]:
        self.lives[run_id] = live
        try:
            yield Tick(run_id)
            for event in scripted_run(run_id, config, self.steps, fail_at=self.fail_at):
                if isinstance(event, StepEnd):
                    yield Tick(run_id, between_steps=True)
                self.thread_ids.add(threading.get_ident())
                if isinstance(event, StepEnd):
                    self.before_step(event.step)
                    if self._gated:
                        assert self._allowed.acquire(timeout=PATIENCE_S)
                yield event
                yield from self.after(event)
        finally:
            self.closed_runs.append(run_id)

    def answer(self, question: Question[Any]) -> Any:
        self.thread_ids.add(threading.get_ident())
        return self.answers[type(question)](question)


@pytest.fixture
def mailbox() -> RecordingMailbox:
    return RecordingMailbox()


@pytest.fixture
def backend() -> ScriptedBackend:
    return ScriptedBackend()


@pytest.fixture
def gated() -> ScriptedBackend:
    return ScriptedBackend(gated=True)


@pytest.fixture
def make_engine(mailbox: RecordingMailbox) -> Iterator[Callable[..., Engine]]:
    made: list[tuple[Engine, ScriptedBackend]] = []

    def make(backend: ScriptedBackend, start: bool = True) -> Engine:
        engine = Engine(mailbox, backend=backend)
        made.append((engine, backend))
        if start:
            engine.start()
        return engine

    yield make
    for engine, backend in made:
        backend.allow(1_000)
        assert engine.close(PATIENCE_S)


@pytest.fixture
def make(tmp_path):
    """Makes a sweep of toys that keeps its results in `tmp_path / "out"`."""

    def made(executor="here", trick="", keep=True, **settings):
        settings = {"trick": trick, "folder": str(tmp_path)} | settings
        factory = EXECUTORS[executor] if isinstance(executor, str) else executor
        folder = SweepFolder(tmp_path / "out") if keep else None
        return Sweep(toy.EXPERIMENT, settings, factory, folder, measure=toy.measure)

    return made


@pytest.fixture
def no_process_left():
    yield
    left = multiprocessing.active_children()
    for process in left:
        process.kill()
    assert not left
