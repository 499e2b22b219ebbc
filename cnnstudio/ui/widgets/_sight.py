"""Scrolling so that what the keyboard reached can be seen, and edges that say that there is more beyond them."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, Qt, Slot
from PySide6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QScrollArea, QWidget

from cnnstudio.ui.theme import GRID_PX, Theme

_MARGIN_PX: Final = GRID_PX // 2
_EDGE_PX: Final = 4 * GRID_PX
_CHEVRON_PX: Final = 6.0
_PAGE: Final = 0.75
"""A click moves by so much of what is seen, so that some of it stays as a landmark."""


def show_part(widget: QWidget, area: QRect) -> None:
    """Scrolls whatever areas a widget lies in until a part of it, in its own px, is in sight."""
    parent = widget.parentWidget()
    while parent is not None:
        inner = parent.widget() if isinstance(parent, QScrollArea) else None
        if isinstance(parent, QScrollArea) and inner is not None and (inner is widget or inner.isAncestorOf(widget)):
            centre = widget.mapTo(inner, area.center())
            parent.ensureVisible(
                centre.x(), centre.y(), area.width() // 2 + _MARGIN_PX, area.height() // 2 + _MARGIN_PX
            )
        parent = parent.parentWidget()


class Edge(QWidget):
    """One end of an area that scrolls sideways: fades what goes on beyond it, with a chevron that leads there.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, area: QScrollArea, way: int) -> None:
        """Lies over an area; `way` is -1 for its left end, 1 for its right one."""
        super().__init__(area)
        self._theme, self._area, self._way = theme, area, way
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("There is more: click, scroll, or go there with the left and right arrow keys.")
        self.setAccessibleName("more layers to the left" if way < 0 else "more layers to the right")
        area.viewport().installEventFilter(self)
        bar = area.horizontalScrollBar()
        bar.rangeChanged.connect(self._place)
        bar.valueChanged.connect(self._place)
        self._place()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    @Slot()
    def _place(self) -> None:
        bar, seen = self._area.horizontalScrollBar(), self._area.viewport().geometry()
        left = seen.left() if self._way < 0 else seen.right() + 1 - _EDGE_PX
        self.setGeometry(left, seen.top(), _EDGE_PX, seen.height())
        self.setVisible(bar.value() > bar.minimum() if self._way < 0 else bar.value() < bar.maximum())
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the size of the area."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the fade and the chevron."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        solid = self._theme.colour("window")
        clear = QColor(solid)
        clear.setAlpha(0)
        outer, inner = (0, self.width()) if self._way < 0 else (self.width(), 0)
        fade = QLinearGradient(outer, 0, inner, 0)
        fade.setColorAt(0.0, solid)
        fade.setColorAt(0.5, solid)
        fade.setColorAt(1.0, clear)
        painter.fillRect(self.rect(), fade)
        tip = QPointF(outer + self._way * -_CHEVRON_PX, self.height() / 2)
        back = QPointF(-self._way * _CHEVRON_PX, _CHEVRON_PX)
        painter.setPen(QPen(self._theme.colour("text"), 2))
        painter.drawPolyline(QPolygonF([tip + QPointF(back.x(), -back.y()), tip, tip + back]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes there."""
        if event.button() == Qt.MouseButton.LeftButton:
            bar = self._area.horizontalScrollBar()
            bar.setValue(bar.value() + round(self._way * _PAGE * self._area.viewport().width()))
