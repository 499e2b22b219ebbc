"""Every layer of a network before and after a shift: what the microscope shows of one picture, and counts over many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio.core.equivariance import ShiftedMaps
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.shifted_maps import About, compare
from cnnstudio.engine.probe import probe


@lru_cache(maxsize=8)
def _abouts(spec: NetworkSpec) -> Mapping[str, About]:
    found = {step.name: About(step.name, step.name, step.shape, step.field) for step in spec.steps()}
    return {row.name: replace(found[row.name], title=row.title) for row in spec.rows()}


def shifted_layers(
    module: nn.Module,
    spec: NetworkSpec,
    given: Tensor,
    shift_px: tuple[int, int],
    layers: Collection[str] | None = None,
    *,
    most: int,
) -> tuple[ShiftedMaps, ...]:
    """map(shift(x)) against shift(map(x)) for each layer.

    Args:
        module: What `build` made of the spec; never the one that learns.
        spec: The network.
        given: Two pictures as the network is given them [2, channels, height, width]: x and shift(x).
        shift_px: Down and right.
        layers: Names of layers; None is all.
        most: No more maps of each layer than this are given back; the errors are over all of them.

    Raises:
        StudioError: The network has no layer of such a name.
    """
    abouts = _abouts(spec)
    with probe(module, spec, abouts if layers is None else layers) as read:
        return tuple(
            compare(abouts[name], _after(value[1]), _after(value[0]), shift_px, most=max(0, most))
            for name, value in read(given).items()
            if name in abouts
        )


def _after(value: Any) -> NDArray[np.float32]:
    """One picture's values; of a network that diverged, numbers all the same."""
    return np.asarray(np.nan_to_num(value.detach().float().cpu().numpy()), np.float32)
