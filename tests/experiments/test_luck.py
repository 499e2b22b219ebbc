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


def test_one_network_alone_cannot_be_compared():
    with pytest.raises(StudioError, match="2 networks are needed"):
        EXPERIMENT.plan(EXPERIMENT.settings({"networks": "mlp"}))


def test_a_real_run_has_a_curve_over_its_epochs():
    settings = EXPERIMENT.settings({"examples": 100, "epochs": 3, "seeds": 1, "dataset": "glyphs"})
    result = finish(experiments.measure(EXPERIMENT.plan(settings)[0]))
    assert len(result.values["curve"]) == 3
    assert result.values["curve"][-1] == pytest.approx(result.values["validation"])
