"""Single runs that follow a slider."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.experiment import Measure, Order, Result
from cnnstudio.ui.live_runs import LiveRuns


def order(place: int) -> Order:
    return Order("jitter", {"network": "mlp", "jitter": place})


@pytest.fixture
def live(rig):
    owner = QObject()
    made = LiveRuns(rig.studio, owner)
    yield made
    owner.deleteLater()


def left(live) -> int:
    """Runs that are held, once Qt has deleted what it was told to."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return len(live.children())


def test_a_slider_that_moves_on_leaves_nothing_behind(rig, live):
    rig.engine.answer_at_once = False
    for place in range(20):
        live.measure([order(place), order(place + 100)], "slider")
    assert left(live) == 2
    live.measure([order(3)], "slider")
    assert left(live) == 1
    live.give_up()
    assert left(live) == 0
    live.measure([order(4)], "slider")
    assert left(live) == 1


def test_what_is_answered_or_refused_is_let_go_and_known(rig, live):
    def answer(question: Measure) -> Result | ErrorReport:
        if question.order.params["jitter"] == 2:
            return ErrorReport("Too far.")
        return Result(question.order, {"test": 0.5})

    rig.engine.answers[Measure] = answer
    told = []
    live.changed.connect(lambda: told.append(live.failure))
    live.measure([order(1), order(2)], "slider")
    rig.drain()
    assert told == ["", "network mlp, jitter 2: Too far."]
    assert list(live.results) == [order(1).key]
    assert left(live) == 0
