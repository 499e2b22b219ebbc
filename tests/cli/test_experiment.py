"""`cnnstudio experiment` on toys: what it says, what it leaves on the disk, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest

from cnnstudio import cli, experiments
from cnnstudio.cli import experiment
from cnnstudio.core.errors import StudioError
from cnnstudio.core.paths import stored_data
from cnnstudio.runtime import sweep as sweeps
from tests.runtime import toy


@pytest.fixture(autouse=True)
def _toys(monkeypatch):
    monkeypatch.setattr(experiments, "all_experiments", lambda: {"toy": toy.EXPERIMENT})
    monkeypatch.setattr(experiment, "measure_alone", toy.measure)


@pytest.fixture
def here(monkeypatch):
    """Runs happen in threads of this process, which is quicker."""
    monkeypatch.setattr(experiment, "processes", lambda workers: lambda: ThreadPoolExecutor(workers or 1))


@pytest.fixture
def ask(capsys):
    def asked(*arguments):
        status = cli.main(["experiment", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return asked


def sentence(err):
    return [line for line in err.splitlines() if line and "measuring" not in line][-1]


def test_without_a_name_it_lists_them(ask):
    status, out, _ = ask()
    assert status == 0
    assert "toy  Which toy is better?" in out
    _, out, err = ask("--json")
    (card,) = json.loads(out)["experiments"]
    assert card["settings"]["seeds"] == 3
    assert "Which toy" in err


def test_it_says_what_can_be_set(ask):
    status, out, _ = ask("toy", "--about")
    assert status == 0
    assert "--set seeds=3" in out
    assert "A whole number from 1 to 20." in out
    assert "Everything here is made up." in out


@pytest.mark.usefixtures("here")
def test_everything_is_said_and_written(ask, tmp_path):
    folder = tmp_path / "out"
    status, out, err = ask("toy", "--seeds", 2, "--set", "slices=2", "--out", folder, "--json", tmp_path / "r.json")
    assert status == 0
    assert "Which toy is better?\n4 of 4 runs.\nCNN is ahead of MLP by 40 points with each of 2 seeds.\n" in out
    assert "network  seeds" in out
    assert f"Everything is in {folder}." in err
    data = json.loads((folder / "results.json").read_text())
    assert data == json.loads((tmp_path / "r.json").read_text())
    assert (data["schema"], data["outcome"], data["planned"], data["failures"]) == (1, "finished", 4, [])
    assert data["settings"] == {"seeds": 2, "slices": 2, "trick": "", "folder": ""}
    assert data["findings"]["sentences"][0].startswith("CNN is ahead")
    assert set(data["versions"]) == {"CNN Studio", "Python", "torch", "numpy"}
    rows = list(csv.DictReader(io.StringIO((folder / "runs.csv").read_text())))
    assert [(row["network"], row["seed"], row["accuracy"], row["pair"]) for row in rows] == [
        ("mlp", "0", "0.5", "[1, 2]"), ("cnn", "0", "0.9", "[1, 2]"), ("mlp", "1", "0.51", "[1, 2]"),
        ("cnn", "1", "0.91", "[1, 2]"),
    ]  # fmt: skip
    assert (folder / "accuracy.png").read_bytes().startswith(b"\x89PNG")
    ElementTree.parse(folder / "accuracy.svg")
    assert len(list((folder / "runs").iterdir())) == 4


def test_json_goes_to_standard_output_and_runs_to_processes(ask):
    status, out, err = ask("toy", "--json", "--seeds", 1, "--workers", 2)
    data = json.loads(out)
    assert status == 0
    assert {result["values"]["threads"] for result in data["results"]} == {"1"}
    assert "nothing can be said about luck" in data["findings"]["sentences"][0]
    assert "nothing can be said about luck" in err


@pytest.mark.usefixtures("here")
def test_what_is_there_is_not_measured_again(ask, tmp_path, monkeypatch):
    assert ask("toy", "--seeds", 1, "--out", tmp_path / "out")[0] == 0
    status, out, err = ask("toy", "--seeds", 2, "--out", tmp_path / "out")
    assert status == 0
    assert "2 runs were there already." in err
    assert "4 of 4 runs." in out


@pytest.mark.usefixtures("here")
def test_ctrl_c_leaves_what_is_done_and_says_how_to_go_on(ask, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    keep = sweeps.SweepFolder.keep

    def keep_and_stop(self, result):
        keep(self, result)
        if len(list((folder / "runs").iterdir())) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(sweeps.SweepFolder, "keep", keep_and_stop)
    status, out, err = ask("toy", "--out", folder)
    assert status == 130
    assert "the same command goes on from there" in err
    assert "Stopped with Ctrl-C." in err
    assert json.loads((folder / "results.json").read_text())["outcome"] == "stopped"
    monkeypatch.setattr(sweeps.SweepFolder, "keep", keep)
    status, out, err = ask("toy", "--out", folder)
    assert status == 0
    assert "3 runs were there already." in err
    assert "6 of 6 runs." in out


@pytest.mark.usefixtures("here")
def test_a_run_that_cannot_be_done_is_said_and_the_rest_is_written(ask, tmp_path):
    status, out, err = ask("toy", "--set", "trick=fail", "--out", tmp_path / "out")
    assert status == 1
    assert sentence(err) == "1 of 6 runs could not be done; see above."
    assert "This run cannot be. It is a trick." in err
    data = json.loads((tmp_path / "out" / "results.json").read_text())
    assert data["outcome"] == "failed"
    assert data["failures"][0]["params"]["network"] == "mlp"
    assert len(data["results"]) == 5
    assert "5 of 6 runs." in out


@pytest.mark.usefixtures("here")
def test_an_experiment_is_repeated_from_its_file(ask, tmp_path):
    file = tmp_path / "first.json"
    ask("toy", "--seeds", 2, "--json", file)
    status, out, err = ask("--from", file)
    assert status == 0
    assert "4 of 4 runs." in out
    assert sentence(err) == f"All 4 runs gave exactly the numbers of {file}."
    data = json.loads(file.read_text())
    del data["results"][2]["values"]["pair"]  # as written by a version that did not measure it
    file.write_text(json.dumps(data))
    assert sentence(ask("toy", "--from", file)[2]) == f"All 4 runs gave exactly the numbers of {file}."
    data["results"][1]["values"]["accuracy"] = 0.123
    data["results"][3]["values"]["gone"] = 1
    data["results"][0]["versions"] = {"program": "other"}
    file.write_text(json.dumps(data))
    _, _, err = ask("toy", "--from", file)
    assert sentence(err) == (
        f"2 of 4 runs gave other numbers than {file}. The versions differ: program 0 instead of other."
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "There is no experiment 'nothing'. Choose from toy."),
        (["toy", "--seeds", "0"], "Seeds cannot be 0. Give a whole number from 1 to 20."),
        (["toy", "--seeds", "many"], "Seeds cannot be 'many'."),
        (["toy", "--set", "colour=red"], "Toys has no setting 'colour'. Write --set KNOB=VALUE; it has seeds, slices"),
        (["toy", "--set", "seeds"], "The setting seeds has no value. Write --set seeds=VALUE"),
        (["--seeds", "3"], "It is not said which experiment. Write the name first, as in experiment NAME --seeds."),
        (["toy", "--set", "slices=999"], "One slice too many. Choose fewer."),
        (["toy", "--workers", "0"], "The number of workers cannot be 0."),
        (["toy", "--workers", "2", "--dask", "tcp://h:1"], "The cluster decides how many workers there are."),
        (["toy", "--data-root", "x", "--dask", "tcp://h:1"], "set CNNSTUDIO_DATA=DIR where each worker is started."),
        (["toy", "--dask", "h:1"], "A Dask scheduler cannot be at 'h:1'. Write it as in tcp://10.0.0.7:8786."),
        (["toy", "--dask", "tls://h:1"], "tls://h:1 needs certificates"),
        (["toy", "--tls-ca", "x.pem"], "Certificates are for a Dask cluster only."),
        (["--json", "toy"], "It is not said which experiment."),
        (["toy", "--from", "x.json", "--seeds", "2"], "--from takes the settings of its file."),
        (["toy", "--out", __file__], "which is a file. Name a folder."),
        (["toy", "--color"], "Not understood: --color."),
    ],
)
def test_wrong_use_is_one_sentence(ask, arguments, words):
    status, out, err = ask(*arguments)
    assert status == 2
    assert words in err
    assert err.startswith("cnnstudio experiment: ")
    assert err.count("\n") == 1
    assert out == ""


def test_a_folder_that_may_not_be_written_is_refused_before_anything_runs(ask, tmp_path, monkeypatch):
    def refuse(**named):
        raise PermissionError(13, "no")

    monkeypatch.setattr(experiment.tempfile, "TemporaryFile", refuse)
    status, _, err = ask("toy", "--out", tmp_path / "a" / "b")
    assert status == 2
    assert "cannot be written. This account may not use that file or folder." in err


@pytest.mark.usefixtures("here")
def test_results_of_an_older_schema_are_refused(ask, tmp_path):
    ask("toy", "--seeds", 1, "--out", tmp_path / "out")
    file = next((tmp_path / "out" / "runs").iterdir())
    file.write_text(file.read_text().replace('"schema":1', '"schema":0'))
    before = file.read_bytes()
    status, _, err = ask("toy", "--seeds", 1, "--out", tmp_path / "out")
    assert status == 1
    assert "older version of the program (schema 0, this one writes 1)" in err
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not json", "does not hold the results"),
        ("[]", "does not hold the results"),
        ('{"experiment": "toy", "settings": {}, "schema": 99}', "another version of the program (schema 99"),
        ('{"experiment": "other", "settings": {}, "schema": 1}', "other"),
        (None, "Reading"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused(ask, tmp_path, content, words):
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content)
    status, _, err = ask("toy", "--from", file)
    assert status in (1, 2)
    assert words in err


def test_the_command_line_loads_nothing_heavy():
    code = "import sys, cnnstudio.cli; print({'torch', 'distributed', 'dask', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_too_little_memory_is_said_before_anything_runs(ask, monkeypatch):
    def refuse():
        raise StudioError("There is too little memory for PyTorch.")

    monkeypatch.setattr(experiment, "refuse_if_too_little", refuse)
    assert ask("toy")[0] == 1


@pytest.mark.usefixtures("here")
def test_stored_data_are_named_to_the_workers(ask, tmp_path, monkeypatch):
    monkeypatch.setenv("CNNSTUDIO_DATA", "")
    assert ask("toy", "--seeds", 1, "--data-root", tmp_path / "data")[0] == 0
    assert stored_data() == tmp_path / "data"
