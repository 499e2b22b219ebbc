"""Answers of the engine, against what torch and numpy say of the same weights and pictures."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnnstudio import core
from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Pictures, Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Evaluated, StepEnd
from cnnstudio.core.experiment import Measure
from cnnstudio.core.live import LiveSettings
from cnnstudio.core.questions import (
    BothWrong,
    BrowseExamples,
    ConfusionCell,
    Confusions,
    FirstLayers,
    KeepRun,
    OnlyOneRight,
    OpenRun,
    Question,
    ReadPicture,
    SaveWeights,
    Verdicts,
)
from cnnstudio.core.runs import TIMELINE_FILE
from cnnstudio.datasets import Prepared, find
from cnnstudio.engine import weights
from cnnstudio.engine.answers import ANSWERS, answer, answer_now
from cnnstudio.engine.build import build
from cnnstudio.engine.pixels import to_input
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session, finish
from cnnstudio.engine.weights import WeightsCard, load_weights, save_weights
from cnnstudio.networks import spec_for

NETWORKS = ("mlp", "lenet5")
CONFIG = RaceConfig("digits", NETWORKS, examples=96, batch_size=32, epochs=2, evaluations=2, learning_rate=5e-3)


def pictures(count: int, seed: int) -> Pictures:
    """Noise with a bright column whose place is the class: easy to learn."""
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 10, count)
    images = chance.integers(0, 60, (count, 1, 28, 28)).astype(np.uint8)
    images[np.arange(count), 0, :, 3 + 2 * labels] = 255
    return Pictures(images, labels.astype(np.int64))


def prepared(config: RaceConfig, root: Path | None, download: bool) -> Generator[Progress, None, Prepared]:
    """A data set's stand-in: no generator of digits, no file."""
    yield Progress(0.5, "making pictures")
    info = find(config.dataset).info
    train, validation, test = (pictures(count, config.seed + place) for place, count in enumerate((96, 32, 60)))
    return Prepared(config.dataset, info, train, validation, test, info.class_names, (1, 28, 28))


def new_session() -> Session:
    return Session(threads=1, channels_last=False, device=torch.device("cpu"), prepare_data=prepared)


@pytest.fixture(scope="module")
def raced() -> tuple[Session, list[Any]]:
    """A session whose race is over, and the race's events; tests only ask it."""
    session = new_session()
    return session, list(race(CONFIG, session, LiveSettings(), 1))


@pytest.fixture
def session(raced: tuple[Session, list[Any]]) -> Session:
    return raced[0]


@pytest.fixture
def empty_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No shipped weights, and the folder where a test may put some."""
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(weights, "resources", lambda: tmp_path)
    return tmp_path / "weights"


PICTURE = pictures(1, 77).images[0]


def test_every_question_has_an_answer():
    modules = [importlib.import_module(f"cnnstudio.core.{found.name}") for found in pkgutil.iter_modules(core.__path__)]
    asked = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Question) and kind is not Question
    }
    assert set(ANSWERS) == asked - {Measure}, "that one is answered where experiments are known"


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


def test_saved_weights_are_those_of_the_moment(session: Session, tmp_path: Path):
    for step in (None, 0):
        paths = answer_now(SaveWeights(tmp_path / str(step), step), session)
        assert [path.name for path in paths] == ["mlp.safetensors", "lenet5.safetensors"]
    spec = session.open_run.specs["lenet5"]
    now = load_weights(tmp_path / "None" / "lenet5.safetensors", spec)
    assert torch.equal(now["1_conv.weight"], session.open_run.modules["lenet5"].state_dict()["1_conv.weight"])
    first = load_weights(tmp_path / "0" / "lenet5.safetensors", spec)
    assert torch.equal(first["1_conv.weight"], build(spec, 0).state_dict()["1_conv.weight"])
    card, _ = weights.read_card(tmp_path / "None" / "lenet5.safetensors")
    matrix = answer_now(Confusions(), session)["lenet5"]
    assert card.accuracy == pytest.approx(np.trace(matrix) / matrix.sum())
    assert (card.step, card.dataset, card.class_names) == (6, "digits", tuple("0123456789"))


def test_a_kept_run_comes_back_with_its_moments(raced: tuple[Session, list[Any]], tmp_path: Path):
    session, _ = raced
    folder = answer_now(KeepRun(tmp_path / "run"), session)
    assert sorted(path.name for path in folder.iterdir()) == [
        "lenet5.safetensors",
        "mlp.safetensors",
        "moments.json",
        "moments.safetensors",
    ]
    later = new_session()
    opened = answer_now(OpenRun(folder), later)
    assert opened.run_id < 0
    assert later.open_run.started.run_id == opened.run_id
    assert opened.steps == session.open_run.moments.steps
    assert later.open_run.moments.steps == session.open_run.moments.steps
    for step in (None, 0, 2):
        for question in (ReadPicture(PICTURE, "digits", NETWORKS, step),):
            before, after = (answer_now(question, each).verdicts for each in (session, later))
            for one, other in zip(before, after, strict=True):
                np.testing.assert_allclose(one.logits, other.logits, rtol=1e-5, atol=1e-6)
                assert one.step == other.step
        for one, other in zip(
            answer_now(Confusions(step), session).values(), answer_now(Confusions(step), later).values(), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_a_run_that_was_broken_off_is_kept_up_to_its_last_step(tmp_path: Path):
    session = new_session()
    racing = race(CONFIG, session, LiveSettings(), 1)
    next(event for event in racing if isinstance(event, StepEnd) and event.step == 3)
    racing.close()
    assert session.open_run.moments.steps == (0, 1, 2)
    folder = answer_now(KeepRun(tmp_path / "run"), session)
    later = new_session()
    assert answer_now(OpenRun(folder), later).steps == (0, 1, 2, 3)
    before, after = (answer_now(ReadPicture(PICTURE, "digits", NETWORKS), each).verdicts for each in (session, later))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, rtol=1e-5, atol=1e-6)
        assert one.step == other.step == 3
    assert session.open_run.moments.steps == (0, 1, 2), "the open run's own timeline is as it was"


def test_a_timeline_that_could_not_be_written_in_time_leaves_the_last_weights(session: Session, tmp_path: Path):
    writing = answer(KeepRun(tmp_path / "run"), session)
    next(said for said in writing if said.text == "saving the timeline")
    writing.close()
    later = new_session()
    assert answer_now(OpenRun(tmp_path / "run"), later).steps == (6,)


def test_of_an_old_run_only_the_last_weights_are_kept(raced: tuple[Session, list[Any]], tmp_path: Path):
    session, _ = raced
    folders = [answer_now(KeepRun(tmp_path / f"run {place}"), session) for place in range(limits.KEPT_TIMELINES + 1)]
    assert [(folder / TIMELINE_FILE).exists() for folder in folders] == [False] + [True] * limits.KEPT_TIMELINES
    later = new_session()
    answer_now(OpenRun(folders[0]), later)
    assert later.open_run.moments.steps == (6,)
    before, after = (answer_now(ReadPicture(PICTURE, "digits", NETWORKS), each).verdicts for each in (session, later))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, rtol=1e-5, atol=1e-6)
        assert (one.step, other.weights_from) == (other.step, "run")


def test_a_kept_run_whose_data_are_gone_still_reads_pictures(session: Session, tmp_path: Path):
    answer_now(KeepRun(tmp_path), session)

    def gone(config: RaceConfig, root: Path | None, download: bool) -> Generator[Progress, None, Prepared]:
        yield Progress(None, "looking")
        raise StudioError("The folder is not there.")

    later = Session(threads=1, channels_last=False, prepare_data=gone)
    answer_now(OpenRun(tmp_path), later)
    assert answer_now(ReadPicture(PICTURE, "digits", ("mlp",)), later).verdicts[0].weights_from == "run"
    with pytest.raises(StudioError, match="test pictures of this run are not at hand"):
        answer_now(Confusions(), later)


def test_a_race_that_begins_while_a_kept_run_is_opened_stays_open(session: Session, tmp_path: Path):
    answer_now(KeepRun(tmp_path), session)
    later = new_session()
    opening = answer(OpenRun(tmp_path), later)
    next(opening)
    racing = list(race(CONFIG, later, LiveSettings(), 9))
    with pytest.raises(StudioError, match="Another run has begun"):
        finish(opening)
    assert later.open_run.started.run_id == 9
    assert racing[-1].outcome == "finished"


@pytest.mark.parametrize(("name", "content"), [("moments.json", "{}"), ("moments.safetensors", "x")])
def test_a_damaged_kept_run_is_said(session: Session, tmp_path: Path, name: str, content: str):
    answer_now(KeepRun(tmp_path), session)
    (tmp_path / name).write_text(content)
    later = new_session()
    with pytest.raises(StudioError):
        answer_now(OpenRun(tmp_path), later)
    assert later.open_run is None


def test_a_run_is_kept_although_another_has_begun_since(tmp_path: Path):
    session = new_session()
    for _ in race(CONFIG, session, LiveSettings(), 1):
        pass
    expected = {name: part.clone() for name, part in session.open_run.modules["lenet5"].state_dict().items()}
    work = answer(KeepRun(tmp_path, run_id=1), session)
    next(work)
    second = race(CONFIG.with_(weights_seed=9), session, LiveSettings(), 2)
    next(event for event in second if isinstance(event, StepEnd))
    for _ in work:
        pass
    state = load_weights(tmp_path / "lenet5.safetensors", session.open_run.specs["lenet5"])
    assert all(torch.equal(state[name], expected[name]) for name in expected)
    assert session.previous_run is None
    answer_now(KeepRun(tmp_path / "second", run_id=2), session)
    with pytest.raises(StudioError, match="no longer in memory"):
        answer_now(KeepRun(tmp_path / "first", run_id=1), session)
    second.close()


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
