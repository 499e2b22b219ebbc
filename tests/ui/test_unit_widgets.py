"""The parts of the unit's page, each alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt

from cnnstudio.core.inside import ExplainUnit, ReadMaps, Unit
from cnnstudio.core.unit_record import FindRecord, FoundPicture
from cnnstudio.ui.demo import three
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import LIGHT, SELECTION
from cnnstudio.ui.widgets._unit_words import exact_words, in_full, places, sum_terms
from cnnstudio.ui.widgets.unit_arithmetic import UnitArithmeticView
from cnnstudio.ui.widgets.unit_choice import brightest, first_unit, fitted, source_of, unit_over
from cnnstudio.ui.widgets.unit_field import core_pixels, glowing
from cnnstudio.ui.widgets.unit_histogram import Histogram, active_words, dead_words
from cnnstudio.ui.widgets.unit_planes import Folded, columns_of
from cnnstudio.ui.widgets.unit_record import FoundMosaic, patches
from cnnstudio.ui.widgets.unit_shares import UnitShares
from tests.inside_answers import read_maps, spec_of
from tests.unit_answers import arithmetic, record


def told(layer="2_conv", number=3, row=4, column=5, network="lenet5"):
    return arithmetic(ExplainUnit(three(), "digits", network, Unit(layer, number, row, column)))


def networks(*names):
    return read_maps(ReadMaps(three(), "digits", names, layers=()))


@given(st.integers(0, 12), st.integers(0, 12))
def test_the_unit_over_a_pixel_sees_that_pixel(down, across):
    for layer in ("1_conv", "1_max_pool", "2_conv", "2_max_pool"):
        field = spec_of("lenet5").receptive_field(layer)
        pixel = (2 * down, 2 * across)
        top, left, bottom, right = field.window(*unit_over(field, pixel))
        # At the right and lower border, where a valid convolution stops, the last unit is the nearest.
        assert top <= pixel[0]
        assert left <= pixel[1]
        assert bottom > pixel[0] or bottom >= 24
        assert right > pixel[1] or right >= 24


def test_the_brightest_place_is_no_lone_speck():
    pixels = np.zeros((1, 20, 20), np.uint8)
    pixels[0, 2, 2] = 255
    pixels[0, 10:14, 12:16] = 200
    row, column = brightest(pixels)
    assert 10 <= row < 14
    assert 12 <= column < 16
    assert brightest(np.zeros((3, 20, 30), np.uint8)) == (10, 15)


def test_without_a_convolution_the_first_weights_are_looked_at():
    assert first_unit(networks("mlp"), three()) == UnitOf("mlp", Unit("1_linear", 0))
    assert first_unit((), three()) is None


def test_a_unit_is_brought_to_one_that_there_is():
    there = networks("mlp", "lenet5")
    inside = UnitOf("lenet5", Unit("2_conv", 3, 4, 5))
    assert fitted(inside, there, three()) == (inside, "")
    unit, said = fitted(UnitOf("lenet5", Unit("2_conv", 3, -1, 50)), there, three())
    assert unit.unit == Unit("2_conv", 3, 0, 9)
    assert "nearest" in said
    unit, said = fitted(UnitOf("lenet5", Unit("9_conv", 0)), there, three())
    assert unit.unit.layer == "1_conv"
    assert "9_conv" in said


def test_an_input_knows_its_unit_and_padding_has_none():
    there = networks("lenet5")
    assert source_of(told(), (2, 0, 1), there) == UnitOf("lenet5", Unit("1_relu", 2, 4, 6))
    assert source_of(told("1_conv", 0, 0, 0), (0, 0, 0), there) is None


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([3, 4, 5], "3–5"),
        ([4], "4"),
        ([3, 5, 7], "3, 5, 7"),
        (list(range(0, 40, 4)), "0, 4 … 36"),
        ([-1, 0, 1], "-1 to 1"),
    ],
)
def test_places_are_named(numbers, said):
    assert places(np.array(numbers)) == said


def test_rounding_is_told():
    one = told()
    assert "rounding to 32 bits" in exact_words(one) or "as the network has it" in exact_words(one)
    assert "more than rounding" in exact_words(replace(one, value=one.value + 0.5))
    assert in_full(one.computed) in exact_words(one)
    assert in_full(-0.5) == "−0.5"


def test_few_maps_are_written_into_the_sum():
    one = told("1_conv", 0, 10, 10)
    assert next(term.text for term in sum_terms(one)) == "sum"
    few = replace(one, per_map=np.array([1.0, -2.0]), input_maps=np.array([0, 4]), bias=0.25, value=-0.75)
    assert " ".join(term.text for term in sum_terms(few)) == (
        "map 1 +1.000 map 5 -2.000 = sum -1.000 + bias +0.250 = -0.750"
    )


@given(st.integers(1, 40), st.integers(1, 14), st.integers(1, 14))
def test_every_input_has_one_cell(maps, rows, columns):
    folded = Folded(maps, rows, columns)
    values = np.arange(maps * rows * columns, dtype=np.float64).reshape(maps, rows, columns)
    seen = []
    for place in range(folded.planes):
        plane = folded.plane(values, place)
        for cell in np.ndindex(plane.shape):
            index = folded.index(place, cell)
            if index is None:
                assert np.isnan(plane[cell])
            else:
                assert plane[cell] == values[index]
                assert folded.cell(index) == (place, cell)
                seen.append(index)
    assert sorted(seen) == sorted(np.ndindex(values.shape))


def test_long_lists_become_squares():
    assert Folded(120, 1, 1).plane(np.zeros((120, 1, 1)), 0).shape == (10, 12)
    assert Folded(1, 1, 784).plane(np.zeros((1, 1, 784)), 0).shape == (28, 28)
    assert Folded(6, 5, 5).planes == 6


def test_bars_are_chosen_by_click_and_by_key(qtbot):
    bars = UnitShares(LIGHT)
    qtbot.addWidget(bars)
    bars.resize(200, 60)
    bars.show_shares(np.array([0.5, -1.0, 0.25, 0.0]), ("map 1", "map 2", "map 3", "map 4"), 0)
    chosen = []
    bars.chosen.connect(chosen.append)
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(60, 20))
    qtbot.keyClick(bars, Qt.Key.Key_Right)
    qtbot.keyClick(bars, Qt.Key.Key_End)
    assert chosen == [1, 2, 3]
    assert bars.say(1) == "map 2 takes away 1.000"
    assert bars.bar_at(QPoint(199, 20)) is None
    bars.grab()


def test_pixels_that_matter_glow():
    pixels = np.zeros((1, 4, 4), np.uint8)
    effective = np.zeros((4, 4), np.float32)
    effective[1, 2] = 2.0
    colours = glowing(pixels, effective)
    yellow = [int(SELECTION[place : place + 2], 16) for place in (1, 3, 5)]
    assert np.allclose(colours[1, 2], 0.85 * np.array(yellow), atol=1)
    assert not colours[0].any()
    assert not glowing(pixels, None).any()
    assert not glowing(pixels, np.zeros((4, 4), np.float32)).any()
    assert not glowing(pixels, np.full((4, 4), np.nan, np.float32)).any()


def test_the_core_of_the_field_is_counted():
    effective = np.zeros((5, 5), np.float32)
    effective[2, 2], effective[0, 0] = 3.0, 1.0
    assert core_pixels(effective) == 1  # 9 of 10
    effective[0, 1] = 1.0
    assert core_pixels(effective) == 2
    assert core_pixels(np.zeros((5, 5), np.float32)) == 0


def found(box, fill):
    pixels = np.full((1, 10, 10), fill, np.uint8)
    return FoundPicture(pixels, 0, 1.0, 0, 0, box, 0, "test")


def test_patches_have_one_size_and_lie_at_the_edge_that_cut_them():
    cut = patches([found((2, 3, 7, 8), 10), found((0, 5, 3, 10), 20), found((6, 0, 10, 5), 30)])
    assert cut.shape == (3, 1, 5, 5)
    assert (cut[0] == 10).all()
    assert (cut[1, 0, 2:] == 20).all()
    assert (cut[1, 0, :2] == 128).all()
    assert (cut[2, 0, :4] == 30).all()
    assert (cut[2, 0, 4:] == 128).all()


def test_a_found_picture_shows_its_box_under_the_pointer(qtbot):
    mosaic = FoundMosaic(LIGHT, "Most")
    qtbot.addWidget(mosaic)
    mosaic.resize(300, 80)
    mosaic.show_found([found((2, 3, 7, 8), 0)], ("nought",), cut=False)
    yellow = mosaic.grab().toImage()
    mosaic._go_to(0)
    tile = mosaic.tile_rect(0)
    at = QPoint(round(tile.left() + 0.3 * tile.width()) + 6, round(tile.top() + 0.2 * tile.height()))
    assert yellow.pixelColor(at).name() == "#000000"
    assert mosaic.grab().toImage().pixelColor(at).name().upper() == SELECTION
    assert mosaic.captions == ["1.00 nought"]
    mosaic.show_found([found((2, 3, 7, 8), 0)], ("0",), cut=True)
    assert mosaic.captions == ["0 1.00"]
    assert mosaic.tiles.shape == (1, 5, 5, 3)


def test_the_histogram_reaches_to_the_pictures_value(qtbot):
    made = record(FindRecord("digits", "lenet5", Unit("2_conv", 3, 4, 5)))
    histogram = Histogram(LIGHT)
    qtbot.addWidget(histogram)
    histogram.resize(400, 200)
    histogram.show_record(made, 1.0)
    assert histogram.bar_at(histogram.x_of(1.05)) == 10
    assert f"{int(made.counts[10]):,} of {made.tested:,}" in histogram.say(10)
    histogram.grab()
    histogram.show_record(made, 9.0)
    assert histogram.x_of(9.0) < 400
    assert histogram.x_of(3.0) < 300
    histogram.grab()
    qtbot.keyClick(histogram, Qt.Key.Key_Right)
    histogram.show_record(replace(made, edges=np.zeros(21), counts=np.zeros(20, np.int64)), float("nan"))
    histogram.grab()


def test_a_record_in_words():
    made = record(FindRecord("digits", "lenet5", Unit("2_conv", 3, 4, 5)))
    assert active_words(made, 10.0) == (
        "Above zero for 34.0 % of them. This picture's value is larger than about 100 % of them."
    )
    assert active_words(made, None) == "Above zero for 34.0 % of them."
    assert dead_words(made).startswith("1 of the layer's 16 is dead")
    assert dead_words(replace(made, dead=np.zeros(16, bool))).startswith("None of the layer's 16")
    assert "and 8 more" in dead_words(replace(made, dead=np.ones(20, bool)))


def show(view, one, kind="", extent=(16, 10, 10)):
    view.resize(500, 400)
    view.show()
    view.show_told(one, kind, extent, (0.0, 1.0), lambda index: None)
    view.grab()


@pytest.mark.parametrize("kind", ["mean", "normalise", "add", "copy", "other", "function"])
def test_every_kind_of_arithmetic_has_its_display(qtbot, kind):
    view = UnitArithmeticView(LIGHT)
    qtbot.addWidget(view)
    one = replace(
        told("1_relu", 2, 3, 5),
        kind=kind,
        formula="what it does",
        numbers=(("mean", 0.5), ("variance", 2.0)) if kind == "normalise" else (),
    )
    if kind == "add":
        inputs = np.array([[[1.5]], [[-0.5]]], np.float32)
        one = replace(
            one, inputs=inputs, reads=("2_residual.body.1_conv", "1_relu"), input_maps=np.array([2, 2]), value=1.0,
            per_map=np.array([1.5, -0.5]),
        )  # fmt: skip
    show(view, one)
    assert view.formula.text() == "What it does"
    if kind == "normalise":
        assert "variance: 2.000" in view.words.text()
    if kind == "add":
        assert view.sum.text == "+1.500 from 2 residual, body: 1 conv -0.500 from 1 relu = 1.000"
    assert view.planes.isVisibleTo(view) == (kind in ("mean", "other"))


def test_a_window_that_reads_nothing_is_shown_too(qtbot):
    view = UnitArithmeticView(LIGHT)
    qtbot.addWidget(view)
    nothing = np.zeros((0, 0, 0), np.float32)
    one = replace(told(), inputs=nothing, weights=nothing, per_map=np.zeros(0), input_maps=np.zeros(0, np.int64))
    show(view, one)
    assert not view.planes.isVisibleTo(view)


def test_numbers_that_are_none_are_shown_as_such(qtbot):
    view = UnitArithmeticView(LIGHT)
    qtbot.addWidget(view)
    one = told()
    inputs = np.full_like(one.inputs, np.nan)
    show(view, replace(one, inputs=inputs, per_map=one.per_map * np.nan, value=float("nan"), computed=float("nan")))
    assert "nan" in view.sum.text.lower()


def test_the_channels_of_a_colour_picture_have_names(qtbot):
    view = UnitArithmeticView(LIGHT)
    qtbot.addWidget(view)
    one = told("1_conv", 0, 10, 10)
    coloured = replace(
        one, inputs=np.repeat(one.inputs, 3, 0), weights=np.repeat(one.weights, 3, 0), input_maps=np.arange(3),
        per_map=np.array([0.1, 0.2, 0.3]),
    )  # fmt: skip
    show(view, coloured, extent=(3, 28, 28))
    assert view.shares.say(1) == "green adds 0.200"
    assert view.planes.read.heading.whole == "Blue"
    assert view.shares_word.text() == "What each of the 3 channels of the picture adds"


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (10, 5), (16, 4), (84, 12), (120, 12), (13, 4), (784, 28)]
)
def test_lists_stand_in_full_rows_where_they_can(count, columns):
    assert columns_of(count) == columns
