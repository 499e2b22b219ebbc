"""The small parts that all views are made of: labels by role, buttons by kind, chips, lines, folds."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QInputDevice, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from cnnstudio.ui.theme import GRID_PX

_DOT: Final = " · "
_LONG_PRESS_MS: Final = 700
"""A finger that rests so long on something wants to know what it is."""

Role = Literal["", "brand", "title", "heading", "muted", "small", "group", "problem", "chip"]
Kind = Literal["", "primary", "quiet", "slim", "tab", "fold"]


def label(text: str = "", role: Role = "", *, tip: str = "", wrap: bool = False) -> QLabel:
    """A text in one of the theme's roles. It shows plain text: whatever a file says cannot become markup."""
    made = QLabel(text)
    made.setToolTip(tip)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    return made


def notice(text: str = "") -> QLabel:
    """A muted text in the middle of its room, where there is nothing to show yet or something cannot be shown."""
    made = label(text, "muted", wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


class ElidedLabel(QLabel):
    """A one-line text that is cut where there is too little room; the whole of it is the tool tip.

    Parts between middle dots go first, from the end; what is left ends in an ellipsis.

    Thread: GUI.
    """

    def __init__(self, role: Role = "") -> None:
        """Makes it empty."""
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    @property
    def whole(self) -> str:
        """The text, not cut."""
        return self._whole

    def set_whole(self, text: str) -> None:
        """Shows as much of a text as fits."""
        if text != self._whole:
            self._whole = text
            self.setToolTip(text)
            self.setAccessibleName(text)
            self._elide()

    def _elide(self) -> None:
        metrics, parts = self.fontMetrics(), self._whole.split(_DOT)
        while len(parts) > 1 and metrics.horizontalAdvance(_DOT.join(parts)) > self.width():
            parts.pop()
        self.setText(metrics.elidedText(_DOT.join(parts), Qt.TextElideMode.ElideRight, self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cuts anew."""
        super().resizeEvent(event)
        self._elide()


class _Tab(QPushButton):
    """A tab's name, with room for the bold form that it has while it is open.

    Thread: GUI.
    """

    def sizeHint(self) -> QSize:
        """The size of the bold text."""
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        wider = QFontMetrics(bold).horizontalAdvance(self.text()) - self.fontMetrics().horizontalAdvance(self.text())
        return super().sizeHint() + QSize(max(0, wider) + GRID_PX // 2, 0)

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`: a name is never cut."""
        return self.sizeHint()


def button(text: str, kind: Kind = "", *, tip: str = "", shortcut: str = "", checkable: bool = False) -> QPushButton:
    """A button. The tip explains it on hover and on keyboard focus; the shortcut is shown in the tip."""
    made = _Tab(text) if kind == "tab" else QPushButton(text)
    made.setCheckable(checkable)
    made.setAutoDefault(False)
    if kind:
        made.setProperty("kind", kind)
    if shortcut:
        made.setShortcut(QKeySequence(shortcut))
        tip = f"{tip} ({QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)})" if tip else ""
    made.setToolTip(tip)
    made.setAccessibleName(text)
    made.setAccessibleDescription(tip)
    explain_on_focus(made)
    return made


def more_button(tip: str) -> QPushButton:
    """A quiet button that unfolds a row: "More", and "Less" while it is unfolded; its width stays."""
    made = button("More", "quiet", tip=tip, checkable=True)
    made.toggled.connect(lambda open_: made.setText("Less" if open_ else "More"))
    return made


def set_kind(made: QPushButton, kind: Kind) -> None:
    """Changes a button's kind after it was made."""
    if made.property("kind") != kind:
        made.setProperty("kind", kind)
        made.style().unpolish(made)
        made.style().polish(made)


def set_role(made: QWidget, role: str) -> None:
    """Changes a label's role after it was made."""
    if made.property("role") != role:
        made.setProperty("role", role)
        made.style().unpolish(made)
        made.style().polish(made)


def line(*, vertical: bool = False) -> QFrame:
    """A hair line between two parts."""
    made = QFrame()
    made.setProperty("role", "line")
    made.setFixedWidth(1) if vertical else made.setFixedHeight(1)
    return made


def by_keyboard(event: QFocusEvent) -> bool:
    """Whether the focus came by Tab or Shift+Tab, and not by a click or from the program."""
    return event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class _Explainer(QObject):
    """Shows a widget's tip when the keyboard reaches it and when a finger rests on it, as hovering does for the mouse.

    Thread: GUI.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(_LONG_PRESS_MS)
        self._hold.timeout.connect(self._show)
        widget.installEventFilter(self)

    @Slot()
    def _show(self) -> None:
        if self._widget.toolTip():
            place = self._widget.mapToGlobal(self._widget.rect().bottomLeft())
            QToolTip.showText(place, self._widget.toolTip(), self._widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watches for Tab and for a finger."""
        if isinstance(event, QFocusEvent) and event.gotFocus():
            if by_keyboard(event):
                self._show()
        elif isinstance(event, QMouseEvent):
            finger = event.deviceType() == QInputDevice.DeviceType.TouchScreen
            if event.type() == QEvent.Type.MouseButtonPress and finger:
                self._hold.start()
            elif event.type() == QEvent.Type.MouseButtonRelease:
                self._hold.stop()
        return False


def explain_on_focus(widget: QWidget) -> None:
    """Lets a widget's tool tip appear on keyboard focus and on a long press too."""
    _Explainer(widget)


def first_control(part: QWidget) -> QWidget | None:
    """The control of a part that Tab would reach first; None where there is none."""
    tab = Qt.FocusPolicy.TabFocus
    following: QWidget | None = part.nextInFocusChain()
    while following is not None and following is not part:
        reached = following.isVisible() and following.isEnabled() and following.focusPolicy() & tab
        if reached and part.isAncestorOf(following):
            return following
        following = following.nextInFocusChain()
    return None


class Fold(QWidget):
    """A heading that folds what stands below it.

    Attributes:
        body: The layout to fill.

    Thread: GUI.
    """

    def __init__(self, title: str, *, opened: bool = False, tip: str = "") -> None:
        """Makes it, opened or folded."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self._title = title
        self.button = button(title, "fold", tip=tip, checkable=True)
        column.addWidget(self.button)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, GRID_PX)
        self.body.setSpacing(GRID_PX)
        column.addWidget(self._content)
        self.button.toggled.connect(self._toggle)
        self.button.setChecked(opened)
        self._toggle(opened)

    @Slot(bool)
    def _toggle(self, opened: bool) -> None:
        from cnnstudio.ui.icons import icon

        self._content.setVisible(opened)
        self.button.setIcon(icon("unfolded" if opened else "folded"))
