"""The race panel on a small projector: a curve that can be read, and no word that is cut."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel

from cnnstudio.ui.panels.race import RacePanel
from cnnstudio.ui.theme import PROJECTOR

ROOM_PX = (651, 536)
LEAST_PLOT_PX = 150


@pytest.fixture
def panel(rig, qtbot):
    rig.studio.set_theme(PROJECTOR)
    made = RacePanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(*ROOM_PX)
    made.show()
    rig.studio.run()
    rig.engine.finish()
    for _ in range(3):
        rig.drain()
    qtbot.wait(1)
    return made


def test_folded_or_not_the_curve_keeps_its_height_and_no_option_is_cut(panel, qtbot):
    assert panel.curve.area_height() >= LEAST_PLOT_PX
    assert panel.board.isVisible()
    qtbot.mouseClick(panel.more_button, Qt.MouseButton.LeftButton)
    qtbot.wait(1)
    assert panel.more_button.text() == "Less"
    assert panel.curve.area_height() >= LEAST_PLOT_PX
    assert not panel.board.isVisible(), "there is room for one of the two"
    for part in (*panel.options.findChildren(QCheckBox), *panel.options.findChildren(QLabel)):
        assert part.width() >= part.sizeHint().width(), part.text()
    qtbot.mouseClick(panel.more_button, Qt.MouseButton.LeftButton)
    assert panel.more_button.text() == "More"
    assert panel.board.isVisible()


def test_the_labels_of_the_lines_leave_the_width_to_the_plot(panel):
    assert panel.curve.area().width() >= panel.curve.width() / 2
    assert panel.curve.surface.label_width() <= panel.curve.width() * 0.4


def test_in_a_wide_panel_the_slider_stands_beside_the_switches(panel, qtbot):
    panel.resize(1_200, 900)
    panel.more_button.setChecked(True)
    qtbot.wait(1)
    assert panel.board.isVisible()
    box, slider = panel.options.boxes["log_x"], panel.options.smoothing
    assert abs(box.mapTo(panel, box.rect().center()).y() - slider.mapTo(panel, slider.rect().center()).y()) <= 4
