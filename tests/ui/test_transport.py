"""The bottom bar: what can be pressed when, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio.core.config import RaceConfig
from cnnstudio.ui.widgets.basic import ElidedLabel
from cnnstudio.ui.widgets.transport import Transport, rate_of, tick_of, time_left


@pytest.fixture
def transport(rig, qtbot):
    made = Transport(rig.studio)
    qtbot.addWidget(made)
    made.resize(1_400, 80)
    made.show()
    return made


def test_before_torch_is_there_it_says_so_and_nothing_can_be_started(studio, qtbot):
    made = Transport(studio)
    qtbot.addWidget(made)
    assert made.about.whole == "Loading PyTorch ..."
    assert not made.run_button.isEnabled()
    assert not made.step_button.isEnabled()


def test_one_button_runs_pauses_and_goes_on(transport, rig):
    assert transport.run_button.text() == "Run"
    transport.run_button.click()
    rig.engine.advance(6)
    rig.drain()
    assert transport.run_button.text() == "Pause"
    transport.run_button.click()
    rig.drain()
    assert transport.run_button.text() == "Resume"
    transport.run_button.click()
    rig.engine.finish()
    rig.drain()
    assert transport.run_button.text() == "Run"
    assert rig.engine.commands[1:] == ["run", "pause", "resume"]


def test_stop_and_step_can_be_pressed_when_they_do_something(transport, rig):
    assert not transport.stop_button.isEnabled()
    assert not transport.same_button.isEnabled()
    transport.step_button.click()
    rig.drain()
    assert transport.stop_button.isEnabled()
    transport.stop_button.click()
    rig.drain()
    assert not transport.stop_button.isEnabled()
    assert transport.same_button.isEnabled()


def test_it_says_where_the_run_is(transport, rig):
    rig.studio.run()
    rig.engine.advance(5)
    rig.studio.step()
    rig.drain()
    step = rig.studio.history.step
    assert transport.where.text() == f"Step {step}"
    assert transport.about.whole == f"of 40 · {step * 64} pictures seen · epoch 1"
    rig.engine.finish()
    rig.drain()
    assert transport.where.text() == "Step 40"
    assert transport.about.whole == "of 40 · 2,560 pictures seen · epoch 4"
    assert transport.left.text() == "finished after 0.2 s"
    rig.studio.set_moment(8)
    assert transport.where.text() == "Step 8"
    assert transport.about.whole == "of 40 · 512 pictures seen · epoch 1"


def test_it_says_why_it_cannot_run(transport, rig):
    rig.studio.set_config(RaceConfig(networks=()))
    assert not transport.run_button.isEnabled()
    assert transport.about.whole == "No network is chosen. Choose at least one."
    assert transport.run_button.toolTip() == transport.about.whole
    rig.studio.set_config(RaceConfig())
    assert transport.run_button.isEnabled()


def test_it_shows_what_is_prepared(transport, rig):
    rig.studio.run()
    rig.engine.advance(2)
    rig.drain()
    assert transport.about.whole == "Making digits · 100 %"
    transport.run_button.click()
    assert rig.engine.commands[-1] == "run"
    assert transport.stop_button.isEnabled()


def test_the_rate_slider_changes_the_open_run(transport, rig):
    rig.studio.run()
    transport.rate_slider.setValue(tick_of(0.1))
    assert rig.engine.learning_rate == pytest.approx(0.1)
    assert transport.rate_value.text() == "0.1"


@given(st.integers(0, 1_000))
def test_the_rate_slider_comes_back_to_its_place(tick):
    # Two figures of the rate are kept; they move the knob by a few of its thousand places.
    assert abs(tick_of(rate_of(tick)) - tick) <= 5


@pytest.mark.parametrize("rate", [0.0, -1.0, 1e-9])
def test_rates_below_the_slider_stand_at_its_left_end(rate):
    assert tick_of(rate) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s left"), (21.4, "22 s left"), (89.0, "89 s left"), (180.0, "3 min left"), (3_900.0, "65 min left"),
     (7_500.0, "2 h 5 min left")],
)  # fmt: skip
def test_the_time_left_in_words(seconds, text):
    assert time_left(seconds) == text


def test_narrow_windows_show_icons_only(transport):
    transport.resize(1_000, 80)
    assert transport.new_button.text() == ""
    assert transport.new_button.accessibleName() == "New weights"
    transport.resize(1_400, 80)
    assert transport.new_button.text() == "New weights"


def test_a_narrow_line_loses_whole_parts_not_letters(qtbot):
    made = ElidedLabel()
    qtbot.addWidget(made)
    made.show()
    made.set_whole("of 504 · 32,000 pictures seen · epoch 8")
    widths = [made.fontMetrics().horizontalAdvance(text) + 2 for text in ("of 504 · 32,000 pictures seen", "of 504")]
    made.resize(widths[0], 20)
    assert made.text() == "of 504 · 32,000 pictures seen"
    made.resize(widths[1], 20)
    assert made.text() == "of 504"
    made.resize(widths[1] // 2, 20)
    assert made.text().endswith("…")
    assert made.toolTip() == made.whole


def focused(transport):
    return transport.window().focusWidget()


def test_the_focus_stays_where_it_is_pressed(transport, rig):
    transport.run_button.setFocus()
    QTest.keyClick(transport.run_button, Qt.Key.Key_Space)
    assert rig.studio.run_state == "preparing"
    assert focused(transport) is transport.run_button
    QTest.keyClick(transport.run_button, Qt.Key.Key_Space)
    rig.engine.advance(6)
    rig.drain()
    assert focused(transport) is transport.run_button
    QTest.keyClick(focused(transport), Qt.Key.Key_Space)
    rig.drain()
    assert rig.studio.run_state == "paused"
    assert rig.engine.commands[1:] == ["run", "pause"]


def test_no_button_hands_its_focus_to_one_that_begins_anew(transport, rig):
    transport.step_button.setFocus()
    QTest.keyClick(transport.step_button, Qt.Key.Key_Space)
    assert focused(transport) is transport.step_button
    rig.drain()
    assert focused(transport) is transport.step_button
    transport.stop_button.setFocus()
    QTest.keyClick(transport.stop_button, Qt.Key.Key_Space)
    rig.drain()
    assert rig.studio.run_state == "idle"
    assert focused(transport) is transport.run_button
