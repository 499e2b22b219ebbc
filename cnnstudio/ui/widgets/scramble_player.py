"""The controls of the scramble: play there and back, one step, a slider over the way, the size of the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QWidget

from cnnstudio.ui.icons import icon
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, explain_on_focus

_TICK_MS: Final = 33
_TICKS: Final = 75
"""The way takes two and a half seconds."""
_REST_TICKS: Final = 24
"""So long the pixels stay before they fly back."""
_STEP: Final = 5
_SLIDER_PX: Final = 8 * GRID_PX


class ScramblePlayer(QWidget):
    """Play, step, slider, block.

    Signals:
        moved(share): How much of the way is gone, 0 to 1.
        chosen(block): A person chose another size of the blocks.

    Thread: GUI.
    """

    moved = Signal(float)
    chosen = Signal(int)

    def __init__(self) -> None:
        """Makes it, standing still at the start."""
        super().__init__()
        self._way, self._rest = 1, 0
        self._theme: Theme | None = None
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.play = button("", "slim")
        self.play.clicked.connect(self._toggle)
        self.step = button("", "slim", tip="One step further on the way.")
        self.step.setAccessibleName("Step")
        self.step.clicked.connect(self._step)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _TICKS)
        self.slider.setPageStep(_STEP)
        self.slider.setMinimumWidth(_SLIDER_PX)
        self.slider.setAccessibleName("way of the pixels")
        self.slider.setToolTip("From every pixel in its own place, on the left, to all of them permuted.")
        explain_on_focus(self.slider)
        self.slider.valueChanged.connect(self._on_slider)
        self.blocks = QComboBox()
        self.blocks.setAccessibleName("block that stays whole")
        self.blocks.setToolTip(
            "Side of the blocks that stay whole, in px, as the setting names them: each is a point of the chart."
        )
        explain_on_focus(self.blocks)
        self.blocks.activated.connect(self._on_block)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX // 2)
        for one in (self.play, self.step):
            row.addWidget(one)
        row.addWidget(self.slider, 1)
        row.addWidget(self.blocks)

    @property
    def playing(self) -> bool:
        """Whether the pixels move by themselves."""
        return self._timer.isActive()

    @property
    def block(self) -> int:
        """Side of the blocks, in px."""
        return int(self.blocks.currentData() or 1)

    @property
    def share(self) -> float:
        """How much of the way is gone."""
        return self.slider.value() / _TICKS

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        side_px = theme.body_px + GRID_PX
        for made in (self.play, self.step):
            made.ensurePolished()  # the style sheet would set other sizes later
            made.setFixedSize(side_px + GRID_PX // 2, side_px)
            made.setIconSize(QSize(theme.body_px, theme.body_px))
        self.step.setIcon(icon("step", theme.colour("text")))
        self._show_play()

    def set_blocks(self, sizes: Sequence[int], block: int | None = None) -> None:
        """Offers sizes of blocks, ascending; keeps the one that was chosen where it is still there."""
        wanted = block or self.block
        with QSignalBlocker(self.blocks):
            self.blocks.clear()
            for size in sizes:
                self.blocks.addItem(f"block {size} px", size)
                said = "Nothing moves." if size == sizes[-1] else f"Blocks of {size} × {size} pixels stay whole."
                tip = "All pixels are scrambled." if size == 1 else said
                self.blocks.setItemData(self.blocks.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            self.blocks.setCurrentIndex(max(0, self.blocks.findData(wanted)))

    @Slot()
    def _toggle(self) -> None:
        if self.playing:
            self._timer.stop()
        else:
            self._way, self._rest = (1 if self.slider.value() < _TICKS else -1), 0
            self._timer.start()
        self._show_play()

    @Slot()
    def _tick(self) -> None:
        if self._rest:
            self._rest -= 1
            return
        self.slider.setValue(self.slider.value() + self._way)
        if self.slider.value() == _TICKS and self._way > 0:
            self._way, self._rest = -1, _REST_TICKS
        elif self.slider.value() == 0:
            self._timer.stop()
            self._show_play()

    @Slot()
    def _step(self) -> None:
        if self.playing:
            self._toggle()
        value = self.slider.value()
        self.slider.setValue(0 if value == _TICKS else value + _STEP)

    @Slot(int)
    def _on_slider(self, value: int) -> None:
        self.moved.emit(value / _TICKS)

    @Slot(int)
    def _on_block(self, index: int) -> None:
        self.chosen.emit(self.block)

    def _show_play(self) -> None:
        says = "Pause" if self.playing else "Play"
        if self._theme is not None:
            self.play.setIcon(icon("pause" if self.playing else "run", self._theme.colour("text")))
        self.play.setAccessibleName(says)
        self.play.setToolTip("Stops the pixels where they are." if self.playing else "The pixels fly there and back.")
        self.play.setAccessibleDescription(self.play.toolTip())

    def hideEvent(self, event: QHideEvent) -> None:
        """Stands still where nobody sees it."""
        super().hideEvent(event)
        if self.playing:
            self._toggle()
