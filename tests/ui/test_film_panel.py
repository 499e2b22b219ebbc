"""The film: which frames, how they are coloured, and a panel that follows the unit, the moment and the run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio import networks
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.inside import Film, FilmStrip, Unit
from cnnstudio.ui.panels.film import FilmPanel
from cnnstudio.ui.studio import UnitOf
from cnnstudio.ui.theme import signed_colours
from cnnstudio.ui.widgets.film_strip import (
    FRAMES,
    as_frames,
    film_layers,
    film_tips,
    frame_of,
    frame_steps,
    moves_words,
)

KEPT = (0, 1, 2, 4, 8, 16, 24, 32, 40)


def strip_of(question):
    """Frames of the right kind: those of kernel or map number n hold n, n + 1 ... at the steps asked."""
    size = 28 if question.network == "mlp" and question.what == "kernel" else 5
    frames = np.zeros((len(question.steps), 1, size, size), np.float32)
    frames += (question.map + np.arange(len(question.steps), dtype=np.float32))[:, None, None, None]
    return FilmStrip(frames, question.steps)


@pytest.fixture
def raced(rig):
    rig.engine.answers[Film] = strip_of
    rig.studio.set_picture(np.zeros((1, 28, 28), np.uint8))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    return rig


@pytest.fixture
def panel(raced, qtbot):
    made = FilmPanel(raced.studio)
    qtbot.addWidget(made)
    made.resize(760, 570)
    made.show()
    raced.drain()
    yield made
    made._pacer.stop()


def asked(rig):
    return rig.engine.questions_of(Film)


# Arithmetic


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=300, unique=True).map(sorted),
    st.sampled_from(["even", "log"]),
    st.integers(2, 40),
)
def test_frames_are_kept_moments_the_first_and_the_last_among_them(moments, spacing, most):
    steps = frame_steps(moments, spacing, most)
    assert set(steps) <= set(moments)
    assert list(steps) == sorted(set(steps))
    assert (steps[0], steps[-1]) == (moments[0], moments[-1])
    assert len(steps) <= most
    assert len(moments) > most or steps == tuple(moments)


def test_log_spacing_gives_the_beginning_more_frames():
    moments = range(1_001)
    log, even = frame_steps(moments, "log"), frame_steps(moments, "even")
    assert len(even) == FRAMES
    assert sum(step < 100 for step in log) > 2 * sum(step < 100 for step in even)


def test_there_may_be_no_moment():
    assert frame_steps((), "log") == ()
    assert frame_of((), 3) is None


@pytest.mark.parametrize(("moment", "frame"), [(None, 3), (0, 0), (1, 1), (7, 2), (8, 3), (99, 3)])
def test_the_frame_of_a_moment_is_the_last_one_not_after_it(moment, frame):
    assert frame_of((0, 1, 4, 8), moment) == frame


def test_a_common_scale_compares_and_a_scale_of_its_own_does_not():
    frames = np.array([0.1, 1.0], np.float32).reshape(2, 1, 1, 1) * np.ones((1, 1, 2, 2), np.float32)
    together, each = as_frames(frames, "kernel", False), as_frames(frames, "kernel", True)
    assert (together[0] != together[1]).any()
    assert (each[0] == each[1]).all()
    assert (together[1] == signed_colours(np.ones((2, 2)), 1.0)).all()


def test_a_single_number_keeps_the_films_scale():
    """Each by itself would be the strongest colour, whatever it is."""
    frames = np.array([0.01, -0.5, 1.0], np.float32).reshape(3, 1, 1, 1)
    assert (as_frames(frames, "map", True) == as_frames(frames, "map", False)).all()


def test_how_it_moved_is_said_from_the_frames():
    def strip(*values):
        return FilmStrip(np.array(values, np.float32).reshape(-1, 1, 1, 1), tuple(range(0, 20 * len(values), 20)))

    early = moves_words(strip(0.0, 0.5, 0.6, 0.625))
    assert early == "Moved most between steps 0 and 20: by 0.500. Between the last two frames, 40 and 60: by 0.025."
    assert moves_words(strip(0.0, 0.1, 0.3)) == "Moved most between steps 20 and 40: by 0.200, its last two frames."
    assert moves_words(strip(0.0, 0.1)) == moves_words(strip(1.0, 1.0, 1.0)) == "", "nothing to compare, nothing moved"
    assert moves_words(strip(0.0, np.nan, 1.0)) == ""


def test_maps_without_negative_values_run_from_black_to_white_and_others_are_signed():
    positive = np.array([0.0, 0.5, 1.0], np.float32).reshape(3, 1, 1, 1)
    assert as_frames(positive, "map", False)[:, 0, 0].tolist() == [[0] * 3, [128] * 3, [255] * 3]
    signed = np.array([-1.0, 1.0], np.float32).reshape(2, 1, 1, 1)
    assert (as_frames(signed, "map", False)[:, 0, 0] == signed_colours(signed[:, 0, 0, 0], 1.0)).all()


@pytest.mark.parametrize(("channels", "shape"), [(1, (5, 5)), (3, (30, 92)), (16, (123, 123)), (200, None)])
def test_channels_stand_side_by_side_or_in_a_square(channels, shape):
    tiles = as_frames(np.ones((2, channels, 5, 5), np.float32), "kernel", False)
    assert tiles.dtype == np.uint8
    height, width = tiles.shape[1:3]
    assert shape is None or (height, width) == shape
    assert channels < 4 or height == width


def test_units_of_a_list_are_one_cell_for_each_input():
    tiles = as_frames(np.linspace(-1, 1, 2 * 50, dtype=np.float32).reshape(2, 50, 1, 1), "kernel", False)
    assert tiles.shape == (2, 7, 8, 3)


def test_zeros_and_numbers_that_are_none_are_drawn():
    broken = np.full((1, 1, 2, 2), np.nan, np.float32)
    assert (as_frames(broken, "kernel", True) == 255).all()
    assert as_frames(np.zeros((0, 1, 2, 2), np.float32), "map", False).shape == (0, 2, 2, 3)


def test_tips_say_the_numbers_and_how_far_they_moved():
    frames = np.array([[0.0, 0.0], [3.0, 4.0]], np.float32).reshape(2, 1, 1, 2)
    first, second = film_tips(FilmStrip(frames, (0, 8)), "kernel")
    assert first == "Step 0: weights from 0.000 to 0.000, mean 0.000."
    assert second.endswith("Moved by 3.536 since step 0 (root of the mean square).")


def test_only_layers_with_kernels_have_kernels():
    spec = networks.spec_for("lenet5", (1, 28, 28), 10)
    kernels = film_layers(spec, "kernel")
    assert [step.shape[0] for step in kernels] == [6, 16, 120, 84, 10]
    assert len(film_layers(spec, "map")) == len(spec.rows()) > len(kernels)


# The panel


def test_one_film_for_each_network_of_the_run(panel, raced):
    questions = asked(raced)
    assert {question.network for question in questions} == set(raced.studio.config.networks)
    assert {question.steps for question in questions} == {KEPT}
    assert {question.what for question in questions} == {"kernel"}
    row = panel._rows["lenet5"]
    assert row.mosaic.count == len(KEPT)
    assert row.mosaic.captions == [str(step) for step in KEPT]
    assert row.mosaic._selected == len(KEPT) - 1
    assert panel._rows["mlp"].mosaic.accessibleName() == f"Film of MLP, {len(KEPT)} moments"


def test_a_click_goes_to_the_moment_and_the_frame_follows_the_timeline(panel, raced):
    row = panel._rows["lenet5"]
    row.mosaic.chosen.emit(3)
    assert raced.studio.moment == 4
    assert panel._rows["mlp"].mosaic._selected == 3
    raced.studio.set_moment(24)
    assert row.mosaic._selected == 6
    row.mosaic.chosen.emit(len(KEPT) - 1)
    assert raced.studio.moment is None
    asked_before = len(asked(raced))
    raced.studio.set_moment(0)
    assert len(asked(raced)) == asked_before, "the frames stay what they are"


def test_choosing_a_kernel_chooses_the_unit_and_the_other_way_round(panel, raced):
    row = panel._rows["lenet5"]
    assert (row.number.minimum(), row.number.maximum()) == (1, 6), "kernels are counted from 1, as everywhere"
    assert row.number.text() == "kernel 1"
    row.number.setValue(3)
    raced.drain()
    unit = raced.studio.unit
    assert (unit.network, unit.unit.map) == ("lenet5", 2)
    assert row.strip.frames[0].max() == 2
    layers = [row.layer.itemData(place) for place in range(row.layer.count())]
    raced.studio.set_unit(UnitOf("lenet5", Unit(layers[1], 9, 1, 1)))
    raced.drain()
    assert (row.layer.currentData(), row.number.value()) == (layers[1], 10)
    row.layer.setCurrentIndex(0)
    row.layer.activated.emit(0)
    raced.drain()
    assert (raced.studio.unit.unit.layer, raced.studio.unit.unit.map) == (layers[0], 5), "the largest there is"


def test_a_map_after_the_kernel_stands_for_it_and_other_layers_for_none(panel, raced):
    spec = networks.spec_for("lenet5", (1, 28, 28), 10)
    names = [row.name for row in spec.rows()]
    conv, after = film_layers(spec, "kernel")[0].name, names[names.index(film_layers(spec, "kernel")[0].name) + 1]
    row = panel._rows["lenet5"]
    raced.studio.set_unit(UnitOf("lenet5", Unit(after, 4)))
    assert (row.layer.currentData(), row.number.value()) == (conv, 5)
    flat = next(row.name for row in spec.rows() if "flatten" in row.name)
    raced.studio.set_unit(UnitOf("lenet5", Unit(flat, 1)))
    raced.studio.set_unit(UnitOf("nobody", Unit(conv, 1)))
    raced.studio.set_unit(None)
    assert (row.layer.currentData(), row.number.value()) == (conv, 5)


def test_maps_are_of_the_picture_and_follow_it(panel, raced):
    panel.maps.click()
    raced.drain()
    last = asked(raced)[-1]
    assert last.what == "map"
    assert (last.pixels == raced.studio.picture).all()
    count = len(asked(raced))
    raced.studio.set_picture(np.full((1, 28, 28), 9, np.uint8))
    assert len(asked(raced)) == count + 2
    assert asked(raced)[-1].pixels.max() == 9
    panel.kernels.click()
    count = len(asked(raced))
    raced.studio.set_picture(np.zeros((1, 28, 28), np.uint8))
    assert len(asked(raced)) == count


def test_without_a_picture_there_are_no_maps(panel, raced):
    raced.studio.picture = None
    panel.maps.click()
    raced.drain()
    assert "no picture" in panel._rows["mlp"].notice.text()


def test_scales_change_the_colours(panel, raced):
    row = panel._rows["lenet5"]
    before = row.mosaic.tiles.copy()
    panel.each.click()
    raced.drain()
    assert (row.mosaic.tiles != before).any()


def test_during_a_run_it_grows_once_in_a_while(rig, qtbot):
    rig.engine.answers[Film] = strip_of
    made = FilmPanel(rig.studio)
    qtbot.addWidget(made)
    made.show()
    assert "press Run" in made.notice.text()
    rig.studio.run()
    rig.engine.advance(20)
    rig.drain()
    rig.drain()
    few = len(asked(rig))
    assert len(rig.studio.moments) > 2
    assert few <= 2
    made._pacer.setInterval(0)
    qtbot.waitUntil(lambda: len(asked(rig)) > few)
    rig.engine.finish()
    rig.drain()
    rig.drain()
    assert made._rows["mlp"].strip.steps == KEPT
    made._pacer.stop()


def test_hidden_it_asks_nothing(panel, raced):
    panel.hide()
    count = len(asked(raced))
    raced.studio.run()
    raced.engine.finish()
    raced.drain()
    assert len(asked(raced)) == count


def test_a_refusal_is_told_where_the_film_would_be(panel, raced):
    raced.engine.answers[Film] = lambda question: ErrorReport("The picture has another size.")
    panel.maps.click()
    raced.drain()
    row = panel._rows["mlp"]
    assert row.notice.text() == "The picture has another size."
    assert not row.mosaic.isVisible()
    raced.engine.answers[Film] = strip_of
    panel.kernels.click()
    raced.drain()
    assert row.mosaic.isVisible()


@pytest.mark.parametrize(("weights", "word"), [("lost", "not kept"), ("opening", "being read")])
def test_a_run_without_weights_says_so(raced, qtbot, weights, word):
    raced.studio.weights, raced.studio.moments = weights, ()
    made = FilmPanel(raced.studio)
    qtbot.addWidget(made)
    made.show()
    assert word in made.notice.text()
    raced.studio.set_moments(KEPT)
    raced.drain()
    assert made._rows["mlp"].mosaic.count == len(KEPT)
    made._pacer.stop()


def test_its_choice_comes_back(panel, raced, qtbot):
    panel.maps.click()
    panel.even.click()
    panel._rows["lenet5"].number.setValue(3)
    settings = panel.settings()
    other = FilmPanel(raced.studio)
    qtbot.addWidget(other)
    other.restore(settings)
    raced.studio.set_unit(None)
    other.show()
    assert other.settings() == settings
    other.restore({"chosen": {"lenet5": ["nothing", 99]}, "what": 3})
    other.hide()
    other.show()
    assert other._rows["lenet5"].number.value() == 1


def test_the_keyboard_chooses_a_frame(panel, raced):
    mosaic = panel._rows["lenet5"].mosaic
    mosaic.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(mosaic, key)
    assert raced.studio.moment == 1
