"""The ladder: budgets are met, the verdict names the step that mattered most."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_blocks import Residual
from cnnstudio.core.layer_kinds import Conv, LocallyConnected
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_pools import MaxPool
from cnnstudio.engine.session import finish
from cnnstudio.experiments._rungs import FAR, RUNGS, sized
from cnnstudio.experiments.ladder import EXPERIMENT, STEPS, largest, needed, steps

GREY = (1, 28, 28)
_TEST = {"dense": 0.78, "local": 0.83, "shared": 0.86, "pooling": 0.89, "norm": 0.895, "residual": 0.9}


def _as_measured(params):
    size = {4_000: 0.0, 890: 0.08, 200: 0.25}[params["examples"]]
    test = _TEST[params["network"]] - size + 0.001 * (params["seed"] * 7 % 3)
    return {
        "train": 1.0,
        "validation": test,
        "test": test,
        "consistency": [0.9, 0.8, 0.7],
        "moved": [test - 0.05, test - 0.1 - 0.1 * (params["network"] in ("dense", "local")), 0.3],
        "weights": 30_000,
        "macs": 500_000,
        "off": -0.062 if params["network"] == "local" else 0.001,
    }


def test_the_whole_set_comes_first_then_smaller_ones_then_the_next_seed():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 2}))
    assert [order.params["network"] for order in plan] == list(RUNGS) * 6
    assert [order.params["examples"] for order in plan[::6]] == [4_000, 890, 200] * 2
    assert [order.params["seed"] for order in plan] == [0] * 18 + [1] * 18


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"budget": 1_000}, "too small for the rung 'local'"),
        ({"budget": 5_000, "equal": "macs"}, "too small for the rung"),
        ({"least": 5_000}, "larger than"),
        ({"dataset": "nothing"}, "no data set"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.plan(EXPERIMENT.settings(given))


@pytest.mark.parametrize("given", [{"equal": "neither"}, {"seeds": 0}, {"budget": -1}])
def test_settings_out_of_range_are_refused(given):
    with pytest.raises(StudioError):
        EXPERIMENT.settings(given)


@pytest.mark.parametrize(("equal", "budget"), [("weights", 30_000), ("macs", 500_000)])
def test_every_rung_comes_near_the_default_budget_and_says_how_near(equal, budget):
    for rung in RUNGS:
        made = sized(rung, GREY, 10, equal, budget)
        cost = made.spec.parameters if equal == "weights" else made.spec.macs
        assert made.off == pytest.approx(cost / budget - 1)
        assert abs(made.off) < (0.07 if rung == "local" else 0.02)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(list(RUNGS)), st.sampled_from(["weights", "macs"]), st.integers(10_000, 120_000))
def test_no_rung_is_far_over_any_budget(rung, equal, budget):
    try:
        off = sized(rung, GREY, 10, equal, budget).off
    except StudioError:
        off = 0.0
        assert equal == "macs" or rung == "local"  # what the smallest of the others needs, any of these budgets buys
    assert off <= FAR


def test_one_switch_at_a_time():
    kinds = {rung: [type(s.layer) for s in sized(rung, GREY, 10, "weights", 30_000).spec.steps()] for rung in RUNGS}
    assert kinds["local"].count(LocallyConnected) == kinds["shared"].count(Conv) == kinds["norm"].count(Conv) == 2
    assert MaxPool not in kinds["shared"]
    assert kinds["pooling"].count(MaxPool) == 2
    assert BatchNorm not in kinds["pooling"]
    assert kinds["norm"].count(BatchNorm) == 2
    assert kinds["residual"].count(Residual) == 2
    assert kinds["residual"].count(Conv) == 6


def test_the_verdict_is_computed(results_of):
    given = {"seeds": 5}
    findings = EXPERIMENT.findings(EXPERIMENT.settings(given), results_of(EXPERIMENT, given, _as_measured))
    said = findings.sentences
    assert findings.guess == 0
    assert said[0].startswith('For accuracy, locality mattered most: "local" is ahead of "dense" by 5 points')
    assert said[1].startswith("For accuracy on pictures moved by 2 px, sharing weights mattered most")
    assert said[2].startswith(
        'Examples for what "dense" reaches with 4,000 (median and range of 5 seeds): "local" about '
    )
    assert said[2].endswith('; "residual depth" about 630 (each seed).')
    assert said[3] == 'Whole widths miss the budget of 30,000 weights: "local" by -6.2 %.'
    assert [chart.kind for chart in findings.charts] == ["bars", "lines", "lines", "bars"]
    assert len(findings.tables[0].rows) == len(findings.tables[1].rows) == 6
    needs = [row[9] for row in findings.tables[0].rows]
    assert needs[0] == "about 4,000"
    assert all(need.startswith("about ") for need in needs)
    assert needs == sorted(needs, key=lambda need: -int(need.removeprefix("about ").replace(",", "")))


@pytest.mark.parametrize("place", range(5))
def test_every_answer_can_be_the_right_one(results_of, place):
    def values(params):
        higher = list(RUNGS).index(params["network"]) > place
        return _as_measured(params) | {"test": 0.5 + 0.2 * higher}

    given = {"points": 1}
    findings = EXPERIMENT.findings(EXPERIMENT.settings(given), results_of(EXPERIMENT, given, values))
    assert findings.guess == place
    assert {row[9] for row in findings.tables[0].rows} == {"unknown"}
    assert list(STEPS.values())[place] in findings.sentences[0]


def test_steps_within_the_seeds_are_not_named_as_what_mattered(results_of):
    def values(params):
        wobble = 0.05 * (-1) ** (params["seed"] + len(params["network"]))
        return _as_measured(params) | {"test": 0.8 + wobble}

    given = {"points": 1}
    findings = EXPERIMENT.findings(EXPERIMENT.settings(given), results_of(EXPERIMENT, given, values))
    assert findings.sentences[0].startswith("For accuracy no step upwards is beyond the seeds")


def test_a_step_downwards_is_told(results_of):
    def values(params):
        return _as_measured(params) | {"test": 0.8 - 0.1 * (params["network"] == "residual")}

    given = {"points": 1, "seeds": 5}
    findings = EXPERIMENT.findings(EXPERIMENT.settings(given), results_of(EXPERIMENT, given, values))
    assert "At this budget these steps cost accuracy, beyond the seeds: residual depth." in findings.sentences


def _verdict_of(results_of, tests, seeds=3):
    """What is said of accuracy, where each rung has these test shares, seed by seed."""
    given = {"points": 1, "seeds": seeds}

    def values(params):
        shares = tests.get(params["network"], (0.9,) * seeds)
        return _as_measured(params) | {"test": shares[params["seed"]]}

    findings = EXPERIMENT.findings(EXPERIMENT.settings(given), results_of(EXPERIMENT, given, values))
    return findings.sentences[0], findings.guess


def test_a_step_mattered_most_only_where_it_is_larger_than_the_next_beyond_the_seeds(results_of):
    dense, local = (0.5, 0.5, 0.5), (0.7, 0.71, 0.69)
    told, guess = _verdict_of(results_of, {"dense": dense, "local": local, "shared": (0.8, 0.8, 0.8)})
    assert told.startswith("For accuracy, locality mattered most: ")
    assert guess == 0
    told, guess = _verdict_of(results_of, {"dense": dense, "local": local, "shared": (0.9, 0.89, 0.89)})
    assert told.startswith("For accuracy, locality was the largest step: ")
    assert told.endswith("The next one, sharing weights, is not smaller beyond the seeds.")
    assert guess == 0
    told, _ = _verdict_of(results_of, {"dense": (0.5,), "local": (0.7,)}, seeds=1)
    assert told.startswith("For accuracy, locality was the largest step: ")
    assert told.endswith("nothing can be said about luck.")


def test_a_larger_step_that_is_not_sure_is_told(results_of):
    shares = {"dense": (0.5, 0.5, 0.5), "local": (0.9, 0.5, 0.5), "shared": (1.0, 0.59, 0.6)}
    told, guess = _verdict_of(results_of, shares | dict.fromkeys(("pooling", "norm", "residual"), (0.7, 0.6, 0.6)))
    assert told.startswith("For accuracy, sharing weights is the largest step beyond the seeds: ")
    assert told.endswith("That of locality is larger on average, but within what the seeds do.")
    assert guess == 1


def test_steps_are_tested_together(results_of):
    # Alone, this step would be beyond the seeds: 4 points, 4 times their spread.
    higher = (0.53, 0.54, 0.55)
    told, guess = _verdict_of(results_of, {"dense": (0.5, 0.5, 0.5)} | dict.fromkeys(list(RUNGS)[1:], higher))
    assert told == (
        "For accuracy no step upwards is beyond the seeds, all 5 tested together (Holm 1979). The largest is locality: "
        '"local" is ahead of "dense" by 4 points on average, and the gap\'s spread over 3 seeds is 1 point; so few '
        "seeds cannot tell."
    )
    assert guess == 0


def test_a_ladder_that_leads_nowhere_says_so(results_of):
    told, guess = _verdict_of(results_of, {})
    assert told == "For accuracy no step of the ladder leads upwards."
    assert guess is None


def test_the_largest_sure_step_is_taken_before_a_larger_unsure_one():
    shares = {
        "dense": {0: 0.5, 1: 0.5, 2: 0.5},
        "local": {0: 0.9, 1: 0.5, 2: 0.5},
        "shared": {0: 1.0, 1: 0.59, 2: 0.6},
    }
    assert largest(steps(shares)) == "shared"


def test_partial_results_give_no_verdict_yet(results_of):
    settings = EXPERIMENT.settings()
    plan = EXPERIMENT.plan(settings)
    for count in (0, 1, 5, 6, 13):
        results = results_of(EXPERIMENT, {}, _as_measured, plan[:count])
        findings = EXPERIMENT.findings(settings, results)
        assert (findings.guess is None) == (count < 6)
        assert findings.done == count
        told = [row[9] for row in findings.tables[0].rows]
        assert told == (["about 4,000"] + ["unknown"] * 5 if count == 13 else ["unknown"] * min(count, 6))
    assert needed([], "local", 4_000) is None


@pytest.mark.parametrize("rung", ["dense", "local", "residual"])
def test_a_real_run_measures_everything(rung):
    settings = EXPERIMENT.settings({"seeds": 1, "examples": 20, "least": 20, "budget": 8_000})
    order = next(each for each in EXPERIMENT.plan(settings) if each.params["network"] == rung)
    short = type(order)(order.experiment, {**order.params, "epochs": 2})
    values = finish(experiments.measure(short)).values
    assert abs(values["weights"] / 8_000 - 1 - values["off"]) < 1e-9
    assert len(values["moved"]) == 3
