"""Layers that make maps smaller or larger without learning anything: pooling, subsampling, enlarging."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layers import Call, Layer, Size, Sizes, only, pair, times
from cnnstudio.core.receptive import Window
from cnnstudio.core.sliding import Slide, Sliding, plain


class _Pool(Sliding):
    """The base of layers that bring each window of a map to one number."""

    __slots__ = ()

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        slide = self.slide()
        if any(2 * slide.margins(axis)[0] > slide.kernel[axis] for axis in (0, 1)):
            raise StudioError(f"The padding of {self.title} must be at most half its kernel.")
        return (given[0], *self.places(given))


def _padded_slide(pool: MaxPool | AveragePool) -> Slide:
    return Slide(pair(pool.kernel), pair(pool.stride or pool.kernel), pool.padding, ceil=pool.ceil)


def _padded_call(name: str, pool: MaxPool | AveragePool) -> Call:
    stride = None if pool.stride is None else plain(pool.stride)
    settings = only(stride=(stride, None), padding=(plain(pool.padding), 0), ceil_mode=(pool.ceil, False))
    return Call(name, (plain(pool.kernel),), settings)


@dataclass(frozen=True, slots=True)
class MaxPool(_Pool):
    """The largest value of each window.

    Attributes:
        stride: Units from one window to the next; 0 is the kernel's size.
        ceil: Whether a last window that only partly lies on the map counts.
    """

    kind: ClassVar[str] = "max_pool"
    kernel: Size
    stride: Size | None = None
    padding: Size = 0
    ceil: bool = False

    def slide(self) -> Slide:
        """The window and how it slides."""
        return _padded_slide(self)

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Bytes kept for one picture: its output, and where each maximum was."""
        return 12 * math.prod(shape)

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return _padded_call("MaxPool2d", self)


@dataclass(frozen=True, slots=True)
class AveragePool(_Pool):
    """The mean of each window, its padding counted as zeros."""

    kind: ClassVar[str] = "average_pool"
    kernel: Size
    stride: Size | None = None
    padding: Size = 0
    ceil: bool = False

    def slide(self) -> Slide:
        """The window and how it slides."""
        return _padded_slide(self)

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return _padded_call("AvgPool2d", self)


@dataclass(frozen=True, slots=True)
class L2Pool(_Pool):
    """The root of the mean square of each window."""

    kind: ClassVar[str] = "l2_pool"
    kernel: Size
    stride: Size | None = None

    def slide(self) -> Slide:
        """The window and how it slides."""
        return Slide(pair(self.kernel), pair(self.stride or self.kernel))

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("L2Pool2d", (pair(self.kernel), pair(self.stride or self.kernel)))


@dataclass(frozen=True, slots=True)
class StochasticPool(_Pool):
    """One value of each window, drawn with a chance in proportion to it (Zeiler and Fergus 2013).

    When not training: the mean of the window, weighted with those chances. Negative values have no chance.
    """

    kind: ClassVar[str] = "stochastic_pool"
    kernel: Size
    stride: Size | None = None

    def slide(self) -> Slide:
        """The window and how it slides."""
        return Slide(pair(self.kernel), pair(self.stride or self.kernel))

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Bytes kept for one picture: the unfolded windows and their chances, and the output."""
        return 4 * math.prod(shape) * (2 * math.prod(pair(self.kernel)) + 1)

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("StochasticPool2d", (pair(self.kernel), pair(self.stride or self.kernel)))


@dataclass(frozen=True, slots=True)
class BlurPool(_Pool):
    """Low-pass filter before subsampling, so that a small shift changes little (Zhang 2019).

    Attributes:
        kernel: 2 to 7 binomial weights per axis, as 1 2 1 for three.
    """

    kind: ClassVar[str] = "blur_pool"
    kernel: int = 3
    stride: int = 2

    def slide(self) -> Slide:
        """The window and how it slides."""
        return Slide(pair(self.kernel), pair(self.stride), (self.kernel - 1) // 2)

    def buffers(self, given: Sizes) -> int:
        """The fixed kernel."""
        return self.kernel**2

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture."""
        return math.prod(self.shape(given)) * self.kernel**2

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("BlurPool2d", (self.kernel, self.stride))


@dataclass(frozen=True, slots=True)
class Subsample(_Pool):
    """Keeps every `stride`-th row and column and drops the rest."""

    kind: ClassVar[str] = "subsample"
    stride: Size

    @property
    def title(self) -> str:
        """As in "subsample 2 x 2"."""
        return f"subsample {times(*pair(self.stride))}"

    def slide(self) -> Slide:
        """The window and how it slides."""
        return Slide((1, 1), pair(self.stride))

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("Subsample", pair(self.stride))


class _ToSize(Layer):
    """The base of pooling to a fixed number of rows and columns."""

    __slots__ = ()

    def rows_columns(self) -> tuple[int, int]:
        """Rows and columns of the output."""
        return 1, 1

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        return (given[0], *self.rows_columns())

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """What one unit reads; where the sizes do not divide evenly, a bound that holds for every unit."""
        if self.rows_columns() == (1, 1):
            return None
        rows, columns = (_share(given[1 + axis], units) for axis, units in enumerate(self.rows_columns()))
        return rows, columns


def _share(length: int, units: int) -> Window:
    """The window of a map of `length` pooled to `units` of (nearly) equal extent."""
    ragged = 0 if length % units == 0 else (units - 1) / units
    return Window(length / units + 2 * ragged, length / units, -ragged)


@dataclass(frozen=True, slots=True)
class GlobalAverage(_ToSize):
    """The mean of each whole map (Lin, Chen and Yan 2014)."""

    kind: ClassVar[str] = "global_average"

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("AdaptiveAvgPool2d", (1,))


@dataclass(frozen=True, slots=True)
class GlobalMax(_ToSize):
    """The largest value of each whole map: whether something is there, not where."""

    kind: ClassVar[str] = "global_max"

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Bytes kept for one picture: its output, and where each maximum was."""
        return 12 * given[0]

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("AdaptiveMaxPool2d", (1,))


@dataclass(frozen=True, slots=True)
class AdaptivePool(_ToSize):
    """Pools any map to a fixed number of rows and columns.

    Attributes:
        size: Rows and columns of the output.
        by: The mean or the largest value.
    """

    kind: ClassVar[str] = "adaptive_pool"
    size: Size
    by: Literal["average", "max"] = "average"

    def rows_columns(self) -> tuple[int, int]:
        """Rows and columns of the output."""
        return pair(self.size)

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Bytes kept for one picture: its output, and where each maximum was."""
        return (12 if self.by == "max" else 4) * math.prod(shape)

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("AdaptiveMaxPool2d" if self.by == "max" else "AdaptiveAvgPool2d", (plain(self.size),))


@dataclass(frozen=True, slots=True)
class Upsample(Layer):
    """Enlarges a map by a whole factor.

    Attributes:
        factor: Rows and columns that one becomes.
        mode: Repeat the nearest unit, or interpolate between units.
    """

    kind: ClassVar[str] = "upsample"
    factor: int
    mode: Literal["nearest", "bilinear"] = "nearest"

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        return given[0], given[1] * self.factor, given[2] * self.factor

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """What one unit reads: at most these units, fewer at some places."""
        off = 1 - 1 / self.factor
        nearest = Window(1 + off, 1 / self.factor, -off)
        return (nearest, nearest) if self.mode == "nearest" else (Window(3, 1 / self.factor, -1),) * 2

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("Upsample", (), {"scale_factor": self.factor} | only(mode=(self.mode, "nearest")))
