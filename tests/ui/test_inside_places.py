"""Ways about in the Inside panel: levels and back, scroll, keyboard, what is kept between starts."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.inside import ReadKernels, Unit
from cnnstudio.ui.panels.inside import InsidePanel
from cnnstudio.ui.theme import DARK
from cnnstudio.ui.widgets.breadcrumb import Breadcrumb, unit_words
from tests.ui.inside_rig import BOTH, asked, into, opened


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot)


def test_into_a_layer_and_back_to_the_same_place(rig, panel, qtbot):
    panel.resize(500, 640)
    scroll = panel.overview.rows["lenet5"].sight.horizontalScrollBar()
    scroll.setValue(60)
    kept = scroll.value()
    assert kept > 0
    into(panel, rig, "lenet5", "2_conv")
    assert panel.crumbs.parts == ("Network", "CNN, conv 5 x 5")
    assert asked(rig)[-1].layers == ("2_conv",)
    assert asked(rig)[-1].networks == ("lenet5",)
    assert asked(rig)[-1].most > 64
    assert panel.page.mosaic.count == 16
    assert rig.engine.questions_of(ReadKernels)[-1].layer == "2_conv"
    assert panel.page.kernels.mosaic.count == 16
    qtbot.keyClick(panel.page.mosaic, Qt.Key.Key_Escape)
    rig.drain()
    assert panel.crumbs.parts == ("Network",)
    assert panel.overview.rows["lenet5"].strip.spot.box == 3, "the keyboard is at the layer one came from"
    assert scroll.value() == kept


def test_settings_bring_level_layer_and_scale_back(rig, panel, qtbot):
    into(panel, rig, "lenet5", "2_conv")
    panel.scale.setCurrentIndex(0)
    settings = json.loads(json.dumps(panel.settings()))
    other = InsidePanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(settings)
    other.show()
    rig.drain()
    assert other.settings() == settings
    assert other.crumbs.parts == ("Network", "CNN, conv 5 x 5")
    assert other.page.mosaic.count == 16
    other.restore({"layer": 3, "network": "x", "flipped": [[1, 2], "x"], "scale": "nonsense"})
    assert other.crumbs.parts == ("Network",)


def test_a_layer_that_is_gone_leads_back(rig, panel):
    into(panel, rig, "lenet5", "2_conv")
    rig.studio.set_config(RaceConfig(networks=("mlp", "small_cnn")))
    rig.drain()
    assert panel.crumbs.parts == ("Network",)
    assert list(panel.overview.rows) == ["mlp", "small_cnn"]


def test_the_breadcrumb_leads_back_by_pointer_and_keyboard(qtbot):
    crumbs = Breadcrumb(DARK)
    qtbot.addWidget(crumbs)
    crumbs.resize(400, 24)
    went = []
    crumbs.went.connect(went.append)
    crumbs.set_parts(["Network", "conv 5 x 5", unit_words(Unit("a", 2, 10, 12), (6, 28, 28))])
    crumbs.show()
    assert crumbs.parts[-1] == "map 3 at (10, 12)"
    qtbot.mouseClick(crumbs, Qt.MouseButton.LeftButton, pos=crumbs.part_rect(1).center().toPoint())
    qtbot.mouseClick(crumbs, Qt.MouseButton.LeftButton, pos=crumbs.part_rect(2).center().toPoint())
    qtbot.keyClick(crumbs, Qt.Key.Key_Left)
    qtbot.keyClick(crumbs, Qt.Key.Key_Return)
    qtbot.keyClick(crumbs, Qt.Key.Key_Escape)
    assert went == [1, 0, 1]
    crumbs.resize(150, 24)
    assert crumbs.part_rect(2).right() <= 151, "it is cut, and stays within its width"


@pytest.mark.parametrize("came_from", [("", ""), ("mlp", "1_linear"), ("lenet5", "2_conv")])
@pytest.mark.parametrize("wanted", [("", ""), ("lenet5", "1_conv"), ("lenet5", "2_conv")])
def test_it_is_shown_at_the_level_that_was_wanted(rig, panel, came_from, wanted):
    if came_from[1]:
        into(panel, rig, *came_from)
    panel.scale.setCurrentIndex(0)
    panel.hide()
    rig.studio.want_layer(*wanted)
    panel.show()
    rig.drain()
    assert (panel._place.network, panel._place.layer) == wanted
    assert panel.stack.currentIndex() == int(bool(wanted[1]))
    assert panel._place.scale == "map"
    assert asked(rig)[-1].layers == (wanted[1],) if wanted[1] else set(asked(rig)[-1].networks) == set(BOTH)
    panel.hide()
    panel.show()
    assert rig.studio.layer_wanted is None, "what was wanted once is not wanted again"


def test_leaving_and_coming_back_keeps_the_scroll(rig, panel):
    panel.resize(500, 420)
    scroll = panel.overview.rows["lenet5"].sight.horizontalScrollBar()
    scroll.setValue(60)
    panel.hide()
    rig.studio.want_layer("lenet5", "2_conv")
    panel.show()
    rig.drain()
    QApplication.processEvents()
    panel.page.verticalScrollBar().setValue(40)
    panel.hide()
    rig.studio.want_layer("lenet5", "2_conv")
    panel.show()
    rig.drain()
    assert panel.page.verticalScrollBar().value() == 40
    panel.hide()
    rig.studio.want_layer("lenet5", "")
    panel.show()
    rig.drain()
    assert scroll.value() == 60


def test_a_strip_that_goes_on_says_so_and_leads_there(rig, panel, qtbot):
    row = panel.overview.rows["lenet5"]
    panel.resize(900, 640)
    QApplication.processEvents()
    assert [edge.isVisible() for edge in row.edges] == [False, False], "all of it is in sight"
    panel.resize(460, 640)
    QApplication.processEvents()
    bar = row.sight.horizontalScrollBar()
    assert [edge.isVisible() for edge in row.edges] == [False, True]
    qtbot.mouseClick(row.edges[1], Qt.MouseButton.LeftButton)
    assert bar.value() > 0
    assert row.edges[0].isVisible()
    bar.setValue(0)
    row.strip.setFocus()
    for _ in row.strip.plan.boxes:
        qtbot.keyClick(row.strip, Qt.Key.Key_Right)
    last = row.strip.placed.placed[-1].area
    seen = bar.value(), bar.value() + row.sight.viewport().width()
    assert seen[0] <= last.left() < last.right() <= seen[1]


def test_the_arrow_keys_keep_the_map_they_reach_in_sight(rig, panel, qtbot):
    panel.resize(500, 360)
    into(panel, rig, "lenet5", "2_conv")
    QApplication.processEvents()
    mosaic, sight = panel.page.mosaic, panel.page.viewport()
    for _ in range(mosaic.count):
        qtbot.keyClick(mosaic, Qt.Key.Key_Right)
    place = mosaic.mapTo(sight, mosaic.tile_rect(mosaic.count - 1).center().toPoint())
    assert sight.rect().contains(place)
    kernels = panel.page.kernels.mosaic
    for _ in range(kernels.count):
        qtbot.keyClick(kernels, Qt.Key.Key_Right)
    assert sight.rect().contains(kernels.mapTo(sight, kernels.tile_rect(kernels.count - 1).center()))


def test_a_layer_keeps_its_scroll_while_one_looks_at_others(rig, panel):
    panel.resize(700, 400)
    into(panel, rig, "lenet5", "2_conv")
    QApplication.processEvents()
    bar = panel.page.verticalScrollBar()
    bar.setValue(bar.maximum())
    kept = bar.value()
    assert kept > 100
    panel._go_up()
    rig.drain()
    into(panel, rig, "mlp", "1_linear")
    panel._go_up()
    rig.drain()
    panel._go("lenet5", "2_conv")
    QApplication.processEvents()
    rig.drain()
    QApplication.processEvents()
    assert bar.value() == kept
