"""Whether a picture is still read correctly where it is moved to, or when it is changed."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio import networks
from cnnstudio.core.confidence import softmax
from cnnstudio.core.dataset import Images
from cnnstudio.core.errors import StudioError
from cnnstudio.core.frozen import locked
from cnnstudio.core.moving import REACH_PX, Curves, NetworkCurve, NetworkOffsets, OffsetMap, OffsetMaps, Transformed
from cnnstudio.core.network import Role
from cnnstudio.core.picture_changes import (
    AMOUNTS,
    DRAWS,
    KINDS,
    UNITS,
    background,
    changed,
    check,
    every_offset,
    ink_kept,
)
from cnnstudio.core.questions import WeightsFrom
from cnnstudio.engine._answer_read import check_pixels, class_names, finite, refuse_other_shape, taught
from cnnstudio.engine.session import Reader, Session, steady


class _Read(NamedTuple):
    """What a network says of many pictures: of the target, and which class."""

    target: int
    probability: NDArray[np.float64]
    verdicts: NDArray[np.int64]


def offset_map(question: OffsetMap, session: Session) -> Generator[None, None, OffsetMaps]:
    """One batch of moved pictures, read by every network in the order asked."""
    check_pixels(question.pixels)
    images = every_offset(question.pixels, REACH_PX)
    found: list[NetworkOffsets] = []
    middle, side = len(images) // 2, 2 * REACH_PX + 1
    for network in question.networks:
        if found:
            yield None
        reader = session.reader(network, question.dataset, question.step)
        if reader is None:
            info, _ = networks.find(network)
            found.append(NetworkOffsets(network, info.title, info.role, "none", None, None, None, None))
            continue
        learned = taught(reader, question.dataset, session)
        read = yield from _read(reader, images, question.label, middle)
        found.append(
            NetworkOffsets(
                *_named(reader), read.target, locked(read.probability.reshape(side, side)),
                locked(read.verdicts.reshape(side, side)), learned,
            )
        )  # fmt: skip
    return OffsetMaps(
        tuple(range(-REACH_PX, REACH_PX + 1)), tuple(found), locked(ink_kept(question.pixels, REACH_PX)),
        tuple(int(value) for value in background(question.pixels)),
        class_names(question.dataset, question.networks, session),
    )  # fmt: skip


def transformed(question: Transformed, session: Session) -> Generator[None, None, Curves]:
    """All draws of all amounts in one batch, after the picture itself, read by every network in the order asked."""
    check_pixels(question.pixels)
    if question.kind not in KINDS:
        check(question.kind, 0.0)
    amounts, draws = question.amounts or AMOUNTS[question.kind], DRAWS[question.kind]
    again = np.repeat(question.pixels[None], draws, axis=0)
    images = np.concatenate([changed(again, question.kind, amount, question.seed) for amount in amounts])
    found: list[NetworkCurve] = []
    for network in question.networks:
        if found:
            yield None
        reader = session.reader(network, question.dataset, question.step)
        if reader is None:
            info, _ = networks.find(network)
            found.append(NetworkCurve(network, info.title, info.role, "none", None, None, None, None, None))
            continue
        learned = taught(reader, question.dataset, session)
        read = yield from _read(reader, np.concatenate([images, question.pixels[None]]), question.label, -1)
        probability = read.probability[:-1].reshape(-1, draws)
        verdicts = read.verdicts[:-1].reshape(-1, draws)
        found.append(
            NetworkCurve(
                *_named(reader), read.target, locked(probability.mean(1)),
                locked((verdicts == read.target).mean(1)), locked(verdicts[:, 0].copy()), learned,
            )
        )  # fmt: skip
    shown = locked(images[::draws].copy())
    names = class_names(question.dataset, question.networks, session)
    return Curves(question.kind, tuple(amounts), UNITS[question.kind], draws, shown, tuple(found), names)


def _named(reader: Reader) -> tuple[str, str, Role, WeightsFrom, int | None]:
    info, _ = networks.find(reader.network)
    return reader.network, reader.spec.title, info.role, reader.weights_from, reader.step


def _read(reader: Reader, images: Images, label: int | None, plain: int) -> Generator[None, None, _Read]:
    """Reads pictures; the target is the label asked for, or the verdict of picture number `plain`."""
    refuse_other_shape(reader, images.shape[1:])
    if label is not None and not 0 <= label < reader.spec.classes:
        raise StudioError(
            f"{reader.spec.title} has no class number {label}.",
            remedy=f"Choose one of its {reader.spec.classes} classes.",
        )
    found = yield from steady(reader, len(images)).logits(images)
    logits = finite(found)
    verdicts = logits.argmax(1).astype(np.int64)
    target = int(verdicts[plain]) if label is None else label
    return _Read(target, softmax(logits)[:, target], verdicts)
