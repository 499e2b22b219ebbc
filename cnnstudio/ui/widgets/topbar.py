"""The bar at the top: the program's name, the panels by group, the data set, the networks, theme and menu."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from cnnstudio.ui.icons import icon
from cnnstudio.ui.panels._panel import PanelInfo
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import button, label, line


class Navigation(QWidget):
    """The panels by name, in their groups.

    Where they do not fit, the groups' names go first, then the lines between groups;
    then one button opens a list.

    Thread: GUI.
    """

    chosen = Signal(str)

    def __init__(self, panels: Mapping[str, PanelInfo], parent: QWidget | None = None) -> None:
        """Makes one button per panel."""
        super().__init__(parent)
        self._panels = panels
        self._groups: list[QLabel] = []
        self._lines: list[QFrame] = []
        self._buttons = QButtonGroup(self)
        self._by_id: dict[str, QPushButton] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID_PX)
        group = None
        for number, info in enumerate(panels.values(), start=1):
            if info.group != group:
                if group is not None:
                    self._lines.append(line(vertical=True))
                    row.addWidget(self._lines[-1])
                group = info.group
                # Small capitals, after a thin line: a heading, where a panel's name is something to press.
                name = label(group.upper(), "group")
                name.setAccessibleName(group)
                self._groups.append(name)
                row.addWidget(name)
            row.addWidget(self._make(info, number))
        self._list = button("", "tab", tip="Choose a panel")
        self._list.setMenu(self._make_menu())
        self._list.hide()
        row.addWidget(self._list)
        row.addStretch(1)

    def open(self, panel_id: str) -> None:
        """Marks a panel as the open one."""
        if panel_id in self._by_id:
            self._by_id[panel_id].setChecked(True)
            self._list.setText(self._panels[panel_id].short)

    def set_theme(self, theme: Theme) -> None:
        """Takes the colours and sizes of a theme."""
        self._list.setIcon(icon("unfolded", theme.colour("text")))
        for one in self._lines:
            one.setFixedHeight(theme.body_px + GRID_PX)
        self._fit()

    def _make(self, info: PanelInfo, number: int) -> QPushButton:
        key = f". Key: Ctrl+{number}" if number <= 9 else ""
        made = button(info.short, "tab", tip=info.title + key, checkable=True)
        made.clicked.connect(lambda: self.chosen.emit(info.id))
        self._buttons.addButton(made)
        self._by_id[info.id] = made
        return made

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        for info in self._panels.values():
            menu.addAction(f"{info.group}: {info.short}", partial(self.chosen.emit, info.id))
        return menu

    def _width(self, parts: list[QWidget]) -> int:
        return sum(part.sizeHint().width() + 2 * GRID_PX for part in parts)

    def _fit(self) -> None:
        buttons: list[QWidget] = list(self._by_id.values())
        with_groups = self._width([*self._groups, *self._lines, *buttons]) <= self.width()
        with_lines = self._width([*self._lines, *buttons]) <= self.width()
        with_buttons = self._width(buttons) <= self.width()
        for name in self._groups:
            name.setVisible(with_groups)
        for one in self._lines:
            one.setVisible(with_lines)
        for made in buttons:
            made.setVisible(with_buttons)
        self._list.setVisible(not with_buttons and bool(buttons))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows as much as fits."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Room for the list's button."""
        return QSize(15 * GRID_PX, self._list.minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Room for all."""
        return QSize(self._width([*self._groups, *self._lines, *self._by_id.values()]), self._list.sizeHint().height())


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
        """The panels' names come before the names of data set and networks."""
        super().resizeEvent(event)
        wanted = self.navigation.sizeHint().width() + 8 * GRID_PX
        fixed = sum(made.sizeHint().width() for made in (self.theme_button, self.side_button, self.menu_button))
        room = self.width() - wanted - fixed - 14 * GRID_PX
        for made in (self.networks_button, self.data_button):
            room -= made.sizeHint().width() + GRID_PX // 2
            made.setVisible(room >= 0)
