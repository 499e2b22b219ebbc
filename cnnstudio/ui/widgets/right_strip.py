"""A strip of the pictures that only one of two networks reads: both sides of it, with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio.core.questions import Disagreement, Shown
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._names import the
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.mosaic import Mosaic, as_rgb

_TILE_PX: Final = 40
_TITLE_LINES: Final = 2
_LONGEST_COUNT: Final = "is right: 8,888"
"""The title keeps the room of such a number, so that no picture moves while the counts go up and down."""


class StripSide(QWidget):
    """What one network reads and the other does not: how many pictures, and the first of them.

    Signals:
        chosen((pixels, name)): A picture was clicked.

    Thread: GUI.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.title = label("", "heading")
        self.mosaic = Mosaic(
            theme, "Pictures that only one network reads", tile_px=_TILE_PX, gap_px=GRID_PX, one_row=True
        )
        row.addWidget(self.title)
        row.addWidget(self.mosaic, 1, Qt.AlignmentFlag.AlignVCenter)
        self.shown: Shown | None = None
        self._name = ""
        self.mosaic.chosen.connect(self._on_chosen)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.mosaic.set_theme(theme)
        self._fit()

    def show_pictures(self, shown: Shown, name: str, other: str, tested: int) -> None:
        """Shows pictures.

        Args:
            shown: Those that the network `name` reads and the network `other` does not.
            name: A short name.
            other: Likewise.
            tested: How many pictures both read.
        """
        self.shown, self._name = shown, name
        self.title.setText(f"Only {the(name)}\nis right: {shown.total:,}")
        said = f"Of {tested:,} test pictures, {the(name)} reads {shown.total:,} that {the(other)} does not."
        self.title.setToolTip(said)
        self.title.setAccessibleName(said)
        self.mosaic.set_tiles(as_rgb(shown.images), tips=_tips(shown, (name, other)))
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetrics(self._theme.font("body", bold=True))
        lines = (f"Only {the(self._name)}", _LONGEST_COUNT)
        self.title.setFixedWidth(max(metrics.horizontalAdvance(line) for line in lines) + GRID_PX // 2)

    @Slot(object)
    def _on_chosen(self, index: int) -> None:
        if self.shown is not None:
            name = self.shown.class_names[int(self.shown.labels[index])]
            self.chosen.emit((self.shown.images[index], name))


class RightStrip(QWidget):
    """What each of two networks gets right and the other wrong, side by side, and a way to see all of it.

    Attributes:
        sides: The first network's pictures, and the second's.
        more: Leads to all mistakes.

    Signals:
        picture_chosen((pixels, name)): One picture was clicked.
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
        self.sides = (StripSide(theme), StripSide(theme))
        for side in self.sides:
            side.chosen.connect(self.picture_chosen)
            row.addWidget(side, 1)
        self.more = button(
            "All mistakes",
            "quiet",
            tip="Opens the confusion matrices and all pictures that one network reads and another does not.",
        )
        row.addWidget(self.more)
        self.shown: Disagreement | None = None
        self.more.clicked.connect(self._want_all)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Restyles; the height is the same whatever is shown."""
        lines_px = _TITLE_LINES * QFontMetrics(theme.font("body", bold=True)).lineSpacing()
        self.setFixedHeight(max(_TILE_PX + GRID_PX, lines_px))
        for side in self.sides:
            side.set_theme(theme)

    def keep_room(self, keep: bool) -> None:
        """Whether its place stays free while it shows nothing, so that nothing moves when it does."""
        policy = self.sizePolicy()
        if policy.retainSizeWhenHidden() != keep:
            policy.setRetainSizeWhenHidden(keep)
            self.setSizePolicy(policy)

    def show_pictures(self, shown: Disagreement | None, names: Sequence[str] = ()) -> None:
        """Shows pictures; None empties the strip.

        Args:
            shown: What only one of two networks reads.
            names: Short names of the two.
        """
        self.shown = shown
        self.setVisible(shown is not None)
        if shown is None:
            return
        one, other = names
        self.sides[0].show_pictures(shown.only_one, one, other, shown.tested)
        self.sides[1].show_pictures(shown.only_other, other, one, shown.tested)

    @Slot()
    def _want_all(self) -> None:
        self.all_wanted.emit()


def _tips(shown: Shown, guessers: Sequence[str]) -> list[str]:
    names, tips = shown.class_names, []
    for i in range(len(shown.labels)):
        said = [] if shown.guesses is None else [
            f"{who} says {names[int(guess)]}" for who, guess in zip(guessers, shown.guesses[i], strict=False)
        ]  # fmt: skip
        tips.append(", ".join([f"This is {names[int(shown.labels[i])]}", *said]) + ". Click to put it on the canvas.")
    return tips
