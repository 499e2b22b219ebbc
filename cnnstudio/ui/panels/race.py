"""The race: how fast and how well each network learns the same examples."""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout

from cnnstudio.core import limits
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.events import Evaluated, RunEnded, RunStarted, StepEnd
from cnnstudio.core.history import Axis, Metric
from cnnstudio.core.questions import Disagree, Disagreement
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._measured_words import key_words
from cnnstudio.ui.widgets._names import compared, short_names
from cnnstudio.ui.widgets._race_lines import AXIS_NAMES, Wanted, places_of, race_axes, race_lines, step_at
from cnnstudio.ui.widgets._setup_words import (
    budget_words,
    cards_of,
    invitation,
    network_sentence,
    same_dataset,
)
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label, more_button
from cnnstudio.ui.widgets.curve_options import CurveOptions
from cnnstudio.ui.widgets.exports import ExportMenu
from cnnstudio.ui.widgets.live_curve import LiveCurve
from cnnstudio.ui.widgets.popover import Popover
from cnnstudio.ui.widgets.right_strip import RightStrip
from cnnstudio.ui.widgets.run_chips import RunChips
from cnnstudio.ui.widgets.runs_list import RunsList
from cnnstudio.ui.widgets.scoreboard import Scoreboard
from cnnstudio.ui.widgets.steady_label import SteadyLabel

STRIP_GAP_MS: Final = 1000
"""Which pictures only one of two networks reads is asked at most once a second: it costs training time."""

_STRIP_PICTURES: Final = 24
_KEY_TIP: Final = (
    "The test set is for the final figure; the more often it is looked at while choosing, the less it proves. "
    "Choose by validation."
)

_STRIP_LEAST_EM: Final = 34
_ROW_EM: Final = 2.2
"""Lower panels, in sizes of the text and with a row for each network beyond two, leave the strip of pictures out."""

_BOARD_LEAST_EM: Final = 33
"""Lower panels show either the curve's options or the table, so that the curve stays high enough to be read."""

_SENTENCE_LEAST_PX: Final = 620
"""Lower panels leave the sentence about a network to the table's tool tips."""


class RacePanel(Panel):
    """Curves, scoreboard, and what only one of two networks gets right, both ways.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="race",
        title="Same examples, same order. Who learns what?",
        short="Race",
        group="Train",
        order=10,
    )

    def build(self) -> None:
        """Makes everything, once."""
        self._wanted = Wanted()
        self._refresh_timer = QTimer(self, singleShot=True, interval=limits.CURVE_MS)
        self._refresh_timer.timeout.connect(self._refresh_curve)
        self._strip_pacer = Pacer(self, self._ask_strip, gap_ms=STRIP_GAP_MS)
        self._asked: tuple[str, str] = ("", "")
        self._wanted_back: set[str] = set()
        self._build_controls()
        self.curve = LiveCurve(self.studio.theme)
        self.curve.moment_picked.connect(self._on_picked)
        self.curve.moment_stepped.connect(self._on_stepped)
        self.curve.zoomed.connect(self._on_zoomed)
        self.body.addWidget(self.curve, 1)
        self._build_under_curve()
        self.stopped = label("", "problem", wrap=True)
        self.stopped.hide()
        self.body.addWidget(self.stopped)
        self.board = Scoreboard(self.studio.theme)
        self.board.selectionModel().currentChanged.connect(self._show_sentence)
        self.body.addWidget(self.board)
        self.budgets = label("", "small", wrap=True)
        self.body.addWidget(self.budgets)
        self.sentence = SteadyLabel()
        self.body.addWidget(self.sentence)
        self.strip = RightStrip(self.studio.theme)
        self.strip.picture_chosen.connect(self._on_picture_chosen)
        self.strip.all_wanted.connect(self._on_all_wanted)
        self.strip.hide()
        self.body.addWidget(self.strip)
        self.studio.config_changed.connect(self._show_setup)
        self.studio.network_stopped.connect(self._show_stopped)

    def sync(self) -> None:
        """Shows the study as it is."""
        self._show_setup()
        self.on_past()
        self._show_all()
        self._strip_pacer.soon()

    def on_run_started(self, event: RunStarted) -> None:
        """Begins with empty axes."""
        self.strip.show_pictures(None)
        self._show_setup()
        self._show_all()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """Moves the cursor along, and the batches where they are shown; never more often than is seen."""
        if not self._refresh_timer.isActive():
            self._refresh_timer.start()

    def on_evaluated(self, event: Evaluated) -> None:
        """New points of all curves, a new table."""
        self._show_all()
        self._strip_pacer.soon()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last state."""
        self._show_all()
        self._strip_pacer.soon()

    def on_moment(self, step: int | None) -> None:
        """Cursor, table and pictures of another moment."""
        self._show_cursor()
        self._show_board()
        self._strip_pacer.soon()

    def on_past(self) -> None:
        """Earlier runs came, went or changed."""
        past = self.studio.past
        self.runs_button.setVisible(bool(past))
        self.runs_button.setText(f"Earlier runs ({len(past)})")
        self.runs.show_runs(past, self._left_out())
        self._refresh_curve()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for part in (self.curve, self.board, self.strip, self.chips):
            part.set_theme(theme)
        bold = QFontMetrics(theme.font("body", bold=True))
        for one in (self.accuracy, self.loss):
            one.setMinimumWidth(bold.horizontalAdvance(one.text()) + GRID_PX)
        self._fit()
        self._show_board()
        self._refresh_curve()

    def settings(self) -> dict[str, Any]:
        """What the student chose to see."""
        chosen = {"metric": self._wanted.metric, "x": self._wanted.x, "more": self.more_button.isChecked()}
        return self.options.settings() | chosen

    def restore(self, settings: dict[str, Any]) -> None:
        """Shows it again."""
        (self.loss if settings.get("metric") == "loss" else self.accuracy).setChecked(True)
        self.against.setCurrentIndex(max(0, self.against.findData(settings.get("x"))))
        self.options.restore(settings)
        self.more_button.setChecked(settings.get("more") is True)
        self._read_controls()

    def _build_controls(self) -> None:
        self.chips = RunChips(self.studio.theme, self.title)
        self.chips.wanted.connect(self.studio.setup_wanted)
        self.controls.addWidget(self.chips, 1)
        self._strip_fits = True
        self.accuracy = button("Accuracy", "tab", tip="Share of pictures read correctly.", checkable=True)
        self.loss = button("Loss", "tab", tip="Cross-entropy: minus the logarithm of the probability given to the "
                           "right class, on average.", checkable=True)  # fmt: skip
        for one in (self.accuracy, self.loss):
            one.setAutoExclusive(True)
            self.controls.addWidget(one)
        self.accuracy.setChecked(True)
        self.loss.toggled.connect(self._read_controls)
        self.against = QComboBox()
        self.against.setToolTip("What the horizontal axis counts. Own seconds: only the network's own work.")
        explain_on_focus(self.against)
        self.against.setAccessibleName("against")
        for axis, name in AXIS_NAMES.items():
            self.against.addItem(name, axis)
        self.against.currentIndexChanged.connect(self._read_controls)
        self.controls.addSpacing(GRID_PX)
        self.against_word = label("against", "muted")
        self.controls.addWidget(self.against_word)
        self.controls.addWidget(self.against)

    def _build_under_curve(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID_PX // 2)
        self.key = ElidedLabel("small")
        self.whole_button = button("Whole run", "quiet", tip="Ends the zoom (0, or a double click).")
        self.whole_button.hide()
        self.whole_button.clicked.connect(self.curve.reset_zoom)
        self.runs_button = button("Earlier runs", "quiet", tip="Faint lines: name, hide or remove them.")
        self.more_button = more_button("Log axes, smoothing, validation, batches.")
        self.export_menu = ExportMenu(self.studio, lambda: self._wanted, self)
        self.view_menu.addSeparator()
        self.view_menu.addActions(self.export_menu.actions())
        self.runs = RunsList()
        self.runs.renamed.connect(self.studio.rename_run)
        self.runs.hidden_changed.connect(self._on_hidden)
        self.runs.removed.connect(self.studio.remove_run)
        self.runs_popover = Popover(self.runs, self.runs_button)
        row.addWidget(self.key, 1)
        for one in (self.whole_button, self.runs_button, self.more_button):
            row.addWidget(one)
        self.body.addLayout(row)
        self.options = CurveOptions(self._wanted)
        self.options.changed.connect(self._read_controls)
        self.options.smoothing_changed.connect(self.curve.set_smoothing)
        self.options.hide()
        self.more_button.toggled.connect(self._on_more)
        self.body.addWidget(self.options)

    @Slot(bool)
    def _on_more(self, unfolded: bool) -> None:
        self.options.setVisible(unfolded)
        self._fit()

    def _show_all(self) -> None:
        self._refresh_curve()
        self._show_board()
        self._show_stopped()

    @Slot()
    def _read_controls(self) -> None:
        metric: Metric = "loss" if self.loss.isChecked() else "accuracy"
        self._wanted = self.options.wanted(metric, cast("Axis", self.against.currentData()))
        self.options.boxes["log_y"].setEnabled(metric == "loss")
        self._refresh_curve()

    @Slot()
    def _refresh_curve(self) -> None:
        history, theme = self.studio.history, self.studio.theme
        self.curve.set_axes(race_axes(history, self._wanted, self.studio.config))
        left_out = self._left_out()
        past = [run for run in self.studio.past if run.id not in left_out]
        self.curve.set_lines(race_lines(history, past, self._wanted, theme))
        self._show_cursor()
        self.key.set_whole(key_words(history))
        self.key.setToolTip(f"{self.key.whole}. {_KEY_TIP}")
        self.export_menu.set_possible(history is not None)
        started = history is not None and bool(history.evaluations)
        self.curve.set_caption("" if started else invitation(self.studio.config))

    @property
    def _shown_config(self) -> RaceConfig:
        history = self.studio.history
        return history.started.config if history is not None else self.studio.config

    def _left_out(self) -> set[str]:
        """Earlier runs of another data set: their curves say nothing about those of this one, unless asked for."""
        here = self._shown_config.dataset
        return {run.id for run in self.studio.past if run.id not in self._wanted_back
                and not same_dataset(run.history.started.config.dataset, here)}  # fmt: skip

    @Slot(str, bool)
    def _on_hidden(self, run_id: str, hidden: bool) -> None:
        (self._wanted_back.discard if hidden else self._wanted_back.add)(run_id)
        self.studio.hide_run(run_id, hidden)

    def _show_cursor(self) -> None:
        history = self.studio.history
        if history is None:
            self.curve.set_cursor(())
            return
        step = history.step if self.studio.moment is None else self.studio.moment
        self.curve.set_cursor(places_of(history, step, self._wanted.x, self.studio.theme))

    def _show_board(self) -> None:
        if self.studio.history is None:
            self.board.show_cards(cards_of(self.studio.config))
        else:
            self.board.show_run(self.studio.history, self.studio.moment)
        self._show_sentence()

    @Slot()
    def _show_sentence(self) -> None:
        row = self.board.currentIndex().row()
        rows = self.board.rows
        chosen = [rows[row]] if 0 <= row < len(rows) else [one for one in rows if one.card.role == "cnn"][:1]
        text = network_sentence(chosen[0].card) if chosen else ""
        self.sentence.show_one_of(text, [network_sentence(one.card) for one in rows])
        self.sentence.setVisible(bool(text) and self.height() >= _SENTENCE_LEAST_PX)
        self.budgets.setText(budget_words([one.card for one in rows]))
        self.budgets.setVisible(bool(self.budgets.text()))

    @Slot()
    def _show_stopped(self) -> None:
        history = self.studio.history
        told = []
        if history is not None:
            names = short_names(history.started.competitors)
            told = [f"{names.get(key, key)} left the race at step {event.step:,}. {event.report.sentence}"
                    for key, event in history.stopped.items()]  # fmt: skip
        self.stopped.setText("\n".join(told))
        self.stopped.setVisible(bool(told))

    @Slot()
    def _show_setup(self) -> None:
        history = self.studio.history
        self.chips.show_configs(history.started if history is not None else None, self.studio.config)
        self._fit()
        if history is None:
            self._show_all()
            self.on_past()

    @Slot(object)
    def _on_picked(self, x: float) -> None:
        if self.studio.history is not None:
            self.studio.set_moment(step_at(self.studio.history, x, self._wanted.x))

    @Slot(object)
    def _on_stepped(self, way: int) -> None:
        moments = self.studio.moments
        if not moments:
            return
        if abs(way) > 1:
            self.studio.set_moment(moments[0] if way < 0 else None)
            return
        here = len(moments) - 1 if self.studio.moment is None else moments.index(self.studio.moment)
        there = max(0, here + way)
        self.studio.set_moment(moments[there] if there < len(moments) else None)

    @Slot(object)
    def _on_zoomed(self, zoomed: bool) -> None:
        self.whole_button.setVisible(zoomed)

    def _ask_strip(self) -> None:
        competitors = self.studio.competitors
        history = self.studio.history
        measured = history is not None and history.evaluations
        if not self._strip_fits or len(competitors) < 2 or not measured:
            self._strip_pacer.stop()
            return
        one, other = compared(competitors)
        names = short_names(competitors)
        self._asked = names[one.network], names[other.network]
        question = Disagree(one.network, other.network, self.studio.moment, most=_STRIP_PICTURES)
        self.studio.ask(question, self._on_strip, self._on_no_strip, slot="race strip")

    def _on_strip(self, shown: Disagreement) -> None:
        self.strip.show_pictures(shown, self._asked)

    def _on_no_strip(self, report: object) -> None:
        self.strip.show_pictures(None)

    @Slot(object)
    def _on_picture_chosen(self, chosen: tuple[NDArray[np.uint8], str]) -> None:
        self.studio.offer_picture(*chosen)

    @Slot()
    def _on_all_wanted(self) -> None:
        self.studio.panel_wanted.emit("mistakes")

    def _fit(self) -> None:
        """Leaves out what there is no room for: the data set's name and the curves come first."""
        em, gap = self.studio.theme.body_px, GRID_PX
        margins = self.contentsMargins().left() + 6 * GRID_PX
        fixed = sum(one.sizeHint().width() + gap for one in (self.accuracy, self.loss, self.against))
        room = self.width() - margins - fixed - 2 * gap - self.chips.least_px
        self.against_word.setVisible(room >= self.against_word.sizeHint().width() + gap)
        self.board.setVisible(not self.more_button.isChecked() or self.height() >= _BOARD_LEAST_EM * em)
        rows = max(2, len(self.studio.competitors or self.studio.config.networks))
        fits = self.height() >= (_STRIP_LEAST_EM + _ROW_EM * (rows - 2)) * em
        self.strip.keep_room(fits and len(self.board.rows) > 1)
        if fits != self._strip_fits:
            self._strip_fits = fits
            self._strip_pacer.soon() if fits else self.strip.show_pictures(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves out what there is no room for."""
        super().resizeEvent(event)
        self._fit()
        self._show_sentence()


PANEL = RacePanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(RacePanel))
