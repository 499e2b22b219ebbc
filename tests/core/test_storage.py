"""Files are written whole, broken ones are kept."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.storage import read_json, set_aside, to_json_bytes, write_atomic, write_json

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.dictionaries(st.text().filter(lambda key: key != "schema"), plain, max_size=4))
def test_json_comes_back(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]):
    path = tmp_path_factory.getbasetemp() / "round.json"
    write_json(path, data, schema=3)
    assert read_json(path, schema=3) == {"schema": 3} | data


def test_numbers_that_json_has_not_become_null():
    assert json.loads(to_json_bytes({"a": float("nan"), "b": (1.5, float("inf"))})) == {"a": None, "b": [1.5, None]}


def test_folders_are_made_and_odd_names_work(tmp_path: Path):
    path = tmp_path / "Zoë's races" / "première course.json"
    write_json(path, {"name": "größer"}, schema=1)
    assert read_json(path, schema=1) == {"schema": 1, "name": "größer"}
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "settings.json"
    write_atomic(path, b"old")

    def no_space(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StudioError, match="The disk is full"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]


def test_a_place_that_is_a_file_is_explained(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StudioError, match=r"Writing .* failed"):
        write_atomic(tmp_path / "file" / "below.json", b"x")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_new_file_is_as_open_as_others_and_an_old_one_keeps_its_mode(tmp_path: Path):
    (tmp_path / "other").write_bytes(b"")
    path = tmp_path / "mine"
    write_atomic(path, b"1")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)
    path.chmod(0o640)
    write_atomic(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_no_file_is_nothing(tmp_path: Path):
    assert read_json(tmp_path / "none.json", schema=1) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"schema": "1"}',
        b'{"schema": true}',
        b'{"schema": 0}',
        b"\xff\xfe\x00",
        b"[" * 50_000,
    ],
)
def test_a_broken_file_is_set_aside_and_told_of(tmp_path: Path, content: bytes):
    path = tmp_path / "study.json"
    told: list[ErrorReport] = []
    path.write_bytes(content)
    assert read_json(path, schema=1, on_broken=told.append) is None
    assert not path.exists()
    assert (tmp_path / "study.json.broken").read_bytes() == content
    assert "study.json.broken" in told[0].sentence


def test_broken_files_never_overwrite_each_other(tmp_path: Path):
    path = tmp_path / "study.json"
    for place in range(3):
        path.write_text(f"broken {place}")
        read_json(path, schema=1)
    found = {entry.name: entry.read_text() for entry in tmp_path.iterdir()}
    assert found == {
        "study.json.broken": "broken 0",
        "study.json.2.broken": "broken 1",
        "study.json.3.broken": "broken 2",
    }


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "study.json"
    write_json(path, {"a": 1}, schema=9)
    before = path.read_bytes()
    with pytest.raises(StudioError, match="newer version"):
        read_json(path, schema=2)
    assert path.read_bytes() == before


def test_an_old_file_is_brought_up_to_date_step_by_step(tmp_path: Path):
    path = tmp_path / "study.json"
    write_json(path, {"rate": 1}, schema=1)
    migrations = {
        1: lambda data: {"learning_rate": data["rate"]},
        2: lambda data: data | {"learning_rate": data["learning_rate"] * 10},
    }
    assert read_json(path, schema=3, migrations=migrations) == {"schema": 3, "learning_rate": 10}


def test_a_migration_that_fails_sets_the_file_aside(tmp_path: Path):
    path = tmp_path / "study.json"
    write_json(path, {}, schema=1)
    assert read_json(path, schema=2, migrations={1: lambda data: data["rate"]}) is None
    assert (tmp_path / "study.json.broken").exists()


def test_a_bom_is_no_damage(tmp_path: Path):
    path = tmp_path / "edited.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"schema": 1}')
    assert read_json(path, schema=1) == {"schema": 1}


def test_folders_can_be_set_aside_too(tmp_path: Path):
    (tmp_path / "run").mkdir()
    assert set_aside(tmp_path / "run").is_dir()
