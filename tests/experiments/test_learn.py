"""What most experiments do in each run: one network learns one set, exactly as it would in a race."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.moments import flatten
from cnnstudio.engine.race import race
from cnnstudio.engine.session import Session, finish
from cnnstudio.experiments import _learn
from tests.datasets.files import write_idx

CONFIG = RaceConfig(dataset="glyphs", networks=("small_cnn",), examples=96, epochs=2, batch_size=32)


@pytest.fixture(scope="module")
def prepared():
    return finish(_learn.data(CONFIG))


@pytest.mark.parametrize("augmentation", [(), ("shift", "rotate")])
def test_it_learns_what_a_race_with_the_same_set_up_learns(prepared, augmentation):
    config = replace(CONFIG, augmentation=augmentation)
    learned = finish(_learn.learn("small_cnn", prepared.train, 10, config))
    session = Session(threads=1, channels_last=learned.channels_last)
    threads = torch.get_num_threads()
    list(race(config, session))
    assert torch.get_num_threads() == threads
    raced = session.open_run.modules["small_cnn"]
    torch.testing.assert_close(
        torch.from_numpy(flatten(learned.module).copy()), torch.from_numpy(flatten(raced).copy()), rtol=1e-4, atol=1e-5
    )


def test_the_loss_falls_and_every_step_is_seen(prepared):
    steps = []
    work = _learn.learn("small_cnn", prepared.train, 10, CONFIG, each_step=lambda step, module: steps.append(step))
    progress = []
    while True:
        try:
            progress.append(next(work))
        except StopIteration as end:
            learned = end.value
            break
    assert steps == list(range(1, 7))
    assert [each.fraction for each in progress] == [pytest.approx(4 / 6), 1.0]
    assert learned.losses[1] < learned.losses[0]
    assert not learned.module.training
    assert 0 <= finish(learned.accuracy(prepared.test)) <= 1


def test_a_loss_that_is_no_number_is_told(prepared):
    with pytest.raises(StudioError, match="no longer a number"):
        finish(_learn.learn("mlp", prepared.train, 10, replace(CONFIG, learning_rate=1e8, epochs=20)))


def test_a_wrong_setting_is_told(prepared):
    with pytest.raises(StudioError, match="batch size"):
        finish(_learn.learn("mlp", prepared.train, 10, replace(CONFIG, batch_size=0)))


def test_data_are_remembered_and_not_for_ever():
    first = finish(_learn.data(CONFIG))
    assert finish(_learn.data(CONFIG)) is first
    for seed in range(1, 1 + _learn.KEPT_DATA):
        finish(_learn.data(replace(CONFIG, seed=seed)))
    assert finish(_learn.data(CONFIG)) is not first


def test_watched_pictures_are_read_after_every_epoch(prepared):
    learned = finish(_learn.learn("small_cnn", prepared.train, 10, CONFIG, watch=prepared.validation))
    assert learned.watched.shape == (CONFIG.epochs,)
    assert learned.watched[-1] == pytest.approx(finish(learned.accuracy(prepared.validation)))
    assert finish(_learn.learn("small_cnn", prepared.train, 10, CONFIG)).watched.shape == (0,)


def test_stored_sets_lie_where_the_user_said(tmp_path, monkeypatch):
    config = replace(CONFIG, dataset="kmnist", examples=40, seed=4_711)
    with pytest.raises(StudioError, match="not on this computer"):
        finish(_learn.data(config))
    write_idx(tmp_path, "kmnist")
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    assert len(finish(_learn.data(config)).train.labels) <= 40
