"""One network learns one set, in slices: what most experiments do in each of their runs.

Here one run has one network, no timeline and one thread, so that the same order gives the same numbers in every
process. The batches, the first weights and the rule are those of a race with the same set-up.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnnstudio import networks
from cnnstudio.core.config import RaceConfig, validate
from cnnstudio.core.dataset import Images, Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.paths import stored_data
from cnnstudio.datasets import Prepared, prepare
from cnnstudio.engine import evaluate
from cnnstudio.engine.augment import Augmentation
from cnnstudio.engine.build import build
from cnnstudio.engine.grid import AUGMENTATION_STREAM
from cnnstudio.engine.optim import schedule_factor
from cnnstudio.engine.pixels import Part, lay_out, normalise_, tensor, to_unit
from cnnstudio.engine.threads import has_kernels
from cnnstudio.engine.train import Learner, batches
from cnnstudio.experiments._grid import SETS

CPU: Final = torch.device("cpu")

KEPT_DATA: Final = 3
"""Data sets that a process keeps in memory: the runs of a sweep share theirs."""

SLICE_STEPS: Final = 4
"""Steps between two chances to do something else: a few milliseconds."""

_data: OrderedDict[tuple[str, int, int], Prepared] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Learned:
    """A network after its run.

    Attributes:
        spec: What it is.
        module: In evaluation mode.
        channels_last: Memory format of the pictures to give it.
        losses: float64 [epochs]: mean loss of the batches of each epoch.
        watched: float64 [epochs]: share of the watched pictures that it read correctly after each epoch; or empty.
    """

    spec: NetworkSpec
    module: nn.Module
    channels_last: bool
    losses: NDArray[np.float64]
    watched: NDArray[np.float64]

    def logits(self, images: Images) -> Generator[None, None, NDArray[np.float32]]:
        """What it says of uint8 pictures [n, c, h, w]: float32 [n, classes], in slices."""
        return evaluate.predict(self.module, tensor(images), self.spec.macs, self.channels_last)

    def accuracy(self, pictures: Pictures) -> Generator[None, None, float]:
        """The share of pictures that it reads correctly, in slices."""
        guesses = (yield from self.logits(pictures.images)).argmax(1)
        return float(np.mean(guesses == pictures.labels))

    def shares(self, prepared: Prepared) -> Generator[None, None, dict[str, float]]:
        """The shares of the training, validation and test pictures that it reads correctly, in slices."""
        found = {}
        for name in SETS:
            found[name] = yield from self.accuracy(getattr(prepared, name))
        return found


def data(config: RaceConfig) -> Generator[Progress, None, Prepared]:
    """The three sets of a set-up, remembered by this process.

    Raises:
        StudioError: They cannot be had.
    """
    key = (config.dataset, config.examples, config.seed)
    if key not in _data:
        prepared = yield from prepare(config, stored_data(), download=False)
        _data[key] = prepared
        while len(_data) > KEPT_DATA:
            _data.popitem(last=False)
    _data.move_to_end(key)
    return _data[key]


def learn(
    network: str | NetworkSpec,
    train: Pictures,
    classes: int,
    config: RaceConfig,
    *,
    each_step: Callable[[int, nn.Module], None] | None = None,
    each_loss: Callable[[int, float], None] | None = None,
    at_start: Callable[[nn.Module], None] | None = None,
    make: Callable[[NetworkSpec], NetworkSpec] | None = None,
    watch: Pictures | None = None,
) -> Generator[Progress | None, None, Learned]:
    """Trains one network.

    Args:
        network: Its key, or a specification that no file holds.
        train: What it learns from.
        classes: Classes told apart.
        config: Epochs, batch, optimiser, rate, schedule, augmentation and seeds; data set and networks do not matter.
        each_step: Is called after every step with its number (from 1) and the module, before the gradients go.
        each_loss: Is called after every step, before `each_step`, with its number and its batch's loss.
        at_start: Is called with the module before the first step.
        make: Changes the specification before the network is built.
        watch: Pictures that are read after every epoch.

    Yields:
        `Progress` every few steps.

    Raises:
        StudioError: The network cannot read these pictures, the set-up cannot be, or the loss was no longer a number.
    """
    key = network if isinstance(network, str) else network.id
    for problem in validate(replace(config, networks=(key,))):
        raise StudioError(problem.report.what, problem.report.cause, problem.report.remedy)
    channels, height, width = (int(size) for size in train.images.shape[1:])
    spec = networks.spec_for(network, (channels, height, width), classes) if isinstance(network, str) else network
    spec = spec.with_dropout(config.dropout)
    spec = spec if make is None else make(spec)
    module = build(spec, config.weights_seed)
    last = has_kernels(module)
    (at_start or _ignore)(module)
    learner = Learner(key, lay_out(module, last), config, CPU)
    told = _Told(each_loss or _ignore, each_step or _ignore)
    losses, watched = yield from _steps(
        learner, Part.of(train, CPU), config, last, told, _Watch(watch, spec.macs, last)
    )
    return Learned(spec, module.eval(), last, losses, watched)


@dataclass(frozen=True, slots=True)
class _Told:
    """Who is told of every step."""

    loss: Callable[[int, float], None]
    step: Callable[[int, nn.Module], None]


@dataclass(frozen=True, slots=True)
class _Watch:
    """Pictures that are read after every epoch, or none."""

    pictures: Pictures | None
    macs: int
    channels_last: bool

    def read(self, module: nn.Module) -> Generator[None, None, list[float]]:
        """The share read correctly, or nothing."""
        if self.pictures is None:
            return []
        measured = yield from evaluate.measure(module, Part.of(self.pictures, CPU), self.macs, self.channels_last)
        return [measured.score.accuracy]


def _ignore(*_: object) -> None:
    """Nobody looks."""


def _steps(
    learner: Learner,
    train: Part,
    config: RaceConfig,
    channels_last: bool,
    told: _Told,
    watch: _Watch,
) -> Generator[Progress | None, None, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    per_epoch = math.ceil(len(train) / config.batch_size)
    steps = config.epochs * per_epoch
    augmentation = Augmentation(config.augmentation, config.seed * 2 + AUGMENTATION_STREAM)
    losses: list[float] = []
    watched: list[float] = []
    for step, index in enumerate(_batches(len(train), config), 1):
        batch = train.take(index)
        images = normalise_(augmentation(to_unit(batch.images, channels_last)))
        rate = config.learning_rate * schedule_factor(config, step - 1, steps)
        losses.append(learner.learn(images, batch.labels, rate, step).loss)
        if not math.isfinite(losses[-1]):
            raise StudioError(
                f"{learner.network} stopped at step {step}: its loss was no longer a number.",
                "The learning rate is probably too high.",
                "Lower the learning rate.",
            )
        told.loss(step, losses[-1])
        told.step(step, learner.module)
        if step % per_epoch == 0:
            watched += yield from watch.read(learner.module)
        if step % SLICE_STEPS == 0 or step == steps:
            yield Progress(step / steps, f"{learner.network}, step {step} of {steps}")
    return np.array(losses).reshape(config.epochs, per_epoch).mean(1), np.array(watched)


def _batches(examples: int, config: RaceConfig) -> Iterator[torch.Tensor]:
    order = torch.Generator().manual_seed(config.seed)
    for _ in range(config.epochs):
        yield from batches(examples, config.batch_size, order)
