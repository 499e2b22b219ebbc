"""Locally connected: the small CNN's shape with nothing shared.

Y. LeCun, "Generalization and network design strategies", University of Toronto CRG-TR-89-4, 1989: nets 3 and 4
compare local connections with and without weight sharing. Every place has 16 kernels of its own; on grey pictures of
28 x 28 and ten classes that makes 239,786 weights where the small CNN has 586.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.layer_kinds import Linear, LocallyConnected
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalMax
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkInfo


def _layers(input_shape: Shape, classes: int, settings: Mapping[str, Value]) -> Layers:
    return (LocallyConnected(int(settings["filters"]), 5), GlobalMax(), ReLU(), Flatten(), Linear(classes))


NETWORK: Final = NetworkInfo(
    id="local",
    title="Locally connected",
    order=50,
    year=1989,
    citation="Y. LeCun: Generalization and network design strategies. University of Toronto, CRG-TR-89-4, 1989.",
    sentence="The small CNN's shape without sharing: each place must learn every pattern for itself.",
    role="local",
    layers=_layers,
    knobs=(
        Knob("filters", "filters", 16, "Kernels that every place has of its own.", minimum=1, maximum=4_096, log=True),
    ),
    smallest_px=5,
)
