"""The window: never empty, by keyboard alone, small and large, on a screen that goes away."""

from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QActionGroup
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.ui import theme as look
from cnnstudio.ui.demo import fill
from cnnstudio.ui.dialogs import KeysDialog
from cnnstudio.ui.main_window import LEAST_SIZE, MainWindow
from cnnstudio.ui.theme import THEMES
from tests.ui.test_panels import ROOM_PX


@pytest.fixture
def window(rig, qtbot):
    made = MainWindow(rig.studio)
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    QApplication.processEvents()
    return made


def seen(window, kind):
    return [part for part in window.findChildren(kind) if part.isVisibleTo(window)]


def test_the_first_window_is_never_empty(studio, qtbot):
    window = MainWindow(studio)
    qtbot.addWidget(window)
    window.show()
    assert studio.picture is not None
    assert studio.picture.max() > 0
    assert window.transport.about.whole == "Loading PyTorch ..."
    assert window.open_id == "race"


def test_it_tells_of_its_first_paint_once(studio, qtbot):
    window = MainWindow(studio)
    qtbot.addWidget(window)
    painted = []
    window.painted.connect(lambda: painted.append(True))
    window.show()
    window.grab()
    window.grab()
    qtbot.waitUntil(lambda: bool(painted))
    assert painted == [True]


def test_panels_are_made_when_they_are_first_shown(window):
    assert window.stack.count() == 1
    for panel_id in window.panels:
        window.open_panel(panel_id)
        assert window.panel.INFO.id == panel_id
    assert window.stack.count() == len(window.panels)
    window.open_panel("nothing")
    assert window.open_id == panel_id


def test_keys_choose_panels_and_run(window, rig):
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.open_id == next(iter(window.panels))
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert rig.engine.commands[-1] == "run"
    rig.engine.advance(6)
    rig.drain()
    QTest.keyClick(window, Qt.Key.Key_S)
    assert rig.engine.commands[-1] == "step"
    QTest.keyClick(window, Qt.Key.Key_Space)
    rig.drain()


def test_escape_closes_a_message_then_goes_back_to_now(window, rig):
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.studio.set_moment(4)
    rig.studio.notice.emit(ErrorReport("Look.", "A cause.", "Try this."))
    assert window.banner.report.what == "Look."
    assert window.banner.why.text() == "A cause. Try this."
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.banner.report is None
    assert rig.studio.moment == 4
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert rig.studio.moment is None


def test_tab_reaches_every_button_of_the_bars(window):
    reached, current = set(), window
    for _ in range(400):
        current = current.nextInFocusChain()
        reached.add(current)
    for bar in (window.top, window.transport):
        for made in seen(bar, QAbstractButton):
            assert made in reached
            assert made.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_everything_that_can_be_pressed_has_a_name_and_explains_itself(window):
    for made in seen(window, QAbstractButton):
        if made.objectName().startswith("qt_") or isinstance(made.parent(), QLineEdit):
            continue
        assert made.text() or made.accessibleName(), made
        if made.parent() in (window.top, window.transport) or made.property("kind") == "tab":
            assert made.toolTip(), made.text()


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (1920, 1080)])
def test_nothing_is_cut_in_the_bars(window, rig, size, theme):
    fill(rig.studio)
    rig.studio.set_theme(THEMES[theme])
    window.resize(*size)
    QApplication.processEvents()
    for bar in (window.top, window.transport):
        for made in seen(bar, QAbstractButton):
            assert made.width() >= made.minimumSizeHint().width(), (made.text(), made.accessibleName())
            assert bar.rect().contains(QRect(made.mapTo(bar, QPoint(0, 0)), made.size())), made.text()
    assert window.transport.timeline.width() >= window.transport.timeline.minimumSizeHint().width()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_smallest_window_is_small_enough(window, rig, theme):
    rig.studio.set_theme(THEMES[theme])
    fill(rig.studio)
    window.resize(LEAST_SIZE)
    QApplication.processEvents()
    hint = window.minimumSizeHint()
    assert hint.width() <= LEAST_SIZE.width()
    assert hint.height() <= LEAST_SIZE.height()
    for panel_id in window.panels:
        window.open_panel(panel_id)
        QApplication.processEvents()
        least = window.panel.minimumSizeHint()
        assert least.width() <= window.stack.width(), panel_id
        assert least.height() <= window.stack.height(), panel_id


def test_the_right_column_folds_in_narrow_windows_and_by_its_key(window):
    assert window.side.isVisible()
    centre = window.stack.width()
    window.resize(1024, 700)
    assert not window.side.isVisible()
    QTest.keyClick(window, Qt.Key.Key_F2)
    assert window.side.isVisible()
    assert window.stack.width() > 700, "over the panel, not beside it"
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.side.isVisible()
    window.resize(1440, 900)
    assert window.side.isVisible()
    assert window.stack.width() == centre
    QTest.keyClick(window, Qt.Key.Key_F2)
    assert not window.side.isVisible()
    assert window.stack.width() > centre


def test_the_text_follows_the_panel(window):
    from cnnstudio.ui.widgets.side import lesson

    for panel_id in window.panels:
        window.open_panel(panel_id)
        first = lesson(panel_id).strip().splitlines()[:1]
        if first:
            assert first[0].lstrip("# ") in window.side.text.toPlainText()


def test_it_comes_back_when_its_screen_is_gone(window):
    window.move(50_000, 50_000)
    window._on_screen_removed(None)
    room = QApplication.primaryScreen().availableGeometry()
    assert room.contains(window.pos())


def test_a_window_that_can_be_seen_stays(window):
    window.move(17, 23)
    window._on_screen_removed(None)
    assert window.pos() == QPoint(17, 23)


def test_closing_hides_first(window, qtbot):
    hidden = []
    window.closing.connect(lambda: hidden.append(not window.isVisible()))
    window.close()
    assert hidden == [True]


def test_a_closed_window_is_collected(rig, qtbot):
    window = MainWindow(rig.studio)
    window.show()
    window.close()
    gone = weakref.ref(window)
    window.deleteLater()
    del window
    QApplication.sendPostedEvents(None, 52)
    gc.collect()
    assert gone() is None


def test_the_menus_are_filled_and_change_the_study(window, rig):
    menu = window.top.networks_button.menu()
    menu.aboutToShow.emit()
    local = next(action for action in menu.actions() if action.text() == "Locally connected")
    local.trigger()
    assert rig.studio.config.networks == ("mlp", "lenet5", "local")
    menu = window.top.theme_button.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Dark").trigger()
    assert rig.studio.theme is THEMES["dark"]
    menu = window.top.data_button.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if "lyph" in action.text()).trigger()
    assert rig.studio.config.dataset.startswith("glyphs")
    window.top.menu_button.menu().aboutToShow.emit()
    assert any("About" in action.text() for action in window.top.menu_button.menu().actions())


def open_menu(window):
    """As a click on the button does; not shown, for the offscreen platform does not give the keyboard back."""
    menu = window.top.menu_button.menu()
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return texts


def test_the_menu_is_the_same_every_time_it_is_opened(window):
    first = open_menu(window)
    assert {"Open a picture ...", "Undo", "Clear the canvas", "Keys ...", "Quit"} <= set(first)
    assert open_menu(window) == first
    assert open_menu(window) == first
    menu = window.top.menu_button.menu()
    assert len(menu.findChildren(QMenu)) == 4, "export, data set, networks, theme"
    assert len(menu.findChildren(QActionGroup)) == 2


def test_keys_work_whether_the_menu_was_opened_or_not(window):
    canvas, control = window.picture.canvas, Qt.KeyboardModifier.ControlModifier
    window.transport.timeline.setFocus()
    for opened in range(3):
        window.activateWindow()
        canvas.clear()
        blank = window.picture.drawing_json()
        QTest.keyClick(window, Qt.Key.Key_Z, control)
        assert window.picture.drawing_json() != blank, f"opened {opened} times"
        QTest.keyClick(window, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
        assert window.picture.drawing_json() == blank
        QTest.keyClick(window, Qt.Key.Key_Z, control)
        side = window.side.isVisible()
        QTest.keyClick(window, Qt.Key.Key_F2)
        assert window.side.isVisible() is not side
        QTest.keyClick(window, Qt.Key.Key_F11)
        assert window.isFullScreen()
        QTest.keyClick(window, Qt.Key.Key_F11)
        assert not window.isFullScreen()
        QTest.keyClick(window, Qt.Key.Key_F1)
        assert isinstance(QApplication.activeModalWidget(), KeysDialog), f"opened {opened} times"
        QApplication.activeModalWidget().close()
        open_menu(window)
    QTest.keyClick(window, Qt.Key.Key_Q, control)
    assert not window.isVisible()


def test_the_dialogs_say_where_the_log_is_and_which_keys_there_are(window, qtbot, home):
    from PySide6.QtWidgets import QLabel

    window._menus.show_about()
    window._menus.show_keys()
    dialogs = [part for part in window.findChildren(QWidget) if part.isWindow() and part is not window]
    text = " ".join(label.text() for dialog in dialogs for label in dialog.findChildren(QLabel))
    assert str(home / "log") in text
    assert "Space" in text
    for dialog in dialogs:
        dialog.close()


def test_licences_name_every_part():
    from cnnstudio.ui.dialogs import licences

    text = licences()
    for name in ("PySide6-Essentials", "torch", "numpy", "pyqtgraph"):
        assert name in text
    assert "Lesser General Public License" in text


def test_what_was_done_is_said_quietly(window, rig):
    rig.studio.told.emit("Saved as /home/me/race.csv")
    assert window.banner.isVisible()
    assert window.banner.what.text() == "Saved as /home/me/race.csv"
    assert window.banner.property("quiet") is True
    assert not window.banner.copy_button.isVisible()
    rig.studio.notice.emit(ErrorReport("Look.", "A cause.", "Try this."))
    assert window.banner.property("quiet") is False
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.banner.isVisible()


def test_every_panel_stands_in_the_list_of_its_group(window):
    bar = window.top.navigation
    listed = {action.data(): group for group, menu in bar.menus.items() for action in menu.actions()}
    assert listed == {name: info.group for name, info in window.panels.items()}
    for name in window.panels:
        action = next(a for menu in bar.menus.values() for a in menu.actions() if a.data() == name)
        action.trigger()
        assert window.open_id == name
        assert [a.data() for menu in bar.menus.values() for a in menu.actions() if a.isChecked()] == [name]
        assert [group for group, tab in bar.tabs.items() if tab.isChecked()] == [window.panels[name].group]
        assert bar.name.text() == window.panels[name].short
        assert window.panels[name].title in action.text()


def test_a_key_goes_from_part_to_part(window):
    window.activateWindow()
    parts = [window.top, window.picture, window.stack.currentWidget(), window.side, window.transport]
    for part in [*parts, parts[0]]:
        QTest.keyClick(window, Qt.Key.Key_F6)
        assert part.isAncestorOf(QApplication.focusWidget())
    QTest.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert parts[-1].isAncestorOf(QApplication.focusWidget())


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_the_list_of_a_group_stands_under_its_tab_from_left_to_right(window):
    tab, menu = window.top.navigation.tabs["Look inside"], window.top.navigation.menus["Look inside"]
    seen = []
    QTimer.singleShot(0, lambda: (seen.append(menu.geometry()), menu.close()))
    QTest.mousePress(tab, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    room = tab.screen().availableGeometry()
    left = tab.mapToGlobal(QPoint(0, 0)).x()
    assert seen[0].left() == max(room.left(), min(left, room.right() + 1 - seen[0].width()))
    assert menu.layoutDirection() is Qt.LayoutDirection.LeftToRight


def test_keys_go_to_the_panel_before_and_after(window):
    ids = list(window.panels)
    window.open_panel(ids[0])
    QTest.keyClick(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert window.open_id == ids[1]
    QTest.keyClick(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert window.open_id == ids[-1]


def test_groups_have_letters(window):
    letters = [tab.shortcut().toString() for tab in window.top.navigation.tabs.values()]
    assert all(letter.startswith("Alt+") for letter in letters)
    assert len(set(letters)) == len(letters)


def test_a_list_that_was_only_looked_at_changes_nothing(window, qtbot):
    bar = window.top.navigation
    before = window.open_id
    other = next(group for group in bar.tabs if group != window.panels[before].group)
    bar.menus[other].aboutToHide.emit()
    assert window.open_id == before
    assert not bar.tabs[other].isChecked()


@pytest.mark.parametrize("theme", list(THEMES))
def test_the_smallest_window_leaves_panels_the_room_they_are_tested_in(window, rig, qapp, theme):
    look.apply(qapp, THEMES[theme])
    rig.studio.set_theme(THEMES[theme])
    window.resize(LEAST_SIZE)
    QApplication.processEvents()
    wide, high = ROOM_PX[theme]
    assert window.panel.width() >= wide
    assert window.panel.height() >= high
