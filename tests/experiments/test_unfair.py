"""The mark in the corner: who relies on it, what explanations show, and the verdict."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.unfair import ReadMarked
from cnnstudio.engine.answers import answer_now
from cnnstudio.engine.session import Session, finish
from cnnstudio.experiments.unfair import EXPERIMENT


def _values(lying=None):
    def values(params):
        noise, marks = 0.001 * params["seed"], params["way"] == "marked"
        lies = (lying or {"mlp": 0.05, "lenet5": 0.1})[params["network"]] if marks else 0.8
        return {
            "train": 1.0, "validation": 1.0, "test": 1.0 if marks else 0.8, "without": (0.5 if marks else 0.8) + noise,
            "lying": lies + noise, "follows": 1 - lies - noise, "saliency": 0.1 if marks else 0.005,
            "occlusion": 0.2 if marks else 0.005, "area": 0.005,
        }  # fmt: skip

    return values


def test_every_network_with_and_without_marks():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 1}))
    assert [(order.params["network"], order.params["way"]) for order in plan] == [
        ("mlp", "marked"), ("lenet5", "marked"), ("mlp", "plain"), ("lenet5", "plain"),
    ]  # fmt: skip


def test_the_verdict_is_computed(results_of):
    settings = EXPERIMENT.settings()
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, _values()))
    assert findings.guess == 0
    said = " ".join(findings.sentences)
    assert said.startswith("MLP relies on the mark: it reads 100 % ± 0.0 with the right mark and 5.1 %")
    assert "MLP is ahead of LeNet-5 by 5 points" in said
    assert "LeNet-5 that learned without marks is ahead of LeNet-5 that learned with them by 30 points" in said
    assert "Occlusion of LeNet-5: 20.0 % ± 0.0 falls on the mark, which takes 0.5 %" in said
    assert [chart.id for chart in findings.charts] == ["accuracy", "attribution"]
    assert findings.charts[1].chance == 0.005
    assert findings.done == findings.planned == 12


@pytest.mark.parametrize(
    ("lying", "guess", "word"),
    [((0.1, 0.1), 0, "MLP relies on the mark:"), ((0.1, 0.7), 1, "LeNet-5 relies on the mark in part"),
     ((0.8, 0.1), 2, "MLP relies on the mark in part"), ((0.98, 0.99), 3, "MLP hardly relies")],
)  # fmt: skip
def test_every_answer_can_be_the_right_one(results_of, lying, guess, word):
    values = _values(dict(zip(("mlp", "lenet5"), lying, strict=True)))
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values))
    assert findings.guess == guess
    assert any(said.startswith(word) for said in findings.sentences)


def test_partial_results(grows):
    grows(EXPERIMENT, _values(), {0: None, 1: None, 2: 0, 3: 0})


@pytest.mark.parametrize(("given", "said"), [({"networks": "x"}, "no network"), ({"dataset": "x"}, "no data set")])
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.plan(EXPERIMENT.settings(given))


@pytest.mark.parametrize(("name", "value"), [("seeds", 0), ("mark", "smell"), ("examples", 1)])
def test_settings_that_cannot_be_are_refused(name, value):
    with pytest.raises(StudioError):
        EXPERIMENT.settings({name: value})


@pytest.mark.parametrize("mark", ["place", "brightness"])
def test_a_real_run_looks_at_the_corner_and_answers_for_a_drawing(mark):
    given = {"networks": "mlp", "seeds": 1, "examples": 1_000, "epochs": 12, "mark": mark}
    marked, plain = EXPERIMENT.plan(EXPERIMENT.settings(given))
    found, other = (finish(experiments.measure(order)).values for order in (marked, plain))
    json.dumps(found)
    assert found["test"] - found["lying"] > 0.3
    assert found["follows"] > 3 * other["follows"]
    assert abs(other["test"] - other["lying"]) < 0.05
    for method in ("saliency", "occlusion"):
        assert found[method] > 3 * found["area"]
        assert other[method] < 2 * found["area"]
        assert np.shape(found[f"sample_{method}"]) == (28, 28)
    assert found["sample_label"] in range(10)
    drawing = np.zeros((1, 28, 28), np.uint8)
    question = ReadMarked(drawing, "digits", (), mark, 7, runs=(marked.key, plain.key))
    with_marks, without = answer_now(question, Session(threads=1, channels_last=True)).networks
    assert with_marks.follows > without.follows
    assert mark == "brightness" or with_marks.follows == 1
    assert with_marks.title == "MLP, learned with marks"
