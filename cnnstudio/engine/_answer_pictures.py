"""Pictures of a data set, and those of the test sample that a network gets right or wrong."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Labels, Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.questions import BothWrong, BrowseExamples, ConfusionCell, Confusions, OnlyOneRight, Shown
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine._answer_run import opened
from cnnstudio.engine.evaluate import confusion
from cnnstudio.engine.session import Session

Index = NDArray[np.int64]
Showing = Generator[None, None, Shown]


def confusion_cell(question: ConfusionCell, session: Session) -> Showing:
    """The pictures behind one cell of the confusion matrix."""
    test = sample(session)
    guesses = yield from session.guesses(question.network, question.step)
    fits = np.flatnonzero((test.labels == question.truth) & (guesses == question.guess))
    return of_sample(session, fits, question.most, {question.network: guesses})


def only_one_right(question: OnlyOneRight, session: Session) -> Showing:
    """The pictures that one network reads and the other does not."""
    test = sample(session)
    right = yield from session.guesses(question.right, question.step)
    wrong = yield from session.guesses(question.wrong, question.step)
    fits = np.flatnonzero((right == test.labels) & (wrong != test.labels))
    return of_sample(session, fits, question.most, {question.right: right, question.wrong: wrong})


def both_wrong(question: BothWrong, session: Session) -> Showing:
    """The pictures that neither of two networks reads."""
    test = sample(session)
    one = yield from session.guesses(question.one, question.step)
    other = yield from session.guesses(question.other, question.step)
    fits = np.flatnonzero((one != test.labels) & (other != test.labels))
    return of_sample(session, fits, question.most, {question.one: one, question.other: other})


def confusions(question: Confusions, session: Session) -> Generator[None, None, dict[str, NDArray[np.int64]]]:
    """The confusion matrix of every network over the test sample."""
    test = sample(session)
    matrices = {}
    for network, spec in opened(session).specs.items():
        guesses = yield from session.guesses(network, question.step)
        matrices[network] = confusion(test.labels, guesses, spec.classes)
    return matrices


def sample(session: Session) -> Pictures:
    """The pictures of the open run that the networks are asked about, with their labels."""
    pictures, _ = session.test_pictures()
    if not len(pictures):
        raise StudioError(
            "The test pictures of this run are not at hand.",
            "Its data set was moved or deleted since, or is not downloaded.",
            "Bring the data set back and open the run again.",
        )
    return pictures


def of_sample(session: Session, fits: Index, most: int, guesses: dict[str, Labels]) -> Shown:
    """Some pictures of the sample, by their places in it, with what was guessed of them."""
    pictures, places = session.test_pictures()
    few = fits[: max(0, most)]
    return Shown(
        images=_locked(pictures.images[few]),
        labels=_locked(pictures.labels[few]),
        guesses=_locked(np.stack([column[few] for column in guesses.values()], axis=1)),
        networks=tuple(guesses),
        total=len(fits),
        index=_locked(places[few]),
        class_names=opened(session).started.class_names,
    )


def browse_examples(question: BrowseExamples, session: Session) -> Generator[Progress, None, Shown]:
    """Pictures of a data set from a place on; after the last comes the first again."""
    prepared = yield from data_of(question.dataset, session)
    pictures = prepared.train if question.part == "train" else prepared.test
    order = np.arange(len(pictures)) if question.label is None else np.flatnonzero(pictures.labels == question.label)
    if not len(order):
        raise StudioError(f"{prepared.info.title} has no such pictures.", remedy="Choose another class.")
    if question.shuffle_seed is not None:
        order = np.random.default_rng(question.shuffle_seed).permutation(order)
    count = min(max(0, question.most), len(order))
    few = order[(question.start + np.arange(count)) % len(order)].astype(np.int64)
    return Shown(
        images=_locked(pictures.images[few]),
        labels=_locked(pictures.labels[few]),
        guesses=None,
        networks=(),
        total=len(order),
        index=_locked(few),
        class_names=prepared.class_names,
    )


def data_of(dataset: str, session: Session) -> Generator[Progress, None, Prepared]:
    """The pictures that are in memory for another reason, else those that the data set's own race would take."""
    found = find(dataset)
    loaded = session.loaded(dataset)
    if loaded is not None:
        return loaded
    return (yield from session.load(RaceConfig(dataset=dataset).with_(**_of_data(found.info.race))))


def pictures_of(dataset: str, network: str, session: Session) -> Generator[Progress, None, Prepared]:
    """The run's own pictures where the run has this network and is about this very set, else those of `data_of`."""
    run = session.open_run
    if run is not None and run.config.dataset == dataset and network in run.specs:
        return (yield from session.load(run.config))
    return (yield from data_of(dataset, session))


def _of_data(race: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in race.items() if name in ("examples", "seed")}


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
