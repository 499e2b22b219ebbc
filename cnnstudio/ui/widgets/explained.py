"""A painted widget whose parts explain themselves, each with its own tip under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget


class Explained(QWidget):
    """A widget with a tip for each place. What frames itself on focus is painted anew by Qt when the focus goes.

    Thread: GUI.
    """

    def said_at(self, place: QPointF) -> str:
        """What a place means, with its numbers; "" where there is nothing to say. Filled by a subclass."""
        return ""

    def event(self, event: QEvent) -> bool:
        """Explains what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.said_at(QPointF(event.pos())), self)
            return True
        return super().event(event)
