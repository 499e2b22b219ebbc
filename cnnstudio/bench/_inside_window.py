"""What the window does inside of networks: strokes and moments until they are painted, and a race that it follows."""

from __future__ import annotations

import operator
import time
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent

from cnnstudio.bench._case import Finding, Options, Spread
from cnnstudio.bench._pen import draw, stroke_times
from cnnstudio.bench._races import headless_rate, windowed_rate
from cnnstudio.bench._sitting import ContentWatch, Sitting
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import PICTURE
from cnnstudio.ui.panels.inside import InsidePanel
from cnnstudio.ui.panels.unit import UnitPanel
from cnnstudio.ui.panels.why import WhyPanel
from cnnstudio.ui.widgets.embedding_map import EmbeddingMap
from cnnstudio.ui.widgets.layer_strip import LayerStrip
from cnnstudio.ui.widgets.timeline import Timeline

STROKES = 10
STROKE_P95_MS = 16.0
LEAST_MOMENTS = 120
FRAMES_PER_S = 30.0
FRAME_MS = 1_000 / FRAMES_PER_S
RACE_EPOCHS = 24
LEAST_SHARE_PERCENT = 85.0
QUICK = RaceConfig(examples=256, epochs=2)
QUICK_DRAG = 6


def _strips(sitting: Sitting) -> list[LayerStrip]:
    """The strips of both networks, once they show maps."""
    rows = sitting.open("inside", InsidePanel).overview.rows
    sitting.until(lambda: all(row.strip.image(PICTURE) is not None for row in rows.values()), "there were maps")
    if len(rows) != len(sitting.program.studio.reading.networks):
        raise StudioError("The Inside panel does not show every network.")
    return [row.strip for row in rows.values()]


def painted_answers(sitting: Sitting) -> list[ContentWatch]:
    """Opens the Inside panel, and watches what each of its strips paints."""
    return [_by_answer(strip) for strip in _strips(sitting)]


def _by_answer(strip: LayerStrip) -> ContentWatch:
    """Every answer makes new images."""
    return ContentWatch(strip, lambda: strip.image(PICTURE))


def _by_picture(strip: LayerStrip) -> ContentWatch:
    """The maps of another picture, not those of other weights, which follow a race all the time."""

    def pixels() -> bytes:
        image = strip.image(PICTURE)
        return b"" if image is None else bytes(image.constBits())

    return ContentWatch(strip, pixels, operator.eq)


def _begin(watches: Sequence[ContentWatch]) -> None:
    for watch in watches:
        watch.begin()


def _painted(watches: Sequence[ContentWatch]) -> bool:
    return all(watch.painted for watch in watches)


def stroke(options: Options) -> Iterator[Finding]:
    """From a movement of the pen until every map of both networks is painted, idle and during a race."""
    count = 1 if options.quick else STROKES * options.runs
    with Sitting(options.data_root) as sitting:
        sitting.run(QUICK if options.quick else RaceConfig())
        sitting.finish()
        draw(sitting)
        watches = [_by_picture(strip) for strip in _strips(sitting)]

        def times(strokes: int) -> Spread:
            samples = stroke_times(sitting, strokes, lambda: _begin(watches), lambda: _painted(watches))
            return Spread.of(samples, "ms")

        times(1)
        idle = times(count)
        yield Finding("stroke to all maps of both networks painted, p95", idle.p95, "ms", STROKE_P95_MS, spread=idle)
        sitting.run(RaceConfig(epochs=1_000))
        racing = times(count)
        sitting.stop()
        yield Finding("the same while a race runs, p95", racing.p95, "ms", spread=racing)


def drag(options: Options) -> Iterator[Finding]:
    """Dragging the timeline from moment to moment, there and back, until each is painted."""
    runs = 1 if options.quick else options.runs
    with Sitting(options.data_root) as sitting:
        draw(sitting)
        sitting.run(QUICK if options.quick else RaceConfig())
        sitting.finish()
        places = _places(sitting)[: QUICK_DRAG if options.quick else None]
        yield Finding("moments that the mouse can reach", len(places), "moments", LEAST_MOMENTS, at_most=False)
        for name, target, watches in _views(sitting):
            _dragged(sitting, watches, places[:3])
            samples = [sample for _ in range(runs) for sample in _dragged(sitting, watches, places)]
            spread = Spread.of(samples, "ms")
            rate = 1_000 * len(samples) / sum(samples)
            yield Finding(f"dragging over {len(places)} moments, {name}, mean", rate, "frames/s", target, False, spread)
            worst = FRAME_MS if target is not None else None
            yield Finding(f"one moment until painted, {name}, p95", spread.p95, "ms", worst)


def _places(sitting: Sitting) -> list[int]:
    """The moments that can be pointed at on the timeline, ascending; the last one is now."""
    timeline = sitting.find(Timeline)
    moments = sitting.program.studio.moments
    return [step for step in moments if timeline.step_at(timeline.x_of(step)) == step]


def _views(sitting: Sitting) -> Iterator[tuple[str, float | None, list[ContentWatch]]]:
    """Opens one panel after the other: its name, its target in frames per second, and what is painted there."""
    yield "Inside", FRAMES_PER_S, painted_answers(sitting)
    field = sitting.open("unit", UnitPanel).parts.field
    sitting.until(lambda: field.map.shape[0] > 0 and field.field.shape[0] > 0, "the unit was shown")
    yield "Unit", FRAMES_PER_S, [
        ContentWatch(field.map, lambda: field.map.colours), ContentWatch(field.field, lambda: field.field.colours)
    ]  # fmt: skip
    panel = sitting.open("why", WhyPanel)
    panel.tabs["map"].click()
    columns = panel.map.columns
    sitting.until(lambda: len(columns) > 0 and all(one.map.embedding for one in columns), "the maps were there")
    yield "map of the test set", None, [_by_points(one.map) for one in columns]


def _by_points(shown: EmbeddingMap) -> ContentWatch:
    return ContentWatch(shown, lambda: shown.embedding)


def _dragged(sitting: Sitting, watches: Sequence[ContentWatch], places: Sequence[int]) -> list[float]:
    """Milliseconds per moment, forward and back, with the button held down."""
    timeline = sitting.find(Timeline)
    y = timeline.groove_px

    def to(step: int, kind: QEvent.Type) -> float:
        _begin(watches)
        began = time.perf_counter()
        sitting.mouse(timeline, kind, timeline.x_of(step), y)
        sitting.until(lambda: _painted(watches), f"the moment of step {step} was painted")
        return 1_000 * (time.perf_counter() - began)

    sitting.program.studio.set_moment(None)
    sitting.settle()
    to(places[0], QEvent.Type.MouseButtonPress)
    sitting.settle()
    samples = [to(step, QEvent.Type.MouseMove) for step in (*places[1:], *reversed(places[:-1]))]
    sitting.mouse(timeline, QEvent.Type.MouseButtonRelease, timeline.x_of(places[0]), y)
    sitting.settle()
    return samples


def following(options: Options) -> Iterator[Finding]:
    """The speed of a race that the Inside panel follows, and of the same race with no window, one after the other."""
    config = RaceConfig(epochs=1 if options.quick else RACE_EPOCHS)
    windowed, headless, shown = [], [], []
    with Sitting(options.data_root) as sitting:
        draw(sitting)
        windowed_rate(sitting, config.with_(epochs=1))
        watches = painted_answers(sitting)
        for _ in range(1 if options.quick else options.runs):
            before, began = sum(watch.paints for watch in watches), time.perf_counter()
            windowed.append(windowed_rate(sitting, config))
            shown.append(
                (sum(watch.paints for watch in watches) - before) / len(watches) / (time.perf_counter() - began)
            )
            if sitting.started is not None:
                headless.append(headless_rate(config, sitting.started))
    followed, alone = Spread.of(shown, "maps/s"), Spread.of(headless, "pictures/s")
    yield Finding("maps of each network painted while it runs", followed.median, "per second", spread=followed)
    yield Finding("race with no window", alone.median, "pictures/s", spread=alone)
    rates = Spread.of(windowed, "pictures/s")
    share = 100 * rates.median / alone.median
    yield Finding("its speed while the Inside panel follows", share, "%", LEAST_SHARE_PERCENT, False, rates)
