"""One network's map under its name."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.core.attribution import Embedding
from cnnstudio.core.questions import Shown
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.attribution_base import when_words
from cnnstudio.ui.widgets.attribution_words import class_name
from cnnstudio.ui.widgets.embedding_card import Card
from cnnstudio.ui.widgets.embedding_map import EmbeddingMap
from cnnstudio.ui.widgets.matrix_card import NameLine
from cnnstudio.ui.widgets.seen_picture import picture_image


class EmbeddingColumn(QWidget):
    """A name line above a map.

    Attributes:
        line: The network, how many it misreads, the layer, the moment.
        map: The map.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.line = NameLine(theme)
        self.map = EmbeddingMap(theme)
        column.addWidget(self.line)
        column.addWidget(self.map, 1)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.line.set_theme(theme)
        self.map.set_theme(theme)

    def show_embedding(self, found: Embedding, name: str, hue: QColor) -> None:
        """Shows an embedding."""
        count, wrong = len(found.labels), int((found.guesses != found.labels).sum())
        when = when_words(found.step, found.weights_from)
        words = f"{wrong:,} of {count:,} misread · {when}"
        self.line.show_name(name, words, hue)
        self.line.setToolTip(f"{words}. The numbers that are mapped are those of the last hidden layer, {found.layer}.")
        self.map.setAccessibleName(f"{name}: map of {count:,} test pictures, {words}")
        self.map.set_embedding(found)

    def show_card(self, shown: Shown | None) -> None:
        """Says what is under the pointer; `shown` is the picture, once it is there."""
        embedding, place = self.map.embedding, self.map.current
        if embedding is None or place is None:
            return
        names = embedding.class_names
        truth, guess = int(embedding.labels[place]), int(embedding.guesses[place])
        said = "read as such" if truth == guess else f"taken for {class_name(names, guess)}"
        lines = (f"{class_name(names, truth)}, {said}", f"test picture {int(embedding.index[place]):,}")
        image = picture_image(shown.images[0]) if shown is not None and len(shown.images) else None
        self.map.set_card(Card(image, lines))
