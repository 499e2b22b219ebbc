"""Where messages go: a rotating file, never the terminal. Hooks for whatever nobody caught."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.paths import log_folder

logger = logging.getLogger(__name__)

_CRASH: Final = "crash.log"
_LAST_CRASH: Final = "last-crash.log"
_BYTES: Final = 1_000_000
_FILES: Final = 3
_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_crash_file: TextIO | None = None


def start() -> Path | None:
    """Sends the log to a file, Qt's messages to the log, and a crash's stack to a file of its own.

    Returns:
        What is known of a crash of the last time, or None where there was none.
    """
    global _crash_file
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    crash = None
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        crash = _put_crash_aside()
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            log_folder() / "cnnstudio.log", maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", delay=True
        )
        _crash_file = (log_folder() / _CRASH).open("a", encoding="utf-8")
        faulthandler.enable(_crash_file)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root.addHandler(handler)
    logging.captureWarnings(capture=True)
    qInstallMessageHandler(_on_qt_message)
    return crash


def crash_report(crash: Path) -> ErrorReport:
    """What the next start says of a crash."""
    return ErrorReport(f"The last time the program ended in the middle of its work; what is known of it is in {crash}.")


def _put_crash_aside() -> Path | None:
    written = log_folder() / _CRASH
    if not written.is_file() or not written.stat().st_size:
        return None
    return written.replace(log_folder() / _LAST_CRASH)


def stop() -> None:
    """Closes the file for crashes."""
    global _crash_file
    if _crash_file is not None:
        faulthandler.disable()
        _crash_file.close()
        _crash_file = None


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.INFO), "%s", text)


class Hooks:
    """Catches what nobody caught: logs it, and shows the first one as a report. The program goes on.

    Thread: any; `show` is only called in the window's thread.
    """

    def __init__(self, show: Callable[[ErrorReport], None]) -> None:
        """Remembers whom to tell."""
        self._show = show
        self._shown = False
        self._window_thread = threading.get_ident()
        self._before: tuple[Any, Any, Any] | None = None

    def install(self) -> None:
        """Takes the hooks."""
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread
        sys.unraisablehook = self._on_unraisable

    def remove(self) -> None:
        """Gives the hooks back to whoever had them."""
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
            self._before = None

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.error("nobody caught this", exc_info=(kind, error, trace))
        if self._shown or threading.get_ident() != self._window_thread:
            return
        self._shown = True
        details = "".join(traceback.format_exception(kind, error, trace))
        report = ErrorReport(
            "Something in this window went wrong.", f"{kind.__name__}: {error}", "The program goes on.", details
        )
        self._show(report)

    def _on_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    def _on_unraisable(self, args: Any) -> None:
        logger.error("could not be raised: %s", args.err_msg, exc_info=args.exc_value)
