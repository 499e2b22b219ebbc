"""Certificates for a `tls://` scheduler: three PEM files, each looked at before anybody is called."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cnnstudio.core.errors import StudioError, report_from

_MOST_BYTES: Final = 2**20
"""A PEM file has a few kilobytes; a list of all the authorities of a system has some hundred."""

_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_KEY: Final = b"PRIVATE KEY-----"
_KINDS: Final = {
    _CERTIFICATE: ("certificate", "key", "BEGIN CERTIFICATE"),
    _KEY: ("key", "certificate", "BEGIN PRIVATE KEY"),
}
"""What a file may hold by its mark: its name, what the others hold, and how its first line reads."""

_LOCKED: Final = (b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates for a `tls://` scheduler, each a PEM file.

    Attributes:
        ca: Of the authority that signed those of the cluster.
        cert: Our own.
        key: Its key.
    """

    ca: Path | None
    cert: Path | None
    key: Path | None


def check(tls: Tls) -> ssl.SSLContext:
    """Looks whether the files are what they should be, and go together.

    Returns:
        What a call with them is made by; as with Dask, the name of the computer need not stand in its certificate.

    Raises:
        StudioError: One is missing, cannot be read, is no such file, or the key is not that of the certificate.
    """
    parts = (("authority", tls.ca, _CERTIFICATE), ("certificate", tls.cert, _CERTIFICATE), ("key", tls.key, _KEY))
    for name, path, _ in parts:
        if path is None or not path.is_file():
            raise StudioError(
                f"There is no {name} file{'' if path is None else f' {path}'}.", remedy="Name a PEM file."
            )
    for name, path, mark in parts:
        if path is not None:
            _look(name, path, mark)
    return _used(tls)


def _look(name: str, path: Path, mark: bytes) -> None:
    """Whether a file can be read and holds what it should."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError as error:
        report = report_from(error, f"Reading the {name} file {path}")
        raise StudioError(report.what, report.cause, report.remedy) from error
    if any(lock in content for lock in _LOCKED):
        raise StudioError(
            f"The {name} file {path} is protected by a password, which cannot be given here.",
            remedy="Write the key without one: openssl pkey -in FILE -out OTHER",
        )
    if mark not in content:
        what, other, line = _KINDS[mark]
        swapped = any(each in content for each in _KINDS if each != mark)
        raise StudioError(
            f"The {name} file {path} holds no {what} in PEM format.",
            f"It holds a {other}; perhaps two files were taken for each other." if swapped else "",
            f"Name a file in which a line says {line}.",
        )


def _used(tls: Tls) -> ssl.SSLContext:
    """The files as Dask will use them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    try:
        context.load_verify_locations(cafile=str(tls.ca))
    except (ssl.SSLError, OSError) as error:
        raise StudioError(
            f"The authority file {tls.ca} cannot be used.", "It is damaged.", "Ask whoever runs the cluster for it."
        ) from error
    try:
        context.load_cert_chain(str(tls.cert), str(tls.key))
    except (ssl.SSLError, OSError) as error:
        other = "MISMATCH" in str(error)
        raise StudioError(
            f"The certificate {tls.cert} and the key {tls.key} cannot be used together.",
            "The key is that of another certificate." if other else "One is damaged, or they do not belong together.",
            "Name the certificate and the key that were made together.",
        ) from error
    return context
