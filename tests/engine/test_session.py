"""What the engine remembers: data, the open run, viewers, guesses."""

import gc
import weakref
from itertools import pairwise

import numpy as np
import pytest
import torch

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import StepEnd, Tick
from cnnstudio.engine import session as sessions
from cnnstudio.engine.build import build
from cnnstudio.engine.evaluate import logits_of, slice_pictures
from cnnstudio.engine.moments import flatten
from cnnstudio.engine.race import race
from cnnstudio.engine.session import finish, task_of
from tests.engine import tiny


@pytest.fixture(scope="module")
def ended():
    session = tiny.session()
    tiny.run(tiny.config(), session)
    return session


def test_data_of_the_last_two_races_stay_in_memory() -> None:
    loaded = []

    def counting(config: RaceConfig, *rest):
        loaded.append(config.seed)
        return (yield from tiny.prepare(config, *rest))

    session = tiny.session(prepare_data=counting)
    for seed in (0, 1, 0, 2, 0, 1):
        finish(session.load(tiny.config(seed=seed)))
    assert loaded == [0, 1, 2, 1]
    first = finish(session.load(tiny.config(seed=1)))
    assert first is finish(session.load(tiny.config(seed=1, epochs=9, learning_rate=1.0)))


def test_loading_shows_progress_and_may_be_closed_half_way() -> None:
    session = tiny.session()
    loading = session.load(tiny.config())
    assert next(loading) == Progress(0.5, "making noise")
    loading.close()
    assert len(finish(session.load(tiny.config())).train) == 40


def test_a_viewer_has_the_weights_of_its_moment(ended) -> None:
    spec = ended.open_run.specs["lenet5"]
    assert (flatten(ended.viewer("lenet5", 0).module) == flatten(build(spec, 0))).all()
    for step in (6, 2, 0, 4):
        reader = ended.viewer("lenet5", step)
        assert reader.step == step
        assert not reader.module.training
        assert (flatten(reader.module) == ended.open_run.moments.weights(step, "lenet5")).all()
    assert (flatten(ended.viewer("lenet5").module) == flatten(ended.open_run.modules["lenet5"])).all()
    assert ended.viewer("lenet5").module is not ended.open_run.modules["lenet5"]


def test_now_follows_the_training() -> None:
    session = tiny.session()
    seen = []
    for event in race(tiny.config(), session):
        if isinstance(event, StepEnd):
            now = flatten(session.viewer("mlp").module)
            assert (now == flatten(session.open_run.modules["mlp"])).all()
            seen.append(now)
    assert all((one != other).any() for one, other in pairwise(seen))


def test_in_the_middle_of_a_step_each_network_says_its_own_step() -> None:
    session = tiny.session()
    said = set()
    for event in race(tiny.config(), session):
        if isinstance(event, Tick) and session.open_run is not None and not event.between_steps:
            for network in ("mlp", "lenet5"):
                reader = session.viewer(network)
                assert (flatten(reader.module) == flatten(session.open_run.modules[network])).all()
            said.add((session.viewer("mlp").step, session.viewer("lenet5").step))
    assert {(1, 0), (2, 1)} <= said


def test_guesses_for_a_run_that_is_no_longer_open_are_not_kept_for_the_next(monkeypatch) -> None:
    session = tiny.session()
    tiny.run(tiny.config(), session)
    monkeypatch.setattr(sessions.evaluate.limits, "SLICE_PICTURES", 8)
    work = session.guesses("lenet5", 1)
    next(work)
    tiny.run(tiny.config(weights_seed=5), session)
    with pytest.raises(StudioError, match="Another run"):
        finish(work)
    wanted = finish(session.predict("lenet5", session.test_pictures()[0].images, 1)).argmax(1)
    np.testing.assert_array_equal(finish(session.guesses("lenet5", 1)), wanted)


def test_two_questions_that_load_at_once_keep_no_third_set() -> None:
    session = tiny.session()
    first, second, third = (session.load(tiny.config(seed=seed)) for seed in range(3))
    finish(first)
    next(second)
    next(third)
    finish(second)
    finish(third)
    assert len(session._data) == sessions.KEPT_DATA


def test_asking_during_a_race_changes_none_of_its_numbers() -> None:
    def last(ask: bool) -> np.ndarray:
        session = tiny.session()
        torch.manual_seed(int(ask))
        for _ in race(tiny.config(dropout=0.5), session):
            if ask and session.open_run is not None and len(session.open_run.moments):
                finish(session.guesses("mlp", 0))
                finish(session.predict("lenet5", session.test_pictures()[0].images[:3]))
                torch.rand(3)
        return flatten(session.open_run.modules["lenet5"])

    assert (last(True) == last(False)).all()


def test_predictions_are_the_networks_logits(ended) -> None:
    pictures, index = ended.test_pictures()
    assert len(index) == len(pictures) == 30
    logits = finish(ended.predict("lenet5", pictures.images, 3))
    assert logits.shape == (30, 10)
    direct = logits_of(ended.viewer("lenet5", 3).module, torch.tensor(pictures.images), True)
    np.testing.assert_allclose(logits, direct.numpy(), atol=1e-6)
    assert finish(ended.predict("mlp", pictures.images[:0])).shape == (0, 10)


def test_guesses_are_remembered_per_moment(ended, monkeypatch) -> None:
    wanted = finish(ended.predict("mlp", ended.test_pictures()[0].images, 1)).argmax(1)
    assert (finish(ended.guesses("mlp", 1)) == wanted).all()

    def untouched(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(sessions.evaluate, "predict", untouched)
    assert (finish(ended.guesses("mlp", 1)) == wanted).all()
    assert not finish(ended.guesses("mlp", 6)).flags.writeable


def test_slices_of_one_question_do_not_mix_moments(monkeypatch) -> None:
    session = tiny.session()
    tiny.run(tiny.config(), session)
    monkeypatch.setattr(sessions.evaluate.limits, "SLICE_PICTURES", 8)
    images = session.test_pictures()[0].images
    plain = finish(session.predict("lenet5", images, 0))
    work = session.predict("lenet5", images, 0)
    next(work)
    session.viewer("lenet5", 6)
    np.testing.assert_array_equal(finish(work), plain)


def test_the_run_before_the_last_is_let_go_of() -> None:
    session = tiny.session()
    tiny.run(tiny.config(), session)
    finish(session.guesses("mlp", 1))
    old = [weakref.ref(module) for module in session.open_run.modules.values()]
    old_data = weakref.ref(session.open_run.moments)
    for _ in range(2):
        stopped = race(tiny.config(), session)
        assert any(isinstance(event, StepEnd) for event in stopped)
        stopped.close()
    gc.collect()
    assert [module() for module in old] == [None, None]
    assert old_data() is None


def test_without_a_run_there_is_a_sentence() -> None:
    session = tiny.session()
    for ask in (session.test_pictures, lambda: session.viewer("mlp")):
        with pytest.raises(StudioError, match="No run is open"):
            ask()


def test_a_network_that_did_not_race_has_no_viewer(ended) -> None:
    with pytest.raises(StudioError, match="small_cnn"):
        ended.viewer("small_cnn")


def test_the_run_answers_for_its_own_set_only(ended, monkeypatch) -> None:
    monkeypatch.setattr(sessions.weights, "shipped_weights", lambda *_: None)
    assert ended.reader("mlp", "digits:jitter=2").weights_from == "run"
    assert ended.reader("mlp", "glyphs") is None
    assert ended.reader("small_cnn", "digits") is None
    assert finish(ended.predict("mlp", np.zeros((1, 1, 28, 28), np.uint8), dataset="glyphs")) is None
    with pytest.raises(StudioError, match="nothing"):
        ended.reader("mlp", "nothing")


def test_shipped_weights_answer_where_no_run_does(monkeypatch) -> None:
    asked = []

    def shipped(dataset: str, network: str, spec):
        asked.append((dataset, network))
        return build(spec, 7).state_dict()

    monkeypatch.setattr(sessions.weights, "shipped_weights", shipped)
    session = tiny.session()
    for _ in range(2):
        reader = session.reader("mlp", "digits:jitter=3")
        assert (reader.weights_from, reader.step) == ("shipped", None)
    assert asked == [("digits", "mlp")], "read once"
    assert (flatten(reader.module) == flatten(build(reader.spec, 7))).all()


def test_weights_fit_sets_of_the_same_task(tmp_path) -> None:
    assert task_of("digits:jitter=3") == task_of("digits")
    assert task_of("digits") != task_of("mnist")
    assert task_of(f"folder:{tmp_path}") != task_of("folder:/elsewhere")


@pytest.mark.parametrize(("macs", "pictures"), [(1, 1024), (61_138, 1024), (416_520, 128), (10**9, 8)])
def test_slices_get_smaller_as_networks_get_larger(macs: int, pictures: int) -> None:
    assert slice_pictures(macs) == pictures
    assert slice_pictures(macs, 2) == (pictures if pictures > 8 else 2)


def test_viewers_of_networks_that_no_longer_race_are_let_go_of() -> None:
    session = tiny.session()
    tiny.run(tiny.config(), session)
    module = weakref.ref(session.viewer("mlp").module)
    session.viewer("lenet5")
    tiny.run(tiny.config(networks=("lenet5",)), session)
    gc.collect()
    assert module() is None
    assert session.viewer("lenet5").step == 6


def test_further_pictures_lie_beside_those_of_a_set() -> None:
    made = []

    def counting(config: RaceConfig, *rest):
        made.append(config.seed)
        return (yield from tiny.prepare(config, *rest))

    session = tiny.session(prepare_data=counting)
    own = finish(session.load(tiny.config()))
    other = finish(session.load(tiny.config(dataset="digits:jitter=3")))
    more = tiny.config(examples=25, seed=9)
    first = finish(session.load_more(more))
    assert finish(session.load_more(more)) is first
    assert len(first.train) == 25
    assert session.loaded("digits") is own
    assert session.loaded("digits:jitter=3") is other
    finish(session.load_more(tiny.config(examples=25, seed=8)))
    assert finish(session.load(tiny.config())) is own
    assert made == [0, 0, 9, 8]
    assert finish(session.load_more(more)) is not first, "only the last ones are kept"
