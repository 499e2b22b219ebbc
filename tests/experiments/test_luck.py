"""Was it luck: the band, the paired difference, the verdict."""

from __future__ import annotations

import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.session import finish
from cnnstudio.experiments.luck import EXPERIMENT


def _won(params):
    share = 0.6 + 0.1 * (params["network"] == "lenet5") + 0.002 * (params["seed"] * 7 % 3)
    return {"train": 1.0, "validation": share, "test": share, "curve": [0.3, share]}


def _tied(params):
    wobble = 0.02 * (-1) ** (params["seed"] + (params["network"] == "lenet5"))
    return {"train": 1.0, "validation": 0.6, "test": 0.6 + wobble, "curve": [0.3, 0.6]}


def test_a_steady_lead_is_no_luck(results_of):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _won))
    assert findings.guess == 0
    assert findings.sentences[0].startswith("LeNet-5 is ahead of MLP by 10 points")
    assert findings.sentences[2] == "LeNet-5 was ahead with 5 of 5 seeds."
    band = findings.charts[0]
    assert [line.seeds for line in band.series] == [(5, 5), (5, 5)]
    assert band.series[0].x == (1.0, 2.0)


def test_seeds_have_no_order_and_are_not_joined(results_of):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _won))
    assert {chart.id: chart.joined for chart in findings.charts} == {"validation": True, "seeds": False, "lead": True}


def test_where_neither_learned_anything_nobody_is_ahead(results_of):
    def untaught(params):
        share = 0.12 if params["network"] == "lenet5" else 0.10
        return {"train": share, "validation": share, "test": share, "curve": [share]}

    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, untaught))
    assert findings.guess is None
    (sentence,) = findings.sentences
    assert sentence.startswith("Both are at chance: neither reads 5 points more than the 10 % of guessing (LeNet-5 12")
    assert sentence.endswith("give them more examples or epochs.")


def test_a_lead_that_changes_hands_is(results_of):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _tied))
    assert findings.guess == 1
    assert findings.sentences[0].startswith("No difference beyond the seeds")


def test_one_seed_says_nothing_about_luck(results_of):
    settings = EXPERIMENT.settings({"seeds": 1})
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, _won))
    assert findings.guess is None
    assert findings.sentences == (
        "LeNet-5 is ahead of MLP by 10 points with one seed; nothing can be said about luck.",
    )


THREE = "mlp,lenet5,small_cnn"
_MEANS = {"mlp": 0.80, "lenet5": 0.90, "small_cnn": 0.903}


def _three(params, spread=1.0):
    wobble = ((params["seed"] * 7 + len(params["network"]) * 3) % 5 - 2) * 0.002 * spread
    return {"train": 1.0, "validation": 0.9, "test": _MEANS[params["network"]] + wobble, "curve": [0.3]}


def _found(results_of, values, keep=lambda params: True, **given):
    settings = EXPERIMENT.settings(given)
    orders = [order for order in EXPERIMENT.plan(settings) if keep(order.params)]
    return EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, values, orders))


def test_the_best_of_three_is_corrected_for_having_been_chosen(results_of):
    found = _found(results_of, _three, networks=THREE, seeds=5)
    assert found.sentences[0].startswith("No difference beyond the seeds: Small CNN is ahead of LeNet-5 by 0.3 points")
    assert "Student's 95 % interval, the level at which this one of 3 pairs is tested" in found.sentences[1]
    assert found.sentences[3] == (
        "Beyond the seeds, Small CNN is ahead of MLP only: it was chosen by the same numbers, so all 3 pairs are "
        "tested together (Student's paired test; Holm 1979)."
    )
    assert found.guess == 1
    rows = {(row[0], row[1]): row for row in found.tables[1].rows}
    assert rows["Small CNN", "LeNet-5"][-1] == "no"
    assert rows["Small CNN", "MLP"][-2:] == ("< 0.001", "yes")
    lead = found.charts[2]
    assert lead.x_names == ("LeNet-5: not beyond the seeds", "MLP: beyond the seeds")
    assert lead.series[0].mean == pytest.approx((0.3, 10.3))
    assert lead.x_label == "the other network (mean ± standard deviation of 5 seeds)"


def test_a_best_that_is_sure_is_ahead_of_each(results_of):
    found = _found(results_of, lambda params: _three(params, 0.02), networks=THREE, seeds=3)
    assert found.guess == 0
    assert found.sentences[3].startswith("Small CNN is ahead of each of the other 2 beyond the seeds: it was chosen")
    assert found.sentences[-1].startswith(
        "3 seeds show large gaps only: one counts if it is over 2.5 times its own spread"
    )
    assert "and 4.4 times for the clearest of 3 pairs." in found.sentences[-1]


def test_two_seeds_hardly_tell_anything_and_it_is_said(results_of):
    found = _found(results_of, _tied, seeds=2)
    assert found.sentences[-1] == (
        "2 seeds show large gaps only: one counts if it is over 9 times its own spread. A smaller one may be real, and "
        "takes more seeds to show."
    )


@pytest.mark.parametrize(("seeds", "guess", "said"), [(2, None, "Both differences"), (3, 0, "All 3 differences")])
def test_equal_differences_have_no_spread_to_go_by(results_of, seeds, guess, said):
    found = _found(results_of, _won, seeds=seeds)
    assert found.sentences[0] == f"LeNet-5 is ahead of MLP by 10 points with each of {seeds} seeds."
    assert found.sentences[1].startswith(f"{said} are equal, so that there is no spread to go by.")
    assert found.guess == guess


def test_networks_that_are_alike_are_said_to_be(results_of):
    found = _found(results_of, lambda params: _three(params) | {"test": 0.5}, networks=THREE, seeds=3)
    assert found.sentences[0] == "No difference: MLP and LeNet-5 are equal with each of 3 seeds."
    assert "not ahead of any other one beyond the seeds" in found.sentences[2]
    assert found.guess == 1


def test_only_seeds_that_all_networks_have_are_compared(results_of):
    found = _found(results_of, _three, lambda params: params["network"] != "mlp" or params["seed"] == 0,
                   networks=THREE, seeds=3)  # fmt: skip
    assert found.sentences[0].endswith("with one seed; nothing can be said about luck.")
    assert len(found.sentences) == 1
    assert found.charts[2].x_names == ("LeNet-5", "MLP")
    assert found.charts[2].x_label == "the other network (one seed)"
    found = _found(results_of, _three, lambda params: params["network"] != "mlp", networks=THREE)
    assert found.sentences == ()
    assert found.guess is None


def test_no_interval_of_a_share_leaves_the_shares(results_of):
    found = _found(results_of, lambda params: _won(params) | {"test": 1.0 - 0.1 * params["seed"]}, seeds=2)
    assert {row[4] for row in found.tables[0].rows} == {"31.5 % to 100 %"}


def test_one_network_alone_cannot_be_compared():
    with pytest.raises(StudioError, match="2 networks are needed"):
        EXPERIMENT.plan(EXPERIMENT.settings({"networks": "mlp"}))


def test_a_real_run_has_a_curve_over_its_epochs():
    settings = EXPERIMENT.settings({"examples": 100, "epochs": 3, "seeds": 1, "dataset": "glyphs"})
    result = finish(experiments.measure(EXPERIMENT.plan(settings)[0]))
    assert len(result.values["curve"]) == 3
    assert result.values["curve"][-1] == pytest.approx(result.values["validation"])
