"""What a verdict is like: the nearest training pictures, and the test set as points of a plane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio import networks
from cnnstudio.core import limits
from cnnstudio.core.attribution import Embed, Embedding, FindNeighbours, Neighbours
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine._answer_pictures import pictures_of
from cnnstudio.engine._answer_read import check_pixels, refuse_other_shape
from cnnstudio.engine._answer_unit import refuse_other_pictures
from cnnstudio.engine._plane import Plane, principal_plane, steadied
from cnnstudio.engine._tsne import arranged
from cnnstudio.engine.embed import Features, evenly, fitting, last_hidden, nearest, read_features
from cnnstudio.engine.session import Reader, Session, finish, steady

_FIRST: Final = np.zeros(1, np.int64)
"""The one picture of a list of one."""

_LEAST: Final = 3
"""Two pictures lie on a line however they are arranged."""


def find_neighbours(
    question: FindNeighbours, session: Session
) -> Generator[Progress | None, None, tuple[Neighbours, ...]]:
    """The nearest training pictures, per network that is trained; compared are `limits.NEIGHBOUR_PICTURES` at most."""
    check_pixels(question.pixels)
    found: list[Neighbours] = []
    left = _LeftOut(question.dataset)
    for network in question.networks:
        reader = session.reader(network, question.dataset, question.step)
        if reader is None:
            continue
        refuse_other_shape(reader, question.pixels.shape)
        prepared = yield from pictures_of(question.dataset, network, session)
        near = yield from _neighbours(question, network, prepared, session, left)
        found.extend(near)
    if question.networks and not found:
        raise left.error()
    return tuple(found)


def _neighbours(
    question: FindNeighbours, network: str, prepared: Prepared, session: Session, left: _LeftOut
) -> Generator[Progress | None, None, list[Neighbours]]:
    reader = session.reader(network, question.dataset, question.step)  # anew: loading took its time
    if reader is None:
        return []
    refuse_other_pictures(reader, prepared)
    reader, hidden, train = steady(reader), last_hidden(reader.spec), prepared.train
    places = evenly(len(train), fitting(hidden, limits.NEIGHBOUR_PICTURES))
    features = yield from _features(reader, train, places, ("train", question.dataset), session)
    here = finish(read_features(reader, question.pixels[None], _FIRST)).values[0]
    if not (np.isfinite(features.values).all() and np.isfinite(here).all()):
        left.diverged.append(reader.spec.title)
        return []
    order, distances = yield from nearest(features.values, here, question.most)
    index = places[order]
    images, labels = train.images[index], train.labels[index]
    for array in (images, labels, distances, index):
        array.setflags(write=False)
    return [
        Neighbours(
            network=network,
            title=reader.spec.title,
            role=networks.find(network)[0].role,
            images=images,
            labels=labels,
            distances=distances,
            index=index,
            layer=hidden.layer,
            looked_at=len(places),
            class_names=prepared.class_names,
            step=reader.step,
            weights_from=reader.weights_from,
        )
    ]


@dataclass(slots=True)
class _LeftOut:
    """Why networks have no place in an answer, for when none has.

    Thread: engine.
    """

    dataset: str
    diverged: list[str] = field(default_factory=list)

    def error(self) -> StudioError:
        """What is said when no network is left."""
        if self.diverged:
            return StudioError(
                f"{' and '.join(self.diverged)} diverged: what the last hidden layer computes is no longer a number.",
                "The weights have grown beyond all bounds in training.",
                "Choose an earlier moment, or train again with a smaller learning rate.",
            )
        title = find(self.dataset).info.title
        return StudioError(f"No network is trained on {title} yet.", remedy="Press Run, or open a kept run.")


def _features(
    reader: Reader, pictures: Pictures, places: NDArray[np.int64], of: tuple[str, str], session: Session
) -> Generator[Progress, None, Features]:
    """Pictures of a part of a data set in the last hidden layer: remembered, or read now."""
    run, key = session.open_run, (*of, reader.network, reader.weights_from, reader.step, len(places))
    known = session.features.get(key, pictures.images)
    if known is not None:
        return known
    found = yield from read_features(reader, pictures.images, places)
    if session.open_run is run:
        session.features.keep(key, pictures.images, found)
    return found


class _Tested(NamedTuple):
    """The test pictures that are arranged.

    Attributes:
        pictures: The test set, or the run's sample of it.
        chosen: int64 [n], which of them.
        places: int64 [n], where those stand in the whole test set.
    """

    pictures: Pictures
    chosen: NDArray[np.int64]
    places: NDArray[np.int64]
    class_names: tuple[str, ...]


class _Laid(NamedTuple):
    """One network's features and their principal plane.

    Attributes:
        here: float32 [1, width], or [0, width] without a picture.
    """

    reader: Reader
    layer: str
    features: Features
    plane: Plane
    here: NDArray[np.float32]


def embed(question: Embed, session: Session) -> Generator[Progress | None, None, tuple[Embedding, ...]]:
    """The test set as points of a plane, per network that is trained.

    The axes of principal components keep their direction from one answer to the next (`_plane.steadied`). t-SNE has no
    way to place one more picture, so the current one takes part in it; with another picture every point moves a little.
    """
    if question.pixels is not None:
        check_pixels(question.pixels)
    left, laid = _LeftOut(question.dataset), []
    trained = [each for each in question.networks if session.reader(each, question.dataset, question.step) is not None]
    if not question.networks:
        return ()
    if not trained:
        raise left.error()
    tested = yield from _tested(question, trained, session)
    for network in trained:
        one = yield from _lay(question, network, tested, session, left)
        if one is not None:
            laid.append(one)
    if not laid:
        raise left.error()
    points = [np.concatenate([one.plane.points, one.plane.place(one.here)]) for one in laid]
    if question.method == "tsne":
        points = yield from _by_tsne(laid, points, question.seed)
    return tuple(_embedding(question, one, tested, where) for one, where in zip(laid, points, strict=True))


def _tested(question: Embed, trained: list[str], session: Session) -> Generator[Progress, None, _Tested]:
    """The test pictures that all networks arrange: so many that the widest last hidden layer of them can be held."""
    run = session.open_run
    if run is not None and run.config.dataset == question.dataset and len(run.test):
        pictures, index = session.test_pictures()
        names = run.started.class_names
    else:
        prepared = yield from pictures_of(question.dataset, trained[0], session)
        pictures, names = prepared.test, prepared.class_names
        index = np.arange(len(pictures))
    readers = [session.reader(network, question.dataset, question.step) for network in trained]
    most = [fitting(last_hidden(reader.spec), question.most) for reader in readers if reader is not None]
    chosen = evenly(len(pictures), min(most, default=0))
    if len(chosen) < _LEAST:
        raise StudioError(
            f"There are {len(chosen)} test pictures, and a plane needs {_LEAST}.",
            remedy="Choose a data set with more pictures.",
        )
    return _Tested(pictures, chosen, index[chosen], names)


def _lay(
    question: Embed, network: str, tested: _Tested, session: Session, left: _LeftOut
) -> Generator[Progress | None, None, _Laid | None]:
    reader = session.reader(network, question.dataset, question.step)
    if reader is None:
        return None
    refuse_other_shape(reader, tested.pictures.images.shape[1:])
    if question.pixels is not None:
        refuse_other_shape(reader, question.pixels.shape)
    reader, run = steady(reader), session.open_run
    features = yield from _features(reader, tested.pictures, tested.chosen, ("test", question.dataset), session)
    here = features.values[:0]
    if question.pixels is not None:
        here = finish(read_features(reader, question.pixels[None], _FIRST)).values
    if not (np.isfinite(features.values).all() and np.isfinite(here).all()):
        left.diverged.append(reader.spec.title)
        return None
    plane = yield from principal_plane(features.values)
    plane = steadied(plane, session.lay.get((network, question.dataset)))
    if session.open_run is run:
        session.lay[network, question.dataset] = plane.points
    return _Laid(reader, last_hidden(reader.spec).layer, features, plane, here)


def _by_tsne(
    laid: list[_Laid], starts: list[NDArray[np.float64]], seed: int
) -> Generator[Progress | None, None, list[NDArray[np.float64]]]:
    """Moves the points as t-SNE arranges them; where features do not vary at all, there is nothing to arrange."""
    varied = [place for place, one in enumerate(laid) if any(one.plane.explained)]
    if not varied:
        return starts
    sets = [np.concatenate([laid[place].features.values, laid[place].here]) for place in varied]
    titles = [laid[place].reader.spec.title for place in varied]
    found = yield from arranged(sets, [starts[place] for place in varied], titles, seed)
    points = list(starts)
    for place, where in zip(varied, found, strict=True):
        points[place] = where.astype(np.float64)
    return points


def _embedding(question: Embed, one: _Laid, tested: _Tested, where: NDArray[np.float64]) -> Embedding:
    placed, count = where.astype(np.float32), len(tested.chosen)
    labels = tested.pictures.labels[tested.chosen]
    for array in (placed, labels, tested.places):
        array.setflags(write=False)
    return Embedding(
        network=one.reader.network,
        title=one.reader.spec.title,
        role=networks.find(one.reader.network)[0].role,
        points=placed[:count],
        labels=labels,
        guesses=one.features.guesses,
        index=tested.places,
        here=placed[count] if len(placed) > count else None,
        explained=one.plane.explained if question.method == "pca" else (),
        method=question.method,
        layer=one.layer,
        class_names=tested.class_names,
        step=one.reader.step,
        weights_from=one.reader.weights_from,
    )
