"""What one unit does over many pictures, and a made-up picture that excites it."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Final

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.fields import box
from cnnstudio.core.inside import Unit
from cnnstudio.core.layers import Step, times
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import as_maps, shape_of
from cnnstudio.core.unit_record import FindRecord, FoundPicture, Maximise, Maximised, UnitRecord
from cnnstudio.datasets import Prepared
from cnnstudio.engine._answer_inside import place_in, step_of, trained
from cnnstudio.engine._answer_pictures import pictures_of
from cnnstudio.engine.maximise import maximise
from cnnstudio.engine.records import Found, LayerRecord, Looked, layer_record, looked_at
from cnnstudio.engine.session import Reader, Session, steady

ENOUGH: Final = limits.RECORD_PICTURES
"""Pictures that are looked at where they can be had."""

MORE_SEED: Final = 77_001
"""Of pictures that are made to be looked at: none of a race's own seeds, which count from 0."""


def find_record(question: FindRecord, session: Session) -> Generator[Progress | None, None, UnitRecord]:
    """What one unit does over the data set's pictures: found for its whole layer at once, and remembered.

    Looked at are 10,000 pictures (`records.looked_at` says which): of the run's own data where the run answers and they
    are the set asked for, else of the set's pictures in memory, else of those that its own race would take. Where these
    are fewer, a set that the program makes itself has more of them made; of a stored one, all there are are looked at.
    """
    _asked(question, session)  # what cannot be is said before anything long begins
    prepared = yield from pictures_of(question.dataset, question.network, session)
    refuse_other_pictures(trained(question.network, question.dataset, question.step, session), prepared)
    looked = looked_at(prepared, (yield from _more(prepared, session)))
    step, number = _asked(question, session)  # another run may be open by now
    reader = trained(question.network, question.dataset, question.step, session)
    refuse_other_pictures(reader, prepared)
    record = yield from _record(reader, step, prepared, looked, session)
    top = yield from _found(record.top, question, reader.spec, looked)
    least = yield from _found(record.least, question, reader.spec, looked)
    counts, edges = record.histograms.of(number)
    for array in (counts, edges):
        array.setflags(write=False)
    return UnitRecord(
        network=question.network,
        unit=question.unit,
        step=reader.step,
        weights_from=reader.weights_from,
        top=top,
        least=least,
        pictures=record.pictures,
        counts=counts,
        edges=edges,
        tested=record.tested,
        active=float(record.above[number] / max(1, record.tested)),
        dead=record.dead,
        class_names=prepared.class_names,
        looked=tuple((part.part, len(part.index)) for part in looked),
    )


def _asked(question: FindRecord | Maximise, session: Session) -> tuple[Step, int]:
    """The unit's layer, and its number in it."""
    spec = trained(question.network, question.dataset, question.step, session).spec
    step = step_of(spec, question.unit.layer)
    map_, row, column = place_in(spec, question.unit)
    _, rows, columns = as_maps(step.shape)
    return step, (map_ * rows + row) * columns + column


def _more(prepared: Prepared, session: Session) -> Generator[Progress, None, Pictures | None]:
    """As many further pictures as are missing from the number looked at, where the program can make them."""
    missing = ENOUGH - len(prepared.train) - len(prepared.validation) - len(prepared.test)
    if missing <= 0 or not prepared.info.generated:
        return None
    made = yield from session.load_more(RaceConfig(dataset=prepared.key, examples=missing, seed=MORE_SEED))
    return made.train


def refuse_other_pictures(reader: Reader, prepared: Prepared) -> None:
    """Refuses pictures of another size or number of channels than the network reads, in words."""
    if prepared.shape != reader.spec.input_shape:
        raise StudioError(
            f"{reader.spec.title} reads pictures of {times(*reader.spec.input_shape)}, and those of "
            f"{prepared.info.title} are {times(*prepared.shape)}.",
            "It learned from other pictures.",
            "Choose the data set that it learned from, or train it on this one.",
        )


def _record(
    reader: Reader, step: Step, prepared: Prepared, looked: tuple[Looked, ...], session: Session
) -> Generator[Progress, None, LayerRecord]:
    """The record of the unit's layer: remembered, or found now."""
    run, data = session.open_run, prepared.test.images
    key = (reader.network, reader.weights_from, reader.step, step.name, prepared.key)
    known = session.records.get(key, data)
    if known is not None:
        return known
    record = yield from layer_record(steady(reader), step, looked)
    if session.open_run is run:
        session.records.keep(key, data, record)
    return record


def _found(
    found: Found, question: FindRecord, spec: NetworkSpec, looked: tuple[Looked, ...]
) -> Generator[Progress | None, None, tuple[FoundPicture, ...]]:
    layer, map_ = question.unit.layer, question.unit.map
    _, _, columns = as_maps(shape_of(spec, layer))
    ranks = range(min(max(0, question.most), found.values.shape[1]))
    pictures, begun_s = [], time.perf_counter()
    for rank in ranks:
        if time.perf_counter() - begun_s > limits.SLICE_S / 2:  # padding that is not zeros is followed layer by layer
            yield None
            begun_s = time.perf_counter()
        at = Unit(layer, map_, *divmod(int(found.places[map_, rank]), columns))
        pictures.append(
            _picture(float(found.values[map_, rank]), int(found.numbers[map_, rank]), at, spec, looked)
        )  # fmt: skip
    return tuple(pictures)


def _picture(value: float, number: int, at: Unit, spec: NetworkSpec, looked: tuple[Looked, ...]) -> FoundPicture:
    for part in looked:
        if number < len(part.index):
            break
        number -= len(part.index)
    index = int(part.index[number])
    pixels = part.images[index].copy()
    pixels.setflags(write=False)
    return FoundPicture(
        pixels=pixels,
        label=int(part.labels[index]),
        value=value,
        row=at.row,
        column=at.column,
        box=box(spec, at.layer, (at.map, at.row, at.column)),
        index=index,
        part=part.part,
    )


def maximised(question: Maximise, session: Session) -> Generator[Progress, None, Maximised]:
    """A picture made up to excite one unit, at its own place; see `maximise.maximise`."""
    step, number = _asked(question, session)
    reader = trained(question.network, question.dataset, question.step, session)
    found = yield from maximise(reader, step, number, question.seed, question.steps)
    return Maximised(
        network=question.network,
        unit=question.unit,
        step=reader.step,
        pixels=found.pixels,
        value=found.value,
        first=found.first,
        values=found.values,
    )
