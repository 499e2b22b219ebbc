"""From uint8 pictures to what a network is given. One rule for every data set, so that weights can be carried about."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import nn

from cnnstudio.core.dataset import Images, Labels, Pictures

GREY: Final = (0.1307, 0.3081)
"""Mean and standard deviation of MNIST's pixels: ink on black."""

COLOUR: Final = (0.5, 0.25)
"""Photographs: mid-grey, and half the range within two standard deviations."""


def scaling(channels: int) -> tuple[float, float]:
    """Mean and standard deviation, on the scale from 0 to 1, that a network's input is normalised by."""
    return GREY if channels == 1 else COLOUR


def tensor(array: Images | Labels) -> torch.Tensor:
    """A tensor over a numpy array's own memory; neither may be written to."""
    with warnings.catch_warnings():
        # torch has no read-only tensors and warns of that; nobody here writes.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(array))


def layout(channels_last: bool) -> torch.memory_format:
    """A memory format as torch names it."""
    return torch.channels_last if channels_last else torch.contiguous_format


def lay_out(module: nn.Module, channels_last: bool) -> nn.Module:
    """Puts a module's kernels into a memory format, in place; the numbers stay the same."""
    for weight in module.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=layout(channels_last))
    return module


def to_unit(images: torch.Tensor, channels_last: bool) -> torch.Tensor:
    """uint8 [n, c, h, w] from 0 to 255 becomes float32 from 0 to 1, a new tensor."""
    return images.to(torch.float32, memory_format=layout(channels_last)).mul_(1 / 255)


def normalise_(unit: torch.Tensor) -> torch.Tensor:
    """Shifts and scales pictures from 0 to 1 in place, so that a network's input is about 0 in mean and 1 in spread."""
    mean, spread = scaling(unit.shape[1])
    return unit.sub_(mean).mul_(1 / spread)


def to_input(images: torch.Tensor, channels_last: bool) -> torch.Tensor:
    """uint8 [n, c, h, w] becomes what a network is given: float32, normalised."""
    return normalise_(to_unit(images, channels_last))


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three sets on the device.

    Attributes:
        images: uint8 [n, c, h, w].
        labels: int64 [n].
    """

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.labels)

    def take(self, index: torch.Tensor) -> Part:
        """A copy of the pictures at an int64 index (on the processor)."""
        index = index.to(self.labels.device)
        return Part(self.images.index_select(0, index), self.labels.index_select(0, index))

    @staticmethod
    def of(pictures: Pictures, device: torch.device) -> Part:
        """The pictures on a device; on the processor without a copy."""
        return Part(tensor(pictures.images).to(device), tensor(pictures.labels).to(device))
