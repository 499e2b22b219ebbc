"""Answers about a verdict: attributions, nearest training pictures, and the plane of the test set."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnnstudio.core import limits
from cnnstudio.core.attribution import METHODS, Attribute, Embed, FindNeighbours
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import StepEnd
from cnnstudio.core.questions import Question, ReadPicture
from cnnstudio.engine import _answer_near, weights
from cnnstudio.engine.answers import answer, answer_now
from cnnstudio.engine.build import build
from cnnstudio.engine.moments import flatten
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session
from cnnstudio.engine.weights import WeightsCard, save_weights
from cnnstudio.networks import spec_for
from tests.engine import tiny

NETWORKS = ("mlp", "lenet5")
PICTURE = tiny.pictures(1, 77).images[0]


@pytest.fixture(scope="module")
def session() -> Session:
    """A session whose race is over; tests only ask it."""
    session = tiny.session()
    tiny.run(tiny.config(epochs=4, learning_rate=5e-3), session)
    return session


@pytest.fixture
def empty_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No shipped weights, and the folder where a test may put some."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(weights, "resources", lambda: tmp_path)
    return tmp_path / "weights"


def diverged(**changes: Any) -> Session:
    """A session whose networks, in the middle of a race, are beyond all bounds."""
    session = tiny.session()
    events = race(tiny.config(**changes), session)
    next(event for event in events if isinstance(event, StepEnd))
    for network, module in session.open_run.modules.items():
        with torch.no_grad():
            for part in module.parameters():
                part.fill_(float("nan"))
        session.open_run.learned[network] = 1
    session._viewed.clear()
    events.close()
    return session


def hidden(session: Session, network: str, images: np.ndarray, step: int | None = None) -> np.ndarray:
    """The last hidden layer, by cutting the module."""
    module = session.viewer(network, step).module
    with torch.inference_mode():
        return module[:-1](to_input(torch.from_numpy(images.copy()), True)).numpy()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_answers_for_both_networks(session: Session, method: Any):
    mlp, cnn = answer_now(Attribute(PICTURE, "digits", NETWORKS, method), session)
    verdicts = answer_now(ReadPicture(PICTURE, "digits", NETWORKS), session).verdicts
    for one, verdict in zip((mlp, cnn), verdicts, strict=True):
        assert (one.network, one.title, one.role, one.method) == (verdict.network, verdict.title, verdict.role, method)
        assert one.target == verdict.probabilities.argmax()
        assert one.probability == pytest.approx(verdict.probabilities.max())
        assert (one.step, one.weights_from) == (verdict.step, "run")
    if method == "gradcam":
        assert mlp.map is None
        assert mlp.why_not.endswith("MLP has no convolution.")
        assert (mlp.agreement, mlp.believed, mlp.by_chance) == (None, False, (0.0, 0.0))
    for one in (cnn,) if method == "gradcam" else (mlp, cnn):
        assert one.map.shape == (28, 28)
        assert not one.map.flags.writeable
        assert one.why_not == ""
        assert one.seconds > 0
        assert one.signed == (method in ("integrated", "occlusion"))
        assert one.signed or one.map.min() >= 0
        if one.agreement is not None:
            assert one.by_chance[0] < 0 < one.by_chance[1]
            assert one.believed == (one.agreement > one.by_chance[1])


def test_the_class_to_explain_can_be_chosen(session: Session):
    one, other = (
        answer_now(Attribute(PICTURE, "digits", ("mlp",), "integrated", target=t), session)[0] for t in (2, 7)
    )
    assert (one.target, other.target) == (2, 7)
    assert not np.allclose(one.map, other.map)
    chosen = answer_now(ReadPicture(PICTURE, "digits", ("mlp",)), session).verdicts[0].probabilities
    assert (one.probability, other.probability) == (pytest.approx(chosen[2]), pytest.approx(chosen[7]))


def test_maps_are_those_of_their_moment_whatever_is_asked_in_between(session: Session, monkeypatch: Any):
    wanted = [answer_now(Attribute(PICTURE, "digits", ("lenet5",), "occlusion", step), session)[0] for step in (0, 6)]
    assert [one.step for one in wanted] == [0, 6]
    assert not np.allclose(wanted[0].map, wanted[1].map)
    monkeypatch.setattr(limits, "SLICE_MACS", 0)
    work: Any = answer(Attribute(PICTURE, "digits", ("lenet5",), "occlusion", 0), session)
    while True:
        try:
            next(work)
        except StopIteration as end:
            np.testing.assert_allclose(end.value[0].map, wanted[0].map, rtol=1e-3, atol=1e-5)
            return
        answer_now(ReadPicture(PICTURE, "digits", ("lenet5",), step=6), session)


def test_asking_during_a_race_changes_none_of_its_numbers():
    def last(ask: bool) -> np.ndarray:
        session = tiny.session()
        for event in race(tiny.config(dropout=0.5), session):
            if ask and isinstance(event, StepEnd):
                for method in METHODS:
                    answer_now(Attribute(PICTURE, "digits", NETWORKS, method), session)
                answer_now(FindNeighbours(PICTURE, "digits", NETWORKS), session)
                answer_now(Embed("digits", NETWORKS, pixels=PICTURE), session)
        module = session.open_run.modules["lenet5"]
        assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
        return flatten(module)

    np.testing.assert_array_equal(last(True), last(False))


def test_an_untrained_network_has_nothing_to_explain(empty_shelf: Path):
    mlp, cnn = answer_now(Attribute(PICTURE, "digits", NETWORKS, "saliency", target=3), tiny.session())
    assert (mlp.map, mlp.target, mlp.step, mlp.weights_from) == (None, 3, None, "none")
    assert (mlp.why_not, cnn.why_not) == ("MLP is not trained yet.", "LeNet-5 is not trained yet.")


def test_shipped_weights_are_explained_too(empty_shelf: Path):
    spec = spec_for("lenet5", (1, 28, 28), 10)
    save_weights(empty_shelf / "digits-lenet5.safetensors", build(spec, 5), spec, WeightsCard("lenet5"))
    session = tiny.session()
    mlp, cnn = answer_now(Attribute(PICTURE, "digits", NETWORKS, "gradcam"), session)
    assert (mlp.weights_from, cnn.weights_from, cnn.step) == ("none", "shipped", None)
    assert cnn.map.shape == (28, 28)
    (near,) = answer_now(FindNeighbours(PICTURE, "digits", NETWORKS), session)
    (plane,) = answer_now(Embed("digits", NETWORKS), session)
    assert (near.network, near.weights_from, plane.weights_from) == ("lenet5", "shipped", "shipped")
    assert len(plane.points) == 30


def test_a_diverged_network_is_told():
    session = diverged()
    for method in METHODS:
        for one in answer_now(Attribute(PICTURE, "digits", NETWORKS, method), session):
            assert one.map is None
            assert one.why_not.endswith("has diverged: what it computes is no longer a number.")
            assert np.isfinite(one.probability)
    for question in (FindNeighbours(PICTURE, "digits", NETWORKS), Embed("digits", NETWORKS)):
        with pytest.raises(StudioError, match="MLP and LeNet-5 diverged"):
            answer_now(question, session)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (Attribute(np.zeros((3, 32, 32), np.uint8), "digits", NETWORKS, "saliency"), "this one is 3 x 32 x 32"),
        (Attribute(np.zeros((28, 28), np.uint8), "digits", NETWORKS, "saliency"), "A picture must be"),
        (Attribute(PICTURE, "digits", NETWORKS, "saliency", target=10), "MLP has no class number 10"),
        (Attribute(PICTURE, "digits", NETWORKS, "saliency", target=-1), "MLP has no class number -1"),
        (Attribute(PICTURE, "digits", NETWORKS, "tea leaves"), "no method 'tea leaves'"),
        (Attribute(PICTURE, "digits", ("nonet",), "saliency"), "no network 'nonet'"),
        (FindNeighbours(np.zeros((1, 20, 20), np.uint8), "digits", NETWORKS), "this one is 1 x 20 x 20"),
        (FindNeighbours(np.zeros((1, 28, 28)), "digits", NETWORKS), "A picture must be"),
        (Embed("digits", NETWORKS, pixels=np.zeros((3, 28, 28), np.uint8)), "this one is 3 x 28 x 28"),
        (Embed("digits", NETWORKS, most=2), "There are 2 test pictures, and a plane needs 3"),
    ],
)
def test_what_cannot_be_answered_is_said(session: Session, question: Question[Any], sentence: str):
    with pytest.raises(StudioError, match=sentence):
        answer_now(question, session)


@pytest.mark.parametrize("question", [FindNeighbours(PICTURE, "digits", NETWORKS), Embed("digits", NETWORKS)])
def test_without_a_trained_network_there_is_no_answer(question: Question[Any], empty_shelf: Path):
    with pytest.raises(StudioError, match="No network is trained on Digits, made here yet"):
        answer_now(question, tiny.session())


def test_of_no_network_nothing_is_said(session: Session):
    for question in (
        Attribute(PICTURE, "digits", (), "saliency"),
        FindNeighbours(PICTURE, "digits", ()),
        Embed("x", ()),
    ):
        assert answer_now(question, session) == ()


def test_a_set_is_not_loaded_for_networks_that_are_not_trained(empty_shelf: Path):
    def refuse(*_: Any) -> Any:
        raise AssertionError

    session = tiny.session(prepare_data=refuse)
    for question in (FindNeighbours(PICTURE, "digits", NETWORKS), Embed("digits", NETWORKS)):
        with pytest.raises(StudioError, match="No network is trained"):
            answer_now(question, session)


@pytest.mark.parametrize("step", [None, 4])
def test_neighbours_are_the_nearest_of_the_runs_training_pictures(session: Session, step: int | None):
    train = tiny.prepare(session.open_run.config)
    next(train)
    try:
        next(train)
    except StopIteration as end:
        pictures: Pictures = end.value.train
    found = answer_now(FindNeighbours(PICTURE, "digits", NETWORKS, step, most=5), session)
    assert [(one.network, one.layer) for one in found] == [("mlp", "1_relu"), ("lenet5", "4_relu")]
    for one in found:
        here, there = (hidden(session, one.network, images, step) for images in (PICTURE[None], pictures.images))
        distances = np.linalg.norm((there - here).astype(float), axis=1)
        np.testing.assert_allclose(one.distances, np.sort(distances)[:5], rtol=1e-4)
        np.testing.assert_array_equal(one.index, np.argsort(distances)[:5])
        np.testing.assert_array_equal(one.images, pictures.images[one.index])
        np.testing.assert_array_equal(one.labels, pictures.labels[one.index])
        assert one.looked_at == 40
        assert one.step == (session.viewer(one.network).step if step is None else step)
        assert one.class_names == tiny.CLASSES
        assert not any(array.flags.writeable for array in (one.images, one.labels, one.distances, one.index))


def test_a_training_picture_is_its_own_neighbour(session: Session):
    first = answer_now(FindNeighbours(PICTURE, "digits", NETWORKS, most=1), session)[0]
    again = answer_now(FindNeighbours(first.images[0], "digits", ("mlp",), most=100), session)[0]
    assert again.index[0] == first.index[0]
    assert again.distances[0] == pytest.approx(0, abs=1e-4)
    assert len(again.index) == 40
    assert (np.diff(again.distances) >= 0).all()


def test_training_pictures_are_read_once_for_a_moment(session: Session, monkeypatch: pytest.MonkeyPatch):
    read: list[int] = []
    reading = _answer_near.read_features

    def counted(reader: Any, images: Any, index: Any) -> Any:
        read.append(len(index))
        return reading(reader, images, index)

    monkeypatch.setattr(_answer_near, "read_features", counted)
    session.features.clear()
    for step in (0, 4, 0):
        answer_now(FindNeighbours(PICTURE, "digits", ("lenet5",), step), session)
    assert read == [40, 1, 40, 1, 1]
    answer_now(Embed("digits", ("lenet5",), 0), session)
    answer_now(Embed("digits", ("lenet5",), 0, pixels=PICTURE), session)
    assert read == [40, 1, 40, 1, 1, 30, 1]


def test_as_many_training_as_test_pictures_do_not_push_each_other_out(monkeypatch: pytest.MonkeyPatch):
    session = tiny.session()
    tiny.run(tiny.config(examples=30), session)
    read: list[int] = []
    reading = _answer_near.read_features
    monkeypatch.setattr(
        _answer_near, "read_features", lambda *given: (read.append(len(given[2])), reading(*given))[1]
    )  # fmt: skip
    for _ in range(2):
        answer_now(FindNeighbours(PICTURE, "digits", ("mlp",)), session)
        answer_now(Embed("digits", ("mlp",)), session)
    assert read == [30, 1, 30, 1], "each set once"


def test_a_plane_is_turned_like_the_one_before_of_the_same_data_set(empty_shelf: Path):
    spec = spec_for("mlp", (1, 28, 28), 10)
    for dataset in ("digits", "shapes"):
        save_weights(empty_shelf / f"{dataset}-mlp.safetensors", build(spec, 5), spec, WeightsCard("mlp"))
    session = tiny.session()
    answer_now(Embed("digits", ("mlp",)), session)
    assert set(session.lay) == {("mlp", "digits")}
    lay = session.lay["mlp", "digits"]
    session.lay["mlp", "digits"] = -lay
    (turned,) = answer_now(Embed("digits", ("mlp",)), session)
    np.testing.assert_allclose(turned.points, -lay, atol=1e-4)


def test_of_very_wide_layers_so_many_pictures_are_arranged_as_can_be_held(session: Session, monkeypatch: Any):
    monkeypatch.setattr(limits, "FEATURES_BYTES", 4 * 4 * 84 * 12)
    session.features.clear()
    session.lay.clear()
    mlp, cnn = answer_now(Embed("digits", NETWORKS), session)
    assert len(mlp.points) == len(cnn.points) <= 12
    np.testing.assert_array_equal(mlp.index, cnn.index)
    session.lay.clear()


def test_the_plane_is_that_of_the_last_hidden_layer(session: Session):
    images, places = session.test_pictures()
    for one in answer_now(Embed("digits", NETWORKS, pixels=images.images[7]), session):
        values = hidden(session, one.network, images.images).astype(float)
        spread = np.linalg.svd(values - values.mean(0), compute_uv=False) ** 2
        np.testing.assert_allclose(sorted(one.explained), sorted(spread[:2] / spread.sum()), rtol=1e-3)
        np.testing.assert_allclose(one.points.var(0) * 30, np.array(one.explained) * spread.sum(), rtol=1e-3)
        np.testing.assert_allclose(one.here, one.points[7], atol=1e-3)
        np.testing.assert_array_equal(one.index, places)
        np.testing.assert_array_equal(one.labels, images.labels)
        assert one.guesses.shape == (30,)
        assert one.method == "pca"
        arrays = (one.points, one.here, one.labels, one.guesses, one.index)
        assert not any(array.flags.writeable for array in arrays)
    assert answer_now(Embed("digits", ("mlp",)), session)[0].here is None


def test_a_few_pictures_are_spread_over_the_set(session: Session):
    one = answer_now(Embed("digits", ("mlp",), most=4), session)[0]
    _, places = session.test_pictures()
    np.testing.assert_array_equal(one.index, places[[0, 10, 19, 29]])
    assert len(one.points) == len(one.labels) == len(one.guesses) == 4


def test_dragging_the_timeline_turns_nothing_over(session: Session):
    def alike(one: np.ndarray, other: np.ndarray) -> float:
        sizes = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
        return float(((one * other).sum(0) / sizes).sum())

    session.lay.clear()
    steps = session.open_run.moments.steps
    shown = [answer_now(Embed("digits", ("lenet5",), step), session)[0].points for step in steps]
    assert len(shown) > 5
    for before, after in itertools.pairwise(shown):
        for order, one, two in itertools.product(([0, 1], [1, 0]), (-1, 1), (-1, 1)):
            assert alike(before, after) >= alike(before, after[:, order] * (one, two)) - 1e-5
    session.lay.clear()


def test_tsne_arranges_both_networks_and_the_current_picture(session: Session):
    told: list[Progress] = []
    work: Generator[Any, None, Any] = answer(Embed("digits", NETWORKS, pixels=PICTURE, method="tsne"), session)
    while True:
        try:
            said = next(work)
        except StopIteration as end:
            found = end.value
            break
        if said is not None:
            told.append(said)
    assert [one.network for one in found] == list(NETWORKS)
    for one in found:
        assert one.method == "tsne"
        assert one.points.shape == (30, 2)
        assert one.here.shape == (2,)
        assert np.isfinite(one.points).all()
        assert one.explained == ()
        assert not one.points.flags.writeable
    assert Progress(0.75, "t-SNE of LeNet-5, step 500 of 1,000") in told
    assert not multiprocessing.active_children()


def test_a_withdrawn_tsne_leaves_no_process(session: Session):
    work: Any = answer(Embed("digits", NETWORKS, method="tsne"), session)
    while next(work) != Progress(0.0, "starting t-SNE"):
        pass
    next(work)
    assert len(multiprocessing.active_children()) == 1
    work.close()
    assert not multiprocessing.active_children()


def test_where_features_do_not_vary_there_is_nothing_to_arrange():
    session = tiny.session()
    events = race(tiny.config(), session)
    next(event for event in events if isinstance(event, StepEnd))
    for network, module in session.open_run.modules.items():
        with torch.no_grad():
            for part in module.parameters():
                part.zero_()
        session.open_run.learned[network] = 1
    session._viewed.clear()
    events.close()
    for method in ("pca", "tsne"):
        for one in answer_now(Embed("digits", NETWORKS, pixels=PICTURE, method=method), session):
            assert not one.points.any()
            assert not one.here.any()
            assert one.explained == ((0.0, 0.0) if method == "pca" else ())
    near = answer_now(FindNeighbours(PICTURE, "digits", NETWORKS, most=3), session)
    assert [one.index.tolist() for one in near] == [[0, 1, 2]] * 2
    for one in answer_now(Attribute(PICTURE, "digits", NETWORKS, "saliency"), session):
        assert not one.map.any()
        assert (one.agreement, one.believed) == (None, False)
