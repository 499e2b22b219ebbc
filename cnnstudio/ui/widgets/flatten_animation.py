"""Flattening, animated: the rows of the picture are laid end to end, and neighbours are torn apart."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from cnnstudio.core.connections import flat_index
from cnnstudio.ui.icons import icon
from cnnstudio.ui.theme import GRID_PX, SELECTION, Theme
from cnnstudio.ui.widgets._cells import image_of
from cnnstudio.ui.widgets.basic import button, explain_on_focus, label
from cnnstudio.ui.widgets.draw_part import draw_part
from cnnstudio.ui.widgets.followed_pixel import FollowedPixel, Pixel
from cnnstudio.ui.widgets.mosaic import as_rgb

_TICK_MS: Final = 33
_TICKS_PER_ROW: Final = 6
"""A row takes a fifth of a second to its place: the eye follows it."""

_FINE: Final = 100
"""Steps of the slider from one row to the next."""

_STRIP_PX: Final = 4 * GRID_PX
_FIRST_PIXEL: Final = (13, 13)
"""In the middle of a small picture, where there is often ink."""

_LEAST_MARK_PX: Final = 4


class FlattenSurface(FollowedPixel):
    """The picture above, the list of its numbers below, and the rows on their way.

    Signals:
        picked(row, column as a pair): The student chose a pixel.

    Thread: GUI.
    """

    picked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it without a picture."""
        super().__init__()
        self._theme = theme
        self._image: QImage | None = None
        self._strip: QImage | None = None
        self._shape = (1, 1, 1)
        self._pixel: Pixel = _FIRST_PIXEL
        self._done = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("the picture and its flattened list")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def rows(self) -> int:
        """Rows of the picture."""
        return self._shape[1]

    @property
    def pixel(self) -> Pixel:
        """Row and column of the pixel that is followed; the one below it is followed too."""
        return self._pixel

    @property
    def places(self) -> tuple[int, int]:
        """Where the two pixels stand in the list, counted from 0."""
        row, column = self._pixel
        width = self._shape[2]
        return flat_index(row, column, width), flat_index(min(row + 1, self.rows - 1), column, width)

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        self.update()

    def show_picture(self, picture: NDArray[np.uint8]) -> None:
        """Shows another picture, uint8 [channels, height, width]."""
        self._shape = (int(picture.shape[0]), int(picture.shape[1]), int(picture.shape[2]))
        rgb = as_rgb(picture[None])[0]
        self._image = image_of(rgb)
        self._strip = image_of(rgb.reshape(1, -1, 3))
        self.set_pixel(self._pixel)

    def set_pixel(self, pixel: Pixel) -> None:
        """Follows another pixel; one of the last row has none below it, so the row above is taken."""
        row, column = pixel
        if self._image is not None:  # before the first picture nobody knows how large it is
            row, column = min(max(row, 0), max(0, self.rows - 2)), min(max(column, 0), self._shape[2] - 1)
        self._pixel = row, column
        self.update()

    def set_done(self, rows: float) -> None:
        """How many rows lie in the list, with the part of the way that the next one has gone."""
        self._done = rows
        self.update()

    # Geometry

    def _words_px(self) -> int:
        return QFontMetrics(self._theme.font("small")).height() + GRID_PX // 2

    def picture_rect(self) -> QRectF:
        """Where the picture is, in px."""
        high = self.height() - 3 * self._words_px() - _STRIP_PX - 4 * GRID_PX
        pixel = max(1.0, min(high / self._shape[1], self.width() / self._shape[2]))
        wide = pixel * self._shape[2]
        return QRectF((self.width() - wide) / 2, self._words_px(), wide, pixel * self._shape[1])

    def strip_rect(self) -> QRectF:
        """Where the list is, in px."""
        return QRectF(0, self.height() - self._words_px() - _STRIP_PX, self.width() - 1, _STRIP_PX)

    def _row_in_picture(self, row: int) -> QRectF:
        area = self.picture_rect()
        high = area.height() / self.rows
        return QRectF(area.left(), area.top() + row * high, area.width(), high)

    def _row_in_strip(self, row: int) -> QRectF:
        area = self.strip_rect()
        wide = area.width() / self.rows
        return QRectF(area.left() + row * wide, area.top(), wide, area.height())

    def row_rect(self, row: int) -> QRectF:
        """Where a row is now: in the picture, in the list or between them."""
        share = min(max(self._done - row, 0.0), 1.0)
        share = share * share * (3 - 2 * share)
        start, end = self._row_in_picture(row), self._row_in_strip(row)
        corner = start.topLeft() + (end.topLeft() - start.topLeft()) * share
        wide = start.width() + (end.width() - start.width()) * share
        return QRectF(corner.x(), corner.y(), wide, start.height() + (end.height() - start.height()) * share)

    def pixel_rect(self, row: int, column: int) -> QRectF:
        """Where one pixel is now, never too narrow to be seen."""
        area = self.row_rect(row)
        wide = area.width() / self._shape[2]
        grow = max(0.0, (_LEAST_MARK_PX - wide) / 2)
        return QRectF(area.left() + column * wide, area.top(), wide, area.height()).adjusted(-grow, 0, grow, 0)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the picture, the list and the row between them."""
        if self._image is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.strip_rect(), self._theme.colour("chip"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.colour("outline"), 1))
        painter.drawRect(self.strip_rect())
        if self.hasFocus():
            painter.setPen(QPen(self._theme.colour("muted"), 2))
        painter.drawRect(self.picture_rect())
        width, whole = self._shape[2], int(self._done)
        for row in range(whole + 1, self.rows):
            draw_part(painter, self._row_in_picture(row), self._image, QRect(0, row, width, 1))
        if whole:
            laid = self._row_in_strip(0)
            laid.setWidth(laid.width() * whole)
            draw_part(painter, laid, self._strip or self._image, QRect(0, 0, whole * width, 1))
        if whole < self.rows:
            draw_part(painter, self.row_rect(whole), self._image, QRect(0, whole, width, 1))
            if self._done > whole:
                painter.setPen(QPen(self._theme.colour("faint"), 1))
                painter.drawRect(self.row_rect(whole))
        self._paint_pair(painter)
        self._paint_words(painter)

    def _paint_pair(self, painter: QPainter) -> None:
        row, column = self._pixel
        upper, lower = self.pixel_rect(row, column), self.pixel_rect(row + 1, column)
        painter.setPen(QPen(QColor(SELECTION), 2))
        if self.rows > 1 and self._done < row + 2:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawLine(QLineF(upper.center(), lower.center()))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self.rows > 1:
            painter.drawRect(lower)
        painter.drawRect(upper)

    def _paint_words(self, painter: QPainter) -> None:
        theme, (first, second) = self._theme, self.places
        row, column = self._pixel
        high, strip = self._words_px(), self.strip_rect()
        channels, height, width = self._shape
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("muted"))
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, self.width(), high), middle, f"{height} × {width} pixels")
        count = f"one list of {height * width:,} numbers" + (" for each of three colours" if channels == 3 else "")
        painter.drawText(QRectF(0, strip.bottom(), self.width(), high), middle, count)
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.font("body", bold=True))
        if self._done >= row + 2:
            start, end = self.pixel_rect(row, column), self.pixel_rect(row + 1, column)
            self._paint_distance(painter, start.center().x(), end.center().x(), strip, f"{second - first} apart")
        elif self._done <= row:
            room = self.picture_rect()
            upper = self.pixel_rect(row, column)
            painter.drawText(QPointF(room.right() + GRID_PX, upper.bottom()), "1 apart")

    def _paint_distance(self, painter: QPainter, start: float, end: float, strip: QRectF, text: str) -> None:
        y = strip.top() - GRID_PX
        painter.setPen(QPen(self._theme.colour("text"), 1))
        for x in (start, end):
            painter.drawLine(QLineF(x, y, x, strip.top() - 2))
        painter.drawLine(QLineF(start, y, end, y))
        wide = painter.fontMetrics().horizontalAdvance(text)
        left = min(max(0.0, (start + end - wide) / 2), self.width() - wide)
        painter.drawText(QPointF(left, y - GRID_PX / 2), text)

    # Choosing and explaining

    def pixel_at(self, point: QPointF) -> Pixel | None:
        """The pixel under a point, in the picture or in the list."""
        rows, columns = self._shape[1:]
        area, strip = self.picture_rect(), self.strip_rect()
        if area.contains(point):
            row = int((point.y() - area.top()) / area.height() * rows)
            return min(row, rows - 1), min(int((point.x() - area.left()) / area.width() * columns), columns - 1)
        if strip.contains(point):
            place = min(int((point.x() - strip.left()) / strip.width() * rows * columns), rows * columns - 1)
            return divmod(place, columns)
        return None

    def explanation(self, point: QPointF) -> str:
        """Where the pixel under a point goes, with the numbers."""
        pixel = self.pixel_at(point)
        if pixel is None:
            return ""
        row, column, width = *pixel, self._shape[2]
        place = flat_index(row, column, width)
        more = f" The green and blue numbers of the pixel follow {self._shape[1] * width:,} and " \
               f"{2 * self._shape[1] * width:,} places later." if self._shape[0] == 3 else ""  # fmt: skip
        return f"Row {row}, column {column}, counted from 0: {row} × {width} + {column} = place {place:,}.{more}"

    def said_at(self, place: QPointF) -> str:
        """Explains the pixel under the pointer."""
        return self.explanation(place)

    def follow(self, pixel: Pixel) -> None:
        """Follows another pixel, and tells."""
        self.set_pixel(pixel)
        self.picked.emit(self._pixel)

    def minimumSizeHint(self) -> QSize:
        """Enough to see the rows."""
        return QSize(40 * GRID_PX, 20 * GRID_PX)


class FlattenAnimation(QWidget):
    """The surface with its buttons: play and pause, one row, and a slider over all rows.

    Signals:
        picked(pixel): The student chose the pixel that is followed.

    Thread: GUI.
    """

    picked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        """Makes it, standing still."""
        super().__init__()
        self.surface = FlattenSurface(theme)
        self.surface.picked.connect(self._on_picked)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.play = button("Play", "primary", tip="Lays the rows end to end, one after the other.")
        self.play.clicked.connect(self._toggle)
        self.back = button("Back", tip="Takes one row back.")
        self.back.clicked.connect(self._step_back)
        self.step = button("Step", tip="Lays one row more.")
        self.step.clicked.connect(self._step)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip("How many rows lie in the list.")
        self.slider.setAccessibleName("rows laid end to end")
        self.slider.setSingleStep(_FINE)
        self.slider.setPageStep(4 * _FINE)
        explain_on_focus(self.slider)
        self.slider.valueChanged.connect(self._show)
        self.count = label("", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        column.addWidget(self.surface, 1)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        for one in (self.play, self.back, self.step):
            row.addWidget(one)
        row.addWidget(self.slider, 1)
        row.addWidget(self.count)
        column.addLayout(row)
        self._show()
        self.set_theme(theme)

    @property
    def playing(self) -> bool:
        """Whether it moves by itself."""
        return self._timer.isActive()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self.surface.set_theme(theme)
        self._show_play()
        widest = QFontMetrics(theme.font("body")).horizontalAdvance("224 of 224 rows")
        self.count.setMinimumWidth(widest)

    def show_picture(self, picture: NDArray[np.uint8]) -> None:
        """Shows another picture, uint8 [channels, height, width]; what was laid stays laid."""
        self.surface.show_picture(picture)
        self.slider.setMaximum(self.surface.rows * _FINE)
        self._show()

    @Slot()
    def _toggle(self) -> None:
        if self.playing:
            self._timer.stop()
        else:
            if self.slider.value() == self.slider.maximum():
                self.slider.setValue(0)
            self._timer.start()
        self._show_play()

    def _show_play(self) -> None:
        self.play.setText("Pause" if self.playing else "Play")
        self.play.setAccessibleName(self.play.text())
        dark_on_light = self.play.palette().highlightedText().color()
        self.play.setIcon(icon("pause" if self.playing else "run", dark_on_light))

    @Slot()
    def _tick(self) -> None:
        self.slider.setValue(self.slider.value() + _FINE // _TICKS_PER_ROW)
        if self.slider.value() >= self.slider.maximum():
            self._toggle()

    @Slot()
    def _step(self) -> None:
        self.slider.setValue((self.slider.value() // _FINE + 1) * _FINE)

    @Slot()
    def _step_back(self) -> None:
        self.slider.setValue((-(-self.slider.value() // _FINE) - 1) * _FINE)

    @Slot()
    def _show(self) -> None:
        self.surface.set_done(self.slider.value() / _FINE)
        self.count.setText(f"{self.slider.value() // _FINE} of {self.surface.rows} rows")

    @Slot(object)
    def _on_picked(self, pixel: Pixel) -> None:
        self.picked.emit(pixel)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stands still where nobody sees it."""
        super().hideEvent(event)
        if self.playing:
            self._toggle()
