"""Weights: the first layer of each network, which can be looked at as pictures."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QSizePolicy

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui.panels._following import FollowingPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.basic import button, label, notice
from cnnstudio.ui.widgets.layer_card import LayerCard
from cnnstudio.ui.widgets.rooms import Scrolled

_FEW: Final = 24
_MANY: Final = 96


class WeightsPanel(FollowingPanel):
    """One mosaic for each network, following the timeline.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="weights",
        title="What did the first layer learn?",
        short="Weights",
        group="Look inside",
        order=10,
    )

    def build(self) -> None:
        """Makes the controls and an empty column of cards."""
        super().build()
        self._cards: list[LayerCard] = []
        self._layers: tuple[LayerWeights, ...] = ()
        self._build_controls()
        self.notice = notice()
        self.body.addWidget(self.notice)
        self._scroll = Scrolled()
        self._column = self._scroll.fill(2 * GRID_PX)
        self._column.addStretch(1)
        self.body.addWidget(self._scroll, 1)

    def sync(self) -> None:
        """Asks for the weights as they are now."""
        self._pacer.now()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for card in self._cards:
            card.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """How it is shown."""
        return {"each": self.each.isChecked(), "all": self.all.isChecked()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Shows it so again."""
        (self.each if settings.get("each") is True else self.common).setChecked(True)
        self.all.setChecked(settings.get("all") is True)

    def _build_controls(self) -> None:
        self.caption = label("", "muted")
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.controls.addWidget(self.caption, 1)
        self.all = button("Show all", "quiet", tip="Every unit, and not only the first ones.", checkable=True)
        self.all.toggled.connect(self._on_all)
        self.common = button("One scale", "tab", checkable=True, tip="The strongest colour stands for the largest "
                             "weight of the layer: sizes can be compared.")  # fmt: skip
        self.each = button("Each its own", "tab", checkable=True, tip="The strongest colour stands for the largest "
                           "weight of the tile: weak patterns show too.")  # fmt: skip
        self._scales = QButtonGroup(self)
        self.controls.addWidget(self.all)
        self.controls.addSpacing(GRID_PX)
        self.controls.addWidget(label("colour scale", "muted", tip="Purple is below zero, white is zero, green above."))
        for one in (self.common, self.each):
            self._scales.addButton(one)
            self.controls.addWidget(one)
        self.common.setChecked(True)
        self._scales.buttonClicked.connect(self._show_layers)

    @property
    def _most(self) -> int:
        return _MANY if self.all.isChecked() else _FEW

    @Slot(bool)
    def _on_all(self, checked: bool) -> None:
        self._pacer.now()

    def _ask(self) -> None:
        config = self.studio.reading
        question = FirstLayers(config.dataset, config.networks, self.studio.moment, most=self._most)
        self.studio.ask(question, self._on_layers, self._on_error, slot="first layers")
        if self.studio.engine is None or (self.studio.ready is None and not self._layers):
            self._tell("The weights show as soon as PyTorch is loaded.")

    def _on_layers(self, layers: tuple[LayerWeights, ...]) -> None:
        self._layers = layers
        self._show_layers()

    def _on_error(self, report: ErrorReport) -> None:
        self._layers = ()
        self._tell(report.sentence)

    def _tell(self, text: str) -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self._scroll.setVisible(not text)
        if text:
            self.caption.setText("")

    @Slot()
    def _show_layers(self) -> None:
        learned = [layer for layer in self._layers if layer.weights_from != "none" and len(layer.kernels)]
        if not learned:
            self._tell("No network here has learned this data set yet: press Run, and watch the weights take shape.")
            return
        self._tell("")
        self.caption.setText(_when(learned[0]))
        while len(self._cards) < len(learned):
            card = LayerCard(self.studio.theme)
            self._cards.append(card)
            self._column.insertWidget(len(self._cards) - 1, card)
        names, colours = short_names(learned), network_colours(learned)
        for place, card in enumerate(self._cards):
            card.setVisible(place < len(learned))
            if place < len(learned):
                layer = learned[place]
                card.show_layer(layer, names[layer.network], colours[layer.network], self.each.isChecked(), self._most)


def _when(layer: LayerWeights) -> str:
    if layer.weights_from == "shipped":
        learned = f", trained on {layer.learned_on}" if layer.learned_on else ""
        return f"the weights that came with the program{learned}"
    return "now" if layer.step is None else f"at step {layer.step:,}"


PANEL = WeightsPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(WeightsPanel))
