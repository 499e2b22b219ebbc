"""Which network, layer, map and place: two lists and three numbers in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from cnnstudio.core.inside import NetworkMaps, Unit
from cnnstudio.core.layers import Step, times
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._names import layer_name, short_names
from cnnstudio.ui.widgets.basic import explain_on_focus, label
from cnnstudio.ui.widgets.number_box import NumberBox
from cnnstudio.ui.widgets.unit_choice import as_map, in_layer, is_single, step_of

_LIST_CHARACTERS: Final = 4


class UnitChooser(QWidget):
    """Chooses a unit; it shows what it is told, and tells what a person chose.

    Signals:
        chosen(unit): A `UnitOf` that exists.
        failed(report): What is typed is no number (an `ErrorReport`), or is one again (None).

    Thread: GUI.
    """

    chosen = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        """Makes it without any network."""
        super().__init__()
        self._networks: tuple[NetworkMaps, ...] = ()
        self._unit: UnitOf | None = None
        self._pixels: NDArray[np.uint8] = np.zeros((1, 1, 1), np.uint8)
        self._dead: NDArray[np.bool_] | None = None
        self.network = _list("Network", "The network that the unit belongs to.")
        self.layer = _list("Layer", "The layer that the unit belongs to.")
        self.map = NumberBox("map", 1, "Which feature map of the layer; of a flat layer: which unit. From 1.")
        self.row = NumberBox("row", 0, "The unit's row in its map, from the top, from 0.")
        self.column = NumberBox("col", 0, "The unit's column in its map, from the left, from 0.")
        self.dead = label("dead", "problem", tip="It never changes, at any place, for any test picture.")
        self.dead.setVisible(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        row.addWidget(self.network, 2)
        row.addWidget(self.layer, 3)
        for box in (self.map, self.row, self.column):
            row.addWidget(box)
            box.changed.connect(self._on_number)
            box.failed.connect(self.failed)
        row.insertWidget(3, self.dead)
        self.network.activated.connect(self._on_network)
        self.layer.activated.connect(self._on_layer)
        self.setEnabled(False)

    def set_theme(self, theme: Theme) -> None:
        """Fields as wide as four digits."""
        wide = QFontMetrics(theme.font()).horizontalAdvance("0000") + 2 * GRID_PX + GRID_PX // 2
        for box in (self.map, self.row, self.column):
            box.field.setFixedWidth(wide)

    def show_networks(self, networks: Sequence[NetworkMaps]) -> None:
        """Offers other networks."""
        keys = [one.network for one in networks]
        if keys != [one.network for one in self._networks]:
            names = short_names(networks)
            self.network.clear()
            for one in networks:
                self.network.addItem(names[one.network], one.network)
                self.network.setItemData(self.network.count() - 1, one.title, Qt.ItemDataRole.ToolTipRole)
        self._networks = tuple(networks)
        self._fill_layers()
        self.setEnabled(bool(networks))

    def show_unit(self, unit: UnitOf, pixels: NDArray[np.uint8]) -> None:
        """Shows a unit that exists; `pixels` is the picture, for keeping the place in another layer."""
        new_network = self._unit is None or self._unit.network != unit.network
        if self._unit is None or (unit.network, unit.unit.layer) != (self._unit.network, self._unit.unit.layer):
            self._dead = None
        self._unit, self._pixels = unit, pixels
        if new_network:
            self._fill_layers()
        self.network.setCurrentIndex(self.network.findData(unit.network))
        self.layer.setCurrentIndex(self.layer.findData(unit.unit.layer))
        self.layer.setToolTip(self.layer.currentText())
        step = self._step()
        if step is None:
            return
        maps, rows, columns = as_map(step.shape)
        for box, value, count in (
            (self.map, unit.unit.map, maps), (self.row, unit.unit.row, rows), (self.column, unit.unit.column, columns),
        ):  # fmt: skip
            first = 1 if box is self.map else 0
            if box.value != first + value or not box.field.hasFocus():
                box.set_value(first + value)
            box.field.setPlaceholderText(f"{first}–{first + count - 1}")
        self.map.caption.setText("map" if len(step.shape) == 3 else "unit")
        self.row.setVisible(not is_single(step.shape))
        self.column.setVisible(not is_single(step.shape))
        self._mark_dead()

    def show_dead(self, dead: NDArray[np.bool_] | None) -> None:
        """Marks the maps (or units) that are dead: bool [maps]; None knows nothing."""
        self._dead = dead
        self._mark_dead()

    def _mark_dead(self) -> None:
        number = self._unit.unit.map if self._unit is not None else 0
        self.dead.setVisible(self._dead is not None and number < len(self._dead) and bool(self._dead[number]))

    def _maps(self) -> NetworkMaps | None:
        unit = self._unit
        return next((one for one in self._networks if unit is not None and one.network == unit.network), None)

    def _step(self) -> Step | None:
        network = self._maps()
        return step_of(network.spec, self._unit.unit.layer) if network is not None and self._unit is not None else None

    def _fill_layers(self) -> None:
        network = self._maps()
        rows = network.spec.rows() if network is not None else ()
        names = [row.name for row in rows]
        if names == [self.layer.itemData(place) for place in range(self.layer.count())]:
            return
        self.layer.clear()
        for row in rows:
            self.layer.addItem(
                f"{layer_name(row.name, row.title)} · {times(*row.shape)}".replace(" x ", " × "), row.name
            )
        if self._unit is not None:
            self.layer.setCurrentIndex(self.layer.findData(self._unit.unit.layer))

    @Slot()
    def _on_network(self) -> None:
        key, unit = self.network.currentData(), self._unit
        network = next((one for one in self._networks if one.network == key), None)
        if network is None or unit is None or key == unit.network:
            return
        step = next((step for step in network.spec.steps() if step.layer.weighted), network.spec.steps()[0])
        self.chosen.emit(UnitOf(network.network, in_layer(step, unit.unit, self._step(), self._pixels)))

    @Slot()
    def _on_layer(self) -> None:
        network, unit, name = self._maps(), self._unit, self.layer.currentData()
        step = step_of(network.spec, str(name)) if network is not None else None
        if step is not None and unit is not None and name != unit.unit.layer:
            self.chosen.emit(UnitOf(unit.network, in_layer(step, unit.unit, self._step(), self._pixels)))

    @Slot()
    def _on_number(self) -> None:
        unit, step = self._unit, self._step()
        if unit is None or step is None:
            return
        # What is typed may be beyond the layer: the nearest unit that there is.
        wanted = (self.map.value - 1, self.row.value, self.column.value)
        pairs = zip(wanted, as_map(step.shape), strict=True)
        number, row, column = (min(max(at, 0), count - 1) for at, count in pairs)
        self.chosen.emit(UnitOf(unit.network, Unit(unit.unit.layer, number, row, column)))


def _list(name: str, tip: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setMinimumContentsLength(_LIST_CHARACTERS)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    explain_on_focus(made)
    return made
