"""The networks' colours, the same on screen and in figures: the colour-blind safe set of Okabe and Ito (2008)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ROLE_COLOURS: Final = {"mlp": "#D55E00", "cnn": "#0072B2", "local": "#E69F00"}
"""Vermilion, blue and orange, by a network's role."""

FURTHER_COLOURS: Final = ("#56B4E9", "#CC79A7", "#009E73", "#7F7F7F")
"""For a second network of a role, and for those without one. Yellow is left out: it marks the selection."""


def network_colours(networks: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Gives every network of a race its colour.

    Args:
        networks: Key and role of each, in the order of the race.

    Returns:
        "#RRGGBB" by key. The first network of a role has the role's colour, the others take the further ones in turn.
    """
    colours: dict[str, str] = {}
    further = 0
    for key, role in networks:
        colour = ROLE_COLOURS.get(role)
        if colour is None or colour in colours.values():
            colour = FURTHER_COLOURS[further % len(FURTHER_COLOURS)]
            further += 1
        colours[key] = colour
    return colours
