"""Networks under the microscope: the live view's numbers, which layer breaks, charts, tables, sentences."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch

from cnnstudio import experiments
from cnnstudio.core.equivariance import ShiftLayers
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Partly
from cnnstudio.core.shifted_maps import EXACT
from cnnstudio.engine._answer_shift import shift_layers
from cnnstudio.engine.session import Reader, finish
from cnnstudio.experiments._grid import race_of
from cnnstudio.experiments._learn import data, learn
from cnnstudio.experiments.microscope import EXPERIMENT, SHIFTS_PX

TINY = {"seeds": 1, "pictures": 1, "examples": 60, "epochs": 1, "dataset": "digits"}


def _order(network, **others):
    planned = EXPERIMENT.plan(EXPERIMENT.settings({**TINY, "networks": network, **others}))
    return next(order for order in planned if "network" in order.params)


def _made_up(network, seed):
    """A convolution that moves along, a pooling that does so at 4 px only, and a list of units."""
    odd = 0.25 + 0.01 * seed
    change = 0.4 if network == "mlp" else 0.1 + 0.01 * seed
    lists = {
        "layers": ["1_conv", "1_max_pool", "2_linear"],
        "titles": ["conv 5 x 5", "max pool 2 x 2", "linear"],
        "inside": [[1e-7] * 4, [odd, odd, odd, 1e-7], [None] * 4],
        "border": [[0.3] * 4, [0.5] * 4, [None] * 4],
        "change": [[None] * 4, [None] * 4, [change, change, change, 2 * change]],
    }
    if network == "mlp":
        lists = {name: [each[2]] for name, each in lists.items()}
    return {**lists, "test": 0.8, "learned": 10}


def _found(results_of, networks="lenet5,mlp", seeds=3, orders=None):
    settings = EXPERIMENT.settings({"networks": networks, "seeds": seeds})

    def values(params):
        return _made_up(params["network"], params["seed"]) if "network" in params else {}

    return EXPERIMENT.findings(settings, results_of(EXPERIMENT, settings, values, orders))


def test_every_seed_has_the_operations_and_each_network():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"networks": "mlp,lenet5", "seeds": 2}))
    assert [(order.params.get("network"), order.params["seed"]) for order in plan] == [
        (None, 0), ("mlp", 0), ("lenet5", 0), (None, 1), ("mlp", 1), ("lenet5", 1),
    ]  # fmt: skip
    assert len({order.key for order in plan}) == 6


@pytest.mark.parametrize("networks", ["nothing", "mlp,mlp"])
def test_networks_that_cannot_be_are_refused(networks):
    with pytest.raises(StudioError):
        EXPERIMENT.plan(EXPERIMENT.settings({"networks": networks}))


@pytest.mark.parametrize("network", ["lenet5", "mlp"])
def test_the_numbers_are_those_of_the_live_view(network):
    order = _order(network)
    values = finish(experiments.measure(order)).values
    config = race_of(order.params)
    prepared = finish(data(config))
    learned = finish(learn(network, prepared.train, len(prepared.class_names), config))
    reader = Reader(network, learned.spec, learned.module, "run", 0, learned.channels_last, torch.device("cpu"))
    session = SimpleNamespace(reader=lambda *_: reader)
    for number, right in enumerate(SHIFTS_PX):
        live = shift_layers(ShiftLayers(prepared.test.images[0], "digits", network, 0, right), session)
        assert [layer.layer for layer in live.layers] == values["layers"]
        assert [layer.title for layer in live.layers] == values["titles"]
        for place, layer in enumerate(live.layers):
            measured = tuple(values[part][place][number] for part in ("inside", "border", "change"))
            wanted = (layer.inside_error, layer.border_error, layer.change)
            assert measured == tuple(None if each is None else pytest.approx(each, abs=1e-6) for each in wanted)


def test_a_real_run_is_repeated_exactly_and_told_on_the_way():
    order = _order("lenet5", pictures=2)
    running, partly = experiments.measure(order), []
    while True:
        try:
            partly.append(next(running))
        except StopIteration as end:
            values = end.value.values
            break
    assert sum(isinstance(each, Partly) for each in partly) == 2
    json.dumps(values)
    assert values["learned"] == 60
    assert 0 <= values["test"] <= 1
    conv, pool = values["inside"][:2]
    assert max(conv) < EXACT
    assert pool[0] > 0.01
    assert pool[3] < EXACT
    assert min(values["border"][0]) > 0
    assert values["change"][-1][0] > 0
    assert finish(experiments.measure(order)).values == values


def test_one_chart_for_each_network_with_borders_apart(results_of):
    found = _found(results_of)
    assert [chart.id for chart in found.charts] == ["errors", "layers_lenet5", "layers_mlp"]
    chart = found.charts[1]
    assert chart.x_names == ("1 conv 5 x 5", "1 max pool 2 x 2", "2 linear")
    lines = {line.name: line for line in chart.series}
    assert list(lines) == ["1 px", "1 px, at borders", "4 px", "4 px, at borders"]
    assert lines["1 px"].x == (0, 1, 2)
    assert lines["1 px"].mean == pytest.approx((1e-7, 0.26, 0.11))
    assert lines["1 px, at borders"].x == (0, 1)
    assert lines["1 px, at borders"].dashed
    assert lines["4 px"].mean[1] == pytest.approx(1e-7)
    assert lines["1 px"].seeds == (3, 3, 3)
    table = found.tables[1]
    assert len(table.rows) == 4 * (2 + 2 + 1) + 4
    assert ("LeNet-5", "1 max pool 2 x 2", "away from borders", 1, pytest.approx(0.26), pytest.approx(0.01), 3) in [
        tuple(row) for row in table.rows
    ]


def test_the_sentences_are_computed(results_of):
    said = _found(results_of).sentences
    assert said[0] == (
        "LeNet-5, shift of 1 px: away from borders the maps move along exactly up to 1 conv 5 x 5; 1 max pool 2 x 2 "
        "differs by 0.26 (0.25 to 0.27 with 3 seeds). At 4 px all maps agree there."
    )
    assert said[1] == (
        "MLP, shift of 1 px: no layer has places; the values of the last layer change by 0.4 (0.4 to 0.4 with 3 seeds)."
    )
    assert said[2].startswith("Change of the last layer's values at 1 px: MLP is above LeNet-5 by 0.29:")


@pytest.mark.parametrize(
    ("inside", "border", "said"),
    [
        (
            [1e-7] * 4,
            [0.3] * 4,
            "away from borders all maps move along exactly; the values of the last layer change by",
        ),
        ([0.5] * 4, [0.6] * 4, "away from borders 1 conv 5 x 5 differs by 0.5."),
        ([None] * 4, [0.6] * 4, "every place sees the border; the values of the last layer change by 0.1."),
    ],
)
def test_every_kind_of_network_has_its_sentence(results_of, inside, border, said):
    values = {
        "layers": ["1_conv", "2_linear"],
        "titles": ["conv 5 x 5", "linear"],
        "inside": [inside, [None] * 4],
        "border": [border, [None] * 4],
        "change": [[None] * 4, [0.1] * 4],
    }
    settings = EXPERIMENT.settings({"networks": "lenet5", "seeds": 1})
    orders = [order for order in EXPERIMENT.plan(settings) if "network" in order.params]
    (sentence,) = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, lambda _: values, orders)).sentences
    assert said in sentence


def test_partial_results_join_as_they_come(results_of):
    settings = EXPERIMENT.settings({"networks": "lenet5,mlp", "seeds": 3})
    plan = EXPERIMENT.plan(settings)
    assert [len(_found(results_of, orders=plan[:count]).charts) for count in range(4)] == [1, 1, 2, 3]
    (empty,) = results_of(EXPERIMENT, {}, lambda _: {}, plan[1:2])
    assert len(EXPERIMENT.findings(settings, [empty]).charts) == 1


def test_of_many_layers_those_are_drawn_that_see_more_than_their_place(results_of):
    names = ["1_conv", "2_residual.body.1_conv", "2_residual.add"] + [f"{number}_relu" for number in range(3, 20)]
    values = {
        "layers": names,
        "titles": ["conv 3 x 3", "conv 3 x 3", "add"] + ["relu"] * 17,
        "inside": [[0.5] * 4] * 20,
        "border": [[0.5] * 4] * 20,
        "change": [[None] * 4] * 20,
    }
    settings = EXPERIMENT.settings({"networks": "lenet5", "seeds": 1})
    orders = [order for order in EXPERIMENT.plan(settings) if "network" in order.params]
    found = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, lambda _: values, orders))
    assert found.charts[1].x_names == ("1 conv 3 x 3", "2.1 conv 3 x 3", "2 add")
    assert all(line.x == (0, 1, 2) for line in found.charts[1].series)
    assert len(found.tables[1].rows) == 20 * 2 * 4
