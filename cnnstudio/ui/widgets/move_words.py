"""What the views of a moved or changed picture say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from cnnstudio import datasets
from cnnstudio.core.errors import StudioError
from cnnstudio.core.moving import REACH_PX, Curves, NetworkCurve, NetworkOffsets
from cnnstudio.core.percent import percent
from cnnstudio.core.picture_changes import UNCHANGED, Kind
from cnnstudio.core.questions import WeightsFrom
from cnnstudio.core.taught import Taught
from cnnstudio.ui.widgets.attribution_words import class_name
from cnnstudio.ui.widgets.knob_field import shown

NEAR_PX: Final = 4
"""Offsets up to that are counted apart: further than training pictures move, and hardly any ink is lost."""

MOVES: Final = "jitter"
"""The knob of data sets that says how far pictures are moved."""

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


class Learner(Protocol):
    """What a network learned: a `NetworkOffsets`, a `NetworkCurve`."""

    @property
    def network(self) -> str:
        """The key."""

    @property
    def weights_from(self) -> WeightsFrom:
        """Where the weights come from; "none" means not trained yet."""

    @property
    def taught(self) -> Taught | None:
        """What was learned; None where it is not known."""


def moved_words(offset: tuple[int, int]) -> str:
    """An offset, as in "Moved 3 px down and 2 px left"."""
    down, right = offset
    parts = []
    if down:
        parts.append(f"{abs(down)} px {'down' if down > 0 else 'up'}")
    if right:
        parts.append(f"{abs(right)} px {'right' if right > 0 else 'left'}")
    return f"Moved {' and '.join(parts)}" if parts else "Not moved"


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
    learned = f", which learned {taught_words(found.taught)}" if found.taught is not None else ""
    return (
        f"{found.title} ({where}{learned}): still {class_name(names, found.target)} at {int(found.right.sum())} of "
        f"{found.right.size} offsets, and at {percent(float(found.right.mean()))} of them."
    )


def source_words(found: NetworkOffsets) -> str:
    """Whose weights those are, in two or three words; "" where it is not trained."""
    return {"shipped": "came with the program", "run": "this run", "none": ""}[found.weights_from]


def taught_words(taught: Taught) -> str:
    """What was learned, as in "4,000 pictures of Digits, jitter 3 px"; how far they move is said also where it is 0."""
    many = "pictures" if taught.examples is None else f"{taught.examples:,} pictures"
    try:
        found = datasets.find(taught.dataset)
    except StudioError:
        return f"{many} of {taught.dataset}"
    told = [f"{many} of {found.info.title.partition(',')[0]}"]
    for knob in found.info.knobs:
        value = found.knobs.get(knob.name, knob.default)
        if knob.name == MOVES or value != knob.default:
            told.append(f"{knob.label} {shown(value)} {knob.unit}".rstrip())
    return ", ".join(told)


def unlike(found: Sequence[Learner], studied: Sequence[str]) -> list[str]:
    """Keys of the trained networks that learned something else than the first trained one of the study."""
    trained = [one for one in found if one.weights_from != "none"]
    first = next((one for one in trained if one.network in studied), None)
    return [one.network for one in trained if first is not None and one.taught != first.taught]


def unfair_words(found: Sequence[Learner], apart: Sequence[str], names: Mapping[str, str]) -> str:
    """Why the networks cannot be compared; "" where they can."""
    others = [one for one in found if one.weights_from != "none" and one.network not in apart]
    if not apart or not others:
        return ""
    said = [_learned(one, names[one.network]) for one in found if one.network in apart]
    told = _taught_or_unknown(others[0].taught)
    rest = " and ".join(names[one.network] for one in others)
    return f"Not a fair comparison: {'; '.join(said)}. {rest} learned {told}."


def _learned(one: Learner, name: str) -> str:
    where = "came with the program and " if one.weights_from == "shipped" else ""
    return f"{name} {where}learned {_taught_or_unknown(one.taught)}"


def _taught_or_unknown(taught: Taught | None) -> str:
    return "nobody knows what" if taught is None else taught_words(taught)


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
