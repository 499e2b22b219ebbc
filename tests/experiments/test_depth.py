"""Depth: the networks, the switches on their shortcuts, gradients against torch, the verdict."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Partly, Result
from cnnstudio.engine.build import build
from cnnstudio.engine.session import finish
from cnnstudio.experiments._wiring import AROUND_FLIP, Record, gradient_norms, telling, weighted, with_switches
from cnnstudio.experiments.depth import EXPERIMENT, POINTS, depths, spec

TINY = (1, 8, 8)


def _images(count):
    return torch.randn(count, *TINY, generator=torch.Generator().manual_seed(0))


def _as_measured(params):
    drop = {8: 0.0, 20: 0.05, 32: 0.2, 44: 0.5}[params["layers"]] * (params["network"] == "plain")
    test = 0.8 - drop + 0.002 * (params["seed"] * 7 % 3)
    found = {
        "train": test + 0.05,
        "validation": test,
        "test": test,
        "steps": 4,
        "at": [2, 4],
        "loss": [2.3, 0.5 + drop],
        "gradients": [[0.01, *([0.1] * (params["layers"] - 1))]] * 2,
        "flipped": 0,
        "weights": 1,
        "macs": 2,
    }
    return found | ({"flipped": 2, "before": 1.0, "after": 2.0} if params["flip_at"] else {})


def test_the_plan_goes_through_whole_first_seeds_and_flips_only_the_deepest():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 2}))
    assert [order.params["seed"] for order in plan] == [0] * 8 + [1] * 8
    assert [order.params["layers"] for order in plan[:8:2]] == [44, 32, 20, 8]
    assert [order.params["network"] for order in plan[:2]] == ["plain", "residual"]
    flipping = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 1, "flip_at": 0.5}))
    assert [order.params["flip_at"] for order in flipping] == [0.0] * 8 + [0.5] * 2
    assert {order.params["layers"] for order in flipping[8:]} == {44}


@pytest.mark.parametrize("text", ["9", "2", "8,ten", "", "116"])
def test_depths_that_do_not_come_out_even_are_refused(text):
    with pytest.raises(StudioError):
        EXPERIMENT.plan(EXPERIMENT.settings({"depths": text}))


@pytest.mark.parametrize("given", [{"seeds": 0}, {"flip_at": 1.0}, {"maps": 0}])
def test_settings_out_of_range_are_refused(given):
    with pytest.raises(StudioError):
        EXPERIMENT.settings(given)


@pytest.mark.parametrize("layers", [8, 14, 44])
def test_a_network_has_as_many_weighted_layers_as_it_says(layers):
    assert depths({"depths": str(layers)}) == (layers,)
    network = spec(layers, (1, 28, 28), 10, 8)
    module = build(network, 0)
    assert len(weighted(module)) == layers
    assert sum(weight.numel() for weight in module.parameters()) == network.parameters


def test_without_its_shortcuts_a_network_is_its_bodies_one_after_the_other():
    module = build(spec(8, TINY, 3, 4), 0).eval()
    images = _images(5)
    before = module(images)
    plain = copy.deepcopy(module)
    switches = with_switches(module)
    assert len(switches) == 3
    assert torch.equal(module(images), before)
    for switch in switches:
        switch.on = False
    expected = images
    for part in plain:
        expected = part.after(part.body(expected)) if hasattr(part, "body") else part(expected)
    torch.testing.assert_close(module(images), expected)
    assert not torch.allclose(module(images), before)
    assert with_switches(module) == []


def test_gradient_norms_are_those_of_torch():
    module = build(spec(8, TINY, 3, 4), 0)
    with_switches(module)
    labels = torch.tensor([0, 1, 2, 0])
    loss = functional.cross_entropy(module(_images(4)), labels)
    weights = [part.weight for part in weighted(module)]
    expected = [float((each**2).sum().sqrt()) for each in torch.autograd.grad(loss, weights, retain_graph=True)]
    loss.backward()
    assert gradient_norms(module) == pytest.approx(expected, rel=1e-5)
    assert len(expected) == 8


def test_a_record_bins_losses_and_flips_once():
    module = build(spec(8, TINY, 3, 4), 0)
    record = Record(steps=30, points=6, shortcuts=True, flip_step=12)
    record.at_start(module)
    wiring = []
    for step in range(1, 31):
        wiring.append(record._switches[0].on)
        record.each_loss(step, float(step))
        record.each_step(step, module)
    values = record.values()
    assert wiring == [True] * 12 + [False] * 18
    assert values["at"] == [5, 10, 15, 20, 25, 30]
    assert values["loss"] == [3.0, 8.0, 13.0, 18.0, 23.0, 28.0]
    assert len(values["gradients"]) == 6
    assert (values["before"], values["after"]) == (sum(range(3, 13)) / AROUND_FLIP, sum(range(13, 23)) / AROUND_FLIP)


def test_what_is_known_is_told_on_the_way():
    settings = EXPERIMENT.settings({"seeds": 1, "examples": 40, "epochs": 3, "maps": 2, "depths": "8"})
    order = EXPERIMENT.plan({**settings, "flip_at": 0.5})[-1]
    work = EXPERIMENT.measure(order)
    partly = []
    while True:
        try:
            progress = next(work)
        except StopIteration as end:
            values = end.value
            break
        if isinstance(progress, Partly):
            partly.append(progress)
    assert partly
    assert partly[-1].values["at"] == values["at"] == [1, 2, 3]
    assert len(values["gradients"][0]) == 8
    assert values["flipped"] == 2
    assert {"before", "after", "test", "train", "validation"} <= set(values)
    # Also what is not finished can be drawn.
    findings = EXPERIMENT.findings({**settings, "flip_at": 0.5}, [Result(order, partly[0].values)])
    assert findings.guess is None


def test_both_wirings_start_from_the_same_weights():
    settings = EXPERIMENT.settings({"seeds": 1, "examples": 20, "epochs": 1, "maps": 2, "depths": "8"})
    plain, residual = (finish(experiments.measure(order)).values for order in EXPERIMENT.plan(settings))
    assert plain["weights"] == residual["weights"]
    assert plain["macs"] == residual["macs"]
    assert plain["loss"] != residual["loss"]
    assert len(plain["at"]) <= POINTS + 1


def test_closing_stops_the_work():
    closed = []

    def work():
        try:
            while True:
                yield None
        finally:
            closed.append(True)

    telling_work = telling(work(), dict)
    next(telling_work)
    telling_work.close()
    assert closed == [True]


def test_the_verdict_is_computed(results_of):
    given = {"flip_at": 0.5}
    findings = EXPERIMENT.findings(EXPERIMENT.settings(given), results_of(EXPERIMENT, given, _as_measured))
    said = findings.sentences
    assert findings.guess == 2
    assert said[0].startswith("44 layers: with shortcuts is ahead of plain by 50 points")
    assert said[1].startswith("Plain, on test pictures: 8 layers is ahead of 44 layers by 50 points")
    assert "The deeper plain network is worse on what it learned, too: that is not overfitting." in said
    assert (
        "44 layers, plain: along the run the gradient of the first convolution is 0.1 times that of the last "
        "(0.1 to 0.1 with 3 seeds)." in said
    )
    assert any(each.startswith("Shortcuts taken out after 50 % of the run: the loss goes from 1.00") for each in said)
    assert any(each.startswith("Shortcuts put in after 50 %") for each in said)
    assert [chart.kind for chart in findings.charts] == ["lines", "lines", "lines", "map", "map"]
    assert len(findings.charts[3].grid) == 44
    assert len(findings.charts[1].series) == 6
    assert len(findings.tables[0].rows) == 10


@pytest.mark.parametrize(
    ("test", "train", "guess"), [(0.9, 0.9, 0), (0.81, 0.5, 1), (0.7, 0.7, 2), (0.7, 0.84, 3), (0.7, 0.95, 3)]
)
def test_every_answer_can_be_the_right_one(results_of, test, train, guess):
    def values(params):
        deep = params["layers"] == 44
        return _as_measured(params) | {"test": test if deep else 0.8, "train": train if deep else 0.85}

    assert EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values)).guess == guess


def test_overfitting_is_ruled_out_beyond_the_seeds_only(results_of):
    def values(params):
        deep, lucky = params["layers"] == 44, params["seed"] == 0
        return _as_measured(params) | {"test": 0.5 if deep else 0.8, "train": 0.2 if deep and lucky else 0.85}

    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values))
    assert findings.guess == 2
    assert not any("not overfitting" in sentence for sentence in findings.sentences)


def test_partial_results_give_no_verdict_yet(results_of):
    settings = EXPERIMENT.settings()
    plan = EXPERIMENT.plan(settings)
    for count in (0, 1, 2, 7):
        findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _as_measured, plan[:count]))
        assert (findings.guess is None) == (count < 7)
