"""Runs are kept as they go and come back whole; one that was renamed, removed or broken off is so on the disk too."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.inside import Film, FilmStrip
from cnnstudio.core.questions import NO_RUN, BothWrong, KeepRun, OpenRun, Reopened
from cnnstudio.core.runs import RunRecord, kept_runs, runs_folder
from cnnstudio.ui import keep
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.studio import Studio


def run_and_close(rig, start):
    """A whole run, kept, before the window is closed."""
    keeper = start()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    keeper.close()


def test_a_finished_run_is_on_the_disk_and_comes_back_as_the_open_one(rig, start):
    run_and_close(rig, start)
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
    run_and_close(rig, start)
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
    run_and_close(rig, start)
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
    run_and_close(rig, start)
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
