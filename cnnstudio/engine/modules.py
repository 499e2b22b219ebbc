"""The modules that torch does not have: locally connected layers, blur pooling, blocks and the like.

Their classes and arguments are those that `core.layers.Call` names; `core/source.py` writes the same for a reader.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LocallyConnected2d(nn.Module):
    """A convolution whose kernels are not shared: every place has its own.

    One batched matrix product over the places: [pictures, reads] times [reads, out] for each. `weight` is [places,
    channels x rows x columns of a kernel, out], `bias` is [places, 1, out]; places run along rows first.
    A training step takes 2.6 to 2.9 times the small CNN's on grey pictures of 28 x 28, 3.1 to 4.2 times on colour
    ones of 32 x 32 (one core, batches of 64 to 256); with `F.unfold` it was 5 to 15 times.

    Thread: engine.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        out: int,
        kernel_size: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        bias: bool = True,
    ) -> None:
        """Makes the weights for input maps of `shape` (channels, height, width)."""
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.rows, self.columns = (
            (shape[1 + axis] + 2 * padding[axis] - kernel_size[axis]) // stride[axis] + 1 for axis in (0, 1)
        )
        places, reads = self.rows * self.columns, shape[0] * math.prod(kernel_size)
        self.weight = nn.Parameter(torch.empty(places, reads, out))
        self.bias = nn.Parameter(torch.empty(places, 1, out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, height, width] to [n, out, rows, columns]."""
        if any(self.padding):
            x = F.pad(x, (self.padding[1], self.padding[1], self.padding[0], self.padding[0]))
        (rows, columns), (down, across), pictures = self.kernel_size, self.stride, len(x)
        # The pictures go last for a moment: cutting out windows then copies long runs of memory, not five numbers.
        windows = x.permute(1, 2, 3, 0).contiguous().unfold(1, rows, down).unfold(2, columns, across)
        windows = windows.permute(1, 2, 0, 4, 5, 3).reshape(self.rows * self.columns, -1, pictures).transpose(1, 2)
        w, b = self.weight, self.bias
        y = torch.bmm(windows, w) if b is None else torch.baddbmm(b, windows, w)
        return y.view(self.rows, self.columns, pictures, -1).permute(2, 3, 0, 1)


class Conv2d(nn.Conv2d):
    """torch's own, except that kernels of 1 x 1 with a stride drop rows and columns first: the same numbers.

    With channels innermost and fewer than 16 input maps, oneDNN's gradient of such a kernel writes beyond its memory:
    the process dies, stands still or has wrong numbers (oneDNN 3.12 in torch 2.13; uxlfoundation/oneDNN#6035).

    Thread: engine.
    """

    def forward(self, input: Tensor) -> Tensor:
        """[n, channels, height, width] to [n, out, rows, columns]."""
        down, across = self.stride
        if (down, across) == (1, 1) or self.kernel_size != (1, 1) or self.padding not in ((0, 0), "valid"):
            convolved: Tensor = super().forward(input)
            return convolved
        return F.conv2d(input[..., ::down, ::across], self.weight, self.bias, groups=self.groups)


class MaxPool2d(nn.MaxPool2d):
    """torch's own, with a faster way for windows of 2 x 2 where no gradient is wanted.

    torch also finds out where each maximum stood, which only the gradient needs. Without it, a network is measured in
    two thirds of the time (LeNet-5: 0.5 against 2.9 ms for the first pooling of 256 pictures on one core).

    Thread: engine.
    """

    def forward(self, input: Tensor) -> Tensor:
        """[n, channels, height, width] to a map of half the height and width."""
        halves = (self.kernel_size, self.stride, self.padding, self.dilation) in _HALVES and not self.ceil_mode
        if torch.is_grad_enabled() or not halves or input.dim() != 4:
            pooled: Tensor = super().forward(input)
            return pooled
        height, width = (size // 2 * 2 for size in input.shape[2:])
        rows = torch.maximum(input[:, :, 0:height:2, :width], input[:, :, 1:height:2, :width])
        return torch.maximum(rows[..., 0::2], rows[..., 1::2])


_HALVES = ((2, 2, 0, 1), ((2, 2), (2, 2), (0, 0), (1, 1)))
"""How torch holds "windows of 2 x 2, side by side", with one number for both axes or with two."""


class AdaptiveMaxPool2d(nn.AdaptiveMaxPool2d):
    """torch's own, with a faster way for the largest value of whole maps that lie places first in memory.

    That is how a locally connected layer leaves them; torch would copy the maps there and their gradients back,
    which takes as long as the layer itself (8.1 against 4.3 ms for a step of 64 grey pictures on one core).

    Thread: engine.
    """

    def forward(self, input: Tensor) -> Tensor:
        """[n, channels, height, width] to a smaller map."""
        usual = input.is_contiguous() or input.is_contiguous(memory_format=torch.channels_last)
        return super().forward(input) if usual or self.output_size != 1 else input.amax((2, 3), keepdim=True)


class SqueezeExcite(nn.Module):
    """Scales each map by a number computed from all maps' means.

    Thread: engine.
    """

    def __init__(self, channels: int, squeeze: int, gate: str = "sigmoid", activation: str = "relu") -> None:
        """Makes the two layers."""
        super().__init__()
        self.down = nn.Conv2d(channels, squeeze, 1)
        self.activation = nn.SiLU() if activation == "silu" else nn.ReLU()
        self.up = nn.Conv2d(squeeze, channels, 1)
        self.gate = nn.Hardsigmoid() if gate == "hardsigmoid" else nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, scaled."""
        gates: Tensor = self.gate(self.up(self.activation(self.down(x.mean((2, 3), keepdim=True)))))
        return x * gates


class ChannelNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of each place.

    Thread: engine.
    """

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        """Makes a scale and a shift per channel."""
        super().__init__(channels, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, normalised."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class LayerScale(nn.Module):
    """A trainable factor per map.

    Thread: engine.
    """

    def __init__(self, channels: int, initial: float = 1e-6) -> None:
        """Makes the factors."""
        super().__init__()
        self.initial = initial
        self.weight = nn.Parameter(torch.full((channels, 1, 1), initial))

    def forward(self, x: Tensor) -> Tensor:
        """The same shape, scaled."""
        return x * self.weight


class StochasticDepth(nn.Module):
    """While training, sets whole pictures to zero with chance p, and scales the others by 1 / (1 - p).

    Thread: engine.
    """

    def __init__(self, p: float) -> None:
        """Keeps the chance."""
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        if not self.training or self.p == 0:
            return x
        kept = torch.rand((len(x),) + (1,) * (x.ndim - 1), dtype=x.dtype, device=x.device) >= self.p
        return x * kept / (1 - self.p)


class L2Pool2d(nn.Module):
    """The root of the mean square of each window.

    Thread: engine.
    """

    def __init__(self, kernel_size: tuple[int, int], stride: tuple[int, int]) -> None:
        """Keeps the window."""
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, height, width] to a smaller map; the small number keeps the root's slope finite at 0."""
        return (F.avg_pool2d(x * x, self.kernel_size, self.stride) + 1e-12).sqrt()


class StochasticPool2d(nn.Module):
    """One value of each window, drawn with a chance in proportion to it; when not training, their weighted mean.

    Thread: engine.
    """

    def __init__(self, kernel_size: tuple[int, int], stride: tuple[int, int]) -> None:
        """Keeps the window."""
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, height, width] to a smaller map; a window with nothing positive in it gives its mean or any."""
        (rows, columns), (down, across) = self.kernel_size, self.stride
        windows = x.unfold(2, rows, down).unfold(3, columns, across).flatten(-2)
        positive = windows.clamp(min=0)
        total = positive.sum(-1, keepdim=True)
        chances = torch.where(
            total > 0, positive / total.clamp(min=1e-12), torch.full_like(positive, 1 / (rows * columns))
        )
        if not self.training:
            return (windows * chances).sum(-1)
        drawn = torch.multinomial(chances.detach().flatten(0, -2), 1).view(*windows.shape[:-1], 1)
        return windows.gather(-1, drawn).squeeze(-1)


class BlurPool2d(nn.Module):
    """A binomial low-pass filter, then every `stride`-th row and column.

    Thread: engine.
    """

    kernel: Tensor

    def __init__(self, kernel_size: int, stride: int) -> None:
        """Makes the fixed kernel, as 1 2 1 times 1 2 1, divided by its sum."""
        super().__init__()
        self.stride, self.padding = stride, (kernel_size - 1) // 2
        self.register_buffer("kernel", torch.empty(kernel_size, kernel_size), persistent=False)
        self.fill()

    def fill(self) -> None:
        """Writes the kernel, which is not among the saved weights."""
        size = len(self.kernel)
        row = torch.tensor([math.comb(size - 1, k) for k in range(size)], device=self.kernel.device)
        self.kernel.copy_(torch.outer(row, row) / row.sum() ** 2)

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, height, width] to a smaller map; beyond the edge stand zeros."""
        channels = x.shape[1]
        kernel = self.kernel.expand(channels, 1, *self.kernel.shape)
        return F.conv2d(x, kernel, stride=self.stride, padding=self.padding, groups=channels)


class Subsample(nn.Module):
    """Keeps every so-many-th row and column.

    Thread: engine.
    """

    def __init__(self, down: int, across: int) -> None:
        """Keeps the strides."""
        super().__init__()
        self.down, self.across = down, across

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, height, width] to a smaller map."""
        return x[:, :, :: self.down, :: self.across]


class Residual(nn.Module):
    """Adds what goes in to what the body makes of it.

    Thread: engine.
    """

    def __init__(self, body: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        """Keeps the three parts."""
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        """Body and shortcut added, and what follows."""
        result: Tensor = self.after(self.body(x) + self.shortcut(x))
        return result


class Branches(nn.Module):
    """Several paths that read the same input, put together or added.

    Thread: engine.
    """

    def __init__(self, branches: Iterable[nn.Module], join: str) -> None:
        """Keeps the paths, named from 1."""
        super().__init__()
        self.join = join
        for number, branch in enumerate(branches, 1):
            self.add_module(str(number), branch)

    def forward(self, x: Tensor) -> Tensor:
        """All paths' ends as one."""
        ends = [branch(x) for branch in self.children()]
        return torch.cat(ends, 1) if self.join == "concat" else torch.stack(ends).sum(0)
