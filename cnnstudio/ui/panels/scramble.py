"""What does a permutation of the pixels do? The pixels fly, the curve shows what each network makes of it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.questions import BrowseExamples, Shown
from cnnstudio.core.scramble import permutation
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.theme import Theme
from cnnstudio.ui.widgets.scramble_player import ScramblePlayer
from cnnstudio.ui.widgets.scramble_surface import ScrambleSurface

_PICTURES: Final = 8
_SEED: Final = 0
"""The permutation that is shown is the first seed's."""


class ScramblePanel(ExperimentPanel):
    """Flying pixels above the curves of the experiment.

    Thread: GUI.
    """

    INFO = PanelInfo("scramble", "What if pixels are mixed?", "Scramble", "Test", 50)
    EXPERIMENT = "scramble"

    def build_extra(self) -> QWidget:
        """Makes the pictures and, in the row of the settings, what moves them."""
        self._seen: Shown | None = None
        self._dataset = ""
        self._shape: Shape | None = None
        self.surface = ScrambleSurface(self.studio.theme)
        self.player = ScramblePlayer()
        self.player.moved.connect(self.surface.set_done)
        self.player.chosen.connect(self._on_block)
        self.player.setVisible(False)
        self.controls.insertWidget(0, self.player, 1)
        return self.surface

    def on_picture(self) -> None:
        """The student's picture is the first of the row."""
        self._show_pictures()

    def on_theme(self, theme: Theme) -> None:
        """Restyles."""
        super().on_theme(theme)
        self.surface.set_theme(theme)
        self.player.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """Also the block and the slider."""
        return super().settings() | {"block": self.player.block, "slider": self.player.slider.value()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Puts both back."""
        super().restore(settings)
        block, slider = settings.get("block"), settings.get("slider")
        self.fit(block if isinstance(block, int) else None)
        if isinstance(slider, int):
            self.player.slider.setValue(slider)

    def fit(self, block: int | None = None) -> None:
        """Shows the blocks that are tried, and the pictures.

        Args:
            block: The one to choose; None keeps what is chosen.
        """
        from cnnstudio.datasets import find
        from cnnstudio.experiments.scramble import blocks

        self.player.setVisible(self.answered)
        try:
            self.player.set_blocks(blocks(self.form.values), block)
            self._shape = find(str(self.form.values["dataset"])).info.shape
        except StudioError:
            self._shape = None  # the row above says what is wrong
            self._show_pictures()
            return
        _, height, width = self._shape
        size = self.player.block
        self.surface.set_permutation(permutation(height, width, size, _SEED), height, width, size)
        self._ask_pictures()

    @Slot(int)
    def _on_block(self, block: int) -> None:
        self.fit()
        if self.player.slider.value() == 0:
            self.player.slider.setValue(self.player.slider.maximum())

    def _ask_pictures(self) -> None:
        dataset = str(self.form.values["dataset"])
        if dataset != self._dataset:
            self._seen = None
        if self._seen is None and self.answered and self.isVisible():
            self._dataset = dataset
            question = BrowseExamples(dataset, most=_PICTURES, shuffle_seed=_SEED)
            self.studio.ask(question, self._on_pictures, self._on_no_pictures, slot="scramble pictures")
        self._show_pictures()

    def _on_pictures(self, shown: Shown) -> None:
        self._seen = shown
        self._show_pictures()

    def _on_no_pictures(self, report: ErrorReport) -> None:
        self.surface.caption = report.sentence
        self.surface.update()

    def _show_pictures(self) -> None:
        """The student's picture, where it has the size of the others, and those of the data set."""
        images, names = [], []
        picture, shape = self.studio.picture, self._shape
        if shape is None:
            self.surface.set_pictures(np.zeros((0, 1, 1, 1), np.uint8), ())
            return
        fits = picture is not None and picture.shape == shape
        if picture is not None and fits:
            images.append(picture)
            names.append("your picture")
        if self._seen is not None and self._seen.images.shape[1:] == shape:
            images += list(self._seen.images)
            names += [self._seen.class_names[int(truth)] for truth in self._seen.labels]
        self.surface.caption = "" if fits or picture is None else "Your picture has another size than this data set."
        stacked = np.stack(images) if images else np.zeros((0, *shape), np.uint8)
        self.surface.set_pictures(stacked, names)


PANEL = ScramblePanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(ScramblePanel))
