"""The timeline: weights kept along a run, within a budget of bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import nn

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.core.storage import write_atomic

Flat = NDArray[np.float32]
SCHEMA = 1


def flatten(module: nn.Module) -> Flat:
    """All weights and buffers of a module, in the order of its state dict: float32 [n], read-only."""
    parts = [part.detach().reshape(-1).to("cpu", torch.float32) for part in module.state_dict().values()]
    flat: Flat = torch.cat(parts).numpy() if parts else np.empty(0, np.float32)
    flat.setflags(write=False)
    return flat


def unflatten(flat: Flat, module: nn.Module) -> None:
    """Writes what `flatten` read into a module of the same make.

    Raises:
        StudioError: The module has another number of weights.
    """
    state = module.state_dict()
    if sum(part.numel() for part in state.values()) != len(flat):
        raise StudioError("The kept weights belong to another network.")
    numbers, start = torch.tensor(flat), 0
    with torch.no_grad():
        for part in state.values():
            part.copy_(numbers[start : start + part.numel()].reshape(part.shape))
            start += part.numel()


def is_finite(flat: Flat) -> bool:
    """Whether all weights are numbers."""
    return bool(np.isfinite(flat).all())


class Moments:
    """Weights of every network at some steps: at 0, 1, 2, 4, 8 ... and then evenly.

    The spacing is chosen so that a planned run fills most of the budget. When it is full all the same, the spacing
    doubles and what lies between goes; the first, the early powers of two and the newest always stay.

    Thread: engine.
    """

    def __init__(self, steps: int, moment_bytes: int, budget_bytes: int = limits.MOMENTS_BYTES) -> None:
        """Plans the timeline.

        Args:
            steps: Steps of the whole run.
            moment_bytes: Weights of all networks together.
            budget_bytes: What may be kept.
        """
        self.most = max(4, budget_bytes // max(1, moment_bytes))
        early = max(1, steps).bit_length() + 2
        # More moments than steps there cannot be; early ones take their own places.
        self._spacing = max(1.0, steps / max(1, self.most - early))
        self._kept: dict[int, dict[str, Flat]] = {}

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that are kept, ascending."""
        return tuple(self._kept)

    def __len__(self) -> int:
        """How many moments are kept."""
        return len(self._kept)

    @property
    def size_bytes(self) -> int:
        """What all of it takes."""
        return sum(flat.nbytes for moment in self._kept.values() for flat in moment.values())

    def wants(self, step: int) -> bool:
        """Whether this step has a place on the timeline."""
        return self._is_early(step) or int(step / self._spacing) != int((step - 1) / self._spacing)

    def _is_early(self, step: int) -> bool:
        return step & (step - 1) == 0 and step < max(2.0, self._spacing * 2)

    def keep(self, step: int, weights: Mapping[str, Flat]) -> None:
        """Keeps the weights of a step, which must be newer than all others; thins when the budget is full."""
        if self._kept and step <= next(reversed(self._kept)):
            raise ValueError(f"step {step} comes after step {next(reversed(self._kept))}")
        while len(self._kept) >= self.most and self._thin():
            pass
        self._kept[step] = dict(weights)

    def _thin(self) -> bool:
        """Doubles the spacing and drops what no longer has a place; False when nothing could go."""
        before, newest = len(self._kept), next(reversed(self._kept))
        self._spacing *= 2
        # Powers of two that were early enough stay early, but not all of them would fit a tiny budget.
        crowded = self._spacing > 2 * newest + 2
        for step in tuple(self._kept):
            if step not in (0, newest) and (crowded or not self.wants(step)):
                del self._kept[step]
        return len(self._kept) < before or not crowded

    def nearest(self, step: int | None, network: str) -> int | None:
        """The newest step at or before `step` (None: of all) at which the network was kept, or None."""
        for kept in reversed(self._kept):
            if (step is None or kept <= step) and network in self._kept[kept]:
                return kept
        return None

    def weights(self, step: int, network: str) -> Flat:
        """The weights of one network at a kept step.

        Raises:
            StudioError: The step, or the network at that step, was not kept.
        """
        try:
            return self._kept[step][network]
        except KeyError:
            raise StudioError(f"The weights of step {step} are not kept.", remedy="Choose another moment.") from None

    def __iter__(self) -> Iterator[tuple[int, str, Flat]]:
        """Every step, network and its weights."""
        for step, moment in self._kept.items():
            for network, flat in moment.items():
                yield step, network, flat

    def to_file(self, path: Path) -> None:
        """Writes all moments into one safetensors file, atomically.

        Raises:
            StudioError: The file cannot be written.
        """
        tensors = {f"{step}/{network}": flat for step, network, flat in self}
        about = {"schema": str(SCHEMA), "most": str(self.most), "spacing": repr(self._spacing)}
        write_atomic(path, save(tensors, metadata={"moments": json.dumps(about)}))

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Reads what `to_file` wrote.

        Raises:
            StudioError: The file is damaged, or no timeline.
            OSError: The file cannot be read.
        """
        try:
            with safe_open(path, framework="np") as file:
                about: dict[str, Any] = json.loads((file.metadata() or {})["moments"])
                if int(about["schema"]) > SCHEMA:
                    raise StudioError(f"{path.name} was saved by a newer version.", remedy="Open it with that version.")
                moments = cls(1, 1)
                moments.most, moments._spacing = int(about["most"]), float(about["spacing"])
                for name in sorted(file.keys(), key=lambda name: int(name.partition("/")[0])):
                    step, _, network = name.partition("/")
                    flat = file.get_tensor(name)
                    flat.setflags(write=False)
                    moments._kept.setdefault(int(step), {})[network] = flat
        except (SafetensorError, KeyError, ValueError) as error:
            raise StudioError(f"{path.name} is damaged.", f"Reading it gave: {error}.") from error
        return moments
