"""The panel of reasons, pixels: methods and their maps, the checks, what is said where there is no map."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio.core.attribution import METHODS, Attribute
from cnnstudio.ui.demo import three
from cnnstudio.ui.widgets.attribution_colours import map_colours, over, plain
from cnnstudio.ui.widgets.attribution_words import METHOD_WORDS, check_short, check_words, no_check
from tests.ui.pointer import drag_to
from tests.ui.why_rig import OTHER, asked, begun, methods_of, pick, settle, show
from tests.why_answers import attributions


@pytest.fixture
def ready(rig):
    return begun(rig)


@pytest.fixture
def panel(ready, qtbot):
    return show(ready, qtbot)


def test_each_network_has_a_map_a_probability_and_a_check(ready, panel):
    assert asked(ready, Attribute) == [
        Attribute(ready.studio.picture, ready.studio.config.dataset, ("mlp", "lenet5"), "saliency")
    ]
    mlp, cnn = panel.pixels.cards
    assert mlp.line.words == "says 3, 90.0 %"
    assert mlp.check.text() == (
        "Covering what the map marks changes the verdict most: rank correlation 0.61, chance reaches 0.30. "
        "The map can be believed here."
    )
    assert cnn.check.text().endswith("rank correlation 0.11, chance reaches 0.30. Do not believe this map.")
    assert panel.pixels.caution.whole.startswith("A map is a hint")


def test_one_class_is_explained_for_all(ready, panel):
    pick(panel.pixels.target, 8)
    settle(ready)
    assert asked(ready, Attribute)[-1].target == 8
    assert panel.pixels.cards[0].line.words == "why 8: 90.0 %"


def test_quick_methods_follow_the_pen_at_once_and_slow_ones_when_it_rests(ready, panel):
    before = len(asked(ready, Attribute))
    ready.studio.set_picture(OTHER)
    assert methods_of(asked(ready, Attribute)[before:]) == ["saliency"]
    pick(panel.pixels.method, "occlusion")
    settle(ready)
    before = len(asked(ready, Attribute))
    for shade in (10, 20, 30):
        ready.studio.set_picture(np.full((1, 28, 28), shade, np.uint8))
    assert len(asked(ready, Attribute)) == before, "the pen moves"
    panel.pixels._settle.timeout.emit()
    assert methods_of(asked(ready, Attribute)[before:]) == ["occlusion"], "once, for the last picture"
    assert (asked(ready, Attribute)[-1].pixels == 30).all()


def test_a_map_is_drawn_over_the_picture_it_is_about(ready, panel):
    ready.engine.answer_at_once = False
    ready.studio.set_picture(OTHER)
    settle(ready)
    assert (panel.pixels.cards[0].picture._pixels == three()).all(), "the answer about the new one is not there"
    ready.engine.answer_waiting()
    settle(ready)
    assert (panel.pixels.cards[0].picture._pixels == OTHER).all()


def test_the_moment_is_followed_at_once(ready, panel):
    ready.studio.run()
    ready.engine.finish()
    settle(ready)
    ready.studio.set_moment(16)
    assert asked(ready, Attribute)[-1].step == 16


def test_a_network_without_a_convolution_says_so_in_its_place(ready, panel):
    pick(panel.pixels.method, "gradcam")
    settle(ready)
    mlp, cnn = panel.pixels.cards
    assert mlp.picture.sentence == "MLP has no convolution: Grad-CAM has no maps to weigh."
    assert mlp.check.text() == "Nothing to check."
    assert cnn.picture.sentence == ""
    panel.grab()


def test_a_network_that_is_not_trained_says_so(ready, panel):
    def untrained(question):
        return tuple(
            replace(one, map=None, weights_from="none", why_not=f"{one.title} is not trained yet.", agreement=None)
            for one in attributions(question)
        )

    ready.engine.answers[Attribute] = untrained
    ready.studio.set_picture(OTHER)
    settle(ready)
    card = panel.pixels.cards[0]
    assert (card.line.words, card.picture.sentence) == ("not trained yet", "MLP is not trained yet.")


def test_all_methods_side_by_side(ready, panel, qtbot):
    qtbot.mouseClick(panel.pixels.modes["all"], Qt.MouseButton.LeftButton)
    settle(ready)
    assert set(methods_of(asked(ready, Attribute))) == set(METHODS)
    grid = panel.pixels.grid
    assert {method for network, method in grid.found if network == "lenet5"} == set(METHODS)
    assert "no convolution" in grid.describe(0, METHODS.index("gradcam"))
    assert METHOD_WORDS["occlusion"].paper in grid.describe(1, METHODS.index("occlusion"))
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.tile_rect(1, 2).center())
    assert (panel.pixels.mode, panel.pixels.method.currentData()) == ("over", METHODS[2])


def test_the_grid_by_keyboard(ready, panel, qtbot):
    panel.pixels.modes["all"].click()
    settle(ready)
    chosen = []
    panel.pixels.grid.chosen.connect(chosen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(panel.pixels.grid, key)
    assert chosen == [METHODS[1]]


def test_a_pixel_is_marked_in_every_map_with_its_numbers(ready, panel):
    mlp, cnn = panel.pixels.cards
    area = mlp.picture.areas()[0]
    drag_to(mlp.picture, area.topLeft() + (area.bottomRight() - area.topLeft()) / 2, Qt.MouseButton.NoButton)
    assert mlp.picture.place == cnn.picture.place == (13, 13)
    assert mlp.picture.describe((2, 5)).startswith("Row 2, column 5: pixel 0, map 7, 13 % of the largest")
    QTest.keyClick(cnn.picture, Qt.Key.Key_Left)
    assert mlp.picture.place == (13, 12)


def test_beside_shows_the_picture_and_its_map(ready, panel, qtbot):
    qtbot.mouseClick(panel.pixels.modes["beside"], Qt.MouseButton.LeftButton)
    settle(ready)
    assert [card.picture.count for card in panel.pixels.cards] == [2, 2]
    assert not panel.pixels.share.isVisible()


def test_over_mixes_picture_and_map():
    pixels = three()
    values = np.linspace(-1, 1, 784, dtype=np.float32).reshape(28, 28)
    colours = map_colours(values, signed=True)
    assert (colours[0, 0] == (118, 42, 131)).all(), "purple is against"
    assert (colours[-1, -1] == (27, 120, 55)).all(), "green is for"
    assert (over(pixels, colours, 1.0) == colours).all(), "all the way to the right there is only the map"
    only = over(pixels, colours, 0.0)
    assert (only == 255 - plain(pixels)).all(), "all the way to the left there is only the picture, as ink on paper"


def test_under_a_map_a_colour_picture_is_grey():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    white = np.full((8, 8, 3), 255, np.uint8)
    assert (over(pixels, white, 0.0) == plain(pixels)).all()
    under = over(pixels, white, 0.5)
    assert (under == under[..., :1]).all()
    assert len(np.unique(under)) > 20, "the picture is still there"


@pytest.mark.parametrize("signed", [False, True])
def test_a_map_of_zeros_or_of_no_numbers_is_white(signed):
    for values in (np.zeros((4, 4)), np.full((4, 4), np.nan), np.full((4, 4), np.inf)):
        assert (map_colours(values, signed=signed) == 255).all()


def test_what_the_check_says(ready):
    found = attributions(Attribute(three(), "digits", ("lenet5",), "saliency"))[0]
    assert "too little to cover" in check_words(replace(found, agreement=None))
    signed = replace(found, method="integrated", signed=True)
    assert check_words(signed).startswith("Covering what the map marks lowers the verdict: rank correlation 0.61")
    occlusion = replace(found, method="occlusion", signed=True)
    assert check_words(occlusion).startswith("Levelling patches to their mean instead says the same: rank")
    assert check_words(replace(occlusion, believed=False)).endswith("Do not believe this map.")


def test_a_map_that_says_nothing_has_a_sentence_of_its_own(ready):
    found = attributions(Attribute(three(), "digits", ("lenet5",), "gradcam"))[0]
    empty = replace(found, map=np.zeros_like(found.map), agreement=None, believed=False)
    assert "nothing above zero anywhere" in check_words(empty)
    assert "covering any patch" in check_words(replace(empty, method="occlusion"))
    assert "small change of any pixel" in check_words(replace(empty, method="saliency"))
    assert "same value everywhere" in check_words(replace(empty, map=np.ones_like(found.map)))
    said = {check_short(one) for one in (empty, replace(found, agreement=None))}
    assert said == {"All zero: nothing to check.", "Nothing can be checked here."}
    assert no_check(empty) == "all zero"


def test_in_narrow_columns_the_check_is_said_in_few_words(ready, panel):
    panel.resize(760, 620)
    settle(ready)
    assert panel.pixels.cards[0].check.text().startswith("Covering")
    ready.studio.set_config(ready.studio.config.with_(networks=("mlp", "mlp_deep", "lenet5", "small_cnn")))
    settle(ready)
    texts = [card.check.text() for card in panel.pixels.cards]
    assert len(texts) == 4
    assert all(text.startswith("Check ") for text in texts)
