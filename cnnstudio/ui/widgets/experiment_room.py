"""The room below the settings of an experiment: a strip, the charts, the verdict; where it is low, charts first."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.ui.theme import GRID_PX

_LOW_EM: Final = 34
"""A room that is less high than so many times its text leaves a strip no more than it needs ..."""
_SHARE: Final = 0.16
"""... or this part of its height, whichever is more."""
_ANY_PX: Final = 16_777_215
"""No limit, for Qt."""


class ResultsRoom(QWidget):
    """A column.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Makes it empty."""
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(GRID_PX)
        self._strip: QWidget | None = None

    def add_strip(self, strip: QWidget, stretch: int) -> None:
        """Puts a strip above the charts; one that wants all the room is left alone."""
        self.column.addWidget(strip, stretch)
        if strip.sizePolicy().verticalPolicy() != QSizePolicy.Policy.Expanding:
            self._strip = strip

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for a high strip, or not."""
        super().resizeEvent(event)
        if self._strip is not None:
            low = self.height() < _LOW_EM * self.font().pixelSize()
            least = max(self._strip.minimumSizeHint().height(), round(_SHARE * self.height()))
            self._strip.setMaximumHeight(least if low else _ANY_PX)
