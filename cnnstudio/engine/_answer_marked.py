"""A picture with every class's mark: what networks make of it, and how much of the attribution falls on the mark."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cnnstudio import networks
from cnnstudio.core.confidence import softmax
from cnnstudio.core.dataset import Images
from cnnstudio.core.errors import StudioError
from cnnstudio.core.frozen import locked
from cnnstudio.core.inside import Numbers
from cnnstudio.core.marks import mark_mask, marked, share_on
from cnnstudio.core.unfair import MarkRead, MarkVerdicts, ReadMarked
from cnnstudio.engine._answer_read import check_pixels, class_names, finite, learned_elsewhere, refuse_other_shape
from cnnstudio.engine._occlusion import Subject, occlusion
from cnnstudio.engine.aside import kept
from cnnstudio.engine.session import Reader, Session, steady


def read_marked(question: ReadMarked, session: Session) -> Generator[None, None, MarkRead]:
    """The picture without a mark and with each class's mark in one batch, read by every network."""
    check_pixels(question.pixels)
    names = class_names(question.dataset, question.networks, session)
    readers = [(network, session.reader(network, question.dataset, question.step)) for network in question.networks]
    asides = [(key, aside) for key in question.runs if (aside := kept(key)) is not None]
    classes = next((reader.spec.classes for _, reader in readers if reader is not None), len(names))
    if not 0 <= question.shown < classes:
        raise StudioError(f"There is no class number {question.shown}.", remedy=f"Choose one of {classes} classes.")
    images = with_every_mark(question, classes)
    mask = mark_mask((images.shape[2], images.shape[3]), question.shown, question.code)
    found: list[MarkVerdicts] = []
    for network, reader in readers:
        info, _ = networks.find(network)
        if reader is None:
            found.append(MarkVerdicts(network, info.title, info.role, "none", None, None, None, {}, {}))
            continue
        read = yield from _read(steady(reader), images, question.shown, mask)
        found.append(
            MarkVerdicts(
                network, reader.spec.title, info.role, reader.weights_from, reader.step, *read,
                learned_elsewhere(reader, question.dataset),
            )
        )  # fmt: skip
        yield None
    for key, aside in asides:
        info, _ = networks.find(aside.reader.network)
        read = yield from _read(aside.reader, images, question.shown, mask)
        found.append(MarkVerdicts(key, aside.title, info.role, "run", None, *read))
        yield None
    return MarkRead(locked(images), float(mask.mean()), locked(mask), tuple(found), names)


def with_every_mark(question: ReadMarked, classes: int) -> Images:
    """uint8 [1 + classes, channels, height, width]: the picture, and the picture with each class's mark."""
    again = np.repeat(question.pixels[None], classes, axis=0)
    return np.concatenate([question.pixels[None], marked(again, np.arange(classes), classes, question.code)])


class _Read(NamedTuple):
    """What a network says, as the last fields of `MarkVerdicts`."""

    probabilities: NDArray[np.float64]
    follows: float
    shares: dict[str, float | None]
    maps: dict[str, Numbers]


def _read(reader: Reader, images: Images, shown: int, mask: NDArray[np.bool_]) -> Generator[None, None, _Read]:
    refuse_other_shape(reader, images.shape[1:])
    logits = finite((yield from reader.logits(images)))
    verdicts = logits[1:].argmax(1)
    target = int(verdicts[shown])
    subject = Subject(
        reader.module, reader.spec, images[1 + shown], target, reader.channels_last, reader.device
    )  # fmt: skip
    maps = {"saliency": saliency(subject)}
    yield None
    maps["occlusion"] = np.asarray((yield from occlusion(subject)), np.float32)
    shares = {name: share_on(values, mask) for name, values in maps.items()}
    follows = float(np.mean(verdicts == np.arange(len(verdicts))))
    return _Read(locked(softmax(logits)), follows, shares, {name: locked(values) for name, values in maps.items()})


def saliency(subject: Subject) -> Numbers:
    """The size of the gradient of the target's logit at every pixel, summed over channels: float32 [height, width].

    K. Simonyan, A. Vedaldi, A. Zisserman: Deep inside convolutional networks. ICLR workshop 2014.
    """
    given = subject.given(subject.pixels).requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(subject.module(given)[0, subject.target], given)
    return np.asarray(slope[0].abs().sum(0).cpu().numpy(), np.float32)
