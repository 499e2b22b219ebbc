"""The bottom bar: run, pause, step, stop, again; where the run is; the timeline; the learning rate."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import EngineReady, EngineUnavailable, Evaluated, Preparing, RunEnded, RunStarted, StepEnd
from cnnstudio.core.percent import percent
from cnnstudio.ui._study import WEIGHTS_LOST
from cnnstudio.ui.icons import icon
from cnnstudio.ui.player import Player
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.theme import GRID_PX, LIGHT, Theme
from cnnstudio.ui.widgets._measured_words import pictures_seen
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label, set_role
from cnnstudio.ui.widgets.play_bar import PlayBar
from cnnstudio.ui.widgets.timeline import Timeline

_RATE_TICKS: Final = 1_000
_LOWEST_RATE: Final = 1e-5
_HIGHEST_RATE: Final = 1.0
_NARROW_PX: Final = 1_200
"""Below this width the two "again" buttons show their icon only."""

_SMALL_PX: Final = 900
"""Below this width, on a screen smaller than the smallest window, the rate has no name but its tool tip."""

_ICON_GAP: Final = 0.35

_LEFT_EVERY_MS: Final = 500
"""The time left changes twice a second: faster it only flickers."""


def rate_of(tick: int) -> float:
    """The learning rate at a place of the slider, rounded to two figures."""
    rate = _LOWEST_RATE * (_HIGHEST_RATE / _LOWEST_RATE) ** (tick / _RATE_TICKS)
    return float(f"{rate:.2g}")


def tick_of(rate: float) -> int:
    """The slider's place of a learning rate; those beyond its ends stand at the end."""
    if rate <= 0:
        return 0
    share = math.log(rate / _LOWEST_RATE) / math.log(_HIGHEST_RATE / _LOWEST_RATE)
    return round(min(1.0, max(0.0, share)) * _RATE_TICKS)


def time_left(seconds: float) -> str:
    """As in "22 s left", "3 min left", "1 h 5 min left"."""
    whole = math.ceil(seconds)
    if whole < 90:
        return f"{whole} s left"
    minutes = round(whole / 60)
    return f"{minutes} min left" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min left"


class Transport(QWidget):
    """Runs the race and shows where it is.

    Attributes:
        run_button: The one primary button of the window.
        timeline: The moments.
        player: Plays them.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        """Makes the bar for a study."""
        super().__init__(parent)
        self._studio = studio
        self._prepare, self._narrow = "", False
        self._refusal: ErrorReport | None = None
        self.setProperty("role", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID_PX + 4, GRID_PX, 2 * GRID_PX + 4, GRID_PX)
        row.setSpacing(3 * GRID_PX)
        row.addLayout(self._make_buttons())
        row.addLayout(self._make_middle(), 1)
        row.addLayout(self._make_rate())
        self._connect()
        self._on_theme(studio.theme)
        self.sync()

    def sync(self) -> None:
        """Shows the study as it is now."""
        history = self._studio.history
        self.timeline.set_run(history.started.steps if history else 0)
        self.timeline.set_now(history.step if history else 0)
        self.timeline.set_moments(self._studio.moments)
        self.timeline.set_moment(self._studio.moment)
        self._show_rate()
        self._check()

    # Making

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.run_button = button("Run", "primary", tip="Train the chosen networks on the same examples")
        self.run_button.setObjectName("run")
        self.step_button = button("Step", tip="Learn one batch, then stand still. Key: S")
        self.stop_button = button("Stop", tip="End the run; what was learned stays")
        self.same_button = button("Same start", tip="Run again from the same first weights")
        self.new_button = button("New weights", tip="Run again from other first weights (the next weights seed)")
        for made in (self.run_button, self.step_button, self.stop_button, self.same_button, self.new_button):
            row.addWidget(made)
        self.run_button.setMinimumWidth(13 * GRID_PX)
        self.run_button.clicked.connect(self.run_or_pause)
        self.step_button.clicked.connect(self._studio.step)
        self.stop_button.clicked.connect(self._studio.stop)
        self.same_button.clicked.connect(self._same_start)
        self.new_button.clicked.connect(self._new_weights)
        return row

    def _make_middle(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(5)
        self.where = label("", "heading")
        self.about = ElidedLabel("muted")
        self.left = label("", "muted")
        row.addWidget(self.where)
        row.addWidget(self.about, 1)
        row.addWidget(self.left)
        self.timeline = Timeline()
        column.addStretch(1)
        column.addLayout(row)
        self.player = Player(self._studio, self)
        self.play_bar = PlayBar(self.player, self.timeline)
        column.addWidget(self.play_bar)
        column.addStretch(1)
        self._left_timer = QTimer(self)
        self._left_timer.setInterval(_LEFT_EVERY_MS)
        self._left_timer.timeout.connect(self._show_left)
        return column

    def _make_rate(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self._rate_name = label("learning rate", "muted")
        self.rate_value = label("", "heading")
        self.rate_value.setMinimumWidth(6 * GRID_PX)
        self.rate_slider = QSlider(Qt.Orientation.Horizontal)
        self.rate_slider.setRange(0, _RATE_TICKS)
        self.rate_slider.setPageStep(_RATE_TICKS // 20)
        self.rate_slider.setSingleStep(_RATE_TICKS // 50)
        self.rate_slider.setFixedWidth(10 * GRID_PX)
        self.rate_slider.setAccessibleName("Learning rate")
        self.rate_slider.valueChanged.connect(self._choose_rate)
        explain_on_focus(self.rate_slider)
        for made in (self._rate_name, self.rate_value, self.rate_slider):
            row.addWidget(made)
        return row

    def _connect(self) -> None:
        studio = self._studio
        studio.state_changed.connect(self._on_state)
        studio.run_started.connect(self._on_run_started)
        studio.points_arrived.connect(self._on_points)
        studio.evaluated.connect(self._on_evaluated)
        studio.run_ended.connect(self._on_run_ended)
        studio.preparing.connect(self._on_preparing)
        studio.moments_changed.connect(self._on_moments)
        studio.moment_changed.connect(self._on_moment)
        studio.problems_changed.connect(self._check)
        studio.config_changed.connect(self._on_config)
        studio.engine_ready.connect(self._on_ready)
        studio.engine_unavailable.connect(self._on_unavailable)
        studio.theme_changed.connect(self._on_theme)
        self.timeline.chosen.connect(studio.set_moment)

    # What a person does

    @Slot()
    def run_or_pause(self) -> None:
        """Runs, pauses or goes on, as the state is; while the data are prepared there is nothing to pause."""
        studio = self._studio
        if studio.run_state == "idle":
            studio.run()
        elif studio.run_state == "paused":
            studio.resume()
        elif studio.run_state == "running":
            studio.pause()

    @Slot()
    def _same_start(self) -> None:
        self._studio.again(new_weights=False)

    @Slot()
    def _new_weights(self) -> None:
        self._studio.again(new_weights=True)

    @Slot(int)
    def _choose_rate(self, tick: int) -> None:
        self._studio.set_learning_rate(rate_of(tick))
        self.rate_value.setText(f"{self._studio.learning_rate:g}")

    # What the study says

    @Slot(object)
    def _on_ready(self, event: EngineReady) -> None:
        self._check()

    @Slot(object)
    def _on_unavailable(self, event: EngineUnavailable) -> None:
        self._refusal = event.report
        self._show_state()

    @Slot()
    def _check(self) -> None:
        problems = self._studio.problems() if self._studio.ready else []
        self._refusal = problems[0].report if problems else None
        self._show_state()

    @Slot(object)
    def _on_config(self, config: object) -> None:
        self._show_rate()

    @Slot(str)
    def _on_state(self, state: str) -> None:
        self._prepare = "Preparing ..."
        self._left_timer.start() if state == "running" else self._left_timer.stop()
        self._show_state()
        self._show_left()
        self._show_rate()

    @Slot(object)
    def _on_preparing(self, event: Preparing) -> None:
        share = "" if event.fraction is None else f" · {percent(event.fraction, 0)}"
        self._prepare = f"{event.text[:1].upper()}{event.text[1:]}{share}"
        self._show_where()

    @Slot(object)
    def _on_run_started(self, event: RunStarted) -> None:
        # A run that was brought back has its steps behind it.
        self.timeline.set_run(event.steps)
        self.timeline.set_now(self._studio.history.step if self._studio.history is not None else 0)
        self._show_where()

    @Slot(object)
    def _on_points(self, points: tuple[StepEnd, ...]) -> None:
        self.timeline.set_now(points[-1].step)
        self._show_where()

    @Slot(object)
    def _on_evaluated(self, event: Evaluated) -> None:
        self.timeline.set_now(event.step)

    @Slot(object)
    def _on_run_ended(self, event: RunEnded) -> None:
        self._show_state()
        self._show_left()

    @Slot(object)
    def _on_moments(self, moments: tuple[int, ...]) -> None:
        self.timeline.set_moments(moments)
        self._show_left()

    @Slot(object)
    def _on_moment(self, step: int | None) -> None:
        self.timeline.set_moment(step)
        self._show_where()

    @Slot(object)
    def _on_theme(self, theme: Theme) -> None:
        self.timeline.set_theme(theme)
        self.play_bar.set_theme(theme)
        self._fit()
        self._show_state()

    # Showing

    def _show_state(self) -> None:
        studio, state = self._studio, self._studio.run_state
        text, name = {
            "idle": ("Run", "run"),
            "preparing": ("Preparing", "pause"),
            "running": ("Pause", "pause"),
            "paused": ("Resume", "run"),
        }[state]
        may_start = studio.ready is not None and self._refusal is None
        self._dress(self.run_button, text, name)
        # A button that is disabled hands the keyboard to its neighbour, and Space would throw the run away.
        self.run_button.setEnabled(may_start or studio.active)
        self.run_button.setToolTip(self._run_tip(state))
        self.step_button.setEnabled(may_start or studio.active)
        if self.stop_button.hasFocus() and not studio.active:
            (self.run_button if may_start else self.timeline).setFocus()
        self.stop_button.setEnabled(studio.active)
        again = may_start and (studio.history is not None or studio.active)
        self.same_button.setEnabled(again)
        self.new_button.setEnabled(may_start)
        self.timeline.setEnabled(studio.history is not None)
        self._show_where()

    def _run_tip(self, state: str) -> str:
        if state == "idle" and self._refusal is not None:
            return self._refusal.sentence
        if state == "preparing":
            return "The examples are on their way; Stop ends the run"
        return {"idle": "Train the chosen networks on the same examples", "paused": "Go on"}.get(
            state, "Stand still after this batch"
        ) + ". Key: Space"

    def _dress(self, made: QPushButton, text: str, name: str) -> None:
        theme = self._studio.theme
        made.setText(text)
        made.setAccessibleName(text)
        self._set_icon(made, name, theme.colour("on_primary"))

    def _set_icon(self, made: QPushButton, name: str, colour: QColor) -> None:
        gap = _ICON_GAP if made.text() else 0.0
        size_px = self._studio.theme.body_px
        made.setIcon(icon(name, colour, gap=gap))
        made.setIconSize(QSize(round(size_px * (1 + gap)), size_px))

    def _fit(self) -> None:
        """Icons alone, and short words, where the timeline would have too little room."""
        theme = self._studio.theme
        self._narrow = narrow = self.width() < _NARROW_PX * theme.body_px / LIGHT.body_px
        self._rate_name.setVisible(self.width() >= _SMALL_PX)
        for made, text, name in ((self.same_button, "Same start", "again"), (self.new_button, "New weights", "dice")):
            made.setText("" if narrow else text)
            self._set_icon(made, name, theme.colour("text"))
        self._show_left()
        layout = self.layout()
        if layout is not None:
            layout.activate()  # at once: otherwise the first frame cuts the words

    def _show_where(self) -> None:
        studio, history = self._studio, self._studio.history
        where, about, role = "", "", "muted"
        if studio.run_state == "preparing":
            about = self._prepare
        elif self._refusal is not None and studio.run_state == "idle":
            about, role = self._refusal.sentence, "problem"
        elif history is None:
            about = "Ready. Nothing is trained yet." if studio.ready else "Loading PyTorch ..."
        else:
            started = history.started
            step = history.step if studio.moment is None else studio.moment
            seen = pictures_seen(started, step)
            epoch = max(1, math.ceil(step / max(1, started.steps_per_epoch)))
            where = f"Step {step:,}"
            about = f"of {started.steps:,} · {seen:,} pictures seen · epoch {epoch}"
        self.where.setText(where)
        self.where.setVisible(bool(where))
        self.about.set_whole(about)
        set_role(self.about, role)

    @Slot()
    def _show_left(self) -> None:
        studio = self._studio
        seconds = studio.seconds_left
        if studio.run_state == "running" and seconds is not None:
            text = time_left(seconds)
        elif studio.run_state == "paused":
            text = "paused"
        elif studio.history is not None and studio.run_state == "idle":
            text = self._how_it_ended(studio.history.step)
        else:
            text = ""
        self.left.setText(text)
        lost = studio.weights == "lost" and bool(text)
        self.left.setToolTip(WEIGHTS_LOST.sentence if lost else "")

    def _how_it_ended(self, step: int) -> str:
        outcome = self._studio.outcome
        how = "broken off" if outcome is None else str(outcome.outcome)
        if self._studio.weights == "lost":
            return f"{how}, weights not kept"
        if outcome is None or outcome.outcome == "stopped":
            return f"{how} at step {step:,}"
        return how if self._narrow else f"{how} after {outcome.seconds:.1f} s"

    def _show_rate(self) -> None:
        rate = self._studio.learning_rate
        with QSignalBlocker(self.rate_slider):
            self.rate_slider.setValue(tick_of(rate))
        self.rate_value.setText(f"{rate:g}")
        when = "at once, in the run that is open" if self._studio.active else "in the next run"
        tip = f"How far one step moves the weights: weight - rate × gradient. A change works {when}."
        for made in (self.rate_slider, self.rate_value, self._rate_name):
            made.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes room for the timeline in a narrow window."""
        super().resizeEvent(event)
        self._fit()
