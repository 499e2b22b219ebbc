"""Which run is next."""

from __future__ import annotations

from cnnstudio.core.experiment import Order, Result
from cnnstudio.runtime._waiting import Waiting

SECONDS = {10: 1.0, 100: 2.0, 1000: 5.0}
ORDERS = [Order("toy", {"examples": size, "seed": seed}) for seed in range(3) for size in SECONDS]


def result(order, seconds=None):
    return Result(order, {}, SECONDS[order.params["examples"]] if seconds is None else seconds)


def taken(waiting):
    found = []
    while waiting:
        assert waiting.next() == waiting.next()
        found.append(waiting.take())
    return found


def test_the_plan_decides_while_nothing_is_known():
    waiting = Waiting()
    assert not waiting
    waiting.add(ORDERS)
    waiting.note(result(ORDERS[0]))
    waiting.note(result(ORDERS[2]))
    assert taken(waiting) == ORDERS


def test_the_longest_is_next_once_every_length_is_known():
    waiting = Waiting()
    waiting.add(ORDERS)
    first = [waiting.take() for _ in SECONDS]
    assert first == ORDERS[:3]
    for order in first:
        waiting.note(result(order))
    assert [(order.params["examples"], order.params["seed"]) for order in taken(waiting)] == [
        (1000, 1), (1000, 2), (100, 1), (100, 2), (10, 1), (10, 2),
    ]  # fmt: skip


def test_the_tail_is_short():
    """With two workers both end at nearly the same time, whatever the order of the plan."""
    waiting, ends = Waiting(), [0.0, 0.0]
    for order in ORDERS:
        waiting.note(result(order))
    waiting.add(ORDERS)
    for order in taken(waiting):
        ends[ends.index(min(ends))] += SECONDS[order.params["examples"]]
    assert abs(ends[0] - ends[1]) <= min(SECONDS.values())


def test_runs_that_are_done_again_keep_their_place():
    waiting = Waiting()
    for order in ORDERS:
        waiting.note(result(order))
    waiting.add(ORDERS[:2])
    waiting.put_back(ORDERS[3])
    waiting.put_last([ORDERS[2]])
    assert taken(waiting) == [ORDERS[3], ORDERS[0], ORDERS[1], ORDERS[2]]
