"""Optimisers and learning-rate schedules: how far, and in which direction, one step moves the weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import torch
from torch import nn

from cnnstudio.core.config import RaceConfig

ONE_CYCLE_START: Final = 1 / 25
"""Where a one-cycle schedule starts, as a share of its peak (Smith and Topin 2017; torch's default)."""

STEP_DROPS: Final = (0.5, 0.75)
"""Shares of the run after which the "step" schedule drops: half and three quarters (He et al. 2015)."""


def make_optimiser(config: RaceConfig, weights: Iterable[nn.Parameter], device: torch.device) -> torch.optim.Optimizer:
    """The optimiser of a race.

    Weight decay is part of the gradient in sgd, momentum and adam (L2), and apart from it in adamw (Loshchilov and
    Hutter 2019). The fused versions compute the same in one pass over the weights.

    Raises:
        KeyError: The set-up names no optimiser there is.
    """
    rate, decay = config.learning_rate, config.weight_decay
    fused = device.type in ("cpu", "cuda")
    if config.optimiser == "adamw":
        return torch.optim.AdamW(weights, rate, weight_decay=decay, fused=fused)
    if config.optimiser == "adam":
        return torch.optim.Adam(weights, rate, weight_decay=decay, fused=fused)
    momentum = {"sgd": 0.0, "momentum": config.momentum}[config.optimiser]
    return torch.optim.SGD(weights, rate, momentum=momentum, weight_decay=decay, fused=fused)


def set_learning_rate(optimiser: torch.optim.Optimizer, learning_rate: float) -> None:
    """Every weight moves by this rate from the next step on."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate


def schedule_factor(config: RaceConfig, index: int, steps: int) -> float:
    """The learning rate of one step, as a share of the highest.

    Args:
        config: Gives `schedule`, `warmup_share` and `final_share`.
        index: The step, counted from 0.
        steps: Steps of the whole run.

    Returns:
        constant: 1.
        cosine: half a cosine from 1 to the final share (Loshchilov and Hutter 2017, without restarts).
        warmup_linear: a straight rise over the warm-up share, then a straight fall to the final share.
        one_cycle: a cosine rise from 1/25 over the warm-up share, then a cosine fall to the final share.
        step: two equal drops, after half and after three quarters of the run, to the final share.
    """
    return {
        "constant": _constant,
        "cosine": _cosine,
        "warmup_linear": _warmup_linear,
        "one_cycle": _one_cycle,
        "step": _step,
    }[config.schedule](config, index, steps)


def _between(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _constant(config: RaceConfig, index: int, steps: int) -> float:
    return 1.0


def _cosine(config: RaceConfig, index: int, steps: int) -> float:
    return _between(1.0, config.final_share, index / steps)


def _warmup_linear(config: RaceConfig, index: int, steps: int) -> float:
    rise = round(config.warmup_share * steps)
    if index < rise:
        return (index + 1) / (rise + 1)
    return 1.0 + (config.final_share - 1.0) * (index - rise) / max(1, steps - 1 - rise)


def _one_cycle(config: RaceConfig, index: int, steps: int) -> float:
    top = config.warmup_share * steps - 1
    if index <= top and top > 0:
        return _between(ONE_CYCLE_START, 1.0, index / top)
    return _between(1.0, config.final_share, (index - max(top, 0)) / max(1, steps - 1 - max(top, 0)))


def _step(config: RaceConfig, index: int, steps: int) -> float:
    drops = sum(index >= share * steps for share in STEP_DROPS)
    return float(config.final_share ** (drops / len(STEP_DROPS)))
