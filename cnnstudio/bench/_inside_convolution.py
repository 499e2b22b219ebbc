"""One convolution of a colour picture of 512 x 512: one step of the window, and the whole output."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import Qt

from cnnstudio.bench._case import Finding, Options, Spread
from cnnstudio.bench._pen import draw
from cnnstudio.bench._sitting import PaintWatch, Sitting
from cnnstudio.core.convolution import Convolution, convolve
from cnnstudio.ui.panels.convolution import ConvolutionPanel

SIDE_PX = 512
QUICK_SIDE_PX = 64
KERNELS_PX = (3, 11)
STEPS = 50
WHOLES = 10
STEP_MS = 16.0
WHOLE_MS = 50.0


def convolution(options: Options) -> Iterator[Finding]:
    """A step and the whole output, computed and painted."""
    side = QUICK_SIDE_PX if options.quick else SIDE_PX
    wholes, steps = (2, 4) if options.quick else (WHOLES * options.runs, STEPS * options.runs)
    for size in KERNELS_PX:
        spread = _computed(side, size, wholes)
        name = f"whole output, {side} x {side} RGB, {size} x {size} kernel, computed, p95"
        yield Finding(name, spread.p95, "ms", WHOLE_MS, spread=spread)
    with Sitting(options.data_root) as sitting:
        draw(sitting)
        panel = sitting.open("convolution", ConvolutionPanel)
        for size in KERNELS_PX:
            panel.restore(_settings(side, size))
            sitting.settle()
            spread = Spread.of(_stepped(sitting, panel, steps), "ms")
            yield Finding(
                f"one step until painted, {size} x {size} kernel, p95", spread.p95, "ms", STEP_MS, True, spread
            )
            spread = Spread.of(_changed(sitting, panel, wholes), "ms")
            name = f"whole output until painted, {size} x {size} kernel, p95"
            yield Finding(name, spread.p95, "ms", WHOLE_MS, spread=spread)


def _computed(side: int, size: int, count: int) -> Spread:
    """Milliseconds of `core.convolution.convolve` alone."""
    made = np.random.default_rng(0)
    picture, kernel = made.random((3, side, side)), made.standard_normal((3, size, size))
    setting, samples = Convolution(size=size), []
    convolve(picture, kernel, setting)
    for _ in range(count):
        began = time.perf_counter()
        convolve(picture, kernel, setting)
        samples.append(1_000 * (time.perf_counter() - began))
    return Spread.of(samples, "ms")


def _settings(side: int, size: int) -> dict[str, object]:
    """The panel's, for the drawing in colour at this size, and a kernel of random numbers."""
    kernel = np.random.default_rng(size).standard_normal((3, size, size)).round(2)
    values = {"as_seen": False, "picture_px": side, "tint": True, "size": size}
    return {"values": values, "kernel": "own", "own": kernel.tolist(), "place": [side // 2, side // 4]}


def _until_painted(sitting: Sitting, watches: Sequence[PaintWatch], act: Callable[[], None]) -> float:
    before = [watch.count for watch in watches]
    began = time.perf_counter()
    act()
    sitting.until(lambda: all(w.count > b for w, b in zip(watches, before, strict=True)), "the panel was painted")
    return 1_000 * (time.perf_counter() - began)


def _stepped(sitting: Sitting, panel: ConvolutionPanel, steps: int) -> list[float]:
    """Milliseconds from the arrow key until picture, products and output are painted."""
    figure = panel.figure
    watches = [PaintWatch(figure.picture), PaintWatch(figure.output)]
    keys = (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up)
    return [
        _until_painted(sitting, watches, partial(sitting.key, figure.output, keys[step % len(keys)]))
        for step in range(steps)
    ]


def _changed(sitting: Sitting, panel: ConvolutionPanel, count: int) -> list[float]:
    """Milliseconds from another bias until the output made anew is painted."""
    watches = [PaintWatch(panel.figure.picture), PaintWatch(panel.figure.output)]
    changes = [("bias", turn / 10) for turn in range(1, count + 1)]
    return [_until_painted(sitting, watches, partial(panel.setup.knob_changed.emit, one)) for one in changes]
