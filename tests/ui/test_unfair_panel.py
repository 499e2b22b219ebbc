"""The mark in the corner: the marked pictures, the maps and their share on the mark, networks that learned with it."""

import numpy as np
import pytest

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import Measure, Result
from cnnstudio.core.marks import mark_mask, marked
from cnnstudio.core.unfair import MarkRead, MarkVerdicts, ReadMarked
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.unfair import UnfairPanel
from cnnstudio.ui.widgets.unfair_view import follow_words
from tests.made_up import DIGITS, competitor
from tests.ui.live_experiments import fits, follows_pen_and_moment, opened, settle


def verdicts(key, title, role, question, mask, *, follows):
    """A network that says 3, or whatever the mark says."""
    said = np.array([3, *range(10)]) if follows else np.full(11, 3)
    probabilities = np.full((11, 10), 0.1 / 9)
    probabilities[np.arange(11), said] = 0.9
    maps = {"saliency": np.where(mask, 1, 0.001).astype(np.float32), "occlusion": np.ones((28, 28), np.float32)}
    shares = {"saliency": 0.8 if follows else 0.01, "occlusion": None}
    return MarkVerdicts(key, title, role, "shipped", None, probabilities, 1.0 if follows else 0.1, shares, maps)


def read(question):
    again = np.repeat(question.pixels[None], 10, axis=0)
    images = np.concatenate([question.pixels[None], marked(again, np.arange(10), 10, question.code)])
    mask = mark_mask((28, 28), question.shown, question.code)
    found = []
    for key in question.networks:
        card = competitor(key)
        if key == "small_cnn":
            found.append(MarkVerdicts(key, card.title, card.role, "none", None, None, None, {}, {}))
        else:
            found.append(verdicts(key, card.title, card.role, question, mask, follows=False))
    for key in question.runs:
        found.append(verdicts(key, "MLP, learned with marks", "mlp", question, mask, follows=True))
    return MarkRead(images, float(mask.mean()), mask, tuple(found), DIGITS)


def measured(question):
    names = ("train", "validation", "test", "without", "lying", "follows", "saliency", "occlusion", "area")
    return Result(question.order, dict.fromkeys(names, 0.5))


ANSWERS = {ReadMarked: read, Measure: measured}


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot, UnfairPanel, ANSWERS)


def asked(rig, kind=ReadMarked):
    return rig.engine.questions_of(kind)


def pick(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def teach(rig, panel):
    panel.view.teacher.button.click()
    settle(rig)
    panel._pacer.timeout.emit()
    settle(rig)


def test_the_picture_stands_without_a_mark_and_with_each(rig, panel):
    (question,) = asked(rig)
    assert (question.networks, question.code, question.shown, question.runs) == (("mlp", "lenet5"), "place", 0, ())
    view = panel.view
    assert view.gallery.count == 11
    assert (view.gallery.tiles[0][..., 0] == three()[0]).all()
    assert (view.gallery.tiles[1][:2, :2] == 255).all()
    assert view.gallery.captions == ["3 3"] * 11
    assert view.what.whole == "With the mark of 0: 0.5 % of the picture."


def test_a_map_frames_the_mark_and_says_its_share(rig, panel):
    pick(panel.view.method, "saliency")
    cell = panel.view.cells["mlp"]
    assert cell.words.words == "says 3, 90.0 %\non the mark: 1.0 % · names 1 of 10 marks"
    assert (cell.picture._framed == mark_mask((28, 28), 0, "place")).all()
    pick(panel.view.method, "occlusion")
    assert "the map is zero everywhere" in cell.words.words
    assert len(asked(rig)) == 1, "both maps are there already"


def test_another_mark_is_explained(rig, panel):
    panel.view.gallery.chosen.emit(8)
    settle(rig)
    assert asked(rig)[-1].shown == 7
    assert panel.view.what.whole.startswith("With the mark of 7")
    assert (panel.view.cells["mlp"].picture._framed == mark_mask((28, 28), 7, "place")).all()


def test_without_a_mark_there_is_nothing_to_frame(rig, panel):
    panel.view.gallery.chosen.emit(0)
    settle(rig)
    assert panel.view.what.whole.startswith("Without a mark.")
    assert panel.view.cells["mlp"].picture._framed is None
    assert panel.view.cells["mlp"].words.words == "says 3, 90.0 %\nnames 1 of 10 marks"


def test_networks_learn_with_marks_and_answer_too(rig, panel):
    teach(rig, panel)
    orders = [question.order for question in asked(rig, Measure)]
    assert [(order.params["network"], order.params["way"], order.params["mark"]) for order in orders] == [
        ("mlp", "marked", "place"), ("lenet5", "marked", "place")
    ]  # fmt: skip
    assert asked(rig)[-1].runs == tuple(order.key for order in orders)
    cells = list(panel.view.cells.values())
    assert len(cells) == 4
    assert (cells[2].head._name, cells[2].head.words) == ("MLP", "learned with marks")
    assert cells[2].head._hue == cells[0].head._hue
    panel.view.gallery.chosen.emit(8)
    settle(rig)
    assert cells[2].words.words.startswith("says 7, 90.0 %")
    assert panel.view.gallery.captions[8] == "3 3 7 7"


def test_another_mark_by_brightness_needs_other_runs(rig, panel):
    teach(rig, panel)
    pick(panel.view.code, "brightness")
    settle(rig)
    assert (asked(rig)[-1].code, asked(rig)[-1].runs) == ("brightness", ())
    assert len(panel.view.cells) == 2
    teach(rig, panel)
    assert asked(rig, Measure)[-1].order.params["mark"] == "brightness"
    assert len(asked(rig)[-1].runs) == 2


def test_progress_is_told(rig, panel):
    rig.engine.answer_at_once = False
    panel.view.teacher.button.click()
    assert panel.view.teacher.words.whole == "learning · mlp: waits · lenet5: waits"
    from cnnstudio.core.events import Answering

    (place,) = [at for at, (_, question, _) in enumerate(rig.engine.asked) if isinstance(question, Measure)][:1]
    rig.engine.mailbox.put(Answering(rig.engine.asked[place][0], 0.4, "learning"))
    settle(rig)
    assert panel.view.teacher.words.whole == "learning · mlp: 40 % · lenet5: waits"


def test_it_follows_pen_and_moment_at_once(rig, panel):
    follows_pen_and_moment(rig, ReadMarked)
    panel.tabs["sweep"].click()
    before = len(asked(rig))
    rig.studio.set_picture(three())
    assert len(asked(rig)) == before


def test_a_network_that_is_not_trained_says_so(rig, qtbot):
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "small_cnn")))
    panel = opened(rig, qtbot, UnfairPanel, ANSWERS)
    assert panel.view.cells["small_cnn"].words.words == "not trained yet\nPress Run to train it."


def test_without_a_picture_or_an_answer_it_says_why(rig, qtbot):
    panel = opened(rig, qtbot, UnfairPanel, ANSWERS, picture=False)
    assert panel.view.notice.text().startswith("There is no picture yet")
    rig.engine.answers[ReadMarked] = lambda question: ErrorReport("No room for the marks.")
    rig.studio.set_picture(three())
    settle(rig)
    assert panel.view.notice.text() == "No room for the marks."


def test_settings_come_back(rig, qtbot, panel):
    pick(panel.view.code, "brightness")
    pick(panel.view.method, "saliency")
    panel.view.gallery.chosen.emit(5)
    other = UnfairPanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == panel.settings()


def test_marks_that_are_followed_are_counted():
    assert follow_words(0.3, 10) == "names 3 of 10 marks"


def test_it_fits_when_it_is_answered(rig, qtbot, qapp):
    fits(rig, qtbot, qapp, UnfairPanel, ANSWERS)
