"""How sure networks are of a drawing and of pictures that show nothing they know."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio import networks
from cnnstudio.core.confidence import energy, fit_temperature, softmax
from cnnstudio.core.dataset import Images, Pictures
from cnnstudio.core.errors import StudioError
from cnnstudio.core.frozen import locked
from cnnstudio.core.nonsense import NonsenseRead, NonsenseVerdicts, ReadNonsense
from cnnstudio.core.nonsense_pictures import FROM_REAL, KINDS, make
from cnnstudio.engine._answer_read import check_pixels, class_names, finite, learned_elsewhere, refuse_other_shape
from cnnstudio.engine.aside import Aside, kept
from cnnstudio.engine.session import Reader, Session, steady

YOURS: Final = "yours"
ACCEPTED: Final = 0.95
"""The share of validation pictures that a limit lets through."""

_CALIBRATION: Final = 500
"""Validation pictures that temperature and limits are taken from: a few milliseconds for each network."""

_EACH: Final = 100
"""More pictures of a kind than this are not looked at."""


class Calibration(NamedTuple):
    """What validation pictures tell of a network's confidence, named as in `NonsenseVerdicts`."""

    temperature: float | None = None
    energy_limit: float | None = None
    confidence_limit: float | None = None
    real_confidence: float | None = None


def read_nonsense(question: ReadNonsense, session: Session) -> Generator[None, None, NonsenseRead]:
    """The drawing and the made-up pictures in one batch, read by every network."""
    readers = {network: session.reader(network, question.dataset, question.step) for network in question.networks}
    for reader in readers.values():
        if reader is not None and question.pixels is not None:
            check_pixels(question.pixels)
            refuse_other_shape(reader, question.pixels.shape)
    asides = {key: aside for key in question.runs if (aside := kept(key)) is not None}
    prepared = session.loaded(question.dataset)
    validation = None if prepared is None else prepared.validation.take(slice(0, _CALIBRATION))
    kinds, images = _pictures(question, session, validation)
    found: list[NonsenseVerdicts] = []
    for network, reader in readers.items():
        if reader is None:
            info, _ = networks.find(network)
            found.append(NonsenseVerdicts(network, info.title, info.role, "none", None, None, None))
        else:
            found.append((yield from _verdicts(reader, images, validation, question.dataset)))
        yield None
    for key, aside in asides.items():
        found.append((yield from _aside_verdicts(key, aside, images, validation)))
        yield None
    names = class_names(question.dataset, question.networks, session)
    return NonsenseRead(kinds, locked(images), tuple(found), names)


def _pictures(question: ReadNonsense, session: Session, validation: Pictures | None) -> tuple[tuple[str, ...], Images]:
    """The drawing, where there is one, and every kind that can be made."""
    if not 1 <= question.each <= _EACH:
        raise StudioError(f"{question.each} pictures of each kind cannot be made.", remedy=f"Give 1 to {_EACH}.")
    shape, real = _shape(question, session), None if validation is None else validation.images
    said: list[str] = []
    made: list[Images] = []
    if question.pixels is not None:
        check_pixels(question.pixels)
        said, made = [YOURS], [question.pixels[None]]
        fits = real is not None and real.shape[1:] == shape
        real = real if fits and not question.pixels.any() else question.pixels[None]
    for kind in question.kinds or tuple(KINDS):
        if kind in FROM_REAL and real is None:
            continue  # nothing to make it of
        made.append(make(kind, question.each, shape, question.seed, real))
        said += [kind] * question.each
    return tuple(said), np.concatenate(made) if made else np.empty((0, *shape), np.uint8)


def _shape(question: ReadNonsense, session: Session) -> tuple[int, int, int]:
    if question.pixels is not None and question.pixels.ndim == 3:
        channels, height, width = question.pixels.shape
        return channels, height, width
    loaded = session.loaded(question.dataset)
    if loaded is not None:
        return loaded.shape
    from cnnstudio.datasets import find

    return find(question.dataset).info.shape


def _verdicts(
    reader: Reader, images: Images, validation: Pictures | None, dataset: str
) -> Generator[None, None, NonsenseVerdicts]:
    info, _ = networks.find(reader.network)
    held = steady(reader)
    logits = yield from _logits(held, images)
    calibration = yield from _calibration(held, validation)
    return NonsenseVerdicts(
        reader.network, reader.spec.title, info.role, reader.weights_from, reader.step, locked(logits),
        locked(energy(logits)), **calibration._asdict(), learned_on=learned_elsewhere(reader, dataset),
    )  # fmt: skip


def _aside_verdicts(
    key: str, aside: Aside, images: Images, validation: Pictures | None
) -> Generator[None, None, NonsenseVerdicts]:
    info, _ = networks.find(aside.reader.network)
    logits = yield from _logits(aside.reader, images)
    calibration = yield from _calibration(aside.reader, validation, aside.none_class)
    return NonsenseVerdicts(
        key, aside.title, info.role, "run", None, locked(logits), locked(energy(known(logits, aside.none_class))),
        aside.none_class, **calibration._asdict(),
    )  # fmt: skip


def known(logits: NDArray[np.float64], none_class: bool) -> NDArray[np.float64]:
    """The logits of the classes that are something."""
    return logits[..., :-1] if none_class else logits


def _logits(reader: Reader, images: Images) -> Generator[None, None, NDArray[np.float64]]:
    refuse_other_shape(reader, images.shape[1:])
    if not len(images):
        return np.empty((0, reader.spec.classes))
    return finite((yield from reader.logits(images)))


def _calibration(
    reader: Reader, validation: Pictures | None, none_class: bool = False
) -> Generator[None, None, Calibration]:
    if validation is None or not len(validation) or validation.images.shape[1:] != reader.spec.input_shape:
        return Calibration()
    return calibrated((yield from _logits(reader, validation.images)), validation, none_class)


def calibrated(logits: NDArray[np.float64], validation: Pictures, none_class: bool = False) -> Calibration:
    """Temperature and limits from what a network says of validation pictures: float64 [n, classes]."""
    largest = known(softmax(logits), none_class).max(1)
    return Calibration(
        fit_temperature(logits, validation.labels),
        float(np.quantile(energy(known(logits, none_class)), ACCEPTED)),
        float(np.quantile(largest, 1 - ACCEPTED)),
        float(largest.mean()),
    )
