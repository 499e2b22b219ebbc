"""The list of an experiment's kept results: nothing is deleted that can still be taken back."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from cnnstudio.core.kept_sweeps import KeptSweep
from cnnstudio.ui.widgets.experiment_results import ResultsList

KEPT = [KeptSweep(name, "toy", name, {}, "2026-01-02T03:04:05", planned=4, done=2) for name in ("a", "b", "c")]


@pytest.fixture
def opened(qtbot):
    """The list, the small window around it, and the results that it wanted deleted."""
    around, made, gone = QWidget(), ResultsList(), []
    qtbot.addWidget(around)
    QVBoxLayout(around).addWidget(made)
    made.removed.connect(gone.append)
    made.show_results(KEPT, "b", (), ("a",))
    around.show()
    return made, around, gone


def test_the_list_of_results(qtbot):
    made = ResultsList()
    qtbot.addWidget(made)
    made.show()
    made.show_results([], None, (), ())
    assert made.none.isVisible()
    made.show_results(KEPT, "b", ("c",), ("a",))
    assert not made.none.isVisible()
    assert list(made.names) == ["c", "b", "a"]
    assert not made.open_buttons["b"].isEnabled()
    assert made.compare_boxes["c"].isChecked()
    assert not made.delete_buttons["a"].isEnabled()
    heard = []
    for signal in (made.opened, made.compared, made.renamed, made.removed):
        signal.connect(lambda *what: heard.append(what))
    made.open_buttons["a"].click()
    made.compare_boxes["c"].click()
    made.names["a"].setText("mine")
    made.names["a"].editingFinished.emit()
    assert heard == [("a",), ("c", False), ("a", "mine")]


def test_a_deleted_result_goes_when_the_list_closes(opened):
    made, around, gone = opened
    made.delete_buttons["c"].click()
    assert made.delete_buttons["c"].text() == "Undo"
    assert not made.names["c"].isEnabled()
    assert gone == []
    around.hide()
    assert gone == ["c"]
    around.show()
    around.hide()
    assert gone == ["c"]


def test_deleting_can_be_undone_until_then(opened):
    made, around, gone = opened
    made.delete_buttons["c"].click()
    made.delete_buttons["b"].click()
    made.delete_buttons["c"].click()
    assert made.delete_buttons["c"].text() == "Delete"
    assert made.names["c"].isEnabled()
    around.hide()
    assert gone == ["b"]


def test_what_is_shown_anew_keeps_what_goes_and_forgets_what_is_gone_on_with(opened):
    made, around, gone = opened
    made.delete_buttons["b"].click()
    made.delete_buttons["c"].click()
    made.show_results(KEPT, "b", (), ("a", "c"))
    QApplication.processEvents()
    assert [made.delete_buttons[name].text() for name in "abc"] == ["Delete", "Undo", "Delete"]
    around.hide()
    assert gone == ["b"]
