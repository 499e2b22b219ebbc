"""How good a network is on a set of pictures: without dropout, without augmentation, without moving a weight.

Everything here works in slices and hands over after each, so that questions are answered in between.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from cnnstudio.core import limits
from cnnstudio.core.dataset import Labels
from cnnstudio.core.events import SetScore
from cnnstudio.engine.pixels import Part, to_input


@dataclass(frozen=True, slots=True)
class Measured:
    """One network on one set.

    Attributes:
        score: Mean loss and share right; both NaN for an empty set.
        guesses: int64 [n], the class with the highest logit of each picture.
    """

    score: SetScore
    guesses: Labels


def slice_pictures(macs: int, least: int = 8) -> int:
    """How many pictures make one slice: a power of two, decided by arithmetic so that numbers repeat bit for bit.

    Args:
        macs: Multiply-adds for one picture.
        least: No fewer than this, however large the network: a few together take half the time that each takes alone.
    """
    fitting = max(least, limits.SLICE_MACS // max(1, macs))
    return min(limits.SLICE_PICTURES, 1 << (fitting.bit_length() - 1))


def logits_of(module: nn.Module, images: torch.Tensor, channels_last: bool) -> torch.Tensor:
    """What a network says of uint8 pictures [n, c, h, w]: logits, float32 [n, classes]; its mode is left as it was."""
    training = module.training
    module.eval()
    try:
        with torch.inference_mode():
            logits: torch.Tensor = module(to_input(images, channels_last))
    finally:
        module.train(training)
    return logits


def measure(module: nn.Module, part: Part, macs: int, channels_last: bool) -> Generator[None, None, Measured]:
    """Loss and accuracy of a network over a set.

    Args:
        module: The network; neither its weights nor its mode change.
        part: The pictures, on the network's device.
        macs: Multiply-adds for one picture: decides the size of a slice.
        channels_last: Memory format of the pictures.

    Yields:
        None, after each slice.
    """
    size, total, guesses = slice_pictures(macs), 0.0, []
    for start in range(0, len(part), size):
        labels = part.labels[start : start + size]
        logits = logits_of(module, part.images[start : start + size], channels_last)
        total += functional.cross_entropy(logits, labels, reduction="sum").item()
        guesses.append(logits.argmax(1).cpu().numpy())
        yield
    guessed = np.concatenate(guesses) if guesses else np.empty(0, np.int64)
    guessed.setflags(write=False)
    if not len(part):
        return Measured(SetScore(float("nan"), float("nan")), guessed)
    right = float(np.mean(guessed == part.labels.cpu().numpy()))
    return Measured(SetScore(total / len(part), right), guessed)


def predict(
    module: nn.Module, images: torch.Tensor, macs: int, channels_last: bool
) -> Generator[None, None, NDArray[np.float32]]:
    """Logits of many pictures.

    Args:
        module: The network.
        images: uint8 [n, c, h, w], on the network's device.
        macs: Multiply-adds for one picture.
        channels_last: Memory format of the pictures.

    Yields:
        None, between two slices; nothing where one slice is enough.

    Returns:
        float32 [n, classes].
    """
    size, parts = slice_pictures(macs), []
    for start in range(0, max(1, len(images)), size):
        if start:
            yield
        parts.append(logits_of(module, images[start : start + size], channels_last).cpu().numpy())
    return np.concatenate(parts)


def confusion(truth: Labels, guesses: Labels, classes: int) -> NDArray[np.int64]:
    """How often each class (row) was taken for each class (column): int64 [classes, classes], read-only."""
    counts = np.bincount(truth * classes + guesses, minlength=classes * classes).reshape(classes, classes)
    counts = counts.astype(np.int64)
    counts.setflags(write=False)
    return counts
