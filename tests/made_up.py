"""Races that are written down: the same events on every call, and made-up pictures. No torch, no thread, no engine."""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import (
    Competitor,
    Evaluated,
    MomentKept,
    NetworkScore,
    Preparing,
    RunEnded,
    RunEvent,
    RunStarted,
    SetScore,
    StepEnd,
    StepResult,
)
from cnnstudio.core.questions import Shown

DIGITS = tuple("0123456789")

CARDS: dict[str, tuple[str, str, str, int, int, float]] = {
    # key: title, role, summary, parameters, multiply-adds, test accuracy it ends at
    "mlp": ("MLP", "mlp", "784 - 77 - 10", 61_225, 61_138, 0.72),
    "mlp_deep": ("Deep MLP", "mlp", "784 - 64 - 64 - 10", 55_050, 54_912, 0.70),
    "lenet5": ("LeNet-5", "cnn", "conv 6 - conv 16 - 120 - 84 - 10", 61_706, 416_520, 0.84),
    "small_cnn": ("Small CNN", "cnn", "conv 16 - conv 32 - 10", 5_000, 900_000, 0.80),
    "local": ("Locally connected", "local", "local 16 - local 32 - 10", 239_786, 900_000, 0.66),
}


def competitor(network: str) -> Competitor:
    """The card of a network of the script; unknown keys get a plain one."""
    title, role, summary, parameters, macs, _ = CARDS.get(network, (network, "", "784 - 10", 7_850, 7_840, 0.5))
    return Competitor(network, title, role, summary, parameters, macs)


def run_started(
    run_id: int = 1, config: RaceConfig | None = None, steps: int = 40, steps_per_epoch: int = 10
) -> RunStarted:
    """The first event of a scripted run."""
    config = config or RaceConfig()
    return RunStarted(
        run_id=run_id,
        config=config,
        competitors=tuple(competitor(network) for network in config.networks),
        class_names=DIGITS,
        shape=(1, 28, 28),
        train_size=config.examples,
        validation_size=1_000,
        test_size=2_000,
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        threads=2,
        channels_last=True,
        versions={"cnnstudio": "0", "python": "3.11", "torch": "2.13", "numpy": "2", "device": "cpu"},
        started_at="2026-01-02T03:04:05+00:00",
        notes=(),
    )


def _share_learned(network: str, step: int, steps: int) -> float:
    final = CARDS[network][5] if network in CARDS else 0.5
    return 0.1 + (final - 0.1) * (1 - math.exp(-4 * step / max(1, steps)))


def step_end(run_id: int, step: int, config: RaceConfig, steps: int = 40, steps_per_epoch: int = 10) -> StepEnd:
    """A point of a scripted run: loss falls, accuracy rises, with a small fixed ripple."""
    results = []
    for place, network in enumerate(config.networks):
        accuracy = _share_learned(network, step, steps) + 0.02 * math.sin(step * (1.7 + place))
        results.append(StepResult(network, -math.log(max(accuracy, 1e-3)), accuracy, 0.004 * step * (1 + place)))
    return StepEnd(run_id, step, step * config.batch_size, step / steps_per_epoch, config.learning_rate, tuple(results))


def evaluated(
    run_id: int,
    step: int,
    config: RaceConfig,
    looks: int,
    steps: int = 40,
    steps_per_epoch: int = 10,
    classes: int = 10,
) -> Evaluated:
    """A measurement of a scripted run; the confusion matrix adds up to 1,000 pictures."""
    scores = []
    for place, network in enumerate(config.networks):
        test = _share_learned(network, step, steps)
        train = min(1.0, test + 0.12 * step / max(1, steps))
        scores.append(
            NetworkScore(
                network=network,
                train=SetScore(-math.log(train), train),
                validation=SetScore(-math.log(test), test),
                test=SetScore(-math.log(test), test),
                own_seconds=0.004 * step * (1 + place),
                images_per_second=16_000.0 / (1 + place),
                confusion=confusion(test, classes),
            )
        )
    return Evaluated(
        run_id, step, step * config.batch_size, step / steps_per_epoch, tuple(scores), looks, final=step == steps
    )


def confusion(accuracy: float, classes: int = 10, total: int = 1_000) -> np.ndarray:
    """A confusion matrix with about this share on its diagonal; each row is a class with equally many pictures."""
    each = total // classes
    right = round(each * accuracy)
    matrix = np.zeros((classes, classes), np.int64)
    for truth in range(classes):
        matrix[truth, truth] = right
        for wrong in range(each - right):
            matrix[truth, (truth + 1 + wrong % (classes - 1)) % classes] += 1
    matrix.setflags(write=False)
    return matrix


def scripted_run(
    run_id: int = 1,
    config: RaceConfig | None = None,
    steps: int = 40,
    steps_per_epoch: int = 10,
    fail_at: int | None = None,
) -> Generator[RunEvent, None, None]:
    """A whole race, the same on every call.

    Args:
        run_id: Its id.
        config: The set-up; the default race when None.
        steps: How many batches.
        steps_per_epoch: Batches to an epoch.
        fail_at: Raise a RuntimeError instead of this step.
    """
    config = config or RaceConfig()
    yield Preparing(run_id, None, "making digits")
    yield Preparing(run_id, 1.0, "making digits")
    yield run_started(run_id, config, steps, steps_per_epoch)
    kept: list[int] = [0]
    yield MomentKept(run_id, 0, (0,))
    looks = 1
    yield evaluated(run_id, 0, config, looks, steps, steps_per_epoch)
    for step in range(1, steps + 1):
        if step == fail_at:
            raise RuntimeError("the script says that this step fails")
        yield step_end(run_id, step, config, steps, steps_per_epoch)
        if step & (step - 1) == 0 or step % 8 == 0 or step == steps:
            kept.append(step)
            yield MomentKept(run_id, step, tuple(kept))
        if step % 8 == 0 or step == steps:
            looks += 1
            yield evaluated(run_id, step, config, looks, steps, steps_per_epoch)
    yield RunEnded(run_id, "finished", steps, 0.004 * steps)


def shown(count: int, networks: tuple[str, ...] = (), shape: tuple[int, int, int] = (1, 28, 28)) -> Shown:
    """Pictures with a bright bar whose place is the class."""
    labels = np.arange(count, dtype=np.int64) % len(DIGITS)
    images = np.zeros((count, *shape), np.uint8)
    for place, label in enumerate(labels):
        images[place, :, 2:-2, 2 + 2 * label : 4 + 2 * label] = 255
    guesses = np.stack([(labels + place) % len(DIGITS) for place in range(len(networks))], 1) if networks else None
    return Shown(images, labels, guesses, networks, count, np.arange(count, dtype=np.int64), DIGITS)
