"""The timeline by mouse, keys and wheel; it is never between two kept moments."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest

from cnnstudio.ui.widgets.timeline import Timeline

MOMENTS = (0, 1, 2, 4, 8, 16, 32, 64)


@pytest.fixture
def timeline(qtbot):
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(400, made.sizeHint().height())
    made.set_run(100)
    made.set_moments(MOMENTS)
    made.set_now(70)
    made.show()
    return made


def press(timeline, *keys):
    for key in keys:
        QTest.keyClick(timeline, key)


def click(timeline, step):
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(timeline.x_of(step)), 8))


@given(st.floats(-50, 500))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_place_is_a_kept_moment_or_now(timeline, x_px):
    assert timeline.step_at(x_px) in (*MOMENTS, None)


@pytest.mark.parametrize("step", MOMENTS)
def test_a_click_on_a_moment_chooses_it(timeline, step):
    timeline.resize(4_000, 30)
    chosen = []
    timeline.chosen.connect(chosen.append)
    click(timeline, step)
    assert chosen == [step]
    assert timeline.moment == step


def test_the_future_cannot_be_chosen(timeline):
    click(timeline, 64)
    chosen = []
    timeline.chosen.connect(chosen.append)
    click(timeline, 95)
    assert chosen == [None]


def test_keys_go_from_moment_to_moment(timeline):
    chosen = []
    timeline.chosen.connect(chosen.append)
    press(timeline, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Right)
    assert chosen == [64, 32, 64, None]
    press(timeline, Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_End)
    assert chosen[4:] == [0, 16, None]


def test_back_from_now_leaves_now_even_where_now_is_kept(timeline):
    timeline.set_now(64)
    press(timeline, Qt.Key.Key_Left)
    assert timeline.moment == 32
    press(timeline, Qt.Key.Key_Right)
    assert timeline.moment is None


def test_small_turns_of_a_touchpad_add_up_to_one_moment(timeline):
    def turn(by):
        none = Qt.KeyboardModifier.NoModifier
        place = QPointF(200, 8)
        event = QWheelEvent(
            place, place, QPoint(), QPoint(0, by), Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
        )
        timeline.wheelEvent(event)

    for _ in range(3):
        turn(-30)
    assert timeline.moment is None
    turn(-30)
    assert timeline.moment == 64
    turn(-240)
    assert timeline.moment == 16


def test_dragging_follows_the_mouse(timeline):
    chosen = []
    timeline.chosen.connect(chosen.append)
    QTest.mousePress(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(timeline.x_of(64)), 8))
    timeline.mouseMoveEvent(_move(timeline, 33))
    timeline.mouseMoveEvent(_move(timeline, 99))
    assert chosen == [64, 32, None]


def _move(timeline, step):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    place = QPointF(timeline.x_of(step), 8)
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    return QMouseEvent(QEvent.Type.MouseMove, place, place, Qt.MouseButton.NoButton, left, none)


def test_it_says_where_it_is_to_those_who_cannot_see_it(timeline):
    assert timeline.accessibleDescription() == "Now: step 70 of 100."
    timeline.set_moment(8)
    assert timeline.accessibleDescription() == "Step 8 of 100."
    timeline.set_run(0)
    assert timeline.accessibleDescription() == "No run yet."


def test_it_is_drawn_with_and_without_a_run(timeline):
    with_run = timeline.grab().toImage()
    timeline.set_run(0)
    without = timeline.grab().toImage()
    assert with_run != without


def test_keys_do_nothing_without_a_run(qtbot):
    made = Timeline()
    qtbot.addWidget(made)
    press(made, Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_End)
    assert made.moment is None
