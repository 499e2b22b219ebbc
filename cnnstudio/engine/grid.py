"""Everything that happens before the first batch of a race: data, networks, the way to compute."""

from __future__ import annotations

import math
import platform
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import torch
from torch import nn

import cnnstudio
from cnnstudio import networks
from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig, validate
from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Competitor, Preparing, RunEvent, RunStarted, Tick
from cnnstudio.core.network import NetworkSpec
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine import device as devices
from cnnstudio.engine import memory, threads
from cnnstudio.engine.augment import Augmentation
from cnnstudio.engine.build import build
from cnnstudio.engine.moments import Moments, flatten
from cnnstudio.engine.pixels import Part, lay_out
from cnnstudio.engine.session import OpenRun, Session
from cnnstudio.engine.train import Learner

Events = Generator[RunEvent, None, None]
Parts = tuple[Part, Part, Part]
"""Training, validation, test."""

AUGMENTATION_STREAM: Final = 1
SAMPLE_STREAM: Final = 2
"""Each kind of chance in a run draws from its own stream: one more draw in one must not change another."""


@dataclass(slots=True)
class Grid:
    """A race that is ready to start.

    Attributes:
        run: What later questions are about.
        learners: The networks still running, by key.
        train: What they learn from, on the device.
        samples: What is measured along the run.
        whole: What is measured at the end: all of validation and test, and training up to `limits.FINAL_TRAIN_SAMPLE`.
        order: The chance that decides the order of the examples.
        augmentation: Changes training pictures by chance.

    Thread: engine.
    """

    run: OpenRun
    learners: dict[str, Learner]
    train: Part
    samples: Parts
    whole: Parts
    order: torch.Generator
    augmentation: Augmentation


def starting_grid(config: RaceConfig, session: Session, run_id: int) -> Generator[RunEvent, None, Grid]:
    """Loads the data, builds the networks, measures how to compute, and opens the run in the session.

    Yields:
        `Preparing` and `Tick`.

    Raises:
        StudioError: The set-up cannot run, or does not fit into memory; nothing was allocated then.
    """
    for problem in validate(config):
        raise StudioError(problem.report.what, problem.report.cause, problem.report.remedy)
    _refuse_early(config, session)
    prepared = yield from _load(config, session, run_id)
    specs = specs_of(config, prepared.shape, len(prepared.class_names))
    _refuse(config, specs, len(prepared.train) + len(prepared.validation) + len(prepared.test), session)
    yield Preparing(run_id, None, "building the networks")
    modules = {key: build(spec, config.weights_seed) for key, spec in specs.items()}
    yield Preparing(run_id, None, "measuring how this computer is fastest")
    setting = yield from _setting(config, session, modules, specs, run_id)
    for key, module in modules.items():
        modules[key] = lay_out(module.to(session.device), setting.channels_last)
    started = _started(config, prepared, specs, setting, session.device, run_id)
    return _grid(config, session, prepared, specs, modules, started)


def specs_of(config: RaceConfig, shape: Shape, classes: int) -> dict[str, NetworkSpec]:
    """The networks of a race, by key.

    Raises:
        StudioError: A network does not exist, or cannot read such pictures.
    """
    return {key: networks.spec_for(key, shape, classes).with_dropout(config.dropout) for key in config.networks}


def _refuse_early(config: RaceConfig, session: Session) -> None:
    """Before any data are loaded, where the data set's card tells enough."""
    info = find(config.dataset).info
    if info.class_names and not info.takes_path:
        pictures = config.examples if info.generated else min(config.examples, info.train_size)
        _refuse(config, specs_of(config, info.shape, len(info.class_names)), pictures + info.test_size, session)


def _refuse(config: RaceConfig, specs: Mapping[str, NetworkSpec], pictures: int, session: Session) -> None:
    shape = next(iter(specs.values())).input_shape
    batch = min(config.batch_size, config.examples)
    needs = [memory.Need("the pictures", pictures * math.prod(shape))]
    needs += [
        memory.Need(spec.title, spec.memory_bytes(batch, training=True, optimiser=config.optimiser))
        for spec in specs.values()
    ]
    needs.append(memory.Need("the timeline", limits.MOMENTS_BYTES))
    memory.refuse_if_too_large(needs, session.device)


def _load(config: RaceConfig, session: Session, run_id: int) -> Generator[RunEvent, None, Prepared]:
    loading = session.load(config)
    while True:
        try:
            progress = next(loading)
        except StopIteration as end:
            prepared: Prepared = end.value
            return prepared
        yield Preparing(run_id, progress.fraction, progress.text)


def _setting(
    config: RaceConfig,
    session: Session,
    modules: Mapping[str, nn.Module],
    specs: Mapping[str, NetworkSpec],
    run_id: int,
) -> Generator[RunEvent, None, threads.Setting]:
    """Threads and memory format: those the session was told, those it measured before, or measured now."""
    spec = next(iter(specs.values()))
    key = (config.networks, spec.input_shape, spec.classes, config.batch_size)
    known = session.settings.get(key)
    told = session.threads is not None and session.channels_last is not None
    if session.device.type != "cpu":
        known = threads.Setting(torch.get_num_threads(), session.device.type == "cuda")
    elif known is None and not told:
        macs = sum(spec.macs for spec in specs.values())
        most = torch.get_num_threads()
        work = threads.choose(tuple(modules.values()), macs, spec.input_shape, config.batch_size, most)
        while known is None:
            try:
                next(work)
            except StopIteration as end:
                known = end.value
            else:
                yield Tick(run_id)
        session.settings[key] = known
    count = session.threads if session.threads is not None else known.threads if known else 1
    last = session.channels_last if session.channels_last is not None else known is not None and known.channels_last
    torch.set_num_threads(count)
    return threads.Setting(count, last)


def _started(
    config: RaceConfig,
    prepared: Prepared,
    specs: Mapping[str, NetworkSpec],
    setting: threads.Setting,
    device: torch.device,
    run_id: int,
) -> RunStarted:
    per_epoch = math.ceil(len(prepared.train) / config.batch_size)
    return RunStarted(
        run_id=run_id,
        config=config,
        competitors=tuple(
            Competitor(key, spec.title, networks.find(key)[0].role, spec.summary, spec.parameters, spec.macs)
            for key, spec in specs.items()
        ),
        class_names=prepared.class_names,
        shape=prepared.shape,
        train_size=len(prepared.train),
        validation_size=len(prepared.validation),
        test_size=len(prepared.test),
        steps=config.epochs * per_epoch,
        steps_per_epoch=per_epoch,
        threads=setting.threads,
        channels_last=setting.channels_last,
        versions=versions(device),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        notes=prepared.notes,
    )


def versions(device: torch.device) -> dict[str, str]:
    """What is needed to repeat a run: program, Python, torch, numpy, device and system."""
    return {
        "cnnstudio": cnnstudio.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "device": devices.name(device),
        "system": platform.system(),
    }


def _grid(
    config: RaceConfig,
    session: Session,
    prepared: Prepared,
    specs: dict[str, NetworkSpec],
    modules: dict[str, nn.Module],
    started: RunStarted,
) -> Grid:
    device = session.device
    moment_bytes = sum(flatten(module).nbytes for module in modules.values())
    train, validation, test = (Part.of(each, device) for each in (prepared.train, prepared.validation, prepared.test))
    chance = np.random.default_rng([config.seed, SAMPLE_STREAM])
    index = [_sample(len(part), limits.EVALUATION_SAMPLE, chance) for part in (train, validation, test)]
    few = _sample(len(train), limits.FINAL_TRAIN_SAMPLE, chance)
    run = OpenRun(
        started=started,
        specs=specs,
        moments=Moments(started.steps, moment_bytes),
        modules=modules,
        test=prepared.test.take(index[2]),
        test_index=index[2],
    )
    session.open(run)
    picked = [part.take(torch.from_numpy(at)) for part, at in zip((train, validation, test), index, strict=True)]
    return Grid(
        run=run,
        learners={key: Learner(key, module, config, device) for key, module in modules.items()},
        train=train,
        samples=(picked[0], picked[1], picked[2]),
        whole=(train.take(torch.from_numpy(few)), validation, test),
        order=torch.Generator().manual_seed(config.seed),
        augmentation=Augmentation(config.augmentation, config.seed * 2 + AUGMENTATION_STREAM),
    )


def _sample(pictures: int, most: int, chance: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Some of a set's pictures by chance, at most `most`: int64, ascending."""
    return np.sort(chance.choice(pictures, min(pictures, most), replace=False)).astype(np.int64)
