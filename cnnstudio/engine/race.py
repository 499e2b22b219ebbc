"""Several networks learn the same batches in the same order, each with its own clock.

A race is a generator of events and knows no thread and no window. Pausing is up to whoever iterates; closing it in
the middle leaves nothing behind. A closed generator cannot yield, so whoever closes it tells of the end itself.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Generator
from typing import Final

import torch

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import Cancelled, ErrorReport, StudioError, report_from
from cnnstudio.core.events import (
    Evaluated,
    MomentKept,
    NetworkScore,
    NetworkStopped,
    RunEnded,
    SettingChanged,
    StepEnd,
    StepResult,
    Tick,
)
from cnnstudio.core.live import LiveSettings
from cnnstudio.engine import device as devices
from cnnstudio.engine import evaluate
from cnnstudio.engine.grid import Events, starting_grid
from cnnstudio.engine.moments import flatten, is_finite
from cnnstudio.engine.optim import schedule_factor
from cnnstudio.engine.pixels import Part, normalise_, to_unit
from cnnstudio.engine.session import Session
from cnnstudio.engine.train import Learner, batches

SOUND_RATE: Final = 0.01
"""Advised at most to whoever's race diverged: a tenth of a rate out of this world is still out of it."""

_Scoring = Generator[Tick, None, NetworkScore]
_Measuring = Generator[Tick, None, evaluate.Measured]


def race(
    config: RaceConfig,
    session: Session | None = None,
    live: Callable[[], float | None] | None = None,
    run_id: int = 0,
) -> Events:
    """Runs one race.

    Args:
        config: What is learned, by whom, and how.
        session: Keeps the data, and the networks for later questions; None makes one for this race.
        live: Asked before every step for the highest learning rate wanted from now on (`LiveSettings`).
        run_id: Stands in every event.

    Yields:
        `Preparing`; `RunStarted`; for step 0 `MomentKept` and `Evaluated`; for every further step `StepEnd`, and where
        they are due `SettingChanged` before it, `NetworkStopped`, `Evaluated` and `MomentKept` after it; `RunEnded`
        last. `Tick` may come anywhere. A problem that has words ends the run as "failed"; it is not raised.
    """
    body = _Race(config, session or Session(), live or LiveSettings(), run_id)
    events, seconds = body.events(), 0.0
    end = RunEnded(run_id, "finished", 0, 0.0)
    try:
        while True:
            resumed = time.perf_counter()
            try:
                event = next(events)
            finally:
                # Time that passes outside, as in a pause, is none of the race's.
                seconds += time.perf_counter() - resumed
            yield event
    except StopIteration:
        end = RunEnded(
            run_id, "finished" if body.last_report is None else "failed", body.step, seconds, body.last_report
        )
    except Cancelled:
        end = RunEnded(run_id, "stopped", body.step, seconds)
    except (StudioError, OSError, MemoryError, RuntimeError) as error:
        details = "" if isinstance(error, StudioError) else traceback.format_exc()
        end = RunEnded(run_id, "failed", body.step, seconds, report_from(error, "The race", details))
    finally:
        events.close()
    yield end


class _Race:
    """One race on its way.

    Attributes:
        step: Steps done.
        last_report: Why the last network left, once none is left.

    Thread: engine.
    """

    def __init__(self, config: RaceConfig, session: Session, live: Callable[[], float | None], run_id: int) -> None:
        """Prepares nothing yet."""
        self.step = 0
        self.last_report: ErrorReport | None = None
        self._config = config
        self._session = session
        self._live = live
        self._run_id = run_id
        self._peak = config.learning_rate
        self._test_looks = 0
        self._measured_at: dict[str, tuple[int, float]] = {}

    def events(self) -> Events:
        """Prepares, then trains; gives torch its number of threads back."""
        threads = torch.get_num_threads()
        try:
            self._grid = yield from starting_grid(self._config, self._session, self._run_id)
            yield self._grid.run.started
            yield from self._steps()
        finally:
            torch.set_num_threads(threads)

    def _steps(self) -> Events:
        """The whole run: step 0, then every batch of every epoch."""
        grid, steps = self._grid, self._grid.run.started.steps
        due = evaluation_steps(steps, self._config.evaluations)
        yield from self._keep_moment()
        yield from self._evaluate(final=False)
        yield Tick(self._run_id, between_steps=True)
        for _ in range(self._config.epochs):
            for index in batches(len(grid.train), self._config.batch_size, grid.order):
                yield from self._one_step(index)
                if self.step in due or self.step == steps:
                    yield from self._evaluate(final=self.step == steps)
                if not grid.learners:
                    return
                if self.step == steps or grid.run.moments.wants(self.step):
                    yield from self._keep_moment()
                if self.step < steps:
                    yield Tick(self._run_id, between_steps=True)

    def _one_step(self, index: torch.Tensor) -> Events:
        """Every network that still runs learns one batch."""
        grid, total = self._grid, self._grid.run.started.steps
        wanted = self._live()
        if wanted is not None and wanted != self._peak and math.isfinite(wanted) and wanted > 0:
            self._peak = wanted
            yield SettingChanged(self._run_id, self.step, "learning_rate", wanted)
        rate = self._peak * schedule_factor(self._config, self.step, total)
        batch = grid.train.take(index)
        images = normalise_(grid.augmentation(to_unit(batch.images, grid.run.started.channels_last)))
        devices.wait_for(self._session.device)  # what all networks share is on no network's clock
        results: list[StepResult] = []
        for learner in grid.learners.values():
            if results:
                yield Tick(self._run_id, within_step=True)
            results.append(learner.learn(images, batch.labels, rate, self.step + 1))
            grid.run.learned[learner.network] = self.step + 1
        self.step += 1
        yield StepEnd(self._run_id, self.step, self._examples, self._epoch, rate, tuple(results))
        for result in results:
            if not math.isfinite(result.loss):
                yield self._leave(result.network, result.loss, rate)

    @property
    def _examples(self) -> int:
        """Pictures every network has learned from, repeats counted."""
        epochs, rest = divmod(self.step, self._grid.run.started.steps_per_epoch)
        return epochs * len(self._grid.train) + rest * self._config.batch_size

    @property
    def _epoch(self) -> float:
        return self._examples / len(self._grid.train)

    def _leave(self, network: str, loss: float, rate: float) -> NetworkStopped:
        """Takes a network out of the race and says why."""
        del self._grid.learners[network]
        self._grid.run.left.add(network)
        title = self._grid.run.specs[network].title
        became = "was no longer a number (NaN)" if math.isnan(loss) else "became infinite"
        better = min(self._config.learning_rate / 10, SOUND_RATE)
        report = ErrorReport(
            f"{title} left the race at step {self.step}: its loss {became}.",
            f"A learning rate of {plain(rate)} is probably too high: steps overshoot, and weights grow ever larger.",
            f"Try a learning rate of {plain(better)}.",
        )
        if not self._grid.learners:
            self.last_report = report
        return NetworkStopped(self._run_id, self.step, network, report)

    def _keep_moment(self) -> Events:
        """Puts the weights of now on the timeline, but none that are not numbers."""
        weights = {}
        for network, learner in self._grid.learners.items():
            flat = flatten(learner.module)
            if is_finite(flat):
                weights[network] = flat
        if weights:
            self._grid.run.moments.keep(self.step, weights)
            yield MomentKept(self._run_id, self.step, self._grid.run.moments.steps)

    def _evaluate(self, final: bool) -> Events:
        """Measures every network on all three sets: on their samples along the run, on the whole sets at its end."""
        scores = []
        broken: list[tuple[str, float]] = []
        for network, learner in self._grid.learners.items():
            score = yield from self._score(network, learner, final)
            if math.isfinite(score.train.loss):
                scores.append(score)
            else:
                broken.append((network, score.train.loss))
        if scores:
            self._test_looks += 1
            yield Evaluated(
                self._run_id, self.step, self._examples, self._epoch, tuple(scores), self._test_looks, final
            )
        for network, loss in broken:
            yield self._leave(network, loss, self._peak)

    def _score(self, network: str, learner: Learner, final: bool) -> _Scoring:
        grid = self._grid
        parts = grid.whole if final else grid.samples
        macs, last = grid.run.specs[network].macs, grid.run.started.channels_last
        found: list[evaluate.Measured] = []
        for part in parts:
            found.append((yield from self._ticking(learner, part, macs, last)))
        train, validation, test = found
        classes = len(grid.run.started.class_names)
        truth = parts[2].labels.cpu().numpy()
        guesses = test.guesses[grid.run.test_index] if final else test.guesses
        guesses.setflags(write=False)
        self._session.remember_guesses(grid.run, network, self.step, guesses)
        return NetworkScore(
            network=network,
            train=train.score,
            validation=validation.score,
            test=test.score,
            own_seconds=learner.own_seconds,
            images_per_second=self._rate(network, learner.own_seconds),
            confusion=evaluate.confusion(truth, test.guesses, classes),
        )

    def _ticking(self, learner: Learner, part: Part, macs: int, last: bool) -> _Measuring:
        work = evaluate.measure(learner.module, part, macs, last)
        while True:
            try:
                next(work)
            except StopIteration as end:
                measured: evaluate.Measured = end.value
                return measured
            yield Tick(self._run_id)

    def _rate(self, network: str, seconds: float) -> float:
        """Pictures per own second since the last measurement; 0 before the first step."""
        examples_before, seconds_before = self._measured_at.get(network, (0, 0.0))
        self._measured_at[network] = (self._examples, seconds)
        passed = seconds - seconds_before
        return (self._examples - examples_before) / passed if passed > 0 else 0.0


def plain(rate: float) -> str:
    """A learning rate to three digits, never as a power of ten: "0.002", "1,000,000,000"."""
    return f"{float(f'{rate:.3g}'):,.12g}"


def evaluation_steps(steps: int, evaluations: int) -> frozenset[int]:
    """The steps after which accuracy is measured: evenly along the run, the last one among them."""
    return frozenset(max(1, round(steps * part / evaluations)) for part in range(1, evaluations + 1))
