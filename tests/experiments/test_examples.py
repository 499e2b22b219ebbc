"""How many examples: sizes, the rule for epochs, what the other network needs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.session import finish
from cnnstudio.experiments._grid import crossing, leader_and_other
from cnnstudio.experiments.examples import (
    BATCH,
    EXPERIMENT,
    LEAST_EPOCHS,
    STEPS,
    epochs_for,
    needed_sentence,
    sizes,
)


def _learning(params):
    """Two curves: the CNN reads with a hundredth of the pictures what the MLP reads."""
    lead = 100 if params["network"] == "lenet5" else 1
    share = min(0.98, 0.1 + 0.1 * math.log10(lead * params["examples"])) + 0.001 * params["seed"]
    return {"train": 1.0, "validation": share, "test": share}


def test_sizes_are_even_on_a_logarithmic_axis():
    assert sizes(EXPERIMENT.settings()) == (30, 99, 330, 1100, 3600, 12_000)
    assert sizes(EXPERIMENT.settings({"points": 1})) == (12_000,)
    assert sizes(EXPERIMENT.settings({"least": 50, "most": 50})) == (50,)
    with pytest.raises(StudioError, match="larger than"):
        sizes(EXPERIMENT.settings({"least": 500, "most": 50}))


@given(st.integers(10, 1_000_000))
def test_little_data_is_not_little_training(examples):
    epochs = epochs_for(examples)
    steps = epochs * math.ceil(examples / BATCH)
    assert steps >= STEPS
    assert epochs == LEAST_EPOCHS or (epochs - 1) * math.ceil(examples / BATCH) < STEPS


def test_the_crossing_lies_between_the_sizes_that_were_tried():
    assert crossing({10: 0.2, 1000: 0.6}, 0.4) == pytest.approx(100)
    assert crossing({10: 0.2, 1000: 0.6}, 0.1) == 10
    assert crossing({10: 0.2, 1000: 0.6}, 0.7) is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.floats(0, 1))
def test_the_curve_is_at_the_goal_where_it_crosses(shares, goal):
    curve = {10.0**place: share for place, share in enumerate(shares, 1)}
    at = crossing(curve, goal)
    if at is None:
        assert max(shares) < goal
    else:
        exact = sorted(curve.items())
        after = next(place for place, (x, _) in enumerate(exact) if x >= at * (1 - 1e-9))
        assert exact[after][1] >= goal - 1e-9
        assert all(share < goal for _, share in exact[:after])


def test_the_verdict_says_what_the_other_network_needs(results_of):
    settings = EXPERIMENT.settings()
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _learning))
    assert findings.guess == 1
    assert findings.sentences[0].startswith("With 30 examples: LeNet-5 is ahead of MLP by 20 points")
    assert "MLP does not reach with 12,000" in findings.sentences[-1]
    assert findings.charts[0].log_x
    assert [line.dashed for line in findings.charts[0].series] == [True, False, True, False]


def test_the_examples_needed_are_told_with_their_spread(results_of):
    def values(params):
        share = 0.1 * math.log10(params["examples"]) + 0.1 * (params["network"] == "lenet5")
        share -= 0.05 * params["seed"] * (params["network"] == "mlp")
        return {"train": 1.0, "validation": share, "test": share}

    settings = EXPERIMENT.settings({"least": 100, "most": 10_000, "points": 3, "seeds": 2})
    said = needed_sentence(results_of(EXPERIMENT, settings, values), "lenet5", "mlp", 100)
    assert "about 1,800 (between" in said
    assert said.endswith("on the logarithmic axis; 1,000 to 3,200 with 2 seeds).")
    alone = results_of(EXPERIMENT, settings | {"seeds": 1}, values)
    assert needed_sentence(alone, "lenet5", "mlp", 100).endswith("logarithmic axis).")

    def one_never(params):
        low = params["network"] == "mlp" and params["seed"] == 1
        return values({**params, "seed": 0}) | ({"test": 0.29} if low else {})

    said = needed_sentence(results_of(EXPERIMENT, settings, one_never), "lenet5", "mlp", 100)
    assert said.endswith("MLP reaches with 1 of 2 seeds only (1,000), with up to 10,000 tried.")


@pytest.mark.parametrize(("ahead", "guess"), [(0.0, 0), (0.1, 1), (-0.1, 2)])
def test_every_answer_can_be_the_right_one(results_of, ahead, guess):
    def values(params):
        share = 0.5 + ahead * (params["network"] == "lenet5")
        return {"train": 1.0, "validation": share, "test": share}

    assert EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values)).guess == guess


def test_with_shifts_there_are_further_lines(results_of):
    settings = EXPERIMENT.settings({"augmented": True, "seeds": 1, "points": 2})
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, _learning))
    assert [line.name for line in findings.charts[0].series[4:]] == ["MLP, shifted", "LeNet-5, shifted"]
    assert findings.planned == 8


def test_the_first_convolutional_network_is_the_one_asked_about():
    assert leader_and_other(("lenet5", "mlp")) == ("lenet5", "mlp")
    assert leader_and_other(("mlp", "local")) == ("local", "mlp")
    assert leader_and_other(("mlp",)) == ("mlp", "mlp")


def test_one_example_per_class_is_learned_by_heart():
    settings = EXPERIMENT.settings({"least": 10, "most": 10, "seeds": 1, "dataset": "digits", "networks": "mlp"})
    (order,) = EXPERIMENT.plan(settings)
    values = finish(experiments.measure(order)).values
    assert values["learned"] == 10
    assert values["train"] == 1.0
    assert values["test"] < 0.7
