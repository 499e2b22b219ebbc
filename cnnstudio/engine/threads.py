"""How many threads, and which memory format, are fastest here: decided by measuring, before a run."""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from cnnstudio.core import limits
from cnnstudio.core.dataset import Shape

TRIAL_MACS: Final = 60_000_000
"""Multiply-adds of a trial's batch at most: a few milliseconds, so that every setting gets several trials."""

TRIALS: Final = 3
"""Trials of each setting after one to warm up; the quickest counts, as others only add what disturbs."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How torch computes during a run.

    Attributes:
        threads: Threads within one operation.
        channels_last: Whether pictures and kernels lie in memory with the channels innermost.
    """

    threads: int
    channels_last: bool


def candidates(most_threads: int, maps: bool) -> tuple[Setting, ...]:
    """The settings worth a trial, the likeliest first; without convolutions the memory format does not matter."""
    threads = sorted({1, most_threads // 2, most_threads} - {0}, reverse=True)
    formats = (True, False) if maps else (False,)
    return tuple(Setting(count, last) for last in formats for count in threads)


def has_kernels(module: nn.Module) -> bool:
    """Whether the network has convolutions."""
    return any(weight.dim() == 4 for weight in module.parameters())


def choose(
    modules: Sequence[nn.Module], macs: int, shape: Shape, batch_size: int, most_threads: int
) -> Generator[None, None, Setting]:
    """Trains copies of the networks for a few batches of noise under each setting.

    The networks themselves, torch's random stream and its number of threads are left as they were.

    Args:
        modules: The networks of the race, on the processor.
        macs: Multiply-adds of all of them for one picture.
        shape: Of a picture.
        batch_size: Of the race; a trial may take fewer pictures.
        most_threads: More are not tried.

    Yields:
        None, between trials.

    Returns:
        The quickest of the settings that there was time for.
    """
    options = candidates(most_threads, any(has_kernels(module) for module in modules))
    if len(options) == 1:
        return options[0]
    before, until = torch.get_num_threads(), time.perf_counter() + limits.THREADS_MEASURING_S
    noise = torch.Generator().manual_seed(0)
    images = torch.randn((max(2, min(batch_size, TRIAL_MACS // max(1, macs))), *shape), generator=noise)
    seconds: dict[Setting, float] = {}
    for option in options:
        copies = [_copy(module, option.channels_last) for module in modules]
        trials = []
        for _ in range(1 + TRIALS):
            if time.perf_counter() > until:
                break
            torch.set_num_threads(option.threads)
            try:
                trials.append(_trial(copies, images, option.channels_last))
            finally:
                torch.set_num_threads(before)
            yield
        if len(trials) > 1:
            seconds[option] = min(trials[1:])
    return min(seconds, key=lambda option: seconds[option]) if seconds else options[0]


def _copy(module: nn.Module, channels_last: bool) -> nn.Module:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    return copy.deepcopy(module).eval().to(memory_format=layout)  # eval: dropout would draw from torch's random stream


def _trial(modules: Sequence[nn.Module], images: torch.Tensor, channels_last: bool) -> float:
    layout = torch.channels_last if channels_last else torch.contiguous_format
    images = images.contiguous(memory_format=layout)
    labels = torch.zeros(len(images), dtype=torch.int64)
    began = time.perf_counter()
    for module in modules:
        module.zero_grad()
        functional.cross_entropy(module(images), labels).backward()
    return time.perf_counter() - began
