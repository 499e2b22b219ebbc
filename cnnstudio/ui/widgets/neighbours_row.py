"""The training pictures nearest to the current one, as one network holds them to be: a line and a row of pictures."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.attribution import Neighbours
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.attribution_words import class_name
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb

_LEAST_PX: Final = 40
_MOST_PX: Final = 160


def distance(far: float) -> str:
    """A distance in four characters, so that it is legible under a small picture: "0.27", "12.3", "140"."""
    places = max(0, 2 - (far >= 9.995) - (far >= 99.95))
    return f"{far:.{places}f}"


class NeighboursRow(QWidget):
    """One network's nearest training pictures, from left to right.

    Attributes:
        line: The network, and how many of the neighbours have its verdict's label.
        mosaic: The pictures.

    Signals:
        chosen((neighbours, place)): The student clicked one.

    Thread: GUI.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self.neighbours: Neighbours | None = None
        self._shown: tuple[Neighbours, str, QColor, int | None] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.line = NameLine(theme)
        self.mosaic = Mosaic(theme, "Nearest training pictures", gap_px=GRID_PX, one_row=True)
        self.mosaic.chosen.connect(self._on_chosen)
        column.addWidget(self.line)
        column.addWidget(self.mosaic)
        column.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.line.set_theme(theme)
        self.mosaic.set_theme(theme)
        if self._shown is not None:
            self.show_neighbours(*self._shown)

    def show_neighbours(self, found: Neighbours, name: str, hue: QColor, verdict: int | None) -> None:
        """Shows pictures; `verdict` is what the network takes the current picture for, where that is known."""
        self.neighbours, self._shown = found, (found, name, hue, verdict)
        names, count = found.class_names, len(found.labels)
        self.line.show_name(name, self._words(found, verdict), hue)
        self.line.setToolTip(f"{self.line.words}. Distances are those in the last hidden layer, {found.layer}.")
        self.mosaic.setAccessibleName(f"{name}: {self.line.words}")
        captions, tips = [], []
        for place in range(count):
            label_, far = int(found.labels[place]), float(found.distances[place])
            agrees = verdict is None or label_ == verdict
            colour = self._theme.colour("text" if agrees else "bad")
            captions.append([Word(class_name(names, label_), colour), Word(f"at {distance(far)}")])
            tips.append(
                f"Training picture {int(found.index[place]):,}: {class_name(names, label_)}, {far:.3f} away in "
                f"{found.layer}. Click to put it on the canvas."
            )
        self.mosaic.set_tiles(as_rgb(found.images), captions, tips)
        self._fit()

    def _words(self, found: Neighbours, verdict: int | None) -> str:
        count = len(found.labels)
        if found.weights_from == "none" or not count:
            return "not trained yet"
        where = f"of {found.looked_at:,} training pictures"
        if verdict is None:
            return f"the {count} nearest {where}"
        agree = int((found.labels == verdict).sum())
        return f"says {class_name(found.class_names, verdict)}, as {agree} of the {count} nearest do · {where}"

    def _fit(self) -> None:
        """As large as all pictures fit into one row, and the row into the height."""
        if self.neighbours is None or not len(self.neighbours.labels):
            return
        count = len(self.neighbours.labels)
        caption_px = QFontMetrics(self._theme.font("small")).height() + 2
        wide = min(_MOST_PX, (self.width() + GRID_PX) // count - GRID_PX)
        around = self.line.sizeHint().height() + caption_px + GRID_PX
        self.mosaic.set_tile_px(max(_LEAST_PX, min(wide, self.height() - around)))
        self.setMaximumHeight(around + max(_LEAST_PX, wide))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the pictures anew."""
        super().resizeEvent(event)
        self._fit()

    @Slot(object)
    def _on_chosen(self, place: int) -> None:
        if self.neighbours is not None:
            self.chosen.emit((self.neighbours, place))
