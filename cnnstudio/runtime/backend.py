"""What the engine's thread needs to be able to do, and the real thing: torch, imported where it is first used."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import EngineReady, RunEvent
from cnnstudio.core.experiment import Flip, Measure
from cnnstudio.core.free_memory import refuse_if_too_little
from cnnstudio.core.live import LiveSettings
from cnnstudio.core.questions import Question


class Backend(Protocol):
    """Everything the thread iterates; tests give their own, without torch.

    Thread: engine.
    """

    def warm_up(self) -> Generator[None, None, EngineReady]:
        """Imports what training needs, in stages, so that closing the window need not wait for all of it."""

    def race(self, config: RaceConfig, run_id: int, live: LiveSettings) -> Generator[RunEvent, None, None]:
        """A race as events, with a `Tick` between two steps, where it may stand."""

    def answer(self, question: Question[Any]) -> Any:
        """The answer, or a generator of `Progress` that returns it."""


class TorchBackend:
    """The engine itself: one session, whose data and networks stay in memory.

    Thread: engine; only `__init__` runs elsewhere, and imports nothing.
    """

    def __init__(self, data_root: Path | None = None) -> None:
        """Remembers where stored data sets are; None is the program's own folder."""
        self._data_root = data_root
        self._session: Any = None
        self._live: Any = None

    def warm_up(self) -> Generator[None, None, EngineReady]:
        """Imports torch and makes the session.

        Raises:
            StudioError: There is too little memory for torch.
        """
        refuse_if_too_little()
        from cnnstudio.engine import warmup

        ready = yield from warmup.warm_up()
        from cnnstudio.engine.session import Session

        self._session = Session(data_root=self._data_root)
        return ready

    def race(self, config: RaceConfig, run_id: int, live: LiveSettings) -> Generator[RunEvent, None, None]:
        """The race of `engine.race`."""
        from cnnstudio.engine.race import race

        yield from race(config, self._session, live, run_id)

    def answer(self, question: Question[Any]) -> Any:
        """The answer of `engine.answers`, or one run of an experiment, which may be flipped on its way."""
        if isinstance(question, Measure | Flip):
            from cnnstudio.experiments._live import LiveMeasures

            self._live = self._live or LiveMeasures()
            return self._live.answer(question)
        from cnnstudio.engine.answers import answer

        return answer(question, self._session)
