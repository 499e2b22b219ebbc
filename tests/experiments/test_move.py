"""Move my picture: the plan, the curves, the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.picture_changes import AMOUNTS, KINDS, UNCHANGED
from cnnstudio.engine.session import finish
from cnnstudio.experiments.move import EXPERIMENT, FAR_PX

FAR = {"mlp": 0.2, "lenet5": 0.4, "small_cnn:depth=2": 0.7}


def _values(far, plain=0.9):
    def values(params):
        noise = 0.001 * params["seed"]
        shares = {"train": 1.0, "validation": plain, "test": plain, "learned": 100, "weights": 10}
        for kind in KINDS:
            fallen = far[params["network"]] + noise
            shares[kind] = [plain if amount == UNCHANGED[kind] else fallen for amount in AMOUNTS[kind]]
        return shares

    return values


def test_every_network_with_every_seed(results_of):
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 2}))
    assert [(order.params["network"], order.params["seed"]) for order in plan] == [
        (network, seed) for seed in (0, 1) for network in FAR
    ]


def test_the_verdict_is_computed(results_of):
    settings = EXPERIMENT.settings()
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, _values(FAR)))
    assert findings.guess == 2
    assert findings.sentences[0] == (
        "Moved by 4 px: Small CNN (global pooling) is ahead of LeNet-5 (dense head) by 30 points with each of 3 seeds."
    )
    assert findings.sentences[1].startswith("Moved by 4 px: LeNet-5 (dense head) is ahead of MLP by 20 points")
    assert len(findings.sentences) == 2 + len(KINDS) - 1
    assert "Turned (30 degrees), test pictures read: MLP 20.1 %" in findings.sentences[2]
    assert [chart.id for chart in findings.charts] == list(KINDS)
    assert all(chart.chance == 0.1 for chart in findings.charts)
    for chart in findings.charts:
        assert all(line.x == tuple(sorted(AMOUNTS[chart.id])) for line in chart.series)
    assert findings.done == findings.planned == 9


@pytest.mark.parametrize(
    ("far", "guess"),
    [((0.6, 0.4, 0.5), 0), ((0.2, 0.6, 0.5), 1), ((0.2, 0.5, 0.6), 2), ((0.2, 0.6, 0.595), 3)],
)
def test_every_answer_can_be_the_right_one(results_of, far, guess):
    values = _values(dict(zip(FAR, far, strict=True)))
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values))
    assert findings.guess == guess


def test_partial_results(results_of):
    settings = EXPERIMENT.settings()
    plan = EXPERIMENT.plan(settings)
    for count in (0, 1, 2):
        findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _values(FAR), plan[:count]))
        assert findings.guess is None
        assert findings.done == count
    half = results_of(EXPERIMENT, {}, lambda params: {"train": 1.0, "validation": 1.0, "test": 1.0, "weights": 1,
                                                     "shift": [0.5] * 7}, plan[:1])  # fmt: skip
    findings = EXPERIMENT.findings(settings, half)
    assert len(findings.charts[0].series[0].x) == 7
    assert findings.charts[1].series[0].x == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [({"networks": "nothing"}, "no network"), ({"networks": ""}, "needed"), ({"dataset": "nothing"}, "no data set"),
     ({"networks": "mlp,mlp"}, "named twice")],
)  # fmt: skip
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.plan(EXPERIMENT.settings(given))


@pytest.mark.parametrize(("name", "value"), [("seeds", 0), ("pictures", 0), ("examples", 1)])
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(StudioError, match="cannot be"):
        EXPERIMENT.settings({name: value})


def test_a_glyph_that_was_never_moved_is_found_by_global_pooling_alone():
    given = {"networks": "mlp,small_cnn", "dataset": "glyphs:jitter=0", "seeds": 1, "examples": 600, "epochs": 20,
             "pictures": 100}  # fmt: skip
    found = {}
    for order in EXPERIMENT.plan(EXPERIMENT.settings(given)):
        found[order.params["network"]] = finish(experiments.measure(order)).values
    dense, conv = found["mlp"], found["small_cnn"]
    assert [len(dense[kind]) for kind in KINDS] == [len(AMOUNTS[kind]) for kind in KINDS]
    assert conv["shift"][FAR_PX] > 0.8
    assert dense["shift"][FAR_PX] < 0.4
    assert dense["shift"][0] > 0.9
    assert np.allclose(dense["rotation"][AMOUNTS["rotation"].index(0)], dense["shift"][0])
