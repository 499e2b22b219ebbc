"""Why a worker ended, in words."""

from __future__ import annotations

import signal
import sys

import pytest

from cnnstudio.runtime import _ends
from cnnstudio.runtime._ends import UNKNOWN, processes_killed_for_memory, why_ended


@pytest.mark.parametrize(
    ("status", "ran_out", "words", "remedy"),
    [
        (-9, None, "because memory ran out, or by somebody", "fewer workers"),
        (-9, True, "most probably, because memory ran out", "fewer workers"),
        (-9, False, "by somebody or another program; the system itself ended nothing", "batch system"),
        (-11, True, "crashed in compiled code, most often PyTorch (signal 11, SIGSEGV)", "install PyTorch anew"),
        (-6, None, "SIGABRT", "install PyTorch anew"),
        (-4, None, "an instruction that this processor does not have (SIGILL)", "a build for this processor"),
        (-1, None, "Somebody or another program ended it (signal 1, SIGHUP)", "Start again"),
        (-250, None, "ended it (signal 250)", "Start again"),
        (1, None, "Python could not begin or go on", "moved, updated or installed elsewhere"),
        (3, None, "by itself with status 3; why is not known", "Start again"),
        (0xC0000005, None, "access violation", "install PyTorch anew"),
        (0xC000001D, None, "illegal instruction", "a build for this processor"),
        (0xC0000017, None, "Memory ran out", "fewer workers"),
    ],
)
def test_a_status_in_words(status, ran_out, words, remedy):
    why = why_ended(status, ran_out)
    assert words in why.cause
    assert remedy in why.remedy


def test_nothing_is_made_up_where_nothing_is_known():
    assert why_ended(None) == UNKNOWN
    assert "not known" in UNKNOWN.cause
    assert "memory" not in why_ended(-11, False).cause


def test_the_limit_of_processor_time():
    assert "processor time" in why_ended(-signal.SIGXCPU).cause if sys.platform != "win32" else True


def test_what_python_said_comes_first():
    why = why_ended(1, None, "Traceback ...\nMemoryError")
    assert (why.cause, why.details[:9]) == ("Python ended it: MemoryError.", "Traceback")
    assert "fewer workers" in why.remedy


def test_the_system_counts_what_it_killed(monkeypatch, tmp_path):
    file = tmp_path / "vmstat"
    monkeypatch.setattr(_ends, "_VMSTAT", file)
    monkeypatch.setattr(sys, "platform", "linux")
    assert processes_killed_for_memory() is None
    file.write_text("nr_free_pages 7\nodd\noom_kill 12\n")
    assert processes_killed_for_memory() == 12
    file.write_text("nr_free_pages 7\n")
    assert processes_killed_for_memory() is None
    monkeypatch.setattr(sys, "platform", "win32")
    assert processes_killed_for_memory() is None
