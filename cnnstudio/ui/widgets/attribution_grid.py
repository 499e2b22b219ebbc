"""All methods at once: small maps, a column for each method and a row for each network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.core.attribution import METHODS, Attribution, Method
from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets.attribution_colours import map_colours, over, plain
from cnnstudio.ui.widgets.attribution_words import METHOD_WORDS, check_words, class_name, method_tip, no_check
from cnnstudio.ui.widgets.basic import by_keyboard

_HEAD_LINES: Final = 2
_LEAST_PX: Final = 48
_MOST_PX: Final = 168
_KEYS: Final = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GridRow:
    """One network.

    Attributes:
        network: Its key.
        name: Its short name.
        colour: Its colour, readable as text.
    """

    network: str
    name: str
    colour: QColor


class AttributionGrid(QWidget):
    """Small multiples of every method's map.

    Signals:
        chosen(method): The student clicked a map, or pressed Enter on it.

    Thread: GUI.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._rows: tuple[GridRow, ...] = ()
        self._found: dict[tuple[str, Method], Attribution] = {}
        self._images: dict[tuple[str, Method], QImage] = {}
        self._names: tuple[str, ...] = ()
        self._current: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The maps of all methods")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    @property
    def found(self) -> Mapping[tuple[str, Method], Attribution]:
        """What is shown, by network and method."""
        return self._found

    def set_rows(self, rows: Sequence[GridRow], class_names: tuple[str, ...]) -> None:
        """Another list of networks; maps of networks that are gone go."""
        self._rows, self._names = tuple(rows), class_names
        keys = {row.network for row in rows}
        self._found = {key: one for key, one in self._found.items() if key[0] in keys}
        self._images = {key: one for key, one in self._images.items() if key[0] in keys}
        self.updateGeometry()
        self.update()

    def set_maps(self, found: Sequence[Attribution], pixels: NDArray[np.uint8], share: float) -> None:
        """The maps of one method, over their picture."""
        for one in found:
            key = (one.network, one.method)
            white = np.full_like(plain(pixels), 255)
            colours = white if one.map is None else map_colours(one.map, signed=one.signed)
            self._found[key], self._images[key] = one, image_of(over(pixels, colours, share))
        self.update()

    def clear(self) -> None:
        """Forgets all maps."""
        self._found, self._images = {}, {}
        self.update()

    def describe(self, row: int, column: int) -> str:
        """Everything about one map."""
        method = METHODS[column]
        found = self._found.get((self._rows[row].network, method))
        if found is None:
            return f"{method_tip(method)} It is being computed."
        if found.map is None:
            return f"{self._rows[row].name}, {METHOD_WORDS[method].title}: {found.why_not}"
        said = f"{self._rows[row].name}, {class_name(self._names, found.target)} {percent(found.probability)}."
        return f"{said} {check_words(found)} {method_tip(method)} Click to see it large."

    # Geometry

    def _small_px(self) -> int:
        return QFontMetrics(self._theme.font("small")).height()

    def tile_rect(self, row: int, column: int) -> QRect:
        """Where a map is drawn, in px."""
        head, line = _HEAD_LINES * self._small_px() + GRID_PX // 2, self._small_px()
        wide = (self.width() - (len(METHODS) - 1) * GRID_PX) // len(METHODS)
        room = (self.height() - head) // max(1, len(self._rows)) - 2 * line - GRID_PX
        side = max(1, min(wide, room, _MOST_PX))
        top = head + row * (side + 2 * line + GRID_PX) + line
        return QRect(column * (wide + GRID_PX), top, side, side)

    def tile_at(self, position: QPointF) -> tuple[int, int] | None:
        """Row and column of the map under a point, or None."""
        for row in range(len(self._rows)):
            for column in range(len(METHODS)):
                area = self.tile_rect(row, column).adjusted(0, 0, 0, self._small_px())
                if area.contains(position.toPoint()):
                    return row, column
        return None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints heads, names, maps and numbers."""
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        if not self._rows:
            return
        for column, method in enumerate(METHODS):
            self._paint_head(painter, column, METHOD_WORDS[method].short)
        for row, network in enumerate(self._rows):
            self._paint_name(painter, row, network)
            for column, method in enumerate(METHODS):
                self._paint_tile(painter, self.tile_rect(row, column), (network.network, method))
        if self._current is not None and self._current[0] < len(self._rows):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.colour("text"), 2))
            painter.drawRect(self.tile_rect(*self._current).adjusted(0, 0, -1, -1))

    def _paint_head(self, painter: QPainter, column: int, title: str) -> None:
        painter.setPen(self._theme.colour("text"))
        left = self.tile_rect(0, column).left()
        wide = self.tile_rect(0, 1).left() - self.tile_rect(0, 0).left() - 2
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
        painter.drawText(QRect(left, 0, wide, _HEAD_LINES * self._small_px()), flags, title)

    def _paint_name(self, painter: QPainter, row: int, network: GridRow) -> None:
        found = next((self._found[key] for key in self._found if key[0] == network.network), None)
        said = ""
        if found is not None and found.weights_from != "none":
            said = f": {class_name(self._names, found.target)}, {percent(found.probability)}"
        area = self.tile_rect(row, 0)
        painter.setFont(self._theme.font("small", bold=True))
        painter.setPen(network.colour)
        painter.drawText(area.left(), area.top() - painter.fontMetrics().descent() - 1, network.name + said)
        painter.setFont(self._theme.font("small"))

    def _paint_tile(self, painter: QPainter, area: QRect, key: tuple[str, Method]) -> None:
        found, line = self._found.get(key), self._small_px()
        below = QRect(area.left(), area.bottom() + 1, area.width(), line)
        painter.setPen(QPen(self._theme.colour("outline"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if found is not None and found.map is not None:
            image = self._images[key]
            size = image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            painter.drawImage(QRect(area.topLeft(), size), image)
        painter.drawRect(area.adjusted(0, 0, -1, -1))
        text, colour = self._number(found)
        painter.setPen(colour)
        if found is not None and found.map is None:
            self._paint_sentence(painter, area, found.why_not)
            return
        if painter.fontMetrics().horizontalAdvance(text) > below.width():
            text = text.split()[-1]
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _number(self, found: Attribution | None) -> tuple[str, QColor]:
        if found is None or found.map is None:
            return ("", self._theme.colour("muted"))
        if found.agreement is None:
            return no_check(found), self._theme.colour("muted")
        if found.believed:
            return f"{found.agreement:.2f}", self._theme.colour("text")
        return f"{found.agreement:.2f} (chance)", self._theme.colour("bad")

    def _paint_sentence(self, painter: QPainter, area: QRect, text: str) -> None:
        inner = area.adjusted(4, 4, -4, -4)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        fits = painter.fontMetrics().boundingRect(inner, flags, text).height() <= inner.height()
        painter.drawText(inner, flags, text if fits else "no map")

    # A person

    def event(self, event: QEvent) -> bool:
        """Explains the map under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.tile_at(QPointF(event.pos()))
            if place is not None:
                QToolTip.showText(event.globalPos(), self.describe(*place), self, self.tile_rect(*place))
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _go_to(self, place: tuple[int, int] | None) -> None:
        if place != self._current:
            self._current = place
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the map under the pointer."""
        place = self.tile_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if place is not None else Qt.CursorShape.ArrowCursor)
        self._go_to(place)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._go_to(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Marks a map where the keyboard came."""
        if by_keyboard(event) and self._current is None and self._rows:
            self._go_to((0, 0))
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts the mark away."""
        super().focusOutEvent(event)
        self._go_to(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a method."""
        place = self.tile_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.chosen.emit(METHODS[place[1]])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from map to map; Enter or the space bar chooses."""
        if event.key() in _KEYS and self._rows:
            move = _KEYS[Qt.Key(event.key())]
            row, column = self._current or (-move[0], -move[1])
            row, column = row + move[0], column + move[1]
            place = (min(max(row, 0), len(self._rows) - 1), min(max(column, 0), len(METHODS) - 1))
            self._go_to(place)
            QToolTip.showText(self.mapToGlobal(self.tile_rect(*place).bottomLeft()), self.describe(*place), self)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._current is not None:
            self.chosen.emit(METHODS[self._current[1]])
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Room for large tiles."""
        return QSize(len(METHODS) * 120, 360)

    def minimumSizeHint(self) -> QSize:
        """Room for the smallest tiles."""
        line = self._small_px()
        high = _HEAD_LINES * line + len(self._rows) * (_LEAST_PX + 2 * line + GRID_PX)
        return QSize(len(METHODS) * (_LEAST_PX + GRID_PX), high)
