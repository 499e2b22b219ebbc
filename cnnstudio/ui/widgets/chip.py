"""A chip: one fact in a quiet box that can be clicked, its text shortened where there is little room."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import by_keyboard, explain_on_focus

_HIGH_EXTRA_PX = 10
_LEAST_PX = 48
_ROUND_PX = 4


class Chip(QAbstractButton):
    """A clickable fact.

    Thread: GUI.
    """

    def __init__(self, theme: Theme, tip: str = "", *, shrinks: bool = False) -> None:
        """Makes it without text; only one that shrinks gives way where there is little room."""
        super().__init__()
        self._theme = theme
        self._ring = False
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        across = QSizePolicy.Policy.Maximum if shrinks else QSizePolicy.Policy.Fixed
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        explain_on_focus(self)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints box and text."""
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("muted"), 2) if self._ring else Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line" if self.underMouse() else "chip"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _ROUND_PX, _ROUND_PX)
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.font("body"))
        inner = self.rect().adjusted(GRID_PX, 0, -GRID_PX, 0)
        metrics = QFontMetrics(theme.font("body"))
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows a frame where the focus came by keyboard."""
        self._ring = by_keyboard(event)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts the frame away."""
        self._ring = False
        super().focusOutEvent(event)

    def sizeHint(self) -> QSize:
        """As wide as its text."""
        metrics = QFontMetrics(self._theme.font("body"))
        return QSize(metrics.horizontalAdvance(self.text()) + 2 * GRID_PX + 2, metrics.height() + _HIGH_EXTRA_PX)

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(min(_LEAST_PX, self.sizeHint().width()), self.sizeHint().height())
