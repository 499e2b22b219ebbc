"""Loads torch in stages, so that the first stroke and the first run need not wait for it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator

from cnnstudio.core.events import EngineReady


def warm_up() -> Generator[None, None, EngineReady]:
    """Imports torch, makes an optimiser (its first import takes seconds), and runs one convolution each way.

    Yields:
        None, between two stages.

    Raises:
        ImportError, OSError: torch is missing or its libraries do not load.
    """
    began = time.perf_counter()
    import torch
    from torch import nn

    yield
    from cnnstudio.engine import device, pixels

    # The threads between operations are never used here; each would take memory.
    with contextlib.suppress(RuntimeError):  # too late: somebody has used torch before
        torch.set_num_interop_threads(1)
    with torch.random.fork_rng(devices=[]):
        module = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4608, 2))
    optimiser = torch.optim.AdamW(module.parameters(), fused=True)
    yield
    for last in (False, True):
        pixels.lay_out(module, last)
        images = torch.zeros((2, 1, 28, 28)).contiguous(memory_format=pixels.layout(last))
        nn.functional.cross_entropy(module(images), torch.zeros(2, dtype=torch.int64)).backward()
        optimiser.step()
        yield
    return EngineReady(str(torch.__version__), device.choose().type, time.perf_counter() - began)
