"""How long after a movement of the pen both verdicts are painted."""

from __future__ import annotations

from collections.abc import Iterator

from cnnstudio.bench._case import BenchInfo, Finding, Options, Spread
from cnnstudio.bench._pen import stroke_times
from cnnstudio.bench._sitting import PaintWatch, Sitting
from cnnstudio.core.config import RaceConfig
from cnnstudio.ui.widgets.verdict_bars import VerdictBars

STROKES = 20
IDLE_P95_MS = 16.0
RACING_P95_MS = 50.0


def _strokes(sitting: Sitting, strokes: int) -> list[float]:
    """Milliseconds from each movement of the pen to the paint of the verdicts on it."""
    studio = sitting.program.studio
    watch = PaintWatch(sitting.find(VerdictBars))
    paints_at_answer: list[int] = []

    def note(_: object) -> None:
        paints_at_answer.append(watch.count)

    def painted() -> bool:
        return bool(paints_at_answer) and watch.count > paints_at_answer[0]

    studio.verdicts_changed.connect(note)
    samples = stroke_times(sitting, strokes, paints_at_answer.clear, painted)
    studio.verdicts_changed.disconnect(note)
    return samples


def _measure(options: Options) -> Iterator[Finding]:
    strokes = 2 if options.quick else STROKES
    with Sitting(options.data_root) as sitting:
        _strokes(sitting, 1)
        idle = Spread.of(_strokes(sitting, strokes), "ms")
        yield Finding("stroke to both verdicts painted, idle, p95", idle.p95, "ms", IDLE_P95_MS, spread=idle)
        sitting.run(RaceConfig(epochs=1_000))
        racing = Spread.of(_strokes(sitting, strokes), "ms")
        sitting.stop()
        yield Finding("the same while a race runs, p95", racing.p95, "ms", RACING_P95_MS, spread=racing)


BENCH = BenchInfo("draw", 20, "time from a movement of the pen to both verdicts on the screen", _measure)
