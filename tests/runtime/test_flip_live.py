"""The real thread and torch: two runs of "depth" are flipped in the middle, and their orders repeat them."""

from __future__ import annotations

from cnnstudio import experiments
from cnnstudio.core.events import Answered, Answering, Event
from cnnstudio.core.experiment import Flip, Measure
from cnnstudio.engine.session import finish
from cnnstudio.experiments.depth import EXPERIMENT, flip_share
from cnnstudio.runtime.engine_thread import Engine
from tests.runtime.conftest import PATIENCE_S, RecordingMailbox

ORDERS = EXPERIMENT.plan(
    EXPERIMENT.settings({"seeds": 1, "examples": 320, "epochs": 6, "maps": 1, "depths": "8", "dataset": "glyphs"})
)
STEPS = 30


class Presser(RecordingMailbox):
    """Asks for the flip as soon as both runs told something, as a person with quick hands would."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(self)
        self.runs: dict[int, list[Answering]] = {}
        self.flip_id = 0

    def put(self, event: Event) -> None:
        super().put(event)
        if isinstance(event, Answering) and event.values:
            self.runs.setdefault(event.question_id, []).append(event)
            if len(self.runs) == len(ORDERS) and not self.flip_id:
                self.flip_id = self.engine.ask(Flip(ORDERS))

    def answer(self, question_id: int) -> Answered:
        event = self.wait_for(lambda heard: isinstance(heard, Answered) and heard.question_id == question_id)
        assert isinstance(event, Answered)
        return event


def test_runs_that_are_flipped_by_hand_can_be_repeated():
    mailbox = Presser()
    mailbox.engine.start()
    try:
        asked = [mailbox.engine.ask(Measure(order), f"run {place}") for place, order in enumerate(ORDERS)]
        results = [mailbox.answer(question_id).answer for question_id in asked]
        step = mailbox.answer(mailbox.flip_id).answer
        assert 4 <= step < STEPS
        late = mailbox.answer(mailbox.engine.ask(Flip(ORDERS)))
    finally:
        assert mailbox.engine.close(PATIENCE_S)
    assert late.answer is None
    assert "was not flipped" in late.report.what
    for order, question_id, result in zip(ORDERS, asked, results, strict=True):
        told = [event.values["flipped"] for event in mailbox.runs[question_id]]
        assert told == sorted(told)
        assert set(told) == {0, step}
        assert result.order.params == {**order.params, "flip_at": flip_share(step, STEPS)}
        assert result.values["flipped"] == step
        assert finish(experiments.measure(result.order)).values == result.values
