"""What the drawing of one unit's connections shows, and what it says about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.connections import Numbers, Wiring

_CHANNELS: Final = ("red", "green", "blue")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Connection:
    """What the drawing shows.

    Attributes:
        wiring: The layer.
        picture: uint8 [channels, height, width].
        place: Row and column of the unit in its map.
        weights: float32 [channels, rows read, columns read] of this unit.
        others: The same of a few neighbouring units, with their places.
        outputs: float32 [rows, columns]: the sums of one map, NaN where there is no unit; None where they are too many.
        title: Whose weights these are, as in "Unit 12".
        shared: The sentence under the weights.
    """

    wiring: Wiring
    picture: NDArray[np.uint8]
    place: Place
    weights: Numbers
    others: tuple[tuple[str, Numbers], ...]
    outputs: Numbers | None
    title: str
    shared: str

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the pixels read."""
        return self.wiring.touched(*self.place)

    @property
    def patch(self) -> Numbers:
        """The pixels read, from 0 to 1: float32, as the weights."""
        top, left, bottom, right = self.box
        return self.picture[:, top:bottom, left:right].astype(np.float32) / np.float32(255)

    @property
    def value(self) -> float:
        """The sum of pixel times weight."""
        return float((self.patch * self.weights).sum())

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """What stands above and below the picture, the weights and the output."""
        wiring = self.wiring
        channels, height, width = wiring.shape
        rows, columns = wiring.grid
        row, column = self.place
        dense = wiring.way == "dense"
        colour = " × 3 colours" if channels == 3 else ""
        reads = "every pixel" if dense else f"{wiring.kernel} × {wiring.kernel} pixels"
        where = f"unit {row * columns + column + 1}" if dense else f"row {row}, column {column}"
        value = f"{self.value:+.3f}".replace("-", "−")
        return (
            (f"Picture {height} × {width}{colour}", f"a unit reads {reads}"),
            (self.title, self.shared),
            (f"{wiring.units:,} units, in no order" if dense else f"Output map {rows} × {columns}",
             f"{where}: sum {value}"),
        )  # fmt: skip

    def explain_unit(self, row: int, column: int) -> str:
        """What a unit of the map computes, with its numbers."""
        top, left, bottom, right = self.wiring.touched(row, column)
        value = math.nan if self.outputs is None else float(self.outputs[row, column])
        said = f": {value:+.3f}" if math.isfinite(value) else ""
        return (
            f"Row {row}, column {column}{said}: the sum of {self.wiring.reads:,} products. It reads the "
            f"pixels of rows {top} to {bottom - 1} and columns {left} to {right - 1}. The bias is left out."
        )

    def explain_weight(self, down: float, across: float) -> str:
        """The weight at a place of the drawn weights (0 to 1 down and across), with its pixel and their product."""
        row = min(int(down * self.weights.shape[1]), self.weights.shape[1] - 1)
        column = min(int(across * self.weights.shape[2]), self.weights.shape[2] - 1)
        top, left, _, _ = self.box
        names = _CHANNELS if len(self.weights) == 3 else ("",)
        products = [
            f"{name} pixel {pixel:.2f} × weight {weight:+.3f} = {pixel * weight:+.3f}".strip()
            for name, pixel, weight in zip(names, self.patch[:, row, column], self.weights[:, row, column], strict=True)
        ]
        added = "\nThe drawing shows the three weights added." if len(products) > 1 else ""
        return f"Row {top + row}, column {left + column} of the picture:\n" + "\n".join(products) + added


def flat_weights(weights: Numbers) -> Numbers:
    """One number per place, [rows, columns]: the weights of all channels added, which is what a grey pixel meets."""
    added: Numbers = weights.sum(axis=0, dtype=np.float32)
    return added
