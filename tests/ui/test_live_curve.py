"""The live curve: what it draws, reads out, and how it is used by mouse and keyboard."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.ui.theme import DARK, LIGHT, PROJECTOR
from cnnstudio.ui.widgets import _curve_arithmetic as arithmetic
from cnnstudio.ui.widgets._curve_parts import Axes, Line, View
from cnnstudio.ui.widgets.live_curve import THICK_POINTS, LiveCurve

HUES = {"MLP": QColor("#D55E00"), "CNN": QColor("#0072B2")}


def line(name, ys, dashed=False, kind="line", xs=None):
    ys = np.asarray(ys, dtype=np.float64)
    xs = np.arange(len(ys), dtype=np.float64) * 100 if xs is None else np.asarray(xs, dtype=np.float64)
    return Line(name, name, HUES[name[:3]], xs, ys, dashed=dashed, kind=kind)


@pytest.fixture
def curve(qtbot):
    made = LiveCurve(LIGHT)
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.set_axes(Axes("examples", 1000.0))
    made.set_lines([line("MLP train", [0.1, 0.5, 0.7]), line("CNN test", [0.1, 0.6, 0.9], dashed=True)])
    made.show()
    made.flush()
    yield made
    made._timer.stop()


def at(curve, x, percent=50.0):
    """The place of a number of the axes on the widget."""
    area, view = curve.area(), curve.view
    return QPoint(
        round(area.left() + (x - view.x0) / (view.x1 - view.x0) * area.width()),
        round(area.top() + (view.y1 - percent) / (view.y1 - view.y0) * area.height()),
    )


def drag(widget, start, end):
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(widget, start + (end - start) * share)
        QApplication.processEvents()
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=end)


def test_accuracy_is_shown_from_0_to_100_and_to_the_end_of_the_run(curve):
    assert curve.view == View(0.0, 1000.0, 0.0, 100.0)
    texts = [text for _, text in curve.y_ticks()]
    assert (texts[0], texts[-1]) == ("0 %", "100 %")


def test_what_is_drawn_is_what_was_given(curve):
    xs, ys = curve._items["CNN test"].getData()
    np.testing.assert_allclose(xs, [0, 100, 200])
    np.testing.assert_allclose(ys, [10, 60, 90])
    assert curve._items["CNN test"].opts["pen"].style() == Qt.PenStyle.CustomDashLine
    assert curve._items["MLP train"].opts["pen"].style() == Qt.PenStyle.SolidLine


def test_only_what_changed_is_drawn_again(curve, monkeypatch):
    drawn = []
    for key, item in curve._items.items():
        monkeypatch.setattr(item, "setData", lambda *a, key=key, **k: drawn.append(key))
    curve.set_lines([line("MLP train", [0.1, 0.5, 0.7]), line("CNN test", [0.1, 0.6, 0.9, 0.95], dashed=True)])
    curve.flush()
    assert drawn == ["CNN test"]


def test_many_feedings_are_one_redraw(curve, monkeypatch):
    redraws = []
    monkeypatch.setattr(curve, "_show_view", lambda: redraws.append(1))
    for value in np.linspace(0, 1, 50):
        curve.set_lines([line("MLP train", [0.1, value])])
    assert redraws == []
    assert curve._timer.isActive()
    curve.flush()
    assert redraws == [1]


def test_a_line_that_is_gone_is_hidden_and_comes_back(curve):
    curve.set_lines([line("MLP train", [0.1, 0.5, 0.7])])
    curve.flush()
    assert not curve._items["CNN test"].isVisible()
    curve.set_lines([line("CNN test", [0.1, 0.6, 0.9], dashed=True)])
    curve.flush()
    assert curve._items["CNN test"].isVisible()
    assert not curve._items["MLP train"].isVisible()


def test_lines_of_many_points_are_thin(curve):
    curve.set_lines([line("MLP train", np.linspace(0, 1, THICK_POINTS)), line("CNN test", [0.1, 0.2])])
    curve.flush()
    assert curve._items["MLP train"].opts["pen"].widthF() == 1
    assert curve._items["CNN test"].opts["pen"].widthF() > 1


def test_nan_and_an_empty_line_are_survived(curve, qtbot):
    curve.set_lines([line("MLP train", [math.nan, math.nan]), line("CNN test", []), line("CNN train", [0.5, math.nan])])
    curve.set_axes(Axes("examples", 1000.0, percent=False, log_y=True))
    curve.flush()
    qtbot.wait(1)
    assert curve.surface.read_out(at(curve, 0).x())[0][0].name == "CNN train"


def test_the_read_out_names_every_line_at_its_nearest_point(curve):
    rows = curve.surface.read_out(at(curve, 120).x())
    assert [(row[0].name, row[1], row[2]) for row in rows] == [("MLP train", 100, 0.5), ("CNN test", 100, 0.6)]
    assert curve.surface.value_text(0.6) == "60.0 %"


def test_hovering_paints_a_read_out_and_leaving_takes_it_away(curve):
    before = curve.surface.grab().toImage()
    QTest.mouseMove(curve.surface, at(curve, 120))
    QApplication.processEvents()
    hovered = curve.surface.grab().toImage()
    assert hovered != before
    QApplication.sendEvent(curve.surface, QEvent(QEvent.Type.Leave))
    assert curve.surface.grab().toImage() == before


def test_a_click_picks_the_moment(curve, qtbot):
    with qtbot.waitSignal(curve.moment_picked, timeout=1000) as got:
        QTest.mouseClick(curve.surface, Qt.MouseButton.LeftButton, pos=at(curve, 150))
    assert got.args[0] == pytest.approx(150, abs=2)


def test_dragging_the_cursor_moves_the_moment_and_does_not_zoom(curve):
    picked = []
    curve.moment_picked.connect(picked.append)
    curve.set_cursor([(200.0, None)])
    drag(curve.surface, at(curve, 200), at(curve, 500))
    assert picked[-1] == pytest.approx(500, abs=3)
    assert len(picked) > 1
    assert not curve.is_zoomed


def test_dragging_elsewhere_zooms_into_the_rectangle_and_a_double_click_resets(curve):
    picked = []
    curve.moment_picked.connect(picked.append)
    drag(curve.surface, at(curve, 100, 80), at(curve, 400, 20))
    curve.flush()
    assert curve.is_zoomed
    assert (curve.view.x0, curve.view.x1) == pytest.approx((100, 400), abs=4)
    assert (curve.view.y0, curve.view.y1) == pytest.approx((20, 80), abs=1)
    assert picked == []
    QTest.mouseDClick(curve.surface, Qt.MouseButton.LeftButton, pos=at(curve, 200, 50))
    curve.flush()
    assert curve.view == View(0.0, 1000.0, 0.0, 100.0)


def wheel(curve, x, clicks):
    place = QPointF(at(curve, x))
    none, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    turned, phase = QPoint(0, 120 * clicks), Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(place, curve.surface.mapToGlobal(place), QPoint(), turned, none, plain, phase, False)
    QApplication.sendEvent(curve.surface, event)
    curve.flush()


def test_the_wheel_zooms_about_the_pointer(curve):
    wheel(curve, 250, 1)
    view = curve.view
    assert view.x1 - view.x0 == pytest.approx(800, rel=0.01)
    assert (250 - view.x0) / (view.x1 - view.x0) == pytest.approx(0.25, abs=0.01)
    wheel(curve, 250, -1)
    wheel(curve, 250, -1)
    assert curve.view == View(0.0, 1000.0, 0.0, 100.0)


def test_keys_move_the_moment_and_zoom(curve):
    steps = []
    curve.moment_stepped.connect(steps.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
        QTest.keyClick(curve.surface, key)
    assert steps == [-1, 1, -2, 2]
    QTest.keyClick(curve.surface, Qt.Key.Key_Plus)
    assert curve.is_zoomed
    QTest.keyClick(curve.surface, Qt.Key.Key_0)
    assert not curve.is_zoomed


def test_another_scale_ends_the_zoom(curve):
    curve.zoom_to(View(100, 200, 0, 50))
    curve.set_axes(Axes("examples", 1000.0, percent=False, log_y=True))
    curve.flush()
    assert not curve.is_zoomed
    assert curve.view.y0 <= math.log10(0.1)
    assert curve.view.y1 >= math.log10(0.9)


def test_a_run_that_grows_keeps_the_zoom(curve):
    curve.zoom_to(View(100, 200, 0, 50))
    curve.set_axes(Axes("examples", 2000.0))
    curve.flush()
    assert curve.view == View(100, 200, 0, 50)


def test_log_x_leaves_zero_out(curve):
    curve.set_axes(Axes("examples", 1000.0, log_x=True))
    curve.flush()
    xs, _ = curve._items["CNN test"].getData()
    assert np.isnan(xs[0])
    np.testing.assert_allclose(xs[1:], [2, math.log10(200)])
    assert curve.view.x1 == pytest.approx(3)


def test_smoothing_keeps_the_raw_line_faint_behind(curve):
    curve.set_smoothing(0.9)
    curve.flush()
    _, raw = curve._items["CNN test/raw"].getData()
    _, smooth = curve._items["CNN test"].getData()
    np.testing.assert_allclose(raw, [10, 60, 90])
    assert smooth[-1] < 90
    assert curve._items["CNN test/raw"].opts["pen"].color().alphaF() < 0.5
    assert curve.surface.read_out(at(curve, 200).x())[1][2] == 0.9, "numbers are those that were measured"
    curve.set_smoothing(0.0)
    curve.flush()
    assert not curve._items["CNN test/raw"].isVisible()


@pytest.mark.parametrize("theme", [DARK, PROJECTOR], ids=lambda theme: theme.id)
def test_another_theme_repaints(curve, theme):
    before = curve.grab().toImage()
    curve.set_theme(theme)
    curve.flush()
    assert curve.grab().toImage() != before
    assert curve._plot.backgroundBrush().color() == theme.colour("window")


def test_labels_fit_beside_the_axes(curve):
    area = curve.area()
    assert area.right() + curve.surface.label_width() <= curve.width() + 1
    assert area.left() > 0


def test_the_caption_is_painted(curve):
    curve.set_lines([])
    curve.flush()
    before = curve.surface.grab().toImage()
    curve.set_caption("Press Run.")
    assert curve.surface.grab().toImage() != before


values = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60)


@given(values, st.floats(0, 0.99))
def test_smoothing_is_the_weighted_mean_of_the_past(ys, weight):
    smoothed = arithmetic.smooth(np.array(ys), weight)
    for t in range(len(ys)):
        weights = weight ** np.arange(t, -1, -1.0)
        assert smoothed[t] == pytest.approx(np.average(ys[: t + 1], weights=weights), rel=1e-6, abs=1e-6)


def test_smoothing_passes_over_what_is_not_finite():
    smoothed = arithmetic.smooth(np.array([1.0, math.nan, 1.0]), 0.5)
    assert math.isnan(smoothed[1])
    assert smoothed[2] == pytest.approx(1.0)


@given(st.integers(2, 5000), st.integers(2, 300))
def test_thinning_keeps_the_budget_and_the_last_point(n, most):
    xs, ys = arithmetic.thin(np.arange(n, dtype=float), np.arange(n, dtype=float), most)
    assert len(xs) <= most
    assert xs[-1] == n - 1
    assert (xs == ys).all()


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 10))
def test_ticks_are_round_and_within(low, width, about):
    found = arithmetic.nice_ticks(low, low + width, about)
    assert len(found) <= 2 * about + 2
    slack = 1e-6 * max(abs(low), width)
    assert all(low - slack <= value <= low + width + slack for value in found)


def test_log_ticks_are_decades_or_parts_of_them():
    assert arithmetic.log_ticks(-2, 2) == pytest.approx([0.01, 0.1, 1, 10, 100])
    assert arithmetic.log_ticks(0, 1) == pytest.approx([1, 2, 5, 10])


@given(st.floats(1e-3, 1e6))
def test_a_growing_axis_ends_above_but_not_far(value):
    end = arithmetic.nice_ceiling(value)
    assert value * (1 - 1e-6) <= end <= value * 2.5 * (1 + 1e-6)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20, unique=True), st.floats(-120, 120))
def test_nearest_is_nearest(xs, x):
    column = np.array(sorted(xs))
    assert abs(column[arithmetic.nearest(column, x)] - x) == np.abs(column - x).min()


def test_no_line_of_the_grid_crosses_the_invitation(curve):
    curve.resize(600, 180)
    curve.set_lines([])
    curve.flush()
    QApplication.processEvents()
    assert "50 %" in [text for _, text in curve.y_ticks()], "a line in the middle, where the words stand"
    middle, row = round(curve.area().center().x()), round(curve.area().center().y())
    reach = curve.fontMetrics().horizontalAdvance("Press Run.") // 2 + 4

    def shades():
        image = curve.grab().toImage()
        places = [(middle + side * reach, y) for side in (-1, 1) for y in range(row - 4, row + 5)]
        return {image.pixelColor(*place).name() for place in places}

    assert len(shades()) > 1
    curve.set_caption("Press Run.")
    assert shades() == {LIGHT.colour("window").name()}
