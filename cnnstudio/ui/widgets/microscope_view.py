"""map(shift(x)) against shift(map(x)): every layer of a network, or the bench of single operations."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from cnnstudio import networks
from cnnstudio.core.equivariance import ShiftedMaps, ShiftedNetwork, ShiftedOperations, ShiftLayers, ShiftOperations
from cnnstudio.core.errors import StudioError
from cnnstudio.core.moving import REACH_PX
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.basic import ElidedLabel, explain_on_focus, label
from cnnstudio.ui.widgets.error_bars import ErrorBars
from cnnstudio.ui.widgets.live_view import LiveView
from cnnstudio.ui.widgets.rooms import Scrolled, bare_row
from cnnstudio.ui.widgets.shift_stage import ShiftStage

BENCH: Final = ""
"""What stands for single operations in the list of networks."""
_SLOT: Final = "microscope"
_MOST_MAPS: Final = 64
_FIELD_PX: Final = 76
_LIST_SHARE, _STAGE_SHARE = 3, 4
_KEY: Final = "solid: away from borders · hatched: at borders · a line at 0: only rounding"


class MicroscopeView(LiveView):
    """The list of errors beside the chosen layer's pictures.

    Attributes:
        source: Single operations, or a network.
        padding: What operations see beyond the edge.
        down: Shift in px, negative is up.
        right: Shift in px, negative is left.
        bars: The errors.
        stage: The pictures.

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes everything."""
        super().__init__(studio)
        self._found: ShiftedNetwork | ShiftedOperations | None = None
        self._layer: dict[str, str] = {}
        self._map = 0
        self._wanted_source: str | None = None
        self.corner = self._build_shift()
        self._build_row()
        row = QHBoxLayout()
        row.setSpacing(2 * GRID_PX)
        self.bars = ErrorBars(studio.theme)
        self.bars.chosen.connect(self._on_layer)
        scroll = Scrolled(self.bars)
        scroll.setMinimumWidth(22 * GRID_PX)
        row.addWidget(scroll, _LIST_SHARE)
        self.stage = ShiftStage(studio.theme)
        self.stage.stepped.connect(self._on_step)
        self.stage.map_chosen.connect(self._on_map)
        row.addWidget(self.stage, _STAGE_SHARE)
        self.content.addLayout(row, 1)
        self.key = ElidedLabel("small")
        self.key.set_whole(_KEY)
        self.content.addWidget(self.key)

    def _build_shift(self) -> QWidget:
        made, row = bare_row()
        tip = "How far the copy of the picture is shifted. Arrow keys on the pictures do the same."
        self.down, self.right = QSpinBox(), QSpinBox()
        for box, name, start in ((self.down, "down", 0), (self.right, "right", 1)):
            box.setRange(-REACH_PX, REACH_PX)
            box.setValue(start)
            box.setSuffix(" px")
            box.setFixedWidth(_FIELD_PX)
            box.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.setAccessibleName(f"Shift {name}")
            box.setToolTip(tip)
            explain_on_focus(box)
            box.valueChanged.connect(self._on_shift)
            row.addWidget(label(name, "muted", tip=tip))
            row.addWidget(box)
        return made

    def _build_row(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.source, self.padding = QComboBox(), QComboBox()
        self.source.addItem("Single operations", BENCH)
        self.source.setAccessibleName("What is looked at")
        self.source.setToolTip("Single operations on the picture itself, or all layers of a network.")
        for name, words in (("zero", "zeros outside"), ("replicate", "edge repeated"), ("reflect", "mirrored"),
                            ("circular", "going round")):  # fmt: skip
            self.padding.addItem(words, name)
        self.padding.setAccessibleName("Padding")
        self.padding.setToolTip(
            "What the convolution at stride 1 sees beyond the edge. Going round, the picture is shifted in a circle "
            "too: then there are no borders."
        )
        for box in (self.source, self.padding):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            explain_on_focus(box)
        self.source.activated.connect(self._on_source)
        self.padding.activated.connect(self._on_source)
        self.weights = ElidedLabel("small")
        row.addWidget(self.source)
        row.addWidget(self.padding)
        row.addWidget(self.weights, 1)
        self.content.addLayout(row)

    @property
    def shift(self) -> tuple[int, int]:
        """Px down and right."""
        return self.down.value(), self.right.value()

    # What the panel tells

    def refresh(self) -> None:
        """Asks at once."""
        self._list_networks()
        super().refresh()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.bars.set_theme(theme)
        self.stage.set_theme(theme)
        self._show()

    def set_low(self, low: bool) -> None:
        """The sentence and the key are in the tips too."""
        self.stage.set_low(low)
        self.key.setVisible(not low)

    def settings(self) -> dict[str, Any]:
        """What is looked at, and the shift."""
        return {
            "source": self._wanted_source if self._wanted_source is not None else self.source.currentData(),
            "padding": self.padding.currentData(), "shift": list(self.shift), "layers": dict(self._layer),
            "map": self._map,
        }  # fmt: skip

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes it back; a network that is not there now is looked at when it is."""
        source, shift, layers = settings.get("source"), settings.get("shift"), settings.get("layers")
        self._wanted_source = source if isinstance(source, str) else None
        self._list_networks()
        self.padding.setCurrentIndex(max(0, self.padding.findData(settings.get("padding"))))
        if isinstance(shift, list) and len(shift) == 2 and all(isinstance(one, int) for one in shift):
            self._set_shift((int(shift[0]), int(shift[1])))
        if isinstance(layers, dict):
            self._layer = {str(key): str(value) for key, value in layers.items()}
        place = settings.get("map")
        self._map = place if isinstance(place, int) and place >= 0 else 0
        self._show_padding()

    # Asking

    def _list_networks(self) -> None:
        keys = self.studio.reading.networks
        chosen = self._wanted_source if self._wanted_source is not None else self.source.currentData()
        with QSignalBlocker(self.source):
            self.source.clear()
            self.source.addItem("Single operations", BENCH)
            for key in keys:
                self.source.addItem(_title(key), key)
            place = self.source.findData(chosen)
            self.source.setCurrentIndex(max(0, place))
        if place >= 0:
            self._wanted_source = None
        self._show_padding()

    def _show_padding(self) -> None:
        self.padding.setVisible(self.source.currentData() == BENCH)

    def _ask(self) -> None:
        picture = self.studio.picture
        if not self.can_ask(shown=self._found is not None) or picture is None:
            return
        dataset, moment, (down, right) = self.studio.reading.dataset, self.studio.moment, self.shift
        network = str(self.source.currentData())
        if network == BENCH:
            operations = ShiftOperations(
                picture, dataset, down, right, self.padding.currentData(), networks=self.studio.reading.networks,
                step=moment,
            )  # fmt: skip
            self.ask(operations, self._on_found, _SLOT)
        else:
            layers = ShiftLayers(picture, dataset, network, down, right, moment, most=_MOST_MAPS)
            self.ask(layers, self._on_found, _SLOT)

    def _on_found(self, found: ShiftedNetwork | ShiftedOperations) -> None:
        self._found = found
        if isinstance(found, ShiftedNetwork) and not found.layers:
            self.tell(f"{found.title} is not trained yet. Press Run to train it, or look at single operations.")
            return
        self.tell("")
        self._show()

    # Showing

    @property
    def layers(self) -> tuple[ShiftedMaps, ...]:
        """What there is to choose from."""
        found = self._found
        if found is None:
            return ()
        return found.operations if isinstance(found, ShiftedOperations) else found.layers

    def _show(self) -> None:
        found, layers = self._found, self.layers
        if found is None or not layers:
            return
        key = found.network if isinstance(found, ShiftedNetwork) else BENCH
        wanted = self._layer.get(key, "conv" if key == BENCH else "")
        one = next((each for each in layers if each.layer == wanted), layers[0])
        self.bars.set_layers(layers, one.layer, self._hue(found))
        self.stage.show_pictures(found.picture, found.moved_picture)
        self.stage.show_layer(one, self._map)
        self.weights.set_whole(self._weights_words(found))

    def _hue(self, found: ShiftedNetwork | ShiftedOperations) -> QColor:
        if isinstance(found, ShiftedOperations):
            return self.studio.theme.colour("muted")
        verdicts = self.studio.verdicts
        known = [*(verdicts.verdicts if verdicts is not None else ())]
        hues = network_colours(known if any(one.network == found.network for one in known) else [found])
        return hues[found.network]

    def _weights_words(self, found: ShiftedNetwork | ShiftedOperations) -> str:
        if isinstance(found, ShiftedOperations):
            names = [one.title for one in found.operations if one.layer in found.learned]
            return f"learned weights: {', '.join(names)} · others random" if names else "random weights"
        name = short_names([found])[found.network]
        where = "the weights that came with the program" if found.weights_from == "shipped" else "this study's run"
        return f"{name}: {where}" + (f", learned on {found.learned_on}" if found.learned_on else "")

    # What a person does

    @Slot(int)
    def _on_source(self, index: int) -> None:
        self._wanted_source = None
        self._show_padding()
        self._ask()

    @Slot(int)
    def _on_shift(self, px: int) -> None:
        self._ask()

    @Slot(object)
    def _on_step(self, step: tuple[int, int]) -> None:
        before = self.shift
        self._set_shift((before[0] + step[0], before[1] + step[1]))
        if self.shift != before:
            self._ask()

    def _set_shift(self, shift: tuple[int, int]) -> None:
        for box, px in zip((self.down, self.right), shift, strict=True):
            with QSignalBlocker(box):
                box.setValue(px)

    @Slot(str)
    def _on_layer(self, layer: str) -> None:
        self._layer[str(self.source.currentData())] = layer
        self._show()

    @Slot(int)
    def _on_map(self, place: int) -> None:
        self._map = place


def _title(key: str) -> str:
    try:
        return networks.find(key)[0].title
    except StudioError:
        return key
