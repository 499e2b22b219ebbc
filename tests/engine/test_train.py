"""One network's step, its chance and its clock."""

import copy
from itertools import chain

import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnstudio.core.config import RaceConfig
from cnnstudio.engine.train import Learner, awake_seconds, batches

CPU = torch.device("cpu")
CONFIG = RaceConfig(optimiser="sgd", weight_decay=0.0)


def pictures(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    chance = torch.Generator().manual_seed(0)
    return torch.randn((n, 4), generator=chance), torch.randint(0, 3, (n,), generator=chance)


def test_a_step_follows_the_gradient() -> None:
    module = nn.Linear(4, 3)
    twin = copy.deepcopy(module)
    images, labels = pictures(8)
    result = Learner("a", module, CONFIG, CPU).learn(images, labels, 0.5, 1)
    logits = twin(images)
    loss = functional.cross_entropy(logits, labels)
    loss.backward()
    assert result.loss == pytest.approx(loss.item())
    assert result.accuracy == pytest.approx((logits.argmax(1) == labels).float().mean().item())
    assert result.own_seconds > 0
    torch.testing.assert_close(module.weight.detach(), (twin.weight - 0.5 * twin.weight.grad).detach())


def test_a_loss_that_is_not_a_number_moves_no_weight() -> None:
    module = nn.Linear(4, 3)
    before = copy.deepcopy(module.state_dict())
    images, labels = pictures(8)
    result = Learner("a", module, CONFIG, CPU).learn(images * float("inf"), labels, 0.5, 1)
    assert result.loss != result.loss
    assert all(torch.equal(before[name], part) for name, part in module.state_dict().items())


def test_dropout_draws_from_the_networks_own_stream() -> None:
    def losses(seed: int, disturb: bool) -> list[float]:
        torch.manual_seed(int(disturb))
        chance = torch.Generator().manual_seed(1)
        module = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3))
        with torch.no_grad():
            for weight in module.parameters():
                weight.uniform_(-1, 1, generator=chance)
        learner = Learner("a", module, RaceConfig(weights_seed=seed), CPU)
        found = []
        for step in range(1, 5):
            if disturb:
                torch.rand(step)
            found.append(learner.learn(*pictures(8), 0.1, step).loss)
        return found

    assert losses(0, False) == losses(0, True)
    assert losses(0, False) != losses(1, False)


def test_dropout_differs_from_step_to_step() -> None:
    module = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3))
    learner = Learner("a", module, CONFIG, CPU)
    found = {learner.learn(*pictures(8), 0.0, step).loss for step in range(1, 6)}
    assert len(found) == 5


def test_a_single_picture_passes_batch_normalisation() -> None:
    module = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 3))
    learner = Learner("a", module, CONFIG, CPU)
    learner.learn(*pictures(8), 0.1, 1)
    mean = module[1].running_mean.clone()
    result = learner.learn(*pictures(1), 0.1, 2)
    assert result.loss == result.loss
    assert torch.equal(module[1].running_mean, mean)
    learner.learn(*pictures(8), 0.1, 3)
    assert not torch.equal(module[1].running_mean, mean)


@pytest.mark.parametrize(
    ("wall", "processor", "counted"),
    [(0.01, 0.02, 0.01), (1.9, 0.0, 1.9), (3_600.0, 0.3, 0.3), (10.0, 9.0, 10.0), (10.0, 20.0, 10.0)],
)
def test_the_clock_does_not_count_sleep(wall: float, processor: float, counted: float) -> None:
    assert awake_seconds(wall, processor) == counted


@pytest.mark.parametrize(("examples", "size"), [(10, 3), (10, 10), (10, 99), (1, 1), (9, 3)])
def test_an_epoch_sees_every_example_once(examples: int, size: int) -> None:
    chance = torch.Generator().manual_seed(2)
    first, second = ([index.tolist() for index in batches(examples, size, chance)] for _ in range(2))
    assert sorted(chain.from_iterable(first)) == list(range(examples))
    assert {len(index) for index in first[:-1]} <= {size}
    assert len(first) == -(-examples // size)
    assert examples < 9 or first != second
