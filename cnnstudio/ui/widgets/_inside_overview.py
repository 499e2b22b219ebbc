"""The first level: the networks of the race above each other, each as a strip of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.core.inside import NetworkMaps, Unit
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._inside_colour import ScaleOf
from cnnstudio.ui.widgets._inside_place import Place, stretch_of
from cnnstudio.ui.widgets._inside_plan import plan
from cnnstudio.ui.widgets._inside_row import NetworkRow
from cnnstudio.ui.widgets._inside_specs import Card
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.rooms import Scrolled


class Overview(Scrolled):
    """One row for each network; rows are kept from answer to answer.

    Signals:
        layer_chosen((network, layer, map)): The student wants to see this layer.
        flipped((network, path)): The student opened or folded a block.

    Thread: GUI.
    """

    layer_chosen = Signal(object)
    flipped = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._cards: tuple[Card, ...] = ()
        self.rows: dict[str, NetworkRow] = {}
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID_PX)
        self.setWidget(inner)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for row in self.rows.values():
            row.set_theme(theme)

    def show_structure(self, cards: tuple[Card, ...], place: Place, class_names: Sequence[str]) -> None:
        """Shows what the networks are made of.

        Args:
            cards: In the order of the race.
            place: What is folded, and whose the colour scale is.
            class_names: Of the verdict.
        """
        self._cards = cards
        colours = network_colours(cards)
        for network in [one for one in self.rows if one not in colours]:
            row = self.rows.pop(network)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for number, card in enumerate(cards):
            row = self.rows.get(card.network) or self._make_row(card.network)
            self._column.insertWidget(number, row, stretch_of(card.spec))
            row.show_scale(place.scale)
            row.show_structure(card.spec, place.every, place.flips(card.network), colours[card.network])
            row.strip.set_class_names(class_names)

    def _make_row(self, network: str) -> NetworkRow:
        row = NetworkRow(self._theme, network)
        row.layer_chosen.connect(self.layer_chosen)
        row.flipped.connect(self.flipped)
        self.rows[network] = row
        return row

    def show_maps(self, answer: Sequence[NetworkMaps], words: Mapping[str, str]) -> None:
        """Shows what the networks computed; those that are not in the answer stand there as structure alone.

        Args:
            answer: By network.
            words: Which weights each network has, by its key.
        """
        by_key = {one.network: one for one in answer}
        names, colours = short_names(self._cards), network_colours(self._cards)
        for card in self._cards:
            row = self.rows[card.network]
            row.show_maps(by_key.get(card.network))
            name = names[card.network]
            title = card.title if card.title != name else ""
            said = [title, f"{card.spec.parameters:,} weights", words.get(card.network, "")]
            row.show_name(name, " · ".join(part for part in said if part), colours[card.network])

    def show_scale(self, scale_of: ScaleOf) -> None:
        """Chooses whose the colour scale is."""
        for row in self.rows.values():
            row.show_scale(scale_of)

    def show_unit(self, unit: Unit | None, of: str) -> None:
        """Frames the selected unit of one network, or none."""
        for network, row in self.rows.items():
            row.strip.set_unit(unit if network == of else None)

    def shown_layers(self, place: Place) -> tuple[str, ...]:
        """Names of the layers whose maps are drawn."""
        shown: dict[str, None] = {}
        for card in self._cards:
            for box in plan(card.spec, place.every, place.flips(card.network)).boxes:
                shown[box.shown] = None
        return tuple(shown)
