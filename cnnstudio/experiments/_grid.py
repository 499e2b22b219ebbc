"""Experiments that are a grid: networks by some setting by seeds. Each run is one network that learns one set.

Nothing here imports torch before a run begins: the cards are read by the window and by `--help`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from cnnstudio import networks
from cnnstudio.core.config import RaceConfig, knobs
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Measuring, Order, Result, Series, Settings, Table
from cnnstudio.core.knobs import Knob, Value, split_keys
from cnnstudio.core.statistics import Gap, Spread, series
from cnnstudio.datasets import find as find_dataset

SEEDS: Final = Knob(
    "seeds", "seeds", 3, "How often everything is repeated, with other pictures and other first weights.",
    minimum=1, maximum=100, unit="seeds",
)  # fmt: skip

_FIELDS: Final = frozenset(field.name for field in fields(RaceConfig))

SETS: Final = ("train", "validation", "test")

Shares = dict[str, dict[int, float]]
"""One measured value by network and seed."""


def dataset_knob(default: str = "digits") -> Knob:
    """Which data set is learned."""
    return Knob("dataset", "data set", default, "The key of the data set.")


def epochs_knob(default: int) -> Knob:
    """How long is learned."""
    return Knob(
        "epochs", "epochs", default, "How often every training picture is seen; 0 is what the data set's card advises.",
        minimum=0, maximum=1_000, unit="epochs", automatic="as advised",
    )  # fmt: skip


EPOCHS: Final = epochs_knob(0)


def examples_knob(default: int) -> Knob:
    """How many pictures are learned from."""
    return Knob(
        "examples", "training examples", default, "How many pictures each network learns from.",
        minimum=10, maximum=1_000_000, unit="pictures", log=True,
    )  # fmt: skip


def networks_knob(default: str) -> Knob:
    """Which networks are compared."""
    return Knob("networks", "networks", default, "Which networks are compared: keys with commas between them.")


def network_keys(settings: Settings, least: int = 1) -> tuple[str, ...]:
    """The networks that the settings name, each of which exists.

    Raises:
        StudioError: One does not exist, one is named twice, or there are fewer than `least`.
    """
    keys = split_keys(str(settings["networks"]))
    for key in keys:
        networks.find(key)
    if len(set(keys)) < len(keys):
        raise StudioError("A network is named twice.", remedy="Name each of them once.")
    if len(keys) < least:
        raise StudioError(f"{least} networks are needed to compare, and {len(keys)} named.")
    return keys


def titles(keys: Sequence[str]) -> dict[str, str]:
    """What to call networks: their titles, and their keys where two share a title."""
    plain = {key: networks.find(key)[0].title for key in keys}
    shared = {title for title in plain.values() if list(plain.values()).count(title) > 1}
    return {key: key if title in shared else title for key, title in plain.items()}


def leader_and_other(keys: Sequence[str]) -> tuple[str, str]:
    """The network whose lead is asked about (the first convolutional one, or the last), and the first other one."""
    leader = next((key for key in keys if networks.find(key)[0].role == "cnn"), keys[-1])
    return leader, next((key for key in keys if key != leader), leader)


def is_cnn_against(first: str, second: str) -> bool:
    """Whether a convolutional network is compared with one that is none, as the questions have it."""
    return networks.find(first)[0].role == "cnn" != networks.find(second)[0].role


def race_of(params: Mapping[str, Value]) -> RaceConfig:
    """The set-up of one run: what the data set's card advises, and whatever of it the run's parameters name.

    `network` names the network, `seed` decides the pictures, their order and the first weights, `augmentation` is a
    text with commas, and 0 epochs are what the card advises.

    Raises:
        StudioError: There is no such data set.
    """
    dataset = str(params["dataset"])
    advised = {name: value for name, value in find_dataset(dataset).info.race.items() if name != "networks"}
    given: dict[str, Any] = {name: value for name, value in params.items() if name in _FIELDS}
    given["augmentation"] = tuple(filter(None, str(params.get("augmentation", "")).split(",")))
    given["weights_seed"] = params.get("seed", 0)
    given["networks"] = (str(params["network"]),)
    if not given.get("epochs"):
        given.pop("epochs", None)
    return RaceConfig(**(advised | given))


def learn_and_measure(order: Order, others: Mapping[str, str] | None = None) -> Measuring:
    """One run: the network learns, then reads all three sets.

    Args:
        order: The run.
        others: Further data sets by the name of the value: of each, the test part is read.

    Returns:
        "train", "validation" and "test": shares read correctly, and those of the others; "learned": training pictures;
        "weights": how many.
    """
    from cnnstudio.experiments._learn import data
    from cnnstudio.experiments._partly import learn_partly

    config = race_of(order.params)
    prepared = yield from data(config)
    learned = yield from learn_partly(prepared, config)
    shares = yield from learned.shares(prepared)
    for name, key in (others or {}).items():
        elsewhere = yield from data(replace(config, dataset=key))
        shares[name] = yield from learned.accuracy(elsewhere.test)
    return shares | {"learned": len(prepared.train), "weights": learned.spec.parameters}


def grid(
    experiment: str, keys: Sequence[str], points: Iterable[Mapping[str, Value]], settings: Settings
) -> tuple[Order, ...]:
    """Runs of every network at every point with every seed; whole first seeds come first.

    Raises:
        StudioError: A setting of the runs cannot be.
    """
    points = list(points)
    made = []
    for seed in range(int(settings["seeds"])):
        for point in points:
            made += [Order(experiment, {"network": key, **point, "seed": seed}) for key in keys]
    for order in made[: len(points) * len(keys)]:
        _check(order)
    return tuple(made)


def repeated(experiment: str, points: Iterable[Mapping[str, Value]], settings: Settings) -> tuple[Order, ...]:
    """Runs at every point, each of which names its "network", with every seed; whole first seeds come first.

    Raises:
        StudioError: A setting of the runs cannot be.
    """
    points = list(points)
    made = [Order(experiment, {**point, "seed": seed}) for seed in range(int(settings["seeds"])) for point in points]
    for order in made[: len(points)]:
        check_race(order)
    return tuple(made)


def check_race(order: Order) -> RaceConfig:
    """The set-up of a run, whose numbers are all in range.

    Raises:
        StudioError: There is no such data set, or a number is out of range.
    """
    config = race_of(order.params)
    for name, knob in knobs().items():
        problem = knob.check(getattr(config, name))
        if problem is not None:
            raise StudioError(problem.what, problem.cause, problem.remedy)
    return config


def _check(order: Order) -> None:
    """Refuses what cannot be learned before anything is: a wrong setting, a network that cannot read the pictures."""
    config = check_race(order)
    info = find_dataset(config.dataset).info
    if info.class_names and not info.takes_path:
        networks.spec_for(config.networks[0], info.shape, len(info.class_names))


def having(results: Iterable[Result], where: Mapping[str, Value]) -> list[Result]:
    """The results of the runs with these parameters."""
    return [
        result for result in results if all(result.order.params.get(name) == wanted for name, wanted in where.items())
    ]


def by_seed(results: Iterable[Result], value: str, where: Mapping[str, Value]) -> dict[int, float]:
    """One measured value by seed, of the runs with these parameters; one that has no such value is left out."""
    return {
        int(result.order.params["seed"]): float(result.values[value])
        for result in having(results, where)
        if value in result.values
    }


def by_x(
    results: Iterable[Result], x: str, value: str = "test", where: Mapping[str, Value] | None = None
) -> dict[float, dict[Value, float]]:
    """One measured value by x and seed.

    Args:
        results: What came in.
        x: The parameter along the axis.
        value: Which measured value.
        where: Parameters that a run must have.
    """
    found: dict[float, dict[Value, float]] = {}
    for result in having(results, where or {}):
        params = result.order.params
        found.setdefault(float(params[x]), {})[params.get("seed", 0)] = float(result.values[value])
    return found


def by_network(results: Iterable[Result], value: str, place: int | None = None) -> Shares:
    """One measured value by network and seed; where it is a list, the one at a place."""
    found: Shares = {}
    for result in results:
        share = result.values[value] if place is None else result.values[value][place]
        found.setdefault(str(result.order.params["network"]), {})[int(result.order.params["seed"])] = float(share)
    return found


def still(results: Iterable[Result]) -> Shares:
    """By network and seed: the share read correctly of those test pictures that are also moved, where they were."""
    return by_network((result for result in results if "still" in result.values), "still")


def lines(
    results: Sequence[Result],
    keys: Sequence[str],
    x: str,
    *,
    train: bool = True,
    where: Mapping[str, Value] | None = None,
) -> tuple[Series, ...]:
    """Test accuracy of every network over x, dashed; with it training accuracy, solid."""
    found: list[Series] = []
    named = titles(keys)
    for key in keys:
        role = networks.find(key)[0].role
        wanted = {**(where or {}), "network": key}
        for value, dashed in (("test", True), *((("train", False),) if train else ())):
            points = {at: list(seeds.values()) for at, seeds in by_x(results, x, value, wanted).items()}
            name = f"{named[key]}, {value}" if train else named[key]
            found.append(series(name, points, network=key, role=role, dashed=dashed))
    return tuple(found)


def gap_at(
    results: Sequence[Result],
    first: str,
    second: str,
    x: str,
    at: float,
    *,
    value: str = "test",
    where: Mapping[str, Value] | None = None,
) -> Gap | None:
    """How far one network is ahead of another at one x, seed by seed; None while nothing is known."""
    one = by_x(results, x, value, {**(where or {}), "network": first}).get(at, {})
    other = by_x(results, x, value, {**(where or {}), "network": second}).get(at, {})
    return Gap.by_seed(one, other)


def accuracy_table(
    title: str,
    results: Sequence[Result],
    keys: Sequence[str],
    x: str,
    x_heading: str,
    *,
    where: Mapping[str, Value] | None = None,
) -> Table:
    """Training, validation and test accuracy of every network at every x, with the spread of the seeds."""
    rows: list[tuple[str | float | int | None, ...]] = []
    named = titles(keys)
    for key in keys:
        sets = [by_x(results, x, value, {**(where or {}), "network": key}) for value in SETS]
        for at in sorted(sets[0]):
            spreads = [Spread.of(list(each[at].values())) for each in sets]
            rows.append((named[key], at, *(spread.as_percent for spread in spreads), spreads[0].n))
    headings = ("network", x_heading, *SETS, "seeds")
    return Table(f"{title}: mean ± standard deviation of the seeds", headings, tuple(rows))


def crossing(curve: Mapping[float, float], goal: float) -> float | None:
    """Where a curve first reaches a goal, between its points on a logarithmic x axis; None where it never does."""
    before: tuple[float, float] | None = None
    for x, y in sorted(curve.items()):
        if y >= goal:
            if before is None:
                return x
            share = (goal - before[1]) / (y - before[1])
            return math.exp(math.log(before[0]) + share * (math.log(x) - math.log(before[0])))
        before = (x, y)
    return None
