"""Finished runs, one folder each: `run.json` says what was measured, the engine's weights lie beside it.

The folder's name is the run's id and begins with its start, so that a list of folders is a list in time.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cnnstudio.core import limits
from cnnstudio.core.errors import ErrorReport, StudioError, report_from
from cnnstudio.core.history import History
from cnnstudio.core.paths import study_folder
from cnnstudio.core.storage import read_json, set_aside, write_json

SCHEMA: Final = 1
RUN_FILE: Final = "run.json"
TIMELINE_FILE: Final = "moments.safetensors"
"""The weights along a run, written by the engine: up to `limits.MOMENTS_BYTES`."""

_NAME_LENGTH: Final = 60
"""Characters of a folder's name: some file systems still stop at 143 bytes, and paths on Windows at 260."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that is kept.

    Attributes:
        id: The folder's name; unique among the kept runs.
        name: What the student calls it, or "".
        history: What was measured, with the set-up, the versions and how it ended.
        hidden: Whether its lines are left out of the plot.
    """

    id: str
    name: str
    history: History
    hidden: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the inverse of `from_json`. The id is the folder's name and is not repeated."""
        return {"name": self.name, "hidden": self.hidden, "history": self.history.to_json()}

    @staticmethod
    def from_json(run: str, data: dict[str, Any]) -> RunRecord:
        """Reads what `to_json` wrote, for the folder called `run`.

        Raises:
            StudioError: It is not the record of a run, or that of a newer program.
        """
        history = data.get("history")
        if not isinstance(history, dict):
            raise StudioError("This is not the record of a run.")
        return RunRecord(run, str(data.get("name") or ""), History.from_json(history), bool(data.get("hidden")))


def runs_folder() -> Path:
    """Where the kept runs are."""
    return study_folder() / "runs"


def new_run_id(history: History, root: Path | None = None) -> str:
    """A free folder name for a run, as in "2026-01-02T03-04-05 mlp lenet5"."""
    started = history.started
    moment = re.sub(r"[^0-9T-]", "-", started.started_at[:19])
    networks = re.sub(r"[^A-Za-z0-9_ ]", "-", " ".join(started.config.networks))
    name = f"{moment} {networks}"[:_NAME_LENGTH].rstrip()
    folder, number, free = root or runs_folder(), 1, name
    while (folder / free).exists():
        number += 1
        free = f"{name} {number}"
    return free


def save_run(record: RunRecord, root: Path | None = None) -> Path:
    """Writes (or writes again, after a change of name) a run's `run.json`; gives its folder.

    Raises:
        StudioError: It cannot be written.
    """
    folder = (root or runs_folder()) / record.id
    write_json(folder / RUN_FILE, record.to_json(), SCHEMA, compact=True)
    return folder


def load_run(folder: Path) -> RunRecord:
    """Reads one kept run.

    Raises:
        StudioError: There is none, it is of a newer program (and left alone), or it is damaged (and set aside).
    """
    broken: list[ErrorReport] = []
    data = read_json(folder / RUN_FILE, SCHEMA, on_broken=broken.append)
    if data is None:
        report = broken[0] if broken else ErrorReport(f"There is no kept run in {folder}.")
        raise StudioError(report.what, report.cause, report.remedy, report.details)
    try:
        return RunRecord.from_json(folder.name, data)
    except StudioError as error:
        if "newer version" in error.report.what:
            raise
        aside = set_aside(folder / RUN_FILE)
        raise StudioError(
            f"The run {folder.name} could not be understood; its record was set aside as {aside.name}.",
            error.report.cause,
            "Nothing was deleted; the program goes on without it.",
        ) from error


def kept_runs(root: Path | None = None) -> tuple[list[RunRecord], list[ErrorReport]]:
    """All kept runs, oldest first, and a report for each that could not be read."""
    records: list[RunRecord] = []
    reports: list[ErrorReport] = []
    try:
        folders = sorted(entry for entry in (root or runs_folder()).iterdir() if (entry / RUN_FILE).is_file())
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [report_from(error, "Reading the kept runs")]
    for folder in folders:
        try:
            records.append(load_run(folder))
        except StudioError as error:
            reports.append(error.report)
    return records, reports


def forget_run(run: str, root: Path | None = None) -> None:
    """Deletes a kept run with its weights.

    Raises:
        StudioError: The name is not that of a kept run, or it cannot be deleted.
    """
    folder = (root or runs_folder()) / run
    if run in {"", ".", ".."} or Path(run).name != run or not (folder / RUN_FILE).is_file():
        raise StudioError(f"There is no kept run {run!r}.")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        report = report_from(error, f"Removing the run {run}")
        raise StudioError(report.what, report.cause, report.remedy) from error


def trim_timelines(root: Path, most: int = limits.KEPT_TIMELINES) -> None:
    """Deletes the timelines of all but the newest kept runs; their curves and their last weights stay.

    A file that cannot be deleted now is tried again after the next run.
    """
    with suppress(OSError):
        found = sorted(path.parent.name for path in root.glob(f"*/{TIMELINE_FILE}"))
        for name in found[: max(0, len(found) - most)]:
            with suppress(OSError):
                (root / name / TIMELINE_FILE).unlink()
