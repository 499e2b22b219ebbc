"""A small window under a button that holds one widget and goes away when something else is clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.ui.theme import GRID_PX


class Popover(QFrame):
    """Opens under its button; Escape, or a click elsewhere, closes it.

    Thread: GUI.
    """

    def __init__(self, content: QWidget, opener: QAbstractButton) -> None:
        """Holds `content` and opens by `opener`."""
        super().__init__(opener, Qt.WindowType.Popup)
        self.setProperty("role", "card")
        self._opener = opener
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID_PX, GRID_PX, GRID_PX, GRID_PX)
        column.addWidget(content)
        self._content = content
        opener.clicked.connect(self.open)

    @Slot()
    def open(self) -> None:
        """Shows it under the button: one edge at the button's, the one that is nearer to the window's side."""
        self.fit()
        self.show()
        self._content.setFocus()
        QTimer.singleShot(0, self, self._follow)  # a list knows its height once it is seen

    @Slot()
    def fit(self) -> None:
        """Takes the size of what it holds, which may have become another, and its place on the screen."""
        self._content.updateGeometry()
        self.adjustSize()
        # That takes two thirds of the screen at most, which cuts the content off where the screen is scaled.
        self.resize(min(self.sizeHint().width(), self._opener.screen().availableGeometry().width()), self.height())
        self.resize(self.width(), self._wanted_px())
        window = self._opener.window()
        on_left = self._opener.mapTo(window, self._opener.rect().center()).x() < window.width() // 2
        left = 0 if on_left else self._opener.width() - self.width()
        corner = self._opener.mapToGlobal(QPoint(left, self._opener.height()))
        screen = self._opener.screen().availableGeometry()
        corner.setX(max(screen.left(), min(corner.x(), screen.right() - self.width())))
        if corner.y() + self.height() > screen.bottom():
            corner.setY(max(screen.top(), corner.y() - self.height() - self._opener.height()))
        self.move(corner)

    def _wanted_px(self) -> int:
        """The height of what it holds; `adjustSize` takes long texts to be one line."""
        wanted = max(self.sizeHint().height(), self.heightForWidth(self.width()))
        inner = self._content.widget() if isinstance(self._content, QScrollArea) else None
        if inner is None:
            return wanted
        # A list scrolls only where the screen has no room for it: what is best may stand at its foot.
        under = self._opener.mapToGlobal(QPoint(0, self._opener.height())).y()
        room = self._opener.screen().availableGeometry().bottom() - under - GRID_PX // 2
        listed = max(inner.sizeHint().height(), inner.heightForWidth(self._content.width()))
        return max(wanted, min(listed + 2 * GRID_PX + 2 * self.frameWidth(), room))

    def event(self, event: QEvent) -> bool:
        """Follows what it holds, as where a sentence appears below a field."""
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            QTimer.singleShot(0, self, self._follow)  # after the layouts within have told their new sizes
        return handled

    @Slot()
    def _follow(self) -> None:
        if self.isVisible() and self.height() != self._wanted_px():
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)
