"""What the runs of "depth" say together: curves, gradients layer by layer, the verdict; also while they go on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cnnstudio.core.experiment import Chart, Findings, Result, Series, Table
from cnnstudio.core.statistics import Gap, Spread, figures, gap_sentence, series
from cnnstudio.experiments._grid import SETS, by_seed, having

WIRINGS: Final = {"plain": "plain", "residual": "with shortcuts"}
_FLIPPED: Final = {"plain": "plain, then with shortcuts", "residual": "with shortcuts, then plain"}
_ROLES: Final = {"plain": "", "residual": "cnn"}
_CLOSE: Final = 0.02
_NOTHING: Final = 1e-12
"""Gradients are drawn as powers of ten, and nothing has none."""


def findings(depths: Sequence[int], results: Sequence[Result], planned: int) -> Findings:
    """Everything that can be said of some results.

    Args:
        depths: Numbers of layers that are tried, ascending.
        results: Those that are in; of one that is not finished, values may be missing.
        planned: Runs in all.
    """
    steady = [result for result in results if not result.order.params["flip_at"]]
    flipped = [result for result in results if result.order.params["flip_at"]]
    deepest = depths[-1]
    charts = [_accuracy(steady, depths), _loss(steady, flipped, depths), _gradients(steady, flipped, deepest)]
    charts += [_map(steady, flipped, wiring, deepest) for wiring in WIRINGS]
    said, guess = _verdict(steady, depths)
    said += _gradient_sentences(steady, deepest)
    flips = _flip_sentences(steady, flipped, deepest)
    said = [*said, *flips] if all("test" in result.values for result in flipped) else [*flips, *said]
    return Findings(tuple(charts), (_table(steady, flipped, depths),), tuple(said), guess, len(results), planned)


def _of(results: Sequence[Result], wiring: str, layers: int) -> list[Result]:
    return having(results, {"network": wiring, "layers": layers})


def _shares(results: Sequence[Result], wiring: str, layers: int, value: str) -> dict[int, float]:
    return by_seed(results, value, {"network": wiring, "layers": layers})


def _accuracy(results: Sequence[Result], depths: Sequence[int]) -> Chart:
    found = []
    for wiring, title in WIRINGS.items():
        for value in ("test", "train"):
            points = {float(each): list(_shares(results, wiring, each, value).values()) for each in depths}
            found.append(
                series(f"{title}, {value}", points, network=wiring, role=_ROLES[wiring], dashed=value == "test")
            )
    return Chart("depth", "Accuracy against depth", "lines", "layers", "accuracy", tuple(found))


def _curve(results: Sequence[Result], name: str, wiring: str, dashed: bool = False) -> Series:
    points: dict[float, list[float]] = {}
    for result in results:
        for step, loss in zip(result.values.get("at", ()), result.values.get("loss", ()), strict=True):
            points.setdefault(float(step), []).append(float(loss))
    return series(name, points, network=wiring, role=_ROLES[wiring], dashed=dashed)


def _loss(steady: Sequence[Result], flipped: Sequence[Result], depths: Sequence[int]) -> Chart:
    found = [
        _curve(_of(steady, wiring, layers), f"{layers}, {title}", wiring)
        for layers in dict.fromkeys((depths[0], depths[-1]))
        for wiring, title in WIRINGS.items()
    ]
    if flipped:
        found += [_curve(_of(flipped, wiring, depths[-1]), title, wiring, True) for wiring, title in _FLIPPED.items()]
    steps = sorted({int(result.values["flipped"]) for result in flipped if _is_flipped(result)})
    return Chart(
        "loss", "Training loss along the run", "lines", "step", "loss (nats)", tuple(found), percent=False,
        happened=tuple((float(step), "flip") for step in steps),
    )  # fmt: skip


def _is_flipped(result: Result) -> bool:
    """Whether a run is past its flip."""
    return 0 < int(result.values.get("flipped", 0)) < max(result.values.get("at", ()), default=0)


def layer_means(result: Result) -> list[float]:
    """log10 of each layer's gradient norm, averaged over the points of a run; [] while there is none."""
    rows = result.values.get("gradients", ())
    return [sum(map(_log, norms)) / len(rows) for norms in zip(*rows, strict=True)]


def _log(norm: float) -> float:
    return math.log10(max(_NOTHING, norm))


def _gradients(steady: Sequence[Result], flipped: Sequence[Result], deepest: int) -> Chart:
    found = []
    for results, titles, dashed in ((steady, WIRINGS, False), (flipped, _FLIPPED, True)):
        for wiring, title in titles.items():
            points: dict[float, list[float]] = {}
            for result in _of(results, wiring, deepest):
                for layer, mean in enumerate(layer_means(result), 1):
                    points.setdefault(float(layer), []).append(mean)
            if points or not dashed:
                found.append(series(title, points, network=wiring, role=_ROLES[wiring], dashed=dashed))
    return Chart(
        "gradients", f"Gradient of each of {deepest} layers, mean of the run", "lines", "layer, from the picture on",
        "log10 of the gradient's norm", tuple(found), percent=False,
    )  # fmt: skip


def _map(steady: Sequence[Result], flipped: Sequence[Result], wiring: str, deepest: int) -> Chart:
    """Layers down, points of the run across, of the newest run; of those that were flipped, if there are any."""
    found = {
        title: [result for result in _of(results, wiring, deepest) if result.values.get("gradients")]
        for results, title in ((flipped, _FLIPPED[wiring]), (steady, WIRINGS[wiring]))
    }
    title = next((title for title, own in found.items() if own), WIRINGS[wiring])
    newest = found[title][-1] if found[title] else None
    rows = newest.values["gradients"] if newest is not None else ()
    grid = tuple(tuple(map(_log, norms)) for norms in zip(*rows, strict=True))
    happened: tuple[tuple[float, str], ...] = ()
    if newest is not None and _is_flipped(newest):
        happened = ((float(sum(step <= newest.values["flipped"] for step in newest.values["at"])), "flip"),)
    return Chart(
        f"map_{wiring}", f"Gradients along the run, {deepest} layers, {title}: log10 of the norm", "map",
        "point of the run", "layer, from the picture on", percent=False, grid=grid, happened=happened,
    )  # fmt: skip


def _table(steady: Sequence[Result], flipped: Sequence[Result], depths: Sequence[int]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for results, titles in ((steady, WIRINGS), (flipped, _FLIPPED)):
        for layers in depths:
            for wiring, title in titles.items():
                own = [result for result in _of(results, wiring, layers) if "test" in result.values]
                if own:
                    told = [Spread.of([result.values[name] for result in own]).as_percent for name in SETS]
                    loss = Spread.of([result.values["loss"][-1] for result in own]).mean
                    rows.append((layers, title, own[0].values["weights"], own[0].values["macs"], *told, round(loss, 3),
                                 len(own)))  # fmt: skip
    headings = ("layers", "wiring", "weights", "MACs", *SETS, "loss at the end", "seeds")
    return Table("Depth", headings, tuple(rows))


def _verdict(results: Sequence[Result], depths: Sequence[int]) -> tuple[list[str], int | None]:
    shallow, deep, said = depths[0], depths[-1], []
    between = Gap.by_seed(_shares(results, "residual", deep, "test"), _shares(results, "plain", deep, "test"))
    if between is not None:
        said.append(f"{deep} layers: {gap_sentence(WIRINGS['residual'], WIRINGS['plain'], between)}")
    if shallow == deep:
        return said, None
    gaps = {}
    for wiring, title in WIRINGS.items():
        for value in ("test", "train"):
            gap = Gap.by_seed(_shares(results, wiring, deep, value), _shares(results, wiring, shallow, value))
            if gap is not None:
                gaps[wiring, value] = gap
                told = gap_sentence(f"{deep} layers", f"{shallow} layers", gap)
                said.append(f"{title.capitalize()}, on {value} pictures: {told}")
    if ("plain", "test") not in gaps:
        return said, None
    test, train = gaps["plain", "test"], gaps["plain", "train"]
    if test.mean < -_CLOSE and train.mean < -_CLOSE and train.beyond_seeds:
        said.append("The deeper plain network is worse on what it learned, too: that is not overfitting.")
    return said, _choice(test.mean, train.mean)


def _choice(test: float, train: float) -> int:
    if abs(test) <= _CLOSE:
        return 1
    if test > 0:
        return 0
    return 2 if train < -_CLOSE else 3


def _gradient_sentences(results: Sequence[Result], deepest: int) -> list[str]:
    """How much of the gradient of the last convolution is left at the first one."""
    said = []
    for wiring, title in WIRINGS.items():
        means = [layer_means(result) for result in _of(results, wiring, deepest)]
        ratios = [mean[0] - mean[-2] for mean in means if len(mean) > 2]
        if ratios:
            middle, low, high = (figures(10**log) for log in (Spread.of(ratios).mean, min(ratios), max(ratios)))
            seeds = f" ({low} to {high} with {len(ratios)} seeds)" if len(ratios) > 1 else ""
            said.append(
                f"{deepest} layers, {title}: along the run the gradient of the first convolution is {middle} times "
                f"that of the last{seeds}."
            )
    return said


def _flip_sentences(steady: Sequence[Result], flipped: Sequence[Result], deepest: int) -> list[str]:
    said = []
    for wiring, done in (("residual", "Shortcuts taken out"), ("plain", "Shortcuts put in")):
        own = [result for result in _of(flipped, wiring, deepest) if "after" in result.values]
        if not own:
            continue
        over = [result for result in own if "test" in result.values]
        before, after = (_mean(over or own, _value(name)) for name in ("before", "after"))
        share = float(own[0].order.params["flip_at"])
        told = (
            f"{done} after {100 * share:.0f} % of the run: the loss goes from {before:.2f} to {after:.2f} within a few "
        )
        told += f"steps, and ends at {_mean(over, _last_loss):.2f}." if over else "steps."
        gap = Gap.by_seed(_shares(flipped, wiring, deepest, "test"), _shares(steady, wiring, deepest, "test"))
        if gap is not None:
            told += " On test pictures: " + gap_sentence(f'"{_FLIPPED[wiring]}"', f'"{WIRINGS[wiring]}"', gap)
        said.append(told)
    return said


def _value(name: str) -> Callable[[Mapping[str, float]], float]:
    return lambda values: float(values[name])


def _last_loss(values: Mapping[str, Sequence[float]]) -> float:
    return float(values["loss"][-1])


def _mean(results: Sequence[Result], pick: Callable[..., float]) -> float:
    return Spread.of([pick(result.values) for result in results]).mean
