"""The pooling bench's panel: tiles that say what each way leaves, what a move changes, and which ways are compared."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from cnnstudio.core.experiment import Result
from cnnstudio.core.layer_points import Flatten
from cnnstudio.core.network import NetworkSpec
from cnnstudio.experiments.pooling import _POOLS, WAYS, spec
from cnnstudio.ui.panels.pooling_bench import PoolingBenchPanel
from cnnstudio.ui.theme import PROJECTOR
from cnnstudio.ui.widgets.pooling_strip import POOLS, left_of
from tests.ui.live_experiments import skipped


@pytest.fixture
def panel(filled, qtbot):
    return skipped(filled, qtbot, PoolingBenchPanel)


def test_the_sizes_are_those_of_the_networks(panel):
    for way in panel.strip._ways:
        steps = spec(way.key, (1, 28, 28), 10, 8).steps()
        given = next(step.given for step in reversed(steps) if isinstance(step.layer, Flatten))
        assert way.sizes[-1] == (given[1] if len(given) == 3 else 1), way
    paths = {way.key: way.path for way in panel.strip._ways}
    assert paths == dict.fromkeys(WAYS, "28–14–7") | {"none": "28", "global": "28–1"}


@pytest.mark.parametrize("way", ["max", "average", "blur", "max_blur"])
def test_a_tile_is_what_the_layers_of_the_network_do(way, filled):
    torch = pytest.importorskip("torch")
    from cnnstudio.engine.build import build

    picture = filled.picture[0].astype(np.float64)
    network = build(NetworkSpec("pools", "Pools", (1, 28, 28), 49, (*_POOLS[way], *_POOLS[way], Flatten())), 0).eval()
    wanted = network(torch.from_numpy(picture[None, None]).float()).detach().numpy().reshape(7, 7)
    found, _ = left_of(picture, way)
    middle = (slice(1, -1), slice(1, -1))  # at the edge, the layer repeats what the arithmetic takes as nothing
    assert np.allclose(found[middle], wanted[middle], atol=1e-3)


def test_a_move_changes_what_is_skipped_and_not_what_is_global(filled):
    picture = filled.picture[0].astype(np.float64)
    changed = {way: left_of(picture, way, 1)[1] for way in POOLS}
    assert changed["none"] == 0
    assert changed["global"] == 0
    assert changed["blur"] < changed["stride"]
    assert all(left_of(picture, way, 0)[1] == 0 for way in POOLS)


def test_the_slider_moves_and_the_picture_is_followed_at_once(panel, filled):
    assert set(panel.strip.changed.values()) == {0.0}
    panel.slider.setValue(1)
    assert panel.distance.text() == "1 px"
    before = panel.strip.changed
    assert before["stride"] > 0
    filled.set_picture(filled.picture[:, ::-1, ::-1])
    assert panel.strip.changed != before
    filled.set_picture(None)
    assert panel.strip.changed == {}
    panel.grab()


def test_nothing_is_computed_before_the_question_is_answered(filled, qtbot):
    panel = PoolingBenchPanel(filled)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.strip.changed == {}
    assert panel.slider.parentWidget().isHidden()


def test_a_click_and_the_space_key_take_ways_in_and_out(panel, qtbot):
    qtbot.mouseClick(panel.strip, Qt.MouseButton.LeftButton, pos=panel.strip.tile(1).center().toPoint())
    assert panel.form.values["ways"] == "none,max,average,blur,max_blur,global"
    assert [way.on for way in panel.strip._ways][:3] == [True, False, True]
    qtbot.keyClick(panel.strip, Qt.Key.Key_Right)
    qtbot.keyClick(panel.strip, Qt.Key.Key_Space)
    assert panel.form.values["ways"] == "none,average,blur,max_blur,global"
    assert "Not compared" in panel.strip.accessibleDescription()
    assert panel.row.progress.words.whole.startswith("15 runs")
    for way in ("none", "average", "blur", "max_blur"):
        panel.strip.toggled.emit(way)
    assert "Two ways are needed" in panel.row.progress.words.whole


def test_the_findings_come_below_the_tiles(panel, filled):
    for order in panel.info.plan(panel.form.values):
        share = 0.5 + 0.05 * list(WAYS).index(order.params["network"])
        values = {"train": 1.0, "validation": share, "test": share, "moved": [share] * 3, "consistency": [share] * 3}
        panel.live.take(Result(order, values | {"map": "8 × 7 × 7", "weights": 10, "macs": 100}))
    panel._refresh()
    assert '"global max" is steadier than' in panel.verdict.headline.text()
    panel.resize(619, 528)
    filled.set_theme(PROJECTOR)
    panel.grab()


def test_the_move_comes_back(panel, filled, qtbot):
    panel.slider.setValue(2)
    other = PoolingBenchPanel(filled)
    qtbot.addWidget(other)
    other.restore(panel.settings())
    other.show()
    assert other.slider.value() == 2
    assert other.strip.changed == panel.strip.changed
