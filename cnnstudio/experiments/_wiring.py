"""Shortcuts that can be taken out and put in while a network learns, and what is recorded on the way."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar, cast

import torch
from torch import nn

from cnnstudio.core.dataset import Progress
from cnnstudio.core.experiment import Partly
from cnnstudio.engine import modules

T = TypeVar("T")

AROUND_FLIP: Final = 10
"""Steps before and after a flip whose mean loss is told."""


class Shortcut(nn.Module):
    """A shortcut with a switch: off, it adds nothing, and the block is its body alone.

    Thread: engine.
    """

    def __init__(self, inner: nn.Module) -> None:
        """Starts switched on."""
        super().__init__()
        self.inner = inner
        self.on = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the body's result."""
        passed: torch.Tensor = self.inner(x) if self.on else x.new_zeros(())
        return passed


def with_switches(module: nn.Module) -> list[Shortcut]:
    """Gives every shortcut of a network its switch, in place."""
    found = []
    for part in list(module.modules()):
        if isinstance(part, modules.Residual) and not isinstance(part.shortcut, Shortcut):
            part.shortcut = Shortcut(part.shortcut)
            found.append(part.shortcut)
    return found


def weighted(module: nn.Module) -> list[nn.Module]:
    """Convolutions and linear layers, in the order in which they are passed."""
    return [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]


def gradient_norms(module: nn.Module) -> list[float]:
    """Euclidean norm of the gradient of each layer's weights, biases apart, as the last backward pass left it."""
    norms = []
    for part in weighted(module):
        gradient = cast("torch.Tensor", part.weight).grad
        norms.append(0.0 if gradient is None else float(gradient.norm()))
    return norms


class Record:
    """Loss and gradients along a run, in which the wiring may be flipped once, as planned or by hand.

    Attributes:
        steps: Of the whole run.
        flip_step: After which the wiring changes; 0 for never.

    Thread: engine.
    """

    def __init__(self, steps: int, points: int, shortcuts: bool, flip_step: int) -> None:
        """Makes an empty record.

        Args:
            steps: Of the whole run.
            points: How many are kept, about.
            shortcuts: Whether the run starts with shortcuts.
            flip_step: After which they change; 0 for never.
        """
        self.steps, self.flip_step = steps, flip_step
        self._every = max(1, steps // points)
        self._shortcuts = shortcuts
        self._switches: list[Shortcut] = []
        self._losses: list[float] = []
        self._at: list[int] = []
        self._binned: list[float] = []
        self._gradients: list[list[float]] = []

    def at_start(self, module: nn.Module) -> None:
        """Wires the network as the run begins."""
        self._switches = with_switches(module)
        self._wire()

    def each_loss(self, step: int, loss: float) -> None:
        """Keeps the loss of one step."""
        self._losses.append(loss)

    def each_step(self, step: int, module: nn.Module) -> None:
        """Keeps what is kept of this step, and flips the wiring after the one it is due."""
        if step % self._every == 0 or step == self.steps:
            since = self._at[-1] if self._at else 0
            self._at.append(step)
            self._binned.append(sum(self._losses[since:step]) / (step - since))
            self._gradients.append(gradient_norms(module))
        if step == self.flip_step:
            self._flip()

    def flip_after(self, step: int) -> None:
        """Lets the wiring change after this step instead of the one it was due; too late, nothing happens.

        Args:
            step: The last one that was taken, or a later one.
        """
        now = len(self._losses)
        if 0 < self.flip_step <= now or not now <= step < self.steps:
            return
        self.flip_step = step
        if step == now:
            self._flip()

    def _flip(self) -> None:
        self._shortcuts = not self._shortcuts
        self._wire()

    def _wire(self) -> None:
        for switch in self._switches:
            switch.on = self._shortcuts

    def values(self) -> dict[str, Any]:
        """What is known so far, as JSON types.

        Returns:
            "steps", "at" (steps), "loss" (mean since the point before), "gradients" (per point, per layer), "flipped"
            (step, 0 for never), and after a flip "before" and "after": the mean loss of a few steps around it.
        """
        found: dict[str, Any] = {
            "steps": self.steps,
            "at": list(self._at),
            "loss": list(self._binned),
            "gradients": [list(norms) for norms in self._gradients],
            "flipped": self.flip_step,
        }
        after = self._losses[self.flip_step : self.flip_step + AROUND_FLIP]
        if self.flip_step and after:
            before = self._losses[max(0, self.flip_step - AROUND_FLIP) : self.flip_step]
            found |= {"before": sum(before) / len(before), "after": sum(after) / len(after)}
        return found


def _as_planned(step: int) -> None:
    """Nothing can be flipped."""


def telling(
    work: Generator[Progress | None, None, T],
    values: Callable[[], dict[str, Any]],
    flip_after: Callable[[int], None] = _as_planned,
) -> Generator[Progress | None, int | None, T]:
    """Does some work, and tells with its progress what is known so far; a step that is sent in goes to `flip_after`."""
    try:
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                return cast("T", end.value)
            step = yield progress if progress is None else Partly(progress.fraction, progress.text, values())
            if step is not None:
                flip_after(step)
    finally:
        work.close()
