"""One layer under the microscope: the picture and its copy, both maps, and where they differ."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from cnnstudio.core.equivariance import ShiftedMaps
from cnnstudio.core.inside import Numbers, Pixels
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours
from cnnstudio.ui.widgets.attribution_colours import plain
from cnnstudio.ui.widgets.basic import ElidedLabel, explain_on_focus, label
from cnnstudio.ui.widgets.error_bars import error_text
from cnnstudio.ui.widgets.shown_map import Mask, ShownMap

_ACROSS: Final = 8
"""A flat list of units is shown in rows of so many."""

HEADS: Final = {
    "x": ("x", "The picture. Arrow keys shift its copy."),
    "shifted": ("shift(x)", "The copy of the picture, shifted; what came in has the colour of the border."),
    "of_shifted": ("map(shift(x))", "The layer's map of the shifted picture."),
    "moved": ("shift(map(x))", "The layer's map of the picture, shifted by as much, in its own units."),
    "difference": ("difference", "The first less the second, on the same colours. Hatched: borders, whose windows "
                   "reach over the edge, or see what came in there."),
}  # fmt: skip


def laid_out(maps: Numbers, place: int) -> tuple[NDArray[np.float64], Mask]:
    """One map to be drawn; a flat list in rows of eight. Also where there is nothing."""
    if maps.shape[1:] != (1, 1):
        chosen = maps[min(place, len(maps) - 1)].astype(np.float64)
        return chosen, np.zeros(chosen.shape, np.bool_)
    flat = maps.reshape(-1).astype(np.float64)
    across = min(_ACROSS, len(flat))
    short = -len(flat) % across
    return (
        np.pad(flat, (0, short)).reshape(-1, across),
        np.pad(np.zeros(len(flat), np.bool_), (0, short), constant_values=True).reshape(-1, across),
    )


class ShiftStage(QWidget):
    """Five pictures, two numbers and a sentence.

    Signals:
        stepped((rows, columns)): An arrow key wants another shift.
        map_chosen(place): Another of the layer's maps is looked at.

    Thread: GUI.
    """

    stepped = Signal(object)
    map_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._shown: ShiftedMaps | None = None
        self._texts: dict[str, NDArray[np.float64]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.maps: dict[str, ShownMap] = {}
        upper = QHBoxLayout()
        upper.setSpacing(2 * GRID_PX)
        upper.addLayout(self._row(theme, ("x", "shifted")), 2)
        upper.addLayout(self._make_words(), 3)
        column.addLayout(upper, 2)
        column.addLayout(self._row(theme, ("of_shifted", "moved", "difference")), 3)
        column.addStretch(0)

    def _row(self, theme: Theme, names: tuple[str, ...]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        for name in names:
            title, tip = HEADS[name]
            head = ElidedLabel("small")
            head.set_whole(title)
            head.setToolTip(tip)
            made = ShownMap(theme, title, keys=name in ("x", "shifted"))
            made.setToolTip(tip)
            made.stepped.connect(self.stepped)
            if name not in ("x", "shifted"):
                made.describe = lambda row, column, which=name: self._said_at(which, row, column)
            self.maps[name] = made
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(head)
            column.addWidget(made, 1)
            column.addStretch(0)
            row.addLayout(column, 1)
        return row

    def _make_words(self) -> QVBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = ElidedLabel("heading")
        words.addWidget(self.title)
        self.which = QSpinBox()
        self.which.setPrefix("map ")
        self.which.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.which.setAccessibleName("Map of the layer")
        self.which.setToolTip("Which of the layer's maps is shown; the errors are over all of them.")
        explain_on_focus(self.which)
        self.which.valueChanged.connect(self._on_map)
        self.inside = label("")
        self.border = label("", "muted")
        self.sentence = label("", "small", wrap=True)
        for part in (self.inside, self.border, self.sentence):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, part.sizePolicy().verticalPolicy())
            words.addWidget(part)
        words.addWidget(self.which, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        return words

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Pictures are no higher than they are wide, so that everything stands close together."""
        super().resizeEvent(event)
        for one in self.maps.values():
            one.setMaximumHeight(max(one.minimumSizeHint().height(), one.width()))

    @property
    def shown(self) -> ShiftedMaps | None:
        """The layer that is shown."""
        return self._shown

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for one in self.maps.values():
            one.set_theme(theme)

    def set_low(self, low: bool) -> None:
        """Where there is little height, the sentence is the title's tip only."""
        self.sentence.setVisible(not low)

    def show_pictures(self, picture: Pixels, moved: Pixels) -> None:
        """Shows the picture and its copy, uint8 [channels, height, width]."""
        self.maps["x"].set_map(plain(picture))
        self.maps["shifted"].set_map(plain(moved))

    def show_layer(self, one: ShiftedMaps, place: int) -> None:
        """Shows one of a layer's maps."""
        self._shown = one
        flat = one.of_shifted.shape[1:] == (1, 1)
        count = 1 if flat else len(one.of_shifted)
        with QSignalBlocker(self.which):
            self.which.setRange(1, count)
            self.which.setValue(min(place, count - 1) + 1)
            self.which.setSuffix(f" of {one.shape[0]:,}")
        self.which.setVisible(count > 1)
        self.title.set_whole(one.title)
        self.title.setToolTip(f"{one.title}: {one.sentence}")
        self.sentence.setText(one.sentence)
        if one.places:
            self.inside.setText(f"inside: {error_text(one.inside_error)}")
            self.border.setText(f"at borders: {error_text(one.border_error)}")
        else:
            self.inside.setText(f"changed: {error_text(one.change)}")
            self.border.setText("no places left")
        tip = "Relative error: 0 where both maps are the same, 1.41 where they have nothing in common, at most 2."
        self.inside.setToolTip(tip)
        self.border.setToolTip(tip)
        self._draw(one, self.which.value() - 1)

    def _draw(self, one: ShiftedMaps, place: int) -> None:
        found = {"of_shifted": one.of_shifted, "moved": one.shifted, "difference": one.difference}
        laid = {name: laid_out(maps, place) for name, maps in found.items()}
        top = max(float(np.abs(laid[name][0]).max(initial=0.0)) for name in ("of_shifted", "moved"))
        self._texts = {name: values for name, (values, _) in laid.items()}
        for name, (values, nothing) in laid.items():
            border = one.border if one.places and one.border.shape == values.shape else nothing
            hatched = border if name == "difference" else nothing
            self.maps[name].set_map(signed_colours(values, top or None), hatched=hatched, said=one.title)

    def _said_at(self, which: str, row: int, column: int) -> str:
        """The tip of a place: all three numbers."""
        one = self._shown
        if one is None or self._texts[which].shape[0] <= row:
            return ""
        numbers = [f"{HEADS[name][0]}: {values[row, column]:.4g}" for name, values in self._texts.items()]
        if one.places:
            where = "border" if one.border[row, column] else "away from borders"
            return f"row {row}, column {column} ({where})\n" + "\n".join(numbers)
        return f"unit {row * self._texts[which].shape[1] + column + 1}\n" + "\n".join(numbers)

    @Slot(int)
    def _on_map(self, value: int) -> None:
        if self._shown is not None:
            self._draw(self._shown, value - 1)
            self.map_chosen.emit(value - 1)
