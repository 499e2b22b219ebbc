"""The first layer of one network as one image: kernels, templates of hidden units, or places of a local layer."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.core.questions import LayerWeights
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.mosaic import Mosaic, Tiles

_COLUMNS: Final = 8
"""Tiles side by side where a card shows few; many are drawn at `_LEAST_PX`."""

_MOST_WIDER: Final = 2
"""A kernel of three channels takes the place of two."""

_LEAST_PX: Final = 56
_MOST_PX: Final = 104
_FEW: Final = 24
_WHAT: Final = {
    "kernels": "each kernel is laid on every place of the picture",
    "templates": "each hidden unit is one template of the whole picture",
    "local": "every place has kernels of its own; some places are shown",
}
_FINE_PX: Final = 32
_BETWEEN: Final = 120
"""Grey of the line between the channels of a colour kernel."""

_ONE: Final = {"kernels": "kernel", "templates": "hidden unit", "local": "kernel"}


_RGB: Final = ("red", "green", "blue")


def _of_channels(kernel: NDArray[np.float32]) -> str:
    if len(kernel) != len(_RGB):
        return ""
    told = ", ".join(f"{name} {part.mean():.3f}" for name, part in zip(_RGB, kernel, strict=True))
    return f" Mean of each: {told}."


class LayerCard(QWidget):
    """A line about the layer above a mosaic of its weights: purple is negative, white zero, green positive.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._layer: LayerWeights | None = None
        self._each = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        self.line = NameLine(theme)
        self.mosaic = Mosaic(theme, "Weights of the first layer", gap_px=GRID_PX, outlined=True)
        column.addWidget(self.line)
        column.addWidget(self.mosaic)

    @property
    def layer(self) -> LayerWeights | None:
        """What is shown."""
        return self._layer

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.line.set_theme(theme)
        self.mosaic.set_theme(theme)

    def show_layer(self, layer: LayerWeights, name: str, hue: QColor, each: bool, most: int) -> None:
        """Shows a layer.

        Args:
            layer: The weights.
            name: The network's short name.
            hue: Its colour.
            each: Whether every tile has its own scale, and not all of them one.
            most: How many tiles at most.
        """
        self._layer, self._each = layer, each
        kernels = layer.kernels[:most]
        count = f"{len(kernels)} of {layer.total}" if len(kernels) < layer.total else f"all {layer.total}"
        colours = " · red, green, blue side by side" if kernels.shape[1] == len(_RGB) else ""
        self.line.show_name(name, f"{layer.layer}: {_WHAT[layer.kind]}{colours} · {count}", hue)
        what = _ONE[layer.kind]
        tips = [
            f"{what} {i + 1} of {layer.total}: weights from {kernel.min():.3f} to {kernel.max():.3f}, "
            f"mean {kernel.mean():.3f}.{_of_channels(kernel)}"
            for i, kernel in enumerate(kernels)
        ]
        self.mosaic.setAccessibleName(f"{name}: {layer.layer}, {count}")
        self.mosaic.set_tiles(as_tiles(kernels, each), tips=tips, tile_px=self._tile_px(len(kernels)))

    def _tile_px(self, count: int) -> int:
        wide = self._layer.kernels.shape[1] if self._layer is not None else 1
        if count > _FEW:
            return _LEAST_PX * min(wide, _MOST_WIDER)
        columns = _COLUMNS // min(wide, _MOST_WIDER)
        return min(_MOST_PX * wide, max(_LEAST_PX * wide, self.width() // columns - GRID_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lets the tiles fill the width."""
        super().resizeEvent(event)
        self.mosaic.set_tile_px(self._tile_px(self.mosaic.count))


def as_tiles(kernels: NDArray[np.float32], each: bool) -> Tiles:
    """Signed colours of kernels, float32 [n, channels, height, width]: uint8 [n, height, width, 3].

    The channels of a colour kernel stand side by side, red, green and blue. The strongest colour stands for the largest
    absolute value of all kernels, or of each one by itself.
    """
    if each:
        tops = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True, initial=0.0)
        kernels = np.divide(kernels, tops, out=np.zeros_like(kernels), where=tops > 0)
    coloured = signed_colours(kernels, 1.0 if each else None)
    n, channels, height, width = kernels.shape
    if channels == 1:
        return coloured[:, 0]
    # Small kernels are drawn larger, so that the lines between their channels are thin.
    scale = max(1, _FINE_PX // width)
    coloured, height = coloured.repeat(scale, axis=2).repeat(scale, axis=3), height * scale
    between = np.full((n, height, 1, 3), _BETWEEN, np.uint8)
    parts = [coloured[:, 0]]
    for channel in range(1, channels):
        parts += [between, coloured[:, channel]]
    return np.concatenate(parts, axis=2)
