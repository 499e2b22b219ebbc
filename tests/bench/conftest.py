import pytest


@pytest.fixture(autouse=True)
def _no_timer_left(_timers) -> None:
    """A window that was measured leaves no timer."""
