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

_LEAST_PX: Final = 56
_MOST_PX: Final = 104
_FEW: Final = 24
_WHAT: Final = {
    "kernels": "each kernel is laid on every place of the picture",
    "templates": "each hidden unit is one template of the whole picture",
    "local": "every place has kernels of its own; some places are shown",
}
_ONE: Final = {"kernels": "kernel", "templates": "hidden unit", "local": "kernel"}


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
        self.mosaic = Mosaic(theme, "Weights of the first layer", gap_px=GRID_PX)
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
        self.line.show_name(name, f"{layer.layer}: {_WHAT[layer.kind]} · {count}", hue)
        what = _ONE[layer.kind]
        tips = [
            f"{what} {i + 1} of {layer.total}: weights from {kernel.min():.3f} to {kernel.max():.3f}, "
            f"mean {kernel.mean():.3f}."
            for i, kernel in enumerate(kernels)
        ]
        self.mosaic.setAccessibleName(f"{name}: {layer.layer}, {count}")
        self.mosaic.set_tiles(as_tiles(kernels, each), tips=tips, tile_px=self._tile_px(len(kernels)))

    def _tile_px(self, count: int) -> int:
        if count > _FEW:
            return _LEAST_PX
        return min(_MOST_PX, max(_LEAST_PX, self.width() // _COLUMNS - GRID_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lets the tiles fill the width."""
        super().resizeEvent(event)
        self.mosaic.set_tile_px(self._tile_px(self.mosaic.count))


def as_tiles(kernels: NDArray[np.float32], each: bool) -> Tiles:
    """Signed colours of kernels, float32 [n, channels, height, width]: uint8 [n, height, width, 3].

    The channels of a colour kernel are averaged. The strongest colour stands for the largest absolute value of all
    kernels, or of each one by itself.
    """
    flat = kernels.mean(axis=1)
    if not each:
        return signed_colours(flat)
    tops = np.abs(flat).max(axis=(1, 2), keepdims=True, initial=0.0)
    return signed_colours(np.divide(flat, tops, out=np.zeros_like(flat), where=tops > 0), 1.0)
