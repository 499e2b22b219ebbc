"""Strokes on the window's own canvas."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent

from cnnstudio.bench._sitting import Sitting
from cnnstudio.ui.widgets.canvas import Canvas

MOVES = 25


def stroke_times(
    sitting: Sitting, strokes: int, begin: Callable[[], None], painted: Callable[[], bool], moves: int = MOVES
) -> list[float]:
    """Milliseconds from each movement of the pen until what follows it is painted.

    Args:
        sitting: The open window.
        strokes: How many; the canvas is emptied before each.
        begin: Is called before each movement.
        painted: Whether what follows the movement is on the screen.
        moves: Movements of each stroke.
    """
    canvas = sitting.find(Canvas)
    samples = []
    side = min(canvas.width(), canvas.height())
    for stroke in range(strokes):
        canvas.clear()
        sitting.settle()
        sitting.mouse(canvas, QEvent.Type.MouseButtonPress, side * 0.5, side * 0.5)
        sitting.settle()
        for move in range(1, moves + 1):
            # A spiral: every movement leaves ink where there was none, so every one asks for a verdict.
            turn, radius = 2 * math.pi * (1.3 * move / moves + stroke / strokes), side * 0.42 * move / moves
            x, y = side * 0.5 + radius * math.sin(turn), side * 0.5 + radius * math.cos(turn)
            begin()
            started = time.perf_counter()
            sitting.mouse(canvas, QEvent.Type.MouseMove, x, y)
            sitting.until(painted, "what follows the pen was painted")
            samples.append(1_000 * (time.perf_counter() - started))
        sitting.mouse(canvas, QEvent.Type.MouseButtonRelease, x, y)
    return samples


def draw(sitting: Sitting) -> None:
    """One stroke, for whoever needs a picture."""
    stroke_times(sitting, 1, lambda: None, lambda: True)
    sitting.settle()
