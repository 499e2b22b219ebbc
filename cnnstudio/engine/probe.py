"""What every layer of a network computes: read by hooks that are always removed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Branches, Residual
from cnnstudio.core.network import NetworkSpec

Read = Callable[[Tensor], Mapping[str, Tensor]]
"""Gives what the wanted layers compute for pictures as the network is given them: tensors [n, ...] by name."""


class _Tap(NamedTuple):
    """Where a step's output can be read."""

    submodule: str
    side: Literal["input", "output"]


class _Reached(Exception):
    """The last layer wanted has been computed; what follows need not be."""


@lru_cache(maxsize=64)
def _taps(spec: NetworkSpec) -> Mapping[str, _Tap]:
    """Every step's tap, in the order of computation."""
    found = {}
    for step in spec.steps():
        block = ".".join(step.path[:-1])
        if isinstance(step.layer, Residual):
            found[step.name] = _Tap(f"{block}.after", "input")
        elif isinstance(step.layer, Branches):
            found[step.name] = _Tap(block, "output")
        else:
            found[step.name] = _Tap(step.name, "output")
    return found


@contextmanager
def probe(
    module: nn.Module, spec: NetworkSpec, layers: Collection[str] | None = None, *, gradient: bool = False
) -> Iterator[Read]:
    """Reads what layers compute, in evaluation mode; leaves no hook behind and every mode as it was.

    Only the layers wanted are hooked, and what comes after the last of them is not computed.

    Args:
        module: What `build` made of the spec; never the one that learns.
        spec: The network.
        layers: Names of steps, and `PICTURE`; None is all of them.
        gradient: Whether the outputs can be differentiated.

    Yields:
        A function from the network's input [n, channels, height, width] to tensors by name, in the order of
        computation. They may share memory with each other and with the weights: copy what is to be kept.

    Raises:
        StudioError: The network has no layer of such a name.
    """
    taps = _taps(spec)
    wanted = _wanted(spec, taps, layers)
    found: dict[str, Tensor] = {}
    modes = [part for part in module.modules() if part.training]
    hooks = []
    try:
        for part in modes:
            part.training = False
        for name in wanted:
            hooks.append(_hook(module, taps[name], name, found, name == wanted[-1]))

        def read(pictures: Tensor) -> Mapping[str, Tensor]:
            found.clear()
            if layers is None or PICTURE in layers:
                found[PICTURE] = pictures
            if wanted:
                _forward(module, pictures, gradient)
            return dict(found)

        yield read
    finally:
        for hook in hooks:
            hook.remove()
        for part in modes:
            part.training = True


def _wanted(spec: NetworkSpec, taps: Mapping[str, _Tap], layers: Collection[str] | None) -> list[str]:
    if layers is None:
        return list(taps)
    for name in layers:
        if name not in taps and name != PICTURE:
            raise no_layer(spec, name)
    return [name for name in taps if name in layers]


def no_layer(spec: NetworkSpec, layer: str) -> StudioError:
    """What is said of a layer that a network does not have."""
    return StudioError(
        f"{spec.title} has no layer {layer!r}.",
        "It belongs to another network, or the network was changed since.",
        "Choose one of its layers.",
    )


def _hook(module: nn.Module, tap: _Tap, name: str, found: dict[str, Tensor], last: bool) -> Any:
    part = module.get_submodule(tap.submodule)

    def keep(value: Tensor) -> None:
        found[name] = value
        if last:
            raise _Reached

    if tap.side == "input":
        return part.register_forward_pre_hook(lambda _part, given: keep(given[0]))
    return part.register_forward_hook(lambda _part, _given, made: keep(made))


def _forward(module: nn.Module, pictures: Tensor, gradient: bool) -> None:
    try:
        with torch.enable_grad() if gradient else torch.inference_mode():
            module(pictures)
    except _Reached:
        pass
