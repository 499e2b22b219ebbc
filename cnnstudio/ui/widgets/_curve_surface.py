"""What lies above a live curve: labels at the ends of lines, the moment's cursor, the read-out, and the pointer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from cnnstudio.core.labels import spread
from cnnstudio.core.percent import percent
from cnnstudio.ui.widgets._curve_arithmetic import nearest
from cnnstudio.ui.widgets._curve_parts import Line, View
from cnnstudio.ui.widgets._marks import paint_mark
from cnnstudio.ui.widgets.basic import by_keyboard

if TYPE_CHECKING:
    from cnnstudio.ui.widgets.live_curve import LiveCurve

_GRAB_PX: Final = 8
_DRAG_PX: Final = 5
_PAD_PX: Final = 8
_ZOOM_STEP: Final = 0.8
_LABEL_GAP_PX: Final = 8
_CURSOR_PX: Final = 2
_WHOLE: Final = 100
_LEAST_LABEL_PX: Final = 9
_LINE_SPACING: Final = 1.25
_LABEL_SHARE: Final = 0.3
"""Of the plot's width; longer labels get smaller letters, down to those of the text."""

_LABEL_GROUND: Final = 0.85
"""How much of what lies behind a label is covered."""

_MARK_PX: Final = 4.0


class CurveSurface(QWidget):
    """The transparent layer over a `LiveCurve`; it has the pointer and the keyboard.

    Thread: GUI.
    """

    hovered = Signal(object)

    def __init__(self, curve: LiveCurve) -> None:
        """Lays itself over the curve."""
        super().__init__(curve)
        self._curve = curve
        self._cursor: tuple[tuple[float, QColor | None], ...] = ()
        self._caption = ""
        self._hover: QPointF | None = None
        self._pressed: QPointF | None = None
        self._band: QRectF | None = None
        self._scrubbing = False
        self._ring = False
        self._measured: dict[bool, QFont] = {}
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Training curves")
        self.setAccessibleDescription(
            "Click, or press left and right, to go to another moment. Drag a rectangle or turn the wheel to zoom, "
            "press 0 to see all again."
        )

    def set_cursor(self, cursor: tuple[tuple[float, QColor | None], ...], repaint: bool = True) -> None:
        """Places the moment's cursor; without `repaint` it is seen when the curves are drawn next."""
        if cursor != self._cursor:
            self._cursor = cursor
            if repaint:
                self.update()

    def forget_measures(self) -> None:
        """Measures the labels anew when they are asked for next."""
        self._measured.clear()

    def set_caption(self, text: str) -> None:
        """The sentence in the middle of an empty plot."""
        if text != self._caption:
            self._caption = text
            self.update()

    def label_width(self) -> int:
        """Room to the right of the axes for the longest label, in px."""
        fonts = self._fonts()
        widths = [
            fonts[line.bold].horizontalAdvance(self._label(line)) for line in self._curve.lines() if line.kind == "line"
        ]
        return math.ceil(max([*widths, 60.0]) + _LABEL_GAP_PX + 4)

    def read_out(self, x_px: float) -> list[tuple[Line, float, float]]:
        """What was measured on every line: the line, and the x and y of its point nearest to the pointer.

        A smoothed line is drawn elsewhere; numbers are always those that were measured.
        """
        x = self._axis_x(x_px)
        found = []
        for line in self._curve.lines():
            xs = self._curve.to_axis_x(line.xs)
            if line.kind == "raw" or not len(xs) or np.isnan(xs).all():
                continue
            i = nearest(np.nan_to_num(xs, nan=-np.inf), x)
            if math.isfinite(line.ys[i]):
                found.append((line, float(line.xs[i]), float(self._curve.measured(line.key)[i])))
        return found

    def value_text(self, value: float) -> str:
        """A y value as the labels write it."""
        if self._curve.axes.percent:
            return percent(value)
        return f"{value:.3f}" if value >= 0.01 or value == 0 else f"{value:.1e}"

    def _label(self, line: Line) -> str:
        finite = np.flatnonzero(np.isfinite(line.ys))
        if not len(finite):
            return line.name
        value = float(self._curve.measured(line.key)[finite[-1]])
        return f"{line.name} {self.value_text(value)}"

    def _fonts(self) -> dict[bool, QFontMetricsF]:
        return {bold: QFontMetricsF(self._font(bold)) for bold in (False, True)}

    def _font(self, bold: bool = False) -> QFont:
        if bold not in self._measured:
            self._measured[bold] = self._fitting_font(bold)
        return self._measured[bold]

    def _fitting_font(self, bold: bool) -> QFont:
        font = QFont(self._curve.theme.font("label"))
        many = sum(line.kind == "line" for line in self._curve.lines())
        room = self._curve.area_height() / max(1, many) / _LINE_SPACING
        font.setPixelSize(round(min(font.pixelSize(), max(_LEAST_LABEL_PX, room))))
        font.setBold(bold)
        lines = [line for line in self._curve.lines() if line.kind == "line"]
        wide = max((QFontMetricsF(font).horizontalAdvance(self._label(line)) for line in lines), default=0.0)
        most = _LABEL_SHARE * self.width()
        if wide > most > 0:
            least = min(font.pixelSize(), self._curve.theme.font("body").pixelSize())
            font.setPixelSize(max(least, math.floor(font.pixelSize() * most / wide)))
        return font

    def _axis_x(self, x_px: float) -> float:
        area, view = self._curve.area(), self._curve.view
        return view.x0 + (x_px - area.left()) / area.width() * (view.x1 - view.x0)

    def _axis_y(self, y_px: float) -> float:
        area, view = self._curve.area(), self._curve.view
        return view.y1 - (y_px - area.top()) / area.height() * (view.y1 - view.y0)

    def _px(self, x: float, y: float) -> QPointF:
        """A point in plain numbers to px; not finite where the axis is logarithmic and the number is not positive."""
        area, view = self._curve.area(), self._curve.view
        ax = float(self._curve.to_axis_x(np.array([x]))[0])
        ay = float(self._curve.to_axis_y(np.array([y]))[0])
        return QPointF(
            area.left() + (ax - view.x0) / (view.x1 - view.x0) * area.width(),
            area.top() + (view.y1 - ay) / (view.y1 - view.y0) * area.height(),
        )

    def _plain_x(self, x_px: float) -> float:
        x = self._axis_x(x_px)
        return 10.0**x if self._curve.axes.log_x else x

    def _near_cursor(self, position: QPointF) -> bool:
        return any(abs(self._px(x, 1.0).x() - position.x()) <= _GRAB_PX for x, _ in self._cursor)

    def _zoom_band(self, band: QRectF) -> None:
        view = self._curve.view
        flat = band.height() < 4 * _DRAG_PX
        self._curve.zoom_to(
            View(
                self._axis_x(band.left()),
                self._axis_x(band.right()),
                view.y0 if flat else self._axis_y(band.bottom()),
                view.y1 if flat else self._axis_y(band.top()),
            )
        )

    def _paint_cursor(self, painter: QPainter) -> None:
        area, theme = self._curve.area(), self._curve.theme
        for x, colour in self._cursor:
            place = self._px(x, 1.0).x()
            if math.isfinite(place) and area.left() - 1 <= place <= area.right() + 1:
                painter.setPen(QPen(colour or theme.colour("outline"), _CURSOR_PX))
                painter.drawLine(QPointF(place, area.top()), QPointF(place, area.bottom()))

    def _paint_ticks(self, painter: QPainter) -> None:
        curve, area, view = self._curve, self._curve.area(), self._curve.view
        painter.setFont(curve.tick_font())
        painter.setPen(curve.theme.colour("faint"))
        tall, wide = painter.fontMetrics().height(), area.left()
        for y, text in curve.y_ticks():
            middle = area.top() + (view.y1 - y) / (view.y1 - view.y0) * area.height()
            box = QRectF(0, middle - tall / 2, area.left() - _PAD_PX, tall)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        for x, text in curve.x_ticks():
            middle = area.left() + (x - view.x0) / (view.x1 - view.x0) * area.width()
            box = QRectF(middle - wide, area.bottom() + _PAD_PX / 2, 2 * wide, tall)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)

    def _paint_labels(self, painter: QPainter) -> None:
        area, fonts = self._curve.area(), self._fonts()
        shown = []
        for line in self._curve.lines():
            finite = np.flatnonzero(np.isfinite(line.ys))
            if line.kind == "line" and len(finite):
                end = self._px(float(line.xs[finite[-1]]), float(line.ys[finite[-1]]))
                if math.isfinite(end.x()) and math.isfinite(end.y()):
                    shown.append((line, end))
        height = fonts[True].height()
        wanted = [min(max(end.y(), area.top()), area.bottom()) for _, end in shown]
        places = spread(wanted, height, area.top() + height / 2, area.bottom() - height / 2)
        left = min(max([area.left(), *(end.x() for _, end in shown)]), area.right()) + _LABEL_GAP_PX
        if any(line.mark for line, _ in shown):
            self._paint_marks(painter, shown)
        for (line, _end), y in zip(shown, places, strict=True):
            painter.setFont(self._font(line.bold))
            # Lines of earlier runs may go on beyond the end of this one: no line strikes a label through.
            ground = QColor(self._curve.theme.colour("window"))
            ground.setAlphaF(_LABEL_GROUND)
            wide = painter.fontMetrics().horizontalAdvance(self._label(line))
            painter.fillRect(QRectF(left, y - height / 2, wide + _PAD_PX / 2, height), ground)
            painter.setPen(line.text_colour or line.colour)
            painter.drawText(
                QPointF(left, y + fonts[line.bold].ascent() / 2 - fonts[line.bold].descent() / 2), self._label(line)
            )

    def _paint_marks(self, painter: QPainter, shown: list[tuple[Line, QPointF]]) -> None:
        """Where networks share a role, each has a mark at the end of its lines."""
        for line, end in shown:
            if self._curve.area().adjusted(-1, -1, 1, 1).contains(end):
                paint_mark(painter, end, _MARK_PX, line.mark, line.colour)

    def _paint_read_out(self, painter: QPainter, at: QPointF) -> None:
        area, theme = self._curve.area(), self._curve.theme
        rows = self.read_out(at.x())
        if not rows or not area.contains(at):
            return
        painter.setPen(QPen(theme.colour("muted"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
        for line, x, _ in rows:
            place = self._px(x, float(line.ys[int(np.searchsorted(line.xs, x))]))
            if area.contains(place) and line.kind == "line":
                painter.setPen(QPen(theme.colour("window"), 2))
                painter.setBrush(line.colour)
                painter.drawEllipse(place, 4, 4)
        x = self._plain_x(at.x())
        x_text = (
            f"{f'{x:,.0f}' if self._curve.view.x1 > _WHOLE or x > _WHOLE else f'{x:.2f}'} {self._curve.axes.x_name}"
        )
        self._paint_box(painter, at, x_text, [(row[0], self.value_text(row[2])) for row in rows])

    def _paint_box(self, painter: QPainter, at: QPointF, title: str, rows: list[tuple[Line, str]]) -> None:
        theme, metrics = self._curve.theme, self._fonts()[True]
        names = max(metrics.horizontalAdvance(line.name) for line, _ in rows)
        values = max(metrics.horizontalAdvance(value) for _, value in rows)
        width = max(metrics.horizontalAdvance(title), names + values + 2 * _PAD_PX) + 2 * _PAD_PX
        height = metrics.height() * (len(rows) + 1) + 2 * _PAD_PX
        left = at.x() + 2 * _PAD_PX
        if left + width > self.width():
            left = max(0.0, at.x() - 2 * _PAD_PX - width)
        top = min(max(0.0, at.y() - height / 2), max(0.0, self.height() - height))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(left, top, width, height), 4, 4)
        painter.setFont(self._font())
        painter.setPen(theme.colour("muted"))
        baseline = top + _PAD_PX + metrics.ascent()
        painter.drawText(QPointF(left + _PAD_PX, baseline), title)
        for line, value in rows:
            baseline += metrics.height()
            painter.setFont(self._font(line.bold))
            painter.setPen(line.text_colour or line.colour)
            painter.drawText(QPointF(left + _PAD_PX, baseline), line.name)
            painter.drawText(QPointF(left + width - _PAD_PX - metrics.horizontalAdvance(value), baseline), value)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints everything that is not a curve."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, area = self._curve.theme, self._curve.area()
        self._paint_ticks(painter)
        self._paint_cursor(painter)
        self._paint_labels(painter)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour("muted"))
        if self._caption:
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            words = painter.boundingRect(area, how, self._caption)
            painter.fillRect(words.adjusted(-_PAD_PX, 0, _PAD_PX, 0), theme.colour("window"))
            painter.drawText(area, how, self._caption)
        if self._band is not None:
            tint = theme.colour("muted")
            tint.setAlphaF(0.15)
            painter.fillRect(self._band, tint)
        elif self._hover is not None:
            self._paint_read_out(painter, self._hover)
        if self._ring:
            painter.setPen(QPen(theme.colour("muted"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press may become a click, a drag of the cursor, or a rectangle."""
        if event.button() == Qt.MouseButton.LeftButton and self._curve.area().contains(event.position()):
            self._pressed = event.position()
            self._scrubbing = self._near_cursor(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Reads the lines, drags the moment, or draws the rectangle to zoom into."""
        self._hover = event.position()
        if self._pressed is None:
            near = self._near_cursor(event.position())
            self.setCursor(Qt.CursorShape.SizeHorCursor if near else Qt.CursorShape.CrossCursor)
        elif self._scrubbing:
            self._curve.moment_picked.emit(max(0.0, self._plain_x(event.position().x())))
        elif (event.position() - self._pressed).manhattanLength() > _DRAG_PX:
            self._band = QRectF(self._pressed, event.position()).normalized().intersected(self._curve.area())
        self.hovered.emit(self._plain_x(event.position().x()))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click chooses the moment; a rectangle is zoomed into."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        band, self._band, self._pressed = self._band, None, None
        if band is not None:
            self._zoom_band(band)
        else:
            self._curve.moment_picked.emit(max(0.0, self._plain_x(event.position().x())))
        self._scrubbing = False
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Shows everything again."""
        self._curve.reset_zoom()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms x about the pointer; with Ctrl, y."""
        if event.angleDelta().y():
            factor = _ZOOM_STEP if event.angleDelta().y() > 0 else 1 / _ZOOM_STEP
            vertical = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._curve.zoom_by(factor, self._axis_x(event.position().x()), vertical)
            event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the moment; plus, minus and 0 zoom."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -2, Qt.Key.Key_End: 2}
        if event.key() in steps:
            self._curve.moment_stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._curve.zoom_by(_ZOOM_STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self._curve.zoom_by(1 / _ZOOM_STEP)
        elif event.key() == Qt.Key.Key_0:
            self._curve.reset_zoom()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows a frame where the focus came by keyboard."""
        self._ring = by_keyboard(event)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts the frame away."""
        self._ring = False
        super().focusOutEvent(event)

    def leaveEvent(self, event: object) -> None:
        """Puts the read-out away."""
        self._hover = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Leaves the menu to the panel."""
        event.ignore()
