"""What every test gets: a home of its own, fixed seeds, and a check that it leaves nothing behind."""

from __future__ import annotations

import logging
import os
import random
import re
import sys
import threading
import time
import weakref
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in every run and no limit on one example's time, so that a change is judged by what it changed and
# not by luck or load. `pytest -m hypothesis --hypothesis-profile search` looks for new ones.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("steady")

_PATIENCE_S = 3.0
"""How long a thread may take to end after its test; a test that passes does not wait."""

_LIBRARY_THREADS = ("tqdm", "pytest_timeout", "ThreadPoolExecutor", "raylet", "Dummy")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The user's folders lie in a fresh place."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CNNSTUDIO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _seeds() -> None:
    random.seed(0)
    np.random.seed(0)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _hooks_restored() -> Iterator[None]:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook = before


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    until_s = time.monotonic() + _PATIENCE_S
    for thread in set(threading.enumerate()) - before:
        if not thread.daemon and not thread.name.startswith(_LIBRARY_THREADS):
            thread.join(max(0.0, until_s - time.monotonic()))
            assert not thread.is_alive(), f"the test left the thread {thread.name!r} running"


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class ExpectedLog:
    """Expects records of level WARNING or higher: `expected_log("a view failed")`, a regular expression."""

    def __init__(self) -> None:
        self.patterns: list[str] = []

    def __call__(self, pattern: str) -> None:
        """Expects one more."""
        self.patterns.append(pattern)


@pytest.fixture
def expected_log() -> ExpectedLog:
    """Expects a record of level WARNING or higher: `expected_log("a view failed")`, a regular expression."""
    return ExpectedLog()


@pytest.fixture(autouse=True)
def _no_unexpected_log(request) -> Iterator[None]:
    """Any record of level WARNING or higher fails the test, unless it is expected or the test reads the log itself."""
    handler = _Warnings()
    expect = request.getfixturevalue("expected_log") if "expected_log" in request.fixturenames else None
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if "caplog" in request.fixturenames:
        return
    patterns = expect.patterns if expect is not None else []
    said = [record.getMessage() for record in handler.records if record.name.startswith(("cnnstudio", "qt"))]
    unexpected = [text for text in said if not any(re.search(pattern, text) for pattern in patterns)]
    assert not unexpected, f"logged unexpectedly: {unexpected}"
    missing = [pattern for pattern in patterns if not any(re.search(pattern, text) for text in said)]
    assert not missing, f"expected in the log, but never logged: {missing}"


@pytest.fixture
def _timers(monkeypatch) -> Iterator[None]:
    """No QTimer may still be active when the test is over. Tests with a window use it for all of theirs."""
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from shiboken6 import isValid

    started: list[weakref.ref[QTimer]] = []
    start = QTimer.start

    def noted(self: QTimer, *args: int) -> None:
        started.append(weakref.ref(self))
        start(self, *args)

    monkeypatch.setattr(QTimer, "start", noted)
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    timers = [timer() for timer in started]
    left = [timer for timer in timers if timer is not None and isValid(timer) and timer.isActive()]
    names = [f"{timer.objectName() or 'a timer'} of {timer.parent()!r}, every {timer.interval()} ms" for timer in left]
    for timer in left:
        timer.stop()
    assert not left, f"the test left timers running: {names}"
