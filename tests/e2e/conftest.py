"""The real window with the real engine."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from cnnstudio.ui.app import Program

PATIENCE_MS = 60_000
"""How long a test waits before it fails; none waits for time to pass."""


@pytest.fixture(autouse=True)
def _no_timer_left(_timers) -> None:
    """Every test of the window is checked for timers."""


@pytest.fixture
def start(qtbot):
    made = []

    def begin(config=None):
        program = Program()
        made.append(program)
        program.keeper.restore()
        if config is not None:
            program.studio.set_config(config)
        program.window.show()
        program.start()
        qtbot.waitUntil(lambda: program.studio.ready is not None, timeout=PATIENCE_MS)
        return program

    yield begin
    for program in made:
        program.window.close()
        assert not program.engine._thread.is_alive()
        program.window.deleteLater()
        program.deleteLater()
    QApplication.sendPostedEvents(None, 52)
