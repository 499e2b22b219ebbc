"""The parts that need torch or the window run to their end at the smallest size. Their times are not looked at."""

import pytest

from cnnstudio.bench._case import Options
from cnnstudio.bench._inside_engine import cancels, timeline
from cnnstudio.bench._main import main
from cnnstudio.bench._sweeps import differing, empty_home, kill_halfway, only, results_of
from cnnstudio.bench.experiments import BENCH as EXPERIMENTS
from cnnstudio.bench.experiments import own_rates
from cnnstudio.bench.inside import BENCH as INSIDE
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Order, Result
from cnnstudio.core.paths import study_folder
from cnnstudio.experiments import find

TINY = RaceConfig(examples=128, epochs=1)
SWEEP = {"networks": "small_cnn,mlp_deep", "farthest": 1, "examples": 50, "epochs": 1, "seeds": 1}


@pytest.mark.parametrize("name", ["stroke", "drag", "play", "convolution", "occlusion"])
def test_a_part_looks_inside(qapp, name):
    findings = list(INSIDE.parts[name](Options(quick=True)))
    assert findings
    assert all(finding.value >= 0 for finding in findings)
    assert any(finding.spread is not None for finding in findings)


@pytest.mark.parametrize("name", ["offsets", "jitter"])
def test_a_part_tries_experiments(qapp, name):
    findings = list(EXPERIMENTS.parts[name](Options(quick=True)))
    assert findings[0].value > 0
    assert findings[0].target is not None


def test_the_error_of_a_convolution_is_measured():
    (finding,) = EXPERIMENTS.parts["equivariance"](Options(quick=True))
    assert 0 <= finding.value < finding.target == 1e-5


def test_the_timeline_is_weighed():
    count, size = timeline(TINY.to_json())
    assert count == 3  # steps 0, 1 and 2
    assert size > count * 4 * 50_000  # float32, and both networks have some hundred thousand weights together


def test_a_search_is_closed_after_every_number_of_slices():
    samples = cancels(TINY.to_json(), "mlp", "1_linear")
    assert len(samples) == 10
    assert min(samples) > 0


def test_each_network_has_its_own_clock():
    rates = own_rates(TINY.with_(networks=("small_cnn", "local"), dataset="glyphs").to_json())
    assert set(rates) == {"small_cnn", "local"}
    assert min(rates.values()) > 0


def test_a_race_of_one_step_has_no_speed():
    with pytest.raises(StudioError, match="too few steps"):
        own_rates(TINY.with_(examples=64).to_json())


def test_some_runs_of_an_experiment():
    info = only(find("jitter"), lambda order: order.params["jitter"] == 11)
    orders = info.plan(info.settings({"seeds": 1}))
    assert [order.params["network"] for order in orders] == ["mlp_deep", "small_cnn"]


def test_runs_differ_when_a_number_does_or_one_is_missing():
    orders = [Order("x", {"seed": seed}) for seed in range(3)]
    first = tuple(Result(order, {"test": 0.5}) for order in orders)
    assert differing(first, first) == 0
    assert differing(first, first[:2]) == 1
    assert differing(first, (*first[:2], Result(orders[2], {"test": 0.25}))) == 1


def test_the_home_is_empty_and_comes_back(home):
    with empty_home():
        assert study_folder() != home / "study"
        assert not study_folder().exists()
    assert study_folder() == home / "study"


def test_a_command_that_was_killed_left_half_of_its_runs(tmp_path):
    folder = tmp_path / "results"
    left = kill_halfway("jitter", SWEEP, 1, folder)
    planned = find("jitter").plan(find("jitter").settings(SWEEP))
    assert len(planned) // 2 <= left <= len(planned)
    resumed = results_of(find("jitter"), SWEEP, 1, folder)
    assert [result.order.key for result in resumed] == [order.key for order in planned]


def test_a_command_that_ends_before_it_is_killed_is_told(tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    with pytest.raises(StudioError, match="ended before"):
        kill_halfway("jitter", SWEEP, 1, blocked)


def test_help_is_plain_text(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["inside", "--help"])
    assert ended.value.code == 0
    assert "mnist99: LeNet-5 to 99 % on MNIST" in " ".join(capsys.readouterr().out.split())
