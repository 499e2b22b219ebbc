"""When the numbers on show were measured, and on how many pictures, in words."""

from __future__ import annotations

from cnnstudio.core.events import Evaluated, RunStarted
from cnnstudio.core.history import History


def when_measured(history: History, step: int | None) -> str:
    """Which step the numbers belong to that are shown for a step; None is now. As short as a table's head.

    Accuracy is measured every few steps: between two measurements the last one is shown, and named.
    """
    at = history.step if step is None else step
    measured = history.measurement(at)
    if measured is not None and measured.step != at:
        return f"measured at step {measured.step:,}"
    return f"at step {at:,}" if step is not None else f"now, step {at:,}"


def on_pictures(history: History, count: int) -> str:
    """How many of the test pictures that is: "on all 2,000 test pictures", "on a sample of 1,000 test pictures"."""
    which = "all" if count >= history.started.test_size else "a sample of"
    return f"on {which} {count:,} test pictures"


def key_words(history: History | None) -> str:
    """What solid and dashed lines are, how often the test set was looked at, and at how much of it."""
    if history is None or not history.test_looks:
        return "solid: train · dashed: test"
    times = "once" if history.test_looks == 1 else f"{history.test_looks} times"
    told = f"solid: train · dashed: test, looked at {times}"
    whole, along = history.started.test_size, _count(history.evaluations[0])
    if along >= whole:
        return told
    final = history.evaluations[-1].final
    return f"{told} · a sample of {along:,}{f', the last point: all {whole:,}' if final else ''}"


def _count(measured: Evaluated) -> int:
    return int(measured.scores[0].confusion.sum()) if measured.scores else 0


def measured_sentence(history: History, step: int | None) -> str:
    """When, and on what, the table's test column was measured; "" before the first measurement."""
    at = history.step if step is None else step
    measured = history.measurement(at)
    if measured is None or not measured.scores:
        return ""
    count = _count(measured)
    before = f", the last measurement before step {at:,}" if measured.step != at else ""
    return f"Measured at step {measured.step:,}{before}, {on_pictures(history, count)}."


def pictures_seen(started: RunStarted, step: int) -> int:
    """How many pictures each network has learned from by a step; the last batch of an epoch is small."""
    epochs, rest = divmod(step, max(1, started.steps_per_epoch))
    batch = started.config.batch_size
    return epochs * min(started.train_size, started.steps_per_epoch * batch) + rest * batch
