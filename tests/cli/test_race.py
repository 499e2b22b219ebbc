"""`cnnstudio race`: the table, the JSON, the files, and what stops it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cnnstudio import cli
from cnnstudio.cli import _figure, race
from cnnstudio.cli._parser import keys
from cnnstudio.core.command_line import Parser, WrongUse
from cnnstudio.core.config import RaceConfig, knobs
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import NetworkStopped, StepEnd
from cnnstudio.core.history import History
from cnnstudio.core.percent import percent
from cnnstudio.core.questions import SaveWeights
from cnnstudio.datasets import find
from cnnstudio.engine import race as engine_race
from cnnstudio.engine.weights import load_weights, read_card
from cnnstudio.networks import spec_for
from tests.cli.conftest import RACE, Outcome
from tests.made_up import scripted_run

ONE = ("--networks", "small_cnn", "--examples", "32", "--epochs", "1", "--evaluations", "1")
DOCUMENTED = {"schema", "outcome", "config", "dataset", "networks", "seconds", "versions", "history"}
DOCUMENTED_NETWORK = {
    "title", "parameters", "macs", "train_acc", "validation_acc", "test_acc", "train_loss", "validation_loss",
    "test_loss", "gap", "best_validation_acc", "own_seconds", "images_per_second", "step", "test_looks", "stopped",
}  # fmt: skip


def config_of(*options: str) -> RaceConfig:
    parser = Parser(prog="cnnstudio race")
    race.add_arguments(parser)
    return race.config_from(parser.parse_args(options))


def test_it_succeeds_and_prints_an_aligned_table(raced: Outcome):
    assert raced.status == 0
    heading, rule, *rows = raced.out.splitlines()
    assert heading.split() == [
        "network",
        "weights",
        "multiply-adds",
        "train",
        "validation",
        "test",
        "gap",
        "seconds",
        "images/s",
    ]
    assert set(rule) == {"-", " "}
    assert [row.split()[0] for row in rows] == ["mlp:hidden=8", "small_cnn"]
    assert len({len(line) for line in (heading, rule, *rows)}) == 1
    assert rows[0].split()[1] == f"{784 * 8 + 8 + 8 * 10 + 10:,}"


def test_the_json_has_what_is_documented_and_nothing_else(raced: Outcome):
    assert raced.data["schema"] == 1
    assert set(raced.data) == DOCUMENTED
    for network in raced.data["networks"].values():
        assert set(network) == DOCUMENTED_NETWORK
    words = race.__doc__ or ""
    assert all(word in words for word in DOCUMENTED | DOCUMENTED_NETWORK)


def test_the_json_says_what_the_table_says(raced: Outcome):
    assert list(raced.data["networks"]) == ["mlp:hidden=8", "small_cnn"]
    for row, network in zip(raced.out.splitlines()[2:], raced.data["networks"].values(), strict=True):
        cells = re.split(r"\s{2,}", row.strip())
        assert cells[3:6] == [percent(network[part]) for part in ("train_acc", "validation_acc", "test_acc")]
        assert network["gap"] == pytest.approx(network["train_acc"] - network["test_acc"])
        assert network["step"] == 4
        assert 0 <= network["test_acc"] <= 1
    assert raced.data["outcome"] == "finished"
    assert raced.data["dataset"]["train"] == 64
    assert raced.data["versions"]["torch"]


def test_the_jsons_history_is_the_programs_own(raced: Outcome):
    history = History.from_json(raced.data["history"])
    assert history.started.config == RaceConfig.from_json(raced.data["config"])
    score = history.latest("small_cnn")
    assert score is not None
    assert score.test.accuracy == raced.data["networks"]["small_cnn"]["test_acc"]


def test_the_weights_are_files_of_their_networks(raced: Outcome):
    assert sorted(path.name for path in (raced.folder / "weights").iterdir()) == [
        "mlp-hidden=8.safetensors",
        "small_cnn.safetensors",
    ]
    path = raced.folder / "weights" / "small_cnn.safetensors"
    load_weights(path, spec_for("small_cnn", (1, 28, 28), 10))
    card, _ = read_card(path)
    assert (card.dataset, card.seed, card.step) == ("glyphs", 7, 4)


def test_the_figure_is_a_picture(raced: Outcome):
    with Image.open(raced.folder / "curves.png") as image:
        assert image.format == "PNG"
        colours = {colour for _, colour in image.convert("RGB").getcolors(2**24)}
    assert {(0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)} <= colours


def test_progress_is_on_standard_error_only(raced: Outcome):
    assert "training" in raced.err
    assert "100%" in raced.err
    assert "training" not in raced.out


def test_a_dash_puts_the_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str]):
    assert cli.main([*RACE[:3], *ONE, "--json", "-"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["networks"]["small_cnn"]["test_acc"] is not None
    assert "small_cnn" in captured.err


def test_every_knob_is_an_option_of_its_own_name():
    parser = Parser(prog="cnnstudio race")
    race.add_arguments(parser)
    text = parser.format_help()
    for knob in knobs().values():
        assert "--" + knob.name.replace("_", "-") in text
        given = knob.choices[-1] if knob.choices else str(knob.default)
        assert getattr(config_of("--" + knob.name.replace("_", "-"), given), knob.name) == knob.parse(given)


def test_a_data_sets_own_race_comes_before_the_general_and_after_what_is_typed():
    preset = find("glyphs").info.race
    config = config_of("--dataset", "glyphs:jitter=4", "--epochs", "3")
    assert config == RaceConfig(**(dict(preset) | {"dataset": "glyphs:jitter=4", "epochs": 3}))
    assert preset["epochs"] != 3
    assert config_of() == RaceConfig()


def test_a_seed_typed_alone_decides_the_first_weights_too():
    assert config_of("--seed", "5").weights_seed == 5
    assert config_of("--seed", "5", "--weights-seed", "1").weights_seed == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mlp,lenet5", ("mlp", "lenet5")),
        (" mlp , lenet5,", ("mlp", "lenet5")),
        ("mlp:hidden=20,budget=3,lenet5", ("mlp:hidden=20,budget=3", "lenet5")),
        ("mlp:hidden=20,mlp:hidden=30", ("mlp:hidden=20", "mlp:hidden=30")),
    ],
)
def test_names_between_commas(text: str, expected: tuple[str, ...]):
    assert keys(text) == expected


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--epochs many", "epochs cannot be 'many'. Give a whole number from 1 to 1,000."),
        ("--epochs 0", "epochs cannot be 0."),
        ("--learning-rate 0", "no weight ever moves"),
        ("--learning-rate -1", "learning rate cannot be -1.0"),
        ("--learning-rate nan", "learning rate cannot be nan"),
        ("--optimiser newton", "optimiser cannot be newton. Give one of sgd"),
        ("--dataset nodata", "no data set 'nodata'"),
        ("--dataset digits:jitter=99", "cannot be 99"),
        ("--dataset digits:colour=1", "digits has no setting"),
        ("--networks nonet", "no network 'nonet'"),
        ("--networks ,", "No name is given"),
        ("--networks mlp,mlp", "chosen twice"),
        ("--augmentation fog", "no augmentation 'fog'"),
        ("--figure curves.exe", "A figure cannot be called curves.exe"),
        ("--speed 3", "Not understood: --speed 3"),
        ("--epoch 3", "Not understood: --epoch 3"),
        ("--epochs", "--epochs needs a value behind it"),
    ],
)
def test_wrong_use_is_one_sentence_and_status_2(options: str, sentence: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["race", *options.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("cnnstudio race: ")


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["race", "--help"]) == 0
    assert "--batch-size" in capsys.readouterr().out


def test_a_race_that_fails_says_why_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "data").mkdir()
    assert cli.main(["race", "--dataset", f"folder:{tmp_path / 'data'}", "--networks", "mlp"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(".")
    assert "Traceback" not in last


def test_a_result_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch):
    monkeypatch.setattr(engine_race, "race", lambda config, session, run_id: scripted_run(run_id, config, steps=8))
    (tmp_path / "file").write_text("")
    assert cli.main(["race", "--json", str(tmp_path / "file" / "race.json")]) == 1
    assert "Writing" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_takes_no_other_with_it(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setattr(engine_race, "race", lambda config, session, run_id: scripted_run(run_id, config, steps=8))
    (tmp_path / "file").write_text("")
    figure = tmp_path / "curves.png"
    assert cli.main(["race", "--json", str(tmp_path / "file" / "race.json"), "--figure", str(figure)]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("Writing")
    assert figure.read_bytes()[:4] == b"\x89PNG"


def test_too_little_memory_is_one_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def full(config, session, run_id):
        raise MemoryError

    monkeypatch.setattr(engine_race, "race", full)
    assert cli.main(["race"]) == 1
    assert "not enough memory" in capsys.readouterr().err.splitlines()[-1]


def test_ctrl_c_keeps_what_there_is_and_gives_status_130(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(config: RaceConfig, session: object, run_id: int):
        for event in scripted_run(run_id, config):
            yield event
            if getattr(event, "step", 0) == 17:
                raise KeyboardInterrupt

    saved: list[Any] = []
    monkeypatch.setattr(engine_race, "race", interrupted)
    monkeypatch.setattr("cnnstudio.engine.answers.answer_now", lambda question, session: saved.append(question))
    assert cli.main(["race", "--json", str(tmp_path / "r.json"), "--weights-dir", str(tmp_path / "w")]) == 130
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1] == "Stopped with Ctrl-C."
    assert "Traceback" not in captured.err
    assert "lenet5" in captured.out
    data = json.loads((tmp_path / "r.json").read_text())
    assert (data["outcome"], data["networks"]["mlp"]["step"]) == ("stopped", 17)
    assert saved == [SaveWeights(tmp_path / "w")]


def test_ctrl_c_before_the_first_batch_is_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def interrupted(config: RaceConfig, session: object, run_id: int):
        yield next(scripted_run(run_id, config))
        raise KeyboardInterrupt

    monkeypatch.setattr(engine_race, "race", interrupted)
    assert cli.main(["race"]) == 130
    assert capsys.readouterr().out == ""


def test_a_network_that_left_the_race_has_its_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def one_leaves(config: RaceConfig, session: object, run_id: int):
        for event in scripted_run(run_id, config, steps=8):
            yield event
            if isinstance(event, StepEnd) and event.step == 3:
                yield NetworkStopped(
                    run_id, 3, "mlp", ErrorReport("The loss of MLP is no number.", remedy="Go slower.")
                )

    monkeypatch.setattr(engine_race, "race", one_leaves)
    assert cli.main(["race", "--json", "-"]) == 0
    captured = capsys.readouterr()
    networks = json.loads(captured.out)["networks"]
    assert networks["mlp"]["stopped"] == "The loss of MLP is no number. Go slower."
    assert networks["mlp"]["step"] == 3
    assert (networks["lenet5"]["stopped"], networks["lenet5"]["step"]) == (None, 8)
    assert "The loss of MLP is no number. Go slower." in captured.err


@pytest.mark.parametrize("ending", _figure.FORMATS)
def test_figures_of_every_format_even_with_nothing_measured(tmp_path: Path, ending: str):
    started = next(event for event in scripted_run() if type(event).__name__ == "RunStarted")
    path = tmp_path / f"curves{ending.upper()}"
    _figure.draw_curves(History(started), path, "empty")
    assert path.stat().st_size > 1_000


def test_a_figures_name_is_checked_before_the_work():
    with pytest.raises(WrongUse):
        _figure.check_name(Path("curves"))
    _figure.check_name(None)


def test_results_that_cannot_be_written_are_refused_before_the_race(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "run.json"
    file.write_text("{}")
    assert cli.main(["race", "--weights-dir", str(file)]) == 2
    assert "which is a file. Name a folder." in capsys.readouterr().err
    if Path("/proc/self").is_dir():  # a folder that not even an administrator can write to
        assert cli.main(["race", "--figure", "/proc/curves.png"]) == 2
    assert file.read_text() == "{}"
