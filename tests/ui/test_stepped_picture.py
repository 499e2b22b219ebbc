"""A picture with a window on it, and the bar that drives it."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from cnnstudio.ui.theme import DARK, LIGHT
from cnnstudio.ui.widgets.stepped_picture import SteppedPicture
from cnnstudio.ui.widgets.stepper_bar import SPEEDS_PER_S, StepperBar
from tests.ui.pointer import drag_to


def colours(rows, columns):
    return np.random.default_rng(0).integers(0, 256, (rows, columns, 3)).astype(np.uint8)


@pytest.fixture
def picture(qtbot):
    made = SteppedPicture(LIGHT, "Picture")
    qtbot.addWidget(made)
    made.resize(260, 240)
    made.set_picture(colours(9, 9), np.arange(81.0).reshape(9, 9), (1, 1, 7, 7))
    made.show()
    made.told = []
    for name in ("picked", "stepped", "jumped"):
        getattr(made, name).connect(lambda what, name=name: made.told.append((name, what)))
    made.toggled.connect(lambda: made.told.append(("toggled", None)))
    return made


def middle(picture, row, column):
    return picture.cell_rect(row, column).center().toPoint()


@pytest.mark.parametrize("side", [1, 5, 7, 28, 64, 224, 512])
def test_every_size_fits_and_is_square(picture, side):
    picture.set_picture(colours(side, side))
    picture.set_window((0, 0, 1, 1))
    whole = picture.cell_rect(0, 0, side, side)
    assert picture.rect().contains(whole.toAlignedRect())
    assert whole.width() == whole.height()
    assert whole.height() >= 0.75 * picture.height()
    picture.grab()


def test_pixels_keep_their_colours(picture):
    found = picture.grab().toImage()
    for cell in ((0, 0), (4, 7), (8, 8)):
        at = picture.cell_rect(*cell).topLeft().toPoint() + QPoint(3, 3)
        colour = found.pixelColor(at)
        assert [colour.red(), colour.green(), colour.blue()] == picture.colours[cell].tolist()


def test_the_window_is_yellow_and_large_enough_to_be_found(picture):
    picture.set_picture(colours(512, 512))
    before = picture.grab().toImage()
    picture.set_window((100, 100, 1, 1))
    after = picture.grab().toImage()
    different = [
        (x, y) for x in range(after.width()) for y in range(after.height()) if before.pixel(x, y) != after.pixel(x, y)
    ]
    assert max(x for x, _ in different) - min(x for x, _ in different) >= 6


def test_a_click_and_a_drag_pick_cells(picture, qtbot):
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=middle(picture, 3, 5))
    assert picture.told == [("picked", (3, 5))]
    qtbot.mouseClick(picture, Qt.MouseButton.RightButton, pos=middle(picture, 3, 5))
    qtbot.mouseClick(picture, Qt.MouseButton.LeftButton, pos=QPoint(255, 5))
    assert len(picture.told) == 1, "the right button and the room beside the picture do nothing"
    qtbot.mousePress(picture, Qt.MouseButton.LeftButton, pos=middle(picture, 1, 1))
    drag_to(picture, middle(picture, 2, 2))
    drag_to(picture, QPoint(999, 999))
    assert picture.told[-2:] == [("picked", (2, 2)), ("picked", (8, 8))]


def test_keys(picture, qtbot):
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space):
        qtbot.keyClick(picture, key)
    assert picture.told == [
        ("stepped", (0, -1)), ("stepped", (1, 0)), ("jumped", "first"), ("jumped", "last"), ("toggled", None),
    ]  # fmt: skip


def test_what_lies_where_is_said(picture):
    assert picture.say((0, 4)) == "Picture, row -1, column 3: 4 (padding)"
    assert picture.say((1, 1)) == "Picture, row 0, column 0: 10"
    picture.set_theme(DARK)
    picture.setFocus(Qt.FocusReason.TabFocusReason)
    picture.grab()


@pytest.fixture
def bar(qtbot):
    made = StepperBar(LIGHT)
    qtbot.addWidget(made)
    made.set_count(10)
    made.show()
    made.told = []
    made.moved.connect(made.told.append)
    return made


def test_buttons_step(bar, qtbot):
    for button in (bar.forward, bar.forward, bar.back, bar.last, bar.first):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bar.told == [1, 2, 1, 9, 0]
    assert not bar.back.isEnabled()
    bar.set_index(9)
    assert not bar.forward.isEnabled()
    assert bar.told[-1] == 0, "who sets the index knows it"


def test_the_clock_goes_to_the_end_and_starts_over(bar, qtbot):
    bar.set_speed(64)
    qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert bar.playing
    assert bar.play.text() == "Pause"
    for _ in range(12):
        bar._tick()
    assert bar.index == 9
    assert not bar.playing
    assert bar.told == sorted(bar.told)
    qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert bar.index == 0
    qtbot.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    assert not bar.playing


def test_the_speed_is_kept_to(bar):
    bar.set_count(10_000)
    for speed in (SPEEDS_PER_S[0], 8, SPEEDS_PER_S[-1]):
        bar.set_index(0)
        bar.set_speed(speed)
        bar._owed = 0.0
        for _ in range(100):
            bar._tick()
        assert bar.index == pytest.approx(speed * 3.3, abs=1)


def test_one_that_is_hidden_stands_still(bar):
    bar.toggle()
    bar.hide()
    assert not bar.playing


def test_there_may_be_one_place_only(bar):
    bar.set_index(5)
    bar.set_count(1)
    assert bar.index == 0
    assert not bar.play.isEnabled()
