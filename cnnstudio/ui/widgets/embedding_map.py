"""A map of pictures: one mark for each, coloured by class, the current picture a star; zoom, pan, hover, choose."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core.attribution import Embedding
from cnnstudio.core.percent import percent
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.draw_part import is_screen
from cnnstudio.ui.widgets.embedding_card import Card, paint_card
from cnnstudio.ui.widgets.embedding_frame import Frame, nearest, towards
from cnnstudio.ui.widgets.embedding_marks import Stamps, class_colour, class_marks, halo_text, mark_font, star

_REACH_PX: Final = 12.0
_DRAG_PX: Final = 4
_NOTCH: Final = 1.0015
"""A notch of the wheel, 120 of these, enlarges by a fifth."""

_KEY_ZOOM: Final = 1.25
_KEY_PAN_PX: Final = 40
MISREAD: Final = -1
"""In the place of a class: the pictures that the network takes for another."""

_FADED: Final = 0.14
_RING_SHARE: Final = 0.55
_RING_PX: Final = 6.0
_KEYS: Final = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


class EmbeddingMap(QWidget):
    """The points are drawn once into a pixmap; only what moves is painted anew.

    Signals:
        chosen(place): The student clicked a point; `place` counts in the embedding's arrays.
        hovered(place or None): The pointer or the keyboard is at a point.

    Thread: GUI.
    """

    chosen = Signal(object)
    hovered = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it empty."""
        super().__init__()
        self._theme = theme
        self._embedding: Embedding | None = None
        self._places: NDArray[np.float64] = np.zeros((0, 2))
        self._frame = Frame()
        self._pixmap: QPixmap | None = None
        self._drawn = 0
        self._only: int | None = None
        self._hollow = False
        self._current: int | None = None
        self._linked: int | None = None
        self._card: Card | None = None
        self._pressed: QPointF | None = None
        self._dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # What is shown

    @property
    def embedding(self) -> Embedding | None:
        """What is shown."""
        return self._embedding

    @property
    def places(self) -> NDArray[np.float64]:
        """Where the points are, in px, float64 [n, 2]."""
        return self._places

    @property
    def times_drawn(self) -> int:
        """How often all points were drawn."""
        return self._drawn

    @property
    def current(self) -> int | None:
        """The point under the pointer or the keyboard."""
        return self._current

    @property
    def frame(self) -> Frame:
        """What is in sight."""
        return self._frame

    @property
    def hollow(self) -> bool:
        """Whether the star is that of an earlier picture."""
        return self._hollow

    def set_embedding(self, embedding: Embedding) -> None:
        """Shows an embedding; where only the star moved, only the star is painted anew."""
        before, self._embedding = self._embedding, embedding
        self._hollow = False
        same = (
            before is not None
            and before.method == embedding.method
            and np.array_equal(before.points, embedding.points)
            and np.array_equal(before.guesses, embedding.guesses)
        )
        if not same:
            if before is None or before.method != embedding.method or not self._frame.touched:
                self._fit()
            if before is None or len(before.labels) != len(embedding.labels):
                self._current = self._linked = self._card = None
            self._redraw()
        self.update()

    def set_hollow(self, hollow: bool) -> None:
        """Whether the star is that of an earlier picture."""
        if hollow != self._hollow:
            self._hollow = hollow
            self.update()

    def set_only(self, label: int | None) -> None:
        """Fades all classes but one, or (`MISREAD`) all that is read correctly; None shows all alike."""
        if label != self._only:
            self._only = label
            self._redraw()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self._redraw()

    def link(self, place: int | None) -> None:
        """Rings the picture that is looked at in another map, without telling anybody."""
        if place != self._linked:
            self._linked = place
            self.update()

    def set_card(self, card: Card | None) -> None:
        """What is said of the picture under the pointer."""
        self._card = card
        self.update()

    def fit(self) -> None:
        """Brings everything into sight again."""
        self._fit()
        self._redraw()

    def _fit(self) -> None:
        self._frame.width, self._frame.height = float(max(1, self.width())), float(max(1, self.height()))
        if self._embedding is not None:
            points = self._embedding.points
            here = self._embedding.here
            self._frame.fit(points if here is None else np.concatenate([points, here[None]]))

    def _redraw(self) -> None:
        self._pixmap = None
        if self._embedding is not None:
            self._places = self._frame.to_pixels(self._embedding.points)
        self.update()

    # Painting

    def _draw_points(self, embedding: Embedding) -> QPixmap:
        self._drawn += 1
        ratio = self.devicePixelRatioF()
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        painter = QPainter(made)
        self._paint_points(painter, embedding)
        painter.end()
        return made

    def _paint_points(self, painter: QPainter, embedding: Embedding) -> None:
        theme, marks = self._theme, class_marks(embedding.class_names)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painted = Stamps(painter, theme, marks, mark_font(theme, len(embedding.labels)))
        room = QRectF(self.rect()).adjusted(-_RING_PX, -_RING_PX, _RING_PX, _RING_PX)
        seen = [place for place, (x, y) in enumerate(self._places.tolist()) if room.contains(x, y)]
        wrong, strong = embedding.guesses != embedding.labels, self._is_strong(embedding)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("bad"), 1))
        for place in seen:
            if wrong[place]:
                painter.setOpacity(_RING_SHARE if strong[place] else _FADED)
                painter.drawEllipse(QPointF(*self._places[place].tolist()), _RING_PX, _RING_PX)
        for place in seen:
            painter.setOpacity(1.0 if strong[place] else _FADED)
            painted.stamp(int(embedding.labels[place]), QPointF(*self._places[place].tolist()))
        painter.setOpacity(1.0)
        self._draw_names(painter, embedding, marks)

    def _is_strong(self, embedding: Embedding) -> NDArray[np.bool_]:
        """Which points are not faded, bool [n]."""
        if self._only is None:
            return np.ones(len(embedding.labels), np.bool_)
        if self._only == MISREAD:
            return np.asarray(embedding.guesses != embedding.labels)
        return np.asarray(embedding.labels == self._only)

    def _draw_names(self, painter: QPainter, embedding: Embedding, marks: tuple[str, ...]) -> None:
        """Each class's mark, large, in the middle of its points: what is read from the last row.

        The closest class first; one whose mark would lie on another's goes without.
        """
        theme, font = self._theme, self._theme.font("title", bold=True)
        found = []
        for label, mark in enumerate(marks):
            mine = self._places[embedding.labels == label]
            if len(mine) and self._only in (None, MISREAD, label):
                middle = np.median(mine, axis=0)
                found.append((float(np.median(np.abs(mine - middle))), label, mark, middle))
        taken: list[QRectF] = []
        for _, label, mark, middle in sorted(found, key=lambda one: one[:2]):
            area = QRectF(0, 0, font.pixelSize() * (0.4 + 0.5 * len(mark)), font.pixelSize())
            area.moveCenter(QPointF(*middle.tolist()))
            if not any(area.intersects(one) for one in taken):
                taken.append(area)
                halo_text(painter, area.center(), mark, font, class_colour(theme, label), theme.colour("surface"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the pixmap, then what moves."""
        painter, embedding, theme = QPainter(self), self._embedding, self._theme
        if embedding is None:
            painter.fillRect(self.rect(), theme.colour("surface"))
            return
        if is_screen(painter, self):
            if self._pixmap is None or self._pixmap.devicePixelRatio() != self.devicePixelRatioF():
                self._pixmap = self._draw_points(embedding)
            painter.drawPixmap(0, 0, self._pixmap)
        else:
            self._paint_points(painter, embedding)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter, embedding)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place in (self._linked, self._current):
            if place is not None and place < len(self._places):
                painter.setPen(QPen(theme.colour("text"), 2))
                painter.drawEllipse(QPointF(*self._places[place].tolist()), _RING_PX + 3, _RING_PX + 3)
        if embedding.here is not None and np.isfinite(embedding.here).all():
            star(painter, self._star_place(embedding.here), theme, hollow=self._hollow)
        painter.setPen(QPen(theme.colour("muted" if self.hasFocus() else "line"), 2 if self.hasFocus() else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._card is not None and self._current is not None:
            paint_card(painter, theme, self._card, QPointF(*self._places[self._current].tolist()), self.size())

    def _star_place(self, here: NDArray[np.float32]) -> QPointF:
        """Where the star is drawn: at the rim where its place is out of sight."""
        x, y = self._frame.to_pixels(here).tolist()
        edge = 2.0 * GRID_PX
        return QPointF(min(max(x, edge), self.width() - edge), min(max(y, edge), self.height() - edge))

    def _paint_axes(self, painter: QPainter, embedding: Embedding) -> None:
        if len(embedding.explained) < 2:
            return
        first, second = (f"{percent(float(share), 0)} of the variance" for share in embedding.explained[:2])
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.colour("muted"))
        line, edge = painter.fontMetrics().height(), GRID_PX // 2
        self._paint_words(painter, QRect(0, self.height() - line - edge, self.width() - edge, line), f"across: {first}")
        painter.save()
        painter.rotate(-90)
        self._paint_words(painter, QRect(-self.height(), edge, self.height() - edge, line), f"up: {second}")
        painter.restore()

    def _paint_words(self, painter: QPainter, area: QRect, text: str) -> None:
        """Text at the right end of an area, on a pale ground: points may lie under it."""
        wide = painter.fontMetrics().horizontalAdvance(text) + GRID_PX
        ground = self._theme.colour("surface")
        ground.setAlphaF(0.8)
        behind = QRect(area.right() - wide + 1, area.top(), wide, area.height())
        painter.fillRect(behind, ground)
        painter.drawText(behind, Qt.AlignmentFlag.AlignCenter, text)

    # A person

    def _go_to(self, place: int | None) -> None:
        if place != self._current:
            self._current, self._card = place, None
            self.hovered.emit(place)
            self.update()

    def _moved(self) -> None:
        self._redraw()
        self._go_to(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Enlarges around the pointer."""
        place = event.position()
        self._frame.zoom(_NOTCH ** event.angleDelta().y(), place.x(), place.y())
        self._moved()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a drag, or a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragging = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags what is in sight, or marks the point under the pointer."""
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            off = event.position() - self._pressed
            if self._dragging or off.manhattanLength() >= _DRAG_PX:
                self._dragging, self._pressed = True, event.position()
                self._frame.pan(off.x(), off.y())
                self._moved()
            return
        place = nearest(self._places, event.position().x(), event.position().y(), _REACH_PX)
        self.setCursor(Qt.CursorShape.PointingHandCursor if place is not None else Qt.CursorShape.OpenHandCursor)
        self._go_to(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the point under the pointer, where nothing was dragged."""
        if self._pressed is not None and not self._dragging:
            place = nearest(self._places, event.position().x(), event.position().y(), _REACH_PX)
            if place is not None:
                self._go_to(place)
                self.chosen.emit(place)
        self._pressed, self._dragging = None, False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from point to point, with Shift they pan; + and - zoom, 0 fits, Enter chooses."""
        middle = self.width() / 2, self.height() / 2
        if event.key() in _KEYS:
            self._arrow(_KEYS[Qt.Key(event.key())], panning=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            closer = event.key() != Qt.Key.Key_Minus
            self._frame.zoom(_KEY_ZOOM if closer else 1 / _KEY_ZOOM, *middle)
            self._moved()
        elif event.key() in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.fit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._current is not None:
            self.chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _arrow(self, step: tuple[int, int], *, panning: bool) -> None:
        if panning:
            self._frame.pan(-_KEY_PAN_PX * step[0], -_KEY_PAN_PX * step[1])
            self._moved()
        elif self._current is None:
            self._go_to(nearest(self._places, self.width() / 2, self.height() / 2, float("inf")))
        else:
            x, y = self._places[self._current].tolist()
            place = towards(self._places, (x, y), step)
            if place is not None:
                self._go_to(place)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the pointer."""
        if not self.hasFocus():
            self._go_to(None)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts frame and mark away."""
        super().focusOutEvent(event)
        self._go_to(None)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size: everything in sight again, or the same place at the same scale."""
        super().resizeEvent(event)
        if self._frame.touched:
            self._frame.width, self._frame.height = float(self.width()), float(self.height())
        else:
            self._fit()
        self._redraw()

    def sizeHint(self) -> QSize:
        """A square that shows clusters."""
        return QSize(360, 360)

    def minimumSizeHint(self) -> QSize:
        """What still shows clusters."""
        return QSize(160, 120)
