"""Was it luck? The same race with other seeds: a band, the paired difference, an interval, a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cnnstudio import networks
from cnnstudio.core.experiment import (
    Chart,
    ExperimentInfo,
    Findings,
    Guess,
    Measuring,
    Order,
    Result,
    Series,
    Settings,
    Table,
)
from cnnstudio.core.knobs import Knob
from cnnstudio.core.statistics import Gap, Spread, gap_sentence, series, student_interval
from cnnstudio.experiments._grid import (
    EPOCHS,
    SEEDS,
    by_seed,
    dataset_knob,
    examples_knob,
    grid,
    having,
    network_keys,
    networks_knob,
    race_of,
    titles,
)

ID: Final = "luck"


def _plan(settings: Settings) -> tuple[Order, ...]:
    shared = {name: settings[name] for name in ("dataset", "examples", "epochs")}
    return grid(ID, network_keys(settings, least=2), [shared], settings)


def measure(order: Order) -> Measuring:
    """One network learns with one seed: its accuracies, and that on the validation pictures after every epoch."""
    from cnnstudio.experiments._learn import data, learn

    config = race_of(order.params)
    prepared = yield from data(config)
    classes = len(prepared.class_names)
    learned = yield from learn(config.networks[0], prepared.train, classes, config, watch=prepared.validation)
    shares = yield from learned.shares(prepared)
    return shares | {"curve": [float(share) for share in learned.watched]}


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys = network_keys(settings, least=2)
    tests = {key: by_seed(results, "test", {"network": key}) for key in keys}
    band = Chart(
        "band", "Validation accuracy along the run: mean and spread of the seeds", "lines", "epochs", "accuracy",
        tuple(_band(results, key) for key in keys),
    )  # fmt: skip
    each = Chart("seeds", "Test accuracy with each seed", "lines", "seed", "accuracy", _dots(tests, keys))
    sentences, guess = _verdict(tests, keys)
    table = Table("Test accuracy", ("network", "mean and spread", "95 % interval of the mean", "seeds"), _rows(tests))
    return Findings((band, each), (table,), tuple(sentences), guess, len(results), len(_plan(settings)))


def _band(results: Sequence[Result], key: str) -> Series:
    curves = [result.values["curve"] for result in having(results, {"network": key})]
    epochs = max((len(curve) for curve in curves), default=0)
    points = {float(epoch + 1): [curve[epoch] for curve in curves if epoch < len(curve)] for epoch in range(epochs)}
    return series(titles((key,))[key], points, network=key, role=networks.find(key)[0].role)


def _dots(tests: Mapping[str, Mapping[int, float]], keys: Sequence[str]) -> tuple[Series, ...]:
    named = titles(keys)
    return tuple(
        series(named[key], {seed: [share] for seed, share in tests[key].items()}, network=key,
               role=networks.find(key)[0].role, dashed=True)
        for key in keys
    )  # fmt: skip


def _rows(tests: Mapping[str, Mapping[int, float]]) -> tuple[tuple[str | float | int | None, ...], ...]:
    rows = []
    for key, shares in tests.items():
        if shares:
            interval = student_interval(list(shares.values()))
            within = "" if interval is None else f"{100 * interval.low:.1f} to {100 * interval.high:.1f} %"
            rows.append((titles(tuple(tests))[key], Spread.of(list(shares.values())).as_percent, within, len(shares)))
    return tuple(rows)


def _verdict(tests: Mapping[str, Mapping[int, float]], keys: Sequence[str]) -> tuple[list[str], int | None]:
    named = titles(keys)
    means = {key: Spread.of(list(shares.values())).mean for key, shares in tests.items() if shares}
    if len(means) < len(keys):
        return [], None
    ranked = sorted(keys, key=lambda key: means[key], reverse=True)
    first, second = ranked[0], ranked[1]
    gap = Gap.by_seed(tests[first], tests[second])
    if gap is None:
        return [], None
    said = [gap_sentence(named[first], named[second], gap)]
    interval = gap.interval()
    if interval is not None:
        said.append(
            f"Drawn again {gap.n} of {gap.n} with replacement, 95 % of the mean gaps lie between "
            f"{100 * interval.low:.1f} and {100 * interval.high:.1f} points (bootstrap; too narrow for few seeds)."
        )
        ahead = sum(difference > 0 for difference in gap.differences)
        said.append(f"{named[first]} was ahead with {ahead} of {gap.n} seeds.")
    return said, {True: 0, False: 1, None: None}[gap.beyond_seeds]


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="Was it luck?",
    short="Luck",
    order=100,
    sentence="The same race again and again, with other pictures, another order and other first weights each time. "
    "Both networks share each seed, so that they are compared pair by pair.",
    citation="Student: The probable error of a mean. Biometrika 6, 1908. B. Efron: Better bootstrap confidence "
    "intervals. Journal of the American Statistical Association 82, 1987.",
    guess=Guess(
        "You saw one network win once. Will the lead hold with other seeds?",
        ("Yes: the lead is more than the seeds' doing.", "No: it lies within what the seeds do."),
    ),
    knobs=(
        networks_knob("mlp,lenet5"),
        dataset_knob("digits:jitter=3"),
        examples_knob(2_000),
        EPOCHS,
        Knob("seeds", "seeds", 5, SEEDS.sentence, minimum=SEEDS.minimum, maximum=SEEDS.maximum, unit=SEEDS.unit),
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)
