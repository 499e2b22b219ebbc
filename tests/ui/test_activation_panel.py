"""The activation panel: functions, flattening and softmax with live numbers."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.activations import ACTIVATIONS, softmax
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import ReadPicture
from cnnstudio.ui.panels.activation import ActivationPanel
from cnnstudio.ui.theme import DARK
from cnnstudio.ui.widgets.activation_view import SHOWN


@pytest.fixture
def panel(filled, qtbot):
    made = ActivationPanel(filled)
    qtbot.addWidget(made)
    made.resize(820, 740)
    made.show()
    QApplication.processEvents()
    return made


def open_view(qtbot, panel, name):
    qtbot.mouseClick(panel.views[name], Qt.MouseButton.LeftButton)
    QApplication.processEvents()


def hover(widget, point):
    QTest.mouseMove(widget, point.toPoint() if isinstance(point, QPointF) else point)
    QApplication.processEvents()


@pytest.mark.parametrize("name", SHOWN)
def test_every_function_acts_on_the_map(panel, qtbot, name):
    qtbot.mouseClick(panel.activation.buttons[name], Qt.MouseButton.LeftButton)
    values = panel.source.values()
    np.testing.assert_allclose(panel.activation.after._values, ACTIVATIONS[name].apply(values))
    assert ACTIVATIONS[name].formula in panel.activation.formula.text()


def test_a_pixel_is_traced_to_the_curve(panel, qtbot):
    view = panel.activation
    qtbot.mouseClick(view.before, Qt.MouseButton.LeftButton, pos=view.before.cell_rect(9, 12).center().toPoint())
    assert view.cell == (9, 12)
    assert view.curve.value == panel.source.values()[9, 12]
    assert view.after.window_area == (9, 12, 1, 1)
    assert view.sum.text().startswith("row 9, column 12: ReLU(")
    view.after.setFocus()
    qtbot.keyClick(view.after, Qt.Key.Key_Down)
    assert view.cell == (10, 12)


def test_hovering_is_enough(panel):
    view = panel.activation
    hover(view.after, view.after.cell_rect(3, 4).center())
    hover(view.after, view.after.cell_rect(15, 16).center())
    assert view.cell == (15, 16)


def test_the_curve_can_be_walked(panel, qtbot):
    curve = panel.activation.curve
    qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=curve.point(-1.0, 0).toPoint())
    assert curve.value == pytest.approx(-1.0, abs=0.1)
    assert panel.activation.cell is None
    assert "slope 0.000" in panel.activation.sum.text()
    curve.setFocus()
    for _ in range(40):
        qtbot.keyClick(curve, Qt.Key.Key_Right)
    assert "slope 1.000" in panel.activation.sum.text()


def test_flat_places_are_counted(panel, qtbot):
    values = panel.source.values()
    assert f"{(values < 0).sum()} of 784 values are below zero" in panel.activation.counts.text()
    assert f"at {(values <= 0).sum()} of all" in panel.activation.counts.text()
    qtbot.mouseClick(panel.activation.buttons["leaky_relu"], Qt.MouseButton.LeftButton)
    assert "at 0 of all" in panel.activation.counts.text()


def test_a_number_is_traced_into_the_vector_and_back(panel, qtbot):
    open_view(qtbot, panel, "flatten")
    view = panel.flatten
    assert view.shape == (4, 7, 7)
    hover(view, view.cell_rect(0).center())
    hover(view, view.cell_rect(2 * 49 + 3 * 7 + 5).center())
    assert view.index == 124
    assert panel.forward.text() == "index = c·H·W + y·W + x = 2·7·7 + 3·7 + 5 = 124"
    assert panel.back.text() == "back: 124 = 2·49 + 26, so c = 2, map 3; 26 = 3·7 + 5, so row 3, column 5"
    assert "7 numbers further on" in panel.torn.text()
    hover(view, view.strip_rect(60).center())
    assert view.index == 60
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.glass_rect(2).center().toPoint())
    assert view.index == 62


def test_keys_go_through_the_maps(panel, qtbot):
    open_view(qtbot, panel, "flatten")
    view = panel.flatten
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown):
        qtbot.keyClick(view, key)
    assert view.index == 49 + 7 + 1
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.index == 195


def test_maps_can_stay_as_they_are(panel, qtbot):
    open_view(qtbot, panel, "flatten")
    panel.pooled.setCurrentIndex(panel.pooled.findData(1))
    assert panel.flatten.shape == (4, 28, 28)
    index = panel.source.findData("picture")
    panel.source.setCurrentIndex(index)
    panel.source.activated.emit(index)
    assert panel.flatten.shape == (1, 28, 28)
    panel.grab()


def test_the_networks_logits_are_the_beginning(panel, filled, qtbot):
    open_view(qtbot, panel, "softmax")
    verdict = filled.verdicts.verdicts[-1]
    np.testing.assert_array_equal(panel.softmax.result.logits, verdict.logits)
    np.testing.assert_allclose(panel.softmax.result.probabilities, verdict.probabilities)
    assert "the CNN says 3 with" in panel.about.text()
    panel.network.setCurrentIndex(0)
    panel.network.activated.emit(0)
    np.testing.assert_array_equal(panel.softmax.result.logits, filled.verdicts.verdicts[0].logits)


def test_logits_are_edited_in_their_cells(panel, qtbot):
    open_view(qtbot, panel, "softmax")
    grid = panel.softmax.logits
    qtbot.mouseDClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell_rect(0, 7).center().toPoint())
    editor = QApplication.focusWidget() or grid._editor
    editor.clear()
    qtbot.keyClicks(editor, "many")
    assert "'many' is not a number" in panel.softmax.problem.text()
    editor.clear()
    qtbot.keyClicks(editor, "20")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert panel.softmax.result.top == 7
    assert panel.about.text() == "These are your logits."
    assert not panel.softmax.problem.isVisible()
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    assert panel.softmax.result.top == 3


def test_temperature_is_live_and_keeps_the_order(panel, qtbot):
    open_view(qtbot, panel, "softmax")
    usual = panel.softmax.result.probabilities
    panel.softmax.slider.setFocus()
    qtbot.keyClick(panel.softmax.slider, Qt.Key.Key_End)
    assert panel.softmax.temperature == 10
    warm = panel.softmax.result.probabilities
    assert warm.max() < usual.max()
    assert (np.argsort(warm, kind="stable") == np.argsort(usual, kind="stable")).all()
    assert "/ 10" in panel.softmax.formula.text()
    np.testing.assert_allclose(warm, softmax(panel.softmax.result.logits, 10).probabilities)


def test_the_formula_follows_the_cell(panel, qtbot):
    open_view(qtbot, panel, "softmax")
    assert panel.softmax.formula.text().startswith("p(3) = exp(")
    panel.softmax.shares.setFocus()
    qtbot.keyClick(panel.softmax.shares, Qt.Key.Key_Right)
    assert panel.softmax.formula.text().startswith("p(0) = exp(")


def test_noise_is_read_and_softmax_is_still_confident(rig, qtbot):
    panel = ActivationPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.resize(820, 740)
    panel.show()
    open_view(qtbot, panel, "softmax")
    assert "made up" in panel.about.text()
    qtbot.mouseClick(panel.noise, Qt.MouseButton.LeftButton)
    assert "a picture is there" in panel.problem.text()
    rig.studio.set_picture(np.full((1, 28, 28), 128, np.uint8))
    rig.drain()
    assert panel.about.text().startswith("Your picture:")
    qtbot.mouseClick(panel.noise, Qt.MouseButton.LeftButton)
    rig.drain()
    asked = rig.engine.questions_of(ReadPicture)[-1]
    assert asked.pixels.std() > 50
    assert "Softmax on nonsense is still confident" in panel.about.text()
    rig.engine.answers[ReadPicture] = lambda question: ErrorReport("No weights fit.")
    qtbot.mouseClick(panel.noise, Qt.MouseButton.LeftButton)
    rig.drain()
    assert panel.problem.text() == "No weights fit."


def test_noise_is_read_again_at_another_moment_and_where_the_networks_learned_on(rig, qtbot):
    studio, panel = rig.studio, ActivationPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    studio.set_picture(np.full((1, 28, 28), 128, np.uint8))
    studio.run()
    rig.engine.finish()
    rig.drain()
    open_view(qtbot, panel, "softmax")
    qtbot.mouseClick(panel.noise, Qt.MouseButton.LeftButton)
    rig.drain()

    def read():
        found = [question.step for question in rig.engine.questions_of(ReadPicture) if question.pixels.std() > 50]
        rig.drain()
        return found

    assert read() == [None]
    panel.hide()
    studio.set_moment(8)
    panel.show()
    assert read() == [None, 8], "it was hidden when the moment changed"
    studio.set_moment(None)
    assert read() == [None, 8, None]
    told = studio.verdicts
    studio.verdicts_changed.emit(told)
    assert read() == [None, 8, None]
    later = replace(told, verdicts=tuple(replace(one, step=99) for one in told.verdicts))
    studio.verdicts_changed.emit(later)
    assert read() == [None, 8, None, None]
    panel._on_edited(np.arange(10.0))
    studio.verdicts_changed.emit(later)
    assert read() == [None, 8, None, None], "what the student changed by hand stays"


def test_without_a_picture_it_says_so(studio, qtbot):
    panel = ActivationPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    assert "no picture yet" in panel.problem.text()


def test_hidden_views_are_not_computed(panel, filled, qtbot, monkeypatch):
    open_view(qtbot, panel, "softmax")
    calls = []
    monkeypatch.setattr(panel.source, "values", lambda *way: calls.append(way))
    monkeypatch.setattr(panel.source, "maps", lambda: calls.append("maps"))
    filled.set_picture(filled.picture[:, ::-1])
    assert calls == []


def test_settings_survive(panel, filled, qtbot):
    qtbot.mouseClick(panel.activation.buttons["tanh"], Qt.MouseButton.LeftButton)
    panel.pooled.setCurrentIndex(1)
    open_view(qtbot, panel, "softmax")
    panel.softmax.set_temperature(2.0)
    panel._on_edited(np.arange(10.0))
    panel.network.setCurrentIndex(0)
    kept = panel.settings()
    other = ActivationPanel(filled)
    qtbot.addWidget(other)
    other.restore(kept)
    other.show()
    assert other.settings() == kept
    assert other.softmax.result.top == 9
    other.restore({"view": 1, "logits": ["x"], "temperature": -1, "function": None, "network": 5})
    assert other.view == "activation"


def test_theme(panel, filled):
    before = panel.grab().toImage()
    filled.set_theme(DARK)
    assert panel.grab().toImage() != before
