"""The Unit panel in a window, and ways about in it."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from cnnstudio.core.inside import Unit
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.unit import UnitPanel
from cnnstudio.ui.studio import UnitOf
from tests.unit_answers import unit_answers

CONV1 = UnitOf("lenet5", Unit("1_conv", 2, 10, 12))
CONV2 = UnitOf("lenet5", Unit("2_conv", 3, 4, 5))
DENSE = UnitOf("lenet5", Unit("3_linear", 17))
POOL = UnitOf("lenet5", Unit("1_max_pool", 2, 3, 5))


def opened(rig, qtbot):
    """The panel in a window of its own, with a picture."""
    rig.engine.answers |= unit_answers()
    rig.studio.set_picture(three())
    made = UnitPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(744, 572)
    made.show()
    settle(rig)
    return made


def settle(rig):
    for _ in range(3):
        rig.drain()
        QApplication.processEvents()


def look_at(rig, unit):
    rig.studio.set_unit(unit)
    settle(rig)


def stand_still(panel, rig):
    """What half a second without a change does."""
    panel.searches._settle.timeout.emit()
    settle(rig)
