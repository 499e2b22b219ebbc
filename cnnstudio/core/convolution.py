"""Convolution, one number at a time: sizes, padding, the whole output at once, and what made one of its pixels.

Everything is NumPy in float64. The whole output and the explanation of one pixel multiply and add in the same order,
so that the numbers shown sum to the number shown, to the last bit. Only where there is very much to add (`LARGE_WORK`)
is the whole output a product of matrices instead (`_correlation.py`), whose last bits may differ: there the number to
show is the explanation's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core._correlation import band_px, correlate_banded, correlate_in_order
from cnnstudio.core.errors import StudioError

Plane = NDArray[np.float64]
Number = TypeVar("Number", bound=np.number[Any])
Kind = Literal["standard", "depthwise", "pointwise", "transposed"]
PaddingMode = Literal["zero", "reflect", "replicate", "circular"]
Amount = int | Literal["valid", "same", "full"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
PADDING_MODES: Final[tuple[PaddingMode, ...]] = get_args(PaddingMode)
LARGEST_KERNEL_PX: Final = 11

LARGE_WORK: Final = 16_000_000
"""Multiplications from which on speed counts more than their order: one after the other, they last about 15 ms."""

MOST_WASTED: Final = 8.0
"""A product of matrices adds so many numbers, most of them zeros, for each that a row of the kernel has to add."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """How one filter slides over a picture. Rows and columns are treated alike.

    Attributes:
        size: Rows and columns of the kernel, in px.
        stride: Pixels from one window to the next; for a transposed convolution from one stamp to the next.
        padding: Pixels added on each side, or "valid" (none), "same" (the output is as large as the picture), "full"
            (every window that touches the picture).
        mode: What stands in the padding.
        dilation: Pixels from one pixel read to the next.
        flip: Whether the kernel is turned by 180 degrees: the convolution of mathematics. Networks correlate.
        kind: "standard" sums over the channels, "depthwise" keeps them apart, "pointwise" is a 1 x 1 kernel,
            "transposed" stamps the kernel, weighted by each pixel.
    """

    size: int = 3
    stride: int = 1
    padding: Amount = "same"
    mode: PaddingMode = "zero"
    dilation: int = 1
    flip: bool = False
    kind: Kind = "standard"

    @property
    def reach(self) -> int:
        """Pixels from the first to the last that the window reads, both included."""
        return self.dilation * (self.size - 1) + 1

    @property
    def margins(self) -> tuple[int, int]:
        """Pixels added before and after the picture; what cannot be halved goes behind, as in PyTorch."""
        if self.padding == "same":
            return (self.reach - 1) // 2, self.reach - 1 - (self.reach - 1) // 2
        if self.padding == "full":
            return self.reach - 1, self.reach - 1
        return (0, 0) if self.padding == "valid" else (int(self.padding), int(self.padding))

    @property
    def step(self) -> int:
        """Pixels of the laid-out picture (`axis_map`) from one window to the next."""
        return 1 if self.kind == "transposed" else self.stride

    def places(self, length: int) -> int:
        """Output pixels along an axis of `length` pixels; 0 when none fits."""
        before, after = self.margins
        if self.kind == "transposed":
            return max(0, (length - 1) * self.stride + self.reach - before - after)
        return max(0, (length + before + after - self.reach) // self.stride + 1)

    def formula(self, length: int) -> str:
        """The output's size with the live numbers, as in "(28 + 2·2 − 5)/1 + 1 = 28"."""
        before, after = self.margins
        reach = f"{self.size}" if self.dilation == 1 else f"({self.dilation}·({self.size} − 1) + 1)"
        pads = f"2·{before}" if before == after else f"{before} + {after}"
        result = self.places(length)
        if self.kind == "transposed":
            minus = f"2·{before}" if before == after else f"({before} + {after})"
            return f"({length} − 1)·{self.stride} − {minus} + {reach} = {result}"
        room = length + before + after - self.reach
        over = f"({length} + {pads} − {reach})/{self.stride}"
        return f"{over} + 1 = {result}" if room % self.stride == 0 else f"⌊{over}⌋ + 1 = {result}"

    def check(self, height: int, width: int) -> None:
        """Sees whether the setting can be, for a picture of `height` x `width` pixels.

        Raises:
            StudioError: It cannot; the error says why and what to change.
        """
        _check_numbers(self)
        _check_padding(self, min(height, width))
        if min(self.places(height), self.places(width)) < 1:
            _refuse_size(self, min(height, width))

    def notes(self) -> list[str]:
        """What is possible and yet worth a sentence."""
        said = []
        before, after = self.margins
        if before != after:
            said.append(
                f'A window of {self.reach} pixels has no middle: "same" adds {before} before the picture and {after} '
                "behind it, and the output is shifted by half a pixel."
            )
        if self.kind != "transposed" and max(before, after) >= self.reach:
            said.append(
                f"The padding of {max(before, after)} is wider than the window's {self.reach} pixels: the outermost "
                "windows see nothing of the picture itself."
            )
        return said


def _check_numbers(setting: Convolution) -> None:
    if not 1 <= setting.size <= LARGEST_KERNEL_PX:
        raise StudioError(f"A kernel cannot be {setting.size} px wide.", remedy=f"Give 1 to {LARGEST_KERNEL_PX}.")
    if setting.kind == "pointwise" and setting.size != 1:
        raise StudioError("A pointwise convolution has a 1 × 1 kernel.", remedy="Set the size to 1.")
    if setting.stride < 1:
        raise StudioError(
            f"A stride of {setting.stride} would leave the window where it is for ever.", remedy="Give 1 or more."
        )
    if setting.dilation < 1:
        raise StudioError(
            f"A dilation of {setting.dilation} would read the same pixel again and again.",
            remedy="1 reads neighbours, 2 every second pixel.",
        )


def _check_padding(setting: Convolution, length: int) -> None:
    if isinstance(setting.padding, int) and setting.padding < 0:
        raise StudioError("Padding cannot be negative.", remedy="Give 0 or more.")
    if setting.kind == "transposed":
        if setting.mode != "zero":
            raise StudioError("A transposed convolution has zero padding only: it stamps, and nothing lies outside.")
        if setting.padding == "full":
            raise StudioError('A transposed convolution has no "full" padding.', remedy='"valid" keeps every stamp.')
    elif setting.padding == "same" and setting.stride > 1:
        raise StudioError(
            f'Padding "same" keeps the size, and a stride of {setting.stride} divides it.',
            remedy=f"Set the stride to 1, or give the padding as a number, as in {setting.reach // 2}.",
        )
    most = max(setting.margins)
    if setting.mode == "reflect" and most >= length:
        raise StudioError(
            f"Padding of {most} by reflection needs a picture of at least {most + 1} pixels; this has {length}.",
            "A mirror shows each pixel once, and not the edge itself.",
            "Take less padding, or another kind.",
        )
    if setting.mode == "circular" and most > length:
        raise StudioError(
            f"Circular padding of {most} would go round a picture of {length} pixels more than once.",
            remedy="Take less padding, or another kind.",
        )


def _refuse_size(setting: Convolution, length: int) -> None:
    before, after = setting.margins
    if setting.kind == "transposed":
        raise StudioError(
            f"A padding of {before} cuts everything away that the stamps leave.", remedy="Take less padding."
        )
    room = length + before + after
    padded = f" with its padding ({room} px)" if before + after else ""
    if setting.dilation > 1 and setting.size <= room:
        raise StudioError(
            f"Dilated by {setting.dilation}, the {setting.size} px kernel reaches over {setting.reach} pixels and "
            f"leaves the picture of {length} px{padded.replace(f' ({room} px)', '')}.",
            remedy="Take a smaller dilation, a smaller kernel or more padding.",
        )
    raise StudioError(
        f"A {setting.size} × {setting.size} kernel is larger than the picture of {length} px{padded}.",
        remedy="Take a smaller kernel, a larger picture or more padding.",
    )


def check_kernel(weights: Plane) -> str:
    """Looks at a kernel's numbers; gives a note where they are all zero, else "".

    Raises:
        StudioError: One of them is not a finite number.
    """
    bad = int(np.count_nonzero(~np.isfinite(weights)))
    if bad:
        raise StudioError(
            f"{bad} of the kernel's {weights.size} weights {'is' if bad == 1 else 'are'} not a finite number.",
            "Every output pixel that meets it would be no number either.",
            "Type a number, or take another kernel.",
        )
    return (
        ""
        if weights.any()
        else "All weights are zero: whatever the picture, the sum is zero and only the bias is left."
    )


def axis_map(length: int, setting: Convolution) -> NDArray[np.intp]:
    """What the windows slide over along one axis: for each place the picture's pixel, or -1 where there is a zero.

    Padding of every mode is such a map, and so are the zeros that a transposed convolution puts between the pixels.
    """
    before, after = setting.margins
    if setting.kind == "transposed":
        at = np.arange(before - setting.reach + 1, (length - 1) * setting.stride + setting.reach - after)
        pixel = at // setting.stride
        hit = (at % setting.stride == 0) & (pixel >= 0) & (pixel < length)
        return np.asarray(np.where(hit, pixel, -1), np.intp)
    at = np.arange(-before, length + after)
    if setting.mode == "replicate":
        return np.clip(at, 0, length - 1)
    if setting.mode == "circular":
        return np.asarray(at % length, np.intp)
    if setting.mode == "reflect":
        return np.asarray(length - 1 - np.abs(length - 1 - np.abs(at)), np.intp)
    return np.where((at >= 0) & (at < length), at, -1)


def laid_out(pixels: NDArray[Number], setting: Convolution, empty: float = 0.0) -> NDArray[Number]:
    """The picture as the windows see it: [channels, height, width] with its padding, or with zeros in between.

    Args:
        pixels: [channels, height, width].
        setting: How the filter slides.
        empty: What stands where there is no pixel, instead of zero.
    """
    rows, columns = (axis_map(length, setting) for length in pixels.shape[1:])
    if setting.kind == "transposed":
        result = pixels.take(rows, axis=1).take(columns, axis=2)
        result[:, rows < 0] = empty
        result[:, :, columns < 0] = empty
        return result
    before = setting.margins[0]
    # The picture itself is copied as a whole, and only its margins pixel by pixel: ten times as fast.
    result = np.empty((len(pixels), len(rows), len(columns)), pixels.dtype)
    middle = result[:, before : before + pixels.shape[1]]
    middle[:, :, before : before + pixels.shape[2]] = pixels
    aside, above = (np.r_[:before, before + length : len(at)] for length, at in zip(
        (pixels.shape[2], pixels.shape[1]), (columns, rows), strict=True))  # fmt: skip
    middle[:, :, aside] = np.where(columns[aside] < 0, empty, pixels[:, :, columns[aside]])
    result[:, above] = np.where(rows[above, None] < 0, empty, middle[:, rows[above]])
    return result


def as_laid(weights: Plane, setting: Convolution) -> Plane:
    """The kernel as it lies on the window: turned by 180 degrees for a true convolution, or a transposed one."""
    return weights[..., ::-1, ::-1] if setting.flip != (setting.kind == "transposed") else weights


def convolve(
    pixels: Plane, weights: Plane, setting: Convolution, bias: float = 0.0, laid: Plane | None = None
) -> Plane:
    """The whole output.

    Args:
        pixels: [channels, height, width].
        weights: [channels, size, size]: one filter.
        setting: How it slides.
        bias: Added to every output pixel.
        laid: What `laid_out` makes of the picture, for whoever has it already.

    Returns:
        float64 [1, rows, columns], or [channels, rows, columns] of a depthwise convolution. A window of zeros has the
        bias, exactly. All else is `Explanation.total`, to the last bit; or, of a large work, within the rounding of
        the window's own sum.

    Raises:
        StudioError: The setting cannot be, or the kernel has no number somewhere.
    """
    setting.check(*pixels.shape[1:])
    check_kernel(weights)
    laid, kernel = laid_out(pixels, setting) if laid is None else laid, as_laid(weights, setting)
    rows, columns = (setting.places(length) for length in pixels.shape[1:])
    out = np.empty((len(pixels) if setting.kind == "depthwise" else 1, rows, columns))
    # A product of matrices multiplies with zeros too, and 0 times no number is no number: it would spread.
    quick = _is_large(kernel, setting, rows * columns) and np.isfinite(laid).all()
    correlate, together = correlate_banded if quick else correlate_in_order, len(pixels) // len(out)
    for place, plane in enumerate(out):
        part = slice(place * together, (place + 1) * together)
        correlate(laid[part], kernel[part], setting.step, setting.dilation, plane)
    out += bias
    return out


def _is_large(kernel: Plane, setting: Convolution, pixels: int) -> bool:
    """Whether the product of matrices is worth it: there is much to add, and few zeros among what it adds."""
    wasted = band_px(setting.step, setting.reach) / setting.size
    return bool(wasted <= MOST_WASTED and np.count_nonzero(kernel) * pixels >= LARGE_WORK)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What made one output pixel.

    Attributes:
        row: Of the output pixel.
        column: Of the output pixel.
        channels: Which channels of the picture are read.
        rows: int [size], rows of the picture that the window reads; -1 where a zero stands.
        columns: int [size], likewise.
        patch: float64 [channels, size, size], what the window sees.
        weights: float64 [channels, size, size], the kernel as it lies on it.
        products: float64 [channels, size, size].
        running: float64 [channels, size, size], the sum of a channel's products so far, in reading order.
        sums: float64 [channels], the sum of each channel.
        sum: All of it.
        bias: What is added.
        total: The output pixel, before an activation.
        apart: Whether only one of several channels is read (depthwise).
    """

    row: int
    column: int
    channels: tuple[int, ...]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    patch: Plane
    weights: Plane
    products: Plane
    running: Plane
    sums: Plane
    sum: float
    bias: float
    total: float
    apart: bool = False

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Bool [size, size], which cells of the window hold a zero that is no pixel of the picture."""
        return (self.rows < 0)[:, None] | (self.columns < 0)[None, :]


def explain(
    pixels: Plane, weights: Plane, setting: Convolution, row: int, column: int, channel: int = 0, bias: float = 0.0
) -> Explanation:
    """Takes one output pixel apart; `total` is what `convolve` has there, to the last bit.

    Args:
        pixels: [channels, height, width].
        weights: [channels, size, size].
        setting: How the filter slides; it was checked.
        row: Of the output.
        column: Of the output.
        channel: Of the output; only a depthwise convolution has more than channel 0.
        bias: Added at the end.
    """
    taps = np.arange(setting.size) * setting.dilation
    rows = axis_map(pixels.shape[1], setting)[row * setting.step + taps]
    columns = axis_map(pixels.shape[2], setting)[column * setting.step + taps]
    channels = (channel,) if setting.kind == "depthwise" else tuple(range(len(pixels)))
    patch = pixels[np.ix_(np.array(channels), rows, columns)]
    patch[:, (rows < 0)[:, None] | (columns < 0)[None, :]] = 0.0
    laid = as_laid(weights, setting)[list(channels)]
    products = patch * laid
    running = np.cumsum(products.reshape(len(channels), -1), axis=1).reshape(products.shape)
    sums = running[:, -1, -1]
    whole = float(np.cumsum(sums)[-1])
    apart = len(channels) < len(pixels)
    return Explanation(
        row, column, channels, rows, columns, patch, laid, products, running, sums, whole, bias, whole + bias, apart
    )
