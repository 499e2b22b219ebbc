"""`cnnstudio evaluate` and `cnnstudio read` with weights whose behaviour is known."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from cnnstudio import cli
from cnnstudio.cli import evaluate, read
from cnnstudio.engine import weights
from cnnstudio.engine.build import build
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.weights import WeightsCard, save_weights
from cnnstudio.networks import spec_for
from tests.cli.conftest import Outcome
from tests.datasets.files import write_idx

DIGITS = tuple("0123456789")


@pytest.fixture
def always_seven(tmp_path: Path) -> Path:
    """Weights of an MLP that says 7 to everything."""
    spec = spec_for("mlp:hidden=2", (1, 28, 28), 10)
    module = build(spec, 0)
    with torch.no_grad():
        last = list(module.parameters())[-2:]
        last[0].zero_()
        last[1].copy_(torch.nn.functional.one_hot(torch.tensor(7), 10) * 3.0)
    path = tmp_path / "seven.safetensors"
    save_weights(path, module, spec, WeightsCard("mlp:hidden=2", "digits", DIGITS))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures of 7 and one of 3, as MNIST's are."""
    for name, count in (("7", 3), ("3", 1)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for place in range(count):
            pixels = np.zeros((28, 28), np.uint8)
            pixels[6:22, 8 + place : 16 + place] = 255
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{place}.png")
    return tmp_path / "data"


def run_json(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    assert cli.main([*arguments, "--json", "-"]) == status
    return json.loads(capsys.readouterr().out)


def test_a_folder_is_measured_whole_and_its_classes_go_by_name(
    folder: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]
):
    data = run_json(capsys, "evaluate", "--weights", str(always_seven), "--dataset", f"folder:{folder}")
    assert data["accuracy"] == 0.75
    assert data["pictures"] == 4
    assert data["per_class"]["7"] == {"pictures": 3, "accuracy": 1.0}
    assert data["per_class"]["3"] == {"pictures": 1, "accuracy": 0.0}
    assert data["per_class"]["0"] == {"pictures": 0, "accuracy": None}
    matrix = np.array(data["confusion"])
    assert (matrix[7, 7], matrix[3, 7], matrix.sum()) == (3, 1, 4)
    assert data["class_names"] == list(DIGITS)
    assert set(data) == {
        "schema", "network", "title", "weights", "dataset", "pictures", "accuracy", "loss", "class_names", "per_class",
        "confusion",
    }  # fmt: skip
    assert all(word in (evaluate.__doc__ or "") for word in data)


def test_files_that_cannot_be_read_are_named(folder: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "7" / "bad.png").write_text("no picture")
    assert cli.main(["evaluate", "--weights", str(always_seven), "--dataset", f"folder:{folder}"]) == 0
    assert "1 file could not be read and was skipped: bad.png." in capsys.readouterr().err


def test_only_the_test_files_of_a_stored_set_are_needed(
    tmp_path: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]
):
    raw = write_idx(tmp_path, "mnist", 120, 40)
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (raw / name).unlink()
    command = ["evaluate", "--weights", str(always_seven), "--dataset", "mnist", "--data-root", str(tmp_path)]
    assert run_json(capsys, *command, "--no-download")["pictures"] == 40
    (raw / "t10k-labels-idx1-ubyte").unlink()
    assert cli.main([*command, "--no-download"]) == 1
    assert "t10k-labels-idx1-ubyte is missing" in capsys.readouterr().err


def test_a_folder_with_one_picture_of_each_class_is_measured(
    tmp_path: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]
):
    for name in DIGITS:
        (tmp_path / "drawn" / name).mkdir(parents=True)
        Image.new("L", (28, 28)).save(tmp_path / "drawn" / name / "mine.png")
    data = run_json(capsys, "evaluate", "--weights", str(always_seven), "--dataset", f"folder:{tmp_path / 'drawn'}")
    assert [each["pictures"] for each in data["per_class"].values()] == [1] * 10


def test_evaluating_the_raced_weights_gives_the_races_own_number(raced: Outcome, capsys: pytest.CaptureFixture[str]):
    path = raced.folder / "weights" / "small_cnn.safetensors"
    data = run_json(
        capsys, "evaluate", "--weights", str(path), "--dataset", "glyphs", "--seed", "7", "--network", "small_cnn"
    )
    assert data["accuracy"] == pytest.approx(raced.data["networks"]["small_cnn"]["test_acc"])


def test_weights_of_another_program_need_the_networks_name(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    spec = spec_for("mlp:hidden=2", (1, 28, 28), 2)
    (tmp_path / "theirs.safetensors").write_bytes(safetensors.torch.save(build(spec, 0).state_dict()))
    command = ["evaluate", "--weights", str(tmp_path / "theirs.safetensors"), "--dataset", f"folder:{folder}"]
    assert cli.main(command) == 1
    assert "does not say which network" in capsys.readouterr().err
    data = run_json(capsys, *command, "--network", "mlp:hidden=2")
    assert (data["pictures"], data["class_names"]) == (4, ["3", "7"])


def test_the_table_ends_with_all(folder: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["evaluate", "--weights", str(always_seven), "--dataset", f"folder:{folder}"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["all", "4", "75.0", "%"]


def test_shipped_weights_are_the_default(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(weights, "resources", lambda: tmp_path)
    assert cli.main(["evaluate", "--network", "lenet5", "--dataset", f"folder:{folder}"]) == 1
    assert "come with the program" in capsys.readouterr().err
    spec = spec_for("lenet5", (1, 28, 28), 10)
    save_weights(tmp_path / "weights" / "digits-lenet5.safetensors", build(spec, 0), spec, WeightsCard("lenet5"))
    data = run_json(capsys, "evaluate", "--network", "lenet5", "--dataset", f"folder:{folder}")
    assert (data["weights"], data["pictures"]) == ("shipped", 4)


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        ("", 2, "No network is named"),
        ("--network lenet5 --examples 0", 2, "test pictures cannot be 0"),
        ("--network lenet5 --examples 99999999999", 2, "to 1,000,000"),
        ("--network lenet5 --seed -1", 2, "seed cannot be -1"),
        ("--network lenet5 --json .", 2, "which is a folder"),
        ("--network lenet5 --dataset nodata", 2, "no data set 'nodata'"),
        ("--network nonet", 2, "no network 'nonet'"),
        ("--weights nofile.safetensors --dataset glyphs", 1, "nofile.safetensors is not there"),
        ("--network mlp --weights SEVEN --dataset FOLDER", 1, "holds the weights of MLP (hidden 2)"),
        ("--weights SEVEN --dataset glyphs --examples 20", 1, "does not know the class 'A'"),
        ("--weights SEVEN --dataset shapes --examples 20", 1, "reads pictures of 1 x 28 x 28"),
        ("--network lenet5 --dataset mnist --no-download --data-root EMPTY", 1, "MNIST"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    options: str,
    status: int,
    sentence: str,
    folder: Path,
    always_seven: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    for word, path in (("SEVEN", always_seven), ("FOLDER", f"folder:{folder}"), ("EMPTY", tmp_path / "empty")):
        options = options.replace(word, str(path))
    assert cli.main(["evaluate", *options.split()]) == status
    captured = capsys.readouterr()
    assert sentence in captured.err.splitlines()[-1]
    assert captured.out == ""


def test_read_says_what_the_network_says(tmp_path: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]):
    Image.new("RGB", (50, 40), "white").save(tmp_path / "blank.png")
    data = run_json(capsys, "read", str(tmp_path / "blank.png"), "--weights", str(always_seven))
    assert data["schema"] == 1
    (image,) = data["images"]
    (verdict,) = image["verdicts"]
    assert (verdict["guess"], image["error"]) == ("7", None)
    expected = torch.tensor([0.0] * 7 + [3.0, 0, 0]).softmax(0)
    np.testing.assert_allclose(list(verdict["probabilities"].values()), expected.numpy(), rtol=1e-5)
    assert verdict["confidence"] == verdict["probabilities"]["7"]
    assert all(word in (read.__doc__ or "") for word in (*image, *verdict))


def test_a_broken_image_does_not_keep_the_others_from_being_read(
    tmp_path: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "text.png").write_text("no image")
    Image.new("L", (30, 30)).save(tmp_path / "good.png")
    names = [str(tmp_path / name) for name in ("text.png", "none.png", "good.png")]
    assert cli.main(["read", *names, "--weights", str(always_seven), "--json", str(tmp_path / "r.json")]) == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1] == "2 of 3 images could not be read."
    assert "good.png" in captured.out
    images = json.loads((tmp_path / "r.json").read_text())["images"]
    assert [bool(image["error"]) for image in images] == [True, True, False]


def test_what_is_wrong_with_a_single_image_is_said_once(
    tmp_path: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["read", str(tmp_path / "none.png"), "--weights", str(always_seven), "--json", "-"]) == 1
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert "none.png" in line
    assert json.loads(captured.out)["images"][0]["error"] in line


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_names_are_written_in_any_encoding(encoding: str, tmp_path: Path, always_seven: Path):
    path = tmp_path / "字 é.png"
    Image.new("L", (30, 30), 255).save(path)
    raw = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding))
        assert cli.main(["read", str(path), "--weights", str(always_seven)]) == 0
        table = raw.getvalue()
        assert cli.main(["read", str(path), "--weights", str(always_seven), "--json", "-"]) == 0
        sys.stdout.flush()
        assert json.loads(raw.getvalue()[len(table) :].decode(encoding))["images"][0]["file"] == str(path)
    assert table


def test_weights_out_of_this_world_give_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    spec = spec_for("mlp:hidden=2", (1, 28, 28), 10)
    module = build(spec, 0)
    with torch.no_grad():
        for part in module.parameters():
            part.fill_(1e38)
    save_weights(tmp_path / "w.safetensors", module, spec, WeightsCard(spec.id, "digits", DIGITS))
    Image.new("L", (9, 9), 255).save(tmp_path / "p.png")
    data = run_json(capsys, "read", str(tmp_path / "p.png"), "--weights", str(tmp_path / "w.safetensors"))
    assert sum(data["images"][0]["verdicts"][0]["probabilities"].values()) == pytest.approx(1)


def test_a_blank_image_has_a_note(tmp_path: Path, always_seven: Path, capsys: pytest.CaptureFixture[str]):
    Image.new("L", (30, 30), 255).save(tmp_path / "blank.png")
    data = run_json(capsys, "read", str(tmp_path / "blank.png"), "--weights", str(always_seven), str(always_seven))
    assert [note.partition(":")[0] for note in data["images"][0]["notes"]] == ["There is nothing on it"]


def test_a_colour_network_is_given_colours(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    spec = spec_for("small_cnn", (3, 32, 32), 10)
    module = build(spec, 1).eval()
    save_weights(tmp_path / "w.safetensors", module, spec, WeightsCard("small_cnn", "shapes", DIGITS))
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    data = run_json(capsys, "read", str(tmp_path / "p.png"), "--weights", str(tmp_path / "w.safetensors"))
    with torch.inference_mode():
        given = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
        expected = module(to_input(given, False)).softmax(1)[0]
    found = list(data["images"][0]["verdicts"][0]["probabilities"].values())
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-6)


def test_reading_with_no_weights_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(weights, "resources", lambda: tmp_path)
    Image.new("L", (28, 28)).save(tmp_path / "p.png")
    assert cli.main(["read", str(tmp_path / "p.png")]) == 1
    assert "--weights" in capsys.readouterr().err


def test_reading_with_a_network_that_does_not_exist_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["read", "p.png", "--networks", "nonet"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
