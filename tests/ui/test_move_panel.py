"""The panel of moved pictures: what it asks and when, the maps, dragging, the curves."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.moving import Curves, NetworkCurve, NetworkOffsets, OffsetMap, OffsetMaps, Transformed
from cnnstudio.core.picture_changes import AMOUNTS, DRAWS, UNITS, ink_kept, shifted
from cnnstudio.core.taught import Taught
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.move import MovePanel
from cnnstudio.ui.widgets.move_words import moved_words, range_words
from cnnstudio.ui.widgets.offset_field import sure_colours
from tests.made_up import DIGITS, competitor
from tests.ui.live_experiments import fits, follows_pen_and_moment, opened, settle
from tests.ui.pointer import drag_to

OFFSETS = range(-13, 14)


def offset_maps(question):
    """Right within a distance that grows from network to network; small_cnn is not trained."""
    down, right = np.abs(np.mgrid[-13:14, -13:14])
    found = []
    for place, network in enumerate(question.networks):
        card = competitor(network)
        if network == "small_cnn":
            found.append(NetworkOffsets(network, card.title, card.role, "none", None, None, None, None))
            continue
        inside = np.maximum(down, right) <= 2 + 2 * place
        target = 3 if question.label is None else question.label
        found.append(
            NetworkOffsets(
                network, card.title, card.role, "shipped", None, target, np.where(inside, 0.9, 0.1),
                np.where(inside, target, (target + 1) % 10),
            )
        )  # fmt: skip
    return OffsetMaps(tuple(OFFSETS), tuple(found), ink_kept(question.pixels, 13), (0,), DIGITS)


def curves(question):
    amounts = AMOUNTS[question.kind]
    many = np.arange(len(amounts), dtype=np.float64)
    found = tuple(
        NetworkCurve(network, competitor(network).title, competitor(network).role, "shipped", None, 3,
                     1 - many / 20, (many < 4).astype(float), np.full(len(amounts), 3))
        for network in question.networks
    )  # fmt: skip
    images = np.repeat(question.pixels[None], len(amounts), axis=0)
    return Curves(question.kind, amounts, UNITS[question.kind], DRAWS[question.kind], images, found, DIGITS)


ANSWERS = {OffsetMap: offset_maps, Transformed: curves}


@pytest.fixture
def panel(rig, qtbot):
    return opened(rig, qtbot, MovePanel, ANSWERS)


def asked(rig, kind=OffsetMap):
    return rig.engine.questions_of(kind)


def test_nothing_is_asked_before_the_question_is_answered(rig, qtbot):
    rig.studio.set_picture(three())
    made = MovePanel(rig.studio)
    qtbot.addWidget(made)
    made.show()
    settle(rig)
    rig.studio.set_picture(three()[:, ::-1])
    assert not asked(rig)
    assert not made.view.isVisible()


def test_the_picture_is_there_before_the_first_answer(rig, qtbot):
    rig.engine.answer_at_once = False
    panel = opened(rig, qtbot, MovePanel, ANSWERS)
    view = panel.view
    assert view.picture.isVisible()
    assert (view.picture.colours[..., 0] == rig.studio.picture[0]).all()
    assert view.below.words == "The networks read it now\nat every offset up to 13 px"
    assert not view.cells
    rig.studio.set_picture(three()[:, ::-1])
    assert (view.picture.colours[..., 0] == three()[0, ::-1]).all()
    rig.engine.answer_waiting()
    rig.drain()
    assert list(view.cells) == ["mlp", "lenet5"]
    assert view.below.words.endswith("drag on a map to move it")


def test_a_map_for_each_network_and_none_for_the_further_one_that_is_not_trained(rig, panel):
    (question,) = asked(rig)
    assert question.networks == ("mlp", "lenet5", "small_cnn")
    assert (question.pixels == rig.studio.picture).all()
    assert list(panel.view.cells) == ["mlp", "lenet5"]
    assert panel.view.cells["mlp"].words.words == "says 3, 90.0 %\nright: 25 of 81 up to 4 px · 25 of 729 in all"
    field = panel.view.cells["lenet5"].picture
    assert field.hatched.sum() == 729 - 81
    assert (field.colours[0, 0] > field.colours[13, 13]).any()


def test_a_network_of_the_study_that_is_not_trained_says_so(rig, qtbot):
    rig.studio.set_config(rig.studio.config.with_(networks=("mlp", "small_cnn")))
    panel = opened(rig, qtbot, MovePanel, ANSWERS)
    assert asked(rig)[-1].networks == ("mlp", "small_cnn")
    assert panel.view.cells["small_cnn"].words.words == "not trained yet\nPress Run to train it."


def test_dragging_on_a_map_moves_the_picture(rig, panel):
    field = panel.view.cells["mlp"].picture
    QTest.mousePress(field, Qt.MouseButton.LeftButton, pos=field.cell_rect(13, 13).center().toPoint())
    drag_to(field, field.cell_rect(16, 9).center())
    assert panel.view.offset == (3, -4)
    assert panel.view.moved_line.whole == "Moved 3 px down and 4 px left"
    assert (panel.view.picture.colours[..., 0] == shifted(rig.studio.picture, 3, -4)[0]).all()
    assert panel.view.cells["mlp"].words.words.startswith("says 4 (3: 10.0 %)")
    assert panel.view.cells["lenet5"].words.words.startswith("says 3, 90.0 %")
    assert len(asked(rig)) == 1, "the answer is known already"


def test_the_arrow_keys_move_it_and_home_brings_it_back(rig, panel):
    field = panel.view.cells["mlp"].picture
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(panel.view.picture, Qt.Key.Key_Right)
    assert panel.view.offset == (1, 1)
    for _ in range(20):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert panel.view.offset == (-13, 1)
    QTest.keyClick(field, Qt.Key.Key_Home)
    assert panel.view.offset == (0, 0)


RUN = Taught("digits:jitter=3", 4_000, shipped=False)
SHIPPED = Taught("digits", 60_000, shipped=True)


def trained(question, extra):
    """All offsets are right; the study's networks are the run's, small_cnn learned `extra`."""
    ones = np.ones((27, 27))
    found = []
    for network in question.networks:
        card, taught = competitor(network), extra if network == "small_cnn" else RUN
        source = "shipped" if taught.shipped else "run"
        found.append(
            NetworkOffsets(network, card.title, card.role, source, None, 3, ones, 3 * ones.astype(int), taught)
        )
    return OffsetMaps(tuple(OFFSETS), tuple(found), ink_kept(question.pixels, 13), (0,), DIGITS)


def taught_apart(question):
    return trained(question, SHIPPED)


def all_of_the_run(question):
    return trained(question, RUN)


def curves_apart(question):
    found = curves(question)
    networks = (replace(one, taught=SHIPPED if one.network == "small_cnn" else RUN) for one in found.networks)
    return replace(found, networks=tuple(networks))


def test_a_network_that_learned_something_else_is_set_apart(rig, qtbot):
    panel = opened(rig, qtbot, MovePanel, ANSWERS | {OffsetMap: taught_apart})
    view = panel.view
    assert [key for key, cell in view.cells.items() if cell.apart] == ["small_cnn"]
    heads = {key: (cell.head.accessibleName(), cell.words.third.whole) for key, cell in view.cells.items()}
    assert heads == {
        "mlp": ("MLP: this run", "learned 4,000 pictures of Digits, jitter 3 px"),
        "lenet5": ("CNN: this run", "learned 4,000 pictures of Digits, jitter 3 px"),
        "small_cnn": ("Small CNN: came with the program", "learned 60,000 pictures of Digits, jitter 0 px"),
    }
    assert view.unlike_row.words.text() == (
        "Not a fair comparison: Small CNN came with the program and learned 60,000 pictures of Digits, jitter 0 px. "
        "MLP and CNN learned 4,000 pictures of Digits, jitter 3 px."
    )
    assert view.unlike_row.isVisible()


def test_all_three_can_be_raced_and_are_then_compared_fairly(rig, qtbot):
    panel = opened(rig, qtbot, MovePanel, ANSWERS | {OffsetMap: taught_apart})
    assert panel.view.unlike_row.race.text() == "Race all three"
    panel.view.unlike_row.race.click()
    settle(rig)
    assert rig.studio.active
    assert rig.studio.config.networks == ("mlp", "lenet5", "small_cnn")
    assert not panel.view.unlike_row.race.isEnabled()
    rig.engine.finish()
    settle(rig)
    rig.engine.answers[OffsetMap] = all_of_the_run
    panel.view.refresh()
    settle(rig)
    assert not panel.view.unlike_row.isVisible()
    assert not any(cell.apart for cell in panel.view.cells.values())


def test_a_curve_of_a_network_that_learned_something_else_is_dashed(rig, qtbot):
    panel = opened(rig, qtbot, MovePanel, ANSWERS | {Transformed: curves_apart})
    panel.view.tabs["rotation"].click()
    settle(rig)
    assert [(line.name, line.dashed) for line in panel.view.chart.chart.series] == [
        ("MLP", False),
        ("CNN", False),
        ("Small CNN", True),
    ]
    assert panel.view.unlike_row.isVisible()


def test_a_place_of_a_map_says_its_numbers(panel):
    field = panel.view.cells["mlp"].picture
    assert field.describe(13, 16) == ("Moved 3 px right: says 4 (3: 10.0 %). 100 % of the ink is left.")
    assert field.cell_at(field.cell_rect(26, 26).center()) == (26, 26)
    assert field.cell_at(QPointF(-5, 3)) is None


def test_it_follows_pen_and_moment_at_once(rig, panel):
    follows_pen_and_moment(rig, OffsetMap)


def test_the_class_that_counts_as_right_can_be_chosen(rig, panel):
    box = panel.view.label_box
    box.setCurrentIndex(box.findData(8))
    box.activated.emit(box.currentIndex())
    settle(rig)
    assert asked(rig)[-1].label == 8
    assert panel.view.cells["mlp"].words.words.startswith("says 8, 90.0 %")


def test_a_change_has_a_curve_its_pictures_and_a_range(rig, panel):
    panel.view.tabs["rotation"].click()
    settle(rig)
    (question,) = asked(rig, Transformed)
    assert question.kind == "rotation"
    lines = panel.view.chart.chart.series
    assert [line.name for line in lines] == ["MLP", "CNN", "Small CNN"]
    assert lines[0].x == AMOUNTS["rotation"]
    assert panel.view.strip.count == len(AMOUNTS["rotation"])
    assert panel.view.ranges.text().startswith("MLP: wrong already as it is; ")
    panel.view.strip.chosen.emit(0)
    assert len(asked(rig)) == 1, "the map is not seen"


def test_the_whole_test_set_asks_nothing_of_the_picture(rig, panel):
    panel.tabs["sweep"].click()
    settle(rig)
    assert not panel.view.isVisible()
    assert panel.row.isVisible()
    before = len(asked(rig))
    rig.studio.set_picture(three()[:, ::-1])
    assert len(asked(rig)) == before
    panel.tabs["live"].click()
    assert len(asked(rig)) == before + 1


def test_without_a_picture_it_says_so(rig, qtbot):
    panel = opened(rig, qtbot, MovePanel, ANSWERS, picture=False)
    assert panel.view.notice.text().startswith("There is no picture yet")
    assert not asked(rig)


def test_a_question_that_fails_says_why(rig, qtbot):
    panel = opened(rig, qtbot, MovePanel, {OffsetMap: lambda question: ErrorReport("Another size.")})
    assert panel.view.notice.text() == "Another size."


def test_settings_come_back(rig, qtbot, panel):
    panel.view.tabs["noise"].click()
    panel.view._go_to((2, 5))
    panel.tabs["sweep"].click()
    other = MovePanel(rig.studio)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    assert other.settings() == panel.settings()
    assert (other.view.tab, other.view.offset, other.tab) == ("noise", (2, 5), "sweep")


@pytest.mark.parametrize(
    ("right", "said"),
    [
        ((1, 1, 1, 1, 1, 1, 1), "right all the way"),
        ((1, 1, 0.5, 0.4, 1, 1, 1), "right from 0 to 2 px"),
        ((1, 0, 1, 1, 1, 1, 1), "right only as it is"),
        ((0, 1, 1, 1, 1, 1, 1), "wrong already as it is"),
    ],
)
def test_words_of_a_range(right, said):
    curve = NetworkCurve("mlp", "MLP", "mlp", "run", 0, 3, np.ones(7), np.array(right, float), np.full(7, 3))
    assert range_words(curve, "shift", AMOUNTS["shift"], "px") == said


def test_words_of_an_offset():
    assert moved_words((0, 0)) == "Not moved"
    assert moved_words((-2, 0)) == "Moved 2 px up"


def test_colours_go_from_white_to_the_hue():
    from PySide6.QtGui import QColor

    found = sure_colours(np.array([0.0, 1.0, np.nan]), QColor("#0072B2"))
    assert found.tolist() == [[255, 255, 255], [0, 0x72, 0xB2], [255, 255, 255]]


def test_it_fits_when_it_is_answered(rig, qtbot, qapp):
    fits(rig, qtbot, qapp, MovePanel, ANSWERS)
