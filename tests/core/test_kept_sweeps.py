"""Results that are kept: names, ids, and records that cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from cnnstudio.core.errors import StudioError
from cnnstudio.core.kept_sweeps import KEPT_FILE, KeptSweep, forget_sweep, kept_sweeps, new_sweep, save_sweep

NOON = datetime(2026, 1, 2, 12, 0, 0)


def kept(guess=None):
    made = new_sweep("jitter", {"seeds": 3, "task": "glyphs", "halves": False}, guess, 36, kept_sweeps()[0], NOON)
    save_sweep(made)
    return made


def test_there_are_none_at_first():
    assert kept_sweeps() == ([], [])


def test_what_is_saved_comes_back():
    made = kept(2)
    done = replace(made, name="Mine", outcome="stopped", done=7)
    save_sweep(done)
    assert kept_sweeps() == ([done], [])
    assert made.name == "Result 1"
    assert made.folder.is_dir()


def test_two_of_the_same_second_have_other_ids_and_names():
    first, second = kept(), kept()
    assert first.id != second.id
    assert (first.name, second.name) == ("Result 1", "Result 2")
    assert [one.id for one in kept_sweeps()[0]] == [first.id, second.id]


def test_one_that_is_not_written_yet_counts():
    first = new_sweep("jitter", {}, None, 1, (), NOON)
    second = new_sweep("jitter", {}, None, 1, (first,), NOON)
    assert first.id != second.id
    assert first.name != second.name


def test_one_can_be_deleted():
    first, second = kept(), kept()
    forget_sweep(first.id)
    assert kept_sweeps()[0] == [second]
    for name in ("", ".", "..", first.id, f"../{second.id}"):
        with pytest.raises(StudioError):
            forget_sweep(name)
    assert kept_sweeps()[0] == [second]


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"schema": 1}', b'{"schema": 1, "experiment": 3, "settings": {}}'])
def test_a_broken_record_is_set_aside_and_told(content):
    made, whole = kept(), kept()
    (made.folder / KEPT_FILE).write_bytes(content)
    found, reports = kept_sweeps()
    assert found == [whole]
    assert len(reports) == 1
    assert not (made.folder / KEPT_FILE).exists()
    assert kept_sweeps() == ([whole], [])


def test_a_record_of_a_newer_program_is_left_alone():
    made = kept()
    data = json.loads((made.folder / KEPT_FILE).read_bytes()) | {"schema": 99}
    (made.folder / KEPT_FILE).write_text(json.dumps(data))
    found, reports = kept_sweeps()
    assert found == []
    assert "newer version" in reports[0].what
    assert (made.folder / KEPT_FILE).exists()


def test_odd_values_are_left_out():
    data = kept().to_json() | {"settings": {"seeds": 3, "odd": [1]}, "guess": True, "done": "many"}
    read = KeptSweep.from_json("x", data)
    assert read.settings == {"seeds": 3}
    assert read.guess is None
    assert read.done == 0
