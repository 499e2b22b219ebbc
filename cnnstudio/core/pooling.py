"""Pooling by arithmetic: every window of a map brought to one number, and the way its gradient takes back.

The same functions as the layers of `core.layer_pools`, for one map and one window at a time, to be followed by eye.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.errors import StudioError
from cnnstudio.core.picture_changes import put_shifted
from cnnstudio.core.sliding import Slide

Map = NDArray[np.float64]
Kind = Literal["max", "average", "l2", "stochastic", "blur", "subsample", "global_max", "global_average"]

TITLES: Final[dict[Kind, str]] = {
    "max": "Max",
    "average": "Average",
    "l2": "L2",
    "stochastic": "Stochastic",
    "blur": "Blur-pool",
    "subsample": "Subsample",
    "global_max": "Global max",
    "global_average": "Global average",
}

SENTENCES: Final[dict[Kind, str]] = {
    "max": "The largest value of each window. Its gradient goes to that one input alone.",
    "average": "The mean of each window, padding counted as zeros. Every input gets the same share of the gradient.",
    "l2": "The root of the mean square of each window: between the mean and the largest value.",
    "stochastic": "While training: one value of each window, drawn with a chance in proportion to it. Otherwise: the "
    "mean weighted with those chances. Negative values have no chance (Zeiler and Fergus 2013).",
    "blur": "A binomial low-pass filter before subsampling, so that a small shift changes little (Zhang 2019).",
    "subsample": "Every so-many-th value as it is; the others are never looked at.",
    "global_max": "The largest value of the whole map: whether something is there, not where.",
    "global_average": "The mean of the whole map: how much of something is there, not where (Lin, Chen and Yan 2014).",
}

_NOTHING: Final = 1e-12
"""Sums below this are rounding errors, as of the mean of a map of differences."""

MOST: Final = 64
"""Largest window, stride and padding: a window of 64 x 64 values is no longer read as numbers."""


@dataclass(frozen=True, slots=True)
class Pooling:
    """How a map is pooled.

    Attributes:
        kind: By what.
        window: Rows and columns of the window; not used by subsampling (1) and global pooling (the whole map).
        stride: Values from one window to the next; not used by global pooling.
        padding: Values added on each side; not used by subsampling and global pooling. Max and stochastic pooling never
            choose them, the others count them as zeros.
        training: Whether stochastic pooling draws.
        seed: Of the draw.
    """

    kind: Kind = "max"
    window: int = 2
    stride: int = 2
    padding: int = 0
    training: bool = False
    seed: int = 0

    @property
    def is_global(self) -> bool:
        """Whether the window is the whole map."""
        return self.kind in ("global_max", "global_average")

    @property
    def is_padded(self) -> bool:
        """Whether this kind uses its padding."""
        return not self.is_global and self.kind != "subsample"

    def slide(self, shape: tuple[int, int]) -> Slide:
        """The window and how it slides over a map of `shape` (rows, columns)."""
        if self.is_global:
            return Slide(shape, shape)
        if self.kind == "subsample":
            return Slide((1, 1), (self.stride, self.stride))
        return Slide((self.window,) * 2, (self.stride,) * 2, self.padding)

    def size(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the pooled map.

        Raises:
            StudioError: The setting cannot be, or not for a map of this shape.
        """
        self.check()
        slide = self.slide(shape)
        rows, columns = (slide.places(shape[axis], axis) for axis in (0, 1))
        if min(rows, columns) < 1:
            padded = f" with {self.padding} of padding on each side" if self.padding else ""
            raise StudioError(
                f"A window of {self.window} x {self.window} does not fit into a map of {shape[0]} x {shape[1]}"
                f"{padded}.",
                remedy="Take a smaller window, or more padding.",
            )
        return rows, columns

    def check(self) -> None:
        """Says what is wrong with the numbers, whatever the map.

        Raises:
            StudioError: A number out of range, or padding that could fill a whole window.
        """
        numbers = (("window", self.window, 1), ("stride", self.stride, 1), ("padding", self.padding, 0))
        for name, value, least in numbers:
            if not least <= value <= MOST:
                cause = "With stride 0 the window would never move on." if (name, value) == ("stride", 0) else ""
                raise StudioError(
                    f"The {name} cannot be {value}.", cause, f"Give a whole number from {least} to {MOST}."
                )
        if self.is_padded and 2 * self.padding > self.window:
            raise StudioError(
                f"Padding {self.padding} is more than half of a window of {self.window}.",
                "A window could then lie wholly in the padding, where there is nothing to pool.",
                f"Give at most {self.window // 2}.",
            )


@dataclass(frozen=True, slots=True)
class Window:
    """One window, with everything that makes its value.

    Attributes:
        top: First row of the map that it reads; negative in the padding.
        left: First column.
        values: float64 [rows, columns] as they are read; padding is 0.
        inside: bool, the same shape: not padding.
        weights: What each value is multiplied with; None for L2, which is no weighted sum.
        route: The derivative of the result by each value: where its gradient goes.
        winner: (row, column) within the window of the one value that was taken, or None.
        result: The pooled value.
    """

    top: int
    left: int
    values: Map
    inside: NDArray[np.bool_]
    weights: Map | None
    route: Map
    winner: tuple[int, int] | None
    result: float


def size_formula(length: int, pooling: Pooling) -> str:
    """The output's size along an axis with the live numbers, as in "(28 + 2·0 − 2)/2 + 1 = 14"."""
    if pooling.is_global:
        return f"{length} values → 1"
    slide = pooling.slide((length, length))
    window, padding = slide.kernel[0], slide.margins(0)[0]
    over = f"({length} + 2·{padding} − {window})/{pooling.stride}"
    whole = (length + 2 * padding - window) % pooling.stride == 0
    return f"{over if whole else f'⌊{over}⌋'} + 1 = {slide.places(length, 0)}"


def binomial(size: int) -> Map:
    """The binomial filter of blur-pooling, float64 [size, size] with sum 1: for three, 1 2 1 times 1 2 1."""
    row = np.array([math.comb(size - 1, k) for k in range(size)], np.float64)
    kernel: Map = np.outer(row, row) / row.sum() ** 2
    return kernel


def pool(values: Map, pooling: Pooling) -> Map:
    """Pools a map.

    Args:
        values: float64 [rows, columns].
        pooling: How.

    Returns:
        float64 [rows, columns] of the pooled map.

    Raises:
        StudioError: A setting that cannot be, or a map with values that are not finite numbers.
    """
    windows, inside = _windows(values, pooling)
    match pooling.kind:
        case "max" | "global_max":
            best: Map = np.where(inside, windows, -np.inf).max(axis=-1)
            return best
        case "average" | "global_average" | "subsample":
            return np.asarray(windows.mean(axis=-1), np.float64)
        case "l2":
            return np.asarray(np.sqrt((windows * windows).mean(axis=-1)), np.float64)
        case "blur":
            return np.asarray(windows @ binomial(pooling.window).ravel(), np.float64)
        case "stochastic":
            weights = _one_hot(_drawn(windows, inside, pooling), windows.shape[-1])
            return np.asarray((windows * (weights if pooling.training else chances(windows, inside))).sum(axis=-1))


def chances(windows: Map, inside: NDArray[np.bool_]) -> Map:
    """The chance of every value of a window in stochastic pooling, float64 [..., values], each window's sum 1.

    Where nothing is positive every value that is not padding has the same chance.
    """
    positive = np.where(inside, np.maximum(windows, 0.0), 0.0)
    total = positive.sum(axis=-1, keepdims=True)
    even = inside / np.maximum(inside.sum(axis=-1, keepdims=True), 1)
    share: Map = np.where(total > 0, np.divide(positive, total, out=np.zeros_like(positive), where=total > 0), even)
    return share


def window_at(values: Map, pooling: Pooling, row: int, column: int) -> Window:
    """The window behind one value of the pooled map.

    Raises:
        StudioError: As `pool`, or a place that the pooled map does not have.
    """
    rows, columns = pooling.size((values.shape[0], values.shape[1]))
    if not (0 <= row < rows and 0 <= column < columns):
        raise StudioError(f"The pooled map of {rows} x {columns} has no place {row}, {column}.")
    slide = pooling.slide((values.shape[0], values.shape[1]))
    padded, real = _padded(values, pooling)
    top, left = row * slide.stride[0], column * slide.stride[1]
    part = slice(top, top + slide.kernel[0]), slice(left, left + slide.kernel[1])
    one, known = padded[part].ravel(), real[part].ravel()
    drawn = None
    if pooling.kind == "stochastic":
        drawn = int(_drawn(*_windows(values, pooling), pooling)[row, column])
    weights, route, taken = _of_window(one, known, pooling, drawn)
    size = slide.kernel
    result = float(np.sqrt((one * one).mean())) if weights is None else float((one * weights).sum())
    return Window(
        row * slide.stride[0] - slide.margins(0)[0],
        column * slide.stride[1] - slide.margins(1)[0],
        one.reshape(size).copy(),
        known.reshape(size).copy(),
        None if weights is None else weights.reshape(size),
        route.reshape(size),
        None if taken is None else (taken // size[1], taken % size[1]),
        result,
    )


def gradient(values: Map, pooling: Pooling) -> Map:
    """The gradient of the sum of the pooled map by every input, float64 of the map's shape: who is heard at all."""
    windows, inside = _windows(values, pooling)
    drawn = _drawn(windows, inside, pooling) if pooling.kind == "stochastic" else None
    routes = _routes(windows, inside, pooling, drawn)
    shape = (values.shape[0], values.shape[1])
    slide = pooling.slide(shape)
    pad = slide.margins(0)[0]
    padded = np.zeros((shape[0] + 2 * pad, shape[1] + 2 * pad))
    (high, wide), (down, across) = slide.kernel, slide.stride
    rows, columns = windows.shape[:2]
    for y in range(high):
        for x in range(wide):
            lands = padded[y : y + (rows - 1) * down + 1 : down, x : x + (columns - 1) * across + 1 : across]
            lands += routes[..., y * wide + x]
    return padded[pad : pad + shape[0], pad : pad + shape[1]]


def shifted(values: Map, down: int, right: int) -> Map:
    """A map moved by whole values; what leaves it is lost, what comes in is 0."""
    return put_shifted(np.zeros_like(values), values, down, right)


def expected(pooled: Map, pooling: Pooling, down: int, right: int) -> Map:
    """Where a pooled map should be after its picture moved: by shift / stride, linear between whole places.

    Global pooling has one value, which should stay.
    """
    if pooling.is_global:
        return pooled
    return _moved(_moved(pooled, down / pooling.stride, 0), right / pooling.stride, 1)


def change(before: Map, after: Map) -> float:
    """The share of a map that changed: sum |after - before| / sum (|after| + |before|).

    0: nothing changed; 1: nothing in common; 0 where both are empty.
    """
    total = float(np.abs(before).sum() + np.abs(after).sum())
    return float(np.abs(after - before).sum()) / total if total > _NOTHING else 0.0


def comparable(pooling: Pooling, kind: Kind) -> Pooling:
    """Another kind of pooling with the same numbers, for the bench; it never draws."""
    return replace(pooling, kind=kind, training=False)


def _moved(pooled: Map, places: float, axis: int) -> Map:
    whole = math.floor(places)
    share = places - whole
    near, far = (shifted(pooled, *((n, 0) if axis == 0 else (0, n))) for n in (whole, whole + 1))
    return (1 - share) * near + share * far if share else near


def _windows(values: Map, pooling: Pooling) -> tuple[Map, NDArray[np.bool_]]:
    """All windows, [rows, columns, values of a window], and which of those values are not padding."""
    padded, known = _padded(values, pooling)
    slide = pooling.slide((values.shape[0], values.shape[1]))
    return _cut(padded, slide), _cut(known, slide)


def _padded(values: Map, pooling: Pooling) -> tuple[Map, NDArray[np.bool_]]:
    """The map with its padding, and which of its values are not padding."""
    shape = (values.shape[0], values.shape[1])
    pooling.size(shape)
    if not np.isfinite(values).all():
        raise StudioError(
            "The map holds values that are not finite numbers.",
            "The kernel that made it holds NaN or infinity, as after a training that diverged.",
            "Choose another kernel or another moment.",
        )
    pad = pooling.slide(shape).margins(0)[0]
    padded = np.pad(values, pad)
    known = np.pad(np.ones(shape, np.bool_), pad)
    return padded, known


_Numbers = TypeVar("_Numbers", bound=np.generic)


def _cut(array: NDArray[_Numbers], slide: Slide) -> NDArray[_Numbers]:
    views = np.lib.stride_tricks.sliding_window_view(array, slide.kernel)[:: slide.stride[0], :: slide.stride[1]]
    return views.reshape(*views.shape[:2], -1)


def _drawn(windows: Map, inside: NDArray[np.bool_], pooling: Pooling) -> NDArray[np.intp]:
    """Which value of each window stochastic pooling draws, the same for the same seed."""
    edges = chances(windows, inside).cumsum(axis=-1)
    point = np.random.default_rng(pooling.seed).random((*windows.shape[:2], 1)) * edges[..., -1:]
    return np.asarray((edges <= point).sum(axis=-1), np.intp)


def _one_hot(places: NDArray[np.intp], count: int) -> Map:
    marks: Map = (np.arange(count) == places[..., None]).astype(np.float64)
    return marks


def _of_window(
    one: Map, inside: NDArray[np.bool_], pooling: Pooling, drawn: int | None
) -> tuple[Map | None, Map, int | None]:
    """Weights, route and the place that was taken, all flat."""
    draws = None if drawn is None else np.array(drawn)
    route = _routes(one, inside, pooling, draws)
    match pooling.kind:
        case "max" | "global_max":
            return route, route, int(route.argmax())
        case "subsample":
            return route, route, 0
        case "l2":
            return None, route, None
        case "stochastic" if pooling.training:
            return route, route, drawn
        case "stochastic":
            return chances(one, inside), route, None
        case _:
            return route, route, None


def _routes(windows: Map, inside: NDArray[np.bool_], pooling: Pooling, drawn: NDArray[np.intp] | None) -> Map:
    """The derivative of each window's result by each of its values, [..., values]."""
    count = windows.shape[-1]
    match pooling.kind:
        case "max" | "global_max":
            return _one_hot(np.where(inside, windows, -np.inf).argmax(axis=-1), count)
        case "l2":
            root = np.sqrt((windows * windows).mean(axis=-1, keepdims=True))
            slopes: Map = np.divide(windows, count * root, out=np.zeros_like(windows), where=root > 0)
            return slopes
        case "blur":
            return np.broadcast_to(binomial(pooling.window).ravel(), windows.shape).copy()
        case "stochastic" if pooling.training and drawn is not None:
            return _one_hot(drawn, count)
        case "stochastic":
            return _weighted_route(windows, inside)
        case _:
            return np.full(windows.shape, 1 / count)


def _weighted_route(windows: Map, inside: NDArray[np.bool_]) -> Map:
    """The derivative of sum(x²) / sum(x) over what is not negative; the mean's where nothing is positive."""
    positive = np.where(inside, np.maximum(windows, 0.0), 0.0)
    total = positive.sum(axis=-1, keepdims=True)
    squares = (positive * positive).sum(axis=-1, keepdims=True)
    safe = np.where(total > 0, total, 1.0)
    slope = np.where(inside & (windows >= 0), (2 * positive * total - squares) / (safe * safe), 0.0)
    route: Map = np.where(total > 0, slope, chances(windows, inside))
    return route
