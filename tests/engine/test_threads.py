"""Choosing threads and memory format by measuring."""

import pytest
import torch
from torch import nn

from cnnstudio.core.events import RunStarted, Tick
from cnnstudio.engine import grid, threads
from cnnstudio.engine.session import finish
from cnnstudio.engine.threads import Setting, choose, thread_counts
from tests.engine import tiny

CONVOLUTION = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Dropout(0.5), nn.Flatten(), nn.Linear(72, 2))
SHAPE = (1, 8, 8)


def test_the_quickest_setting_wins(monkeypatch) -> None:
    cost = {(1, True): 3.0, (2, True): 2.0, (2, False): 1.0, (1, False): 0.1, (4, True): 2.5}
    monkeypatch.setattr(threads, "_trial", lambda modules, images, last: cost[torch.get_num_threads(), last])
    assert finish(choose([CONVOLUTION], 10, SHAPE, 4, 4)) == Setting(2, False)
    cost[2, False] = 9.0
    assert finish(choose([CONVOLUTION], 10, SHAPE, 4, 4)) == Setting(2, True)


def test_networks_without_convolutions_have_no_memory_format() -> None:
    assert finish(choose([nn.Linear(4, 2)], 8, SHAPE, 4, 1)) == Setting(1, False)


@pytest.mark.parametrize(("most", "counts"), [(1, (1,)), (2, (1, 2)), (3, (1, 3)), (4, (1, 2, 4)), (16, (1, 8, 16))])
def test_one_thread_is_tried_first(most: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(most) == counts


def test_measuring_leaves_no_trace() -> None:
    torch.manual_seed(0)
    before, count = torch.get_rng_state(), torch.get_num_threads()
    weights = [weight.clone() for weight in CONVOLUTION.parameters()]
    work = choose([CONVOLUTION], 1_000, SHAPE, 4, 2)
    for _ in work:
        assert torch.get_num_threads() == count
    assert torch.equal(before, torch.get_rng_state())
    assert CONVOLUTION.training
    for weight, kept in zip(CONVOLUTION.parameters(), weights, strict=True):
        assert torch.equal(weight, kept)
        assert weight.grad is None


def test_a_session_measures_once_per_set_up(monkeypatch) -> None:
    measured = []

    def choosing(modules, macs, shape, batch, most):
        measured.append(batch)
        yield
        return Setting(1, False)

    monkeypatch.setattr(grid.threads, "choose", choosing)
    session = tiny.session(threads=None, channels_last=None)
    for batch_size in (16, 16, 8):
        events = tiny.run(tiny.config(batch_size=batch_size, epochs=1), session)
        (started,) = tiny.only(RunStarted, events)
        assert (started.threads, started.channels_last) == (1, False)
    assert measured == [16, 8]
    forced = tiny.session(threads=None, channels_last=True)
    (started,) = tiny.only(RunStarted, tiny.run(tiny.config(epochs=1), forced))
    assert (started.threads, started.channels_last) == (1, True)


def test_measuring_hands_over_in_between() -> None:
    assert sum(1 for _ in choose([CONVOLUTION], 1_000, SHAPE, 4, 2)) >= 4
    assert Tick(1).run_id == 1
