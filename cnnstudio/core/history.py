"""What was measured during one run, as columns: bounded, thinned, to and from JSON.

The history grows by `add`, one event at a time, and never beyond its budget: when there are too many points, every
second one goes, the first and the newest always stay. Curves come out as float64 arrays, ready to be drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core import history_json as form
from cnnstudio.core import limits
from cnnstudio.core.curves import PointColumns, thin
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import (
    Evaluated,
    Event,
    MomentKept,
    NetworkScore,
    NetworkStopped,
    RunEnded,
    RunStarted,
    SettingChanged,
    StepEnd,
)

Part = Literal["train", "validation", "test"]
Metric = Literal["loss", "accuracy"]
Axis = Literal["examples", "steps", "epochs", "seconds"]
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]

SCHEMA: Final = 1


class History:
    """The record of one run.

    Attributes:
        started: What was known before the first batch.
        evaluations: Every measurement, in order.
        kept: Steps whose weights are on the timeline, ascending.
        stopped: Why a network left the race, by network.
        changes: What the student changed during the run.
        ended: How the run ended, or None while it goes on.
    """

    def __init__(self, started: RunStarted, most_points: int = limits.MAX_HISTORY_POINTS) -> None:
        """Begins an empty record; `most_points` bounds the points kept (at least 3)."""
        self.started = started
        self.evaluations: list[Evaluated] = []
        self.kept: tuple[int, ...] = ()
        self.stopped: dict[str, NetworkStopped] = {}
        self.changes: list[SettingChanged] = []
        self.ended: RunEnded | None = None
        self._points = PointColumns(self.networks, most_points)

    @property
    def networks(self) -> tuple[str, ...]:
        """The keys of the networks, in the order of the race."""
        return tuple(competitor.network for competitor in self.started.competitors)

    @property
    def step(self) -> int:
        """The newest step there is a point or a measurement of; 0 before the first."""
        measured = self.evaluations[-1].step if self.evaluations else 0
        return max(measured, self._points.last_step)

    @property
    def progress(self) -> float:
        """Steps done, as a share of all."""
        return min(1.0, self.step / self.started.steps) if self.started.steps else 1.0

    @property
    def test_looks(self) -> int:
        """How often the test set was looked at."""
        return self.evaluations[-1].test_looks if self.evaluations else 0

    @property
    def points(self) -> int:
        """How many points are kept."""
        return len(self._points)

    def add(self, event: Event) -> None:
        """Takes one event in; events that record nothing, or belong to another run, are passed over."""
        if getattr(event, "run_id", None) != self.started.run_id:
            return
        if isinstance(event, StepEnd):
            self._points.add(event)
        elif isinstance(event, Evaluated):
            self.evaluations.append(event)
        elif isinstance(event, MomentKept):
            self.kept = event.kept
        elif isinstance(event, NetworkStopped):
            self.stopped[event.network] = event
        elif isinstance(event, SettingChanged):
            self.changes.append(event)
        elif isinstance(event, RunEnded):
            self.ended = event

    def curve(self, network: str, which: Part, metric: Metric, x: Axis = "examples") -> Curve:
        """A network's measurements along the run.

        Args:
            network: Its key.
            which: The set that was measured.
            metric: Loss or share right (0 to 1).
            x: What the horizontal axis counts; "seconds" are the network's own.

        Returns:
            Two float64 arrays of one length: where, and what. Both are empty when nothing was measured.
        """
        xs, ys = [], []
        for evaluated in self.evaluations:
            for score in evaluated.scores:
                if score.network == network:
                    xs.append(_place(evaluated, score, x))
                    ys.append(getattr(getattr(score, which), metric))
        return thin(np.array(xs, np.float64), np.array(ys, np.float64), limits.MAX_CURVE_POINTS)

    def batch_curve(self, network: str, metric: Metric, x: Axis = "examples") -> Curve:
        """A network's batches along the run: the loss, or the share right, of each batch just before it was learned.

        Returns:
            Two float64 arrays of one length, at most `limits.MAX_CURVE_POINTS` long.
        """
        xs, ys = self._points.columns(network, metric, x)
        return thin(xs, ys, limits.MAX_CURVE_POINTS)

    def latest(self, network: str) -> NetworkScore | None:
        """The newest measurement of a network."""
        return self.at(self.step, network)

    def measurement(self, step: int) -> Evaluated | None:
        """The measurement that was the newest one at a step; None before the first."""
        return next((one for one in reversed(self.evaluations) if one.step <= step), None)

    def at(self, step: int, network: str) -> NetworkScore | None:
        """The measurement of a network that was the newest one at a step."""
        for evaluated in reversed(self.evaluations):
            if evaluated.step <= step:
                for score in evaluated.scores:
                    if score.network == network:
                        return score
        return None

    def best(self, network: str) -> NetworkScore | None:
        """The measurement with the highest validation accuracy; of equal ones the lowest validation loss.

        Returns:
            None where nothing was measured, or there is no validation set.
        """
        best: NetworkScore | None = None
        for evaluated in self.evaluations:
            for score in evaluated.scores:
                if score.network == network and _better(score, best):
                    best = score
        return best

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; numbers that are not finite become null. The inverse of `from_json`."""
        return {
            "schema": SCHEMA,
            "started": form.started_to_json(self.started),
            "points": self._points.to_json(),
            "evaluations": [form.evaluated_to_json(evaluated) for evaluated in self.evaluations],
            "kept": list(self.kept),
            "stopped": [form.stopped_to_json(event) for event in self.stopped.values()],
            "changes": [form.change_to_json(event) for event in self.changes],
            "ended": None if self.ended is None else form.ended_to_json(self.ended),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Reads what `to_json` wrote; null numbers become NaN.

        Raises:
            StudioError: The data were written by a newer program, or are not a history.
        """
        if not isinstance(data.get("schema"), int) or data["schema"] > SCHEMA:
            raise StudioError("This run was saved by a newer version.", remedy="Open it with that version.")
        try:
            history = cls(form.started_from_json(data["started"]))
            run_id = history.started.run_id
            history._points = PointColumns.from_json(data["points"], history.networks, limits.MAX_HISTORY_POINTS)
            history.evaluations = [form.evaluated_from_json(item, run_id) for item in data["evaluations"]]
            history.kept = tuple(int(step) for step in data["kept"])
            stopped = [form.stopped_from_json(item, run_id) for item in data["stopped"]]
            history.stopped = {event.network: event for event in stopped}
            history.changes = [form.change_from_json(item, run_id) for item in data["changes"]]
            history.ended = None if data["ended"] is None else form.ended_from_json(data["ended"], run_id)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StudioError("This is not the record of a run.", f"Reading it gave: {error!r}.") from error
        return history

    def with_run_id(self, run_id: int) -> Self:
        """A copy whose events belong to another run; it does not grow with the original."""
        copy = type(self)(replace(self.started, run_id=run_id))
        copy._points = deepcopy(self._points)
        copy.evaluations = [replace(event, run_id=run_id) for event in self.evaluations]
        copy.kept = self.kept
        copy.stopped = {key: replace(event, run_id=run_id) for key, event in self.stopped.items()}
        copy.changes = [replace(event, run_id=run_id) for event in self.changes]
        copy.ended = None if self.ended is None else replace(self.ended, run_id=run_id)
        return copy


def _place(evaluated: Evaluated, score: NetworkScore, x: Axis) -> float:
    if x == "examples":
        return evaluated.examples
    if x == "steps":
        return evaluated.step
    return evaluated.epoch if x == "epochs" else score.own_seconds


def _better(score: NetworkScore, best: NetworkScore | None) -> bool:
    if not np.isfinite(score.validation.accuracy):
        return False
    if best is None or score.validation.accuracy > best.validation.accuracy:
        return True
    return score.validation.accuracy == best.validation.accuracy and score.validation.loss < best.validation.loss
