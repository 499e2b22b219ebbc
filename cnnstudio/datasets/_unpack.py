"""Unpacking downloaded archives in slices, each file under its own name only when it is whole."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import IO, Final

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.datasets._idx import damaged

Fetching = Generator[Progress, None, None]
"""Fetching or unpacking: says how far it is, and stops when it is closed."""

_SLICE_BYTES: Final = 16 * limits.DOWNLOAD_CHUNK_BYTES


def unpack_gzip(packed: IO[bytes], target: Path) -> Fetching:
    """Unpacks one gzip stream into a file.

    Raises:
        StudioError: The stream is damaged, or the file cannot be written.
    """
    with gzip.open(packed) as stream:
        yield from copy_to(stream, target)


def copy_to(stream: IO[bytes] | gzip.GzipFile, target: Path) -> Fetching:
    """Writes a stream into a file that gets its name when all of it is there; closing leaves nothing behind.

    Raises:
        StudioError: The stream is damaged, or the file cannot be written.
    """
    part = target.with_name(target.name + ".unpacking")
    try:
        with part.open("wb") as file:
            while chunk := stream.read(_SLICE_BYTES):
                file.write(chunk)
                yield Progress(None, f"unpacking {target.name}, {file.tell() / 1e6:.0f} MB")
        os.replace(part, target)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise damaged(target, "Its archive cannot be unpacked.") from None
    except OSError as error:
        report = report_from(error, f"Unpacking {target.name}")
        raise StudioError(report.what, report.cause, report.remedy) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
