"""The equivariance microscope: map(shift(x)) against shift(map(x)), as one number for each operation and each layer.

Single operations have random weights or learned first layers; networks learn and are looked at layer by layer.

A. Azulay, Y. Weiss: Why do deep convolutional networks generalize so poorly to small image transformations? Journal of
Machine Learning Research 20, 2019. R. Zhang: Making convolutional networks shift-invariant again. ICML 2019 (blur-pool;
the title says more than holds: the result is robust to shifts, not invariant).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

from cnnstudio.core.convolution import PaddingMode
from cnnstudio.core.equivariance import OPERATIONS, Operation
from cnnstudio.core.experiment import (
    Chart,
    ExperimentInfo,
    Findings,
    Guess,
    Measuring,
    Order,
    Partly,
    Result,
    Series,
    Settings,
    Table,
)
from cnnstudio.core.knobs import Knob
from cnnstudio.core.shifted_maps import EXACT
from cnnstudio.core.statistics import PLAIN, Gap, Spread, gap_sentence, series
from cnnstudio.datasets import find as find_dataset
from cnnstudio.experiments import _microscope_layers as by_layer
from cnnstudio.experiments._grid import EPOCHS, SEEDS, examples_knob, grid, network_keys, race_of

ID: Final = "microscope"
SHIFTS_PX: Final = (1, 2, 3, 4)
"""To the right: every second one is a multiple of the stride of 2."""

LEARNED: Final[Mapping[str, str]] = {"small_cnn": "convolutions", "local": "locally connected", "mlp": "dense"}
"""Networks whose first layers give learned weights, and to what."""

ByShift = dict[int, dict[int, float]]
"""By shift in px and seed: mean relative error over the pictures."""


def _plan(settings: Settings) -> tuple[Order, ...]:
    find_dataset(str(settings["dataset"]))
    params = {name: settings[name] for name in ("dataset", "examples", "weights", "padding", "filters", "pictures")}
    operations = [Order(ID, {**params, "seed": seed}) for seed in range(int(settings["seeds"]))]
    shared = {name: settings[name] for name in ("dataset", "examples", "epochs", "pictures")}
    learning = grid(ID, network_keys(settings, least=0), [shared], settings)
    return tuple(sorted((*operations, *learning), key=lambda order: int(order.params["seed"])))


def measure(order: Order) -> Measuring:
    """A network layer by layer, or all single operations, at all shifts over some test pictures."""
    if "network" in order.params:
        return by_layer.measure(order, SHIFTS_PX)
    return _measure_operations(order)


def _measure_operations(order: Order) -> Measuring:
    """Single operations.

    Returns:
        For each operation "<operation>_inside", "_border" and "_change": by shift the mean over the pictures, or None
        where there is none (a dense layer has no inside, a global pooling only a change).
    """
    import numpy as np

    from cnnstudio.core.picture_changes import shifted
    from cnnstudio.core.shift_bench import BenchWeights, operate
    from cnnstudio.engine._answer_shift import learned_weights
    from cnnstudio.engine.pixels import scaling
    from cnnstudio.experiments._learn import data, learn

    params = order.params
    config = race_of({"network": "mlp", **params})
    prepared = yield from data(config)
    filters, padding = int(params["filters"]), cast("PaddingMode", params["padding"])
    weights = BenchWeights.random(prepared.shape, filters, config.seed)
    for network in LEARNED if params["weights"] == "learned" else ():
        setup = race_of({"network": network, **params})
        learned = yield from learn(network, prepared.train, len(prepared.class_names), setup)
        weights, _ = learned_weights(weights, learned.spec, learned.module, filters)
    mean, spread = scaling(prepared.shape[0])
    pictures = prepared.test.images[: int(params["pictures"])]
    errors: dict[tuple[str, int], list[tuple[float | None, ...]]] = {}
    for place, pixels in enumerate(pictures):
        for right in SHIFTS_PX:
            moved = shifted(pixels, 0, right, circular=padding == "circular")
            plain, after = ((each / np.float64(255) - mean) / spread for each in (pixels, moved))
            for found in operate(plain, after, weights, (0, right), padding=padding):
                numbers = (found.inside_error, found.border_error, found.change)
                errors.setdefault((found.layer, right), []).append(numbers)
        yield Partly((place + 1) / len(pictures), f"picture {place + 1} of {len(pictures)}", values=_means(errors))
    return {**_means(errors), "learned": len(prepared.train) if params["weights"] == "learned" else 0}


def _means(errors: Mapping[tuple[str, int], Sequence[tuple[float | None, ...]]]) -> dict[str, list[float | None]]:
    found = {}
    for operation in OPERATIONS:
        for number, part in enumerate(by_layer.PARTS):
            means: list[float | None] = []
            for right in SHIFTS_PX:
                values = [each[number] for each in errors.get((operation, right), ())]
                known = [value for value in values if value is not None]
                means.append(sum(known) / len(known) if known else None)
            found[f"{operation}_{part}"] = means
    return found


def _numbers(results: Sequence[Result], operation: str, part: str) -> ByShift:
    found: ByShift = {}
    for result in results:
        for right, error in zip(SHIFTS_PX, result.values.get(f"{operation}_{part}", ()), strict=False):
            if error is not None:
                found.setdefault(right, {})[int(result.order.params["seed"])] = float(error)
    return found


def shown(results: Sequence[Result], operation: str) -> tuple[str, ByShift]:
    """The one number of an operation, and what it is about: its inside, else its borders, else its values."""
    for part in by_layer.PARTS:
        found = _numbers(results, operation, part)
        if found:
            return part, found
    return by_layer.PARTS[0], {}


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    layers = by_layer.Layers.of(results, network_keys(settings, least=0), SHIFTS_PX)
    single = [result for result in results if "network" not in result.order.params]
    chart = Chart(
        "errors", "Relative error of map(shift(x)) against shift(map(x)), away from borders if there is such a place",
        "bars", "operation", "relative error", tuple(_bars(single, right) for right in SHIFTS_PX),
        tuple(OPERATIONS.values()), percent=False,
    )  # fmt: skip
    said, guess = _verdict(single)
    said += by_layer.sentences(layers)
    tables = (_table(single), *((by_layer.table(layers, _SAID),) if layers else ()))
    charts = (chart, *(each.chart() for each in layers))
    return Findings(charts, tables, tuple(said), guess, len(results), len(_plan(settings)))


def _bars(results: Sequence[Result], right: int) -> Series:
    points = {}
    for place, operation in enumerate(OPERATIONS):
        points[float(place)] = list(shown(results, operation)[1].get(right, {}).values())
    return series(f"shift {right} px", points, dashed=right % 2 == 1)


def _table(results: Sequence[Result]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for operation, title in OPERATIONS.items():
        for part in by_layer.PARTS:
            for right, seeds in _numbers(results, operation, part).items():
                spread = Spread.of(list(seeds.values()))
                rows.append((title, _SAID[part], right, spread.mean, spread.deviation, spread.n))
    return Table("Relative errors", ("operation", "where", "shift (px)", "mean", "spread", "seeds"), tuple(rows))


_SAID: Final = {"inside": "away from borders", "border": "at borders", "change": "no places, values compared"}


def _verdict(results: Sequence[Result]) -> tuple[list[str], int | None]:
    errors = {operation: _numbers(results, operation, "inside") for operation in OPERATIONS}
    if not errors["conv"]:
        return [], None
    worst = max(error for seeds in errors["conv"].values() for error in seeds.values())
    word = "equivariant" if worst < EXACT else "not equivariant"
    said = [
        f"Convolution at stride 1: the largest error away from borders is {worst:.1g}, over shifts of "
        f"{SHIFTS_PX[0]} to {SHIFTS_PX[-1]} px: {word} there."
    ]
    said += [
        _strided(operation, errors[operation]) for operation in ("conv_stride", "max", "blur") if errors[operation]
    ]
    gap = Gap.by_seed(errors["max"].get(1, {}), errors["blur"].get(1, {}))
    if gap is not None:
        said.append(f"Error at 1 px: {gap_sentence('Max-pool', 'blur-pool', gap, PLAIN, 'above')}")
    said += _rest(results)
    return said, _guess(errors)


def _strided(operation: Operation, errors: ByShift) -> str:
    odd, even = (
        max((error for right, seeds in errors.items() if right % 2 == rest for error in seeds.values()), default=0.0)
        for rest in (1, 0)
    )
    title = OPERATIONS[operation].capitalize()
    agree = "agree" if even < EXACT else f"differ by up to {even:.2g}"
    return f"{title}: at shifts of an even number of px the maps {agree}; at odd ones they differ by up to {odd:.2g}."


def _rest(results: Sequence[Result]) -> list[str]:
    """Dense, locally connected and global."""
    said = []
    for operation in ("dense", "local", "global"):
        part, errors = shown(results, operation)
        if 1 in errors:
            spread = Spread.of(list(errors[1].values()))
            about = "every place sees the border;" if part == "border" else f"{_SAID[part]};"
            said.append(
                f"{OPERATIONS[operation].capitalize()}: {about} the relative error is {spread.mean:.2g} at 1 px."
            )
    return said


def _guess(errors: Mapping[Operation, ByShift]) -> int:
    """Which choice proved right: the operations whose maps move along exactly with a shift of 1 px."""
    exact = {operation for operation, by_shift in errors.items() if 1 in by_shift and max(by_shift[1].values()) < EXACT}
    known = {frozenset(("conv",)): 0, frozenset(("conv", "conv_stride")): 1,
             frozenset(("conv", "conv_stride", "max", "blur", "stride")): 2}  # fmt: skip
    return known.get(frozenset(exact), 3)


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="Does the map move with the picture?",
    short="Microscope",
    order=30,
    sentence="Each operation, and each layer of networks that learned, reads test pictures before and after a shift. "
    "Where a map only moved along, the relative error is 0; maps with nothing in common have 1.41. Borders are counted "
    "apart.",
    constructed="Equivariance of a convolution at stride 1 is a theorem, not a finding: the numbers show how exactly, "
    "where it ends, and that a stride and borders break it. It is no invariance: the map moves.",
    citation="Azulay, Weiss: Why do deep convolutional networks generalize so poorly to small image transformations? "
    "JMLR 20, 2019. Zhang: Making convolutional networks shift-invariant again. ICML 2019.",
    guess=Guess(
        "The picture moves by 1 px. Whose map moves along exactly, away from borders?",
        (
            "Only that of the convolution at stride 1.",
            "Those of both convolutions, at stride 1 and 2.",
            "Those of convolutions and pooling.",
            "Others than these, or none.",
        ),
    ),
    knobs=(
        Knob("dataset", "data set", "digits", "The key of the data set whose test pictures are shifted."),
        Knob("networks", "networks", "mlp,lenet5", "Which networks learn, to be looked at layer by layer; none "
             "leaves the single operations."),
        EPOCHS,
        Knob("weights", "weights", "random", "Of single operations: random ones, or first layers of networks that "
             "learned the set.",
             choices=("random", "learned")),
        Knob("padding", "padding", "zero", "What stands beyond the edge; circular shifts the picture in a circle too.",
             choices=("zero", "replicate", "reflect", "circular")),
        examples_knob(2_000),
        Knob("filters", "filters", 4, "Kernels of each convolution.", minimum=1, maximum=64),
        Knob("pictures", "test pictures", 40, "How many test pictures are shifted.",
             minimum=1, maximum=1_000, unit="pictures", log=True),
        Knob("seeds", "seeds", 5, SEEDS.sentence, minimum=SEEDS.minimum, maximum=SEEDS.maximum, unit=SEEDS.unit),
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
