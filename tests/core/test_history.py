"""The record of a run: bounded, thinned, every axis, to and from JSON."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.curves import from_null, thin, to_null
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import (
    Competitor,
    Evaluated,
    MomentKept,
    NetworkScore,
    NetworkStopped,
    RunEnded,
    RunStarted,
    SetScore,
    SettingChanged,
    StepEnd,
    StepResult,
)
from cnnstudio.core.history import History

STARTED = RunStarted(
    run_id=7,
    config=RaceConfig(networks=("a", "b"), augmentation=("shift",)),
    competitors=(Competitor("a", "A", "mlp", "4 - 2", 10, 8), Competitor("b", "B", "cnn", "conv - 2", 12, 80)),
    class_names=("zero", "one"),
    shape=(1, 2, 2),
    train_size=100,
    validation_size=10,
    test_size=10,
    steps=1_000,
    steps_per_epoch=10,
    threads=2,
    channels_last=True,
    versions={"torch": "2"},
    started_at="2026-01-01T00:00:00+00:00",
    notes=("3 files were skipped.",),
)


def point(step: int, loss: float = 1.0, networks: str = "ab") -> StepEnd:
    results = tuple(StepResult(name, loss, 0.5, step * (0.1 if name == "a" else 0.3)) for name in networks)
    return StepEnd(7, step, step * 10, step / 10, 0.01, results)


def measured(step: int, validation: float = 0.5, loss: float = 1.0, networks: str = "ab", looks: int = 1) -> Evaluated:
    confusion = np.array([[step, 0], [1, 2]])
    scores = tuple(
        NetworkScore(
            name, SetScore(loss, 0.9), SetScore(loss, validation), SetScore(loss, 0.4), step * 0.1, 100.0, confusion
        )
        for name in networks
    )
    return Evaluated(7, step, step * 10, step / 10, scores, looks, False)


def filled() -> History:
    history = History(STARTED)
    events = [
        measured(0, 0.1),
        *(point(step) for step in range(1, 5)),
        measured(4, 0.7, looks=2),
        MomentKept(7, 4, (0, 4)),
    ]
    events += [
        SettingChanged(7, 4, "learning_rate", 0.1),
        point(5, math.nan),
        NetworkStopped(7, 5, "a", ErrorReport("A stopped.")),
    ]
    events += [point(6, networks="b"), measured(6, 0.6, math.inf, "b", 3), RunEnded(7, "finished", 6, 2.5)]
    for event in events:
        history.add(event)
    return history


def test_curves_have_every_axis() -> None:
    history = filled()
    assert history.curve("b", "test", "accuracy", "examples")[0].tolist() == [0, 40, 60]
    assert history.curve("b", "test", "accuracy", "steps")[0].tolist() == [0, 4, 6]
    assert history.curve("b", "test", "accuracy", "epochs")[0].tolist() == pytest.approx([0, 0.4, 0.6])
    assert history.curve("b", "test", "accuracy", "seconds")[0].tolist() == pytest.approx([0, 0.4, 0.6])
    assert history.curve("b", "validation", "accuracy")[1].tolist() == [0.1, 0.7, 0.6]
    assert history.curve("b", "train", "loss")[1].tolist() == [1, 1, math.inf]
    assert history.batch_curve("b", "loss", "seconds")[0].tolist() == pytest.approx([0.3, 0.6, 0.9, 1.2, 1.5, 1.8])


def test_a_network_that_left_has_no_further_points() -> None:
    history = filled()
    assert history.batch_curve("a", "loss", "steps")[0].tolist() == [1, 2, 3, 4, 5]
    assert history.batch_curve("b", "loss", "steps")[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert history.stopped["a"].step == 5


def test_unknown_networks_have_empty_curves() -> None:
    xs, ys = filled().batch_curve("nobody", "loss", "steps")
    assert len(xs) == len(ys) == 0
    assert filled().latest("nobody") is None


def test_the_scores_of_a_moment_are_the_newest_at_or_before_it() -> None:
    history = filled()
    chosen = {step: history.at(step, "a") for step in (0, 3, 4, 5, 99)}
    assert {step: score.confusion[0, 0] for step, score in chosen.items()} == {0: 0, 3: 0, 4: 4, 5: 4, 99: 4}
    assert history.at(-1, "a") is None
    assert history.latest("b").confusion[0, 0] == 6


def test_best_is_by_validation_and_ignores_what_is_not_a_number() -> None:
    history = History(STARTED)
    for event in (measured(0, math.nan), measured(1, 0.6, 2.0), measured(2, 0.6, 1.0), measured(3, 0.5, 0.1)):
        history.add(event)
    assert history.best("a").confusion[0, 0] == 2
    empty = History(STARTED)
    empty.add(measured(0, math.nan))
    assert empty.best("a") is None


def test_facts_of_the_run() -> None:
    history = filled()
    assert (history.step, history.kept, history.test_looks, history.points) == (6, (0, 4), 3, 6)
    assert history.progress == pytest.approx(0.006)
    assert history.changes[0].value == 0.1
    assert history.ended.outcome == "finished"


def test_events_of_another_run_are_passed_over() -> None:
    history = History(STARTED)
    history.add(replace(point(1), run_id=8))
    history.add(replace(measured(1), run_id=8))
    assert (history.points, history.evaluations) == (0, [])


def assert_equal(one: History, other: History) -> None:
    assert one.started == other.started
    assert (one.kept, one.stopped, one.changes, one.ended) == (other.kept, other.stopped, other.changes, other.ended)
    for network in one.networks:
        for x in ("examples", "steps", "epochs", "seconds"):
            for metric in ("loss", "accuracy"):
                for mine, theirs in zip(
                    one.batch_curve(network, metric, x), other.batch_curve(network, metric, x), strict=True
                ):
                    np.testing.assert_array_equal(mine, theirs)
                for which in ("train", "validation", "test"):
                    ours, yours = one.curve(network, which, metric, x), other.curve(network, which, metric, x)
                    np.testing.assert_array_equal(ours[0], yours[0])
                    np.testing.assert_array_equal(
                        np.nan_to_num(ours[1], posinf=-1, nan=-1), np.nan_to_num(yours[1], nan=-1)
                    )
        assert (one.latest(network).confusion == other.latest(network).confusion).all()


def test_json_round_trip_keeps_everything() -> None:
    history = filled()
    text = json.dumps(history.to_json(), allow_nan=False)
    back = History.from_json(json.loads(text))
    assert_equal(history, back)
    back.add(point(7, networks="b"))
    assert back.step == 7


def test_a_copy_under_another_run() -> None:
    copy = filled().with_run_id(3)
    assert {event.run_id for event in copy.evaluations} == {3}
    assert (copy.ended.run_id, copy.started.run_id, copy.points) == (3, 3, 6)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data | {"schema": 99},
        lambda data: {key: value for key, value in data.items() if key != "points"},
        lambda data: data | {"evaluations": [{"step": 1}]},
        lambda data: data | {"points": data["points"] | {"seen": [1, 2]}},
        lambda data: data | {"ended": {"outcome": "won", "step": 1, "seconds": 1, "report": None}},
        lambda data: {},
    ],
)
def test_damaged_records_are_refused_in_words(damage) -> None:
    with pytest.raises(StudioError):
        History.from_json(damage(filled().to_json()))


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 300), most=st.integers(3, 40))
def test_points_stay_bounded_even_and_keep_the_first_and_the_newest(count: int, most: int) -> None:
    history = History(STARTED, most)
    for step in range(1, count + 1):
        history.add(point(step))
        assert history.points <= most
        assert history.step == step
    steps = history.batch_curve("a", "loss", "steps")[0]
    if count:
        assert (steps[0], steps[-1]) == (1, count)
        gaps = np.diff(steps)
        assert (gaps > 0).all()
        assert len(set(gaps[:-1])) <= 1, "all gaps but the newest are equal"
        assert len(steps) >= min(count, most // 2)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(0, 500), most=st.integers(2, 50))
def test_thin_keeps_order_first_and_last(n: int, most: int) -> None:
    xs, ys = thin(np.arange(n, dtype=float), np.arange(n, dtype=float) * 2, most)
    assert len(xs) == min(n, most)
    assert (ys == xs * 2).all()
    assert (np.diff(xs) > 0).all()
    if n:
        assert (xs[0], xs[-1]) == (0, n - 1)


def test_curves_are_no_longer_than_a_screen_is_wide() -> None:
    history = History(STARTED)
    for step in range(1, limits.MAX_CURVE_POINTS + 100):
        history.add(point(step))
    assert len(history.batch_curve("a", "accuracy", "epochs")[0]) == limits.MAX_CURVE_POINTS


@given(st.lists(st.floats()))
def test_null_stands_for_what_is_not_finite(values: list[float]) -> None:
    back = from_null(json.loads(json.dumps(to_null(values), allow_nan=False)))
    for value, again in zip(values, back, strict=True):
        assert value == again if math.isfinite(value) else math.isnan(again)
