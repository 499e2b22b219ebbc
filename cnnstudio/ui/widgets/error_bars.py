"""A list of layers or operations with their relative errors as bars from 0 on; one of them is chosen."""

from __future__ import annotations

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
from cnnstudio.core.shifted_maps import EXACT
from cnnstudio.core.statistics import figures
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._sight import show_part
from cnnstudio.ui.widgets.explained import Explained

USUAL: Final = 1.5
"""Right end of the axis: maps with nothing in common have an error of 1.41."""
MOST: Final = 2.0
"""A relative error cannot be larger; the axis ends here where one is beyond its usual end."""
_TICKS: Final = (0.0, 0.5, 1.0, 1.5, 2.0)
_NAMES_SHARE: Final = 0.48
"""Names take no more of the width."""
_NUMBER: Final = "0.0012"
CHANGED: Final = "values changed by"
_BAR_EM: Final = 0.42
_ZERO_PX: Final = 1.5
"""What an error that rounding explains is drawn as: a line at 0."""


def share_of_axis(error: float, end: float = USUAL) -> float:
    """Where an error lies on the axis: 0 at its left end, also what rounding explains; 1 at its right end."""
    return min(1.0, error / end) if error >= EXACT else 0.0


def short_title(title: str, metrics: QFontMetricsF, room_px: float) -> str:
    """A layer's name that fits: in its short form, then without its middle, as what tells two apart is at the end."""
    if metrics.horizontalAdvance(title) > room_px:
        title = title.replace("convolution", "conv").replace("locally connected", "local")
    return metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, room_px)


def error_text(error: float | None) -> str:
    """A relative error as a number: "0.31", "2e-07", "0" or "-" where there is none."""
    if error is None:
        return "-"
    if error == 0:
        return "0"
    return f"{error:.0e}" if error < 1e-3 else figures(error)


class ErrorBars(Explained):
    """One row for each layer: its name, a solid bar for places away from borders, a hatched one for borders.

    Layers without places have no bar but words: how far their values changed is another measure, and longer or shorter
    than a bar would mean nothing. Up and Down, or a click, choose.

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
        self._end = USUAL
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
        errors = [error for one in layers for error in (one.inside_error, one.border_error) if error is not None]
        self._end = MOST if max(errors, default=0.0) > USUAL else USUAL
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
            changed = f"{CHANGED} {error_text(one.change)}, which is no error of a map"
            return f"{one.title}: {changed}. {one.sentence}"
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
        widest = max((metrics.horizontalAdvance(one.title) for one in self._layers), default=0.0)
        left = min(self.width() * _NAMES_SHARE, widest + 3 * GRID_PX)
        return QRectF(left, 0, max(GRID_PX, self.width() - left - number), self.row_px() * len(self._layers))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints axis and rows."""
        painter, theme, area = QPainter(self), self._theme, self._bar_area()
        painter.setFont(theme.font("small"))
        tall = painter.fontMetrics().height()
        apart_px = area.width() * _TICKS[1] / self._end
        named = _TICKS if apart_px > painter.fontMetrics().horizontalAdvance("0.5 ") else (_TICKS[0], self._end)
        for tick in _TICKS:
            if tick > self._end:
                break
            x = area.left() + area.width() * tick / self._end
            painter.setPen(QPen(theme.colour("grid"), 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, area.bottom()))
            if tick not in named:
                continue
            painter.setPen(theme.colour("faint"))
            foot = QRectF(x - 2 * tall, area.bottom(), 4 * tall, tall)
            painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter, f"{tick:g}")
        axis = QRectF(GRID_PX, area.bottom(), area.left() - 2 * GRID_PX, tall)
        painter.drawText(axis, Qt.AlignmentFlag.AlignLeft, "relative error")
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
        room = int(area.left() - 2 * GRID_PX)
        name = short_title(one.title, QFontMetricsF(painter.font()), room)
        painter.drawText(QRectF(GRID_PX, row.top(), room, high), Qt.AlignmentFlag.AlignVCenter, name)
        if not one.places:
            room_px = self.width() - area.left()
            self._paint_change(painter, QRectF(area.left(), row.top() + 1, room_px, high - 2), one.change, chosen)
            return
        shown = one.border_error if one.inside_error is None else one.inside_error
        text = QRectF(area.right() + GRID_PX / 2, row.top(), self.width() - area.right() - GRID_PX / 2, high)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, error_text(shown))
        bar = high * _BAR_EM
        self._paint_bar(
            painter, QRectF(area.left(), row.top() + high * 0.1, area.width(), bar), one.inside_error, hatched=False
        )
        self._paint_bar(painter, QRectF(area.left(), row.top() + high * 0.1 + bar, area.width(), bar), one.border_error,
                        hatched=True)  # fmt: skip

    def _paint_change(self, painter: QPainter, room: QRectF, change: float | None, chosen: bool) -> None:
        """Words in the place of a bar, over the axis' lines."""
        painter.setPen(self._theme.colour("muted"))
        metrics = QFontMetricsF(painter.font())
        words = f"{CHANGED} {error_text(change)}"
        if metrics.horizontalAdvance(words) > room.width():
            words = f"changed {error_text(change)}"
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        back = self._theme.colour("chip" if chosen else "window")
        painter.fillRect(
            QRectF(room.left(), room.top(), metrics.horizontalAdvance(words) + GRID_PX, room.height()), back
        )
        painter.drawText(room.adjusted(GRID_PX / 2, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_bar(self, painter: QPainter, room: QRectF, error: float | None, *, hatched: bool) -> None:
        if error is None:
            return
        share = share_of_axis(error, self._end)
        room = QRectF(room.left(), room.top(), max(_ZERO_PX, room.width() * share), room.height() - 1)
        painter.setPen(QPen(self._hue, 1) if hatched and share else Qt.PenStyle.NoPen)
        painter.setBrush(
            QBrush(self._hue, Qt.BrushStyle.BDiagPattern if hatched and share else Qt.BrushStyle.SolidPattern)
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
