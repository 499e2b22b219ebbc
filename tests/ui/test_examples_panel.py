"""The examples panel: pages, classes, knobs, and the way to the canvas."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import BrowseExamples, Shown
from cnnstudio.ui.panels.examples import ExamplesPanel
from cnnstudio.ui.widgets.dataset_card import DatasetCard

TOTAL = 200


def browse(question):
    """A set of 200 pictures: picture i is of class i % 10, and as bright as i."""
    places = np.arange(TOTAL)
    if question.label is not None:
        places = places[places % 10 == question.label]
    if question.shuffle_seed is not None:
        places = np.random.default_rng(question.shuffle_seed).permutation(places)
    few = places[question.start : question.start + question.most]
    images = np.broadcast_to(few.astype(np.uint8)[:, None, None, None], (len(few), 1, 28, 28)).copy()
    return Shown(images, few % 10, None, (), len(places), few, tuple("0123456789"))


@pytest.fixture
def panel(rig, qtbot):
    rig.engine.answers[BrowseExamples] = browse
    made = ExamplesPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 740)
    made.show()
    settle(rig)
    # The first answer takes the notice away, and the page then has more room.
    qtbot.waitUntil(
        lambda: settle(rig) and not made._timer.isActive() and made._page() == made._asked_most, timeout=3000
    )
    yield made
    made._timer.stop()


def settle(rig):
    rig.drain()
    QApplication.processEvents()
    rig.drain()
    return True


def asked(rig):
    return rig.engine.questions_of(BrowseExamples)[-1]


def test_a_page_fills_the_room_and_is_sorted_by_class(rig, panel):
    assert asked(rig) == BrowseExamples("digits:jitter=3", None, 0, panel._page(), None, "test")
    assert panel.mosaic.count == min(TOTAL, panel._page())
    assert panel.mosaic.height() <= panel._place.height()
    assert panel.mosaic.captions == sorted(panel.mosaic.captions)
    assert panel.count.text().startswith("1 to ")


def test_pages(rig, panel, qtbot):
    page = panel._page()
    assert not panel.previous.isEnabled()
    qtbot.mouseClick(panel.next, Qt.MouseButton.LeftButton)
    settle(rig)
    assert asked(rig).start == page
    while panel.next.isEnabled():
        qtbot.mouseClick(panel.next, Qt.MouseButton.LeftButton)
        settle(rig)
    assert panel.count.text().endswith(f"to {TOTAL} of {TOTAL}")
    qtbot.mouseClick(panel.previous, Qt.MouseButton.LeftButton)
    settle(rig)
    assert panel.next.isEnabled()


def test_one_class_the_training_set_and_chance(rig, panel, qtbot):
    panel.classes.setFocus()
    QTest.keyClick(panel.classes, Qt.Key.Key_End)
    settle(rig)
    assert asked(rig).label == 9
    assert set(panel.mosaic.captions) == {"9"}
    qtbot.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    settle(rig)
    assert asked(rig).part == "train"
    qtbot.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
    settle(rig)
    first = asked(rig).shuffle_seed
    qtbot.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
    settle(rig)
    assert asked(rig).shuffle_seed != first
    qtbot.mouseClick(panel.in_order, Qt.MouseButton.LeftButton)
    settle(rig)
    assert asked(rig).shuffle_seed is None


def test_a_picture_goes_to_the_networks(rig, panel):
    QTest.mouseClick(panel.mosaic, Qt.MouseButton.LeftButton, pos=panel.mosaic.tile_rect(2).center())
    place = panel._order[2]
    assert (rig.studio.picture == panel._shown.images[place]).all()
    assert panel._shown.labels[place] == int(panel.mosaic.captions[2])


def test_a_knob_changes_the_study_and_the_page(rig, panel, qtbot):
    field = panel.card.fields["jitter"].field
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "0")
    assert rig.studio.config.dataset == "digits"
    qtbot.waitUntil(lambda: asked(rig).dataset == "digits", timeout=2000)


def test_another_set_brings_its_own_card(rig, panel, qtbot):
    rig.studio.set_config(RaceConfig(dataset="glyphs"))
    assert "constructed" in panel.card.sentence.text(), "the set that was made to show the effect says so"
    assert set(panel.card.fields) == {"jitter", "noise", "side"}
    assert panel.classes.count() == 11
    qtbot.waitUntil(lambda: asked(rig).dataset == "glyphs", timeout=2000)


def test_a_failure_is_a_sentence_and_the_next_answer_clears_it(rig, panel):
    offline = ErrorReport("The files are not there and this computer is offline.")
    rig.engine.answers[BrowseExamples] = lambda question: offline
    panel.sync()
    settle(rig)
    assert panel.notice.text() == "The files are not there and this computer is offline."
    assert not panel._place.isVisible()
    rig.engine.answers[BrowseExamples] = browse
    panel.sync()
    settle(rig)
    assert not panel.notice.isVisible()
    assert panel._place.isVisible()


def test_settings_come_back(rig, panel, qtbot):
    qtbot.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.shuffle, Qt.MouseButton.LeftButton)
    settle(rig)
    other = ExamplesPanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == {"part": "train", "shuffle_seed": 0}
    other.restore({"part": 3, "shuffle_seed": "x"})
    assert other.settings() == {"part": "test", "shuffle_seed": None}


def test_the_card_of_a_set_that_does_not_exist(qtbot):
    card = DatasetCard()
    qtbot.addWidget(card)
    card.show_key("nothing")
    assert "nothing" in card.sentence.text()
    card.show_key("digits:jitter=3")
    assert card.fields["jitter"].value == 3
    assert "Licence: MIT" in card.facts.text()


def test_a_set_that_cannot_be_read_leaves_everything_in_its_place(rig, panel):
    """The sentence stands where the pictures stood; nothing is spread over the height."""
    above = [panel.card.geometry(), panel.next.geometry()]
    rig.engine.answers[BrowseExamples] = lambda question: ErrorReport("The class 'b' has no pictures.")
    panel._ask()
    settle(rig)
    assert panel.notice.isVisible()
    assert panel.notice.text() == "The class 'b' has no pictures."
    assert [panel.card.geometry(), panel.next.geometry()] == above
    assert not panel.mosaic.isVisible()
    rig.engine.answers[BrowseExamples] = browse
    panel._ask()
    settle(rig)
    assert panel.mosaic.isVisible()


def test_another_sets_knobs_take_the_place_of_the_last_ones(rig, panel):
    before = list(panel.card.fields.values())
    rig.studio.set_config(RaceConfig(dataset="glyphs"))
    settle(rig)
    assert not any(field.isVisible() for field in before)
    assert all(field.isVisible() for field in panel.card.fields.values())
