"""A plot of training curves that is built once and fed.

Lines carry their name and value at their end, a vertical line marks the moment, and hovering reads every line at
one place. pyqtgraph draws the curves and axes; labels, cursor and read-out are painted on a surface above it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core import limits
from cnnstudio.core.labels import tick_text
from cnnstudio.ui.theme import Theme, dashes_of, pyqtgraph
from cnnstudio.ui.widgets._curve_arithmetic import Column, log10, nice_ticks, smooth, thin, ticks
from cnnstudio.ui.widgets._curve_parts import Axes, Line, View
from cnnstudio.ui.widgets._curve_surface import CurveSurface

_SOON_MS: Final = 30
"""What the user changes is redrawn with the next frame; new data wait for `limits.CURVE_MS`."""

THICK_POINTS: Final = 500
"""Lines with more points are drawn one pixel wide: width 2 takes five times as long (measured)."""

_THICK: Final = 1.5
_THICK_BOLD: Final = 2.0
"""How much thicker than the theme's thinnest curve lines of few points are drawn, and bold ones."""

_TOP_PX: Final = 10
_AXIS_PX: Final = 1
_TICK_SHARE: Final = 0.6
_GAP_PX: Final = 12


class LiveCurve(QWidget):
    """Training curves: fed with `set_lines`, read with the pointer, and a way to choose the moment.

    Keys, where the plot has the focus: left and right move the moment, Home and End go to its first and last,
    plus and minus zoom, 0 shows all again.

    Signals:
        moment_picked(float): The student clicked or dragged to this x.
        moment_stepped(int): -1 or +1, one kept moment to the left or right; -2 or +2, to the first or last.

    Thread: GUI.
    """

    moment_picked = Signal(object)
    moment_stepped = Signal(object)
    zoomed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        """Makes the axes. The plot itself follows the first paint: importing pyqtgraph takes a quarter of a second."""
        super().__init__(parent)
        self._plot: Any = None
        self._painted = False
        self._theme = theme
        self._axes = Axes()
        self._lines: dict[str, Line] = {}
        self._items: dict[str, Any] = {}
        self._drawn: dict[str, tuple[object, ...]] = {}
        self._smoothing = 0.0
        self._zoom: View | None = None
        self._view = View(0.0, 1.0, 0.0, 1.0)
        self.surface = CurveSurface(self)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._redraw)
        self._area: QRectF | None = None
        self._ticks_px: tuple[int, int] | None = None
        self._plot_timer = QTimer(self, singleShot=True, interval=0)
        self._plot_timer.timeout.connect(self._redraw)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_theme(theme)

    @property
    def theme(self) -> Theme:
        """The looks it was given."""
        return self._theme

    @property
    def axes(self) -> Axes:
        """What the axes mean now."""
        return self._axes

    @property
    def view(self) -> View:
        """What is shown now."""
        return self._view

    @property
    def is_zoomed(self) -> bool:
        """Whether only a part is shown."""
        return self._zoom is not None

    def lines(self) -> list[Line]:
        """All lines, smoothed where they are, in the order they were given."""
        return [self._smoothed(line) for line in self._lines.values()]

    def measured(self, key: str) -> Column:
        """The values a line was given, before any smoothing."""
        return self._lines[key].ys

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Replaces what is shown; it is drawn at the next redraw, and only what changed."""
        self._lines = {line.key: line for line in lines}
        self._schedule(limits.CURVE_MS)

    def set_axes(self, axes: Axes) -> None:
        """Changes what the axes mean; another scale ends a zoom."""
        if axes == self._axes:
            return
        same = (axes.x_name, axes.percent, axes.log_x, axes.log_y)
        if same != (self._axes.x_name, self._axes.percent, self._axes.log_x, self._axes.log_y):
            self._zoom = None
            self._drawn.clear()
            self.zoomed.emit(False)
        self._axes = axes
        self._schedule()

    def set_smoothing(self, weight: float) -> None:
        """Smooths the lines by an exponential moving average; the raw ones stay faintly behind them."""
        self._smoothing = min(max(weight, 0.0), 0.99)
        self._schedule()

    def set_cursor(self, xs: Sequence[tuple[float, QColor | None]]) -> None:
        """Where the moment stands: one x, or one per network where each has its own clock; empty hides it."""
        self.surface.set_cursor(tuple(xs), repaint=not self._timer.isActive())

    def set_caption(self, text: str) -> None:
        """The sentence shown in the middle while there is nothing to draw."""
        self.surface.set_caption(text)

    def set_theme(self, theme: Theme) -> None:
        """Restyles everything."""
        self._theme = theme
        self._forget_measures()
        if self._plot is not None:
            self._style_plot()
        self._drawn.clear()
        self._schedule()
        self.surface.update()

    def zoom_to(self, view: View) -> None:
        """Shows a part; one that is too small to see is refused."""
        whole = self._whole()
        x0, x1 = max(whole.x0, view.x0), min(whole.x1, view.x1)
        y0, y1 = max(whole.y0, view.y0), min(whole.y1, view.y1)
        if x1 - x0 < (whole.x1 - whole.x0) * 1e-4 or y1 - y0 < (whole.y1 - whole.y0) * 1e-3:
            return
        wide = View(x0, x1, y0, y1)
        self._zoom = None if wide == whole else wide
        self.zoomed.emit(self._zoom is not None)
        self._schedule()

    def zoom_by(self, factor: float, x: float | None = None, vertical: bool = False) -> None:
        """Zooms about a place of the axis (its middle where none is given); a factor below 1 shows less."""
        view = self._view
        if vertical:
            middle = (view.y0 + view.y1) / 2
            half = (view.y1 - view.y0) / 2 * factor
            self.zoom_to(View(view.x0, view.x1, middle - half, middle + half))
            return
        centre = (view.x0 + view.x1) / 2 if x is None else x
        self.zoom_to(View(centre - (centre - view.x0) * factor, centre + (view.x1 - centre) * factor, view.y0, view.y1))

    def reset_zoom(self) -> None:
        """Shows everything again."""
        self._zoom = None
        self.zoomed.emit(False)
        self._schedule()

    @Slot()
    def flush(self) -> None:
        """Draws now what waits to be drawn."""
        self._timer.stop()
        self._forget_measures()
        if self._plot is None:
            self._build_plot()
        self._view = self._zoom or self._whole()
        wanted: dict[str, tuple[Line, bool]] = {}
        for line in self._lines.values():
            if self._smoothing > 0 and line.kind == "line":
                wanted[f"{line.key}/raw"] = (line, True)
            wanted[line.key] = (self._smoothed(line), False)
        for key in [key for key in self._items if key not in wanted]:
            self._items[key].setVisible(False)
            self._drawn.pop(key, None)
        for key, (line, raw) in wanted.items():
            self._draw(key, line, raw)
        self._show_view()
        self.surface.update()

    def area_height(self) -> float:
        """The height of the axes, in px."""
        return max(1.0, self.height() - _TOP_PX - self._bottom_px())

    def area(self) -> QRectF:
        """The rectangle of the axes within this widget, in px."""
        if self._area is None:
            left, right = self._left_px(), self.surface.label_width()
            self._area = QRectF(left, _TOP_PX, max(1.0, self.width() - left - right), self.area_height())
        return QRectF(self._area)

    def _forget_measures(self) -> None:
        """Texts are measured once between two changes: a paint asks for them hundreds of times."""
        self._area = self._ticks_px = None
        self.surface.forget_measures()

    def tick_font(self) -> QFont:
        """The font of the axes' numbers: between small text and the labels of the lines."""
        font = self._theme.font("small")
        font.setPixelSize(max(self._theme.small_px, round(self._theme.label_px * _TICK_SHARE)))
        return font

    def to_axis_x(self, xs: Column) -> Column:
        """Plain numbers to axis units."""
        return log10(xs) if self._axes.log_x else xs

    def to_axis_y(self, ys: Column) -> Column:
        """Plain numbers to axis units."""
        scaled = ys * 100 if self._axes.percent else ys
        return log10(scaled) if self._axes.log_y else scaled

    def _smoothed(self, line: Line) -> Line:
        if self._smoothing <= 0 or line.kind != "line":
            return line
        return replace(line, ys=smooth(line.ys, self._smoothing))

    def _ticks(self) -> tuple[int, int]:
        """Width and height that the axes' numbers need, in px."""
        if self._ticks_px is None:
            metrics = QFontMetrics(self.tick_font())
            self._ticks_px = metrics.horizontalAdvance("100 %"), metrics.height()
        return self._ticks_px

    def _left_px(self) -> int:
        return self._ticks()[0] + _GAP_PX

    def _bottom_px(self) -> int:
        return self._ticks()[1] + _GAP_PX

    def _schedule(self, wait_ms: int = _SOON_MS) -> None:
        self._forget_measures()
        if not self._timer.isActive() or self._timer.remainingTime() > wait_ms:
            self._timer.start(wait_ms)

    @Slot()
    def _redraw(self) -> None:
        if self._plot is not None or (self._painted and self.isVisible()):
            self.flush()

    def _draw(self, key: str, line: Line, raw: bool) -> None:
        faint = raw or line.kind != "line"
        thick = not faint and len(line.xs) < THICK_POINTS
        last = (float(line.xs[-1]), float(line.ys[-1])) if len(line.xs) else (0.0, 0.0)
        state = (len(line.xs), last, float(np.nansum(line.ys)), line.colour.rgba(), line.dashed, faint, thick)
        item = self._items.get(key)
        if item is None:
            item = pyqtgraph().PlotCurveItem(connect="finite")
            self._plot.addItem(item)
            self._items[key] = item
        if self._drawn.get(key) == state:
            return
        self._drawn[key] = state
        item.setVisible(True)
        item.setZValue({"past": 1, "raw": 2, "line": 4}[line.kind] - (1 if raw else 0))
        item.setPen(self._pen(line, faint, thick))
        item.opts["antialias"] = len(line.xs) < THICK_POINTS
        xs, ys = thin(line.xs, line.ys, limits.MAX_CURVE_POINTS)
        item.setData(self.to_axis_x(xs), self.to_axis_y(ys), connect="finite", skipFiniteCheck=False)

    def _pen(self, line: Line, faint: bool, thick: bool) -> QPen:
        colour = QColor(line.colour)
        if faint:
            colour.setAlphaF(0.4 if line.kind == "past" else 0.2)
        # A cosmetic pen counts the screen's own pixels.
        width = self._theme.line_px * (_THICK_BOLD if line.bold else _THICK) * self.devicePixelRatioF()
        pen = QPen(colour, width if thick else 1)
        pen.setCosmetic(True)
        if line.dashed:
            pen.setDashPattern(dashes_of(line.mark))
        return pen

    def _whole(self) -> View:
        axes = self._axes
        ends = [float(line.xs[-1]) for line in self._lines.values() if len(line.xs)]
        x1 = max([axes.x_end, *ends])
        x0 = 0.0
        if axes.log_x:
            firsts = [float(line.xs[line.xs > 0][0]) for line in self._lines.values() if (line.xs > 0).any()]
            x0 = math.log10(min([*firsts, x1 / 10]))
            x1 = math.log10(x1)
        if axes.percent and not axes.log_y:
            return View(x0, x1, 0.0, 100.0)
        return View(x0, x1, *self._y_bounds())

    def _y_bounds(self) -> tuple[float, float]:
        columns = [self.to_axis_y(line.ys) for line in self._lines.values() if len(line.ys)]
        finite = [column[np.isfinite(column)] for column in columns]
        finite = [column for column in finite if len(column)]
        if not finite:
            return (-2.0, 1.0) if self._axes.log_y else (0.0, 1.0)
        low, high = min(float(c.min()) for c in finite), max(float(c.max()) for c in finite)
        if self._axes.log_y:
            return math.floor(low * 5 - 0.1) / 5, math.ceil(high * 5 + 0.1) / 5
        step = nice_ticks(0.0, max(high, 1e-9) * 1.02, 5)
        unit = step[1] if len(step) > 1 else 1.0
        return 0.0, math.ceil(high * 1.02 / unit) * unit

    def _build_plot(self) -> None:
        # The import may run Python's collector: a window that nobody holds any more must outlive this.
        _window = self.window()
        plot = self._plot = pyqtgraph().PlotWidget(parent=self)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setFrameShape(plot.Shape.NoFrame)
        plot.hideButtons()
        plot.setMenuEnabled(False)
        box = plot.getViewBox()
        box.setMouseEnabled(False, False)
        box.disableAutoRange()
        box.setDefaultPadding(0.0)
        plot.hideAxis("bottom")
        axis = plot.getAxis("left")
        axis.setStyle(tickLength=0, tickAlpha=255, showValues=False)
        axis.setPen(QPen(Qt.PenStyle.NoPen))
        axis.setGrid(255)
        axis.setWidth(_AXIS_PX)
        axis.setZValue(-1)
        self._style_plot()
        plot.setGeometry(self.rect())
        plot.lower()
        plot.show()

    def _style_plot(self) -> None:
        self._plot.setBackground(self._theme.window)
        self._plot.getAxis("left").setTickPen(QPen(self._theme.colour("grid"), 1))

    def _show_view(self) -> None:
        view, area = self._view, self.area()
        right = self.width() - area.right()
        plot = self._plot.getPlotItem()
        plot.layout.setContentsMargins(area.left() - _AXIS_PX, area.top(), right, self.height() - area.bottom())
        self._plot.getViewBox().setRange(xRange=(view.x0, view.x1), yRange=(view.y0, view.y1), padding=0, update=True)
        self._plot.getAxis("left").setTicks([self.y_ticks()])

    def x_ticks(self) -> list[tuple[float, str]]:
        """Where the x axis has numbers, in axis units, and the numbers."""
        view, many = self._view, max(2, int(self.area().width() // (1.6 * self._left_px())))
        return ticks(view.x0, view.x1, many, self._axes.log_x, tick_text)

    def y_ticks(self) -> list[tuple[float, str]]:
        """Where the y axis has numbers, in axis units, and the numbers."""
        view, axes = self._view, self._axes
        many = min(5, max(2, int(self.area().height() // (2 * self._bottom_px()))))
        text: Callable[[float], str] = (lambda v: f"{v:g} %") if axes.percent else tick_text
        return ticks(view.y0, view.y1, many, axes.log_y, text)

    def sizeHint(self) -> QSize:
        """Wide enough for a figure."""
        return QSize(640, 320)

    def minimumSizeHint(self) -> QSize:
        """Small enough for 1024 x 700."""
        return QSize(320, 140)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps plot and surface over the whole widget."""
        self._forget_measures()
        self.surface.setGeometry(self.rect())
        if self._plot is not None:
            self._plot.setGeometry(self.rect())
            self.flush()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Until the plot is there: draws its grid, and sends for it when the first frame is done."""
        if self._plot is not None:
            return
        self._view = self._zoom or self._whole()
        painter, area, view = QPainter(self), self.area(), self._view
        painter.setPen(QPen(self._theme.colour("grid"), 1))
        for y, _ in self.y_ticks():
            place = area.top() + (view.y1 - y) / (view.y1 - view.y0) * area.height()
            painter.drawLine(QPointF(area.left(), place), QPointF(area.right(), place))
        if not self._painted:
            self._painted = True
            self._plot_timer.start()
