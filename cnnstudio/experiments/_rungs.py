"""The networks of the ladder: one part of the design more on each rung, sized to the same budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_blocks import Residual
from cnnstudio.core.layer_kinds import Conv, Linear, LocallyConnected
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import MaxPool
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkSpec, Role

Equal = Literal["weights", "macs"]

RUNGS: Final = {
    "dense": "dense",
    "local": "local",
    "shared": "shared",
    "pooling": "pooling",
    "norm": "batch norm",
    "residual": "residual depth",
}
SAID: Final = {
    "dense": "Every unit reads everything; two hidden layers.",
    "local": "Each unit reads a window of 5 x 5; every place has weights of its own; stride 2.",
    "shared": "The same windows, and the same weights at every place: convolution with stride 2.",
    "pooling": "Stride 1, and then the largest of 2 x 2.",
    "norm": "Batch normalisation after each pooling.",
    "residual": "After each pooling a block of two 3 x 3 convolutions with a shortcut.",
}
ROLES: Final[dict[str, Role]] = {"dense": "mlp", "local": "local"}
"""Of all others: "cnn"."""

NEAR: Final = 0.02
"""Among sizes that miss the budget by no more than this, the one is taken whose second layer is nearest to twice as
wide as the first."""
FAR: Final = 0.25
"""A network that is over the budget by more than this is no fair rung."""
_RATIO: Final = 3
_WIDEST: Final = 4_096


@dataclass(frozen=True, slots=True)
class Sized:
    """A rung, as wide as the budget allows.

    Attributes:
        spec: The network.
        off: How far its weights (or multiply-adds) are from the budget: 0.02 for 2 % more.
    """

    spec: NetworkSpec
    off: float


def _convolutions(rung: str, first: int, second: int) -> Layers:
    layers: Layers = ()
    for maps in (first, second):
        if rung == "local":
            layers += (LocallyConnected(maps, 5, 2, 2), ReLU())
        elif rung == "shared":
            layers += (Conv(maps, 5, 2, 2), ReLU())
        else:
            norm: Layers = () if rung == "pooling" else (BatchNorm(),)
            layers += (Conv(maps, 5, padding=2), MaxPool(2), *norm, ReLU())
        if rung == "residual":
            conv = Conv(maps, 3, padding=1)
            layers += (Residual((conv, BatchNorm(), ReLU(), conv, BatchNorm()), (), (ReLU(),)),)
    return layers


def network(rung: str, shape: Shape, classes: int, first: int, second: int) -> NetworkSpec:
    """One rung with two widths: hidden units of the dense one, maps of the others."""
    if rung == "dense":
        layers: Layers = (Flatten(), Linear(first), ReLU(), Linear(second), ReLU(), Linear(classes))
    else:
        layers = (*_convolutions(rung, first, second), Flatten(), Linear(classes))
    return NetworkSpec(f"ladder_{rung}", RUNGS[rung], shape, classes, layers)


@lru_cache(maxsize=64)
def sized(rung: str, shape: Shape, classes: int, equal: Equal, budget: int) -> Sized:
    """A rung whose weights, or multiply-adds for one picture, come as near to the budget as whole widths allow.

    The second layer is one to three times as wide as the first.

    Raises:
        StudioError: The smallest such network is far over the budget.
    """

    def cost(first: int, second: int) -> int:
        made = network(rung, shape, classes, first, second)
        return made.parameters if equal == "weights" else made.macs

    least = cost(1, 1)
    if least > budget * (1 + FAR):
        raise StudioError(
            f"A budget of {budget:,} {_unit(equal)} is too small for the rung {RUNGS[rung]!r}.",
            f"The smallest such network needs {least:,}.",
            f"Give at least {least:,}.",
        )
    found = []
    for first in range(1, _WIDEST + 1):
        if cost(first, first) > budget * (1 + FAR):
            break
        if cost(first, _RATIO * first) >= budget * (1 - FAR):
            found += [(pair, cost(*pair) / budget - 1) for pair in _around(cost, first, budget)]
    near = [each for each in found if abs(each[1]) <= NEAR]
    if near:
        widths, off = min(near, key=lambda each: (abs(each[0][1] / each[0][0] - 2), abs(each[1])))
    else:
        widths, off = min(found, key=lambda each: abs(each[1]))
    return Sized(network(rung, shape, classes, *widths), off)


def _around(cost: Callable[[int, int], int], first: int, budget: int) -> list[tuple[int, int]]:
    """The two widths of the second layer between which the budget lies, or the nearer end."""
    low, high = first, _RATIO * first
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost(first, middle) <= budget else (low, middle)
    return [(first, low), (first, high)]


def _unit(equal: Equal) -> str:
    return "weights" if equal == "weights" else "multiply-adds"
