"""A list of layers or operations with their relative errors as bars on a logarithmic axis; one of them is chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy

from cnnstudio.core.equivariance import ShiftedMaps
from cnnstudio.core.statistics import figures
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._sight import show_part
from cnnstudio.ui.widgets.explained import Explained

LEAST: Final = 1e-8
"""Left end of the axis: rounding errors of 32-bit sums are larger."""
MOST: Final = 2.0
"""A relative error cannot be larger."""
_TICKS: Final = (1e-8, 1e-6, 1e-4, 1e-2, 1.0)
_NAMES_SHARE: Final = 0.5
_NUMBER: Final = "0.0012"
_BAR_EM: Final = 0.42


def share_of_axis(error: float) -> float:
    """Where an error lies on the axis: 0 at its left end or below, 1 at its right end."""
    if not error > LEAST:
        return 0.0
    return min(1.0, math.log(error / LEAST) / math.log(MOST / LEAST))


def error_text(error: float | None) -> str:
    """A relative error as a number: "0.31", "2e-07", "0" or "-" where there is none."""
    if error is None:
        return "-"
    if error == 0:
        return "0"
    return f"{error:.0e}" if error < 1e-3 else figures(error)


class ErrorBars(Explained):
    """One row for each layer: its name, a solid bar for places away from borders, a hatched one for borders.

    Of layers without places the bar is an outline: how far the values changed. Up and Down, or a click, choose.

    Signals:
        chosen(layer): Another layer was chosen.

    Thread: GUI.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._layers: tuple[ShiftedMaps, ...] = ()
        self._current = ""
        self._hue = QColor()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Relative error of every layer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def current(self) -> str:
        """The chosen layer; "" before there is one."""
        return self._current

    def set_layers(self, layers: Sequence[ShiftedMaps], current: str, hue: QColor) -> None:
        """Shows other errors, in a network's hue."""
        more = len(layers) != len(self._layers)
        self._layers, self._current, self._hue = tuple(layers), current, hue
        if more:
            self.updateGeometry()
        self._describe()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def say(self, place: int) -> str:
        """A row in words."""
        one = self._layers[place]
        if not one.places:
            return f"{one.title}: {one.sentence}"
        inside, border = error_text(one.inside_error), error_text(one.border_error)
        return f"{one.title}: away from borders {inside}, at borders {border}. {one.sentence}"

    def row_px(self) -> int:
        """Height of a row."""
        return round(self._theme.small_px * 1.9)

    def row_at(self, position: QPointF | QPoint) -> int | None:
        """The row under a point, or None."""
        place = int(position.y()) // self.row_px()
        return place if 0 <= place < len(self._layers) else None

    def _describe(self) -> None:
        place = self._place()
        self.setAccessibleDescription(self.say(place) if place is not None else "")

    def _place(self) -> int | None:
        return next((at for at, one in enumerate(self._layers) if one.layer == self._current), None)

    def _choose(self, place: int) -> None:
        self._current = self._layers[place].layer
        self._describe()
        self.update()
        show_part(self, QRect(0, place * self.row_px(), self.width(), self.row_px()))
        self.chosen.emit(self._current)

    # Painting

    def _bar_area(self) -> QRectF:
        metrics = QFontMetricsF(self._theme.font("small"))
        number = metrics.horizontalAdvance(_NUMBER) + GRID_PX
        left = self.width() * _NAMES_SHARE
        return QRectF(left, 0, max(GRID_PX, self.width() - left - number), self.row_px() * len(self._layers))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints axis and rows."""
        painter, theme, area = QPainter(self), self._theme, self._bar_area()
        painter.setFont(theme.font("small"))
        tall = painter.fontMetrics().height()
        for tick in _TICKS:
            x = area.left() + area.width() * share_of_axis(tick)
            painter.setPen(QPen(theme.colour("grid"), 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, area.bottom()))
        painter.setPen(theme.colour("faint"))
        foot = QRectF(area.left(), area.bottom(), area.width(), tall)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, "1")
        if painter.fontMetrics().horizontalAdvance(f"{LEAST:.0e}   1") < area.width():
            painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, f"{LEAST:.0e}")
        painter.drawText(QRectF(0, area.bottom(), area.left(), tall), Qt.AlignmentFlag.AlignLeft, "relative error")
        for place, one in enumerate(self._layers):
            self._paint_row(painter, place, one, area)

    def _paint_row(self, painter: QPainter, place: int, one: ShiftedMaps, area: QRectF) -> None:
        theme, high = self._theme, self.row_px()
        row = QRectF(0, place * high, self.width(), high)
        chosen = one.layer == self._current
        if chosen:
            painter.fillRect(row, theme.colour("chip"))
            painter.fillRect(QRectF(0, row.top(), 3, high), QColor(SELECTION))
            if self.hasFocus():
                painter.setPen(QPen(theme.colour("muted"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(row.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(theme.colour("text" if chosen else "muted"))
        metrics = painter.fontMetrics()
        room = int(area.left() - 2 * GRID_PX)
        name = metrics.elidedText(one.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(GRID_PX, row.top(), room, high), Qt.AlignmentFlag.AlignVCenter, name)
        shown = one.change if not one.places else one.border_error if one.inside_error is None else one.inside_error
        text = QRectF(area.right() + GRID_PX / 2, row.top(), self.width() - area.right() - GRID_PX / 2, high)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, error_text(shown))
        bar = high * _BAR_EM
        if not one.places:
            self._paint_bar(
                painter, QRectF(area.left(), row.center().y() - bar / 2, area.width(), bar), one.change, "open"
            )
            return
        self._paint_bar(
            painter, QRectF(area.left(), row.top() + high * 0.1, area.width(), bar), one.inside_error, "full"
        )
        self._paint_bar(painter, QRectF(area.left(), row.top() + high * 0.1 + bar, area.width(), bar), one.border_error,
                        "hatched")  # fmt: skip

    def _paint_bar(self, painter: QPainter, room: QRectF, error: float | None, kind: str) -> None:
        if error is None:
            return
        room = QRectF(room.left(), room.top(), max(1.5, room.width() * share_of_axis(error)), room.height() - 1)
        painter.setPen(QPen(self._hue, 1) if kind != "full" else Qt.PenStyle.NoPen)
        painter.setBrush(
            {
                "full": QBrush(self._hue),
                "hatched": QBrush(self._hue, Qt.BrushStyle.BDiagPattern),
                "open": QBrush(Qt.BrushStyle.NoBrush),
            }[kind]
        )
        painter.drawRect(room)

    # What a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a row."""
        place = self.row_at(event.position())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up, Down, Home and End choose."""
        now, last = self._place(), len(self._layers) - 1
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Home: -last, Qt.Key.Key_End: last}
        if event.key() in steps and self._layers:
            wanted = 0 if now is None else now + steps[Qt.Key(event.key())]
            self._choose(min(max(wanted, 0), last))
        else:
            super().keyPressEvent(event)

    def said_at(self, place: QPointF) -> str:
        """Says a row's numbers."""
        row = self.row_at(place)
        return "" if row is None else self.say(row)

    def sizeHint(self) -> QSize:
        """All rows and the axis."""
        return QSize(30 * GRID_PX, self.row_px() * len(self._layers) + round(1.5 * self._theme.small_px))

    def minimumSizeHint(self) -> QSize:
        """All rows; they scroll."""
        return QSize(20 * GRID_PX, self.sizeHint().height())
