"""Names in the charts of experiments: none is lost, none covers another; numbers have a tab of their own."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QPushButton, QWidget

from cnnstudio.core.colours import MARKS
from cnnstudio.core.experiment import Chart, Findings, Series, Table
from cnnstudio.experiments import find
from cnnstudio.ui import demo_results
from cnnstudio.ui.demo_results import ShownExperiments
from cnnstudio.ui.theme import LIGHT, PROJECTOR, THEMES
from cnnstudio.ui.widgets._experiment_names import (
    LEAST_PX,
    End,
    ends_font,
    key_entries,
    places_font,
    words_of,
    wrapped,
)
from cnnstudio.ui.widgets._experiment_paint import Plot
from cnnstudio.ui.widgets._marks import paint_mark
from cnnstudio.ui.widgets.experiment_row import RunRow, waiting_words
from cnnstudio.ui.widgets.experiment_tabs import ChartTabs
from cnnstudio.ui.widgets.experiment_verdict import VerdictCard
from cnnstudio.ui.widgets.popover import Popover

NAMES = ("MLP, learned with marks", "MLP, learned without", "LeNet-5, learned with marks", "LeNet-5, learned without")


def line(name="CNN", mean=(0.9, 0.8), network="", role="", dashed=False):
    count = len(mean)
    xs = tuple(float(x) for x in range(count))
    return Series(name, xs, mean, mean, mean, (1,) * count, network, role, dashed)


def bars(names, places=("a", "b")):
    return Chart("b", "Bars", "bars", "place", "accuracy", tuple(line(name) for name in names), tuple(places))


@pytest.fixture
def metrics(qapp):
    return QFontMetricsF(LIGHT.font("label"))


@given(st.integers(1, 8), st.floats(120, 900))
def test_the_key_of_bars_leaves_none_out(count, wide):
    metrics = QFontMetricsF(LIGHT.font("label"))
    lines = [line(f"{name} {place}") for place, name in enumerate(itertools.islice(itertools.cycle(NAMES), count))]
    entries = key_entries(lines, metrics, wide, 60.0)
    assert [entry.line for entry in entries] == lines
    ends = {}
    for entry in entries:
        assert entry.left_px >= ends.get(entry.row, 0.0), "it covers the one before"
        ends[entry.row] = entry.left_px + metrics.height() + metrics.horizontalAdvance(entry.line.name)
    whole = max(metrics.height() + metrics.horizontalAdvance(each.name) for each in lines)
    assert whole > wide or all(end <= wide + 1 for end in ends.values())
    assert [entry.row for entry in entries] == sorted(entry.row for entry in entries)


def test_a_key_of_one_row_stands_beside_the_name_of_the_axis(metrics):
    entries = key_entries([line("A"), line("B")], metrics, 400.0, 60.0)
    assert [entry.row for entry in entries] == [0, 0]
    assert entries[0].left_px > 60.0


def test_names_of_places_are_wrapped_and_sizes_stay_whole(metrics):
    assert words_of("convolution 5 x 5, stride 2") == ["convolution", "5\u00a0x\u00a05,", "stride", "2"]
    assert wrapped("one", metrics, 500) == ["one"]
    assert wrapped("one two", metrics, 500) == ["one two"]
    narrow = wrapped("locally connected 5 x 5", metrics, metrics.horizontalAdvance("connected") + 1)
    assert narrow == ["locally", "connected", "5\u00a0x\u00a05"]
    assert len(wrapped("a b c d e f g h", metrics, 1)) <= 3
    small = places_font(["convolution"], PROJECTOR.font("label"), 60.0)
    assert small.pixelSize() == LEAST_PX or QFontMetricsF(small).horizontalAdvance("convolution") <= 60.0


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_names_at_the_ends_of_lines_do_not_cover_each_other(theme, qapp):
    lines = tuple(line(f"way {place}", (0.99, 0.9 + 0.001 * place), f"w{place}") for place in range(7))
    chart = Chart("c", "Lines", "lines", "shift (px)", "consistency", lines)
    plot = Plot(chart, (), theme, QRectF(0, 0, 480, 140))
    assert QFontMetricsF(plot.ends_font).height() * 7 <= 140
    image = QImage(480, 140, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    plot.paint(painter)
    painter.end()


def test_a_long_name_is_shortened_before_its_number(metrics):
    end = End("Small CNN (global pooling)", "39 %", line())
    assert end.fitting(metrics, 1_000) == "Small CNN (global pooling) 39 %"
    short = end.fitting(metrics, metrics.horizontalAdvance("Small CNN 39 %"))
    assert short.endswith("… 39 %")
    assert ends_font([end], LIGHT.font("label"), 1.0, 1.0).pixelSize() == LEAST_PX


@pytest.mark.parametrize(("lowest", "start"), [(0.51, 0.5), (0.49, 0.0)])
def test_lines_of_large_shares_are_drawn_from_a_half_on_and_bars_never(lowest, start, qapp):
    lines = (line("A", (0.9, lowest)),)
    drawn = Plot(Chart("c", "Lines", "lines", "x", "y", lines), (), LIGHT, QRectF(0, 0, 400, 200))
    assert (drawn.axes.y0, drawn.axes.y1) == (start, 1.0)
    assert Plot(bars(["A"]), (), LIGHT, QRectF(0, 0, 400, 200)).axes.y0 == 0.0
    chance = Plot(Chart("c", "Lines", "lines", "x", "y", lines, chance=0.1), (), LIGHT, QRectF(0, 0, 400, 200))
    assert chance.axes.y0 == 0.0


def test_the_word_at_the_line_of_chance_hides_no_bar(qapp):
    lines = tuple(Series(name, (0, 1), (0.9, 0.9), (0.9, 0.9), (0.9, 0.9), (1, 1)) for name in "ABCD")
    two = Chart("c", "Bars", "bars", "x", "y", lines, x_names=("centred", "moved"), percent=True, chance=0.1)
    plot = Plot(two, (), LIGHT, QRectF(0, 0, 480, 200))
    word = plot.chance_box(plot.axes.py(0.1))
    hidden = [plot.bar(place, x, 0.9) for place in range(4) for x in (0, 1)]
    assert plot.axes.area.contains(word)
    assert not any(word.intersects(bar) for bar in hidden)
    one = Plot(replace(two, x_names=("centred",)), (), LIGHT, QRectF(0, 0, 480, 200))
    assert one.chance_box(one.axes.py(0.1)).left() == one.axes.area.left() + 2


def test_every_mark_looks_different(qapp):
    seen = set()
    for mark in range(len(MARKS)):
        image = QImage(24, 24, QImage.Format.Format_Grayscale8)
        image.fill(255)
        painter = QPainter(image)
        paint_mark(painter, QRectF(0, 0, 24, 24).center(), 7.0, mark, QColor("black"))
        painter.end()
        seen.add(bytes(image.constBits()))
    assert len(seen) == len(MARKS)


def test_numbers_have_a_tab_where_there_are_some(qtbot):
    tabs = ChartTabs(LIGHT)
    qtbot.addWidget(tabs)
    tabs.show()
    chart = bars(["A"])
    tabs.set_charts([chart])
    assert not any(tab.isVisible() for tab in tabs._tabs.values()), "one chart needs no tab"
    tables = (Table("One", ("a", "b"), (("x", 1), ("y", 2))), Table("None", ("a",), ()))
    tabs.set_charts([chart], None, tables)
    assert list(tabs._tabs) == ["b", "numbers"]
    tabs._tabs["numbers"].click()
    assert (tabs.open_id, tabs.numbers.isVisible(), tabs.chart.isVisible()) == ("numbers", True, False)
    assert [table.isVisible() for table in tabs.numbers.tables] == [True]
    assert sorted(tabs.numbers.tables[0]._cells) == [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]
    tabs.set_charts([chart], None, (Table("One", ("a",), (("x",),)),))
    assert list(tabs.numbers.tables[0]._cells) == [(1, 0), (2, 0)]
    tabs.set_charts([chart])
    assert (tabs.open_id, tabs.chart.isVisible()) == ("b", True)


def test_beside_a_page_the_newest_chart_stays_for_files(qtbot):
    tabs = ChartTabs(LIGHT)
    qtbot.addWidget(tabs)
    tabs.add_page("page", QWidget(), "A page.")
    first, second = Chart("a", "A", "lines", "x", "y", (line(),)), bars(["A"])
    tabs.set_charts([first, second], None, (Table("One", ("a",), (("x",),)),))
    assert (tabs.open_id, tabs.chart.chart) == ("page", first)
    tabs.open("b")
    tabs.open("numbers")
    assert tabs.chart.chart == second


def test_a_window_under_a_button_is_as_wide_as_what_it_holds(qtbot):
    opener, content = QPushButton("Open"), QWidget()
    qtbot.addWidget(opener)
    wide_px = round(0.9 * opener.screen().availableGeometry().width())
    content.setMinimumWidth(wide_px)
    window = Popover(content, opener)
    window.fit()
    assert window.width() > wide_px


def test_a_row_names_the_result_where_there_are_several(studio, qtbot):
    info, here = find("luck"), ShownExperiments(studio)
    row = RunRow(here, "luck", from_study=False)
    qtbot.addWidget(row)
    kept = here.put(info, demo_results.state(info, info.settings()))
    told = {"planned": 10, "problem": "", "answered": True, "can_go_on": False}
    assert "Press Run all" in row.show_state(kept.id, changed=False, **told)
    assert row.progress.words.whole == "10 of 10 runs"
    assert "Press" not in row.show_state(kept.id, changed=False, live=True, **told)
    row.show_state(kept.id, changed=True, **told)
    assert row.progress.words.whole == "10 runs with these settings; shown are others"
    here._kept["other"] = replace(kept, id="other", name="Result 2")
    row.show_state(kept.id, changed=False, **told)
    assert row.progress.words.whole == "Made up: 10 of 10 runs"


def test_an_empty_chart_says_what_to_press():
    assert "Press Run all.\n" in waiting_words(36, going=False)
    assert "Press Run all, or wait.\n" in waiting_words(36, going=False, other_way="or wait")
    assert "36 runs" in waiting_words(36, going=False)
    assert "Press" not in waiting_words(36, going=True)


def test_tabs_are_called_as_what_they_show(qtbot):
    tabs = ChartTabs(LIGHT)
    qtbot.addWidget(tabs)
    tabs.set_charts([Chart(name, "A", "lines", "x", "y") for name in ("auroc", "map_plain", "layers_lenet5")])
    assert [tab.text() for tab in tabs._tabs.values()] == ["AUROC", "Map plain", "Layers LeNet-5"]


def test_a_tab_that_is_wanted_opens_when_it_is_there(qtbot):
    tabs = ChartTabs(LIGHT)
    qtbot.addWidget(tabs)
    tabs.open_later("b")
    tabs.set_charts([Chart("a", "A", "lines", "x", "y"), bars(["A"])])
    assert tabs.open_id == "b"


def test_the_verdict_cuts_no_line_in_its_middle(qtbot):
    card = VerdictCard(find("luck"))
    qtbot.addWidget(card)
    card.resize(500, 300)
    card.show()
    card.show_findings(Findings((), (), ("One.", *["Two is a sentence."] * 30), None, 1, 1), None)
    line_px = card.rest.fontMetrics().lineSpacing()
    rest_px = card.sizeHint().height() - card.headline.heightForWidth(484) - 4
    assert rest_px > 0
    assert rest_px % line_px == 0
