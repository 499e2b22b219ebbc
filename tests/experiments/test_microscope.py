"""The microscope: which operations move along, over pictures and seeds.

Networks, layer by layer, are in `test_microscope_layers`.
"""

from __future__ import annotations

import json

import pytest

from cnnstudio import experiments
from cnnstudio.core.equivariance import OPERATIONS
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Partly
from cnnstudio.engine.session import finish
from cnnstudio.experiments.microscope import EXPERIMENT, SHIFTS_PX

SINGLE = {"networks": ""}
INSIDE = {"local": 1.4, "conv": 1e-16, "conv_stride": 0.6, "max": 0.33, "blur": 0.21, "stride": 0.45}


def _values(inside=INSIDE):
    def values(params):
        found = {
            f"{operation}_{part}": [None] * 4 for operation in OPERATIONS for part in ("inside", "border", "change")
        }
        for operation, error in inside.items():
            strided = operation in ("conv_stride", "max", "blur", "stride")
            error += 0.001 * params["seed"] if error > 0.01 else 0
            found[f"{operation}_inside"] = [error if px % 2 or not strided else 1e-17 for px in SHIFTS_PX]
        found["dense_border"] = [1.41] * 4
        found["global_change"] = [0.0] * 4
        return found

    return values


def test_one_run_for_each_seed():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({**SINGLE, "seeds": 3}))
    assert [order.params["seed"] for order in plan] == [0, 1, 2]


def test_the_verdict_is_computed(results_of):
    settings = EXPERIMENT.settings(SINGLE)
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, _values()))
    assert findings.guess == 0
    assert findings.sentences[0].endswith("over shifts of 1 to 4 px: equivariant there.")
    said = " ".join(findings.sentences)
    assert "Max-pool 2 x 2: at shifts of an even number of px the maps agree; at odd ones" in said
    assert "Max-pool is above blur-pool by 0.12" in said
    assert "Dense: every place sees the border; the relative error is 1.4" in said
    assert "invarian" not in said
    (chart,) = findings.charts
    assert chart.x_names == tuple(OPERATIONS.values())
    assert chart.series[0].mean[list(OPERATIONS).index("dense")] == pytest.approx(1.41)
    assert len(findings.tables[0].rows) == 4 * (len(INSIDE) + 2)
    assert findings.done == findings.planned == 5


@pytest.mark.parametrize(
    ("exact", "guess"),
    [(("conv",), 0), (("conv", "conv_stride"), 1), (("conv", "conv_stride", "max", "blur", "stride"), 2), ((), 3)],
)
def test_every_answer_can_be_the_right_one(results_of, exact, guess):
    inside = {operation: 0.0 if operation in exact else 0.5 for operation in INSIDE}
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _values(inside)))
    assert findings.guess == guess
    assert (": equivariant there" in findings.sentences[0]) == ("conv" in exact)


def test_partial_results(results_of):
    settings = EXPERIMENT.settings()
    assert EXPERIMENT.findings(settings, ()).guess is None
    one = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _values(), EXPERIMENT.plan(settings)[:1]))
    assert one.guess == 0
    empty = results_of(EXPERIMENT, {}, lambda params: {}, EXPERIMENT.plan(settings)[:1])
    assert EXPERIMENT.findings(settings, empty).guess is None


@pytest.mark.parametrize(("name", "value"), [("seeds", 0), ("pictures", 0), ("weights", "stolen"), ("padding", "none")])
def test_settings_that_cannot_be_are_refused(name, value):
    with pytest.raises(StudioError):
        EXPERIMENT.settings({name: value})


def test_a_data_set_that_is_not_there_is_refused():
    with pytest.raises(StudioError, match="no data set"):
        EXPERIMENT.plan(EXPERIMENT.settings({"dataset": "nothing"}))


@pytest.mark.parametrize(("weights", "padding"), [("random", "circular"), ("learned", "zero")])
def test_a_real_run(weights, padding):
    given = {**SINGLE, "seeds": 1, "pictures": 2, "examples": 60, "weights": weights, "padding": padding, "filters": 2}
    (order,) = EXPERIMENT.plan(EXPERIMENT.settings(given))
    running, partly = experiments.measure(order), []
    while True:
        try:
            partly.append(next(running))
        except StopIteration as end:
            values = end.value.values
            break
    assert sum(isinstance(each, Partly) for each in partly) == 2
    json.dumps(values)
    assert max(values["conv_inside"]) < 1e-5
    assert min(values["local_inside"]) > 0.1
    assert values["max_inside"][0] > 0.01
    assert values["max_inside"][1] < 1e-5
    if padding == "circular":
        assert values["conv_border"] == [None] * 4
        assert values["global_change"] == [0.0] * 4
    else:
        assert min(values["conv_border"]) > 0
        assert values["dense_inside"] == [None] * 4
        assert min(values["dense_change"]) > 0
    assert finish(experiments.measure(order)).values == values
