"""Augmentation: training pictures are changed by chance, so that a network meets each in many forms."""

from __future__ import annotations

import torch


class Augmentation:
    """Changes batches of training pictures.

    Thread: engine.
    """

    def __init__(self, names: tuple[str, ...], seed: int) -> None:
        """Takes names out of `core.config.AUGMENTATIONS`."""
        self._names = names

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Changes float pictures from 0 to 1, [n, c, h, w]."""
        return images
