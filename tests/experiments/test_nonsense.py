"""The nonsense box: what is taught and measured, scores, and the verdict."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import special
from sklearn.metrics import roc_auc_score

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.nonsense_pictures import MEASURED, TAUGHT
from cnnstudio.engine.aside import kept
from cnnstudio.engine.session import finish
from cnnstudio.experiments import _learn, nonsense
from cnnstudio.experiments._grid import race_of
from cnnstudio.experiments.nonsense import EXPERIMENT, REAL


def _values(sure=0.7, none=0.4):
    def values(params):
        noise = 0.001 * params["seed"]
        found = {"train": 0.95, "validation": 0.85, "test": 0.84 + noise, "temperature": 1.3}
        for kind in (REAL, *MEASURED):
            base = 0.9 if kind == REAL else sure
            found |= {f"confidence_{kind}": base + noise, f"cooled_{kind}": base - 0.1, f"sure_{kind}": base / 2}
            if params["way"] == "none":
                found[f"none_{kind}"] = 0.01 if kind == REAL else none
        for kind in ("all", *MEASURED):
            found |= {f"auroc_softmax_{kind}": 0.8 + noise, f"auroc_energy_{kind}": 0.85 - noise}
            if params["way"] == "none":
                found[f"auroc_none_{kind}"] = 0.95
        return found

    return values


def test_every_network_with_and_without_the_class():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 2}))
    assert [(order.params["network"], order.params["way"]) for order in plan[:4]] == [
        ("mlp", "digits"), ("lenet5", "digits"), ("mlp", "none"), ("lenet5", "none"),
    ]  # fmt: skip
    assert len(plan) == 8


def test_the_verdict_is_computed(results_of):
    settings = EXPERIMENT.settings()
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, _values()))
    assert findings.guess == 2
    assert findings.sentences[0] == "Over both networks, nonsense is read with 70.1 % ± 0.1 confidence on average."
    assert findings.sentences[1].startswith("MLP is on average 70.1 % ± 0.1 sure of nonsense, most of letters (70.1 %")
    told = "energy is ahead of softmax by 0.048 of the area under the ROC curve"
    assert any(told in said for said in findings.sentences)
    assert any("letters 40.0 %" in said and "gratings" in said for said in findings.sentences)
    assert any("1.0 % ± 0.0 of real test digits" in said for said in findings.sentences)
    assert any("changes no verdict" in said for said in findings.sentences)
    assert [chart.id for chart in findings.charts] == ["confidence", "auroc"]
    assert len(findings.charts[0].series) == 4
    assert len(findings.charts[1].series) == 6
    assert findings.done == findings.planned == 12


@pytest.mark.parametrize(("sure", "guess"), [(0.2, 0), (0.4, 1), (0.7, 2)])
def test_every_answer_can_be_the_right_one(results_of, sure, guess):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _values(sure)))
    assert findings.guess == guess


def test_partial_results(grows):
    grows(EXPERIMENT, _values(), {0: None, 1: None, 2: 2, 3: 2})


@pytest.mark.parametrize(("given", "said"), [({"networks": "x"}, "no network"), ({"dataset": "x"}, "no data set")])
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.plan(EXPERIMENT.settings(given))


@pytest.mark.parametrize(("name", "value"), [("seeds", 0), ("each", 1), ("examples", 1)])
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(StudioError, match="cannot be"):
        EXPERIMENT.settings({name: value})


def test_the_class_is_learned_from_taught_kinds_in_equal_parts():
    (order, *_) = EXPERIMENT.plan(EXPERIMENT.settings({"examples": 400, "seeds": 1}))
    prepared = finish(_learn.data(race_of(order.params)))
    train = nonsense._with_none(prepared, 0)
    assert len(train) == 400 + 80
    assert (train.labels[400:] == 10).all()
    np.testing.assert_array_equal(train.images[:400], prepared.train.images)
    assert not TAUGHT.keys() & MEASURED.keys()


def test_scores_are_those_of_scipy_and_scikit_learn():
    chance = np.random.default_rng(0)
    said = {kind: chance.normal(0, 3, (40, 11)) for kind in (REAL, *MEASURED)}
    labels = chance.integers(0, 10, 50)
    found = nonsense._told(said, chance.normal(0, 1, (50, 11)), labels, True)
    probabilities = {kind: special.softmax(logits, 1) for kind, logits in said.items()}
    truth = np.repeat([1, 0], 40)
    for kind in MEASURED:
        for score, of in (
            ("softmax", lambda kind: probabilities[kind][:, :10].max(1)),
            ("energy", lambda kind: special.logsumexp(said[kind][:, :10], axis=1)),
            ("none", lambda kind: 1 - probabilities[kind][:, 10]),
        ):
            wanted = roc_auc_score(truth, np.concatenate([of(REAL), of(kind)]))
            assert found[f"auroc_{score}_{kind}"] == pytest.approx(wanted)
        assert found[f"confidence_{kind}"] == pytest.approx(probabilities[kind][:, :10].max(1).mean())
        assert found[f"none_{kind}"] == np.mean(said[kind].argmax(1) == 10)


def test_a_real_run_knows_unlike_nonsense_again_and_is_kept():
    given = {"networks": "mlp", "seeds": 1, "examples": 600, "epochs": 8, "each": 50}
    plain, none = EXPERIMENT.plan(EXPERIMENT.settings(given))
    values = finish(experiments.measure(none)).values
    json.dumps(values)
    assert values["none_noise"] > 0.9
    assert values["none_real"] < 0.1
    assert values["auroc_none_noise"] > 0.95
    assert "none_real" not in finish(experiments.measure(plain)).values
    assert kept(none.key).none_class
    assert kept(none.key).spec.classes == 11
    assert not kept(plain.key).none_class
