"""What opens under the chips of the convolution panel: forms of knobs, and kernels to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.kernels import PRESETS
from cnnstudio.core.knobs import Value
from cnnstudio.core.questions import LayerWeights
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours, signed_colours
from cnnstudio.ui.widgets._convolution_state import BY_NAME, learned_key
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.basic import label
from cnnstudio.ui.widgets.knob_field import KnobField
from cnnstudio.ui.widgets.layer_card import as_tiles
from cnnstudio.ui.widgets.mosaic import Mosaic, Word
from cnnstudio.ui.widgets.rooms import Scrolled

_FORM_PX: Final = 264
_LIST_PX: Final = 508
_LIST_HIGH_PX: Final = 420
_TILE_PX: Final = 76
_SMALL_TILE_PX: Final = 44
_DRAWN_PX: Final = 7
"""Named kernels are listed at this size, where they have one of their own choice."""


class KnobForm(QWidget):
    """Some knobs below each other.

    Signals:
        changed((name, value)): A good value was chosen or typed.

    Thread: GUI.
    """

    changed = Signal(object)

    def __init__(self, names: Sequence[str], values: Mapping[str, Value]) -> None:
        """Makes a field for each name."""
        super().__init__()
        self.fields: dict[str, KnobField] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        for name in names:
            made = KnobField(BY_NAME[name], values[name])
            made.changed.connect(partial(self._on_changed, name))
            self.fields[name] = made
            column.addWidget(made)
        column.addStretch(1)
        self.setMinimumWidth(_FORM_PX)
        self.setFocusProxy(self.fields[names[0]].field)

    def _on_changed(self, name: str, value: Value) -> None:
        self.changed.emit((name, value))

    def show_values(self, values: Mapping[str, Value]) -> None:
        """Shows other values."""
        for name, field in self.fields.items():
            if field.value != values[name]:
                field.set_value(values[name])

    def show_problem(self, name: str, report: ErrorReport | None) -> None:
        """Says below a field what is wrong with the setting."""
        for own, field in self.fields.items():
            field.show_problem(report if own == name else None)


class KernelList(QWidget):
    """Kernels with a name, and those that the networks have learned.

    Signals:
        chosen(key): One was chosen: a preset's id, or a learned kernel's key.
        angle_changed((name, value)): A Gabor is to be turned.

    Thread: GUI.
    """

    chosen = Signal(object)
    angle_changed = Signal(object)

    def __init__(self, theme: Theme, angle: Value) -> None:
        """Lists the named ones."""
        super().__init__()
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID_PX // 2)
        self._column.addWidget(label("Kernels with a name", "heading"))
        self.named = Mosaic(theme, "Kernels with a name", tile_px=_TILE_PX, gap_px=GRID_PX, outlined=True)
        presets = PRESETS.values()
        pictures = [signed_colours(one.kernel(one.size if one.fixed else _DRAWN_PX)) for one in presets]
        tiles = np.stack([_enlarged(picture, 3 * _DRAWN_PX) for picture in pictures])
        self.named.set_tiles(tiles, [(Word(one.title),) for one in presets], [one.sentence for one in presets])
        self.named.chosen.connect(self._on_named)
        self._column.addWidget(self.named)
        self.setFocusProxy(self.named)
        self.angle = KnobForm(("angle",), {"angle": angle})
        self.angle.changed.connect(self.angle_changed)
        self._column.addWidget(self.angle)
        self._column.addWidget(label("Learned, at the moment", "heading"))
        self.word = label("", "small", wrap=True)
        self._column.addWidget(self.word)
        self._learned: list[tuple[Mosaic, QLabel]] = []
        self._rows, self._below = QVBoxLayout(), QVBoxLayout()
        self._rows.setSpacing(GRID_PX // 2)
        self._column.addLayout(self._rows)
        self._column.addLayout(self._below)
        self._column.addStretch(1)
        self.show_layers((), "As soon as PyTorch is loaded and something is trained, its kernels are listed here.")

    def add_below(self, part: QWidget) -> None:
        """Puts a part below the learned kernels."""
        self._below.addWidget(part)

    def show_layers(self, layers: Sequence[LayerWeights], word: str = "") -> None:
        """Lists the kernels of first layers; `word` says why there are none."""
        able = [layer for layer in layers if is_steppable(layer)]
        others = [layer for layer in layers if not is_steppable(layer)]
        names = short_names(layers)
        if layers and others:
            who = ", ".join(names[layer.network] for layer in others)
            word = f"{who}: no convolution comes first. Its templates are as large as the picture; see Weights."
        self.word.setText(word)
        self.word.setVisible(bool(word))
        while len(self._learned) < len(able):
            self._add_row()
        hues = network_colours(layers)
        for place, (mosaic, name) in enumerate(self._learned):
            mosaic.setVisible(place < len(able))
            name.setVisible(place < len(able))
            if place < len(able):
                layer = able[place]
                self._fill_row(mosaic, layer, names[layer.network])
                name.setText(f"{names[layer.network]}, {layer.layer}")
                name.setStyleSheet(f"color: {self._theme.readable(hues[layer.network]).name()}")

    def _add_row(self) -> None:
        name = label("", "small")
        mosaic = Mosaic(self._theme, "Learned kernels", tile_px=_SMALL_TILE_PX, gap_px=GRID_PX, outlined=True)
        mosaic.chosen.connect(partial(self._on_learned, len(self._learned)))
        for part in (name, mosaic):
            self._rows.addWidget(part)
        self._learned.append((mosaic, name))

    def _fill_row(self, mosaic: Mosaic, layer: LayerWeights, name: str) -> None:
        mosaic.setProperty("network", layer.network)
        mosaic.setAccessibleName(f"{name}: kernels of {layer.layer}")
        tips = [f"{name}, kernel {place + 1}" for place in range(len(layer.kernels))]
        mosaic.set_tiles(as_tiles(layer.kernels, False), tips=tips)

    @Slot(object)
    def _on_named(self, place: int) -> None:
        self.chosen.emit(list(PRESETS)[place])

    def _on_learned(self, row: int, place: int) -> None:
        self.chosen.emit(learned_key(str(self._learned[row][0].property("network")), place))

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.named.set_theme(theme)
        for mosaic, _ in self._learned:
            mosaic.set_theme(theme)

    def mark(self, key: str) -> None:
        """Frames the kernel in use."""
        names = list(PRESETS)
        self.named.select(names.index(key) if key in names else None)
        self.angle.setVisible(key in PRESETS and PRESETS[key].turns)


def is_steppable(layer: LayerWeights) -> bool:
    """Whether a layer holds kernels that can slide."""
    largest = int(BY_NAME["size"].maximum or 0)
    square = layer.kernels.shape[-1] == layer.kernels.shape[-2]
    return layer.kind != "templates" and len(layer.kernels) > 0 and square and layer.kernels.shape[-1] <= largest


def scrolled(content: QWidget) -> QScrollArea:
    """A list that may be longer than its popover."""
    area = Scrolled(content)
    area.setFocusProxy(content)
    area.setFixedWidth(_LIST_PX + 2 * GRID_PX)
    area.setMinimumHeight(_LIST_HIGH_PX)
    return area


def _enlarged(tile: np.ndarray, side: int) -> np.ndarray:
    at = np.arange(side) * tile.shape[0] // side
    return np.ascontiguousarray(tile[at][:, at])
