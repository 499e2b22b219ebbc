"""Starts the window: first the paint, then torch behind it; ends it within the time of `limits.JOIN_S`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLockFile, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from cnnstudio.core import limits
from cnnstudio.core.command_line import Parser
from cnnstudio.core.events import EngineReady
from cnnstudio.core.paths import name_stored_data
from cnnstudio.ui import logs
from cnnstudio.ui import theme as look
from cnnstudio.ui.bridge import Bridge
from cnnstudio.ui.keep import Keeper, lock_study, window_settings
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.studio import Studio

_JOIN_S: Final = limits.JOIN_S - 0.5
"""Half a second is left for the interpreter to end in."""

_LEAST_S: Final = 0.2
"""A sweep that was cancelled while the engine ended is gone by then, or soon."""


def make_application() -> QApplication:
    """The one QApplication, with sharp scaling at 125 and 150 %."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(["CNN Studio"])
    app.setApplicationName("CNN Studio")
    app.setApplicationDisplayName("CNN Studio")
    app.setStyle("Fusion")
    return app


class Program(QObject):
    """One study with its engine, its window and its keeper.

    Attributes:
        studio: The open study.
        engine: The thread that owns torch.
        bridge: From the engine's mailbox to the study.
        window: The window.
        keeper: Autosave.
        engine_gone: Whether the engine's thread ended in time.

    Thread: GUI.
    """

    def __init__(self, data_root: Path | None = None, *, writes: bool = True) -> None:
        """Makes everything, starts nothing."""
        super().__init__()
        from cnnstudio.runtime.engine_thread import Engine
        from cnnstudio.runtime.mailbox import Mailbox

        mailbox = Mailbox()
        self.engine = Engine(mailbox, data_root)
        self.studio = Studio(self.engine)
        self.bridge = Bridge(mailbox, self.studio.take, lambda: self.studio.awaits, self)
        self.studio.awaiting.connect(self.bridge.listen)
        self.window = MainWindow(self.studio)
        self.keeper = Keeper(self.studio, self.window, writes=writes)
        self.hooks = logs.Hooks(self.window.banner.show_report)
        self.started = False
        self.closed = False
        self.engine_gone = True
        self.window.closing.connect(self.close)

    def show(self) -> None:
        """Brings back the study and shows the window; the rest follows the first paint."""
        self.keeper.restore()
        self.window.restore_geometry(window_settings())
        self.window.show()

    @Slot()
    def start(self) -> None:
        """After the first paint: the kept runs, torch."""
        if self.closed:
            return
        self.hooks.install()
        self.keeper.restore_runs()
        self.started = True
        self.engine.start()

    @Slot()
    def close(self) -> None:
        """Ends the engine's thread and writes what is still to be written. The window is hidden already."""
        if self.closed:
            return
        self.closed = True
        self.bridge.close()
        # In the background, while the engine ends.
        self.studio.close_experiments()
        self.keeper.save()
        began_s = time.monotonic()
        self.engine_gone = self.engine.close(_JOIN_S, self.keeper.last_questions())
        self.studio.close_experiments(max(_LEAST_S, _JOIN_S - (time.monotonic() - began_s)))
        # How the run ended, and what was measured since the last look.
        self.bridge.drain()
        self.keeper.close()
        self.hooks.remove()


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="cnnstudio", description="Opens the window.")
    parser.add_argument("--data-root", type=Path, help="folder with stored data sets, in torchvision's layout")
    parser.add_argument(
        "--quit-after-show", action="store_true", help="end after the first paint, to measure the start"
    )
    parser.add_argument("--quit-when-ready", action="store_true", help="end as soon as PyTorch is loaded")
    return parser.parse_args(argv)


def _may_keep(lock: QLockFile | None) -> bool | None:
    """Whether this instance keeps the study; None: the user rather leaves."""
    if lock is not None:
        return True
    from cnnstudio.ui.dialogs import ask_second_instance

    return False if ask_second_instance() else None


class _StartRecord:
    """Tells whoever measures the start when the window stood on the screen and when the engine was ready.

    The file named by CNNSTUDIO_STARTUP_FILE gets JSON: `painted` and `ready` in seconds of the monotonic clock, and
    `torch_at_paint`, whether torch had been imported before the paint.

    Thread: GUI.
    """

    def __init__(self) -> None:
        self._path = os.environ.get("CNNSTUDIO_STARTUP_FILE")
        self._found: dict[str, float | bool] = {}

    def note(self, what: str) -> None:
        """Writes the time of "painted" or "ready"."""
        if not self._path:
            return
        if what == "painted":
            self._found["torch_at_paint"] = "torch" in sys.modules
        self._found[what] = time.monotonic()
        Path(self._path).write_text(json.dumps(self._found), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the window until it is closed; gives the exit status."""
    options = _parse(sys.argv[1:] if argv is None else argv)
    crash = logs.start()
    # A Ctrl+C in the terminal ends the program as a kill does; the study is on the disk.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    app = make_application()
    look.apply(app, look.LIGHT)
    lock = lock_study()
    writes = _may_keep(lock)
    if writes is None:
        return 0
    name_stored_data(options.data_root)  # for experiments, whose runs are done in other processes
    program = Program(options.data_root, writes=writes)
    _follow_start(program, options)
    program.show()
    if crash is not None:
        program.window.banner.show_report(logs.crash_report(crash))
    status = int(app.exec())
    program.close()
    if lock is not None:
        lock.unlock()
    if program.started:
        # Everything is on the disk. To take torch apart would keep the process for a second after its window, and a
        # thread that is inside a library, in the middle of an import say, cannot be told to end.
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _follow_start(program: Program, options: argparse.Namespace) -> None:
    """Starts the rest after the first paint, and notes when what was there."""
    record = _StartRecord()

    @Slot(object)
    def on_ready(_: EngineReady) -> None:
        record.note("ready")
        if options.quit_when_ready:
            program.window.close()

    @Slot()
    def on_painted() -> None:
        record.note("painted")
        if options.quit_after_show:
            program.window.close()
        else:
            # After what the panel itself does as soon as it is painted.
            QTimer.singleShot(0, program.start)

    program.studio.engine_ready.connect(on_ready)
    program.window.painted.connect(on_painted)
