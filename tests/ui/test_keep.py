"""What is kept: written soon, read back, never overwritten by a second instance."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.inside import Film, FilmStrip
from cnnstudio.core.paths import study_folder
from cnnstudio.core.questions import NO_RUN, BothWrong, KeepRun, OpenRun, Reopened
from cnnstudio.core.runs import RunRecord, kept_runs, runs_folder
from cnnstudio.ui import keep
from cnnstudio.ui.dialogs import ask_second_instance
from cnnstudio.ui.keep import Keeper, lock_study, study_file
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import DARK, LIGHT


@pytest.fixture
def start(rig):
    """Begins a session of the program on the same folders: gives a keeper that has restored."""
    made = []

    def begin(studio=None, window=None, **options):
        keeper = Keeper(studio or rig.studio, window, **options)
        made.append(keeper)
        keeper.restore()
        return keeper

    yield begin
    for keeper in made:
        keeper.close()


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


def test_a_finished_run_is_on_the_disk_and_comes_back_as_the_open_one(rig, start):
    keeper = start()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    keeper.close()
    records, reports = kept_runs()
    assert reports == []
    assert [record.history.step for record in records] == [40]
    assert len(rig.engine.questions_of(KeepRun)) == 1

    studio = Studio(rig.engine)
    second = start(studio)
    second.restore_runs()
    assert studio.history.step == 40
    assert studio.history.started.run_id < 0
    studio.take((), ())
    rig.engine.answers[OpenRun] = lambda question: Reopened(1, studio.history.kept)
    studio.ready = object()
    second._open_last(studio.ready)
    studio.take((), rig.engine.mailbox.take().events)
    assert studio.moments == studio.history.kept


def come_back(rig, start, qtbot, answer):
    """The next start on the same folders, after the engine's word on the kept weights."""
    studio = Studio(rig.engine)
    window = MainWindow(studio)
    qtbot.addWidget(window)
    keeper = start(studio, window)
    window.resize(1440, 900)
    window.show()
    keeper.restore_runs()
    rig.engine.answers[OpenRun] = answer
    rig.engine.start()
    bring(rig, studio)
    bring(rig, studio)
    return studio, window


def bring(rig, studio):
    batch = rig.engine.mailbox.take()
    studio.take(batch.points, batch.events)


def test_the_timeline_of_a_run_that_came_back_is_whole(rig, start, qtbot):
    keeper = start()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    keeper.close()
    studio, window = come_back(rig, start, qtbot, lambda question: Reopened(-1, (0, 1, 8, 40)))
    timeline = window.transport.timeline
    assert timeline.accessibleDescription() == "Now: step 40 of 40."
    assert studio.moments == (0, 1, 8, 40)
    middle = timeline.rect().center()
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(round(timeline.x_of(8)), middle.y()))
    assert studio.moment == 8
    QTest.keyClick(timeline, Qt.Key.Key_End)
    assert studio.moment is None
    QTest.keyClick(timeline, Qt.Key.Key_Left)
    assert studio.moment == 8


def test_a_run_that_came_back_plays_and_has_its_film(rig, start, qtbot):
    keeper = start()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    keeper.close()
    studio, window = come_back(rig, start, qtbot, lambda question: Reopened(-1, (0, 1, 8, 40)))
    player, visited = window.transport.player, []
    assert window.transport.play_bar.play_button.isEnabled()
    studio.moment_changed.connect(visited.append)
    player.walk.gap_ms = 0
    player.play()

    def is_over():
        bring(rig, studio)
        return not player.playing

    qtbot.waitUntil(is_over)
    assert visited == [0, 1, 8, None]
    rig.engine.answers[Film] = lambda question: FilmStrip(np.zeros((4, 1, 5, 5), np.float32), question.steps)
    window.open_panel("film")
    bring(rig, studio)
    assert [question.steps for question in rig.engine.questions_of(Film)] == [(0, 1, 8, 40)] * 2
    assert {row.mosaic.count for row in window.panel._rows.values()} == {4}
    window.panel._pacer.stop()


def test_the_folder_of_the_last_export_comes_back(rig, start, tmp_path):
    keeper = start()
    rig.studio.export_folder = str(tmp_path)
    keeper.save()
    keeper.close()
    studio = Studio(rig.engine)
    start(studio)
    assert studio.export_folder == str(tmp_path)


def test_a_run_without_weights_says_so_and_nothing_else(rig, start, qtbot):
    keeper = start()
    rig.studio.run()
    rig.engine.advance(20)
    rig.drain()
    keeper.save()
    keeper._write_run(RunRecord("killed", "", rig.studio.history))
    keeper._writer.shutdown(wait=True)
    keeper._writes = False
    studio, window = come_back(rig, start, qtbot, lambda question: ErrorReport("Its weights are not there."))
    assert studio.outcome is None
    assert window.transport.left.text() == "broken off, weights not kept"
    assert "before they were on the disk" in window.transport.left.toolTip()
    rig.engine.answers[BothWrong] = lambda question: ErrorReport(NO_RUN, remedy="Press Run, or open a kept run.")
    told = []
    studio.ask(BothWrong("mlp", "lenet5"), told.append, told.append)
    bring(rig, studio)
    assert [report.what for report in told] == ["The weights of this run were not kept."]
    assert studio.weights == "lost"


def test_weights_that_are_being_read_are_said_to_be(rig, start, qtbot):
    keeper = start()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    keeper.close()
    studio = Studio(rig.engine)
    start(studio).restore_runs()
    rig.engine.answers[BothWrong] = lambda question: ErrorReport(NO_RUN)
    told = []
    studio.ask(BothWrong("mlp", "lenet5"), told.append, told.append)
    bring(rig, studio)
    assert [report.what for report in told] == ["The weights of this run are being read."]


def test_runs_are_renamed_and_removed_on_the_disk_too(rig, start):
    keeper = start()
    for _ in range(2):
        rig.studio.run()
        rig.engine.finish()
        rig.drain()
    first = rig.studio.past[0]
    rig.studio.rename_run(first.id, "shifted")
    keeper.close()
    assert [record.name for record in kept_runs()[0]] == ["shifted", "Run 2"]

    studio = Studio()
    second = start(studio)
    second.restore_runs()
    studio.remove_run(studio.past[0].id)
    second.close()
    assert [record.name for record in kept_runs()[0]] == ["Run 2"]


def test_a_run_that_the_next_one_broke_off_is_kept(rig, start):
    keeper = start()
    rig.studio.run()
    rig.engine.advance(20)
    rig.drain()
    first, step = rig.studio.run_id, rig.studio.history.step
    rig.studio.again(new_weights=False)
    keeper.close()
    records = kept_runs()[0]
    assert [(record.history.ended.outcome, record.history.ended.step) for record in records] == [("stopped", step)]
    folder = runs_folder() / records[0].id
    assert rig.engine.questions_of(KeepRun) == [KeepRun(folder, first)]


def test_a_run_that_closing_breaks_off_is_kept(rig, start):
    keeper = start()
    rig.studio.run()
    rig.engine.advance(20)
    rig.drain()
    questions = keeper.last_questions()
    keeper.close()
    records = kept_runs()[0]
    assert [record.history.step for record in records] == [rig.studio.history.step]
    assert records[0].history.ended.outcome == "stopped"
    assert questions == (KeepRun(runs_folder() / records[0].id, rig.studio.run_id),)


def test_weights_that_the_engine_still_owes_are_written_at_the_close(rig, start):
    keeper = start()
    rig.engine.answer_at_once = False
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    owed = keeper.last_questions()
    assert [question.run_id for question in owed] == [rig.studio.run_id]
    rig.engine.answers[KeepRun] = lambda question: question.folder
    rig.engine.answer_waiting()
    rig.drain()
    assert keeper.last_questions() == ()


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


def test_a_run_that_is_killed_keeps_its_curves(rig, start, monkeypatch):
    monkeypatch.setattr(keep, "_RUN_LEAST_S", 0.0)
    keeper = start()
    rig.studio.run()
    rig.engine.advance(20)
    rig.drain()
    keeper._writer.shutdown(wait=True)
    records, _ = kept_runs()
    assert [0 < record.history.step <= 20 for record in records] == [True]
    assert records[0].history.ended is None
    keeper._writes = False


def test_what_was_written_on_the_way_becomes_the_finished_run(rig, start, monkeypatch):
    monkeypatch.setattr(keep, "_RUN_LEAST_S", 0.0)
    keeper = start()
    for _ in range(2):
        rig.studio.run()
        rig.engine.advance(20)
        rig.drain()
        rig.engine.finish()
        rig.drain()
    rig.studio.run()
    rig.engine.advance(20)
    rig.drain()
    broken_off = rig.studio.history.step
    rig.studio.again(new_weights=False)
    keeper.close()
    assert [record.history.step for record in kept_runs()[0]] == [40, 40, broken_off]


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
