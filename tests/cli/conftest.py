"""One tiny race that several tests look at."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cnnstudio import cli

RACE = ("race", "--dataset", "glyphs", "--networks", "mlp:hidden=8,small_cnn", "--examples", "64", "--epochs", "2",
        "--batch-size", "32", "--evaluations", "2", "--seed", "7")  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str
    folder: Path
    data: dict[str, Any]


@pytest.fixture(scope="session")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A race with every kind of result."""
    folder = tmp_path_factory.mktemp("race")
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setenv("CNNSTUDIO_HOME", str(folder / "home"))
        status = cli.main(
            [
                *RACE,
                "--json",
                str(folder / "race.json"),
                "--weights-dir",
                str(folder / "weights"),
                "--figure",
                str(folder / "curves.png"),
            ]
        )
    return Outcome(status, out.getvalue(), err.getvalue(), folder, json.loads((folder / "race.json").read_text()))
