"""A text among several that keeps the room of the longest, so that what stands below it never moves."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

_ENDLESS_PX = 10_000


class SteadyLabel(QLabel):
    """A wrapped plain text in small letters, as high as the highest of the texts that it may show.

    Thread: GUI.
    """

    def __init__(self) -> None:
        """Makes it empty."""
        super().__init__()
        self._texts: tuple[str, ...] = ()
        self.setProperty("role", "small")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_one_of(self, text: str, texts: Iterable[str]) -> None:
        """Shows `text`, with room for every one of `texts`."""
        self.setText(text)
        self._texts = tuple(texts)
        self._fit()

    def _fit(self) -> None:
        room = QRect(0, 0, max(1, self.width()), _ENDLESS_PX)
        bounds = (self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, text) for text in self._texts)
        self.setFixedHeight(max((one.height() for one in bounds), default=0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps in other places."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follows the theme's size of letters."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
