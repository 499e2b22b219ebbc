"""What each map adds to a unit's sum: one bar for each, upwards where it adds and downwards where it takes away."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from cnnstudio.ui.theme import SELECTION, Theme, signed_colours
from cnnstudio.ui.widgets._sum_line import signed
from cnnstudio.ui.widgets.basic import by_keyboard
from cnnstudio.ui.widgets.explained import Explained

_WIDEST_BAR_PX: Final = 48.0
_GAP_SHARE: Final = 0.25
_LEAST_GAP_FROM_PX: Final = 4.0
_LINES: Final = 3.4
"""Height of the whole, in lines of small text."""

_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_Up: 1}


class UnitShares(Explained):
    """Bars from left to right; the chosen one is framed. Click, or use the arrow keys.

    Signals:
        chosen(place): The student went to a bar.

    Thread: GUI.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._shares: NDArray[np.float64] = np.zeros(0)
        self._names: tuple[str, ...] = ()
        self._place = 0
        self._ring = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("What each map adds")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def shares(self) -> NDArray[np.float64]:
        """float64 [bars]."""
        return self._shares

    @property
    def place(self) -> int:
        """The chosen bar."""
        return self._place

    def show_shares(self, shares: NDArray[np.float64], names: tuple[str, ...], place: int) -> None:
        """Shows other bars: float64 [bars], each one's name, and which is chosen."""
        self._shares, self._names, self._place = np.asarray(shares, np.float64), names, place
        self.setAccessibleDescription(self.say(place) if len(names) else "")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def say(self, place: int) -> str:
        """A bar in words."""
        share = float(self._shares[place])
        return f"{self._names[place]} {'adds' if share >= 0 else 'takes away'} {signed(abs(share)).lstrip('+')}"

    def _step_px(self) -> float:
        return min(_WIDEST_BAR_PX, self.width() / max(1, len(self._shares)))

    def _bars_area(self) -> tuple[float, float]:
        """Top and height of the bars: what the numbers of the maps below them leave."""
        text_px = QFontMetricsF(self._theme.font("small")).height()
        return 2.0, max(1.0, self.height() - text_px - 4)

    def bar_at(self, position: QPointF | QPoint) -> int | None:
        """The bar under a point, or None."""
        place = int(position.x() // self._step_px())
        return place if 0 <= place < len(self._shares) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bars, the line of zero, and as many numbers as there is room for."""
        count = len(self._shares)
        if not count:
            return
        painter = QPainter(self)
        top, high = self._bars_area()
        most, least = max(0.0, float(self._shares.max())), min(0.0, float(self._shares.min()))
        span = most - least or 1.0
        step = self._step_px()
        gap = step * _GAP_SHARE if step >= _LEAST_GAP_FROM_PX else 0.0
        zero = top + high * most / span
        colours = signed_colours(self._shares)
        for place, share in enumerate(self._shares):
            y = zero - share * high / span
            area = QRectF(place * step + gap / 2, min(y, zero), step - gap, max(1.0, abs(y - zero)))
            painter.fillRect(area, QColor(*(int(part) for part in colours[place])))
            if gap:
                painter.setPen(QPen(self._theme.colour("outline"), 1))
                painter.drawRect(area)
        painter.setPen(QPen(self._theme.colour("muted"), 1))
        painter.drawLine(QPointF(0, zero), QPointF(count * step, zero))
        painter.setPen(QPen(QColor(SELECTION), 2))
        painter.drawRect(QRectF(self._place * step + 1, top - 1, max(2.0, step - 2), high + 2))
        self._paint_names(painter, step, top + high)

    def _paint_names(self, painter: QPainter, step: float, below: float) -> None:
        font = self._theme.font("small")
        metrics = QFontMetricsF(font)
        widest = max(metrics.horizontalAdvance(name.split()[-1]) for name in self._names) + 4
        every = max(1, int(np.ceil(widest / step)))
        painter.setFont(font)
        painter.setPen(self._theme.colour("muted"))
        for place in range(0, len(self._shares), every):
            number = self._names[place].split()[-1]
            wide = metrics.horizontalAdvance(number)
            left = min(max(0.0, (place + 0.5) * step - wide / 2), self.width() - wide)
            painter.drawText(QPointF(left, below + 3 + metrics.ascent()), number)
        if self._ring:
            painter.setPen(QPen(self._theme.colour("muted"), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _choose(self, place: int) -> None:
        if 0 <= place < len(self._shares) and place != self._place:
            self._place = place
            self.update()
            self.chosen.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a bar."""
        place = self.bar_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Chooses while the button is held."""
        place = self.bar_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if place is None else Qt.CursorShape.PointingHandCursor)
        if place is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from bar to bar."""
        key, last = Qt.Key(event.key()), len(self._shares) - 1
        if key in _STEPS and last >= 0:
            self._choose(min(max(self._place + _STEPS[key], 0), last))
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self.say(self._place), self)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(0 if key == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)

    def said_at(self, place: QPointF) -> str:
        """Says the bar under the pointer."""
        bar = self.bar_at(place)
        return "" if bar is None else self.say(bar)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows a frame where the focus came by keyboard."""
        self._ring = by_keyboard(event)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts the frame away."""
        self._ring = False
        super().focusOutEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        """A few lines of text high."""
        return QSize(12 * self._theme.body_px, round(_LINES * QFontMetricsF(self._theme.font("small")).height()))

    def minimumSizeHint(self) -> QSize:
        """As high as wanted, and narrow."""
        return QSize(4 * self._theme.body_px, self.sizeHint().height())
