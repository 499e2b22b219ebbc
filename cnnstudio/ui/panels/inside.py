"""Inside: what every layer makes of the picture, in three levels: network, layer, unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QStackedWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.inside import LayerKernels, NetworkMaps, ReadMaps, Unit
from cnnstudio.ui.panels._following import FollowingPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import Theme, network_colours
from cnnstudio.ui.widgets._inside_colour import SCALES, layer_scale, top_of
from cnnstudio.ui.widgets._inside_layer import LayerPage
from cnnstudio.ui.widgets._inside_overview import Overview
from cnnstudio.ui.widgets._inside_place import Place, has_layer, kernel_questions, place_words, row_of
from cnnstudio.ui.widgets._inside_plan import Box, plan
from cnnstudio.ui.widgets._inside_specs import Card, Structure, cards_of, structure_of, when
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.basic import button, explain_on_focus, label
from cnnstudio.ui.widgets.breadcrumb import Breadcrumb

_MAPS_SLOT: Final = "inside maps"
_RANGES_SLOT: Final = "inside ranges"
_KERNELS_SLOT: Final = "inside kernels"
_ALL_MAPS: Final = 1_024
"""More maps of one layer than any screen shows."""

_SCALE_TIP: Final = (
    "What the strongest colour stands for: the largest value of each map (weak maps show too), of the layer, or of the "
    "whole network (layers can be compared)."
)
_NO_PICTURE: Final = "Draw something, or take a picture from the data set: every map then shows what it makes of it."
_UNTRAINED: Final = "No network here has learned this data set yet: press Run, and watch the maps take shape."
_SELECT: Final = "Click a number to select its unit."
_LOADING: Final = "The maps show as soon as PyTorch is loaded."


class InsidePanel(FollowingPanel):
    """Strips of layers; one layer with all its maps and kernels; and the way to one unit.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="inside",
        title="What does every layer make of the picture?",
        short="Inside",
        group="Look inside",
        order=20,
    )

    def build(self) -> None:
        """Makes the bar, and the two levels that are this panel's own."""
        super().build()
        self._place = Place()
        self._structure = Structure((), ())
        self._cards: tuple[Card, ...] = ()
        self._answer: tuple[NetworkMaps, ...] = ()
        self._top = 0.0
        self._scrolls: dict[tuple[str, str], int] = {}
        self._build_bar()
        self.notice = label("", "muted", wrap=True)
        self.notice.hide()
        self.body.addWidget(self.notice)
        self.stack = QStackedWidget()
        self.body.addWidget(self.stack, 1)
        self.overview = Overview(self.studio.theme)
        self.overview.layer_chosen.connect(self._on_layer)
        self.overview.flipped.connect(self._on_flipped)
        self.stack.addWidget(self.overview)
        self.page = LayerPage(self.studio.theme)
        self.page.step_chosen.connect(self._on_step)
        self.page.unit_chosen.connect(self._on_unit_chosen)
        self.page.opened.connect(self._open_unit)
        self.stack.addWidget(self.page)
        self.studio.engine_ready.connect(self._on_ready)

    def _build_bar(self) -> None:
        self.crumbs = Breadcrumb(self.studio.theme)
        self.crumbs.went.connect(self._on_crumb)
        self.controls.addWidget(self.crumbs, 1)
        self.every = button("Every step", "quiet", checkable=True, tip="Activations and normalisations have columns of "
                            "their own; else a column shows what comes out after them.")  # fmt: skip
        self.every.toggled.connect(self._on_every)
        self.controls.addWidget(self.every)
        self.scale = QComboBox()
        self.scale.addItems([f"colours per {one}" for one in SCALES])
        self.scale.setCurrentIndex(SCALES.index(self._place.scale))
        self.scale.setToolTip(_SCALE_TIP)
        self.scale.setAccessibleName("colour scale")
        explain_on_focus(self.scale)
        self.scale.currentIndexChanged.connect(self._on_scale)
        self.controls.addWidget(self.scale)

    # Hooks

    def sync(self) -> None:
        """Shows the structure, and asks for the maps as they are now."""
        self._structure = structure_of(self.studio.reading)
        self._take_cards(self._structure.cards)
        wanted, self.studio.layer_wanted = self.studio.layer_wanted, None
        if wanted not in (None, (self._place.network, self._place.layer)):
            self._go(*wanted)
        else:
            self._ask()

    def on_picture(self) -> None:
        """Another picture, or one more stroke: the maps follow at once."""
        self._ask_maps()

    def on_networks(self) -> None:
        """Other networks: what is known is of those before."""
        self._answer = ()
        self.sync()

    def on_unit(self, unit: UnitOf | None) -> None:
        """Another unit is selected: it is framed wherever it is seen."""
        self._show_unit()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        self.crumbs.set_theme(theme)
        self.page.set_theme(theme)
        self.overview.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """Where one is, and how it is shown."""
        return self._place.to_json()

    def restore(self, settings: dict[str, Any]) -> None:
        """Goes there again."""
        place = Place.from_json(settings)
        self.every.setChecked(place.every)
        self.scale.setCurrentIndex(SCALES.index(place.scale))
        self._place = place
        if self._cards:
            self._show_structure()
        if self.isVisible():
            self.sync()

    # What a person does

    @Slot(object)
    def _on_ready(self, event: object) -> None:
        if self.isVisible():
            self._ask()

    @Slot(bool)
    def _on_every(self, checked: bool) -> None:
        self._place = replace(self._place, every=checked, flipped=())
        if self._cards:
            self._show_structure()
            self._ask_maps()

    @Slot(int)
    def _on_scale(self, index: int) -> None:
        self._place = replace(self._place, scale=SCALES[index])
        self.overview.show_scale(self._place.scale)
        self.page.set_each(self._place.scale == "map")
        if self._place.layer:
            self._ask_maps()

    @Slot(object)
    def _on_flipped(self, flipped: tuple[str, str]) -> None:
        self._place = self._place.with_flip(*flipped)
        self._show_structure()
        self._ask_maps()

    @Slot(object)
    def _on_layer(self, chosen: tuple[str, str, int | None]) -> None:
        network, layer, index = chosen
        self._go(network, layer)
        self.page.mosaic.setFocus()
        self.page.mosaic.go_to(index if index is not None else 0)

    @Slot(str)
    def _on_step(self, layer: str) -> None:
        self._go(self._place.network, layer)

    @Slot(object)
    def _on_crumb(self, index: int) -> None:
        if index == 0:
            self._go_up()
        else:
            self.studio.set_unit(None)

    @Slot(object)
    def _on_unit_chosen(self, place: tuple[int, int, int]) -> None:
        self.studio.set_unit(UnitOf(self._place.network, Unit(self._place.layer, *place)))

    @Slot()
    def _open_unit(self) -> None:
        if self._selected is not None:
            self.studio.panel_wanted.emit("unit")

    @Slot()
    def _go_up(self) -> None:
        network, layer = self._place.network, self._place.layer
        if not layer:
            return
        self._go("", "")
        row = self.overview.rows.get(network)
        if row is not None:
            row.strip.setFocus()
            row.strip.go_to(layer)

    def _go(self, network: str, layer: str) -> None:
        """Goes to a layer, or with "" to all networks; every layer keeps its scroll."""
        before = self._place
        if before.layer:
            self._scrolls[before.network, before.layer] = self.page.verticalScrollBar().value()
        self._place = replace(before, network=network, layer=layer)
        self.page.forget_beside()
        self.page.show_kernels(None)
        self._show_place()
        self._ask()
        self.page.scroll_to(self._scrolls.get((network, layer), 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes up."""
        if self._place.layer and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
            self._go_up()
        else:
            super().keyPressEvent(event)

    # Showing

    def _take_cards(self, cards: tuple[Card, ...]) -> None:
        if cards != self._cards and (cards or not self.studio.reading.networks):
            self._cards = cards
            self._show_structure()

    def _show_structure(self) -> None:
        self.overview.show_structure(self._cards, self._place, self._structure.class_names)
        self._show_place()
        self._show_answer()

    def _show_answer(self) -> None:
        if not self._place.layer:
            self.overview.show_maps(self._answer, {one.network: when(one) for one in self._answer})
        elif self._card is not None:
            self._show_layer(self._card)

    def _show_layer(self, card: Card) -> None:
        layer, scale_of_what = self._place.layer, self._place.scale
        name, hue = short_names(self._cards)[card.network], network_colours(self._cards)[card.network]
        answer = next((one for one in self._answer if one.network == card.network), None)
        self.page.show_layer(card.spec, self._box(card), layer, name, hue, when(answer) if answer is not None else "")
        maps = next((one for one in answer.layers if one.layer == layer), None) if answer is not None else None
        top = self._top if scale_of_what == "network" else 0.0
        scale = layer_scale(maps, top) if maps is not None else None
        self.page.show_maps(maps, row_of(card.spec, layer), scale, scale_of_what)

    def _show_place(self) -> None:
        if self._place.layer and self._card is None:
            self._place = replace(self._place, network="", layer="")
        self.stack.setCurrentIndex(int(bool(self._place.layer)))
        self.every.setVisible(not self._place.layer)
        if self._card is not None:
            self._show_layer(self._card)
        self._show_unit()

    @property
    def _card(self) -> Card | None:
        """The network of the layer looked at, where it has that layer."""
        network, layer = self._place.network, self._place.layer
        return next((card for card in self._cards if card.network == network and has_layer(card.spec, layer)), None)

    def _box(self, card: Card) -> Box:
        made = plan(card.spec, self._place.every, self._place.flips(card.network))
        number = made.box_of(self._place.layer)
        return made.boxes[number if number is not None else -1]

    @property
    def _selected(self) -> Unit | None:
        """The selected unit, where it is one of the layer looked at."""
        unit = self.studio.unit
        here = unit is not None and (unit.network, unit.unit.layer) == (self._place.network, self._place.layer)
        return unit.unit if unit is not None and here else None

    def _show_unit(self) -> None:
        unit = self.studio.unit
        self.overview.show_unit(unit.unit if unit is not None else None, unit.network if unit is not None else "")
        parts, card, selected = ["Network"], self._card, self._selected
        if card is not None:
            parts += place_words(short_names(self._cards)[card.network], row_of(card.spec, self._place.layer), selected)
        self.page.show_unit(selected, parts[-1] if selected is not None else _SELECT if card is not None else "")
        self.crumbs.set_parts(parts)

    # Asking

    def _ask(self) -> None:
        self._ask_maps()
        self._ask_kernels()

    def _ask_maps(self) -> None:
        studio = self.studio
        picture, config = studio.picture, studio.reading
        if not config.networks or studio.engine is None or studio.ready is None:
            self._tell(self._structure.problem or _LOADING)
            return
        if picture is None:
            self._answer = ()
            self._show_answer()
            self._tell(self._structure.problem or _NO_PICTURE)
            return
        networks = (self._place.network,) if self._place.layer else config.networks
        layers = (self._place.layer,) if self._place.layer else self.overview.shown_layers(self._place)
        question = ReadMaps(picture, config.dataset, networks, studio.moment, layers)
        if self._place.layer:
            question = replace(question, most=_ALL_MAPS)
            if self._place.scale == "network":
                ranges = replace(question, layers=None, most=1)
                studio.ask(ranges, self._on_ranges, self._on_error, slot=_RANGES_SLOT)
        studio.ask(question, self._on_maps, self._on_error, slot=_MAPS_SLOT)

    def _ask_kernels(self) -> None:
        card, studio = self._card, self.studio
        if card is None or studio.engine is None or studio.ready is None:
            return
        own, others = kernel_questions(
            self._cards, card, self._box(card), self._place.layer, studio.reading.dataset, studio.moment
        )
        if own is not None:
            studio.ask(own, self._on_kernels, self._on_no_kernels, slot=_KERNELS_SLOT)
        for number, question in enumerate(others):
            studio.ask(question, self._on_beside, self._on_no_kernels, slot=f"{_KERNELS_SLOT} {number}")

    def _on_maps(self, answer: tuple[NetworkMaps, ...]) -> None:
        if self._place.layer and {one.network for one in answer} != {self._place.network}:
            return
        self._answer = answer
        if not self._place.layer:
            self._take_cards(cards_of(answer))
        self._show_answer()
        untrained = all(one.weights_from == "none" for one in answer)
        self._tell(_UNTRAINED if untrained else "")

    def _on_ranges(self, answer: tuple[NetworkMaps, ...]) -> None:
        self._top = max((top_of(one.layers) for one in answer), default=0.0)
        self._show_answer()

    def _on_error(self, report: ErrorReport) -> None:
        self._answer = ()
        self._show_answer()
        self._tell(report.sentence)

    def _on_kernels(self, kernels: LayerKernels) -> None:
        card = self._card
        if card is not None and kernels.network == card.network and kernels.layer in self._box(card).names:
            self.page.show_kernels(kernels)

    def _on_beside(self, kernels: LayerKernels) -> None:
        names = short_names(self._cards)
        if self._card is not None and kernels.network in names and kernels.network != self._place.network:
            hue = network_colours(self._cards)[kernels.network]
            self.page.show_beside(kernels, names[kernels.network], hue)

    def _on_no_kernels(self, report: ErrorReport) -> None:
        self.page.show_kernels(None)

    def _tell(self, text: str) -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))


PANEL = InsidePanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(InsidePanel))
