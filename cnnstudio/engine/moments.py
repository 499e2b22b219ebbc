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
    """Weights of every network at some steps: at 0, 1, 2, 4, 8 ... and evenly.

    The spacing is chosen so that a planned run fills most of the budget. Where it is full all the same, the moment that
    is missed least goes: the one with the nearest neighbours, on a scale that is half logarithmic, so that the quick
    changes of the beginning stay. The first and the newest never go.

    Thread: engine.
    """

    def __init__(self, steps: int, moment_bytes: int, budget_bytes: int = limits.MOMENTS_BYTES) -> None:
        """Plans the timeline.

        Args:
            steps: Steps of the whole run.
            moment_bytes: Weights of all networks together.
            budget_bytes: What may be kept; three moments are kept in any case.
        """
        self.most = max(3, budget_bytes // max(1, moment_bytes))
        powers_of_two = steps.bit_length() + 1
        self._spacing = max(1.0, steps / max(1, self.most - powers_of_two))
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
        power_of_two = step & (step - 1) == 0
        return power_of_two or int(step / self._spacing) != int((step - 1) / self._spacing)

    def keep(self, step: int, weights: Mapping[str, Flat]) -> None:
        """Keeps the weights of a step; thins when the budget is full.

        Raises:
            ValueError: A newer step is kept already.
        """
        if self._kept and step <= self.steps[-1]:
            raise ValueError(f"step {step} comes after step {self.steps[-1]}")
        self._kept[step] = dict(weights)
        while len(self._kept) > self.most:
            del self._kept[self._least_missed()]

    def copy(self) -> Self:
        """The same moments, to which others may be added; the weights themselves are shared."""
        made = type(self)(1, 1)
        made.most, made._spacing, made._kept = self.most, self._spacing, dict(self._kept)
        return made

    def _least_missed(self) -> int:
        """The step between whose neighbours there is least."""
        steps = np.array(self.steps, np.float64)
        scale = steps / steps[-1] + np.log2(1 + steps) / np.log2(1 + steps[-1])
        return int(steps[1 + np.argmin(scale[2:] - scale[:-2])])

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
