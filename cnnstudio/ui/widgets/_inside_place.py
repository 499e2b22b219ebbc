"""Where one is inside the networks, and how it is shown: what is kept between starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cnnstudio.core.inside import PICTURE
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui.widgets._inside_colour import SCALES, ScaleOf
from cnnstudio.ui.widgets._inside_layout import is_flat
from cnnstudio.ui.widgets._inside_plan import Box


@dataclass(frozen=True, slots=True)
class Place:
    """Where one is.

    Attributes:
        network: Of the layer looked at; "" on the level of all networks.
        layer: The layer looked at; "" on the level of all networks.
        scale: Whose the colour scale is.
        every: Whether activations and normalisations have columns of their own.
        flipped: (network, path) of blocks that were opened or folded.
    """

    network: str = ""
    layer: str = ""
    scale: ScaleOf = "layer"
    every: bool = False
    flipped: tuple[tuple[str, str], ...] = ()

    def flips(self, network: str) -> frozenset[str]:
        """Paths of one network's blocks that were opened or folded."""
        return frozenset(path for key, path in self.flipped if key == network)

    def with_flip(self, network: str, path: str) -> Place:
        """The same with one block opened or folded."""
        flip = (network, path)
        rest = tuple(one for one in self.flipped if one != flip)
        return replace(self, flipped=rest if len(rest) < len(self.flipped) else (*rest, flip))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "network": self.network, "layer": self.layer, "scale": self.scale, "every": self.every,
            "flipped": [list(one) for one in self.flipped],
        }  # fmt: skip

    @staticmethod
    def from_json(data: dict[str, Any]) -> Place:
        """Reads what `to_json` gave; what cannot be read is as at first."""
        network, layer, scale = (data.get(name) for name in ("network", "layer", "scale"))
        flipped = data.get("flipped")
        pairs = [tuple(one) for one in flipped if isinstance(one, list)] if isinstance(flipped, list) else []
        named = isinstance(network, str) and isinstance(layer, str)
        return Place(
            str(network) if named else "",
            str(layer) if named else "",
            next((one for one in SCALES if one == scale), "layer"),
            data.get("every") is True,
            tuple((one[0], one[1]) for one in pairs if len(one) == 2 and all(isinstance(part, str) for part in one)),
        )


def stretch_of(spec: NetworkSpec) -> int:
    """How much of the height a network's strip takes beside others: one of lists only needs less."""
    return 2 if all(is_flat(step.shape) for step in spec.steps()) else 3


def weighted_step(spec: NetworkSpec, box: Box) -> str:
    """The step of a column whose weights are looked at: the first with any, or "" where there is none."""
    steps = {step.name: step for step in spec.steps()}
    for name in box.names:
        if name != PICTURE and steps[name].layer.weighted and steps[name].parameters:
            return name
    return ""


def first_weighted(spec: NetworkSpec) -> str:
    """The first layer with weights."""
    return next((step.name for step in spec.steps() if step.parameters), "")
