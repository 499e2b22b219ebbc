"""The room that parts of views stand in: a row without margins, an area that scrolls downwards."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.ui.theme import GRID_PX


def bare_row(spacing_px: int = GRID_PX) -> tuple[QWidget, QHBoxLayout]:
    """A part that is a row without margins, and the row."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing_px)
    return made, row


class Scrolled(QScrollArea):
    """An area without a frame that scrolls downwards only, and where the keyboard does not stop.

    Thread: GUI.
    """

    def __init__(self, content: QWidget | None = None) -> None:
        """Makes it, as wide as there is room."""
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if content is not None:
            self.setWidget(content)

    def fill(self, spacing_px: int) -> QVBoxLayout:
        """An empty column as its content, with room for the scroll bar beside it."""
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, GRID_PX, 0)
        column.setSpacing(spacing_px)
        self.setWidget(inner)
        return column
