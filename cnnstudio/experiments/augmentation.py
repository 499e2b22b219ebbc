"""Does augmentation close the gap? The MLP with shifts in training against the CNN without, and the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnstudio import networks
from cnnstudio.core.errors import StudioError
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
from cnnstudio.core.statistics import Gap, Spread, series
from cnnstudio.experiments._chance import chance_of, gap_or_chance
from cnnstudio.experiments._charts import bars_chart
from cnnstudio.experiments._grid import (
    SEEDS,
    examples_knob,
    grid,
    learn_and_measure,
    network_keys,
    networks_knob,
    titles,
)

ID: Final = "augmentation"
_WAYS: Final = {"": "without shifts", "shift": "with shifts"}
_TESTS: Final = {"test": "centred", "moved": "moved by up to 3 px"}
MOVED: Final = "digits:jitter=3"
_CLOSE: Final = 0.02

Shares = dict[tuple[str, str, str], dict[int, float]]
"""By network, augmentation and test set: accuracy by seed."""


def _plan(settings: Settings) -> tuple[Order, ...]:
    keys = network_keys(settings, least=2)
    _pair(keys)
    points: list[dict[str, Value]] = [
        {"dataset": "digits", "examples": settings["examples"], "epochs": settings["epochs"], "augmentation": way}
        for way in _WAYS
    ]
    return grid(ID, keys, points, settings)


def measure(order: Order) -> Measuring:
    """One network learns centred digits, with or without shifts; "moved" is its accuracy on digits off the centre."""
    return (yield from learn_and_measure(order, {"moved": MOVED}))


def _shares(results: Sequence[Result]) -> Shares:
    found: Shares = {}
    for result in results:
        params = result.order.params
        for test in (*_TESTS, "train"):
            place = (str(params["network"]), str(params["augmentation"]), test)
            found.setdefault(place, {})[int(params["seed"])] = float(result.values[test])
    return found


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys = network_keys(settings, least=2)
    shares = _shares(results)
    chart = bars_chart(
        "augmentation", "Test accuracy of networks that learned centred digits", "test pictures", "test accuracy",
        [_bar(shares, key, way, keys) for key in keys for way in _WAYS], tuple(_TESTS.values()),
        chance=chance_of(MOVED),
    )  # fmt: skip
    said, guess = _verdict(shares, keys)
    return Findings((chart,), (_table(shares, keys),), tuple(said), guess, len(results), len(_plan(settings)))


def _bar(shares: Shares, key: str, way: str, keys: Sequence[str]) -> Series:
    points = {float(place): list(shares.get((key, way, test), {}).values()) for place, test in enumerate(_TESTS)}
    name = f"{titles(keys)[key]}, {_WAYS[way]}"
    return series(name, points, network=key, role=networks.find(key)[0].role, dashed=way != "")


def _table(shares: Shares, keys: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for key, title in titles(keys).items():
        for way, said in _WAYS.items():
            found = [shares.get((key, way, test)) for test in ("train", *_TESTS)]
            spreads = [Spread.of(list(each.values())) for each in found if each]
            if spreads:
                rows.append((title, said, *(spread.as_percent for spread in spreads), spreads[0].n))
    headings = ("network", "learned", "train", *(f"test, {said}" for said in _TESTS.values()), "seeds")
    return Table("Accuracy: mean ± standard deviation of the seeds", headings, tuple(rows))


def _verdict(shares: Shares, keys: Sequence[str]) -> tuple[list[str], int | None]:
    dense, conv = _pair(keys)
    named, said = titles(keys), []
    before = Gap.by_seed(shares.get((conv, "", "moved"), {}), shares.get((dense, "", "moved"), {}))
    after = Gap.by_seed(shares.get((conv, "", "moved"), {}), shares.get((dense, "shift", "moved"), {}))
    for gap, way in ((after, " with shifts"), (before, "")):
        if gap is not None:
            names = f"{named[conv]} without shifts", f"{named[dense]}{way or ' without shifts'}"
            learned = shares.get((conv, "", "moved"), {}), shares.get((dense, "shift" if way else "", "moved"), {})
            said.append(gap_or_chance("On moved digits", gap, dict(zip(names, learned, strict=True)), chance_of(MOVED)))
    if before is None or after is None:
        return said, None
    if after.mean < -_CLOSE:
        return said, 2
    return said, 1 if after.mean <= _CLOSE else 0


def _pair(keys: Sequence[str]) -> tuple[str, str]:
    """The first MLP and the first convolutional network."""
    roles = {networks.find(key)[0].role: key for key in reversed(keys)}
    if "mlp" not in roles or "cnn" not in roles:
        raise StudioError(
            "Augmentation is compared between an MLP and a convolutional network, and one of them is missing.",
            remedy="Name one of each, as in mlp,lenet5.",
        )
    return roles["mlp"], roles["cnn"]


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="Does augmentation close the gap?",
    short="Augmentation",
    order=120,
    sentence="Networks learn centred digits, either as they are or shifted at random in training, and read centred "
    "digits and digits up to 3 px off the centre.",
    constructed="Moved test digits are what the shifts in training prepare for: augmentation teaches by example what "
    "weight sharing and pooling build in.",
    guess=Guess(
        "The MLP learns with shifts, the CNN without. Which reads moved digits better?",
        (
            "The CNN, by more than 2 points.",
            "Neither: they come within 2 points of each other.",
            "The MLP, by more than 2 points.",
        ),
    ),
    knobs=(
        networks_knob("mlp,lenet5"),
        examples_knob(4_000),
        Knob("epochs", "epochs", 12, "How often every training picture is seen; with shifts it looks new each time.",
             minimum=1, maximum=1_000, unit="epochs"),
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
