"""The panel of reasons: which view asks and when, what is missing, themes and settings."""

import numpy as np
import pytest

from cnnstudio.core.attribution import Attribute, Embed, FindNeighbours
from cnnstudio.core.errors import ErrorReport
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.why import WhyPanel
from cnnstudio.ui.theme import THEMES
from tests.ui.why_rig import OTHER, asked, begun, pick, settle, show
from tests.why_answers import WHY_ANSWERS


@pytest.fixture
def ready(rig):
    return begun(rig)


@pytest.fixture
def panel(ready, qtbot):
    return show(ready, qtbot)


@pytest.mark.parametrize("tab", ["pixels", "neighbours", "map"])
def test_only_the_tab_that_is_seen_asks_and_nothing_is_asked_while_hidden(ready, panel, tab):
    kinds = {"pixels": Attribute, "neighbours": FindNeighbours, "map": Embed}
    panel.tabs[tab].click()
    settle(ready)
    before = {name: len(asked(ready, kind)) for name, kind in kinds.items()}
    ready.studio.set_picture(OTHER)
    after = {name: len(asked(ready, kind)) for name, kind in kinds.items()}
    assert [name for name in kinds if after[name] > before[name]] == [tab]
    panel.hide()
    ready.studio.set_picture(three())
    ready.studio.set_moment(8)
    panel.pixels._settle.timeout.emit()
    assert {name: len(asked(ready, kind)) for name, kind in kinds.items()} == after


@pytest.mark.parametrize("tab", ["pixels", "neighbours", "map"])
def test_a_refusal_is_said_where_it_happens(ready, panel, tab):
    for kind in (Attribute, FindNeighbours, Embed):
        ready.engine.answers[kind] = lambda question: ErrorReport("LeNet-5 reads pictures of 1 x 28 x 28.")
    panel.tabs[tab].click()
    ready.studio.set_picture(np.zeros((3, 32, 32), np.uint8))
    settle(ready)
    assert panel.view.notice.isVisible()
    assert panel.view.notice.text() == "LeNet-5 reads pictures of 1 x 28 x 28."


def test_without_a_picture_it_asks_for_one(rig, qtbot):
    rig.engine.answers |= WHY_ANSWERS
    panel = show(rig, qtbot)
    assert panel.pixels.notice.text().startswith("There is no picture yet")
    panel.tabs["map"].click()
    settle(rig)
    assert panel.map.columns, "the map needs none"
    panel.grab()


def test_before_pytorch_is_loaded_it_says_so(studio, qtbot):
    studio.set_picture(three())
    panel = WhyPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    for tab in panel.tabs.values():
        tab.click()
        assert panel.view.notice.text() == "This shows as soon as PyTorch is loaded."


def test_a_colour_picture(ready, panel):
    ready.studio.set_picture(np.full((3, 32, 32), 120, np.uint8))
    settle(ready)
    assert panel.pixels.cards[0].picture.describe((0, 1)).startswith("Row 0, column 1: pixel 120, 120, 120, map 1")
    for tab in panel.tabs.values():
        tab.click()
        settle(ready)
        panel.grab()


def test_a_race_of_four_networks(ready, qtbot):
    ready.studio.set_config(ready.studio.config.with_(networks=("mlp", "lenet5", "small_cnn", "local")))
    panel = show(ready, qtbot)
    assert len(panel.pixels.cards) == 4
    ready.studio.set_config(ready.studio.config.with_(networks=("lenet5",)))
    settle(ready)
    assert len(panel.pixels.cards) == 1
    for tab in panel.tabs.values():
        tab.click()
        settle(ready)
        panel.grab()


@pytest.mark.parametrize("theme", list(THEMES))
def test_with_answers_it_fits_the_smallest_window(ready, qtbot, theme):
    ready.studio.set_theme(THEMES[theme])
    panel = show(ready, qtbot)
    width, height = (619, 528) if theme == "projector" else (743, 564)
    for tab in panel.tabs.values():
        tab.click()
        settle(ready)
        assert panel.minimumSizeHint().width() <= width
        assert panel.minimumSizeHint().height() <= height


def test_its_settings_come_back(ready, panel, qtbot):
    pick(panel.pixels.method, "integrated")
    pick(panel.pixels.target, 4)
    panel.pixels.modes["beside"].click()
    panel.pixels.share.setValue(80)
    panel.tabs["map"].click()
    settle(ready)
    pick(panel.map.only, 7)
    other = show(ready, qtbot)
    other.restore(panel.settings())
    settle(ready)
    assert other.settings() == panel.settings()
    assert other.settings()["pixels"] == {"method": "integrated", "target": 4, "mode": "beside", "share": 80}
