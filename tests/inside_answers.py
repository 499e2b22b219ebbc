"""Made-up answers about the inside of networks: names and shapes of the real specs, no torch.

The numbers follow the picture (a map is the picture brought to the map's size, times a wave of its own), so that
another picture or another moment gives other numbers, and the same ones on every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.inside import PICTURE, LayerKernels, LayerMaps, NetworkMaps, ReadKernels, ReadMaps
from cnnstudio.core.layer_kinds import Conv, ConvTranspose, DepthwiseConv, Linear, LocallyConnected, PatchEmbedding
from cnnstudio.core.layer_points import Flatten, ReLU, ReLU6, Sigmoid
from cnnstudio.core.layers import Sizes, Step, pair
from cnnstudio.core.network import NetworkSpec
from cnnstudio.networks import find, spec_for

SHAPE: Final = (1, 28, 28)
CLASSES: Final = 10
Specs = Mapping[str, NetworkSpec]


def spec_of(network: str, shape: tuple[int, int, int] = SHAPE, specs: Specs | None = None) -> NetworkSpec:
    """The spec of a key: one of those given, else the registry's."""
    return specs[network] if specs and network in specs else spec_for(network, shape, CLASSES)


def _role(network: str, specs: Specs | None) -> str:
    return "cnn" if specs and network in specs else find(network)[0].role


def _brought_to(pixels: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """A picture [height, width] brought to another size by taking the nearest pixel."""
    at_rows = np.arange(rows) * pixels.shape[0] // rows
    at_columns = np.arange(columns) * pixels.shape[1] // columns
    return pixels[np.ix_(at_rows, at_columns)]


def values_of(picture: NDArray[np.float32], shape: Sizes, salt: int, signed: bool) -> NDArray[np.float32]:
    """Numbers of one layer: float32 of `shape`.

    Args:
        picture: float32 [height, width].
        shape: (maps, rows, columns) or (units,).
        salt: Another one gives other numbers.
        signed: Whether some are below zero.
    """
    maps, rows, columns = shape if len(shape) == 3 else (shape[0], 1, 1)
    seen = _brought_to(picture, rows, columns) if rows > 1 else np.full((1, 1), picture.mean(), np.float32)
    wave = np.sin(1.3 * np.arange(1, maps + 1) + 0.7 * salt).astype(np.float32)
    tilt = np.cos(np.arange(rows)[:, None] * 0.4 + np.arange(columns) * 0.3).astype(np.float32)
    values = wave[:, None, None] * (0.2 + seen) + 0.3 * wave[::-1, None, None] * tilt * seen
    values = values if signed else np.maximum(values, 0)
    return np.ascontiguousarray(values.reshape(shape), dtype=np.float32)


def layer_maps(step: Step, title: str, picture: NDArray[np.float32], salt: int, most: int) -> LayerMaps:
    """What one step computed."""
    signed = not isinstance(step.layer, ReLU | ReLU6 | Sigmoid)
    values = values_of(picture, step.shape, salt, signed)
    lowest, highest = float(values.min()), float(values.max())
    values = values[:most]
    values.setflags(write=False)
    return LayerMaps(step.name, title, step.shape, values, lowest, highest)


def network_maps(question: ReadMaps, network: str, specs: Specs | None = None, trained: bool = True) -> NetworkMaps:
    """What one network computes for the picture of a question."""
    shape = (question.pixels.shape[0], question.pixels.shape[1], question.pixels.shape[2])
    spec = spec_of(network, shape, specs)
    role: Any = _role(network, specs)
    if not trained:
        return NetworkMaps(network, spec.title, role, spec, "none", None)
    normal = (question.pixels.astype(np.float32) / 255 - 0.13) / 0.31
    picture = LayerMaps(PICTURE, PICTURE, spec.input_shape, normal, float(normal.min()), float(normal.max()))
    grey = question.pixels.mean(axis=0).astype(np.float32) / 255
    layers = [picture]
    for place, (step, row) in enumerate(zip(spec.steps(), spec.rows(), strict=True)):
        if question.layers is None or step.name in question.layers:
            salt = place + (question.step or 0)
            layers.append(layer_maps(step, row.title, grey, salt, question.most))
    weights_from: Any = "shipped" if question.step is None else "run"
    return NetworkMaps(network, spec.title, role, spec, weights_from, question.step, tuple(layers))


def read_maps(question: ReadMaps, specs: Specs | None = None) -> tuple[NetworkMaps, ...]:
    """What every network of a question computes for its picture."""
    return tuple(network_maps(question, network, specs) for network in question.networks)


def untrained(question: ReadMaps, specs: Specs | None = None) -> tuple[NetworkMaps, ...]:
    """The answer where nothing has been learned yet."""
    return tuple(network_maps(question, network, specs, trained=False) for network in question.networks)


def _kernel_shape(spec: NetworkSpec, step: Step) -> tuple[str, tuple[int, ...]]:
    """The kind of a layer's weights, and their shape."""
    layer, given = step.layer, step.given
    if isinstance(layer, Conv):
        return "kernels", (layer.out, given[0] // layer.groups, *pair(layer.kernel))
    if isinstance(layer, DepthwiseConv):
        return "kernels", (step.shape[0], 1, *pair(layer.kernel))
    if isinstance(layer, PatchEmbedding):
        return "kernels", (layer.out, given[0], *pair(layer.size))
    if isinstance(layer, ConvTranspose):
        return "kernels", (layer.out, given[0], *pair(layer.kernel))
    if isinstance(layer, LocallyConnected):
        return "local", (layer.out * step.shape[1] * step.shape[2], given[0], *pair(layer.kernel))
    if isinstance(layer, Linear):
        steps = spec.steps()
        before = steps.index(step) - 1
        if before >= 0 and isinstance(steps[before].layer, Flatten) and len(steps[before].given) == 3:
            return "templates", (layer.out, *steps[before].given)
        return "rows", (layer.out, given[0], 1, 1)
    return "none", (0, 1, 1, 1)


def read_kernels(question: ReadKernels, specs: Specs | None = None) -> LayerKernels:
    """The weights of one layer."""
    spec = spec_of(question.network, SHAPE, specs)
    place = next(i for i, step in enumerate(spec.steps()) if step.name == question.layer)
    step, title = spec.steps()[place], spec.rows()[place].title
    kind: Any
    kind, shape = _kernel_shape(spec, step)
    count = min(shape[0], question.most)
    angle = np.arange(count * int(np.prod(shape[1:])), dtype=np.float32) * 0.37 + place + (question.step or 0)
    weights = (0.2 * np.sin(angle)).reshape(count, *shape[1:])
    weights.setflags(write=False)
    biases = None if kind in ("none", "local") else np.linspace(-0.1, 0.1, shape[0], dtype=np.float32)
    weights_from: Any = "shipped" if question.step is None else "run"
    return LayerKernels(
        question.network, question.layer, title, kind, weights, shape[0], biases, question.step, weights_from
    )


def inside_answers(specs: Specs | None = None) -> dict[type, Callable[[Any], Any]]:
    """For `FakeEngine.answers`: `engine.answers |= inside_answers()`.

    Args:
        specs: Networks that the registry does not have, by key.
    """
    return {ReadMaps: lambda q: read_maps(q, specs), ReadKernels: lambda q: read_kernels(q, specs)}
