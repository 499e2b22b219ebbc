"""The mailbox: bounded, nothing of importance lost, woken once."""

from __future__ import annotations

import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import (
    Answered,
    Answering,
    EngineReady,
    EngineUnavailable,
    Event,
    MomentKept,
    Notice,
    Paused,
    Preparing,
    RunEnded,
    StepEnd,
)
from cnnstudio.runtime.mailbox import Batch, Mailbox


def point(step: int, run_id: int = 1) -> StepEnd:
    return StepEnd(run_id, step, step * 64, step / 10, 1e-3, ())


def test_empty_gives_nothing():
    assert Mailbox().take() == Batch()
    assert not Mailbox().take()


def test_points_and_events_come_out_once_and_in_order():
    mailbox = Mailbox()
    for event in (point(1), MomentKept(1, 1, (1,)), point(2), Paused(1, 2)):
        mailbox.put(event)
    assert mailbox.take() == Batch((point(1), point(2)), (MomentKept(1, 1, (1,)), Paused(1, 2)))
    assert not mailbox.take()


@given(count=st.integers(1, 3_000), most=st.integers(2, 64))
def test_points_are_bounded_evenly_thinned_and_end_with_the_newest(count: int, most: int):
    mailbox = Mailbox(most_points=most)
    for step in range(1, count + 1):
        mailbox.put(point(step))
    steps = [kept.step for kept in mailbox.take().points]
    assert len(steps) <= most
    assert steps[-1] == count
    assert steps == sorted(set(steps))
    if count < most // 2 * 2:
        assert steps == list(range(1, count + 1))
    else:
        assert len(steps) >= most // 4
        gaps = {after - before for before, after in itertools.pairwise(steps[:-1])}
        assert len(gaps) <= 1
        assert all(gap & (gap - 1) == 0 for gap in gaps)


def test_after_a_take_points_are_whole_again():
    mailbox = Mailbox(most_points=4)
    for step in range(100):
        mailbox.put(point(step))
    mailbox.take()
    for step in (101, 102, 103):
        mailbox.put(point(step))
    assert [kept.step for kept in mailbox.take().points] == [101, 102, 103]


def test_only_the_newest_progress_of_a_run_stays_in_its_newest_place():
    mailbox = Mailbox()
    for event in (Preparing(1, 0.1, "a"), Paused(1, 0), Preparing(2, 0.5, "b"), Preparing(1, 0.9, "c")):
        mailbox.put(event)
    mailbox.put(Answering(7, 0.1, "reading"))
    mailbox.put(Answering(7, 0.2, "reading"))
    assert mailbox.take().events == (
        Paused(1, 0),
        Preparing(2, 0.5, "b"),
        Preparing(1, 0.9, "c"),
        Answering(7, 0.2, "reading"),
    )


def test_progress_is_not_remembered_across_a_take():
    mailbox = Mailbox()
    mailbox.put(Preparing(1, 0.1, "a"))
    mailbox.take()
    mailbox.put(Paused(1, 0))
    mailbox.put(Preparing(1, 0.2, "a"))
    assert mailbox.take().events == (Paused(1, 0), Preparing(1, 0.2, "a"))


@pytest.mark.parametrize(
    "event", [Answered(1), EngineReady("2", "cpu", 1.0), EngineUnavailable(ErrorReport("No torch."))]
)
def test_wakes_once_until_the_next_take(event: Event):
    woken: list[int] = []
    mailbox = Mailbox(lambda: woken.append(1))
    mailbox.put(event)
    mailbox.put(event)
    assert len(woken) == 1
    mailbox.take()
    mailbox.put(event)
    assert len(woken) == 2


def test_nothing_else_wakes():
    woken: list[int] = []
    mailbox = Mailbox(lambda: woken.append(1))
    for event in (
        point(1),
        Paused(1, 1),
        Preparing(1, 0.1, "a"),
        Notice(ErrorReport("Look.")),
        RunEnded(1, "stopped", 1, 1),
    ):
        mailbox.put(event)
    assert not woken


def test_a_callback_set_later_is_called():
    woken: list[int] = []
    mailbox = Mailbox()
    mailbox.put(Answered(1))
    mailbox.set_wake(lambda: woken.append(1))
    mailbox.put(Answered(2))
    assert len(woken) == 1


def test_the_callback_may_take():
    batches: list[Batch] = []
    mailbox = Mailbox()
    mailbox.set_wake(lambda: batches.append(mailbox.take()))
    mailbox.put(Answered(1))
    mailbox.put(Answered(2))
    assert [batch.events for batch in batches] == [(Answered(1),), (Answered(2),)]


def test_two_writers_and_a_reader_lose_no_event_and_keep_each_writers_order():
    mailbox = Mailbox(most_points=16)
    start = threading.Barrier(3)
    done = threading.Semaphore(0)

    def write(run_id: int) -> None:
        start.wait()
        for step in range(1, 2_001):
            mailbox.put(point(step, run_id))
            if step % 10 == 0:
                mailbox.put(MomentKept(run_id, step, ()))
        done.release()

    writers = [threading.Thread(target=write, args=(run_id,)) for run_id in (1, 2)]
    for writer in writers:
        writer.start()
    start.wait()
    events: list[Event] = []
    most_points = finished = 0
    while finished < len(writers):
        finished += done.acquire(blocking=False)
        batch = mailbox.take()
        most_points = max(most_points, len(batch.points))
        events.extend(batch.events)
    for writer in writers:
        writer.join()
    events.extend(mailbox.take().events)
    assert most_points <= 16
    for run_id in (1, 2):
        assert [event.step for event in events if event.run_id == run_id] == list(range(10, 2_001, 10))


def test_what_is_known_of_an_answer_is_not_lost_under_newer_progress():
    mailbox = Mailbox()
    mailbox.put(Answering(7, 0.1, "learning", {"test": 0.5}))
    mailbox.put(Answering(7, 0.2, "learning"))
    mailbox.put(Answering(8, 0.9, "another question"))
    assert mailbox.take().events == (
        Answering(7, 0.2, "learning", {"test": 0.5}),
        Answering(8, 0.9, "another question"),
    )
    mailbox.put(Answering(7, 0.3, "learning"))
    assert mailbox.take().events == (Answering(7, 0.3, "learning"),)
