"""Where a popover opens, and how high it is."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from cnnstudio.ui.widgets.basic import button
from cnnstudio.ui.widgets.popover import Popover
from cnnstudio.ui.widgets.rooms import Scrolled

_FRAME_PX = 4

pytestmark = pytest.mark.qt_log_ignore("does not support (grabbing the keyboard|raise)", extend=True)


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.setGeometry(0, 0, 700, 400)
    return made


def opener(window, x):
    made = button("Open")
    made.setParent(window)
    made.setGeometry(x, 10, 80, 30)
    window.show()
    return made


@pytest.mark.parametrize(("x", "edge"), [(250, "left"), (500, "right")])
def test_it_opens_towards_the_middle_and_leaves_what_is_beside_the_button_in_sight(window, qtbot, x, edge):
    made = opener(window, x)
    content = QLabel("A long sentence " * 2)
    popover = Popover(content, made)
    popover.open()
    qtbot.wait(1)
    left = made.mapToGlobal(made.rect().topLeft()).x()
    if edge == "left":
        assert popover.x() == pytest.approx(left, abs=_FRAME_PX)
    else:
        assert popover.x() + popover.width() == pytest.approx(left + made.width(), abs=_FRAME_PX)
    popover.close()


@pytest.mark.parametrize("lines", [5, 20, 400])
def test_a_list_scrolls_only_where_the_screen_has_no_room_for_it(window, qtbot, lines):
    made = opener(window, 20)
    area = Scrolled(QLabel("line\n" * lines))
    popover = Popover(area, made)
    popover.open()
    qtbot.wait(1)
    whole = area.widget().sizeHint().height() <= area.viewport().height()
    assert whole == (lines < 400)
    assert popover.geometry().bottom() <= made.screen().availableGeometry().bottom()
    popover.close()
