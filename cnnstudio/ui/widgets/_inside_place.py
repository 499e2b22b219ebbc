"""Where one is inside the networks, and how it is shown: what is kept between starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cnnstudio.core.inside import PICTURE, ReadKernels, Unit
from cnnstudio.core.network import NetworkSpec, Row
from cnnstudio.core.reading import sources, steps_by_name
from cnnstudio.ui.widgets._inside_colour import SCALES, ScaleOf
from cnnstudio.ui.widgets._inside_layout import is_flat
from cnnstudio.ui.widgets._inside_plan import Box, is_norm
from cnnstudio.ui.widgets._inside_specs import Card
from cnnstudio.ui.widgets._names import layer_name
from cnnstudio.ui.widgets.breadcrumb import unit_words

_FEW_BESIDE: Final = 24
"""Weights shown of a network that stands beside the one looked at."""


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
    return 1 if all(is_flat(step.shape) for step in spec.steps()) else 2


def kernel_questions(
    cards: Sequence[Card], card: Card, box: Box, layer: str, dataset: str, moment: int | None
) -> tuple[ReadKernels | None, tuple[ReadKernels, ...]]:
    """What to ask for the weights behind a layer, and where they are the network's first, for those of the others too.

    Args:
        cards: The networks of the race.
        card: The one looked at.
        box: The layer's column.
        layer: The layer.
        dataset: Key of the data set.
        moment: The step; None is now.
    """
    found = _kernels_behind(card.spec, box, layer)
    if not found:
        return None, ()
    own = ReadKernels(dataset, card.network, found, moment)
    if found != _first_weighted(card.spec):
        return own, ()
    others = [one for one in cards if one is not card]
    return own, tuple(
        ReadKernels(dataset, one.network, _first_weighted(one.spec), moment, _FEW_BESIDE) for one in others
    )


def _first_weighted(spec: NetworkSpec) -> str:
    """The first step with weights; "" where there is none."""
    return next((step.name for step in spec.steps() if step.parameters), "")


def _kernels_behind(spec: NetworkSpec, box: Box, layer: str) -> str:
    """The step of a column whose weights made a layer: its own, or the one it follows; "" where paths meet."""
    while layer in box.names and layer != PICTURE:
        step, read = steps_by_name(spec)[layer], sources(spec)[layer]
        if step.parameters and not is_norm(step.layer):
            return layer
        if len(read) != 1:
            return ""
        layer = read[0]
    return ""


def place_words(name: str, row: Row, selected: Unit | None) -> list[str]:
    """A layer's part of the breadcrumb, and the selected unit's where there is one.

    Args:
        name: Of the network, short.
        row: The layer's line in the network's table.
        selected: A unit of the layer, or None.
    """
    layer = f"{name}, {layer_name(row.name, row.title) if '.' in row.name else row.title}"
    return [layer] if selected is None else [layer, unit_words(selected, row.shape)]


def has_layer(spec: NetworkSpec, layer: str) -> bool:
    """Whether a network has a layer of this name."""
    return any(step.name == layer for step in spec.steps())


def row_of(spec: NetworkSpec, layer: str) -> Row:
    """A layer's line in the network's table."""
    return next(row for row in spec.rows() if row.name == layer)
