"""Pictures with their truth and what networks take them for; a click puts one on the canvas."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.core.questions import Shown
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import label
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb
from cnnstudio.ui.widgets.rooms import Scrolled

_TILE_PX = 56
_COLOUR_TILE_PX = 72


class Gallery(QWidget):
    """A heading and a mosaic that scrolls.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, name: str) -> None:
        """Makes it empty; `name` is for the screen reader."""
        super().__init__()
        self._studio = studio
        self.shown: Shown | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.heading = label("", "muted", wrap=True)
        self.mosaic = Mosaic(studio.theme, name, tile_px=_TILE_PX)
        self.mosaic.chosen.connect(self._on_chosen)
        self._scroll = Scrolled()
        self._scroll.setMinimumHeight(_TILE_PX + 3 * GRID_PX)
        inner = QWidget()
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(0, 0, GRID_PX, 0)
        stack.addWidget(self.mosaic)
        stack.addStretch(1)
        self._scroll.setWidget(inner)
        column.addWidget(self.heading)
        column.addWidget(self._scroll, 1)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.mosaic.set_theme(theme)

    def show_pictures(
        self, shown: Shown | None, heading: str, names: Mapping[str, str], colours: Mapping[str, QColor]
    ) -> None:
        """Shows pictures.

        Args:
            shown: The pictures; None empties the gallery.
            heading: What they have in common.
            names: Short names of the networks that guessed, by key.
            colours: Their colours, readable as text, by key.
        """
        self.shown = shown
        self.heading.setText(heading)
        if shown is None or not len(shown.labels):
            self.mosaic.set_tiles(as_rgb(shown.images[:0]) if shown is not None else self.mosaic.tiles[:0])
            return
        captions, tips = [], []
        for i, truth in enumerate(shown.labels.tolist()):
            words, said = (
                [Word(shown.class_names[truth])],
                [f"Picture {int(shown.index[i]):,}: {shown.class_names[truth]}."],
            )
            for place, network in enumerate(shown.networks if shown.guesses is not None else ()):
                assert shown.guesses is not None
                guess = shown.class_names[int(shown.guesses[i, place])]
                words.append(Word(guess, colours.get(network)))
                said.append(f"{names.get(network, network)} says {guess}.")
            captions.append(words)
            tips.append(" ".join([*said, "Click to put it on the canvas."]))
        tile_px = _COLOUR_TILE_PX if shown.images.shape[1] == 3 else _TILE_PX
        self.mosaic.set_tiles(as_rgb(shown.images), captions, tips, tile_px)

    @Slot(object)
    def _on_chosen(self, index: int) -> None:
        if self.shown is not None:
            name = self.shown.class_names[int(self.shown.labels[index])]
            self._studio.offer_picture(self.shown.images[index], name)
