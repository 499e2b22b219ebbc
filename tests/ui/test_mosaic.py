"""The mosaic: many pictures in one widget."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from cnnstudio.ui.theme import LIGHT, PROJECTOR
from cnnstudio.ui.widgets.layer_card import as_tiles
from cnnstudio.ui.widgets.mosaic import Mosaic, Word, as_rgb


def tiles(count, size=4):
    """Every tile is of one grey: 10 times its place."""
    levels = (10 * np.arange(count)).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, size, size, 3)).copy()


@pytest.fixture
def mosaic(qtbot):
    made = Mosaic(LIGHT, "Test", tile_px=40, gap_px=10)
    qtbot.addWidget(made)
    made.resize(240, 100)
    made.set_tiles(tiles(12), tips=[f"tile {i}" for i in range(12)])
    made.show()
    return made


def test_rows_are_broken_by_the_width(mosaic):
    assert mosaic.columns == 5
    assert mosaic.height() == 3 * 40 + 2 * 10
    mosaic.resize(600, 100)
    assert mosaic.columns == 12
    assert mosaic.height() == 40


def test_every_tile_is_painted_in_its_place(mosaic):
    image = mosaic.grab().toImage()
    for i in range(12):
        centre = mosaic.tile_rect(i).center()
        assert image.pixelColor(centre).getRgb()[:3] == (10 * i,) * 3
        assert mosaic.tile_at(centre) == i


def test_a_click_chooses_and_gaps_do_not(mosaic):
    chosen = []
    mosaic.chosen.connect(chosen.append)
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(7).center())
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=mosaic.tile_rect(7).topRight() + QPoint(5, 5))
    QTest.mouseClick(mosaic, Qt.MouseButton.LeftButton, pos=QPoint(239, 139))
    assert chosen == [7]


def test_keys_go_from_tile_to_tile(mosaic):
    chosen = []
    mosaic.chosen.connect(chosen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
        QTest.keyClick(mosaic, key)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Space):
        QTest.keyClick(mosaic, key)
    assert chosen == [6, 11]


def test_hovering_explains(mosaic):
    place = mosaic.tile_rect(3).center()
    QApplication.sendEvent(mosaic, QHelpEvent(QEvent.Type.ToolTip, place, mosaic.mapToGlobal(place)))
    assert QToolTip.text() == "tile 3"
    QToolTip.hideText()


def test_one_row_shows_what_fits(qtbot):
    made = Mosaic(LIGHT, "Test", tile_px=40, gap_px=10, one_row=True)
    qtbot.addWidget(made)
    made.resize(240, 100)
    made.set_tiles(tiles(12))
    assert made.visible_count == 5
    assert made.height() == 40
    assert made.tile_at(QPoint(20, 20)) == 0


def test_captions_take_room_and_grow_with_the_theme(mosaic):
    plain = mosaic.height()
    mosaic.set_tiles(tiles(12), [[Word("3"), Word("8")]] * 12)
    light = mosaic.height()
    assert light > plain
    assert mosaic.captions[0] == "3 8"
    mosaic.set_theme(PROJECTOR)
    assert mosaic.height() > light


def test_fewer_tiles_forget_what_is_gone(mosaic):
    QTest.mouseMove(mosaic, mosaic.tile_rect(11).center())
    mosaic.set_tiles(tiles(2))
    mosaic.set_tiles(tiles(0))
    assert mosaic.count == 0
    mosaic.grab()
    QTest.keyClick(mosaic, Qt.Key.Key_Right)


def test_pictures_become_rgb():
    grey = np.arange(2 * 1 * 3 * 3, dtype=np.uint8).reshape(2, 1, 3, 3)
    rgb = as_rgb(grey)
    assert rgb.shape == (2, 3, 3, 3)
    assert (rgb[..., 0] == grey[:, 0]).all()
    assert (rgb[..., 2] == grey[:, 0]).all()
    colour = np.arange(2 * 3 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 3)
    assert (as_rgb(colour)[1, 2, 0] == colour[1, :, 2, 0]).all()


def test_weights_become_purple_white_and_green():
    kernels = np.zeros((2, 1, 1, 3), np.float32)
    kernels[0, 0, 0] = (-1, 0, 1)
    kernels[1, 0, 0] = (-0.1, 0, 0.1)
    common, each = as_tiles(kernels, each=False), as_tiles(kernels, each=True)
    assert tuple(common[0, 0, 1]) == (255, 255, 255)
    assert common[0, 0, 0][0] > common[0, 0, 0][1] < common[0, 0, 0][2], "purple has little green"
    assert common[0, 0, 2][1] == common[0, 0, 2].max(), "green"
    assert (each[1] == common[0]).all(), "with a scale of its own a weak tile looks like a strong one"
    assert (common[1] != common[0]).any()
    assert (as_tiles(np.zeros((1, 1, 2, 2), np.float32), each=True) == 255).all()


def test_white_tiles_stand_out_where_they_are_outlined(qtbot):
    white = np.full((1, 5, 5, 3), 255, np.uint8)
    found = []
    for outlined in (False, True):
        mosaic = Mosaic(LIGHT, "Kernels", tile_px=40, outlined=outlined)
        qtbot.addWidget(mosaic)
        mosaic.resize(100, 60)
        mosaic.set_tiles(white)
        image = mosaic.grab().toImage()
        edge = mosaic.tile_rect(0)
        found.append(image.pixelColor(edge.left(), edge.center().y()).name())
    assert found == ["#ffffff", LIGHT.line.lower()]
