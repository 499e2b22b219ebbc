"""How far may it move: the grid, the halves, the verdict."""

from __future__ import annotations

import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.session import finish
from cnnstudio.experiments import jitter
from cnnstudio.experiments.jitter import EXPERIMENT


def _shares(test, **more):
    return {"train": 1.0, "validation": test, "test": test, **more}


def _as_measured(params):
    """About what the real runs give."""
    noise = 0.001 * params["seed"]
    if params["network"] == "small_cnn":
        return _shares(1.0 - noise, other=1.0 - noise)
    return _shares(1.0 if params["jitter"] == 0 else 0.12 + 3 * noise, other=0.10 + noise)


def test_whole_first_seeds_come_first():
    settings = EXPERIMENT.settings({"seeds": 2})
    plan = EXPERIMENT.plan(settings)
    assert [order.params["seed"] for order in plan] == [0] * 12 + [1] * 12
    assert jitter.steps_px(settings) == (0, 2, 4, 7, 9, 11)
    assert {order.params["dataset"] for order in plan} == {f"glyphs:jitter={px}" for px in (0, 2, 4, 7, 9, 11)}


def test_the_verdict_is_computed(results_of):
    settings = EXPERIMENT.settings({"halves": True})
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, _as_measured))
    assert findings.guess == 2
    assert findings.sentences[0].startswith("At 11 px: Small CNN is ahead of Deep MLP by 88 points")
    assert "3 seeds" in findings.sentences[0]
    assert findings.sentences[1].startswith("At 0 px:")
    assert [table.title for table in findings.tables] == [
        "Accuracy: mean ± standard deviation of the seeds",
        "Learned on the left half: mean ± standard deviation of the seeds",
    ]
    assert findings.done == findings.planned == 42


def test_where_nothing_was_learned_nobody_is_ahead_and_no_answer_is_right(results_of):
    shares = {"small_cnn": 0.10, "mlp_deep": 0.104}
    values = results_of(EXPERIMENT, {}, lambda params: _shares(shares[params["network"]]))
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), values)
    assert [said.partition(":")[0] for said in findings.sentences] == [
        "At 11 px, both are at chance",
        "At 0 px, both are at chance",
    ]
    assert findings.guess is None


@pytest.mark.parametrize(
    ("far_cnn", "near_cnn", "guess"), [(0.51, 0.7, 0), (0.6, 0.58, 1), (0.9, 0.6, 2), (0.6, 0.9, 3), (0.4, 0.5, 4)]
)
def test_every_answer_can_be_the_right_one(results_of, far_cnn, near_cnn, guess):
    def values(params):
        if params["network"] != "small_cnn":
            return _shares(0.5)
        return _shares(near_cnn if params["jitter"] == 0 else far_cnn)

    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values))
    assert findings.guess == guess


def test_partial_results_draw_lines_and_give_no_verdict_yet(results_of):
    settings = EXPERIMENT.settings()
    plan = EXPERIMENT.plan(settings)
    for count in (0, 1, 3):
        findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _as_measured, plan[:count]))
        assert findings.guess is None
        assert findings.done == count
    assert [len(line.x) for line in findings.charts[0].series] == [2, 2, 1, 1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task": "digits", "halves": True}, "Only glyphs"),
        ({"task": "digits", "farthest": 9}, "8 px at most"),
        ({"networks": "mlp,nothing"}, "no network"),
        ({"networks": "mlp,mlp"}, "named twice"),
        ({"networks": ""}, "needed"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.plan(EXPERIMENT.settings(given))


@pytest.mark.parametrize(("given", "said"), [({"seeds": 0}, "seeds"), ({"examples": 9}, "examples"), ({"x": 1}, "no")])
def test_settings_out_of_range_are_refused(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.settings(given)


def test_the_left_half_teaches_a_cnn_the_right_one_and_shared_weights_stay_ahead():
    settings = EXPERIMENT.settings({"seeds": 1, "examples": 600, "halves": True, "epochs": 30})
    orders = [order for order in EXPERIMENT.plan(settings) if order.params["part"] == "halves"]
    dense, conv = (finish(experiments.measure(order)) for order in orders)
    assert conv.values["other"] > 0.9
    assert dense.values["other"] < 0.3
    assert dense.values["train"] > 0.9
    assert conv.versions["torch"]


def test_at_the_centre_both_do_well_and_eleven_pixels_away_only_one():
    settings = EXPERIMENT.settings({"seeds": 1, "examples": 1_000, "epochs": 20})
    found = {}
    for order in EXPERIMENT.plan(settings):
        if order.params["jitter"] in (0, 11):
            found[order.params["network"], order.params["jitter"]] = finish(experiments.measure(order)).values["test"]
    assert found["small_cnn", 11] - found["mlp_deep", 11] > 0.5
    assert abs(found["small_cnn", 0] - found["mlp_deep", 0]) < 0.02
