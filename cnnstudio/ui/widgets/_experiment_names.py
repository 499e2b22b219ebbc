"""The names in the chart of an experiment: at the ends of lines, in the key of bars, below their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetricsF

from cnnstudio.core.experiment import Series
from cnnstudio.ui.theme import GRID_PX

LEAST_PX: Final = 10
"""Letters of names are made as small as that before anything is left out."""
MARK_PX: Final = 1.5 * GRID_PX
"""Room for a mark before a name."""
_SIZE: Final = "\u00a0x\u00a0"
_MOST_LINES: Final = 3
"""A name below the axis has so many lines at most."""


@dataclass(frozen=True, slots=True)
class End:
    """What stands at the end of a line.

    Attributes:
        name: Of the line; shortened where there is no room.
        number: Its last one; never shortened.
        line: The line.
        other: Whether it is another result's.
    """

    name: str
    number: str
    line: Series
    other: bool = False

    @property
    def text(self) -> str:
        """Both."""
        return f"{self.name} {self.number}"

    def fitting(self, metrics: QFontMetricsF, room_px: float) -> str:
        """Both, with a name as short as it must be."""
        left = room_px - metrics.horizontalAdvance(f" {self.number}")
        return f"{metrics.elidedText(self.name, Qt.TextElideMode.ElideRight, left)} {self.number}"


def ends_font(ends: Sequence[End], font: QFont, wide_px: float, tall_px: float) -> QFont:
    """The largest letters, up to `font`'s and down to `LEAST_PX`, with which all names stand above each other."""
    made = QFont(font)
    for size in range(font.pixelSize(), LEAST_PX - 1, -1):
        made.setPixelSize(size)
        metrics = QFontMetricsF(made)
        widest = max((metrics.horizontalAdvance(end.text) for end in ends), default=0.0)
        if widest <= wide_px and metrics.height() * len(ends) <= tall_px:
            break
    return made


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One name of the key of bars.

    Attributes:
        line: Which.
        row: Its row, from the top.
        left_px: Where its box begins, from the left of the chart.
    """

    line: Series
    row: int
    left_px: float


def key_entries(lines: Sequence[Series], metrics: QFontMetricsF, wide_px: float, label_px: float) -> list[KeyEntry]:
    """The key of bars in rows that end at the right; none is left out.

    Args:
        lines: What the bars are.
        metrics: Of the letters.
        wide_px: Of the chart.
        label_px: What the name of the y axis takes of the first row.
    """
    gap, box = 1.5 * GRID_PX, metrics.height()
    widths = [box + metrics.horizontalAdvance(line.name) for line in lines]
    rows: list[list[int]] = [[]]
    for place, wide in enumerate(widths):
        room = wide_px - (label_px + 2 * GRID_PX if len(rows) == 1 else 0.0)
        taken = sum(widths[other] + gap for other in rows[-1])
        if taken + wide > room and (rows[-1] or len(rows) == 1):
            rows.append([])
        rows[-1].append(place)
    made = []
    for row, places in enumerate(rows):
        left = wide_px - sum(widths[place] + gap for place in places) + gap
        for place in places:
            made.append(KeyEntry(lines[place], row, max(0.0, left)))
            left += widths[place] + gap
    return made


def words_of(name: str) -> list[str]:
    """The parts of a name that stay whole: its words, and sizes such as "5 x 5"."""
    return name.replace(" x ", _SIZE).split(" ")


def wrapped(name: str, metrics: QFontMetricsF, room_px: float) -> list[str]:
    """A name in up to three lines, each of them shortened where even a word has no room."""
    lines: list[str] = []
    for word in words_of(name):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and (metrics.horizontalAdvance(longer) <= room_px or len(lines) == _MOST_LINES):
            lines[-1] = longer
        else:
            lines.append(word)
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, room_px) for line in lines]


def places_font(names: Sequence[str], font: QFont, room_px: float) -> QFont:
    """The largest letters, up to `font`'s and down to `LEAST_PX`, whose longest word has room."""
    made = QFont(font)
    words = [word for name in names for word in words_of(name)]
    for size in range(font.pixelSize(), LEAST_PX - 1, -1):
        made.setPixelSize(size)
        if max(map(QFontMetricsF(made).horizontalAdvance, words), default=0.0) <= room_px:
            break
    return made
