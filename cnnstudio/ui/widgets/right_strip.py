"""A strip of pictures that one network read correctly and another did not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio.core.questions import Shown
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.mosaic import Mosaic, as_rgb

_TILE_PX = 40
_TITLE_EM = 12
_TITLE_LINES = 2


class RightStrip(QWidget):
    """What one network got right and the other wrong, in one row, and a way to see all of it.

    Signals:
        picture_chosen(index): One picture was clicked.
        all_wanted(): The student wants to see the others.

    Thread: GUI.
    """

    picture_chosen = Signal(object)
    all_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        """Makes it empty, and keeps its place."""
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID_PX)
        self.title = label("", "heading", wrap=True)
        self.mosaic = Mosaic(
            theme, "Pictures that only one network reads", tile_px=_TILE_PX, gap_px=GRID_PX, one_row=True
        )
        self.more = button(
            "",
            "quiet",
            tip="Opens the confusion matrices and all pictures that one network reads and another does not.",
        )
        row.addWidget(self.title)
        row.addWidget(self.mosaic, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.more)
        self.shown: Shown | None = None
        self.mosaic.chosen.connect(self.picture_chosen)
        self.more.clicked.connect(self._want_all)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Restyles; the height is the same whatever is shown."""
        self.title.setFixedWidth(_TITLE_EM * theme.body_px)
        lines_px = _TITLE_LINES * QFontMetrics(theme.font("body", bold=True)).height()
        self.setFixedHeight(max(_TILE_PX + GRID_PX, lines_px))
        self.mosaic.set_theme(theme)

    def keep_room(self, keep: bool) -> None:
        """Whether its place stays free while it shows nothing, so that nothing moves when it does."""
        policy = self.sizePolicy()
        if policy.retainSizeWhenHidden() != keep:
            policy.setRetainSizeWhenHidden(keep)
            self.setSizePolicy(policy)

    def show_pictures(self, shown: Shown | None, title: str, guessers: Sequence[str] = ()) -> None:
        """Shows pictures; None empties the strip.

        Args:
            shown: The pictures and the guesses.
            title: As in "Only the CNN got these right".
            guessers: Short names, one for each column of the guesses, for the tips.
        """
        self.shown = shown
        self.setVisible(shown is not None)
        if shown is None:
            return
        names = shown.class_names
        tips = []
        for i in range(len(shown.labels)):
            said = [] if shown.guesses is None else [
                f"{who} says {names[int(guess)]}" for who, guess in zip(guessers, shown.guesses[i], strict=False)
            ]  # fmt: skip
            tips.append(
                ", ".join([f"This is {names[int(shown.labels[i])]}", *said]) + ". Click to put it on the canvas."
            )
        self.title.setText(title if shown.total else title.replace("got these right", "is right: no picture"))
        self.mosaic.set_tiles(as_rgb(shown.images), tips=tips)
        hidden = shown.total - self.mosaic.visible_count
        self.more.setText(f"{hidden:,} more" if hidden > 0 else "all mistakes")

    @Slot()
    def _want_all(self) -> None:
        self.all_wanted.emit()
