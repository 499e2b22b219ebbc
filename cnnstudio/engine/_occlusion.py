"""What becomes of a class's logit when parts of the picture are covered (Zeiler and Fergus 2014)."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnnstudio.core import limits, picture_changes
from cnnstudio.core.inside import Pixels
from cnnstudio.core.network import NetworkSpec
from cnnstudio.engine.evaluate import slice_pictures
from cnnstudio.engine.pixels import tensor, to_input

Boxes = NDArray[np.int64]
"""int64 [n, 4]: top, left, bottom, right of rectangles, the last two exclusive."""
Values = NDArray[np.float64]

BANDS: Final = 7
"""The patches of the check: seven by seven, 4 x 4 pixels each at 28 x 28. The sliding window is as large as one."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One verdict that is to be explained.

    Attributes:
        module: The network, in evaluation mode; nobody changes its weights meanwhile.
        spec: What it is.
        pixels: uint8 [channels, height, width].
        target: The class whose logit is explained.
        channels_last: Memory format of its pictures.
        device: Where it lives.
    """

    module: nn.Module
    spec: NetworkSpec
    pixels: Pixels
    target: int
    channels_last: bool
    device: torch.device

    def given(self, pixels: Pixels) -> torch.Tensor:
        """uint8 [c, h, w] or [n, c, h, w] as the network is given it: [n, c, h, w], a new tensor."""
        images = tensor(pixels if pixels.ndim == 4 else pixels[None]).to(self.device)
        return to_input(images, self.channels_last)

    def passes(self, cost: int = 1) -> int:
        """How many pictures go through the network in one slice, each of them so many times as dear as a reading."""
        return slice_pictures(cost * self.spec.macs, max(2, limits.QUESTION_PICTURES // cost))


def background(pixels: Pixels) -> Pixels:
    """What parts of a picture are covered with: the median of its outermost pixels, for each channel.

    For ink on black that is black; for a photograph, a colour of its margin.

    Args:
        pixels: uint8 [channels, height, width].

    Returns:
        The same shape, one colour.
    """
    return np.broadcast_to(picture_changes.background(pixels)[:, None, None], pixels.shape)


def windows(shape: tuple[int, int]) -> Boxes:
    """The sliding window's places: a seventh of each side, moved by half of itself; the last ones are cut at the edge.

    Args:
        shape: Height and width of the picture: at 28 x 28 the window is 4 x 4, the stride 2, and there are 169 places.
    """
    spans = []
    for side in shape:
        size, stride = window(side)
        starts = np.arange(math.ceil((side - size) / stride) + 1) * stride
        spans.append(np.stack([starts, np.minimum(starts + size, side)]))
    return _crossed(*spans)


def window(side: int) -> tuple[int, int]:
    """Size and stride of the sliding window along a side, in pixels."""
    size = max(1, round(side / BANDS))
    return size, max(1, size // 2)


def patches(shape: tuple[int, int]) -> Boxes:
    """The picture cut into at most seven by seven patches as equal as they can be, without overlap."""
    spans = []
    for side in shape:
        edges = np.rint(np.linspace(0, side, min(BANDS, side) + 1)).astype(np.int64)
        spans.append(np.stack([edges[:-1], edges[1:]]))
    return _crossed(*spans)


def _crossed(rows: Boxes, columns: Boxes) -> Boxes:
    down, across = rows.shape[1], columns.shape[1]
    top, bottom = np.repeat(rows, across, axis=1)
    left, right = np.tile(columns, (1, down))
    return np.stack([top, left, bottom, right], axis=1).astype(np.int64)


def sums(values: Values, boxes: Boxes) -> Values:
    """The sum of a map [height, width] within each box: float64 [n]."""
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    table[1:, 1:] = values.cumsum(0, dtype=np.float64).cumsum(1)
    top, left, bottom, right = boxes.T
    found: Values = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
    return found


def changed(pixels: Pixels, cover: Pixels, boxes: Boxes) -> NDArray[np.bool_]:
    """Which boxes hold anything that covering them changes: bool [n]."""
    return sums((pixels != cover).any(0).astype(np.float64), boxes) > 0


def drops(subject: Subject, cover: Pixels, boxes: Boxes) -> Generator[None, None, Values]:
    """How far the target's logit falls when each box is covered, one at a time.

    Args:
        subject: The verdict.
        cover: uint8 [channels, height, width], what shows within a box.
        boxes: Where.

    Yields:
        None, between two slices.

    Returns:
        float64 [n], in logits; negative where covering helps the class, exactly 0 where covering changes nothing.
    """
    found = np.zeros(len(boxes))
    doing, size = np.flatnonzero(changed(subject.pixels, cover, boxes)), subject.passes()
    for start in range(0, len(doing), size):
        if start:
            yield
        some = doing[start : start + size]
        pictures = np.repeat(subject.pixels[None], len(some) + 1, axis=0)
        for picture, (top, left, bottom, right) in zip(pictures, boxes[some], strict=False):
            picture[:, top:bottom, left:right] = cover[:, top:bottom, left:right]
        with torch.inference_mode():
            logits = subject.module(subject.given(pictures))[:, subject.target].cpu().double().numpy()
        found[some] = logits[-1] - logits[:-1]  # the last one is not covered: read in the same batch, by the same sums
    return found


def occlusion(subject: Subject) -> Generator[None, None, Values]:
    """The drop of the target's logit when a sliding window of background covers each pixel.

    A pixel's value is the mean over the windows that cover it, as in Captum's `Occlusion`.

    Returns:
        float64 [height, width].
    """
    shape = subject.pixels.shape[1:]
    boxes = windows((shape[0], shape[1]))
    fallen = yield from drops(subject, background(subject.pixels), boxes)
    total, times = np.zeros(shape), np.zeros(shape)
    for drop, (top, left, bottom, right) in zip(fallen, boxes, strict=True):
        total[top:bottom, left:right] += drop
        times[top:bottom, left:right] += 1
    mean: Values = total / times
    return mean
