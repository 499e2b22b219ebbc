"""The depth panel: two runs that are watched, their gradients, and a flip that is set before the run.

Flipping by hand is in `test_depth_flip`.
"""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answering
from cnnstudio.core.experiment import Measure, Partly, Result
from cnnstudio.ui.panels.depth import DepthPanel
from cnnstudio.ui.theme import DARK, PROJECTOR
from tests.ui.live_experiments import skipped


def values(order, points=4, over=False):
    """What a run tells after some of eight points, each of them ten steps."""
    layers = order.params["layers"]
    shrinks = 0.5 if order.params["network"] == "plain" else 1.0
    told = {
        "steps": 80,
        "at": [10 * (place + 1) for place in range(points)],
        "loss": [2.0 / (place + 1) for place in range(points)],
        "gradients": [[shrinks ** (layers - layer) for layer in range(layers)] for _ in range(points)],
        "flipped": round(80 * order.params["flip_at"]),
    }
    if over:
        told |= {"train": 0.9, "validation": 0.9, "test": 0.9, "weights": 10, "macs": 100}
        told |= {"before": 1.0, "after": 2.0} if told["flipped"] else {}
    return told


@pytest.fixture
def panel(filled, qtbot):
    return skipped(filled, qtbot, DepthPanel)


def measured(rig):
    return [question.order for _, question, _ in rig.engine.asked if isinstance(question, Measure)]


def test_watch_measures_both_networks_of_the_first_seed(rig, qtbot):
    rig.engine.answer_at_once = False
    panel = skipped(rig.studio, qtbot, DepthPanel)
    assert measured(rig) == []
    panel.watch.click()
    orders = measured(rig)
    assert [order.params["network"] for order in orders] == ["plain", "residual"]
    assert {(order.params["layers"], order.params["flip_at"]) for order in orders} == {(44, 0.0)}
    assert [run.words for run in panel.strip.runs] == ["plain: begins", "with shortcuts: begins"]
    assert panel.watch.text() == "Stop"
    panel.watch.click()
    assert panel.watch.text() == "Watch"
    assert panel.strip.runs == ()
    panel.watch.click()
    panel.hide()
    assert not rig.studio.waits_for_answers
    panel.show()
    assert panel.watch.text() == "Watch"


def test_what_is_told_on_the_way_is_drawn_and_joins_the_curves(panel, qtbot):
    orders = panel._orders()
    panel._keys = tuple(order.key for order in orders)
    panel._open_loss = True
    for order in orders:
        panel.live.progressed.emit(order, Answering(1, 0.5, "learns", values(order)))
    panel._refresh()
    assert panel.charts.open_id == "loss"
    lines = {line.name: line for line in panel.charts.chart.chart.series}
    assert lines["44, plain"].x == (10, 20, 30, 40)
    plain, residual = panel.strip.runs
    assert plain.words.startswith("plain: step 40 of 80, loss 0.50, first layer")
    assert np.allclose(plain.logs[:, 0], [max(-12.0, np.log10(0.5) * (44 - layer)) for layer in range(44)])
    assert "first layer 1 × last" in residual.words
    panel.grab()
    for order in orders:
        panel.live.take(Result(order, values(order, 8, over=True)))
    panel._refresh()
    assert panel.coming() == ()
    assert not any("step" in run.words for run in panel.strip.runs)
    assert panel.watch.text() == "Watch"


def test_runs_of_a_sweep_are_seen_on_their_way(panel, monkeypatch):
    from cnnstudio.runtime.sweep_thread import SweepState

    orders = panel._orders()
    state = SweepState(planned=24, under_way=tuple((order, Partly(0.5, "learns", values(order))) for order in orders))
    monkeypatch.setattr(panel.studio.experiments, "state", lambda _: state)
    panel.shown = "some result"
    assert [result.order for result in panel.coming()] == list(orders)
    findings = panel._current()
    assert next(chart for chart in findings.charts if chart.id == "loss").series[2].x
    assert len(panel.strip.runs) == 2


def test_the_flip_is_a_setting_and_says_why(panel):
    panel.flip.setValue(10)
    assert panel.form.values["flip_at"] == 0.5
    assert panel.flip_words.text() == "flip at 50 %"
    assert {order.params["flip_at"] for order in panel._orders()} == {0.5}
    assert "anybody can repeat it" in panel.flip.toolTip()
    panel.layers.setCurrentIndex(1)
    panel.layers.activated.emit(1)
    assert not panel.flip.isEnabled()
    assert {(order.params["layers"], order.params["flip_at"]) for order in panel._orders()} == {(8, 0.0)}


def test_a_flipped_run_has_its_mark_and_its_sentence(panel, filled):
    panel.flip.setValue(10)
    for order in panel.info.plan(panel.form.values):
        panel.live.take(Result(order, values(order, 8, over=True)))
    panel._refresh()
    assert "Shortcuts taken out after 50 % of the run: the loss goes from 1.00 to 2.00" in panel.verdict.rest.text()
    assert all(run.values["flipped"] == 40 for run in panel.strip.runs)
    filled.set_theme(DARK)
    panel.grab()


def test_hovering_and_arrow_keys_read_the_maps(panel, qtbot):
    for order in panel._orders():
        panel.live.take(Result(order, values(order, 8, over=True)))
    panel._refresh()
    box = panel.strip.box(0)
    said = panel.strip.explanation(QPointF(box.left() + box.width() * 0.9, box.top() + 1))
    assert said.startswith("Plain: layer 1 of 44, step 80: gradient 5.7e-14")
    assert "the same for both" in panel.strip.explanation(QPointF(1, 1))
    qtbot.keyClick(panel.strip, Qt.Key.Key_Down)
    qtbot.keyClick(panel.strip, Qt.Key.Key_Right)
    assert "layer 2 of 44, step 20" in panel.strip.accessibleDescription()


def test_a_run_that_cannot_be_done_is_told(rig, qtbot):
    rig.engine.answers[Measure] = lambda question: ErrorReport("No room.")
    panel = skipped(rig.studio, qtbot, DepthPanel)
    panel.watch.click()
    rig.drain()
    panel._refresh()
    assert "No room." in panel.verdict.notes.text()
    assert panel.watch.text() == "Watch"


def test_depths_that_cannot_be_leave_nothing_to_watch(panel):
    panel.form.set_values({"depths": "9"})
    panel.form.changed.emit()
    assert panel._orders() == ()
    assert not panel.watch.isEnabled()
    assert "does not come out even" in panel.row.progress.words.whole


def test_a_low_panel_with_large_letters_leaves_the_maps_to_their_tabs(panel, filled):
    assert panel.strip.isVisible()
    panel.resize(619, 528)
    filled.set_theme(PROJECTOR)
    assert panel.strip.isHidden()


def test_the_choice_comes_back(panel, filled, qtbot):
    panel.layers.setCurrentIndex(1)
    other = DepthPanel(filled)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    other.show()
    assert other.layers.currentData() == 8
