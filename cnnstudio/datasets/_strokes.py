"""The hand behind the built-in digits: from an allograph to the path of the pen, different in every picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cnnstudio.datasets._allographs import Allograph, DigitShape

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Style:
    """How much hands differ: standard deviations unless said otherwise, lengths in digit heights or pixels.

    Attributes:
        blend: How sharply one version of an allograph is preferred to an even blend; infinite: only the first version.
        tremor: Wobble of the control points.
        loose_ends: How much more the ends of strokes wobble.
        shift: Whole strokes against each other.
        warp: Smooth bending of the plane.
        angular: Largest share of straight lines in the path.
        rounded: Largest share of the smoothed path.
        proportion: The upper part of the digit against the lower.
        taper: Width of the upper part against the lower.
        aspect: Logarithm of width to height.
        lean: Share of each digit's own mean slant that is used.
        slant: Shear.
        rotation: Turn, in radians.
        pen_px: Median radius of the pen.
        pen_spread: Logarithm of the radius.
        pressure: Logarithm of the radius along the path.
        thin_ends: Largest share by which the ends of strokes are thinner.
        gap: Share of pictures whose line is interrupted.
        rough_px: Largest standard deviation of the edge of the ink.
        soft_px: Smallest and largest width of the edge.
        gain: Smallest and largest factor of the brightness, before it is cut at white.
    """

    blend: float = 2.0
    tremor: float = 0.042
    loose_ends: float = 1.4
    shift: float = 0.025
    warp: float = 0.05
    angular: float = 0.3
    rounded: float = 0.9
    proportion: float = 0.08
    taper: float = 0.09
    aspect: float = 0.21
    lean: float = 1.0
    slant: float = 0.30
    rotation: float = 0.15
    pen_px: float = 1.22
    pen_spread: float = 0.29
    pressure: float = 0.10
    thin_ends: float = 0.35
    gap: float = 0.06
    rough_px: float = 0.27
    soft_px: tuple[float, float] = (0.9, 1.4)
    gain: tuple[float, float] = (1.0, 1.35)

    def without(self, *, pen: bool = False, slant: bool = False, wobble: bool = False, ways: bool = False) -> Style:
        """The same hands with single ingredients taken away.

        Args:
            pen: One pen for all: no spread of widths, no pressure, no thin ends.
            slant: Upright: no slant, no turn, one ratio of width to height.
            wobble: Steady: no tremor, strokes where they belong, nothing bent.
            ways: One way of writing: always the first version of the first allograph.
        """
        style = self
        if pen:
            style = replace(style, pen_spread=0.0, pressure=0.0, thin_ends=0.0)
        if slant:
            style = replace(style, lean=0.0, slant=0.0, rotation=0.0, aspect=0.0)
        if wobble:
            style = replace(style, tremor=0.0, shift=0.0, warp=0.0)
        if ways:
            style = replace(style, blend=math.inf)
        return style


def _skeleton(allograph: Allograph, n: int, rng: torch.Generator, style: Style) -> torch.Tensor:
    """Control points [n, K, 2]: versions blended, points trembling, strokes shifted."""
    import torch

    versions = torch.from_numpy(allograph.versions)
    wish = torch.randn(n, len(versions), generator=rng)
    if math.isinf(style.blend):
        wish = torch.zeros(n, len(versions))
        wish[:, 0] = 1
    else:
        wish = torch.softmax(style.blend * wish, 1)
    points = torch.einsum("nv,vkc->nkc", wish, versions)
    loose = torch.from_numpy(allograph.looseness) * (1 + (style.loose_ends - 1) * torch.from_numpy(allograph.ends))
    points = points + style.tremor * torch.randn(points.shape, generator=rng) * loose[:, None]
    strokes = int(allograph.stroke_of[-1]) + 1
    if strokes > 1:
        shift = style.shift * torch.randn(n, strokes, 2, generator=rng)
        points = points + shift[:, torch.from_numpy(allograph.stroke_of)]
    return points


def _trace(allograph: Allograph, points: torch.Tensor, rng: torch.Generator, style: Style) -> torch.Tensor:
    """The path [n, S, 2] through control points: between angular and rounded, one digit high, centred."""
    import torch

    n = len(points)
    angular = style.angular * torch.rand(n, 1, 1, generator=rng) ** 2
    rounded = style.rounded * torch.rand(n, 1, 1, generator=rng)
    operators = torch.from_numpy(allograph.curve), torch.from_numpy(allograph.rounded), torch.from_numpy(allograph.line)
    curve, smooth, line = (operator @ points for operator in operators)
    path = (1 - angular) * ((1 - rounded) * curve + rounded * smooth) + angular * line
    low, high = path.amin(1, keepdim=True), path.amax(1, keepdim=True)
    return (path - (low + high) / 2) / (high - low)[..., 1:].clamp(min=0.3)


def _bend(x: torch.Tensor, y: torch.Tensor, rng: torch.Generator, style: Style) -> tuple[torch.Tensor, torch.Tensor]:
    """Bends the plane by four long sine waves of random direction."""
    import torch

    for waves in (0.7, 0.7, 1.2, 1.2):
        direction = waves * 2 * math.pi * 0.6 * torch.randn(2, len(x), 1, generator=rng)
        phase = 2 * math.pi * torch.rand(len(x), 1, generator=rng)
        push = style.warp * torch.randn(2, len(x), 1, generator=rng)
        wave = torch.sin(direction[0] * x + direction[1] * y + phase)
        x, y = x + push[0] * wave, y + push[1] * wave
    return x, y


def write(
    shape: DigitShape, allograph: Allograph, turns: torch.Tensor, rng: torch.Generator, style: Style
) -> torch.Tensor:
    """Writes one allograph many times.

    Args:
        shape: The digit.
        allograph: One of its allographs.
        turns: float32 [n], radians by which each picture is turned beyond what the hand does.
        rng: Decides everything else. As many numbers are drawn whatever the style is, so that taking one
            ingredient away leaves the others as they were.
        style: How much hands differ.

    Returns:
        float32 [n, S, 2]: x and y along the path of the pen, in digit heights, y downwards.
    """
    import torch

    n = len(turns)
    path = _trace(allograph, _skeleton(allograph, n, rng, style), rng, style)
    proportion, aspect, taper, slant, rotation = torch.randn(5, n, 1, generator=rng)
    x, y = path[..., 0], path[..., 1]
    y = y + style.proportion * proportion * (1 - 4 * y * y)
    x = x * torch.exp(style.aspect * aspect) * (1 + style.taper * taper * 2 * y)
    x, y = _bend(x, y, rng, style)
    x = x - (style.lean * shape.lean + style.slant * slant) * y
    turn = style.rotation * rotation + turns[:, None]
    return torch.stack([x * torch.cos(turn) - y * torch.sin(turn), x * torch.sin(turn) + y * torch.cos(turn)], 2)
