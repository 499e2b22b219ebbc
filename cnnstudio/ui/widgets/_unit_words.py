"""A unit's arithmetic in words and numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.inside import PICTURE, UnitArithmetic
from cnnstudio.ui.widgets._names import layer_name
from cnnstudio.ui.widgets._product_rows import CHANNEL_NAMES
from cnnstudio.ui.widgets._sum_line import Term, plain, signed

_FEW_MAPS: Final = 4
"""So many maps' shares are written into the line of the sum."""

_DIGITS: Final = 9
_SAME: Final = 5e-4
"""Numbers of float32 and float64 that differ by less than this look alike in three decimals."""


def in_full(value: float) -> str:
    """A number with all digits that say something, and a minus that is one."""
    return f"{value:.{_DIGITS}g}".replace("-", "−", 1) if value < 0 else f"{value:.{_DIGITS}g}"


def places(numbers: NDArray[np.int64]) -> str:
    """Rows or columns, as in "3–7", "3, 5, 7" where they are apart, or "4"."""
    listed = [int(number) for number in numbers]
    if len(listed) < 2:
        return str(listed[0]) if listed else ""
    gaps = set(np.diff(numbers).tolist())
    if gaps == {1}:
        return f"{listed[0]} to {listed[-1]}" if listed[0] < 0 else f"{listed[0]}–{listed[-1]}"
    if len(listed) <= _FEW_MAPS + 1:
        return ", ".join(str(number) for number in listed)
    return f"{listed[0]}, {listed[1]} … {listed[-1]}"


def layer_words(name: str) -> str:
    """What is read, as in "the picture" or "1 relu"."""
    return "the picture" if name == PICTURE else layer_name(name)


def map_name(told: UnitArithmetic, place: int) -> str:
    """What a map that is read is called: "map 2", or the colour where it is a channel of a colour picture."""
    number = int(told.input_maps[place]) if place < len(told.input_maps) else place
    if told.reads and told.reads[0] == PICTURE and len(told.input_maps) == len(CHANNEL_NAMES):
        return CHANNEL_NAMES[number]
    return f"map {number + 1}"


def read_heading(told: UnitArithmetic, folded_list: bool, place: int) -> str:
    """A short name of what is read, as in "Map 2", "Picture" or "120 numbers"."""
    if folded_list:
        return f"{told.inputs.size:,} numbers"
    only_picture = bool(told.reads) and told.reads[0] == PICTURE and len(told.input_maps) <= 1
    return "Picture" if only_picture else map_name(told, place).capitalize()


def window_words(told: UnitArithmetic, folded_list: bool, place: int, padded: bool) -> str:
    """Where the inputs lie, as in "Map 2 of 1 relu, rows 3–7, columns 10–14"."""
    if told.kind == "add":
        return f"Map {told.unit.map + 1} of {len(told.reads)} layers, at the unit's own place"
    name = layer_words(told.reads[0]) if told.reads else "nothing"
    if folded_list:
        return f"All {told.inputs.size:,} numbers of {name}, in rows"
    heading = read_heading(told, folded_list, place)
    which = heading if heading == "Picture" else f"{heading} of {name}"
    rows, columns = places(told.input_rows), places(told.input_columns)
    plural = ("row" if len(told.input_rows) == 1 else "rows", "column" if len(told.input_columns) == 1 else "columns")
    return f"{which}, {plural[0]} {rows}, {plural[1]} {columns}{'; hatched is padding' if padded else ''}"


def sum_terms(told: UnitArithmetic) -> list[Term]:
    """The line below the numbers of a weighted sum."""
    terms: list[Term] = []
    shares = [float(share) for share in told.per_map]
    if 1 < len(shares) <= _FEW_MAPS:
        for place, share in enumerate(shares):
            terms += [Term(map_name(told, place), needed=False), Term(signed(share), "number", needed=False)]
        terms.append(Term("=", needed=False))
    terms += [Term("sum"), Term(signed(float(np.sum(told.per_map))), "number")]
    if told.bias or told.kind == "sum":
        terms += [Term("+ bias"), Term(signed(told.bias), "number")]
    return [*terms, Term("="), Term(plain(told.value), "result")]


def exact_words(told: UnitArithmetic) -> str:
    """That the numbers add up, with all digits, and what rounding does to them."""
    total = float(np.sum(told.per_map))
    sign = "−" if told.bias < 0 else "+"
    line = f"{told.inputs.size:,} products. In full: {in_full(total)} {sign} {in_full(abs(told.bias))} = "
    line += in_full(told.computed)
    off = abs(told.computed - told.value)
    if off == 0:
        return f"{line}, as the network has it."
    close = off <= _SAME * max(1.0, abs(told.value))
    why = "rounding to 32 bits" if close else f"{off:.0e} apart, which is more than rounding"
    return f"{line}; the network has {in_full(told.value)} ({why})."


def summand_terms(told: UnitArithmetic) -> list[Term]:
    """The line of an addition: every layer that is added, and its number."""
    values = told.inputs.reshape(-1)
    terms: list[Term] = []
    for name, value in zip(told.reads, values, strict=False):
        terms += [Term(signed(float(value)), "number"), Term(f"from {layer_words(name)}", needed=False)]
    return [*terms, Term("="), Term(plain(told.value), "result")]


def follow_words(told: UnitArithmetic) -> str:
    """What the button that goes one layer back says."""
    if told.kind == "sum":
        return "Go to the unit that adds most"
    if told.kind == "max":
        return "Go to the winner"
    return "Go to the larger one" if told.kind == "add" else "Go to the unit it reads"


def strongest(told: UnitArithmetic) -> tuple[int, int, int] | None:
    """Which input the way back follows: (map, row, column) within the inputs; None where nothing is read."""
    if not told.inputs.size:
        return None
    if told.winner is not None:
        return told.winner
    parts = told.inputs if told.weights is None else told.inputs * told.weights
    number = int(np.nanargmax(parts)) if np.isfinite(parts).any() else 0
    plane = parts.shape[1] * parts.shape[2]
    return number // plane, number % plane // parts.shape[2], number % parts.shape[2]
