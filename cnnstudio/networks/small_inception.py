"""A small branched network: two blocks of GoogLeNet's kind behind one convolution.

C. Szegedy et al., "Going deeper with convolutions", CVPR 2015. A block looks at the same maps with kernels of 1 x 1,
3 x 3 and 5 x 5 and through the largest value of 3 x 3, side by side, and puts the four results one behind the other.
1 x 1 convolutions make few maps of many before the larger kernels, and after the pooling. The branches have the paper's
proportions (its block 3a has 64, 96 to 128, 16 to 32, and 32 maps); as there, ReLU follows every convolution, and
nothing is normalised. GoogLeNet has nine such blocks behind three convolutions, and two further outputs that help it to
learn. With 8 filters on grey pictures and ten classes: 12,924 weights, whatever the picture's size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.layer_blocks import Branches
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalAverage, MaxPool
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkInfo


def _conv(maps: int, kernel: int) -> Layers:
    return Conv(maps, kernel, padding=kernel // 2), ReLU()


def _block(filters: int) -> Branches:
    reduced_3, reduced_5, small = max(1, 3 * filters // 2), max(1, filters // 4), max(1, filters // 2)
    return Branches((
        _conv(filters, 1),
        (*_conv(reduced_3, 1), *_conv(2 * filters, 3)),
        (*_conv(reduced_5, 1), *_conv(small, 5)),
        (MaxPool(3, 1, 1), *_conv(small, 1)),
    ))  # fmt: skip


def _layers(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Layers:
    filters = int(settings["filters"])
    layers: Layers = (Conv(2 * filters, 5, padding=2), MaxPool(2), ReLU())
    for number in range(int(settings["blocks"])):
        layers += (*((MaxPool(2),) if number else ()), _block(filters * 2**number))
    return (*layers, GlobalAverage(), Flatten(), Linear(classes))


NETWORK: Final = NetworkInfo(
    id="small_inception",
    title="Small Inception",
    order=70,
    year=2015,
    citation="C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke, A. Rabinovich: "
    "Going deeper with convolutions. CVPR 2015.",
    sentence="Kernels of 1 x 1, 3 x 3 and 5 x 5 and a pooling look at the same maps side by side, as in GoogLeNet; "
    "what they find is put one behind the other.",
    role="cnn",
    layers=_layers,
    knobs=(
        Knob("filters", "filters", 8,
             "1 x 1 kernels of the first block; all branches grow with them, and each further block has twice as many.",
             minimum=1, maximum=1_024, log=True),
        Knob("blocks", "blocks", 2, "How many blocks follow each other, with pooling by 2 between them.",
             minimum=1, maximum=3),
    ),
    smallest_px=8,
)  # fmt: skip
