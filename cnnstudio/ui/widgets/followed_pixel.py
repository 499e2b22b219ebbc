"""A painted widget in which the way of one pixel is followed, chosen by a click or by the arrow keys."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent

from cnnstudio.ui.widgets.explained import Explained

Pixel = tuple[int, int]
"""Row and column, counted from 0."""

_WAYS: Final[dict[Qt.Key, Pixel]] = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class FollowedPixel(Explained):
    """A widget that follows one pixel.

    Thread: GUI.
    """

    _pixel: Pixel

    def pixel_at(self, point: QPointF) -> Pixel | None:
        """The pixel under a point, or None; filled by a subclass."""
        return None

    def follow(self, pixel: Pixel) -> None:
        """Follows a pixel that a person chose; one beyond the edge is the edge's. Filled by a subclass."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Follows the pixel that is clicked."""
        pixel = self.pixel_at(event.position())
        if pixel is not None and event.button() == Qt.MouseButton.LeftButton:
            self.follow(pixel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys follow a neighbour."""
        way = _WAYS.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
        else:
            self.follow((self._pixel[0] + way[0], self._pixel[1] + way[1]))
