"""Which training pictures each network's last hidden layer holds to be most like the current one."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio.core.attribution import FindNeighbours, Neighbours
from cnnstudio.core.events import Answering
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme, network_colours
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.attribution_base import VerdictView, when_words
from cnnstudio.ui.widgets.attribution_words import class_name
from cnnstudio.ui.widgets.basic import ElidedLabel, label
from cnnstudio.ui.widgets.neighbours_row import NeighboursRow
from cnnstudio.ui.widgets.seen_picture import SeenPicture

_GAP_MS: Final = 1000
"""During a run, once a second: with other weights every training picture must be read again."""

_SLOT: Final = "why neighbours"
_MOST: Final = 8
_ABOUT: Final = "Close together in the last hidden layer means: treated alike."
_ABOUT_MORE: Final = (
    "Each training picture becomes the list of numbers that the last hidden layer makes of it; the distance of two "
    "lists is Euclidean, and those of two networks cannot be compared. The layer after it decides by one weighted sum "
    "for each class: pictures that lie close together tend to get the same verdict."
)


class NeighboursView(VerdictView):
    """The tab of neighbours.

    Attributes:
        rows: One for each network.
        seen: The current picture.

    Thread: GUI.
    """

    def __init__(self, studio: Studio) -> None:
        """Makes it without rows."""
        super().__init__(studio)
        self.rows: list[NeighboursRow] = []
        self._found: tuple[Neighbours, ...] = ()
        self._dataset = ""
        self._pacer = Pacer(self, self._ask, _GAP_MS)
        head = QHBoxLayout()
        head.setSpacing(GRID_PX + GRID_PX // 2)
        self.seen = SeenPicture(studio.theme)
        self.caption = label("", wrap=True)
        head.addWidget(self.seen)
        head.addWidget(self.caption, 1)
        self.content.addLayout(head)
        place = QWidget()
        self._column = QVBoxLayout(place)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID_PX)
        self._column.addStretch(0)
        self.content.addWidget(place, 1)
        self.content.addStretch(0)
        self.about = ElidedLabel("muted")
        self.about.set_whole(_ABOUT)
        self.about.setToolTip(f"{_ABOUT} {_ABOUT_MORE}")
        self.content.addWidget(self.about)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.seen.set_theme(theme)
        for row in self.rows:
            row.set_theme(theme)

    def refresh(self) -> None:
        """Asks at once."""
        self._pacer.now()

    def follow_picture(self) -> None:
        """The neighbours of another picture, at once."""
        self._pacer.now()

    def follow_moment(self) -> None:
        """The neighbours at another moment, at once."""
        self._pacer.now()

    def follow_run(self) -> None:
        """The weights moved."""
        if self.studio.moment is None:
            self._pacer.soon()

    def follow_verdicts(self) -> None:
        """The networks read the picture: whether the neighbours agree is known now."""
        self._show()

    def _ask(self) -> None:
        missing, picture, config = self.missing(shown=bool(self._found)), self.studio.picture, self.studio.reading
        if missing:
            self.tell(missing)
        if picture is None or not config.networks or not self.isVisible():
            return
        self._dataset = config.dataset
        question = FindNeighbours(picture, config.dataset, config.networks, self.studio.moment, _MOST)
        self.studio.ask(question, self._on_found, self.on_error, slot=_SLOT, on_progress=self._on_progress)

    def _on_progress(self, event: Answering) -> None:
        if not self._found:
            self.tell(event.text)

    def _on_found(self, found: tuple[Neighbours, ...]) -> None:
        self._found = tuple(one for one in found if one.weights_from != "none" and len(one.labels))
        if not self._found:
            self.tell("No network has learned this data set yet: press Run, and watch which pictures move together.")
            return
        self.tell("")
        self._show()

    def _show(self) -> None:
        found = self._found
        if not found:
            return
        while len(self.rows) < len(found):
            row = NeighboursRow(self.studio.theme)
            row.chosen.connect(self._on_chosen)
            self._column.insertWidget(len(self.rows), row, 1)
            self.rows.append(row)
        while len(self.rows) > len(found):
            row = self.rows.pop()
            self._column.removeWidget(row)
            row.deleteLater()
        names, colours = short_names(found), network_colours(found)
        for row, one in zip(self.rows, found, strict=True):
            row.show_neighbours(one, names[one.network], colours[one.network], self._verdict(one.network))
        self.seen.set_pixels(self.studio.picture)
        when = when_words(found[0].step, found[0].weights_from)
        self.caption.setText(f"Your picture, and the training pictures nearest to it, nearest first: {when}.")

    def _verdict(self, network: str) -> int | None:
        verdicts = self.studio.verdicts
        mine = [one for one in verdicts.verdicts if one.network == network] if verdicts is not None else []
        if not mine or mine[0].probabilities is None:
            return None
        return int(np.argmax(mine[0].probabilities))

    @Slot(object)
    def _on_chosen(self, chosen: Any) -> None:
        neighbours, place = chosen
        name = class_name(neighbours.class_names, int(neighbours.labels[place]))
        self.studio.offer_picture(neighbours.images[place], name)
