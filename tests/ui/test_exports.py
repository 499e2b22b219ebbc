"""Exports: curves as PNG, SVG and CSV, the run as JSON, the weights as safetensors."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import RunStarted
from cnnstudio.core.history import History
from cnnstudio.core.questions import SaveWeights
from cnnstudio.ui.widgets import exports
from cnnstudio.ui.widgets._race_lines import Wanted
from cnnstudio.ui.widgets.exports import ExportMenu, curves_csv, export
from cnnstudio.ui.widgets.folder_dialog import FolderDialog
from tests.made_up import scripted_run


@pytest.fixture
def history():
    made = None
    for event in scripted_run():
        if isinstance(event, RunStarted):
            made = History(event)
        if made is not None:
            made.add(event)
    return made


def test_csv_has_every_measurement(history):
    rows = list(csv.DictReader(io.StringIO(curves_csv(history))))
    assert len(rows) == 2 * len(history.evaluations)
    last = rows[-1]
    assert last["network"] == "lenet5"
    assert float(last["test_accuracy"]) == history.latest("lenet5").test.accuracy
    assert (int(last["step"]), int(last["pictures_seen"]), int(last["test_looks"])) == (40, 2_560, 6)


@pytest.mark.parametrize("wanted", [Wanted(), Wanted("loss", "seconds", True, True, log_x=True)], ids=["plain", "all"])
def test_png_holds_the_colours_of_the_networks(history, tmp_path, wanted):
    path = tmp_path / "race.png"
    export(path, history, wanted)
    with Image.open(path) as image:
        assert image.size == (1600, 900)
        colours = {colour for _, colour in image.convert("RGB").getcolors(2**20)}
    assert {(0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)} <= colours


def test_svg_is_text_and_the_same_each_time(history, tmp_path):
    path = tmp_path / "race.svg"
    export(path, history, Wanted())
    first = path.read_bytes()
    texts = "".join(ET.fromstring(first).itertext())
    assert "CNN test 82.6 %" in texts
    assert "looked at 6 times" in texts
    export(path, history, Wanted())
    assert path.read_bytes() == first


def test_json_repeats_the_run(history, tmp_path):
    path = tmp_path / "race.json"
    export(path, history, Wanted())
    data = json.loads(path.read_text())
    assert data["schema"] == 1
    assert RaceConfig.from_json(data["config"]) == history.started.config
    assert data["seed"] == 0
    assert data["versions"]["torch"] == "2.13"
    again = History.from_json(data["history"])
    for a, b in zip(again.curve("mlp", "test", "loss"), history.curve("mlp", "test", "loss"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_refusals_are_sentences(history, tmp_path):
    with pytest.raises(StudioError, match=r"\.png, \.svg"):
        export(tmp_path / "race.doc", history, Wanted())
    (tmp_path / "file").write_text("")
    with pytest.raises(StudioError):
        export(tmp_path / "file" / "race.csv", history, Wanted())


@pytest.fixture
def menu(rig, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    return ExportMenu(rig.studio, Wanted, parent)


@pytest.mark.parametrize(("entry", "ending"), [(0, "png"), (1, "svg"), (2, "csv"), (3, "json")])
def test_the_menu_writes_where_the_dialog_says(menu, rig, tmp_path, monkeypatch, qtbot, entry, ending):
    asked = []

    def ask(*args):
        asked.append(args)
        return str(tmp_path / "curve"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    with qtbot.waitSignal(menu._studio.told, timeout=5000) as said, qtbot.waitSignal(menu.exported) as done:
        menu.actions()[entry].trigger()
    assert said.args == [f"Saved as {done.args[0]}"]
    assert done.args[0] == tmp_path / f"curve.{ending}", "the ending is added where none was typed"
    assert done.args[0].stat().st_size > 100
    assert rig.studio.export_folder == str(tmp_path)
    menu.actions()[entry].trigger()
    assert asked[1][2].startswith(str(tmp_path)), "the next one begins in the same folder"


def test_a_cancelled_dialog_writes_nothing(menu, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: ("", ""))
    menu.actions()[0].trigger()
    assert list(tmp_path.glob("*.png")) == []


def test_a_failure_becomes_a_notice(menu, rig, tmp_path, qtbot):
    (tmp_path / "file").write_text("")
    with qtbot.waitSignal(rig.studio.notice, timeout=1000) as told:
        menu.save(tmp_path / "file" / "race.csv")
    assert "failed" in told.args[0].what


def test_weights_are_the_engines_work_at_the_moment(menu, rig, tmp_path, monkeypatch, qtbot):
    paths = (tmp_path / "mlp.safetensors", tmp_path / "lenet5.safetensors")
    rig.engine.answers[SaveWeights] = lambda question: paths
    monkeypatch.setattr(exports, "ask_folder", lambda *args: str(tmp_path))
    said = []
    rig.studio.told.connect(said.append)
    rig.studio.set_moment(16)
    done = []
    menu.exported.connect(done.append)
    menu.actions()[4].trigger()
    rig.drain()
    assert rig.engine.questions_of(SaveWeights) == [SaveWeights(tmp_path, 16)]
    assert tuple(done) == paths
    assert said == [f"Saved mlp.safetensors, lenet5.safetensors in {tmp_path}"]
    rig.engine.answers[SaveWeights] = lambda question: ErrorReport("The disk is full.")
    with qtbot.waitSignal(rig.studio.notice, timeout=1000) as told:
        menu.actions()[4].trigger()
        rig.drain()
    assert told.args[0].what == "The disk is full."


def test_a_folder_that_is_named_and_not_there_is_made(qtbot, tmp_path):
    dialog = FolderDialog(None, "Weights", str(tmp_path))
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    qtbot.addWidget(dialog)
    dialog.show()
    named = dialog.findChild(QLineEdit, "fileNameEdit")
    named.setText("epoch 3")
    dialog.accept()
    assert (tmp_path / "epoch 3").is_dir()
    assert dialog.result() == QFileDialog.DialogCode.Accepted
    assert dialog.selectedFiles() == [str(tmp_path / "epoch 3")]
