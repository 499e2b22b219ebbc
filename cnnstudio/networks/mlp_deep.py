"""A multilayer perceptron with two hidden layers: 784 - 64 - 64 - 10 has 55,050 weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.layer_kinds import Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkInfo


def _layers(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Layers:
    hidden = int(settings["hidden"])
    return (Flatten(), *(Linear(hidden), ReLU()) * int(settings["depth"]), Linear(classes))


NETWORK: Final = NetworkInfo(
    id="mlp_deep",
    title="Deep MLP",
    order=20,
    year=1986,
    citation="D. E. Rumelhart, G. E. Hinton, R. J. Williams: Learning representations by back-propagating errors. "
    "Nature 323, 1986.",
    sentence="Two smaller hidden layers instead of one: more depth, but still every unit reads everything before it.",
    role="mlp",
    layers=_layers,
    knobs=(
        Knob("hidden", "hidden units", 64, "Units in each hidden layer.", minimum=1, maximum=100_000, unit="units"),
        Knob("depth", "hidden layers", 2, "How many hidden layers follow each other.", minimum=1, maximum=20),
    ),
)
