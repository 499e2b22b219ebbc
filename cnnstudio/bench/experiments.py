"""How fast experiments are, in the window and on processes, and whether what they say at full size is so."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cnnstudio.bench._apart import apart
from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.bench._cluster import on_cluster
from cnnstudio.bench._experiments_window import jitter, offsets, smooth
from cnnstudio.bench._sweeps import differing, empty_home, kill_halfway, only, results_of, warmed_seconds
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import StepEnd
from cnnstudio.core.experiment import Result, Settings
from cnnstudio.core.knobs import Value
from cnnstudio.core.shifted_maps import EXACT
from cnnstudio.core.statistics import Gap
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session
from cnnstudio.experiments import find
from cnnstudio.experiments._grid import gap_at

WORKERS = 2
EXAMPLES_S = 60.0
LEAST_SPEED_UP = 1.7
QUICK_EXAMPLES: dict[str, Value] = {"least": 100, "most": 200, "points": 2, "seeds": 1}
LOCAL_PERCENT = 25.0
LOCAL_SETS = {"grey 28 x 28": "glyphs", "colour 32 x 32": "shapes"}
LOCAL_BATCHES = (64, 128)
FAR_PX, FAR_POINTS = 11, 50.0
NEAR_PX, NEAR_POINTS = 0, 2.0


def examples(options: Options) -> Iterator[Finding]:
    """The experiment "how many examples?" as it is offered, from nothing; then with two warm processes and with one."""
    info, settings = find("examples"), QUICK_EXAMPLES if options.quick else {}
    with empty_home():
        began = time.perf_counter()
        results = results_of(info, settings, WORKERS)
        seconds = time.perf_counter() - began
        yield Finding(f"how many examples, {len(results)} runs, {WORKERS} processes", seconds, "s", EXAMPLES_S)
        alone, together = [], []
        for _ in range(1 if options.quick else options.runs):
            alone.append(warmed_seconds(info, settings, 1))
            together.append(warmed_seconds(info, settings, WORKERS))
    one, two = Spread.of(alone, "s"), Spread.of(together, "s")
    yield Finding("the same, warm, one process, median", one.median, "s", spread=one)
    yield Finding(f"the same, warm, {WORKERS} processes, median", two.median, "s", spread=two)
    ratios = Spread.of([a / b for a, b in zip(alone, together, strict=True)], "times")
    yield Finding("two processes against one, median", ratios.median, "times", LEAST_SPEED_UP, False, ratios)


def local(options: Options) -> Iterator[Finding]:
    """The locally connected network's speed against the convolutional one's, each on its own clock in one race."""
    for title, dataset in LOCAL_SETS.items():
        for batch in LOCAL_BATCHES:
            size = 2 * batch if options.quick else 16 * batch
            config = RaceConfig(dataset=dataset, networks=("small_cnn", "local"), examples=size, batch_size=batch)
            runs = 1 if options.quick else options.runs
            rates = [apart(own_rates, config=config.with_(epochs=2).to_json()) for _ in range(runs)]
            shares = Spread.of([100 * rate["local"] / rate["small_cnn"] for rate in rates], "%")
            yield Finding(
                f"locally connected, {title}, batch {batch}, share of the convolution's speed, median",
                shares.median, "%", LOCAL_PERCENT, False, shares,
            )  # fmt: skip
            speed = Spread.of([rate["local"] for rate in rates], "pictures/s")
            yield Finding("its own speed", speed.median, "pictures/s", spread=speed)


def own_rates(config: dict[str, Any]) -> dict[str, float]:
    """Runs a race, and gives each network's pictures per second of its own, after its first step."""
    points = [event for event in race(RaceConfig.from_json(config), Session()) if isinstance(event, StepEnd)]
    if len(points) < 2:
        raise StudioError("The race had too few steps.")
    (first, last), found = (points[0], points[-1]), {}
    for before, after in zip(first.results, last.results, strict=True):
        found[after.network] = (last.examples - first.examples) / (after.own_seconds - before.own_seconds)
    return found


def lead(options: Options) -> Iterator[Finding]:
    """By how much the CNN leads on glyphs that may move as far as they go, and on those that do not move."""
    settings: dict[str, Value] = {"examples": 500, "epochs": 2, "seeds": 1} if options.quick else {}
    info = only(find("jitter"), lambda order: order.params["jitter"] in (NEAR_PX, FAR_PX))
    with empty_home():
        results = results_of(info, settings, WORKERS)
    for px, target, at_most in ((FAR_PX, FAR_POINTS, False), (NEAR_PX, NEAR_POINTS, True)):
        gap = _gap(results, "small_cnn", "mlp_deep", "jitter", px)
        yield Finding(
            f"lead of the CNN on glyphs, jitter {px} px, mean", 100 * gap.mean, "points", target, at_most, _points(gap)
        )


def scramble(options: Options) -> Iterator[Finding]:
    """What is left of the CNN's lead on centred digits when all pixels are scrambled."""
    settings: dict[str, Value] = {"blocks": "", "table": False}
    settings |= {"examples": 500, "epochs": 1, "seeds": 2} if options.quick else {}
    info = find("scramble")
    with empty_home():
        results = results_of(info, settings, WORKERS)
    whole = max(int(result.order.params["block"]) for result in results)
    before, after = (_gap(results, "lenet5", "mlp", "block", block) for block in (whole, 1))
    yield Finding("lead of the CNN on centred digits, mean", 100 * before.mean, "points", spread=_points(before))
    yield Finding("the same, all pixels scrambled, mean", 100 * after.mean, "points", spread=_points(after))
    beyond = 100 * (after.mean - (after.spread.deviation or 0.0))
    yield Finding("the same, less the standard deviation over the seeds", beyond, "points", 0.0)


def _gap(results: tuple[Result, ...], first: str, second: str, x: str, at: float) -> Gap:
    gap = gap_at(results, first, second, x, at)
    if gap is None:
        raise StudioError(f"Nothing was measured at {x} {at:g}.")
    return gap


def _points(gap: Gap) -> Spread:
    return Spread.of([100 * each for each in gap.differences], "points")


def equivariance(options: Options) -> Iterator[Finding]:
    """How far map(shift(x)) of a convolution at stride 1 is from shift(map(x)), away from borders."""
    settings: dict[str, Value] = {"pictures": 5, "seeds": 1} if options.quick else {}
    with empty_home():
        results = results_of(find("microscope"), settings, WORKERS)
    single = [result.values["conv_inside"] for result in results if "conv_inside" in result.values]
    worst = max(map(max, single))
    yield Finding("convolution at stride 1, largest relative error away from borders", worst, "", EXACT)


def cluster(options: Options) -> Iterator[Finding]:
    """A sweep on a Dask cluster of this computer that loses a worker, against the same sweep in processes."""
    settings: Settings = QUICK_EXAMPLES if options.quick else {}
    info = find("examples")
    with empty_home():
        here = results_of(info, settings, WORKERS)
        there = on_cluster(info, settings, WORKERS)
    yield Finding(f"runs of {len(here)} that differ on a cluster that lost a worker", differing(here, there), "runs", 0)


def resume(options: Options) -> Iterator[Finding]:
    """A sweep that is killed halfway and resumed, against one that was not."""
    settings: Settings = QUICK_EXAMPLES if options.quick else {}
    info = find("examples")
    with empty_home(), tempfile.TemporaryDirectory(prefix="cnnstudio-bench-") as folder:
        whole = results_of(info, settings, WORKERS)
        left = kill_halfway(info.id, settings, WORKERS, Path(folder))
        yield Finding(f"runs on the disk when the sweep of {len(whole)} was killed", left, "runs")
        resumed = results_of(info, settings, WORKERS, Path(folder))
    yield Finding("runs that differ after resuming", differing(whole, resumed), "runs", 0)


BENCH = BenchInfo(
    "experiments",
    45,
    "experiments in the window and on processes, and what they show at full size",
    {
        "jitter": jitter,
        "offsets": offsets,
        "smooth": smooth,
        "examples": examples,
        "local": local,
        "lead": lead,
        "scramble": scramble,
        "equivariance": equivariance,
        "resume": resume,
        "cluster": cluster,
    },
)
