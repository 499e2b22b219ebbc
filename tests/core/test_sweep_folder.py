"""The results of a sweep on the disk."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio import __version__ as VERSION
from cnnstudio.core import sweep_folder
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Order, Result
from cnnstudio.core.sweep_folder import SweepFolder, plain, result_from_json, result_to_json, settings_apart

ORDERS = tuple(Order("toy", {"network": "mlp", "rate": 0.1, "shift": False, "seed": seed}) for seed in range(3))
RESULTS = tuple(
    Result(order, {"accuracy": 0.5 + order.params["seed"], "curve": [1, 2.5]}, 1.5, "process 1", {"torch": "2.13.0"})
    for order in ORDERS
)


@pytest.fixture
def folder(tmp_path):
    folder = SweepFolder(tmp_path / "deep" / "sweep")
    folder.begin("toy", {"seeds": 3}, ORDERS)
    for result in RESULTS[:2]:
        folder.keep(result)
    yield folder
    folder.end()


def file_of(folder, order):
    return folder.path / "runs" / f"{order.key}.json"


def test_what_is_kept_comes_back(folder):
    kept = folder.take(ORDERS)
    assert kept.results == RESULTS[:2]
    assert [result.order.key for result in kept.results] == [order.key for order in ORDERS[:2]]
    assert kept.reports == ()
    assert folder.settings() == ("toy", {"seeds": 3})
    assert json.loads(file_of(folder, ORDERS[0]).read_text())["schema"] == sweep_folder.SCHEMA


def test_a_longer_sweep_goes_on_in_the_same_folder(folder):
    folder.begin("toy", {"seeds": 4}, ORDERS)
    assert folder.settings() == ("toy", {"seeds": 4})
    assert len(folder.take(ORDERS).results) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"values": {}}', b'{"schema": 1}', b'{"schema": 1, "experiment": "toy", "params": {"a": []}}'],
)
def test_a_damaged_result_is_set_aside_and_told(folder, content):
    file_of(folder, ORDERS[1]).write_bytes(content)
    kept = folder.take(ORDERS)
    assert kept.results == RESULTS[:1]
    assert len(kept.reports) == 1
    assert "set aside" in kept.reports[0].what
    aside = file_of(folder, ORDERS[1]).with_suffix(".json.broken")
    assert aside.read_bytes() == content
    assert folder.take(ORDERS).reports == ()


def test_a_result_under_the_name_of_another_run_is_not_believed(folder):
    file_of(folder, ORDERS[2]).write_bytes(file_of(folder, ORDERS[0]).read_bytes())
    kept = folder.take(ORDERS)
    assert kept.results == RESULTS[:2]
    assert "another run" in kept.reports[0].cause


@pytest.mark.parametrize(("change", "words"), [(1, "newer version"), (-1, "older version")])
def test_other_schemas_are_refused_and_left_alone(folder, monkeypatch, change, words):
    before = file_of(folder, ORDERS[0]).read_bytes()
    monkeypatch.setattr(sweep_folder, "SCHEMA", sweep_folder.SCHEMA - change)
    for ask in (lambda: folder.take(ORDERS), folder.settings, lambda: folder.begin("toy", {}, ORDERS)):
        with pytest.raises(StudioError, match=words):
            ask()
    assert file_of(folder, ORDERS[0]).read_bytes() == before


def test_results_of_another_version_of_the_program_are_refused(folder, monkeypatch):
    monkeypatch.setattr("cnnstudio.__version__", "99.0")
    with pytest.raises(StudioError, match=r"holds results of version .* this is 99\.0"):
        folder.take(ORDERS)
    kept = folder.take(ORDERS, only_look=True)
    assert kept.results == RESULTS[:2]
    assert [report.what for report in kept.reports] == [f"Version {VERSION} of the program measured these results."]


def test_a_result_that_does_not_say_what_measured_it_is_not_believed(folder):
    data = json.loads(file_of(folder, ORDERS[0]).read_text())
    del data["program"]
    file_of(folder, ORDERS[0]).write_text(json.dumps(data))
    kept = folder.take(ORDERS)
    assert kept.results == RESULTS[1:2]
    assert "which version" in kept.reports[0].cause


def test_a_folder_of_another_experiment_is_refused(folder):
    with pytest.raises(StudioError, match="another experiment: toy"):
        folder.begin("jitter", {}, ORDERS)


def test_runs_of_other_settings_are_refused(folder):
    with pytest.raises(StudioError, match=r"holds a run with other settings \(seeds 3, now 1\)") as told:
        folder.begin("toy", {"seeds": 1}, ORDERS[:1])
    assert "leave out what was measured before" in told.value.report.cause
    assert folder.settings() == ("toy", {"seeds": 3})
    with pytest.raises(StudioError, match="holds 2 runs that this experiment would not do"):
        folder.begin("toy", {"seeds": 3}, ())
    (folder.path / "experiment.json").unlink()
    with pytest.raises(StudioError, match="holds 2 runs that this experiment would not do"):
        folder.begin("jitter", {}, ())


def test_what_was_set_aside_is_no_run(folder):
    file_of(folder, ORDERS[1]).rename(file_of(folder, ORDERS[1]).with_suffix(".json.broken"))
    folder.begin("toy", {"seeds": 1}, ORDERS[:1])


def test_another_program_is_kept_out_until_the_end(folder):
    with pytest.raises(StudioError, match="Another program measures into"):
        SweepFolder(folder.path).begin("toy", {"seeds": 3}, ORDERS)
    folder.end()
    other = SweepFolder(folder.path)
    other.begin("toy", {"seeds": 3}, ORDERS)
    other.end()


def test_who_is_refused_keeps_nobody_out(folder):
    folder.end()
    with pytest.raises(StudioError, match="another experiment"):
        SweepFolder(folder.path).begin("jitter", {}, ORDERS)
    folder.begin("toy", {"seeds": 3}, ORDERS)


def test_what_differs_between_settings():
    before = {"a": 1, "b": "x", "c": True, "d": 0.5, "gone": 1}
    assert settings_apart(before, {"a": 1, "b": "x", "new": 7}) == ""
    assert settings_apart(before, {"a": 2, "b": "y"}) == "a 1, now 2; b x, now y"
    assert settings_apart(before, {"a": 2, "b": "y", "c": False, "d": 1.0}).endswith("c True, now False; and 1 more")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError, match="Making the folder"):
        SweepFolder(tmp_path / "file" / "sweep").begin("toy", {}, ORDERS)


def test_an_empty_folder_says_nothing(tmp_path):
    assert SweepFolder(tmp_path).settings() is None
    assert SweepFolder(tmp_path).take(ORDERS).results == ()


def test_values_become_plain():
    values = {"a": np.float32(0.5), "b": (1, np.arange(2)), 3: math.nan, "c": True, "d": None, "e": "x"}
    assert plain(values) == {"a": 0.5, "b": [1, [0, 1]], "3": None, "c": True, "d": None, "e": "x"}
    with pytest.raises(StudioError, match="type set"):
        plain({"a": {1}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_a_result_survives_json(values):
    result = Result(ORDERS[0], values, 0.25, "there", {"Python": "3"})
    again = result_from_json(json.loads(json.dumps(result_to_json(result))))
    assert again == result
    assert again.order.key == result.order.key
