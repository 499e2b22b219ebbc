"""What a command writes: sentences and progress on standard error, results on standard output or in files."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self, TextIO, TypeVar

from tqdm import tqdm

from cnnstudio.core.command_line import WrongUse
from cnnstudio.core.dataset import Progress
from cnnstudio.core.storage import to_json_bytes, write_atomic

R = TypeVar("R")

_ON_SCREEN_S: Final = 0.2
_IN_A_FILE_S: Final = 5.0
"""How often a progress bar is drawn: every drawing is a line where standard error is a file."""

STDOUT: Final = "-"
"""The file name that means standard output."""


def allow_any_letters() -> None:
    """Lets names be written that a stream's encoding has no letters for, as on a pipe on Windows: with escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(sentence: str) -> None:
    """One line on standard error."""
    tqdm.write(sentence, file=sys.stderr)


def out(text: str) -> None:
    """Lines on standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def report_stream(json_file: str | None) -> TextIO:
    """Where tables go: standard output, unless that is taken by the JSON."""
    return sys.stderr if json_file == STDOUT else sys.stdout


def check_json(name: str | None) -> None:
    """Refuses a JSON file's name before the work begins.

    Raises:
        WrongUse: It is that of a folder.
    """
    if name is not None and name != STDOUT and (not Path(name).name or Path(name).is_dir()):
        raise WrongUse(f"The JSON cannot go to {name!r}, which is a folder.", remedy="Give --json FILE, or - .")


def write_json(name: str | None, data: Mapping[str, Any]) -> None:
    """Writes a result's JSON into a file, or to standard output for "-"; nothing for None.

    Raises:
        StudioError: The file cannot be written.
    """
    if name is None:
        return
    if name == STDOUT:
        out(to_json_bytes(data, ascii_only=True).decode())  # a pipe may have any encoding
    else:
        write_atomic(Path(name), to_json_bytes(data))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned text: the first column to the left, all others to the right."""
    widths = [max(len(line[column]) for line in [headings, *rows]) for column in range(len(headings))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "  ".join([first, *rest]).rstrip()

    return "\n".join([line(headings), line(["-" * width for width in widths]), *map(line, rows)]) + "\n"


class Bar:
    """A progress bar on standard error; in a file or a pipe it says little."""

    def __init__(self) -> None:
        """Shows nothing yet."""
        self._bar: tqdm[Any] | None = None
        self._text = ""

    def __enter__(self) -> Self:
        """Gives itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Ends the bar's line."""
        self.end()

    def fraction(self, text: str, fraction: float | None) -> None:
        """Shows a piece of work by its share, or by its name alone while the share is not known."""
        name = text.partition(",")[0]
        if fraction is None:
            if self._text != name:
                self._begin(name, 1.0, "{desc}", leave=False)
            return
        if self._text != f"{name} %":
            self._begin(name, 100.0, "{l_bar}{bar}| {elapsed}<{remaining}")
            self._text = f"{name} %"
        if self._bar is not None:
            self._bar.update(max(0.0, 100 * fraction - self._bar.n))

    def steps(self, text: str, step: int, steps: int, note: str) -> None:
        """Shows a race at a step."""
        if self._text != text:
            self._begin(text, steps, "{l_bar}{bar}| {n_fmt}/{total_fmt} {elapsed}<{remaining}{postfix}")
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(step - self._bar.n)

    def end(self) -> None:
        """Ends the line."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            self._text = ""

    def _begin(self, text: str, total: float, layout: str, leave: bool = True) -> None:
        self.end()
        self._text = text
        self._bar = tqdm(
            total=total,
            desc=text,
            file=sys.stderr,
            bar_format=layout,
            dynamic_ncols=True,
            leave=leave,
            mininterval=_ON_SCREEN_S if sys.stderr.isatty() else _IN_A_FILE_S,
        )


def watched(work: Generator[Progress | None, None, R]) -> R:
    """Runs sliced work to its end behind a progress bar; gives what it returns."""
    with Bar() as bar:
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                result: R = end.value
                return result
            if progress is not None:
                bar.fraction(progress.text, progress.fraction)
