"""The window: picture on the left, panel in the middle, set-up and text on the right, the moment below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QByteArray, QRect, QSettings, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QPaintEvent, QResizeEvent, QScreen, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import DatasetInfo
from cnnstudio.core.events import EngineUnavailable, RunStarted
from cnnstudio.ui import theme as look
from cnnstudio.ui._menus import Menus
from cnnstudio.ui.panels._panel import Panel, PanelInfo, all_panels
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.banner import Banner
from cnnstudio.ui.widgets.basic import line
from cnnstudio.ui.widgets.picture_column import PictureColumn
from cnnstudio.ui.widgets.side import Side
from cnnstudio.ui.widgets.topbar import TopBar
from cnnstudio.ui.widgets.transport import Transport

FIRST_SIZE: Final = QSize(1440, 900)
LEAST_SIZE: Final = QSize(1024, 700)
WIDE_PX: Final = 1_280
"""From this width on the right column has its own place; below, it is folded and opens over the panel."""

_FIRST_PANEL: Final = "race"


class _Body(QWidget):
    """Places the three columns: the right one beside the panel where there is room, else over it.

    Thread: GUI.
    """

    def __init__(self, picture: QWidget, centre: QWidget, side: QWidget) -> None:
        super().__init__()
        self._picture, self._centre, self._side = picture, centre, side
        self._lines = (line(vertical=True), line(vertical=True))
        self._picture_px, self._side_px, self._narrow_px = 296, 312, 280
        self.wide_px = WIDE_PX
        for part in (picture, centre, *self._lines, side):
            part.setParent(self)

    def set_theme(self, theme: Theme) -> None:
        large = theme.body_px > look.LIGHT.body_px
        self._picture_px, self._side_px = (420, 400) if large else (296, 312)
        self._narrow_px = 372 if large else 280
        self.wide_px = round(WIDE_PX * theme.body_px / look.LIGHT.body_px)
        self.place()

    def place(self) -> None:
        wide = self.width() >= self.wide_px
        height, left = self.height(), self._picture_px if wide else self._narrow_px
        opened = not self._side.isHidden()
        side = self._side_px if opened else 0
        right = self.width() - side
        self._picture.setGeometry(0, 0, left, height)
        self._lines[0].setGeometry(left, 0, 1, height)
        self._centre.setGeometry(left + 1, 0, (right if wide else self.width()) - left - 1, height)
        self._lines[1].setGeometry(right - 1, 0, 1, height)
        self._lines[1].setVisible(opened)
        self._side.setGeometry(right, 0, side, height)
        self._lines[1].raise_()
        self._side.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()


class MainWindow(QMainWindow):
    """The whole window of one study.

    Attributes:
        studio: The open study.
        panels: The cards of all panels, by id.
        transport: The bottom bar.
        side: The right column.
        banner: Problems in words.
        picture: The left column.

    Thread: GUI.
    """

    painted = Signal()
    """The window, all of it, was painted for the first time."""

    closing = Signal()
    """The window is about to go; it is hidden already."""

    def __init__(self, studio: Studio, panels: Mapping[str, PanelInfo] | None = None) -> None:
        """Makes the columns; the open panel and the form follow when the window is first shown."""
        super().__init__()
        self.studio = studio
        self.panels = dict(all_panels() if panels is None else panels)
        self._made: dict[str, Panel] = {}
        self._panel_settings: dict[str, dict[str, Any]] = {}
        self._open_id = ""
        self._shown = False
        self._painted = False
        self._painted_timer = QTimer(self, singleShot=True, interval=0)
        self._painted_timer.timeout.connect(self.painted)
        self._side_choice: dict[bool, bool] = {True: True, False: False}
        self.setWindowTitle("CNN Studio")
        self.setObjectName("window")
        # Before any view listens: views read the application's palette when they are told.
        studio.theme_changed.connect(self._apply_theme)
        self._apply_theme(studio.theme)
        self._make()
        self._menus = Menus(self)
        self._connect()
        self._on_theme(studio.theme)
        self._on_config(studio.config)
        self.resize(FIRST_SIZE)
        self._fit_to_screen(QGuiApplication.primaryScreen())
        # Else Qt marks the first button of the bar; the eye should fall on Run.
        self._body.setFocus()
        self.open_panel(_FIRST_PANEL if _FIRST_PANEL in self.panels else next(iter(self.panels), ""))

    # Panels

    @property
    def panel(self) -> Panel | None:
        """The panel that is open."""
        return self._made.get(self._open_id)

    def open_panel(self, panel_id: str) -> None:
        """Shows a panel, and makes it first where it was never shown."""
        info = self.panels.get(panel_id)
        if info is None or info.make is None:
            return
        self._open_id = panel_id
        self.top.navigation.open(panel_id)
        self.side.show_panel(panel_id)
        if self._shown:
            self._show_panel(info)

    def panel_settings(self) -> dict[str, dict[str, Any]]:
        """What the panels want kept, those that were not opened this time included."""
        return self._panel_settings | {name: panel.settings() for name, panel in self._made.items()}

    def restore_panel_settings(self, settings: Mapping[str, Any]) -> None:
        """Takes back what `panel_settings` gave; settings of panels that no longer exist are kept too."""
        self._panel_settings = {name: dict(value) for name, value in settings.items() if isinstance(value, dict)}
        for name, panel in self._made.items():
            panel.restore(self._panel_settings.get(name, {}))

    @property
    def open_id(self) -> str:
        """The id of the panel that is open."""
        return self._open_id

    def choose_dataset(self, info: DatasetInfo) -> None:
        """Sets up the default race of a data set; asks for the folder where it takes one."""
        path = ""
        if info.takes_path:
            path = QFileDialog.getExistingDirectory(self, "A folder with one folder of pictures per class")
            if not path:
                return
        self.studio.set_config(self.studio.race_on(info, path))

    # Columns

    @property
    def wide(self) -> bool:
        """Whether the right column has its own place."""
        return self.width() >= self._body.wide_px

    @Slot()
    def toggle_side(self) -> None:
        """Folds the right column, or shows it again; the choice is kept apart for wide and narrow windows."""
        wide = self.wide
        self._side_choice[wide] = not self._side_choice[wide]
        self._place_side()

    def save_geometry(self, settings: QSettings) -> None:
        """Writes where the window is."""
        settings.setValue("geometry", self.saveGeometry())

    def restore_geometry(self, settings: QSettings) -> None:
        """Puts the window where it was, if that is still on a screen."""
        geometry = settings.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self._return_to_screen()

    # Making

    def _make(self) -> None:
        self.top = TopBar(self.panels)
        self.side = Side(self.studio)
        self.banner = Banner()
        self.stack = QStackedWidget()
        self.transport = Transport(self.studio)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        above = QVBoxLayout()
        above.setContentsMargins(3 * GRID_PX, GRID_PX, 3 * GRID_PX, 0)
        above.addWidget(self.banner)
        column.addLayout(above)
        column.addWidget(self.stack, 1)
        self.picture = PictureColumn(self.studio)
        self._body = _Body(self.picture, centre, self.side)
        whole = QWidget()
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for part in (self.top, line(), self._body, line(), self.transport):
            rows.addWidget(part, 1 if part is self._body else 0)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        studio = self.studio
        studio.notice.connect(self.banner.show_report)
        studio.told.connect(self.banner.show_note)
        studio.run_started.connect(self._on_run_started)
        studio.engine_unavailable.connect(self._on_unavailable)
        studio.config_changed.connect(self._on_config)
        studio.theme_changed.connect(self._on_theme)
        studio.panel_wanted.connect(self.open_panel)
        studio.setup_wanted.connect(self._on_setup_wanted)
        self.top.navigation.chosen.connect(self.open_panel)
        self.top.side_button.clicked.connect(self.toggle_side)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.screenRemoved.connect(self._on_screen_removed)

    def _show_panel(self, info: PanelInfo) -> None:
        if info.id not in self._made:
            assert info.make is not None
            made = info.make(self.studio)
            made.restore(self._panel_settings.get(info.id, {}))
            self._made[info.id] = made
            self.stack.addWidget(made)
        self.stack.setCurrentWidget(self._made[info.id])

    # What the study says

    @Slot(object)
    def _on_run_started(self, event: RunStarted) -> None:
        notes = self.studio.untold_notes(event)
        self.banner.show_note(notes) if notes else self.banner.hide()

    @Slot(object)
    def _on_unavailable(self, event: EngineUnavailable) -> None:
        self.banner.show_report(event.report)

    @Slot(object)
    def _apply_theme(self, theme: Theme) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        look.apply(app, theme)

    @Slot(object)
    def _on_theme(self, theme: Theme) -> None:
        self.top.set_theme(theme)
        self.top.setFixedHeight(round(theme.body_px * 3.4))
        self.transport.setFixedHeight(round(theme.body_px * 5.6))
        self._body.set_theme(theme)
        self._place_side()

    @Slot(object)
    def _on_config(self, config: RaceConfig) -> None:
        self.top.set_choice(*self._menus.choice(config))

    @Slot(str)
    def _on_setup_wanted(self, field: str) -> None:
        self.side.open("setup")
        self._side_choice[self.wide] = True
        self._place_side()

    @Slot(object)
    def _on_screen_removed(self, screen: QScreen) -> None:
        self._return_to_screen()

    # Geometry

    def _return_to_screen(self) -> None:
        """Brings the window back when the screen it stood on is gone, as a projector that was unplugged."""
        screens = QGuiApplication.screens()
        seen = [screen for screen in screens if screen.availableGeometry().intersects(self._grip())]
        if not seen and screens:
            self._fit_to_screen(QGuiApplication.primaryScreen())

    def _grip(self) -> QRect:
        """The part of the window that must be seen for it to be moved: its upper edge."""
        return QRect(self.x(), self.y(), self.width(), 4 * GRID_PX)

    def _fit_to_screen(self, screen: QScreen) -> None:
        room = screen.availableGeometry()
        self.setMinimumSize(LEAST_SIZE.boundedTo(room.size()))
        self.resize(self.size().boundedTo(room.size()))
        place = self.geometry()
        place.moveCenter(room.center())
        self.move(max(room.left(), place.left()), max(room.top(), place.top()))

    def _place_side(self) -> None:
        self.side.setVisible(self._side_choice[self.wide])
        self._body.place()

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Folds or unfolds the right column."""
        super().resizeEvent(event)
        self._place_side()

    def showEvent(self, event: QShowEvent) -> None:
        """Makes the open panel and the form, which the first frame shows already."""
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            self.open_panel(self._open_id)
            self.side.fill()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tells of the first paint, once the columns, which come after the window itself, are painted too."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self._painted_timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space, S, T and Esc, where no field wants them."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            if self.transport.run_button.isEnabled():
                self.transport.run_or_pause()
        elif event.key() == Qt.Key.Key_S and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            if self.transport.step_button.isEnabled():
                self.studio.step()
        elif event.key() == Qt.Key.Key_T and not event.isAutoRepeat():
            faster = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.transport.player.next_speed() if faster else self.transport.player.toggle()
        elif event.key() == Qt.Key.Key_Escape:
            self._escape()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window goes at once; whatever must end ends afterwards."""
        self.hide()
        event.accept()
        self.closing.emit()

    def _escape(self) -> None:
        if self.banner.report is not None:
            self.banner.hide()
        elif not self.wide and self.side.isVisible():
            self.toggle_side()
        else:
            self.studio.set_moment(None)
