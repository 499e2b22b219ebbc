"""What is kept: written soon, read back, never overwritten by a second instance."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.paths import study_folder
from cnnstudio.core.questions import KeepRun
from cnnstudio.core.runs import kept_runs
from cnnstudio.ui import keep
from cnnstudio.ui.dialogs import ask_second_instance
from cnnstudio.ui.keep import lock_study, study_file
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import DARK, LIGHT


def content():
    return json.loads(study_file().read_text(encoding="utf-8"))


def test_a_change_is_written_soon_and_once(rig, start, monkeypatch, qtbot):
    monkeypatch.setattr(keep, "_DELAY_MS", 20)
    written = []
    monkeypatch.setattr(keep, "write_json", lambda *args: written.append(args))
    start()
    for epochs in (3, 4, 5):
        rig.studio.set_config(RaceConfig(epochs=epochs))
    qtbot.waitUntil(lambda: bool(written))
    assert len(written) == 1
    assert written[0][1]["config"]["epochs"] == 5


def test_the_set_up_and_the_look_come_back(rig, start):
    first = start()
    rig.studio.set_config(RaceConfig(dataset="glyphs", epochs=3, networks=("local",)))
    rig.studio.set_theme(DARK)
    first.close()
    second = Studio()
    start(second).close()
    assert second.config == RaceConfig(dataset="glyphs", epochs=3, networks=("local",))
    assert second.theme is DARK


def test_a_run_that_could_not_start_writes_nothing(rig, start):
    """The run before is open again, and is on the disk once."""
    keeper = start()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.studio.run()
    rig.engine.fail("No such folder.")
    rig.drain()
    keeper.close()
    records, _ = kept_runs()
    assert [record.history.step for record in records] == [rig.studio.history.step]
    assert rig.studio.open_kept.id == records[0].id


def test_the_drawing_and_the_panel_come_back(rig, start, qtbot):
    window = MainWindow(rig.studio)
    qtbot.addWidget(window)
    first = start(window=window)
    last = list(window.panels)[-1]
    window.picture.canvas.clear() if hasattr(window.picture.canvas, "clear") else None
    drawing = window.picture.drawing_json()
    window.open_panel(last)
    first.save()
    first.close()
    studio = Studio()
    again = MainWindow(studio)
    qtbot.addWidget(again)
    start(studio, again).close()
    assert again.picture.drawing_json() == drawing
    assert again.open_id == last


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "x"}', "\x00\xff"])
def test_a_broken_file_is_set_aside_and_told(rig, start, text):
    study_folder().mkdir(parents=True)
    study_file().write_text(text, encoding="latin-1")
    told = []
    rig.studio.notice.connect(told.append)
    start()
    assert len(told) == 1
    assert [path.name for path in study_folder().glob("*.broken")] == ["study.json.broken"]
    assert rig.studio.config == RaceConfig()


@pytest.mark.parametrize("config", [{"epochs": None}, {"networks": 3}, [], {"nonsense": 1}])
def test_strange_contents_do_not_stop_the_start(rig, start, config):
    study_folder().mkdir(parents=True)
    study_file().write_text(
        json.dumps({"schema": 1, "config": config, "theme": 7, "picture": {"sheet": 1}, "panels": 3})
    )
    start()


def test_a_study_of_a_newer_program_is_left_as_it_is(rig, start):
    study_folder().mkdir(parents=True)
    text = json.dumps({"schema": 999, "config": {}})
    study_file().write_text(text)
    keeper = start()
    rig.studio.set_config(RaceConfig(epochs=3))
    keeper.save()
    keeper.close()
    assert study_file().read_text() == text


def test_what_another_version_wrote_is_kept(rig, start):
    study_folder().mkdir(parents=True)
    study_file().write_text(json.dumps({"schema": 1, "lesson": 7}))
    keeper = start()
    keeper.save()
    keeper.close()
    assert content()["lesson"] == 7


def test_the_folder_of_the_last_export_comes_back(rig, start, tmp_path):
    keeper = start()
    rig.studio.export_folder = str(tmp_path)
    keeper.save()
    keeper.close()
    studio = Studio(rig.engine)
    start(studio)
    assert studio.export_folder == str(tmp_path)


def test_a_second_instance_gets_no_lock_and_writes_nothing(rig, start):
    first = lock_study()
    assert first is not None
    assert lock_study() is None
    keeper = start(writes=False)
    rig.studio.set_config(RaceConfig(epochs=3))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    rig.studio.run()
    rig.engine.advance(20)
    rig.drain()
    keeper.save()
    assert keeper.last_questions() == ()
    keeper.close()
    assert not study_file().exists()
    assert rig.engine.questions_of(KeepRun) == []
    assert kept_runs() == ([], [])
    first.unlock()
    again = lock_study()
    assert again is not None
    again.unlock()


def test_a_full_disk_is_told_and_nothing_stops(rig, start, monkeypatch):
    from cnnstudio.core.errors import StudioError

    def full(*args):
        raise StudioError("The disk is full.")

    monkeypatch.setattr(keep, "write_json", full)
    told = []
    rig.studio.notice.connect(told.append)
    keeper = start()
    keeper.save()
    keeper.close()
    assert [report.what for report in told] == ["The disk is full."]


def test_the_geometry_is_in_the_programs_own_folder(rig, start, qtbot, home):
    window = MainWindow(rig.studio)
    qtbot.addWidget(window)
    start(window=window).close()
    assert (home / "config" / "window.ini").is_file()
    assert LIGHT is rig.studio.theme


@pytest.mark.parametrize(("label", "goes_on"), [("Open without keeping", True), ("Quit", False)])
def test_a_second_instance_asks(qtbot, label, goes_on):
    def choose():
        box = QApplication.activeModalWidget()
        assert "already open" in box.text()
        assert "nothing you do in it will be kept" in box.informativeText()
        assert box.defaultButton().text() == "Quit"
        next(button for button in box.buttons() if button.text() == label).click()

    QTimer.singleShot(0, choose)
    assert ask_second_instance() is goes_on


def test_a_second_instance_that_is_left_does_not_open(monkeypatch):
    from cnnstudio.ui import app, dialogs

    lock = lock_study()
    assert app._may_keep(lock) is True
    for answer, expected in ((True, False), (False, None)):
        monkeypatch.setattr(dialogs, "ask_second_instance", lambda answer=answer: answer)
        assert app._may_keep(lock_study()) is expected
    lock.unlock()
