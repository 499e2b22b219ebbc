"""A made-up picture that excites one unit: gradient ascent on the pixels, kept smooth.

D. Erhan, Y. Bengio, A. Courville, P. Vincent, "Visualizing higher-layer features of a deep network", University of
Montreal 1341, 2009; A. Mahendran, A. Vedaldi, "Understanding deep image representations by inverting them", CVPR 2015
(smoothness, small shifts); C. Olah, A. Mordvintsev, L. Schubert, "Feature visualization", Distill 2017. It is one of
many such pictures, and no picture that the network has ever met.
"""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import Pixels
from cnnstudio.core.layers import Step
from cnnstudio.engine.pixels import layout, normalise_, scaling
from cnnstudio.engine.probe import Read, probe
from cnnstudio.engine.records import no_numbers
from cnnstudio.engine.session import Reader

_NOISE: Final = 0.05
"""Standard deviation of the first picture, on the scale from 0 to 1: just enough to tell pixels apart."""

_RATE: Final = 0.1
"""How far a pixel moves in the first step, where its gradient is the root mean square of all; the last, a tenth."""

_STEEPEST: Final = 3.0
"""Gradients beyond so many root mean squares move a pixel no further: a single one must not take the picture over."""

_PULL: Final = 0.3
"""Share of its distance from the mean that is taken from a pixel, for every full step that its gradient may give."""

_BLUR: Final = 0.2
"""Share of a pixel that its neighbours replace in the first step; none in the last quarter."""

_ROUGH: Final = 0.75
"""Share of the steps that are shifted and blurred; the others let details settle."""

_FIELD_PER_SHIFT_PX: Final = 14
"""A unit that sees 14 pixels is shifted by one, one that sees 28 by two; one that sees 5 not at all, nor blurred."""

_TOGETHER: Final = 4
"""Steps of a slice at most: about 6 ms, however small the network."""

_PATIENCE: Final = 8
"""After so many steps without any gradient the search gives up."""

_SEARCH_MACS: Final = 8
"""A step costs as much as so many passes of a picture: two forward, of which one back, and as much again around."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        pixels: uint8 [channels, height, width].
        value: The unit's value for exactly these pixels.
        first: For the picture that the search began with.
        values: float64 [steps]: before each step.
    """

    pixels: Pixels
    value: float
    first: float
    values: NDArray[np.float64]


class _PassingReLU(nn.ReLU):
    """ReLU whose gradient does not end where all units of a picture are off.

    There, it lets through what would switch units on, as Olah et al. (2017) do; else a search that begins where the
    unit is off would never begin. What it computes is the same.

    Thread: engine.
    """

    def forward(self, input: Tensor) -> Tensor:
        """max(0, x)."""
        passed: Tensor = _Passing.apply(input)
        return passed


class _Passing(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.relu()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        usual = gradient * (x > 0)
        blocked = (usual == 0).flatten(1).all(1).view(-1, *(1,) * (x.dim() - 1))
        return torch.where(blocked, gradient.clamp(min=0), usual)


def maximise(reader: Reader, step: Step, number: int, seed: int, steps: int) -> Generator[Progress, None, Search]:
    """Changes a picture until it excites one unit, by gradient ascent on its pixels.

    The search begins with weak noise about the mean by which pictures are normalised. It follows the gradient of the
    unit's own value, at its place in the map, not of the map's mean. Gradients are divided by their root mean square,
    so that one step size suits every unit. Three things keep the picture plain: every pixel is pulled back to the mean
    (so that what the unit does not care about stays grey), the picture is shifted a little at every step, and blurred
    a little after it. The last picture is returned, which need not be the best one met.

    Args:
        reader: The network; a copy is searched, and nothing of the network changes, nor torch's random state.
        step: A layer of its specification.
        number: The unit's number in the layer's output, laid end to end.
        seed: Of the noise and the shifts: the same picture comes of the same seed, on the same computer.
        steps: Steps of the search, at least 1.

    Yields:
        Progress, after every few steps.

    Raises:
        StudioError: Nothing moves the unit, its values are no numbers, or there are no steps.
    """
    if steps < 1:
        raise StudioError(f"A search of {steps} steps finds nothing.", remedy="Give at least one.")
    spec = reader.spec
    module = _searchable(reader.module)
    with probe(module, spec, (step.name,), gradient=True) as read:
        search = _Searching(reader, step, number, read, torch.Generator().manual_seed(seed))
        together = max(1, min(_TOGETHER, limits.SLICE_MACS // (_SEARCH_MACS * max(1, spec.macs))))
        for done in range(steps):
            if done % together == 0:
                yield Progress(done / steps, f"{step.layer.title}: step {done:,} of {steps:,}")
            search.climb(done / steps)
        return search.end()


def _searchable(module: nn.Module) -> nn.Module:
    """A copy that may be differentiated by its picture alone."""
    module = copy.deepcopy(module).requires_grad_(False)
    for parent in list(module.modules()):
        for name, part in list(parent.named_children()):
            if type(part) is nn.ReLU:
                setattr(parent, name, _PassingReLU())
    return module


class _Searching:
    """The picture, and how it moves.

    Thread: engine.
    """

    def __init__(self, reader: Reader, step: Step, number: int, read: Read, chance: torch.Generator) -> None:
        self._step, self._number, self._read, self._chance = step, number, read, chance
        self._reader = reader
        channels, height, width = reader.spec.input_shape
        self._mean, _ = scaling(channels)
        self._shift_px = min(step.field.size) // _FIELD_PER_SHIFT_PX
        noise = torch.randn((1, channels, height, width), generator=chance) * _NOISE
        self._picture = (noise + self._mean).clamp_(0, 1)
        self._kernel = _binomial(channels)
        self._values: list[float] = []
        self._still = 0

    def climb(self, share: float) -> None:
        """Takes one step; `share` of the search is over."""
        value, gradient = self._differentiated(share < _ROUGH)
        self._values.append(value)
        size = float(gradient.square().mean().sqrt())
        if not np.isfinite([value, size]).all():
            raise no_numbers(self._step)
        self._still = 0 if size > 0 else self._still + 1
        if self._still >= _PATIENCE:
            raise self._never_moves()
        way = (gradient / max(size, torch.finfo(torch.float32).tiny)).clamp_(-_STEEPEST, _STEEPEST)
        way -= _PULL * (self._picture - self._mean)
        self._picture += _RATE * (1 - 0.9 * share) * way
        if self._shift_px and share < _ROUGH:
            blurred = F.conv2d(F.pad(self._picture, (1, 1, 1, 1), "replicate"), self._kernel, groups=len(self._kernel))
            self._picture.lerp_(blurred, _BLUR * (1 - share / _ROUGH))
        self._picture.clamp_(0, 1)

    def _differentiated(self, rough: bool) -> tuple[float, Tensor]:
        """The unit's value for the picture as it is, and the gradient for the picture shifted."""
        most = self._shift_px if rough else 0
        down, across = torch.randint(-most, most + 1, (2,), generator=self._chance).tolist()
        height, width = self._picture.shape[2:]
        with torch.enable_grad():
            picture = self._picture.clone().requires_grad_()
            padded = F.pad(picture, (most,) * 4, "replicate") if most else picture
            shifted = padded[..., most + down : most + down + height, most + across : most + across + width]
            given = torch.cat([shifted, picture]).to(
                self._reader.device, memory_format=layout(self._reader.channels_last)
            )
            found = self._read(normalise_(given))[self._step.name].flatten(1)[:, self._number]
            (gradient,) = torch.autograd.grad(found[0], picture, allow_unused=True, materialize_grads=True)
        return float(found[1].detach()), gradient

    def end(self) -> Search:
        """Rounds the picture to whole greys, and asks once more."""
        pixels = (self._picture[0] * 255).round().to(torch.uint8).numpy().copy()
        with torch.no_grad():
            given = self._reader.given(pixels[None])
            value = float(self._read(given)[self._step.name].detach().flatten()[self._number])
        values = np.array(self._values)
        if value == self._values[0] and (values == value).all():
            raise self._never_moves()
        for array in (pixels, values):
            array.setflags(write=False)
        return Search(pixels, value, self._values[0], values)

    def _never_moves(self) -> StudioError:
        return StudioError(
            f"This unit of {self._step.layer.title} never moves.",
            f"It stays at {self._values[0]:.4g} whatever small change is made to the picture, as a dead unit does.",
            "Choose another unit, or an earlier moment.",
        )


def _binomial(channels: int) -> Tensor:
    """The smallest smooth blur, 1 2 1 times 1 2 1, for each channel by itself."""
    row = torch.tensor([0.25, 0.5, 0.25])
    return torch.outer(row, row).expand(channels, 1, 3, 3).contiguous()
