"""One network of the race: its name, what the colours mean, and its strip, which scrolls sideways where it is long."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.inside import PICTURE, NetworkMaps
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._inside_colour import ScaleOf
from cnnstudio.ui.widgets._inside_legend import Legend
from cnnstudio.ui.widgets._sight import Edge, show_part
from cnnstudio.ui.widgets.layer_strip import LayerStrip
from cnnstudio.ui.widgets.matrix_card import NameLine

_LEAST_PX: Final = 18 * GRID_PX
_LEGEND_FROM_PX: Final = 70 * GRID_PX
"""A narrower row has no legend: the name comes first."""


class _Sight(QScrollArea):
    """The part of a strip that is seen.

    Thread: GUI.
    """

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tells the strip."""
        super().resizeEvent(event)
        self.resized.emit()


class NetworkRow(QWidget):
    """A name line above a strip.

    Signals:
        layer_chosen((network, layer, map)): The student wants to see this layer.
        flipped((network, path)): The student opened or folded a block.

    Thread: GUI.
    """

    layer_chosen = Signal(object)
    flipped = Signal(object)

    def __init__(self, theme: Theme, network: str) -> None:
        """Makes it for one network."""
        super().__init__()
        self.network = network
        self._scale_of: ScaleOf = "layer"
        self._said = ("", "", "")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID_PX)
        self.line = NameLine(theme)
        self.legend = Legend(theme)
        head.addWidget(self.line, 1)
        head.addWidget(self.legend)
        column.addLayout(head)
        self.strip = LayerStrip(theme, f"Layers of {network}")
        self.strip.layer_chosen.connect(self._on_layer)
        self.strip.flipped.connect(self._on_flipped)
        self.strip.reached.connect(self._on_reached)
        self.sight = _Sight()
        self.sight.setFrameShape(QFrame.Shape.NoFrame)
        self.sight.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sight.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.sight.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.sight.setWidget(self.strip)
        self.sight.resized.connect(self._fit)
        self.edges = tuple(Edge(theme, self.sight, way) for way in (-1, 1))
        column.addWidget(self.sight, 1)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for part in (self.line, self.legend, self.strip):
            part.set_theme(theme)
        for edge in self.edges:
            edge.set_theme(theme)
        self._fit()

    def show_name(self, name: str, words: str, hue: QColor) -> None:
        """Shows a name and a few words."""
        if self._said != (name, words, hue.name()):
            self._said = name, words, hue.name()
            self.line.show_name(name, words, hue)
            self.strip.setAccessibleName(f"Layers of {name}")

    def show_structure(self, spec: NetworkSpec, every: bool, flipped: frozenset[str], hue: QColor) -> None:
        """Shows what the network is made of."""
        self.strip.set_network(spec, every, flipped, hue)
        self._fit()

    def show_maps(self, maps: NetworkMaps | None) -> None:
        """Shows what it computed."""
        self.strip.set_maps(maps)
        self._tell_scales()

    def show_scale(self, scale_of: ScaleOf) -> None:
        """Chooses whose the colour scale is."""
        self._scale_of = scale_of
        self.strip.set_scale(scale_of)
        self._tell_scales()

    def _tell_scales(self) -> None:
        scales = [scale for layer, scale in self.strip.scales.items() if layer != PICTURE]
        self.legend.show_scales(self._scale_of, scales)

    @Slot()
    def _fit(self) -> None:
        bar = self.sight.horizontalScrollBar().sizeHint().height()
        full = QSize(self.sight.width(), self.sight.height())
        self.strip.set_sight(full)
        if self.strip.placed.width > full.width():
            self.strip.set_sight(QSize(full.width(), full.height() - bar))
        needed = max(_LEAST_PX, round(self.strip.placed.least_height) + bar)
        if self.sight.minimumHeight() != needed:
            self.sight.setMinimumHeight(needed)
        self.legend.setVisible(self.width() >= _LEGEND_FROM_PX)

    @Slot(object)
    def _on_layer(self, chosen: tuple[str, int | None]) -> None:
        self.layer_chosen.emit((self.network, *chosen))

    @Slot(str)
    def _on_flipped(self, path: str) -> None:
        self.flipped.emit((self.network, path))

    @Slot(QRect)
    def _on_reached(self, area: QRect) -> None:
        show_part(self.strip, area)
