"""The bar at the top: whole at every width, and at rest whatever panel is open."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import THEMES


@pytest.fixture
def window(rig, qtbot):
    made = MainWindow(rig.studio)
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    QApplication.processEvents()
    return made


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("width", [1024, 1150, 1280, 1440, 1920])
def test_the_bar_is_whole_at_every_width(window, rig, qtbot, width, theme):
    rig.studio.set_theme(THEMES[theme])
    window.resize(width, 700)
    qtbot.wait(1)
    bar = window.top.navigation
    shown = [one for one in (*bar.tabs.values(), bar.name) if one.isVisible()]
    assert shown
    for one in shown:
        assert one.geometry().right() < bar.width()
        assert one.width() >= one.sizeHint().width()
    assert window.top.menu_button.geometry().right() <= window.top.width()


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("width", [1024, 1440])
def test_no_tab_moves_when_another_panel_is_opened(window, rig, qtbot, width, theme):
    """A second click on the same place opens the same list."""
    rig.studio.set_theme(THEMES[theme])
    window.resize(width, 700)
    seen = set()
    for name in window.panels:
        window.open_panel(name)
        qtbot.wait(1)
        tops = (window.top.data_button.isVisible(), window.top.networks_button.isVisible())
        seen.add((*(made.geometry().getRect() for made in window.top.navigation.tabs.values()), tops))
    assert len(seen) == 1
