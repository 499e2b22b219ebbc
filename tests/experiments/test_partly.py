"""A run that tells what it reads so far gives the numbers of one that does not."""

from __future__ import annotations

from cnnstudio.core.experiment import Order, Partly
from cnnstudio.experiments import _partly
from cnnstudio.experiments._grid import race_of
from cnnstudio.experiments._learn import data, learn

PARAMS = {"network": "small_cnn", "dataset": "glyphs:jitter=2", "examples": 120, "epochs": 2, "seed": 0}


def end(running):
    told = []
    while True:
        try:
            told.append(next(running))
        except StopIteration as stop:
            return stop.value, told


def test_it_tells_shares_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(_partly, "GAP_S", 0.0)
    config = race_of(Order("jitter", PARAMS).params)
    prepared, _ = end(data(config))
    learned, told = end(_partly.learn_partly(prepared, config))
    plain, _ = end(learn("small_cnn", prepared.train, len(prepared.class_names), config))
    parts = [progress for progress in told if isinstance(progress, Partly)]
    assert parts
    assert all(0 <= part.values["validation"] <= 1 for part in parts)
    assert parts[-1].fraction == 1.0
    assert learned.losses.tolist() == plain.losses.tolist()
    one, other = (
        {name: value.tolist() for name, value in each.module.state_dict().items()} for each in (learned, plain)
    )
    assert one == other


def test_the_last_share_is_that_of_the_learned_network(monkeypatch):
    monkeypatch.setattr(_partly, "GAP_S", 0.0)
    config = race_of(Order("jitter", PARAMS | {"network": "mlp"}).params)
    prepared, _ = end(data(config))
    learned, told = end(_partly.learn_partly(prepared, config))
    last = [progress for progress in told if isinstance(progress, Partly)][-1]
    few = prepared.validation.images[: _partly.PICTURES]
    logits, _ = end(learned.logits(few))
    assert last.values["validation"] == (logits.argmax(1) == prepared.validation.labels[: len(few)]).mean()
