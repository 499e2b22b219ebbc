"""Kept runs come back as they were, and a damaged one takes nothing with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import RunStarted
from cnnstudio.core.history import History
from cnnstudio.core.runs import (
    RUN_FILE,
    TIMELINE_FILE,
    RunRecord,
    forget_run,
    kept_runs,
    load_run,
    new_run_id,
    runs_folder,
    save_run,
    trim_timelines,
)
from tests.made_up import scripted_run


def finished(config: RaceConfig | None = None) -> History:
    history = None
    for event in scripted_run(3, config, steps=24):
        if isinstance(event, RunStarted):
            history = History(event)
        if history is not None:
            history.add(event)
    assert history is not None
    return history


def test_a_run_comes_back(tmp_path: Path):
    history = finished(RaceConfig(seed=5))
    record = RunRecord(new_run_id(history, tmp_path), "with more data", history, hidden=True)
    folder = save_run(record, tmp_path)
    again = load_run(folder)
    assert (again.id, again.name, again.hidden) == (record.id, "with more data", True)
    assert again.history.to_json() == history.to_json()
    assert again.history.started.config == RaceConfig(seed=5)


def test_a_name_can_be_changed(tmp_path: Path):
    record = RunRecord("one", "", finished())
    save_run(record, tmp_path)
    save_run(RunRecord("one", "renamed", record.history), tmp_path)
    assert [kept.name for kept in kept_runs(tmp_path)[0]] == ["renamed"]


def test_ids_are_file_names_that_sort_in_time_and_never_collide(tmp_path: Path):
    history = finished(RaceConfig(networks=("mlp", "lenet5:width=2/../..")))
    first = new_run_id(history, tmp_path)
    assert first.startswith("2026-01-02T03-04-05 mlp")
    assert not set(first) & set('/\\:*?"<>|')
    save_run(RunRecord(first, "", history), tmp_path)
    second = new_run_id(history, tmp_path)
    assert second != first
    assert sorted([second, first]) == [first, second]


def test_a_long_list_of_networks_still_fits(tmp_path: Path):
    history = finished(RaceConfig(networks=tuple(f"network_{place}" for place in range(40))))
    assert len(new_run_id(history, tmp_path)) <= 60


def test_the_list_tells_of_what_it_cannot_read_and_gives_the_rest(tmp_path: Path):
    save_run(RunRecord("a", "", finished()), tmp_path)
    for name, content in {
        "b": "{",
        "c": json.dumps({"schema": 1, "history": {"schema": 1}}),
        "d": json.dumps({"schema": 99}),
        "e": json.dumps({"schema": 1}),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(content)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    records, reports = kept_runs(tmp_path)
    assert [record.id for record in records] == ["a"]
    assert len(reports) == 4
    assert (tmp_path / "b" / "run.json.broken").read_text() == "{"
    assert (tmp_path / "c" / "run.json.broken").exists()
    assert (tmp_path / "d" / "run.json").exists()
    assert kept_runs(tmp_path)[1] == [reports[2]]  # the newer one is still there; the damaged ones are out of the way


def test_no_folder_is_no_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "home"))
    assert runs_folder() == tmp_path / "home" / "study" / "runs"
    assert kept_runs() == ([], [])


def test_forgetting_deletes_one_run_only(tmp_path: Path):
    for name in ("a", "b"):
        save_run(RunRecord(name, "", finished()), tmp_path)
        (tmp_path / name / "mlp.safetensors").write_bytes(b"weights")
    forget_run("a", tmp_path)
    assert [record.id for record in kept_runs(tmp_path)[0]] == ["b"]
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "none", "a/b"])
def test_only_a_kept_run_can_be_forgotten(tmp_path: Path, name: str):
    root = tmp_path / "runs"
    (tmp_path / "run.json").write_text("{}")
    save_run(RunRecord("a", "", finished()), root)
    (root / "a" / "b").mkdir()
    (root / "a" / "b" / "run.json").write_text("{}")
    (root / "run.json").write_text("{}")
    with pytest.raises(StudioError, match="no kept run"):
        forget_run(name, root)
    assert (root / "a" / "run.json").exists()


def test_loading_what_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(StudioError, match="no kept run"):
        load_run(tmp_path / "nothing")


def test_only_the_newest_runs_keep_their_timeline(tmp_path: Path):
    names = [f"2026-01-0{day}T00-00-00 mlp" for day in range(1, 7)]
    for name in names:
        (tmp_path / name).mkdir()
        for file in (RUN_FILE, TIMELINE_FILE, "mlp.safetensors", "moments.json"):
            (tmp_path / name / file).write_text("x")
    (tmp_path / names[4] / TIMELINE_FILE).unlink()
    trim_timelines(tmp_path, most=3)
    assert [name for name in names if (tmp_path / name / TIMELINE_FILE).exists()] == [names[2], names[3], names[5]]
    for name in names:
        assert all((tmp_path / name / file).exists() for file in (RUN_FILE, "mlp.safetensors", "moments.json"))
    trim_timelines(tmp_path / "none")
