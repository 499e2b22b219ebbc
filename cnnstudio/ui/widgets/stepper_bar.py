"""First, back, slide, step, last, and how quickly: what a window that goes over a picture is driven with."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSlider, QWidget

from cnnstudio.ui.icons import icon
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, explain_on_focus, set_kind

SPEEDS_PER_S: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_TICK_MS: Final = 33
_FIRST_SPEED: Final = 3
_SLIDER_PX: Final = 64
_BUTTON_EM: Final = 2.4
"""Width of a button that holds only an icon."""


class StepperBar(QWidget):
    """Buttons for a place among many, and the clock that goes through them.

    Attributes:
        index: The place, 0 to `count` - 1.
        count: How many places there are.

    Signals:
        moved(index): The student, or the clock, went to another place.
        playing_changed(playing): The clock started or stopped.

    Thread: GUI.
    """

    moved = Signal(object)
    playing_changed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        """Makes it with one place."""
        super().__init__(parent)
        self.count, self.index = 1, 0
        self._owed = 0.0
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.first = self._make("first", "The first place (Home)", self.go_first)
        self.back = self._make("back", "One step back (Left arrow on a picture)", self.go_back)
        self.play = button("Slide", "primary", tip="Let the window slide, or stand still (space bar on a picture)")
        self.play.clicked.connect(self.toggle)
        self.forward = self._make("step", "One step (Right arrow on a picture)", self.go_forward)
        self.last = self._make("last", "The last place (End)", self.go_last)
        self.speed = QSlider(Qt.Orientation.Horizontal)
        self.speed.setRange(0, len(SPEEDS_PER_S) - 1)
        self.speed.setValue(_FIRST_SPEED)
        self.speed.setPageStep(1)
        self.speed.setFixedWidth(_SLIDER_PX)
        self.speed.setAccessibleName("Speed")
        self.speed.valueChanged.connect(self._say_speed)
        explain_on_focus(self.speed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX // 2)
        for part in (self.first, self.back, self.play, self.forward, self.last, self.speed):
            row.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say_speed()
        self.set_theme(theme)

    def _make(self, name: str, tip: str, does: object) -> QPushButton:
        made = button("", tip=tip)
        made.setObjectName(name)
        made.setAccessibleName(tip)
        made.clicked.connect(does)
        return made

    @property
    def playing(self) -> bool:
        """Whether the clock goes."""
        return self._timer.isActive()

    @property
    def steps_per_s(self) -> int:
        """How quickly."""
        return SPEEDS_PER_S[self.speed.value()]

    def set_theme(self, theme: Theme) -> None:
        """Tints the icons."""
        side = QSize(theme.body_px, theme.body_px)
        for part, name in ((self.first, "first"), (self.back, "back"), (self.forward, "step"), (self.last, "last")):
            part.setIcon(icon(name, theme.colour("text")))
            part.setIconSize(side)
            part.setFixedWidth(round(_BUTTON_EM * theme.body_px))
        self.play.setIconSize(side)
        self._theme = theme
        self._dress()

    def set_count(self, count: int) -> None:
        """There are other places; the index stays where it can."""
        self.count = max(1, count)
        self.index = min(self.index, self.count - 1)
        self._enable()

    def set_index(self, index: int) -> None:
        """Goes to a place without telling anybody."""
        self.index = min(max(0, index), self.count - 1)
        self._enable()

    def set_speed(self, steps_per_s: int) -> None:
        """Sets the nearest speed there is."""
        near = min(range(len(SPEEDS_PER_S)), key=lambda place: abs(SPEEDS_PER_S[place] - steps_per_s))
        self.speed.setValue(near)

    @Slot()
    def go_first(self) -> None:
        """To the first place."""
        self._stop()
        self._go(0)

    @Slot()
    def go_last(self) -> None:
        """To the last place."""
        self._stop()
        self._go(self.count - 1)

    @Slot()
    def go_back(self) -> None:
        """One place back."""
        self._stop()
        self._go(self.index - 1)

    @Slot()
    def go_forward(self) -> None:
        """One place on."""
        self._stop()
        self._go(self.index + 1)

    @Slot()
    def toggle(self) -> None:
        """Starts or stops the clock; from the last place it starts over."""
        if self.playing:
            self._stop()
            return
        if self.index >= self.count - 1:
            self._go(0)
        self._owed = 0.0
        self._timer.start()
        self._dress()
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Stops the clock."""
        self._stop()

    def _stop(self) -> None:
        if self.playing:
            self._timer.stop()
            self._dress()
            self.playing_changed.emit(False)

    def _go(self, index: int) -> None:
        index = min(max(0, index), self.count - 1)
        if index != self.index:
            self.index = index
            self._enable()
            self.moved.emit(index)

    @Slot()
    def _tick(self) -> None:
        self._owed += self.steps_per_s * _TICK_MS / 1000
        steps = int(self._owed)
        self._owed -= steps
        if steps:
            self._go(self.index + steps)
        if self.index >= self.count - 1:
            self._stop()

    def _enable(self) -> None:
        for part in (self.first, self.back):
            part.setEnabled(self.index > 0)
        for part in (self.forward, self.last):
            part.setEnabled(self.index < self.count - 1)
        self.play.setEnabled(self.count > 1)

    @Slot()
    def _say_speed(self) -> None:
        text = f"Speed: {self.steps_per_s} steps a second"
        self.speed.setToolTip(text)
        self.speed.setAccessibleDescription(text)

    def _dress(self) -> None:
        self.play.setText("Pause" if self.playing else "Slide")
        self.play.setIcon(icon("pause" if self.playing else "run", self._theme.colour("on_primary"), gap=0.3))
        self.play.setAccessibleName(self.play.text())
        set_kind(self.play, "primary")
        self._enable()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen does not move."""
        super().hideEvent(event)
        self._stop()
