"""Fetching, against a server on this computer."""

from __future__ import annotations

import hashlib
import socket

import numpy as np
import pytest

from cnnstudio.core import limits
from cnnstudio.core.errors import StudioError
from cnnstudio.datasets._download import fetch

CONTENTS = np.random.default_rng(0).bytes(300_000)
MD5 = hashlib.md5(CONTENTS).hexdigest()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data" / "raw" / "file.gz"


def part(target):
    return target.with_name("file.gz.part")


def test_a_file_arrives_whole_with_progress(server, target):
    server.files["/file.gz"] = CONTENTS
    events = list(fetch([server.address + "file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS
    assert not part(target).exists()
    fractions = [event.fraction for event in events if event.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("0.3 of 0.3 MB" in event.text for event in events)


def test_closing_keeps_what_has_arrived_and_the_next_time_goes_on(server, target):
    server.files["/file.gz"] = CONTENTS
    server.hold["/file.gz"] = 100_000
    work = fetch([server.address + "file.gz"], target, MD5)
    next(event for event in work if event.fraction)
    work.close()
    kept = part(target).stat().st_size
    assert 0 < kept <= 100_000
    assert not target.exists()
    server.release.set()
    server.hold.clear()
    list(fetch([server.address + "file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS
    assert server.asked[-1] == ("/file.gz", f"bytes={kept}-")


def test_a_silent_server_does_not_hold_the_generator(server, target):
    server.files["/file.gz"] = CONTENTS
    server.hold["/file.gz"] = 0
    work = fetch([server.address + "file.gz"], target, MD5)
    assert [next(work).fraction for _ in range(3)] == [None] * 3
    work.close()
    assert not target.exists()


def test_a_broken_connection_is_taken_up_again(server, target):
    server.files["/file.gz"] = CONTENTS
    server.cut["/file.gz"] = [70_000, 90_000]
    list(fetch([server.address + "file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS
    assert [wanted for _, wanted in server.asked] == [None, "bytes=70000-", "bytes=160000-"]


def test_a_server_without_resume_begins_anew(server, target):
    server.files["/file.gz"] = CONTENTS
    server.ranges = False
    target.parent.mkdir(parents=True)
    part(target).write_bytes(CONTENTS[:1000])
    list(fetch([server.address + "file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS


def test_a_wrong_checksum_goes_to_the_next_mirror(server, target):
    server.files["/bad/file.gz"] = b"x" * 300_000
    server.files["/good/file.gz"] = CONTENTS
    list(fetch([server.address + "bad/file.gz", server.address + "good/file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS


def test_a_wrong_checksum_everywhere_is_said_and_leaves_nothing(server, target):
    server.files["/file.gz"] = b"x" * 5000
    with pytest.raises(StudioError, match="wrong checksum") as caught:
        list(fetch([server.address + "file.gz"], target, MD5))
    assert caught.value.report.what == "file.gz could not be downloaded."
    assert "digits" in caught.value.report.remedy
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("left", [b"y" * 1000, b"y" * 300_000, b"y" * 400_000])
def test_what_an_older_download_left_is_thrown_away_when_it_does_not_fit(server, target, left):
    server.files["/file.gz"] = CONTENTS
    target.parent.mkdir(parents=True)
    part(target).write_bytes(left)
    list(fetch([server.address + "file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS


def test_a_complete_part_needs_no_bytes(server, target):
    server.files["/file.gz"] = CONTENTS
    target.parent.mkdir(parents=True)
    part(target).write_bytes(CONTENTS)
    list(fetch([server.address + "file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS


def test_not_found_goes_to_the_next_mirror_and_is_said_at_the_end(server, target):
    server.files["/there/file.gz"] = CONTENTS
    list(fetch([server.address + "file.gz", server.address + "there/file.gz"], target, MD5))
    assert target.read_bytes() == CONTENTS
    target.unlink()
    with pytest.raises(StudioError, match="answered 404"):
        list(fetch([server.address + "file.gz"], target, MD5))


def test_nobody_listens(target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/file.gz"
        with pytest.raises(StudioError, match="no connection to the server"):
            list(fetch([address], target, MD5))


def test_a_server_that_falls_silent_is_given_up(server, target, monkeypatch):
    monkeypatch.setattr(limits, "NETWORK_TIMEOUT_S", 0.05)
    server.files["/file.gz"] = CONTENTS
    server.hold["/file.gz"] = 0
    with pytest.raises(StudioError, match="did not answer in time"):
        list(fetch([server.address + "file.gz"], target, MD5))


def test_no_address_and_an_impossible_one(target):
    with pytest.raises(StudioError, match="No address"):
        list(fetch([], target, MD5))
    with pytest.raises(StudioError, match="could not be downloaded"):
        list(fetch(["nonsense"], target, MD5))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StudioError, match="Making the folder"):
        list(fetch([], tmp_path / "file" / "deeper" / "x.gz", MD5))
