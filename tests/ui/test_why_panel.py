"""The panel of reasons: what it asks and when, what it says of the answers, and where there are none."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio.core.attribution import METHODS, Attribute, Embed, FindNeighbours
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answering
from cnnstudio.core.questions import BrowseExamples
from cnnstudio.ui.demo import three
from cnnstudio.ui.panels.why import WhyPanel
from cnnstudio.ui.theme import THEMES
from cnnstudio.ui.widgets.attribution_colours import map_colours, over, plain
from cnnstudio.ui.widgets.attribution_words import METHOD_WORDS, check_short, check_words, no_check, percent
from cnnstudio.ui.widgets.neighbours_row import distance
from tests.ui.pointer import drag_to
from tests.why_answers import WHY_ANSWERS, attributions

OTHER = np.full((1, 28, 28), 60, np.uint8)


@pytest.fixture
def ready(rig):
    """A study with a picture, whose engine answers questions about verdicts."""
    rig.engine.answers |= WHY_ANSWERS
    rig.studio.set_picture(three())
    settle(rig)
    return rig


@pytest.fixture
def panel(ready, qtbot):
    return show(ready, qtbot)


def show(rig, qtbot):
    made = WhyPanel(rig.studio)
    qtbot.addWidget(made)
    made.resize(780, 640)
    made.show()
    settle(rig)
    return made


def settle(rig):
    for _ in range(4):
        rig.drain()


def pick(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def asked(rig, kind):
    return rig.engine.questions_of(kind)


def methods_of(questions):
    return [question.method for question in questions]


# Pixels


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


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100.0 %"), (0.99999, "over 99.9 %"), (0.0001, "under 0.1 %"), (0.0, "0.0 %")]
)
def test_a_probability_is_never_rounded_to_certainty(share, text):
    assert percent(share) == text


# Neighbours


@pytest.mark.parametrize(
    ("far", "text"),
    [(0.2718, "0.27"), (3.0, "3.00"), (9.997, "10.0"), (12.34, "12.3"), (99.96, "100"), (1234, "1234")],
)
def test_a_distance_is_legible_under_a_small_picture(far, text):
    assert distance(far) == text


def test_the_nearest_training_pictures(ready, panel, qtbot):
    qtbot.mouseClick(panel.tabs["neighbours"], Qt.MouseButton.LeftButton)
    settle(ready)
    question = asked(ready, FindNeighbours)[-1]
    assert (question.networks, question.most) == (("mlp", "lenet5"), 8)
    mlp, _ = panel.neighbours.rows
    assert mlp.mosaic.captions[:2] == ["0 at 0.50", "1 at 1.00"]
    top = int(np.argmax(ready.studio.verdicts.verdicts[0].probabilities))
    assert mlp.line.words.startswith(f"says {top}, as {int(top < 8)} of the 8 nearest do")
    qtbot.mouseClick(mlp.mosaic, Qt.MouseButton.LeftButton, pos=mlp.mosaic.tile_rect(3).center())
    assert (ready.studio.picture == mlp.neighbours.images[3]).all()
    assert (asked(ready, FindNeighbours)[-1].pixels == ready.studio.picture).all(), "they follow the picture"


def test_no_neighbours_before_anything_was_learned(ready, panel):
    ready.engine.answers[FindNeighbours] = lambda question: ()
    panel.tabs["neighbours"].click()
    settle(ready)
    assert panel.neighbours.notice.text().startswith("No network has learned this data set yet")


def test_captions_follow_the_theme(ready, panel):
    panel.tabs["neighbours"].click()
    settle(ready)
    mosaic = panel.neighbours.rows[0].mosaic
    verdict = int(np.argmax(ready.studio.verdicts.verdicts[0].probabilities))
    ready.studio.set_theme(THEMES["dark"])
    colours = {words[0].text: words[0].colour for words in mosaic._captions}
    for name, colour in colours.items():
        assert colour == THEMES["dark"].colour("text" if name == str(verdict) else "bad")


# Map


@pytest.fixture
def mapped(ready, panel):
    panel.tabs["map"].click()
    settle(ready)
    return panel.map


def test_the_map_follows_picture_and_moment(ready, mapped):
    assert asked(ready, Embed)[-1].method == "pca"
    mapped.grab()
    drawn = [column.map.times_drawn for column in mapped.columns]
    ready.studio.set_picture(OTHER)
    settle(ready)
    mapped.grab()
    assert [column.map.times_drawn for column in mapped.columns] == drawn, "only the star moved"
    assert mapped.columns[0].map.embedding.here[0] == pytest.approx(60 / 64)
    ready.studio.run()
    ready.engine.finish()
    settle(ready)
    ready.studio.set_moment(8)
    assert asked(ready, Embed)[-1].step == 8


def test_tsne_is_computed_on_demand_and_can_be_given_up(ready, mapped, qtbot):
    ready.engine.answer_at_once = False
    qtbot.mouseClick(mapped.tsne, Qt.MouseButton.LeftButton)
    assert asked(ready, Embed)[-1].method == "tsne"
    ready.engine.mailbox.put(Answering(len(ready.engine.asked), 0.4, "step 400"))
    settle(ready)
    assert (mapped.bar.value(), mapped.bar.isVisible()) == (400, True)
    qtbot.mouseClick(mapped.cancel, Qt.MouseButton.LeftButton)
    assert not mapped.computing
    assert "why t-SNE" not in ready.engine.waiting
    assert (mapped.method, mapped.bar.isVisible()) == ("pca", False)


def test_tsne_stays_until_it_is_computed_again(ready, mapped, qtbot):
    mapped.tsne.click()
    settle(ready)
    assert mapped.columns[0].map.embedding.method == "tsne"
    assert not mapped.again.isVisible()
    ready.studio.set_picture(OTHER)
    settle(ready)
    assert methods_of(asked(ready, Embed))[-1] == "tsne", "nothing is computed unasked"
    assert mapped.columns[0].map.hollow
    assert "changed since" in mapped.about.whole
    qtbot.mouseClick(mapped.again, Qt.MouseButton.LeftButton)
    settle(ready)
    assert not mapped.columns[0].map.hollow
    assert (asked(ready, Embed)[-1].pixels == OTHER).all()


def test_another_pair_of_networks_takes_tsne_away(ready, mapped):
    mapped.tsne.click()
    settle(ready)
    ready.studio.set_config(ready.studio.config.with_(networks=("lenet5",)))
    settle(ready)
    assert mapped.method == "pca"
    assert [column.map.embedding.network for column in mapped.columns] == ["lenet5"]


def test_classes_with_long_names_are_letters_with_a_legend(ready, panel):
    names = ("T-shirt", "trousers", *(f"class {place}" for place in range(2, 10)))
    made = WHY_ANSWERS[Embed]
    ready.engine.answers[Embed] = lambda question: tuple(replace(one, class_names=names) for one in made(question))
    panel.tabs["map"].click()
    settle(ready)
    assert panel.map.letters.text().startswith("A T-shirt · B trousers · C class 2")
    assert panel.map.only.findText("B trousers") == 3
    pick(panel.map.only, -1)
    panel.grab()


def test_a_failed_tsne_says_why(ready, mapped):
    ready.engine.answers[Embed] = lambda question: ErrorReport("There is no room for t-SNE.")
    mapped.tsne.click()
    settle(ready)
    assert mapped.notice.text() == "There is no room for t-SNE."
    assert not mapped.computing


def test_a_point_shows_its_picture_and_goes_to_the_canvas(ready, mapped, qtbot):
    ready.engine.answers[BrowseExamples] = lambda question: _one(question)
    one, other = (column.map for column in mapped.columns)
    lone = int(np.argmax(one.places[:, 0]))
    drag_to(one, _point(one, lone), Qt.MouseButton.NoButton)
    settle(ready)
    assert one.current == lone
    index = int(one.embedding.index[lone])
    assert asked(ready, BrowseExamples)[-1].start == index
    assert one._card.image is not None
    assert other._linked == lone, "the same picture is ringed in the other map"
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton, pos=_point(one, lone).toPoint())
    settle(ready)
    assert (ready.studio.picture == index % 256).all()


def _one(question):
    from tests.fakes import shown

    return replace(shown(1), images=np.full((1, 1, 28, 28), question.start % 256, np.uint8))


def _point(drawn, place):
    from PySide6.QtCore import QPointF

    return QPointF(*drawn.places[place])


# All three


@pytest.mark.parametrize("tab", ["pixels", "neighbours", "map"])
def test_only_the_tab_that_is_seen_asks_and_nothing_is_asked_while_hidden(ready, panel, tab):
    kinds = {"pixels": Attribute, "neighbours": FindNeighbours, "map": Embed}
    panel.tabs[tab].click()
    settle(ready)
    before = {name: len(asked(ready, kind)) for name, kind in kinds.items()}
    ready.studio.set_picture(OTHER)
    after = {name: len(asked(ready, kind)) for name, kind in kinds.items()}
    assert [name for name in kinds if after[name] > before[name]] == [tab]
    panel.hide()
    ready.studio.set_picture(three())
    ready.studio.set_moment(8)
    panel.pixels._settle.timeout.emit()
    assert {name: len(asked(ready, kind)) for name, kind in kinds.items()} == after


@pytest.mark.parametrize("tab", ["pixels", "neighbours", "map"])
def test_a_refusal_is_said_where_it_happens(ready, panel, tab):
    for kind in (Attribute, FindNeighbours, Embed):
        ready.engine.answers[kind] = lambda question: ErrorReport("LeNet-5 reads pictures of 1 x 28 x 28.")
    panel.tabs[tab].click()
    ready.studio.set_picture(np.zeros((3, 32, 32), np.uint8))
    settle(ready)
    assert panel.view.notice.isVisible()
    assert panel.view.notice.text() == "LeNet-5 reads pictures of 1 x 28 x 28."


def test_without_a_picture_it_asks_for_one(rig, qtbot):
    rig.engine.answers |= WHY_ANSWERS
    panel = show(rig, qtbot)
    assert panel.pixels.notice.text().startswith("There is no picture yet")
    panel.tabs["map"].click()
    settle(rig)
    assert panel.map.columns, "the map needs none"
    panel.grab()


def test_before_pytorch_is_loaded_it_says_so(studio, qtbot):
    studio.set_picture(three())
    panel = WhyPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    for tab in panel.tabs.values():
        tab.click()
        assert panel.view.notice.text() == "This shows as soon as PyTorch is loaded."


def test_a_colour_picture(ready, panel):
    ready.studio.set_picture(np.full((3, 32, 32), 120, np.uint8))
    settle(ready)
    assert panel.pixels.cards[0].picture.describe((0, 1)).startswith("Row 0, column 1: pixel 120, 120, 120, map 1")
    for tab in panel.tabs.values():
        tab.click()
        settle(ready)
        panel.grab()


def test_a_race_of_four_networks(ready, qtbot):
    ready.studio.set_config(ready.studio.config.with_(networks=("mlp", "lenet5", "small_cnn", "local")))
    panel = show(ready, qtbot)
    assert len(panel.pixels.cards) == 4
    ready.studio.set_config(ready.studio.config.with_(networks=("lenet5",)))
    settle(ready)
    assert len(panel.pixels.cards) == 1
    for tab in panel.tabs.values():
        tab.click()
        settle(ready)
        panel.grab()


@pytest.mark.parametrize("theme", list(THEMES))
def test_with_answers_it_fits_the_smallest_window(ready, qtbot, theme):
    ready.studio.set_theme(THEMES[theme])
    panel = show(ready, qtbot)
    width, height = (619, 528) if theme == "projector" else (743, 564)
    for tab in panel.tabs.values():
        tab.click()
        settle(ready)
        assert panel.minimumSizeHint().width() <= width
        assert panel.minimumSizeHint().height() <= height


def test_its_settings_come_back(ready, panel, qtbot):
    pick(panel.pixels.method, "integrated")
    pick(panel.pixels.target, 4)
    panel.pixels.modes["beside"].click()
    panel.pixels.share.setValue(80)
    panel.tabs["map"].click()
    settle(ready)
    pick(panel.map.only, 7)
    other = show(ready, qtbot)
    other.restore(panel.settings())
    settle(ready)
    assert other.settings() == panel.settings()
    assert other.settings()["pixels"] == {"method": "integrated", "target": 4, "mode": "beside", "share": 80}
