"""Questions about one unit over many pictures, asked of a race, of shipped weights, and of what cannot answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import StepEnd
from cnnstudio.core.inside import PICTURE, ExplainUnit, Unit
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten
from cnnstudio.core.unit_record import FindRecord, FoundPicture, Maximise, parts_words
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine import _answer_unit, records
from cnnstudio.engine import session as sessions
from cnnstudio.engine.answers import answer, answer_now
from cnnstudio.engine.build import build
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.probe import probe
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session, finish
from tests.engine import tiny

CONV = Unit("1_conv", 2, 9, 11)


@pytest.fixture(autouse=True)
def no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' few pictures are enough, where a test does not say otherwise."""
    monkeypatch.setattr(_answer_unit, "ENOUGH", 0)


@pytest.fixture(scope="module")
def ended() -> Session:
    session = tiny.session()
    tiny.run(tiny.config(), session)
    return session


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The layers whose records were computed, as they are."""
    found = []

    def counting(reader: Any, step: Any, looked: Any):
        found.append(step.name)
        return (yield from records.layer_record(reader, step, looked))

    monkeypatch.setattr(_answer_unit, "layer_record", counting)
    return found


def all_of(session: Session) -> dict[str, Pictures]:
    data = session.loaded("digits")
    return {"test": data.test, "validation": data.validation, "train": data.train}


def maps_of(session: Session, network: str, step: int | None, layer: str, images: np.ndarray) -> np.ndarray:
    reader = session.viewer(network, step)
    with probe(reader.module, reader.spec, (layer,)) as read:
        return read(to_input(torch.tensor(images), True))[layer].numpy()


def test_top_and_least_are_those_of_every_picture_looked_at_one_by_one(ended: Session):
    record = answer_now(FindRecord("digits", "lenet5", CONV, 3), ended)
    parts = all_of(ended)
    order = [(part, index) for part, pictures in parts.items() for index in range(len(pictures))]
    values = np.concatenate(
        [maps_of(ended, "lenet5", 3, "1_conv", pictures.images)[:, 2] for pictures in parts.values()]
    )
    largest = values.max((1, 2))
    assert record.pictures == len(order) == 90
    for found, upwards in ((record.top, True), (record.least, False)):
        wanted = np.argsort(-largest if upwards else largest, kind="stable")[:16]
        assert [(each.part, each.index) for each in found] == [order[place] for place in wanted]
        for each, place in zip(found, wanted, strict=True):
            assert each.value == pytest.approx(float(largest[place]), abs=1e-5)
            assert values[place, each.row, each.column] == pytest.approx(each.value, abs=1e-5)
            np.testing.assert_array_equal(each.pixels, parts[each.part].images[each.index])
            assert each.label == parts[each.part].labels[each.index]


def test_the_box_is_what_the_unit_at_that_place_sees(ended: Session):
    record = answer_now(FindRecord("digits", "lenet5", CONV), ended)
    for each in record.top:
        top, left, bottom, right = each.box
        assert (top, left) == (max(0, each.row - 2), max(0, each.column - 2))
        assert (bottom, right) == (min(28, each.row + 3), min(28, each.column + 3))
    hidden = answer_now(FindRecord("digits", "mlp", Unit("1_linear", 5)), ended)
    assert {(each.row, each.column, each.box) for each in hidden.top} == {(0, 0, (0, 0, 28, 28))}


def test_the_histogram_is_of_the_unit_at_its_place_over_the_test_set(ended: Session):
    record = answer_now(FindRecord("digits", "lenet5", CONV, 6), ended)
    values = maps_of(ended, "lenet5", 6, "1_conv", ended.loaded("digits").test.images)[:, 2, 9, 11]
    assert record.tested == record.counts.sum() == 30
    assert record.edges[0] <= values.min() <= values.max() <= record.edges[-1]
    assert record.active == pytest.approx((values > 0).mean())
    near = np.histogram(values, record.edges)[0]
    assert np.abs(near - record.counts).sum() <= 2, "values at an edge may be rounded to either side"


def test_an_answer_is_frozen(ended: Session):
    record = answer_now(FindRecord("digits", "lenet5", CONV), ended)
    assert record.class_names == tiny.CLASSES
    assert (record.network, record.unit, record.weights_from, record.step) == ("lenet5", CONV, "run", 6)
    assert record.dead.shape == (6,)
    for array in (record.counts, record.edges, record.dead, *(each.pixels for each in record.top)):
        assert not array.flags.writeable
    assert isinstance(record.top[0], FoundPicture)


def test_another_unit_of_the_layer_is_remembered(counted: list[str]):
    session = tiny.session()
    tiny.run(tiny.config(), session)
    for unit in (CONV, CONV, Unit("1_conv", 5, 27, 27)):
        answer_now(FindRecord("digits", "lenet5", unit, 6), session)
    assert counted == ["1_conv"]
    assert not any(answer(FindRecord("digits", "lenet5", CONV, 6), session)), "nothing to wait for"
    answer_now(FindRecord("digits", "lenet5", CONV), session)
    assert counted == ["1_conv"], "now is step 6"
    answer_now(FindRecord("digits", "lenet5", CONV, 2), session)
    answer_now(FindRecord("digits", "lenet5", Unit("2_conv", 0), 6), session)
    answer_now(FindRecord("digits", "mlp", Unit("1_linear", 0), 6), session)
    assert counted == ["1_conv", "1_conv", "2_conv", "1_linear"]
    tiny.run(tiny.config(weights_seed=3), session)
    answer_now(FindRecord("digits", "lenet5", CONV, 6), session)
    assert len(counted) == 5, "another run's weights"


def test_now_follows_the_training_and_changes_none_of_it(counted: list[str]):
    def last(ask: bool) -> np.ndarray:
        session, tops = tiny.session(), []
        for event in race(tiny.config(), session):
            if ask and isinstance(event, StepEnd):
                record = answer_now(FindRecord("digits", "lenet5", Unit("2_conv", 1)), session)
                finish(answer(Maximise("digits", "lenet5", Unit("5_linear", 1), steps=4), session))
                tops.append((record.step, record.top[0].value))
        assert len(set(tops)) == len(tops)
        return sessions.flatten(session.open_run.modules["lenet5"])

    assert (last(True) == last(False)).all()
    assert len(counted) == 6


def test_a_moment_that_other_questions_load_meanwhile_does_not_matter(monkeypatch):
    session = tiny.session()
    tiny.run(tiny.config(), session)
    plain = answer_now(FindRecord("digits", "lenet5", CONV, 0), session)
    session.records.clear()
    monkeypatch.setattr(records, "slice_pictures", lambda _macs, _least: 8)
    work = answer(FindRecord("digits", "lenet5", CONV, 0), session)
    next(work)
    next(work)
    session.viewer("lenet5", 6)
    again = finish(work)
    assert [(each.part, each.index) for each in again.top] == [(each.part, each.index) for each in plain.top]


def test_what_was_found_for_a_run_that_is_no_longer_open_is_not_remembered():
    session = tiny.session()
    tiny.run(tiny.config(), session)
    work = answer(FindRecord("digits", "lenet5", CONV, 6), session)
    assert isinstance(next(work), Progress)
    tiny.run(tiny.config(weights_seed=5), session)
    late = finish(work)
    fresh = answer_now(FindRecord("digits", "lenet5", CONV, 6), session)
    assert fresh.top[0].value != late.top[0].value


def shipping(monkeypatch: pytest.MonkeyPatch, change=lambda module: None) -> None:
    def shipped(dataset: str, network: str, spec):
        module = build(spec, 7)
        change(module)
        return module.state_dict() if dataset == "digits" else None

    monkeypatch.setattr(sessions.weights, "shipped_weights", shipped)


def test_shipped_weights_are_asked_about_the_data_sets_own_pictures(monkeypatch):
    shipping(monkeypatch)
    asked = []

    def preparing(config: RaceConfig, *rest):
        asked.append((config.dataset, config.examples))
        return (yield from tiny.prepare(config.with_(examples=50), *rest))

    session = tiny.session(prepare_data=preparing)
    work = answer(FindRecord("digits", "lenet5", CONV), session)
    told = list(work)
    assert told[0].text == "making noise"
    assert told[-1].text == "conv 5 x 5: looked at 50 of 100 pictures (30 test, 20 validation, 50 training)"
    record = answer_now(FindRecord("digits", "lenet5", CONV), session)
    assert asked == [("digits", RaceConfig(dataset="digits").examples)]
    assert (record.weights_from, record.step) == ("shipped", None)
    assert {each.part for each in record.top} <= {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        (Unit("1_conv", 6, 0, 0), "no unit with map 7, row 0, column 0"),
        (Unit("1_conv", 0, 28, 0), "no unit with map 1, row 28"),
        (Unit("1_conv", 0, 0, -1), "column -1"),
        (Unit("4_linear", 84), "no unit with map 85"),
        (Unit("4_linear", 3, 1, 0), "no unit with map 4, row 1"),
        (Unit("9_conv", 0), "no layer '9_conv'"),
        (Unit(PICTURE, 0), "no layer 'picture'"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [FindRecord, Maximise])
def test_a_unit_that_is_not_there_is_told_in_words(ended: Session, kind, unit: Unit, said: str):
    with pytest.raises(StudioError, match=said):
        answer_now(kind("digits", "lenet5", unit), ended)


@pytest.mark.parametrize("kind", [FindRecord, Maximise])
def test_what_has_learned_nothing_is_told_in_words(monkeypatch, kind):
    monkeypatch.setattr(sessions.weights, "shipped_weights", lambda *_: None)
    with pytest.raises(StudioError, match="not trained"):
        answer_now(kind("digits", "lenet5", CONV), tiny.session())


def test_data_that_cannot_be_had_are_told_in_words(monkeypatch):
    shipping(monkeypatch)

    def failing(*_):
        yield Progress(None, "looking")
        raise StudioError("The pictures are gone.")

    with pytest.raises(StudioError, match="are gone"):
        answer_now(FindRecord("digits", "mlp", Unit("1_linear", 0)), tiny.session(prepare_data=failing))


def holding(train: Pictures, validation: Pictures, test: Pictures) -> Session:
    """A session whose data set has just these pictures."""

    def preparing(config: RaceConfig, *_):
        yield Progress(None, "taking")
        shape = train.images.shape[1:]
        return Prepared("digits", find("digits").info, train, validation, test, tiny.CLASSES, shape)

    return tiny.session(prepare_data=preparing)


def test_few_pictures_give_short_lists_and_one_is_enough(monkeypatch):
    shipping(monkeypatch)
    none = tiny.pictures(0, 0)
    record = answer_now(FindRecord("digits", "lenet5", CONV), holding(tiny.pictures(1, 0), none, none))
    assert len(record.top) == len(record.least) == record.pictures == 1
    assert (record.tested, record.active, record.counts.sum()) == (0, 0.0, 0)
    assert len(record.edges) == len(record.counts) + 1
    assert np.isfinite(record.edges).all()
    assert not record.dead.any()
    record = answer_now(FindRecord("digits", "lenet5", CONV), holding(*(tiny.pictures(3, seed) for seed in range(3))))
    assert len(record.top) == 9
    assert [each.value for each in record.top] == [each.value for each in record.least][::-1]


def test_more_pictures_do_not_take_the_place_of_the_sets_own(monkeypatch, counted: list[str]):
    shipping(monkeypatch)
    monkeypatch.setattr(_answer_unit, "ENOUGH", 120)
    session = holding(*(tiny.pictures(20 + seed, seed) for seed in range(3)))
    found = [answer_now(FindRecord("digits", "lenet5", CONV), session) for _ in range(3)]
    assert counted == ["1_conv"], "remembered, and of the same pictures"
    assert [each.tested for each in found] == [22] * 3


def test_the_box_of_a_flattened_unit_is_that_of_its_place_in_the_map(ended: Session):
    spec = ended.open_run.specs["lenet5"]
    flat = next(step for step in spec.steps() if isinstance(step.layer, Flatten) and len(step.given) == 3)
    unit = Unit(flat.name, 2 * flat.given[1] * flat.given[2] + 1)
    seen = {each.box for each in answer_now(FindRecord("digits", "lenet5", unit), ended).top}
    told = answer_now(ExplainUnit(tiny.pictures(1, 0).images[0], "digits", "lenet5", unit), ended)
    assert seen == {told.box}
    assert told.box != (0, 0, 28, 28)


def test_another_network_of_the_same_name_may_race_by_the_time_the_pictures_are_there(monkeypatch):
    """Of its layers, not those of the one before, the record is."""
    shipping(monkeypatch)
    session = tiny.session()
    work = answer(FindRecord("digits", "lenet5", CONV), session)
    next(work)
    tiny.run(tiny.config(), session)
    run = session.open_run
    spec = replace(run.specs["lenet5"], layers=(Conv(3, 7), Flatten(), Linear(10)))
    run.modules["lenet5"] = build(spec, 0)
    run.specs = {**run.specs, "lenet5": spec}
    record = finish(work)
    assert (record.weights_from, len(record.dead)) == ("run", 3)
    assert record.top[0].box[2] - record.top[0].box[0] == 7


@pytest.mark.parametrize(("most", "given"), [(0, 0), (-1, 0), (5, 5), (16, 16), (99, 16)])
def test_no_more_pictures_than_asked_for(ended: Session, most: int, given: int):
    record = answer_now(FindRecord("digits", "lenet5", CONV, most=most), ended)
    assert len(record.top) == len(record.least) == given


def test_pictures_of_another_size_are_told_in_words(monkeypatch):
    shipping(monkeypatch)
    colour = Pictures(np.zeros((4, 3, 32, 32), np.uint8), np.zeros(4, np.int64))
    with pytest.raises(StudioError, match=r"1 x 28 x 28, and those of .* are 3 x 32 x 32"):
        answer_now(FindRecord("digits", "lenet5", CONV), holding(colour, colour, colour))


@pytest.mark.parametrize("kind", [FindRecord, Maximise])
def test_a_network_that_diverged_is_told_in_words(monkeypatch, kind):
    def diverge(module: torch.nn.Module) -> None:
        next(iter(module.parameters())).data.fill_(torch.nan)

    shipping(monkeypatch, diverge)
    with pytest.raises(StudioError, match="are not numbers"):
        answer_now(kind("digits", "lenet5", CONV), tiny.session())


def test_a_made_up_picture_of_a_moment(ended: Session):
    unit = Unit("1_conv", 4, 20, 6)
    found = answer_now(Maximise("digits", "lenet5", unit, 3, seed=1, steps=40), ended)
    assert (found.network, found.unit, found.step) == ("lenet5", unit, 3)
    assert found.value > found.first
    there = maps_of(ended, "lenet5", 3, "1_conv", found.pixels[None])[0, 4, 20, 6]
    assert found.value == pytest.approx(float(there), abs=1e-4)
    assert found.values.shape == (40,)
    again = answer_now(Maximise("digits", "lenet5", unit, 3, seed=1, steps=40), ended)
    np.testing.assert_array_equal(found.pixels, again.pixels)


def test_searches_end_when_they_are_closed(ended: Session):
    work = answer(Maximise("digits", "mlp", Unit("2_linear", 3)), ended)
    assert isinstance(next(work), Progress)
    assert next(work).fraction > 0
    work.close()
    assert not any(part._forward_hooks for part in ended.viewer("mlp").module.modules())


def test_where_the_sets_hold_too_few_more_are_made_and_said_to_be(monkeypatch, ended: Session):
    made = []

    def preparing(config: RaceConfig, *rest):
        made.append(config)
        return (yield from tiny.prepare(config, *rest))

    session = tiny.session(prepare_data=preparing)
    tiny.run(tiny.config(), session)
    few = answer_now(FindRecord("digits", "lenet5", CONV, 3), session)
    monkeypatch.setattr(_answer_unit, "ENOUGH", few.pictures + 25)
    session = tiny.session(prepare_data=preparing)
    tiny.run(tiny.config(), session)
    record = answer_now(FindRecord("digits", "lenet5", CONV, 3), session)
    assert record.pictures == few.pictures + 25
    assert (made[-1].examples, made[-1].seed) == (25, _answer_unit.MORE_SEED)
    assert record.tested == few.tested
    values = [each.value for each in record.top]
    assert values == sorted(values, reverse=True)
    assert {each.part for each in record.top} | {each.part for each in record.least} >= {"more"}
    assert sum(count for _, count in record.looked) == record.pictures
    assert record.looked[-1] == ("more", 25)
    assert parts_words(record.looked).endswith(" training, 25 made for this")
