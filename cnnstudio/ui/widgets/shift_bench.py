"""How much of a pooled map changes when its picture moves: a row for each kind of pooling, a column for each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme, mixed, share_map
from cnnstudio.ui.widgets._cells import cell_font, ink_on
from cnnstudio.ui.widgets.explained import Explained

_LEAST_ROW_PX: Final = 14
_MOST_ROW_PX: Final = 26
_BRIGHTEST: Final = 40
_STEPS: Final = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class ShiftBench(Explained):
    """A table of shares. Click a number, or use the arrow keys, to move the picture and to choose the kind.

    Signals:
        chosen((row, shift)): The student went to a row and a shift in pixels.

    Thread: GUI.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        """Makes an empty table."""
        super().__init__(parent)
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._names_px = 0.0
        self._shares: NDArray[np.float64] = np.zeros((0, 0))
        self._row, self._shift = 0, 0
        self._tip = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Share of the pooled map that changes, by kind of pooling and shift in pixels")

    @property
    def shares(self) -> NDArray[np.float64]:
        """float64 [kinds, shifts], NaN where a kind cannot be."""
        return self._shares

    @property
    def place(self) -> tuple[int, int]:
        """Row and shift that are chosen."""
        return self._row, self._shift

    def set_shares(self, names: Sequence[str], shares: NDArray[np.float64], tip: str) -> None:
        """Shows other shares, float64 [kinds, shifts]; `tip` is the formula, told on hover."""
        self._names, self._shares, self._tip = tuple(names), shares, tip
        self._measure_names()
        self.updateGeometry()
        self.update()

    def choose(self, row: int, shift: int) -> None:
        """Marks a row and a shift without telling anybody."""
        self._row, self._shift = row, shift
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self._measure_names()
        self.updateGeometry()
        self.update()

    def sentence(self, row: int, shift: int) -> str:
        """One number in words."""
        share = float(self._shares[row, shift])
        if not np.isfinite(share):
            return f"{self._names[row]}: these numbers do not go with this kind."
        what = f"{percent(share)} of the map changes" if shift else "nothing is moved, and nothing changes"
        return f"{self._names[row]}, picture moved by {shift} px: {what}.\n{self._tip}"

    def cell_rect(self, row: int, shift: int) -> QRectF:
        """The rectangle of a number, in px."""
        left, top = self._left_px(), self._row_px()
        return QRectF(left + shift * self._column_px(), top + row * self._row_px(), self._column_px(), self._row_px())

    def cell_at(self, position: QPointF | QPoint) -> tuple[int, int] | None:
        """Row and shift under a point, the names and the heading included, or None."""
        if not self._shares.size:
            return None
        row = int((position.y() - self._row_px()) / self._row_px()) if position.y() >= self._row_px() else self._row
        shift = self._shift
        if position.x() >= self._left_px():
            shift = int((position.x() - self._left_px()) / self._column_px())
        inside = 0 <= row < len(self._shares) and 0 <= shift < self._shares.shape[1]
        return (row, shift) if inside else None

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self._theme.font("small"))

    def _left_px(self) -> float:
        return min(self._names_px + GRID_PX, self.width() * 0.4)

    def _measure_names(self) -> None:
        metrics = self._metrics()
        self._names_px = max((metrics.horizontalAdvance(name) for name in self._names), default=0.0)

    def _column_px(self) -> float:
        columns = max(1, len(self._shares[0]) if len(self._shares) else 1)
        return max(1.0, (self.width() - 1 - self._left_px()) / columns)

    def _row_px(self) -> float:
        most = max(float(_MOST_ROW_PX), self._metrics().height() * 1.5)
        fits = (self.height() - 1) / (len(self._shares) + 1)
        return max(1.0, min(most, fits))

    def _shade(self, share: float) -> QColor:
        strength = min(1.0, share)
        if self._theme.dark:
            return mixed(self._theme.colour("surface"), QColor(*share_map()[_BRIGHTEST].tolist()), strength**0.8)
        return mixed(self._theme.colour("window"), QColor(*share_map()[200].tolist()), strength**0.8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints heading, names, shades and numbers."""
        if not self._shares.size:
            return
        painter = QPainter(self)
        painter.setFont(cell_font(self._theme.font("small"), self._row_px(), self._theme.small_px, "0")
                        or self._theme.font("small"))  # fmt: skip
        for shift in range(self._shares.shape[1]):
            head = QRectF(self._left_px() + shift * self._column_px(), 0, self._column_px(), self._row_px())
            painter.setPen(self._theme.colour("text" if shift == self._shift else "muted"))
            painter.drawText(head, Qt.AlignmentFlag.AlignCenter, f"{shift}")
        painter.setPen(self._theme.colour("muted"))
        painter.drawText(QRectF(0, 0, self._left_px(), self._row_px()), Qt.AlignmentFlag.AlignVCenter, "px moved")
        for row, name in enumerate(self._names):
            self._paint_row(painter, row, name)
        painter.setPen(QPen(QColor(SELECTION), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.cell_rect(self._row, self._shift).adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setPen(QPen(self._theme.colour("muted"), 1, Qt.PenStyle.DotLine))
            painter.drawRect(QRectF(self.rect()).adjusted(0, 0, -1, -1))

    def _paint_row(self, painter: QPainter, row: int, name: str) -> None:
        high = self._row_px()
        area = QRectF(0, (row + 1) * high, self._left_px() - GRID_PX / 2, high)
        painter.setPen(self._theme.colour("text" if row == self._row else "muted"))
        elided = self._metrics().elidedText(name, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided)
        for shift, share in enumerate(self._shares[row]):
            cell = self.cell_rect(row, shift)
            if not np.isfinite(share):
                painter.setPen(self._theme.colour("faint"))
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, "–")
                continue
            shade = self._shade(float(share))
            painter.fillRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), shade)
            painter.setPen(ink_on(shade.red(), shade.green(), shade.blue()))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, f"{100 * share:.0f}")

    def _go(self, row: int, shift: int) -> None:
        if (row, shift) != (self._row, self._shift):
            self.choose(row, shift)
            self.chosen.emit((row, shift))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to a number."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._go(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Dragging moves the picture along."""
        cell = self.cell_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if cell is not None else Qt.CursorShape.ArrowCursor)
        if event.buttons() & Qt.MouseButton.LeftButton and cell is not None:
            self._go(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move the picture and change the kind."""
        key = Qt.Key(event.key())
        if key not in _STEPS or not self._shares.size:
            super().keyPressEvent(event)
            return
        down, right = _STEPS[key]
        rows, shifts = self._shares.shape
        self._go(min(max(self._row + down, 0), rows - 1), min(max(self._shift + right, 0), shifts - 1))

    def said_at(self, place: QPointF) -> str:
        """Explains the number under the pointer."""
        cell = self.cell_at(place)
        return self.sentence(*cell) if cell else ""

    def sizeHint(self) -> QSize:
        """Numbers that can be read."""
        columns = max(1, self._shares.shape[1])
        return QSize(round(self._left_px()) + columns * 30, (len(self._shares) + 1) * _MOST_ROW_PX)

    def minimumSizeHint(self) -> QSize:
        """Shades with small numbers."""
        return QSize(30 * GRID_PX, (len(self._shares) + 1) * _LEAST_ROW_PX)
