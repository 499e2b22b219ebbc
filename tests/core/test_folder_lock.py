"""A folder that one program at a time writes into."""

from __future__ import annotations

import errno
import subprocess
import sys

import pytest

from cnnstudio.core import folder_lock
from cnnstudio.core.folder_lock import LOCK_FILE, FolderLock


def test_one_at_a_time(tmp_path):
    one, other = FolderLock(tmp_path), FolderLock(tmp_path)
    assert one.take()
    assert one.take()
    assert not other.take()
    one.give_back()
    one.give_back()
    assert not (tmp_path / LOCK_FILE).exists()
    assert other.take()
    other.give_back()


def test_a_program_that_is_gone_holds_nothing(tmp_path):
    code = "import os, sys, pathlib; from cnnstudio.core.folder_lock import FolderLock as L; "
    code += "lock = L(pathlib.Path(sys.argv[1])); print(lock.take(), flush=True); os._exit(1)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout == "True\n"
    lock = FolderLock(tmp_path)
    assert lock.take()
    lock.give_back()


def test_a_file_that_was_removed_meanwhile_is_made_again(tmp_path, monkeypatch):
    lock_it, calls = folder_lock._lock, []

    def removed_first(handle):
        calls.append(handle)
        if len(calls) == 1:
            (tmp_path / LOCK_FILE).unlink()
        lock_it(handle)

    monkeypatch.setattr(folder_lock, "_lock", removed_first)
    lock = FolderLock(tmp_path)
    assert lock.take()
    assert len(calls) == 2
    monkeypatch.setattr(folder_lock, "_lock", lock_it)
    assert not FolderLock(tmp_path).take()
    lock.give_back()


@pytest.mark.parametrize(("number", "taken"), [(errno.ENOLCK, True), (errno.EAGAIN, False)])
def test_where_there_are_no_locks_nothing_is_locked(tmp_path, monkeypatch, number, taken):
    def refuse(handle):
        raise OSError(number, "no")

    monkeypatch.setattr(folder_lock, "_lock", refuse)
    assert FolderLock(tmp_path).take() is taken
    assert (tmp_path / LOCK_FILE).exists() is not taken


def test_a_folder_that_cannot_be_written_is_not_locked(tmp_path):
    assert FolderLock(tmp_path / "gone").take()
