"""The events that a history keeps, to and from plain JSON types. Numbers that are not finite become null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import (
    Competitor,
    Evaluated,
    NetworkScore,
    NetworkStopped,
    RunEnded,
    RunStarted,
    SetScore,
    SettingChanged,
)

Json = dict[str, Any]
_SETS = ("train", "validation", "test")


def number(value: float) -> float | None:
    """A number for JSON."""
    return value if math.isfinite(value) else None


def _float(value: float | None) -> float:
    return math.nan if value is None else float(value)


def started_to_json(event: RunStarted) -> Json:
    """What was known before the first batch."""
    plain = {field.name: getattr(event, field.name) for field in fields(event)}
    return plain | {
        "config": event.config.to_json(),
        "competitors": [asdict(competitor) for competitor in event.competitors],
        "class_names": list(event.class_names),
        "shape": list(event.shape),
        "versions": dict(event.versions),
        "notes": list(event.notes),
    }


def started_from_json(data: Mapping[str, Any]) -> RunStarted:
    """The inverse of `started_to_json`."""
    channels, height, width = (int(size) for size in data["shape"])
    given = dict(data) | {
        "config": RaceConfig.from_json(data["config"]),
        "competitors": tuple(Competitor(**competitor) for competitor in data["competitors"]),
        "class_names": tuple(data["class_names"]),
        "shape": (channels, height, width),
        "notes": tuple(data.get("notes", ())),
    }
    return RunStarted(**given)


def evaluated_to_json(event: Evaluated) -> Json:
    """One measurement of every network."""
    return {
        "step": event.step,
        "examples": event.examples,
        "epoch": event.epoch,
        "test_looks": event.test_looks,
        "final": event.final,
        "scores": [_score_to_json(score) for score in event.scores],
    }


def evaluated_from_json(data: Mapping[str, Any], run_id: int) -> Evaluated:
    """The inverse of `evaluated_to_json`."""
    return Evaluated(
        run_id=run_id,
        step=int(data["step"]),
        examples=int(data["examples"]),
        epoch=float(data["epoch"]),
        scores=tuple(_score_from_json(score) for score in data["scores"]),
        test_looks=int(data["test_looks"]),
        final=bool(data["final"]),
    )


def _score_to_json(score: NetworkScore) -> Json:
    sets = {which: getattr(score, which) for which in _SETS}
    return {
        "network": score.network,
        **{which: {"loss": number(at.loss), "accuracy": number(at.accuracy)} for which, at in sets.items()},
        "own_seconds": number(score.own_seconds),
        "images_per_second": number(score.images_per_second),
        "confusion": score.confusion.tolist(),
    }


def _score_from_json(data: Mapping[str, Any]) -> NetworkScore:
    confusion = np.array(data["confusion"], np.int64)
    confusion.setflags(write=False)
    sets = {which: SetScore(_float(data[which]["loss"]), _float(data[which]["accuracy"])) for which in _SETS}
    return NetworkScore(
        network=str(data["network"]),
        **sets,
        own_seconds=_float(data["own_seconds"]),
        images_per_second=_float(data["images_per_second"]),
        confusion=confusion,
    )


def stopped_to_json(event: NetworkStopped) -> Json:
    """A network that left the race."""
    return {"step": event.step, "network": event.network, "report": asdict(event.report)}


def stopped_from_json(data: Mapping[str, Any], run_id: int) -> NetworkStopped:
    """The inverse of `stopped_to_json`."""
    return NetworkStopped(run_id, int(data["step"]), str(data["network"]), ErrorReport(**data["report"]))


def change_to_json(event: SettingChanged) -> Json:
    """A slider that was moved."""
    return {"step": event.step, "name": event.name, "value": number(event.value)}


def change_from_json(data: Mapping[str, Any], run_id: int) -> SettingChanged:
    """The inverse of `change_to_json`."""
    return SettingChanged(run_id, int(data["step"]), str(data["name"]), _float(data["value"]))


def ended_to_json(event: RunEnded) -> Json:
    """How the run ended."""
    report = None if event.report is None else asdict(event.report)
    return {"outcome": event.outcome, "step": event.step, "seconds": number(event.seconds), "report": report}


def ended_from_json(data: Mapping[str, Any], run_id: int) -> RunEnded:
    """The inverse of `ended_to_json`.

    Raises:
        ValueError: The outcome is none of the three there are.
    """
    if data["outcome"] not in ("finished", "stopped", "failed"):
        raise ValueError(f"a run cannot end {data['outcome']!r}")
    report = None if data["report"] is None else ErrorReport(**data["report"])
    return RunEnded(run_id, data["outcome"], int(data["step"]), _float(data["seconds"]), report)
