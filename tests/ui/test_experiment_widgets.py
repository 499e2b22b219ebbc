"""Charts, words, forms and lists of experiments."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import Chart, Findings, Order, Series
from cnnstudio.core.statistics import Gap, gap_sentence
from cnnstudio.experiments import find
from cnnstudio.runtime.sweep_thread import SweepState
from cnnstudio.ui.theme import LIGHT, THEMES
from cnnstudio.ui.widgets._experiment_axes import value_text, x_text
from cnnstudio.ui.widgets._experiment_paint import Compared
from cnnstudio.ui.widgets.experiment_chart import ExperimentChart
from cnnstudio.ui.widgets.experiment_guess import GuessCard
from cnnstudio.ui.widgets.experiment_numbers import cell_text
from cnnstudio.ui.widgets.experiment_progress import progress_words, time_words
from cnnstudio.ui.widgets.experiment_settings import SettingsForm, network_words
from cnnstudio.ui.widgets.experiment_tabs import ChartTabs
from cnnstudio.ui.widgets.experiment_verdict import (
    VerdictCard,
    failure_words,
    guess_words,
    is_settled,
    note_words,
)

JITTER = find("jitter")


def line(name="CNN, test", y=(0.9, 0.8, 0.7), seeds=3, network="lenet5", role="cnn", dashed=True, x=(1.0, 10.0, 100.0)):
    spread = 0.05 if seeds > 1 else 0.0
    count = len(y)
    low, high = tuple(v - spread for v in y), tuple(v + spread for v in y)
    return Series(name, x[:count], tuple(y), low, high, (seeds,) * count, network, role, dashed)


def chart(*series, kind="lines", **others):
    return Chart("main", "A title", kind, "examples", "accuracy", series or (line(),), **others)


GRID = ((0.0, 0.5), (math.nan, 1.0))
CHARTS = {
    "lines": chart(line(), line("MLP, train", network="mlp", role="mlp", dashed=False), chance=0.1),
    "one point": chart(line(y=(0.5,))),
    "one seed": chart(line(seeds=1)),
    "logarithmic": chart(log_x=True),
    "zero on a logarithmic axis": chart(line(x=(0.0, 10.0, 100.0)), log_x=True),
    "not a number": chart(line(y=(math.nan, 0.5, math.inf))),
    "bars": chart(line(), line("MLP", network="mlp", role="mlp"), kind="bars", x_names=("one", "two", "three")),
    "plain numbers": chart(line(y=(3.0, 400.0, 12.0)), percent=False),
    "below zero": chart(line(y=(-3.0, 4.0, -12.0)), percent=False),
    "named places": chart(line(x=(0.0, 1.0, 2.0)), x_names=("a", "b", "c")),
    "map": chart(kind="map", grid=GRID),
    "plain map": chart(kind="map", grid=((1.0, 1.0),), percent=False),
    "nothing": Chart("main", "A title", "lines", "x", "y"),
    "an empty line": chart(line(y=())),
    "no network": chart(line(network="", role="")),
    "many": chart(*(line(f"line {i}", network=f"net{i}", role="") for i in range(12))),
}


@pytest.fixture
def shown(qtbot):
    made = ExperimentChart(LIGHT)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    return made


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("name", list(CHARTS))
def test_every_kind_is_drawn_at_every_size(shown, name, theme):
    shown.set_theme(THEMES[theme])
    shown.set_chart(CHARTS[name], (Compared("Other", CHARTS[name]),))
    for size in ((500, 300), (260, 136), (40, 30)):
        shown.resize(*size)
        shown.point_at(QPointF(size[0] / 2, size[1] / 2))
        assert not shown.grab().isNull()


def test_an_empty_one_says_so(shown):
    assert shown.said() == shown.caption
    shown.set_chart(CHARTS["nothing"])
    assert shown.plot() is None
    assert shown.rows() == []


def test_hover_reads_the_nearest_place(shown):
    shown.set_chart(CHARTS["lines"], (Compared("Before", chart(line(y=(0.1, 0.2, 0.3)))),))
    plot = shown.plot()
    shown.point_at(QPointF(plot.axes.px(10.0) + 3, 100))
    assert [row.text for row in shown.rows()] == [
        "examples: 10",
        "CNN, test: 80.0 % ± 5.0 (3 seeds)",
        "MLP, train: 80.0 % ± 5.0 (3 seeds)",
        "Before, CNN, test: 20.0 % ± 5.0",
    ]


def test_keys_read_it_too(shown):
    shown.set_chart(CHARTS["lines"])
    read = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(shown, key)
        read.append(shown.rows()[0].text)
    assert read == ["examples: 1", "examples: 10", "examples: 100", "examples: 100", "examples: 10"]
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert shown.rows() == []


def test_a_map_reads_its_cells(shown):
    shown.set_chart(CHARTS["map"])
    box = shown.plot().map_rect()
    shown.point_at(box.topRight() + QPointF(-3, 3))
    assert [row.text for row in shown.rows()] == ["50.0 %"]
    shown.point_at(box.bottomLeft() + QPointF(3, -3))
    assert [row.text for row in shown.rows()] == ["none"]
    shown.point_at(QPointF(1, 1))
    assert shown.rows() == []


def test_more_is_higher(shown):
    shown.set_chart(chart(line(y=(0.2, 0.9)), log_x=True))
    axes = shown.plot().axes
    assert axes.py(0.9) < axes.py(0.2)
    assert axes.px(10.0) - axes.px(1.0) == pytest.approx(axes.px(100.0) - axes.px(10.0))
    shown.set_chart(CHARTS["bars"])
    plot = shown.plot()
    assert plot.bar(0, 0.0, 0.9).height() > plot.bar(0, 0.0, 0.2).height()
    assert plot.bar(0, 0.0, 0.9).right() <= plot.bar(1, 0.0, 0.9).left()


def test_a_line_has_its_networks_colour(shown):
    shown.set_chart(chart(line(seeds=1, dashed=False, y=(0.5, 0.5, 0.5))))
    plot, image = shown.plot(), QImage(shown.size(), QImage.Format.Format_RGB32)
    shown.render(image)
    at = plot.axes.point(10.0, 0.5)
    assert image.pixelColor(round(at.x()), round(at.y())).name().upper() == "#0072B2"


def test_two_lines_of_a_network_have_one_colour(shown):
    shown.set_chart(chart(line("CNN, test"), line("CNN, train", dashed=False)))
    first, second = shown.chart.series
    assert shown.plot().colour(first) == shown.plot().colour(second)


def test_a_screen_reader_hears_the_last_numbers(shown):
    shown.set_chart(CHARTS["lines"])
    assert shown.accessibleName() == "A title"
    assert "CNN, test: 70.0 % ± 5.0" in shown.accessibleDescription()


def test_tabs_for_several_charts(qtbot):
    tabs = ChartTabs(LIGHT)
    qtbot.addWidget(tabs)
    tabs.show()
    one, other = chart(), Chart("other_one", "Another", "bars", "x", "y")
    tabs.set_charts((one,))
    assert [tab.isVisible() for tab in tabs._tabs.values()] == [False]
    tabs.set_charts((one, other))
    assert [tab.isVisible() for tab in tabs._tabs.values()] == [True, True]
    tabs._tabs["other_one"].click()
    assert tabs.open_id == "other_one"
    assert tabs.chart.chart == other
    tabs.set_charts((one, other))
    assert tabs.open_id == "other_one"
    tabs.set_charts(())
    assert tabs.chart.chart is None


def test_numbers_in_words():
    assert value_text(chart(), 0.931) == "93.1 %"
    assert value_text(chart(percent=False), 12_345.6) == "12,346"
    assert value_text(chart(percent=False), 0.04217) == "0.0422"
    assert x_text(chart(), 4000.0) == "examples: 4,000"
    assert x_text(chart(x_names=("a", "b")), 1.0) == "b"
    assert x_text(chart(x_names=("a", "b")), 7.0) == ""


# Words


def test_what_was_said_and_what_it_was():
    assert guess_words(JITTER, None, 2, over=True) == ""
    assert guess_words(JITTER, 9, 2, over=True) == ""
    assert guess_words(JITTER, 4, None, over=False) == "You said: The MLP is ahead by more than 2 points."
    assert guess_words(JITTER, 4, 4, over=True) == "You said: The MLP is ahead by more than 2 points. So it was."
    told = guess_words(JITTER, 4, 2, over=False)
    assert told == "You said: The MLP is ahead by more than 2 points. It was so far: " + JITTER.guess.choices[2]


def test_an_average_that_the_seeds_do_not_settle_is_called_one(qtbot):
    luck, open_ = find("luck"), "This goes by the averages alone."
    for first, second in (((0.5, 0.6), (0.4, 0.7)), ((0.5,), (0.4,))):
        headline = gap_sentence("A", "B", Gap.of(first, second))
        assert not is_settled(JITTER, headline)
        assert is_settled(luck, headline)
        card = VerdictCard(JITTER)
        qtbot.addWidget(card)
        card.show_findings(Findings((), (), (headline,), 1, 4, 4), 1, over=True)
        assert card.guess.text() == f"You said: {JITTER.guess.choices[1]} So it was. {open_}"
    assert not is_settled(JITTER, "For accuracy no step upwards is beyond the seeds. The largest is pooling.")
    assert is_settled(JITTER, gap_sentence("A", "B", Gap.of((0.9, 0.91, 0.9), (0.4, 0.4, 0.41))))


def test_failed_runs_in_words():
    order = Order("toy", {"seed": 1})
    report = ErrorReport("No.", "Because.")
    assert failure_words([]) == ""
    assert failure_words([(order, report)]) == "One run could not be done.\nseed 1: No. Because."
    many = failure_words([(order, report)] * 9)
    assert many.startswith("9 runs could not be done.")
    assert many.endswith("... and 4 more.")
    told = ErrorReport("The run seed 1 ended.", "Because.")
    assert failure_words([(order, told)]).count("seed 1") == 1


def test_many_notes_are_counted():
    assert note_words([]) == ""
    assert note_words(["One.", "Two.", "One."]) == "One.\nTwo."
    assert note_words([f"Number {each}." for each in range(8)]).endswith("Number 4.\n... and 3 more.")


def test_cells():
    assert [cell_text(value) for value in (None, 3, 12_000, 0.12345, 5.0, "x")] == [
        "",
        "3",
        "12,000",
        "0.1235",
        "5",
        "x",
    ]


def test_the_verdict_shows_sentences(qtbot):
    card = VerdictCard(JITTER)
    qtbot.addWidget(card)
    card.show()
    assert card.constructed.isVisible()
    assert card.constructed.toolTip() == JITTER.citation
    assert not card.headline.isVisible()
    findings = Findings((), (), ("First.", "Second.", "Third."), 3, 1, 1)
    card.show_findings(findings, 3, over=True, notes=["A note.", "A note."])
    assert card.headline.text() == "First."
    assert card.rest.text() == "Second.\nThird."
    assert card.guess.text().endswith("So it was.")
    assert card.notes.text() == "A note."
    card.show_findings(Findings((), (), ("First.",), 3, 2, 5), 3, notes=["A note."])
    assert card.notes.text() == "This is said of 2 of 5 runs; the rest may change it.\nA note."
    card.show_findings(Findings((), (), (), None, 2, 5), 3)
    assert not card.notes.isVisible()


def test_progress_in_words():
    assert [time_words(s) for s in (0.2, 8, 90, 9_000)] == ["1 s", "8 s", "2 min", "2.5 h"]
    assert progress_words(SweepState(planned=36)) == "0 of 36 runs · the workers are starting"
    assert progress_words(SweepState(planned=36, seconds_left=40.0)) == "0 of 36 runs · about 40 s left"
    assert progress_words(SweepState(planned=1, outcome="stopped")) == "0 of 1 run · stopped"
    failed = ((Order("toy", {"seed": 1}), ErrorReport("No.")),)
    told = progress_words(SweepState(planned=3, failures=failed, outcome="failed"))
    assert told == "0 of 3 runs · 1 could not be done"


# The question


def test_an_answer_or_none(qtbot):
    card = GuessCard(JITTER.guess, JITTER.sentence)
    qtbot.addWidget(card)
    card.show()
    heard = []
    card.answered.connect(heard.append)
    assert [choice.said for choice in card.choices] == list(JITTER.guess.choices)
    card.choices[2].click()
    card.skip.click()
    assert heard == [2, None]


def test_long_answers_take_more_lines(qtbot):
    card = GuessCard(JITTER.guess)
    qtbot.addWidget(card)
    choice = card.choices[1]
    assert choice.heightForWidth(150) > choice.heightForWidth(600)


# Settings


@pytest.fixture
def form(qtbot):
    made = SettingsForm(JITTER, ("task",))
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_knob_has_a_field(form):
    assert set(form.fields) | {"networks"} == {knob.name for knob in JITTER.knobs}
    assert form.values == JITTER.settings()
    assert form.networks_button.text() == "Deep MLP, Small CNN"


def test_changes_are_told(form):
    told = []
    form.changed.connect(lambda: told.append(dict(form.values)))
    form.fields["task"].field.setCurrentText("digits")
    form.networks.boxes["lenet5"].click()
    assert told[0]["task"] == "digits"
    assert told[1]["networks"] == "mlp_deep,lenet5,small_cnn"
    assert form.networks_button.text() == "3 networks"


def test_a_number_that_cannot_be_is_noted(form):
    field = form.fields["seeds"].field
    field.setText("")
    QTest.keyClicks(field, "0")
    assert form.failed == {"seeds"}
    field.setText("")
    QTest.keyClicks(field, "4")
    assert form.failed == set()
    assert form.values["seeds"] == 4


def test_values_that_cannot_be_are_left_out(form):
    form.set_values({"task": "digits", "seeds": -1, "nothing": 3, "networks": "mlp:hidden=20,lenet5"})
    assert form.values["task"] == "digits"
    assert form.values["seeds"] == 3
    form.networks.boxes["small_cnn"].click()
    assert form.values["networks"] == "mlp:hidden=20,lenet5,small_cnn"


def test_where_runs_are_done(form):
    assert form.factory() is None
    form.set_place({"workers": 3, "dask": "", "more": 1})
    assert form.place() == {"workers": 3, "dask": ""}
    assert form.factory()().workers == 3
    form.set_place({"workers": -1, "dask": 7})
    assert form.place() == {"workers": 3, "dask": ""}


def test_names_of_networks():
    assert network_words(()) == "0 networks"
    assert network_words(("nonsense", "mlp")) == "nonsense, MLP"
