"""An answer about one moment never reaches a view that shows another, whichever view it is."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio.core.attribution import Embed
from cnnstudio.core.events import Answered
from cnnstudio.core.questions import ConfusionCell, Confusions, ReadPicture, SaveWeights
from cnnstudio.ui.panels._panel import all_panels
from cnnstudio.ui.panels.mistakes import MistakesPanel
from cnnstudio.ui.panels.unit import UnitPanel
from tests.made_up import confusion, shown


def finished(rig):
    rig.studio.set_picture(np.full((1, 28, 28), 7, np.uint8))
    rig.studio.run()
    rig.engine.finish()
    for _ in range(4):
        rig.drain()
    return rig.studio


def between(studio):
    """A kept moment that was not measured, so that much has to be asked."""
    measured = {one.step for one in studio.history.evaluations}
    return next(step for step in studio.moments if step not in measured)


def steps_waited_for(rig):
    """The steps of the questions in slots whose answers somebody waits for; only of those that name a moment."""
    waited = rig.studio.open_questions
    return [question.step for number, question, slot in rig.engine.asked
            if number in waited and slot is not None and hasattr(question, "step")]  # fmt: skip


@pytest.mark.parametrize("panel_id", list(all_panels()))
def test_no_panel_waits_for_an_answer_about_a_moment_that_it_left(rig, qtbot, panel_id):
    studio = finished(rig)
    panel = all_panels()[panel_id].make(studio)
    qtbot.addWidget(panel)
    panel.show()
    rig.drain()
    rig.engine.answer_at_once = False
    studio.set_moment(between(studio))
    assert studio.moment in steps_waited_for(rig)
    studio.set_moment(None)
    assert set(steps_waited_for(rig)) == {None}
    panel.hide()
    studio.set_moment(8)
    studio.set_moment(16)
    assert set(steps_waited_for(rig)) == {16}, "also of a panel that is hidden"


def test_an_answer_that_is_on_its_way_when_the_moment_is_left_is_dropped(rig):
    studio, taken = finished(rig), []
    rig.engine.answer_at_once = False
    studio.set_moment(8)
    studio.ask(Confusions(8), taken.append, taken.append, slot="matrices")
    number = rig.engine.asked[-1][0]
    rig.engine.mailbox.put(Answered(number, answer="of step 8"))
    studio.set_moment(None)
    rig.drain()
    assert taken == []


def test_a_new_run_drops_what_was_asked_about_the_one_before(rig):
    studio, taken = finished(rig), []
    rig.engine.answer_at_once = False
    studio.ask(Confusions(None), taken.append, taken.append, slot="matrices")
    number = rig.engine.asked[-1][0]
    studio.run()
    rig.engine.advance(3)
    rig.engine.mailbox.put(Answered(number, answer="of the run before"))
    rig.drain()
    assert studio.history.started.run_id == 2
    assert taken == []


def test_what_is_not_a_view_of_the_moment_stays(rig, tmp_path):
    studio = finished(rig)
    rig.engine.answer_at_once = False
    studio.ask(SaveWeights(tmp_path, studio.moment), lambda _: None)
    studio.ask(Embed("digits", ("mlp",), studio.moment, "tsne"), lambda _: None, slot="t-SNE", steady=True)
    studio.ask(ReadPicture(studio.picture, "digits", ("mlp",), 16), lambda _: None, slot="another moment's")
    kept = studio.open_questions
    studio.set_moment(8)
    assert kept <= studio.open_questions, "an order, an answer with a name of its own, and a moment of its own choice"


def test_the_matrices_are_those_of_now_when_the_film_ends(rig, qtbot):
    studio = finished(rig)
    panel = MistakesPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    rig.drain()
    now = panel._cards["mlp"].matrix.counts.copy()
    rig.engine.answer_at_once = False
    studio.set_moment(between(studio))
    rig.engine.answers[Confusions] = lambda question: {"mlp": confusion(0.3), "lenet5": confusion(0.3)}
    rig.engine.answer_waiting()  # the answer lies in the mailbox
    studio.set_moment(None)
    for _ in range(3):
        rig.drain()
    assert (panel._cards["mlp"].matrix.counts == now).all()
    assert panel.caption.whole.startswith("now, step 40, on ")


def test_a_cells_sentence_counts_the_pictures_that_stand_under_it(rig, qtbot):
    studio = finished(rig)
    panel = MistakesPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    panel.resize(780, 740)
    rig.drain()
    matrix = panel._cards["mlp"].matrix
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect((3, 4)).center().toPoint())
    rig.drain()
    rig.engine.answer_at_once = False
    step = between(studio)
    studio.set_moment(step)
    measured = studio.history.measurement(step).step
    rig.engine.answers[ConfusionCell] = lambda question: shown(5, (question.network,))
    number = next(number for number, question, _ in rig.engine.asked[::-1] if isinstance(question, ConfusionCell))
    rig.engine.mailbox.put(Answered(number, answer=shown(5, ("mlp",))))
    rig.drain()
    assert panel.gallery.heading.text().startswith(
        f"5 pictures of 3 in the sample are taken for 4 at step {step}; the matrix counts those of step {measured}."
    )
    counts = confusion(0.5)
    counts.setflags(write=True)
    counts[3, 4] = 5
    rig.engine.answers[Confusions] = lambda question: {"mlp": counts, "lenet5": confusion(0.5)}
    rig.engine.answer_waiting()
    for _ in range(3):
        rig.drain()
    assert panel.gallery.heading.text().startswith(f"5 of {counts[3].sum()} pictures of 3 are taken for 4 (")


def test_the_networks_of_units_are_asked_again_where_another_moment_gave_the_question_up(rig, qtbot):
    studio = finished(rig)
    rig.engine.answer_at_once = False
    panel = UnitPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    studio.set_moment(8)
    asked = {slot for number, _, slot in rig.engine.asked if number in studio.open_questions}
    assert "unit networks" in asked
