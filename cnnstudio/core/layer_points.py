"""Layers that work on each number by itself: activations, dropout, stochastic depth, flatten."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layers import Call, Layer, Sizes


class _Pointwise(Layer):
    """The base of activations: each number becomes another, whatever its neighbours."""

    __slots__ = ()
    wants: ClassVar[Literal["map", "flat", "any"]] = "any"
    torch_name: ClassVar[str] = ""

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call(self.torch_name)


@dataclass(frozen=True, slots=True)
class ReLU(_Pointwise):
    """max(0, x)."""

    kind: ClassVar[str] = "relu"
    torch_name: ClassVar[str] = "ReLU"


@dataclass(frozen=True, slots=True)
class LeakyReLU(_Pointwise):
    """x where it is positive, else a small share of it (Maas, Hannun and Ng 2013)."""

    kind: ClassVar[str] = "leaky_relu"
    slope: float = 0.01

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("LeakyReLU", (self.slope,))


@dataclass(frozen=True, slots=True)
class ReLU6(_Pointwise):
    """min(6, max(0, x)) (Krizhevsky 2010), as MobileNet has it."""

    kind: ClassVar[str] = "relu6"
    torch_name: ClassVar[str] = "ReLU6"


@dataclass(frozen=True, slots=True)
class Sigmoid(_Pointwise):
    """1 / (1 + exp(-x))."""

    kind: ClassVar[str] = "sigmoid"
    torch_name: ClassVar[str] = "Sigmoid"


@dataclass(frozen=True, slots=True)
class Tanh(_Pointwise):
    """Hyperbolic tangent."""

    kind: ClassVar[str] = "tanh"
    torch_name: ClassVar[str] = "Tanh"


@dataclass(frozen=True, slots=True)
class GELU(_Pointwise):
    """x times the normal distribution's share below x (Hendrycks and Gimpel 2016)."""

    kind: ClassVar[str] = "gelu"
    torch_name: ClassVar[str] = "GELU"


@dataclass(frozen=True, slots=True)
class SiLU(_Pointwise):
    """x times its sigmoid, "swish" (Ramachandran, Zoph and Le 2017)."""

    kind: ClassVar[str] = "silu"
    torch_name: ClassVar[str] = "SiLU"


@dataclass(frozen=True, slots=True)
class Hardswish(_Pointwise):
    """A piecewise form of SiLU that needs no exponential (Howard et al. 2019)."""

    kind: ClassVar[str] = "hardswish"
    torch_name: ClassVar[str] = "Hardswish"


def _check_share(share: float, of: str) -> None:
    if not 0 <= share < 1:
        raise StudioError(f"The share of {of} cannot be {share}.", remedy="Give at least 0 and less than 1.")


@dataclass(frozen=True, slots=True)
class Dropout(Layer):
    """Switches units off at random while training (Srivastava et al. 2014).

    Attributes:
        p: Share of the units.
    """

    kind: ClassVar[str] = "dropout"
    wants: ClassVar[Literal["map", "flat", "any"]] = "any"
    p: float = 0.5

    def __post_init__(self) -> None:
        """Refuses shares outside 0 to 1."""
        _check_share(self.p, self.kind)

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Bytes kept for one picture: its output, and which units were on."""
        return 8 * math.prod(given)

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("Dropout", (self.p,))


@dataclass(frozen=True, slots=True)
class StochasticDepth(Layer):
    """Switches a residual block's body off for some pictures while training (Huang et al. 2016).

    Attributes:
        p: Share of the pictures.
    """

    kind: ClassVar[str] = "stochastic_depth"
    wants: ClassVar[Literal["map", "flat", "any"]] = "any"
    p: float

    def __post_init__(self) -> None:
        """Refuses shares outside 0 to 1."""
        _check_share(self.p, "stochastic depth")

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("StochasticDepth", (self.p,))


@dataclass(frozen=True, slots=True)
class Flatten(Layer):
    """A map as one list of numbers: channels, rows, columns."""

    kind: ClassVar[str] = "flatten"
    wants: ClassVar[Literal["map", "flat", "any"]] = "any"

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        return (math.prod(given),)

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Nothing: the same memory, seen as a list."""
        return 0

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("Flatten")
