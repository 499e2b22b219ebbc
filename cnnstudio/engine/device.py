"""Where the arithmetic happens: a CUDA card, an Apple GPU, or the processor."""

from __future__ import annotations

import platform

import torch


def choose() -> torch.device:
    """The fastest device there is: CUDA, then MPS, then the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def name(device: torch.device) -> str:
    """What the device calls itself, as in "cuda: NVIDIA GeForce RTX 3060" or "cpu: x86_64"."""
    if device.type == "cuda":
        return f"cuda: {torch.cuda.get_device_name(device)}"
    return f"{device.type}: {platform.machine()}"


def wait_for(device: torch.device) -> None:
    """Returns when everything asked of the device is done, so that a clock may be read."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
