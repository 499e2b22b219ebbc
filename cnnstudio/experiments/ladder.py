"""The ladder: from a dense network to a residual one, one part of the design more on each rung, at an equal budget.

Every rung is as wide as the budget of weights, or of multiply-adds, allows (`_rungs`). All learn by the same rule, that
of the experiment "examples": at least 600 steps whatever the size of the set. It was chosen there by validation, and
nothing here is chosen by the test set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, cast

from cnnstudio.core.comparisons import beyond_all
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
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.statistics import Gap, Spread, gap_sentence, series
from cnnstudio.datasets import find as find_dataset
from cnnstudio.experiments import examples
from cnnstudio.experiments._charts import bars_chart, lines_chart
from cnnstudio.experiments._grid import (
    SEEDS,
    SETS,
    Shares,
    by_network,
    by_x,
    dataset_knob,
    examples_knob,
    having,
    race_of,
    repeated,
    still,
)
from cnnstudio.experiments._needs import Need, need_of
from cnnstudio.experiments._rungs import ROLES, RUNGS, SAID, Equal, sized

ID: Final = "ladder"
BUDGETS: Final[dict[Equal, int]] = {"weights": 30_000, "macs": 500_000}
DISTANCES_PX: Final = (1, 2, 3)
FAR_PX: Final = 2
"""The shift at which robustness is compared."""
STEPS: Final = {
    "local": "locality",
    "shared": "sharing weights",
    "pooling": "pooling",
    "norm": "batch normalisation",
    "residual": "residual depth",
}
_WORTH_TELLING: Final = 0.02
"""A network that misses the budget by more than this is named."""


def _budget(settings: Settings) -> tuple[Equal, int]:
    equal = cast("Equal", settings["equal"])
    return equal, int(settings["budget"]) or BUDGETS[equal]


def sizes_of(settings: Settings) -> tuple[int, ...]:
    """Sizes of the training set that are tried, the whole one first."""
    asked = {"least": settings["least"], "most": settings["examples"], "points": settings["points"]}
    return tuple(reversed(examples.sizes(asked)))


def _plan(settings: Settings) -> tuple[Order, ...]:
    equal, budget = _budget(settings)
    points: list[Mapping[str, Value]] = [
        {
            "network": rung,
            "equal": equal,
            "budget": budget,
            "dataset": settings["dataset"],
            "examples": size,
            "batch_size": examples.BATCH,
            "epochs": examples.epochs_for(size),
            "schedule": examples.SCHEDULE,
            "learning_rate": examples.RATE,
        }
        for size in sizes_of(settings)
        for rung in RUNGS
    ]
    planned = repeated(ID, points, settings)
    info = find_dataset(str(settings["dataset"])).info
    for rung in RUNGS:
        sized(rung, info.shape, max(2, len(info.class_names)), equal, budget)
    return planned


def measure(order: Order) -> Measuring:
    """One rung learns: its accuracies, and how it reads test pictures that were moved."""
    from cnnstudio.experiments._learn import data, learn
    from cnnstudio.experiments._shift import under_shift

    config, params = race_of(order.params), order.params
    prepared = yield from data(config)
    classes = len(prepared.class_names)
    rung = sized(config.networks[0], prepared.shape, classes, cast("Equal", params["equal"]), int(params["budget"]))
    learned = yield from learn(rung.spec, prepared.train, classes, config)
    shares = yield from learned.shares(prepared)
    steady = yield from under_shift(learned, prepared.test, DISTANCES_PX)
    return shares | steady | {"weights": rung.spec.parameters, "macs": rung.spec.macs, "off": rung.off}


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    most = sizes_of(settings)[0]
    whole = having(results, {"examples": most})
    charts = [_bars(whole), _over_shift(whole)]
    if len(sizes_of(settings)) > 1:
        charts += [_over_examples(results), _needs_chart(results, sizes_of(settings))]
    said, guess = _verdict(settings, whole, results)
    return Findings(tuple(charts), _tables(settings, whole, results), tuple(said), guess, len(results),
                    len(_plan(settings)))  # fmt: skip


def _far(results: Sequence[Result]) -> Shares:
    return by_network(results, "moved", DISTANCES_PX.index(FAR_PX))


def _bars(results: Sequence[Result]) -> Chart:
    rows = {"train": by_network(results, "train"), "test": by_network(results, "test"),
            f"test, moved by {FAR_PX} px": _far(results)}  # fmt: skip
    found = []
    for name, shares in rows.items():
        points = {float(place): list(shares.get(rung, {}).values()) for place, rung in enumerate(RUNGS)}
        found.append(series(name, points, dashed=name != "train"))
    return bars_chart("ladder", "Accuracy on every rung", "rung", "accuracy", found, tuple(RUNGS.values()))


def _over_shift(results: Sequence[Result]) -> Chart:
    found = []
    for rung in RUNGS:
        points = {0.0: list(still(results).get(rung, {}).values())}
        for place, px in enumerate(DISTANCES_PX):
            points[float(px)] = list(by_network(results, "moved", place).get(rung, {}).values())
        found.append(_line(rung, points))
    return lines_chart("moved", "Accuracy on test pictures that were moved", "shift (px)", "test accuracy", found)


def _over_examples(results: Sequence[Result]) -> Chart:
    found = []
    for rung in RUNGS:
        shares = by_x(results, "examples", where={"network": rung})
        found.append(_line(rung, {size: list(seeds.values()) for size, seeds in shares.items()}))
    return lines_chart(
        "examples", "Test accuracy against the number of training examples", "training examples", "test accuracy",
        found, log_x=True,
    )  # fmt: skip


def _line(rung: str, points: Mapping[float, Sequence[float]]) -> Series:
    return series(RUNGS[rung], points, network=rung, role=ROLES.get(rung, "cnn"), dashed=True)


def needed(results: Sequence[Result], rung: str, most: int, tried: Sequence[int] = ()) -> Need | None:
    """Examples with which a rung reaches what the dense network reaches with `most`, each seed by itself.

    None while fewer than two sizes are known, or one of those that are `tried` is not.
    """
    goals = by_x(results, "examples", where={"network": "dense"}).get(float(most), {})
    curves = by_x(results, "examples", where={"network": rung})
    return need_of(curves, goals) if all(float(size) in curves for size in tried) else None


def _needs_chart(results: Sequence[Result], tried: Sequence[int]) -> Chart:
    """The fewest, the middle and the most examples needed on every rung; rungs that never get there have no bar."""
    needs = {rung: needed(results, rung, tried[0], tried) for rung in RUNGS}
    reached = {float(place): need for place, need in enumerate(needs.values()) if need is not None and need.reached}
    rows: dict[str, dict[float, float | None]] = {"median": {x: need.median for x, need in reached.items()}}
    if any(len(need.found) > 1 for need in reached.values()):
        ends = {"fewest": 0, "most": -1}
        spans = {name: {x: need.reached[end] for x, need in reached.items()} for name, end in ends.items()}
        rows = {"fewest": {**spans["fewest"]}, **rows, "most": {**spans["most"]}}
    bars = [
        series(name, {x: [at] for x, at in row.items() if at is not None}, dashed=name != "median")
        for name, row in rows.items()
    ]
    seeds = max((len(need.found) for need in reached.values()), default=0)
    of = f", median and range of {seeds} seeds" if seeds > 1 else ""
    return Chart(
        "needed", f'Examples needed for what "dense" reads with {tried[0]:,} (test)', "bars", f"rung{of}",
        "training examples", tuple(bars), tuple(_reach(rung, needs[rung]) for rung in RUNGS), percent=False,
    )  # fmt: skip


def _reach(rung: str, need: Need | None) -> str:
    """A rung's name, with the seeds that never get there."""
    if need is None or not need.never:
        return RUNGS[rung]
    return f"{RUNGS[rung]}: {need.never} of {len(need.found)} never" if need.reached else f"{RUNGS[rung]}: never"


def _tables(settings: Settings, whole: Sequence[Result], results: Sequence[Result]) -> tuple[Table, ...]:
    tried, rows = sizes_of(settings), []
    for rung, title in RUNGS.items():
        own = having(whole, {"network": rung})
        if not own:
            continue
        values = own[0].values
        accuracies = [*(by_network(own, name)[rung] for name in SETS), _far(own)[rung],
                      by_network(own, "consistency", 0)[rung]]  # fmt: skip
        told = [Spread.of(list(each.values())).as_percent for each in accuracies]
        rows.append((title, values["weights"], values["macs"], f"{100 * values['off']:+.1f} %", *told,
                     *_need_cells(needed(results, rung, tried[0], tried)), len(own)))  # fmt: skip
    headings = ("rung", "weights", "MACs", "off the budget", *SETS, f"test, moved by {FAR_PX} px",
                "consistency at 1 px", f"examples for what dense reaches with {tried[0]:,} (median)", "fewest to most",
                "seeds that reach it", "seeds")  # fmt: skip
    said = Table("What each rung is", ("rung", "adds"), tuple((RUNGS[rung], text) for rung, text in SAID.items()))
    return Table("The ladder: mean ± standard deviation of the seeds", headings, tuple(rows)), said


def _need_cells(need: Need | None) -> tuple[str, str | None, str | None]:
    if need is None:
        return "unknown", None, None
    return need.about, need.span or None, f"{len(need.reached)} of {len(need.found)}"


def steps(shares: Shares) -> dict[str, Gap]:
    """How far each rung is ahead of the one below it, seed by seed; steps that are not known yet are left out."""
    found = {}
    for below, above in pairwise(RUNGS):
        gap = Gap.by_seed(shares.get(above, {}), shares.get(below, {}))
        if gap is not None:
            found[above] = gap
    return found


def largest(gaps: Mapping[str, Gap]) -> str:
    """The rung whose step up is the largest of those beyond the seeds, or of all where none is.

    All steps are looked at, so that they are tested together (`comparisons.beyond_all`).
    """
    beyond = beyond_all(gaps)
    sure = {rung: gap for rung, gap in gaps.items() if beyond[rung] and gap.mean > 0} or gaps
    return max(sure, key=lambda rung: sure[rung].mean)


def _mattered(shares: Shares, of: str) -> str:
    """Which step mattered most, as far as it can be told from the next one."""
    gaps = steps(shares)
    beyond = beyond_all(gaps)
    rung, top = largest(gaps), max(gaps, key=lambda each: gaps[each].mean)
    if gaps[top].mean <= 0:
        return f"For {of} no step of the ladder leads upwards."
    told = gap_sentence(f'"{RUNGS[rung]}"', f'"{RUNGS[_below(rung)]}"', gaps[rung], beyond=beyond[rung])
    if beyond[rung] is False:
        told = told.removeprefix("No difference beyond the seeds: ")
        together = f"all {len(gaps)} tested together (Holm 1979)"
        return f"For {of} no step upwards is beyond the seeds, {together}. The largest is {STEPS[rung]}: {told}"
    if rung != top:
        more = f"That of {STEPS[top]} is larger on average, but within what the seeds do."
        return f"For {of}, {STEPS[rung]} is the largest step beyond the seeds: {told} {more}"
    others = sorted((each for each in gaps if each != rung), key=lambda each: -gaps[each].mean)
    close = [each for each in others if not _smaller(shares, each, rung)]
    if not close:
        return f"For {of}, {STEPS[rung]} mattered most: {told}"
    which = f"The next one, {STEPS[close[0]]}," if close[0] == others[0] else f"That of {STEPS[close[0]]}"
    doubt = "" if gaps[rung].n == 1 else f" {which} is not smaller beyond the seeds."
    return f"For {of}, {STEPS[rung]} was the largest step: {told}{doubt}"


def _smaller(shares: Shares, rung: str, than: str) -> bool:
    """Whether a step is smaller than another one beyond the seeds."""
    lead = Gap.by_seed(_rises(shares, than), _rises(shares, rung))
    return lead is not None and lead.mean > 0 and lead.beyond_seeds is True


def _below(rung: str) -> str:
    order = list(RUNGS)
    return order[order.index(rung) - 1]


def _rises(shares: Shares, rung: str) -> dict[int, float]:
    """By how much a step leads upwards, by seed."""
    above, below = shares.get(rung, {}), shares.get(_below(rung), {})
    return {seed: above[seed] - below[seed] for seed in above if seed in below}


def _verdict(settings: Settings, whole: Sequence[Result], results: Sequence[Result]) -> tuple[list[str], int | None]:
    tests = by_network(whole, "test")
    gaps = steps(tests)
    if len(gaps) < len(STEPS):
        return [], None
    said = [
        _mattered(tests, "accuracy"),
        _mattered(_far(whole), f"accuracy on pictures moved by {FAR_PX} px"),
        *_down(gaps),
        *_examples_sentence(settings, results),
        *_off_sentence(settings, whole),
    ]
    rung = largest(gaps)
    return said, list(STEPS).index(rung) if gaps[rung].mean > 0 else None


def _down(gaps: Mapping[str, Gap]) -> list[str]:
    """Names steps that led downwards."""
    beyond = beyond_all(gaps)
    worse = [STEPS[rung] for rung, gap in gaps.items() if gap.mean < 0 and beyond[rung]]
    return [f"At this budget these steps cost accuracy, beyond the seeds: {', '.join(worse)}."] if worse else []


def _examples_sentence(settings: Settings, results: Sequence[Result]) -> list[str]:
    tried = sizes_of(settings)
    needs = {rung: need for rung in STEPS if (need := needed(results, rung, tried[0], tried)) is not None}
    if len(needs) < len(STEPS):
        return []
    told = "; ".join(f'"{RUNGS[rung]}" {need.told}' for rung, need in needs.items())
    seeds = min(len(need.found) for need in needs.values())
    of = f" (median and range of {seeds} seeds)" if seeds > 1 else ""
    return [f'Examples for what "dense" reaches with {tried[0]:,}{of}: {told}.']


def _off_sentence(settings: Settings, whole: Sequence[Result]) -> list[str]:
    equal, budget = _budget(settings)
    offs = {str(result.order.params["network"]): float(result.values["off"]) for result in whole}
    told = [f'"{RUNGS[rung]}" by {100 * off:+.1f} %' for rung, off in offs.items() if abs(off) > _WORTH_TELLING]
    of = "weights" if equal == "weights" else "multiply-adds"
    return [f"Whole widths miss the budget of {budget:,} {of}: {', '.join(told)}."] if told else []


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="Which part matters most?",
    short="Ladder",
    order=60,
    sentence="From a dense network to a residual one, one part of the design more on each rung, all as large as the "
    "same budget allows. Equal weights are not equal work: a shared weight is used at every place.",
    constructed="Training digits are centred; moved ones come only in the test. What a step is worth depends on the "
    "task, on the budget and on the order of the steps: each stands on all the steps before it.",
    citation="LeCun: Generalization and network design strategies. University of Toronto, CRG-TR-89-4, 1989 (nets 1 to "
    "5). Ioffe, Szegedy: Batch normalization. ICML 2015. He, Zhang, Ren, Sun: Deep residual learning for image "
    "recognition. CVPR 2016.",
    guess=Guess(
        "Which step of the ladder raises the accuracy on test pictures most?",
        (
            "Locality: a unit reads a window, not everything.",
            "Sharing: the same weights at every place.",
            "Pooling: the largest of 2 x 2, in place of stride.",
            "Batch normalisation.",
            "Residual depth: three times as many convolutions, with shortcuts.",
        ),
    ),
    knobs=(
        Knob("equal", "equal", "weights", "What all rungs have as many of.", choices=tuple(BUDGETS)),
        Knob("budget", "budget", 0, "Weights, or multiply-adds for one picture (normalisation is not counted); 0 is "
             f"{BUDGETS['weights']:,} or {BUDGETS['macs']:,}.", minimum=0, maximum=10_000_000),
        dataset_knob(),
        examples_knob(4_000),
        Knob("least", "smallest set", 200, "Examples of the smallest training set.",
             minimum=10, maximum=1_000_000, unit="pictures", log=True),
        Knob("points", "sizes", 3, "How many sizes of the training set are tried.", minimum=1, maximum=20),
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
