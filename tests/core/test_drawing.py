import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnnstudio.core import limits
from cnnstudio.core.drawing import Bitmap, Drawing, Sheet, Stroke, Transform, first_sheet, stroke
from cnnstudio.core.drawing_json import sheet_from_json, sheet_to_json
from cnnstudio.core.errors import StudioError

coordinates = st.floats(-3, 3).map(lambda value: round(value, 4))
points = st.tuples(coordinates, coordinates, st.floats(0, 0.5).map(lambda value: round(value, 4)))
strokes = st.builds(
    Stroke,
    st.lists(points, min_size=1, max_size=6).map(tuple),
    st.booleans(),
    st.tuples(*[st.integers(0, 255)] * 3),
)
shapes = st.one_of(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)),
)
bitmaps = st.builds(Bitmap, shapes.flatmap(lambda shape: arrays(np.uint8, shape)), st.booleans())
transforms = st.builds(
    lambda scale, angle, x, y: Transform(scale * complex(math.cos(angle), math.sin(angle)), complex(x, y)),
    st.floats(0.1, 10),
    st.floats(-math.pi, math.pi),
    st.floats(-2, 2),
    st.floats(-2, 2),
)
sheets = st.builds(
    Sheet,
    st.lists(strokes, max_size=4).map(tuple),
    st.none() | bitmaps,
    transforms,
    st.text(max_size=20),
    st.none() | st.integers(0, 9),
)


@given(sheets)
@settings(max_examples=60, deadline=None)
def test_json_gives_the_same_sheet(sheet):
    assert sheet_from_json(json.loads(json.dumps(sheet_to_json(sheet)))) == sheet


@given(transforms, transforms, coordinates, coordinates)
@settings(deadline=None)
def test_transforms_compose_and_invert(one, other, x, y):
    assert one.then(other).apply(x, y) == pytest.approx(other.apply(*one.apply(x, y)), abs=1e-6)
    assert one.inverse().apply(*one.apply(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(transforms, points)
@settings(deadline=None)
def test_a_stroke_stays_where_it_was_drawn_whatever_was_moved_before(moved, point):
    sheet = Sheet(transform=moved).with_stroke(stroke([point]))
    x, y, width = sheet.strokes[0].points[0]
    # The kept point is rounded to 1/10,000 of the canvas, before the picture's scale.
    assert sheet.transform.apply(x, y) == pytest.approx(point[:2], abs=1e-3)
    assert width * moved.scale == pytest.approx(point[2], abs=1e-3)


def test_two_fingers_decide_a_transform():
    change = Transform.through((0.2 + 0.2j, 0.4 + 0.2j), (0.3 + 0.3j, 0.3 + 0.7j))
    assert change.scale == pytest.approx(2)
    assert change.degrees == pytest.approx(90)
    assert change.apply(0.2, 0.2) == pytest.approx((0.3, 0.3))


def test_two_fingers_in_one_place_only_move():
    change = Transform.through((0.5 + 0j, 0.5 + 0j), (0.75 + 0j, 0.9 + 0j))
    assert change == Transform(1 + 0j, 0.25 + 0j)


def test_undo_and_redo_give_back_the_very_states():
    drawing = Drawing()
    states = [drawing.sheet]
    for place in range(5):
        drawing.change(drawing.sheet.with_stroke(stroke([(place / 10, 0.5, 0.1)])))
        states.append(drawing.sheet)
    for state in reversed(states[:-1]):
        assert drawing.undo()
        assert drawing.sheet is state
    assert not drawing.undo()
    for state in states[1:]:
        assert drawing.redo()
        assert drawing.sheet is state
    assert not drawing.redo()


def test_a_change_after_undo_forgets_what_was_undone():
    drawing = Drawing(first_sheet())
    drawing.clear()
    drawing.undo()
    drawing.change(drawing.sheet.moved(Transform(1 + 0j, 0.1 + 0j)))
    assert not drawing.can_redo


def test_the_way_back_is_bounded():
    drawing = Drawing()
    for place in range(limits.UNDO_STEPS + 20):
        drawing.change(replace(drawing.sheet, source=str(place)))
    steps = 0
    while drawing.undo():
        steps += 1
    assert steps == limits.UNDO_STEPS


def test_nudges_in_a_row_are_one_step():
    drawing = Drawing(first_sheet())
    for _ in range(4):
        drawing.change(drawing.sheet.moved(Transform(1 + 0j, 0.1 + 0j)), merge="move")
    assert drawing.undo()
    assert drawing.sheet == first_sheet()
    assert not drawing.can_undo


def test_nothing_changed_is_no_step():
    drawing = Drawing(first_sheet())
    assert not drawing.change(first_sheet())
    assert not drawing.can_undo


def test_an_endless_drawing_gives_up_its_oldest_strokes():
    half = limits.MAX_DRAWING_POINTS // 2 + 1
    sheet = Sheet()
    for place in range(3):
        sheet = sheet.with_stroke(stroke([(place / 10, 0.5, 0.1)] * half))
    assert [line.points[0][0] for line in sheet.strokes] == [0.2]
    assert sheet_from_json(sheet_to_json(sheet)) == sheet


def test_moving_beyond_reason_is_left_out():
    sheet = first_sheet()
    assert sheet.moved(Transform.about(0.5, 0.5, scale=1e-6)) is sheet
    assert sheet.moved(Transform(1 + 0j, 1e9 + 0j)) is sheet


def test_captions():
    picture = Bitmap(np.zeros((4, 4), np.uint8), stored=True)
    shown = Sheet(bitmap=picture, source="MNIST test 412: labelled 3")
    assert Sheet().caption == "empty"
    assert first_sheet().caption == "drawn"
    assert shown.caption == "MNIST test 412: labelled 3"
    assert shown.moved(Transform(1 + 0j, 0.1 + 0j)).caption == "MNIST test 412: labelled 3, changed"


def test_the_box_holds_ink_and_bitmap_but_no_eraser():
    drawn = Sheet((stroke([(0.5, 0.4, 0.2)]), stroke([(0.9, 0.9, 0.2)], erases=True)))
    assert drawn.box() == pytest.approx((0.4, 0.3, 0.6, 0.5))
    assert Sheet().box() is None
    wide = Sheet(bitmap=Bitmap(np.zeros((10, 20), np.uint8)))
    assert wide.box() == pytest.approx((0, 0.25, 1, 0.75))


@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 5, 7)])
def test_planes_survive_being_a_bitmap(shape):
    planes = np.arange(math.prod(shape), dtype=np.uint8).reshape(shape)
    assert np.array_equal(Bitmap.from_planes(planes).planes(), planes)


@pytest.mark.parametrize("shape", [(0, 4), (4, 4, 2), (4,), (4, 4, 4)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(StudioError):
        Bitmap(np.zeros(shape, np.uint8))


def _broken(**changes):
    data = sheet_to_json(Sheet((stroke([(0.1, 0.2, 0.1)]),), Bitmap(np.zeros((4, 4), np.uint8))))
    return data | changes


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        {"schema": 1},
        _broken(schema="1"),
        _broken(strokes=None),
        _broken(strokes=[{}]),
        _broken(strokes=[{"points": []}]),
        _broken(strokes=[{"points": [0.1, 0.2]}]),
        _broken(strokes=[{"points": [0.1, 0.2, -1.0]}]),
        _broken(strokes=[{"points": [float("nan"), 0.2, 0.1]}]),
        _broken(strokes=[{"points": [1e300, 0.2, 0.1]}]),
        _broken(strokes=[{"points": "0.1"}]),
        _broken(strokes=[{"points": [0.1, 0.2, 0.1], "colour": [1, 2]}]),
        _broken(strokes=[{"points": [0.1, 0.2, 0.1], "colour": [1, 2, 300]}]),
        _broken(strokes=[{"points": [0.0] * 3 * (limits.MAX_DRAWING_POINTS + 1)}]),
        _broken(transform=[1, 0, 0]),
        _broken(transform=[0, 0, 0, 0]),
        _broken(bitmap={"shape": [4, 4], "pixels": "###"}),
        _broken(bitmap={"shape": [4, 4], "pixels": "AAAA"}),
        _broken(bitmap={"shape": [10**9, 10**9], "pixels": ""}),
        _broken(bitmap={"shape": [4], "pixels": ""}),
        _broken(bitmap=7),
    ],
)
def test_a_damaged_drawing_is_told(data):
    with pytest.raises(StudioError, match="damaged"):
        sheet_from_json(data)


def test_a_bitmap_that_unpacks_to_more_than_it_says_is_refused():
    data = sheet_to_json(Sheet(bitmap=Bitmap(np.zeros((300, 300), np.uint8))))
    data["bitmap"]["shape"] = [2, 2]
    with pytest.raises(StudioError):
        sheet_from_json(data)


def test_a_later_version_is_told():
    with pytest.raises(StudioError, match="later version"):
        sheet_from_json(_broken(schema=99))


def test_the_first_digit_is_inside_the_canvas():
    left, top, right, bottom = first_sheet().box()
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
