"""Numbers in coloured cells: read, typed, drawn."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from cnnstudio.ui.theme import DARK, LIGHT, signed_colours
from cnnstudio.ui.widgets._cells import cell_font, ink_on, number
from cnnstudio.ui.widgets.number_grid import NumberGrid
from tests.ui.pointer import drag_to

VALUES = np.array([[0.5, -0.25, 0.0], [1.0, -1.0, 0.125], [0.0, 2.0, -3.0]])


@pytest.fixture
def grid(qtbot):
    made = NumberGrid(LIGHT, "Kernel", editable=True)
    made.set_values(VALUES, signed_colours(VALUES))
    qtbot.addWidget(made)
    made.resize(181, 121)
    made.show()
    made.edits = []
    made.edited.connect(lambda values: made.edits.append(values.copy()))
    return made


def middle(grid, row, column):
    return grid.cell_rect(row, column).center().toPoint()


def test_cells_are_square_and_found_again(grid):
    assert grid.cell_px == pytest.approx(40)
    for cell in np.ndindex(3, 3):
        assert grid.cell_at(middle(grid, *cell)) == cell
    assert grid.cell_at(QPoint(170, 10)) is None


def test_a_number_is_typed(grid, qtbot):
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=middle(grid, 1, 2))
    qtbot.keyClicks(grid, "-")
    qtbot.keyClicks(grid._editor, "0,75")
    qtbot.keyClick(grid._editor, Qt.Key.Key_Return)
    assert grid.values[1, 2] == -0.75
    assert len(grid.edits) == 1
    assert grid._editor is None


def test_text_in_a_cell_is_refused_in_words(grid, qtbot):
    said = []
    grid.failed.connect(said.append)
    qtbot.mouseDClick(grid, Qt.MouseButton.LeftButton, pos=middle(grid, 0, 0))
    qtbot.keyClicks(grid._editor, "abc")
    qtbot.keyClick(grid._editor, Qt.Key.Key_Return)
    assert grid._editor is not None
    assert "'abc' is not a number" in said[-1].sentence
    qtbot.keyClick(grid._editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(grid._editor, "nan")
    assert said[-1] is not None
    qtbot.keyClick(grid._editor, Qt.Key.Key_Escape)
    assert said[-1] is None
    assert (grid.values == VALUES).all()
    assert grid.edits == []


def test_dragging_draws_and_the_right_button_draws_the_negative(grid, qtbot):
    for button, wanted in ((Qt.MouseButton.LeftButton, 1.0), (Qt.MouseButton.RightButton, -1.0)):
        qtbot.mousePress(grid, button, pos=middle(grid, 2, 0))
        for column in (1, 2):
            drag_to(grid, middle(grid, 2, column), button)
        qtbot.mouseRelease(grid, button, pos=middle(grid, 2, 2))
        assert (grid.values[2] == wanted).all()
    assert (grid.values[:2] == VALUES[:2]).all()


def test_a_click_alone_changes_nothing(grid, qtbot):
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=middle(grid, 1, 1))
    assert grid.edits == []
    assert grid.current == (1, 1)


def test_keys_go_from_cell_to_cell_and_change_it(grid, qtbot):
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=middle(grid, 0, 0))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(grid, key)
    assert grid.current == (2, 1)
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    assert grid.values[2, 1] == 0
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    qtbot.keyClicks(grid._editor, "5")
    qtbot.keyClick(grid._editor, Qt.Key.Key_Return)
    assert grid.values[2, 1] == 5


def test_the_wheel_nudges_only_where_the_grid_has_the_focus(grid, qtbot):
    def turn(notches):
        at = QPointF(middle(grid, 0, 0))
        event = QWheelEvent(
            at, grid.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(grid, event)

    grid.clearFocus()
    turn(1)
    assert grid.values[0, 0] == 0.5
    grid.setFocus()
    turn(1)
    assert grid.values[0, 0] == pytest.approx(0.6)


def test_one_that_is_only_read_cannot_be_changed(grid, qtbot):
    grid.set_editable(False)
    qtbot.mouseDClick(grid, Qt.MouseButton.LeftButton, pos=middle(grid, 0, 0))
    assert grid._editor is None
    qtbot.keyClicks(grid, "5")
    qtbot.keyClick(grid, Qt.Key.Key_Delete)
    assert grid.edits == []


def test_cells_say_their_number_and_where_nothing_is(grid):
    absent = np.zeros((3, 3), bool)
    absent[0, 0] = True
    grid.set_values(VALUES, signed_colours(VALUES), absent=absent)
    assert grid.say((0, 0)).endswith("0.5, outside the picture")
    assert grid.say((2, 2)) == "Kernel, row 2, column 2: -3"
    grid.mark((1, 1))
    with_hatch = grid.grab().toImage()
    grid.set_values(VALUES, signed_colours(VALUES))
    assert grid.grab().toImage() != with_hatch
    grid.set_theme(DARK)
    grid.grab()


def test_a_grid_of_another_shape_forgets_the_cell(grid):
    grid._go_to((2, 2))
    grid.set_values(VALUES[:1, :1], signed_colours(VALUES[:1, :1]))
    assert grid.current is None
    grid.grab()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.50"), (-0.004, "0.00"), (-0.006, "-0.01"), (12.34, "12.3"), (255, "255"), (float("nan"), "NaN")],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_numbers_are_left_out_where_they_could_not_be_read(qapp):
    assert cell_font(LIGHT.font("body"), 12, 14) is None
    assert cell_font(LIGHT.font("body"), 60, 14).pixelSize() == 14
    assert ink_on(0, 0, 0).name() == "#ffffff"
    assert ink_on(255, 255, 255).name() == "#000000"
