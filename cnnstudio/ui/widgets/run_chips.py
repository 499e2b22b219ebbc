"""What the curves below belong to: data set, number of examples, seed; and how the next run will differ."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import RunStarted
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._setup_words import dataset_words, examples_words, next_run_words
from cnnstudio.ui.widgets.basic import ElidedLabel
from cnnstudio.ui.widgets.chip import Chip

_DATASET_MOST_EM: Final = 16
"""Room that the data set's name takes before anything else in its row, in sizes of the text."""


_NEXT_LEAST_EM: Final = 8


class RunChips(QWidget):
    """Three chips that describe the run on show, and a quiet word about the next one.

    Attributes:
        next_run: That word. It stands at the end of the title above, where there is room for it.

    Signals:
        wanted(field): A chip was clicked: the set-up should open.

    Thread: GUI.
    """

    wanted = Signal(str)

    def __init__(self, theme: Theme, title: QLabel) -> None:
        """Makes them empty; `title` is the line above them."""
        super().__init__()
        self._title = title
        self._theme = theme
        self.dataset = Chip(theme, "The data set. Click to change the set-up of the next run.", shrinks=True)
        self.examples = Chip(theme, "How many pictures the networks learn from. Click to change it.")
        self.seed = Chip(theme, "Decides which examples are drawn and their order. Click to change it.")
        self.next_run = ElidedLabel("small")
        self.next_run.setParent(title)
        self.next_run.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        for chip, name in ((self.dataset, "dataset"), (self.examples, "examples"), (self.seed, "seed")):
            chip.setObjectName(name)
            chip.clicked.connect(self._want)
            row.addWidget(chip)
        row.addStretch(1)

    @property
    def least_px(self) -> int:
        """The width that all three need, the data set's name cut to a sensible length."""
        return self._dataset_px() + sum(one.sizeHint().width() + GRID_PX for one in (self.examples, self.seed))

    def show_configs(self, started: RunStarted | None, planned: RaceConfig) -> None:
        """Describes the run on show and what differs in the next one, or that one where there is none."""
        shown = started.config if started is not None else planned
        self.dataset.setText(dataset_words(shown.dataset))
        self.examples.setText(examples_words(shown, started))
        self.seed.setText(f"seed {shown.seed}")
        self.next_run.set_whole(next_run_words(shown, planned))
        chips = (self.dataset, self.examples, self.seed)
        for chip in chips:
            chip.setAccessibleName(chip.text())
            chip.updateGeometry()
        told = ", ".join(chip.text() for chip in chips)
        after = f" The {self.next_run.whole}." if self.next_run.whole else ""
        self.dataset.setToolTip(f"{told}.{after} Click to change the set-up of the next run.")
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for chip in (self.dataset, self.examples, self.seed):
            chip.set_theme(theme)
        self._fit()

    def _dataset_px(self) -> int:
        return min(self.dataset.sizeHint().width(), _DATASET_MOST_EM * self._theme.body_px)

    def _fit(self) -> None:
        """Leaves out what there is no room for: the data set's name comes first."""
        room = self.width() - self._dataset_px()
        for part in (self.examples, self.seed):
            room -= part.sizeHint().width() + GRID_PX
            part.setVisible(room >= 0)
        self._place_next_run()

    def _place_next_run(self) -> None:
        metrics = self._title.fontMetrics()
        left = metrics.horizontalAdvance(self._title.text()) + 2 * GRID_PX
        self.next_run.setGeometry(left, 0, max(0, self._title.width() - left), self._title.height())
        self.next_run.setVisible(self._title.width() - left >= _NEXT_LEAST_EM * self._theme.body_px)

    @Slot()
    def _want(self) -> None:
        self.wanted.emit(self.sender().objectName())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves out what there is no room for."""
        super().resizeEvent(event)
        self._fit()
