"""A button whose text takes as many lines as it needs: one answer to a question."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton

from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import explain_on_focus

_LEAST_EM = 12
_HOW = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap)


class Choice(QPushButton):
    """One answer.

    Thread: GUI.
    """

    def __init__(self, text: str) -> None:
        """Makes the button; its text is drawn here, since Qt's buttons have one line."""
        super().__init__()
        self._said = text
        self.setAccessibleName(text)
        self.setAutoDefault(False)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        explain_on_focus(self)

    @property
    def said(self) -> str:
        """The answer."""
        return self._said

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the button, then the text within."""
        painter = QPainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        painter.setPen(option.palette.buttonText().color())
        painter.setFont(self.font())
        painter.drawText(self._inner(self.width(), self.height()), _HOW, self._said)

    def heightForWidth(self, width: int) -> int:
        """As many lines as the text needs."""
        room = self._inner(width, 0).width()
        lines = QFontMetrics(self.font()).boundingRect(QRect(0, 0, max(1, room), 0), _HOW, self._said)
        return lines.height() + 2 * GRID_PX

    def sizeHint(self) -> QSize:
        """One line, or more where it has been made narrow."""
        width = max(self.width(), _LEAST_EM * QFontMetrics(self.font()).height())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Narrow, and as high as the text then is."""
        least = _LEAST_EM * QFontMetrics(self.font()).height()
        return QSize(least, self.heightForWidth(max(least, self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The height follows the width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """The height follows the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def _inner(self, width: int, height: int) -> QRect:
        side = GRID_PX + GRID_PX // 2
        return QRect(side, 0, width - 2 * side, height)
