"""Files that survive: written whole or not at all, numbered by schema, and set aside rather than lost when broken."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cnnstudio.core.errors import ErrorReport, StudioError, report_from

Migration = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the content of one schema into that of the next."""


def write_atomic(path: Path, content: bytes) -> None:
    """Writes a file so that a reader, or a power cut, finds the old content or the new and nothing between.

    Args:
        path: The file; folders above it are made.
        content: All of it.

    Raises:
        StudioError: The disk is full, the place may not be written, and so on.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder: a rename is atomic within one file system only.
        temporary = path.with_name(f".{path.name[:64]}.{secrets.token_hex(6)}.part")
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        report = report_from(error, f"Writing {path}")
        raise StudioError(report.what, report.cause, report.remedy) from error


def to_json_bytes(data: Mapping[str, Any], compact: bool = False, ascii_only: bool = False) -> bytes:
    """JSON as UTF-8 with a newline at its end, indented unless `compact`; `ascii_only` escapes all other letters.

    NaN and infinity, which JSON has not, become null.
    """
    layout: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1}
    return (json.dumps(_finite(data), ensure_ascii=ascii_only, allow_nan=False, **layout) + "\n").encode(
        errors="replace"
    )


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def write_json(path: Path, data: Mapping[str, Any], schema: int, compact: bool = False) -> None:
    """Writes JSON atomically, with its schema number first; `compact` for long columns of numbers.

    Raises:
        StudioError: It cannot be written.
    """
    write_atomic(path, to_json_bytes({"schema": schema} | dict(data), compact))


def read_json(
    path: Path,
    schema: int,
    migrations: Mapping[int, Migration] | None = None,
    on_broken: Callable[[ErrorReport], None] | None = None,
) -> dict[str, Any] | None:
    """Reads what `write_json` wrote, now or years ago.

    Args:
        path: The file.
        schema: The newest schema this program knows.
        migrations: By schema number: from that one to the next.
        on_broken: Told when the file could not be understood and was set aside as `*.broken`.

    Returns:
        The content in the newest schema, or None where there is no file or it was set aside.

    Raises:
        StudioError: The file is of a newer program (it is left as it is), or may not be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        report = report_from(error, f"Reading {path}")
        raise StudioError(report.what, report.cause, report.remedy) from error
    try:
        data = _parse(content)
        found = data["schema"]
        if found > schema:
            raise StudioError(
                f"{path.name} was written by a newer version of the program (schema {found}, this one knows {schema}).",
                remedy="Update CNN Studio; the file is left as it is.",
            )
        for number in range(found, schema):
            data = (migrations or {})[number](data) | {"schema": number + 1}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        aside = set_aside(path)
        if on_broken is not None:
            on_broken(
                ErrorReport(
                    f"{path.name} could not be understood and was set aside as {aside.name}.",
                    "It is damaged, or another program wrote it.",
                    "Nothing was deleted; the program goes on without it.",
                    f"{path}: {error}",
                )
            )
        return None
    return data


def _parse(content: bytes) -> dict[str, Any]:
    data = json.loads(content.decode("utf-8-sig"))
    if not isinstance(data, dict):
        raise ValueError("not an object")
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise ValueError("no schema number")
    return data


def set_aside(path: Path) -> Path:
    """Renames a file (or folder) that cannot be used to `*.broken`, or `*.2.broken` and so on where that is taken.

    Raises:
        StudioError: It cannot be renamed.
    """
    number = 1
    aside = path.with_name(f"{path.name}.broken")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.{number}.broken")
    try:
        path.rename(aside)
    except OSError as error:
        report = report_from(error, f"Setting {path} aside")
        raise StudioError(report.what, report.cause, report.remedy) from error
    return aside
