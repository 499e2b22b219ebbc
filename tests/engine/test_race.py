"""A race as a list of events."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import Cancelled, StudioError
from cnnstudio.core.events import (
    Evaluated,
    MomentKept,
    NetworkStopped,
    Preparing,
    RunEnded,
    RunStarted,
    SettingChanged,
    StepEnd,
    Tick,
)
from cnnstudio.core.live import LiveSettings
from cnnstudio.engine import grid, memory
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.race import evaluation_steps, race
from cnnstudio.engine.train import Learner
from tests.engine import tiny
from tests.engine.tiny import only, run


def numbers(events: list, network: str) -> list[tuple[float, float]]:
    """Every loss and accuracy of one network, along the run and at its measurements."""
    found = []
    for event in only(StepEnd, events):
        found += [(result.loss, result.accuracy) for result in event.results if result.network == network]
    for event in only(Evaluated, events):
        for score in event.scores:
            if score.network == network:
                found += [(part.loss, part.accuracy) for part in (score.train, score.validation, score.test)]
    return found


def test_kinds_and_order() -> None:
    names = [type(event).__name__ for event in run()]
    preparing = names.count("Preparing")
    assert names[:preparing] == ["Preparing"] * preparing
    step, kept, measured = "StepEnd", "MomentKept", "Evaluated"
    assert names[preparing:] == [
        *("RunStarted", kept, measured),
        *(step, kept, step, kept, step, measured, kept, step, kept, step, kept, step, measured, kept),
        "RunEnded",
    ]


def test_what_is_known_before_the_first_batch() -> None:
    events = run(run_id=5)
    (started,) = only(RunStarted, events)
    assert {event.run_id for event in events} == {5}
    assert (started.train_size, started.validation_size, started.test_size) == (40, 20, 30)
    assert (started.steps, started.steps_per_epoch, started.threads, started.channels_last) == (6, 3, 1, True)
    assert [competitor.network for competitor in started.competitors] == ["mlp", "lenet5"]
    assert started.competitors[0].parameters == 61_225
    assert started.notes == ("made of noise",)
    assert {"cnnstudio", "python", "torch", "numpy", "device"} <= set(started.versions)


def test_steps_count_examples_of_partial_batches_too() -> None:
    steps = only(StepEnd, run())
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 6]
    assert [event.examples for event in steps] == [16, 32, 40, 56, 72, 80]
    assert [event.epoch for event in steps] == pytest.approx([0.4, 0.8, 1.0, 1.4, 1.8, 2.0])
    for event in steps:
        assert [result.network for result in event.results] == ["mlp", "lenet5"]


def test_every_network_has_its_own_growing_clock() -> None:
    steps = only(StepEnd, run())
    for place in (0, 1):
        clocks = [event.results[place].own_seconds for event in steps]
        assert clocks == sorted(clocks)
        assert clocks[0] > 0


def test_the_same_set_up_gives_the_same_numbers_bit_for_bit() -> None:
    settings = tiny.config(dropout=0.3, augmentation=("shift", "erase"))
    first, second = run(settings), run(settings)
    for network in ("mlp", "lenet5"):
        assert numbers(first, network) == numbers(second, network)
    assert numbers(first, "mlp") != numbers(run(settings.with_(weights_seed=1)), "mlp")


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_another_network_in_the_race_changes_nothing_for_the_first(dropout: float) -> None:
    both = tiny.config(dropout=dropout)
    assert numbers(run(both), "mlp") == numbers(run(both.with_(networks=("mlp",))), "mlp")
    turned = both.with_(networks=("lenet5", "mlp"))
    assert numbers(run(both), "mlp") == numbers(run(turned), "mlp")


def test_the_weights_seed_alone_decides_the_first_weights() -> None:
    def first(settings: RaceConfig) -> np.ndarray:
        session = tiny.session()
        run(settings, session)
        return session.open_run.moments.weights(0, "lenet5")

    plain = tiny.config(epochs=1)
    assert (first(plain) == first(plain.with_(seed=9, batch_size=3))).all()
    assert (first(plain) != first(plain.with_(weights_seed=9))).any()


def test_a_race_learns() -> None:
    events = run(tiny.config(examples=300, epochs=5, evaluations=1))
    first, last = only(Evaluated, events)[0], only(Evaluated, events)[-1]
    for before, after in zip(first.scores, last.scores, strict=True):
        assert after.train.loss < before.train.loss / 2
        assert after.test.accuracy > 0.8


def test_torchs_random_stream_grad_mode_and_threads_are_left_alone() -> None:
    torch.manual_seed(4)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    events = race(tiny.config(dropout=0.5, augmentation=("rotate",)), tiny.session(threads=threads + 1))
    for event in events:
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        if isinstance(event, StepEnd) and event.step == 2:
            break
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads + 1
    events.close()
    assert torch.get_num_threads() == threads
    assert torch.equal(before, torch.get_rng_state())
    assert list(events) == []


def test_closing_in_mid_evaluation_leaves_the_networks_in_training_mode() -> None:
    session = tiny.session()
    events = race(tiny.config(), session)
    for event in events:
        if isinstance(event, Tick) and session.open_run is not None:
            break
    events.close()
    assert all(module.training for module in session.open_run.modules.values())
    assert all(not module._forward_hooks for part in session.open_run.modules.values() for module in part.modules())


def test_measurements_are_what_a_direct_computation_gives() -> None:
    session = tiny.session()
    settings = tiny.config()
    events = run(settings, session)
    last = only(Evaluated, events)[-1]
    assert last.final
    data = {"train": tiny.pictures(40, 0), "validation": tiny.pictures(20, 1), "test": tiny.pictures(30, 2)}
    for score in last.scores:
        module = session.open_run.modules[score.network].eval()
        for which, part in data.items():
            with torch.inference_mode():
                logits = module(to_input(torch.tensor(part.images), True))
            labels = torch.tensor(part.labels)
            measured = getattr(score, which)
            assert measured.loss == pytest.approx(float(functional.cross_entropy(logits, labels)), rel=1e-5)
            assert measured.accuracy == pytest.approx(float((logits.argmax(1) == labels).float().mean()))
        matrix = np.zeros((10, 10), int)
        np.add.at(matrix, (data["test"].labels, logits.argmax(1).numpy()), 1)
        assert (score.confusion == matrix).all()
        assert not score.confusion.flags.writeable


def test_the_test_set_is_counted_each_time_it_is_looked_at() -> None:
    events = only(Evaluated, run())
    assert [event.test_looks for event in events] == [1, 2, 3]
    assert [event.final for event in events] == [False, False, True]
    assert [event.step for event in events] == [0, 3, 6]


@pytest.mark.parametrize(("steps", "evaluations"), [(6, 2), (504, 24), (3, 24), (1, 1), (7, 3)])
def test_measurements_are_spread_evenly_and_end_with_the_run(steps: int, evaluations: int) -> None:
    due = sorted(evaluation_steps(steps, evaluations))
    assert due[-1] == steps
    assert due[0] >= 1
    assert len(due) == min(steps, evaluations)
    gaps = np.diff([0, *due])
    assert gaps.max() - gaps.min() <= 1


def spoil(session, network: str) -> None:
    with torch.no_grad():
        next(session.open_run.modules[network].parameters()).fill_(math.nan)


def test_a_network_that_diverges_leaves_and_the_others_go_on() -> None:
    session = tiny.session()
    events = []
    for event in race(tiny.config(), session):
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 2:
            spoil(session, "lenet5")
    (stopped,) = only(NetworkStopped, events)
    assert (stopped.network, stopped.step) == ("lenet5", 3)
    assert "learning rate" in stopped.report.sentence
    assert "LeNet-5" in stopped.report.what
    results = [[result.network for result in event.results] for event in only(StepEnd, events)]
    assert results == [["mlp", "lenet5"]] * 3 + [["mlp"]] * 3
    assert [score.network for score in only(Evaluated, events)[-1].scores] == ["mlp"]
    assert events[-1].outcome == "finished"
    assert numbers(events, "mlp") == numbers(run(), "mlp")
    # What is left of it on the timeline are numbers, and its "now" is the last of them.
    assert session.viewer("lenet5").step == 1
    assert session.viewer("mlp").step == 6


def test_when_all_networks_diverge_the_run_has_failed() -> None:
    events = run(tiny.config(learning_rate=1e9, optimiser="sgd", weight_decay=0.0))
    assert {event.network for event in only(NetworkStopped, events)} == {"mlp", "lenet5"}
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome == "failed"
    assert "of 1,000,000,000 is" in events[-1].report.sentence
    assert events[-1].report.remedy == "Try a learning rate of 0.01."


def test_weights_that_break_in_the_last_step_are_found_by_the_measurement() -> None:
    session = tiny.session()
    events = []
    for event in race(tiny.config(networks=("mlp",)), session):
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 6:
            spoil(session, "mlp")
    assert [type(event) for event in events[-2:]] == [NetworkStopped, RunEnded]
    assert events[-1].outcome == "failed"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"learning_rate": 0.0}, "learning rate"),
        ({"learning_rate": -1.0}, "learning rate"),
        ({"learning_rate": math.nan}, "learning rate"),
        ({"networks": ()}, "network"),
        ({"networks": ("mlp", "mlp")}, "twice"),
        ({"networks": ("resnet9000",)}, "resnet9000"),
        ({"dataset": "nothing"}, "nothing"),
        ({"optimiser": "magic"}, "optimiser"),
        ({"augmentation": ("magic",)}, "magic"),
        ({"batch_size": 0}, "batch size"),
    ],
)
def test_a_set_up_that_cannot_run_ends_in_a_sentence(changes: dict, word: str) -> None:
    (ended,) = run(tiny.config(**changes))
    assert ended.outcome == "failed"
    assert word in ended.report.sentence


@pytest.mark.parametrize("changes", [{"examples": 1}, {"batch_size": 1, "examples": 3}, {"batch_size": 512}])
@pytest.mark.parametrize("networks", [("mlp", "lenet5"), ("small_cnn", "local")])
def test_odd_sizes_run_through(changes: dict, networks: tuple[str, ...]) -> None:
    events = run(tiny.config(**changes, networks=networks))
    assert events[-1].outcome == "finished", events[-1]
    (started,) = only(RunStarted, events)
    assert len(only(StepEnd, events)) == started.steps
    assert only(StepEnd, events)[-1].examples == 2 * started.train_size


def test_empty_validation_is_not_a_number_and_not_an_error() -> None:
    def nothing_to_validate(*given):
        prepared = yield from tiny.prepare(*given)
        return replace(prepared, validation=prepared.validation.take(slice(0, 0)))

    events = run(of=tiny.session(prepare_data=nothing_to_validate))
    assert events[-1].outcome == "finished"
    assert math.isnan(only(Evaluated, events)[-1].scores[0].validation.accuracy)


def test_a_race_too_large_for_memory_is_refused_before_anything_is_allocated(monkeypatch) -> None:
    def untouched(*_):
        raise AssertionError("something was allocated")

    monkeypatch.setattr(memory, "available_bytes", lambda device=None: 500 * 2**20)
    monkeypatch.setattr(grid, "build", untouched)
    huge = tiny.config(networks=("mlp:hidden=4000", "lenet5"), batch_size=8192, examples=10_000)
    (ended,) = run(huge, tiny.session(prepare_data=untouched))
    assert ended.outcome == "failed"
    assert "needs" in ended.report.what
    assert "LeNet-5" in ended.report.cause
    assert "+" in ended.report.cause


def test_the_slider_sets_the_peak_and_the_schedule_goes_on() -> None:
    settings = tiny.config(schedule="cosine", learning_rate=0.01)
    live = LiveSettings()
    events = []
    for event in race(settings, tiny.session(), live):
        events.append(event)
        if isinstance(event, StepEnd) and event.step == 3:
            live.learning_rate = 0.002
    (changed,) = only(SettingChanged, events)
    assert (changed.step, changed.name, changed.value) == (3, "learning_rate", 0.002)
    untouched = [event.learning_rate for event in only(StepEnd, run(settings))]
    rates = [event.learning_rate for event in only(StepEnd, events)]
    assert rates[:3] == untouched[:3]
    assert rates[3:] == pytest.approx([rate / 5 for rate in untouched[3:]])


@pytest.mark.parametrize("useless", [0.0, -1.0, math.nan, math.inf, None])
def test_useless_positions_of_the_slider_change_nothing(useless) -> None:
    events = run(live=lambda: useless)
    assert only(SettingChanged, events) == []
    assert numbers(events, "mlp") == numbers(run(), "mlp")


def test_problems_while_loading_end_the_run_in_words() -> None:
    def failing(error):
        def prepare(*_):
            yield from ()
            raise error

        return run(of=tiny.session(prepare_data=prepare))[-1]

    ended = failing(StudioError("There is no disk."))
    assert (ended.outcome, ended.report.what) == ("failed", "There is no disk.")
    assert failing(Cancelled()).outcome == "stopped"
    assert failing(MemoryError()).report.cause == "There is not enough memory."
    with pytest.raises(KeyError):
        failing(KeyError("a bug"))


def test_the_end_does_not_count_time_that_passed_outside(monkeypatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("cnnstudio.engine.race.time.perf_counter", lambda: clock[0])
    events = []
    for event in race(tiny.config(), tiny.session()):
        events.append(event)
        clock[0] += 100.0  # a long pause between two events
    assert events[-1].seconds == 0.0


def test_long_work_hands_over_in_between() -> None:
    events = list(race(tiny.config(), tiny.session()))
    between = [
        index
        for index, event in enumerate(events)
        if isinstance(event, StepEnd) and isinstance(events[index - 1], Tick)
    ]
    assert len(between) == 6
    assert isinstance(events[0], Preparing)
    assert only(MomentKept, events)[-1].kept == (0, 1, 2, 3, 4, 5, 6)


def test_what_all_networks_share_is_done_before_the_first_clock_starts(monkeypatch) -> None:
    order: list[str] = []
    learn = Learner.learn

    def noted(learner: Learner, *given: Any) -> Any:
        order.append(learner.network)
        return learn(learner, *given)

    monkeypatch.setattr("cnnstudio.engine.race.devices.wait_for", lambda device: order.append("wait"))
    monkeypatch.setattr(Learner, "learn", noted)
    tiny.run(tiny.config(epochs=1))
    per_step = ["wait", "mlp", "wait", "lenet5", "wait"]
    assert order == per_step * 3


def test_a_tick_says_whether_all_networks_have_learned_the_same_batches() -> None:
    session = tiny.session()
    apart: dict[bool, set[bool]] = {True: set(), False: set()}
    for event in race(tiny.config(), session):
        if isinstance(event, Tick) and session.open_run is not None:
            steps = {session.open_run.learned.get(network, 0) for network in session.open_run.specs}
            apart[event.within_step].add(len(steps) > 1)
    assert apart == {True: {True}, False: {False}}
