"""Looking inside a residual and a branched network: the window with the real engine, after a very short race."""

from __future__ import annotations

import numpy as np
import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.fields import box
from cnnstudio.core.inside import PICTURE, Unit
from cnnstudio.core.layer_blocks import Block
from cnnstudio.networks import spec_for
from cnnstudio.ui.studio import UnitOf
from tests.e2e.conftest import PATIENCE_MS

TINY = RaceConfig(
    dataset="digits", networks=("small_resnet", "small_inception"), examples=70, batch_size=32, epochs=1, evaluations=1
)
UNITS = [
    ("small_resnet", Unit("2_batch_norm", 1, 12, 12)),
    ("small_resnet", Unit("3_residual.body.3_conv", 2, 0, 27)),
    ("small_resnet", Unit("3_residual.add", 2, 13, 13)),
    ("small_resnet", Unit("4_residual.shortcut.1_conv", 3, 6, 6)),
    ("small_resnet", Unit("4_residual.add", 9, 7, 6)),
    ("small_resnet", Unit("5_residual.after.0_relu", 30, 3, 3)),
    ("small_resnet", Unit("5_global_average", 4)),
    ("small_inception", Unit("2_branches.2.2_conv", 3, 6, 6)),
    ("small_inception", Unit("2_branches.4.0_max_pool", 2, 0, 6)),
    ("small_inception", Unit("2_branches.concat", 7, 6, 6)),
    ("small_inception", Unit("2_branches.concat", 26, 6, 6)),
    ("small_inception", Unit("3_branches.3.2_conv", 1, 6, 0)),
    ("small_inception", Unit("3_global_average", 60)),
    ("small_inception", Unit("4_linear", 9)),
]


def after_a_race(start, qtbot):
    """The window after the race, with a drawing."""
    program = start(TINY)
    studio = program.studio
    qtbot.waitUntil(lambda: studio.picture is not None, timeout=PATIENCE_MS)
    studio.run()
    qtbot.waitUntil(lambda: studio.outcome is not None, timeout=PATIENCE_MS)
    assert studio.outcome.outcome == "finished"
    return program


def panel_of(program, name):
    program.window.open_panel(name)
    return program.window.panel


def test_the_arithmetic_of_every_unit_adds_up_to_what_the_network_has(start, qtbot):
    program = after_a_race(start, qtbot)
    panel, studio = panel_of(program, "unit"), program.studio
    view = panel.parts.arithmetic
    for network, unit in UNITS:
        studio.set_unit(UnitOf(network, unit))
        wanted = (network, unit)
        qtbot.waitUntil(lambda wanted=wanted: _told(view) == wanted, timeout=PATIENCE_MS)
        _check(view, network, unit)


def _told(view):
    return (view.told.network, view.told.unit) if view.told is not None else None


def _check(view, network, unit):
    told, spec = view.told, spec_for(network, (1, 28, 28), 10)
    assert told.computed == pytest.approx(told.value, rel=1e-4, abs=1e-5)
    assert "more than rounding" not in view.note.text()
    assert told.box == box(spec, unit.layer, (unit.map, unit.row, unit.column))
    outside = np.ones(told.effective.shape, bool)
    outside[told.box[0] : told.box[2], told.box[1] : told.box[3]] = False
    assert not told.effective[outside].any()
    if told.kind == "sum":
        products = told.inputs * told.weights
        assert float(products.sum(dtype=np.float64)) + told.bias == pytest.approx(told.value, rel=1e-4, abs=1e-5)
        assert view.sum.text.endswith(f"{told.value:.3f}")
    elif told.kind == "add":
        assert float(told.inputs.sum()) == pytest.approx(told.value, abs=1e-5)
        assert view.sum.text.count("from") == len(told.reads) == 2
    elif told.kind == "copy":
        assert told.inputs.item() == told.value
    elif told.kind == "mean":
        assert float(told.inputs.mean()) == pytest.approx(told.value, abs=1e-5)


def test_every_column_and_where_paths_meet_can_be_looked_at_at_both_ends_of_the_run(start, qtbot):
    program = after_a_race(start, qtbot)
    panel, studio = panel_of(program, "inside"), program.studio
    steps = (0, studio.history.step)
    shown = {step: _look_at_all(panel, studio, step, qtbot) for step in steps}
    for network in TINY.networks:
        first, last = (shown[step][network] for step in steps)
        assert first.keys() == last.keys()
        assert [layer for layer in first if np.array_equal(first[layer], last[layer])] == [PICTURE]


def _look_at_all(panel, studio, step, qtbot):
    """What the strips show at a step, by network and layer; looks at some layers of each."""
    studio.set_moment(step)
    panel._go("", "")
    qtbot.waitUntil(lambda: [one.step for one in panel._answer] == [step] * 2, timeout=PATIENCE_MS)
    shown = {}
    for network in TINY.networks:
        strip, spec = panel.overview.rows[network].strip, spec_for(network, (1, 28, 28), 10)
        shown[network] = {column.shown: strip._maps[column.shown].values for column in strip.plan.boxes}
        joins = [each for each in spec.steps() if isinstance(each.layer, Block)]
        for each in (joins[0], joins[-1], spec.steps()[-1]):
            panel._go(network, each.name)
            qtbot.waitUntil(lambda at=(network, each.name): _layer(panel, *at) is not None, timeout=PATIENCE_MS)
            assert _layer(panel, network, each.name).values.shape == each.shape
        panel._go("", "")
        qtbot.waitUntil(lambda: len(panel._answer) == 2, timeout=PATIENCE_MS)
    return shown


def _layer(panel, network, layer):
    answer = next((one for one in panel._answer if one.network == network), None)
    return next((one for one in answer.layers if one.layer == layer), None) if answer is not None else None
