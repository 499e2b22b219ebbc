"""What the networks say of one picture, and what their first layers hold."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnstudio import networks
from cnnstudio.core.confidence import softmax
from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import parse_key
from cnnstudio.core.questions import FirstLayers, LayerWeights, ReadPicture, Verdict, Verdicts
from cnnstudio.core.taught import Taught
from cnnstudio.datasets import all_datasets, find
from cnnstudio.engine._kernels import first_weights
from cnnstudio.engine.pixels import scaling
from cnnstudio.engine.session import Reader, Session, finish
from cnnstudio.engine.weights import learned_on, shipped_taught

_LARGEST: Final = 1e6
"""Logits of a network that nearly diverged are cut here, so that its probabilities are numbers."""


def read_picture(question: ReadPicture, session: Session) -> Verdicts:
    """One verdict per network, in the order asked."""
    check_pixels(question.pixels)
    verdicts = tuple(_verdict(question, network, session) for network in question.networks)
    return Verdicts(verdicts, class_names(question.dataset, question.networks, session))


def class_names(dataset: str, asked: tuple[str, ...], session: Session) -> tuple[str, ...]:
    """The classes behind the verdicts: the open run's where it answers, else those on the data set's card."""
    run = session.open_run
    if run is not None and any(session.has_run(network, dataset) for network in asked):
        return run.started.class_names
    return find(dataset).info.class_names


def check_pixels(pixels: NDArray[np.uint8]) -> None:
    """Refuses what is no picture, whatever its size, in words."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise StudioError(
            f"A picture must be uint8 [channels, height, width], and this is {pixels.dtype} {list(pixels.shape)}."
        )


def _verdict(question: ReadPicture, network: str, session: Session) -> Verdict:
    info, _ = networks.find(network)
    reader = session.reader(network, question.dataset, question.step)
    if reader is None:
        return Verdict(network, info.title, info.role, "none", None, None, None)
    refuse_other_shape(reader, question.pixels.shape)
    logits, probabilities = softened(finish(reader.logits(question.pixels[None]))[0])
    for array in (logits, probabilities):
        array.setflags(write=False)
    return Verdict(
        network, reader.spec.title, info.role, reader.weights_from, reader.step, probabilities, logits,
        learned_elsewhere(reader, question.dataset),
    )  # fmt: skip


def softened(found: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logits [classes] as numbers even where a network nearly diverged, and their softmax."""
    logits = finite(found)
    return logits, softmax(logits)


def finite(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logits of any shape as numbers, even where a network nearly diverged."""
    return np.nan_to_num(logits.astype(np.float64), nan=0.0, posinf=_LARGEST, neginf=-_LARGEST)


def learned_elsewhere(reader: Reader, dataset: str) -> str:
    """Title of the data set that shipped weights were learned on, where it is another one; else ""."""
    asked, _ = parse_key(dataset)
    learned = learned_on(asked, reader.network) if reader.weights_from == "shipped" else asked
    return all_datasets()[learned].title if learned not in ("", asked) else ""


def taught(reader: Reader, dataset: str, session: Session) -> Taught | None:
    """What a reader's weights learned, where it is known; to be asked before another question may open a run."""
    if reader.weights_from == "shipped":
        return shipped_taught(parse_key(dataset)[0], reader.network)
    run = session.open_run
    return None if run is None else Taught(run.config.dataset, run.started.train_size, shipped=False)


def refuse_other_shape(reader: Reader, shape: tuple[int, ...]) -> None:
    """Raises a StudioError for a picture of another size or number of channels than the network reads."""
    if shape != reader.spec.input_shape:
        wanted = _times(reader.spec.input_shape)
        raise StudioError(
            f"{reader.spec.title} reads pictures of {wanted}, and this one is {_times(shape)}.",
            "The picture belongs to another data set.",
            "Draw it again, or choose the data set it was made for.",
        )


def _times(shape: Shape | tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)


def first_layers(question: FirstLayers, session: Session) -> tuple[LayerWeights, ...]:
    """The first layer of every network that has weights and kernels to look at; the others are left out."""
    found = []
    for network in question.networks:
        info, _ = networks.find(network)
        reader = session.reader(network, question.dataset, question.step)
        if reader is None:
            continue
        try:
            first = first_weights(reader.spec, reader.module, question.most)
        except StudioError:
            continue  # an embedding or the like, which no picture shows
        found.append(
            LayerWeights(
                network=network,
                title=reader.spec.title,
                role=info.role,
                step=reader.step,
                weights_from=reader.weights_from,
                kind=first.kind,
                layer=first.layer,
                kernels=first.kernels,
                total=first.total,
                biases=first.biases,
                scaling=scaling(reader.spec.input_shape[0]),
                learned_on=learned_elsewhere(reader, question.dataset),
            )
        )
    return tuple(found)
