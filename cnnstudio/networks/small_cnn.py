"""The smallest convolutional network that finds something anywhere: one convolution and global max-pooling.

Global pooling over a convolution's maps: M. Lin, Q. Chen, S. Yan, "Network in network", ICLR 2014 (averages), and
M. Oquab, L. Bottou, I. Laptev, J. Sivic, "Is object localization for free?", CVPR 2015 (the largest value).
With 16 kernels of 5 x 5 on grey pictures and ten classes: 416 + 170 = 586 weights, whatever the picture's size.
It is made for the glyphs; digits need patterns of patterns: after 8 epochs on 4,000 of MNIST's training pictures one
convolution reads 63 % of others, two (13,578 weights) 94 %, three (65,162) 96.5 %, and LeNet-5 95 %.
Pooling stands before ReLU, which is the same function and leaves one number per map to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalMax, MaxPool
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkInfo


def _layers(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Layers:
    filters, depth = int(settings["filters"]), int(settings["depth"])
    before: Layers = ()
    for _ in range(depth - 1):
        before += (Conv(filters, 5, padding=2), MaxPool(2), ReLU())
        filters *= 2
    return (*before, Conv(filters, 5), GlobalMax(), ReLU(), Flatten(), Linear(classes))


NETWORK: Final = NetworkInfo(
    id="small_cnn",
    title="Small CNN",
    order=40,
    year=2015,
    citation="M. Oquab, L. Bottou, I. Laptev, J. Sivic: Is object localization for free? Weakly-supervised learning "
    "with convolutional neural networks. CVPR 2015.",
    sentence="One convolution and the largest value of each map: it knows whether a pattern is there, not where.",
    role="cnn",
    layers=_layers,
    knobs=(
        Knob("filters", "filters", 16, "Kernels of the first convolution.", minimum=1, maximum=4_096, log=True),
        Knob("depth", "convolutions", 1,
             "How many convolutions follow each other; each further one has twice the filters, after pooling by 2.",
             minimum=1, maximum=6),
    ),
    smallest_px=5,
)  # fmt: skip
