"""The bridge: bounded, woken for answers, quiet when there is nothing to wait for."""

from __future__ import annotations

import threading

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answered, Notice
from cnnstudio.runtime.mailbox import Mailbox
from cnnstudio.ui.bridge import Bridge
from tests.made_up import step_end


class Taker:
    def __init__(self):
        self.batches, self.threads, self.awaited = [], set(), False

    def __call__(self, points, events):
        self.threads.add(threading.get_ident())
        self.batches.append((points, events))


def make(taker):
    mailbox = Mailbox()
    return mailbox, Bridge(mailbox, taker, lambda: taker.awaited)


def test_everything_is_taken_at_once(qapp):
    taker = Taker()
    mailbox, bridge = make(taker)
    for step in range(1, 101):
        mailbox.put(step_end(1, step, RaceConfig()))
    mailbox.put(Notice(ErrorReport("A.")))
    bridge.drain()
    bridge.drain()
    assert len(taker.batches) == 1
    points, events = taker.batches[0]
    assert points[-1].step == 100
    assert len(events) == 1
    bridge.close()


def test_an_answer_wakes_the_window_from_another_thread(qtbot):
    taker = Taker()
    mailbox, bridge = make(taker)
    thread = threading.Thread(target=mailbox.put, args=(Answered(1, answer=2),))
    thread.start()
    thread.join()
    assert not bridge.ticking
    qtbot.waitUntil(lambda: bool(taker.batches))
    assert taker.threads == {threading.get_ident()}
    bridge.close()


def test_the_timer_runs_while_something_is_awaited_and_then_stops(qtbot, monkeypatch):
    monkeypatch.setattr("cnnstudio.ui.bridge._QUIET_TICKS", 1)
    taker = Taker()
    _, bridge = make(taker)
    assert not bridge.ticking
    taker.awaited = True
    bridge.listen()
    for _ in range(5):
        bridge._tick()
    assert bridge.ticking
    taker.awaited = False
    bridge._tick()
    bridge._tick()
    assert not bridge.ticking
    bridge.close()


def test_the_interval_grows_when_ticks_are_dear_and_shrinks_again(qapp):
    taker = Taker()
    _, bridge = make(taker)
    for _ in range(20):
        bridge._adapt(1.0)
    assert bridge.interval_ms == 200
    for _ in range(60):
        bridge._adapt(0.0)
    assert bridge.interval_ms == limits.FRAME_MS
    bridge.close()


def test_a_view_that_fails_is_logged_and_the_next_batch_arrives(qapp, expected_log):
    expected_log("a view failed")
    seen = []

    def take(points, events):
        seen.append(events)
        raise RuntimeError("a bug")

    mailbox = Mailbox()
    bridge = Bridge(mailbox, take, lambda: False)
    for what in ("A.", "B."):
        mailbox.put(Notice(ErrorReport(what)))
        bridge.drain()
    assert len(seen) == 2
    bridge.close()


def test_a_wake_up_that_comes_too_late_is_passed_over(qapp):
    taker = Taker()
    mailbox, bridge = make(taker)
    mailbox.put(Answered(1, answer=2))
    bridge.close()
    qapp.processEvents()
    assert taker.batches == []


def test_nothing_is_posted_to_a_closed_bridge(qapp):
    taker = Taker()
    mailbox, bridge = make(taker)
    bridge.close()
    mailbox.put(Answered(1, answer=2))
    bridge.wake()
    qapp.processEvents()
    assert taker.batches == []
    bridge.listen()
    assert not bridge.ticking
