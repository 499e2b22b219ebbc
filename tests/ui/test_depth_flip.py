"""Flipping the shortcut by hand: the button and its key, why it cannot be pressed, what is shown and written after."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answered, Answering
from cnnstudio.core.experiment import Flip, Measure, Result
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.experiments.depth import as_done
from cnnstudio.ui.panels.depth import DepthPanel
from cnnstudio.ui.theme import DARK
from cnnstudio.ui.widgets.experiment_export import ExperimentExport
from tests.ui.live_experiments import skipped
from tests.ui.test_depth_panel import values


@pytest.fixture
def watched(rig, qtbot):
    """The panel, whose two runs began to be watched and told nothing yet."""
    rig.engine.answer_at_once = False
    panel = skipped(rig.studio, qtbot, DepthPanel)
    panel.watch.click()
    return panel


def runs(rig):
    """The newest question about each network's run, with its id."""
    found = {}
    for question_id, question, _ in rig.engine.asked:
        if isinstance(question, Measure):
            found[question.order.params["network"]] = (question_id, question.order)
    return found.values()


def tell(rig, panel, points=4, **others):
    """Both runs say how far they are."""
    for question_id, order in runs(rig):
        told = values(order, points) | others
        rig.engine.mailbox.put(Answering(question_id, points / 8, "learns", told))
    rig.drain()
    panel._refresh()


def flips(rig):
    return [(question_id, question) for question_id, question, _ in rig.engine.asked if isinstance(question, Flip)]


def end(rig, panel, flipped):
    """Both runs are over, as the engine gives them."""
    for question_id, order in runs(rig):
        told = values(order, 8, over=True) | {"flipped": flipped, "before": 1.0, "after": 2.0}
        rig.engine.mailbox.put(Answered(question_id, Result(as_done(order, told), told)))
    rig.drain()
    panel._refresh()


@pytest.fixture
def flipped(rig, watched):
    """The panel, whose button was clicked half way; the engine said after which step."""
    tell(rig, watched)
    QTest.mouseClick(watched.flip_now, Qt.MouseButton.LeftButton)
    ((question_id, _),) = flips(rig)
    rig.engine.mailbox.put(Answered(question_id, 43))
    rig.drain()
    watched._refresh()
    return watched


def test_it_says_why_it_cannot_be_pressed(rig, qtbot):
    rig.engine.answer_at_once = False
    panel = skipped(rig.studio, qtbot, DepthPanel)
    assert not panel.flip_now.isEnabled()
    assert panel.flip_now.toolTip().startswith("Nothing learns here now. Press Watch")
    panel.watch.click()
    assert not panel.flip_now.isEnabled()
    assert panel.flip_now.why_not == "The networks do not learn yet."
    tell(rig, panel)
    assert panel.flip_now.isEnabled()
    assert "44 layers: now the plain network gets its shortcuts" in panel.flip_now.toolTip()
    assert panel.flip_now.toolTip().endswith("(F)")
    tell(rig, panel, 8)
    assert panel.flip_now.why_not.startswith("The runs are nearly over")


def test_when_one_run_is_over_before_the_other_the_reason_is_that_it_is_late(rig, watched):
    tell(rig, watched, 8)
    question_id, order = next(iter(runs(rig)))
    rig.engine.mailbox.put(Answered(question_id, Result(order, values(order, 8, over=True))))
    rig.drain()
    watched._refresh()
    assert watched.watch.text() == "Stop"
    assert watched.flip_now.why_not.startswith("The runs are nearly over")


def test_only_the_deepest_can_be_flipped(rig, qtbot):
    rig.engine.answer_at_once = False
    panel = skipped(rig.studio, qtbot, DepthPanel)
    panel.layers.setCurrentIndex(1)
    panel.layers.activated.emit(1)
    panel.watch.click()
    tell(rig, panel)
    assert panel.flip_now.why_not == "Only the deepest networks are flipped: those of 44 layers."


def test_a_click_flips_both_runs(rig, watched):
    tell(rig, watched)
    QTest.mouseClick(watched.flip_now, Qt.MouseButton.LeftButton)
    ((_, question),) = flips(rig)
    assert [order.params["network"] for order in question.orders] == ["plain", "residual"]
    assert list(question.orders) == [order for _, order in runs(rig)]
    assert watched.flip_now.why_not == "The flip is on its way."
    QTest.mouseClick(watched.flip_now, Qt.MouseButton.LeftButton)
    assert len(flips(rig)) == 1


def test_the_key_flips_and_says_why_it_does_not(rig, qtbot, watched):
    QTest.keyClick(watched, Qt.Key.Key_F)
    assert QToolTip.text() == "The networks do not learn yet."
    assert flips(rig) == []
    tell(rig, watched)
    QTest.keyClick(watched, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: len(flips(rig)) == 1)


def test_from_then_on_strip_curve_and_setting_show_it(rig, flipped):
    assert flipped.form.values["flip_at"] == 0.54
    assert flipped.flip_now.why_not.startswith(
        "They were flipped after step 43, which the setting flip at 0.54 repeats"
    )
    tell(rig, flipped, 6, flipped=43, before=1.0, after=2.0)
    assert flipped.flip_now.text() == "Flipped after step 43"
    assert not flipped.flip_now.isEnabled()
    assert [run.words.partition(":")[0] for run in flipped.strip.runs] == [
        "plain, flipped at 43",
        "with shortcuts, flipped at 43",
    ]
    assert flipped.charts.open_id == "loss"
    chart = flipped.charts.chart.chart
    assert chart.happened == ((43.0, "flip"),)
    assert [line.name for line in chart.series if line.x] == [
        "plain, then with shortcuts",
        "with shortcuts, then plain",
    ]
    assert "flip at 43" in flipped.charts.chart.accessibleDescription()
    assert flipped.verdict.headline.text().startswith("Shortcuts taken out after 54 % of the run: the loss goes from")
    for theme in (rig.studio.theme, DARK):
        rig.studio.set_theme(theme)
        for tab in ("loss", "map_plain"):
            flipped.charts.open(tab)
            flipped.grab()


def test_the_file_holds_the_order_that_repeats_it(rig, flipped):
    end(rig, flipped, 43)
    assert flipped.watch.text() == "Watch"
    assert flipped.coming() == ()
    assert all("step 80" not in run.words for run in flipped.strip.runs)
    writes = flipped.findChild(ExperimentExport)
    written = json.loads(writes.bytes_of("json"))
    assert written["settings"]["flip_at"] == 0.54
    assert [result["params"]["flip_at"] for result in written["results"]] == [0.54] * 2
    planned = [dict(order.params) for order in flipped.info.plan(written["settings"])]
    assert all(result["params"] in planned for result in written["results"])


def test_run_all_keeps_the_runs_that_were_flipped_by_hand(rig, flipped, monkeypatch):
    end(rig, flipped, 43)
    monkeypatch.setattr(rig.studio.experiments, "_begin", lambda: None)
    flipped.row.run_button.click()
    kept = rig.studio.experiments.find(flipped.shown)
    planned = flipped.info.plan(kept.settings)
    there = SweepFolder(kept.folder).take(planned).results
    assert [(result.order.params["network"], result.order.params["flip_at"]) for result in there] == [
        ("plain", 0.54),
        ("residual", 0.54),
    ]
    assert {result.values["flipped"] for result in there} == {43}


def test_watching_once_more_repeats_the_flip_and_another_one_can_take_its_place(rig, flipped):
    end(rig, flipped, 43)
    before = len(rig.engine.asked)
    QTest.mouseClick(flipped.watch, Qt.MouseButton.LeftButton)
    again = [question.order for _, question, _ in rig.engine.asked[before:] if isinstance(question, Measure)]
    assert [order.params["flip_at"] for order in again] == [0.54] * 2
    tell(rig, flipped, 2)
    said = [run.words.partition(",")[0] for run in flipped.strip.runs]
    assert said == ["plain: step 20 of 80", "with shortcuts: step 20 of 80"]
    assert flipped.flip_now.isEnabled()


def test_what_was_measured_unflipped_stays_to_compare_with(rig, watched):
    end(rig, watched, 0)
    assert len(watched.live.results) == 2
    watched.watch.click()
    tell(rig, watched)
    watched.flip_now.click()
    rig.engine.mailbox.put(Answered(flips(rig)[-1][0], 43))
    rig.drain()
    tell(rig, watched, 6, flipped=43)
    end(rig, watched, 43)
    assert sorted(result.order.params["flip_at"] for result in watched.live.results.values()) == [0, 0, 0.54, 0.54]


def test_a_flip_that_comes_too_late_is_told(rig, watched):
    notices = []
    rig.studio.notice.connect(notices.append)
    tell(rig, watched)
    watched.flip_now.click()
    rig.engine.mailbox.put(Answered(flips(rig)[-1][0], report=ErrorReport("The shortcut was not flipped.")))
    rig.drain()
    assert notices == [ErrorReport("The shortcut was not flipped.")]
    assert watched.form.values["flip_at"] == 0
    assert watched.flip_now.isEnabled()


def test_stop_gives_up_the_flip_too(rig, watched):
    tell(rig, watched)
    watched.flip_now.click()
    QTest.mouseClick(watched.watch, Qt.MouseButton.LeftButton)
    rig.engine.mailbox.put(Answered(flips(rig)[-1][0], 43))
    rig.drain()
    QApplication.processEvents()
    assert watched.form.values["flip_at"] == 0
    assert watched.flip_now.why_not.startswith("Nothing learns here now.")
