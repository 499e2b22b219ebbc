"""The map of one network over all offsets of a picture: how sure it is of the class, and where it is still right."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen

from cnnstudio.core.moving import REACH_PX
from cnnstudio.ui.theme import SELECTION, Theme
from cnnstudio.ui.widgets._cells import Colours
from cnnstudio.ui.widgets.shown_map import Mask, ShownMap

_ALL_KEPT: Final = 0.999
"""Ink counts as whole above that: what is lost below is a pixel's grey edge."""
_CURSOR_PX: Final = 9.0
"""The place that is shown is framed no smaller."""
TIP: Final = (
    "Each small square is the picture moved that far: the middle is where you drew it, right of it is moved right, "
    "below it moved down. The stronger the colour, the surer the network is of the class. Hatched squares are read as "
    "another class. Within the dotted line no ink has left the picture. Click, drag, or use the arrow keys; Home goes "
    "back to the middle."
)


def sure_colours(probability: NDArray[np.floating[Any]], hue: QColor) -> Colours:
    """From white at 0 to a network's hue at 1: uint8 [..., 3]."""
    end = np.array([hue.red(), hue.green(), hue.blue()], np.float64)
    share = np.clip(np.nan_to_num(probability), 0, 1)[..., None]
    return np.asarray((255 + (end - 255) * share).round(), np.uint8)


class OffsetField(ShownMap):
    """The map, with the offset that is looked at.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, name: str) -> None:
        """Makes it without numbers."""
        super().__init__(theme, name, keys=True)
        self.setToolTip(TIP)
        self._kept: Mask | None = None
        self._offset = (0, 0)

    def set_offsets(
        self, probability: NDArray[np.float64], right: Mask, kept: NDArray[np.float64], hue: QColor, said: str
    ) -> None:
        """Shows another map.

        Args:
            probability: float64 [offsets down, offsets right], of the class that counts as right.
            right: Bool, same shape: the network names that class.
            kept: float64, same shape: share of the ink that is in the picture.
            hue: The network's.
            said: The map in words.
        """
        self._kept = kept >= _ALL_KEPT
        self.set_map(sure_colours(probability, hue), hatched=~right, said=said)

    def set_offset(self, offset: tuple[int, int]) -> None:
        """Frames an offset: px down, px right."""
        if offset != self._offset:
            self._offset = offset
            self.update()

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        """Hatches what is misread, and draws borders and the offset."""
        if self._hatched is None or self._kept is None:
            return
        self.paint_hatching(painter, self._hatched, area)
        ink = QColor("#1A1D23")
        painter.setPen(QPen(ink, 1.4))
        self.paint_border(painter, ~self._hatched)
        painter.setPen(QPen(ink, 1.2, Qt.PenStyle.DotLine))
        self.paint_border(painter, self._kept)
        middle = self.cell_rect(REACH_PX, REACH_PX).center()
        reach = self.cell_rect(REACH_PX, REACH_PX).width() / 2
        painter.setPen(QPen(ink, 1))
        painter.drawLine(middle - QPointF(reach, 0), middle + QPointF(reach, 0))
        painter.drawLine(middle - QPointF(0, reach), middle + QPointF(0, reach))
        self._paint_offset(painter)

    def _paint_offset(self, painter: QPainter) -> None:
        cell = self.cell_rect(REACH_PX + self._offset[0], REACH_PX + self._offset[1])
        short = max(0.0, (_CURSOR_PX - cell.width()) / 2)
        frame = cell.adjusted(-short, -short, short, short)
        painter.setPen(QPen(QColor("#1A1D23"), 4))
        painter.drawRect(frame)
        painter.setPen(QPen(QColor(SELECTION), 2.4))
        painter.drawRect(frame)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home goes back to the middle."""
        if event.key() == Qt.Key.Key_Home:
            self.dragged.emit((REACH_PX, REACH_PX))
        else:
            super().keyPressEvent(event)
