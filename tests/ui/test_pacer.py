"""Doing something at most so often."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.pacer import Pacer


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
