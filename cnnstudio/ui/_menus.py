"""The window's menus and keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMenu

from cnnstudio import datasets, networks
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import parse_key
from cnnstudio.ui.theme import THEMES
from cnnstudio.ui.widgets.basic import first_control
from cnnstudio.ui.widgets.topbar import NUMBERED

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow

KEYS: Final[tuple[tuple[str, str], ...]] = (
    ("Space", "Run, pause, go on"),
    ("S", "One step"),
    ("T, Shift+T", "Play the moments, stay; how fast"),
    ("Ctrl+E", "Export the open view"),
    ("Esc", "Back to now; closes a message"),
    ("Left, Right", "On the timeline: the moment before, the moment after"),
    ("Home, End", "On the timeline: the first moment, now"),
    ("Ctrl+1 ... Ctrl+9", "The first nine panels, in the order of the bar"),
    ("Ctrl+PageUp, Ctrl+PageDown", "The panel before, the panel after"),
    ("Alt and a group's letter", "The list of a group's panels"),
    ("F6, Shift+F6", "The next part of the window, the part before"),
    ("Ctrl+O", "Open a picture"),
    ("Ctrl+V", "Paste a picture"),
    ("Ctrl+Z, Ctrl+Shift+Z", "On the drawing: undo, redo"),
    ("Enter", "On the drawing: take the keyboard's pen, put it away"),
    ("Arrows, Home, End, Page", "With it: move, Shift finely"),
    ("Space", "With it: pen down, pen up"),
    ("P, E, M, Delete", "On the drawing: pen, eraser, move, clear"),
    ("Arrows, + - [ ]", "On the drawing: move, scale, turn the picture"),
    ("0 ... 9, N, R", "On the drawing: a picture of that class, the next, one by chance"),
    ("F", "In Depth, while networks learn: flip their shortcuts"),
    ("Up, Down", "In a number's field: the next rounder number"),
    ("F1", "These keys"),
    ("F2", "Show or fold the right column"),
    ("F10", "Menu"),
    ("F11", "Whole screen"),
    ("Ctrl+Q", "End the program"),
)


class Menus(QObject):
    """Fills the menus when they are opened, from the study as it is then.

    Thread: GUI.
    """

    def __init__(self, window: MainWindow) -> None:
        """Gives the window's buttons their menus and the window its keys."""
        super().__init__(window)
        self._window = window
        top = window.top
        for made, fill in (
            (top.menu_button, self._fill_main),
            (top.data_button, self._fill_datasets),
            (top.networks_button, self._fill_networks),
            (top.theme_button, self._fill_themes),
        ):
            menu = QMenu(window)
            menu.aboutToShow.connect(lambda menu=menu, fill=fill: self._refill(menu, fill))
            made.setMenu(menu)
        self._actions = self._make_actions()
        self._add_keys()

    def choice(self, config: RaceConfig) -> tuple[str, str]:
        """What the top bar says of a set-up: the data set's title, and which networks."""
        chosen = len(config.networks)
        try:
            name = datasets.find(config.dataset).info.title
        except StudioError:
            name, _ = parse_key(config.dataset)
        return name, f"{chosen} network{'' if chosen == 1 else 's'}"

    def _add_keys(self) -> None:
        window = self._window
        keys: list[tuple[str, Callable[[], object]]] = [
            ("F10", window.top.menu_button.showMenu),
            ("Ctrl+E", self._export),
            ("F6", partial(self._change_part, 1)),
            ("Shift+F6", partial(self._change_part, -1)),
            ("Ctrl+PgUp", partial(self._go, -1)),
            ("Ctrl+PgDown", partial(self._go, 1)),
        ]
        for place, panel_id in enumerate(list(window.panels)[:NUMBERED], start=1):
            keys.append((f"Ctrl+{place}", partial(window.open_panel, panel_id)))
        for key, act in keys:
            QShortcut(QKeySequence(key), window, act)

    def _go(self, by: int) -> None:
        self._window.open_panel(self._window.top.navigation.neighbour(by))

    def _change_part(self, by: int) -> None:
        """Gives the focus to the first control of the next part: bar, picture, panel, right column, transport."""
        window = self._window
        shown = window.stack.currentWidget() or window.stack
        parts = [
            part for part in (window.top, window.picture, shown, window.side, window.transport) if part.isVisible()
        ]
        focused = QApplication.focusWidget()
        here = next((place for place, part in enumerate(parts) if focused and part.isAncestorOf(focused)), -1)
        for further in range(1, len(parts) + 1):
            control = first_control(parts[(here + by * further) % len(parts)])
            if control is not None:
                control.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def _make_actions(self) -> tuple[QAction | None, ...]:
        """The last part of the menu; its keys belong to these actions alone, or Qt finds them ambiguous."""
        window = self._window
        made: list[QAction | None] = []
        for text, key, act in (
            ("Set-up and text", "F2", window.toggle_side),
            ("Whole screen", "F11", self._toggle_full_screen),
            ("", "", None),
            ("Keys ...", "F1", self.show_keys),
            ("About CNN Studio ...", "", self.show_about),
            ("", "", None),
            ("Quit", "Ctrl+Q", window.close),
        ):
            if act is None:
                made.append(None)
                continue
            action = QAction(text, window)
            action.setShortcut(key)
            action.triggered.connect(act)
            window.addAction(action)
            made.append(action)
        return tuple(made)

    def _refill(self, menu: QMenu, fill: Callable[[QMenu], None]) -> None:
        """Empties the menu and fills it again. `QMenu.clear` would delete the actions that others own, too."""
        for action in menu.actions():
            menu.removeAction(action)
            inner = action.menu()
            if isinstance(inner, QMenu):
                inner.deleteLater()
            elif action.parent() is menu:
                action.deleteLater()
        for group in menu.findChildren(QActionGroup, options=Qt.FindChildOption.FindDirectChildrenOnly):
            group.deleteLater()
        fill(menu)

    def _fill_main(self, menu: QMenu) -> None:
        window = self._window
        for owner in (window.picture, window.panel):
            actions = [] if owner is None else [action for action in owner.actions() if not action.isSeparator()]
            for action in actions:
                menu.addAction(action)
            if actions:
                menu.addSeparator()
        if window.panel is not None:
            window.panel.view_menu.refresh()
            menu.addMenu("Export").addActions(window.panel.view_menu.actions())
            menu.addSeparator()
        for title, fill in (
            ("Data set", self._fill_datasets),
            ("Networks", self._fill_networks),
            ("Theme", self._fill_themes),
        ):
            inner = menu.addMenu(title)
            fill(inner)
        for last in self._actions:
            menu.addSeparator() if last is None else menu.addAction(last)

    def _fill_datasets(self, menu: QMenu) -> None:
        chosen, _ = parse_key(self._window.studio.config.dataset)
        group = QActionGroup(menu)
        for info in datasets.all_datasets().values():
            action = menu.addAction(f"{info.title} ..." if info.takes_path else info.title)
            action.setCheckable(True)
            action.setChecked(info.id == chosen)
            action.setToolTip(info.sentence)
            action.triggered.connect(lambda _, info=info: self._window.choose_dataset(info))
            group.addAction(action)

    def _fill_networks(self, menu: QMenu) -> None:
        studio = self._window.studio
        chosen: dict[str, str] = {}
        for key in studio.config.networks:
            try:
                chosen[networks.find(key)[0].id] = key
            except StudioError:
                continue
        for info in networks.all_networks().values():
            action = menu.addAction(info.title)
            action.setCheckable(True)
            action.setChecked(info.id in chosen)
            action.setToolTip(info.sentence)
            action.triggered.connect(lambda on, name=info.id: self._choose_network(name, on, chosen))

    def _choose_network(self, name: str, on: bool, chosen: dict[str, str]) -> None:
        keys = chosen | ({name: name} if on else {})
        wanted = tuple(keys[info] for info in networks.all_networks() if info in keys and (info != name or on))
        self._window.studio.set_config(self._window.studio.config.with_(networks=wanted))

    def _fill_themes(self, menu: QMenu) -> None:
        group = QActionGroup(menu)
        studio = self._window.studio
        for theme in THEMES.values():
            action = menu.addAction(theme.title)
            action.setCheckable(True)
            action.setChecked(theme is studio.theme)
            action.triggered.connect(lambda _, theme=theme: studio.set_theme(theme))
            group.addAction(action)

    def _export(self) -> None:
        if self._window.panel is not None:
            self._window.panel.export_button.showMenu()

    @Slot()
    def _toggle_full_screen(self) -> None:
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()

    @Slot()
    def show_keys(self) -> None:
        """Lists the keys."""
        from cnnstudio.ui.dialogs import KeysDialog

        KeysDialog(KEYS, self._window).open()

    @Slot()
    def show_about(self) -> None:
        """Says what the program is, where its log is, and under which licences its parts stand."""
        from cnnstudio.ui.dialogs import AboutDialog

        AboutDialog(self._window).open()
