"""Flipping by hand: the step that all runs share, the order that repeats it, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import Flip, Measure, Order, Partly, Result
from cnnstudio.engine.session import finish
from cnnstudio.experiments._live import LiveMeasures
from cnnstudio.experiments._wiring import Record
from cnnstudio.experiments.depth import EXPERIMENT, LAST_FLIP, as_done, flip_share, flip_step

SETTINGS = {"seeds": 1, "examples": 320, "epochs": 6, "maps": 1, "depths": "8", "dataset": "glyphs"}
"""Thirty steps, which are told in eight parts."""


def _orders(flip_at: float = 0.0) -> tuple[Order, ...]:
    planned = EXPERIMENT.plan(EXPERIMENT.settings({**SETTINGS, "flip_at": flip_at}))
    return tuple(order for order in planned if order.params["flip_at"] == flip_at)


def _together(
    live: LiveMeasures, orders: tuple[Order, ...], look: Callable[[Mapping[str, int]], None]
) -> dict[str, Result]:
    """Runs in turns, as in the engine's thread; `look` is told the last step of each network before every turn."""
    going = [(order, live.measure(order)) for order in orders]
    at = {str(order.params["network"]): 0 for order in orders}
    results: dict[str, Result] = {}
    while going:
        look(at)
        order, running = going.pop(0)
        name = str(order.params["network"])
        try:
            progress = next(running)
        except StopIteration as end:
            results[name] = end.value
            continue
        if isinstance(progress, Partly):
            at[name] = round(progress.fraction * progress.values["steps"])
        going.append((order, running))
    return results


@given(st.integers(2, 20_000).flatmap(lambda steps: st.tuples(st.integers(1, steps - 1), st.just(steps))))
def test_a_share_gives_its_step_back(at: tuple[int, int]):
    step, steps = at
    share = flip_share(step, steps)
    assert flip_step(share, steps) == step
    assert 0 < share < 1
    assert share <= LAST_FLIP or step > LAST_FLIP * steps


def test_a_flip_by_hand_is_repeated_by_its_order_digit_for_digit():
    live, flipped = LiveMeasures(), []
    orders = _orders()

    def look(at: Mapping[str, int]) -> None:
        if at == {"plain": 12, "residual": 8}:
            flipped.append(live.answer(Flip(orders)))

    results = _together(live, orders, look)
    assert flipped == [12]
    for name, result in results.items():
        assert result.order.params == _orders()[0].params | {"network": name, "flip_at": 0.4}
        assert result.values["flipped"] == 12
        assert "before" in result.values
        again = finish(experiments.measure(result.order))
        assert again.order == result.order
        assert again.values == result.values
        steady = finish(experiments.measure(next(each for each in orders if each.params["network"] == name)))
        assert steady.values["loss"][:12] == result.values["loss"][:12]
        assert steady.values["loss"][12:] != result.values["loss"][12:]
    planned = EXPERIMENT.plan(EXPERIMENT.settings({**SETTINGS, "flip_at": 0.4}))
    assert {result.order.key for result in results.values()} <= {order.key for order in planned}


def test_a_flip_by_hand_takes_the_place_of_the_planned_one():
    live, (order, _) = LiveMeasures(), _orders(0.8)

    def look(at: Mapping[str, int]) -> None:
        if at == {"plain": 8}:
            assert live.flip(Flip((order,))) == 8

    (result,) = _together(live, (order,), look).values()
    assert result.order.params["flip_at"] == 0.27
    assert result.values["flipped"] == 8


@pytest.mark.parametrize("when", [0, 30])
def test_before_and_after_learning_nothing_flips(when: int):
    live, (order, _), refused = LiveMeasures(), _orders(), []

    def look(at: Mapping[str, int]) -> None:
        if at == {"plain": when}:
            with pytest.raises(StudioError, match="was not flipped"):
                live.flip(Flip((order,)))
            refused.append(True)

    (result,) = _together(live, (order,), look).values()
    assert refused
    assert (result.order, result.values["flipped"]) == (order, 0)
    with pytest.raises(StudioError):
        live.flip(Flip((order,)))


def test_a_run_flips_once():
    live, (order, _), told = LiveMeasures(), _orders(), []

    def look(at: Mapping[str, int]) -> None:
        if at["plain"] in (4, 8):
            try:
                told.append(live.flip(Flip((order,))))
            except StudioError:
                told.append(0)

    _together(live, (order,), look)
    assert told == [4, 0]


def test_no_run_at_all_and_an_unknown_one_are_refused():
    live = LiveMeasures()
    orders = _orders()
    for wanted in ((), orders):
        with pytest.raises(StudioError):
            live.flip(Flip(wanted))


def test_a_run_that_is_given_up_is_forgotten():
    live, (order, _) = LiveMeasures(), _orders()
    running = live.answer(Measure(order))
    while not isinstance(next(running), Partly):
        pass
    running.close()
    with pytest.raises(StudioError):
        live.flip(Flip((order,)))


@pytest.mark.parametrize(("step", "flips"), [(4, 0), (5, 5), (9, 9), (30, 0)])
def test_a_record_flips_after_the_step_it_is_told(step: int, flips: int):
    record = Record(steps=30, points=6, shortcuts=True, flip_step=0)
    for done in range(1, 6):
        record.each_loss(done, 1.0)
    record.flip_after(step)
    assert record.flip_step == flips
    assert record._shortcuts is (flips != 5)


def test_what_was_not_flipped_keeps_its_order():
    order = _orders(0.8)[0]
    assert as_done(order, {"flipped": 24, "steps": 30}) is order
    assert as_done(order, {}) is order
    values: dict[str, Any] = {"flipped": 20, "steps": 30}
    assert as_done(order, values).params["flip_at"] == 0.67


def _values(order: Order, over: bool) -> dict[str, Any]:
    flipped = flip_step(float(order.params["flip_at"]), 30)
    told = {
        "steps": 30,
        "at": [10, 20, 30] if over else [10, 20],
        "loss": [2.0, 1.0, 0.5] if over else [2.0, 1.0],
        "gradients": [[0.1] * 8] * (3 if over else 2),
        "flipped": flipped,
    }
    told |= {"before": 1.0, "after": 2.0} if 0 < flipped < told["at"][-1] else {}
    return told | ({"train": 0.8, "validation": 0.8, "test": 0.8, "weights": 1, "macs": 2} if over else {})


def test_headline_and_charts_mark_a_flip_while_the_runs_go_on():
    settings = EXPERIMENT.settings({**SETTINGS, "flip_at": 0.4})
    steady = [Result(order, _values(order, True)) for order in _orders()]
    going = [Result(order, _values(order, False)) for order in _orders(0.4)]
    found = EXPERIMENT.findings(settings, [*steady, *going])
    assert found.sentences[0] == (
        "Shortcuts taken out after 40 % of the run: the loss goes from 1.00 to 2.00 within a few steps."
    )
    marks = {chart.id: chart.happened for chart in found.charts}
    assert marks == {
        "depth": (), "loss": ((12.0, "flip"),), "gradients": (), "map_plain": ((1.0, "flip"),),
        "map_residual": ((1.0, "flip"),),
    }  # fmt: skip
    over = EXPERIMENT.findings(settings, [*steady, *(Result(each.order, _values(each.order, True)) for each in going)])
    assert over.sentences[0].startswith("8 layers: ")
    assert any("and ends at 0.50" in sentence for sentence in over.sentences)


def test_a_flip_to_come_is_not_marked_yet():
    settings = EXPERIMENT.settings({**SETTINGS, "flip_at": 0.8})
    going = [Result(order, _values(order, False)) for order in _orders(0.8)]
    found = EXPERIMENT.findings(settings, going)
    assert {chart.happened for chart in found.charts} == {()}
    assert not any("Shortcuts" in sentence for sentence in found.sentences)
