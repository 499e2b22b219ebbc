"""Unfair on purpose: a mark in the corner gives the class away in training; then it is taken away, or lies.

S. Lapuschkin, S. Wäldchen, A. Binder, G. Montavon, W. Samek, K.-R. Müller: Unmasking Clever Hans predictors and
assessing what machines really learn. Nature Communications 10, 2019. R. Geirhos et al.: Shortcut learning in deep
neural networks. Nature Machine Intelligence 2, 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cnnstudio import networks
from cnnstudio.core.comparisons import every_pair, ranked
from cnnstudio.core.experiment import (
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
from cnnstudio.core.marks import CODES, Code, check
from cnnstudio.core.percent import percent
from cnnstudio.core.statistics import Gap, Spread, gap_sentence, series
from cnnstudio.datasets import find as find_dataset
from cnnstudio.experiments._best import compared
from cnnstudio.experiments._chance import chance_of, is_at_chance
from cnnstudio.experiments._charts import bars_chart
from cnnstudio.experiments._grid import (
    SEEDS,
    by_seed,
    dataset_knob,
    epochs_knob,
    examples_knob,
    grid,
    network_keys,
    networks_knob,
    race_of,
    titles,
)

ID: Final = "unfair"
WAYS: Final = {"marked": "learned with marks", "plain": "learned without"}
TESTS: Final = {"test": "right mark", "without": "no mark", "lying": "another class's mark"}
EXPLAINED: Final = 20
"""Test pictures whose verdicts are explained."""

_HALF: Final = 0.5
"""A network that loses more than this share of its accuracy when the mark lies relies on it."""
_LITTLE: Final = 0.05


def _plan(settings: Settings) -> tuple[Order, ...]:
    info = find_dataset(str(settings["dataset"])).info
    if info.class_names:
        check(info.shape[1:], len(info.class_names), str(settings["mark"]))
    shared = {name: settings[name] for name in ("dataset", "examples", "epochs", "mark")}
    points: list[dict[str, Value]] = [{**shared, "way": way} for way in WAYS]
    return grid(ID, network_keys(settings), points, settings)


def measure(order: Order) -> Measuring:
    """One network learns pictures with or without marks, and reads test pictures with each.

    Returns:
        Shares read correctly: "train" and "validation" as they were learned, "test" (with right marks), "without"
        (any), "lying" (with another class's); "follows": the share read as the lying mark's class; "saliency" and
        "occlusion": the mean share of the attribution that falls on the right mark, and "area", the mark's share of
        the picture; one picture as "sample_...": its pixels (of all channels' mean), and both maps from 0 to 255.
    """
    import numpy as np

    from cnnstudio.core.dataset import Pictures
    from cnnstudio.core.marks import marked, wrong
    from cnnstudio.engine.aside import Aside, keep
    from cnnstudio.engine.session import Reader
    from cnnstudio.experiments._learn import CPU, data, learn

    config, way = race_of(order.params), str(order.params["way"])
    code: Code = "place" if order.params["mark"] == "place" else "brightness"
    prepared = yield from data(config)
    classes = len(prepared.class_names)

    def with_marks(pictures: Pictures, labels: Any) -> Pictures:
        return Pictures(marked(pictures.images, labels, classes, code), pictures.labels)

    def as_learned(pictures: Pictures) -> Pictures:
        return with_marks(pictures, pictures.labels) if way == "marked" else pictures

    train = as_learned(prepared.train)
    learned = yield from learn(config.networks[0], train, classes, config)
    reader = Reader(config.networks[0], learned.spec, learned.module, "run", None, learned.channels_last, CPU)
    keep(order.key, Aside(reader, f"{learned.spec.title}, {WAYS[way]}"))
    test, liars = prepared.test, wrong(prepared.test.labels, classes, config.seed)
    right = with_marks(test, test.labels)
    values: dict[str, Any] = {
        "train": (yield from learned.accuracy(train)),
        "validation": (yield from learned.accuracy(as_learned(prepared.validation))),
        "test": (yield from learned.accuracy(right)),
        "without": (yield from learned.accuracy(test)),
    }
    said = (yield from learned.logits(with_marks(test, liars).images)).argmax(1)
    values |= {"lying": float(np.mean(said == test.labels)), "follows": float(np.mean(said == liars))}
    return {**values, **(yield from _explained(reader, right.take(slice(0, EXPLAINED)), code))}


def _explained(reader: Any, pictures: Any, code: Code) -> Measuring:
    """Mean shares of the attribution on the mark, and one picture with its maps."""
    import numpy as np

    from cnnstudio.core.marks import mark_mask, share_on
    from cnnstudio.engine._answer_marked import saliency
    from cnnstudio.engine._occlusion import Subject, occlusion

    shares: dict[str, list[float]] = {"saliency": [], "occlusion": []}
    sample: dict[str, Any] = {}
    verdicts = (yield from reader.logits(pictures.images)).argmax(1)
    for pixels, label, verdict in zip(pictures.images, pictures.labels, verdicts, strict=True):
        subject = Subject(reader.module, reader.spec, pixels, int(verdict), reader.channels_last, reader.device)
        covered = yield from occlusion(subject)
        maps: dict[str, Any] = {"saliency": saliency(subject), "occlusion": covered}
        mask = mark_mask(pixels.shape[1:], int(label), code)
        for name, values in maps.items():
            share = share_on(values, mask)
            if share is not None:
                shares[name].append(share)
        if not sample:
            drawn = {name: np.abs(values) / max(float(np.abs(values).max()), 1e-12) for name, values in maps.items()}
            sample = {f"sample_{name}": np.rint(255 * values).astype(int).tolist() for name, values in drawn.items()}
            sample |= {"sample_pixels": np.rint(pixels.mean(0)).astype(int).tolist(), "sample_label": int(label)}
            sample["area"] = float(mask.mean())
        yield None
    return sample | {name: sum(found) / len(found) for name, found in shares.items() if found}


Shares = dict[int, float]
"""One measured value by seed."""


def _of(results: Sequence[Result], key: str, way: str, name: str) -> Shares:
    return by_seed(results, name, {"network": key, "way": way})


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys = network_keys(settings)
    area = next((float(result.values["area"]) for result in results if "area" in result.values), None)
    chance = chance_of(str(settings["dataset"]))
    charts = (
        bars_chart("accuracy", "Test accuracy with and without the mark", "test pictures", "test accuracy",
                   [_bar(results, key, way, keys, TESTS) for key in keys for way in WAYS], tuple(TESTS.values()),
                   chance=chance),
        bars_chart("attribution",
                   f"Attribution on the mark ({EXPLAINED} test pictures; chance: its area)", "explained by",
                   "share on the mark",
                   [_bar(results, key, way, keys, _METHODS) for key in keys for way in WAYS], tuple(_METHODS.values()),
                   chance=area),
    )  # fmt: skip
    said, guess = _verdict(results, keys, chance)
    return Findings(charts, (_table(results, keys),), tuple(said), guess, len(results), len(_plan(settings)))


_METHODS: Final = {"saliency": "saliency", "occlusion": "occlusion"}


def _bar(results: Sequence[Result], key: str, way: str, keys: Sequence[str], names: Mapping[str, str]) -> Series:
    points = {float(place): list(_of(results, key, way, name).values()) for place, name in enumerate(names)}
    name = f"{titles(keys)[key]}, {WAYS[way]}"
    return series(name, points, network=key, role=networks.find(key)[0].role, dashed=way == "plain")


def _table(results: Sequence[Result], keys: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    names = ("train", "validation", *TESTS, "follows", *_METHODS)
    for key, title in titles(keys).items():
        for way, said in WAYS.items():
            found = [_of(results, key, way, name) for name in names]
            if found[0]:
                spreads = [Spread.of(list(each.values())).as_percent if each else None for each in found]
                rows.append((title, said, *spreads, len(found[0])))
    headings = ("network", "learned", "train", "validation", *(f"test, {said}" for said in TESTS.values()),
                "names the lying mark's class", "saliency on the mark", "occlusion on the mark", "seeds")  # fmt: skip
    return Table("With and without the mark: mean ± standard deviation of the seeds", headings, tuple(rows))


def _verdict(results: Sequence[Result], keys: Sequence[str], chance: float | None) -> tuple[list[str], int | None]:
    follows = {key: _of(results, key, "marked", "follows") for key in keys}
    known = {key: Spread.of(list(seeds.values())) for key, seeds in follows.items() if seeds}
    if not known:
        return [], None
    named, said = titles(keys), []
    for key, spread in known.items():
        shares = _of(results, key, "marked", "test")
        right, lying = (Spread.of(list(each.values())) for each in (shares, _of(results, key, "marked", "lying")))
        relies = "does hardly better than guessing" if is_at_chance(shares, chance) else _relies(right, lying)
        said.append(
            f"{named[key]} {relies}: it reads {right.as_percent} with the right mark and "
            f"{lying.as_percent} with another class's, which it names for {spread.as_percent} of the pictures."
        )
    some = {key: follows[key] for key in known}
    order = ranked(some)
    if len(order) > 1:
        said.append(f"Which follows the lying mark more: {compared(every_pair(some), order[0], order[-1], named)}")
    for key in known:
        said += _without(results, key, named[key])
    if len(known) < len(keys):
        return said, None
    taken = [key for key in known if _lost(results, key) > _HALF]
    if len(taken) in (0, len(keys)):
        return said, 0 if taken else 3
    return said, 1 if any(networks.find(key)[0].role == "mlp" for key in taken) else 2


def _lost(results: Sequence[Result], key: str) -> float:
    """The share of a network's accuracy that is gone when the mark lies."""
    right, lying = (Spread.of(list(_of(results, key, "marked", name).values())).mean for name in ("test", "lying"))
    return 1 - lying / right if right else 0.0


def _relies(right: Spread, lying: Spread) -> str:
    """How far a network leans on the mark, from its accuracies."""
    if right.mean - lying.mean < _LITTLE:
        return "hardly relies on the mark"
    return "relies on the mark" if lying.mean < (1 - _HALF) * right.mean else "relies on the mark in part"


def _without(results: Sequence[Result], key: str, title: str) -> list[str]:
    """What is lost without the mark, and how much of the explanation lies on it."""
    said = []
    gap = Gap.by_seed(_of(results, key, "plain", "without"), _of(results, key, "marked", "without"))
    if gap is not None:
        names = f"{title} that learned without marks", f"{title} that learned with them"
        said.append(f"On pictures without a mark: {gap_sentence(*names, gap)}")
    areas = list(_of(results, key, "marked", "area").values())
    for method in _METHODS:
        marked, plain = (_of(results, key, way, method) for way in WAYS)
        if marked and plain and areas:
            said.append(
                f"{method.capitalize()} of {title}: {Spread.of(list(marked.values())).as_percent} falls on the mark, "
                f"which takes {percent(areas[0])} of the picture; {Spread.of(list(plain.values())).as_percent} "
                "where it learned without marks."
            )
    return said


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="What if the answer stands in the corner?",
    short="Unfair",
    order=110,
    sentence="In training, a mark in the upper left corner gives the class away. The networks are then tested with the "
    "right mark, with none, and with the mark of another class; explanations show whether they looked at it.",
    constructed="The mark is put there on purpose, and is perfect in training; in life a shortcut is seldom so plain. "
    "Global pooling is no protection: near the border, padding tells a CNN where the mark stands (Islam, Jia, Bruce: "
    "How much position information do convolutional neural networks encode? ICLR 2020).",
    citation="Lapuschkin et al.: Unmasking Clever Hans predictors and assessing what machines really learn. Nature "
    "Communications 10, 2019. Geirhos et al.: Shortcut learning in deep neural networks. Nature Machine Intelligence "
    "2, 2020.",
    guess=Guess(
        "In training a mark in the corner gives the class away. Which networks lose more than half of their accuracy "
        "when the mark lies?",
        (
            "All of them.",
            "Some: an MLP is among them.",
            "Some: no MLP is among them.",
            "None: the digit is easy enough to see.",
        ),
    ),
    knobs=(
        networks_knob("mlp,lenet5"),
        dataset_knob(),
        Knob("mark", "mark", "place", f"By what the mark says the class. Place: {CODES['place']}. Brightness: "
             f"{CODES['brightness']}.", choices=tuple(CODES)),
        examples_knob(4_000),
        epochs_knob(8),
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
