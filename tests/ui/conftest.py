"""Studies without torch: empty, with an engine on a script, with a made-up run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cnnstudio.runtime.mailbox import Mailbox
from cnnstudio.ui import theme as look
from cnnstudio.ui.bridge import Bridge
from cnnstudio.ui.demo import fill
from cnnstudio.ui.keep import Keeper
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.widgets.picture_column import PictureColumn
from tests.fakes import FakeEngine


@pytest.fixture(autouse=True)
def _no_timer_left(_timers) -> None:
    """Every test of the window is checked for timers."""


@pytest.fixture(autouse=True)
def _light(qapp: QApplication):
    """Every test begins and ends with the light theme."""
    look.apply(qapp, look.LIGHT)
    return look.LIGHT


@pytest.fixture(autouse=True)
def _held(monkeypatch):
    """Keeps every window until its test is over: one that nobody holds may be collected in the middle of its paint."""
    held = []
    add = QtBot.addWidget

    def add_and_hold(self, widget, **options) -> None:
        held.append(widget)
        add(self, widget, **options)

    monkeypatch.setattr(QtBot, "addWidget", add_and_hold)
    yield
    held.clear()


@pytest.fixture
def studio(qapp) -> Studio:
    """A study without an engine."""
    return Studio()


@pytest.fixture
def filled(studio) -> Studio:
    """A study with a made-up run under way."""
    fill(studio)
    return studio


@dataclass
class Rig:
    """A study whose engine does what the test says.

    `drain` takes the mailbox, as the bridge's timer would.
    """

    studio: Studio
    engine: FakeEngine
    bridge: Bridge
    drain: Callable[[], None]


@pytest.fixture
def rig(qapp):
    mailbox = Mailbox()
    engine = FakeEngine(mailbox)
    studio = Studio(engine)
    bridge = Bridge(mailbox, studio.take, lambda: studio.awaits)
    engine.start()
    bridge.drain()
    yield Rig(studio, engine, bridge, bridge.drain)
    bridge.close()


@pytest.fixture
def start(rig):
    """Begins a session of the program on the same folders: gives a keeper that has restored."""
    made = []

    def begin(studio=None, window=None, **options):
        keeper = Keeper(studio or rig.studio, window, **options)
        made.append(keeper)
        keeper.restore()
        return keeper

    yield begin
    for keeper in made:
        keeper.close()


@pytest.fixture
def column(qtbot, rig) -> PictureColumn:
    made = PictureColumn(rig.studio)
    qtbot.addWidget(made)
    made.resize(296, 770)
    made.show()
    rig.drain()
    return made
