"""The connections panel: who reads what, with whose weights, and what that costs."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.connections import ConnectionsPanel
from cnnstudio.ui.theme import DARK, LIGHT, PROJECTOR
from cnnstudio.ui.widgets.connection_bill import ConnectionBill


def point(place):
    return QPoint(round(place.x()), round(place.y()))


def click(qtbot, widget, place=None):
    args = () if place is None else (Qt.KeyboardModifier.NoModifier, point(place))
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, *args)


def press(qtbot, widget, *keys):
    for key in keys:
        qtbot.keyClick(widget, key)


@pytest.fixture
def panel(rig, qtbot):
    rig.studio.set_picture(three())
    made = ConnectionsPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(744, 572)
    made.show()
    rig.drain()
    yield made
    made.hide()


def shown(panel):
    return panel.drawing.shown


def show(panel, view, qtbot):
    click(qtbot, panel.tabs[view])
    return shown(panel)


def test_a_dense_unit_reads_everything_with_its_learned_template(panel, rig):
    assert shown(panel).box == (0, 0, 28, 28)
    layer = next(one for one in panel.model.learned.values() if one.kind == "templates")
    assert (shown(panel).weights == layer.kernels[40]).all()
    assert shown(panel).title == "Unit 41, MLP"
    assert panel.when.whole == "learned until now"
    assert panel.bill.texts[0][1:3] == ("60,368", "60,368 + 77")
    expected = (three().astype(np.float32) / 255 * layer.kernels[40]).sum()
    assert shown(panel).value == pytest.approx(float(expected), rel=1e-4)
    assert shown(panel).outputs[shown(panel).place] == pytest.approx(shown(panel).value, abs=1e-3)


def test_local_and_shared_differ_in_what_the_neighbours_have(panel, qtbot):
    local = show(panel, "local", qtbot)
    assert local.box == (12, 12, 17, 17)
    assert all((weights != local.weights).any() for _, weights in local.others)
    assert local.shared == "25 weights of this place"
    assert panel.when.whole == "random initial weights"
    shared = show(panel, "conv", qtbot)
    assert shared.box == local.box
    assert len(shared.others) == 4
    assert all((weights == shared.weights).all() for _, weights in shared.others)
    assert "576 places" in shared.shared
    assert panel.drawing.line_count == 25


def test_the_arrow_keys_move_the_patch_and_a_convolution_keeps_its_kernel(panel, qtbot):
    before = show(panel, "conv", qtbot)
    press(qtbot, panel.drawing, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert shown(panel).place == (before.place[0] + 2, before.place[1] + 1)
    assert (shown(panel).weights == before.weights).all()
    before = show(panel, "local", qtbot)
    assert before.place == (14, 13)
    qtbot.keyClick(panel.drawing, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert shown(panel).place == (14, 8)
    assert (shown(panel).weights != before.weights).any()
    press(qtbot, panel.drawing, *[Qt.Key.Key_Up] * 30)
    assert shown(panel).place == (0, 8)


def test_the_pointer_looks_and_a_click_keeps(panel, qtbot):
    show(panel, "conv", qtbot)
    here, there = panel.drawing.unit_rect(3, 5).center(), panel.drawing.unit_rect(20, 9).center()
    qtbot.mouseMove(panel.drawing, point(here))
    assert shown(panel).place == (3, 5)
    assert panel.model.place("conv") == (12, 12)
    click(qtbot, panel.drawing, there)
    assert panel.model.place("conv") == shown(panel).place == (20, 9)
    qtbot.mouseMove(panel.drawing, point(here))
    panel.drawing.leaveEvent(None)
    assert shown(panel).place == (20, 9)


def test_a_pixel_of_the_picture_chooses_the_unit_in_the_middle_of_whose_patch_it_is(panel, qtbot):
    show(panel, "conv", qtbot)
    area = panel.drawing.picture_rect()
    pixel = area.width() / 28
    click(qtbot, panel.drawing, QPointF(area.left() + 10.5 * pixel, area.top() + 6.5 * pixel))
    assert shown(panel).place == (4, 8)
    assert shown(panel).box == (4, 8, 9, 13)
    show(panel, "dense", qtbot)
    assert panel.drawing.place_at(area.center()) is None


def test_a_short_last_row_of_dense_units_has_no_unit_at_its_end(panel):
    assert panel.drawing.place_at(panel.drawing.unit_rect(8, 8).center()) is None
    assert panel.drawing.place_at(panel.drawing.unit_rect(8, 4).center()) == (8, 4)


def test_hovering_gives_the_numbers(panel, qtbot):
    now = show(panel, "conv", qtbot)
    area = panel.drawing.weights_rect()
    text = panel.drawing.explanation(area.topLeft() + QPointF(2, 2))
    assert f"weight {now.weights[0, 0, 0]:+.3f}" in text
    assert "Row 12, column 12" in text
    assert "sum of 25 products" in panel.drawing.explanation(panel.drawing.unit_rect(0, 0).center())
    assert panel.drawing.explanation(QPointF(-5, -5)) == ""


def test_the_counters_move_with_the_slider(panel, qtbot):
    seen = [panel.bill.texts]
    panel.side.setFocus()
    for _ in range(3):
        press(qtbot, panel.side, Qt.Key.Key_PageUp)
        seen.append(panel.bill.texts)
    dense, local, conv = zip(*seen, strict=True)
    for way in (dense, local):
        assert len({row[2] for row in way}) == 4
    assert {row[2] for row in conv} == {"150 + 6"}, "a kernel does not grow with the picture"
    assert len({row[1] for row in conv}) == 4
    assert panel.size_words.text() == "112 × 112 px"
    assert shown(panel).picture.shape == (1, 112, 112)
    assert "random" in shown(panel).title, "the learned template has another size"
    click(qtbot, panel.as_race)
    assert panel.side.value() == 28
    assert shown(panel).title.endswith("MLP")


def test_the_well_known_example_is_one_click(panel, qtbot):
    show(panel, "conv", qtbot)
    click(qtbot, panel.example)
    assert panel.sum.whole == "200 × 200 × 3 inputs × 1,000 units = 120,000,000 weights, plus 1,000 biases."
    assert panel.bill.texts[0] == ("Dense", "120,000,000", "120,000,000 + 1,000", "480 MB", "1.92 GB")
    assert panel.tabs["dense"].isChecked()
    assert shown(panel).weights.shape == (3, 200, 200)
    assert shown(panel).outputs is None
    assert np.isfinite(shown(panel).value)
    panel.grab()


def test_colour_and_the_largest_picture(panel, qtbot):
    click(qtbot, panel.colour, QPointF(8, panel.colour.height() / 2))
    panel.side.setValue(224)
    for view in ("local", "conv", "dense"):
        now = show(panel, view, qtbot)
        assert now.picture.shape == (3, 224, 224)
        assert len(now.weights) == 3
        panel.grab()
    show(panel, "conv", qtbot)
    text = panel.drawing.explanation(panel.drawing.weights_rect().center())
    assert all(name in text for name in ("red", "green", "blue"))


def test_units_and_kernels_fold_out(panel, qtbot):
    assert not panel.options.isVisible()
    click(qtbot, panel.more)
    assert panel.options.isVisible()
    for name, text in (("units", "10"), ("kernels", "2"), ("kernel", "3")):
        field = panel.fields[name].field
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, text)
    assert [row[2] for row in panel.bill.texts] == ["7,840 + 10", "12,168 + 1,352", "18 + 2"]
    field.selectAll()
    qtbot.keyClicks(field, "x")
    assert panel.fields["kernel"].problem.isVisible()
    assert panel.bill.texts[2][2] == "18 + 2"


def test_the_bill_explains_and_chooses(panel, qtbot):
    bill: ConnectionBill = panel.bill
    middle = bill._head_px() + bill._row_px() * 2 + 4
    click(qtbot, bill, QPointF(20, middle))
    assert panel.tabs["conv"].isChecked()
    bill.setFocus()
    press(qtbot, bill, Qt.Key.Key_Up)
    assert panel.tabs["local"].isChecked()
    right = QPoint(bill.width() - 4, middle)
    assert "156 weights and biases × 4 bytes = 624 bytes" in bill.explanation(right)
    assert "2,496 bytes" in bill.explanation(right)
    connections = QPoint(int(bill.width() * 0.4), middle)
    assert "3,456 units × 25 inputs each = 86,400" in bill.explanation(connections)
    assert bill.explanation(QPoint(connections.x(), 2))
    assert "784 × 3,456 = 2,709,504 weights" in bill.explanation(QPoint(4, bill._head_px() + 4))


def test_bars_are_logarithmic(panel):
    bill = panel.bill
    assert bill.bar_share(1) == 0
    assert bill.bar_share(1_000) - bill.bar_share(100) == pytest.approx(bill.bar_share(10))


def test_the_next_kernel(panel, qtbot):
    first = show(panel, "conv", qtbot)
    click(qtbot, panel.next_map)
    assert shown(panel).title.startswith("Kernel 2 of 6")
    assert (shown(panel).weights != first.weights).any()
    for _ in range(5):
        click(qtbot, panel.next_map)
    assert (shown(panel).weights == first.weights).all()


def test_the_moment_is_followed(rig, panel):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    kernels = np.full((77, 1, 28, 28), 0.5, np.float32)
    rig.engine.answers[FirstLayers] = lambda question: (
        LayerWeights("mlp", "MLP", "mlp", question.step, "run", "templates", "dense", kernels, 77),
    )
    rig.studio.set_moment(8)
    rig.drain()
    assert panel.when.whole == "learned until step 8"
    assert (shown(panel).weights == 0.5).all()


def test_a_refusal_leaves_random_weights_and_says_why(rig, panel):
    rig.engine.answers[FirstLayers] = lambda question: ErrorReport("That moment is no longer kept.")
    panel.sync()
    rig.drain()
    assert panel.when.whole == "That moment is no longer kept."
    assert "random" in shown(panel).title


def test_weights_that_are_not_numbers_are_drawn(rig, panel, qtbot):
    kernels = np.full((6, 1, 5, 5), np.nan, np.float32)
    rig.engine.answers[FirstLayers] = lambda question: (
        LayerWeights("lenet5", "LeNet-5", "cnn", None, "run", "kernels", "conv", kernels, 6),
    )
    panel.sync()
    rig.drain()
    show(panel, "conv", qtbot)
    panel.grab()


def test_another_picture_meets_the_same_weights(rig, panel, qtbot):
    show(panel, "conv", qtbot)
    click(qtbot, panel.drawing, panel.drawing.unit_rect(2, 12).center())
    before = shown(panel)
    rig.studio.set_picture(three()[:, ::-1].copy())
    assert (shown(panel).weights == before.weights).all()
    assert (shown(panel).outputs != before.outputs).any()


def test_flattening_tears_neighbours_apart(panel, qtbot):
    show(panel, "flatten", qtbot)
    assert not panel.drawing.isVisible()
    surface = panel.flatten.surface
    click(qtbot, surface, surface.pixel_rect(9, 14).center())
    assert surface.pixel == (9, 14)
    assert surface.places == (266, 294)
    assert "9 × 28 + 14 = place 266" in panel.sum.whole
    assert panel.sum.whole.endswith("28 apart.")
    press(qtbot, surface, Qt.Key.Key_Left, Qt.Key.Key_Up)
    assert surface.places == (8 * 28 + 13, 9 * 28 + 13)
    for _ in range(3):
        click(qtbot, panel.flatten.step)
    click(qtbot, panel.flatten.back)
    assert panel.flatten.count.text() == "2 of 28 rows"
    assert surface.row_rect(0).top() == surface.strip_rect().top()
    assert surface.row_rect(2).top() > surface.picture_rect().top()
    panel.flatten.slider.setValue(panel.flatten.slider.maximum())
    upper, lower = surface.pixel_rect(8, 13), surface.pixel_rect(9, 13)
    assert lower.center().x() - upper.center().x() == pytest.approx(28 * surface.strip_rect().width() / 784)
    assert surface.pixel_at(surface.strip_rect().topLeft() + QPointF(1, 4)) == (0, 1)
    assert "place" in surface.explanation(surface.strip_rect().center())
    panel.grab()


def test_it_plays_pauses_and_stands_still_when_hidden(panel, qtbot):
    show(panel, "flatten", qtbot)
    click(qtbot, panel.flatten.play)
    assert panel.flatten.playing
    panel.flatten._tick()
    assert panel.flatten.slider.value() > 0
    click(qtbot, panel.flatten.play)
    assert not panel.flatten.playing
    click(qtbot, panel.flatten.play)
    show(panel, "dense", qtbot)
    assert not panel.flatten.playing
    show(panel, "flatten", qtbot)
    click(qtbot, panel.flatten.play)
    panel.hide()
    assert not panel.flatten.playing
    panel.show()
    panel.flatten.slider.setValue(panel.flatten.slider.maximum())
    click(qtbot, panel.flatten.play)
    assert panel.flatten.slider.value() == 0, "it begins again"
    panel.flatten.slider.setValue(panel.flatten.slider.maximum() - 1)
    panel.flatten._tick()
    assert not panel.flatten.playing, "it ends by itself"


def test_hidden_it_asks_and_computes_nothing(rig, panel):
    panel.hide()
    assert not panel._pacer.isActive()
    before, drawn = len(rig.engine.questions_of(FirstLayers)), shown(panel)
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.studio.set_picture(three()[:, ::-1].copy())
    assert len(rig.engine.questions_of(FirstLayers)) == before
    assert shown(panel) is drawn


def test_flattening_asks_for_no_weights_until_they_are_seen_again(rig, panel, qtbot):
    show(panel, "flatten", qtbot)
    before = len(rig.engine.questions_of(FirstLayers))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    assert len(rig.engine.questions_of(FirstLayers)) == before
    show(panel, "conv", qtbot)
    assert len(rig.engine.questions_of(FirstLayers)) == before + 1


def test_settings_come_back(rig, panel, qtbot):
    show(panel, "conv", qtbot)
    click(qtbot, panel.more)
    panel.side.setValue(60)
    click(qtbot, panel.drawing, panel.drawing.unit_rect(30, 7).center())
    show(panel, "flatten", qtbot)
    click(qtbot, panel.flatten.surface, panel.flatten.surface.pixel_rect(4, 6).center())
    other = ConnectionsPanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    other.show()
    rig.drain()
    assert other.settings() == panel.settings()
    assert other.side.value() == 60
    assert other.model.place("conv") == panel.model.place("conv") != (28, 28)
    other.hide()


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": 5_000, "units": -1, "kernel": "x"},
        {"view": 3, "unit": [1], "patch": "ab"},
        {"pixel": [99, 99], "side": True},
    ],
)
def test_settings_that_do_not_fit_are_ignored(panel, wrong):
    panel.restore(wrong)
    panel.grab()
    assert 28 <= panel.side.value() <= 224


@pytest.mark.parametrize("theme", [LIGHT, DARK, PROJECTOR], ids=lambda theme: theme.id)
def test_it_fits_in_every_theme(panel, rig, qtbot, theme):
    from cnnstudio.ui import theme as look

    look.apply(QApplication.instance(), theme)
    rig.studio.set_theme(theme)
    click(qtbot, panel.more)
    for view in panel.tabs:
        show(panel, view, qtbot)
        QApplication.processEvents()
        assert panel.minimumSizeHint().width() <= 744
        assert panel.minimumSizeHint().height() <= 572
        panel.grab()
