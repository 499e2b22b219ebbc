"""Does augmentation close the gap: four ways to learn, two ways to be asked."""

from __future__ import annotations

import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.session import finish
from cnnstudio.experiments.augmentation import EXPERIMENT


def _made(with_shifts):
    def values(params):
        moved = 0.5 if params["network"] == "lenet5" else 0.3
        if params["network"] == "mlp" and params["augmentation"]:
            moved = with_shifts
        return {"train": 1.0, "validation": 0.8, "test": 0.8, "moved": moved + 0.001 * params["seed"]}

    return values


@pytest.mark.parametrize(("with_shifts", "guess"), [(0.4, 0), (0.51, 1), (0.6, 2)])
def test_every_answer_can_be_the_right_one(results_of, with_shifts, guess):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _made(with_shifts)))
    assert findings.guess == guess
    assert findings.sentences[0].startswith("On moved digits:")


def test_there_is_a_bar_for_each_network_each_way_and_each_test(results_of):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _made(0.5)))
    chart = findings.charts[0]
    assert chart.kind == "bars"
    assert [line.name for line in chart.series] == [
        "MLP, without shifts",
        "MLP, with shifts",
        "LeNet-5, without shifts",
        "LeNet-5, with shifts",
    ]
    assert all(line.x == (0.0, 1.0) for line in chart.series)
    assert len(findings.tables[0].rows) == 4


def test_an_mlp_and_a_convolutional_network_are_needed():
    settings = EXPERIMENT.settings({"networks": "mlp,mlp_deep"})
    with pytest.raises(StudioError, match="one of them is missing"):
        EXPERIMENT.plan(settings)


def test_a_real_run_reads_moved_digits_too():
    settings = EXPERIMENT.settings({"examples": 100, "epochs": 2, "seeds": 1})
    values = finish(experiments.measure(EXPERIMENT.plan(settings)[-1])).values
    assert set(values) == {"train", "validation", "test", "moved", "learned", "weights"}
