"""Certificates that are named: each bad file is one sentence, before anybody is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnstudio.core.errors import StudioError
from cnnstudio.runtime.certificates import Tls, check

BOTH = Path(__file__).with_name("for_tests_only.pem")
OTHER_KEY = Path(__file__).with_name("other_key_for_tests_only.pem")


@pytest.fixture
def parts(tmp_path):
    """A certificate and its key, each in a file of its own."""
    text = BOTH.read_text()
    place = text.index("-----BEGIN CERTIFICATE")
    cert, key = tmp_path / "own.crt", tmp_path / "own.key"
    cert.write_text(text[place:])
    key.write_text(text[:place])
    return cert, key


def said(ca, cert, key):
    with pytest.raises(StudioError) as told:
        check(Tls(ca, cert, key))
    return told.value.report


def test_good_ones_are_good(parts):
    cert, key = parts
    check(Tls(cert, cert, key))
    check(Tls(BOTH, BOTH, BOTH))


@pytest.mark.parametrize(("place", "name"), [(0, "authority"), (1, "certificate"), (2, "key")])
def test_a_missing_one_is_named(parts, tmp_path, place, name):
    cert, key = parts
    for file in (None, tmp_path / "gone.pem", tmp_path):
        files = [cert, cert, key]
        files[place] = file
        assert said(*files).what == f"There is no {name} file{'' if file is None else f' {file}'}."


def test_two_files_that_were_taken_for_each_other(parts):
    cert, key = parts
    assert said(cert, key, cert).sentence == (
        f"The certificate file {key} holds no certificate in PEM format. It holds a key; perhaps two files were taken "
        "for each other. Name a file in which a line says BEGIN CERTIFICATE."
    )
    assert "It holds a certificate" in said(cert, cert, cert).cause


def test_a_file_that_is_something_else(parts, tmp_path):
    cert, key = parts
    other = tmp_path / "other.pem"
    for content in (b"", b"\x30\x82\x01", b"x" * 2**21):
        other.write_bytes(content)
        assert said(other, cert, key).what == f"The authority file {other} holds no certificate in PEM format."
        assert said(cert, cert, other).what == f"The key file {other} holds no key in PEM format."


def test_a_damaged_one(parts, tmp_path):
    cert, key = parts
    damaged = tmp_path / "damaged.crt"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nhalf of i\n-----END CERTIFICATE-----\n")
    assert said(damaged, cert, key).what == f"The authority file {damaged} cannot be used."
    assert said(cert, damaged, key).cause == "One is damaged, or they do not belong together."


def test_the_key_of_another_certificate(parts):
    cert, _ = parts
    assert said(cert, cert, OTHER_KEY).cause == "The key is that of another certificate."


@pytest.mark.parametrize("first", ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"])
def test_a_key_with_a_password_does_not_ask_for_it(parts, tmp_path, first):
    cert, _ = parts
    locked = tmp_path / "locked.key"
    locked.write_text(f"-----BEGIN RSA PRIVATE KEY-----\n{first}\n")
    report = said(cert, cert, locked)
    assert "protected by a password" in report.what
    assert "openssl pkey" in report.remedy


def test_a_file_that_may_not_be_read(parts, monkeypatch):
    cert, key = parts
    opened = Path.open

    def refuse(self, *arguments, **named):
        if self == key:
            raise PermissionError(13, "no")
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    assert said(cert, cert, key).sentence.startswith(f"Reading the key file {key} failed. This account may not use")
