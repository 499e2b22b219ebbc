"""The networks' colours and marks, the same on screen and in figures: one hue for each role, by steps of lightness.

The first hues of the roles are of the colour-blind safe set of Okabe and Ito (2008). Networks that share a role keep
its family of hues, by steps that every theme shows with a contrast of 3 to 1 (WCAG 2.1, 1.4.11) and that stay apart
with the usual kinds of colour blindness; a mark of its own for each says the same without colour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

ROLE_STEPS: Final = {
    "mlp": ("#D55E00", "#AB450A", "#E5705A"),
    "cnn": ("#0072B2", "#2B9AC6", "#4A5FC4", "#008A94"),
    "local": ("#E69F00", "#A08200"),
}
"""Vermilions, blues and oranges, by a network's role: for its first network, its second one ..."""

ROLE_COLOURS: Final = {role: steps[0] for role, steps in ROLE_STEPS.items()}
"""Vermilion, blue and orange, by a network's role."""

FURTHER_COLOURS: Final = ("#7F7F7F", "#C872A2", "#009E73", "#A0621A", "#858500", "#6A6FB0", "#B4476B")
"""For networks without a role, and where a role has no step left. Yellow is left out: it marks the selection."""

NEUTRAL_COLOURS: Final = ("#333333", "#5E5E5E", "#7A7A7A", "#8C8C8C")
"""On white, for lines and bars that are of no network, as sets or distances: a hue would seem to mean one."""

DASHES: Final = ((5.0, 3.0), (9.0, 3.0, 2.0, 3.0), (2.0, 2.5), (9.0, 3.0, 2.0, 3.0, 2.0, 3.0), (9.0, 5.0), (4.0, 6.0))
"""Of a dashed line, by its network's mark, in line widths."""

MARKS: Final = ("circle", "square", "triangle", "diamond", "lower triangle", "cross")
"""What a point of a line looks like, for the first network of a role, the second one ..."""


def network_colours(networks: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Gives every network of a race its colour.

    Args:
        networks: Key and role of each, in the order of the race; one that comes again changes nothing.

    Returns:
        "#RRGGBB" by key: the first network of a role has the role's own hue, the next ones its further steps.
    """
    colours: dict[str, str] = {}
    seen: Counter[str] = Counter()
    further = 0
    for key, role in networks:
        if key in colours:
            continue
        steps, place = ROLE_STEPS.get(role, ()), seen[role]
        seen[role] += 1
        if place < len(steps):
            colours[key] = steps[place]
        else:
            colours[key] = FURTHER_COLOURS[further % len(FURTHER_COLOURS)]
            further += 1
    return colours


def mark_of(colour: str) -> int:
    """The mark of the network with this colour, where it is a step of a role's hue; else the first one."""
    places = [steps.index(colour) for steps in ROLE_STEPS.values() if colour in steps]
    return places[0] if places else 0


def network_marks(networks: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Gives every network of a race its mark: its number in `MARKS`, counted within its role.

    Args:
        networks: As in `network_colours`.
    """
    marks: dict[str, int] = {}
    seen: Counter[str] = Counter()
    for key, role in networks:
        if key not in marks:
            marks[key] = seen[role] % len(MARKS)
            seen[role] += 1
    return marks
