"""The microscope: what it asks, the list of errors, the pictures of a layer, shifting by keys and numbers."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtTest import QTest

from cnnstudio.core.equivariance import ShiftedMaps, ShiftedNetwork, ShiftedOperations, ShiftLayers, ShiftOperations
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.picture_changes import shifted
from cnnstudio.core.shift_bench import BenchWeights, operate
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.microscope import MicroscopePanel
from cnnstudio.ui.theme import LIGHT
from cnnstudio.ui.widgets.error_bars import ErrorBars, error_text, share_of_axis, short_title
from cnnstudio.ui.widgets.shift_stage import laid_out
from tests.made_up import competitor
from tests.ui.live_experiments import fits, follows_pen_and_moment, opened, settle

WEIGHTS = BenchWeights.random((1, 28, 28), 2, 0)


def operations(question):
    """The bench itself: it is plain arithmetic."""
    circular = question.padding == "circular"
    moved = shifted(question.pixels, question.down_px, question.right_px, circular=circular)
    plain, after = (pixels / 255 - 0.13 for pixels in (question.pixels, moved))
    found = operate(plain, after, WEIGHTS, (question.down_px, question.right_px), padding=question.padding)
    return ShiftedOperations(question.pixels, moved, found, ("conv", "conv_stride"))


def layers(question):
    """A convolution that is equivariant, and a list of units; the small CNN is not trained."""
    moved = shifted(question.pixels, question.down_px, question.right_px)
    card = competitor(question.network)
    if question.network == "small_cnn":
        return ShiftedNetwork(question.network, card.title, card.role, "none", None, question.pixels, moved, ())
    maps = np.arange(6 * 24 * 24, dtype=np.float32).reshape(6, 24, 24)
    border = np.zeros((24, 24), bool)
    border[:, 0] = True
    conv = ShiftedMaps("conv1", "conv 5 x 5", (6, 24, 24), (1, 1), (0, 1), True, True, maps, maps, border, 2e-7, 0.25,
                       None, "Equivariant.")  # fmt: skip
    units = np.linspace(-1, 1, 10, dtype=np.float32).reshape(10, 1, 1)
    one = np.ones((1, 1), bool)
    last = ShiftedMaps("dense", "linear", (10,), (0, 0), (0, 0), True, False, units, -units, one, None, None,
                       1.2, "It has no places left.")  # fmt: skip
    return ShiftedNetwork(
        question.network, card.title, card.role, "shipped", None, question.pixels, moved, (conv, last)
    )


ANSWERS = {ShiftOperations: operations, ShiftLayers: layers}


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot, MicroscopePanel, ANSWERS)


def asked(rig, kind=ShiftOperations):
    return rig.engine.questions_of(kind)


def look_at(rig, panel, network):
    box = panel.view.source
    box.setCurrentIndex(box.findData(network))
    box.activated.emit(box.currentIndex())
    settle(rig)


def test_single_operations_come_first(rig, panel):
    (question,) = asked(rig)
    assert (question.down_px, question.right_px, question.padding) == (0, 1, "zero")
    assert question.networks == ("mlp", "lenet5")
    assert panel.view.bars.current == "conv"
    assert panel.view.stage.inside.text().removeprefix("inside: ") in ("0", "1e-16", "2e-16")
    assert float(panel.view.stage.border.text().removeprefix("at borders: ")) > 0
    assert panel.view.weights.whole.startswith("learned weights: convolution 5")


def test_the_difference_is_hatched_at_the_borders(panel):
    one = panel.view.stage.shown
    assert (panel.view.stage.maps["difference"].hatched == one.border).all()
    assert one.border.any()
    assert not panel.view.stage.maps["moved"].hatched.any()
    inside = panel.view.stage.maps["difference"].colours[~one.border]
    assert (inside == 255).all(), "no difference is white"


def test_another_operation_is_chosen_by_keys(rig, panel):
    QTest.keyClick(panel.view.bars, Qt.Key.Key_Down)
    assert panel.view.stage.shown.layer == "conv_stride"
    QTest.keyClick(panel.view.bars, Qt.Key.Key_End)
    assert panel.view.stage.shown.layer == "global"
    assert panel.view.stage.border.text() == "no places left"
    assert len(asked(rig)) == 1, "what is known is not asked again"


def test_a_row_is_chosen_by_a_click(panel):
    bars = panel.view.bars
    at = bars.rect().topLeft()
    at.setX(10)
    at.setY(bars.row_px() // 2)
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=at)
    assert panel.view.stage.shown.layer == "dense"
    assert bars.say(0).startswith("dense: ")


def test_arrow_keys_and_numbers_shift_the_picture(rig, panel):
    copy = panel.view.stage.maps["shifted"]
    QTest.keyClick(copy, Qt.Key.Key_Right)
    QTest.keyClick(copy, Qt.Key.Key_Up)
    settle(rig)
    assert (asked(rig)[-1].down_px, asked(rig)[-1].right_px) == (-1, 2)
    assert (copy.colours[..., 0] == shifted(three(), -1, 2)[0]).all()
    panel.view.down.setValue(4)
    assert (asked(rig)[-1].down_px, asked(rig)[-1].right_px) == (4, 2)
    before = len(asked(rig))
    panel.view.right.setValue(13)
    QTest.keyClick(copy, Qt.Key.Key_Right)
    assert len(asked(rig)) == before + 1, "no further than the boxes go"


def test_a_picture_that_goes_round_has_no_borders(rig, panel):
    panel.view.padding.setCurrentIndex(panel.view.padding.findData("circular"))
    panel.view.padding.activated.emit(panel.view.padding.currentIndex())
    settle(rig)
    assert asked(rig)[-1].padding == "circular"
    assert panel.view.stage.border.text() == "at borders: -"


def test_layers_of_a_network(rig, panel):
    look_at(rig, panel, "lenet5")
    assert asked(rig, ShiftLayers)[-1].network == "lenet5"
    assert not panel.view.padding.isVisible()
    assert panel.view.stage.inside.text() == "inside: 2e-07"
    assert panel.view.stage.border.text() == "at borders: 0.25"
    assert panel.view.weights.whole == "CNN: the weights that came with the program"
    panel.view.stage.which.setValue(4)
    assert panel.view.stage.maps["moved"].describe(2, 0).startswith("row 2, column 0 (border)\nmap(shift(x)): 1776")
    QTest.keyClick(panel.view.bars, Qt.Key.Key_Down)
    assert panel.view.stage.inside.text() == "changed: 1.2"
    assert panel.view.stage.maps["difference"].colours.shape == (2, 8, 3)


def test_a_network_that_is_not_trained_says_so(rig, qtbot):
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "small_cnn")))
    panel = opened(rig, qtbot, MicroscopePanel, ANSWERS)
    look_at(rig, panel, "small_cnn")
    assert panel.view.notice.text().startswith("Small CNN is not trained yet.")
    panel.view.restore(panel.settings()["view"] | {"source": ""})
    panel.view.refresh()
    settle(rig)
    assert panel.view.notice.text() == ""


def test_it_follows_pen_and_moment_at_once(rig, panel):
    follows_pen_and_moment(rig, ShiftOperations)


def test_nothing_is_asked_in_the_other_tab(rig, panel):
    panel.tabs["sweep"].click()
    before = len(asked(rig))
    rig.studio.set_picture(three()[:, ::-1])
    assert len(asked(rig)) == before


def test_a_question_that_fails_says_why(rig, qtbot):
    panel = opened(rig, qtbot, MicroscopePanel, {ShiftOperations: lambda question: ErrorReport("Another size.")})
    assert panel.view.notice.text() == "Another size."


def test_settings_come_back(rig, qtbot, panel):
    look_at(rig, panel, "lenet5")
    QTest.keyClick(panel.view.bars, Qt.Key.Key_Down)
    panel.view.down.setValue(-3)
    other = MicroscopePanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == panel.settings()
    assert other.view.shift == (-3, 1)
    assert other.view.source.currentData() == "lenet5"


def test_the_axis_begins_at_0_and_rounding_is_0():
    assert share_of_axis(0) == share_of_axis(2e-7) == share_of_axis(float("nan")) == 0
    assert [share_of_axis(error) for error in (0.3, 0.75, 1.5, 2.0)] == pytest.approx([0.2, 0.5, 1, 1])
    assert share_of_axis(1.5, 2.0) == 0.75


def one_layer(place, error, *, change=None):
    maps, border = np.zeros((1, 4, 4), np.float32), np.zeros((4, 4), bool)
    jump = (0, 0) if change is not None else (1, 1)
    name = f"layer {place}"
    places = change is None
    return ShiftedMaps(
        name, name, (1, 4, 4), jump, jump, True, places, maps, maps, border, error, None, change, "A sentence."
    )


def test_bars_are_as_long_as_their_errors_and_layers_without_places_have_none(qtbot):
    hue = QColor("#cc3311")
    bars = ErrorBars(LIGHT)
    qtbot.addWidget(bars)
    errors = (0.26, 0.45, 1.5, 2e-7)
    bars.set_layers(
        [*(one_layer(at, error) for at, error in enumerate(errors)), one_layer(4, None, change=0.36)], "", hue
    )
    bars.resize(600, bars.sizeHint().height())
    image = bars.grab().toImage()
    high = bars.row_px()
    coloured = [
        sum(image.pixelColor(x, round((row + 0.3) * high)) == hue for x in range(image.width())) for row in range(5)
    ]
    longest = coloured[2]
    assert longest > 150
    assert [each / longest for each in coloured[:2]] == pytest.approx([0.26 / 1.5, 0.45 / 1.5], abs=0.02)
    assert 0 < coloured[3] <= 2, "a line at 0"
    assert coloured[4] == 0
    assert bars.say(4) == "layer 4: values changed by 0.36, which is no error of a map. A sentence."


def test_two_names_that_differ_at_their_ends_stay_different():
    metrics = QFontMetricsF(LIGHT.font("small"))
    names = ("convolution 5 x 5", "convolution 5 x 5, stride 2")
    for room_px in (70, 90, 130):
        one, other = (short_title(name, metrics, room_px) for name in names)
        assert one != other
        assert metrics.horizontalAdvance(other) <= room_px


@pytest.mark.parametrize(
    ("error", "text"), [(None, "-"), (0.0, "0"), (3.2e-7, "3e-07"), (0.31, "0.31"), (1.414, "1.4")]
)
def test_errors_in_figures(error, text):
    assert error_text(error) == text


def test_a_list_of_units_is_laid_out_in_rows():
    values, absent = laid_out(np.arange(10, dtype=np.float32).reshape(10, 1, 1), 3)
    assert values.shape == (2, 8)
    assert values[1, 1] == 9
    assert absent.sum() == 6


def test_the_experiment_takes_the_networks_of_the_set_up(rig, panel):
    config = rig.studio.config
    assert panel.form.values["networks"] == ",".join(config.networks)
    assert panel.form.values["dataset"] == config.dataset
    planned = panel.info.plan(panel.info.settings(panel.form.values))
    assert {order.params["network"] for order in planned if "network" in order.params} == set(config.networks)


def test_it_fits_when_it_is_answered(rig, qtbot, qapp):
    fits(rig, qtbot, qapp, MicroscopePanel, ANSWERS)
