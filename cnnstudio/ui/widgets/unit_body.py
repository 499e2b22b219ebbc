"""The parts of a unit's page: where it is on the left; its arithmetic and what it does with the data on the right."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.core.events import Answering
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, label, notice
from cnnstudio.ui.widgets.unit_arithmetic import UnitArithmeticView
from cnnstudio.ui.widgets.unit_field import UnitField
from cnnstudio.ui.widgets.unit_histogram import UnitValues
from cnnstudio.ui.widgets.unit_made import UnitMade
from cnnstudio.ui.widgets.unit_record import UnitPictures

TABS: Final = {
    "arithmetic": ("Arithmetic", "How the unit comes to its value for this picture."),
    "pictures": ("Real pictures", "The pictures of the data set that excite it most and least."),
    "values": ("Values", "How its values are spread over the test set, and which units are dead."),
    "made": ("Made up", "A picture changed until it excites the unit; look at the real ones first."),
}
"""In this order: real pictures come before made-up ones (Borowski et al. 2021)."""

_TALL_EM: Final = 40
"""From this height on (in heights of the text) the arithmetic stands above the tabs, else in a tab of its own."""

_PERMILLE: Final = 1000
_SHARES: Final = ((3, 8), (4, 7), (1, 1))
"""Widths of the left and the right column, and heights of the arithmetic and of what is below it."""


class UnitBody(QWidget):
    """Everything about one unit; who owns it fills the parts.

    Attributes:
        field: Where the unit is, and what it sees.
        arithmetic: How it comes to its value.
        pictures: What excites it.
        values: How its values are spread.
        made: The made-up picture.

    Signals:
        tab_changed(): Another part is seen.
        record_wanted(): The student wants the data set looked through now.

    Thread: GUI.
    """

    tab_changed = Signal()
    record_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        """Makes all parts, empty."""
        super().__init__()
        self._theme = theme
        self.field = UnitField(theme)
        self.arithmetic = UnitArithmeticView(theme)
        self.problem = notice()
        self.pictures, self.values, self.made = UnitPictures(theme), UnitValues(theme), UnitMade(theme)
        self._tall: bool | None = None
        self._wanted = "arithmetic"
        self._lay_out()
        self.say("")
        self._arrange()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID_PX)
        row.addWidget(self.field, _SHARES[0][0])
        self._right = QVBoxLayout()
        self._right.setSpacing(GRID_PX)
        row.addLayout(self._right, _SHARES[0][1])
        self._first = QStackedWidget()
        for part in (self.arithmetic, self.problem):
            self._first.addWidget(part)
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(GRID_PX)
        below.addWidget(self._make_status())
        self._stack = QStackedWidget()
        self._pages: dict[str, QWidget] = {"pictures": self.pictures, "values": self.values, "made": self.made}
        for page in self._pages.values():
            self._stack.addWidget(page)
        below.addWidget(self._stack, 1)
        self._tabs = self._make_tabs()
        self._right.addWidget(self._tabs)
        self._right.addWidget(self._first, _SHARES[1][0])
        self._right.addWidget(self._below, _SHARES[1][1])

    def _make_tabs(self) -> QWidget:
        held = QWidget()
        row = QHBoxLayout(held)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX + GRID_PX // 2)
        self._group = QButtonGroup(self)
        self.tabs: dict[str, QPushButton] = {}
        for key, (name, tip) in TABS.items():
            self.tabs[key] = button(name, "tab", tip=tip, checkable=True)
            self._group.addButton(self.tabs[key])
            row.addWidget(self.tabs[key])
        row.addStretch(1)
        self.tabs["arithmetic"].setChecked(True)
        self._group.buttonClicked.connect(self._on_tab)
        return held

    def _make_status(self) -> QWidget:
        self.status = QWidget()
        column = QVBoxLayout(self.status)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.said: QLabel = label("", "muted", wrap=True)
        self.look = button("Look now", tip="Look through the data set with the weights as they are at this moment.")
        self.look.clicked.connect(self.record_wanted)
        row.addWidget(self.said, 1)
        row.addWidget(self.look)
        self.progress = QProgressBar(maximum=_PERMILLE, textVisible=False)
        self.progress.setAccessibleName("How far the data set is looked through")
        column.addLayout(row)
        column.addWidget(self.progress)
        return self.status

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        self._theme = theme
        for part in (self.field, self.arithmetic, self.pictures, self.values, self.made):
            part.set_theme(theme)
        self._arrange()

    # What is seen

    @property
    def tab(self) -> str:
        """The tab that was chosen."""
        return self._wanted

    def set_tab(self, key: str) -> None:
        """Opens a tab; unknown names are ignored."""
        if key in self.tabs:
            self._wanted = key
            self._show_tab()

    @property
    def wants_record(self) -> bool:
        """Whether anything is seen that the data set is looked through for."""
        return self._below.isVisible()

    def say(self, text: str, *, busy: bool = False, offers: bool = False) -> None:
        """Says how far the record is; `busy` shows the bar, `offers` the button that looks now."""
        self.said.setText(text)
        self.progress.setVisible(busy)
        if busy:
            self.progress.setRange(0, 0)
        self.look.setVisible(offers)
        self.status.setVisible(bool(text) or busy or offers)

    def show_progress(self, event: Answering) -> None:
        """Shows how far the record is."""
        self.say(event.text, busy=True)
        if event.fraction is not None:
            self.progress.setRange(0, _PERMILLE)
            self.progress.setValue(round(event.fraction * _PERMILLE))

    def refuse(self, sentence: str) -> None:
        """Says in the place of the arithmetic why there is none; "" shows it again."""
        self.problem.setText(sentence)
        self._first.setCurrentWidget(self.problem if sentence else self.arithmetic)

    @Slot()
    def _on_tab(self) -> None:
        self._wanted = next(key for key, made in self.tabs.items() if made.isChecked())
        self._show_tab()
        self.tab_changed.emit()

    def _show_tab(self) -> None:
        shown = self._wanted
        if self._tall and shown == "arithmetic":
            shown = "pictures"
        self.tabs[shown].setChecked(True)
        self.tabs["arithmetic"].setVisible(not self._tall)
        self._first.setVisible(bool(self._tall) or shown == "arithmetic")
        self._below.setVisible(shown != "arithmetic")
        if shown in self._pages:
            self._stack.setCurrentWidget(self._pages[shown])

    def _arrange(self) -> None:
        tall = self.height() >= _TALL_EM * self._theme.body_px
        if tall == self._tall:
            return
        self._tall = tall
        self._right.removeWidget(self._tabs)
        self._right.insertWidget(1 if tall else 0, self._tabs)
        for part, share in ((self._tabs, 0), (self._first, _SHARES[2][0]), (self._below, _SHARES[2][1])):
            self._right.setStretchFactor(part, share)
        self._show_tab()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows more at once where there is room."""
        before = self._tall
        super().resizeEvent(event)
        self._arrange()
        if before != self._tall:
            self.tab_changed.emit()
