"""From a network's specification to a module of torch, with first weights that only the seed decides."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import cast

import torch
from torch import Tensor, nn

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layer_blocks import Block, Branches, Residual
from cnnstudio.core.layers import Layers, Step, named
from cnnstudio.core.network import NetworkSpec
from cnnstudio.engine import modules


def build(spec: NetworkSpec, seed: int | torch.Generator) -> nn.Module:
    """Makes the module of a network.

    Names of modules and weights are those of `spec.rows()`, as in "1_conv.weight". Neither the number of classes'
    names nor torch's own random numbers matter to the first weights: the same seed gives the same ones, and the
    state of torch's generators is left as it was.

    Args:
        spec: The network.
        seed: A seed, or a generator that is advanced.

    Returns:
        An `nn.Module` on the CPU, in training mode.

    Raises:
        StudioError: There is not enough memory for its weights.
    """
    generator = seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
    module = outline(spec)
    try:
        module.to_empty(device="cpu")
    except RuntimeError as error:  # torch says "not enough memory" in this way
        raise StudioError(
            f"There is not enough memory for {spec.title}.",
            f"Its {spec.parameters:,} weights take {4 * spec.parameters / 2**20:,.0f} MB.",
            "Choose a smaller network or smaller pictures.",
        ) from error
    initialise(module, generator)
    return module


def outline(spec: NetworkSpec) -> nn.Module:
    """The module without any memory behind its weights (on torch's "meta" device): shapes only."""
    steps = {step.path: step for step in spec.steps()}
    with torch.device("meta"):
        return _chain(spec.layers, (), steps)


def _chain(layers: Layers, path: tuple[str, ...], steps: dict[tuple[str, ...], Step]) -> nn.Module:
    ## A plain sequence: each layer reads what the one before it computed.
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for name, layer in named(layers):
        here = (*path, name)
        if isinstance(layer, Block):
            parts[name] = _block(layer, here, steps)
        else:
            parts[name] = _layer(steps[here])
    return nn.Sequential(parts)


def _block(block: Block, path: tuple[str, ...], steps: dict[tuple[str, ...], Step]) -> nn.Module:
    inner = OrderedDict(
        (name, _chain(layers, (*path, name) if name else path, steps)) for name, layers in block.parts()
    )
    if isinstance(block, Residual):
        return modules.Residual(inner["body"], inner["shortcut"], inner["after"])
    if isinstance(block, Branches):
        return modules.Branches(inner.values(), block.join)
    return inner[""] if "" in inner else nn.Sequential(inner)


def _layer(step: Step) -> nn.Module:
    call = step.layer.call(step.given)
    made = getattr(modules, call.name, None) or getattr(nn, call.name)
    return cast("nn.Module", made(*call.args, **call.kwargs))


@torch.no_grad()
def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draws first weights, module by module.

    Weights and biases of convolutions, locally connected and linear layers are uniform within 1 / sqrt(n), where n is
    how many numbers a unit reads: torch's own default (He et al. 2015 with a = sqrt 5; LeCun et al. 1998). Scales of
    normalisation start at 1 and shifts at 0.
    """
    for part in module.modules():
        own = dict(part.named_parameters(recurse=False))
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | modules.LocallyConnected2d):
            ## Large sums saturate: the more numbers a unit reads, the smaller its weights must be.
            bound = 1 / math.sqrt(_reads(part))
            for parameter in own.values():
                parameter.uniform_(-bound, bound, generator=generator)
        elif isinstance(part, modules.LayerScale):
            part.weight.fill_(part.initial)
        elif isinstance(part, modules.BlurPool2d):
            part.fill()
        elif own:
            cast("nn.BatchNorm2d", part).reset_parameters()


def _reads(part: nn.Module) -> int:
    """How many numbers one unit reads (for a transposed convolution, as torch counts it)."""
    weight = cast("Tensor", part.weight)
    return weight.shape[1] if isinstance(part, modules.LocallyConnected2d) else math.prod(weight.shape[1:])
