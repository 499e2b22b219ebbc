"""One layer of one network: all its maps, all its kernels, and the first kernels of the other networks beside them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnstudio.core.fields import sees_alike
from cnnstudio.core.inside import LayerKernels, LayerMaps, Unit
from cnnstudio.core.layer_blocks import Block
from cnnstudio.core.layers import times
from cnnstudio.core.network import NetworkSpec, Row
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._inside_colour import Scale, ScaleOf
from cnnstudio.ui.widgets._inside_kernels import KernelsCard
from cnnstudio.ui.widgets._inside_layout import is_flat
from cnnstudio.ui.widgets._inside_legend import Legend
from cnnstudio.ui.widgets._inside_plan import Box
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.layer_mosaic import LayerMosaic
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.rooms import Scrolled

_MOST_TABS: Final = 4
"""Steps of one column that can be chosen; a folded block has many, and its last ones are what one looks for."""


class LayerPage(Scrolled):
    """The second level: a layer's maps above its weights.

    Signals:
        step_chosen(layer): The student wants to see another step of the same column.
        unit_chosen((map, row, column)): The student selected a unit.
        opened(): The student wants everything about the selected unit.

    Thread: GUI.
    """

    step_chosen = Signal(str)
    unit_chosen = Signal(object)
    opened = Signal()

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme, self._hue, self._name = theme, QColor(), ""
        self._each = False
        self._own: LayerKernels | None = None
        self._beside: dict[str, tuple[LayerKernels, str, QColor]] = {}
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, GRID_PX, 0)
        self._column.setSpacing(GRID_PX)
        self._build_head()
        self.mosaic = LayerMosaic(theme)
        self.mosaic.unit_chosen.connect(self.unit_chosen)
        self.mosaic.opened.connect(self.opened)
        self._column.addWidget(self.mosaic)
        self._column.addSpacing(GRID_PX)
        self.heading = label("", "heading", wrap=True)
        self._column.addWidget(self.heading)
        self.kernels = KernelsCard(theme)
        self.kernels.chosen.connect(self.mosaic.go_to)
        self._column.addWidget(self.kernels)
        self._cards: list[KernelsCard] = []
        self._column.addStretch(1)
        self.setWidget(inner)
        self._wished: int | None = None
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range)
        bar.actionTriggered.connect(self._on_scrolled)

    def _build_head(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2 * GRID_PX)
        self.line = NameLine(self._theme)
        self.legend = Legend(self._theme)
        head.addWidget(self.line, 1)
        head.addWidget(self.legend)
        self._column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID_PX)
        self._steps = QButtonGroup(self)
        self._tabs: list[QPushButton] = []
        for _ in range(_MOST_TABS):
            tab = button("", "tab", checkable=True, tip="What came out of this step.")
            self._steps.addButton(tab)
            self._tabs.append(tab)
            row.addWidget(tab)
        self._steps.buttonClicked.connect(self._on_tab)
        row.addStretch(1)
        self.unit_words = label("", "muted")
        row.addWidget(self.unit_words)
        self.unit_button = button("About this unit", tip="Its arithmetic, what it sees, and what excites it most.")
        self.unit_button.clicked.connect(self.opened)
        row.addWidget(self.unit_button)
        self._column.addLayout(row)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for part in (self.line, self.legend, self.mosaic, self.kernels):
            part.set_theme(theme)
        for card in self._cards:
            card.set_theme(theme)

    def scroll_to(self, value: int) -> None:
        """Scrolls so far down, px, and again while the weights arrive, until a person scrolls."""
        self._wished = value
        self._on_range()

    @Slot()
    def _on_range(self) -> None:
        if self._wished is not None:
            self.verticalScrollBar().setValue(self._wished)

    @Slot()
    def _on_scrolled(self) -> None:
        self._wished = None

    def ensureVisible(self, x: int, y: int, x_margin: int = 50, y_margin: int = 50) -> None:
        """Scrolls to where a person went."""
        self._wished = None
        super().ensureVisible(x, y, x_margin, y_margin)

    # What it shows

    def show_layer(self, spec: NetworkSpec, box: Box, layer: str, name: str, hue: QColor, words: str) -> None:
        """Says which layer this is.

        Args:
            spec: Of the network.
            box: The column that it stands in.
            layer: The step whose maps are shown.
            name: The network's short name.
            hue: The network's colour.
            words: Which weights these are.
        """
        self._name, self._hue = name, hue
        rows = {row.name: row for row in spec.rows()}
        row = rows[layer]
        told = _layer_words(row, sees_alike(spec, layer))
        self.line.show_name(name, " · ".join(part for part in (told, words) if part), hue)
        self.mosaic.setAccessibleName(f"{name}: {told}")
        steps = _shown_steps(spec, box, layer)
        for place, tab in enumerate(self._tabs):
            tab.setVisible(len(steps) > 1 and place < len(steps))
            if place < len(steps):
                tab.setText(rows[steps[place]].title)
                tab.setProperty("layer", steps[place])
                tab.setChecked(steps[place] == layer)

    def show_maps(self, maps: LayerMaps | None, row: Row, scale: Scale | None, scale_of: ScaleOf) -> None:
        """Shows the maps, or empty frames."""
        self.mosaic.set_layer(maps, row.shape, scale, scale_of == "map")
        used = [scale] if scale is not None else []
        self.legend.show_scales("network" if scale_of != "map" else "map", used, only_used=True)

    def show_unit(self, unit: Unit | None, words: str) -> None:
        """Frames a unit of this layer, or none."""
        self.mosaic.set_unit(unit)
        self.unit_words.setText(words)
        self.unit_button.setEnabled(unit is not None)

    def show_kernels(self, kernels: LayerKernels | None) -> None:
        """Shows the layer's weights; None while they are not known."""
        self._own = kernels
        shown = kernels is not None and kernels.kind != "none" and len(kernels.weights) > 0
        self.kernels.setVisible(shown)
        if kernels is not None and shown:
            self.kernels.show_kernels(kernels, self._name, self._hue, self._each)
        self._say_heading()

    def show_beside(self, kernels: LayerKernels, name: str, hue: QColor) -> None:
        """Shows the first weights of another network too."""
        if kernels.kind != "none" and len(kernels.weights):
            self._beside[kernels.network] = kernels, name, hue
            self._show_cards()

    def forget_beside(self) -> None:
        """Takes the other networks away."""
        self._beside.clear()
        self._show_cards()

    def set_each(self, each: bool) -> None:
        """Whether every kernel has a colour scale of its own."""
        if each != self._each:
            self._each = each
            self.show_kernels(self._own)
            self._show_cards()

    def _show_cards(self) -> None:
        while len(self._cards) < len(self._beside):
            self._cards.append(KernelsCard(self._theme))
        shown = list(self._beside.values())
        for place, card in enumerate(self._cards):
            card.setVisible(place < len(shown))
            if place < len(shown):
                kernels = shown[place][0]
                own_is_long = self._own is not None and self._own.kind == "templates"
                # Few small kernels stand before many templates, so that both are in sight.
                before = own_is_long and kernels.kind == "kernels"
                self._column.removeWidget(card)
                self._column.insertWidget(self._column.indexOf(self.kernels) + (not before), card)
                card.show_kernels(*shown[place], self._each)
        self._say_heading()

    def _say_heading(self) -> None:
        kinds = {kernels.kind for kernels, _, _ in self._beside.values()}
        own = self._own.kind if self._own is not None else "none"
        if {own, *kinds} >= {"templates", "kernels"}:
            text = "Templates against parts"
        else:
            text = "Weights" if own != "none" else "This step has no weights of its own" if self._own else ""
        self.heading.setText(text)
        self.heading.setVisible(bool(text))

    @Slot(object)
    def _on_tab(self, tab: QPushButton) -> None:
        self.step_chosen.emit(str(tab.property("layer")))


def _shown_steps(spec: NetworkSpec, box: Box, layer: str) -> tuple[str, ...]:
    """The steps of a column that can be chosen: of a folded block where its paths meet, what follows, and the layer."""
    steps = list(box.names)
    if box.folded:
        joins = [step.name for step in spec.steps() if isinstance(step.layer, Block) and step.name in steps]
        steps = steps[steps.index(joins[-1]) :] if joins else steps
        if layer not in steps:
            steps.insert(0, layer)
    return tuple(steps[-_MOST_TABS:])


def _layer_words(row: Row, alike: bool) -> str:
    size = f"{row.shape[0]:,} units" if is_flat(row.shape) else f"{row.shape[0]:,} maps of {times(*row.shape[1:])}"
    pixels = f"{times(*row.sees)} pixels"
    sees = (
        f"all see the same {pixels}"
        if row.jump == (0, 0)
        else f"each number sees {'' if alike else 'at most '}{pixels}"
    )
    weights = f"{row.parameters:,} weights" if row.parameters else ""
    return " · ".join(part for part in (f"{row.title}: {size}", sees, weights) if part)
