"""Doing something at most so often, and calling in what was put off."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.pacer import CatchUp, Pacer


def test_the_first_wish_is_done_at_once_and_the_newest_of_the_others_when_the_gap_is_over(qtbot: QtBot):
    owner, done = QWidget(), []
    qtbot.addWidget(owner)
    owner.show()
    pacer = Pacer(owner, lambda: done.append(len(done)), gap_ms=60_000)
    for _ in range(5):
        pacer.soon()
    assert done == [0]
    pacer.setInterval(0)
    qtbot.waitUntil(lambda: done == [0, 1])
    qtbot.waitUntil(lambda: not pacer.isActive())
    assert done == [0, 1]


def test_a_hidden_owner_is_spared_and_now_does_not_wait(qtbot: QtBot):
    owner, done = QWidget(), []
    qtbot.addWidget(owner)
    pacer = Pacer(owner, lambda: done.append(len(done)), gap_ms=0)
    pacer.soon()
    pacer.soon()
    qtbot.waitUntil(lambda: not pacer.isActive())
    assert done == [0]
    pacer.now()
    pacer.now()
    assert done == [0, 1, 2]


def timer(parent, done, *, once=True, gap_ms=60_000):
    made = QTimer(parent, singleShot=once, interval=gap_ms)
    made.timeout.connect(lambda: done.append(made))
    made.start()
    return made


def test_what_waits_for_rest_is_called_in_once(qtbot: QtBot):
    view, done = QWidget(), []
    qtbot.addWidget(view)
    waits = timer(QWidget(view), done)
    catch_up = CatchUp(view)
    assert catch_up()
    assert done == [waits]
    assert not waits.isActive()
    assert not catch_up()


def test_a_pacer_is_called_in_only_for_a_wish(qtbot: QtBot):
    view, done = QWidget(), []
    qtbot.addWidget(view)
    view.show()
    pacer = Pacer(view, lambda: done.append(len(done)), gap_ms=60_000)
    pacer.soon()
    assert not CatchUp(view)()
    assert pacer.isActive(), "its gap goes on"
    pacer.soon()
    assert CatchUp(view)()
    assert done == [0, 1]
    pacer.soon()
    view.hide()
    assert not CatchUp(view)(), "a hidden widget is spared"
    pacer.stop()


def test_work_in_pieces_is_waited_for_and_an_animation_is_not(qtbot: QtBot):
    view, done = QWidget(), []
    qtbot.addWidget(view)
    turns = timer(view, done, once=False)
    assert not CatchUp(view)()
    pieces = timer(view, done, once=False, gap_ms=0)
    assert CatchUp(view)()
    assert done == []
    for one in (turns, pieces):
        one.stop()


def test_what_sets_itself_again_is_not_called_in_for_ever(qtbot: QtBot):
    view, done = QWidget(), []
    qtbot.addWidget(view)
    again = timer(view, done)
    again.timeout.connect(again.start)
    catch_up = CatchUp(view)
    times = sum(1 for _ in range(20) if catch_up())
    assert 0 < times < 20
    catch_up.begin()
    assert catch_up(), "something new may be put off as often"
    again.stop()


def test_a_menus_own_timers_are_left_alone(qtbot: QtBot):
    view, done = QWidget(), []
    qtbot.addWidget(view)
    own = timer(QMenu(view), done)
    assert not CatchUp(view)()
    own.stop()
