"""Why a verdict: which pixels it hangs on."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import NamedTuple, TypeVar

import numpy as np

from cnnstudio import networks
from cnnstudio.core.attribution import METHODS, Attribute, Attribution
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.engine._answer_read import check_pixels, refuse_other_shape, softened
from cnnstudio.engine._believed import UNKNOWN
from cnnstudio.engine._occlusion import Subject
from cnnstudio.engine.explain import Explained, explain, is_signed, why_not
from cnnstudio.engine.session import Reader, Session, finish, steady

R = TypeVar("R")


def attribute(question: Attribute, session: Session) -> Generator[Progress | None, None, tuple[Attribution, ...]]:
    """One attribution per network, in the order asked."""
    check_pixels(question.pixels)
    if question.method not in METHODS:
        raise StudioError(f"There is no method {question.method!r}.", remedy="Choose from " + ", ".join(METHODS) + ".")
    if "captum" not in sys.modules and question.method != "occlusion":
        yield Progress(None, "loading Captum")
    found: list[Attribution] = []
    for network in question.networks:
        if found:
            yield None
        found.append((yield from _attribution(question, network, session)))
    return tuple(found)


def _attribution(question: Attribute, network: str, session: Session) -> Generator[None, None, Attribution]:
    reader = session.reader(network, question.dataset, question.step)
    if reader is None:
        about = _About(question, network, None, question.target or 0, 0.0)
        return _said(about, None, f"{networks.find(network)[0].title} is not trained yet.")
    refuse_other_shape(reader, question.pixels.shape)
    reader = steady(reader)
    found = finish(reader.logits(question.pixels[None]))[0]
    logits, probabilities = softened(found)
    target = int(logits.argmax()) if question.target is None else question.target
    if not 0 <= target < reader.spec.classes:
        raise StudioError(
            f"{reader.spec.title} has no class number {target}.",
            remedy=f"Choose one of its {reader.spec.classes} classes.",
        )
    about = _About(question, network, reader, target, float(probabilities[target]))
    diverged = f"{reader.spec.title} has diverged: what it computes is no longer a number."
    sentence = why_not(question.method, reader.spec, reader.module) if np.isfinite(found).all() else diverged
    if sentence:
        return _said(about, None, sentence)
    subject = Subject(reader.module, reader.spec, question.pixels, target, reader.channels_last, reader.device)
    explained, seconds = yield from _timed(explain(question.method, subject))
    return _said(about, explained, diverged if explained.map is None else "", seconds)


class _About(NamedTuple):
    """What one attribution is about."""

    question: Attribute
    network: str
    reader: Reader | None
    target: int
    probability: float


def _said(about: _About, explained: Explained | None, sentence: str, seconds: float = 0.0) -> Attribution:
    info, reader, method = networks.find(about.network)[0], about.reader, about.question.method
    agreement = explained.agreement if explained is not None else UNKNOWN
    return Attribution(
        network=about.network,
        title=reader.spec.title if reader is not None else info.title,
        role=info.role,
        method=method,
        target=about.target,
        probability=about.probability,
        map=explained.map if explained is not None else None,
        signed=is_signed(method),
        why_not=sentence,
        agreement=agreement.correlation,
        by_chance=agreement.by_chance,
        believed=agreement.believed,
        seconds=seconds,
        step=reader.step if reader is not None else None,
        weights_from=reader.weights_from if reader is not None else "none",
    )


def _timed(work: Generator[None, None, R]) -> Generator[None, None, tuple[R, float]]:
    """Does sliced work and tells how many seconds it took; what others did between two slices is not counted."""
    seconds = 0.0
    while True:
        began = time.perf_counter()
        try:
            next(work)
        except StopIteration as end:
            return end.value, seconds + time.perf_counter() - began
        seconds += time.perf_counter() - began
        yield
