"""The weights of one layer as tiles: one for each kernel, template or unit, its channels beside each other."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.core.inside import LayerKernels
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours
from cnnstudio.ui.widgets._inside_colour import short
from cnnstudio.ui.widgets.layer_card import as_tiles
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.mosaic import Mosaic, Tiles

_BETWEEN: Final = 120
_SIDE_BY_SIDE: Final = 3
"""So many channels stand side by side; more are laid in a square."""

_FINE_PX: Final = 96
_TILE_PX: Final = 72
_FINE_TILE_PX: Final = 96
_SMALL_TILE_PX: Final = 44
_FEW: Final = 8
_WHAT: Final = {
    "kernels": ("kernel", "the same at every place"),
    "templates": ("template", "one weight for every number of what it reads, at its place"),
    "rows": ("unit", "one weight for each unit that it reads"),
    "local": ("kernel", "every place has kernels of its own; some places are shown"),
}


def kernel_tiles(weights: NDArray[np.float32], each: bool) -> Tiles:
    """Signed colours of kernels, float32 [n, channels, height, width]: uint8 [n, height', width', 3].

    More than three channels are laid in a square, with a grey line between them where they are larger than a number.
    """
    n, channels, height, width = weights.shape
    if channels <= _SIDE_BY_SIDE:
        return as_tiles(weights, each)
    tops = np.abs(weights).max(axis=(1, 2, 3), keepdims=True, initial=0.0)
    scaled = np.divide(weights, tops, out=np.zeros_like(weights), where=tops > 0) if each else weights
    coloured = signed_colours(scaled, 1.0 if each else None)
    columns = _columns(channels)
    rows = math.ceil(channels / columns)
    lined = height * width > 1
    scale = max(1, _FINE_PX // (columns * width)) if lined else 1
    coloured = coloured.repeat(scale, axis=2).repeat(scale, axis=3)
    step_y, step_x = height * scale + lined, width * scale + lined
    tiles = np.full((n, rows * step_y - lined, columns * step_x - lined, 3), _BETWEEN, np.uint8)
    for channel in range(channels):
        top, left = channel // columns * step_y, channel % columns * step_x
        tiles[:, top : top + height * scale, left : left + width * scale] = coloured[:, channel]
    return tiles


def _columns(channels: int) -> int:
    """How many channels stand side by side: as in a square, or a little wider where that leaves no place empty."""
    square = math.ceil(math.sqrt(channels))
    return next((wide for wide in range(square, 2 * square) if channels % wide == 0), square)


class KernelsCard(QWidget):
    """A line about a layer above all its weights.

    Signals:
        chosen(index): The student clicked a kernel.

    Thread: GUI.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._kernels: LayerKernels | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        self.line = NameLine(theme)
        self.mosaic = Mosaic(theme, "Weights of the layer", gap_px=GRID_PX, outlined=True)
        self.mosaic.chosen.connect(self.chosen)
        column.addWidget(self.line)
        column.addWidget(self.mosaic)

    @property
    def kernels(self) -> LayerKernels | None:
        """What is shown."""
        return self._kernels

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.line.set_theme(theme)
        self.mosaic.set_theme(theme)

    def show_kernels(self, kernels: LayerKernels, name: str, hue: QColor, each: bool) -> None:
        """Shows a layer's weights.

        Args:
            kernels: The weights; of a kind other than "none".
            name: What stands before the words.
            hue: Its colour.
            each: Whether every tile has its own scale.
        """
        self._kernels = kernels
        weights = kernels.weights
        what, how = _WHAT[kernels.kind]
        count = f"all {kernels.total:,}" if len(weights) == kernels.total else f"{len(weights)} of {kernels.total:,}"
        size = _size_words(kernels)
        top = float(np.abs(weights).max(initial=0.0))
        scale = "each its own scale" if each else f"colours ± {short(top, 2)}"
        self.line.show_name(name, f"{kernels.title}: {count} {what}s of {size}, {how} · {scale}", hue)
        tips = [
            f"{what} {i + 1} of {kernels.total:,}: weights from {one.min():.3f} to {one.max():.3f}"
            + (f", bias {kernels.biases[i]:.3f}." if kernels.biases is not None and i < len(kernels.biases) else ".")
            for i, one in enumerate(weights)
        ]
        self.mosaic.setAccessibleName(f"{name}: {kernels.title}, {count} {what}s")
        self.mosaic.set_tiles(kernel_tiles(weights, each), tips=tips, tile_px=self._tile_px())

    def _tile_px(self) -> int:
        if self._kernels is None:
            return _TILE_PX
        _, channels, height, width = self._kernels.weights.shape
        cells = width * _columns(channels)
        if cells <= _FEW:
            return _SMALL_TILE_PX if channels == 1 else _TILE_PX
        return _FINE_TILE_PX if height * width > 1 else _TILE_PX

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the tiles' size."""
        super().resizeEvent(event)
        self.mosaic.set_tile_px(self._tile_px())


def _size_words(kernels: LayerKernels) -> str:
    _, channels, height, width = kernels.weights.shape
    if kernels.kind == "rows":
        return f"{channels:,} weights"
    return f"{height} x {width}" if channels == 1 else f"{channels} x {height} x {width}"
