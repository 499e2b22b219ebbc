"""The real pictures that excite a unit most and least: whole, or the patch that it sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QStyle, QVBoxLayout, QWidget

from cnnstudio.core.unit_record import FoundPicture, UnitRecord, parts_words
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._cells import number
from cnnstudio.ui.widgets.basic import ElidedLabel, explain_on_focus
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb
from cnnstudio.ui.widgets.rooms import Scrolled

_ACROSS: Final = (16, 8, 6, 4)
"""So many pictures stand in a row: the most that have room for their captions."""

_SHORT_NAME: Final = 2
_LEAST_EM: Final = 4
_MOST_EM: Final = 6
_GAP_PX: Final = 6
_LEAST_TILE_PX: Final = 32
_PAPER: Final = 128
"""Grey beyond the picture's edge, where a patch reaches into the padding."""


def patches(found: Sequence[FoundPicture]) -> NDArray[np.uint8]:
    """What a unit sees of each picture: uint8 [n, channels, height, width], all of the largest box's size."""
    boxes = [one.box for one in found]
    high = max(bottom - top for top, _, bottom, _ in boxes)
    wide = max(right - left for _, left, _, right in boxes)
    cut = np.full((len(found), found[0].pixels.shape[0], high, wide), _PAPER, np.uint8)
    for place, one in enumerate(found):
        top, left, bottom, right = one.box
        # A box that the picture's edge cut short lies at that edge.
        down = high - (bottom - top) if top == 0 else 0
        across = wide - (right - left) if left == 0 else 0
        cut[place, :, down : down + bottom - top, across : across + right - left] = one.pixels[
            :, top:bottom, left:right
        ]
    return cut


class FoundMosaic(Mosaic):
    """Found pictures; the one under the pointer or the keyboard shows the box that the unit sees.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, name: str) -> None:
        """Makes it empty; `name` is for the screen reader."""
        super().__init__(theme, name, tile_px=_LEAST_TILE_PX, gap_px=_GAP_PX)
        self._boxes: tuple[tuple[int, int, int, int], ...] = ()

    def show_found(self, found: Sequence[FoundPicture], names: Sequence[str], *, cut: bool) -> None:
        """Shows pictures, or with `cut` only what the unit sees of each; `names` are those of the classes."""
        if not found:
            self._boxes = ()
            self.set_tiles(np.zeros((0, 1, 1, 3), np.uint8))
            return
        pictures = patches(found) if cut else np.stack([one.pixels for one in found])
        self._boxes = () if cut else tuple(one.box for one in found)
        ink = self._theme.colour("text")
        captions = [(Word(_name(names, one.label), ink), Word(number(one.value))) for one in found]
        if max((len(name) for name in names), default=0) > _SHORT_NAME:
            captions = [(value, name) for name, value in captions]  # of a long name the end may be cut
        self.set_tiles(as_rgb(pictures), captions, [_tip(one, names) for one in found])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the tiles and the box."""
        super().paintEvent(event)
        at = self._current
        if at is None or at >= len(self._boxes):
            return
        tile, (high, wide) = self.tile_rect(at), self.tiles.shape[1:3]
        top, left, bottom, right = self._boxes[at]
        painter = QPainter(self)
        painter.setPen(QPen(QColor(SELECTION), 2))
        across, down = tile.width() / wide, tile.height() / high
        painter.drawRect(
            round(tile.left() + left * across), round(tile.top() + top * down),
            max(2, round((right - left) * across) - 1), max(2, round((bottom - top) * down) - 1),
        )  # fmt: skip


def _name(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else str(number)


def _tip(one: FoundPicture, names: Sequence[str]) -> str:
    top, left, bottom, right = one.box
    return (
        f"{one.part.capitalize()} picture {one.index:,}: {_name(names, one.label)}. Value {one.value:.6g} at row "
        f"{one.row}, column {one.column} of the map, which sees rows {top}–{bottom - 1}, columns {left}–{right - 1}. "
        "Click to put it on the canvas."
    )


class UnitPictures(QWidget):
    """Most above least, with what was looked at.

    Signals:
        taken((pixels, name)): The student wants a picture on the canvas.

    Thread: GUI.
    """

    taken = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self.record: UnitRecord | None = None
        self._theme = theme
        self._flat = False
        self.cut = QCheckBox("Patches")
        self.cut.setToolTip(
            "Only the part of each picture that the unit sees. Without: point at a picture to see which part that is."
        )
        explain_on_focus(self.cut)
        self.top, self.least = FoundMosaic(theme, "Most exciting"), FoundMosaic(theme, "Least exciting")
        self.top_word, self.least_word = ElidedLabel("heading"), ElidedLabel("heading")
        self.cut.toggled.connect(self._show)
        self.top.chosen.connect(self._on_top)
        self.least.chosen.connect(self._on_least)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID_PX)
        row.addWidget(self.top_word, 1)
        row.addWidget(self.cut)
        inner = QWidget()
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(0, 0, GRID_PX, 0)
        stack.setSpacing(GRID_PX // 2)
        for part in (self.top, self.least_word, self.least):
            stack.addWidget(part)
        stack.addStretch(1)
        self._scroll = Scrolled()
        self._scroll.setMinimumHeight(_LEAST_TILE_PX)
        self._scroll.setWidget(inner)
        self._scroll.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column.addLayout(row)
        column.addWidget(self._scroll, 1)

    @property
    def cuts(self) -> bool:
        """Whether only the patches are shown."""
        return self.cut.isChecked()

    def set_cuts(self, cuts: bool) -> None:
        """Shows only the patches, or the whole pictures."""
        self.cut.setChecked(cuts)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.top.set_theme(theme)
        self.least.set_theme(theme)
        self._fit()

    def show_record(self, record: UnitRecord | None, flat: bool) -> None:
        """Shows a record; `flat` says that the layer has single units; None empties it."""
        self.record, self._flat = record, flat
        self._show()

    @Slot()
    def _show(self) -> None:
        record = self.record
        for part in (self.cut, self.top_word, self.least_word, self.top, self.least):
            part.setVisible(record is not None)
        if record is None:
            return
        self.top_word.set_whole(f"Most, of {_looked_at(record)}")
        self.least_word.set_whole("Least")
        what = f"Unit {record.unit.map + 1}" if self._flat else f"Map {record.unit.map + 1}, wherever in the picture"
        self.top_word.setToolTip(f"{what}: the largest values first, then below the smallest.")
        for mosaic, found in ((self.top, record.top), (self.least, record.least)):
            mosaic.show_found(found, record.class_names, cut=self.cut.isChecked())
        self._fit()

    def _fit(self) -> None:
        bar_px = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        room = self.width() - max(GRID_PX, bar_px) - GRID_PX
        # Below so many letters of a caption, fewer stand in a row.
        least_px = _LEAST_EM * self._theme.small_px
        across = next((count for count in _ACROSS if (room + _GAP_PX) // count - _GAP_PX >= least_px), _ACROSS[-1])
        tile_px = min(max((room + _GAP_PX) // across - _GAP_PX, _LEAST_TILE_PX), _MOST_EM * self._theme.small_px)
        for mosaic in (self.top, self.least):
            mosaic.set_tile_px(tile_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Eight pictures in a row."""
        super().resizeEvent(event)
        self._fit()

    @Slot(object)
    def _on_top(self, index: int) -> None:
        if self.record is not None:
            self._take(self.record.top[index])

    @Slot(object)
    def _on_least(self, index: int) -> None:
        if self.record is not None:
            self._take(self.record.least[index])

    def _take(self, found: FoundPicture) -> None:
        assert self.record is not None
        self.taken.emit((found.pixels, _name(self.record.class_names, found.label)))


def _looked_at(record: UnitRecord) -> str:
    words = parts_words(record.looked)
    return f"{record.pictures:,} pictures" + (f" · {words}" if words else "")
