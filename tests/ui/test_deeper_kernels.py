"""Kernels behind the first layer: every one can be stepped through, a click away from the convolution panel."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from cnnstudio.core.inside import Unit
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui._study import UnitOf
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.convolution import ConvolutionPanel
from cnnstudio.ui.widgets._deeper_kernels import DeeperKernels


def first(network, title, role, kind="kernels"):
    kernels = np.ones((6, 1, 5, 5), np.float32)
    return LayerWeights(network, title, role, None, "run", kind, "conv 5 x 5", kernels, 6)


@pytest.fixture
def panel(rig, qtbot):
    rig.studio.set_picture(three())
    made = ConvolutionPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(840, 740)
    made.show()
    return made


def links(panel):
    deeper = panel.findChild(DeeperKernels) or panel.setup.kernels.findChild(DeeperKernels)
    return [made for made in deeper.findChildren(QPushButton) if made.isVisibleTo(deeper)]


def bring(rig, panel, *layers):
    rig.engine.answers[FirstLayers] = lambda question: layers
    panel.sync()
    rig.drain()


def test_every_later_convolution_is_listed_with_what_it_reads(rig, panel):
    bring(rig, panel, first("mlp", "MLP", "mlp", "templates"), first("lenet5", "LeNet-5", "cnn"))
    assert [made.text() for made in links(panel)] == ["CNN, 2 conv 5 x 5: 16 kernels over 6 maps"]


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_a_click_leads_to_a_unit_of_that_layer(rig, panel, qtbot):
    bring(rig, panel, first("lenet5", "LeNet-5", "cnn"))
    panel.setup.kernel_popover.open()
    with qtbot.waitSignal(rig.studio.panel_wanted) as wanted:
        qtbot.mouseClick(links(panel)[0], Qt.MouseButton.LeftButton)
    assert wanted.args == ["unit"]
    assert isinstance(rig.studio.unit, UnitOf)
    assert (rig.studio.unit.network, rig.studio.unit.unit.layer) == ("lenet5", "2_conv")
    assert rig.studio.unit.unit != Unit("2_conv", 0), "a place with ink, not the corner"
    assert not panel.setup.kernel_popover.isVisible()


def test_a_network_with_one_convolution_has_none(rig, panel):
    bring(rig, panel, first("mlp", "MLP", "mlp", "templates"))
    assert links(panel) == []


def test_blocks_are_named(rig, panel):
    bring(rig, panel, first("small_resnet", "Small ResNet", "cnn"))
    assert any("residual" in made.text() for made in links(panel))
