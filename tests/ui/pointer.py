"""A pointer that moves with a button held: what pytest-qt's own does not do."""

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication


def drag_to(widget, place, button=Qt.MouseButton.LeftButton):
    """Moves the pointer to a place of the widget while a button is held."""
    at = QPointF(place)
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), none, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)
