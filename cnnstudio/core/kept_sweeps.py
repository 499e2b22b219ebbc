"""Results of experiments that the window keeps: one folder each, `kept.json` beside what `sweep_folder` writes.

The folder's name is the result's id and begins with its start, so that a list of folders is a list in time.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from cnnstudio.core.errors import ErrorReport, StudioError, report_from
from cnnstudio.core.experiment import Settings
from cnnstudio.core.knobs import Value
from cnnstudio.core.paths import study_folder
from cnnstudio.core.storage import read_json, set_aside, write_json

SCHEMA: Final = 1
KEPT_FILE: Final = "kept.json"

Outcome = Literal["", "finished", "stopped", "failed"]
"""How a sweep ended; "" while it runs, and for one that was interrupted before it could say so."""

_OUTCOMES: Final = ("", "finished", "stopped", "failed")


@dataclass(frozen=True, slots=True)
class KeptSweep:
    """What is known of a sweep without reading its results.

    Attributes:
        id: The folder's name.
        experiment: Id of the experiment.
        name: What the student calls it.
        settings: Of the experiment's knobs.
        started_at: As in "2026-01-02T03:04:05".
        guess: Number of the answer that the student gave first; None where the question was skipped.
        outcome: How it ended.
        done: Runs that are in.
        planned: Runs in all.
    """

    id: str
    experiment: str
    name: str
    settings: Settings
    started_at: str
    guess: int | None = None
    outcome: Outcome = ""
    done: int = 0
    planned: int = 0

    @property
    def folder(self) -> Path:
        """Where its results are."""
        return sweeps_folder() / self.id

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the id is the folder's name and is not repeated."""
        return {
            "experiment": self.experiment,
            "name": self.name,
            "settings": dict(self.settings),
            "started_at": self.started_at,
            "guess": self.guess,
            "outcome": self.outcome,
            "done": self.done,
            "planned": self.planned,
        }

    @staticmethod
    def from_json(name: str, data: dict[str, Any]) -> KeptSweep:
        """Reads what `to_json` wrote, for the folder called `name`.

        Raises:
            StudioError: It is something else.
        """
        settings, guess, outcome = data.get("settings"), data.get("guess"), data.get("outcome")
        if not isinstance(settings, dict) or not isinstance(data.get("experiment"), str) or outcome not in _OUTCOMES:
            raise StudioError("This is not the record of an experiment.")
        values: dict[str, Value] = {
            str(key): value for key, value in settings.items() if isinstance(value, (bool, int, float, str))
        }
        counts = {key: data[key] if isinstance(data.get(key), int) else 0 for key in ("done", "planned")}
        return KeptSweep(
            name,
            data["experiment"],
            str(data.get("name") or ""),
            values,
            str(data.get("started_at") or ""),
            guess if isinstance(guess, int) and not isinstance(guess, bool) else None,
            outcome,
            **counts,
        )


def sweeps_folder() -> Path:
    """Where kept results of experiments are."""
    return study_folder() / "experiments"


def new_sweep(
    experiment: str,
    settings: Settings,
    guess: int | None,
    planned: int,
    known: Iterable[KeptSweep] = (),
    now: datetime | None = None,
) -> KeptSweep:
    """A record with a free id, and a name that no other known result of the experiment has; nothing is written.

    Args:
        experiment: Id of the experiment.
        settings: Of its knobs.
        guess: Number of the student's answer, or None.
        planned: Runs in all.
        known: All other results, those included that are not written yet.
        now: When it begins; None for now.
    """
    known = tuple(known)
    started_at = (now or datetime.now()).isoformat(timespec="seconds")
    plain = re.sub(r"[^0-9T-]", "-", started_at)
    first = free = f"{plain} {re.sub(r'[^A-Za-z0-9_-]', '-', experiment)}"
    taken, number = {kept.id for kept in known}, 1
    while free in taken or (sweeps_folder() / free).exists():
        number += 1
        free = f"{first} {number}"
    names = {kept.name for kept in known if kept.experiment == experiment}
    place = len(names) + 1
    while f"Result {place}" in names:
        place += 1
    return KeptSweep(free, experiment, f"Result {place}", dict(settings), started_at, guess, "", 0, planned)


def save_sweep(kept: KeptSweep) -> None:
    """Writes a record, or writes it again.

    Raises:
        StudioError: It cannot be written.
    """
    write_json(kept.folder / KEPT_FILE, kept.to_json(), SCHEMA)


def kept_sweeps() -> tuple[list[KeptSweep], list[ErrorReport]]:
    """All kept results, oldest first, and a report for each whose record could not be read."""
    found: list[KeptSweep] = []
    reports: list[ErrorReport] = []
    try:
        folders = sorted(entry for entry in sweeps_folder().iterdir() if (entry / KEPT_FILE).is_file())
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [report_from(error, "Reading the kept results")]
    for folder in folders:
        try:
            data = read_json(folder / KEPT_FILE, SCHEMA, on_broken=reports.append)
            if data is not None:
                found.append(KeptSweep.from_json(folder.name, data))
        except StudioError as error:
            reports.append(_unread(folder, error))
    return found, reports


def _unread(folder: Path, error: StudioError) -> ErrorReport:
    """A record of a newer program stays as it is; one that says something else is set aside."""
    if "newer version" in error.report.what:
        return error.report
    aside = set_aside(folder / KEPT_FILE)
    return ErrorReport(
        f"The result {folder.name} could not be understood; its record was set aside as {aside.name}.",
        error.report.what,
        "Nothing was deleted; the program goes on without it.",
    )


def forget_sweep(name: str) -> None:
    """Deletes a kept result with all its runs.

    Raises:
        StudioError: The name is not that of a kept result, or it cannot be deleted.
    """
    folder = sweeps_folder() / name
    if name in {"", ".", ".."} or Path(name).name != name or not (folder / KEPT_FILE).is_file():
        raise StudioError(f"There is no kept result {name!r}.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        report = report_from(error, f"Removing the result {name}")
        raise StudioError(report.what, report.cause, report.remedy) from error
