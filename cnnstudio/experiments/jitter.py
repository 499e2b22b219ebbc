"""How far may it move? Both networks learn pictures whose pattern sits ever farther from the centre.

D. S. Lahoti, S. Karp, E. Winston, A. Singh, Y. Li: Role of locality and weight sharing in image-based tasks: a sample
complexity separation between CNNs, LCNs, and FCNs. ICLR 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Findings, Guess, Measuring, Order, Result, Settings, Table
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.statistics import Gap, Spread, gap_sentence
from cnnstudio.experiments._chance import chance_of, gap_or_chance, is_at_chance
from cnnstudio.experiments._charts import lines_chart
from cnnstudio.experiments._grid import (
    EPOCHS,
    SEEDS,
    accuracy_table,
    by_x,
    examples_knob,
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

ID: Final = "jitter"
FARTHEST_PX: Final = {"glyphs": 11, "digits": 8}
"""How far the centre of a pattern can go: a glyph to the edge, a digit until its ink leaves the picture."""
POINTS: Final = 6
_LARGE: Final = 0.10
_CLOSE: Final = 0.02
_HALF: Final = "halves"


def dataset_at(task: str, jitter_px: int, side: str = "both") -> str:
    """The key of the data set in which the pattern may move so far."""
    half = "" if side == "both" else f",side={side}"
    return f"{task}:jitter={jitter_px}{half}"


def steps_px(settings: Settings) -> tuple[int, ...]:
    """The distances that are tried, ascending."""
    farthest = FARTHEST_PX[str(settings["task"])]
    wanted = int(settings["farthest"]) or farthest
    if wanted > farthest:
        raise StudioError(
            f"In {settings['task']} a pattern moves {farthest} px at most.", remedy=f"Give at most {farthest}."
        )
    return tuple(sorted({round(wanted * part / (POINTS - 1)) for part in range(POINTS)}))


def _point(settings: Settings, jitter_px: int) -> dict[str, Value]:
    shared = {name: settings[name] for name in ("examples", "epochs")}
    dataset = dataset_at(str(settings["task"]), jitter_px)
    return {"dataset": dataset, "jitter": jitter_px, "part": "around", **shared}


def orders_at(settings: Settings, jitter_px: int) -> tuple[Order, ...]:
    """The runs at one distance with the first seed: one per network, each as in the plan of all runs.

    Raises:
        StudioError: A setting cannot be.
    """
    return grid(ID, network_keys(settings), [_point(settings, jitter_px)], {**settings, "seeds": 1})


def _plan(settings: Settings) -> tuple[Order, ...]:
    keys = network_keys(settings)
    task, shared = str(settings["task"]), {name: settings[name] for name in ("examples", "epochs")}
    points = [_point(settings, px) for px in steps_px(settings)]
    if settings[_HALF]:
        if task != "glyphs":
            raise StudioError("Only glyphs know a left and a right half.", remedy="Choose glyphs, or leave halves out.")
        px = FARTHEST_PX[task]
        points.append({"dataset": dataset_at(task, px, "left"), "jitter": px, "part": _HALF, **shared})
    return grid(ID, keys, points, settings)


def measure(order: Order) -> Measuring:
    """One network learns at one distance; where it saw the left half only, "other" is its accuracy in the right one."""
    if order.params["part"] != _HALF:
        return (yield from learn_and_measure(order))
    right = dataset_at("glyphs", int(order.params["jitter"]), "right")
    return (yield from learn_and_measure(order, {"other": right}))


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys = network_keys(settings)
    around = [result for result in results if result.order.params["part"] == "around"]
    halves = [result for result in results if result.order.params["part"] == _HALF]
    chart = lines_chart(
        "jitter", "Accuracy against how far the pattern may move", "jitter (px to each side)", "accuracy",
        lines(around, keys, "jitter"), chance=chance_of(str(settings["task"])),
    )  # fmt: skip
    tables = [accuracy_table("Accuracy", around, keys, "jitter", "jitter (px)")]
    sentences, guess = _verdict(settings, keys, around)
    if halves:
        tables.append(_half_table(halves, keys))
        sentences += _half_sentences(halves, keys)
    return Findings((chart,), tuple(tables), tuple(sentences), guess, len(results), len(_plan(settings)))


def _verdict(settings: Settings, keys: Sequence[str], results: Sequence[Result]) -> tuple[list[str], int | None]:
    if len(keys) < 2:
        return [], None
    (first, second), named = leader_and_other(keys), titles(keys)
    ends = [steps_px(settings)[0], steps_px(settings)[-1]]
    gaps = [gap_at(results, first, second, "jitter", px) for px in ends]
    chance = chance_of(str(settings["task"]))
    shares = [
        {named[key]: by_x(results, "jitter", where={"network": key}).get(px, {}) for key in (first, second)}
        for px in ends
    ]
    sentences = [
        gap_or_chance(f"At {px} px", gap, found, chance)
        for px, gap, found in reversed(list(zip(ends, gaps, shares, strict=True)))
        if gap is not None
    ]
    near, far = gaps
    untaught = all(is_at_chance(found, chance) for found in shares[0].values())
    if near is None or far is None or untaught or not is_cnn_against(first, second):
        return sentences, None
    return sentences, _guess(near, far)


def _guess(near: Gap, far: Gap) -> int:
    """Which of the choices proved right."""
    if abs(far.mean) <= _CLOSE:
        return 0
    if far.mean < 0:
        return 4
    if abs(far.mean - near.mean) <= _LARGE:
        return 1
    return 2 if far.mean > near.mean else 3


def _half_table(results: Sequence[Result], keys: Sequence[str]) -> Table:
    rows = []
    for key, title in titles(keys).items():
        sets = [by_x(results, "jitter", value, {"network": key}) for value in ("test", "other")]
        if sets[0]:
            known, other = (Spread.of(list(next(iter(each.values())).values())) for each in sets)
            rows.append((title, known.as_percent, other.as_percent, known.n))
    return Table(
        "Learned on the left half: mean ± standard deviation of the seeds",
        ("network", "test, left half", "test, right half", "seeds"),
        tuple(rows),
    )


def _half_sentences(results: Sequence[Result], keys: Sequence[str]) -> list[str]:
    said = []
    for key, title in titles(keys).items():
        sets = [by_x(results, "jitter", value, {"network": key}) for value in ("test", "other")]
        if sets[0]:
            known, other = (next(iter(each.values())) for each in sets)
            gap = Gap.by_seed(known, other)
            assert gap is not None  # both were measured in the same runs
            said.append(f"Learned on the left half: {gap_sentence(f'{title} there', f'{title} on the right', gap)}")
    return said


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="How far may it move?",
    short="Jitter",
    order=10,
    sentence="Both networks learn the same pictures, in which the pattern sits ever farther from the centre, and are "
    "measured on others of the same kind.",
    constructed="The glyph task was constructed to expose the effect: only the pattern tells the class, never its "
    "place. Where nothing moves, an MLP that learned enough does as well.",
    citation="Lahoti, Karp, Winston, Singh, Li: Role of locality and weight sharing in image-based tasks. ICLR 2024.",
    guess=Guess(
        "The pattern may sit anywhere in the picture. What happens to the networks, compared with a pattern that stays "
        "in the middle?",
        (
            "They end within 2 points of each other.",
            "The CNN is ahead, by about as much as with a pattern that stays (10 points more or less).",
            "The CNN is ahead, and by over 10 points more than with a pattern that stays.",
            "The CNN is ahead, but by over 10 points less than with a pattern that stays.",
            "The MLP is ahead by more than 2 points.",
        ),
    ),
    knobs=(
        networks_knob("mlp_deep,small_cnn"),
        Knob("task", "task", "glyphs", "What moves.", choices=tuple(FARTHEST_PX)),
        Knob("farthest", "farthest", 0, "The largest distance from the centre; 0 is as far as it goes.",
             minimum=0, maximum=11, unit="px", automatic="as far as it goes"),
        Knob(_HALF, "left and right", False, "Also: learned on patterns in the left half, measured in the right one."),
        examples_knob(4_000),
        EPOCHS,
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
