"""What a bench case is, and what it reports."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """How a quantity was spread over its samples, in `unit`."""

    unit: str
    count: int
    min: float
    median: float
    p95: float
    p99: float
    max: float

    @staticmethod
    def of(samples: Sequence[float], unit: str) -> Spread:
        """Summarises samples; needs at least one."""
        values = np.asarray(samples, dtype=np.float64)
        median, p95, p99 = (float(value) for value in np.percentile(values, (50, 95, 99)))
        return Spread(unit, len(values), float(values.min()), median, p95, p99, float(values.max()))

    def __str__(self) -> str:
        numbers = f"median {self.median:,.4g}, p95 {self.p95:,.4g}, p99 {self.p99:,.4g}, max {self.max:,.4g}"
        return f"min {self.min:,.4g}, {numbers} {self.unit} ({self.count} samples)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One measured thing, with its target.

    Attributes:
        name: What was measured.
        value: The number that is held against the target, in `unit`.
        unit: As in "ms".
        target: What it should reach, or None when it is only told.
        at_most: Whether smaller is better.
        spread: The samples behind it, or None.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = True
    spread: Spread | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def __str__(self) -> str:
        mark = {None: "      ", True: "  ok  ", False: "SHORT "}[self.met]
        bound = (
            "" if self.target is None else f"  (target: at {'most' if self.at_most else 'least'} {self.target:,.4g})"
        )
        spread = "" if self.spread is None else f"\n        {self.spread}"
        return f"{mark}{self.name}: {self.value:,.4g} {self.unit}{bound}{spread}"


@dataclass(frozen=True, slots=True)
class Options:
    """What every case is told. `quick` means: few samples, for trying the bench out."""

    data_root: Path | None = None
    runs: int = 3
    quick: bool = False


Measure = Callable[[Options], Iterator[Finding]]
"""Yields findings as they come."""


@dataclass(frozen=True, slots=True)
class BenchInfo:
    """The card of one case.

    Attributes:
        id: What `cnnstudio bench` calls it; unique.
        order: Its place in the list.
        sentence: What is measured.
        measure: Does it; or several parts by name, each of which can be measured alone.
    """

    id: str
    order: int
    sentence: str
    measure: Measure | Mapping[str, Measure]

    @property
    def parts(self) -> Mapping[str, Measure]:
        """The parts by name; a case without any is its own only part."""
        return {self.id: self.measure} if callable(self.measure) else self.measure


@dataclass(slots=True)
class Report:
    """Everything one call measured, as it is written to JSON."""

    case: str
    findings: list[Finding] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types with the machine they were measured on."""
        findings = [asdict(finding) | {"met": finding.met} for finding in self.findings]
        return {"schema": 1, "case": self.case, "machine": machine(), "findings": findings}


def machine() -> dict[str, Any]:
    """The machine in words, without names or paths."""
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
