"""A session whose race is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cnnstudio.core.live import LiveSettings
from cnnstudio.engine import weights
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session
from tests.engine.raced import CONFIG, new_session


@pytest.fixture(scope="module")
def raced() -> tuple[Session, list[Any]]:
    """A session whose race is over, and the race's events; tests only ask it."""
    session = new_session()
    return session, list(race(CONFIG, session, LiveSettings(), 1))


@pytest.fixture
def session(raced: tuple[Session, list[Any]]) -> Session:
    return raced[0]


@pytest.fixture
def empty_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No shipped weights, and the folder where a test may put some."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(weights, "resources", lambda: tmp_path)
    return tmp_path / "weights"
