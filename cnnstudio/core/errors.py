"""Errors as data: what happened, the likely cause, what to try.

A `StudioError` is raised wherever the program can say in words what went wrong. Whoever catches it shows
its `ErrorReport`; nobody shows a traceback to a student. Exceptions of other libraries become reports
through `report_from`, the one table of known causes.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """One problem in words.

    Attributes:
        what: What happened, one sentence with its full stop.
        cause: The likely cause, one sentence, or "".
        remedy: What to try, one sentence, or "".
        details: A traceback or other text for whoever reports a bug, or "".
    """

    what: str
    cause: str = ""
    remedy: str = ""
    details: str = ""

    @property
    def sentence(self) -> str:
        """What happened, why and what to try, on one line."""
        return " ".join(part for part in (self.what, self.cause, self.remedy) if part)


class StudioError(Exception):
    """A problem that the program can explain.

    Attributes:
        report: The explanation.
    """

    def __init__(self, what: str, cause: str = "", remedy: str = "", details: str = "") -> None:
        """Makes the error from the parts of its report."""
        self.report = ErrorReport(what, cause, remedy, details)
        super().__init__(self.report.sentence)


class Cancelled(StudioError):
    """The user stopped the work; nothing went wrong."""

    def __init__(self, what: str = "Stopped.") -> None:
        """Says what was stopped."""
        super().__init__(what)


_OS_ERRORS: Final[dict[int, tuple[str, str]]] = {
    errno.ENOSPC: ("The disk is full.", "Free some space and try again."),
    errno.EDQUOT: ("Your disk quota is used up.", "Free some space and try again."),
    errno.EACCES: (
        "This account may not use that file or folder.",
        "Choose another place, or ask whoever looks after this computer.",
    ),
    errno.EPERM: ("This account may not do that.", "Choose another place."),
    errno.EROFS: ("That place can only be read.", "Choose another place."),
    errno.ENOENT: ("The file or folder is not there.", "Check its name, and whether its drive is connected."),
    errno.EIO: ("The drive or the network home did not answer.", "Try again, or choose a place on this computer."),
}


def report_from(error: BaseException, doing: str, details: str = "") -> ErrorReport:
    """Puts any exception into words.

    Args:
        error: The exception.
        doing: What the program was doing, as in "Reading weights.safetensors".
        details: A traceback to keep with the report.

    Returns:
        The error's own report when it is a `StudioError`, otherwise a sentence from the table of known
        causes, otherwise the exception's own text.
    """
    if isinstance(error, StudioError):
        return error.report
    what = f"{doing} failed."
    if isinstance(error, MemoryError) or "not enough memory" in str(error) or "out of memory" in str(error):
        return ErrorReport(
            what, "There is not enough memory.", "Choose a smaller network, fewer examples or a smaller batch.", details
        )
    if isinstance(error, OSError) and error.errno in _OS_ERRORS:
        cause, remedy = _OS_ERRORS[error.errno]
        return ErrorReport(what, cause, remedy, details)
    text = str(error).strip().splitlines()
    return ErrorReport(what, text[0] if text else type(error).__name__, "", details)
