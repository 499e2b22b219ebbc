"""`cnnstudio experiment --out`: nothing that was measured is lost, whatever is typed and whatever breaks."""

from __future__ import annotations

import errno
import json
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from cnnstudio import cli, experiments
from cnnstudio.cli import _terminal, experiment
from cnnstudio.core.command_line import Parser
from cnnstudio.core.errors import StudioError
from cnnstudio.core.sweep_folder import SweepFolder
from tests.runtime import toy


@pytest.fixture(autouse=True)
def _toys(monkeypatch):
    monkeypatch.setattr(experiments, "all_experiments", lambda: {"toy": toy.EXPERIMENT})
    monkeypatch.setattr(experiment, "measure_alone", toy.measure)
    monkeypatch.setattr(experiment, "processes", lambda workers: lambda: ThreadPoolExecutor(1))


@pytest.fixture
def ask(capsys):
    def asked(*arguments):
        status = cli.main(["experiment", "toy", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return asked


@pytest.fixture
def out(tmp_path, ask):
    """A folder with the results of two seeds."""
    folder = tmp_path / "out"
    assert ask("--seeds", 2, "--out", folder)[0] == 0
    return folder


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seeds", 1), "holds 4 runs with other settings (seeds 2, now 1)."),
        (("--seeds", 2, "--set", "slices=2"), "holds 4 runs with other settings (slices 3, now 2)."),
        (("--seeds", 3, "--set", "slices=2"), "(seeds 2, now 3; slices 3, now 2)."),
    ],
)
def test_results_of_other_settings_are_not_replaced(ask, out, arguments, words):
    before = contents(out)
    if arguments == ("--seeds", 1):
        words = words.replace("4 runs", "2 runs")
    status, said, err = ask(*arguments, "--out", out)
    assert status == 1
    assert words in err
    assert "Choose another folder, or the settings of that one." in err
    assert said == ""
    assert contents(out) == before


def test_results_of_another_experiment_are_not_replaced(ask, out):
    file = out / "experiment.json"
    file.write_text(file.read_text().replace('"toy"', '"other"'))
    before = contents(out)
    status, _, err = ask("--seeds", 2, "--out", out)
    assert status == 1
    assert "holds the results of another experiment: other." in err
    assert contents(out) == before


def test_a_longer_sweep_adds_to_a_shorter_one(ask, out):
    status, _, err = ask("--seeds", 3, "--out", out)
    assert status == 0
    assert "4 runs were there already." in err
    assert len(json.loads((out / "results.json").read_text())["results"]) == 6


@pytest.mark.parametrize("content", [b"my own notes", b'{"schema": 99, "experiment": "toy", "settings": {}}'])
def test_a_results_file_that_is_none_is_not_replaced(ask, tmp_path, content):
    (tmp_path / "results.json").write_bytes(content)
    status, _, err = ask("--seeds", 1, "--out", tmp_path)
    assert status == 1
    assert f"{tmp_path / 'results.json'} would be replaced." in err
    assert [file.name for file in contents(tmp_path)] == ["results.json"]


def test_results_without_their_runs_are_not_replaced(ask, out, tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "results.json").write_bytes((out / "results.json").read_bytes())
    status, _, err = ask("--seeds", 2, "--out", tmp_path / "copy")
    assert status == 1
    assert "results.json would be replaced. This folder is not one" in err


@pytest.mark.parametrize("change", [{"versions": {"cnnstudio": "0.0"}}, {"versions": {"torch": "0.1"}}, {"params": {}}])
def test_a_result_that_cannot_be_measured_here_again_is_not_replaced(ask, out, change):
    data = json.loads((out / "results.json").read_text())
    key = next(order.key for order in _orders(2) if order.params == data["results"][1]["params"])
    data["results"][1] |= change
    (out / "results.json").write_text(json.dumps(data))
    (out / "runs" / f"{key}.json").unlink()
    before = contents(out)
    status, _, err = ask("--seeds", 2, "--out", out)
    assert status == 1
    assert "results.json would be replaced. 1 of its results are not among the runs" in err
    assert contents(out) == before


@pytest.mark.parametrize("name", ["runs.csv", "accuracy.png"])
def test_a_file_of_somebody_else_is_not_replaced(ask, tmp_path, name):
    (tmp_path / name).write_bytes(b"of somebody")
    status, _, err = ask("--seeds", 1, "--out", tmp_path)
    assert status == 1
    assert f"{name} would be replaced. This folder is not one that an experiment was measured into." in err
    assert list(contents(tmp_path).values()) == [b"of somebody"]


def test_a_folder_with_other_things_may_be_used(ask, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert ask("--seeds", 1, "--out", tmp_path)[0] == 0


def test_a_damaged_run_is_measured_again_in_the_same_folder(ask, out):
    next((out / "runs").iterdir()).write_bytes(b"half of i")
    status, said, err = ask("--seeds", 2, "--out", out)
    assert status == 0
    assert "set aside" in err
    assert "3 runs were there already." in err
    assert "4 of 4 runs." in said


def test_two_commands_at_once_do_not_share_a_folder(ask, out):
    first = SweepFolder(out)
    first.begin("toy", json.loads((out / "experiment.json").read_text())["settings"], _orders(2))
    before = contents(out)
    status, _, err = ask("--seeds", 2, "--out", out)
    assert status == 1
    assert f"Another program measures into {out} now." in err
    assert contents(out) == before
    first.end()
    assert ask("--seeds", 2, "--out", out)[0] == 0


def _orders(seeds):
    return toy.plan(toy.EXPERIMENT.settings({"seeds": seeds}))


def test_a_disk_that_becomes_full_loses_nothing_that_is_known(ask, tmp_path, monkeypatch):
    keep, kept = SweepFolder.keep, []

    def full(self, result):
        kept.append(result)
        if len(kept) == 3:
            raise StudioError("Writing a run failed.", "The disk is full.", "Free some space and try again.")
        keep(self, result)

    monkeypatch.setattr(SweepFolder, "keep", full)
    status, said, err = ask("--seeds", 2, "--out", tmp_path / "out", "--json", tmp_path / "r.json")
    assert status == 1
    assert "3 of 4 runs." in said
    assert "3 of 4 runs are done" in err
    assert err.rstrip().endswith("Writing a run failed. The disk is full. Free some space and try again.")
    data = json.loads((tmp_path / "r.json").read_text())
    assert (data["outcome"], len(data["results"])) == ("failed", 3)
    monkeypatch.setattr(SweepFolder, "keep", keep)
    status, _, err = ask("--seeds", 2, "--out", tmp_path / "out")
    assert status == 0
    assert "3 runs were there already." in err


def test_a_run_that_found_no_room_comes_back_from_the_results(ask, out):
    run = next((out / "runs").iterdir())
    before = json.loads(run.read_text())
    run.unlink()
    status, _, err = ask("--seeds", 2, "--out", out)
    assert status == 0
    assert "4 runs were there already." in err
    assert json.loads(run.read_text()) == before


def test_where_the_folder_is_full_the_tables_are_said_and_the_json_is_written(ask, tmp_path, monkeypatch):
    monkeypatch.setattr("cnnstudio.runtime.sweep_files.write_atomic", lambda path, content: _refuse(path))
    status, said, err = ask("--seeds", 1, "--out", tmp_path / "out", "--json", tmp_path / "r.json")
    assert status == 1
    assert "2 of 2 runs." in said
    assert "results.json cannot be written." in err
    assert "Everything is in" not in err
    assert len(json.loads((tmp_path / "r.json").read_text())["results"]) == 2


def _refuse(path):
    raise StudioError(f"{path.name} cannot be written.")


def run(*arguments):
    """The command as `cli.main` calls it."""
    parser = Parser()
    experiment.add_arguments(parser)
    experiment.run(parser.parse_args(["toy", *map(str, arguments)]))


def test_a_reader_that_goes_away_costs_no_file(ask, tmp_path, monkeypatch):
    def gone(json_file):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(_terminal, "report_stream", gone)
    with pytest.raises(BrokenPipeError):
        run("--seeds", 1, "--out", tmp_path / "out", "--json", tmp_path / "r.json")
    assert len(json.loads((tmp_path / "out" / "results.json").read_text())["results"]) == 2
    assert (tmp_path / "r.json").is_file()


def test_progress_that_nobody_reads_leaves_the_results_that_are_known(ask, tmp_path, monkeypatch):
    said = []

    def gone(sentence):
        said.append(sentence)
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(_terminal, "say", gone)
    with pytest.raises(BrokenPipeError):
        run("--set", "trick=fail", "--out", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "results.json").read_text())["planned"] == 6


def test_ctrl_c_before_the_folder_was_read_replaces_nothing(ask, out, monkeypatch):
    def interrupted(self, orders):
        raise KeyboardInterrupt

    before = contents(out)
    monkeypatch.setattr(SweepFolder, "take", interrupted)
    assert ask("--seeds", 2, "--out", out)[0] == 130
    assert contents(out) == before


def test_a_batch_system_stops_it_as_ctrl_c_does(ask, tmp_path, monkeypatch):
    keep = SweepFolder.keep

    def keep_and_end(self, result):
        keep(self, result)
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(SweepFolder, "keep", keep_and_end)
    status, _, err = ask("--out", tmp_path / "out")
    assert status == 130
    assert err.rstrip().endswith("Stopped by SIGTERM.")
    assert json.loads((tmp_path / "out" / "results.json").read_text())["outcome"] == "stopped"
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_same_failure_is_explained_once(ask, monkeypatch):
    def fail(order, place):
        raise StudioError("The files are not here.", "Nobody put them here.")
        yield

    monkeypatch.setattr(experiment, "measure_alone", fail)
    status, _, err = ask("--seeds", 2)
    assert status == 1
    assert err.count("The files are not here. Nobody put them here.") == 1
    assert err.count(": the same.") == 3
