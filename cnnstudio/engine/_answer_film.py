"""How one kernel, or one feature map, changed over training: the same view at many moments."""

from __future__ import annotations

import time
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core import limits
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import Film, FilmStrip
from cnnstudio.core.layers import Step
from cnnstudio.core.questions import NO_RUN
from cnnstudio.core.reading import as_maps
from cnnstudio.engine import _kernels
from cnnstudio.engine._answer_inside import step_of
from cnnstudio.engine._answer_read import check_pixels, refuse_other_shape
from cnnstudio.engine.moments import Flat, unflatten
from cnnstudio.engine.probe import probe
from cnnstudio.engine.session import OpenRun, Session, steady

Frames = list[NDArray[np.float32]]


def film(question: Film, session: Session) -> Generator[Progress | None, None, FilmStrip]:
    """One frame per moment asked, as far as they are kept; two wishes that the same moment answers give one frame."""
    run = _run_of(question, session)
    step = step_of(run.specs[question.network], question.layer)
    wished = {run.moments.nearest(each, question.network) for each in question.steps}
    moments = sorted(at for at in wished if at is not None)
    ## A running race may thin its timeline meanwhile: the weights are held from here on, not looked up again.
    kept = {at: run.moments.weights(at, question.network) for at in moments}
    if not kept:
        raise StudioError(
            f"No weights of {run.specs[question.network].title} are kept from these moments.",
            "The film begins before the first moment that is kept.",
            "Choose later moments.",
        )
    if question.what == "kernel":
        frames = _kernel_frames(question, run, step, list(kept.values()))
    else:
        frames = yield from _map_frames(question, session, step, list(kept.values()))
    strip = np.stack(frames)
    strip.setflags(write=False)
    return FilmStrip(strip, tuple(kept))


def _run_of(question: Film, session: Session) -> OpenRun:
    run = session.open_run
    if run is None:
        raise StudioError(NO_RUN, "A film is made of the moments of a run.", "Press Run, or open a kept run.")
    if not session.has_run(question.network, question.dataset):
        raise StudioError(
            "The open run has no film of this network.",
            "It trained other networks, or another data set; weights that come with the program have no history.",
            "Press Run.",
        )
    return run


def _kernel_frames(question: Film, run: OpenRun, step: Step, kept: list[Flat]) -> Frames:
    """Straight out of the kept weights: no module is filled."""
    spec = run.specs[question.network]
    if _kernels.kind_of(spec, step) == "none":
        raise StudioError(f"{step.name} of {spec.title} has no kernels.", remedy="Choose a layer with weights.")
    shown = _kernels.shown(step, _kernels.MOST if _kernels.kind_of(spec, step) == "local" else _kernels.total(step))
    _check_number(question, len(shown), "kernels")
    slot, number = _kernels.slots(spec)[f"{step.name}.weight"], shown[question.map : question.map + 1]
    return [_kernels.pictures(spec, step, slot.of(flat), number)[0] for flat in kept]


def _map_frames(
    question: Film, session: Session, step: Step, kept: list[Flat]
) -> Generator[Progress | None, None, Frames]:
    """One forward pass per moment, as far as the layer, on a copy of the network that nobody else fills."""
    if question.pixels is None:
        raise StudioError("A film of a feature map needs a picture.", remedy="Draw one, or choose one.")
    check_pixels(question.pixels)
    _check_number(question, step.shape[0], "maps" if len(step.shape) == 3 else "units")
    reader = session.viewer(question.network)
    refuse_other_shape(reader, question.pixels.shape)
    module, pictures = steady(reader).module, reader.given(question.pixels[None])
    frames: Frames = []
    begun_s = time.perf_counter()
    with probe(module, reader.spec, (step.name,)) as read:
        for flat in kept:
            if time.perf_counter() - begun_s > limits.SLICE_S / 2:
                yield Progress(len(frames) / len(kept), "following the map through training")
                begun_s = time.perf_counter()
            unflatten(flat, module)
            values = read(pictures)[step.name][0].reshape(as_maps(step.shape))
            frames.append(_kernels.array(values[question.map : question.map + 1]))
    return frames


def _check_number(question: Film, count: int, what: str) -> None:
    if not 0 <= question.map < count:
        raise StudioError(
            f"{question.layer} has {count} {what}, and none of number {question.map + 1}.", "They are counted from 1."
        )
