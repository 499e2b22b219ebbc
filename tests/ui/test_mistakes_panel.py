"""The mistakes panel: matrices, cells, galleries, and the moment."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import BothWrong, ConfusionCell, Confusions, Disagree, Disagreement, OnlyOneRight
from cnnstudio.ui.panels.mistakes import MistakesPanel
from tests.made_up import confusion, shown


@pytest.fixture
def panel(rig, qtbot):
    made = MistakesPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 740)
    made.show()
    return made


def play(rig, events=10**9):
    rig.studio.run()
    rig.engine.advance(events)
    settle(rig)


def settle(rig):
    for _ in range(3):
        rig.drain()


def click_cell(panel, network, truth, guess):
    matrix = panel._cards[network].matrix
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect((truth, guess)).center().toPoint())


def test_before_a_run_it_says_what_will_be_here(panel):
    assert panel.waiting.isVisible()
    assert not panel.gallery.isVisible()


def test_a_run_shows_a_matrix_for_each_network(rig, panel):
    play(rig)
    assert not panel.waiting.isVisible()
    assert list(panel._cards) == ["mlp", "lenet5"]
    final = rig.studio.history.latest("lenet5").confusion
    assert (panel._cards["lenet5"].matrix.counts == final).all(), "the end counts every test picture, as the table does"
    assert panel.caption.text().startswith("now, step 40, on ")
    assert panel.gallery.mosaic.count == 7
    assert panel.gallery.heading.text() == (
        "CNN is right, MLP is wrong: 7 pictures. Under each: the truth, then what the CNN and the MLP say."
    )


def test_a_cell_shows_its_pictures_and_a_picture_goes_to_the_networks(rig, panel):
    play(rig)
    click_cell(panel, "mlp", 3, 4)
    settle(rig)
    assert rig.engine.questions_of(ConfusionCell)[-1] == ConfusionCell("mlp", 3, 4)
    assert "pictures of 3 are taken for 4" in panel.gallery.heading.text()
    assert panel._cards["mlp"].matrix.chosen == (3, 4)
    click_cell(panel, "lenet5", 1, 2)
    settle(rig)
    assert panel._cards["mlp"].matrix.chosen is None, "one cell is chosen at a time"
    mosaic = panel.gallery.mosaic
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(3).center())
    assert (rig.studio.picture == panel.gallery.shown.images[3]).all()


GALLERIES = {
    "first": OnlyOneRight("lenet5", "mlp"),
    "second": OnlyOneRight("mlp", "lenet5"),
    "neither": BothWrong("lenet5", "mlp"),
}


@pytest.mark.parametrize(("choice", "question"), GALLERIES.items(), ids=GALLERIES)
def test_the_galleries(rig, panel, qtbot, choice, question):
    play(rig)
    click_cell(panel, "mlp", 3, 4)
    qtbot.mouseClick(panel._choices[choice], Qt.MouseButton.LeftButton)
    settle(rig)
    assert rig.engine.questions_of(type(question))[-1] == question
    assert panel._cards["mlp"].matrix.chosen is None
    assert [made.isChecked() for name, made in panel._choices.items() if name == choice] == [True]
    assert panel.gallery.mosaic.count == 7


def test_the_moment_is_followed(rig, panel):
    play(rig)
    rig.studio.set_moment(16)
    settle(rig)
    assert not rig.engine.questions_of(Confusions), "it was measured"
    assert rig.engine.questions_of(OnlyOneRight)[-1].step == 16
    assert panel.caption.whole.startswith("at step 16, on ")


def test_between_two_measurements_the_matrices_are_asked_for(rig, panel):
    play(rig)
    measured = {one.step for one in rig.studio.history.evaluations}
    step = next(kept for kept in rig.studio.moments if kept not in measured)
    rig.studio.set_moment(step)
    newest = rig.studio.history.measurement(step).step
    assert panel.caption.whole.startswith(f"measured at step {newest}, on "), "until the answer is there"
    settle(rig)
    assert rig.engine.questions_of(Confusions)[-1] == Confusions(step)
    assert panel._cards["lenet5"].matrix.counts.trace() == confusion(0.84).trace()
    assert panel.caption.whole.startswith(f"at step {step}, on a sample of 1,000 test pictures")


def test_of_a_cell_counted_on_all_pictures_the_sample_is_shown(rig, panel):
    play(rig)
    matrix = panel._cards["mlp"].matrix
    matrix.set_counts(matrix.counts * 100, matrix._names)
    click_cell(panel, "mlp", 3, 4)
    settle(rig)
    assert "7 of them in the sample" in panel.gallery.heading.text()


def test_captions_say_truth_and_guesses(rig, panel):
    play(rig)
    # Of the fake's pictures of class i the first network says i and the second i + 1.
    assert panel.gallery.mosaic.captions[:3] == ["0 0 1", "1 1 2", "2 2 3"]


def test_during_a_run_pictures_are_asked_at_most_once_a_second(rig, panel):
    rig.studio.run()
    for _ in range(60):
        rig.engine.advance(1)
        rig.drain()
    asked = len(rig.engine.questions_of(OnlyOneRight))
    assert asked <= 2, "one at the first measurement and one at the end"
    assert panel.gallery.shown is not None


def test_three_networks_choose_a_pair(rig, panel, qtbot):
    rig.studio.set_config(RaceConfig(networks=("mlp", "lenet5", "local")))
    play(rig)
    first, second = panel._pair
    assert (first.isVisible(), first.currentText(), second.currentText()) == (True, "CNN", "MLP")
    second.setFocus()
    QTest.keyClick(second, Qt.Key.Key_End)
    settle(rig)
    assert rig.engine.questions_of(OnlyOneRight)[-1] == OnlyOneRight("lenet5", "local")
    assert panel._choices["second"].text() == "Only Local is right: 0"
    QTest.keyClick(second, Qt.Key.Key_Up)
    settle(rig)
    assert "Click a cell" in panel.gallery.heading.text(), "a network is not compared with itself"


def test_one_network_has_no_comparison(rig, panel):
    rig.studio.set_config(RaceConfig(networks=("lenet5",)))
    play(rig)
    assert not any(made.isVisible() for made in panel._choices.values())
    assert "Click a cell" in panel.gallery.heading.text()


def test_the_tabs_count_the_pictures_of_the_moment(rig, panel):
    rig.engine.answers[Disagree] = lambda question: Disagreement(
        shown(12, ("lenet5", "mlp")), shown(5, ("mlp", "lenet5")), 1_234, 2_000
    )
    play(rig)
    texts = [made.text() for made in panel._choices.values()]
    assert texts == ["Only the CNN is right: 12", "Only the MLP is right: 5", "Neither is right: 1,234"]
    assert rig.engine.questions_of(Disagree)[-1] == Disagree("lenet5", "mlp", None, most=0), "the numbers, no pictures"


def test_a_failure_is_a_sentence(rig, panel):
    rig.engine.answers[OnlyOneRight] = lambda question: ErrorReport("The test pictures are not at hand.")
    play(rig)
    assert panel.gallery.heading.text() == "The test pictures are not at hand."


def test_settings_come_back(rig, panel, qtbot):
    play(rig)
    qtbot.mouseClick(panel._choices["neither"], Qt.MouseButton.LeftButton)
    other = MistakesPanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == {"showing": "neither"}
    other.restore({"showing": 7})
    assert other.settings() == {"showing": "neither"}


@pytest.mark.parametrize("size", [(780, 740), (700, 560)])
def test_five_networks_fit(rig, panel, qtbot, size):
    rig.studio.set_config(RaceConfig(networks=("mlp", "mlp_deep", "lenet5", "small_cnn", "local")))
    play(rig)
    panel.resize(*size)
    qtbot.wait(1)
    assert (panel.width(), panel.height()) == size
    assert all(card.matrix._cell_px() >= 5 for card in panel._cards.values())


def test_a_race_of_other_networks_opens_a_gallery_again_where_a_cell_was_open(rig, panel):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    panel._on_cell(("mlp", 3, 5))
    assert not any(made.isChecked() for made in panel._choices.values())
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "lenet5", "local")))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    assert [name for name, made in panel._choices.items() if made.isChecked()] == ["first"]
