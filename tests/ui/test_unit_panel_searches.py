"""What the Unit panel finds out about a unit over many pictures: when it asks, progress, cancelling, failures."""

from __future__ import annotations

import numpy as np
import pytest

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answering
from cnnstudio.core.inside import ExplainUnit, Unit
from cnnstudio.core.unit_record import FindRecord, Maximise
from cnnstudio.ui.studio import UnitOf
from tests.ui.unit_rig import CONV1, CONV2, look_at, opened, settle, stand_still
from tests.unit_answers import unit_answers


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot)


def test_the_data_set_is_looked_through_only_when_it_is_seen_and_settled(panel, rig):
    look_at(rig, CONV2)
    stand_still(panel, rig)
    assert rig.engine.questions_of(FindRecord) == []
    panel.parts.tabs["pictures"].click()
    assert panel.searches._settle.isActive()
    assert rig.engine.questions_of(FindRecord) == []
    stand_still(panel, rig)
    assert [question.unit for question in rig.engine.questions_of(FindRecord)] == [CONV2.unit]
    assert panel.parts.pictures.top.count == panel.parts.pictures.least.count == 16
    stand_still(panel, rig)
    assert len(rig.engine.questions_of(FindRecord)) == 1


def test_progress_is_shown_and_another_layer_withdraws_the_question(panel, rig):
    look_at(rig, CONV2)
    rig.engine.answer_at_once = False
    panel.parts.tabs["pictures"].click()
    stand_still(panel, rig)
    number = next(number for number, question, _ in rig.engine.asked if isinstance(question, FindRecord))
    rig.engine.mailbox.put(Answering(number, 0.5, "4,000 of 8,000 pictures"))
    rig.drain()
    assert panel.parts.progress.isVisible()
    assert panel.parts.progress.value() == panel.parts.progress.maximum() // 2
    assert "4,000" in panel.parts.said.text()
    rig.studio.set_unit(CONV1)
    assert "unit record" not in rig.engine.waiting
    assert not panel.parts.progress.isVisible()


def test_hidden_it_asks_for_nothing_more(panel, rig):
    look_at(rig, CONV2)
    rig.engine.answer_at_once = False
    panel.parts.tabs["pictures"].click()
    stand_still(panel, rig)
    panel.hide()
    assert "unit record" not in rig.engine.waiting
    asked = len(rig.engine.asked)
    rig.studio.set_unit(CONV1)
    panel.searches._settle.timeout.emit()
    assert len(rig.engine.asked) == asked


def test_while_a_run_goes_on_the_data_set_is_looked_through_on_demand(panel, rig):
    panel.parts.tabs["pictures"].click()
    stand_still(panel, rig)
    asked = len(rig.engine.questions_of(FindRecord))
    rig.studio.run()
    rig.engine.advance(12)
    settle(rig)
    stand_still(panel, rig)
    assert len(rig.engine.questions_of(FindRecord)) == asked
    assert panel.parts.look.isVisible()
    panel.parts.look.click()
    settle(rig)
    assert len(rig.engine.questions_of(FindRecord)) == asked + 1
    assert "earlier step" in panel.parts.said.text()


def test_dead_maps_are_marked(panel, rig):
    look_at(rig, UnitOf("lenet5", Unit("2_conv", 1, 4, 5)))
    panel.parts.tabs["values"].click()
    stand_still(panel, rig)
    assert panel.chooser.dead.isVisibleTo(panel)
    assert panel.parts.values.dead.text().endswith(": 2.")
    look_at(rig, CONV2)
    assert not panel.chooser.dead.isVisibleTo(panel)


def test_which_pictures_were_looked_at_is_said(panel, rig):
    look_at(rig, CONV2)
    panel.parts.tabs["pictures"].click()
    stand_still(panel, rig)
    said = "Most, of 10,000 pictures · 2,000 test, 4,000 training, 4,000 made for this"
    assert panel.parts.pictures.top_word.whole == said


def test_a_found_picture_goes_to_the_canvas(panel, rig):
    panel.parts.tabs["pictures"].click()
    stand_still(panel, rig)
    offered = []
    rig.studio.picture_offered.connect(offered.append)
    panel.parts.pictures.top.chosen.emit(2)
    pixels, name = offered[0]
    assert name == "2"
    assert np.array_equal(pixels, panel.searches.record.top[2].pixels)


def test_a_picture_is_made_up_on_demand_beside_the_real_one(panel, rig):
    look_at(rig, CONV2)
    panel.parts.tabs["made"].click()
    stand_still(panel, rig)
    made = panel.parts.made
    assert rig.engine.questions_of(Maximise) == []
    assert not made.caution.isVisible(), "what stands there is a real picture"
    made.start.click()
    settle(rig)
    assert [question.seed for question in rig.engine.questions_of(Maximise)] == [0]
    assert "not what it stands for" in made.caution.text()
    assert made.caution.isVisible()
    assert "7.500" in made.told.text()
    assert "4.000" in made.told.text()
    made.start.click()
    settle(rig)
    assert [question.seed for question in rig.engine.questions_of(Maximise)] == [0, 1]
    look_at(rig, CONV1)
    assert made.made is None


def test_making_a_picture_can_be_cancelled(panel, rig):
    rig.engine.answer_at_once = False
    panel.parts.tabs["made"].click()
    made = panel.parts.made
    made.start.click()
    number = next(number for number, question, _ in rig.engine.asked if isinstance(question, Maximise))
    rig.engine.mailbox.put(Answering(number, 0.25, "step 32 of 128"))
    rig.drain()
    assert made.progress.isVisible()
    assert "32" in made.told.text()
    made.cancel.click()
    assert "unit maximise" not in rig.engine.waiting
    assert made.start.isEnabled()
    assert not made.progress.isVisible()


def test_a_failure_is_said_where_it_happens(panel, rig):
    rig.engine.answers[FindRecord] = lambda question: ErrorReport("The data set is gone.")
    rig.engine.answers[Maximise] = lambda question: ErrorReport("No gradient reaches the picture.")
    panel.parts.tabs["pictures"].click()
    stand_still(panel, rig)
    assert panel.parts.said.text() == "The data set is gone."
    panel.parts.made.start.click()
    settle(rig)
    assert panel.parts.made.told.text() == "No gradient reaches the picture."
    rig.engine.answers[ExplainUnit] = lambda question: ErrorReport("This layer cannot be explained.")
    look_at(rig, CONV2)
    assert panel.parts.problem.text() == "This layer cannot be explained."
    rig.engine.answers |= unit_answers()
    look_at(rig, CONV1)
    assert panel.parts.arithmetic.isVisibleTo(panel.parts) or panel.parts.tab != "arithmetic"
