"""The open study: one picture, one moment, the networks of one race. Every view reads it and listens to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from cnnstudio.core import events
from cnnstudio.core.config import Problem, RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Competitor, StepEnd
from cnnstudio.core.history import History
from cnnstudio.core.questions import ReadPicture, Verdicts
from cnnstudio.ui._looking import Looking
from cnnstudio.ui._pace import Pace
from cnnstudio.ui._study import EngineLike, KeptRun, RunState, UnitOf, WeightsState, about_weights
from cnnstudio.ui.setup_check import problems

__all__ = ["EngineLike", "KeptRun", "RunState", "Studio", "UnitOf"]

logger = logging.getLogger(__name__)

VERDICT_GAP_S: Final = 0.25
"""During a run the verdicts follow the weights four times a second, and the pen at once: reading holds up training."""


class Studio(Looking):
    """The open study.

    Attributes:
        engine: The engine, or None where there is none (a panel alone, some tests).
        ready: Whether torch is loaded.
        picture: What the networks are given, uint8 [c, h, w], read-only, or None.
        moments: The steps that are kept, ascending.
        weights: Of the open run: "there"; of one that was brought back first "opening", then perhaps "lost".
        history: The open run's curves, or None before the first.
        open_kept: The open run as it is kept, once it is; else None.
        verdicts: The newest verdicts, or None.
        past: Earlier runs, oldest first.
        run_state: Whether and how a run goes on.
        run_id: The open run's id; events of others are dropped.
        theme: The look.
        learning_rate: What the slider says: the schedule's highest rate.
        rate_now: The rate of the newest step, after the schedule.
        outcome: How the open run ended, or None.

    Thread: GUI.
    """

    def __init__(self, engine: EngineLike | None = None, parent: QObject | None = None) -> None:
        """Opens an empty study with the default race."""
        super().__init__(engine, parent)
        self.ready: events.EngineReady | None = None
        self.picture: NDArray[np.uint8] | None = None
        self.moments: tuple[int, ...] = ()
        self.weights: WeightsState = "there"
        self.history: History | None = None
        self.verdicts: Verdicts | None = None
        self.run_state: RunState = "idle"
        self.run_id: int | None = None
        self.open_kept: KeptRun | None = None
        self.outcome: events.RunEnded | None = None
        self.learning_rate = self.config.learning_rate
        self.rate_now = self.config.learning_rate
        self._pace = Pace()
        self._aside: KeptRun | None = None
        self._verdicts_at_s = 0.0

    # What the views read

    @property
    def competitors(self) -> tuple[Competitor, ...]:
        """The networks of the open run; empty before the first."""
        return self.history.started.competitors if self.history is not None else ()

    @property
    def active(self) -> bool:
        """Whether a run is on its way, paused or not."""
        return self.run_state != "idle"

    @property
    def reading(self) -> RaceConfig:
        """The set-up whose networks read the picture: the open run's while it is active, else the next one's."""
        return self.history.started.config if self.active and self.history is not None else self.config

    @property
    def seconds_left(self) -> float | None:
        """Until the run ends, or None while it cannot be told."""
        if self.history is None or self.run_state != "running":
            return None
        return self._pace.seconds_left(self.history.started.steps)

    def problems(self) -> list[Problem]:
        """Why the next run cannot start; empty when it can."""
        typed = [Problem(name, report) for name, report in self._typed_problems.items()]
        return [*typed, *problems(self.config)]

    @property
    def awaits(self) -> bool:
        """Whether the engine has something to say that is not a direct answer: a run that moves, a long question."""
        return self.run_state in ("preparing", "running") or len(self._questions) > 0

    # What a person does

    def set_picture(self, pixels: NDArray[np.uint8] | None) -> None:
        """Puts a picture before the networks: uint8 [c, h, w], exactly what they are given."""
        if pixels is not None:
            pixels = np.array(pixels, dtype=np.uint8)
            pixels.setflags(write=False)
        self.picture = pixels
        self.picture_changed.emit()
        self.ask_verdicts()

    def offer_picture(self, pixels: NDArray[np.uint8], name: str = "") -> None:
        """Takes a picture of a data set, uint8 [c, h, w], to the canvas, or straight to the networks without one.

        A canvas that hears `picture_offered` with (pixels, name) shows it and sets it as the picture.
        """
        self.picture_offered.emit((pixels, name))
        if self.picture is None or not np.array_equal(self.picture, pixels):
            self.set_picture(pixels)

    def set_config(self, config: RaceConfig) -> None:
        """Changes the set-up of the next run."""
        if config == self.config:
            return
        before, self.config = self.config, config
        if not self.active:
            self.learning_rate = config.learning_rate
        self.config_changed.emit(config)
        self.problems_changed.emit()
        if before.dataset != config.dataset and self.ready is not None:
            self.look_into(config)
        if (before.dataset, before.networks) != (config.dataset, config.networks):
            self.ask_verdicts()

    def set_moment(self, step: int | None) -> None:
        """Looks at a kept moment, the nearest to `step`; None is now."""
        if step is not None:
            wanted = step
            step = min(self.moments, key=lambda kept: (abs(kept - wanted), kept), default=None)
        if step != self.moment:
            self._leave_moment()
            self.moment = step
            self.moment_changed.emit(step)
            self.ask_verdicts()

    def run(self) -> None:
        """Starts a race with the set-up as it is."""
        if self.engine is None or self.ready is None or self.problems():
            return
        self._put_aside()
        self.withdraw("look")  # the run reads the pictures itself, and tells what they are like
        self.run_id = self.engine.run(self.config)
        self._pace.forget()
        self._set_state("preparing")
        self.awaiting.emit()

    def pause(self) -> None:
        """Stands still after this batch."""
        if self.engine is not None and self.active:
            self.engine.pause()
            self.awaiting.emit()

    def resume(self) -> None:
        """Goes on after a pause."""
        if self.engine is not None and self.active:
            self.engine.resume()
            self.awaiting.emit()

    def step(self) -> None:
        """Learns one batch; starts a run that stands still after it where there is none."""
        if not self.active:
            self.run()
        if self.engine is not None and self.active:
            self.engine.step()
            self.awaiting.emit()

    def stop(self) -> None:
        """Ends the run."""
        if self.engine is not None and self.active:
            self.engine.stop()
            self.awaiting.emit()

    def again(self, new_weights: bool) -> None:
        """Runs again, from the same first weights or from new ones."""
        if new_weights:
            self.set_config(self.config.with_(weights_seed=self.config.weights_seed + 1))
        self.run()

    def set_learning_rate(self, value: float) -> None:
        """Changes the rate of the open run at once, or of the next run while none is active."""
        if self.active and self.engine is not None:
            self.learning_rate = value
            self.engine.set_learning_rate(value)
        else:
            self.set_config(self.config.with_(learning_rate=value))

    def ask_verdicts(self) -> None:
        """Asks what the networks say of the picture at the moment."""
        if self.picture is None or not self.reading.networks:
            return
        self._verdicts_at_s = time.monotonic()
        question = ReadPicture(self.picture, self.reading.dataset, self.reading.networks, self.moment)
        self.ask(question, self._on_verdicts, self._on_no_verdicts, slot="verdicts")

    def card_changed(self) -> None:
        """A look into the folder told what the set-up amounts to."""
        self.config_changed.emit(self.config)
        self.problems_changed.emit()
        self.ask_verdicts()

    # Earlier runs

    def restore_runs(self, runs: Iterable[KeptRun]) -> None:
        """Brings back the runs of an earlier start, oldest first; the last one becomes the open run."""
        *past, last = runs
        opens = self.history is None and not self.active
        if opens:
            self.see_run(last.history.started)
            self.weights = "opening"
            self.open_kept, self.history = last, last.history
            self.run_id = last.history.started.run_id
            self.outcome = last.history.ended
        self.past = [*past, *([] if opens else [last]), *self.past]
        self.past_changed.emit()
        if opens:
            self.run_started.emit(last.history.started)
            self.state_changed.emit(self.run_state)

    def set_moments(self, moments: Iterable[int]) -> None:
        """The weights of these steps can be looked at: those of a kept run, once the engine has read them."""
        self.moments, self.weights = tuple(moments), "there"
        self.moments_changed.emit(self.moments)
        # Whatever the views asked before there were weights, they ask again.
        self.moment_changed.emit(self.moment)
        self.ask_verdicts()

    def miss_weights(self) -> None:
        """The open run's weights were never kept: its curves and numbers are all there is."""
        self.weights = "lost"
        self.moments_changed.emit(self.moments)
        self.moment_changed.emit(self.moment)

    # What the engine says: called by the bridge

    def take(self, points: tuple[StepEnd, ...], others: tuple[events.Event, ...]) -> None:
        """Takes a batch of events: first what began, then the points, then everything that came of them."""
        for event in others:
            if isinstance(event, events.RunStarted | events.Preparing) and self._is_ours(event):
                self._take_one(event)
        mine = tuple(point for point in points if self._is_ours(point))
        if mine and self.history is not None:
            self._take_points(mine)
        for event in others:
            if not isinstance(event, events.RunStarted | events.Preparing) and self._is_ours(event):
                self._take_one(event)

    def _is_ours(self, event: object) -> bool:
        run_id = getattr(event, "run_id", None)
        return run_id is None or run_id == self.run_id

    def _take_points(self, points: tuple[StepEnd, ...]) -> None:
        assert self.history is not None
        now_s = time.monotonic()
        for point in points:
            self.history.add(point)
        self._pace.add(now_s, points[-1].step)
        self.rate_now = points[-1].learning_rate
        self.points_arrived.emit(points)
        weights_moved = self.moment is None and not self._questions.waits_for("verdicts")
        if weights_moved and now_s - self._verdicts_at_s >= VERDICT_GAP_S:
            self.ask_verdicts()

    def _take_one(self, event: events.Event) -> None:
        match event:
            case events.Answered():
                report = self._questions.answer(about_weights(event, self.weights))
                if report is not None:
                    self.notice.emit(report)
                self.answered.emit()
            case events.Answering():
                self._questions.progress(event)
            case events.RunStarted():
                self._start(event)
            case events.Preparing():
                self.preparing.emit(event)
            case events.Evaluated() | events.SettingChanged() | events.NetworkStopped():
                self._record(event)
            case events.MomentKept():
                self._keep_moment(event)
            case events.Paused():
                self._pace.forget()
                self._set_state("paused")
                self.ask_verdicts()
            case events.Resumed():
                self._set_state("running")
            case events.RunEnded():
                self._end(event)
            case events.Notice():
                self.notice.emit(event.report)
            case events.EngineReady():
                self.ready = event
                self.engine_ready.emit(event)
                self.look_into(self.config)
                self.ask_verdicts()
            case events.EngineUnavailable():
                self._questions.clear()
                self.engine_unavailable.emit(event)

    def _start(self, event: events.RunStarted) -> None:
        self.see_run(event)
        self.history = History(event)
        self._aside = None
        self.weights = "there"
        self.outcome = None
        self.moments = ()
        self._leave_moment()
        self.moment = None
        self.learning_rate = event.config.learning_rate
        self._set_state("running")
        self.run_started.emit(event)
        self.moments_changed.emit(self.moments)
        self.moment_changed.emit(None)
        self.ask_verdicts()

    def _record(self, event: events.Evaluated | events.SettingChanged | events.NetworkStopped) -> None:
        if self.history is None:
            return
        self.history.add(event)
        if isinstance(event, events.Evaluated):
            self.evaluated.emit(event)
        elif isinstance(event, events.NetworkStopped):
            self.network_stopped.emit(event)
            self.notice.emit(event.report)

    def _keep_moment(self, event: events.MomentKept) -> None:
        if self.history is not None:
            self.history.add(event)
        self.moments = event.kept
        self.moments_changed.emit(event.kept)
        if self.moment is not None and self.moment not in event.kept:
            self.set_moment(self.moment)

    def _end(self, event: events.RunEnded) -> None:
        if self.history is not None and self.history.started.run_id == event.run_id:
            self.history.add(event)
        self.outcome = event
        if self._aside is not None:  # it never started
            self._take_back(self._aside)
        self._set_state("idle")
        self.learning_rate = self.config.learning_rate
        self.run_ended.emit(event)
        if event.report is not None:
            self.notice.emit(event.report)
        self.ask_verdicts()

    def _set_state(self, state: RunState) -> None:
        if state != self.run_state:
            self.run_state = state
            self.state_changed.emit(state)

    def _put_aside(self) -> None:
        history = self.history
        if history is None:
            return
        started = history.started
        if self.active and history.ended is None:
            history.add(events.RunEnded(started.run_id, "stopped", history.step, 0.0))
        run_id = f"{started.started_at} {started.run_id}"
        kept = self.open_kept or KeptRun(run_id, f"Run {len(self.past) + 1}", history)
        self.past = [*self.past, kept]
        self.history, self.open_kept, self._aside = None, None, kept
        self.past_changed.emit()

    def _take_back(self, kept: KeptRun) -> None:
        """The next run could not start: the run before it, whose networks the engine still has, is the open one."""
        self._aside = None
        self.open_kept = next((run for run in self.past if run.history is kept.history), kept)
        self.past = [run for run in self.past if run.history is not kept.history]
        self.history, self.outcome = kept.history, kept.history.ended
        self.run_id = kept.history.started.run_id
        self._set_state("idle")
        self.past_changed.emit()
        self.run_started.emit(kept.history.started)
        self.moments_changed.emit(self.moments)

    def _on_verdicts(self, verdicts: Verdicts) -> None:
        self.verdicts = verdicts
        self.verdicts_changed.emit(verdicts)

    def _on_no_verdicts(self, report: ErrorReport) -> None:
        logger.info("no verdicts: %s", report.sentence)
