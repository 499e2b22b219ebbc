"""The panel of reasons, neighbours: the nearest training pictures."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from cnnstudio.core.attribution import FindNeighbours
from cnnstudio.ui.theme import THEMES
from cnnstudio.ui.widgets.neighbours_row import distance
from tests.ui.why_rig import asked, begun, settle, show


@pytest.fixture
def ready(rig):
    return begun(rig)


@pytest.fixture
def panel(ready, qtbot):
    return show(ready, qtbot)


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
