"""Scrambled pixels: the plan, the verdict, and that scrambling takes the CNN's lead and not the MLP's accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.statistics import Gap
from cnnstudio.engine.session import finish
from cnnstudio.experiments import _table
from cnnstudio.experiments.scramble import EXPERIMENT, blocks


def _shares(test):
    return {"train": 1.0, "validation": test, "test": test}


def _as_measured(params):
    noise = 0.002 * (params["seed"] * 7 % 3)
    if params["part"] == "table":
        return _shares(0.97 - 0.03 * (params["network"] == "anywhere") + noise)
    if params["network"] == "mlp":
        return _shares(0.765 + noise)
    return _shares({1: 0.72, 28: 0.84}.get(params["block"], 0.78) - noise)


def test_whole_first_seeds_come_first_each_with_its_table():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 2}))
    assert [order.params["seed"] for order in plan] == [0] * 18 + [1] * 18
    assert [order.params["block"] for order in plan[:12:2]] == [1, 2, 4, 7, 14, 28]
    assert [order.params["part"] for order in plan[:18]] == ["pictures"] * 12 + ["table"] * 6
    assert len(EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 2, "table": False}))) == 24


def test_blocks_are_sorted_and_the_ends_are_always_there():
    assert blocks(EXPERIMENT.settings({"blocks": "14, 7,7"})) == (1, 7, 14, 28)
    assert blocks(EXPERIMENT.settings({"blocks": ""})) == (1, 28)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"blocks": "3"}, "cannot be cut into blocks of 3 x 3"),
        ({"blocks": "0"}, "cannot be cut"),
        ({"blocks": "two"}, "cannot be two pixels wide"),
        ({"dataset": "cifar10"}, "32 x 32 pixels cannot be cut into blocks of 7"),
        ({"networks": "lenet5"}, "2 networks are needed"),
        ({"networks": "mlp,nothing"}, "no network"),
        ({"dataset": "nothing"}, "no data set"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.plan(EXPERIMENT.settings(given))


def test_the_verdict_is_computed(results_of):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _as_measured))
    assert findings.guess == 1
    assert findings.sentences[0].startswith("All pixels scrambled: MLP is ahead of LeNet-5 by 4.9 points")
    assert findings.sentences[1].startswith("Untouched: LeNet-5 is ahead of MLP by 7.1 points")
    assert "MLP, untouched, and MLP, scrambled, are equal" in findings.sentences[2]
    assert findings.sentences[3].startswith("LeNet-5, untouched, is ahead of LeNet-5, scrambled, by 12 points")
    assert any("On the table: MLP is ahead of CNN (global pooling) by 3 points" in said for said in findings.sentences)
    assert not any("chance" in said for said in findings.sentences)
    assert [chart.kind for chart in findings.charts] == ["lines", "bars"]
    assert findings.charts[0].series[0].x == (1.0, 2.0, 4.0, 7.0, 14.0, 28.0)
    assert [line.x for line in findings.charts[1].series] == [(0.0, 1.0)] * 3
    assert len(findings.tables[1].rows) == 6


@pytest.mark.parametrize(("cnn", "mlp", "guess"), [(0.80, 0.76, 0), (0.70, 0.76, 1), (0.70, 0.71, 2)])
def test_every_answer_can_be_the_right_one(results_of, cnn, mlp, guess):
    def values(params):
        scrambled = params.get("block") == 1
        if params["network"] == "lenet5":
            return _shares(cnn if scrambled else 0.84)
        return _shares(mlp if scrambled else 0.765)

    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values))
    assert findings.guess == guess


def test_on_glyphs_both_are_said_to_be_at_chance(results_of):
    settings = EXPERIMENT.settings({"dataset": "glyphs", "networks": "mlp_deep,small_cnn", "table": False})

    def values(params):
        whole = params["network"] == "small_cnn" and params["block"] == 28
        return _shares(1.0 if whole else 0.12 + 0.001 * params["seed"])

    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, values))
    assert (
        "All pixels scrambled, both are at chance: neither reads 5 points more than the 10 % of guessing (Small CNN "
        "12.1 % and Deep MLP 12.1 %)." in findings.sentences[0]
    )


def test_partial_results_give_no_verdict_yet(results_of):
    settings = EXPERIMENT.settings()
    plan = EXPERIMENT.plan(settings)
    for count in (0, 1, 2, 5, 13):
        findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _as_measured, plan[:count]))
        assert findings.done == count
        assert (findings.guess is None) == (count < 11)


def test_scrambling_takes_the_lead_of_the_cnn_and_leaves_the_mlp_alone():
    settings = EXPERIMENT.settings({"seeds": 2, "examples": 400, "blocks": "", "epochs": 12, "table": False})
    found: dict[tuple[str, int], dict[int, float]] = {}
    for order in EXPERIMENT.plan(settings):
        shares = found.setdefault((order.params["network"], order.params["block"]), {})
        shares[order.params["seed"]] = finish(experiments.measure(order)).values["test"]
    lead = Gap.by_seed(found["lenet5", 1], found["mlp", 1])
    assert lead.mean <= max(lead.spread.deviation, 0.0)
    assert Gap.by_seed(found["lenet5", 28], found["lenet5", 1]).mean > 0.05
    assert abs(Gap.by_seed(found["mlp", 28], found["mlp", 1]).mean) < 0.03


def test_the_table_is_folded_evenly_and_scaled_by_what_is_learned_from():
    numbers, diagnoses = _table.table()
    assert numbers.shape == (569, 30)
    fold_of = _table.folds(diagnoses, seed=3)
    for diagnosis in (0, 1):
        counts = np.bincount(fold_of[diagnoses == diagnosis], minlength=_table.FOLDS)
        assert counts.max() - counts.min() <= 1
    rows = np.flatnonzero(fold_of > 1)
    images = _table.as_pictures(numbers, rows)
    assert images.shape == (569, 3, 1, 10)
    scaled = (numbers - numbers[rows].mean(0)) / numbers[rows].std(0)
    inside = np.abs(scaled) < 3.9
    restored = (images.reshape(569, 30).astype(float) - 128) / 32
    assert np.abs(restored - scaled)[inside].max() <= 0.5 / 32 + 1e-9


@pytest.mark.parametrize("name", list(_table.TITLES))
def test_every_network_reads_the_table(name):
    values = finish(_table.measure(name, "permuted", seed=0, epochs=3))
    assert set(values) == {"train", "validation", "test"}
    assert values["test"] > 0.6  # what the more frequent diagnosis alone gives is 0.63, after three epochs
