"""The Inside panel: levels, what is asked and when, what is said when there is nothing to show."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.inside import ReadKernels, ReadMaps, Unit
from cnnstudio.ui.panels.inside import InsidePanel
from cnnstudio.ui.studio import Studio, UnitOf
from cnnstudio.ui.theme import DARK
from cnnstudio.ui.widgets._inside_colour import short
from cnnstudio.ui.widgets._inside_kernels import kernel_tiles
from tests.inside_answers import inside_answers, read_maps, untrained
from tests.ui.inside_rig import BOTH, a_three, asked, into, opened, strip_of


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot)


def test_both_networks_show_every_layer_at_once(panel):
    assert list(panel.overview.rows) == list(BOTH), "the order of the race"
    for network in BOTH:
        strip = strip_of(panel, network)
        assert all(strip.image(box.shown) is not None for box in strip.plan.boxes)
    image = strip_of(panel, "lenet5").image("1_conv")
    assert (image.width(), image.height()) == (28, 6 * 28)
    assert not panel.notice.isVisible()
    assert "61,706 weights" in panel.overview.rows["lenet5"].line.words


def test_a_stroke_is_followed_at_once_and_only_the_newest_is_answered(rig, panel):
    before = strip_of(panel, "lenet5").image("1_conv")
    rig.engine.answer_at_once = False
    for shift in (1, 2, 3):
        rig.studio.set_picture(a_three(shift))
    waiting = [question for _, question in rig.engine.waiting.values() if isinstance(question, ReadMaps)]
    assert len(waiting) == 1
    assert (waiting[0].pixels == a_three(3)).all()
    rig.engine.answer_waiting()
    rig.drain()
    assert strip_of(panel, "lenet5").image("1_conv") != before


def test_only_what_is_drawn_is_asked(rig, panel):
    question = asked(rig)[-1]
    assert question.most == 64
    assert set(question.layers) == {"picture", "1_relu", "2_linear", "1_conv", "2_conv", "2_relu", "3_relu", "4_relu",
                                    "5_linear"}  # fmt: skip
    panel.every.click()
    assert {"1_max_pool", "2_flatten", "3_linear"} <= set(asked(rig)[-1].layers)


def test_nothing_is_asked_while_hidden(rig, panel):
    panel.hide()
    before = len(asked(rig))
    rig.studio.set_picture(a_three(2))
    rig.studio.set_config(RaceConfig(networks=("mlp", "small_cnn")))
    assert len(asked(rig)) == before
    panel.show()
    assert len(asked(rig)) > before
    rig.drain()
    assert list(panel.overview.rows) == ["mlp", "small_cnn"]


def test_a_run_is_followed_a_few_times_a_second(rig, panel):
    rig.studio.run()
    before = len(asked(rig))
    for _ in range(30):
        rig.engine.advance(1)
        rig.drain()
    assert len(asked(rig)) <= before + 3
    panel._pacer.stop()
    panel._pacer._on_timeout()
    assert len(asked(rig)) > before


def test_the_timeline_is_followed_at_once(rig, panel):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    for step in (8, 16, 24):
        rig.studio.set_moment(step)
        rig.drain()
        assert asked(rig)[-1].step == step
        assert panel.overview.rows["mlp"].line.words.endswith(f"at step {step}")


def test_templates_stand_beside_parts(rig, panel):
    into(panel, rig, "mlp", "1_linear")
    assert panel.page.kernels.kernels.kind == "templates"
    assert panel.page.kernels.mosaic.count == 77
    assert [card.kernels.network for card in panel.page._cards] == ["lenet5"]
    assert panel.page._cards[0].mosaic.count == 6
    assert panel.page.heading.text() == "Templates against parts"
    panel._go_up()
    into(panel, rig, "lenet5", "2_conv")
    assert panel.page.heading.text() == "Weights"
    assert not panel.page._cards[0].isVisible()


def test_the_steps_of_a_column_are_tabs(rig, panel, qtbot):
    into(panel, rig, "mlp", "1_linear")
    shown = [tab.text() for tab in panel.page._tabs if tab.isVisible()]
    assert shown == ["linear", "relu"]
    assert panel.page.mosaic.layer.layer == "1_relu"
    qtbot.mouseClick(panel.page._tabs[0], Qt.MouseButton.LeftButton)
    rig.drain()
    assert panel.page.mosaic.layer.layer == "1_linear"
    assert panel.page.kernels.kernels.layer == "1_linear", "the weights are the column's"


def test_a_click_on_a_number_selects_its_unit_and_a_second_step_goes_to_it(rig, panel, qtbot):
    wanted = []
    rig.studio.panel_wanted.connect(wanted.append)
    into(panel, rig, "lenet5", "2_conv")
    tile = panel.page.mosaic.tile_rect(4)
    place = QPointF(tile.left() + tile.width() * 0.35, tile.top() + tile.height() * 0.65)
    qtbot.mouseClick(panel.page.mosaic, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert rig.studio.unit == UnitOf("lenet5", Unit("2_conv", 4, 6, 3))
    assert panel.crumbs.parts == ("Network", "CNN, conv 5 x 5", "map 5 at (6, 3)")
    assert wanted == []
    qtbot.mouseClick(panel.page.unit_button, Qt.MouseButton.LeftButton)
    assert wanted == ["unit"]
    assert strip_of(panel, "lenet5")._unit == Unit("2_conv", 4, 6, 3)
    assert strip_of(panel, "mlp")._unit is None


def test_a_layer_by_keyboard(rig, panel, qtbot):
    wanted = []
    rig.studio.panel_wanted.connect(wanted.append)
    into(panel, rig, "lenet5", "1_conv")
    mosaic = panel.page.mosaic
    qtbot.keyClick(mosaic, Qt.Key.Key_Right)
    qtbot.keyClick(mosaic, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(mosaic, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(mosaic, Qt.Key.Key_Return)
    assert rig.studio.unit == UnitOf("lenet5", Unit("1_conv", 1, 1, 1))
    qtbot.keyClick(mosaic, Qt.Key.Key_Return)
    assert wanted == ["unit"]
    assert "map 2 of 6" in mosaic.words(mosaic.at)


def test_a_flat_layer_has_units(rig, panel, qtbot):
    into(panel, rig, "lenet5", "3_linear")
    mosaic = panel.page.mosaic
    assert mosaic.count == 120
    qtbot.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(100).center().toPoint())
    assert rig.studio.unit.unit == Unit("3_relu", 100, 0, 0)
    assert panel.crumbs.parts[-1] == "unit 101"


def test_the_colour_scale_of_a_network_is_asked_for_where_only_one_layer_is_shown(rig, panel):
    into(panel, rig, "lenet5", "2_conv")
    before = len(asked(rig))
    panel.scale.setCurrentIndex(2)
    rig.drain()
    ranges = [question for question in asked(rig)[before:] if question.layers is None]
    assert [question.most for question in ranges] == [1]
    everything = read_maps(ReadMaps(a_three(), "digits", ("lenet5",)))[0]
    top = max(max(-one.lowest, one.highest) for one in everything.layers[1:])
    assert panel.page.legend.words[0] == (short(-top), short(top))


def test_no_picture_is_a_sentence_above_the_structure(rig, qtbot):
    rig.engine.answers |= inside_answers()
    made = InsidePanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 640)
    made.show()
    rig.drain()
    assert "Draw something" in made.notice.text()
    assert len(strip_of(made, "lenet5").plan.boxes) == 8
    assert asked(rig) == []
    rig.studio.set_picture(a_three())
    rig.drain()
    assert not made.notice.isVisible()


def test_without_an_engine_it_says_what_it_waits_for(qapp, qtbot):
    made = InsidePanel(Studio())
    qtbot.addWidget(made)
    made.show()
    assert "PyTorch" in made.notice.text()
    assert list(made.overview.rows) == list(BOTH)


def test_untrained_failed_and_unfitting_are_sentences(rig, panel):
    rig.engine.answers[ReadMaps] = untrained
    panel.sync()
    rig.drain()
    assert "press Run" in panel.notice.text()
    assert strip_of(panel, "lenet5").image("1_conv") is None
    assert "not trained yet" in panel.overview.rows["mlp"].line.words
    rig.engine.answers[ReadMaps] = lambda question: ErrorReport("The picture is 3 x 32 x 32.", remedy="Draw another.")
    panel.sync()
    rig.drain()
    assert panel.notice.text() == "The picture is 3 x 32 x 32. Draw another."


def test_a_network_that_cannot_be_is_explained(qapp, qtbot):
    studio = Studio()
    studio.set_config(RaceConfig(networks=("mlp", "no_such_network")))
    made = InsidePanel(studio)
    qtbot.addWidget(made)
    made.show()
    assert "no_such_network" in made.notice.text()
    assert list(made.overview.rows) == ["mlp"], "the others are shown all the same"


def test_the_theme_repaints(rig, panel):
    before = panel.grab().toImage()
    rig.studio.set_theme(DARK)
    assert panel.grab().toImage() != before


def test_many_channels_are_laid_in_a_square():
    weights = np.zeros((2, 6, 5, 5), np.float32)
    weights[0, 4] = 1.0
    tiles = kernel_tiles(weights, each=False)
    rows, columns = tiles.shape[1:3]
    assert tiles.shape == (2, 2 * 30 + 1, 3 * 30 + 2, 3)
    middle = tiles[0, rows * 3 // 4, columns // 2]
    assert tuple(middle) == (0x1B, 0x78, 0x37), "the fifth of six stands in the middle of the second row"
    assert (tiles[1][tiles[1] != 120] == 255).all()
    assert kernel_tiles(np.ones((3, 120, 1, 1), np.float32), each=True).shape == (3, 10, 12, 3), "no place is empty"
    eight = kernel_tiles(np.ones((1, 8, 3, 3), np.float32), each=True)
    assert eight.shape == (1, 2 * 25 - 1, 4 * 25 - 1, 3)
    assert kernel_tiles(np.ones((3, 13, 1, 1), np.float32), each=True).shape == (3, 4, 4, 3)


def test_without_a_network_it_says_so(rig, panel):
    rig.studio.set_config(rig.studio.config.with_(networks=()))
    rig.drain()
    assert "No network is chosen" in panel.notice.text()
    assert not panel.overview.rows
    rig.studio.set_config(rig.studio.config.with_(networks=BOTH))
    rig.drain()
    assert list(panel.overview.rows) == list(BOTH)
    assert not panel.notice.isVisible()


def headed(panel):
    return [tab.text() for tab in panel.page._tabs if tab.isVisible()]


def test_a_folded_block_shows_where_its_paths_meet_and_no_weights(rig, qtbot):
    rig.studio.set_config(RaceConfig(networks=("small_resnet", "small_inception")))
    panel = opened(rig, qtbot)
    for network, layer, steps in (
        ("small_resnet", "4_residual.after.0_relu", ["add", "relu"]),
        ("small_inception", "2_branches.concat", []),
    ):
        asked_before = len(rig.engine.questions_of(ReadKernels))
        into(panel, rig, network, layer)
        assert panel._place.layer == layer
        assert headed(panel) == steps
        assert len(rig.engine.questions_of(ReadKernels)) == asked_before
        assert panel.page.heading.isHidden()
        panel._go("", "")


def test_a_step_within_a_folded_block_is_shown_with_its_own_weights(rig, qtbot):
    rig.studio.set_config(RaceConfig(networks=("small_resnet", "small_inception")))
    panel = opened(rig, qtbot)
    panel._go("small_resnet", "5_residual.body.2_relu")
    rig.drain()
    assert rig.engine.questions_of(ReadKernels)[-1].layer == "5_residual.body.1_conv"
    assert headed(panel) == ["relu", "add", "relu"]
    assert panel.crumbs.parts == ("Network", "Small ResNet, 5 residual, body: 2 relu")
    panel._go("small_resnet", "3_residual.body.4_batch_norm")
    rig.drain()
    assert rig.engine.questions_of(ReadKernels)[-1].layer == "3_residual.body.3_conv"


@pytest.mark.parametrize(("layer", "words"), [
    ("2_branches.concat", "sees at most 14 x 14 pixels"), ("2_max_pool", "sees at most 16 x 16 pixels"),
    ("2_branches.2.2_conv", "sees 10 x 10 pixels"), ("3_global_average", "all see the same 28 x 28 pixels"),
])  # fmt: skip
def test_behind_branches_it_says_that_not_all_maps_see_as_much(rig, qtbot, layer, words):
    rig.studio.set_config(RaceConfig(networks=("small_inception",)))
    panel = opened(rig, qtbot)
    panel._go("small_inception", layer)
    rig.drain()
    assert words in panel.page.mosaic.accessibleName()
