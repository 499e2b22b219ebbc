"""The weights of any layer as pictures: kernels, templates, rows; from a module, or from weights kept along a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_kinds import Conv, ConvTranspose, DepthwiseConv, Linear, LocallyConnected, PatchEmbedding
from cnnstudio.core.layers import Step, pair
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import flattened, sources
from cnnstudio.engine.build import outline

Kind = Literal["kernels", "templates", "rows", "local", "none"]
Weights = NDArray[np.float32]

MOST: Final = 96
"""Kernels of a locally connected layer are numbered as an answer of this many, `ReadKernels`' default, has them."""

_SLIDING: Final = (Conv, DepthwiseConv, PatchEmbedding, ConvTranspose)


class Slot(NamedTuple):
    """Where a weight stands among a network's kept weights.

    Attributes:
        start: The number of its first value.
        shape: Its shape in torch.
    """

    start: int
    shape: tuple[int, ...]

    def of(self, flat: Weights) -> Weights:
        """The weight, without a copy."""
        return flat[self.start : self.start + math.prod(self.shape)].reshape(self.shape)


@lru_cache(maxsize=64)
def slots(spec: NetworkSpec) -> Mapping[str, Slot]:
    """Where each weight stands in what `moments.flatten` makes of a network, by name."""
    found, start = {}, 0
    for name, part in outline(spec).state_dict().items():
        found[name] = Slot(start, tuple(part.shape))
        start += part.numel()
    return found


def array(tensor: Tensor) -> Weights:
    """A tensor's numbers: float32, read-only, in memory of their own."""
    made = tensor.detach().float().cpu().numpy().copy(order="C")
    made.setflags(write=False)
    return made


def parameters(module: nn.Module, step: Step) -> tuple[Weights, Weights | None]:
    """Weight and bias of a layer that has kernels, as torch holds them: no copies, for reading at once."""
    part = module.get_submodule(step.name)
    weight, bias = cast("Tensor", part.weight), cast("Tensor | None", part.bias)
    return weight.detach().cpu().numpy(), None if bias is None else bias.detach().cpu().numpy()


def kind_of(spec: NetworkSpec, step: Step) -> Kind:
    """How the layer's weights are shown."""
    if isinstance(step.layer, _SLIDING):
        return "kernels"
    if isinstance(step.layer, LocallyConnected):
        return "local"
    if isinstance(step.layer, Linear):
        return "rows" if _maps_read(spec, step) is None else "templates"
    return "none"


def total(step: Step) -> int:
    """How many kernels there are: one per output map or unit, or of a locally connected layer one per place and map."""
    return math.prod(step.shape) if isinstance(step.layer, LocallyConnected) else step.shape[0]


def shown(step: Step, most: int) -> NDArray[np.int64]:
    """Numbers of the kernels that are shown where no more than `most` fit.

    The first ones; of a locally connected layer those of evenly spread places. Its kernels are numbered place by place.
    """
    if not isinstance(step.layer, LocallyConnected):
        return np.arange(min(total(step), most))
    out = step.shape[0]
    places = total(step) // out
    spread = np.linspace(0, places - 1, min(places, max(1, most // out))).round().astype(np.int64)
    return (spread[:, None] * out + np.arange(out)).reshape(-1)[:most]


def pictures(spec: NetworkSpec, step: Step, weight: Weights, numbers: NDArray[np.int64]) -> Weights:
    """Kernels of these numbers: float32 [kernels, channels, height, width], read-only, in memory of their own."""
    if isinstance(step.layer, LocallyConnected):
        place, out = np.divmod(numbers, step.shape[0])
        found = weight[place, :, out].reshape(-1, step.given[0], *pair(step.layer.kernel))
    elif isinstance(step.layer, ConvTranspose):
        found = weight[:, numbers].swapaxes(0, 1)
    elif isinstance(step.layer, Linear):
        maps = _maps_read(spec, step)
        found = weight[numbers].reshape(-1, *((step.given[0], 1, 1) if maps is None else maps))
    else:
        found = weight[numbers]
    made = np.array(found, np.float32, order="C")
    made.setflags(write=False)
    return made


class FirstWeights(NamedTuple):
    """What the first weighted layer of a network holds.

    Attributes:
        kind: "kernels", "templates" (a dense layer's weights as pictures) or "local".
        layer: As in "conv 5 x 5".
        kernels: float32 [n, channels, height, width].
        total: How many there are; `kernels` may hold fewer.
        biases: float32 [n], or None where there are none, or one for each place.
    """

    kind: Literal["kernels", "templates", "local"]
    layer: str
    kernels: Weights
    total: int
    biases: Weights | None = None


def first_weights(spec: NetworkSpec, module: nn.Module, most: int = MOST) -> FirstWeights:
    """Reads the weights that look at the picture itself.

    Args:
        spec: The network.
        module: What `build` made of it, perhaps trained.
        most: No more kernels than this; those of a locally connected layer are taken from evenly spread places.

    Raises:
        StudioError: No picture shows the weights of the network's first weighted layer.
    """
    step = next(step for step in spec.steps() if step.layer.weighted and step.parameters)
    kind = kind_of(spec, step)
    if kind == "none" or kind == "rows":
        raise StudioError(f"The first layer of {spec.title} has no kernels to look at.")
    weight, bias = parameters(module, step)
    kernels = pictures(spec, step, weight, shown(step, most))
    biases = None if bias is None or kind == "local" else np.array(bias[:most], np.float32)
    if biases is not None:
        biases.setflags(write=False)
    return FirstWeights(kind, step.layer.title, kernels, total(step), biases)


def _maps_read(spec: NetworkSpec, step: Step) -> tuple[int, ...] | None:
    """Shape of the maps whose numbers, laid end to end, a dense layer reads; None where it reads a list."""
    found = flattened(spec, sources(spec)[step.name][0], exactly=False)
    return None if found is None else found[1]
