"""Was it luck? The same race with other seeds: a band, the paired difference, an interval, a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cnnstudio import networks
from cnnstudio.core.comparisons import Pair, Shares, between, every_pair, ranked, times_needed
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
from cnnstudio.core.percent import percent
from cnnstudio.core.statistics import POINTS, Gap, Interval, Spread, figures, series, student_interval
from cnnstudio.experiments._best import compared, others_said
from cnnstudio.experiments._chance import UNTAUGHT, both_at_chance, chance_of
from cnnstudio.experiments._charts import bars_chart, lines_chart
from cnnstudio.experiments._grid import (
    EPOCHS,
    SEEDS,
    SETS,
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
FEW: Final = 5
"""With fewer seeds than this it is said what they cannot show."""
ENOUGH: Final = 10
"""With fewer seeds a bootstrap interval is too narrow (`bootstrap_interval`)."""


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
    pairs = every_pair(tests)
    curves = lines_chart(
        "validation", "Validation accuracy after every epoch", "epochs", "validation accuracy",
        [_curve(results, key, titles(keys)[key]) for key in keys],
    )  # fmt: skip
    each = Chart("seeds", "Test accuracy with each seed", "lines", "seed", "test accuracy", _dots(tests, keys),
                 joined=False)  # fmt: skip
    sentences, guess = _verdict(tests, pairs, titles(keys), chance_of(str(settings["dataset"])))
    tables = (_accuracies(results, keys), _pairs_table(pairs, titles(keys)))
    charts = (curves, each, _leads(tests, pairs, titles(keys)))
    return Findings(charts, tables, tuple(sentences), guess, len(results), len(_plan(settings)))


def _curve(results: Sequence[Result], key: str, title: str) -> Series:
    curves = [result.values["curve"] for result in having(results, {"network": key})]
    epochs = max((len(curve) for curve in curves), default=0)
    points = {float(epoch + 1): [curve[epoch] for curve in curves if epoch < len(curve)] for epoch in range(epochs)}
    return series(title, points, network=key, role=networks.find(key)[0].role)


def _dots(tests: Mapping[str, Mapping[int, float]], keys: Sequence[str]) -> tuple[Series, ...]:
    named = titles(keys)
    return tuple(
        series(named[key], {seed: [share] for seed, share in tests[key].items()}, network=key,
               role=networks.find(key)[0].role)
        for key in keys
    )  # fmt: skip


def _leads(tests: Shares, pairs: Sequence[Pair], named: Mapping[str, str]) -> Chart:
    """How far the best network is ahead of every other one, and whether that is beyond the seeds."""
    order = ranked(tests) if pairs else []
    found = [pair for other in order[1:] if (pair := between(pairs, order[0], other)) is not None]
    points = {float(place): pair.gap.differences for place, pair in enumerate(found)}
    bar = series("points ahead", points, scale=lambda share: POINTS.scale * share)
    best = named[order[0]] if found else "the best"
    said = {True: ": beyond the seeds", False: ": not beyond the seeds", None: ""}
    return bars_chart(
        "lead", f"How far {best} is ahead on test pictures, seed by seed", "the other network",
        "points ahead (test)", [bar] if found else [], [named[pair.second] + said[pair.beyond] for pair in found],
        percent=False,
    )  # fmt: skip


def _accuracies(results: Sequence[Result], keys: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for key, title in titles(keys).items():
        found = [list(by_seed(results, name, {"network": key}).values()) for name in SETS]
        if found[0]:
            interval = student_interval(found[-1])
            low, high = (0.0, 1.0) if interval is None else (max(0.0, interval.low), min(1.0, interval.high))
            within = None if interval is None else f"{percent(low)} to {percent(high)}"
            rows.append((title, *(Spread.of(shares).as_percent for shares in found), within, len(found[0])))
    headings = ("network", *SETS, "95 % interval of the test mean", "seeds")
    return Table("Accuracy: mean ± standard deviation of the seeds", headings, tuple(rows))


def _pairs_table(pairs: Sequence[Pair], named: Mapping[str, str]) -> Table:
    said = {True: "yes", False: "no", None: "one seed"}
    rows = tuple(
        (named[pair.first], named[pair.second], _points(pair.gap.spread), f"{_ahead(pair.gap)} of {pair.gap.n}",
         _p_text(pair.p), _p_text(pair.corrected), said[pair.beyond])
        for pair in pairs
    )  # fmt: skip
    headings = ("ahead", "of", "by (points)", "seeds ahead", "p", "p, all pairs (Holm)", "beyond the seeds")
    return Table("Every pair on test pictures, seed by seed", headings, rows)


def _points(spread: Spread) -> str:
    text = f"{POINTS.scale * spread.mean:.2f}"
    return text if spread.deviation is None else f"{text} ± {POINTS.scale * spread.deviation:.2f}"


def _p_text(p: float | None) -> str | None:
    if p is None:
        return None
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _ahead(gap: Gap) -> int:
    return sum(difference > 0 for difference in gap.differences)


def _verdict(
    tests: Shares, pairs: Sequence[Pair], named: Mapping[str, str], chance: float | None
) -> tuple[list[str], int | None]:
    if not pairs:
        return [], None
    order = ranked(tests)
    untaught = both_at_chance({named[key]: tests[key] for key in order[:2]}, chance, UNTAUGHT)
    if untaught:
        return untaught, None
    closest = between(pairs, order[0], order[1])
    assert closest is not None  # they are two of the networks
    best, gap = named[order[0]], closest.gap
    said = [compared(pairs, order[0], order[1], named)]
    if closest.beyond is None:
        return said, None
    said.append(_interval(closest, len(pairs)))
    if gap.mean:
        said.append(_seeds_ahead(best, gap))
    if len(order) > 2:
        said += others_said(order, pairs, named)
    if gap.n < FEW and gap.spread.deviation:
        said.append(_few(gap.n, len(pairs)))
    unsure = gap.spread.deviation == 0 and gap.mean != 0 and not closest.beyond
    return said, None if unsure else 0 if closest.beyond else 1


def _interval(pair: Pair, pairs: int) -> str:
    """Where the mean gap probably lies."""
    gap, interval, drawn = pair.gap, pair.interval, pair.gap.interval()
    if interval is None or drawn is None:
        if not gap.mean:
            return "Equal accuracies are not yet equal verdicts: other pictures may be the ones that are misread."
        every = "Both" if gap.n == 2 else f"All {gap.n}"
        told = "which is seldom enough" if pair.beyond else "too often for a verdict"
        return (
            f"{every} differences are equal, so that there is no spread to go by. Accuracies are counts of pictures: "
            f"equal networks differ so by chance in up to {100 * (pair.corrected or 0.0):.2g} of 100 such experiments, "
            f"{told}."
        )
    level = f"{100 * interval.level:.3g} % interval"
    of = f", the level at which this one of {pairs} pairs is tested" if pairs > 1 else ""
    narrow = f", too narrow for {gap.n} seeds," if gap.n < ENOUGH else ""
    return (
        f"Over all seeds there are, the mean gap probably lies between {_ends(interval)} points (Student's "
        f"{level}{of}). The 95 % bootstrap interval of these seeds{narrow} lies between {_ends(drawn)}."
    )


def _ends(interval: Interval) -> str:
    """As in "9.2 and 10.8", with as many digits as tell the ends from each other and from nothing."""
    ends = [POINTS.scale * end for end in (interval.low, interval.high)]
    digits = next((d for d in range(1, 6) if min(abs(ends[1] - ends[0]), *map(abs, ends)) >= 2 * 10.0**-d), 6)
    return " and ".join(f"{end:.{digits}f}" for end in ends)


def _seeds_ahead(best: str, gap: Gap) -> str:
    level = sum(difference == 0 for difference in gap.differences)
    tied = f", and level with {level}" if level else ""
    return f"{best} was ahead with {_ahead(gap)} of {gap.n} seeds{tied}."


def _few(seeds: int, pairs: int) -> str:
    """What so few seeds can tell."""
    most = figures(times_needed(seeds, pairs))
    clearest = f", and {most} times for the clearest of {pairs} pairs" if pairs > 1 else ""
    return (
        f"{seeds} seeds show large gaps only: one counts if it is over {figures(times_needed(seeds))} times its own "
        f"spread{clearest}. A smaller one may be real, and takes more seeds to show."
    )


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="Was it luck?",
    short="Luck",
    order=100,
    sentence="The same race again and again, with other pictures, another order and other first weights each time. "
    "All networks share each seed, so that they are compared pair by pair.",
    constructed="Sets that the program makes have other test pictures with each seed. A stored set, as MNIST, has one "
    "test set: there the verdict is about those pictures alone.",
    citation="Student: The probable error of a mean. Biometrika 6, 1908. S. Holm: A simple sequentially rejective "
    "multiple test procedure. Scandinavian Journal of Statistics 6, 1979. B. Efron: Better bootstrap confidence "
    "intervals. Journal of the American Statistical Association 82, 1987.",
    guess=Guess(
        "You saw one network win once. Will the lead hold with other seeds?",
        (
            "Yes: the lead is more than the seeds' doing.",
            "No, or these seeds cannot tell: it lies within what they do.",
        ),
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
