"""The pen behind the built-in digits: from a path to grey pixels, framed as MNIST's are.

MNIST scaled the box of each digit's ink to 20 pixels and moved the centre of mass, by whole pixels, to the
middle of 28 x 28 (LeCun, Bottou, Bengio, Haffner 1998). The same is done here, without ever drawing anything large.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from cnnstudio.datasets._allographs import Allograph
from cnnstudio.datasets._strokes import Style

if TYPE_CHECKING:
    import torch

SIDE: Final = 28
BOX: Final = 20
MIDDLE: Final = 14.0
"""Where MNIST has the centre of mass, as a pixel's index: the corner between four pixels, plus a half."""

THINNEST_PX: Final = 0.6
_CACHED: Final = 64
"""Pictures for which the distances are made at once: what stays in the processor's cache."""


def depth(path: torch.Tensor, radius: torch.Tensor, side: int) -> torch.Tensor:
    """How deep each pixel lies in the ink, as a share of the pen's radius: 1 on the path, 0 at the edge.

    The square of distance over radius, from every pixel to every point of the path, is the product of two
    small matrices; the nearest point decides.

    Args:
        path: float32 [n, S, 2], x and y in pixels from the middle of the picture.
        radius: float32 [n, S], the pen's radius at each point.
        side: Pixels per side.

    Returns:
        float32 [n, side, side], at most 1.
    """
    import torch

    centre = torch.arange(side, dtype=torch.float32) - (side - 1) / 2
    x, y = centre.repeat(side), centre.repeat_interleave(side)
    pixels = torch.stack([x * x + y * y, -2 * x, -2 * y, torch.ones_like(x)])
    k = radius**-2
    points = torch.stack([k, k * path[..., 0], k * path[..., 1], k * (path**2).sum(2)], 2)
    nearest = torch.cat([(part @ pixels).amin(1) for part in torch.split(points, _CACHED)])
    return (1 - nearest.clamp(min=0).sqrt()).view(-1, side, side)


def _width(allograph: Allograph, n: int, rng: torch.Generator, style: Style) -> torch.Tensor:
    """Width of the pen along the path [n, S], as a share of its radius: pressure, thin ends, gaps."""
    import torch

    along, from_end = torch.from_numpy(allograph.along), torch.from_numpy(allograph.from_end)
    beats, phase, thin, place, length, chance = torch.rand(6, n, 1, generator=rng)
    wave = torch.sin(2 * math.pi * ((1 + 4 * beats) * along + phase))
    width = torch.exp(style.pressure * torch.randn(n, 1, generator=rng) * wave)
    width = width * (1 - style.thin_ends * thin * torch.exp(-from_end / 0.05))
    gap = ((along - place).abs() < 0.02 + 0.07 * length) & (chance < style.gap)
    return torch.where(gap, 0.02, width)


def _rough(n: int, rng: torch.Generator, style: Style) -> torch.Tensor:
    """How far the edge of the ink wanders [n, BOX, BOX], in pixels, at two scales."""
    import torch

    edge = torch.zeros(n, 1, BOX, BOX)
    for size in (12, 6):
        noise = torch.randn(n, 1, size, size, generator=rng)
        share = torch.rand(n, 1, 1, 1, generator=rng)
        smooth = torch.nn.functional.interpolate(noise, (BOX, BOX), mode="bilinear", align_corners=True)
        edge = edge + style.rough_px * share * smooth
    return edge[:, 0]


def draw(
    path: torch.Tensor, allograph: Allograph, thickest_px: float, rng: torch.Generator, style: Style
) -> torch.Tensor:
    """Draws paths with a pen, the longer side of the ink 20 pixels.

    Args:
        path: float32 [n, S, 2], in any unit.
        allograph: What the paths came from.
        thickest_px: The largest radius of the pen.
        rng: Decides pen, edge and brightness.
        style: How much they differ.

    Returns:
        float32 [n, BOX, BOX], from 0 to 1.
    """
    import torch

    n = len(path)
    soft, gain = torch.rand(2, n, 1, generator=rng)
    soft = style.soft_px[0] + (style.soft_px[1] - style.soft_px[0]) * soft
    gain = style.gain[0] + (style.gain[1] - style.gain[0]) * gain
    radius = style.pen_px * torch.exp(style.pen_spread * torch.randn(n, 1, generator=rng))
    radius = radius.clamp(THINNEST_PX, thickest_px)
    low, high = path.amin(1, keepdim=True), path.amax(1, keepdim=True)
    scale = (BOX - 2 * radius[..., None]) / (high - low).amax(2, keepdim=True)
    path = (path - (low + high) / 2) * scale
    ink = depth(path, radius * _width(allograph, n, rng, style), BOX) * radius[..., None] + _rough(n, rng, style)
    gain = torch.maximum(gain, 1 / (radius / soft + 0.5))  # a thin line is as white as a thick one
    grey: torch.Tensor = (ink / soft[..., None] + 0.5).clamp(0, 1) * gain[..., None]
    return grey.clamp(max=1)


def place(ink: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Puts the centre of mass in the middle of the picture, or beside it; what leaves the picture is cut off.

    Args:
        ink: float32 [n, BOX, BOX].
        offsets: int64 [n, 2], whole pixels to the right and downwards.

    Returns:
        float32 [n, SIDE, SIDE].
    """
    import torch

    n, index = len(ink), torch.arange(BOX)
    mass = ink.sum((1, 2)).clamp(min=1e-6)
    left = (MIDDLE - (ink.sum(1) * index).sum(1) / mass).round().long() + offsets[:, 0]
    top = (MIDDLE - (ink.sum(2) * index).sum(1) / mass).round().long() + offsets[:, 1]
    canvas = torch.zeros(n, SIDE + 2 * BOX, SIDE + 2 * BOX)
    rows = (top.clamp(-BOX, SIDE) + BOX)[:, None, None] + index[:, None]
    columns = (left.clamp(-BOX, SIDE) + BOX)[:, None, None] + index
    canvas[torch.arange(n)[:, None, None], rows, columns] = ink
    return canvas[:, BOX : BOX + SIDE, BOX : BOX + SIDE]


def fragments(n: int, pieces: int, rng: torch.Generator) -> torch.Tensor:
    """Short curved strokes at random places, to be laid over pictures: float32 [n, SIDE, SIDE], from 0 to 1."""
    import torch

    t = torch.linspace(0, 1, 9)
    start = SIDE * (torch.rand(n, pieces, 1, 2, generator=rng) - 0.5)
    direction = 2 * math.pi * torch.rand(n, pieces, 1, generator=rng)
    length = 3 + 5 * torch.rand(n, pieces, 1, generator=rng)
    bend = torch.randn(n, pieces, 1, generator=rng)
    angle = direction + bend * (t - 0.5)
    step = torch.stack([torch.cos(angle), torch.sin(angle)], 3) * (length / (len(t) - 1))[..., None]
    path = (start + step.cumsum(2)).flatten(1, 2)
    radius = (0.7 + 0.7 * torch.rand(n, pieces, 1, generator=rng)).expand(-1, -1, len(t)).flatten(1)
    return (depth(path, radius, SIDE) * radius.mean(1)[:, None, None] + 0.5).clamp(0, 1)
