"""Examples: pages of pictures of the chosen data set, its card, and the knobs that change it."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QSizePolicy, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.questions import BrowseExamples, Shown
from cnnstudio.ui.icons import icon
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, LIGHT, Theme
from cnnstudio.ui.widgets._setup_words import dataset_words
from cnnstudio.ui.widgets.basic import button, explain_on_focus, label, notice
from cnnstudio.ui.widgets.chip import Chip
from cnnstudio.ui.widgets.dataset_card import DatasetCard
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb

_PAUSE_MS: Final = 120
"""Several keys of a number that is typed make one question."""

_TILE_PX: Final = 56
_MOST: Final = 400


class ExamplesPanel(Panel):
    """A page of pictures, sorted by class; a click puts one on the canvas.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="examples",
        title="What do the examples look like?",
        short="Examples",
        group="See",
        order=10,
    )

    def build(self) -> None:
        """Makes everything, once."""
        self._start = 0
        self._shuffle_seed: int | None = None
        self._shown: Shown | None = None
        self._order = np.zeros(0, np.int64)
        self._asked_most = 0
        self._large = False
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._ask)
        self._build_controls()
        self.card = DatasetCard()
        self.card.key_changed.connect(self._on_key)
        self.body.addWidget(self.card)
        self._build_pages()
        self.notice = notice()
        self.notice.hide()
        self.body.addWidget(self.notice)
        self._place = QWidget()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        policy.setRetainSizeWhenHidden(True)  # or what stands above it would be spread over the height
        self._place.setSizePolicy(policy)
        self._place.setMinimumHeight(_TILE_PX + 3 * GRID_PX)
        self._place.installEventFilter(self)
        self.mosaic = Mosaic(self.studio.theme, "Examples", tile_px=_TILE_PX, gap_px=GRID_PX, parent=self._place)
        self.mosaic.chosen.connect(self._on_chosen)
        self.body.addWidget(self._place, 1)
        self.studio.config_changed.connect(self._on_config)

    def sync(self) -> None:
        """Shows the chosen set."""
        self._show_set()
        self._ask()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        self.dataset_chip.set_theme(theme)
        self.mosaic.set_theme(theme)
        self.shuffle.setIcon(icon("dice", theme.colour("text")))
        large = theme.body_px > LIGHT.body_px
        if large != self._large:
            # Large letters leave room for the knobs or for the pictures; the pictures are what the panel is about.
            self._large = large
            self.card.fold.button.setChecked(not large)

    def settings(self) -> dict[str, Any]:
        """Which pictures were looked at."""
        return {"part": self._part, "shuffle_seed": self._shuffle_seed}

    def restore(self, settings: dict[str, Any]) -> None:
        """Looks at them again."""
        (self.train if settings.get("part") == "train" else self.test).setChecked(True)
        seed = settings.get("shuffle_seed")
        self._shuffle_seed = seed if isinstance(seed, int) and seed >= 0 else None

    @property
    def _part(self) -> Literal["train", "test"]:
        return "train" if self.train.isChecked() else "test"

    def _build_controls(self) -> None:
        self.dataset_chip = Chip(self.studio.theme, "The data set. Click to choose another.", shrinks=True)
        self.dataset_chip.clicked.connect(self._on_chip)
        self.controls.addWidget(self.dataset_chip)
        self.controls.addStretch(1)
        self.test = button("Test", "tab", tip="The pictures that no network learns from.", checkable=True)
        self.train = button("Training", "tab", tip="The pictures that the networks learn from.", checkable=True)
        self._parts = QButtonGroup(self)
        for one in (self.test, self.train):
            self._parts.addButton(one)
            self.controls.addWidget(one)
        self.test.setChecked(True)
        self._parts.buttonClicked.connect(self._from_start)
        self.classes = QComboBox()
        self.classes.setAccessibleName("class")
        self.classes.setToolTip("Pictures of one class only, or of all, sorted by class.")
        explain_on_focus(self.classes)
        self.classes.activated.connect(self._from_start)
        self.controls.addSpacing(GRID_PX)
        self.controls.addWidget(self.classes)

    def _build_pages(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.count = label("", "muted")
        self.shuffle = button("Others", tip="Other pictures, chosen by chance.")
        self.in_order = button("In order", tip="The set's own order, from its first picture.")
        self.previous = button("Previous", tip="The page before.")
        self.next = button("Next", tip="The page after.")
        row.addWidget(self.count, 1)
        for one in (self.in_order, self.shuffle, self.previous, self.next):
            row.addWidget(one)
        self.shuffle.clicked.connect(self._on_shuffle)
        self.in_order.clicked.connect(self._on_in_order)
        self.previous.clicked.connect(self._on_previous)
        self.next.clicked.connect(self._on_next)
        self.body.addLayout(row)

    def _show_set(self) -> None:
        key = self.studio.config.dataset
        self.dataset_chip.setText(dataset_words(key))
        self.dataset_chip.setAccessibleName(self.dataset_chip.text())
        self.dataset_chip.updateGeometry()
        before = self.card.info
        self.card.show_key(key)
        if self.card.info is not before:
            self._start = 0
            self._name_classes(self.card.info.class_names if self.card.info is not None else ())

    def _name_classes(self, names: tuple[str, ...]) -> None:
        chosen = self.classes.currentData()
        self.classes.clear()
        self.classes.addItem("all classes", None)
        for label_, name in enumerate(names):
            self.classes.addItem(name, label_)
        self.classes.setCurrentIndex(max(0, self.classes.findData(chosen)) if chosen is not None else 0)

    def _page(self) -> int:
        """How many pictures fit."""
        columns = max(1, (self._place.width() + GRID_PX) // (_TILE_PX + GRID_PX))
        caption_px = QFontMetrics(self.studio.theme.font("small")).height() + 2
        rows = max(1, (self._place.height() + GRID_PX) // (_TILE_PX + caption_px + GRID_PX))
        return int(min(_MOST, columns * rows))

    @Slot()
    def _ask(self) -> None:
        if not self.isVisible():
            return
        self._asked_most = self._page()
        question = BrowseExamples(
            self.studio.config.dataset, self.classes.currentData(), self._start, self._asked_most,
            self._shuffle_seed, self._part,
        )  # fmt: skip
        self.studio.ask(question, self._on_shown, self._on_error, slot="examples")
        if self._shown is None:
            self._tell("The pictures show as soon as PyTorch is loaded.")

    def _on_shown(self, shown: Shown) -> None:
        self._tell("")
        self._shown = shown
        if self.classes.count() - 1 != len(shown.class_names):
            self._name_classes(shown.class_names)
        # Within a page by class, so that a page can be compared; the places keep each picture's number.
        self._order = np.argsort(shown.labels, kind="stable")
        names = [shown.class_names[int(shown.labels[i])] for i in self._order]
        captions = [[Word(name)] for name in names]
        tips = [
            f"{name}, picture {int(shown.index[i]):,}. Click to put it on the canvas."
            for name, i in zip(names, self._order, strict=True)
        ]
        self.mosaic.set_tiles(as_rgb(shown.images[self._order]), captions, tips, _TILE_PX)
        last = min(shown.total, self._start + len(shown.labels))
        self.count.setText(f"{self._start + 1:,} to {last:,} of {shown.total:,}")
        self.previous.setEnabled(self._start > 0)
        self.next.setEnabled(last < shown.total)
        self.in_order.setEnabled(self._shuffle_seed is not None)

    def _on_error(self, report: ErrorReport) -> None:
        self._shown = None
        self.count.setText("")
        self._tell(report.sentence)

    def _tell(self, text: str) -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        self._place.setVisible(not text or self._shown is not None)
        for one in (self.shuffle, self.in_order, self.previous, self.next):
            one.setEnabled(not text)

    @Slot()
    def _on_chip(self) -> None:
        self.studio.setup_wanted.emit("dataset")

    @Slot(str)
    def _on_key(self, key: str) -> None:
        self.studio.set_config(self.studio.config.with_(dataset=key))

    @Slot(object)
    def _on_config(self, config: object) -> None:
        if self.isVisible():
            self._show_set()
            self._timer.start()

    @Slot()
    def _from_start(self) -> None:
        self._start = 0
        self._ask()

    @Slot()
    def _on_shuffle(self) -> None:
        self._shuffle_seed = 0 if self._shuffle_seed is None else self._shuffle_seed + 1
        self._from_start()

    @Slot()
    def _on_in_order(self) -> None:
        self._shuffle_seed = None
        self._from_start()

    @Slot()
    def _on_previous(self) -> None:
        self._start = max(0, self._start - self._asked_most)
        self._ask()

    @Slot()
    def _on_next(self) -> None:
        if self._shown is not None and self._start + len(self._shown.labels) < self._shown.total:
            self._start += len(self._shown.labels)
            self._ask()

    @Slot(object)
    def _on_chosen(self, place: int) -> None:
        if self._shown is not None:
            i = int(self._order[place])
            self.studio.offer_picture(self._shown.images[i], self._shown.class_names[int(self._shown.labels[i])])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Another size holds another number of pictures."""
        if watched is self._place and event.type() == QEvent.Type.Resize:
            self.mosaic.setFixedWidth(max(1, self._place.width()))
            if self._shown is not None and self._page() != self._asked_most:
                self._timer.start()
        return super().eventFilter(watched, event)


PANEL = ExamplesPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(ExamplesPanel))
