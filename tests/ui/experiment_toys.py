"""The toy experiment in the window: sweeps on a thread, and live runs that answer at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from PySide6.QtWidgets import QApplication

from cnnstudio.core.experiment import Measure, Result
from cnnstudio.runtime.sweep import Sweep
from tests.runtime import toy

PATIENCE_MS = 20_000


def make(info, settings, factory, folder):
    """As `cnnstudio.ui.experiments.make_sweep`, in threads of this process."""
    return Sweep(info, settings, lambda: ThreadPoolExecutor(2), folder, measure=toy.measure)


def answer(question: Measure) -> Result:
    """What a live run of the toy gives."""
    running = toy.run(question.order)
    try:
        while True:
            next(running)
    except StopIteration as end:
        return Result(question.order, end.value)


def until(qtbot, true) -> None:
    """Lets the window's loop turn until something is so."""
    qtbot.waitUntil(true, timeout=PATIENCE_MS)
    QApplication.processEvents()
