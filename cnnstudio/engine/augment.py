"""Augmentation: training pictures are changed by chance, so that a network meets each in many forms.

The changes are those of torchvision's v2 transforms `RandomAffine`, `RandomHorizontalFlip`, `RandomResizedCrop`,
`RandomErasing` and `ColorJitter`, and the tests hold each against torchvision. Those draw once for a whole batch,
so all of its pictures would be turned the same way; here every picture has its own draw. All geometry of a picture is
one matrix, so that it is sampled, and blurred, only once (Jaderberg et al. 2015 sample in the same way).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import torch
from torch.nn import functional

SHIFT: Final = 0.08
"""Largest shift, as a share of the side: two pixels of 28."""

ROTATE_DEGREES: Final = 12.0
SCALE: Final = (0.88, 1.12)
SHEAR_DEGREES: Final = 12.0
CROP: Final = (0.7, 1.0)
"""Share of the area that a crop keeps before it is brought to full size again."""

ERASE_CHANCE: Final = 0.5
ERASE: Final = (0.15, 0.4)
"""Sides of the erased rectangle, as shares of the picture's sides."""

COLOUR: Final = (0.75, 1.25)
"""Factors of brightness, contrast and, in colour pictures, saturation."""

GEOMETRY: Final = frozenset(("shift", "rotate", "scale", "shear", "flip", "crop"))
LUMINANCE: Final = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in what the eye takes for brightness (ITU-R BT.601)."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What geometry was drawn: one number for each of n pictures, float32 [n].

    Attributes:
        degrees: Rotation, clockwise.
        right_px: Shift to the right.
        down_px: Shift downwards.
        scale: Enlargement.
        shear_degrees: Shear along the rows.
        flip: 1, or -1 where left and right change places.
    """

    degrees: torch.Tensor
    right_px: torch.Tensor
    down_px: torch.Tensor
    scale: torch.Tensor
    shear_degrees: torch.Tensor
    flip: torch.Tensor

    def matrices(self, height: int, width: int) -> torch.Tensor:
        """From places in the result to places in the original, as `affine_grid` wants them: float32 [n, 2, 3]."""
        turn, slant = torch.deg2rad(self.degrees), torch.deg2rad(self.shear_degrees)
        sine, cosine, slope = torch.sin(turn), torch.cos(turn), torch.tan(slant)
        # Forwards: flip, shear, scale, rotate, shift. Backwards, in reverse order:
        a, b = cosine + slope * -sine, sine + slope * cosine
        across = torch.stack((a, b), 1) * (self.flip / self.scale)[:, None]
        down = torch.stack((-sine, cosine), 1) / self.scale[:, None]
        inverse = torch.stack((across, down), 1)
        half = torch.tensor((width / 2, height / 2))
        moved = -(inverse @ torch.stack((self.right_px, self.down_px), 1)[:, :, None])
        return torch.cat((inverse * half / half[:, None], moved / half[:, None]), 2)


class Augmentation:
    """Changes batches of training pictures.

    Attributes:
        names: Out of `core.config.AUGMENTATIONS`.

    Thread: engine.
    """

    def __init__(self, names: Collection[str], seed: int) -> None:
        """Makes the changes of these names; the seed decides every draw."""
        self.names = frozenset(names)
        self._chance = torch.Generator().manual_seed(seed)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Changes float pictures from 0 to 1, [n, c, h, w], or gives them back as they are."""
        if self.names & GEOMETRY:
            images = transform(images, self.draw(len(images), *images.shape[2:]))
        if "colour" in self.names:
            brightness, contrast, saturation = (self._between(len(images), *COLOUR) for _ in range(3))
            images = recolour(images, brightness, contrast, saturation)
        if "erase" in self.names:
            images = self._erase(images)
        return images

    def draw(self, n: int, height: int, width: int) -> Draw:
        """Draws the geometry of n pictures."""
        shift = SHIFT if "shift" in self.names else 0.0
        turn = ROTATE_DEGREES if "rotate" in self.names else 0.0
        slant = SHEAR_DEGREES if "shear" in self.names else 0.0
        scale = self._between(n, *SCALE) if "scale" in self.names else torch.ones(n)
        right = self._between(n, -shift, shift) * width
        down = self._between(n, -shift, shift) * height
        if "crop" in self.names:
            zoom = self._between(n, *CROP).rsqrt()
            # The window may stand anywhere in the picture: its centre is off by at most what was cut off.
            right += self._between(n, -0.5, 0.5) * (zoom - 1) * width
            down += self._between(n, -0.5, 0.5) * (zoom - 1) * height
            scale = scale * zoom
        flips = (
            torch.rand(n, generator=self._chance) < 0.5 if "flip" in self.names else torch.zeros(n, dtype=torch.bool)
        )
        return Draw(
            degrees=self._between(n, -turn, turn),
            right_px=right,
            down_px=down,
            scale=scale,
            shear_degrees=self._between(n, -slant, slant),
            flip=torch.where(flips, -1.0, 1.0),
        )

    def _between(self, n: int, low: float, high: float) -> torch.Tensor:
        return torch.rand(n, generator=self._chance) * (high - low) + low

    def _erase(self, images: torch.Tensor) -> torch.Tensor:
        """Blackens one rectangle of some pictures (Zhong et al. 2020)."""
        n, _, height, width = images.shape
        chosen = torch.rand(n, generator=self._chance) < ERASE_CHANCE
        tall, wide = self._between(n, *ERASE) * height, self._between(n, *ERASE) * width
        top, left = self._between(n, 0, 1) * (height - tall), self._between(n, 0, 1) * (width - wide)
        rows, columns = torch.arange(height)[None] + 0.5, torch.arange(width)[None] + 0.5
        in_rows = (rows >= top[:, None]) & (rows < (top + tall)[:, None]) & chosen[:, None]
        in_columns = (columns >= left[:, None]) & (columns < (left + wide)[:, None])
        erased = (in_rows[:, :, None] & in_columns[:, None, :])[:, None].to(images.device)
        return images.masked_fill(erased, 0.0)


def transform(images: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Moves, turns and stretches every picture by its own draw; what comes from outside is black.

    Args:
        images: float32 [n, c, h, w].
        draw: One number of each kind for each of the n pictures.

    Returns:
        float32 [n, c, h, w], sampled bilinearly.
    """
    places = functional.affine_grid(
        draw.matrices(*images.shape[2:]).to(images.device), list(images.shape), align_corners=False
    )
    return functional.grid_sample(images, places, mode="bilinear", padding_mode="zeros", align_corners=False)


def recolour(
    images: torch.Tensor, brightness: torch.Tensor, contrast: torch.Tensor, saturation: torch.Tensor
) -> torch.Tensor:
    """Changes brightness, then contrast about the mean grey, then saturation, each by a factor per picture.

    Args:
        images: float32 from 0 to 1, [n, c, h, w]; saturation means something only where c is 3.
        brightness: float32 [n].
        contrast: float32 [n].
        saturation: float32 [n].

    Returns:
        float32 from 0 to 1, [n, c, h, w].
    """
    bright, strong, vivid = (
        factor.to(images.device).reshape(-1, 1, 1, 1) for factor in (brightness, contrast, saturation)
    )
    images = (images * bright).clamp(0, 1)
    images = _blend(images, grey_of(images).mean((2, 3), keepdim=True), strong)
    return _blend(images, grey_of(images), vivid) if images.shape[1] == len(LUMINANCE) else images


def grey_of(images: torch.Tensor) -> torch.Tensor:
    """The brightness that the eye sees: [n, 1, h, w]."""
    if images.shape[1] != len(LUMINANCE):
        return images
    weights = torch.tensor(LUMINANCE, device=images.device).reshape(1, 3, 1, 1)
    return (images * weights).sum(1, keepdim=True)


def _blend(images: torch.Tensor, other: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    return (images * share + other * (1 - share)).clamp(0, 1)
