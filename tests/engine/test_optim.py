"""Schedules against torch's own, and the optimisers."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from cnnstudio.core.config import OPTIMISERS, SCHEDULES, RaceConfig
from cnnstudio.engine.optim import make_optimiser, schedule_factor, set_learning_rate

STEPS = 40
CPU = torch.device("cpu")


def factors(config: RaceConfig, steps: int = STEPS) -> list[float]:
    return [schedule_factor(config, index, steps) for index in range(steps)]


def torchs(make, steps: int = STEPS) -> list[float]:
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimiser)
    rates = []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


def test_cosine_is_torchs() -> None:
    config = RaceConfig(schedule="cosine", final_share=0.1)
    wanted = torchs(lambda optimiser: lr_scheduler.CosineAnnealingLR(optimiser, STEPS, eta_min=0.1))
    assert factors(config) == pytest.approx(wanted)


@pytest.mark.parametrize("warmup", [0.2, 0.3, 0.5])
def test_one_cycle_is_torchs(warmup: float) -> None:
    config = RaceConfig(schedule="one_cycle", final_share=0.01, warmup_share=warmup)
    wanted = torchs(
        lambda optimiser: lr_scheduler.OneCycleLR(
            optimiser,
            max_lr=1.0,
            total_steps=STEPS,
            pct_start=warmup,
            div_factor=25,
            final_div_factor=4,
            cycle_momentum=False,
        ),
        STEPS - 1,
    )
    assert factors(config)[: STEPS - 1] == pytest.approx(wanted)
    assert factors(config)[-1] == pytest.approx(0.01)


def test_step_is_torchs() -> None:
    config = RaceConfig(schedule="step", final_share=0.01)
    wanted = torchs(lambda optimiser: lr_scheduler.MultiStepLR(optimiser, [STEPS // 2, STEPS * 3 // 4], gamma=0.1))
    assert factors(config) == pytest.approx(wanted)


def test_warmup_linear_is_two_straight_lines() -> None:
    config = RaceConfig(schedule="warmup_linear", warmup_share=0.2, final_share=0.05)
    rates = factors(config)
    assert rates[:8] == pytest.approx([(index + 1) / 9 for index in range(8)])
    falls = [before - after for before, after in pairwise(rates[8:])]
    assert falls == pytest.approx([0.95 / 31] * 31)
    assert (max(rates), rates[8], rates[-1]) == pytest.approx((1.0, 1.0, 0.05))


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("final", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 3, 1_000])
def test_every_schedule_stays_between_nothing_and_its_peak(schedule, warmup, final, steps) -> None:
    rates = factors(RaceConfig(schedule=schedule, warmup_share=warmup, final_share=final), steps)
    assert all(0 <= rate <= 1 + 1e-12 for rate in rates)
    assert rates[0] > 0


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_takes_the_textbooks_step(name: str) -> None:
    start, gradient = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.25])
    weight = nn.Parameter(start.clone())
    config = RaceConfig(optimiser=name, learning_rate=0.1, weight_decay=0.2, momentum=0.8)
    optimiser = make_optimiser(config, [weight], CPU)
    for _ in range(2):
        weight.grad = gradient.clone()
        optimiser.step()
    moved = start.clone()
    velocity = first = second = torch.zeros(2)
    for count in (1, 2):
        full = gradient if name == "adamw" else gradient + 0.2 * moved
        if name in ("sgd", "momentum"):
            velocity = full + (0.8 if name == "momentum" else 0.0) * velocity
            moved = moved - 0.1 * velocity
            continue
        first, second = 0.9 * first + 0.1 * full, 0.999 * second + 0.001 * full**2
        if name == "adamw":
            moved = moved * (1 - 0.1 * 0.2)
        moved = moved - 0.1 * (first / (1 - 0.9**count)) / ((second / (1 - 0.999**count)).sqrt() + 1e-8)
    torch.testing.assert_close(weight.detach(), moved, rtol=1e-5, atol=1e-6)


def test_the_learning_rate_can_change_at_any_step() -> None:
    weight = nn.Parameter(torch.zeros(1))
    optimiser = make_optimiser(RaceConfig(optimiser="sgd", weight_decay=0.0), [weight], CPU)
    for rate in (0.5, 2.0):
        set_learning_rate(optimiser, rate)
        weight.grad = torch.ones(1)
        optimiser.step()
    assert weight.item() == pytest.approx(-2.5)


def test_unknown_optimisers_are_refused() -> None:
    with pytest.raises(KeyError):
        make_optimiser(RaceConfig(optimiser="magic"), [nn.Parameter(torch.zeros(1))], CPU)
