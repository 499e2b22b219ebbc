"""Layers with weights: convolutions of every sort, dense layers, squeeze-and-excitation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from cnnstudio.core.errors import StudioError
from cnnstudio.core.layers import Call, Learned, Size, Sizes, only, pair, times
from cnnstudio.core.receptive import Window
from cnnstudio.core.sliding import Padding, Slide, Sliding, plain

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


@dataclass(frozen=True, slots=True)
class Conv(Learned, Sliding):
    """Convolution (strictly: cross-correlation): one kernel per output map, the same at every place.

    Attributes:
        out: Kernels, and so output maps.
        kernel: Size of a kernel, in units of the input map.
        stride: Units from one place to the next.
        padding: Units added around; "same" keeps the size, "valid" adds none.
        dilation: Units from one weight of the kernel to the next.
        groups: Parts that input and output maps are split into; each part sees only its own.
        bias: Whether each output map adds a number of its own.
        padding_mode: What the padding holds.
    """

    kind: ClassVar[str] = "conv"
    out: int
    kernel: Size
    stride: Size = 1
    padding: Padding = 0
    dilation: Size = 1
    groups: int = 1
    bias: bool = True
    padding_mode: PaddingMode = "zeros"

    def slide(self) -> Slide:
        """The window and how it slides."""
        return Slide(pair(self.kernel), pair(self.stride), self.padding, pair(self.dilation))

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        if given[0] % self.groups or self.out % self.groups:
            raise StudioError(
                f"{given[0]} input and {self.out} output maps cannot be split into {self.groups} groups.",
                remedy="Take a number of groups that divides both.",
            )
        spare = {"reflect": 1, "circular": 0}.get(self.padding_mode)
        margins = [max(self.slide().margins(axis)) for axis in (0, 1)]
        if spare is not None and any(margins[axis] > given[1 + axis] - spare for axis in (0, 1)):
            raise StudioError(f"The padding of {self.title} takes more from a {times(*given[1:])} map than it has.")
        return (self.out, *self.places(given))

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return self.out * (given[0] // self.groups) * math.prod(pair(self.kernel)) + self.bias * self.out

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture."""
        return math.prod(self.shape(given)) * (given[0] // self.groups) * math.prod(pair(self.kernel))

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call(
            "Conv2d",
            (given[0], self.out),
            {"kernel_size": plain(self.kernel)}
            | only(
                stride=(plain(self.stride), 1),
                padding=(plain(self.padding), 0),
                dilation=(plain(self.dilation), 1),
                groups=(self.groups, 1),
                bias=(self.bias, True),
                padding_mode=(self.padding_mode, "zeros"),
            ),
        )


@dataclass(frozen=True, slots=True)
class DepthwiseConv(Learned, Sliding):
    """Depthwise convolution: every map is filtered on its own (Howard et al., MobileNets, 2017).

    Attributes:
        kernel: Size of a kernel.
        multiplier: Output maps per input map.
    """

    kind: ClassVar[str] = "depthwise"
    kernel: Size
    stride: Size = 1
    padding: Padding = 0
    dilation: Size = 1
    multiplier: int = 1
    bias: bool = True

    def as_conv(self, channels: int) -> Conv:
        """The same as a grouped convolution."""
        return Conv(
            channels * self.multiplier, self.kernel, self.stride, self.padding, self.dilation, channels, self.bias
        )

    def slide(self) -> Slide:
        """The window and how it slides."""
        return self.as_conv(1).slide()

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        return self.as_conv(given[0]).shape(given)

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return self.as_conv(given[0]).parameters(given)

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture."""
        return self.as_conv(given[0]).macs(given)

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return self.as_conv(given[0]).call(given)


@dataclass(frozen=True, slots=True)
class LocallyConnected(Learned, Sliding):
    """A convolution's windows, but every place has kernels of its own: local, not shared (LeCun 1989, "Net-3").

    Attributes:
        out: Kernels at every place, and so output maps.
        bias: Whether each output unit adds a number of its own.
    """

    kind: ClassVar[str] = "local"
    out: int
    kernel: Size
    stride: Size = 1
    padding: Padding = 0
    bias: bool = True

    def slide(self) -> Slide:
        """The window and how it slides."""
        return Slide(pair(self.kernel), pair(self.stride), self.padding)

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        if self.padding == "same" and not all(size % 2 for size in pair(self.kernel)):
            raise StudioError('Padding "same" of a locally connected layer needs an odd kernel.')
        return (self.out, *self.places(given))

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return self.macs(given) + self.bias * math.prod(self.shape(given))

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture."""
        return math.prod(self.shape(given)) * given[0] * math.prod(pair(self.kernel))

    def kept_bytes(self, given: Sizes, shape: Sizes) -> int:
        """Bytes kept for one picture: its output, and its input unfolded into windows."""
        places = math.prod(self.places(given))
        return 4 * places * (self.out + given[0] * math.prod(pair(self.kernel)))

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        slide = self.slide()
        margins = slide.margins(0)[0], slide.margins(1)[0]
        return Call(
            "LocallyConnected2d",
            (given, self.out),
            {"kernel_size": pair(self.kernel)}
            | only(stride=(pair(self.stride), (1, 1)), padding=(margins, (0, 0)), bias=(self.bias, True)),
        )


@dataclass(frozen=True, slots=True)
class ConvTranspose(Learned):
    """Transposed convolution: the backward pass of a convolution used forwards; enlarges a map."""

    kind: ClassVar[str] = "conv_transpose"
    out: int
    kernel: Size
    stride: Size = 1
    padding: Size = 0
    output_padding: Size = 0
    bias: bool = True

    @property
    def title(self) -> str:
        """As in "conv transpose 2 x 2"."""
        return f"conv transpose {times(*pair(self.kernel))}"

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        if any(more >= step for more, step in zip(pair(self.output_padding), pair(self.stride), strict=True)):
            raise StudioError("The output padding of a transposed convolution must be smaller than its stride.")
        rows, columns = (
            (given[1 + axis] - 1) * pair(self.stride)[axis] - 2 * pair(self.padding)[axis]
            + pair(self.kernel)[axis] + pair(self.output_padding)[axis]
            for axis in (0, 1)
        )  # fmt: skip
        if min(rows, columns) < 1:
            raise StudioError(f"The padding of {self.title} leaves nothing of a {times(*given[1:])} map.")
        return self.out, rows, columns

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return given[0] * self.out * math.prod(pair(self.kernel)) + self.bias * self.out

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture."""
        return math.prod(given) * self.out * math.prod(pair(self.kernel))

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """What one unit reads: at most these units, fewer at some places."""
        rows, columns = (
            Window(1 + (kernel - 1) / stride, 1 / stride, (padding - kernel + 1) / stride)
            for kernel, stride, padding in zip(pair(self.kernel), pair(self.stride), pair(self.padding), strict=True)
        )
        return rows, columns

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call(
            "ConvTranspose2d",
            (given[0], self.out),
            {"kernel_size": plain(self.kernel)}
            | only(
                stride=(plain(self.stride), 1),
                padding=(plain(self.padding), 0),
                output_padding=(plain(self.output_padding), 0),
                bias=(self.bias, True),
            ),
        )


@dataclass(frozen=True, slots=True)
class PatchEmbedding(Learned, Sliding):
    """Cuts the picture into patches that do not overlap and maps each to `out` numbers (Dosovitskiy et al. 2021).

    Attributes:
        out: Numbers per patch.
        size: Rows and columns of a patch; what is left over at the right and bottom edge is not read.
    """

    kind: ClassVar[str] = "patch_embedding"
    out: int
    size: Size
    bias: bool = True

    def as_conv(self) -> Conv:
        """The same as a convolution whose stride is its kernel."""
        return Conv(self.out, self.size, self.size, bias=self.bias)

    def slide(self) -> Slide:
        """The window and how it slides."""
        return self.as_conv().slide()

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        return self.as_conv().shape(given)

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return self.as_conv().parameters(given)

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture."""
        return self.as_conv().macs(given)

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return self.as_conv().call(given)


@dataclass(frozen=True, slots=True)
class Linear(Learned):
    """Fully connected ("dense"): every unit reads every number."""

    kind: ClassVar[str] = "linear"
    wants: ClassVar[Literal["map", "flat", "any"]] = "flat"
    out: int
    bias: bool = True

    def shape(self, given: Sizes) -> Sizes:
        """Shape of the output."""
        return (self.out,)

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return given[0] * self.out + self.bias * self.out

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture."""
        return given[0] * self.out

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """Every unit reads everything."""
        return None

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call("Linear", (given[0], self.out), only(bias=(self.bias, True)))


@dataclass(frozen=True, slots=True)
class SqueezeExcite(Learned):
    """Squeeze-and-excitation: each map is scaled by a number computed from all maps' means (Hu et al. 2018).

    Attributes:
        squeeze: Units between the two dense layers.
        gate: What turns the second layer's output into a factor.
        activation: Between the two.
    """

    kind: ClassVar[str] = "squeeze_excite"
    squeeze: int
    gate: Literal["sigmoid", "hardsigmoid"] = "sigmoid"
    activation: Literal["relu", "silu"] = "relu"

    def parameters(self, given: Sizes) -> int:
        """Trainable weights and biases."""
        return 2 * given[0] * self.squeeze + self.squeeze + given[0]

    def macs(self, given: Sizes) -> int:
        """Multiply-adds for one picture: the two dense layers; the scaling itself is not counted."""
        return 2 * given[0] * self.squeeze

    def windows(self, given: Sizes) -> tuple[Window, Window] | None:
        """Every factor depends on all places."""
        return None

    def call(self, given: Sizes) -> Call:
        """How it is called in PyTorch."""
        return Call(
            "SqueezeExcite",
            (given[0], self.squeeze),
            only(gate=(self.gate, "sigmoid"), activation=(self.activation, "relu")),
        )
