"""The nonsense box: the gallery, how sure the networks are, the temperature, networks that learned "none"."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio.core.confidence import energy, softmax
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import Measure, Result
from cnnstudio.core.nonsense import NonsenseRead, NonsenseVerdicts, ReadNonsense
from cnnstudio.core.nonsense_pictures import MEASURED, make
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.nonsense import NonsensePanel
from cnnstudio.ui.widgets.logit_bars import LogitBars
from cnnstudio.ui.widgets.nonsense_view import limit_words
from tests.made_up import DIGITS, competitor
from tests.ui.live_experiments import fits, opened, settle


def logits_of(images, place, classes):
    """Any numbers that depend on the picture."""
    sums = images.reshape(len(images), -1).astype(np.float64).mean(1)[:, None]
    return np.sin(np.arange(classes)[None] + sums + place) * (4 + place)


def verdicts(key, title, role, images, place, *, none=False):
    logits = logits_of(images, place, 10 + none)
    return NonsenseVerdicts(
        key, title, role, "shipped", None, logits, energy(logits[:, :10]), none, 1.5, -3.0, 0.6, 0.97
    )


def read(question):
    shape = (1, 28, 28) if question.pixels is None else question.pixels.shape
    kinds, images = [], []
    if question.pixels is not None:
        kinds, images = ["yours"], [question.pixels[None]]
    for kind in question.kinds:
        if kind != "inverted" or question.pixels is not None:
            real = None if question.pixels is None else question.pixels[None]
            kinds += [kind] * question.each
            images.append(make(kind, question.each, shape, question.seed, real))
    stacked = np.concatenate(images)
    found = []
    for place, key in enumerate(question.networks):
        card = competitor(key)
        if key == "small_cnn":
            found.append(NonsenseVerdicts(key, card.title, card.role, "none", None, None, None))
        else:
            found.append(verdicts(key, card.title, card.role, stacked, place))
    for key in question.runs:
        found.append(verdicts(key, 'MLP, with "none of these"', "mlp", stacked, 7, none=True))
    return NonsenseRead(tuple(kinds), stacked, tuple(found), DIGITS)


def measured(question):
    """Every value that a run with "none of these" has."""
    values = dict.fromkeys(("train", "test", "validation", "temperature"), 0.9)
    values |= {
        f"{what}_{kind}": 0.5 for what in ("confidence", "cooled", "sure", "none") for kind in ("real", *MEASURED)
    }
    scores = ("softmax", "energy", "none")
    values |= {f"auroc_{score}_{kind}": 0.7 for score in scores for kind in ("all", *MEASURED)}
    return Result(question.order, values)


def teach(rig, panel):
    panel.view.teacher.button.click()
    settle(rig)
    panel._pacer.timeout.emit()
    settle(rig)


ANSWERS = {ReadNonsense: read, Measure: measured}


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot, NonsensePanel, ANSWERS)


def asked(rig, kind=ReadNonsense):
    return rig.engine.questions_of(kind)


def test_the_gallery_begins_with_the_drawing(rig, panel):
    (question,) = asked(rig)
    assert (question.networks, question.kinds, question.each) == (("mlp", "lenet5"), tuple(MEASURED), 2)
    view = panel.view
    assert view.gallery.count == 11
    assert (view.gallery.tiles[0][..., 0] == three()[0]).all()
    assert view.what.whole == "This is your drawing."
    assert list(view.cards) == ["mlp", "lenet5"]
    logits = logits_of(three()[None], 0, 10)[0]
    shares = softmax(logits)
    assert view.cards["mlp"].bars.shares == pytest.approx(shares)
    assert view.cards["mlp"].line.words == f"says {DIGITS[shares.argmax()]}, {100 * shares.max():.1f} %"
    assert view.gallery.captions[0].split()[0] == DIGITS[shares.argmax()]


def test_another_picture_is_looked_at_without_asking(rig, panel):
    QTest.keyClick(panel.view.gallery, Qt.Key.Key_Right)
    QTest.keyClick(panel.view.gallery, Qt.Key.Key_Right)
    QTest.keyClick(panel.view.gallery, Qt.Key.Key_Return)
    assert panel.view.what.whole == f"This is {MEASURED['letters']}."
    assert len(asked(rig)) == 1


def test_the_temperature_changes_how_sure_and_not_what(rig, panel):
    view = panel.view
    before, words = view.cards["mlp"].bars.shares, view.cards["mlp"].said.text()
    view.slider.setValue(20)
    assert view.temperature == pytest.approx(10)
    warm = view.cards["mlp"].bars.shares
    assert warm == pytest.approx(softmax(logits_of(three()[None], 0, 10)[0], 10.0))
    assert (warm.max() < before.max(), warm.argmax()) == (True, before.argmax())
    assert view.cards["mlp"].said.text() == words, "energy and fitted temperature are told at 1"
    assert len(asked(rig)) == 1


def test_energy_is_held_against_real_pictures(panel):
    logits = logits_of(three()[None], 0, 10)
    said = panel.view.cards["mlp"].said.text()
    like = "unlike" if energy(logits)[0] > -3 else "like"
    assert said == (
        f"energy {energy(logits)[0]:.1f}: {like} real pictures, of which 95 % lie below -3.0; of those it is 97.0 % "
        "sure on average; fitted T 1.50"
    )
    one = NonsenseVerdicts("mlp", "MLP", "mlp", "shipped", None, logits, energy(logits))
    assert limit_words(one, 0).endswith("what real pictures have is measured once a race has run (press Run)")


def test_other_nonsense_and_the_canvas(rig, panel):
    first = panel.view.gallery.tiles[1].copy()
    panel.view.other_button.click()
    settle(rig)
    assert asked(rig)[-1].seed == 1
    assert (panel.view.gallery.tiles[1] != first).any()
    offered = []
    rig.studio.picture_offered.connect(offered.append)
    panel.view.gallery.chosen.emit(3)
    panel.view.canvas_button.click()
    assert (offered[0][0][0] == panel.view._found.images[3][0]).all()


def test_networks_learn_none_of_these_and_answer_too(rig, panel):
    teach(rig, panel)
    orders = [question.order for question in asked(rig, Measure)]
    assert [(order.params["network"], order.params["way"], order.params["seed"]) for order in orders] == [
        ("mlp", "none", 0), ("lenet5", "none", 0)
    ]  # fmt: skip
    assert asked(rig)[-1].runs == tuple(order.key for order in orders)
    cards = list(panel.view.cards.values())
    assert len(cards) == 4
    assert cards[2].line.accessibleName().startswith("MLP + none: says ")
    assert len(cards[2].bars.shares) == 11
    count = len(asked(rig, Measure))
    panel.view.teacher.button.click()
    settle(rig)
    assert len(asked(rig, Measure)) == count, "what is measured is not measured again"


def test_other_settings_give_those_networks_up(rig, panel):
    teach(rig, panel)
    assert len(panel.view.cards) == 4
    panel.form.values["examples"] = 500
    panel.form.changed.emit()
    settle(rig)
    assert asked(rig)[-1].runs == ()
    assert len(panel.view.cards) == 2


def test_a_run_that_cannot_be_done_says_why(rig, panel):
    rig.engine.answers[Measure] = lambda question: ErrorReport("No room.")
    panel.view.teacher.button.click()
    settle(rig)
    panel.view.refresh()
    assert panel.view.teacher.words.whole.endswith("No room.")


def test_without_a_picture_there_is_nonsense_all_the_same(rig, qtbot):
    panel = opened(rig, qtbot, NonsensePanel, ANSWERS, picture=False)
    assert asked(rig)[-1].pixels is None
    assert panel.view.what.whole == f"This is {MEASURED['letters']}."
    assert panel.view.notice.text() == ""


def test_a_network_that_is_not_trained_says_so(rig, qtbot):
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "small_cnn")))
    panel = opened(rig, qtbot, NonsensePanel, ANSWERS)
    assert panel.view.cards["small_cnn"].line.words == "not trained yet"


def test_it_follows_the_pen_and_looks_at_the_drawing(rig, panel):
    panel.view.gallery.chosen.emit(4)
    rig.studio.set_picture(three()[:, ::-1])
    settle(rig)
    assert panel.view.what.whole == "This is your drawing."
    panel.tabs["sweep"].click()
    before = len(asked(rig))
    rig.studio.set_picture(three())
    assert len(asked(rig)) == before


def test_settings_come_back(rig, qtbot, panel):
    panel.view.slider.setValue(7)
    panel.view.gallery.chosen.emit(2)
    other = NonsensePanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == panel.settings()


def test_of_many_classes_those_with_the_largest_logits_are_shown(qtbot, panel):
    bars = LogitBars(panel.studio.theme)
    qtbot.addWidget(bars)
    logits = np.arange(26.0)
    bars.show_numbers([chr(65 + place) for place in range(26)], logits, softmax(logits), 26, Qt.GlobalColor.red)
    assert len(bars.shares) == 11
    assert bars.say(0).startswith("P: logit 15.00")
    assert bars.say(10).startswith("Z: logit 25.00")


def test_it_fits_when_it_is_answered(rig, qtbot, qapp):
    fits(rig, qtbot, qapp, NonsensePanel, ANSWERS)


def test_a_run_does_not_replace_a_question_that_is_being_answered(rig, panel):
    rig.studio.run()
    rig.engine.advance(8)
    settle(rig)
    rig.engine.answer_at_once = False
    panel.view.refresh()
    before = len(asked(rig))
    for _ in range(3):
        rig.engine.advance(2)
        settle(rig)
        panel.view._pacer.timeout.emit()
    assert len(asked(rig)) == before, "it waits"
    rig.studio.set_picture(three()[:, ::-1])
    assert len(asked(rig)) == before + 1, "the pen does not"
    rig.engine.answer_waiting()
    settle(rig)
    rig.engine.advance(2)
    settle(rig)
    panel.view._pacer.timeout.emit()
    assert len(asked(rig)) > before + 1
