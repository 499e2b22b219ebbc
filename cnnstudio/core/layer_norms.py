"""Layers that normalise or scale what passes through them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layers import Call, Layer, Learned, Sizes, only
from cnnstudio.core.receptive import Window


@dataclass(frozen=True, slots=True)
class BatchNorm(Learned):
    """Batch normalisation: each map to mean 0 and variance 1 over the batch (Ioffe and Szegedy 2015)."""

    kind: ClassVar[str] = "batch_norm"
    wants: ClassVar[Literal["map", "flat", "any"]] = "any"
    eps: float = 1e-5
    momentum: float = 0.1

    def parameters(self, given: Sizes) -> int:
        """A scale and a shift per map."""
        return 2 * given[0]

    def buffers(self, given: Sizes) -> int:
        """Running mean and variance per map, and a counter."""
        return 2 * given[0] + 1

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call(
            "BatchNorm2d" if len(given) == 3 else "BatchNorm1d",
            (given[0],),
            only(eps=(self.eps, 1e-5), momentum=(self.momentum, 0.1)),
        )


@dataclass(frozen=True, slots=True)
class LayerNorm(Learned):
    """Layer normalisation over all values of one picture (Ba, Kiros and Hinton 2016)."""

    kind: ClassVar[str] = "layer_norm"
    wants: ClassVar[Literal["map", "flat", "any"]] = "any"
    eps: float = 1e-5

    def parameters(self, given: Sizes) -> int:
        """A scale and a shift per value."""
        return 2 * math.prod(given)

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """Mean and variance depend on all places."""
        return None

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("LayerNorm", (given,), only(eps=(self.eps, 1e-5)))


@dataclass(frozen=True, slots=True)
class ChannelNorm(Learned):
    """Layer normalisation over the channels of each place, as ConvNeXt has it (Liu et al. 2022)."""

    kind: ClassVar[str] = "channel_norm"
    eps: float = 1e-6

    def parameters(self, given: Sizes) -> int:
        """A scale and a shift per channel."""
        return 2 * given[0]

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("ChannelNorm2d", (given[0],), only(eps=(self.eps, 1e-6)))


@dataclass(frozen=True, slots=True)
class GroupNorm(Learned):
    """Group normalisation: over the places and channels of each group of maps (Wu and He 2018)."""

    kind: ClassVar[str] = "group_norm"
    groups: int
    eps: float = 1e-5

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        if given[0] % self.groups:
            raise StudioError(f"{given[0]} maps cannot be split into {self.groups} groups.")
        return given

    def parameters(self, given: Sizes) -> int:
        """A scale and a shift per channel."""
        return 2 * given[0]

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """Mean and variance depend on all places."""
        return None

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("GroupNorm", (self.groups, given[0]), only(eps=(self.eps, 1e-5)))


@dataclass(frozen=True, slots=True)
class LayerScale(Learned):
    """A trainable factor per map at the end of a residual branch (Touvron et al. 2021)."""

    kind: ClassVar[str] = "layer_scale"
    initial: float = 1e-6

    def parameters(self, given: Sizes) -> int:
        """A factor per map."""
        return given[0]

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("LayerScale", (given[0],), only(initial=(self.initial, 1e-6)))


@dataclass(frozen=True, slots=True)
class LocalResponseNorm(Layer):
    """Divides by the activity of neighbouring maps at the same place (Krizhevsky et al. 2012).

    Attributes:
        size: Neighbouring maps, the map itself included.
    """

    kind: ClassVar[str] = "local_response_norm"
    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        settings = only(alpha=(self.alpha, 1e-4), beta=(self.beta, 0.75), k=(self.k, 1.0))
        return Call("LocalResponseNorm", (self.size,), settings)
