"""The nonsense box: how sure are networks that know only digits of letters, scribbles, noise and blank paper?

D. Hendrycks, K. Gimpel: A baseline for detecting misclassified and out-of-distribution examples in neural networks.
ICLR 2017. Temperature and energy: `core.confidence`. The "none of these" class is learned from other kinds of pictures
than it is measured with (`core.nonsense_pictures`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cnnstudio import networks
from cnnstudio.core.comparisons import shared
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
from cnnstudio.core.nonsense_pictures import MEASURED, TAUGHT
from cnnstudio.core.statistics import POINTS, Gap, Spread, Unit, gap_sentence, series
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

ID: Final = "nonsense"
WAYS: Final = {"digits": "", "none": ', with "none of these"'}
REAL: Final = "real"
SCORES: Final = {"softmax": "largest probability", "energy": "energy", "none": '"none of these"'}
SURE: Final = 0.9
_AREA: Final = Unit("of the area under the ROC curve", "of the area under the ROC curve")
_LITTLE, _MUCH = 0.3, 0.6


def _plan(settings: Settings) -> tuple[Order, ...]:
    shared = {name: settings[name] for name in ("dataset", "examples", "epochs", "each")}
    points: list[dict[str, Value]] = [{**shared, "way": way} for way in WAYS]
    return grid(ID, network_keys(settings), points, settings)


def measure(order: Order) -> Measuring:
    """One network learns digits, alone or with "none of these", and is asked about digits and nonsense.

    Returns:
        Shares read correctly of "train", "validation", "test" (of real pictures, where "none" is wrong); "temperature"
        from the validation pictures; for "real" and every measured kind the mean largest probability of a digit
        ("confidence_..."), the same at that temperature ("cooled_...") and the share of pictures with over 90 %
        ("sure_..."); for every kind and "all" how well a score parts real test pictures from them ("auroc_softmax_...",
        "auroc_energy_...", "auroc_none_..."); and where it knows "none", the share called so ("none_...").
    """
    import numpy as np

    from cnnstudio.core.nonsense_pictures import make
    from cnnstudio.engine._answer_read import finite
    from cnnstudio.engine.aside import Aside, keep
    from cnnstudio.engine.session import Reader
    from cnnstudio.experiments._learn import CPU, data, learn

    params, way = order.params, str(order.params["way"])
    config = race_of(params)
    prepared = yield from data(config)
    classes, none = len(prepared.class_names), way == "none"
    train = _with_none(prepared, config.seed) if none else prepared.train
    learned = yield from learn(config.networks[0], train, classes + none, config)
    reader = Reader(config.networks[0], learned.spec, learned.module, "run", None, learned.channels_last, CPU)
    keep(order.key, Aside(reader, learned.spec.title + WAYS[way], none))
    values: dict[str, Any] = {}
    for name in ("train", "test"):
        values[name] = yield from learned.accuracy(getattr(prepared, name))
    held = finite((yield from learned.logits(prepared.validation.images)))
    values["validation"] = float(np.mean(held.argmax(1) == prepared.validation.labels))
    each = int(params["each"])
    real = finite((yield from learned.logits(prepared.test.images[:each])))
    said = {REAL: real}
    for kind in MEASURED:
        # A test seed that no training seed shares: letters are drawn again, noise is other noise.
        pictures = make(kind, each, prepared.shape, 10_000 + config.seed, prepared.test.images[:each])
        said[kind] = finite((yield from learned.logits(pictures)))
        yield None
    return values | _told(said, held, prepared.validation.labels, none)


def _with_none(prepared: Any, seed: int) -> Any:
    """The training pictures, and a sixth of all as one class more: taught kinds in equal parts."""
    import numpy as np

    from cnnstudio.core.dataset import Pictures
    from cnnstudio.core.nonsense_pictures import make

    train = prepared.train
    each = max(1, len(train) // 5 // len(TAUGHT))
    nothing = np.concatenate([make(kind, each, prepared.shape, seed, train.images) for kind in TAUGHT])
    labels = np.full(len(nothing), len(prepared.class_names), np.int64)
    return Pictures(np.concatenate([train.images, nothing]), np.concatenate([train.labels, labels]))


def _told(said: Mapping[str, Any], held: Any, labels: Any, none: bool) -> dict[str, float]:
    """Everything that logits tell, by the names of `measure`."""
    import numpy as np

    from cnnstudio.core.confidence import auroc, energy, fit_temperature, softmax

    temperature = fit_temperature(held, labels)
    known = slice(None, -1 if none else None)
    values = {"temperature": temperature}
    scores: dict[str, dict[str, Any]] = {}
    for kind, logits in said.items():
        probabilities = softmax(logits)
        largest = probabilities[:, known].max(1)
        values[f"confidence_{kind}"] = float(largest.mean())
        values[f"cooled_{kind}"] = float(softmax(logits, temperature)[:, known].max(1).mean())
        values[f"sure_{kind}"] = float(np.mean(largest > SURE))
        scores[kind] = {"softmax": largest, "energy": -energy(logits[:, known])}
        if none:
            values[f"none_{kind}"] = float(np.mean(logits.argmax(1) == logits.shape[1] - 1))
            scores[kind]["none"] = -probabilities[:, -1]
    for score in scores[REAL]:
        all_kinds = np.concatenate([scores[kind][score] for kind in MEASURED])
        values[f"auroc_{score}_all"] = auroc(scores[REAL][score], all_kinds)
        for kind in MEASURED:
            values[f"auroc_{score}_{kind}"] = auroc(scores[REAL][score], scores[kind][score])
    return values


class _Found:
    """Measured values by network, way and name."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = results

    def of(self, key: str, way: str, name: str) -> dict[int, float]:
        """One value by seed."""
        return by_seed(self._results, name, {"network": key, "way": way})

    def nonsense(self, key: str, way: str, what: str) -> dict[int, float]:
        """The mean over the measured kinds, by seed."""
        kinds = [self.of(key, way, f"{what}_{kind}") for kind in MEASURED]
        return {seed: sum(kind[seed] for kind in kinds) / len(kinds) for seed in kinds[0]}


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys, found = network_keys(settings), _Found(results)
    names = (REAL, *MEASURED)
    charts = (
        bars_chart("confidence", "Mean largest probability of a digit; real: test pictures",
                   "pictures", "probability",
                   [_bar(found, key, way, keys, names, "confidence_{}") for key in keys for way in WAYS], names),
        bars_chart("auroc", "Test digits against nonsense: area under the ROC curve", "pictures",
                   "AUROC (test)", [bar for key in keys for bar in _auroc_bars(found, key, keys)], ("all", *MEASURED),
                   percent=False, chance=0.5),
    )  # fmt: skip
    tables = (_accuracy(found, keys), _confidences(found, keys, names), _aurocs(found, keys))
    said, guess = _verdict(found, keys)
    return Findings(charts, tables, tuple(said), guess, len(results), len(_plan(settings)))


def _bar(found: _Found, key: str, way: str, keys: Sequence[str], names: Sequence[str], value: str) -> Series:
    points = {float(place): list(found.of(key, way, value.format(name)).values()) for place, name in enumerate(names)}
    title = titles(keys)[key] + WAYS[way]
    return series(title, points, network=key, role=networks.find(key)[0].role, dashed=way == "none")


def _auroc_bars(found: _Found, key: str, keys: Sequence[str]) -> list[Series]:
    names, made = ("all", *MEASURED), []
    for score, said in SCORES.items():
        bar = _bar(found, key, "none" if score == "none" else "digits", keys, names, f"auroc_{score}_{{}}")
        made.append(Series(f"{titles(keys)[key]}, {said}", bar.x, bar.mean, bar.low, bar.high, bar.seeds, key, bar.role,
                           score == "none"))  # fmt: skip
    return made


def _accuracy(found: _Found, keys: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for key, title in titles(keys).items():
        for way, more in WAYS.items():
            shares = [found.of(key, way, name) for name in ("train", "validation", "test")]
            if shares[0]:
                temperature = Spread.of(list(found.of(key, way, "temperature").values())).mean
                spreads = [Spread.of(list(each.values())) for each in shares]
                rows.append((title + more, *(each.as_percent for each in spreads), temperature, spreads[0].n))
    return Table(
        "Real digits: mean ± standard deviation of the seeds",
        ("network", "train", "validation", "test", "temperature", "seeds"),
        tuple(rows),
    )


def _confidences(found: _Found, keys: Sequence[str], names: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    whats = {"confidence": "mean confidence", "cooled": "at the fitted temperature", "sure": "over 90 % sure",
             "none": 'called "none"'}  # fmt: skip
    for key, title in titles(keys).items():
        for way, more in WAYS.items():
            for what, said in whats.items():
                shares = [found.of(key, way, f"{what}_{name}") for name in names]
                if shares[0]:
                    rows.append((title + more, said, *(Spread.of(list(each.values())).as_percent for each in shares)))
    return Table("How sure: mean ± standard deviation of the seeds", ("network", "what", *names), tuple(rows))


def _aurocs(found: _Found, keys: Sequence[str]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for key, title in titles(keys).items():
        for way, more in WAYS.items():
            for score, said in SCORES.items():
                areas = [found.of(key, way, f"auroc_{score}_{name}") for name in ("all", *MEASURED)]
                if areas[0]:
                    rows.append((title + more, said, *(Spread.of(list(each.values())).mean for each in areas)))
    return Table("Area under the ROC curve, mean of the seeds", ("network", "score", "all", *MEASURED), tuple(rows))


def _verdict(found: _Found, keys: Sequence[str]) -> tuple[list[str], int | None]:
    said: list[str] = []
    sure: dict[str, dict[int, float]] = {}
    for key, title in titles(keys).items():
        known = found.of(key, "digits", "confidence_real")
        if known:
            sure[key] = found.nonsense(key, "digits", "confidence")
            nonsense = Spread.of(list(sure[key].values()))
            kinds = {kind: Spread.of(list(found.of(key, "digits", f"confidence_{kind}").values())) for kind in MEASURED}
            most = max(kinds, key=lambda kind: kinds[kind].mean)
            said.append(
                f"{title} is on average {nonsense.as_percent} sure of nonsense, most of {most} "
                f"({kinds[most].as_percent}), and {Spread.of(list(known.values())).as_percent} of test digits."
            )
    for key, title in titles(keys).items():
        said += _scores(found, key, title) + _none(found, key, title)
    together = shared(sure)
    if len(sure) < len(keys) or not all(together.values()):
        return said, None
    of_seeds = [sum(seeds) / len(seeds) for seeds in zip(*(found.values() for found in together.values()), strict=True)]
    spread = Spread.of(of_seeds)
    if len(sure) > 1:
        networks_said = "both" if len(sure) == 2 else f"all {len(sure)}"
        said.insert(
            0, f"Over {networks_said} networks, nonsense is read with {spread.as_percent} confidence on average."
        )
    return said, 0 if spread.mean < _LITTLE else 1 if spread.mean <= _MUCH else 2


def _scores(found: _Found, key: str, title: str) -> list[str]:
    """Temperature, and energy against the largest probability."""
    said = []
    cooled = found.nonsense(key, "digits", "cooled")
    if cooled:
        temperature = Spread.of(list(found.of(key, "digits", "temperature").values()))
        spread = "" if temperature.deviation is None else f" ± {temperature.deviation:.2f}"
        said.append(
            f"{title} at the temperature that suits its validation pictures, {temperature.mean:.2f}{spread}: "
            f"{Spread.of(list(cooled.values())).as_percent} sure of nonsense. One temperature for all pictures changes "
            "no verdict."
        )
    gap = Gap.by_seed(found.of(key, "digits", "auroc_energy_all"), found.of(key, "digits", "auroc_softmax_all"))
    if gap is not None:
        said.append(f"{title}, parting nonsense from digits: {gap_sentence('energy', 'softmax', gap, _AREA)}")
    return said


def _none(found: _Found, key: str, title: str) -> list[str]:
    """What the further class brings, and what it costs."""
    called = {kind: found.of(key, "none", f"none_{kind}") for kind in (REAL, *MEASURED)}
    if not called[REAL]:
        return []
    shares = {kind: Spread.of(list(seeds.values())) for kind, seeds in called.items()}
    kinds = ", ".join(f"{kind} {shares[kind].as_percent}" for kind in MEASURED)
    said = [
        f'{title} with "none of these", which it learned from {", ".join(TAUGHT)}, says so of kinds it never saw: '
        f"{kinds}; and of {shares[REAL].as_percent} of real test digits."
    ]
    gap = Gap.by_seed(found.of(key, "none", "test"), found.of(key, "digits", "test"))
    if gap is not None:
        told = gap_sentence(f'{title} with "none of these"', f"{title} without it", gap, POINTS)
        said.append(f"On real test digits: {told}")
    return said


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="How sure are they of nonsense?",
    short="Nonsense",
    order=90,
    sentence="Networks that know only digits are shown letters, scribbles, noise, blank and inverted pictures. "
    "Temperature, energy and a class for \"none of these\" are tried against it.",
    constructed="The nonsense is made by the program, and easier to tell from digits than much that a camera sees. "
    f"\"None of these\" is learned from {', '.join(TAUGHT)} and measured with {', '.join(MEASURED)}: no kind is both. "
    "They come on top of the digits, a fifth more pictures and steps.",
    citation="Hendrycks, Gimpel: A baseline for detecting misclassified and out-of-distribution examples. ICLR 2017. "
    "Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks. ICML 2017. Liu, Wang, Owens, Li: "
    "Energy-based out-of-distribution detection. NeurIPS 2020.",
    guess=Guess(
        "A network that learned ten digits and nothing else is shown letters, noise and blank paper. How sure is it of "
        "its verdicts, on average?",
        (
            "Less than 30 %: it has no reason to prefer a digit.",
            "30 to 60 %.",
            "Over 60 %.",
        ),
    ),
    knobs=(
        networks_knob("mlp,lenet5"),
        dataset_knob(),
        examples_knob(4_000),
        epochs_knob(8),
        Knob("each", "pictures of each kind", 200, "How many pictures of each kind the networks are asked about.",
             minimum=10, maximum=2_000, unit="pictures", log=True),
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
