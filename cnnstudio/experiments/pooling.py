"""The pooling bench: seven ways to make maps smaller (or not), the same two convolutions around each.

The convolutions repeat the edge where others add zeros. A zero is not background, and a border that can be seen tells a
network where things are (O. S. Kayhan, J. C. van Gemert: On translation invariance in CNNs: convolutional layers can
exploit absolute spatial location. CVPR 2020): with zeros, shifts would measure the padding, too.

The batches, the rule and the number of epochs are the same for all. Of two rules (rate 0.002 throughout; rising to
0.005 and falling again) the one was taken that gave the higher validation accuracy, which was the second one for all
seven, on 2,000 pictures; the test set had no part in it.

R. Zhang: Making convolutional networks shift-invariant again. ICML 2019 (blur pooling, consistency).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cnnstudio.core.comparisons import beyond_all, ranked, shared
from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
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
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import AveragePool, BlurPool, GlobalMax, MaxPool
from cnnstudio.core.layers import Layers, times
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.percent import percent
from cnnstudio.core.statistics import Gap, Spread, gap_sentence, series
from cnnstudio.datasets import find as find_dataset
from cnnstudio.experiments._charts import bars_chart, lines_chart
from cnnstudio.experiments._grid import (
    EPOCHS,
    SEEDS,
    SETS,
    Shares,
    by_network,
    dataset_knob,
    examples_knob,
    having,
    race_of,
    repeated,
    still,
)

ID: Final = "pooling"
WAYS: Final = {
    "none": "none",
    "stride": "stride 2",
    "max": "max",
    "average": "average",
    "blur": "blur",
    "max_blur": "max, then blur",
    "global": "global max",
}
_POOLS: Final[Mapping[str, Layers]] = {
    "max": (MaxPool(2),),
    "average": (AveragePool(2),),
    "blur": (BlurPool(3, 2),),
    "max_blur": (MaxPool(2, 1), BlurPool(3, 2)),
}
_CHOICES: Final = {"none": 0, "stride": 1, "max": 2, "average": 2, "blur": 3, "max_blur": 3, "global": 4}
_PAIRS: Final = (("blur", "stride"), ("max_blur", "max"))
"""The same with and without the blur."""
DISTANCES_PX: Final = (1, 2, 3)
_LEARNED: Final = 0.9
"""Who reads less of the training pictures than this had not done learning."""
_RULE: Final[Mapping[str, Value]] = {"schedule": "warmup_linear", "learning_rate": 5e-3}


def spec(way: str, shape: Shape, classes: int, maps: int) -> NetworkSpec:
    """Two convolutions of 5 x 5, each followed by one way of making its maps smaller, and a linear layer.

    Args:
        way: Out of `WAYS`.
        shape: Channels, height and width of a picture.
        classes: Classes told apart.
        maps: Of the first convolution; the second has twice as many.

    Raises:
        StudioError: The picture is too small.
    """
    stride, pool = 2 if way == "stride" else 1, _POOLS.get(way, ())
    layers: Layers = ()
    for out in (maps, 2 * maps):
        layers += (Conv(out, 5, stride, 2, padding_mode="replicate"), ReLU(), *pool)
    end: Layers = (GlobalMax(),) if way == "global" else ()
    return NetworkSpec(f"pooling_{way}", WAYS[way], shape, classes, (*layers, *end, Flatten(), Linear(classes)))


def ways(settings: Settings) -> tuple[str, ...]:
    """The ways that the settings name, in the order of the list.

    Raises:
        StudioError: One does not exist, or there are fewer than two.
    """
    named = {piece.strip() for piece in str(settings["ways"]).split(",")} - {""}
    unknown = sorted(named - set(WAYS))
    if unknown:
        raise StudioError(f"There is no way {unknown[0]!r} to pool.", remedy="Choose from " + ", ".join(WAYS) + ".")
    if len(named) < 2:
        raise StudioError("Two ways are needed to compare.", remedy="Name two or more, with commas.")
    return tuple(way for way in WAYS if way in named)


def _plan(settings: Settings) -> tuple[Order, ...]:
    shared = {name: settings[name] for name in ("dataset", "examples", "epochs", "maps")}
    planned = repeated(ID, [{"network": way, **shared, **_RULE} for way in ways(settings)], settings)
    info = find_dataset(str(settings["dataset"])).info
    for way in ways(settings):
        spec(way, info.shape, max(2, len(info.class_names)), int(settings["maps"]))
    return planned


def measure(order: Order) -> Measuring:
    """One network learns; then its accuracies, and what shifts of the test pictures do to its verdicts."""
    from cnnstudio.experiments._learn import data, learn
    from cnnstudio.experiments._shift import under_shift

    config = race_of(order.params)
    prepared = yield from data(config)
    classes = len(prepared.class_names)
    network = spec(config.networks[0], prepared.shape, classes, int(order.params["maps"]))
    learned = yield from learn(network, prepared.train, classes, config)
    shares = yield from learned.shares(prepared)
    steady = yield from under_shift(learned, prepared.test, DISTANCES_PX)
    last_map = next(step.given for step in reversed(network.steps()) if isinstance(step.layer, Flatten))
    sizes = {"map": times(*last_map), "weights": network.parameters, "macs": network.macs}
    return shares | steady | sizes


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    tried = ways(settings)
    charts = (
        _over_distance(
            results,
            tried,
            "consistency",
            "Verdicts on test pictures that stay the same when the picture moves",
            "verdicts kept (test)",
        ),
        _over_distance(results, tried, "moved", "Accuracy on test pictures that were moved", "test accuracy"),
        _accuracies(results, tried),
    )
    said, guess = _verdict(results, tried)
    return Findings(charts, (_table(results, tried),), tuple(said), guess, len(results), len(_plan(settings)))


def _over_distance(results: Sequence[Result], tried: Sequence[str], value: str, title: str, y_label: str) -> Chart:
    found: list[Series] = []
    for way in tried:
        points = {
            float(px): list(by_network(results, value, place).get(way, {}).values())
            for place, px in enumerate(DISTANCES_PX)
        }
        if value == "moved":
            points[0.0] = list(still(results).get(way, {}).values())
        found.append(series(WAYS[way], points, network=way, dashed=True))
    return lines_chart(value, title, "shift (px)", y_label, found)


def _accuracies(results: Sequence[Result], tried: Sequence[str]) -> Chart:
    found = []
    for name in SETS:
        shares = by_network(results, name)
        points = {float(place): list(shares.get(way, {}).values()) for place, way in enumerate(tried)}
        found.append(series(name, points, dashed=name == "test"))
    return bars_chart(
        "accuracy", "Accuracy on pictures that did not move", "how maps are made smaller", "accuracy", found,
        [WAYS[way] for way in tried],
    )  # fmt: skip


def _table(results: Sequence[Result], tried: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for way in tried:
        own = having(results, {"network": way})
        if own:
            values = own[0].values
            shares = [*(by_network(own, name)[way] for name in SETS), by_network(own, "consistency", 0)[way]]
            told = [Spread.of(list(each.values())).as_percent for each in shares]
            rows.append((WAYS[way], values["map"], values["weights"], values["macs"], *told, len(own)))
    headings = ("pooling", "last map", "weights", "MACs", *SETS, f"consistency at {DISTANCES_PX[0]} px", "seeds")
    return Table("The bench: mean ± standard deviation of the seeds", headings, tuple(rows))


def _verdict(results: Sequence[Result], tried: Sequence[str]) -> tuple[list[str], int | None]:
    steady, tests = shared(by_network(results, "consistency", 0)), shared(by_network(results, "test"))
    if len(steady) < len(tried) or not all(steady.values()):
        return [], None
    first = ranked(steady)[0]
    said = [f"Moved by {DISTANCES_PX[0]} px: {_steadiest(steady)}"]
    for blurred, plain in _PAIRS:
        gap = Gap.by_seed(steady.get(blurred, {}), steady.get(plain, {}))
        if gap is not None:
            told = gap_sentence(_named(blurred), _named(plain), gap, ahead="steadier than")
            said.append(f"What the blur does: {told}")
    said.append(f"Accuracy on pictures that did not move: {_most_accurate(tests, first)}")
    return said + _unlearned(by_network(results, "train")), _CHOICES[first]


def _steadiest(steady: Shares) -> str:
    """The steadiest and the next one, and which others it is not surely steadier than.

    The first of several is tested against the next one as if it had not been chosen, and against all others: for the
    claim that it is the first that is strict enough (S. Gutmann, Z. Maymin: Is the selected population the best?
    Annals of Statistics 15, 1987).
    """
    first, *others = ranked(steady)
    gaps = {other: Gap.of(list(steady[first].values()), list(steady[other].values())) for other in others}
    told = gap_sentence(_named(first), _named(others[0]), gaps[others[0]], ahead="steadier than")
    unsure = [_named(other) for other in others[1:] if gaps[others[0]].beyond_seeds and not gaps[other].beyond_seeds]
    return f"{told} Against {' and '.join(unsure)} that is not beyond the seeds." if unsure else told


def _most_accurate(tests: Shares, steadiest: str) -> str:
    """The most accurate one and the steadiest, or the next one where they are the same.

    Every other one might have been the most accurate, so that all of them are tested against the steadiest together.
    """
    first, second = ranked(tests)[:2]
    if first == steadiest:
        gap = Gap.of(list(tests[first].values()), list(tests[second].values()))
        return gap_sentence(_named(first), _named(second), gap)
    against = list(tests[steadiest].values())
    gaps = {way: Gap.of(list(tests[way].values()), against) for way in tests if way != steadiest}
    return gap_sentence(_named(first), _named(steadiest), gaps[first], beyond=beyond_all(gaps)[first])


def _unlearned(train: Shares) -> list[str]:
    """Names those that had not learned their own pictures by the end: more epochs might make them better."""
    means = {way: Spread.of(list(shares.values())).mean for way, shares in train.items()}
    low = [f"{_named(way)} {percent(means[way])}" for way in WAYS if means.get(way, 1.0) < _LEARNED]
    return [f"Not all had learned their training pictures when the epochs were over: {', '.join(low)}."] if low else []


def _named(way: str) -> str:
    return f'"{WAYS[way]}"'


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="How should maps shrink?",
    short="Pooling",
    order=70,
    sentence="The same two convolutions with seven ways of making maps smaller: how accurate the network is, and how "
    "often its verdict stays the same when the picture moves by a pixel. No picture moves in training.",
    constructed="Networks learn centred digits and are asked about moved ones: that exposes what pooling gives. "
    "Weights are not equal: a larger last map needs more of them. Steady is not right: see the accuracy beside it.",
    citation="R. Zhang: Making convolutional networks shift-invariant again. ICML 2019. Whether the first of several "
    "is the first: S. Gutmann, Z. Maymin: Is the selected population the best? Annals of Statistics 15, 1987.",
    guess=Guess(
        "A test picture moves by 1 px. With which way does the network most often keep its verdict?",
        (
            "None: maps that keep their size lose nothing.",
            "Stride 2: what is skipped cannot change the verdict.",
            "Max or average pooling, 2 x 2.",
            "Blur pooling, with or without max: smooth before skipping.",
            "Global pooling: one number per map, wherever it was.",
        ),
    ),
    knobs=(
        Knob("ways", "ways", ",".join(WAYS), "Which ways are compared, with commas."),
        dataset_knob(),
        Knob("maps", "maps", 8, "Maps of the first convolution; the second has twice as many.",
             minimum=1, maximum=256, unit="maps", log=True),
        examples_knob(4_000),
        EPOCHS,
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
