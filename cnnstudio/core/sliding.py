"""Layers that slide a window over a map: the arithmetic that convolution and pooling share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layers import Layer, Size, Sizes, pair, times
from cnnstudio.core.receptive import Window

Padding = Size | Literal["same", "valid"]


def plain(size: Padding) -> Padding:
    """(5, 5) as 5."""
    return size[0] if isinstance(size, tuple) and size[0] == size[1] else size


@dataclass(frozen=True, slots=True)
class Slide:
    """How a window slides over a map; every pair is (rows, columns).

    Attributes:
        kernel: Units that the window reads.
        stride: Units from one window to the next.
        padding: Units added on each side; "same" keeps the map's size (stride 1 only), "valid" adds none.
        dilation: From one unit read to the next.
        ceil: Whether a last window that only partly lies on the map counts.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding = 0
    dilation: tuple[int, int] = (1, 1)
    ceil: bool = False

    def margins(self, axis: int) -> tuple[int, int]:
        """Padding before and after the map along one axis (0: rows, 1: columns)."""
        if self.padding == "same":
            total = self.dilation[axis] * (self.kernel[axis] - 1)
            return total // 2, total - total // 2
        if isinstance(self.padding, str):
            return 0, 0
        return (pair(self.padding)[axis],) * 2

    def reach(self, axis: int) -> int:
        """Units from the first to the last that the window reads, both included."""
        return self.dilation[axis] * (self.kernel[axis] - 1) + 1

    def places(self, length: int, axis: int) -> int:
        """How many windows fit; 0 or less when none does."""
        before, after = self.margins(axis)
        room = length + before + after - self.reach(axis)
        step = self.stride[axis]
        count = (-(-room // step) if self.ceil else room // step) + 1
        if self.ceil and count > 1 and (count - 1) * step >= length + before:
            count -= 1  # no window may begin in the padding behind the map
        return max(0, count)

    def window(self, axis: int) -> Window:
        """What one unit reads along an axis."""
        return Window(self.reach(axis), self.stride[axis], -self.margins(axis)[0])


class Sliding(Layer):
    """The base of layers that slide a window over a map."""

    __slots__ = ()

    @abstractmethod
    def slide(self) -> Slide:
        """The window and how it slides."""

    @property
    def title(self) -> str:
        """As in "conv 5 x 5"."""
        return f"{self.kind.replace('_', ' ')} {times(*self.slide().kernel)}"

    def places(self, given: Sizes) -> tuple[int, int]:
        """Rows and columns of the output.

        Raises:
            StudioError: The window does not fit into the map.
        """
        slide = self.slide()
        if slide.padding == "same" and slide.stride != (1, 1):
            raise StudioError(
                f'Padding "same" goes with stride 1 only, and {self.title} has stride {times(*slide.stride)}.',
                remedy="Give the padding as a number.",
            )
        rows, columns = (slide.places(given[1 + axis], axis) for axis in (0, 1))
        if min(rows, columns) < 1:
            padded = any(sum(slide.margins(axis)) for axis in (0, 1))
            raise StudioError(
                f"A {times(*slide.kernel)} kernel does not fit into a {times(*given[1:])} map"
                + (", even with its padding." if padded else "."),
                "The picture is too small for this network, or the layers before have made it so.",
                "Take larger pictures, a smaller kernel, or less pooling.",
            )
        return rows, columns

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """What one unit reads along rows and columns."""
        slide = self.slide()
        return slide.window(0), slide.window(1)
