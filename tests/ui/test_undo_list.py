"""Lists whose deleted entries go when they close, and not before."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QHideEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.ui.widgets.runs_list import RunsList
from cnnstudio.ui.widgets.undo_list import UndoList
from tests.ui.test_race_panel import play


@pytest.fixture
def gone():
    return []


@pytest.fixture
def shown(qtbot, gone):
    made = UndoList()
    qtbot.addWidget(made)
    made.removed.connect(gone.append)
    made.show()
    return made


def test_what_was_deleted_goes_once(shown, gone):
    for entry in ("b", "a", "c", "c"):
        shown.toggle_leaving(entry)
    assert gone == []
    assert [shown.struck(QFont(), entry).strikeOut() for entry in "abc"] == [True, True, False]
    shown.hide()
    assert gone == ["a", "b"]
    shown.show()
    shown.hide()
    assert gone == ["a", "b"]


def test_what_may_not_go_any_more_stays(shown, gone):
    shown.toggle_leaving("a")
    shown.toggle_leaving("b")
    shown.limit_leaving(("b", "c"))
    shown.hide()
    assert gone == ["b"]


def test_a_window_that_is_minimised_deletes_nothing(shown, gone):
    class Minimised(QHideEvent):
        def spontaneous(self):
            return True

    shown.toggle_leaving("a")
    shown.hideEvent(Minimised())
    assert gone == []
    assert shown.leaves("a")


def test_an_earlier_run_can_be_had_back(rig, qtbot, gone):
    play(rig)
    play(rig)
    play(rig)
    made = RunsList()
    qtbot.addWidget(made)
    made.removed.connect(gone.append)
    made.show_runs(rig.studio.past)
    heard = []
    made.renamed.connect(lambda *what: heard.append(what))
    made.hidden_changed.connect(lambda *what: heard.append(what))
    made.show()
    QTest.keyClick(made.list, Qt.Key.Key_Delete)
    assert made.list.item(0).font().strikeOut()
    assert made.remove.text() == "Undo"
    made.list.setCurrentRow(1)
    assert made.remove.text() == "Remove"
    made.remove.click()
    made.list.setCurrentRow(0)
    made.show_runs(rig.studio.past)
    made.remove.click()
    assert [made.list.item(row).font().strikeOut() for row in (0, 1)] == [False, True]
    made.hide()
    QApplication.processEvents()
    assert gone == [rig.studio.past[0].id]
    assert heard == []
