"""What the engine finds out inside of networks: records of layers, occlusion, made-up pictures, the timeline's size."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from cnnstudio.bench._apart import apart
from cnnstudio.bench._case import Finding, Options, Spread
from cnnstudio.bench._pen import draw
from cnnstudio.bench._sitting import Sitting
from cnnstudio.core.attribution import Attribute
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import Unit
from cnnstudio.core.limits import MOMENTS_BYTES, RECORD_PICTURES
from cnnstudio.core.unit_record import FindRecord, Maximise
from cnnstudio.engine._answer_unit import maximised
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session

LEAST_MOMENTS = 120
LONG_EPOCHS = 40
RECORD_S = 1.0
OCCLUSION_MS = 200.0
MAXIMISE_S = 2.0
OFTEN = 10
QUICK = RaceConfig(examples=256, epochs=1)
LAYERS = (("lenet5", "2_conv"), ("mlp", "1_linear"))
"""A layer of many maps and one of many units."""


def moments(options: Options) -> Iterator[Finding]:
    """How many moments of the default pair are kept, and in how many bytes: of the default run, and of a long one."""
    for epochs in (RaceConfig().epochs, LONG_EPOCHS):
        config = RaceConfig(examples=64 * 16, epochs=epochs) if options.quick else RaceConfig(epochs=epochs)
        count, size = apart(timeline, config=config.to_json())
        yield Finding(f"moments kept of {epochs} epochs", count, "moments", LEAST_MOMENTS, at_most=False)
        yield Finding(f"what they take, {epochs} epochs", size / 2**20, "MB", MOMENTS_BYTES / 2**20)


def timeline(config: dict[str, Any]) -> tuple[int, int]:
    """Runs a race, and gives the number of its moments and their bytes."""
    session = Session()
    for _ in race(RaceConfig.from_json(config), session, run_id=1):
        pass
    if session.open_run is None:
        raise StudioError("The race did not begin.")
    return len(session.open_run.moments), session.open_run.moments.size_bytes


def patches(options: Options) -> Iterator[Finding]:
    """The record of one layer over 10,000 pictures that are in memory: found, then asked for again."""
    config = QUICK if options.quick else RaceConfig()
    with Sitting(options.data_root) as sitting:
        sitting.run(config)
        sitting.finish()
        steps = sitting.program.studio.moments
        for network, layer in LAYERS:
            of = [steps[-1 - number] for number in range(1 if options.quick else OFTEN)]
            sitting.ask(FindRecord(config.dataset, network, Unit(layer, 0), steps[0]))  # loads the pictures
            found, again, looked = [], [], 0
            for step in of:
                question = FindRecord(config.dataset, network, Unit(layer, 0), step)
                first, second = sitting.ask(question), sitting.ask(question)
                found.append(first.seconds)
                again.append(second.seconds)
                looked = first.answer.pictures
            yield Finding(f"pictures looked at, {network}", looked, "pictures", RECORD_PICTURES, at_most=False)
            spread, kept = Spread.of(found, "s"), Spread.of(again, "s")
            yield Finding(f"top patches of {layer}, {network}, largest", spread.max, "s", RECORD_S, spread=spread)
            yield Finding("the same, asked for again, largest", kept.max, "s", spread=kept)


def occlusion(options: Options) -> Iterator[Finding]:
    """Occlusion of the drawing, for both networks, from the question to the answer."""
    config = QUICK if options.quick else RaceConfig(epochs=1)
    with Sitting(options.data_root) as sitting:
        draw(sitting)
        sitting.run(config)
        sitting.finish()
        picture = sitting.program.studio.picture
        if picture is None:
            raise StudioError("There is no picture.")
        question = Attribute(picture, config.dataset, config.networks, "occlusion")
        sitting.ask(question)
        count = 2 if options.quick else OFTEN * options.runs
        spread = Spread.of([1_000 * sitting.ask(question).seconds for _ in range(count)], "ms")
        yield Finding("occlusion at 28 x 28, both networks, p95", spread.p95, "ms", OCCLUSION_MS, spread=spread)


def maximise(options: Options) -> Iterator[Finding]:
    """Activation maximisation from the question to the answer, what is told meanwhile, and how soon it can end."""
    config = QUICK if options.quick else RaceConfig(epochs=1)
    with Sitting(options.data_root) as sitting:
        sitting.run(config)
        sitting.finish()
        for network, layer in LAYERS:
            question = Maximise(config.dataset, network, Unit(layer, 0), steps=8 if options.quick else 128)
            sitting.ask(question)
            heard = [sitting.ask(question) for _ in range(1 if options.quick else options.runs)]
            spread = Spread.of([one.seconds for one in heard], "s")
            yield Finding(f"activation maximisation, {layer}, {network}", spread.max, "s", MAXIMISE_S, spread=spread)
            told = Spread.of([float(len(one.progress)) for one in heard], "events")
            # The window looks ten times a second: of a search that is over before it hears nothing.
            yield Finding("progress that the window heard of, fewest", told.min, "events", spread=told)
    for network, layer in LAYERS:
        ends = Spread.of(apart(cancels, config=QUICK.to_json(), network=network, layer=layer), "ms")
        yield Finding(f"cancelled in mid-search, {network}, longest", ends.max, "ms", spread=ends)


def cancels(config: dict[str, Any], network: str, layer: str) -> list[float]:
    """Milliseconds of the longest wait for a wish to cancel: each slice of a search, and closing it after that one."""
    session, wanted = Session(), RaceConfig.from_json(config)
    for _ in race(wanted, session, run_id=1):
        pass
    samples = []
    for slices in range(1, OFTEN + 1):
        search = maximised(Maximise(wanted.dataset, network, Unit(layer, 0)), session)
        for number in range(slices + 1):
            began = time.perf_counter()
            if next(search, None) is None or number == slices:
                break
        search.close()
        samples.append(1_000 * (time.perf_counter() - began))
    return samples
