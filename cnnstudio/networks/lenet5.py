"""LeNet-5 in its modern form.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86(11), 1998.

The paper has scaled tanh units, trainable subsampling, a third convolution that reads only some maps of the second
layer, and radial basis functions at the end. Here: ReLU, max-pooling, full connections, and softmax over a linear
layer. Pooling stands before ReLU: the largest value is the same whether negative ones are set to zero before or
after, and a quarter of the numbers is left to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.knobs import Value
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import MaxPool
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkInfo


def _layers(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Layers:
    return (
        Conv(6, 5, padding=2), MaxPool(2), ReLU(),
        Conv(16, 5), MaxPool(2), ReLU(),
        Flatten(),
        Linear(120), ReLU(),
        Linear(84), ReLU(),
        Linear(classes),
    )  # fmt: skip


NETWORK: Final = NetworkInfo(
    id="lenet5",
    title="LeNet-5",
    order=30,
    year=1998,
    citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition. "
    "Proceedings of the IEEE 86(11), 1998.",
    sentence="Modern form: ReLU, max-pooling and full connections, where the paper of 1998 had tanh, trainable "
    "subsampling, a sparsely connected third layer and radial basis functions.",
    role="cnn",
    layers=_layers,
    smallest_px=12,
)
