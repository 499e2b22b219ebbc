"""The curve of a function of one number, the values that go through it, and the one that is looked at."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core.activations import Activation
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme

_POINTS: Final = 241
_BINS: Final = 40
_BARS_SHARE: Final = 0.3
"""Height of the largest bar of the histogram, as a share of the drawing."""

_KEY_SHARE: Final = 1 / 40
_LEAST_REACH: Final = 2.0
"""The axis runs at least so far to both sides, so that the bend at zero is seen."""


class FunctionCurve(QWidget):
    """Input across, output upwards, both on one scale; grey bars count the map's values. Drag, or use the arrow keys.

    Signals:
        picked(x): The student went to a number that is not a pixel's.

    Thread: GUI.
    """

    picked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._function: Activation | None = None
        self._reach = _LEAST_REACH
        self._counts: NDArray[np.int64] = np.zeros(_BINS, np.int64)
        self._x: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Curve of the activation function")
        self.setToolTip("Across: the number that comes in. Upwards: what comes out. Bars: how many values of the map "
                        "lie there. Dashed: the slope, which the gradient is multiplied with.")  # fmt: skip
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def value(self) -> float | None:
        """The number looked at."""
        return self._x

    def set_function(self, function: Activation, values: NDArray[np.float64]) -> None:
        """Shows another function, and which values go through it."""
        self._function = function
        top = float(np.abs(values).max(initial=0.0))
        self._reach = max(_LEAST_REACH, top * 1.05)
        self._counts = np.histogram(values, bins=_BINS, range=(-self._reach, self._reach))[0]
        self.update()

    def set_value(self, x: float | None) -> None:
        """Marks a number on the curve."""
        self._x = x
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def _area(self) -> QRectF:
        metrics = QFontMetricsF(self._theme.font("small"))
        room = QRectF(self.rect()).adjusted(2, 2, -2, -metrics.height() - 2)
        side = min(room.width(), room.height())
        return QRectF(room.left() + (room.width() - side) / 2, room.top(), side, side)

    def point(self, x: float, y: float) -> QPointF:
        """Where a number and its output stand, in px."""
        area = self._area()
        across = (x + self._reach) / (2 * self._reach)
        upwards = (y + self._reach) / (2 * self._reach)
        return QPointF(area.left() + across * area.width(), area.bottom() - upwards * area.height())

    def number_at(self, x_px: float) -> float:
        """The input under a place of the widget."""
        area = self._area()
        share = (x_px - area.left()) / max(1.0, area.width())
        return float(np.clip((2 * share - 1) * self._reach, -self._reach, self._reach))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints bars, axes, curve, slope and the number."""
        if self._function is None:
            return
        painter, area = QPainter(self), self._area()
        self._paint_bars(painter, area)
        painter.setPen(QPen(self._theme.colour("faint" if self.hasFocus() else "outline"), 1))
        painter.drawLine(self.point(-self._reach, 0), self.point(self._reach, 0))
        painter.drawLine(self.point(0, -self._reach), self.point(0, self._reach))
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.colour("muted"))
        foot = QRectF(area.left(), area.bottom() + 2, area.width(), self.height() - area.bottom())
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, f"{-self._reach:.1f}")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{self._reach:.1f}")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        x = np.linspace(-self._reach, self._reach, _POINTS)
        painter.setPen(QPen(self._theme.colour("muted"), 1, Qt.PenStyle.DashLine))
        painter.drawPath(self._path(x, self._function.slope(x)))
        painter.setPen(QPen(self._theme.colour("text"), max(2.0, self._theme.line_px)))
        painter.drawPath(self._path(x, self._function.apply(x)))
        self._paint_value(painter, self._function)

    def _path(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> QPainterPath:
        path = QPainterPath(self.point(float(x[0]), float(y[0])))
        for one, other in zip(x[1:], y[1:], strict=True):
            path.lineTo(self.point(float(one), float(other)))
        return path

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        top = int(self._counts.max(initial=0))
        if not top:
            return
        wide = area.width() / _BINS
        for place, count in enumerate(self._counts):
            high = _BARS_SHARE * area.height() * (float(count) / top) ** 0.5
            bar = QRectF(area.left() + place * wide, area.bottom() - high, max(1.0, wide - 1), high)
            painter.fillRect(bar, self._theme.colour("line"))

    def _paint_value(self, painter: QPainter, function: Activation) -> None:
        if self._x is None:
            return
        y = float(function.apply(np.array([self._x]))[0])
        dot = self.point(self._x, y)
        painter.setPen(QPen(QColor(SELECTION), 1))
        painter.drawLine(self.point(self._x, 0), dot)
        painter.drawLine(self.point(0, y), dot)
        painter.setBrush(QColor(SELECTION))
        painter.setPen(QPen(self._theme.colour("text"), 1))
        painter.drawEllipse(dot, GRID_PX * 0.6, GRID_PX * 0.6)

    def _pick(self, x: float) -> None:
        self.set_value(x)
        self.picked.emit(x)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to the number under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.number_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags along the curve."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._pick(self.number_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go along the curve."""
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        way = ways.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        x = (self._x or 0.0) + way * 2 * self._reach * _KEY_SHARE
        self._pick(float(np.clip(x, -self._reach, self._reach)))

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(28 * GRID_PX, 28 * GRID_PX)

    def minimumSizeHint(self) -> QSize:
        """A small square."""
        return QSize(16 * GRID_PX, 16 * GRID_PX)
