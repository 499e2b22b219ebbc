"""What the networks see: the very pixels that they are given, and the same large with its grid on hover."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QHideEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cnnstudio.ui.theme import GRID_PX, LIGHT, SELECTION, Theme

SIDE_PX: Final = 56
"""Two screen pixels to a pixel of MNIST."""
_LARGE_PX: Final = 280
_GRID: Final = QColor(128, 128, 128, 90)


def picture_image(pixels: NDArray[np.uint8]) -> QImage:
    """A picture, uint8 [1 or 3, height, width], as an image of its own size."""
    channels, height, width = pixels.shape
    plane = np.ascontiguousarray(pixels[0] if channels == 1 else pixels[:3].transpose(1, 2, 0))
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(plane.tobytes(), width, height, plane.strides[0], kind).convertToFormat(QImage.Format.Format_RGB32)


def fitted(image: QImage, area: QRect) -> QRect:
    """The largest rectangle of an image's proportions in the middle of an area."""
    if image.isNull():
        return area
    size = image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRect(QPoint(area.x() + (area.width() - size.width()) // 2, area.y() + (area.height() - size.height()) // 2),
                 size)  # fmt: skip


class _Large(QWidget):
    """The picture at ten times its size, with a line between every two pixels and a cross in the middle.

    Thread: GUI.
    """

    def __init__(self, owner: SeenPicture) -> None:
        super().__init__(owner, Qt.WindowType.ToolTip)
        self._owner = owner
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setFixedSize(_LARGE_PX + 2, _LARGE_PX + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws pixels as squares, and the grid."""
        image = self._owner.image
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("black"))
        if image.isNull():
            return
        area = fitted(image, self.rect().adjusted(1, 1, -1, -1))
        painter.drawImage(area, image)
        painter.setPen(QPen(_GRID, 1))
        for column in range(image.width() + 1):
            x = area.x() + column * area.width() // image.width()
            painter.drawLine(x, area.y(), x, area.bottom())
        for row in range(image.height() + 1):
            y = area.y() + row * area.height() // image.height()
            painter.drawLine(area.x(), y, area.right(), y)
        middle = area.center()
        painter.setPen(QPen(QColor(SELECTION), 1))
        painter.drawLine(middle.x() - 6, middle.y(), middle.x() + 6, middle.y())
        painter.drawLine(middle.x(), middle.y() - 6, middle.x(), middle.y() + 6)


class SeenPicture(QWidget):
    """The networks' input, small. Hovering it, or reaching it with the keyboard, shows it large.

    Attributes:
        image: What it shows; null before the first picture.

    Thread: GUI.
    """

    def __init__(self, theme: Theme = LIGHT, parent: QWidget | None = None) -> None:
        """Makes it empty."""
        super().__init__(parent)
        self.image = QImage()
        self._theme = theme
        self._large: _Large | None = None
        self.setFixedSize(SIDE_PX, SIDE_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("What the networks see")

    def set_pixels(self, pixels: NDArray[np.uint8] | None) -> None:
        """Shows a picture, uint8 [c, h, w]."""
        self.image = QImage() if pixels is None else picture_image(pixels)
        self.update()
        if self._large is not None:
            self._large.update()

    def set_theme(self, theme: Theme) -> None:
        """Changes the look of its frame."""
        self._theme = theme
        self.update()

    def _show_large(self) -> None:
        if self._large is None:
            self._large = _Large(self)
        self._large.move(self.mapToGlobal(QPoint(self.width() + GRID_PX, -_LARGE_PX // 2)))
        self._large.show()

    def _hide_large(self) -> None:
        if self._large is not None:
            self._large.hide()

    def sizeHint(self) -> QSize:
        """Its one size."""
        return QSize(SIDE_PX, SIDE_PX)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Shows it large."""
        self._show_large()

    def leaveEvent(self, event: QEvent) -> None:
        """Puts it away."""
        if not self.hasFocus():
            self._hide_large()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows it large."""
        super().focusInEvent(event)
        self._show_large()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Puts it away."""
        super().focusOutEvent(event)
        self._hide_large()

    def hideEvent(self, event: QHideEvent) -> None:
        """Puts it away with the window."""
        super().hideEvent(event)
        self._hide_large()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws pixels as squares."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("black"))
        if not self.image.isNull():
            painter.drawImage(fitted(self.image, self.rect()), self.image)
        if self.hasFocus():
            painter.setPen(QPen(QColor(SELECTION), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        elif self._theme.dark:
            painter.setPen(QPen(self._theme.colour("outline"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
