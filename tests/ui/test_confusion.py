"""The confusion matrix: what it counts, and how it is used by mouse and keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from cnnstudio.ui.theme import DARK, LIGHT, PROJECTOR, network_colours
from cnnstudio.ui.widgets.confusion import ConfusionMatrix
from cnnstudio.ui.widgets.matrix_card import MatrixCard
from tests.made_up import competitor

NAMES = tuple("0123456789")


def counts():
    matrix = np.full((10, 10), 2, np.int64)
    np.fill_diagonal(matrix, 185)
    matrix[9] = 0
    matrix[9, 9], matrix[9, 4] = 186, 17
    return matrix


@pytest.fixture
def matrix(qtbot):
    made = ConfusionMatrix(LIGHT, "MLP")
    qtbot.addWidget(made)
    made.resize(320, 320)
    made.set_counts(counts(), NAMES)
    made.show()
    return made


def middle(matrix, truth, guess):
    return matrix.cell_rect((truth, guess)).center().toPoint()


def test_a_cell_says_what_it_counts(matrix):
    assert matrix.sentence(9, 4) == "17 of 203 pictures of 9 are taken for 4 (8 %)."
    assert matrix.sentence(9, 9) == "186 of 203 pictures of 9 are read correctly (92 %)."


def test_every_cell_is_where_it_is_painted(matrix):
    for truth in range(10):
        for guess in range(10):
            assert matrix.cell_at(middle(matrix, truth, guess)) == (truth, guess)
    assert matrix.cell_at(QPoint(1, 1)) is None


def test_a_click_chooses(matrix, qtbot):
    with qtbot.waitSignal(matrix.cell_chosen, timeout=1000) as got:
        QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=middle(matrix, 9, 4))
    assert got.args[0] == (9, 4)
    assert matrix.chosen == (9, 4)
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert matrix.chosen == (9, 4)


def test_keys_go_from_cell_to_cell_and_stop_at_the_edge(matrix, qtbot):
    chosen = []
    matrix.cell_chosen.connect(chosen.append)
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(matrix, key)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Space):
        QTest.keyClick(matrix, key)
    assert chosen == [(2, 1), (0, 0)]


def test_hovering_explains(matrix):
    place = middle(matrix, 9, 4)
    QApplication.sendEvent(matrix, QHelpEvent(QEvent.Type.ToolTip, place, matrix.mapToGlobal(place)))
    assert QToolTip.text() == matrix.sentence(9, 4)
    QToolTip.hideText()


def test_mistakes_stand_out_and_the_diagonal_does_not(matrix):
    image = matrix.grab().toImage()

    def shade(truth, guess):
        corner = matrix.cell_rect((truth, guess)).topLeft().toPoint()
        return image.pixelColor(corner + QPoint(2, 2)).lightnessF()

    assert shade(9, 4) < shade(9, 9)
    assert shade(9, 4) < shade(9, 3)


@pytest.mark.parametrize("theme", [DARK, PROJECTOR], ids=lambda theme: theme.id)
def test_other_themes(matrix, theme):
    before = matrix.grab().toImage()
    matrix.set_theme(theme)
    assert matrix.grab().toImage() != before


@pytest.mark.parametrize("classes", [0, 1, 2, 47])
def test_any_number_of_classes(matrix, classes):
    matrix.choose((1, 1))
    matrix.set_counts(np.zeros((classes, classes), np.int64), [f"class {i}" for i in range(classes)])
    assert matrix.chosen is None
    matrix.grab()
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    if classes:
        grid = matrix.cell_rect((classes - 1, classes - 1))
        assert grid.bottom() <= matrix.height()
        assert matrix.sentence(0, 0) == "0 of 0 pictures of class 0 are read correctly."


def test_the_card_names_the_commonest_mistake(qtbot):
    hue = network_colours([competitor("mlp")])["mlp"]
    card = MatrixCard(LIGHT, "mlp", "MLP", hue)
    qtbot.addWidget(card)
    card.show_counts(counts(), NAMES)
    assert card.worst.text() == "179 of 2,030 wrong, most often 9 taken for 4 (17)"
    assert card.line.words == "91.2 % right"
    with qtbot.waitSignal(card.cell_chosen, timeout=1000) as got:
        card.matrix.cell_chosen.emit((1, 2))
    assert got.args[0] == ("mlp", 1, 2)


def test_heads_wider_than_a_column_are_turned_and_stay_apart(qtbot):
    names = ("disc", "square", "triangle", "star", "ring", "cross", "crescent", "checks", "stripes", "dots")
    made = ConfusionMatrix(LIGHT)
    qtbot.addWidget(made)
    made.resize(340, 300)
    made.set_counts(np.eye(10, dtype=np.int64), tuple("0123456789"))
    made.show()
    assert not made._turned(), "a digit is as narrow as its column"
    flat = made.cell_rect((0, 0)).top()
    made.set_counts(np.eye(10, dtype=np.int64), names)
    assert made._turned()
    assert made.cell_rect((0, 0)).top() > flat
    assert made.cell_rect((9, 9)).bottom() <= made.height()
    shot = made.grab().toImage()
    grid = made.cell_rect((0, 0))
    size = int(grid.width())
    heads = [
        shot.copy(int(grid.left()) + column * size, 0, size, int(grid.top()) - 2)
        for column in (names.index("cross"), names.index("crescent"), names.index("checks"))
    ]
    assert heads[0] != heads[1] != heads[2] != heads[0], "three names that begin with the same letter"
