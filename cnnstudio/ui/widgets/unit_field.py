"""Where a unit is in its map, and which pixels of the picture it depends on."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.inside import LayerMaps, Numbers, Pixels, Unit, UnitArithmetic
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme, signed_colours, value_map
from cnnstudio.ui.widgets._cells import Colours
from cnnstudio.ui.widgets._convolution_figure import output_colours
from cnnstudio.ui.widgets._sum_line import plain
from cnnstudio.ui.widgets.basic import ElidedLabel, explain_on_focus, label
from cnnstudio.ui.widgets.stepped_picture import SteppedPicture
from cnnstudio.ui.widgets.unit_choice import is_single, sight_words
from cnnstudio.ui.widgets.unit_planes import EDGE_PX, FittedPicture, columns_of

_LEAST_PX: Final = 72
_GLOW: Final = 0.85
"""How much of the yellow is mixed into the pixel that the unit depends on most."""

_CORE_SHARE: Final = 0.9
"""The effective field is told as the smallest number of pixels that hold so much of the squared gradient."""


def glowing(pixels: Pixels, effective: Numbers | None) -> Colours:
    """A picture as uint8 [rows, columns, 3]; pixels that matter are tinted yellow.

    Args:
        pixels: uint8 [channels, rows, columns].
        effective: float32 [rows, columns], the size of the gradient; None tints nothing.
    """
    last = np.moveaxis(pixels, 0, -1)
    rgb = np.ascontiguousarray(last if last.shape[-1] == 3 else np.repeat(last[..., :1], 3, axis=-1))
    if effective is None or effective.shape != rgb.shape[:2]:
        return rgb
    top = float(np.nanmax(effective, initial=0.0))
    if not top > 0 or not math.isfinite(top):
        return rgb
    # The square root lets the eye see where the gradient is small but not zero.
    glow = _GLOW * np.sqrt(np.clip(np.nan_to_num(effective) / top, 0, 1))[..., None]
    yellow = np.array([int(SELECTION[place : place + 2], 16) for place in (1, 3, 5)])
    return np.asarray(np.round(rgb * (1 - glow) + yellow * glow), np.uint8)


def core_pixels(effective: Numbers) -> int:
    """How few pixels hold nine tenths of the squared gradient."""
    parts = np.sort(np.nan_to_num(effective.astype(np.float64)).reshape(-1) ** 2)[::-1]
    total = parts.sum()
    return int(np.searchsorted(np.cumsum(parts), _CORE_SHARE * total) + 1) if total > 0 else 0


class _Field(SteppedPicture):
    """The picture, the box that the unit sees, and how much each pixel counts.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Picture")
        self.effective: Numbers | None = None
        self.pixels: Pixels | None = None

    def say(self, cell: tuple[int, int]) -> str:
        """A pixel in words."""
        row, column = cell
        said = f"Pixel at row {row}, column {column}"
        if self.pixels is not None and row < self.pixels.shape[1] and column < self.pixels.shape[2]:
            said += f": {', '.join(str(int(value)) for value in self.pixels[:, row, column])} of 255"
        if self.effective is not None and row < self.effective.shape[0] and column < self.effective.shape[1]:
            said += f"; gradient {self.effective[row, column]:.3g}"
        return said

    def minimumSizeHint(self) -> QSize:
        """A small square."""
        return QSize(_LEAST_PX, _LEAST_PX)


class _Places(FittedPicture):
    """The unit's map; of a flat layer all of its units, in rows. Dead units are hatched.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Map")
        self.flat_count = 0
        self.absent: frozenset[tuple[int, int]] = frozenset()
        self.numbers: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def say(self, cell: tuple[int, int]) -> str:
        """A unit in words."""
        row, column = cell
        rows, columns = self.numbers.shape
        if row >= rows or column >= columns:
            return ""
        if not self.flat_count:
            return f"Row {row}, column {column}: {self.numbers[cell]:.6g}"
        number = row * columns + column
        if number >= self.flat_count:
            return "The layer has no more units."
        return f"Unit {number + 1}: {self.numbers[cell]:.6g}{' (dead)' if cell in self.absent else ''}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the map, and hatches what is dead."""
        super().paintEvent(event)
        if self.absent:
            painter = QPainter(self)
            tint = self._theme.colour("muted")
            for row, column in self.absent:
                painter.fillRect(self.cell_rect(row, column), QBrush(tint, Qt.BrushStyle.BDiagPattern))

    def minimumSizeHint(self) -> QSize:
        """A small square."""
        return QSize(_LEAST_PX, _LEAST_PX // 2)


class UnitField(QWidget):
    """The unit's map above the picture: click a place in either, or move the unit with the arrow keys.

    Signals:
        placed((row, column)): The student wants the unit at this place of its map.
        numbered(unit): Of a flat layer: the student wants this unit.
        stepped((rows, columns)): The unit is to move over its map; of a flat layer over the rows of units.
        sighted(pixel): The student wants the unit that looks at (row, column) of the picture.

    Thread: GUI.
    """

    placed = Signal(object)
    numbered = Signal(object)
    stepped = Signal(object)
    sighted = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._told: UnitArithmetic | None = None
        self._pixels: Pixels | None = None
        self._dead: NDArray[np.bool_] | None = None
        self.map_word, self.field_word = ElidedLabel("heading"), ElidedLabel("heading")
        self.map, self.field = _Places(theme), _Field(theme)
        self.map.setToolTip("The map that the unit belongs to. Click a place, or move the unit with the arrow keys.")
        self.field.setToolTip("Framed: what the unit can see. Yellow: what its value depends on here and now.")
        self.sight = label("", "small", wrap=True)
        self.glow = QCheckBox("Gradient")
        self.glow.setToolTip(
            "Tints every pixel by how strongly the unit's value depends on it here and now: the size of the gradient. "
            "It is largest in the middle of the frame, and often much smaller than it (Luo et al. 2016)."
        )
        self.glow.setAccessibleDescription(self.glow.toolTip())
        explain_on_focus(self.glow)
        self.glow.setChecked(True)
        self.glow.toggled.connect(self._show_field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        for word, picture in ((self.map_word, self.map), (self.field_word, self.field)):
            column.addWidget(word)
            column.addWidget(picture, 1)
        column.addWidget(self.sight)
        column.addWidget(self.glow, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.map.picked.connect(self._on_picked)
        self.map.stepped.connect(self.stepped)
        self.field.stepped.connect(self.stepped)
        self.field.picked.connect(self.sighted)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.map.set_theme(theme)
        self.field.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """No picture is higher than wide: what is below follows it."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for picture in (self.map, self.field):
            rows, columns = picture.shape
            share = min(1.0, rows / columns) if columns else 1.0
            picture.setMaximumHeight(max(_LEAST_PX, round((self.width() - EDGE_PX) * share) + EDGE_PX))

    def show_map(self, layer: LayerMaps, unit: Unit) -> None:
        """Shows the unit's map, or all units of a flat layer."""
        if not is_single(layer.shape):
            if unit.map >= len(layer.values):
                return
            values = layer.values[unit.map]
            self.map.flat_count = 0
            colours = _shaded(values, layer.lowest, layer.highest)
            self.map.set_window((unit.row, unit.column, 1, 1))
            self.map_word.set_whole(f"Map {unit.map + 1} · {values.shape[0]} × {values.shape[1]}")
        else:
            count = layer.shape[0]
            columns = columns_of(count)
            laid = np.full(math.ceil(count / columns) * columns, np.nan, np.float32)
            laid[: len(layer.values)] = layer.values.reshape(-1)
            values = laid.reshape(-1, columns)
            self.map.flat_count = count
            colours = _shaded(values, layer.lowest, layer.highest)
            self.map.set_window((*divmod(unit.map, columns), 1, 1))
            self.map_word.set_whole(f"All {count:,} {'maps' if len(layer.shape) == 3 else 'units'}")
        self.map.numbers = np.asarray(values)
        self.map.set_picture(colours, self.map.numbers if np.isfinite(self.map.numbers).all() else None)
        self._fit()
        self._mark_dead()

    def show_dead(self, dead: NDArray[np.bool_] | None) -> None:
        """Marks dead units of a flat layer: bool [units]; None knows nothing."""
        self._dead = dead
        self._mark_dead()

    def show_told(self, told: UnitArithmetic, pixels: Pixels) -> None:
        """Shows what the unit sees of the picture."""
        self._told, self._pixels = told, pixels
        self._show_field()

    def _mark_dead(self) -> None:
        columns = self.map.shape[1]
        if self._dead is None or not self.map.flat_count or len(self._dead) != self.map.flat_count or not columns:
            self.map.absent = frozenset()
        else:
            self.map.absent = frozenset(divmod(int(number), columns) for number in np.flatnonzero(self._dead))
        self.map.update()

    @Slot()
    def _show_field(self) -> None:
        told, pixels = self._told, self._pixels
        if told is None or pixels is None:
            return
        self.field.pixels, self.field.effective = pixels, told.effective
        self.field.set_picture(glowing(pixels, told.effective if self.glow.isChecked() else None))
        self._fit()
        top, left, bottom, right = told.box
        self.field.set_window((top, left, bottom - top, right - left))
        self.field_word.set_whole(f"Picture · {pixels.shape[1]} × {pixels.shape[2]}")
        words = sight_words(told.box, pixels.shape)
        few = core_pixels(told.effective)
        depends = f"depends mostly on {few:,}" if few else "depends on none here: the gradient is 0"
        self.sight.setText(f"It {words}, {depends}.")
        self.sight.setToolTip(
            f"Rows {top} to {bottom - 1}, columns {left} to {right - 1}. Nine tenths of the squared gradient lie on "
            f"{few:,} pixel{'s' if few != 1 else ''}."
        )

    @Slot(object)
    def _on_picked(self, cell: tuple[int, int]) -> None:
        if not self.map.flat_count:
            self.placed.emit(cell)
            return
        number = cell[0] * self.map.shape[1] + cell[1]
        if number < self.map.flat_count:
            self.numbered.emit(number)

    @property
    def flat_columns(self) -> int:
        """How many units of a flat layer stand in a row; 0 where the layer has maps."""
        return self.map.shape[1] if self.map.flat_count else 0

    def value_words(self, unit: Unit) -> str:
        """The number that the map shows at the unit, as text."""
        rows, columns = self.map.numbers.shape
        row, column = divmod(unit.map, columns) if self.map.flat_count and columns else (unit.row, unit.column)
        return plain(float(self.map.numbers[row, column])) if row < rows and column < columns else ""


def _shaded(values: NDArray[np.float32], lowest: float, highest: float) -> Colours:
    """Colours on the layer's common scale: signed where the layer has numbers below zero."""
    if lowest < 0:
        return signed_colours(np.nan_to_num(np.asarray(values, np.float64)), max(abs(lowest), abs(highest)))
    scaled = np.asarray(values, np.float64)
    return output_colours(scaled) if highest <= 0 else _grey(scaled / highest)


def _grey(shares: NDArray[np.float64]) -> Colours:
    return value_map()[np.round(np.clip(np.nan_to_num(shares), 0, 1) * 255).astype(np.intp)]
