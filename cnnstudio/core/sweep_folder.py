"""The results of a sweep on the disk: one JSON per finished run, so that nothing that was measured is ever lost.

experiment.json    schema, experiment (its id), settings, program
runs/<key>.json    schema, program, experiment, params, values, seconds, worker, versions
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

import cnnstudio
from cnnstudio.core.errors import ErrorReport, StudioError, report_from
from cnnstudio.core.experiment import SCHEMA, Order, Result, Settings
from cnnstudio.core.folder_lock import FolderLock
from cnnstudio.core.knobs import Value
from cnnstudio.core.storage import read_json, set_aside, write_json

EXPERIMENT_FILE: Final = "experiment.json"
RUNS: Final = "runs"

_NAMED: Final = 3
"""Up to so many settings that differ are named in a sentence."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a folder holds.

    Attributes:
        results: Of the runs that were asked for, in their order.
        reports: A sentence for each file that could not be used.
    """

    results: tuple[Result, ...] = ()
    reports: tuple[ErrorReport, ...] = ()


def plain(value: Any) -> Any:
    """A value as it comes back from JSON: lists for tuples and arrays, None for what is not a finite number.

    Raises:
        StudioError: JSON has nothing for it.
    """
    if isinstance(value, (np.generic, np.ndarray)):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    raise StudioError(f"A measured value of the type {type(value).__name__} cannot be kept.")


def result_to_json(result: Result) -> dict[str, Any]:
    """Plain JSON types; the inverse of `result_from_json`."""
    return {
        "experiment": result.order.experiment,
        "params": dict(result.order.params),
        "values": plain(result.values),
        "seconds": result.seconds,
        "worker": result.worker,
        "versions": dict(result.versions),
    }


def result_from_json(data: Mapping[str, Any]) -> Result:
    """Reads what `result_to_json` wrote.

    Raises:
        StudioError: It is something else.
    """
    params, values, versions = data.get("params"), data.get("values"), data.get("versions", {})
    seconds = data.get("seconds")
    good = (
        isinstance(data.get("experiment"), str)
        and isinstance(params, dict)
        and all(isinstance(value, (bool, int, float, str)) for value in params.values())
        and isinstance(values, dict)
        and isinstance(versions, dict)
        and isinstance(seconds, (int, float))
    )
    if not good:
        raise StudioError("This is not the result of a run.")
    order = Order(data["experiment"], dict(data["params"]))
    return Result(order, data["values"], float(data["seconds"]), str(data.get("worker", "")), data["versions"])


class SweepFolder:
    """A folder with the results of one experiment; those of a longer sweep may join those of a shorter one.

    Thread: any, one at a time.
    """

    def __init__(self, path: Path) -> None:
        """Remembers the folder; nothing is made yet."""
        self.path = path
        self._lock = FolderLock(path)

    def begin(self, experiment: str, settings: Settings, orders: Sequence[Order]) -> None:
        """Makes the folder, keeps other programs out of it until `end`, and writes down what it is for.

        Args:
            experiment: Its id.
            settings: Of its knobs.
            orders: All runs of the sweep; those that are there already must be among them.

        Raises:
            StudioError: It cannot be written, another program writes into it, or it holds something that must not be
                mixed with this.
        """
        try:
            (self.path / RUNS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            report = report_from(error, f"Making the folder {self.path}")
            raise StudioError(report.what, report.cause, report.remedy) from error
        if not self._lock.take():
            raise StudioError(
                f"Another program measures into {self.path} now.",
                "The same experiment was started twice.",
                "Wait until it has ended, or choose another folder.",
            )
        data = {"experiment": experiment, "settings": dict(settings), "program": cnnstudio.__version__}
        try:
            self._refuse_others(experiment, settings, {order.key for order in orders})
            write_json(self.path / EXPERIMENT_FILE, data, SCHEMA)
        except StudioError:
            self.end()
            raise

    def end(self) -> None:
        """Lets other programs write into the folder again."""
        self._lock.give_back()

    def _refuse_others(self, experiment: str, settings: Settings, keys: Set[str]) -> None:
        """Refuses to go on where there are runs that do not belong to these: what they say together would be lost."""
        there = self._read(self.path / EXPERIMENT_FILE, [])
        if there is not None and there.get("experiment") not in (None, experiment):
            raise StudioError(
                f"{self.path} holds the results of another experiment: {there['experiment']}.",
                "They would be mixed up with these.",
                "Choose another folder.",
            )
        others = [file for file in self.path.joinpath(RUNS).glob("*.json") if file.stem not in keys]
        if not others:
            return
        before = there.get("settings") if there is not None else None
        how = settings_apart(before, settings) if isinstance(before, dict) else ""
        count = "a run" if len(others) == 1 else f"{len(others)} runs"
        raise StudioError(
            f"{self.path} holds {count} with other settings ({how})."
            if how
            else f"{self.path} holds {count} that this experiment would not do.",
            "The tables and figures written there would leave out what was measured before.",
            "Choose another folder, or the settings of that one.",
        )

    def take(self, orders: Sequence[Order], *, only_look: bool = False) -> Kept:
        """The results of these runs that are there already.

        Args:
            orders: Which.
            only_look: Also takes those that another version of the program measured, and says so: no run is to be
                added to them.

        Raises:
            StudioError: One is of an older or newer schema; or another version of the program measured it, unless they
                are only looked at.
        """
        reports: list[ErrorReport] = []
        others: set[str] = set()
        found = [self._result(order, reports, others if only_look else None) for order in orders]
        if others:
            reports.append(ErrorReport(f"Version {', '.join(sorted(others))} of the program measured these results."))
        return Kept(tuple(result for result in found if result is not None), tuple(reports))

    def keep(self, result: Result) -> None:
        """Writes one result, at once and whole.

        Raises:
            StudioError: It cannot be written.
        """
        data = {"program": cnnstudio.__version__} | result_to_json(result)
        write_json(self._file(result.order.key), data, SCHEMA, compact=True)

    def settings(self) -> tuple[str, dict[str, Value]] | None:
        """What the folder is for: the experiment's id and the settings; None where it does not say.

        Raises:
            StudioError: It is of an older or newer schema, or may not be read.
        """
        data = self._read(self.path / EXPERIMENT_FILE, [])
        if data is None or not isinstance(data.get("experiment"), str) or not isinstance(data.get("settings"), dict):
            return None
        return data["experiment"], data["settings"]

    def _file(self, key: str) -> Path:
        return self.path / RUNS / f"{key}.json"

    def _result(self, order: Order, reports: list[ErrorReport], others: set[str] | None) -> Result | None:
        """One result; the version that measured it goes into `others`, or is refused where there is no such set."""
        path = self._file(order.key)
        data = self._read(path, reports)
        if data is None:
            return None
        program = data.get("program")
        if isinstance(program, str) and program != cnnstudio.__version__:
            if others is None:
                raise other_version(self.path, f"version {program} of the program; this is {cnnstudio.__version__}")
            others.add(program)
        try:
            result = result_from_json(data)
            if not isinstance(program, str):
                raise StudioError("It does not say which version of the program measured it.")
        except StudioError as error:
            reports.append(_aside(path, error.report.what))
            return None
        if result.order.key != order.key:
            reports.append(_aside(path, "It is of another run than its name says."))
            return None
        return result

    def _read(self, path: Path, reports: list[ErrorReport]) -> dict[str, Any] | None:
        _refuse_older(path)
        return read_json(path, SCHEMA, on_broken=reports.append)


def settings_apart(before: Mapping[str, Any], now: Settings) -> str:
    """What differs between two settings, as in "seeds 5, now 3"; "" for nothing."""
    names = [name for name in now if name in before and before[name] != now[name]]
    said = [f"{name} {before[name]}, now {now[name]}" for name in names[:_NAMED]]
    return "; ".join(said + ([f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []))


def other_version(path: Path, which: str) -> StudioError:
    """What is said of results that must not be mixed with those of this program."""
    return StudioError(
        f"{path} holds results of {which}.",
        "Their numbers could differ for that reason alone.",
        "Choose another folder, or start anew; these stay as they are.",
    )


def _refuse_older(path: Path) -> None:
    """An older schema has no migration: runs are measured again rather than guessed at."""
    try:
        schema = json.loads(path.read_bytes()).get("schema")
    except (OSError, ValueError, AttributeError, RecursionError):
        return  # whoever reads it next says what is wrong
    if isinstance(schema, int) and not isinstance(schema, bool) and 0 <= schema < SCHEMA:
        raise StudioError(
            f"{path.name} was written by an older version of the program (schema {schema}, this one writes {SCHEMA}).",
            remedy="Choose another folder; the results are measured again, and the old ones stay as they are.",
        )


def _aside(path: Path, why: str) -> ErrorReport:
    aside = set_aside(path)
    return ErrorReport(
        f"The result {path.name} could not be used and was set aside as {aside.name}.", why, "It is measured again."
    )
