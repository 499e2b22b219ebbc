"""`cnnstudio data` and `cnnstudio networks`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio import cli
from cnnstudio.cli.data import mosaic
from cnnstudio.core.network import NetworkSpec
from cnnstudio.datasets import all_datasets
from cnnstudio.networks import all_networks, spec_for


def test_make_writes_all_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "g.npz"
    command = ["data", "make", "--dataset", "glyphs:jitter=2", "--examples", "30", "--seed", "3", "--out", str(path)]
    assert cli.main([*command, "--json", "-"]) == 0
    said = json.loads(capsys.readouterr().out)
    with np.load(path) as archive:
        assert archive["train_images"].shape == (30, 1, 28, 28)
        assert archive["train_images"].dtype == np.uint8
        assert archive["test_labels"].shape == (said["test"],)
        assert archive["class_names"].tolist() == said["class_names"]
    assert (said["train"], said["dataset"], said["file"]) == (30, "glyphs:jitter=2", str(path))


def test_make_draws_a_mosaic(tmp_path: Path):
    path = tmp_path / "s.PNG"
    assert cli.main(["data", "make", "--dataset", "shapes", "--examples", "7", "--out", str(path)]) == 0
    with Image.open(path) as image:
        assert (image.mode, image.size) == ("RGB", (3 * 34 - 2, 3 * 34 - 2))


def test_a_mosaic_holds_every_picture_in_its_place():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 4, 6), np.uint8)
    sheet = mosaic(images, gap_px=1)
    assert sheet.shape == (2 * 5 - 1, 3 * 7 - 1)
    for place in range(5):
        top, left = place // 3 * 5, place % 3 * 7
        assert (sheet[top : top + 4, left : left + 6] == place).all()
    assert mosaic(np.zeros((1, 3, 4, 4), np.uint8)).shape == (4, 4, 3)


def test_info_counts_the_classes(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["data", "info", "--dataset", "glyphs", "--examples", "50", "--json", "-"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert sum(each["train"] for each in card["balance"].values()) == 50
    assert sum(each["test"] for each in card["balance"].values()) == card["test"]
    assert card["shape"] == [1, 28, 28]
    assert {"jitter", "noise"} <= set(card["knobs"])


def test_info_counts_a_folder_and_says_what_is_wrong_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name, count in (("cat", 9), ("dog", 5), ("one", 1)):
        (tmp_path / name).mkdir()
        for place in range(count):
            Image.new("L", (40, 40), 20 * place).save(tmp_path / name / f"{place}.png")
    (tmp_path / "cat" / "bad.png").write_text("no picture")
    assert cli.main(["data", "info", "--dataset", f"folder:{tmp_path}", "--json", "-"]) == 0
    captured = capsys.readouterr()
    card = json.loads(captured.out)
    assert (card["train"], card["test"], card["shape"]) == (12, 3, [1, 32, 32])
    assert sum(each["train"] for each in card["balance"].values()) == 12
    assert "pictures: 12 to learn from, 3 to test, 1 x 32 x 32" in captured.err
    assert "1 file could not be read and was skipped: bad.png." in captured.err
    assert "No picture of 'one' is in the test set" in captured.err
    assert cli.main(["data", "info"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ["folder", "yours", "yours"]


def test_info_of_a_set_that_is_not_here_fetches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["data", "info", "--dataset", "mnist", "--data-root", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "licence:" in captured.out
    assert "not on this computer" in captured.err
    assert list(tmp_path.rglob("*.gz")) == []


def test_info_lists_every_data_set(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["data", "info"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]] == list(all_datasets())


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        ("", 2, "Something is missing: action"),
        ("draw", 2, "action cannot be 'draw'"),
        ("make", 2, "Give --out FILE"),
        ("make --out pictures.gif", 2, "Give --out FILE"),
        ("make --out p.npz --dataset nodata", 2, "no data set"),
        ("make --out p.npz --examples 0", 2, "training pictures cannot be 0"),
        ("make --out p.npz --seed -1", 2, "seed cannot be -1"),
        ("make --out p.npz --examples 99999999999", 2, "to 1,000,000"),
        ("info --json /", 2, "which is a folder"),
        ("info --dataset folder:/no/such/place", 1, "/no/such/place"),
        ("make --dataset glyphs --examples 4 --out /dev/null/p.npz", 1, "Writing"),
    ],
)
def test_wrong_use(options: str, status: int, sentence: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["data", *options.split()]) == status
    assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_networks_are_listed_with_their_arithmetic(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["networks", "--json", "-"]) == 0
    cards = json.loads(capsys.readouterr().out)["networks"]
    assert [card["id"] for card in cards] == list(all_networks())
    by_id = {card["id"]: card for card in cards}
    assert by_id["mlp"]["parameters"] == 61_225
    assert by_id["lenet5"]["macs"] == spec_for("lenet5", (1, 28, 28), 10).macs


def test_one_network_is_shown_layer_by_layer_and_as_source(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["networks", "lenet5", "--dataset", "cifar10"]) == 0
    spec = spec_for("lenet5", (3, 32, 32), 10)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split() == ["all", f"{spec.parameters:,}", f"{spec.macs:,}"]
    assert cli.main(["networks", "lenet5", "--source", "--json", "-"]) == 0
    captured = capsys.readouterr()
    data = json.loads(captured.out)
    assert data["source"] in captured.err
    assert NetworkSpec.from_json(data["spec"]) == spec_for("lenet5", (1, 28, 28), 10)
    compile(data["source"], "source", "exec")


@pytest.mark.parametrize("options", ["nonet", "mlp:colour=3", "mlp --dataset nodata", "--source"])
def test_what_does_not_exist_is_wrong_use(options: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["networks", *options.split()]) == 2
    assert capsys.readouterr().err.count("\n") == 1
