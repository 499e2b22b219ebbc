"""The student's picture at every offset, and turned, scaled, disturbed, covered and faded more and more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.core.experiment import Chart, Series
from cnnstudio.core.knobs import parse_key
from cnnstudio.core.moving import REACH_PX, Curves, NetworkCurve, NetworkOffsets, OffsetMap, OffsetMaps, Transformed
from cnnstudio.core.percent import percent
from cnnstudio.core.picture_changes import shifted
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.attribution_colours import plain
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label
from cnnstudio.ui.widgets.experiment_chart import ExperimentChart
from cnnstudio.ui.widgets.live_view import LiveView
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb
from cnnstudio.ui.widgets.move_words import (
    KIND_WORDS,
    amount_words,
    count_words,
    more_words,
    moved_words,
    place_words,
    range_words,
    source_words,
    taught_words,
    unfair_words,
    unlike,
)
from cnnstudio.ui.widgets.offset_field import OffsetField
from cnnstudio.ui.widgets.rooms import bare_row
from cnnstudio.ui.widgets.shown_map import ShownMap
from cnnstudio.ui.widgets.square_grid import MapCell, Said, SquareGrid
from cnnstudio.ui.widgets.unlike_row import UnlikeRow

Offset = tuple[int, int]

MAP: Final = "map"
POOLED: Final = "small_cnn"
"""A CNN whose maps end in global pooling; it is asked too, as far as it has weights."""
_SLOT: Final = "move"
_TILE_PX: Final = 44
_PICTURE_TIP: Final = "The picture as it is moved now. The arrow keys move it on; Home brings it back."


class MoveView(LiveView):
    """A tab for the map of offsets, and one for each change that has a curve.

    Attributes:
        tabs: By "map" and kind of change.
        label_box: Which class counts as right.
        offset: How far the picture is moved now: px down, px right.
        cells: The maps, by network.
        chart: The curve.
        strip: The changed pictures.
        unlike_row: Says where networks that learned something else cannot be compared.

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes everything."""
        super().__init__(studio)
        self.offset: Offset = (0, 0)
        self._maps: OffsetMaps | None = None
        self._of: NDArray[np.uint8] | None = None
        self._curves: Curves | None = None
        self._heads: dict[str, tuple[str, QColor, NetworkOffsets]] = {}
        self._asked: tuple[NDArray[np.uint8], str] | None = None
        self.corner = self._build_corner()
        self._build_row()
        self.unlike_row = UnlikeRow(studio)
        self.content.addWidget(self.unlike_row)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._build_map())
        self._stack.addWidget(self._build_curves())
        self.content.addWidget(self._stack, 1)

    def _build_row(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX + GRID_PX // 2)
        self._group = QButtonGroup(self)
        self.tabs: dict[str, QPushButton] = {}
        words = {MAP: ("Offsets", "The picture at every offset up to 13 px.")}
        words |= {kind: (title, tip) for kind, (title, _, tip) in KIND_WORDS.items()}
        for name, (title, tip) in words.items():
            made = button(title, "tab", tip=tip, checkable=True)
            made.clicked.connect(self._on_tab)
            self._group.addButton(made)
            self.tabs[name] = made
            row.addWidget(made)
        self.tabs[MAP].setChecked(True)
        row.addStretch(1)
        self.content.addLayout(row)

    def _build_corner(self) -> QWidget:
        made, row = bare_row()
        self.label_box = QComboBox()
        self.label_box.addItem("its own verdict", None)
        self.label_box.setAccessibleName("What counts as right")
        self.label_box.setToolTip(
            "What counts as right: what each network says of the unchanged picture, or the class that you meant."
        )
        self.label_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        explain_on_focus(self.label_box)
        self.label_box.activated.connect(self._on_label)
        row.addWidget(label("right is", "muted", tip=self.label_box.toolTip()))
        row.addWidget(self.label_box)
        return made

    def _build_map(self) -> QWidget:
        self.grid = SquareGrid()
        self.moved_line = ElidedLabel("heading")
        self.picture = ShownMap(self.studio.theme, "The moved picture", keys=True)
        self.picture.setToolTip(_PICTURE_TIP)
        self.picture.stepped.connect(self._on_step)
        self.below = Said()
        self._first = MapCell(self.moved_line, self.picture, self.below)
        self.cells: dict[str, MapCell] = {}
        self.grid.set_cells([self._first])
        return self.grid

    def _build_curves(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.chart = ExperimentChart(self.studio.theme)
        self.strip = Mosaic(self.studio.theme, "The changed pictures", tile_px=_TILE_PX, one_row=True)
        self.strip.chosen.connect(self._on_picture)
        self.ranges = label("", wrap=True)
        column.addWidget(self.chart, 1)
        column.addWidget(self.strip)
        column.addWidget(self.ranges)
        return made

    @property
    def tab(self) -> str:
        """Which tab is open."""
        return next(name for name, one in self.tabs.items() if one.isChecked())

    # What the panel tells

    def refresh(self) -> None:
        """Asks at once."""
        self._list_classes()
        super().refresh()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for part in (self.picture, self.chart, self.strip):
            part.set_theme(theme)
        for cell in self.cells.values():
            cell.set_theme(theme)
        self.grid.align()
        self._show_places()

    def settings(self) -> dict[str, Any]:
        """Tab, offset, class."""
        return {"tab": self.tab, "offset": list(self.offset), "label": self.label_box.currentData()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes them back."""
        tab, offset, wanted = settings.get("tab"), settings.get("offset"), settings.get("label")
        self.tabs[tab if tab in self.tabs else MAP].setChecked(True)
        if isinstance(offset, list) and len(offset) == 2 and all(isinstance(one, int) for one in offset):
            self._go_to((int(offset[0]), int(offset[1])))
        self._list_classes()
        if isinstance(wanted, int) and not isinstance(wanted, bool):
            self.label_box.setCurrentIndex(max(0, self.label_box.findData(wanted)))
        self._stack.setCurrentIndex(int(self.tab != MAP))

    # Asking

    def networks(self) -> tuple[str, ...]:
        """The networks of the study, and one with global pooling where none of them has it."""
        chosen = self.studio.reading.networks
        return chosen if any(parse_key(key)[0] == POOLED for key in chosen) else (*chosen, POOLED)

    def _ask(self) -> None:
        picture = self.studio.picture
        if not self.can_ask(shown=self._maps is not None) or picture is None:
            return
        wanted, tab = self.label_box.currentData(), self.tab
        dataset, moment = self.studio.reading.dataset, self.studio.moment
        self._asked = picture, tab
        if self._maps is None:
            self._show_places()
        if tab == MAP:
            about = OffsetMap(picture, dataset, self.networks(), moment, wanted)
            self.ask(about, self._on_maps, _SLOT)
        else:
            kind = next(each for each in KIND_WORDS if each == tab)
            change = Transformed(picture, dataset, self.networks(), kind, (), moment, wanted)
            self.ask(change, self._on_curves, _SLOT)

    def _on_maps(self, found: OffsetMaps) -> None:
        self.tell("")
        self._maps, self._of = found, self._asked[0] if self._asked is not None else None
        kept = [one for one in found.networks if one.network != POOLED or one.right is not None or self._chosen(one)]
        names, hues = self._names(kept), network_colours(kept)
        cells = {one.network: self.cells.get(one.network) or self._cell(one) for one in kept}
        if list(cells) != list(self.cells):
            self.cells = cells
            self.grid.set_cells([self._first, *cells.values()])
        apart = self._tell_unfair(kept, names)
        for one in kept:
            self._show_map(one, names[one.network], found)
            self.cells[one.network].set_apart(one.network in apart)
        self._heads = {one.network: (names[one.network], hues[one.network], one) for one in kept}
        self._show_places()

    def _names(self, found: Sequence[NetworkOffsets] | Sequence[NetworkCurve]) -> dict[str, str]:
        """The names that the study's networks have everywhere; the further one has its title."""
        studied = self.studio.reading.networks
        return {one.network: one.title for one in found} | short_names(one for one in found if one.network in studied)

    def _tell_unfair(
        self, found: Sequence[NetworkOffsets] | Sequence[NetworkCurve], names: dict[str, str]
    ) -> list[str]:
        """Says which networks learned something else than the study's, and gives their keys."""
        apart = unlike(found, self.studio.reading.networks)
        self.unlike_row.say(unfair_words(found, apart, names), [one.network for one in found])
        return apart

    def _chosen(self, one: NetworkOffsets) -> bool:
        return one.network in self.studio.reading.networks

    def _cell(self, one: NetworkOffsets) -> MapCell:
        field = OffsetField(self.studio.theme, one.title)
        field.dragged.connect(self._on_place)
        field.stepped.connect(self._on_step)
        field.describe = lambda row, column, key=one.network: self._said_at(key, row, column)
        return MapCell(NameLine(self.studio.theme), field, Said())

    def _show_map(self, one: NetworkOffsets, name: str, found: OffsetMaps) -> None:
        cell = self.cells[one.network]
        field, said = cell.picture, more_words(one, found.class_names)
        assert isinstance(field, OffsetField)  # `_cell` made it
        cell.words.setToolTip(said)
        if one.probability is None or one.right is None:
            field.set_map(np.zeros((0, 0, 3), np.uint8))
            field.say("Not trained yet.")
        else:
            hue = network_colours(found.networks)[one.network]
            field.set_offsets(one.probability, one.right, found.kept, hue, said)
            field.say("")

    def _said_at(self, key: str, row: int, column: int) -> str:
        """The tip of a place on a map."""
        found = self._maps
        one = next((each for each in found.networks if each.network == key), None) if found is not None else None
        if found is None or one is None:
            return ""
        offset = (row - REACH_PX, column - REACH_PX)
        kept = percent(float(found.kept[row, column]))
        return f"{moved_words(offset)}: {place_words(one, offset, found.class_names)}. {kept} of the ink is left."

    def _on_curves(self, found: Curves) -> None:
        self.tell("")
        self._curves = found
        kept = [one for one in found.networks if one.network != POOLED or one.right is not None]
        names = self._names(kept)
        apart = self._tell_unfair(kept, names)
        ones = (1,) * len(found.amounts)
        lines = tuple(
            Series(
                names[one.network],
                found.amounts,
                shares,
                shares,
                shares,
                ones,
                one.network,
                one.role,
                dashed=one.network in apart,
            )
            for one in kept
            if one.probability is not None and (shares := tuple(float(share) for share in one.probability))
        )
        title, axis, _ = KIND_WORDS[found.kind]
        whose = "probability of the class that counts as right"
        self.chart.set_chart(Chart(found.kind, f"{title}: {whose}", "lines", axis, whose, lines))
        captions = [[Word(f"{amount:g}")] for amount in found.amounts]
        self.strip.set_tiles(as_rgb(found.images), captions, [amount_words(found, at) for at in range(len(ones))])
        said = [f"{names[one.network]}: {range_words(one, found.kind, found.amounts, found.unit)}" for one in kept]
        self.ranges.setText("; ".join(said) + ".")

    # What a person does

    @Slot()
    def _on_tab(self) -> None:
        self._stack.setCurrentIndex(int(self.tab != MAP))
        self._pacer.now()

    @Slot(int)
    def _on_label(self, index: int) -> None:
        self._pacer.now()

    @Slot(object)
    def _on_place(self, cell: tuple[int, int]) -> None:
        self._go_to((cell[0] - REACH_PX, cell[1] - REACH_PX))

    @Slot(object)
    def _on_step(self, step: tuple[int, int]) -> None:
        self._go_to((self.offset[0] + step[0], self.offset[1] + step[1]))

    @Slot(object)
    def _on_picture(self, index: int) -> None:
        if self._curves is not None:
            self.studio.offer_picture(self._curves.images[index])

    def _go_to(self, offset: Offset) -> None:
        down, right = (min(max(px, -REACH_PX), REACH_PX) for px in offset)
        self.offset = (down, right)
        self._show_places()

    def _show_places(self) -> None:
        """The moved picture, and what each network says of it."""
        self.moved_line.set_whole(moved_words(self.offset))
        found, of = self._maps, self._of if self._of is not None else self.studio.picture
        if of is None:
            return
        moved = shifted(of, *self.offset)
        self.picture.set_map(plain(moved), said=moved_words(self.offset))
        if found is None:
            self.below.say("The networks read it now", f"at every offset up to {REACH_PX} px")
            return
        kept = float(found.kept[REACH_PX + self.offset[0], REACH_PX + self.offset[1]])
        self.below.say(f"{percent(kept)} of the ink is left", "drag on a map to move it")
        for key, (name, hue, one) in self._heads.items():
            cell = self.cells[key]
            if isinstance(cell.head, NameLine) and isinstance(cell.picture, OffsetField):
                cell.head.show_name(name, source_words(one), hue)
                cell.picture.set_offset(self.offset)
            if isinstance(cell.words, Said):
                learned = f"learned {taught_words(one.taught)}" if one.taught is not None else ""
                cell.words.say(place_words(one, self.offset, found.class_names), count_words(one), learned)

    def _list_classes(self) -> None:
        names = self.class_names()
        if self.label_box.count() - 1 == len(names):
            return
        chosen = self.label_box.currentData()
        with QSignalBlocker(self.label_box):
            self.label_box.clear()
            self.label_box.addItem("its own verdict", None)
            for place, name in enumerate(names):
                self.label_box.addItem(name, place)
            self.label_box.setCurrentIndex(max(0, self.label_box.findData(chosen)))
