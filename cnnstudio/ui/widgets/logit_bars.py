"""Logits and probabilities of one picture side by side: a row for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from cnnstudio.core.percent import WIDEST, percent
from cnnstudio.ui.theme import GRID_PX, Theme, mixed
from cnnstudio.ui.widgets.explained import Explained

_ROWS: Final = 11
"""Ten classes and "none"; of more classes, those with the largest logits."""
_LEAST_ROW_PX: Final = 12
_MOST_ROW_PX: Final = 26
_NAME_EM: Final = 3.4
_PALE: Final = 0.55
_BAR_SHARE: Final = 0.62


class LogitBars(Explained):
    """Left the logits, from zero to both sides; right the probabilities, from 0 to 100 %.

    Thread: GUI.
    """

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._logits: NDArray[np.float64] = np.zeros(0)
        self._shares: NDArray[np.float64] = np.zeros(0)
        self._top_logit = 1.0
        self._hue = QColor()
        self._said = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(_MOST_ROW_PX * (_ROWS + 1))

    def show_numbers(
        self,
        names: Sequence[str],
        logits: NDArray[np.float64],
        shares: NDArray[np.float64],
        top_logit: float,
        hue: QColor,
    ) -> None:
        """Shows other numbers.

        Args:
            names: Of the classes.
            logits: float64 [classes].
            shares: float64 [classes], the probabilities.
            top_logit: The size at the ends of the logits' axis, the same for all networks.
            hue: The network's.
        """
        rows = sorted(int(place) for place in np.argsort(-logits, kind="stable")[:_ROWS])
        self._names = tuple(names[place] if place < len(names) else str(place) for place in rows)
        self._logits, self._shares, self._hue, self._said = logits[rows], shares[rows], hue, ""
        self._top_logit = top_logit if top_logit > 0 else 1.0
        self.setAccessibleName("; ".join(self.say(row) for row in range(len(rows))))
        self.update()

    def show_nothing(self, said: str) -> None:
        """Says why there are no numbers."""
        self._logits = self._shares = np.zeros(0)
        self._said = said
        self.setAccessibleName(said)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    @property
    def shares(self) -> NDArray[np.float64]:
        """The probabilities shown, from above."""
        return self._shares

    def say(self, row: int) -> str:
        """A row in words."""
        return f"{self._names[row]}: logit {self._logits[row]:.2f}, {percent(float(self._shares[row]))}"

    def _row_px(self) -> float:
        return min(_MOST_ROW_PX, (self.height() - self._head_px()) / max(1, len(self._names)))

    def _head_px(self) -> float:
        return QFontMetricsF(self._theme.font("small")).height()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints both columns."""
        painter, theme = QPainter(self), self._theme
        painter.setFont(theme.font("small"))
        if not self._logits.size:
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._said)
            return
        head, high = self._head_px(), self._row_px()
        left = min(_NAME_EM * theme.small_px, self.width() / 4)
        half = (self.width() - left - GRID_PX) / 2
        logits = QRectF(left, head, half, high * len(self._names))
        shares = QRectF(left + half + GRID_PX, head, half, logits.height())
        painter.setPen(theme.colour("faint"))
        title = "probability" if painter.fontMetrics().horizontalAdvance("probability") < half else "p"
        painter.drawText(QRectF(logits.left(), 0, half, head), Qt.AlignmentFlag.AlignHCenter, "logit")
        painter.drawText(QRectF(shares.left(), 0, half, head), Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(QPen(theme.colour("line"), 1))
        zero = int(logits.center().x())
        painter.drawLine(zero, int(head), zero, int(logits.bottom()))
        painter.drawLine(int(shares.left()), int(head), int(shares.left()), int(shares.bottom()))
        top = int(self._shares.argmax())
        for row in range(len(self._names)):
            self._paint_row(painter, row, high, logits, shares, top=row == top)

    def _paint_row(
        self, painter: QPainter, row: int, high: float, logits: QRectF, shares: QRectF, *, top: bool
    ) -> None:
        theme, y = self._theme, logits.top() + row * high
        painter.setFont(theme.font("small", bold=top))
        painter.setPen(theme.colour("text" if top else "muted"))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(self._names[row], Qt.TextElideMode.ElideRight, int(logits.left()) - GRID_PX // 2)
        painter.drawText(QRectF(0, y, logits.left(), high), Qt.AlignmentFlag.AlignVCenter, name)
        hue = self._hue if top else mixed(self._hue, theme.colour("window"), _PALE)
        thick, centre = high * _BAR_SHARE, logits.center().x()
        long = logits.width() / 2 * float(np.clip(self._logits[row] / self._top_logit, -1, 1))
        painter.fillRect(QRectF(min(centre, centre + long), y + (high - thick) / 2, abs(long), thick), hue)
        share = float(self._shares[row])
        text = percent(share)
        bold = QFontMetricsF(theme.font("small", bold=True))
        room = max(2.0, shares.width() - bold.horizontalAdvance(WIDEST) - GRID_PX)
        wide = max(1.0, room * share)
        painter.fillRect(QRectF(shares.left(), y + (high - thick) / 2, wide, thick), hue)
        painter.drawText(
            QRectF(shares.left() + wide + GRID_PX / 2, y, shares.width(), high), Qt.AlignmentFlag.AlignVCenter, text
        )

    def said_at(self, place: QPointF) -> str:
        """Says a row's numbers."""
        row = int((place.y() - self._head_px()) // max(1.0, self._row_px()))
        return self.say(row) if 0 <= row < len(self._names) and self._logits.size else ""

    def sizeHint(self) -> QSize:
        """Rows that can be read well."""
        return QSize(22 * GRID_PX, 20 * _ROWS)

    def minimumSizeHint(self) -> QSize:
        """Rows that can be read."""
        return QSize(14 * GRID_PX, _LEAST_ROW_PX * _ROWS + self._theme.small_px)
