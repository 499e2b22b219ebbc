"""The bar at the top: the program's name, the groups of panels, the data set, the networks, theme and menu."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from cnnstudio.ui.icons import icon
from cnnstudio.ui.panels._panel import PanelInfo
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, label, line

NUMBERED: Final = 9
"""So many panels have a key with a number."""


class _GroupMenu(QMenu):
    """The list of a group's panels: left to right, under the left edge of its tab.

    The tab's arrow stands on the right by a layout from right to left, which its menu would take over: the columns
    would change places and touch, and the list would end at the tab's right edge.

    Thread: GUI.
    """

    def __init__(self, tab: QPushButton) -> None:
        super().__init__(tab)
        self._tab = tab
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt has placed it by the tab's direction; here it goes to the left edge, as far as the screen has room."""
        super().showEvent(event)
        left = self._tab.mapToGlobal(QPoint(0, 0)).x()
        room = self._tab.screen().availableGeometry()
        self.move(max(room.left(), min(left, room.right() + 1 - self.width())), self.y())


class Navigation(QWidget):
    """The groups of panels as tabs; each opens a list of its panels. After the last one stands the open panel's name.

    Tabs stand where they stand whatever panel is open, so that a second click on one place opens the same list again.
    Where there is too little room the open panel's name goes; its tab stays marked.

    Attributes:
        tabs: By group.
        menus: Their lists.
        name: The open panel's name.

    Thread: GUI.
    """

    chosen = Signal(str)

    def __init__(self, panels: Mapping[str, PanelInfo], parent: QWidget | None = None) -> None:
        """Makes one tab per group that has panels."""
        super().__init__(parent)
        self._panels = panels
        self._open_id = ""
        self.tabs: dict[str, QPushButton] = {}
        self.menus: dict[str, QMenu] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        for place, group in enumerate(dict.fromkeys(info.group for info in panels.values())):
            if place:
                row.addSpacing(GRID_PX)
            row.addWidget(self._make_tab(group))
        self._before_name = line(vertical=True)
        self._before_name.setFixedHeight(2 * GRID_PX)
        self.name = label("", "muted")
        row.addSpacing(GRID_PX)
        row.addWidget(self._before_name)
        row.addWidget(self.name)
        row.addStretch(1)
        self._number_panels()

    def open(self, panel_id: str) -> None:
        """Marks a panel as the open one."""
        info = self._panels.get(panel_id)
        if info is None:
            return
        self._open_id = panel_id
        for group, made in self.tabs.items():
            made.setChecked(group == info.group)
            made.setAccessibleDescription(f"Panels: {group}. Open: {info.short}" if group == info.group else group)
        self.name.setText(info.short)
        self.name.setToolTip(info.title)
        for menu in self.menus.values():
            for action in menu.actions():
                action.setChecked(action.data() == panel_id)
        self._fit()

    def neighbour(self, by: int) -> str:
        """The panel that comes so many places after the open one, in the order of the bar; after the last the first."""
        ids = list(self._panels)
        place = ids.index(self._open_id) if self._open_id in ids else 0
        return ids[(place + by) % len(ids)] if ids else ""

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours and sizes of a theme."""
        for made in self.tabs.values():
            made.setIcon(icon("unfolded", theme.colour("muted")))
            made.setIconSize(QSize(theme.small_px, theme.small_px))
        self._fit()

    def _make_tab(self, group: str) -> QPushButton:
        made = button(f"&{group}" if group != "Test" else "T&est", "tab", checkable=True)
        made.setAccessibleName(group)
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        menu = _GroupMenu(made)
        menu.setToolTipsVisible(True)
        marks = QActionGroup(menu)
        names = []
        for info in self._panels.values():
            if info.group == group:
                action = menu.addAction(f"{info.short}\t{info.title}")
                action.setData(info.id)
                action.setCheckable(True)
                action.triggered.connect(partial(self._choose, info.id))
                marks.addAction(action)
                names.append(info.short)
        menu.aboutToHide.connect(self._restore_marks)
        made.setToolTip(", ".join(names))
        made.setMenu(menu)
        self.menus[group] = menu
        self.tabs[group] = made
        return made

    def _number_panels(self) -> None:
        """The first nine have keys; their lists say which."""
        numbers = {panel_id: number for number, panel_id in enumerate(self._panels, start=1) if number <= NUMBERED}
        for menu in self.menus.values():
            for action in menu.actions():
                number = numbers.get(action.data())
                key = f" Key: Ctrl+{number}" if number else ""
                action.setToolTip(f"{self._panels[action.data()].title}{key}")

    def _choose(self, panel_id: str, _: bool = False) -> None:
        self.chosen.emit(panel_id)

    @Slot()
    def _restore_marks(self) -> None:
        """A tab is checked when its group is open, whether its list was opened or not."""
        self.open(self._open_id)

    def _width(self, *, name: bool) -> int:
        tabs = sum(made.sizeHint().width() + 2 * GRID_PX for made in self.tabs.values())
        return tabs + (self.name.sizeHint().width() + 2 * GRID_PX if name else 0)

    def _fit(self) -> None:
        fits = bool(self.name.text()) and self._width(name=True) <= self.width()
        self._before_name.setVisible(fits)
        self.name.setVisible(fits)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as much as fits."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Room for the tabs."""
        return QSize(self._width(name=False), max((made.sizeHint().height() for made in self.tabs.values()), default=0))

    def sizeHint(self) -> QSize:
        """Room for all."""
        return QSize(self._width(name=True), self.minimumSizeHint().height())


class TopBar(QWidget):
    """The bar itself; the window fills its menus.

    Attributes:
        navigation: The panels.
        data_button: Names the chosen data set.
        networks_button: Names the chosen networks.
        theme_button: Opens the list of looks.
        side_button: Folds the right column.
        menu_button: Opens everything else.

    Thread: GUI.
    """

    def __init__(self, panels: Mapping[str, PanelInfo], parent: QWidget | None = None) -> None:
        """Makes the bar."""
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID_PX + 4, 0, GRID_PX, 0)
        row.setSpacing(GRID_PX // 2)
        row.addWidget(label("CNN Studio", "brand"))
        row.addSpacing(2 * GRID_PX)
        self.navigation = Navigation(panels)
        row.addWidget(self.navigation, 1)
        self.data_button = button("", "quiet", tip="Choose the data set of the next run")
        self.networks_button = button("", "quiet", tip="Choose the networks of the next run")
        self.theme_button = button("", "quiet", tip="Light, dark, or large for a projector")
        self.side_button = button("", "quiet", tip="Set-up and explanations, shown or folded. Key: F2")
        self.menu_button = button("", "quiet", tip="Menu. Key: F10")
        for made, name in (
            (self.data_button, "Data set"),
            (self.networks_button, "Networks"),
            (self.theme_button, "Theme"),
            (self.side_button, "Right column"),
            (self.menu_button, "Menu"),
        ):
            made.setAccessibleName(name)
            row.addWidget(made)

    def set_choice(self, dataset: str, networks: str) -> None:
        """Names the data set and the networks of the next run."""
        self.data_button.setText(dataset)
        self.networks_button.setText(networks)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours of a theme."""
        self.theme_button.setIcon(icon("theme", theme.colour("text")))
        self.side_button.setIcon(icon("side", theme.colour("text")))
        self.menu_button.setIcon(icon("menu", theme.colour("text")))
        for made in (self.data_button, self.networks_button):
            made.setIcon(icon("unfolded", theme.colour("muted")))
            made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        for made in (self.theme_button, self.side_button, self.menu_button):
            made.setIconSize(QSize(theme.body_px + 4, theme.body_px + 4))
        self.navigation.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The groups of panels come before the names of data set and networks, and these before the open panel's."""
        super().resizeEvent(event)
        wanted = self.navigation.minimumSizeHint().width() + 8 * GRID_PX
        fixed = sum(made.sizeHint().width() for made in (self.theme_button, self.side_button, self.menu_button))
        room = self.width() - wanted - fixed - 14 * GRID_PX
        for made in (self.networks_button, self.data_button):
            room -= made.sizeHint().width() + GRID_PX // 2
            made.setVisible(room >= 0)
