"""The weights panel: first layers as pictures, following the timeline."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui.panels.weights import WeightsPanel
from cnnstudio.ui.theme import DARK
from cnnstudio.ui.widgets.layer_card import as_tiles


@pytest.fixture
def panel(rig, qtbot):
    made = WeightsPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 740)
    made.show()
    rig.drain()
    return made


def test_shipped_or_first_weights_show_at_once(rig, panel):
    assert [card.layer.network for card in panel._cards] == ["mlp", "lenet5"], "the order of the race"
    assert panel._cards[1].mosaic.count == 6
    assert panel._cards[0].mosaic.count == 24
    assert panel._cards[1].line.words.endswith("all 6")
    assert panel._cards[0].line.words.endswith("24 of 77")


def test_every_unit_can_be_shown(rig, panel, qtbot):
    qtbot.mouseClick(panel.all, Qt.MouseButton.LeftButton)
    rig.drain()
    assert panel._cards[0].mosaic.count == 77
    assert panel._cards[0].line.words.endswith("all 77")


def test_the_timeline_is_followed_and_the_newest_wish_wins(rig, panel):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.engine.answer_at_once = False
    for step in (8, 16, 24):
        rig.studio.set_moment(step)
    waiting = [question for _, question in rig.engine.waiting.values() if isinstance(question, FirstLayers)]
    assert waiting == [FirstLayers("digits:jitter=3", ("mlp", "lenet5"), 24, 24)]
    rig.engine.answer_waiting()
    rig.drain()
    assert panel.caption.text() == "at step 24"


def test_a_run_asks_a_few_times_a_second(rig, panel):
    rig.studio.run()
    before = len(rig.engine.questions_of(FirstLayers))
    for _ in range(30):
        rig.engine.advance(1)
        rig.drain()
    assert len(rig.engine.questions_of(FirstLayers)) <= before + 2
    panel._pacer.now()
    assert len(rig.engine.questions_of(FirstLayers)) > before


def test_scales(rig, panel, qtbot):
    kernels = np.zeros((2, 1, 2, 2), np.float32)
    kernels[0], kernels[1] = 1.0, 0.01
    layer = LayerWeights("mlp", "MLP", "mlp", None, "run", "templates", "dense 2", kernels, 2)
    rig.engine.answers[FirstLayers] = lambda question: (layer,)
    panel.sync()
    rig.drain()
    weak = panel._cards[0].mosaic.tiles[1].copy()
    qtbot.mouseClick(panel.each, Qt.MouseButton.LeftButton)
    assert (panel._cards[0].mosaic.tiles[1] == panel._cards[0].mosaic.tiles[0]).all()
    assert (weak > panel._cards[0].mosaic.tiles[1]).any()
    assert not panel._cards[1].isVisible()
    assert "weights from 0.010 to 0.010" in panel._cards[0].mosaic._tips[1]


def test_a_colour_kernel_is_three_tiles_side_by_side():
    kernels = np.zeros((2, 3, 5, 5), np.float32)
    kernels[0, 0], kernels[0, 2] = 1.0, -1.0
    tiles = as_tiles(kernels, each=False)
    assert tiles.shape == (2, 30, 92, 3), "three of five weights, six pixels each, and two thin lines between them"
    red, green, blue = tiles[0, 15, 15], tiles[0, 15, 46], tiles[0, 15, 77]
    assert red[1] > red[0], "above zero is green"
    assert blue[1] < blue[0], "below zero is purple"
    assert (green == 255).all(), "channels are not averaged"
    assert (tiles[0, :, 30] == tiles[1, :, 61]).all(), "the lines between them are of one grey"


def test_untrained_and_failed_are_sentences(rig, panel):
    empty = LayerWeights("mlp", "MLP", "mlp", None, "none", "templates", "", np.zeros((0, 1, 1, 1), np.float32), 0)
    rig.engine.answers[FirstLayers] = lambda question: (empty,)
    panel.sync()
    rig.drain()
    assert "press Run" in panel.notice.text()
    assert not panel._scroll.isVisible()
    rig.engine.answers[FirstLayers] = lambda question: ErrorReport("That moment is no longer kept.")
    panel.sync()
    rig.drain()
    assert panel.notice.text() == "That moment is no longer kept."


def test_without_an_engine_it_says_what_it_waits_for(studio, qtbot):
    made = WeightsPanel(studio)
    qtbot.addWidget(made)
    made.show()
    assert "PyTorch" in made.notice.text()


def test_another_data_set_asks_again(rig, panel):
    rig.studio.set_config(RaceConfig(dataset="glyphs"))
    assert rig.engine.questions_of(FirstLayers)[-1].dataset == "glyphs"


def test_settings_and_theme(rig, panel, qtbot):
    qtbot.mouseClick(panel.each, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.all, Qt.MouseButton.LeftButton)
    other = WeightsPanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == {"each": True, "all": True}
    before = panel.grab().toImage()
    rig.studio.set_theme(DARK)
    assert panel.grab().toImage() != before
