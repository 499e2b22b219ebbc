"""Unit: everything about one unit of one network, at any moment."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import RunEnded, RunStarted
from cnnstudio.core.inside import ExplainUnit, LayerMaps, NetworkMaps, ReadMaps, Unit, UnitArithmetic
from cnnstudio.core.layers import Step
from cnnstudio.ui.panels._following import FollowingPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._sum_line import plain
from cnnstudio.ui.widgets.attribution_base import NO_NETWORK
from cnnstudio.ui.widgets.basic import ElidedLabel, label, notice
from cnnstudio.ui.widgets.breadcrumb import Breadcrumb, unit_words
from cnnstudio.ui.widgets.unit_body import UnitBody
from cnnstudio.ui.widgets.unit_choice import (
    as_map,
    first_unit,
    fitted,
    is_single,
    shape_read,
    source_of,
    step_of,
    unit_over,
)
from cnnstudio.ui.widgets.unit_chooser import UnitChooser
from cnnstudio.ui.widgets.unit_searches import UnitSearches

_MOST_UNITS: Final = 4096
_WIDE_EM: Final = 45
_NO_LIMIT_PX: Final = 16_777_215
"""Qt's own largest size."""
_NO_PICTURE: Final = "Draw a picture, or take one of the data set: a unit has a value only for a picture."
_LOADING: Final = "The unit shows as soon as PyTorch is loaded."
_UNTRAINED: Final = "{} has not learned anything yet: press Run, and look at its units while it learns."


class UnitPanel(FollowingPanel):
    """Chooser and breadcrumb above everything about the chosen unit.

    Thread: GUI.
    """

    INFO = PanelInfo(id="unit", title="What does this unit do?", short="Unit", group="Look inside", order=30)

    def build(self) -> None:
        """Makes the rows of controls and the body."""
        super().build()
        self._networks: tuple[NetworkMaps, ...] = ()
        self._maps: NetworkMaps | None = None
        self._told: UnitArithmetic | None = None
        self.chooser = UnitChooser()
        self.chooser.chosen.connect(self._on_chosen)
        self.chooser.failed.connect(self._on_typed)
        self.controls.addWidget(self.chooser, 1)
        line = QHBoxLayout()
        line.setSpacing(2 * GRID_PX)
        self.breadcrumb = Breadcrumb(self.studio.theme)
        self.breadcrumb.went.connect(self._on_went)
        self.value = label("", "heading", tip="The unit's value for this picture, at this moment.")
        self.when = ElidedLabel("muted")
        line.addWidget(self.breadcrumb, 3)
        line.addWidget(self.value)
        line.addWidget(self.when, 1)
        self.body.addLayout(line)
        self.note = label("", "small", wrap=True)
        self.note.setVisible(False)
        self.body.addWidget(self.note)
        self.notice = notice(_LOADING)
        self.body.addWidget(self.notice, 1)
        self.parts = UnitBody(self.studio.theme)
        self.body.addWidget(self.parts, 1)
        self.searches = UnitSearches(self.studio, self.parts, self.chooser)
        self._connect()
        self._tell(_LOADING)

    def _connect(self) -> None:
        parts = self.parts
        parts.field.placed.connect(self._on_placed)
        parts.field.numbered.connect(self._on_numbered)
        parts.field.stepped.connect(self._on_stepped)
        parts.field.sighted.connect(self._on_sighted)
        parts.arithmetic.followed.connect(self._on_chosen)
        parts.pictures.taken.connect(self._on_taken)
        parts.made.taken.connect(self._on_taken)

    # What the study tells

    def sync(self) -> None:
        """Shows the study as it is."""
        self._ask_networks()

    def on_run_started(self, event: RunStarted) -> None:
        """Perhaps other networks, and the first weights."""
        self.searches.forget()
        super().on_run_started(event)

    def on_run_ended(self, event: RunEnded) -> None:
        """The last weights."""
        self._ask()
        self.searches.soon()

    def on_moment(self, step: int | None) -> None:
        """The unit at another moment, at once; its record when the moment stands still."""
        super().on_moment(step)
        self.searches.soon()

    def on_picture(self) -> None:
        """The unit's value for another picture, at once."""
        picture = self.studio.picture
        shapes = {one.spec.input_shape for one in self._networks}
        if picture is None or shapes != {picture.shape}:
            self._ask_networks()
        else:
            self._ask()

    def on_unit(self, unit: UnitOf | None) -> None:
        """Another unit."""
        self._choose()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        self.breadcrumb.set_theme(theme)
        self.chooser.set_theme(theme)
        self.parts.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """What was open, and how it is shown."""
        return {
            "tab": self.parts.tab,
            "patches": self.parts.pictures.cuts,
            "gradient": self.parts.field.glow.isChecked(),
        }

    def restore(self, settings: dict[str, Any]) -> None:
        """Opens it so again."""
        self.parts.set_tab(str(settings.get("tab")))
        self.parts.pictures.set_cuts(settings.get("patches") is True)
        self.parts.field.glow.setChecked(settings.get("gradient") is not False)

    def hideEvent(self, event: QHideEvent) -> None:
        """What is hidden is not computed."""
        super().hideEvent(event)
        self.searches.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the moment is named in the value's tip alone."""
        super().resizeEvent(event)
        self.when.setMaximumWidth(_NO_LIMIT_PX if self.width() >= _WIDE_EM * self.studio.theme.body_px else 0)

    # Asking

    def _ask_networks(self) -> None:
        """Which networks and layers are there?"""
        studio, picture = self.studio, self.studio.picture
        if picture is None or not studio.reading.networks:
            self._tell(_NO_PICTURE if picture is None else NO_NETWORK)
            return
        if studio.engine is None or (studio.ready is None and not self._networks):
            self._tell(_LOADING)
        config = studio.reading
        question = ReadMaps(picture, config.dataset, config.networks, studio.moment, layers=(), most=1)
        studio.ask(question, self._on_networks, self._on_no_networks, slot="unit networks")

    def _on_networks(self, networks: tuple[NetworkMaps, ...]) -> None:
        self._networks = networks
        self._say("")
        self.chooser.show_networks(networks)
        self._choose()

    def _on_no_networks(self, report: ErrorReport) -> None:
        self._tell(report.sentence)

    def _choose(self) -> None:
        """Takes the study's unit, or the nearest one that there is."""
        picture, wanted = self.studio.picture, self.studio.unit
        if picture is None or not self._networks:
            return
        if wanted is None:
            self.studio.set_unit(first_unit(self._networks, picture))
            return
        unit, said = fitted(wanted, self._networks, picture)
        if unit != wanted:
            self._say(said)
            self.studio.set_unit(unit)
            return
        self._show_unit(wanted, picture)

    def _show_unit(self, unit: UnitOf, picture: NDArray[np.uint8]) -> None:
        self.chooser.show_unit(unit, picture)
        network, step = self._network, self._step
        if network is not None and step is not None:
            row = next(row for row in network.spec.rows() if row.name == unit.unit.layer)
            self.breadcrumb.set_parts((network.title, row.title, unit_words(unit.unit, step.shape)))
            self.searches.set_unit(unit, flat=len(step.shape) != 3)
        self._ask()
        self.searches.soon()

    @property
    def _unit(self) -> UnitOf | None:
        unit = self.studio.unit
        return unit if unit is not None and self._network is not None and self._step is not None else None

    @property
    def _network(self) -> NetworkMaps | None:
        unit = self.studio.unit
        return next((one for one in self._networks if unit is not None and one.network == unit.network), None)

    @property
    def _step(self) -> Step | None:
        network, unit = self._network, self.studio.unit
        return step_of(network.spec, unit.unit.layer) if network is not None and unit is not None else None

    def _ask(self) -> None:
        """What the unit computes for the picture, at the moment."""
        studio, unit, step = self.studio, self._unit, self._step
        if studio.picture is not None and not self._networks:
            self._ask_networks()  # which networks there are was asked of another moment, and given up with it
        if studio.picture is None or unit is None or step is None:
            return
        dataset = studio.reading.dataset
        most = min(step.shape[0], _MOST_UNITS) if is_single(step.shape) else unit.unit.map + 1
        maps = ReadMaps(studio.picture, dataset, (unit.network,), studio.moment, (unit.unit.layer,), most)
        studio.ask(maps, self._on_maps, self._on_problem, slot="unit maps")
        told = ExplainUnit(studio.picture, dataset, unit.network, unit.unit, studio.moment)
        studio.ask(told, self._on_told, self._on_problem, slot="unit arithmetic")

    def _on_maps(self, answer: tuple[NetworkMaps, ...]) -> None:
        unit = self._unit
        if not answer or unit is None:
            return
        maps = self._maps = answer[0]
        if maps.weights_from == "none":
            self.searches.trained = False
            self._tell(_UNTRAINED.format(maps.title))
            return
        self._tell("")
        self.searches.trained = True
        self.when.set_whole(_when(maps))
        layer = self._layer(unit.unit.layer)
        if layer is not None:
            self.parts.field.show_map(layer, unit.unit)
        self._show_told()

    def _on_told(self, told: UnitArithmetic) -> None:
        self._told = told
        self._show_told()

    def _show_told(self) -> None:
        """Shows the arithmetic, once its network is known to be trained."""
        told, unit, picture, network = self._told, self._unit, self.studio.picture, self._network
        if told is None or unit is None or picture is None or network is None or self._maps is None:
            return
        if (told.network, told.unit) != (unit.network, unit.unit) or self._maps.network != told.network:
            return
        self.parts.refuse("")
        pixels = self._layer("picture")
        bright = (pixels.lowest, pixels.highest) if pixels is not None else (0.0, 1.0)
        step = self._step
        extent = shape_read(network.spec, told.reads[0]) if told.reads else None
        self.parts.arithmetic.show_told(
            told, step.layer.kind if step is not None else "", extent, bright,
            lambda index: source_of(told, index, self._networks),
        )  # fmt: skip
        self.parts.field.show_told(told, picture)
        self.value.setText(plain(told.value))
        self.value.setToolTip(f"The unit's value for this picture: {told.value:.9g}, {self.when.whole}.")
        self.searches.show_value(told)

    def _layer(self, name: str) -> LayerMaps | None:
        layers = self._maps.layers if self._maps is not None else ()
        return next((layer for layer in layers if layer.layer == name), None)

    def _on_problem(self, report: ErrorReport) -> None:
        if self._told is None and (self.searches.trained or self._maps is None):
            self._tell(report.sentence)
        self.value.setText("")
        self.parts.refuse(report.sentence)

    # What a person does

    @Slot(object)
    def _on_chosen(self, unit: UnitOf) -> None:
        self._say("")
        self.studio.set_unit(unit)

    @Slot(object)
    def _on_typed(self, report: ErrorReport | None) -> None:
        self._say(report.sentence if report is not None else "")

    def _go(self, number: int, row: int, column: int) -> None:
        unit, step = self._unit, self._step
        if unit is None or step is None:
            return
        maps, rows, columns = as_map(step.shape)
        number, row, column = (
            min(max(at, 0), count - 1) for at, count in ((number, maps), (row, rows), (column, columns))
        )
        self._on_chosen(UnitOf(unit.network, Unit(unit.unit.layer, number, row, column)))

    @Slot(object)
    def _on_placed(self, place: tuple[int, int]) -> None:
        if self._unit is not None:
            self._go(self._unit.unit.map, *place)

    @Slot(object)
    def _on_numbered(self, number: int) -> None:
        self._go(number, 0, 0)

    @Slot(object)
    def _on_stepped(self, way: tuple[int, int]) -> None:
        unit, across = self._unit, self.parts.field.flat_columns
        if unit is not None and across:
            self._go(unit.unit.map + way[0] * across + way[1], 0, 0)
        elif unit is not None:
            self._go(unit.unit.map, unit.unit.row + way[0], unit.unit.column + way[1])

    @Slot(object)
    def _on_sighted(self, pixel: tuple[int, int]) -> None:
        if self._unit is not None and self._step is not None and not is_single(self._step.shape):
            self._go(self._unit.unit.map, *unit_over(self._step.field, pixel))

    @Slot(object)
    def _on_went(self, part: int) -> None:
        unit = self.studio.unit
        if unit is not None:
            self.studio.want_layer(unit.network, unit.unit.layer if part else "")

    @Slot(object)
    def _on_taken(self, taken: tuple[NDArray[np.uint8], str]) -> None:
        self.studio.offer_picture(*taken)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page up and page down go to the map before and the next one."""
        steps = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        if event.key() in steps and self._unit is not None:
            unit = self._unit.unit
            self._go(unit.map + steps[Qt.Key(event.key())], unit.row, unit.column)
        else:
            super().keyPressEvent(event)

    # What is said

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _tell(self, text: str) -> None:
        """Shows a sentence in the place of everything; "" shows everything again."""
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self.parts.setVisible(not text)
        self.chooser.setVisible(bool(self._networks))
        for part in (self.breadcrumb, self.value, self.when):
            part.setVisible(not text)
        if text:
            self._told = None


def _when(maps: NetworkMaps) -> str:
    if maps.weights_from == "shipped":
        learned = f", trained on {maps.learned_on}" if maps.learned_on else ""
        return f"shipped weights{learned}"
    return "now" if maps.step is None else f"at step {maps.step:,}"


PANEL = UnitPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(UnitPanel))
