"""The scramble panel: pixels that fly alike in all pictures, blocks as the setting names them."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from cnnstudio.core.experiment import Result
from cnnstudio.core.questions import BrowseExamples
from cnnstudio.core.scramble import permutation, scramble
from cnnstudio.ui.panels.scramble import ScramblePanel
from cnnstudio.ui.theme import DARK
from tests.ui.live_experiments import skipped


@pytest.fixture
def panel(filled, qtbot):
    return skipped(filled, qtbot, ScramblePanel)


def drawn(surface):
    """The first picture as it is on the way, one grey value per cell."""
    image = surface._frame(1, 28.0)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine()).copy()
    return pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def test_nothing_is_asked_or_seen_before_the_question_is_answered(rig, qtbot):
    panel = ScramblePanel(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    asked = [question for _, question, _ in rig.engine.asked if isinstance(question, BrowseExamples)]
    assert asked == []
    assert panel.player.isHidden()
    panel.guess_card.skip.click()
    asked = [question for _, question, _ in rig.engine.asked if isinstance(question, BrowseExamples)]
    assert len(asked) == 1
    assert panel.player.isVisible()


def test_the_way_begins_with_the_picture_and_ends_with_the_permuted_one(panel, filled):
    surface, side = panel.surface, filled.picture.shape[-1]
    index = permutation(side, side, 1, 0)
    panel.player.slider.setValue(0)
    assert np.array_equal(drawn(surface)[..., 0], filled.picture[0])
    panel.player.slider.setValue(panel.player.slider.maximum())
    assert np.array_equal(drawn(surface)[..., 0], scramble(filled.picture, index)[0])


def test_blocks_move_as_a_whole(panel):
    panel.player.blocks.setCurrentIndex(panel.player.blocks.findData(7))
    panel.player.blocks.activated.emit(panel.player.blocks.currentIndex())
    assert panel.player.slider.value() == panel.player.slider.maximum()
    for done in (0.3, 0.6, 1.0):
        panel.surface.set_done(done)
        places = panel.surface.places().reshape(4, 7, 4, 7, 2)
        steps = np.diff(places, axis=3)
        assert np.allclose(steps[..., 0], 0)
        assert np.allclose(steps[..., 1], 1)


def test_the_blocks_are_those_of_the_setting(panel):
    sizes = [panel.player.blocks.itemData(place) for place in range(panel.player.blocks.count())]
    assert sizes == [1, 2, 4, 7, 14, 28]
    panel.form.fields["blocks"].field.setText("14")
    panel.form.fields["blocks"].field.editingFinished.emit()
    sizes = [panel.player.blocks.itemData(place) for place in range(panel.player.blocks.count())]
    assert sizes == [1, 14, 28]


def test_blocks_that_cannot_be_leave_the_strip_empty(panel):
    panel.form.fields["blocks"].field.setText("5")
    panel.form.fields["blocks"].field.editingFinished.emit()
    assert panel.surface.count == 0
    assert "5 x 5" in panel.row.progress.words.whole
    panel.grab()


def test_play_goes_there_and_back_and_stops_out_of_sight(panel, filled):
    panel.player.play.click()
    assert panel.player.playing
    seen = set()
    for _ in range(1_000):
        if not panel.player.playing:
            break
        panel.player._tick()
        seen.add(panel.player.slider.value())
    assert seen == set(range(panel.player.slider.maximum() + 1))
    assert panel.player.slider.value() == 0
    panel.player.play.click()
    panel.hide()
    assert not panel.player.playing


def test_step_goes_on_and_starts_again_at_the_end(panel, qtbot):
    panel.player.slider.setValue(0)
    panel.player.step.click()
    assert 0 < panel.player.slider.value() < panel.player.slider.maximum()
    panel.player.slider.setValue(panel.player.slider.maximum())
    panel.player.step.click()
    assert panel.player.slider.value() == 0


def test_arrow_keys_and_a_click_choose_the_pair_that_is_followed(panel, qtbot):
    surface = panel.surface
    surface.set_pixel((13, 13))
    qtbot.keyClick(surface, Qt.Key.Key_Up)
    qtbot.keyClick(surface, Qt.Key.Key_Left)
    assert surface.pixel == (12, 12)
    tile = surface.tiles()[0]
    cell = tile.height() / 28
    point = QPointF(tile.left() + 5.5 * cell, tile.top() + 20.5 * cell)
    qtbot.mouseClick(surface, Qt.MouseButton.LeftButton, pos=point.toPoint())
    assert surface.pixel == (20, 5)
    width, index = 28, permutation(28, 28, 1, 0)
    lands = int(np.flatnonzero(index == 20 * width + 5)[0])
    assert f"goes to row {lands // width}, column {lands % width};" in surface.explanation((20, 5))


def test_the_students_picture_comes_first_and_follows_at_once(panel, filled):
    before = panel.surface._colours[0].copy()
    filled.set_picture(filled.picture[:, ::-1])
    assert not np.array_equal(panel.surface._colours[0], before)
    filled.set_picture(np.zeros((3, 32, 32), np.uint8))
    assert panel.surface.count == 0
    assert "another size" in panel.surface.caption
    panel.grab()


def test_results_have_the_curve_and_the_table_side_by_side(panel, filled):
    for order in panel.info.plan(panel.form.values):
        panel.live.take(Result(order, {"train": 0.9, "validation": 0.9, "test": 0.9, "weights": 10}))
    panel._refresh()
    assert [chart.id for chart in panel.charts._charts] == ["pictures", "table"]
    filled.set_theme(DARK)
    panel.grab()


def test_block_and_slider_come_back(panel, filled, qtbot):
    panel.player.blocks.setCurrentIndex(2)
    panel.player.slider.setValue(11)
    other = ScramblePanel(filled)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    other.show()
    assert (other.player.block, other.player.slider.value()) == (4, 11)
    assert other.player.isVisible()
