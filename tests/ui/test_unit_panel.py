"""The Unit panel: which unit it shows, its arithmetic, how one goes to another, and what is said when there is none."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.inside import ExplainUnit, ReadMaps, Unit
from cnnstudio.core.unit_record import FindRecord
from cnnstudio.ui import theme as look
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.unit import UnitPanel
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import THEMES
from cnnstudio.ui.widgets._unit_words import strongest
from tests.inside_answers import untrained
from tests.ui.test_panels import ROOM_PX, cut_off
from tests.ui.unit_rig import CONV1, CONV2, DENSE, POOL, look_at, opened, settle, stand_still
from tests.unit_answers import unit_answers


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot)


def test_it_begins_with_the_cnns_first_convolution_where_the_picture_is_bright(panel, rig):
    unit = rig.studio.unit
    assert (unit.network, unit.unit.layer, unit.unit.map) == ("lenet5", "1_conv", 0)
    assert three()[0, unit.unit.row, unit.unit.column] == 255


def test_a_unit_that_is_looked_at_already_stays(rig, qtbot):
    rig.engine.answers |= unit_answers()
    rig.studio.set_picture(three())
    rig.studio.set_unit(CONV2)
    panel = UnitPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    settle(rig)
    assert rig.studio.unit == CONV2
    assert panel.breadcrumb.parts == ("LeNet-5", "conv 5 x 5", "map 4 at (4, 5)")


def test_the_numbers_shown_add_up_to_the_value(panel, rig):
    look_at(rig, CONV2)
    view, told = panel.parts.arithmetic, panel.parts.arithmetic.told
    total = 0.0
    for place in range(len(told.per_map)):
        view.shares.chosen.emit(place)
        total += float(view.planes.products.grid.values.sum())
        assert view.planes.products.grid.values.sum() == pytest.approx(told.per_map[place])
    assert total + told.bias == pytest.approx(told.value, abs=1e-6)
    assert view.sum.text.endswith(f"= {told.value:.3f}")
    assert panel.value.text() == f"{told.value:.3f}"


def test_a_units_window_at_the_border_shows_its_padding(panel, rig):
    look_at(rig, UnitOf("lenet5", Unit("1_conv", 0, 0, 27)))
    grid = panel.parts.arithmetic.planes.read.grid
    expected = np.zeros((5, 5), bool)
    expected[:2] = True
    expected[:, 3:] = True
    assert np.array_equal(grid._absent, expected)
    assert "padding" in panel.parts.arithmetic.hint.whole


def test_a_dense_unit_is_drawn_as_pictures_of_the_maps_it_reads(panel, rig):
    look_at(rig, UnitOf("mlp", Unit("1_linear", 7)))
    planes = panel.parts.arithmetic.planes
    assert not planes.read.is_numbers
    assert planes.weights.sheet.shape == (28, 28)
    look_at(rig, UnitOf("lenet5", Unit("4_linear", 3)))
    assert planes.read.sheet.shape == (10, 12)


def test_pooling_frames_the_winner(panel, rig):
    look_at(rig, POOL)
    view = panel.parts.arithmetic
    assert not view.planes.weights.isVisibleTo(view)
    row, column = view.planes.read.grid._marked
    assert view.planes.read.grid.values[row, column] == view.planes.read.grid.values.max()


def test_an_activation_shows_its_curve_and_its_formula(panel, rig):
    look_at(rig, UnitOf("lenet5", Unit("1_relu", 2, 3, 5)))
    view = panel.parts.arithmetic
    assert view.curve.isVisibleTo(view)
    assert view.curve.value == pytest.approx(float(view.told.inputs[0, 0, 0]))
    assert view.formula.text() == view.told.formula


def test_stepping_back_goes_to_the_unit_that_adds_most(panel, rig):
    look_at(rig, CONV2)
    told = panel.parts.arithmetic.told
    number, row, column = strongest(told)
    products = told.inputs * told.weights
    assert products[number, row, column] == products.max()
    panel.parts.arithmetic.follow.click()
    expected = Unit("1_relu", number, int(told.input_rows[row]), int(told.input_columns[column]))
    assert rig.studio.unit == UnitOf("lenet5", expected)


def test_nothing_lies_before_the_picture(panel, rig):
    look_at(rig, CONV1)
    assert not panel.parts.arithmetic.follow.isVisibleTo(panel)


def test_the_choosers_choose(panel, rig):
    look_at(rig, CONV1)
    chooser = panel.chooser
    chooser.map.changed.emit(0)
    chooser.map._nudge(1)
    assert rig.studio.unit.unit.map == 3
    chooser.row.field.setText("99")
    chooser.row._read("99")
    assert rig.studio.unit.unit.row == 27
    assert chooser.row.value == 27
    chooser.layer.setCurrentIndex(chooser.layer.findData("2_conv"))
    chooser.layer.activated.emit(chooser.layer.currentIndex())
    assert rig.studio.unit.unit.layer == "2_conv"
    chooser.network.setCurrentIndex(chooser.network.findData("mlp"))
    chooser.network.activated.emit(chooser.network.currentIndex())
    assert (rig.studio.unit.network, rig.studio.unit.unit.layer) == ("mlp", "1_linear")
    settle(rig)
    assert chooser.map.caption.text() == "unit"
    assert not chooser.row.isVisibleTo(chooser)


def test_what_is_typed_and_no_number_is_said(panel, rig):
    panel.chooser.row._read("x")
    assert "x" in panel.note.text()
    panel.chooser.row._read("3")
    assert panel.note.text() == ""


def test_another_layer_looks_at_the_same_place(panel, rig):
    look_at(rig, UnitOf("lenet5", Unit("1_conv", 0, 20, 8)))
    chooser = panel.chooser
    chooser.layer.setCurrentIndex(chooser.layer.findData("1_max_pool"))
    chooser.layer.activated.emit(chooser.layer.currentIndex())
    assert (rig.studio.unit.unit.row, rig.studio.unit.unit.column) == (10, 4)


def test_a_click_on_the_map_and_arrow_keys_move_the_unit(panel, rig, qtbot):
    look_at(rig, CONV2)
    panel.parts.field.map.picked.emit((7, 8))
    assert rig.studio.unit.unit == Unit("2_conv", 3, 7, 8)
    settle(rig)
    for key, place in ((Qt.Key.Key_Left, (7, 7)), (Qt.Key.Key_Up, (6, 7)), (Qt.Key.Key_Down, (7, 7))):
        qtbot.keyClick(panel.parts.field.map, key)
        assert (rig.studio.unit.unit.row, rig.studio.unit.unit.column) == place
    qtbot.keyClick(panel, Qt.Key.Key_PageDown)
    assert rig.studio.unit.unit.map == 4


def test_in_a_flat_layer_arrow_keys_go_over_the_rows_of_units(panel, rig, qtbot):
    look_at(rig, DENSE)
    across = panel.parts.field.flat_columns
    qtbot.keyClick(panel.parts.field.map, Qt.Key.Key_Down)
    assert rig.studio.unit.unit.map == 17 + across
    panel.parts.field.map.picked.emit((0, 2))
    assert rig.studio.unit.unit.map == 2


def test_a_click_on_the_picture_finds_the_unit_that_looks_there(panel, rig):
    look_at(rig, CONV2)
    panel.parts.field.field.picked.emit((0, 27))
    assert (rig.studio.unit.unit.row, rig.studio.unit.unit.column) == (0, 9)


def test_what_it_sees_is_framed_and_said(panel, rig):
    look_at(rig, CONV2)
    field = panel.parts.field
    top, left, bottom, right = panel.parts.arithmetic.told.box
    assert field.field.window_area == (top, left, bottom - top, right - left) == (6, 8, 14, 14)
    assert "14 × 14 of 28 × 28" in field.sight.text()


def test_a_stroke_and_another_moment_are_followed_at_once(panel, rig):
    look_at(rig, CONV1)
    before = panel.value.text()
    rig.studio.set_picture(three()[:, :, ::-1])
    settle(rig)
    assert panel.value.text() != before
    rig.studio.run()
    rig.engine.finish()
    settle(rig)
    rig.studio.set_moment(8)
    settle(rig)
    assert rig.engine.questions_of(ExplainUnit)[-1].step == 8
    assert panel.when.whole == "at step 8"


def test_only_the_units_own_layer_is_asked_for(panel, rig):
    look_at(rig, CONV2)
    question = rig.engine.questions_of(ReadMaps)[-1]
    assert (question.networks, question.layers, question.most) == (("lenet5",), ("2_conv",), 4)


def test_a_unit_that_the_networks_do_not_have_becomes_one_that_they_have(panel, rig):
    rig.studio.set_unit(UnitOf("lenet5", Unit("2_conv", 99, 4, 5)))
    settle(rig)
    assert rig.studio.unit.unit == Unit("2_conv", 15, 4, 5)
    assert "nearest" in panel.note.text()
    rig.studio.set_config(RaceConfig(networks=("mlp",)))
    settle(rig)
    assert rig.studio.unit == UnitOf("mlp", Unit("1_linear", 0))
    assert "not in this race" in panel.note.text()


def test_without_a_picture_it_says_so(rig, qtbot):
    rig.engine.answers |= unit_answers()
    panel = UnitPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.notice.text().startswith("Draw a picture")
    rig.studio.set_picture(three())
    settle(rig)
    assert panel.parts.isVisibleTo(panel)


def test_before_any_learning_it_says_so(rig, qtbot):
    rig.engine.answers |= {**unit_answers(), ReadMaps: untrained}
    rig.studio.set_picture(three())
    panel = UnitPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    settle(rig)
    assert "has not learned anything yet" in panel.notice.text()
    assert not panel.parts.isVisibleTo(panel)


def test_its_settings_come_back_and_nonsense_is_ignored(panel, rig, qtbot):
    panel.parts.tabs["values"].click()
    panel.parts.pictures.cut.setChecked(True)
    panel.parts.field.glow.setChecked(False)
    other = UnitPanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == panel.settings() == {"tab": "values", "patches": True, "gradient": False}
    other.restore({"tab": 7, "patches": "yes"})
    assert other.parts.tab == "values"


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("unit", [CONV2, POOL, DENSE], ids=lambda unit: unit.unit.layer)
def test_filled_it_fits_the_smallest_window(rig, qtbot, qapp, theme, unit):
    look.apply(qapp, THEMES[theme])
    rig.studio.set_theme(THEMES[theme])
    rig.engine.answers |= unit_answers()
    rig.studio.set_picture(three())
    rig.studio.set_unit(unit)
    room = QWidget()
    qtbot.addWidget(room)
    panel = UnitPanel(rig.studio)
    panel.setParent(room)
    panel.resize(*ROOM_PX[theme])
    room.resize(panel.size())
    room.show()
    settle(rig)
    for tab in panel.parts.tabs.values():
        tab.click()
        stand_still(panel, rig)
        needs = panel.minimumSizeHint()
        assert (needs.width() <= panel.width(), needs.height() <= panel.height()) == (True, True), (tab.text(), needs)
        assert cut_off(panel) == []


def test_where_there_is_room_the_arithmetic_stands_above_the_pictures(panel, rig):
    panel.resize(840, 760)
    settle(rig)
    stand_still(panel, rig)
    assert panel.parts.arithmetic.isVisible()
    assert panel.parts.pictures.isVisible()
    assert not panel.parts.tabs["arithmetic"].isVisible()
    assert len(rig.engine.questions_of(FindRecord)) == 1
    panel.resize(744, 572)
    settle(rig)
    assert panel.parts.arithmetic.isVisible()
    assert not panel.parts.pictures.isVisible()


def test_without_a_network_it_says_so_and_comes_back(panel, rig):
    look_at(rig, CONV2)
    rig.studio.set_config(rig.studio.config.with_(networks=()))
    settle(rig)
    assert "No network is chosen" in panel.notice.text()
    assert not panel.parts.isVisible()
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "lenet5")))
    settle(rig)
    assert panel.parts.isVisible()
    assert not panel.notice.isVisible()


def test_the_note_about_another_unit_goes_with_its_cause(panel, rig):
    look_at(rig, CONV2)
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp",)))
    settle(rig)
    assert panel.note.isVisible()
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "lenet5")))
    settle(rig)
    assert rig.studio.unit.network == "mlp"
    assert not panel.note.isVisible()


@pytest.mark.parametrize(("part", "wanted"), [(0, ("", "")), (1, ("lenet5", "2_conv"))])
def test_the_breadcrumb_leads_to_the_level_that_is_clicked(panel, rig, qtbot, part, wanted):
    look_at(rig, CONV2)
    panels = []
    rig.studio.panel_wanted.connect(panels.append)
    place = panel.breadcrumb.part_rect(part).center().toPoint()
    qtbot.mouseClick(panel.breadcrumb, Qt.MouseButton.LeftButton, pos=place)
    assert panels == ["inside"]
    assert rig.studio.layer_wanted == wanted


def test_a_network_that_has_not_learned_is_named_whatever_answers_last(rig, qtbot):
    sentence = "It cannot be told."
    rig.engine.answers |= {**unit_answers(), ReadMaps: untrained, ExplainUnit: lambda question: ErrorReport(sentence)}
    rig.studio.set_picture(three())
    made = UnitPanel(rig.studio)
    qtbot.addWidget(made)
    made.show()
    settle(rig)
    assert "has not learned anything yet: press Run" in made.notice.text()
