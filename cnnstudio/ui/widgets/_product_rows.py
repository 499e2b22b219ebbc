"""Patch times kernel is products: three grids in a row, one row for each channel."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from cnnstudio.core.convolution import Explanation, Plane
from cnnstudio.ui.theme import GRID_PX, Theme, signed_colours
from cnnstudio.ui.widgets._cells import Colours
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.number_grid import NumberGrid

CHANNEL_NAMES: Final = ("red", "green", "blue")
_CELL_PX: Final = 26
"""Rows of three channels stand above each other only where their cells are at least this large."""

_COLUMNS: Final = 5
_KERNEL_TIP: Final = (
    "Type a number into a cell, draw by dragging (the right button draws its negative), or choose another kernel above."
)


def channel_colours(values: Plane, channel: int | None, scaling: tuple[float, float]) -> Colours:
    """Colours of pixels, uint8 [..., 3]: grey, or black to one channel's own colour."""
    share = np.clip(values * scaling[1] + scaling[0], 0, 1)
    grey = np.round(share * 255).astype(np.uint8)
    if channel is None:
        return np.repeat(grey[..., None], 3, axis=-1)
    colours = np.zeros((*values.shape, 3), np.uint8)
    colours[..., channel] = grey
    return colours


class ProductRows(QWidget):
    """The window's numbers. Where three rows have no room, one channel is seen, and the others are a click away.

    Attributes:
        rows: For each channel its patch, kernel and products.

    Signals:
        kernel_edited((channel, values)): The student changed a kernel as it lies on the window.
        failed(report): What is typed is no number (an `ErrorReport`), or is one again (None).
        pointed(cell or None): The pointer is at (channel's row, row, column) of a grid.
        channel_chosen(channel): Another channel is to be seen.

    Thread: GUI.
    """

    kernel_edited = Signal(object)
    failed = Signal(object)
    pointed = Signal(object)
    channel_chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes the grids of three channels."""
        super().__init__()
        self._told: Explanation | None = None
        self._scaling = (0.0, 1.0)
        self._channel = 0
        self._top = 1.0
        self.rows: list[tuple[NumberGrid, NumberGrid, NumberGrid]] = []
        self._signs: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GRID_PX)
        self._grid.setVerticalSpacing(GRID_PX // 2)
        for column in (0, 2, 4):
            self._grid.setColumnStretch(column, 1)
        self._grid.addLayout(self._make_channels(), 0, 0)
        self.kernel_word = label("Kernel", "heading")
        self._grid.addWidget(self.kernel_word, 0, 2)
        self._grid.addLayout(self._make_kinds(), 0, 4)
        for channel in range(len(CHANNEL_NAMES)):
            self._make_row(theme, channel)

    def _make_channels(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        row.addWidget(label("Patch", "heading", tip="What the window sees."))
        self.channels = QButtonGroup(self)
        for place, name in enumerate(CHANNEL_NAMES):
            made = button(name, "tab", tip=f"The {name} channel's numbers.", checkable=True)
            self.channels.addButton(made, place)
            row.addWidget(made)
        self.channels.button(0).setChecked(True)
        self.channels.idClicked.connect(self._on_channel)
        row.addStretch(1)
        return row

    def _make_kinds(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.products = button("Products", "tab", tip="Each pixel times its weight.", checkable=True)
        self.running = button("Sum so far", "tab", tip="The products added up, in reading order.", checkable=True)
        self._kinds = QButtonGroup(self)
        for one in (self.products, self.running):
            self._kinds.addButton(one)
            row.addWidget(one)
        row.addStretch(1)
        self.products.setChecked(True)
        self._kinds.buttonClicked.connect(self._show)
        return row

    def _make_row(self, theme: Theme, channel: int) -> None:
        name = CHANNEL_NAMES[channel]
        patch = NumberGrid(theme, f"Patch, {name}")
        kernel = NumberGrid(theme, f"Kernel, {name}", editable=True)
        products = NumberGrid(theme, f"Products, {name}")
        kernel.edited.connect(partial(self._on_edited, channel))
        kernel.failed.connect(self.failed)
        kernel.setToolTip(_KERNEL_TIP)
        kernel.setAccessibleDescription(_KERNEL_TIP)
        for grid in (patch, kernel, products):
            grid.hovered.connect(partial(self._on_pointed, channel))
        signs = label("×", "muted"), label("=", "muted")
        line = channel + 1
        for column, part in enumerate((patch, signs[0], kernel, signs[1], products)):
            self._grid.addWidget(part, line, column)
        for sign in signs:
            sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._grid.setRowStretch(line, 1)
        self.rows.append((patch, kernel, products))
        self._signs.append(signs)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for row in self.rows:
            for grid in row:
                grid.set_theme(theme)

    def set_channel(self, channel: int) -> None:
        """Which channel is seen where there is room for one."""
        self._channel = channel
        one: Any = self.channels.button(channel)
        assert isinstance(one, QPushButton)
        one.setChecked(True)
        self._arrange()

    def set_running(self, running: bool) -> None:
        """Shows the sum so far, or the products."""
        (self.running if running else self.products).setChecked(True)
        self._show()

    def show_told(self, told: Explanation, scaling: tuple[float, float], turned: bool) -> None:
        """Shows another place.

        Args:
            told: What makes the output pixel there.
            scaling: Mean and spread that the pixels were normalised by.
            turned: Whether the kernel lies on the window turned by 180 degrees.
        """
        size_changed = self._told is None or self._told.patch.shape != told.patch.shape
        self._told, self._scaling = told, scaling
        self._top = float(np.abs(told.weights).max(initial=0.0))
        self.kernel_word.setText("Kernel, turned" if turned else "Kernel")
        if size_changed:
            self._arrange()
        self._show()

    @property
    def seen(self) -> tuple[int, ...]:
        """Places, among the channels told, of the rows that are seen."""
        told = self._told
        if told is None:
            return ()
        count, size = len(told.channels), told.patch.shape[-1]
        room = self.height() - self._grid.cellRect(0, 0).height()
        if count == 1 or room / count >= _CELL_PX * size + GRID_PX:
            return tuple(range(count))
        return (min(self._channel, count - 1),)

    def _arrange(self) -> None:
        told, seen = self._told, self.seen
        for place, (row, signs) in enumerate(zip(self.rows, self._signs, strict=True)):
            for part in (*row, *signs):
                part.setVisible(place in seen)
            self._grid.setRowStretch(place + 1, 1 if place in seen else 0)
        many = told is not None and len(told.channels) > len(seen)
        apart = told is not None and len(told.channels) == 1 and told.apart
        for one in self.channels.buttons():
            one.setVisible(many or apart)

    @Slot()
    def _show(self) -> None:
        told = self._told
        if told is None:
            return
        coloured = len(told.channels) > 1 or told.apart
        running = self.running.isChecked()
        bright = max(1.0, float(np.abs((np.array([0.0, 1.0]) - self._scaling[0]) / self._scaling[1]).max()))
        sums_top = float(np.abs(told.running).max(initial=0.0)) if running else self._top * bright
        absent = told.outside if told.outside.any() else None
        for place in self.seen:
            patch, kernel, products = self.rows[place]
            hue = told.channels[place] if coloured else None
            patch.set_values(told.patch[place], channel_colours(told.patch[place], hue, self._scaling), absent=absent)
            weights = told.weights[place]
            whole = bool((weights == np.round(weights)).all())
            texts = [[f"{weight + 0.0:.0f}" for weight in row] for row in weights] if whole else None
            kernel.set_values(weights, signed_colours(weights, self._top), texts=texts)
            third: NDArray[np.float64] = (told.running if running else told.products)[place]
            products.set_values(third, signed_colours(third, sums_top))

    @Slot(int)
    def _on_channel(self, channel: int) -> None:
        self.channel_chosen.emit(channel)

    def _on_edited(self, place: int, values: NDArray[np.float64]) -> None:
        if self._told is not None:
            self.kernel_edited.emit((self._told.channels[place], values))

    def _on_pointed(self, place: int, cell: tuple[int, int] | None) -> None:
        for row in self.rows:
            for grid in row:
                grid.mark(cell if row is self.rows[place] else None)
        self.pointed.emit((place, *cell) if cell is not None else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as many channels as there is room for."""
        super().resizeEvent(event)
        self._arrange()
        self._show()
