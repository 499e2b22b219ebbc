"""Messages go to a file; what nobody caught is logged, shown once, and does not end the program."""

from __future__ import annotations

import logging
import sys
import threading

import pytest
from PySide6.QtCore import qInstallMessageHandler

from cnnstudio.core.paths import log_folder
from cnnstudio.ui import logs


@pytest.fixture
def root():
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    yield logging.getLogger()
    for handler in set(logging.getLogger().handlers) - set(handlers):
        logging.getLogger().removeHandler(handler)
        handler.close()
    logging.getLogger().setLevel(level)
    logging.captureWarnings(capture=False)
    qInstallMessageHandler(None)
    logs.stop()


def test_the_log_is_a_file_in_the_log_folder(root):
    logs.start()
    logging.getLogger("cnnstudio.test").info("hello")
    assert "hello" in (log_folder() / "cnnstudio.log").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_made_does_not_stop_the_start(root, home):
    home.write_text("a file where the folder should be")
    logs.start()
    logging.getLogger("cnnstudio.test").info("hello")


def test_what_nobody_caught_is_shown_once_and_logged(qapp, expected_log):
    expected_log("nobody caught this")
    shown = []
    hooks = logs.Hooks(shown.append)
    hooks.install()
    for _ in range(2):
        try:
            raise RuntimeError("a bug")
        except RuntimeError:
            sys.excepthook(*sys.exc_info())
    hooks.remove()
    assert [report.cause for report in shown] == ["RuntimeError: a bug"]
    assert "Traceback" in shown[0].details


def test_an_exception_in_another_thread_is_logged_and_touches_no_widget(qapp, expected_log):
    expected_log("nobody caught this")
    shown = []
    hooks = logs.Hooks(shown.append)
    hooks.install()

    def fail():
        raise RuntimeError("elsewhere")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    hooks.remove()
    assert shown == []


def test_the_next_start_offers_what_is_known_of_a_crash(root):
    assert logs.start() is None
    logs._crash_file.write("Fatal Python error: Segmentation fault")
    logs.stop()
    crash = logs.start()
    assert crash.read_text(encoding="utf-8").startswith("Fatal")
    assert str(crash) in logs.crash_report(crash).sentence
    logs.stop()
    assert logs.start() is None, "told once"
