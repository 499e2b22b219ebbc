"""Move my picture: how far may a picture be moved, turned, scaled, disturbed, covered or faded until it is misread?

A. Azulay, Y. Weiss: Why do deep convolutional networks generalize so poorly to small image transformations? Journal of
Machine Learning Research 20, 2019. D. Hendrycks, T. Dietterich: Benchmarking neural network robustness to common
corruptions and perturbations. ICLR 2019.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

from cnnstudio import networks
from cnnstudio.core.comparisons import between, every_pair, ranked
from cnnstudio.core.experiment import (
    Chart,
    ExperimentInfo,
    Findings,
    Guess,
    Measuring,
    Order,
    Partly,
    Result,
    Settings,
    Table,
)
from cnnstudio.core.knobs import Knob
from cnnstudio.core.layer_pools import GlobalAverage, GlobalMax
from cnnstudio.core.picture_changes import AMOUNTS, KINDS, UNCHANGED, UNITS, Kind
from cnnstudio.core.statistics import Spread, series
from cnnstudio.experiments._best import compared
from cnnstudio.experiments._chance import chance_of
from cnnstudio.experiments._charts import lines_chart
from cnnstudio.experiments._grid import (
    SEEDS,
    SETS,
    epochs_knob,
    examples_knob,
    grid,
    having,
    network_keys,
    networks_knob,
    race_of,
    titles,
)

ID: Final = "move"
FAR_PX: Final = 4
"""The shift that the verdict is about: further than training pictures ever move, and hardly any ink is lost."""

LOOKED_AT: Final[Mapping[Kind, float]] = {
    "shift": FAR_PX,
    "rotation": 30,
    "scale": 0.7,
    "noise": 0.3,
    "occlusion": 8,
    "contrast": 0.4,
}
"""One amount of each change, for a sentence."""

_CLOSE: Final = 0.02
_TITLES: Final[Mapping[Kind, tuple[str, str]]] = {
    "shift": ("Moved", "shift (px)"),
    "rotation": ("Turned", "rotation (degrees clockwise)"),
    "scale": ("Larger or smaller", "scale (times)"),
    "noise": ("With noise", "noise (standard deviation, share of black to white)"),
    "occlusion": ("Partly covered", "side of the covered square (px)"),
    "contrast": ("Faded", "contrast (times)"),
}

ByAmount = dict[float, dict[int, float]]
"""By amount and seed: the share read correctly."""


def _plan(settings: Settings) -> tuple[Order, ...]:
    shared = {name: settings[name] for name in ("dataset", "examples", "epochs", "pictures")}
    return grid(ID, network_keys(settings), [shared], settings)


def measure(order: Order) -> Measuring:
    """One network learns, then reads test pictures changed in every way: shares, in the order of `AMOUNTS`."""
    from cnnstudio.core.dataset import Pictures
    from cnnstudio.core.picture_changes import changed
    from cnnstudio.experiments._learn import data, learn

    config = race_of(order.params)
    prepared = yield from data(config)
    learned = yield from learn(config.networks[0], prepared.train, len(prepared.class_names), config)
    values: dict[str, float | int | list[float]] = {"learned": len(prepared.train), "weights": learned.spec.parameters}
    values |= yield from learned.shares(prepared)
    some = prepared.test.take(slice(0, int(order.params["pictures"])))
    for place, kind in enumerate(KINDS):
        yield Partly(place / len(KINDS), f"{kind} of test pictures", values=dict(values))
        shares = []
        for amount in AMOUNTS[kind]:
            pictures = Pictures(changed(some.images, kind, amount, config.seed), some.labels)
            shares.append((yield from learned.accuracy(pictures)))
            yield None
        values[kind] = shares
    return values


def _shares(results: Sequence[Result], key: str, kind: Kind) -> ByAmount:
    found: ByAmount = {amount: {} for amount in AMOUNTS[kind]}
    for result in results:
        if result.order.params["network"] == key and kind in result.values:
            for amount, share in zip(AMOUNTS[kind], result.values[kind], strict=True):
                found[amount][int(result.order.params["seed"])] = float(share)
    return found


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys = network_keys(settings)
    shares = {kind: {key: _shares(results, key, kind) for key in keys} for kind in KINDS}
    chance = chance_of(str(settings["dataset"]))
    charts = tuple(_chart(kind, shares[kind], chance) for kind in KINDS)
    tables = (_table(results, keys), *(_changes(kind, shares[kind]) for kind in KINDS))
    sentences, guess = _verdict(shares["shift"])
    sentences += [said for kind in KINDS if kind != "shift" and (said := _one(kind, shares[kind]))]
    return Findings(charts, tables, tuple(sentences), guess, len(results), len(_plan(settings)))


def _chart(kind: Kind, shares: Mapping[str, ByAmount], chance: float | None) -> Chart:
    title, label = _TITLES[kind]
    drawn = tuple(
        series(name, {amount: list(seeds.values()) for amount, seeds in shares[key].items()}, network=key,
               role=networks.find(key)[0].role, dashed=True)
        for key, name in _named(tuple(shares)).items()
    )  # fmt: skip
    return lines_chart(kind, f"{title}: test accuracy", label, "test accuracy", drawn, chance=chance)


def _table(results: Sequence[Result], keys: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for key, title in _named(keys).items():
        mine = [result.values for result in having(results, {"network": key})]
        if mine:
            spreads = [Spread.of([float(values[name]) for values in mine]) for name in SETS]
            weights = int(mine[0]["weights"])
            rows.append((title, weights, *(spread.as_percent for spread in spreads), spreads[0].n))
    return Table(
        "Unchanged pictures: mean ± standard deviation of the seeds",
        ("network", "weights", *SETS, "seeds"),
        tuple(rows),
    )


def _changes(kind: Kind, shares: Mapping[str, ByAmount]) -> Table:
    named, rows = _named(tuple(shares)), []
    for amount in AMOUNTS[kind]:
        spreads = [Spread.of(list(shares[key][amount].values())).as_percent if shares[key][amount] else None
                   for key in shares]  # fmt: skip
        rows.append((amount, *spreads))
    title, label = _TITLES[kind]
    return Table(
        f"{title}: test accuracy, mean ± standard deviation of the seeds", (label, *named.values()), tuple(rows)
    )


def _one(kind: Kind, shares: Mapping[str, ByAmount]) -> str:
    """What one amount of a change does to every network that is known."""
    amount, unit = LOOKED_AT[kind], UNITS[kind]
    said = []
    for key, title in _named(tuple(shares)).items():
        before, after = shares[key][UNCHANGED[kind]], shares[key][amount]
        if before:
            said.append(f"{title} {Spread.of(list(after.values())).as_percent}")
    return f"{_TITLES[kind][0]} ({amount:g} {unit}), test pictures read: {', '.join(said)}." if said else ""


def _verdict(shares: Mapping[str, ByAmount]) -> tuple[list[str], int | None]:
    named = _named(tuple(shares))
    far = {key: by_amount[FAR_PX] for key, by_amount in shares.items() if by_amount[FAR_PX]}
    if len(far) < 2:
        return [], None
    pairs, order = every_pair(far), ranked(far)
    said = [
        f"Moved by {FAR_PX} px: {compared(pairs, first, second, named)}" for first, second in itertools.pairwise(order)
    ]
    best = between(pairs, order[0], order[1]) if order else None
    if len(far) < len(shares) or best is None:
        return said, None
    return said, 3 if best.gap.mean <= _CLOSE else _kind_of(order[0])


def _named(keys: Sequence[str]) -> dict[str, str]:
    """What to call networks: a CNN with what its maps end in."""
    heads = {1: " (dense head)", 2: " (global pooling)"}
    return {key: title + heads.get(_kind_of(key), "") for key, title in titles(keys).items()}


def _kind_of(key: str) -> int:
    """Which of the first three choices a network belongs to."""
    if networks.find(key)[0].role != "cnn":
        return 0
    steps = networks.spec_for(key, (1, 28, 28), 10).steps()
    return 2 if any(isinstance(step.layer, GlobalMax | GlobalAverage) for step in steps) else 1


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="How far may I move my picture?",
    short="Move",
    order=20,
    sentence="Networks learn a set, then read test pictures that are moved, turned, scaled, disturbed, partly covered "
    "or faded. What leaves the picture is lost; what comes in has the colour of the border.",
    constructed="The default training digits are all centred, so that a moved digit is something new. Networks that "
    "learn moved digits (digits:jitter=3) stand closer together. Convolution and pooling are made for shifts alone: no "
    "network here is built for turns, sizes, noise or covered parts.",
    citation="Azulay, Weiss: Why do deep convolutional networks generalize so poorly to small image transformations? "
    "JMLR 20, 2019. Hendrycks, Dietterich: Benchmarking neural network robustness to common corruptions and "
    "perturbations. ICLR 2019.",
    guess=Guess(
        f"Networks that learned centred digits are given test digits {FAR_PX} px off. Which reads most of them?",
        (
            "The MLP, or another network without shared weights.",
            "The CNN whose maps end in dense layers.",
            "The CNN with global pooling.",
            "The best two lie within 2 points of each other.",
        ),
    ),
    knobs=(
        networks_knob("mlp,lenet5,small_cnn:depth=2"),
        Knob("dataset", "data set", "digits", "The key of the data set, as in digits:jitter=3."),
        examples_knob(4_000),
        epochs_knob(8),
        Knob("pictures", "test pictures", 500, "How many test pictures are changed in every way.",
             minimum=10, maximum=10_000, unit="pictures", log=True),
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
