"""Receptive fields by arithmetic: which input pixels a unit can see.

Along one axis, unit i of a map sees the pixels from `start + i * jump` on, `size` of them. A layer of kernel k,
stride s and padding p turns (size, jump, start) into (size + (k - 1) jump, s jump, start - p jump)
(Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Window:
    """What one output unit of a layer reads of the layer's input, along one axis.

    Attributes:
        extent: From the first to the last unit read, both included.
        stride: How far the next output unit's window lies.
        start: Where the window of unit 0 begins; negative when it reaches into the padding.
    """

    extent: float
    stride: float
    start: float


POINT: Final = Window(1, 1, 0)
"""Every unit reads the one at its own place: activations, dropout."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The receptive field along one axis of the picture.

    Attributes:
        size: Pixels that a unit sees, padding included.
        jump: Pixels between the windows of neighbouring units; 0 when all units see the same.
        start: Where unit 0's window begins, in pixels; negative in the padding.
        units: Units along this axis.
    """

    size: float
    jump: float
    start: float
    units: int

    def through(self, window: Window, units: int) -> Axis:
        """The receptive field after a layer that reads `window` and has `units` units."""
        return Axis(
            self.size + (window.extent - 1) * self.jump,
            self.jump * window.stride,
            self.start + window.start * self.jump,
            units,
        )

    def everything(self, units: int) -> Axis:
        """The receptive field after a layer every unit of which reads all units of this axis."""
        return Axis(self.size + (self.units - 1) * self.jump, 0, self.start, units)

    def joined(self, other: Axis) -> Axis:
        """The smallest window that holds what unit i sees of this path and of the other, for every i."""
        if self.jump != other.jump:
            return self.everything(self.units).joined(other.everything(other.units))
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return Axis(end - start, self.jump, start, self.units)

    def window(self, unit: int, extent_px: int) -> tuple[int, int]:
        """First pixel, and the one after the last, that a unit sees of an axis `extent_px` long."""
        first = self.start + unit * self.jump
        return max(0, math.floor(first)), min(extent_px, math.ceil(first + self.size))


@dataclass(frozen=True, slots=True)
class Field:
    """The receptive field of the units of one map.

    Attributes:
        rows: Along the picture's height.
        columns: Along its width.
        picture: Height and width of the picture, in pixels.
    """

    rows: Axis
    columns: Axis
    picture: tuple[int, int]

    @staticmethod
    def of_pixels(height_px: int, width_px: int) -> Field:
        """Every pixel sees itself."""
        return Field(Axis(1, 1, 0, height_px), Axis(1, 1, 0, width_px), (height_px, width_px))

    def through(self, windows: tuple[Window, Window] | None, shape: tuple[int, ...]) -> Field:
        """The field after a layer.

        Args:
            windows: What one of its units reads along the rows and the columns; None when every unit reads all.
            shape: The layer's output: channels, height, width, or one length after flattening.
        """
        height, width = (shape[1], shape[2]) if len(shape) == 3 else (self.rows.units, self.columns.units)
        if windows is None:
            return Field(self.rows.everything(height), self.columns.everything(width), self.picture)
        return Field(self.rows.through(windows[0], height), self.columns.through(windows[1], width), self.picture)

    def joined(self, other: Field) -> Field:
        """The field where two paths meet."""
        return Field(self.rows.joined(other.rows), self.columns.joined(other.columns), self.picture)

    def window(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right (the last two exclusive) of the pixels that one unit sees."""
        top, bottom = self.rows.window(row, self.picture[0])
        left, right = self.columns.window(column, self.picture[1])
        return top, left, bottom, right

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the field in pixels, cut where it would be larger than the picture."""
        return min(math.ceil(self.rows.size), self.picture[0]), min(math.ceil(self.columns.size), self.picture[1])

    @property
    def jump(self) -> tuple[float, float]:
        """Pixels from one unit's window to the next one's, down and across."""
        return self.rows.jump, self.columns.jump
