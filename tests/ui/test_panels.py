"""What every panel gets by existing."""

from __future__ import annotations

import gc
import math
import os
import subprocess
import sys
import weakref
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLabel, QPushButton, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Evaluated, NetworkStopped, RunEnded, StepEnd
from cnnstudio.core.paths import resources
from cnnstudio.ui import theme as look
from cnnstudio.ui.demo import fill, run_events, started
from cnnstudio.ui.panels._panel import GROUPS, all_panels
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import THEMES

PANELS = all_panels()
ROOM_PX = {"light": (743, 564), "dark": (743, 564), "projector": (619, 528)}
"""What the smallest window, 1024 x 700, leaves to a panel."""


@pytest.fixture(params=list(PANELS))
def info(request):
    return PANELS[request.param]


@pytest.fixture
def make(info, qtbot):
    def build(studio):
        panel = info.make(studio)
        qtbot.addWidget(panel)
        panel.resize(744, 572)
        return panel

    return build


def play(studio, events):
    studio.run_id = 1
    events = list(events)
    points = tuple(event for event in events if isinstance(event, StepEnd))
    studio.take(points, tuple(event for event in events if not isinstance(event, StepEnd)))


def test_its_card_is_whole(info):
    assert info.group in GROUPS
    assert info.title.rstrip().endswith(("?", "."))
    assert info.short


def test_it_has_its_text(info):
    text = (resources() / "lessons" / f"{info.id}.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(text.split()) > 40


def test_an_empty_study(make, studio):
    make(studio).show()


def test_one_point(make, studio):
    panel = make(studio)
    panel.show()
    play(studio, [started(), StepEnd(1, 1, 64, 0.02, 2e-3, next(iter_points()).results)])
    panel.grab()


def iter_points():
    return (event for event in run_events(done=1) if isinstance(event, StepEnd))


def test_a_hundred_thousand_points(make, studio):
    panel = make(studio)
    panel.show()
    results = next(iter_points()).results
    play(studio, [started(steps=100_000)])
    play(studio, (StepEnd(1, step, step * 64, step / 63, 2e-3, results) for step in range(1, 100_001)))
    panel.grab()


def test_a_loss_that_is_not_a_number(make, studio):
    panel = make(studio)
    panel.show()
    events = []
    for event in run_events(done=40, end=False):
        if isinstance(event, StepEnd) and event.step > 20:
            event = replace(event, results=tuple(replace(one, loss=math.nan) for one in event.results))
        elif isinstance(event, Evaluated) and event.step > 20:
            scores = tuple(replace(one, train=replace(one.train, loss=math.inf)) for one in event.scores)
            event = replace(event, scores=scores)
        events.append(event)
    events.append(NetworkStopped(1, 40, "mlp", ErrorReport("The loss is not a number any more.")))
    play(studio, events)
    panel.grab()


def test_a_run_that_fails(make, studio):
    panel = make(studio)
    panel.show()
    play(studio, [*run_events(done=10, end=False), RunEnded(1, "failed", 10, 1.0, ErrorReport("It broke."))])
    panel.grab()


def test_shown_hidden_shown_and_closed_in_the_middle_of_a_run(make, studio):
    panel = make(studio)
    panel.show()
    play(studio, run_events(done=10, end=False))
    panel.hide()
    play(studio, list(run_events(done=60, end=False))[20:])
    panel.show()
    panel.grab()
    panel.close()
    studio.set_moment(4)
    play(studio, [RunEnded(1, "finished", 60, 1.0)])


def test_moments_pictures_and_themes(make, filled):
    panel = make(filled)
    panel.show()
    for moment in (0, 8, None):
        filled.set_moment(moment)
    for theme in THEMES.values():
        filled.set_theme(theme)
        panel.grab()
    filled.set_picture(filled.picture[:, ::-1])


def test_with_an_engine_that_answers(info, rig, qtbot):
    panel = info.make(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.studio.set_moment(8)
    for _ in range(3):
        QApplication.processEvents()
        rig.drain()
    panel.grab()


def test_with_an_engine_that_refuses_every_question(info, rig, qtbot):
    rig.engine.answers = {kind: lambda question: ErrorReport("No.") for kind in rig.engine.answers}
    panel = info.make(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.drain()
    panel.grab()


def cut_off(panel):
    """What does not have the room it needs: children beyond their parent, texts with lines that are not seen."""
    found = []
    for part in panel.findChildren(QWidget):
        parent = part.parentWidget()
        scrolls = any(isinstance(one, QAbstractScrollArea) for one in ancestors(part, panel))
        if not part.isVisible() or part.isWindow() or scrolls:
            continue
        if not parent.rect().contains(part.geometry()):
            found.append((part, part.geometry(), parent.rect()))
        if isinstance(part, QLabel) and part.text() and part.height() < part.heightForWidth(part.width()):
            found.append((part.text(), part.size()))
        if isinstance(part, QAbstractButton) and part.text() and part.width() < part.minimumSizeHint().width():
            found.append((part.text(), part.size()))
    return found


def ancestors(part, panel):
    while (part := part.parentWidget()) is not panel and part is not None:
        yield part


@pytest.mark.parametrize("theme", list(THEMES))
def test_it_fits_the_smallest_window(info, filled, qtbot, qapp, theme):
    look.apply(qapp, THEMES[theme])
    filled.set_theme(THEMES[theme])
    room = QWidget()  # without a layout, it gives a panel that needs more no more
    qtbot.addWidget(room)
    panel = info.make(filled)
    panel.setParent(room)
    panel.resize(*ROOM_PX[theme])
    room.resize(panel.size())
    room.show()
    tabs = [one for one in panel.findChildren(QPushButton) if one.isVisible() and one.property("kind") == "tab"]
    for tab in [None, *tabs]:
        if tab is not None and tab.isVisible() and tab.isEnabled():
            tab.click()
        QApplication.processEvents()
        needs = panel.minimumSizeHint()
        assert (needs.width() <= panel.width(), needs.height() <= panel.height()) == (True, True), (tab, needs)
        assert cut_off(panel) == []


def test_it_is_collected_after_closing(info, qapp):
    studio = Studio()
    fill(studio)
    panel = info.make(studio)
    panel.show()
    panel.grab()
    panel.close()
    gone = weakref.ref(panel)
    panel.deleteLater()
    del panel
    QApplication.sendPostedEvents(None, 52)
    gc.collect()
    assert gone() is None


def test_tab_goes_through_it(make, filled):
    panel = make(filled)
    panel.show()
    reached, current = [], panel
    while (current := current.nextInFocusChain()) is not panel:
        reached.append(current)
    wanted = [
        part
        for part in panel.findChildren(QWidget)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.window() is panel
    ]
    assert set(wanted) <= set(reached)


def test_its_settings_come_back(info, filled, qtbot):
    import json

    first, second = info.make(filled), info.make(filled)
    for panel in (first, second):
        qtbot.addWidget(panel)
        panel.show()
    settings = json.loads(json.dumps(first.settings()))
    second.restore(settings)
    assert second.settings() == first.settings()
    second.restore({"nonsense": 1})


def test_it_runs_alone(info):
    command = [sys.executable, "-m", f"cnnstudio.ui.panels.{info.id}", "--quit-after-show"]
    done = subprocess.run(
        command,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
