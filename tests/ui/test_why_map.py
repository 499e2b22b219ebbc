"""The panel of reasons, the map of the test set: PCA follows, t-SNE is computed on demand."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from cnnstudio.core.attribution import Embed
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answering
from cnnstudio.core.questions import BrowseExamples
from tests.ui.pointer import drag_to
from tests.ui.why_rig import OTHER, asked, begun, methods_of, pick, settle, show
from tests.why_answers import WHY_ANSWERS


@pytest.fixture
def ready(rig):
    return begun(rig)


@pytest.fixture
def panel(ready, qtbot):
    return show(ready, qtbot)


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
    from tests.made_up import shown

    return replace(shown(1), images=np.full((1, 1, 28, 28), question.start % 256, np.uint8))


def _point(drawn, place):
    from PySide6.QtCore import QPointF

    return QPointF(*drawn.places[place])
