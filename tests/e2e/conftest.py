"""The real window with the real engine."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_timer_left(_timers) -> None:
    """Every test of the window is checked for timers."""
