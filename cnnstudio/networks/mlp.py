"""A multilayer perceptron with one hidden layer, as large as LeNet-5's budget of weights allows.

D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by back-propagating errors",
Nature 323, 1986; here with ReLU. On pictures of 28 x 28 and ten classes LeNet-5 has 61,706 weights, which buys 77
hidden units: 784 x 77 + 77 + 77 x 10 + 10 = 61,225.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.layer_kinds import Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkInfo
from cnnstudio.networks import lenet5


def hidden_units(inputs: int, classes: int, budget: int) -> int:
    """The largest hidden layer with which inputs - hidden - classes stays within a budget.

    The network has hidden x (inputs + 1 + classes) + classes weights, biases included.

    Args:
        inputs: Numbers in a picture.
        classes: Outputs.
        budget: Weights that it may have.

    Returns:
        Hidden units; 0 or less when the budget buys none.
    """
    return (budget - classes) // (inputs + 1 + classes)


def _lenet_budget(input_shape: Shape, classes: int) -> int:
    """LeNet-5's weights for pictures of this shape, or of the smallest it reads where they are smaller."""
    channels, height, width = input_shape
    smallest = lenet5.NETWORK.smallest_px
    return lenet5.NETWORK.spec((channels, max(height, smallest), max(width, smallest)), classes).parameters


def _automatic(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Mapping[str, str]:
    lenet_weights = _lenet_budget(input_shape, classes)
    budget = int(settings["budget"]) or lenet_weights
    hidden = max(1, hidden_units(math.prod(input_shape), classes, budget))
    return {"hidden": f"automatic: {hidden:,}", "budget": f"LeNet-5: {lenet_weights:,}"}


def _layers(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Layers:
    hidden = int(settings["hidden"])
    if hidden == 0:
        budget = int(settings["budget"])
        inputs = math.prod(input_shape)
        hidden = hidden_units(inputs, classes, budget or _lenet_budget(input_shape, classes))
        if hidden < 1 and budget:
            raise StudioError(
                f"A budget of {budget:,} weights buys the MLP no hidden unit.",
                f"One hidden unit between {inputs:,} inputs and {classes} classes "
                f"takes {inputs + 1 + classes:,} weights.",
                f"Give at least {inputs + 1 + 2 * classes:,}.",
            )
    return (Flatten(), Linear(max(1, hidden)), ReLU(), Linear(classes))


NETWORK: Final = NetworkInfo(
    id="mlp",
    title="MLP",
    order=10,
    year=1986,
    citation="D. E. Rumelhart, G. E. Hinton, R. J. Williams: Learning representations by back-propagating errors. "
    "Nature 323, 1986.",
    sentence="Every hidden unit reads every pixel; as many hidden units as LeNet-5's number of weights allows.",
    role="mlp",
    layers=_layers,
    automatic=_automatic,
    knobs=(
        Knob("hidden", "hidden units", 0, "Units in the hidden layer; 0 takes as many as the budget allows.",
             minimum=0, maximum=100_000, unit="units"),
        Knob("budget", "budget", 0, "Weights the network may have, biases included; 0 is LeNet-5's number.",
             minimum=0, maximum=1_000_000_000, unit="weights"),
    ),
)  # fmt: skip
