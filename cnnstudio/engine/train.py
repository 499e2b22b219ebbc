"""How a network learns: one batch, one step. Short enough to be read in class.

Comments that begin with ## are for the class.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import StepResult
from cnnstudio.engine import device as devices
from cnnstudio.engine import modules
from cnnstudio.engine.optim import make_optimiser, set_learning_rate

ASLEEP_S: Final = 2.0
"""A step that takes longer, and almost none of it in the processor, was interrupted by the computer's sleep."""

CHANCE: Final = (nn.modules.dropout._DropoutNd, modules.StochasticDepth, modules.StochasticPool2d)
"""Layers that draw random numbers while they learn."""

STEPS_APART: Final = 1_000_003
"""A prime above the steps of any run in class: seeds side by side draw different numbers at every step."""


class Learner:
    """One network of a race, with its optimiser, its own chance and its own clock.

    Attributes:
        network: Its key.
        module: The network itself.
        own_seconds: What forward, backward and step took so far, of this network alone.

    Thread: engine.
    """

    def __init__(self, network: str, module: nn.Module, config: RaceConfig, device: torch.device) -> None:
        """Makes a learner of a network that is on `device` already."""
        self.network = network
        self.module = module
        self.own_seconds = 0.0
        self._device = device
        self._optimiser = make_optimiser(config, module.parameters(), device)
        self._by_chance = any(isinstance(part, CHANCE) for part in module.modules())
        self._norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
        self._chance_seed = config.weights_seed

    def learn(self, images: torch.Tensor, labels: torch.Tensor, learning_rate: float, step: int) -> StepResult:
        """Learns one batch.

        Args:
            images: float32 [n, c, h, w], normalised.
            labels: int64 [n].
            learning_rate: How far to go.
            step: Number of this step; together with the seed it decides which units dropout switches off.

        Returns:
            Loss and accuracy of the batch before the weights moved. Where the loss is not a number they did not move.
        """
        began = _Now()
        self._ready_for(images)
        set_learning_rate(self._optimiser, learning_rate)
        with self._own_chance(step):
            ## Forward: what does the network say of these pictures now?
            logits = self.module(images)
            ## The loss: one number that is small when the right class has a high probability.
            loss = functional.cross_entropy(logits, labels)
            right = (logits.argmax(1) == labels).sum().item()
            if torch.isfinite(loss):
                ## Backward: for every weight, does the loss rise or fall when the weight grows a little?
                self._optimiser.zero_grad()
                loss.backward()
                ## Step: move every weight a little, so that the loss falls.
                self._optimiser.step()
        devices.wait_for(self._device)
        self.own_seconds += began.seconds_since()
        return StepResult(self.network, loss.item(), right / len(labels), self.own_seconds)

    def _ready_for(self, images: torch.Tensor) -> None:
        """Training mode, except that batch normalisation keeps to its running mean for a single picture."""
        self.module.train()
        if len(images) == 1:
            for norm in self._norms:
                norm.eval()

    @contextlib.contextmanager
    def _own_chance(self, step: int) -> Iterator[None]:
        """Dropout draws from torch's one random stream; this lends it a network's own and gives it back."""
        if not self._by_chance:
            yield
            return
        cards = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=cards):
            # Of a seed torch's generator takes 32 bits.
            torch.manual_seed((self._chance_seed * STEPS_APART + step) % 2**32)
            yield


class _Now:
    """A moment on two clocks: the wall's, and the processor's, which stands still while the computer sleeps."""

    __slots__ = ("processor", "wall")

    def __init__(self) -> None:
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def seconds_since(self) -> float:
        """Seconds from then to now, without the computer's sleep."""
        return awake_seconds(time.perf_counter() - self.wall, time.process_time() - self.processor)


def awake_seconds(wall_s: float, processor_s: float) -> float:
    """Seconds of work out of what two clocks say."""
    asleep = wall_s > ASLEEP_S and processor_s < wall_s / 4
    return processor_s if asleep else wall_s


def batches(examples: int, batch_size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """The examples of one epoch in a new order, cut into batches.

    Args:
        examples: How many there are.
        batch_size: How many at once; the last batch has what is left.
        generator: The chance that decides the order.

    Yields:
        int64 index tensors.
    """
    ## Every epoch sees every picture once, in a new order.
    order = torch.randperm(examples, generator=generator)
    yield from order.split(batch_size)
