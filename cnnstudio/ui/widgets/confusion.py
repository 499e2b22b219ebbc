"""The confusion matrix of one network: what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme, mixed, share_map

Cell = tuple[int, int]

_NUMBER_PX: Final = 17
"""Cells smaller than this show their shade only."""

_FULL_SHARE: Final = 0.3
"""A class of which this share goes to one wrong class gets the darkest shade."""

_MOST_CELL_PX: Final = 40
_MOST_MARGIN: Final = 0.25
"""Share of the widget that the names of the classes may take."""

_BRIGHTEST: Final = 40

_STEPS: Final = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class ConfusionMatrix(QWidget):
    """Counts of truth (rows) against guess (columns), shaded by their share of the row.

    The diagonal, what is right, is drawn quietly: the eye falls on mistakes. Arrow keys go from cell to cell, Enter
    chooses; hovering says what a cell counts.

    Signals:
        cell_chosen((truth, guess)): The student clicked a cell.

    Thread: GUI.
    """

    cell_chosen = Signal(object)

    def __init__(self, theme: Theme, title: str = "", parent: QWidget | None = None) -> None:
        """Makes an empty matrix; `title` is the network's name for the screen reader."""
        super().__init__(parent)
        self._theme = theme
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._current: Cell | None = None
        self._chosen: Cell | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"Confusion matrix of {title}" if title else "Confusion matrix")

    @property
    def counts(self) -> NDArray[np.int64]:
        """int64 [classes, classes]; rows are the truth."""
        return self._counts

    @property
    def chosen(self) -> Cell | None:
        """The cell last chosen: truth and guess."""
        return self._chosen

    def set_counts(self, counts: NDArray[np.int64], class_names: Sequence[str]) -> None:
        """Shows a matrix, int64 [classes, classes]; the choice stays where it is."""
        if counts.shape != self._counts.shape:
            self._current = self._chosen = None
        self._counts, self._names = counts, tuple(class_names)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def choose(self, cell: Cell | None) -> None:
        """Marks a cell without telling anybody."""
        self._chosen = self._current = cell
        self.update()

    def sentence(self, truth: int, guess: int) -> str:
        """What a cell counts, as in "17 of 203 pictures of 9 are taken for 4 (8 %)."."""
        count, total = int(self._counts[truth, guess]), int(self._counts[truth].sum())
        share = f" ({percent(count / total, 0)})" if total else ""
        if truth == guess:
            return f"{count:,} of {total:,} pictures of {self._names[truth]} are read correctly{share}."
        return f"{count:,} of {total:,} pictures of {self._names[truth]} are taken for {self._names[guess]}{share}."

    def cell_at(self, position: QPointF | QPoint) -> Cell | None:
        """The cell under a point of the widget, or None."""
        size, grid = self._cell_px(), self._grid()
        if not size or not grid.contains(QPointF(position)):
            return None
        last = len(self._counts) - 1
        row = min(last, int((position.y() - grid.top()) / size))
        return row, min(last, int((position.x() - grid.left()) / size))

    def cell_rect(self, cell: Cell) -> QRectF:
        """The rectangle of a cell, in px."""
        size, grid = self._cell_px(), self._grid()
        return QRectF(grid.left() + cell[1] * size, grid.top() + cell[0] * size, size, size)

    def _widest_px(self) -> float:
        metrics = QFontMetricsF(self._theme.font("small"))
        return max((metrics.horizontalAdvance(name) for name in self._names), default=0.0)

    def _flat_px(self) -> float:
        return QFontMetricsF(self._theme.font("small")).height() + GRID_PX / 2

    def _turned(self) -> bool:
        """Whether the names above the columns are turned: they are wider than the columns that share one."""
        size = self._cell_below_px(self._flat_px())
        return size > 0 and self._widest_px() > self._names_apart(size) * size

    def _names_apart(self, size: int) -> int:
        """Every which class is named: all of them, unless the cells are lower than the letters."""
        return max(1, -(-int(QFontMetricsF(self._theme.font("small")).height()) // size))

    def _margin_px(self) -> float:
        if not self._turned():
            return self._flat_px()
        return max(self._flat_px(), min(self._widest_px() + GRID_PX / 2, self.height() * _MOST_MARGIN))

    def _left_px(self) -> float:
        return min(self._widest_px(), self.width() * _MOST_MARGIN) + GRID_PX

    def _cell_below_px(self, margin_px: float) -> int:
        n = len(self._counts)
        if not n:
            return 0
        room = min(self.width() - self._left_px(), self.height() - margin_px)
        return min(_MOST_CELL_PX, max(2, int(room / n)))

    def _cell_px(self) -> int:
        return self._cell_below_px(self._margin_px())

    def _grid(self) -> QRectF:
        size = self._cell_px() * len(self._counts)
        return QRectF(self._left_px(), self._margin_px(), size, size)

    def _shade(self, truth: int, guess: int) -> QColor:
        total = int(self._counts[truth].sum())
        share = int(self._counts[truth, guess]) / total if total else 0.0
        if truth == guess:
            quiet = self._theme.colour("chip")
            quiet.setAlphaF(0.25 + 0.75 * share)
            return quiet
        strength = min(1.0, (share / _FULL_SHARE) ** 0.6)
        if self._theme.dark:
            return mixed(self._theme.colour("window"), QColor(*share_map()[_BRIGHTEST].tolist()), strength)
        return QColor(*share_map()[round(255 * strength)].tolist())

    def _paint_cell(self, painter: QPainter, truth: int, guess: int, numbers: bool) -> None:
        rect = self.cell_rect((truth, guess)).adjusted(0, 0, -1, -1)
        shade = self._shade(truth, guess)
        painter.fillRect(rect, shade)
        count = int(self._counts[truth, guess])
        if numbers and count:
            if truth == guess:
                painter.setPen(self._theme.colour("muted"))
            else:
                painter.setPen(QColor("white") if shade.lightnessF() < 0.5 else QColor("black"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, f"{count}")

    def _paint_names(self, painter: QPainter) -> None:
        theme, size, grid = self._theme, self._cell_px(), self._grid()
        metrics = QFontMetricsF(theme.font("small"))
        every = self._names_apart(size)
        painter.setFont(theme.font("small"))
        for i, name in enumerate(self._names):
            here = self._current is not None and i in self._current
            painter.setPen(theme.colour("text" if here else "faint"))
            if i % every == 0:
                left = QRectF(0, grid.top() + i * size, grid.left() - GRID_PX / 2, size)
                text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left.width())
                painter.drawText(left, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
                if self._turned():
                    self._paint_turned(painter, i, metrics)
                else:
                    above = QRectF(grid.left() + i * size - GRID_PX, 0, size + 2 * GRID_PX, grid.top() - 2)
                    painter.drawText(above, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, name)

    def _paint_turned(self, painter: QPainter, column: int, metrics: QFontMetricsF) -> None:
        """A name read from below upwards, so that no two heads become the same letter."""
        size, grid = self._cell_px(), self._grid()
        long = grid.top() - GRID_PX / 2
        tall = max(metrics.height(), float(size))
        text = metrics.elidedText(self._names[column], Qt.TextElideMode.ElideRight, long)
        painter.save()
        painter.translate(grid.left() + (column + 0.5) * size, long)
        painter.rotate(-90)
        beside = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, -tall / 2, long, tall), beside, text)
        painter.restore()

    def _choose_current(self) -> None:
        if self._current is not None:
            self._chosen = self._current
            self.update()
            self.cell_chosen.emit(self._current)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints names, cells, and the two marked cells."""
        painter = QPainter(self)
        if not len(self._counts):
            return
        self._paint_names(painter)
        numbers = self._cell_px() >= _NUMBER_PX
        font = self._theme.font("small")
        font.setPixelSize(min(font.pixelSize(), max(8, self._cell_px() // 2)))
        painter.setFont(font)
        for truth in range(len(self._counts)):
            for guess in range(len(self._counts)):
                self._paint_cell(painter, truth, guess, numbers)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._current is not None:
            painter.setPen(QPen(self._theme.colour("text"), 1))
            painter.drawRect(self.cell_rect(self._current).adjusted(0, 0, -2, -2))
        if self._chosen is not None:
            painter.setPen(QPen(QColor(SELECTION), 3))
            painter.drawRect(self.cell_rect(self._chosen).adjusted(0, 0, -1, -1))

    def event(self, event: QEvent) -> bool:
        """Explains the cell under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(event.pos())
            if cell is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.sentence(*cell), self, self.cell_rect(cell).toRect())
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the cell under the pointer."""
        cell = self.cell_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if cell else Qt.CursorShape.ArrowCursor)
        if cell != self._current:
            self._current = cell
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a cell."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self._current = cell
            self._choose_current()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from cell to cell; Enter or the space bar chooses."""
        last = len(self._counts) - 1
        if last < 0:
            super().keyPressEvent(event)
        elif event.key() in _STEPS:
            down, right = _STEPS[Qt.Key(event.key())]
            row, column = self._current or (0, 0)
            moved = self._current is not None
            self._current = (min(last, max(0, row + down * moved)), min(last, max(0, column + right * moved)))
            self.update()
            place = self.mapToGlobal(self.cell_rect(self._current).bottomRight().toPoint())
            QToolTip.showText(place, self.sentence(*self._current), self)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose_current()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        if self._current is None and len(self._counts) and event.reason() == Qt.FocusReason.TabFocusReason:
            self._current = self._chosen or (0, 0)
        super().focusInEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._current = None
            self.update()

    def sizeHint(self) -> QSize:
        """Ten cells in comfort."""
        return QSize(300, 300)

    def minimumSizeHint(self) -> QSize:
        """Ten cells, just."""
        return QSize(104, 104)
