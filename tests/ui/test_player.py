"""The timeline plays: moment by moment, never two at once, and not against anybody's will."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.questions import FirstLayers
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.player import GAP_MS, Player, Walk, stations
from cnnstudio.ui.widgets.transport import Transport

KEPT = (0, 1, 2, 4, 8, 16, 24, 32, 40)


@pytest.fixture
def raced(rig):
    rig.studio.set_picture(rig.studio.picture)
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    assert rig.studio.moments == KEPT
    return rig


def go_on(walk, rig):
    """What the walk's timer would do, the gap being over."""
    walk._gap.stop()
    rig.drain()
    walk.look()  # the answers are there
    walk._gap.stop()
    walk.look()  # and have been painted
    walk._gap.stop()


@pytest.fixture
def player(raced):
    made = Player(raced.studio)
    made.walk.gap_ms = made.walk.patience_ms = 10**6
    yield made
    made.stop()


def test_it_goes_through_every_kept_moment_once_and_ends_at_now(player, raced):
    seen = []
    raced.studio.moment_changed.connect(seen.append)
    player.play()
    for _ in range(20):
        go_on(player.walk, raced)
    assert seen == [*KEPT[:-1], None]
    assert not player.playing


def test_it_plays_from_the_moment_looked_at(player, raced):
    raced.studio.set_moment(8)
    player.play()
    assert raced.studio.moment == 16
    go_on(player.walk, raced)
    assert raced.studio.moment == 24


def test_a_run_that_goes_on_is_played_to_its_newest_moment_and_then_now(rig):
    rig.studio.run()
    rig.engine.advance(12)
    rig.drain()
    history, kept = rig.studio.history, rig.studio.moments
    assert stations(rig.studio) == (*(kept[:-1] if kept[-1] == history.step else kept), None)
    while rig.studio.history.step == rig.studio.moments[-1]:
        rig.engine.advance()
        rig.drain()
    assert stations(rig.studio) == (*rig.studio.moments, None)
    assert stations(rig.studio, rig.studio.moments[-1]) == (None,)


def test_the_next_moment_waits_for_the_views_answers(player, raced):
    raced.studio.moment_changed.connect(
        lambda step: raced.studio.ask(FirstLayers("digits", ("mlp",), step), lambda _: None, slot="view")
    )
    raced.engine.answer_at_once = False
    player.play()
    for _ in range(5):
        go_on(player.walk, raced)
    assert raced.studio.moment == 0
    raced.engine.answer_waiting()
    go_on(player.walk, raced)
    assert raced.studio.moment == 1
    assert player.playing


def test_an_answer_that_takes_too_long_is_not_waited_for(player, raced):
    raced.studio.moment_changed.connect(
        lambda step: raced.studio.ask(FirstLayers("digits", ("mlp",), step), lambda _: None, slot="view")
    )
    raced.engine.answer_at_once = False
    player.play()
    player.walk.patience_ms = 0
    go_on(player.walk, raced)
    assert raced.studio.moment == 1
    assert len(raced.studio.open_questions) == 1, "the newest wish has replaced the others"
    player.walk.patience_ms = None
    for _ in range(3):
        go_on(player.walk, raced)
    assert raced.studio.moment == 1


def test_a_long_question_of_before_holds_nothing_up(player, raced):
    raced.engine.answer_at_once = False
    raced.studio.ask(FirstLayers("digits", ("mlp",)), lambda _: None)
    player.play()
    go_on(player.walk, raced)
    assert raced.studio.moment == 1
    assert raced.studio.waits_for_answers


def test_the_gap_passes_first(player, raced):
    player.play()
    assert player.walk._gap.isActive()
    assert player.walk._gap.interval() == 10**6
    raced.drain()
    assert raced.studio.moment == 0


def test_an_answer_wakes_whoever_awaits_it(player, raced):
    raced.studio.moment_changed.connect(
        lambda step: raced.studio.ask(FirstLayers("digits", ("mlp",), step), lambda _: None, slot="view")
    )
    raced.engine.answer_at_once = False
    player.play()
    raced.drain()
    walk = player.walk
    assert walk._gap.interval() == 10**6, "no answer hurries a moment that is not due"
    walk.look()
    assert walk._gap.interval() > 0, "due, but not answered"
    raced.engine.answer_waiting()
    raced.drain()
    assert walk._gap.interval() == 0


def test_moments_keep_their_time_however_late_one_came(player):
    walk = player.walk
    times = iter((0, 130, 250, 900, 910, 1_000))
    walk._clock = type("Clock", (), {"start": lambda self: None, "elapsed": lambda self: next(times)})()
    walk.gap_ms = 100
    gaps = []
    walk.start((0, 1, 2, 4, 8, 16))
    for _ in range(5):
        gaps.append(walk._gap.interval())
        walk._step()
    gaps.append(walk._gap.interval())
    # Due at 100, 200, 300; then 500 too late, of which one gap is caught up.
    assert gaps == [100, 70, 50, 0, 90, 100]


def test_a_walk_waits_for_what_is_called_in(raced):
    walk, seen, puts_off = Walk(raced.studio), [], [True, True, False, False]
    walk.gap_ms = 10**6
    walk.settled.connect(seen.append)
    walk.catch_up = lambda: puts_off.pop(0)
    walk.start((4, 8))
    go_on(walk, raced)
    assert seen == [], "something was put off"
    go_on(walk, raced)
    assert seen == [], "and again"
    go_on(walk, raced)
    assert seen == [4]
    go_on(walk, raced)
    assert seen == [4, 8]


def test_where_the_study_is_already_its_open_questions_are_waited_for(player, raced):
    raced.studio.set_moment(0)
    raced.drain()
    raced.engine.answer_at_once = False
    raced.studio.ask(FirstLayers("digits", ("mlp",), 0), lambda _: None, slot="view")
    walk, seen = player.walk, []
    walk.patience_ms = None
    walk.settled.connect(seen.append)
    walk.start((0, 1))
    go_on(walk, raced)
    assert seen == []
    raced.engine.answer_waiting()
    go_on(walk, raced)
    assert seen == [0]


@pytest.mark.parametrize("step", [24, None])
def test_whoever_chooses_a_moment_stops_it(player, raced, step):
    player.play()
    raced.studio.set_moment(step)
    assert not player.playing
    assert raced.studio.moment == step


def test_a_new_run_stops_it(player, raced):
    player.play()
    raced.studio.run()
    assert not player.playing


def test_weights_that_are_read_again_do_not_stop_it(player, raced):
    player.play()
    raced.studio.set_moments(KEPT)
    assert player.playing


def test_a_moment_that_is_thinned_away_does_not_stop_it(player, raced):
    player.play()
    go_on(player.walk, raced)
    go_on(player.walk, raced)
    assert raced.studio.moment == 2
    raced.studio.moments = tuple(step for step in KEPT if step not in (2, 4))
    raced.studio.set_moment(2)
    assert (player.playing, raced.studio.moment) == (True, 1)
    go_on(player.walk, raced)
    assert raced.studio.moment == 1, "the nearest that is left of 4 would be 1 or 8"
    go_on(player.walk, raced)
    assert raced.studio.moment == 8


def test_again_and_again(player, raced):
    for _ in range(2):
        player.toggle()
        assert player.playing
        player.toggle()
        assert not player.playing
    assert raced.studio.moment == 1


def test_there_may_be_nothing_to_play(rig, filled, qtbot):
    player = Player(rig.studio)
    assert "nothing to play" in player.why_not
    player.play()
    assert not player.playing
    rig.studio.run()
    rig.engine.advance(4)
    rig.drain()
    assert "fewer than two" in player.why_not
    filled.weights = "lost"
    assert "not kept" in Player(filled).why_not
    filled.weights = "opening"
    assert "still being read" in Player(filled).why_not


def test_three_speeds_in_a_circle(player):
    told = []
    player.changed.connect(lambda: told.append(player.speed))
    for _ in range(3):
        player.next_speed()
    assert told == ["fast", "slow", "normal"]
    assert player.walk.gap_ms == GAP_MS["normal"]
    player.set_speed("warp")
    assert player.speed == "normal"


def test_a_walk_tells_where_it_is_settled(raced):
    walk, seen, ends = Walk(raced.studio), [], []
    walk.gap_ms = 10**6
    walk.settled.connect(seen.append)
    walk.ended.connect(ends.append)
    walk.start((4, None))
    for _ in range(4):
        go_on(walk, raced)
    assert (seen, ends) == ([4, None], [True])
    walk.start(())
    assert ends == [True]
    walk.start((4,))
    walk.stop()
    assert ends == [True, False]


def test_it_plays_by_its_own_timer(raced, qtbot):
    player = Player(raced.studio)
    player.set_speed("fast")
    player.walk.gap_ms = 0
    player.play()
    qtbot.waitUntil(lambda: not player.playing)
    assert raced.studio.moment is None


def test_the_buttons_say_what_they_do_and_why_not(rig, qtbot):
    bar = Transport(rig.studio)
    qtbot.addWidget(bar)
    bar.resize(1_400, 80)
    bar.show()
    play, speed = bar.play_bar.play_button, bar.play_bar.speed_button
    assert not play.isEnabled()
    assert "nothing to play" in play.toolTip()
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    assert play.isEnabled()
    assert play.toolTip().startswith("Play the moments")
    bar.player.walk.gap_ms = 10**6
    play.click()
    assert bar.player.playing
    assert play.accessibleName() == "Stop playing"
    assert rig.studio.moment == 0
    bar.timeline.chosen.emit(8)
    assert not bar.player.playing
    speed.click()
    assert speed.text() == "fast"
    for _ in range(2):  # narrower at once; the words of the buttons go first, then the speed
        bar.resize(700, 80)
    assert not speed.isVisible()


def test_keys_play_and_change_the_speed(raced, qtbot):
    raced.studio.set_config(RaceConfig())
    window = MainWindow(raced.studio)
    qtbot.addWidget(window)
    window.show()
    QApplication.processEvents()
    player = window.transport.player
    player.walk.gap_ms = 10**6
    QTest.keyClick(window, Qt.Key.Key_T)
    assert player.playing
    QTest.keyClick(window, Qt.Key.Key_T)
    assert not player.playing
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert player.speed == "fast"
