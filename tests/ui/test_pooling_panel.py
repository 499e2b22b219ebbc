"""The pooling panel: stepping, the gradient's route, and the bench of shifts."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.pooling import Pooling, change, pool, shifted
from cnnstudio.core.questions import FirstLayers
from cnnstudio.ui.panels.pooling import PoolingPanel
from cnnstudio.ui.theme import DARK


@pytest.fixture
def panel(filled, qtbot):
    made = PoolingPanel(filled)
    qtbot.addWidget(made)
    made.resize(820, 740)
    made.show()
    QApplication.processEvents()
    return made


def choose(box, data):
    index = box.findData(data)
    box.setCurrentIndex(index)
    box.activated.emit(index)


def click(qtbot, picture, row, column):
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=picture.cell_rect(row, column).center().toPoint())


def type_into(qtbot, box, text):
    box.field.setFocus()
    box.field.selectAll()
    qtbot.keyClicks(box.field, text) if text else qtbot.keyClick(box.field, Qt.Key.Key_Backspace)


def test_it_begins_with_a_window_that_tells_something(panel, filled):
    window = panel.values.values
    assert window.min() < window.max()
    assert panel.stage.formula.text() == "(28 + 2·0 − 2)/2 + 1\n= 14"
    assert panel.sum.text().startswith("max(")
    pooled = pool(filled.picture[0] / 255, Pooling())
    row, column = divmod(panel.bar.index, 14)
    assert panel.sum.text().endswith(f"= {pooled[row, column]:.2f}")


def test_a_click_on_the_pooled_map_goes_there_and_a_click_on_the_map_finds_its_window(panel, qtbot):
    click(qtbot, panel.after, 3, 5)
    assert panel.bar.index == 3 * 14 + 5
    assert panel.before.window_area == (6, 10, 2, 2)
    click(qtbot, panel.before, 20, 9)
    assert panel.before.window_area == (20, 8, 2, 2)
    assert panel.after.window_area == (10, 4, 1, 1)


def test_arrow_keys_home_and_end_step(panel, qtbot):
    click(qtbot, panel.after, 3, 5)
    panel.after.setFocus()
    qtbot.keyClick(panel.after, Qt.Key.Key_Right)
    qtbot.keyClick(panel.after, Qt.Key.Key_Down)
    assert panel.after.window_area == (4, 6, 1, 1)
    qtbot.keyClick(panel.after, Qt.Key.Key_End)
    assert panel.after.window_area == (13, 13, 1, 1)
    qtbot.keyClick(panel.after, Qt.Key.Key_Right)
    assert panel.bar.index == 195
    qtbot.keyClick(panel.before, Qt.Key.Key_Home)
    assert panel.before.window_area == (0, 0, 2, 2)


def test_step_and_step_back(panel, qtbot):
    at = panel.bar.index
    qtbot.mouseClick(panel.bar.forward, Qt.MouseButton.LeftButton)
    assert panel.after.window_area == (*divmod(at + 1, 14), 1, 1)
    qtbot.mouseClick(panel.bar.back, Qt.MouseButton.LeftButton)
    assert panel.after.window_area == (*divmod(at, 14), 1, 1)


def test_it_slides_while_seen_and_stands_when_hidden(panel, qtbot):
    at = panel.bar.index
    qtbot.mouseClick(panel.bar.play, Qt.MouseButton.LeftButton)
    assert panel.bar.playing
    for _ in range(8):
        panel.bar._tick()
    assert panel.bar.index > at
    panel.hide()
    assert not panel.bar.playing


def test_the_winner_is_marked_and_takes_the_whole_gradient(panel):
    winner = np.unravel_index(panel.values.values.argmax(), (2, 2))
    assert panel.values._marked == panel.shares._marked == winner
    assert panel.shares.values[winner] == 1
    assert panel.shares.values.sum() == 1
    top, left, _, _ = panel.before.window_area
    assert panel.before._cells == ((top + winner[0], left + winner[1]),)


def test_the_gradients_reach_is_counted_and_shown(panel, qtbot):
    assert "196 of 784 inputs" in panel.stage.place.text()
    before = panel.before.colours.copy()
    qtbot.mouseClick(panel.route, Qt.MouseButton.LeftButton)
    assert (panel.before.colours != before).any()
    assert panel.stage.before_title.whole == "Gradient 28 × 28"
    choose(panel.kind, "average")
    assert "784 of 784 inputs" in panel.stage.place.text()
    assert (panel.shares.values == 0.25).all()


@pytest.mark.parametrize(
    ("kind", "words", "shape"),
    [
        ("average", "/ 4 =", (14, 14)),
        ("l2", "√((", (14, 14)),
        ("stochastic", "·", (14, 14)),
        ("blur", "0.25·", (14, 14)),
        ("subsample", "the value itself", (14, 14)),
        ("global_max", "max(", (1, 1)),
        ("global_average", "/ 784 =", (1, 1)),
    ],
)
def test_every_kind_is_written_out(panel, kind, words, shape):
    choose(panel.kind, kind)
    assert words in panel.sum.text()
    assert panel.after.shape == shape
    assert not panel.problem.isVisible()


def test_stochastic_pooling_draws_while_training_and_again_with_another_seed(panel, filled, qtbot):
    grey = np.random.default_rng(1).integers(0, 256, (1, 28, 28)).astype(np.uint8)
    filled.set_picture(grey)
    assert not panel.training.isVisible()
    choose(panel.kind, "stochastic")
    mean = panel.after.colours.copy()
    assert not panel.again.isEnabled()
    qtbot.mouseClick(panel.training, Qt.MouseButton.LeftButton)
    drawn = panel.after.colours.copy()
    assert (mean != drawn).any()
    assert "drawn with a chance of" in panel.sum.text()
    qtbot.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    assert (panel.after.colours != drawn).any()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("stride", "0", "never move on"),
        ("window", "0", "window cannot be 0"),
        ("padding", "2", "more than half of a window of 2"),
        ("window", "40", "does not fit into a map of 28 x 28"),
        ("window", "two", "cannot be 'two'"),
        ("stride", "", "is empty"),
    ],
)
def test_what_cannot_be_is_said_where_it_happens_and_goes_away(panel, qtbot, name, text, words):
    box = panel.numbers[name]
    old = str(box.value)
    type_into(qtbot, box, text)
    assert words in panel.problem.text()
    assert panel.problem.isVisible()
    assert not panel.after.isVisible()
    type_into(qtbot, box, old)
    assert not panel.problem.isVisible()
    assert panel.after.isVisible()


def test_up_and_down_change_a_number(panel, qtbot):
    panel.numbers["window"].field.setFocus()
    qtbot.keyClick(panel.numbers["window"].field, Qt.Key.Key_Up)
    assert panel.numbers["window"].value == 3
    assert panel.values.values.shape == (3, 3)


def test_padding_is_drawn_and_marked_absent(panel, qtbot):
    type_into(qtbot, panel.numbers["window"], "3")
    type_into(qtbot, panel.numbers["padding"], "1")
    assert panel.before.shape == (30, 30)
    click(qtbot, panel.after, 0, 0)
    assert panel.values._absent.sum() == 5
    assert panel.before.window_area == (0, 0, 3, 3)


def test_the_bench_measures_what_its_formula_says(panel, filled):
    picture = filled.picture[0] / 255
    shares = panel.bench.table.shares
    wanted = change(pool(picture, Pooling()), pool(shifted(picture, 0, 3), Pooling()))
    assert shares[0, 3] == pytest.approx(wanted)
    assert (shares[:, 0] == 0).all()
    names = panel.bench.table._names
    assert shares[names.index("Max"), 1] < shares[names.index("No pooling"), 1], "robust to small shifts"
    assert shares[names.index("Max"), 8] > 0.3, "and not invariant"
    assert "not invariant" in panel.bench.words.text()
    assert "Σ" in panel.bench.table.sentence(0, 3)


def test_a_click_in_the_bench_moves_the_picture_and_chooses_the_kind(panel, qtbot):
    before = panel.before.colours.copy()
    table = panel.bench.table
    qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=table.cell_rect(1, 2).center().toPoint())
    assert panel.bench.shift_px == 2
    assert panel._pooling.kind == "average"
    np.testing.assert_array_equal(panel.before.colours[:, 2:], before[:, :-2])
    assert "moved by 2 px" in panel.stage.before_title.whole
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert panel.bench.shift_px == 3
    assert panel._pooling.kind == "max"


def test_a_large_picture_is_measured_bit_by_bit(panel, filled, qtbot):
    picture = np.random.default_rng(2).integers(0, 256, (1, 80, 72)).astype(np.uint8)
    filled.set_picture(picture)
    assert panel.bench._timer.isActive()
    qtbot.waitUntil(lambda: not panel.bench._timer.isActive())
    values = picture[0] / 255
    wanted = change(pool(values, Pooling()), pool(shifted(values, 0, 5), Pooling()))
    assert panel.bench.table.shares[0, 5] == pytest.approx(wanted)
    filled.set_picture(picture[:, ::-1])
    panel.hide()
    assert not panel.bench._timer.isActive()


def test_moved_along_whole_strides_fit(panel):
    panel.bench.way.setCurrentIndex(panel.bench.way.findData("both"))
    panel.bench.against.setCurrentIndex(panel.bench.against.findData("should"))
    shares = panel.bench.table.shares[0]
    assert shares[2] == pytest.approx(0)
    assert shares[1] > 0.01
    assert "Equivariant" in panel.bench.words.text()


def test_learned_kernels_are_listed_and_used(rig, qtbot):
    panel = PoolingPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.resize(820, 740)
    rig.studio.set_picture(np.full((1, 28, 28), 128, np.uint8))
    panel.show()
    rig.drain()
    index = panel.source.findData("kernel:lenet5:2")
    assert index > 0
    assert panel.source.itemText(index) == "CNN · kernel 3"
    choose(panel.source, "kernel:lenet5:2")
    assert panel.stage.before_title.whole.startswith("CNN · kernel 3")
    rig.studio.set_picture(np.full((3, 28, 28), 128, np.uint8))
    assert "reads 1 channel, the picture has 3" in panel.problem.text()
    rig.engine.answers[FirstLayers] = lambda question: ErrorReport("That moment is no longer kept.")
    panel.source._pacer.stop()
    rig.studio.set_moment(None)
    panel.source.ask()
    rig.drain()
    assert "no longer kept" in panel.problem.text() or "cannot" not in panel.problem.text()


def test_kernels_that_diverged_are_explained(rig, qtbot):
    panel = PoolingPanel(rig.studio)
    qtbot.addWidget(panel)
    rig.studio.set_picture(np.full((1, 28, 28), 128, np.uint8))
    panel.show()
    rig.drain()
    panel.source._layers["lenet5"].kernels[0] = np.nan
    choose(panel.source, "kernel:lenet5:0")
    assert "not a finite number" in panel.problem.text()


def test_colour_pictures_have_channels(panel, filled):
    filled.set_picture(np.stack([np.full((20, 24), value, np.uint8) for value in (10, 100, 250)]))
    choose(panel.source, "channel:1")
    assert panel.values.values == pytest.approx(100 / 255)
    assert panel.stage.formula.text().count("=") == 2, "rows and columns differ"
    filled.set_picture(np.zeros((1, 20, 20), np.uint8))
    assert panel.source.key == "picture"


def test_hidden_nothing_is_computed(panel, filled, monkeypatch):
    panel.hide()
    calls = []
    monkeypatch.setattr(panel.source, "values", lambda *way: calls.append(way))
    filled.set_picture(filled.picture[:, ::-1])
    panel._set(Pooling("average"))
    assert calls == []


def test_settings_survive(panel, filled, qtbot):
    choose(panel.source, "preset:laplacian")
    choose(panel.kind, "blur")
    type_into(qtbot, panel.numbers["window"], "3")
    panel.bench.way.setCurrentIndex(2)
    click(qtbot, panel.after, 2, 7)
    kept = panel.settings()
    other = PoolingPanel(filled)
    qtbot.addWidget(other)
    other.restore(kept)
    other.show()
    assert other.settings() == kept
    assert other.after.window_area == panel.after.window_area
    other.restore({"kind": "nonsense", "window": "x", "stride": 0, "padding": True, "source": 3, "shift_px": 99})
    assert other._pooling == Pooling()


def test_theme(panel, filled):
    before = panel.grab().toImage()
    filled.set_theme(DARK)
    assert panel.grab().toImage() != before


def test_dragging_on_the_map_moves_the_window(panel, qtbot):
    picture = panel.before
    start, end = (picture.cell_rect(*cell).center().toPoint() for cell in ((4, 4), (12, 16)))
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=start)
    assert picture.window_area == (4, 4, 2, 2)
    qtbot.mouseMove(picture, QPoint(end))
    picture.picked.emit(picture.cell_at(end))
    qtbot.mouseRelease(picture, Qt.MouseButton.LeftButton, pos=end)
    assert picture.window_area == (12, 16, 2, 2)


def test_a_small_panel_shows_the_window_or_the_bench(panel, qtbot):
    assert panel.view == "all"
    assert not panel.views["window"].isVisible()
    small = PoolingPanel(panel.studio)
    qtbot.addWidget(small)
    small.resize(743, 564)
    small.show()
    QApplication.processEvents()
    assert small.view == "window"
    assert small.values.isVisible()
    assert small.stage.facts.whole == "size (28 + 2·0 − 2)/2 + 1 = 14 · row {}, column {} · gradient reaches {}".format(
        *divmod(small.bar.index, 14), "196 of 784 inputs"
    )
    assert not small.bench.isVisible()
    assert small.bench.table.shares.size == 0, "what is not seen is not measured"
    qtbot.mouseClick(small.views["shifts"], Qt.MouseButton.LeftButton)
    assert not small.values.isVisible()
    np.testing.assert_array_equal(small.bench.table.shares, panel.bench.table.shares)
    small.restore(small.settings())
    assert small.view == "shifts"
    small.resize(820, 740)
    QApplication.processEvents()
    assert small.view == "all"
    assert small.values.isVisible()
    assert small.bench.isVisible()


def test_what_cannot_be_takes_both_small_views_away(panel, qtbot):
    small = PoolingPanel(panel.studio)
    qtbot.addWidget(small)
    small.resize(743, 564)
    small.show()
    for view, part in (("window", small.values), ("shifts", small.bench)):
        qtbot.mouseClick(small.views[view], Qt.MouseButton.LeftButton)
        type_into(qtbot, small.numbers["stride"], "0")
        assert not part.isVisible()
        assert not small.after.isVisible()
        type_into(qtbot, small.numbers["stride"], "2")
        assert part.isVisible()
        assert small.after.isVisible()
