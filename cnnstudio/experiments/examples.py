"""How many examples? Accuracy against the size of the training set, for any networks, with and without augmentation.

The rule for epochs: every network takes about the same number of steps whatever the size of its set, so that little
data is not also little training. What is learned by then is measured; nothing is chosen by looking at the test set.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Findings, Guess, Order, Result, Series, Settings
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.statistics import Spread
from cnnstudio.experiments._chance import chance_of, gap_or_chance, is_at_chance
from cnnstudio.experiments._charts import lines_chart
from cnnstudio.experiments._grid import (
    SEEDS,
    accuracy_table,
    by_x,
    dataset_knob,
    gap_at,
    grid,
    is_cnn_against,
    leader_and_other,
    learn_and_measure,
    lines,
    network_keys,
    networks_knob,
    titles,
)
from cnnstudio.experiments._needs import need_of, rounded

ID: Final = "examples"
BATCH: Final = 64
STEPS: Final = 600
"""Of every run, at least; 4 epochs of 12,000 examples are 752."""
LEAST_EPOCHS: Final = 4
SCHEDULE: Final = "warmup_linear"
RATE: Final = 5e-3
"""Of four schedules tried on 3,600 and 12,000 pictures, the best or nearly so for both networks, by validation."""
_CLOSE: Final = 0.02
_SHIFT: Final = "shift"


def sizes(settings: Settings) -> tuple[int, ...]:
    """The training-set sizes that are tried: evenly on a logarithmic axis, rounded to two digits."""
    least, most, count = (int(settings[name]) for name in ("least", "most", "points"))
    if least > most:
        raise StudioError(f"The smallest set ({least}) is larger than the largest ({most}).", remedy="Swap them.")
    if count == 1 or least == most:
        return (most,)
    ratio = math.log(most / least) / (count - 1)
    exact = [least * math.exp(ratio * place) for place in range(1, count - 1)]
    return tuple(sorted({least, *(rounded(size) for size in exact), most}))


def epochs_for(examples: int, batch: int = BATCH) -> int:
    """Epochs that make at least `STEPS` steps, and never fewer than `LEAST_EPOCHS`."""
    return max(LEAST_EPOCHS, math.ceil(STEPS / math.ceil(examples / batch)))


def _plan(settings: Settings) -> tuple[Order, ...]:
    keys = network_keys(settings)
    ways = ("", _SHIFT) if settings["augmented"] else ("",)
    points: list[Mapping[str, Value]] = [
        {
            "dataset": settings["dataset"],
            "examples": size,
            "batch_size": BATCH,
            "epochs": epochs_for(size),
            "schedule": SCHEDULE,
            "learning_rate": RATE,
            "augmentation": way,
        }
        for size in sizes(settings)
        for way in ways
    ]
    return grid(ID, keys, points, settings)


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys = network_keys(settings)
    plain, shifted = ([r for r in results if r.order.params["augmentation"] == way] for way in ("", _SHIFT))
    series = lines(plain, keys, "examples")
    if settings["augmented"]:
        series += tuple(_renamed(each) for each in lines(shifted, keys, "examples", train=False))
    chart = lines_chart(
        "examples", "Accuracy against the number of training examples", "training examples", "accuracy", series,
        log_x=True, chance=chance_of(str(settings["dataset"])),
    )  # fmt: skip
    tables = [accuracy_table("Accuracy", plain, keys, "examples", "examples")]
    if settings["augmented"]:
        tables.append(accuracy_table("Accuracy, learned with shifts", shifted, keys, "examples", "examples"))
    sentences, guess = _verdict(settings, keys, plain)
    return Findings((chart,), tuple(tables), tuple(sentences), guess, len(results), len(_plan(settings)))


def _renamed(line: Series) -> Series:
    return Series(
        f"{line.name}, shifted", line.x, line.mean, line.low, line.high, line.seeds, line.network, line.role, True
    )


def _verdict(settings: Settings, keys: Sequence[str], results: Sequence[Result]) -> tuple[list[str], int | None]:
    first, second = leader_and_other(keys)
    if first == second:
        return [], None
    named, tried = titles(keys), sizes(settings)
    gaps = {size: gap for size in tried if (gap := gap_at(results, first, second, "examples", size)) is not None}
    chance = chance_of(str(settings["dataset"]))
    shares = {key: by_x(results, "examples", where={"network": key}) for key in (first, second)}
    said = []
    for size in dict.fromkeys((tried[0], tried[-1])):
        if size in gaps:
            read = {named[key]: found.get(float(size), {}) for key, found in shares.items()}
            said.append(gap_or_chance(f"With {size:,} examples", gaps[size], read, chance))
    if not is_at_chance(shares[first].get(float(max(gaps, default=tried[-1])), {}), chance):
        needs = [needed_sentence(results, first, second, size) for size in tried if size in gaps]
        said += [sentence for sentence in needs if sentence][-1:]
    if len(gaps) < len(tried) or not is_cnn_against(first, second):
        return said, None
    if abs(gaps[tried[-1]].mean) <= _CLOSE:
        return said, 0
    if gaps[tried[-1]].mean < 0:
        return said, 2
    return said, 1


def needed_sentence(results: Sequence[Result], first: str, second: str, size: int) -> str:
    """How many examples the second network needs to reach what the first one reaches with `size`; "" while unknown."""
    goals = by_x(results, "examples", where={"network": first}).get(float(size), {})
    need = need_of(by_x(results, "examples", where={"network": second}), goals)
    if need is None:
        return ""
    goal, named = Spread.of(list(goals.values())), titles((first, second))
    lead = f"What {named[first]} reaches with {size:,} examples ({goal.as_percent}), {named[second]}"
    seeds, most = len(need.found), f"{need.most:,.0f}"
    if not need.reached:
        return f"{lead} does not reach with {most}."
    if need.median is None:
        return f"{lead} reaches with {seeds - need.never} of {seeds} seeds only ({need.span}), with up to {most} tried."
    spread = f"{need.span} with " + (f"{seeds - need.never} of {seeds} seeds" if need.never else f"{seeds} seeds")
    missed = f", not with {most} with {'the other' if need.never == 1 else 'the others'}" if need.never else ""
    if need.median <= need.least:
        return f"{lead} reaches with {need.least:,.0f} or fewer{f' ({spread}{missed})' if missed else ''}."
    how = "between the sizes that were tried, on the logarithmic axis"
    return f"{lead} reaches with {need.about} ({how}{f'; {spread}{missed}' if seeds > 1 else ''})."


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="How many examples does it take?",
    short="Examples",
    order=40,
    sentence="Every network learns training sets of several sizes and is measured on the same test pictures. Each run "
    f"takes at least {STEPS} steps of {BATCH} pictures, and at least {LEAST_EPOCHS} epochs: little data is not little "
    "training.",
    constructed="",
    citation="",
    guess=Guess(
        "With the largest training set, how far ahead is the convolutional network?",
        (
            "Not at all: within 2 points, data in plenty make up for the architecture.",
            "By more than 2 points, even with the largest set.",
            "It is behind by more than 2 points.",
        ),
    ),
    knobs=(
        networks_knob("mlp,lenet5"),
        dataset_knob("digits:jitter=3"),
        Knob("least", "smallest set", 30, "Examples of the smallest training set.",
             minimum=10, maximum=1_000_000, unit="pictures", log=True),
        Knob("most", "largest set", 12_000, "Examples of the largest training set.",
             minimum=10, maximum=1_000_000, unit="pictures", log=True),
        Knob("points", "sizes", 6, "How many sizes are tried.", minimum=1, maximum=20),
        Knob("augmented", "also with shifts", False, "Everything again with training pictures shifted at random."),
        SEEDS,
    ),
    plan=_plan,
    measure=learn_and_measure,
    findings=_findings,
)  # fmt: skip
