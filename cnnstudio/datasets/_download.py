"""Fetching files: with progress, cancel, resume, several mirrors and a checksum.

A file arrives under another name and gets its own only when its checksum is right, so whatever carries the right name
is whole. Closing the generator stops at once and keeps what has arrived for the next time.

Imported only where something is fetched: HTTP takes 40 ms to import, which the window has no need of.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cnnstudio import __version__
from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.datasets._unpack import Fetching

_ATTEMPTS: Final = 4
"""How often a connection that breaks off is taken up again before the next mirror is tried."""

_QUEUED: Final = 16  # chunks that may wait between network and disk
_WAIT_S: Final = 0.1  # how long the generator sleeps at most before it looks up
_FAILURES: Final = (OSError, http.client.HTTPException, ValueError)  # URLError and timeouts are OSErrors


@dataclass(frozen=True, slots=True)
class _Begin:
    """The server answered: where in the file its bytes begin, and how long the whole file is (None: not said)."""

    start: int
    total: int | None


class _Reader(threading.Thread):
    """Reads one address into a bounded queue, so that nobody waits for a silent server or a slow name look-up.

    A daemon, because a look-up cannot be interrupted and must not hold the process; it touches nothing but its
    socket and its queue.

    Thread: its own.
    """

    def __init__(self, url: str, start: int) -> None:
        super().__init__(name="download", daemon=True)
        self._request = urllib.request.Request(url, headers={"User-Agent": f"CNN-Studio/{__version__}"})
        if start:
            self._request.add_header("Range", f"bytes={start}-")
        self._queue: queue.Queue[_Begin | bytes | BaseException | None] = queue.Queue(_QUEUED)
        self._stop_wanted = threading.Event()

    def take(self) -> _Begin | bytes | BaseException | None:
        """The next piece: the beginning, bytes, what went wrong, or None at the end.

        Raises:
            queue.Empty: Nothing has come for a moment.
        """
        return self._queue.get(timeout=_WAIT_S)

    def stop(self) -> None:
        """Asks the thread to end; it does after its present wait for the network."""
        self._stop_wanted.set()

    def run(self) -> None:
        """Reads until the end, an error or `stop`."""
        try:
            with urllib.request.urlopen(self._request, timeout=limits.NETWORK_TIMEOUT_S) as answer:
                self._put(_begin(answer))
                while not self._stop_wanted.is_set() and (chunk := answer.read1(limits.DOWNLOAD_CHUNK_BYTES)):
                    self._put(chunk)
            self._put(None)
        except _FAILURES as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            self._put(error)

    def _put(self, piece: _Begin | bytes | BaseException | None) -> None:
        while not self._stop_wanted.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(piece, timeout=_WAIT_S)
                return


def _begin(answer: http.client.HTTPResponse) -> _Begin:
    said = answer.headers.get("Content-Range", "")  # as in "bytes 200-999/1000"
    length = answer.headers.get("Content-Length")
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT and said.startswith("bytes "):
        span, _, whole = said.removeprefix("bytes ").partition("/")
        return _Begin(int(span.split("-")[0]), int(whole) if whole.isdigit() else None)
    return _Begin(0, int(length) if length else None)


def fetch(urls: Sequence[str], target: Path, md5: str) -> Fetching:
    """Fetches one file from the first mirror that has it whole.

    Args:
        urls: The mirrors, in the order to try.
        target: Where the file goes; its folder is made.
        md5: Checksum in hexadecimal; guards against damage, not against malice.

    Raises:
        StudioError: No mirror could give it; the sentence says what went wrong with the last one.
    """
    make_folder(target.parent)
    part = target.with_name(target.name + ".part")
    problem = "No address is known."
    for url in urls:
        # What an interrupted download left may belong to another version: if it does not add up, once more from 0.
        for again in (True, False):
            resumed = part.exists()
            problem = yield from _fetch_from(url, part, target.name)
            if not problem:
                if (yield from _checksum(part, target.name)) == md5:
                    os.replace(part, target)
                    return
                part.unlink()
                problem = "What arrived is not the published file (wrong checksum)."
            if not (again and resumed and not part.exists()):
                break
    raise StudioError(
        f"{target.name} could not be downloaded.",
        problem,
        "Try again later (what has arrived is kept), or choose a set that the program makes itself, such as digits.",
    )


def make_folder(folder: Path) -> None:
    """Makes a folder for what is downloaded.

    Raises:
        StudioError: It cannot be made there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        report = report_from(error, f"Making the folder {folder}")
        raise StudioError(report.what, report.cause, report.remedy) from None


def _fetch_from(url: str, part: Path, name: str) -> Generator[Progress, None, str]:
    """Fetches from one mirror, taking a broken connection up again; returns what went wrong, "" if nothing did."""
    problem = ""
    for _ in range(_ATTEMPTS):
        before = part.stat().st_size if part.exists() else 0
        try:
            if (yield from _fetch_once(url, part, name)):
                return ""
            problem = "The connection broke off."
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                return ""  # there is no more than what is here; the checksum decides
            return f"The server answered {error.code} ({error.reason})."
        except _FAILURES as error:
            problem = _reason(error)
        if not part.exists() or part.stat().st_size <= before:
            return problem  # no step forward: the next mirror
    return problem


def _fetch_once(url: str, part: Path, name: str) -> Generator[Progress, None, bool]:
    """One connection; returns whether everything that the server announced has arrived."""
    reader = _Reader(url, part.stat().st_size if part.exists() else 0)
    reader.start()
    progress = Progress(None, f"downloading {name}: connecting")
    try:
        begin = yield from _pieces(reader, progress)
        if not isinstance(begin, _Begin):
            raise begin if isinstance(begin, BaseException) else OSError("the server said nothing")
        with part.open("r+b" if begin.start and part.exists() else "wb") as file:
            file.truncate(begin.start)
            file.seek(begin.start)
            while True:
                piece = yield from _pieces(reader, progress)
                if isinstance(piece, BaseException):
                    raise piece
                if not isinstance(piece, bytes):
                    return begin.total is None or file.tell() == begin.total
                file.write(piece)
                progress = _progress(name, file.tell(), begin.total)
                yield progress
    finally:
        reader.stop()


def _pieces(reader: _Reader, progress: Progress) -> Generator[Progress, None, _Begin | bytes | BaseException | None]:
    """Waits for the next piece, handing over while nothing comes."""
    while True:
        try:
            return reader.take()
        except queue.Empty:
            yield progress


def _progress(name: str, done: int, total: int | None) -> Progress:
    if not total:
        return Progress(None, f"downloading {name}, {done / 1e6:.1f} MB")
    return Progress(min(1.0, done / total), f"downloading {name}, {done / 1e6:.1f} of {total / 1e6:.1f} MB")


def _checksum(path: Path, name: str) -> Generator[Progress, None, str]:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(16 * limits.DOWNLOAD_CHUNK_BYTES):
            digest.update(chunk)
            yield Progress(None, f"checking {name}")
    return digest.hexdigest()


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, BaseException):
        error = error.reason
    if isinstance(error, TimeoutError):
        return "The server did not answer in time."
    if isinstance(error, OSError):
        known = report_from(error, "Downloading")
        return known.cause if known.remedy else f"There is no connection to the server ({error.strerror or error})."
    return f"The server's answer could not be understood ({error})."
