"""The canvas without the hand: what is on it, its two rasters, and how it is painted."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QCursor, QFocusEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.core.drawing import Drawing, Sheet, Transform
from cnnstudio.ui.theme import LIGHT, SELECTION, Theme
from cnnstudio.ui.widgets._keyboard_pen import KeyboardPen, paint_hint
from cnnstudio.ui.widgets.canvas_tools import PEN_WIDTH, Handles
from cnnstudio.ui.widgets.ink import Raster

Tool = Literal["pen", "eraser", "move"]

MODEL_PX: Final = 280
"""Side of the raster that the networks' picture is made from: ten times MNIST's."""
STEP: Final = 1 / 28
"""An arrow key moves the picture by one pixel of MNIST."""
_LEAST_PX: Final = 120
_CORNER_PX: Final = 4.0
ERASER_TIMES: Final = 1.6
"""An eraser is wider than the pen it corrects."""
_BY_KEYBOARD: Final = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
"""Only whoever uses the keyboard needs to be told where the keys go."""
_TAKE_PEN: Final = "Enter: draw by keys"
_PEN_UP: Final = "Arrows move, Space: pen down"
_PEN_DOWN: Final = "Arrows draw, Space: pen up"
_LOW: Final = 0.8
"""Below this the line about the keys would hide what is being drawn."""
_QUIET: Final = "#9AA0AA"
"""Text and rings on the black of the canvas."""


class CanvasSurface(QWidget):
    """A square of white ink on black, with its way back.

    Signals:
        ink_changed: Something on it looks different, in mid-stroke too: time to read it.
        sheet_changed: A stroke or another change is complete: time to keep it.

    Thread: GUI.
    """

    ink_changed = Signal()
    sheet_changed = Signal()

    def __init__(self, theme: Theme = LIGHT, parent: QWidget | None = None) -> None:
        """Makes an empty canvas for grey pictures."""
        super().__init__(parent)
        self.drawing = Drawing()
        self.tool: Tool = "pen"
        self.pen_width = PEN_WIDTH
        self._theme = theme
        self._colour = False
        self._model = Raster(MODEL_PX)
        self._screen = Raster(_LEAST_PX)
        self._ringed = False
        self._marks: tuple[QRectF, QPointF] | None = None
        self._keyboard_pen = KeyboardPen()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._fit_cursor()

    # What others ask of it

    @property
    def sheet(self) -> Sheet:
        """What is on it."""
        return self.drawing.sheet

    def show_drawing(self, drawing: Drawing) -> None:
        """Puts another drawing on it, as at the start of the program."""
        self.settle()
        self.drawing = drawing
        self._redraw()

    def change(self, sheet: Sheet, merge: str = "") -> bool:
        """Goes to a new sheet, as a step that can be undone; whether anything changed."""
        self.settle()
        if not self.drawing.change(sheet, merge):
            return False
        self._redraw()
        self.sheet_changed.emit()
        return True

    def undo(self) -> None:
        """Takes the last change back."""
        self.settle()
        if self.drawing.undo():
            self._redraw()
            self.sheet_changed.emit()

    def redo(self) -> None:
        """Takes the last undo back."""
        self.settle()
        if self.drawing.redo():
            self._redraw()
            self.sheet_changed.emit()

    def clear(self) -> None:
        """Empties it."""
        self.change(Sheet())

    def nudge(self, dx: float = 0.0, dy: float = 0.0, degrees: float = 0.0, scale: float = 1.0) -> None:
        """Moves the picture, or turns and scales it about its own middle; several in a row are one step to undo."""
        centre = Handles(self.sheet, 1.0).centre
        turned = Transform.about(centre.real, centre.imag, degrees=degrees, scale=scale)
        kind = "move" if dx or dy else "turn" if degrees else "scale"
        self.change(self.sheet.moved(turned.then(Transform(1 + 0j, complex(dx, dy)))), merge=kind)

    def set_colour(self, colour: bool) -> None:
        """Whether the networks see colours; without, every picture is shown as ink."""
        if colour != self._colour:
            self.settle()
            self._colour = colour
            self._redraw()

    def set_theme(self, theme: Theme) -> None:
        """Changes the look of its frame."""
        self._theme = theme
        self.update()

    def show_marks(self, box: QRectF | None, centre: QPointF | None) -> None:
        """Marks the box around the ink and its centre of mass, in canvas units; None takes the marks away."""
        self._marks = None if box is None or centre is None else (box, centre)
        self.update()

    def ink(self) -> NDArray[np.uint8]:
        """uint8 [280, 280], white ink on black: a copy of one channel of the raster."""
        return self._model.pixels()[:, :, 1].copy()

    def rgb(self) -> NDArray[np.uint8]:
        """uint8 [280, 280, 3]: red, green, blue."""
        return self._model.pixels()[:, :, 2::-1].copy()

    def set_tool(self, tool: Tool) -> None:
        """Chooses what the hand does."""
        self.settle()
        self.tool = tool
        self._fit_cursor()
        self.update()

    def set_pen_width(self, width: float) -> None:
        """Chooses the pen's width, a share of the canvas."""
        self.pen_width = width
        self._fit_cursor()

    @property
    def line_width(self) -> float:
        """How wide the chosen tool draws or erases, a share of the canvas."""
        return self.pen_width * (ERASER_TIMES if self.tool == "eraser" else 1.0)

    @property
    def busy(self) -> bool:
        """Whether a stroke or a drag is under way."""
        return False

    def settle(self) -> None:
        """Ends whatever the hand is doing, before something else changes the sheet."""

    def _redraw(self) -> None:
        self._model.draw(self.sheet, self._colour)
        self._screen.draw(self.sheet, self._colour)
        self.update()
        self.ink_changed.emit()

    def _unit(self, place: QPointF) -> complex:
        side = max(1, min(self.width(), self.height()))
        area = self._area()
        return complex((place.x() - area.x()) / side, (place.y() - area.y()) / side)

    def _area(self) -> QRect:
        side = max(1, min(self.width(), self.height()))
        return QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)

    def _repaint(self, dirty: QRect) -> None:
        ratio = self._area().width() / self._screen.size_px
        area = QRectF(dirty.x() * ratio, dirty.y() * ratio, dirty.width() * ratio, dirty.height() * ratio)
        self.update(area.toAlignedRect().translated(self._area().topLeft()).adjusted(-1, -1, 1, 1))
        self.ink_changed.emit()

    def _show_moved(self, sheet: Sheet) -> None:
        """Shows a move that is still under way; only its end is a step to undo."""
        self.drawing.sheet = sheet
        self._model.draw(sheet, self._colour)
        self._screen.draw(sheet, self._colour)
        self.update()
        self.ink_changed.emit()

    def _fit_cursor(self) -> None:
        if self.tool == "move":
            self.setCursor(Qt.CursorShape.SizeAllCursor)
            return
        size_px = max(5, round(self.line_width * self._area().width()))
        side_px = size_px + 4
        drawn = QPixmap(side_px, side_px)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 160), 2.6), (QColor(255, 255, 255), 1.2)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(QRectF(2, 2, size_px, size_px))
        painter.end()
        self.setCursor(QCursor(drawn, side_px // 2, side_px // 2))

    def sizeHint(self) -> QSize:
        """Ten screen pixels to a pixel of MNIST where there is room."""
        return QSize(MODEL_PX, MODEL_PX)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a small window."""
        return QSize(_LEAST_PX, _LEAST_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fits the pen's outline; the raster follows when it is painted."""
        super().resizeEvent(event)
        self._fit_cursor()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows that the keys are its own now."""
        super().focusInEvent(event)
        self._ringed = event.reason() in _BY_KEYBOARD
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows that they are not."""
        super().focusOutEvent(event)
        self._ringed = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copies the raster, then draws what lies over it."""
        area = self._area()
        side_px = max(1, round(area.width() * self.devicePixelRatioF()))
        if side_px != self._screen.size_px:
            self.settle()
            self._screen = Raster(side_px)
            self._screen.draw(self.sheet, self._colour)
        painter = QPainter(self)
        painter.drawImage(area, self._screen.image)
        self._paint_corners(painter, area)
        painter.translate(area.topLeft())
        if self.sheet.is_empty and not self.busy:
            painter.setPen(QColor(_QUIET))
            painter.setFont(self._theme.font("body"))
            whole = QRect(0, 0, area.width(), area.height())
            painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, self.tr("Draw here"))
        if self.tool == "move" and not self.sheet.is_empty:
            Handles(self.sheet, area.width()).paint(painter, QColor(SELECTION))
        if self._marks is not None:
            self._paint_marks(painter, area.width(), *self._marks)
        if self._ringed or self._keyboard_pen.at is not None:
            self._paint_keyboard(painter, area.width())
        painter.end()

    def _paint_keyboard(self, painter: QPainter, side: int) -> None:
        """The keyboard's pen, and which keys do what now."""
        pen = self._keyboard_pen
        pen.paint(painter, side, self.line_width, self.busy)
        if pen.at is None:
            paint_hint(painter, side, self._theme, "Arrows move the picture" if self.tool == "move" else _TAKE_PEN)
        elif pen.at.imag < _LOW or not self.busy:
            paint_hint(painter, side, self._theme, _PEN_DOWN if self.busy else _PEN_UP)

    def _paint_corners(self, painter: QPainter, area: QRect) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(area)
        corners = QPainterPath()
        corners.addRect(frame)
        rounded = QPainterPath()
        rounded.addRoundedRect(frame, _CORNER_PX, _CORNER_PX)
        painter.fillPath(corners.subtracted(rounded), self._theme.colour("window"))
        if self._ringed:
            painter.setPen(QPen(QColor(SELECTION), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), _CORNER_PX - 1, _CORNER_PX - 1)
        elif self._theme.dark:
            painter.setPen(QPen(self._theme.colour("outline"), 1.0))
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), _CORNER_PX, _CORNER_PX)

    def _paint_marks(self, painter: QPainter, side: int, box: QRectF, centre: QPointF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(SELECTION), 1.5, Qt.PenStyle.DashLine))
        painter.drawRect(QRectF(box.x() * side, box.y() * side, box.width() * side, box.height() * side))
        painter.setPen(QPen(QColor(SELECTION), 2.0))
        x, y = centre.x() * side, centre.y() * side
        painter.drawLine(QPointF(x - 7, y), QPointF(x + 7, y))
        painter.drawLine(QPointF(x, y - 7), QPointF(x, y + 7))
        painter.setPen(QPen(QColor(_QUIET), 1.0))
        painter.drawEllipse(QPointF(side / 2, side / 2), 5, 5)
