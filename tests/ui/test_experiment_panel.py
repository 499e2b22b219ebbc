"""The panel of an experiment: asks first, runs, shows, keeps, compares, exports."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from cnnstudio import experiments
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import Measure, Result
from cnnstudio.ui import theme as look
from cnnstudio.ui.experiments import Experiments
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo
from cnnstudio.ui.panels.jitter import JitterPanel
from cnnstudio.ui.panels.luck import LuckPanel
from cnnstudio.ui.theme import THEMES
from tests.runtime import toy
from tests.ui.experiment_toys import answer, make, until
from tests.ui.test_panels import ROOM_PX, cut_off


class ToyPanel(ExperimentPanel):
    """The toy experiment with everything that a panel may add."""

    INFO = PanelInfo("toy", "Which toy is better?", "Toys", "Test", 1)
    SHOWN = ("seeds",)

    def build_extra(self):
        self.heard = []
        return QLabel("a strip")

    def settings_from_studio(self):
        return {"slices": 2}

    def on_results(self, results, findings):
        self.heard.append(("results", len(results), findings.done))

    def on_settings(self, settings):
        self.heard.append(("settings", settings["seeds"]))

    def on_answered(self):
        self.heard.append("answered")

    def on_live_progress(self, order, event):
        self.heard.append(("progress", event.fraction))


@pytest.fixture
def panel(rig, qtbot, monkeypatch, tmp_path):
    find = experiments.find
    monkeypatch.setattr(experiments, "find", lambda name: toy.EXPERIMENT if name == "toy" else find(name))
    rig.studio._experiments = Experiments(rig.studio, make)
    rig.studio._experiments.notice.connect(rig.studio.notice)
    rig.engine.answers[Measure] = answer
    made = ToyPanel(rig.studio)
    made.form.set_values({"folder": str(tmp_path)})
    qtbot.addWidget(made)
    made.resize(744, 572)
    made.show()
    yield made
    assert rig.studio.close_experiments(20.0)


def finish(panel, qtbot):
    until(qtbot, lambda: panel.studio.experiments.running is None)
    panel._pacer.now()


def run(panel, qtbot):
    panel.row.run_button.click()
    finish(panel, qtbot)


def test_it_asks_first(panel):
    assert panel.guess_card.isVisible()
    assert not panel.charts.isVisible()
    assert not panel.extra.isVisible()
    assert not panel.row.run_button.isEnabled()
    panel.guess_card.choices[1].click()
    assert not panel.guess_card.isVisible()
    assert panel.charts.isVisible()
    assert panel.extra.isVisible()
    assert panel.row.run_button.isEnabled()
    assert (panel.guess, panel.answered) == (1, True)
    assert "answered" in panel.heard


def test_the_question_can_be_skipped(panel, qtbot):
    panel.guess_card.skip.click()
    assert (panel.guess, panel.answered) == (None, True)
    run(panel, qtbot)
    assert not panel.verdict.guess.isVisible()


def test_it_runs_and_says_what_was_found(panel, qtbot):
    panel.guess_card.choices[1].click()
    assert panel.row.progress.words.whole == "6 runs with these settings"
    run(panel, qtbot)
    assert panel.verdict.headline.text().startswith("CNN is ahead of MLP by 40 points")
    assert panel.verdict.guess.text() == "You said: MLP It was: CNN"
    assert panel.row.progress.words.whole == "6 of 6 runs"
    assert panel.charts.chart.chart.id == "accuracy"
    assert panel.row.run_button.text() == "Run again"
    assert panel.row.results_button.text() == "Results (1)"
    assert panel.heard[-1] == ("results", 6, 6)


def test_cancel_and_continue(panel, qtbot):
    panel.guess_card.skip.click()
    panel.form.set_values({"trick": "wait once"})
    panel.row.run_button.click()
    panel._pacer.now()
    assert panel.row.run_button.text() == "Cancel"
    assert panel.row.progress.bar.isVisible()
    panel.row.run_button.click()
    finish(panel, qtbot)
    assert panel.row.run_button.text() == "Continue"
    assert "stopped" in panel.row.progress.words.whole
    # From now on nothing waits, whether the first run had begun or not.
    shown = panel.shown
    run_ended = panel.studio.experiments.find(shown).folder
    (run_ended.parents[3] / "mlp-0.began").touch()
    run(panel, qtbot)
    assert panel.shown == shown
    assert panel.row.progress.words.whole == "6 of 6 runs"


def test_runs_that_fail_are_told_in_words(panel, qtbot):
    panel.guess_card.skip.click()
    panel.form.set_values({"trick": "fail"})
    run(panel, qtbot)
    assert "One run could not be done." in panel.verdict.failures.text()
    assert "This run cannot be." in panel.verdict.failures.text()


def test_settings_that_cannot_be(panel):
    panel.guess_card.skip.click()
    panel.form.set_values({"slices": 999})
    panel._on_form()
    assert "One slice too many." in panel.row.progress.words.whole
    assert not panel.row.run_button.isEnabled()


def test_no_torch_no_runs(panel, monkeypatch):
    panel.guess_card.skip.click()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    panel._refresh()
    assert "PyTorch" in panel.row.progress.words.whole
    assert not panel.row.run_button.isEnabled()


def test_live_runs_build_up_the_chart(panel, rig):
    panel.guess_card.skip.click()
    orders = toy.plan(panel.form.values)
    panel.live.measure(orders[:2], "slider")
    rig.drain()
    panel._pacer.now()
    assert panel.heard[-1] == ("results", 2, 2)
    assert panel.charts.chart.chart is not None
    panel.live.measure(orders[:4], "slider")
    rig.drain()
    assert len(rig.engine.questions_of(Measure)) == 4  # two were known
    panel.form.set_values({"seeds": 5})
    panel._on_form()
    assert panel.live.results == {}


def test_newer_live_runs_replace_older_ones(panel, rig):
    rig.engine.answer_at_once = False
    orders = toy.plan(panel.form.values)
    panel.live.measure(orders[:2], "slider")
    panel.live.measure(orders[2:3], "slider")
    assert [question.order for _, question in rig.engine.waiting.values()] == [orders[2]]
    panel.live.forget()
    assert rig.engine.waiting == {}


def test_a_live_run_that_fails_is_told(panel, rig):
    panel.guess_card.skip.click()
    rig.engine.answers[Measure] = lambda question: ErrorReport("No.")
    panel.live.measure(toy.plan(panel.form.values)[:1], "slider")
    rig.drain()
    panel._pacer.now()
    assert panel.verdict.notes.text().endswith("No.")


def test_the_newest_result_is_opened_at_the_next_start(panel, rig, qtbot):
    panel.guess_card.choices[0].click()
    run(panel, qtbot)
    kept, settings = panel.shown, json.loads(json.dumps(panel.settings()))
    panel.hide()
    rig.studio._experiments = Experiments(rig.studio, make)
    later = ToyPanel(rig.studio)
    qtbot.addWidget(later)
    later.restore(settings)
    later.show()
    assert later.shown == kept
    assert later.answered
    until(qtbot, lambda: rig.studio.experiments.state(kept) is not None)
    later._pacer.now()
    assert later.verdict.headline.text() == panel.verdict.headline.text()
    assert later.verdict.guess.text() == "You said: CNN So it was."


def test_results_are_compared_named_and_deleted(panel, qtbot):
    panel.guess_card.skip.click()
    run(panel, qtbot)
    first = panel.shown
    panel.form.set_values({"seeds": 2})
    panel._on_form()
    assert panel.row.run_button.text() == "Run all"
    run(panel, qtbot)
    assert panel.shown != first
    panel.row.results.compared.emit(first, True)
    assert [one.name for one in panel.charts.chart.plot().compared] == ["Result 1"]
    panel.row.results.renamed.emit(first, "Before")
    panel._refresh()
    assert [one.name for one in panel.charts.chart.plot().compared] == ["Before"]
    panel.row.results.opened.emit(first)
    assert panel.shown == first
    assert panel.form.values["seeds"] == 3
    panel.row.results.removed.emit(first)
    assert panel.shown is None


def test_what_it_writes(panel, qtbot, tmp_path):
    panel.guess_card.skip.click()
    run(panel, qtbot)
    told = []
    panel.studio.told.connect(told.append)
    export = next(child for child in panel.children() if type(child).__name__ == "ExperimentExport")
    for kind in ("csv", "json", "png", "svg"):
        export.save(tmp_path / f"toy.{kind}")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "toy.csv").read_text())))
    assert [row["seed"] for row in rows] == ["0", "0", "1", "1", "2", "2"]
    data = json.loads((tmp_path / "toy.json").read_text())
    assert (data["schema"], data["experiment"], data["outcome"], data["planned"]) == (1, "toy", "finished", 6)
    assert data["settings"] == dict(panel.form.values)
    assert len(data["results"]) == 6
    assert data["findings"]["sentences"][0] == panel.verdict.headline.text()
    assert (tmp_path / "toy.png").read_bytes().startswith(b"\x89PNG")
    assert "Accuracy of toys" in (tmp_path / "toy.svg").read_text()
    assert len(told) == 4
    notices = []
    panel.studio.notice.connect(notices.append)
    export.save(tmp_path / "toy.odd")
    export.save(tmp_path / "toy.csv" / "below.csv")
    assert len(notices) == 2


def test_the_file_repeats_the_experiment(panel, qtbot, tmp_path):
    from cnnstudio.runtime.sweep_files import read

    panel.guess_card.skip.click()
    run(panel, qtbot)
    export = next(child for child in panel.children() if type(child).__name__ == "ExperimentExport")
    export.save(tmp_path / "toy.json")
    name, settings, results = read(tmp_path / "toy.json")
    assert (name, settings) == ("toy", dict(panel.form.values))
    assert [result.order.key for result in results] == [order.key for order in toy.plan(settings)]


def test_a_sweep_goes_on_while_another_panel_is_shown(panel, qtbot):
    panel.guess_card.skip.click()
    panel.row.run_button.click()
    panel.hide()
    until(qtbot, lambda: panel.studio.experiments.running is None)
    panel.show()
    assert panel.row.progress.words.whole == "6 of 6 runs"


def test_odd_settings_of_an_earlier_start(panel):
    panel.restore({"settings": 3, "place": [], "answered": True, "guess": 99, "shown": "gone", "chart": 1})
    assert (panel.answered, panel.guess, panel.shown) == (True, None, None)


@pytest.mark.parametrize("theme", list(THEMES))
def test_results_fit_the_smallest_window(panel, qtbot, qapp, theme):
    panel.guess_card.choices[1].click()
    run(panel, qtbot)
    look.apply(qapp, THEMES[theme])
    panel.studio.set_theme(THEMES[theme])
    room = QWidget()
    qtbot.addWidget(room)
    panel.setParent(room)
    panel.resize(*ROOM_PX[theme])
    room.resize(panel.size())
    room.show()
    panel.show()
    QApplication.processEvents()
    needs = panel.minimumSizeHint()
    assert needs.width() <= panel.width()
    assert needs.height() <= panel.height()
    assert cut_off(panel) == []
    panel.setParent(None)


# The panels themselves


def jitter_answer(question):
    lead = 0.9 if question.order.params["network"] == "small_cnn" else 0.3
    return Result(question.order, {"train": 1.0, "validation": lead, "test": lead, "learned": 10, "weights": 1})


@pytest.fixture
def jitter(rig, qtbot):
    rig.engine.answers[Measure] = jitter_answer
    made = JitterPanel(rig.studio)
    qtbot.addWidget(made)
    made.show()
    made.guess_card.choices[2].click()
    made._rest.stop()
    yield made
    made._rest.stop()


def test_moving_the_slider_measures_both_networks(jitter, rig):
    jitter.slider.setValue(4)
    jitter._learn()
    asked = [question.order.params for question in rig.engine.questions_of(Measure)]
    assert [(params["network"], params["jitter"]) for params in asked] == [("mlp_deep", 4), ("small_cnn", 4)]
    rig.drain()
    jitter._pacer.now()
    assert jitter.charts.chart.chart.series[0].x == (4.0,)
    jitter.slider.setValue(9)
    jitter._learn()
    rig.drain()
    jitter._pacer.now()
    assert jitter.charts.chart.chart.series[0].x == (4.0, 9.0)
    assert jitter.distance.text() == "9 px"


def test_its_runs_are_those_of_the_plan(jitter):
    planned = {order.key for order in jitter.info.plan(jitter.form.values)}
    jitter.slider.setValue(11)
    assert {order.key for order in jitter._orders()} <= planned


def test_its_pictures_follow_the_slider(jitter, rig):
    rig.drain()
    assert jitter.pictures.count == 10
    jitter.slider.setValue(2)
    assert rig.engine.asked[-1][1].dataset == "glyphs:jitter=2"
    jitter.form.fields["task"].field.setCurrentText("digits")
    assert jitter.slider.maximum() == 8
    assert rig.engine.asked[-1][1].dataset == "digits:jitter=2"


def test_progress_says_what_is_read_so_far(jitter):
    from cnnstudio.core.events import Answering

    order = jitter._orders()[0]
    jitter.live.progressed.emit(order, Answering(1, 0.25, "learning", {"validation": 0.4}))
    assert jitter.learning.whole == "Deep MLP reads 40.0 % (25 % learned)"


def test_what_was_said_of_other_settings_is_forgotten(jitter):
    from cnnstudio.core.events import Answering

    order = jitter._orders()[0]
    jitter.live.progressed.emit(order, Answering(1, 0.25, "learning", {"validation": 0.4}))
    jitter.form.set_values({**jitter.form.values, "examples": 300})
    jitter._on_form()
    assert jitter.learning.whole == ""
    jitter.live.progressed.emit(order, Answering(1, 0.5, "learning", {"validation": 0.5}))
    assert jitter.learning.whole == ""


def test_luck_takes_the_race_of_the_set_up(rig, qtbot):
    rig.studio.set_config(replace(rig.studio.config, networks=("mlp", "small_cnn"), examples=1_234, epochs=3))
    panel = LuckPanel(rig.studio)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.form.values["networks"] == "mlp,small_cnn"
    assert (panel.form.values["examples"], panel.form.values["epochs"]) == (1_234, 3)
