"""What the views of a moved or changed picture say."""

from __future__ import annotations

from typing import Final

import numpy as np

from cnnstudio.core.moving import REACH_PX, Curves, NetworkCurve, NetworkOffsets
from cnnstudio.core.picture_changes import UNCHANGED, Kind
from cnnstudio.ui.widgets.attribution_words import class_name, percent

NEAR_PX: Final = 4
"""Offsets up to that are counted apart: further than training pictures move, and hardly any ink is lost."""

_HALF: Final = 0.5
KIND_WORDS: Final[dict[Kind, tuple[str, str, str]]] = {
    "rotation": ("Turned", "rotation (degrees clockwise)", "The picture turned about its middle."),
    "scale": ("Scaled", "scale (times)", "The picture made smaller or larger about its middle."),
    "noise": ("Noise", "noise (share of black to white)", "Noise on every pixel; the mean of "
              "eight draws."),
    "occlusion": ("Covered", "side of the covered square (px)", "A square of the background's colour over the "
                  "picture; the mean of sixteen places."),
    "contrast": ("Faded", "contrast (times)", "The ink brought nearer to the background."),
}  # fmt: skip
"""Name, axis and tip of each change that has a curve."""


def moved_words(offset: tuple[int, int]) -> str:
    """An offset, as in "Moved 3 px down and 2 px left"."""
    down, right = offset
    parts = []
    if down:
        parts.append(f"{abs(down)} px {'down' if down > 0 else 'up'}")
    if right:
        parts.append(f"{abs(right)} px {'right' if right > 0 else 'left'}")
    return f"Moved {' and '.join(parts)}" if parts else "Where you drew it"


def place_words(found: NetworkOffsets, offset: tuple[int, int], names: tuple[str, ...]) -> str:
    """What a network says at an offset: "says 3, 92.1 %", or "says 8 (3: 12.0 %)"."""
    if found.verdicts is None or found.probability is None or found.target is None:
        return "not trained yet"
    place = REACH_PX + offset[0], REACH_PX + offset[1]
    verdict, share = int(found.verdicts[place]), percent(float(found.probability[place]))
    if verdict == found.target:
        return f"says {class_name(names, verdict)}, {share}"
    return f"says {class_name(names, verdict)} ({class_name(names, found.target)}: {share})"


def count_words(found: NetworkOffsets) -> str:
    """How many offsets are read correctly, in all and near the middle."""
    right = found.right
    if right is None:
        return "Press Run to train it."
    near = right[REACH_PX - NEAR_PX : REACH_PX + NEAR_PX + 1, REACH_PX - NEAR_PX : REACH_PX + NEAR_PX + 1]
    return f"right: {int(near.sum())} of {near.size} up to {NEAR_PX} px · {int(right.sum())} of {right.size} in all"


def more_words(found: NetworkOffsets, names: tuple[str, ...]) -> str:
    """The whole of a map in a sentence or two."""
    if found.right is None or found.target is None:
        return f"{found.title} is not trained yet. Press Run to train it."
    where = {"shipped": "the weights that came with the program", "run": "this study's run"}[found.weights_from]
    learned = f", learned on {found.learned_on}" if found.learned_on else ""
    return (
        f"{found.title} ({where}{learned}): still {class_name(names, found.target)} at {int(found.right.sum())} of "
        f"{found.right.size} offsets, and at {percent(float(found.right.mean()))} of them."
    )


def range_words(curve: NetworkCurve, kind: Kind, amounts: tuple[float, ...], unit: str) -> str:
    """Between which amounts a picture is still read correctly, in at least half of its draws."""
    if curve.right is None:
        return "not trained yet"
    right = curve.right >= _HALF
    at = int(np.argmin(np.abs(np.asarray(amounts) - UNCHANGED[kind])))
    if not right[at]:
        return "wrong already as it is"
    low = high = at
    while low > 0 and right[low - 1]:
        low -= 1
    while high < len(amounts) - 1 and right[high + 1]:
        high += 1
    if low == high:
        return "right only as it is"
    said = sorted((amounts[low], amounts[high]))
    if low == 0 and high == len(amounts) - 1:
        return "right all the way"
    return f"right from {said[0]:g} to {said[1]:g} {unit}".rstrip()


def amount_words(found: Curves, place: int) -> str:
    """What the networks say of one picture of a curve."""
    said = [f"{found.amounts[place]:g} {found.unit}".rstrip()]
    for one in found.networks:
        if one.probability is None or one.right is None or one.verdicts is None or one.target is None:
            continue
        many = f", right in {percent(float(one.right[place]))} of {found.draws} draws" if found.draws > 1 else ""
        verdict = class_name(found.class_names, int(one.verdicts[place]))
        target = class_name(found.class_names, one.target)
        said.append(f"{one.title}: says {verdict}; {target} {percent(float(one.probability[place]))}{many}")
    return "\n".join(said)
