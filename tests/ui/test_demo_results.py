"""Made-up results are such as the experiments themselves give, and their panels show them."""

from __future__ import annotations

import json
import math

import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.sweep_folder import plain
from cnnstudio.ui import demo_results, screenshots
from cnnstudio.ui.demo_results import ShownExperiments
from cnnstudio.ui.panels.luck import LuckPanel

ALL = experiments.all_experiments()


@pytest.mark.parametrize("name", ALL)
def test_findings_take_made_up_results_of_some_runs_and_of_all(name):
    info = ALL[name]
    settings = info.settings()
    half, whole = (
        demo_results.state(info, settings, demo_results.orders_done(info, settings)),
        demo_results.state(info, settings),
    )
    assert (half.outcome, whole.outcome) == ("", "finished")
    assert 0 < len(half.results) < half.planned == whole.planned == len(whole.results)
    assert half.under_way
    for state in (half, whole):
        assert state.findings.sentences
        assert state.notes == (demo_results.NOTE,)
    assert whole.findings.guess is not None
    assert any(table.rows for table in whole.findings.tables)
    for chart in whole.findings.charts:
        shown = [line.mean for line in chart.series] or chart.grid
        assert shown, chart.id
        assert all(math.isfinite(number) for numbers in shown for number in numbers), chart.id


@pytest.mark.parametrize("name", ALL)
def test_a_run_always_gives_the_same_and_can_be_kept(name):
    order = ALL[name].plan(ALL[name].settings())[0]
    assert demo_results.values(order) == demo_results.values(order)
    json.dumps(plain(demo_results.values(order)))


def test_shown_results_count_as_running_until_they_have_an_outcome(studio, qtbot):
    info, here = ALL["luck"], ShownExperiments(studio)
    studio.use_experiments(here)
    panel = LuckPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    panel.guess_card.skip.click()
    kept = here.put(info, demo_results.state(info, info.settings(), 4))
    panel.row.results.opened.emit(kept.id)
    assert (panel.row.run_button.text(), panel.shown) == ("Cancel", "luck")
    here.put(info, demo_results.state(info, info.settings()))
    panel.row.results.opened.emit(kept.id)
    assert panel.row.run_button.text() == "Run again"
    assert panel.verdict.headline.text()
    assert not kept.folder.exists()


def test_screenshots_refuse_what_there_is_not(tmp_path, capsys):
    for extra, said in ((["--panel", "nothing"], "no panel"), (["--panel", "luck", "--state", "filled"], "no state")):
        assert screenshots.main([str(tmp_path), *extra]) == 2
        assert said in capsys.readouterr().err
    with pytest.raises(KeyError):
        screenshots.states_of("nothing")
    assert screenshots.states_of("race") == ("empty", "filled")
    assert screenshots.states_of("move") == ("question", "picture", "running", "finished")


def test_a_window_without_that_size_is_refused(tmp_path):
    with pytest.raises(StudioError, match="1440x900"):
        screenshots._size("large")
