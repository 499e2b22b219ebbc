"""map(shift(x)) against shift(map(x)) by arithmetic: where a map should be, which places are borders, one number.

Away from borders means: what a place sees of the shifted picture lies wholly within the picture, was there before the
shift too, and was seen by a place of the map. Padding, and what came in from outside, are then not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.equivariance import ShiftedMaps
from cnnstudio.core.frozen import locked
from cnnstudio.core.inside import Numbers
from cnnstudio.core.layers import Sizes
from cnnstudio.core.receptive import Axis, Field
from cnnstudio.core.statistics import figures

Maps = NDArray[Any]
"""[maps, rows, columns]."""

EXACT: Final = 1e-5
"""Relative errors below are rounding: 32-bit sums of thousands of products come to about 1e-6."""

_NOTHING: Final = 1e-30


def relative_error(one: NDArray[Any], other: NDArray[Any]) -> float | None:
    """|one - other| / sqrt((|one|^2 + |other|^2) / 2), Euclidean: 0 to 2, and 1.41 for what has nothing in common.

    The same whichever of the two comes first; 0 where both are empty of signal; None where there are no values.
    """
    if not one.size:
        return None
    one, other = one.astype(np.float64), other.astype(np.float64)
    size = (float((one**2).sum()) + float((other**2).sum())) / 2
    return math.sqrt(float(((one - other) ** 2).sum()) / size) if size > _NOTHING else 0.0


@dataclass(frozen=True, slots=True)
class Along:
    """What a shift does to the places of a map along one axis.

    Attributes:
        jump: Pixels from one place to the next; 0 where there is one place.
        moved: How many places the map should move; not whole where the shift is no multiple of the jump.
        inside: Bool [places]: away from borders.
        known: Bool [places]: the place that it should come from (or both neighbours of it) is on the map.
        low: int64 [places]: where it should come from, rounded down and kept on the map.
        high: int64 [places]: rounded up and kept on the map.
    """

    jump: float
    moved: float
    inside: NDArray[np.bool_]
    known: NDArray[np.bool_]
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @staticmethod
    def of(axis: Axis, extent_px: int, shift_px: int, circular: bool = False) -> Along:
        """The places of one axis of a receptive field.

        Where every unit sees all of the axis and there still are several, they are taken to lie evenly over it.

        Args:
            axis: Of the field.
            extent_px: Of the picture along this axis.
            shift_px: Of the picture.
            circular: Whether picture and maps go round: there are no borders then, if the map fits without remainder.
        """
        jump = 0.0 if axis.units < 2 else float(axis.jump) or extent_px / axis.units
        moved = shift_px / jump if jump else 0.0
        source = np.arange(axis.units) - moved
        low, high = np.floor(source).astype(np.int64), np.ceil(source).astype(np.int64)
        if circular and axis.jump * axis.units == extent_px:
            every = np.ones(axis.units, np.bool_)
            return Along(jump, moved, every, every, low % axis.units, high % axis.units)
        known = (low >= 0) & (high < axis.units)
        low, high = np.clip(low, 0, axis.units - 1), np.clip(high, 0, axis.units - 1)
        first = axis.start + np.arange(axis.units) * axis.jump
        before = (first >= 0) & (first + axis.size <= extent_px)
        after = (first - shift_px >= 0) & (first - shift_px + axis.size <= extent_px)
        return Along(jump, moved, before & after & known & before[low] & before[high], known, low, high)

    def take(self, maps: Maps, axis: int) -> Maps:
        """Maps moved along one of their axes: linear between places, 0 where the source is not known."""
        share = self.moved - math.floor(self.moved)
        moved = np.take(maps, self.high, axis)
        if share:
            moved = (1 - share) * moved + share * np.take(maps, self.low, axis)
        shape = [1] * maps.ndim
        shape[axis] = -1
        return np.asarray(np.where(self.known.reshape(shape), moved, 0))


@dataclass(frozen=True, slots=True)
class About:
    """Which layer it is.

    Attributes:
        layer: Its name.
        title: As in "conv 5 x 5".
        shape: Of its output.
        field: What its units see.
    """

    layer: str
    title: str
    shape: Sizes
    field: Field


def compare(
    about: About,
    of_shifted: Maps,
    plain: Maps,
    shift_px: tuple[int, int],
    *,
    most: int | None = None,
    circular: bool = False,
) -> ShiftedMaps:
    """One layer's values for the shifted picture, against its values for the picture.

    Args:
        about: The layer.
        of_shifted: map(shift(x)), [maps, rows, columns] or [units].
        plain: map(x), the same shape.
        shift_px: Down and right.
        most: No more maps than this are given back.
        circular: Whether the picture went round, and the layer's padding too.
    """
    flat = len(about.shape) != 3
    of_shifted, plain = (each.reshape(-1, 1, 1) if flat else each for each in (of_shifted, plain))
    if flat or plain.shape[1:] == (1, 1):
        return _without_places(about, of_shifted, plain, most)
    axes = (about.field.rows, about.field.columns)
    down, across = (
        Along.of(axis, extent, shift, circular)
        for axis, extent, shift in zip(axes, about.field.picture, shift_px, strict=True)
    )
    moved = across.take(down.take(plain, 1), 2)
    inside, known = (one[:, None] & other for one, other in ((down.inside, across.inside), (down.known, across.known)))
    whole = all(along.moved == round(along.moved) for along in (down, across))
    edge = known & ~inside
    error, edge_error = (relative_error(of_shifted[:, part], moved[:, part]) for part in (inside, edge))
    return ShiftedMaps(
        about.layer, about.title, about.shape, (down.jump, across.jump), (down.moved, across.moved), whole, True,
        _kept(of_shifted, most), _kept(moved, most), locked(~inside), error, edge_error, None,
        _sentence(whole, error, edge_error, (down, across)),
    )  # fmt: skip


def _without_places(about: About, of_shifted: Maps, plain: Maps, most: int | None) -> ShiftedMaps:
    change = relative_error(of_shifted, plain)
    said = "It has no places left to move: its values "
    said += "stayed the same." if change is not None and change < EXACT else f"changed by {_percent(change)}."
    return ShiftedMaps(
        about.layer, about.title, about.shape, (0.0, 0.0), (0.0, 0.0), True, False, _kept(of_shifted, most),
        _kept(plain, most), locked(np.ones((1, 1), np.bool_)), None, None, change, said,
    )  # fmt: skip


def _sentence(whole: bool, error: float | None, edge: float | None, along: tuple[Along, Along]) -> str:
    if error is None:
        said = "Every place sees the border, or what came in over it"
        return f"{said}." if edge is None else f"{said}; there the maps differ by {_percent(edge)}."
    if not whole:
        jump = next(axis.jump for axis in along if axis.moved != round(axis.moved))
        moved = next(axis.moved for axis in along if axis.moved != round(axis.moved))
        return (
            f"The map would have to move by {moved:.3g} places, which is not whole: it differs by {_percent(error)} "
            f"from the map between places. Shifts by multiples of {jump:g} px can be compared place by place."
        )
    if error < EXACT:
        return "Away from borders both maps are the same but for rounding: equivariant to this shift."
    return f"Away from borders the maps differ by {_percent(error)}: not equivariant to this shift."


def _percent(error: float | None) -> str:
    """A relative error in words."""
    return "nothing" if error is None else f"{figures(100 * error)} %"


def _kept(maps: Maps, most: int | None) -> Numbers:
    return locked(np.array(maps[:most], np.float32))
