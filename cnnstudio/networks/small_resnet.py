"""A small residual network: the paper's networks for pictures of 32 x 32, with half the maps.

K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2: 6n + 2 layers,
which are one convolution, three stages of n blocks of two convolutions, and one linear layer. From stage to stage the
maps are halved in size and doubled in number; batch normalisation follows every convolution; the last maps are
averaged. The paper has 16, 32 and 64 maps, and n = 3 and more. With 8, 16 and 32 maps and n = 1: 19,810 weights on grey
pictures with ten classes, whatever the picture's size.

Where the maps change, the shortcut is a 1 x 1 convolution of stride 2 (the paper's option B; for these networks it has
option A, which pads with maps of zeros and needs no weights).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.layer_blocks import Residual
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalAverage
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkInfo

STAGES: Final = 3


def _conv(maps: int, kernel: int, stride: int = 1) -> Layers:
    return Conv(maps, kernel, stride, kernel // 2, bias=False), BatchNorm()


def _block(maps: int, changes: bool) -> Residual:
    body = (*_conv(maps, 3, 2 if changes else 1), ReLU(), *_conv(maps, 3))
    return Residual(body, _conv(maps, 1, 2) if changes else (), (ReLU(),))


def _layers(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Layers:
    maps, blocks = int(settings["maps"]), int(settings["blocks"])
    layers: Layers = (*_conv(maps, 3), ReLU())
    for stage in range(STAGES):
        layers += tuple(_block(maps * 2**stage, stage > 0 and number == 0) for number in range(blocks))
    return (*layers, GlobalAverage(), Flatten(), Linear(classes))


NETWORK: Final = NetworkInfo(
    id="small_resnet",
    title="Small ResNet",
    order=60,
    year=2016,
    citation="K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition. CVPR 2016.",
    sentence="The paper's network for small pictures with half its maps: every two convolutions, what went in is added "
    "again to what came out.",
    role="cnn",
    layers=_layers,
    knobs=(
        Knob("blocks", "blocks per stage", 1,
             "Blocks of two convolutions in each of the three stages: n of them make 6n + 2 layers.",
             minimum=1, maximum=18),
        Knob("maps", "maps", 8, "Maps of the first stage; each further stage has twice as many.",
             minimum=1, maximum=1_024, log=True),
    ),
)  # fmt: skip
