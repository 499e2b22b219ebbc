import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.bench import _main
from cnnstudio.bench._case import BenchInfo, Finding, Report, Spread
from cnnstudio.core.errors import StudioError
from cnnstudio.core.registry import scan


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200))
def test_a_spread_is_ordered(samples):
    spread = Spread.of(samples, "ms")
    tolerance = 1e-9 * max(1.0, spread.max)
    order = [spread.min, spread.median, spread.p95, spread.p99, spread.max]
    assert all(a <= b + tolerance for a, b in itertools.pairwise(order))
    assert (spread.min, spread.max, spread.count) == (min(samples), max(samples), len(samples))


@pytest.mark.parametrize(
    ("value", "target", "at_most", "met"),
    [
        (1.0, 2.0, True, True),
        (3.0, 2.0, True, False),
        (3.0, 2.0, False, True),
        (1.0, 2.0, False, False),
        (1.0, None, True, None),
    ],
)
def test_a_finding_knows_whether_its_target_is_met(value, target, at_most, met):
    finding = Finding("x", value, "s", target, at_most)
    assert finding.met is met
    assert ("SHORT" in str(finding)) is (met is False)


def test_every_case_is_found():
    known = {"startup", "draw", "ui", "race", "mnist99", "memory", "data", "inside", "experiments"}
    assert known <= set(scan("cnnstudio.bench", "BENCH", BenchInfo))


def test_no_part_has_the_name_of_another():
    names = [name for case in scan("cnnstudio.bench", "BENCH", BenchInfo).values() for name in case.parts]
    assert len(set(names)) == len(names)


def cases(monkeypatch, measure):
    monkeypatch.setattr(_main, "scan", lambda *_: {"one": BenchInfo("one", 1, "a case", measure)})


def test_the_figures_are_written_and_the_exit_status_tells_of_a_missed_target(monkeypatch, tmp_path):
    cases(monkeypatch, lambda _: iter([Finding("good", 1.0, "s", 2.0), Finding("bad", 3.0, "s", 2.0)]))
    assert _main.main(["one", "--json", str(tmp_path / "out.json")]) == 1
    report = json.loads((tmp_path / "out.json").read_text())[0]
    assert [finding["met"] for finding in report["findings"]] == [True, False]
    assert report["machine"]["cores"] >= 1


def test_all_targets_met_is_status_zero(monkeypatch, capsys):
    cases(monkeypatch, lambda _: iter([Finding("good", 1.0, "s", 2.0)]))
    assert _main.main(["one", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["case"] == "one"


def test_a_case_that_cannot_be_measured_says_why(monkeypatch, capsys):
    def measure(_):
        raise StudioError("This case needs MNIST.")
        yield

    cases(monkeypatch, measure)
    assert _main.main(["one"]) == 1
    assert "This case needs MNIST." in capsys.readouterr().err


def found(part):
    return lambda _: iter([Finding(part, 1.0, "s", 2.0)])


def names(capsys):
    return [one["name"] for one in json.loads(capsys.readouterr().out)[0]["findings"]]


def test_a_part_is_measured_alone(monkeypatch, capsys):
    cases(monkeypatch, {part: found(part) for part in ("a", "b", "c")})
    assert _main.main(["one", "--json", "-"]) == 0
    assert names(capsys) == ["a", "b", "c"]
    assert _main.main(["one", "--only", "c", "a", "--json", "-"]) == 0
    assert names(capsys) == ["a", "c"]


def test_a_part_that_cannot_be_measured_does_not_keep_the_others(monkeypatch, capsys):
    def broken(_):
        raise StudioError("It is not there.")
        yield

    cases(monkeypatch, {"a": broken, "b": found("b")})
    assert _main.main(["one", "--json", "-"]) == 1
    assert names(capsys) == ["b"]


def test_an_unknown_part_is_wrong_use(monkeypatch, capsys):
    cases(monkeypatch, {"a": found("a")})
    assert _main.main(["one", "--only", "z"]) == 2
    assert "Choose from a." in capsys.readouterr().err


def test_wrong_use_is_status_two(capsys):
    assert _main.main(["nonsense"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_report_is_json():
    report = Report("x", [Finding("a", 1.0, "s", spread=Spread.of([1.0, 2.0], "s"))])
    assert json.loads(json.dumps(report.to_json()))["findings"][0]["spread"]["max"] == 2.0
