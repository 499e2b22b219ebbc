"""How many threads, and which memory format, are fastest here: decided by measuring, before a run."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn
from torch.nn import functional

from cnnstudio.core import limits
from cnnstudio.core.dataset import Shape
from cnnstudio.engine.pixels import lay_out, layout

TRIAL_MACS: Final = 60_000_000
"""Multiply-adds of a trial's batch at most: a few milliseconds, so that every setting gets several trials."""

WORTH_CHANGING: Final = 0.95
"""Channels last are the rule for convolutions on processors; the other format must be this much quicker to be taken."""

TRIALS: Final = 5
"""Rounds of trials after one to warm up; a setting's quickest counts, as the others only add what disturbs."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How torch computes during a run.

    Attributes:
        threads: Threads within one operation.
        channels_last: Whether pictures and kernels lie in memory with the channels innermost.
    """

    threads: int
    channels_last: bool


def thread_counts(most_threads: int) -> tuple[int, ...]:
    """Numbers of threads worth a trial; one comes first, as it is the safest where other programs are busy."""
    return tuple(sorted({1, most_threads // 2, most_threads} - {0}))


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
        The quickest setting: first the number of threads, then, where there are convolutions, the memory format.
    """
    maps = any(has_kernels(module) for module in modules)
    if most_threads == 1 and not maps:
        return Setting(1, False)
    noise = torch.Generator().manual_seed(0)
    images = torch.randn((max(2, min(batch_size, TRIAL_MACS // max(1, macs))), *shape), generator=noise)
    by_threads = tuple(Setting(count, maps) for count in thread_counts(most_threads))
    best = yield from _quickest(modules, images, by_threads, limits.THREADS_MEASURING_S * 2 / 3)
    if maps:
        by_format = (best, Setting(best.threads, False))
        best = yield from _quickest(modules, images, by_format, limits.THREADS_MEASURING_S / 3, WORTH_CHANGING)
    return best


def _quickest(
    modules: Sequence[nn.Module],
    images: torch.Tensor,
    options: Sequence[Setting],
    most_s: float,
    handicap: float = 1.0,
) -> Generator[None, None, Setting]:
    """Tries the settings in turn, at least once each and as often as the time allows.

    Where there is a handicap, another setting than the first must take less than this share of its time.
    """
    before, until = torch.get_num_threads(), time.perf_counter() + most_s
    copies = {option: [_copy(module, option.channels_last) for module in modules] for option in options}
    seconds = dict.fromkeys(options, math.inf)
    for trial in range(1 + TRIALS):
        for option in options:
            torch.set_num_threads(option.threads)
            try:
                taken = _trial(copies[option], images, option.channels_last)
            finally:
                torch.set_num_threads(before)
            if trial:
                seconds[option] = min(seconds[option], taken)
            yield
        if trial and time.perf_counter() > until:
            break
    seconds[options[0]] *= handicap
    return min(options, key=lambda option: seconds[option])


def _copy(module: nn.Module, channels_last: bool) -> nn.Module:
    # Evaluation mode: dropout would draw from torch's random stream.
    return lay_out(copy.deepcopy(module).eval(), channels_last)


def _trial(modules: Sequence[nn.Module], images: torch.Tensor, channels_last: bool) -> float:
    images = images.contiguous(memory_format=layout(channels_last))
    labels = torch.zeros(len(images), dtype=torch.int64)
    began = time.perf_counter()
    for module in modules:
        module.zero_grad()
        functional.cross_entropy(module(images), labels).backward()
    return time.perf_counter() - began
