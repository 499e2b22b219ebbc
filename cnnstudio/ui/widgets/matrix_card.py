"""One network's confusion matrix with its name, its accuracy and its commonest mistake."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, Theme, mark_of
from cnnstudio.ui.widgets._marks import paint_mark
from cnnstudio.ui.widgets.basic import label
from cnnstudio.ui.widgets.confusion import ConfusionMatrix

_DOT_PX = 10


class NameLine(QWidget):
    """A mark in a network's hue, its name in that colour, and in grey a few words.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._name, self._words, self._hue = "", "", QColor()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_name(self, name: str, words: str, hue: QColor) -> None:
        """Shows a network."""
        self._name, self._words, self._hue = name, words, hue
        self.setAccessibleName(f"{name}: {words}" if words else name)
        self.setToolTip(words)
        self.update()

    @property
    def words(self) -> str:
        """What stands after the name."""
        return self._words

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line."""
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(_DOT_PX / 2, self.height() / 2)
        paint_mark(painter, middle, _DOT_PX / 2, mark_of(self._hue), self._hue)
        left = _DOT_PX + GRID_PX // 2
        for text, font, colour in (
            (self._name, theme.font("body", bold=True), theme.readable(self._hue)),
            (self._words, theme.font("small"), theme.colour("muted")),
        ):
            painter.setFont(font)
            painter.setPen(colour)
            metrics = painter.fontMetrics()
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, self.width() - left))
            area = QRectF(left, 0, max(0, self.width() - left), self.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            left += metrics.horizontalAdvance(shown) + GRID_PX // 2

    def sizeHint(self) -> QSize:
        """One line of text."""
        return QSize(20 * GRID_PX, self._theme.body_px + GRID_PX)

    def minimumSizeHint(self) -> QSize:
        """A name."""
        return QSize(8 * GRID_PX, self._theme.body_px + GRID_PX)


class MatrixCard(QWidget):
    """A name line and the commonest mistake above a matrix.

    Signals:
        cell_chosen((network, truth, guess)): The student clicked a cell.

    Thread: GUI.
    """

    cell_chosen = Signal(object)

    def __init__(self, theme: Theme, network: str, name: str, hue: QColor) -> None:
        """Makes it for one network."""
        super().__init__()
        self.network, self._name, self._hue = network, name, hue
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.line = NameLine(theme)
        self.matrix = ConfusionMatrix(theme, name)
        self.matrix.cell_chosen.connect(self._on_cell)
        self.worst = label("", "small", wrap=True)
        self.worst.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.line)
        column.addWidget(self.worst)
        column.addWidget(self.matrix, 1)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.line.set_theme(theme)
        self.matrix.set_theme(theme)

    def show_counts(self, counts: NDArray[np.int64], class_names: Sequence[str]) -> None:
        """Shows a matrix, int64 [classes, classes]."""
        right, total = int(counts.trace()), int(counts.sum())
        share = f"{percent(right / total)} right" if total else "no pictures"
        self.line.show_name(self._name, share, self._hue)
        self.matrix.set_counts(counts, class_names)
        wrong = counts - np.diag(np.diag(counts))
        truth, guess = (int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
        count = int(wrong[truth, guess])
        most = f", most often {class_names[truth]} taken for {class_names[guess]} ({count:,})" if count else ""
        self.worst.setText(f"{total - right:,} of {total:,} wrong{most}")

    @Slot(object)
    def _on_cell(self, cell: tuple[int, int]) -> None:
        self.cell_chosen.emit((self.network, *cell))
