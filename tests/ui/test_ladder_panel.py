"""The ladder's panel: a staircase that costs before it measures, and frames the largest step."""

import dataclasses
import math

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.core.experiment import Result
from cnnstudio.experiments._needs import Need
from cnnstudio.experiments._rungs import RUNGS, sized
from cnnstudio.ui.panels.ladder import LadderPanel
from cnnstudio.ui.theme import PROJECTOR
from cnnstudio.ui.widgets.staircase import need_cell, percent, short
from tests.ui.live_experiments import skipped

TEST = {"dense": 0.80, "local": 0.82, "shared": 0.90, "pooling": 0.93, "norm": 0.94, "residual": 0.93}


def made_up(order):
    rung, seed = order.params["network"], order.params["seed"]
    test = TEST[rung] - (0.05 if order.params["examples"] < 4_000 else 0.0) + 0.001 * ((seed + (rung == "shared")) % 3)
    network = sized(rung, (1, 28, 28), 10, order.params["equal"], order.params["budget"])
    values = {"train": 0.99, "validation": test, "test": test, "moved": [test, test - 0.1, 0.2]}
    values |= {"consistency": [0.9, 0.8, 0.7], "off": network.off}
    values |= {"weights": network.spec.parameters, "macs": network.spec.macs}
    return Result(order, values)


@pytest.fixture
def panel(filled, qtbot):
    return skipped(filled, qtbot, LadderPanel)


def measure(panel, rungs=tuple(RUNGS)):
    for order in panel.info.plan(panel.form.values):
        if order.params["network"] in rungs:
            panel.live.take(made_up(order))
    panel._refresh()


def test_costs_are_there_before_anything_ran(panel):
    rows = panel.stairs.rows
    assert [row.title for row in rows] == list(RUNGS.values())
    assert all(abs(row.off) < 0.1 and row.weights for row in rows)
    assert all(row.test is None and row.step is None for row in rows)
    assert panel.charts.open_id == "staircase"
    panel.grab()


def test_the_largest_step_is_marked_and_the_verdict_says_so(panel):
    measure(panel)
    assert [row.most for row in panel.stairs.rows] == [False, False, True, False, False, False]
    assert panel.stairs.cells(panel.stairs.rows[2])[3:5] == ("90.1 ± 0.1", "+8.0 ± 0.2")
    assert "sharing weights mattered most" in panel.verdict.headline.text()
    assert panel.stairs.rows[0].needed == pytest.approx(4_000)
    assert panel.stairs.cells(panel.stairs.rows[0])[-1] == "4.0k"
    assert panel.stairs.rows[2].sure
    assert "mean ± standard deviation of 3 seeds" in panel.stairs.rows[2].explanation
    panel.grab()


def test_examples_needed_are_shown_with_their_range_and_with_the_seeds_that_never_get_there(panel):
    row = panel.stairs.rows[1]
    said = {
        (600.0, 640.0, 712.0): ("640 (600 to 710)", "640", "about 640 (600 to 710)."),
        (600.0, 640.0, math.inf): ("640 (600 to 640), 1 never", "640, 1 never", "never with 1 of 3 seeds"),
        (600.0, math.inf, math.inf): ("mostly never (600)", "mostly never", "not reached with 2 of 3 seeds"),
        (math.inf,) * 3: ("never", "never", "not reached."),
        (1_240.0,): ("1.2k", "1.2k", "about 1,200."),
    }
    for found, (whole, brief, told) in said.items():
        shown = dataclasses.replace(row, need=Need(found, 200, 4_000))
        assert (need_cell(shown), need_cell(shown, brief=True)) == (whole, brief)
        assert told in shown.explanation
    assert need_cell(row) == ""
    measure(panel)
    panel.stairs.resize(1_200, 400)
    assert not panel.stairs._brief
    panel.stairs.resize(500, 400)
    assert panel.stairs._brief


def test_a_largest_step_within_the_seeds_is_framed_otherwise(panel):
    for order in panel.info.plan(panel.form.values):
        wobble = 0.05 * (-1) ** (order.params["seed"] + len(order.params["network"]))
        result = made_up(order)
        panel.live.take(Result(order, {**result.values, "test": 0.8 + wobble}))
    panel._refresh()
    assert [row.most for row in panel.stairs.rows].count(True) == 1
    assert not any(row.sure for row in panel.stairs.rows)
    panel.grab()


def test_half_a_ladder_has_no_largest_step(panel):
    measure(panel, ("dense", "shared"))
    assert not any(row.most for row in panel.stairs.rows)
    assert panel.stairs.rows[2].step is None
    assert panel.stairs.rows[2].test is not None


def test_another_budget_makes_other_networks(panel):
    measure(panel)
    panel.form.fields["equal"].field.setCurrentIndex(1)
    rows = panel.stairs.rows
    assert all(abs(row.macs / 500_000 - 1) < 0.25 for row in rows)
    assert all(row.test is None for row in rows)
    assert panel.form.fields["budget"].field.placeholderText() == "500,000"


def test_a_budget_that_is_too_small_has_no_costs(panel):
    panel.form.fields["budget"].field.setText("20")
    panel.form.fields["budget"].field.textEdited.emit("20")
    assert all(row.weights is None for row in panel.stairs.rows)
    assert "too small" in panel.row.progress.words.whole
    panel.grab()


def test_up_and_down_go_from_rung_to_rung_and_hovering_explains(panel, qtbot):
    measure(panel)
    stairs = panel.stairs
    qtbot.keyClick(stairs, Qt.Key.Key_Up)
    assert "window of 5 x 5" in stairs.accessibleDescription()
    for _ in range(9):
        qtbot.keyClick(stairs, Qt.Key.Key_Up)
    assert stairs.current == 5
    center = stairs._line_rect(2).center()
    qtbot.mouseClick(stairs, Qt.MouseButton.LeftButton, pos=center.toPoint())
    assert stairs.current == 2
    assert "ahead of the one below by 8 points" in stairs.explanation(center)
    assert "Multiply-adds" in stairs.explanation(QPointF(stairs.columns()[2][0] + 2, 2))


def test_large_letters_leave_the_plot_out(panel, filled):
    measure(panel)
    panel.resize(619, 528)
    filled.set_theme(PROJECTOR)
    QApplication.processEvents()
    assert panel.stairs.plot_rect()[1] == 0
    panel.grab()


def test_numbers_are_short():
    numbers = {999: "999", 9_840: "9.8k", 30_000: "30k", 999_499: "999k", 999_500: "1.0M", 2_400_000: "2.4M"}
    assert {number: short(number) for number in numbers} == numbers
    assert short(None) == ""
    assert percent(None) == ""
