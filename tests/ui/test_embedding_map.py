"""The map of pictures: its geometry, what it paints anew, pointer and keyboard."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.attribution import Embed
from cnnstudio.ui.theme import CONTRAST, DARK, LIGHT, PROJECTOR, ROLE_COLOURS, SELECTION, contrast
from cnnstudio.ui.widgets.embedding_frame import Frame, nearest, towards, turned_alike
from cnnstudio.ui.widgets.embedding_map import MISREAD, EmbeddingMap
from cnnstudio.ui.widgets.embedding_marks import class_colour, class_marks
from tests.ui.pointer import drag_to
from tests.why_answers import embeddings

FINITE = st.floats(-1e3, 1e3, width=32)
POINTS = arrays.arrays(np.float32, st.tuples(st.integers(2, 30), st.just(2)), elements=FINITE)


def an_embedding(picture=None):
    return embeddings(Embed("digits", ("lenet5",), pixels=picture))[0]


@pytest.fixture
def drawn(qtbot):
    made = EmbeddingMap(LIGHT)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.set_embedding(an_embedding(np.full((1, 28, 28), 128, np.uint8)))
    made.grab()
    return made


@given(POINTS)
def test_all_points_fit_with_one_scale(points):
    frame = Frame(width=300, height=200)
    frame.fit(points)
    places = frame.to_pixels(points)
    assert (places >= -0.5).all()
    assert (places <= np.array([300, 200]) + 0.5).all()
    off = points[0].astype(np.float64) - points[1]
    assert places[0] - places[1] == pytest.approx(off * [frame.scale, -frame.scale], rel=1e-6, abs=1e-6)


@given(st.floats(0.2, 5), st.floats(0, 300), st.floats(0, 200))
def test_zoom_keeps_the_place_under_the_pointer(factor, x, y):
    frame = Frame(width=300, height=200)
    frame.fit(np.array([[-3.0, -1], [4, 5]]))
    under = np.array([frame.x + (x - 150) / frame.scale, frame.y - (y - 100) / frame.scale])
    frame.zoom(factor, x, y)
    assert frame.to_pixels(under) == pytest.approx([x, y], abs=1e-6)
    assert frame.touched


@given(POINTS, st.tuples(st.sampled_from([-1.0, 1.0]), st.sampled_from([-1.0, 1.0])))
def test_flipped_axes_are_turned_back(points, flips):
    spread = (points - points.mean(axis=0)).astype(np.float64)
    signs = turned_alike((points * flips).astype(np.float32), points)
    for axis in range(2):
        if (spread[:, axis] ** 2).sum() > 1e-3:
            assert signs[axis] == flips[axis]


def test_no_points_one_point_and_points_that_are_none():
    frame = Frame(width=100, height=100)
    for points in (np.zeros((0, 2)), np.array([[3.0, 4.0]]), np.full((3, 2), np.nan)):
        frame.fit(points)
        assert np.isfinite(frame.scale)
    assert nearest(frame.to_pixels(np.full((3, 2), np.nan)), 0, 0, 10) is None
    assert nearest(np.zeros((0, 2)), 0, 0, 10) is None
    assert (turned_alike(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)) == 1).all()


def test_the_nearest_point_within_reach_and_the_next_in_a_direction():
    places = np.array([[0.0, 0], [10, 0], [30, 5], [0, 40]])
    assert nearest(places, 9, 1, 5) == 1
    assert nearest(places, 50, 50, 5) is None
    assert towards(places, (0, 0), (1, 0)) == 1
    assert towards(places, (10, 0), (1, 0)) == 2
    assert towards(places, (0, 0), (0, 1)) == 3
    assert towards(places, (0, 0), (-1, 0)) is None


def test_only_what_changed_is_drawn_anew(drawn):
    assert drawn.times_drawn == 1
    drawn.set_embedding(replace(drawn.embedding, here=np.array([1.0, 1.0], np.float32)))
    drawn.link(4)
    drawn.set_hollow(True)
    drawn.grab()
    assert drawn.times_drawn == 1, "the points stayed"
    drawn.set_embedding(replace(drawn.embedding, points=drawn.embedding.points + 1))
    drawn.grab()
    assert drawn.times_drawn == 2


def test_the_star_stands_where_the_picture_lies(drawn):
    here = drawn.frame.to_pixels(drawn.embedding.here)
    image = drawn.grab().toImage()
    assert image.pixelColor(QPoint(*(round(float(one)) for one in here))) == QColor(SELECTION)
    drawn.set_embedding(replace(drawn.embedding, here=None))
    assert drawn.grab().toImage().pixelColor(QPoint(*(round(float(one)) for one in here))) != QColor(SELECTION)


def test_the_wheel_zooms_and_zero_fits_again(drawn):
    at = QPointF(100, 100)
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(at, drawn.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, none,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    before = drawn.frame.scale
    QApplication.sendEvent(drawn, event)
    assert drawn.frame.scale > before
    scale = drawn.frame.scale
    drawn.set_embedding(replace(drawn.embedding, points=drawn.embedding.points * 2))
    assert drawn.frame.scale == scale, "what a person chose stays in sight"
    QTest.keyClick(drawn, Qt.Key.Key_0)
    assert not drawn.frame.touched


def test_dragging_moves_and_does_not_choose(drawn, qtbot):
    chosen = []
    drawn.chosen.connect(chosen.append)
    place = drawn.places[3].copy()
    qtbot.mousePress(drawn, Qt.MouseButton.LeftButton, pos=QPointF(*place).toPoint())
    drag_to(drawn, place_plus(place, 30, 10))
    qtbot.mouseRelease(drawn, Qt.MouseButton.LeftButton, pos=place_plus(place, 30, 10).toPoint())
    assert drawn.places[3] == pytest.approx(place + np.array([30, 10]), abs=1)
    assert chosen == []
    qtbot.mouseClick(drawn, Qt.MouseButton.LeftButton, pos=QPointF(*drawn.places[3]).toPoint())
    assert len(chosen) == 1


def place_plus(place, x, y):
    return QPointF(place[0] + x, place[1] + y)


def test_by_keyboard(drawn):
    chosen, scale = [], drawn.frame.scale
    drawn.chosen.connect(chosen.append)
    QTest.keyClick(drawn, Qt.Key.Key_Right)
    first = drawn.current
    assert first == nearest(drawn.places, 200, 150, np.inf)
    QTest.keyClick(drawn, Qt.Key.Key_Right)
    assert drawn.places[drawn.current][0] > drawn.places[first][0]
    QTest.keyClick(drawn, Qt.Key.Key_Return)
    assert chosen == [drawn.current]
    QTest.keyClick(drawn, Qt.Key.Key_Plus)
    assert drawn.frame.scale > scale
    x = drawn.places[0][0]
    QTest.keyClick(drawn, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert drawn.places[0][0] < x, "looking further to the right"


def test_one_class_in_sight(drawn):
    drawn.set_only(3)
    before = drawn.times_drawn
    image = drawn.grab().toImage()
    assert drawn.times_drawn == before + 1
    drawn.set_only(MISREAD)
    only_misread = drawn.grab().toImage()
    drawn.set_only(None)
    assert drawn.grab().toImage() not in (image, only_misread)


def test_the_marks_of_classes():
    assert class_marks(tuple("0123456789")) == tuple("0123456789")
    assert class_marks(("T-shirt", "trousers")) == ("A", "B")
    assert "I" not in class_marks(("T-shirt",) * 10), "it would be a bar"
    assert class_marks(tuple(f"class {i}" for i in range(30)))[29] == "29"


@pytest.mark.parametrize("theme", [LIGHT, DARK, PROJECTOR], ids=lambda theme: theme.id)
def test_colours_of_classes_are_seen_and_are_no_networks(theme):
    colours = [class_colour(theme, label) for label in range(10)]
    assert len({colour.name() for colour in colours}) == 10
    assert all(contrast(colour, theme.colour("surface")) >= CONTRAST for colour in colours)
    taken = {QColor(hue).name() for hue in (*ROLE_COLOURS.values(), SELECTION)}
    assert not taken & {colour.name() for colour in colours}


def test_a_screen_of_twice_the_resolution(drawn, monkeypatch):
    monkeypatch.setattr(EmbeddingMap, "devicePixelRatioF", lambda self: 2.0)
    before = drawn.times_drawn
    drawn.grab()
    assert drawn.times_drawn == before + 1
    assert drawn._pixmap.devicePixelRatio() == 2.0
