import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QInputDevice, QKeyEvent, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.drawing import Bitmap, Drawing, Sheet, Transform, first_sheet, stroke
from cnnstudio.ui.widgets.canvas import Canvas
from cnnstudio.ui.widgets.canvas_tools import Handles, PenDynamics

SIDE = 200


@pytest.fixture
def canvas(qtbot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(SIDE, SIDE)
    made.show()
    return made


def at(x: float, y: float) -> QPoint:
    return QPoint(round(x * SIDE), round(y * SIDE))


def draw(canvas, *places):
    """Drags the left button by events: `QTest.mouseMove` says nothing of the buttons that are held."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(places) - 1), QEvent.Type.MouseButtonRelease]
    for kind, place in zip(kinds, [*places, places[-1]], strict=True):
        spot = QPointF(place[0] * SIDE, place[1] * SIDE)
        button = none if kind == QEvent.Type.MouseMove else left
        held = none if kind == QEvent.Type.MouseButtonRelease else left
        keys = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(canvas, QMouseEvent(kind, spot, canvas.mapToGlobal(spot), button, held, keys))


def middle(canvas) -> int:
    return int(canvas.ink()[140, 140])


def test_a_stroke_leaves_ink_and_is_one_step(canvas, qtbot):
    with qtbot.waitSignal(canvas.sheet_changed):
        draw(canvas, (0.2, 0.5), (0.5, 0.5), (0.8, 0.5))
    ink = canvas.ink()
    assert ink[140, 70] == ink[140, 140] == ink[140, 210] == 255
    assert ink[20, 140] == 0
    assert len(canvas.sheet.strokes) == 1
    canvas.undo()
    assert canvas.ink().max() == 0
    canvas.redo()
    assert np.array_equal(canvas.ink(), ink)


def test_a_click_leaves_a_dot(canvas):
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at(0.5, 0.5))
    assert middle(canvas) == 255
    assert 200 < np.count_nonzero(canvas.ink()) < 1_500


def test_ink_follows_before_the_stroke_ends(canvas, qtbot):
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(0.5, 0.5))
    assert canvas.busy
    assert middle(canvas) == 255
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(0.5, 0.5))
    assert not canvas.busy


def test_what_is_drawn_live_is_what_is_kept(canvas):
    rng = np.random.default_rng(0)
    places = [(0.5, 0.5)]
    for dx, dy in rng.uniform(-0.12, 0.12, (60, 2)):
        places.append((min(0.95, max(0.05, places[-1][0] + dx)), min(0.95, max(0.05, places[-1][1] + dy))))
    draw(canvas, *places)
    live = canvas.ink()
    canvas.show_drawing(Drawing(canvas.sheet))
    assert np.array_equal(canvas.ink(), live)


def test_a_stroke_on_a_moved_picture_lands_under_the_pen(canvas):
    canvas.show_drawing(Drawing(Sheet().moved(Transform.about(0.5, 0.5, degrees=40, scale=0.5))))
    draw(canvas, (0.2, 0.5), (0.8, 0.5))
    assert canvas.ink()[140, 70] == middle(canvas) == canvas.ink()[140, 210] == 255
    assert canvas.ink()[70].max() == 0


def test_a_sharp_turn_leaves_no_hole(canvas):
    draw(canvas, (0.2, 0.5), (0.5, 0.5), (0.8, 0.5), (0.5, 0.51), (0.2, 0.52))
    assert canvas.ink()[142, 60:200].min() == 255


def test_the_eraser_takes_ink_away(canvas):
    draw(canvas, (0.2, 0.5), (0.8, 0.5))
    canvas.set_tool("eraser")
    draw(canvas, (0.5, 0.2), (0.5, 0.8))
    assert middle(canvas) == 0
    assert canvas.ink()[140, 80] == 255
    canvas.undo()
    assert middle(canvas) == 255


def test_the_right_button_erases(canvas):
    draw(canvas, (0.2, 0.5), (0.8, 0.5))
    QTest.mouseClick(canvas, Qt.MouseButton.RightButton, pos=at(0.5, 0.5))
    assert middle(canvas) == 0


def test_a_slow_hand_draws_thicker_than_a_quick_one():
    slow, quick = PenDynamics(0.1), PenDynamics(0.1)
    for place in range(20):
        slow_width = slow.point(place * 0.001, 0.5, place * 10, None)[2]
        quick_width = quick.point(place * 0.1, 0.5, place * 10, None)[2]
    assert quick_width < 0.08 < 0.1 < slow_width


def test_moves_at_one_instant_do_not_divide_by_nothing():
    pen = PenDynamics(0.1)
    widths = [pen.point(0.1 * place, 0.5, 7.0, None)[2] for place in range(5)]
    assert max(widths) == pytest.approx(min(widths))


def tablet(canvas, kind, place, pressure, pointer=QPointingDevice.PointerType.Pen):
    device = QPointingDevice("pen", 1, QInputDevice.DeviceType.Stylus, pointer, QInputDevice.Capability.Pressure, 1, 1)
    spot = QPointF(place[0] * SIDE, place[1] * SIDE)
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.TabletRelease else Qt.MouseButton.LeftButton
    event = QTabletEvent(
        kind, device, spot, canvas.mapToGlobal(spot), pressure, 0, 0, 0, 0, 0,
        Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton, held,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    assert event.isAccepted()


def tablet_line(canvas, y, pressure, pointer=QPointingDevice.PointerType.Pen):
    tablet(canvas, QEvent.Type.TabletPress, (0.2, y), pressure, pointer)
    for x in (0.4, 0.6, 0.8):
        tablet(canvas, QEvent.Type.TabletMove, (x, y), pressure, pointer)
    tablet(canvas, QEvent.Type.TabletRelease, (0.8, y), pressure, pointer)


def test_pressure_gives_the_width(canvas):
    tablet_line(canvas, 0.25, 0.1)
    tablet_line(canvas, 0.75, 1.0)
    column = canvas.ink()[:, 140] > 127
    assert 0 < np.count_nonzero(column[:140]) * 2 < np.count_nonzero(column[140:])


def test_the_other_end_of_the_pen_erases(canvas):
    tablet_line(canvas, 0.5, 0.5)
    tablet_line(canvas, 0.5, 1.0, QPointingDevice.PointerType.Eraser)
    assert middle(canvas) == 0


@pytest.fixture
def screen(qapp) -> QPointingDevice:
    return QTest.createTouchDevice()


def test_a_finger_draws(canvas, screen):
    touch = QTest.touchEvent(canvas, screen, False)
    touch.press(0, at(0.2, 0.5), canvas).commit()
    touch.move(0, at(0.5, 0.5), canvas).commit()
    touch.move(0, at(0.8, 0.5), canvas).commit()
    touch.release(0, at(0.8, 0.5), canvas).commit()
    assert middle(canvas) == 255
    assert len(canvas.sheet.strokes) == 1


def test_two_fingers_move_scale_and_draw_nothing(canvas, screen):
    canvas.show_drawing(Drawing(first_sheet()))
    touch = QTest.touchEvent(canvas, screen, False)
    touch.press(0, at(0.4, 0.5), canvas).commit()
    touch.stationary(0).press(1, at(0.6, 0.5), canvas).commit()
    touch.move(0, at(0.3, 0.5), canvas).move(1, at(0.7, 0.5), canvas).commit()
    touch.release(0, at(0.3, 0.5), canvas).release(1, at(0.7, 0.5), canvas).commit()
    assert canvas.sheet.strokes == first_sheet().strokes
    assert canvas.sheet.transform.scale == pytest.approx(2, abs=0.05)
    canvas.undo()
    assert canvas.sheet == first_sheet()


def test_dragging_inside_moves_the_picture(canvas):
    canvas.show_drawing(Drawing(first_sheet()))
    canvas.set_tool("move")
    draw(canvas, (0.5, 0.6), (0.55, 0.6), (0.6, 0.7))
    assert canvas.sheet.transform.shift == pytest.approx(0.1 + 0.1j)
    assert canvas.sheet.transform.scale == pytest.approx(1)
    canvas.undo()
    assert canvas.sheet == first_sheet()


def test_dragging_a_corner_scales_about_the_middle(canvas):
    canvas.show_drawing(Drawing(Sheet((stroke([(0.4, 0.4, 0.1), (0.6, 0.6, 0.1)]),))))
    canvas.set_tool("move")
    draw(canvas, (0.65, 0.65), (0.7, 0.7), (0.8, 0.8))
    assert canvas.sheet.transform.scale == pytest.approx(2, rel=0.02)
    assert canvas.sheet.transform.apply(0.5, 0.5) == pytest.approx((0.5, 0.5), abs=0.01)


def test_dragging_the_knob_turns(canvas):
    canvas.show_drawing(Drawing(Sheet((stroke([(0.4, 0.4, 0.1), (0.6, 0.6, 0.1)]),))))
    canvas.set_tool("move")
    knob = Handles(canvas.sheet, SIDE).knob
    reach = abs(knob - (0.5 + 0.5j))
    draw(canvas, (knob.real, knob.imag), (0.5 + reach, 0.5))
    assert canvas.sheet.transform.degrees == pytest.approx(90, abs=2)


def test_a_move_that_is_interrupted_is_taken_back(canvas):
    canvas.show_drawing(Drawing(first_sheet()))
    canvas.set_tool("move")
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(0.5, 0.6))
    canvas.clear()
    canvas.undo()
    assert canvas.sheet == first_sheet()


@pytest.mark.parametrize(
    ("key", "text", "wanted"),
    [
        (Qt.Key.Key_Left, "", lambda t: t.shift == pytest.approx(-1 / 28)),
        (Qt.Key.Key_Right, "", lambda t: t.shift == pytest.approx(1 / 28)),
        (Qt.Key.Key_Up, "", lambda t: t.shift == pytest.approx(-1j / 28)),
        (Qt.Key.Key_Down, "", lambda t: t.shift == pytest.approx(1j / 28)),
        (Qt.Key.Key_Plus, "+", lambda t: t.scale == pytest.approx(1.1)),
        (Qt.Key.Key_Minus, "-", lambda t: t.scale == pytest.approx(1 / 1.1)),
        (Qt.Key.Key_BracketLeft, "[", lambda t: t.degrees == pytest.approx(-5)),
        (Qt.Key.Key_BracketRight, "]", lambda t: t.degrees == pytest.approx(5)),
    ],
)
def test_keys_move_turn_and_scale(canvas, key, text, wanted):
    canvas.show_drawing(Drawing(first_sheet()))
    QTest.keyClick(canvas, key)
    assert wanted(canvas.sheet.transform)
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert canvas.sheet == first_sheet()
    QTest.keyClick(canvas, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert wanted(canvas.sheet.transform)


def test_arrow_keys_move_ink_by_whole_pixels_of_the_networks(canvas):
    canvas.show_drawing(Drawing(first_sheet()))
    before = canvas.ink()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    moved = canvas.ink().astype(int)
    assert np.abs(moved[:, 10:] - before[:, :-10].astype(int)).max() <= 2


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_delete_empties_the_canvas(canvas, key):
    canvas.show_drawing(Drawing(first_sheet()))
    QTest.keyClick(canvas, key)
    assert canvas.sheet == Sheet()
    assert canvas.ink().max() == 0


def test_keys_ask_for_tools_and_pictures(canvas, qtbot):
    with qtbot.waitSignal(canvas.tool_chosen) as tool:
        QTest.keyClick(canvas, Qt.Key.Key_E)
    with qtbot.waitSignal(canvas.class_wanted) as label:
        QTest.keyClick(canvas, Qt.Key.Key_7)
    with qtbot.waitSignal(canvas.next_wanted) as by_chance:
        QTest.keyClick(canvas, Qt.Key.Key_R)
    assert (tool.args, label.args, by_chance.args) == (["eraser"], [7], [True])


def test_other_keys_are_left_to_the_window(canvas):
    assert not canvas._is_own(_key(Qt.Key.Key_F1, ""))
    assert not canvas._is_own(_key(Qt.Key.Key_S, "s"))


def _key(key, text):
    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)


def test_a_picture_of_the_data_set_falls_on_the_raster_exactly(canvas):
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    canvas.change(Sheet(bitmap=Bitmap(pixels, stored=True)))
    assert np.array_equal(canvas.ink()[5::10, 5::10], pixels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 300), (300, 1), (320, 320, 3)])
def test_odd_shapes_are_shown(canvas, shape):
    canvas.set_colour(True)
    canvas.change(Sheet(bitmap=Bitmap(np.full(shape, 255, np.uint8))))
    canvas.grab()
    assert canvas.ink().max() > 100


def test_colours_are_kept_where_the_networks_see_them(canvas):
    canvas.set_colour(True)
    canvas.pen_colour = (200, 10, 30)
    draw(canvas, (0.2, 0.5), (0.8, 0.5))
    assert tuple(canvas.rgb()[140, 140]) == (200, 10, 30)
    canvas.set_colour(False)
    assert tuple(canvas.rgb()[140, 140]) == (255, 255, 255)


def test_painting_with_marks_handles_and_focus(canvas):
    canvas.show_drawing(Drawing(first_sheet()))
    plain = canvas.grab().toImage()
    canvas.set_tool("move")
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    canvas.show_marks(QRectF(0.2, 0.2, 0.5, 0.5), QPointF(0.45, 0.45))
    assert canvas.grab().toImage() != plain


def press(canvas, *keys, modifier=Qt.KeyboardModifier.NoModifier):
    for key in keys:
        QTest.keyClick(canvas, key, modifier)


def test_the_keyboard_alone_draws_a_line(canvas):
    key = Qt.Key
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    press(canvas, key.Key_Return, *[key.Key_Down] * 7, key.Key_Space, *[key.Key_Right] * 5, key.Key_Space)
    press(canvas, *[key.Key_Down] * 7)
    assert len(canvas.sheet.strokes) == 1
    points = canvas.sheet.strokes[0].points
    assert points[0][:2] == pytest.approx((0.5, 0.5), abs=1e-3)
    assert points[-1][:2] == pytest.approx((0.5 + 5 / 28, 0.5), abs=1e-3)
    assert middle(canvas) == 255
    press(canvas, key.Key_Escape, key.Key_Right)
    assert not canvas.sheet.transform.is_identity, "arrows move the picture again"


def test_the_keyboards_pen_goes_across_finely_and_never_beyond_the_edge(canvas):
    key = Qt.Key
    press(canvas, key.Key_Enter, key.Key_Space, key.Key_PageDown, key.Key_Space)
    assert canvas.sheet.strokes[0].points[-1][:2] == pytest.approx((0.5 + 1 / 28, 0.25 + 1 / 28), abs=1e-3)
    press(canvas, key.Key_Left, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert canvas._keyboard_pen.at.real == pytest.approx(0.5 + 0.75 / 28)
    press(canvas, *[key.Key_Home] * 60)
    assert canvas._keyboard_pen.at == 0


def test_the_keyboards_pen_erases_and_is_undone(canvas):
    canvas.show_drawing(Drawing(first_sheet()))
    before = canvas.ink()
    canvas.set_tool("eraser")
    press(canvas, Qt.Key.Key_Return, Qt.Key.Key_Space, *[Qt.Key.Key_Down] * 14, Qt.Key.Key_Space)
    assert int(canvas.ink().sum()) < int(before.sum())
    canvas.undo()
    assert np.array_equal(canvas.ink(), before)


def test_leaving_the_canvas_ends_the_keyboards_line(canvas, qtbot):
    press(canvas, Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Down)
    assert canvas.busy
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut))
    assert not canvas.busy
    assert canvas._keyboard_pen.at is None
    assert len(canvas.sheet.strokes) == 1


def test_what_the_keys_do_is_written_while_the_keyboard_is_used(canvas):
    plain = canvas.grab().toImage()
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    ringed = canvas.grab().toImage()
    press(canvas, Qt.Key.Key_Return)
    with_pen = canvas.grab().toImage()
    press(canvas, Qt.Key.Key_Space)
    assert len({bytes(image.constBits()) for image in (plain, ringed, with_pen, canvas.grab().toImage())}) == 4
    press(canvas, Qt.Key.Key_Return)
    assert not canvas.busy
