"""Answers of the engine, against what torch and numpy say of the same weights and pictures."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnnstudio import core
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Evaluated, StepEnd
from cnnstudio.core.experiment import Flip, Measure
from cnnstudio.core.live import LiveSettings
from cnnstudio.core.questions import (
    BothWrong,
    BrowseExamples,
    ConfusionCell,
    Confusions,
    Disagree,
    FirstLayers,
    KeepRun,
    OnlyOneRight,
    OpenRun,
    Question,
    ReadPicture,
    SaveWeights,
    Verdicts,
)
from cnnstudio.engine.answers import ANSWERS, answer, answer_now
from cnnstudio.engine.build import build
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session
from cnnstudio.engine.weights import WeightsCard, save_weights
from cnnstudio.networks import spec_for
from tests.engine.raced import CONFIG, NETWORKS, PICTURE, new_session


def test_every_question_has_an_answer():
    modules = [importlib.import_module(f"cnnstudio.core.{found.name}") for found in pkgutil.iter_modules(core.__path__)]
    asked = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Question) and kind is not Question
    }
    assert set(ANSWERS) == asked - {Measure, Flip}, "those are answered where experiments are known"


def test_verdicts_are_torchs_softmax_of_the_trained_network(session: Session):
    verdicts = answer_now(ReadPicture(PICTURE, "digits", NETWORKS), session)
    assert verdicts.class_names == tuple("0123456789")
    assert [verdict.network for verdict in verdicts.verdicts] == list(NETWORKS)
    for verdict in verdicts.verdicts:
        module = session.open_run.modules[verdict.network].eval()
        with torch.inference_mode():
            logits = module(to_input(torch.from_numpy(PICTURE.copy())[None], False))[0].double()
        np.testing.assert_allclose(verdict.logits, logits.numpy(), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(verdict.probabilities, logits.softmax(0).numpy(), rtol=1e-5, atol=1e-7)
        assert verdict.weights_from == "run"
        assert verdict.step == 6
        assert not verdict.probabilities.flags.writeable
    assert [verdict.role for verdict in verdicts.verdicts] == ["mlp", "cnn"]


def test_the_answer_to_a_stroke_comes_at_once(session: Session):
    assert isinstance(answer(ReadPicture(PICTURE, "digits", NETWORKS), session), Verdicts)


def test_a_moment_is_asked_with_its_own_weights(session: Session):
    first = answer_now(ReadPicture(PICTURE, "digits", ("lenet5",), step=0), session).verdicts[0]
    with torch.inference_mode():
        untrained = build(spec_for("lenet5", (1, 28, 28), 10), CONFIG.weights_seed).eval()
        logits = untrained(to_input(torch.from_numpy(PICTURE.copy())[None], False))[0]
    np.testing.assert_allclose(first.logits, logits.numpy(), rtol=1e-4, atol=1e-5)
    assert first.step == 0
    now = answer_now(ReadPicture(PICTURE, "digits", ("lenet5",)), session).verdicts[0]
    assert not np.allclose(now.logits, first.logits)


def test_asking_does_not_disturb_the_race():
    def losses(asking: bool) -> list[float]:
        session = new_session()
        found = []
        for event in race(CONFIG, session, LiveSettings(), 1):
            if asking and session.open_run is not None:
                answer_now(ReadPicture(PICTURE, "digits", NETWORKS), session)
                answer_now(Confusions(), session)
            if isinstance(event, StepEnd):
                found.extend(result.loss for result in event.results)
        return found

    assert losses(asking=True) == losses(asking=False)


def test_a_network_without_weights_is_not_trained_yet(empty_shelf: Path):
    verdicts = answer_now(ReadPicture(PICTURE, "digits", NETWORKS), new_session())
    assert [(v.weights_from, v.probabilities, v.logits) for v in verdicts.verdicts] == [("none", None, None)] * 2
    assert [v.title for v in verdicts.verdicts] == ["MLP", "LeNet-5"]


def test_shipped_weights_answer_before_anything_is_trained(empty_shelf: Path):
    spec = spec_for("lenet5", (1, 28, 28), 10)
    save_weights(empty_shelf / "digits-lenet5.safetensors", build(spec, 5), spec, WeightsCard("lenet5"))
    for dataset in ("digits:jitter=3", "mnist"):
        mlp, cnn = answer_now(ReadPicture(PICTURE, dataset, NETWORKS), new_session()).verdicts
        assert (mlp.weights_from, cnn.weights_from, cnn.step) == ("none", "shipped", None)
        assert cnn.probabilities.sum() == pytest.approx(1)
        assert (mlp.learned_on, cnn.learned_on) == ("", "Digits, made here" if dataset == "mnist" else "")
        (layer,) = answer_now(FirstLayers(dataset, NETWORKS), new_session())
        assert layer.learned_on == cnn.learned_on


def test_a_run_on_another_set_does_not_answer_for_this_one(session: Session, empty_shelf: Path):
    verdict = answer_now(ReadPicture(PICTURE, "glyphs", ("lenet5",)), session).verdicts[0]
    assert verdict.weights_from == "none"


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((3, 32, 32), np.uint8), "reads pictures of 1 x 28 x 28, and this one is 3 x 32 x 32"),
        (np.zeros((28, 28), np.uint8), "A picture must be"),
        (np.zeros((1, 28, 28), np.float32), "A picture must be"),
    ],
)
def test_a_picture_of_another_shape_is_refused(session: Session, pixels: Any, sentence: str):
    with pytest.raises(StudioError, match=sentence):
        answer_now(ReadPicture(pixels, "digits", NETWORKS), session)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (ReadPicture(PICTURE, "digits", ("nonet",)), "no network 'nonet'"),
        (ReadPicture(PICTURE, "nodata", ("mlp",)), "no data set 'nodata'"),
        (Confusions(), "No run is open"),
        (ConfusionCell("mlp", 1, 2), "No run is open"),
        (OnlyOneRight("mlp", "lenet5"), "No run is open"),
        (SaveWeights(Path("x")), "No run is open"),
        (KeepRun(Path("x")), "No run is open"),
        (OpenRun(Path("no such folder")), "weights of this run are not there"),
    ],
)
def test_what_cannot_be_answered_is_said(question: Question[Any], sentence: str):
    with pytest.raises(StudioError, match=sentence):
        answer_now(question, new_session())


def test_probabilities_of_a_diverged_network_are_numbers(raced: tuple[Session, list[Any]]):
    session = new_session()
    events = race(CONFIG, session, LiveSettings(), 1)
    next(event for event in events if isinstance(event, StepEnd))
    with torch.no_grad():
        for part in session.open_run.modules["mlp"].parameters():
            part.fill_(float("inf"))
    session.open_run.learned["mlp"] = 2
    verdict = answer_now(ReadPicture(PICTURE, "digits", ("mlp",)), session).verdicts[0]
    assert np.isfinite(verdict.probabilities).all()
    assert verdict.probabilities.sum() == pytest.approx(1)
    events.close()


def test_first_layers_are_the_weights_themselves(session: Session):
    mlp, cnn = answer_now(FirstLayers("digits", NETWORKS, most=5), session)
    state = {network: module.state_dict() for network, module in session.open_run.modules.items()}
    assert (mlp.kind, mlp.kernels.shape, mlp.total, mlp.step) == ("templates", (5, 1, 28, 28), 77, 6)
    np.testing.assert_array_equal(mlp.kernels.reshape(5, 784), state["mlp"]["1_linear.weight"][:5].numpy())
    assert (cnn.kind, cnn.kernels.shape, cnn.total) == ("kernels", (5, 1, 5, 5), 6)
    np.testing.assert_array_equal(cnn.kernels, state["lenet5"]["1_conv.weight"][:5].numpy())


def test_first_layers_of_untrained_networks_are_left_out(empty_shelf: Path):
    assert answer_now(FirstLayers("digits", NETWORKS), new_session()) == ()


def test_confusions_are_those_of_the_measurement(raced: tuple[Session, list[Any]]):
    session, events = raced
    measured = {score.network: score for score in [e for e in events if isinstance(e, Evaluated)][-1].scores}
    matrices = answer_now(Confusions(), session)
    assert list(matrices) == list(NETWORKS)
    for network, matrix in matrices.items():
        np.testing.assert_array_equal(matrix, measured[network].confusion)
        assert matrix.sum() == 60


@pytest.mark.parametrize("step", [None, 0, 2])
def test_cells_hold_the_pictures_that_the_matrix_counts(session: Session, step: int | None):
    matrix = answer_now(Confusions(step), session)["lenet5"]
    test, places = session.test_pictures()
    for truth, guess in itertools.product(range(10), repeat=2):
        shown = answer_now(ConfusionCell("lenet5", truth, guess, step), session)
        assert shown.total == len(shown.labels) == matrix[truth, guess]
        assert (shown.labels == truth).all()
        assert shown.guesses.shape == (shown.total, 1)
        assert (shown.guesses == guess).all()
        sample = np.searchsorted(places, shown.index)
        np.testing.assert_array_equal(test.images[sample], shown.images)


def test_no_more_pictures_than_asked_for(session: Session):
    matrix = answer_now(Confusions(), session)["mlp"]
    truth, guess = np.unravel_index(matrix.argmax(), matrix.shape)
    shown = answer_now(ConfusionCell("mlp", int(truth), int(guess), most=1), session)
    assert (len(shown.images), shown.total) == (1, matrix.max())


def test_both_wrong_is_what_neither_guess_says(session: Session):
    shown = answer_now(BothWrong("lenet5", "mlp", 0), session)
    assert shown.networks == ("lenet5", "mlp")
    assert (shown.guesses != shown.labels[:, None]).all()
    matrix = answer_now(Confusions(0), session)["mlp"]
    only_lenet5 = answer_now(OnlyOneRight("lenet5", "mlp", 0), session)
    assert shown.total == int(matrix.sum() - np.trace(matrix)) - only_lenet5.total > 0


def test_only_one_right_is_what_both_guesses_say(session: Session):
    shown = answer_now(OnlyOneRight("lenet5", "mlp", 2), session)
    assert shown.networks == ("lenet5", "mlp")
    assert (shown.guesses[:, 0] == shown.labels).all()
    assert (shown.guesses[:, 1] != shown.labels).all()
    other = answer_now(OnlyOneRight("mlp", "lenet5", 2), session)
    right = {network: int(np.trace(answer_now(Confusions(2), session)[network])) for network in NETWORKS}
    assert shown.total - other.total == right["lenet5"] - right["mlp"]


@pytest.mark.parametrize("step", [0, 2])
def test_a_disagreement_is_what_the_single_questions_say(session: Session, step):
    found = answer_now(Disagree("lenet5", "mlp", step, most=1), session)
    for shown, question in (
        (found.only_one, OnlyOneRight("lenet5", "mlp", step)),
        (found.only_other, OnlyOneRight("mlp", "lenet5", step)),
    ):
        whole = answer_now(question, session)
        assert (shown.total, shown.networks, len(shown.labels)) == (whole.total, whole.networks, min(1, whole.total))
        np.testing.assert_array_equal(shown.guesses, whole.guesses[:1])
    assert found.neither == answer_now(BothWrong("mlp", "lenet5", step), session).total
    matrix = answer_now(Confusions(step), session)["mlp"]
    assert found.tested == matrix.sum()


def test_examples_come_in_order_by_class_and_around_the_end():
    session = new_session()
    work = answer(BrowseExamples("digits", most=60), session)
    assert isinstance(next(work), Progress)
    everything = answer_now(BrowseExamples("digits", most=1_000), session)
    assert (everything.total, len(everything.images)) == (60, 60)
    np.testing.assert_array_equal(everything.index, np.arange(60))
    sevens = answer_now(BrowseExamples("digits", label=7, most=100), session)
    np.testing.assert_array_equal(sevens.index, np.flatnonzero(everything.labels == 7))
    around = answer_now(BrowseExamples("digits", start=59, most=2), session)
    np.testing.assert_array_equal(around.index, [59, 0])
    train = answer_now(BrowseExamples("digits", most=1_000, part="train"), session)
    assert train.total == 96


def test_examples_by_chance_are_the_same_for_a_seed():
    session = new_session()
    first, again, other = (
        answer_now(BrowseExamples("digits", most=20, shuffle_seed=seed), session) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.index, again.index)
    assert not np.array_equal(first.index, other.index)
    assert len(set(first.index.tolist())) == 20


def test_a_class_without_pictures_is_said():
    with pytest.raises(StudioError, match="no such pictures"):
        answer_now(BrowseExamples("digits", label=11), new_session())


def test_the_pictures_of_the_race_are_not_loaded_again(session: Session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(session, "_prepare", None)
    assert answer_now(BrowseExamples("digits", most=3), session).total == 60


def test_what_is_answered_at_once_has_one_thread(monkeypatch):
    from cnnstudio.core.questions import ReadPicture
    from cnnstudio.engine import answers

    threads: list[int] = []
    monkeypatch.setattr(
        answers, "ANSWERS", {ReadPicture: lambda question, session: threads.append(torch.get_num_threads())}
    )
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        answers.answer(ReadPicture(np.zeros((1, 28, 28), np.uint8), "digits", ("mlp",)), Session())
        threads.append(torch.get_num_threads())
    finally:
        torch.set_num_threads(before)
    assert threads == [1, 2]
