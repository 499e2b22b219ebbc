"""Short forms of the modules that torch does not have, as a reader of the generated source meets them."""

from __future__ import annotations

from typing import Final

CLASSES: Final[dict[str, str]] = {
    "Residual": '''
class Residual(nn.Module):
    """Adds what goes in to what the body makes of it."""

    def __init__(self, body, shortcut, after=None):
        super().__init__()
        self.body, self.shortcut = body, shortcut
        self.after = after or nn.Identity()

    def forward(self, x):
        return self.after(self.body(x) + self.shortcut(x))
''',
    "Branches": '''
class Branches(nn.ModuleList):
    """Several paths that read the same input."""

    def __init__(self, *branches, join):
        super().__init__(branches)
        self.join = join

    def forward(self, x):
        ends = [branch(x) for branch in self]
        return torch.cat(ends, dim=1) if self.join == "concat" else sum(ends)
''',
    "LocallyConnected2d": '''
class LocallyConnected2d(nn.Module):
    """A convolution whose kernels are not shared: every place has its own."""

    def __init__(self, shape, out, kernel_size, stride=(1, 1), padding=(0, 0), bias=True):
        super().__init__()
        self.unfold = nn.Unfold(kernel_size, padding=padding, stride=stride)
        self.rows, self.columns = (
            (size + 2 * p - k) // s + 1 for size, k, s, p in zip(shape[1:], kernel_size, stride, padding)
        )
        reads = shape[0] * kernel_size[0] * kernel_size[1]
        places = self.rows * self.columns
        self.weight = nn.Parameter(torch.empty(places, reads, out).uniform_(-1, 1) / reads**0.5)
        self.bias = nn.Parameter(torch.empty(places, 1, out).uniform_(-1, 1) / reads**0.5) if bias else None

    def forward(self, x):
        y = self.unfold(x).permute(2, 0, 1) @ self.weight  # places, pictures, out
        if self.bias is not None:
            y = y + self.bias
        return y.permute(1, 2, 0).unflatten(2, (self.rows, self.columns))
''',
    "SqueezeExcite": '''
class SqueezeExcite(nn.Module):
    """Scales each map by a number computed from all maps' means."""

    def __init__(self, channels, squeeze, gate="sigmoid", activation="relu"):
        super().__init__()
        self.down = nn.Conv2d(channels, squeeze, kernel_size=1)
        self.activation = nn.SiLU() if activation == "silu" else nn.ReLU()
        self.up = nn.Conv2d(squeeze, channels, kernel_size=1)
        self.gate = nn.Hardsigmoid() if gate == "hardsigmoid" else nn.Sigmoid()

    def forward(self, x):
        means = x.mean((2, 3), keepdim=True)
        return x * self.gate(self.up(self.activation(self.down(means))))
''',
    "ChannelNorm2d": '''
class ChannelNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of each place."""

    def __init__(self, channels, eps=1e-6):
        super().__init__(channels, eps=eps)

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
''',
    "LayerScale": '''
class LayerScale(nn.Module):
    """A trainable factor per map."""

    def __init__(self, channels, initial=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), initial))

    def forward(self, x):
        return x * self.weight
''',
    "StochasticDepth": '''
class StochasticDepth(nn.Module):
    """While training, sets whole pictures to zero with chance p."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(len(x), *[1] * (x.ndim - 1), device=x.device) >= self.p
        return x * kept / (1 - self.p)
''',
    "L2Pool2d": '''
class L2Pool2d(nn.Module):
    """The root of the mean square of each window."""

    def __init__(self, kernel_size, stride):
        super().__init__()
        self.pool = nn.AvgPool2d(kernel_size, stride)

    def forward(self, x):
        return (self.pool(x * x) + 1e-12).sqrt()  # 1e-12: the root has no slope at 0
''',
    "StochasticPool2d": '''
class StochasticPool2d(nn.Module):
    """One value of each window, drawn with a chance in proportion to it; when not training, their weighted mean."""

    def __init__(self, kernel_size, stride):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x):
        windows = x.unfold(2, self.kernel_size[0], self.stride[0]).unfold(3, self.kernel_size[1], self.stride[1])
        windows = windows.flatten(-2)
        positive = windows.clamp(min=0)
        total = positive.sum(-1, keepdim=True)
        even = torch.full_like(positive, 1 / positive.shape[-1])
        chances = torch.where(total > 0, positive / total.clamp(min=1e-12), even)
        if not self.training:
            return (windows * chances).sum(-1)
        drawn = torch.multinomial(chances.detach().flatten(0, -2), 1).view(*windows.shape[:-1], 1)
        return windows.gather(-1, drawn).squeeze(-1)
''',
    "BlurPool2d": '''
class BlurPool2d(nn.Module):
    """A binomial low-pass filter, then every stride-th row and column."""

    def __init__(self, kernel_size, stride):
        super().__init__()
        self.stride, self.padding = stride, (kernel_size - 1) // 2
        row = torch.ones(1)
        for _ in range(kernel_size - 1):  # 1 1, 1 2 1, 1 3 3 1, ...
            row = F.pad(row, (0, 1)) + F.pad(row, (1, 0))
        self.register_buffer("kernel", torch.outer(row, row) / row.sum() ** 2, persistent=False)

    def forward(self, x):
        channels = x.shape[1]
        kernel = self.kernel.expand(channels, 1, *self.kernel.shape)
        return F.conv2d(x, kernel, stride=self.stride, padding=self.padding, groups=channels)
''',
    "Subsample": '''
class Subsample(nn.Module):
    """Keeps every so-many-th row and column."""

    def __init__(self, down, across):
        super().__init__()
        self.down, self.across = down, across

    def forward(self, x):
        return x[:, :, :: self.down, :: self.across]
''',
}
"""Source of each class by its name, in the order in which they are written."""
