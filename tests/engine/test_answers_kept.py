"""What is kept of a run comes back: its weights, its moments, and what it says when something is lost."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import StepEnd
from cnnstudio.core.live import LiveSettings
from cnnstudio.core.questions import (
    Confusions,
    KeepRun,
    OpenRun,
    ReadPicture,
    SaveWeights,
)
from cnnstudio.core.runs import TIMELINE_FILE
from cnnstudio.datasets import Prepared
from cnnstudio.engine import weights
from cnnstudio.engine.answers import answer, answer_now
from cnnstudio.engine.build import build
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session, finish
from cnnstudio.engine.weights import load_weights
from tests.engine.raced import CONFIG, NETWORKS, PICTURE, new_session


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
    assert card.examples == session.open_run.started.train_size == CONFIG.examples


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


def test_while_a_run_is_kept_questions_are_served_between_slices_of_its_test_pictures(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def said(folder: str) -> list[str]:
        return [progress.text for progress in answer(KeepRun(tmp_path / folder), session)]

    whole, test, _ = said("whole"), *session.test_pictures()
    monkeypatch.setattr(limits, "SLICE_PICTURES", 4)
    sliced = said("sliced")
    assert list(dict.fromkeys(sliced)) == list(dict.fromkeys(whole))
    for title in {text for text in whole if text != "saving the timeline"}:
        assert sliced.count(title) >= len(test) // 4 > whole.count(title)


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
