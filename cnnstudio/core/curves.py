"""Columns of numbers that never outgrow their budget, and thinning for drawing."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.events import StepEnd

Column = NDArray[np.float64]
_SHARED = ("step", "examples", "epoch", "learning_rate")
_OWN = ("loss", "accuracy", "own_seconds")
_AXES = {"examples": "examples", "steps": "step", "epochs": "epoch"}


def thin(xs: Column, ys: Column, most: int) -> tuple[Column, Column]:
    """Leaves at most `most` points (at least 2), evenly by their order; the first and the last always stay."""
    if len(xs) <= most:
        return xs, ys
    index = np.linspace(0, len(xs) - 1, most).round().astype(np.intp)
    return xs[index], ys[index]


def to_null(values: Iterable[float]) -> list[float | None]:
    """For JSON, which has no NaN and no infinity."""
    return [value if math.isfinite(value) else None for value in values]


def from_null(values: Iterable[float | None]) -> list[float]:
    """The inverse of `to_null`, infinities excepted: null is NaN."""
    return [math.nan if value is None else float(value) for value in values]


class PointColumns:
    """The points of a run (`StepEnd`), as columns of float64.

    When there are more than `most`, every second one goes, and from then on only every second new one stays: so they
    lie evenly. The first is never dropped, and the newest one is always there. A network that has left the race has
    NaN in its columns.
    """

    def __init__(self, networks: Sequence[str], most: int) -> None:
        """Begins empty, with three columns for each of `networks`."""
        self._most = max(3, most)
        self._networks = tuple(networks)
        names = [(name, "") for name in _SHARED] + [(name, network) for network in self._networks for name in _OWN]
        self._columns = {name: array("d") for name in names}
        self._seen = array("q")
        self._stride = 1
        self._count = 0

    def __len__(self) -> int:
        """How many points are kept."""
        return len(self._seen)

    @property
    def last_step(self) -> int:
        """The newest point's step, 0 when there is none."""
        steps = self._columns["step", ""]
        return int(steps[-1]) if steps else 0

    def add(self, event: StepEnd) -> None:
        """Appends one point."""
        if self._seen and self._seen[-1] % self._stride:
            self._drop_last()
        if len(self._seen) >= self._most:
            self._halve()
        self._seen.append(self._count)
        self._count += 1
        for name in _SHARED:
            self._columns[name, ""].append(getattr(event, name))
        results = {result.network: result for result in event.results}
        for network in self._networks:
            result = results.get(network)
            for name in _OWN:
                self._columns[name, network].append(math.nan if result is None else getattr(result, name))

    def _drop_last(self) -> None:
        self._seen.pop()
        for column in self._columns.values():
            column.pop()

    def _halve(self) -> None:
        self._stride *= 2
        keep = [place for place, number in enumerate(self._seen) if number % self._stride == 0]
        self._seen = array("q", (self._seen[place] for place in keep))
        for name, column in self._columns.items():
            self._columns[name] = array("d", (column[place] for place in keep))

    def columns(
        self, network: str, metric: Literal["loss", "accuracy"], x: Literal["examples", "steps", "epochs", "seconds"]
    ) -> tuple[Column, Column]:
        """One network's points, without those after it left the race.

        Returns:
            Two float64 arrays of one length: where on the axis, and the metric.
        """
        if network not in self._networks:
            return np.empty(0), np.empty(0)
        xs = np.array(self._columns["own_seconds", network] if x == "seconds" else self._columns[_AXES[x], ""])
        ys = np.array(self._columns[metric, network])
        there = np.isfinite(np.array(self._columns["own_seconds", network]))
        return xs[there], ys[there]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the inverse of `from_json`."""
        return {
            "stride": self._stride,
            "count": self._count,
            "seen": list(self._seen),
            "shared": {name: to_null(self._columns[name, ""]) for name in _SHARED},
            "networks": {
                network: {name: to_null(self._columns[name, network]) for name in _OWN} for network in self._networks
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], networks: Sequence[str], most: int) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: The columns have different lengths.
        """
        points = cls(networks, most)
        points._stride, points._count = int(data["stride"]), int(data["count"])
        points._seen = array("q", data["seen"])
        for name, network in points._columns:
            values = data["networks"][network][name] if network else data["shared"][name]
            points._columns[name, network] = array("d", from_null(values))
            if len(values) != len(points._seen):
                raise ValueError(f"{name} has {len(values)} points, not {len(points._seen)}")
        return points
