"""Experiments in the window: the jitter slider, the map of offsets, and how smooth the window stays during a sweep."""

from __future__ import annotations

import time
from collections.abc import Iterator

from cnnstudio.bench._case import Finding, Options, Spread
from cnnstudio.bench._pen import draw
from cnnstudio.bench._races import Delays
from cnnstudio.bench._sitting import ContentWatch, Sitting
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Answering
from cnnstudio.core.moving import OffsetMap
from cnnstudio.ui.panels.jitter import JitterPanel
from cnnstudio.ui.widgets.experiment_chart import ExperimentChart

MOVES = (2, 5, 8, 11, 3, 6, 9, 1, 4, 7, 10)
"""Where the slider goes, px: never twice to the same place, so that nothing is known yet."""
MOVE_S = 8.0
PARTIAL_S = 0.5
QUICK_EXAMPLES = 200
OFFSETS_MS = 100.0
THREE = ("mlp", "lenet5", "small_cnn")
"""An MLP, a convolutional network with a dense head, and one with global pooling."""
OFTEN = 10
SWEEP_S = 30.0
P99_MS = 25.0
CANCEL_S = 1.0


def _answered(sitting: Sitting, examples: int | None = None) -> JitterPanel:
    """The jitter panel, its question skipped."""
    panel = sitting.open("jitter", JitterPanel)
    panel.guess_card.answered.emit(None)
    if examples is not None:
        panel.form.set_values({**panel.form.values, "examples": examples})
    sitting.settle()
    return panel


def jitter(options: Options) -> Iterator[Finding]:
    """One move of the slider: both networks learn anew, until the curve is painted, and until something is known."""
    count = 1 if options.quick else min(len(MOVES), 3 * options.runs)
    whole, partial = [], []
    with Sitting(options.data_root) as sitting:
        panel = _answered(sitting, QUICK_EXAMPLES if options.quick else None)
        for px in MOVES[: count + 1]:
            took, first = _moved(sitting, panel, px)
            whole.append(took)
            partial.append(first)
    # The first optimiser of a process imports more of torch; whoever moves the slider has that behind them.
    spread, known = Spread.of(whole[1:], "s"), Spread.of(partial[1:], "s")
    yield Finding("one move of the jitter slider until painted, largest", spread.max, "s", MOVE_S, spread=spread)
    yield Finding("its first partial result, largest", known.max, "s", PARTIAL_S, spread=known)
    yield Finding("the first move after the start", whole[0], "s")


def _moved(sitting: Sitting, panel: JitterPanel, px: int) -> tuple[float, float]:
    """Seconds until the curves have this point and are painted, and until the panel heard of the first accuracy."""
    chart = sitting.find(ExperimentChart)
    watch = ContentWatch(chart, lambda: chart.chart)
    told: list[float] = []

    def note(_: object, event: Answering) -> None:
        if event.values:
            told.append(time.perf_counter())

    def painted() -> bool:
        if panel.live.failure:
            raise StudioError(panel.live.failure)
        return watch.content is not None and all(px in line.x for line in watch.content.series)

    panel.live.progressed.connect(note)
    began = time.perf_counter()
    panel.slider.setValue(px)
    sitting.until(painted, "the curve was painted")
    ended = time.perf_counter()
    panel.live.progressed.disconnect(note)
    chart.removeEventFilter(watch)
    return ended - began, (told[0] if told else ended) - began


def offsets(options: Options) -> Iterator[Finding]:
    """The drawing at 27 x 27 offsets, read by three networks, from the question to the answer."""
    config = RaceConfig(networks=THREE, epochs=1, examples=256 if options.quick else RaceConfig().examples)
    with Sitting(options.data_root) as sitting:
        draw(sitting)
        sitting.run(config)
        sitting.finish()
        picture = sitting.program.studio.picture
        if picture is None:
            raise StudioError("There is no picture.")
        question = OffsetMap(picture, config.dataset, config.networks)
        sitting.ask(question)
        count = 2 if options.quick else OFTEN * options.runs
        spread = Spread.of([1_000 * sitting.ask(question).seconds for _ in range(count)], "ms")
        yield Finding("27 x 27 offsets, three networks, p95", spread.p95, "ms", OFFSETS_MS, spread=spread)


def smooth(options: Options) -> Iterator[Finding]:
    """Delays of the window's event loop while a sweep runs and is shown, and how soon the sweep is cancelled."""
    runs = 1 if options.quick else options.runs
    delays: list[float] = []
    cancelled = []
    with Sitting(options.data_root) as sitting:
        panel = _answered(sitting, QUICK_EXAMPLES if options.quick else None)
        for _ in range(runs):
            found, ended_s = _sweep(sitting, panel, 1.0 if options.quick else SWEEP_S / runs)
            delays += found
            cancelled.append(ended_s)
    spread, ends = Spread.of(delays, "ms"), Spread.of(cancelled, "s")
    yield Finding("event-loop delay during a sweep, p99", spread.p99, "ms", P99_MS, spread=spread)
    yield Finding("a sweep is cancelled, longest", ends.max, "s", CANCEL_S, spread=ends)


def _sweep(sitting: Sitting, panel: JitterPanel, seconds: float) -> tuple[list[float], float]:
    """Delays in ms while a sweep runs, from its first result on, and the seconds that its cancelling takes."""
    experiments = sitting.program.studio.experiments
    kept_id = experiments.start(panel.info, panel.form.values).id

    def measured() -> bool:
        state = experiments.state(kept_id)
        return state is not None and state.done > 0

    def ended() -> bool:
        return not experiments.is_going(kept_id)

    panel.row.results.opened.emit(kept_id)
    sitting.until(measured, "the first run was measured")
    delays, until_s = Delays(), time.monotonic() + seconds
    sitting.until(lambda: time.monotonic() > until_s or ended(), "the sweep had gone on")
    found = delays.stop()
    began = time.perf_counter()
    experiments.cancel(kept_id)
    sitting.until(ended, "the sweep was cancelled")
    return found, time.perf_counter() - began
