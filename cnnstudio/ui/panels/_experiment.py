"""What every panel of an experiment is: a question first, then settings, runs, charts, and a verdict in words.

A panel is one short file:

    class LuckPanel(ExperimentPanel):
        INFO = PanelInfo("luck", "Was it luck?", "Luck", "Test", 90)
        EXPERIMENT = "luck"             # id of the card in `cnnstudio.experiments`
        SHOWN = ("seeds",)              # knobs that stand in the row; the others fold

    PANEL = LuckPanel.INFO

and it may fill these hooks:

    build_extra() -> QWidget | None     a strip above the chart, as a slider or pictures; covered until the question
                                        is answered
    settings_from_studio() -> dict      settings taken from the study's set-up, at first and by "Take my set-up"
    on_settings(settings)               a setting changed
    on_results(results, findings)       other results are shown
    on_answered()                       the student answered or skipped the question; the results can be seen
    fit()                               at each of those and when the panel is shown: what stands above the results
    on_live_progress(order, event)      a live run is on its way; `event.values` is what a `Partly` told
    coming() -> results                 runs that are not done, with what is known of them; they join the charts
    sync(), on_theme(), ...             as in `Panel`; call super()

Live runs, in the engine's thread, with `self.live.measure(orders, "slot")`: each result joins the chart as it arrives,
orders that are measured already are not measured again, and newer orders of a slot replace older ones.
`self.live.results` holds them by the order's key. `self.form.values` are the settings, `self.answered` tells whether
the results may be seen.

`OTHER_WAY` says how else than with Run all something can be measured. A panel that asks its own questions instead of
measuring runs sets `SWEEPS = False`: settings row, question and strip stay; the row with Run and the chart below are
left out, and `build_extra` has all the room.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Answering
from cnnstudio.core.experiment import ExperimentInfo, Findings, Order, Result, Settings
from cnnstudio.core.knobs import Value
from cnnstudio.ui.live_runs import LiveRuns
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.panels._panel import Panel
from cnnstudio.ui.theme import Theme

_GAP_MS: Final = 200
"""Charts are redrawn five times a second at most."""

_NO_TORCH: Final = "PyTorch is not installed: nothing can be measured here."


class ExperimentPanel(Panel):
    """The panel of one experiment; see the module's text.

    Attributes:
        info: The experiment's card.
        form: The settings; `form.values` are the values.
        guess: Number of the student's answer; None before it, and where the question was skipped.
        answered: Whether the results may be seen.
        shown: Id of the kept result that is shown, or None.

    Thread: GUI.
    """

    EXPERIMENT: ClassVar[str] = ""
    SHOWN: ClassVar[tuple[str, ...]] = ()
    SWEEPS: ClassVar[bool] = True
    OTHER_WAY: ClassVar[str] = ""

    # Hooks

    def build_extra(self) -> QWidget | None:
        """Makes a strip above the chart, once."""
        return None

    def settings_from_studio(self) -> dict[str, Value]:
        """Settings as the study's set-up has them; {} where it does not matter."""
        return {}

    def on_settings(self, settings: Settings) -> None:
        """A person changed a setting."""
        self.fit()

    def on_results(self, results: Sequence[Result], findings: Findings) -> None:
        """Other results are shown."""

    def on_answered(self) -> None:
        """The results can be seen from now on."""
        self.fit()

    def fit(self) -> None:
        """Makes what stands above the results as the settings have it; called when those or anything may be others."""

    def on_live_progress(self, order: Order, event: Answering) -> None:
        """A live run is on its way."""

    def coming(self) -> Sequence[Result]:
        """Results of runs that are on their way, where the findings can take them with values missing."""
        return ()

    # Panel

    def build(self) -> None:
        """Makes everything."""
        from cnnstudio import experiments
        from cnnstudio.ui.widgets.experiment_guess import GuessCard
        from cnnstudio.ui.widgets.experiment_settings import SettingsForm

        self.info: ExperimentInfo = experiments.find(self.EXPERIMENT or self.INFO.id)
        self.guess: int | None = None
        self.answered = False
        self.shown: str | None = None
        self._compared: list[str] = []
        self._changed = False
        self._taken = False
        self.live = LiveRuns(self.studio, self)
        self.live.changed.connect(self._on_live)
        self.live.progressed.connect(self._on_live_progress)
        self._findings: tuple[Any, Findings | None] = (None, None)
        self._pacer = Pacer(self, self._refresh, gap_ms=_GAP_MS)
        self.form = SettingsForm(self.info, self.SHOWN)
        self.form.changed.connect(self._on_form)
        self.controls.addWidget(self.form, 1)
        self._stack = QStackedWidget()
        self.guess_card = GuessCard(self.info.guess, self.info.sentence)
        self.guess_card.answered.connect(self._on_answer)
        self._stack.addWidget(self.guess_card)
        self._stack.addWidget(self._make_results())
        if self.SWEEPS:
            self.body.addWidget(self._make_row())
        self.body.addWidget(self._stack, 1)
        experiments_here = self.studio.experiments
        experiments_here.changed.connect(self._on_changed)
        experiments_here.listed.connect(self._on_listed)

    def sync(self) -> None:
        """Shows the newest kept result, the first time; then whatever is shown, as it is now."""
        if not self._taken:
            self._taken = True
            self.form.set_values(self.settings_from_studio())
        if self.SWEEPS and self.shown is None and not self.live.results and not self._changed:
            kept = self.studio.experiments.kept(self.info.id)
            if kept:
                self._open(kept[-1].id)
        self._refresh()
        self.fit()

    def on_theme(self, theme: Theme) -> None:
        """Restyles the chart."""
        self.charts.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """Settings, the student's answer, and what is shown."""
        return {
            "settings": dict(self.form.values) if self._taken else {},
            "place": self.form.place(),
            "answered": self.answered,
            "guess": self.guess,
            "shown": self.shown,
            "chart": self.charts.open_id,
        }

    def restore(self, settings: dict[str, Any]) -> None:
        """Takes them back; a result that is gone is not shown."""
        values, place, guess = settings.get("settings"), settings.get("place"), settings.get("guess")
        if isinstance(values, dict) and values:
            self._taken = True
            self.form.set_values(values)
        if isinstance(place, dict):
            self.form.set_place(place)
        if settings.get("answered") is True:
            good = isinstance(guess, int) and 0 <= guess < len(self.info.guess.choices)
            self._answer(guess if good else None)
        if isinstance(settings.get("chart"), str):
            self.charts.open_later(settings["chart"])
        shown = settings.get("shown")
        if isinstance(shown, str) and self.studio.experiments.find(shown) is not None:
            self.shown = shown

    # Making

    def _make_results(self) -> QWidget:
        from cnnstudio.ui.widgets.experiment_export import ExperimentExport
        from cnnstudio.ui.widgets.experiment_room import ResultsRoom
        from cnnstudio.ui.widgets.experiment_tabs import ChartTabs
        from cnnstudio.ui.widgets.experiment_verdict import VerdictCard

        made = ResultsRoom()
        self.extra = self.build_extra()
        if self.extra is not None:
            made.add_strip(self.extra, 0 if self.SWEEPS else 1)
        self.charts = ChartTabs(self.studio.theme)
        self.verdict = VerdictCard(self.info)
        made.column.addWidget(self.charts, 1)
        made.column.addWidget(self.verdict)
        if self.SWEEPS:
            ExperimentExport(self, self.studio, self.info, self.charts.chart, self._exported).add_to(self.view_menu)
        self.charts.setVisible(self.SWEEPS)
        self.verdict.setVisible(self.SWEEPS)
        return made

    def _make_row(self) -> QWidget:
        from cnnstudio.ui.widgets.experiment_row import RunRow

        self.row = RunRow(self.studio.experiments, self.info.id, from_study=bool(self.settings_from_studio()))
        self.row.setup_button.clicked.connect(self._on_as_set_up)
        self.row.results.opened.connect(self._open)
        self.row.results.compared.connect(self._on_compared)
        self.row.run_button.clicked.connect(self._on_run)
        return self.row

    # What a person does

    @Slot(object)
    def _on_answer(self, guess: int | None) -> None:
        self._answer(guess)
        if self.shown is not None:
            self.studio.experiments.set_guess(self.shown, guess)
        self._refresh()
        self.on_answered()

    def _answer(self, guess: int | None) -> None:
        self.guess, self.answered = guess, True
        self._stack.setCurrentIndex(1)

    @Slot()
    def _on_form(self) -> None:
        self._changed = True
        self.live.forget()
        self.on_settings(self.form.values)
        self._refresh()

    @Slot()
    def _on_as_set_up(self) -> None:
        self.form.set_values(self.settings_from_studio())
        self._on_form()

    @Slot()
    def _on_run(self) -> None:
        going = self.studio.experiments
        if self.shown is not None and going.is_going(self.shown):
            going.cancel(self.shown)
            return
        try:
            factory = self.form.factory()
            if self._can_go_on():
                assert self.shown is not None  # `_can_go_on` says so
                going.resume(self.info, self.shown, factory)
            else:
                known = tuple(self.live.results.values())
                self.shown = going.start(self.info, self.form.values, self.guess, factory, known).id
        except StudioError as error:
            self.studio.notice.emit(error.report)
        self._changed = False
        self._refresh()

    @Slot(str)
    def _open(self, kept_id: str) -> None:
        kept = self.studio.experiments.find(kept_id)
        if kept is None:
            return
        self.live.forget()
        self.shown, self._changed, self._taken = kept_id, False, True
        self._compared = [other for other in self._compared if other != kept_id]
        self.form.set_values(kept.settings)
        self.studio.experiments.open(self.info, kept_id)
        self.on_settings(self.form.values)
        self._refresh()

    @Slot(str, bool)
    def _on_compared(self, kept_id: str, on: bool) -> None:
        self._compared = [other for other in self._compared if other != kept_id] + ([kept_id] if on else [])
        if on:
            self.studio.experiments.open(self.info, kept_id)
        self._refresh()

    def _can_go_on(self) -> bool:
        """Whether the result on show lacks runs, and its settings are still those of the form."""
        kept = self.studio.experiments.find(self.shown) if self.shown is not None else None
        if kept is None or self._changed:
            return False
        state = self.studio.experiments.state(kept.id)
        done = kept.done if state is None else len(state.results)
        return done < kept.planned

    # What is told

    @Slot(str)
    def _on_changed(self, kept_id: str) -> None:
        ours = kept_id == self.shown or kept_id in self._compared or not self.studio.experiments.is_going(kept_id)
        if ours and self.isVisible():
            self._pacer.soon()

    @Slot(str)
    def _on_listed(self, experiment: str) -> None:
        if experiment == self.info.id:
            if self.shown is not None and self.studio.experiments.find(self.shown) is None:
                self.shown = None
            if self.isVisible():
                self._pacer.soon()

    @Slot()
    def _on_live(self) -> None:
        if self._changed and self.live.results:
            self.shown = None
        self._pacer.soon()

    @Slot(object, object)
    def _on_live_progress(self, order: Order, event: Answering) -> None:
        if self.answered:
            self.on_live_progress(order, event)

    # Showing

    def _refresh(self) -> None:
        from cnnstudio.ui.widgets.experiment_tabs import compared_charts

        if self.shown is not None and self.answered and self.isVisible():
            self.studio.experiments.open(self.info, self.shown)
        findings = self._current()
        if self.SWEEPS:
            self._show_row()
        if findings is None:
            self.charts.set_charts(())
        else:
            others = compared_charts(self.studio.experiments, self._compared)
            self.charts.set_charts(findings.charts, others, findings.tables)
        state = self.studio.experiments.state(self.shown) if self.shown is not None else None
        failures = state.failures if state is not None else ()
        notes = [*(state.notes if state is not None else ()), *filter(None, [self.live.failure])]
        if state is not None and state.report is not None:
            notes.insert(0, state.report.sentence)
        over = state is not None and state.outcome == "finished"
        self.verdict.show_findings(findings, self.guess, over=over, failures=failures, notes=notes)

    def _current(self) -> Findings | None:
        """What is known: the result on show, with the live runs."""
        state = self.studio.experiments.state(self.shown) if self.shown is not None else None
        coming = tuple(self.coming())
        if not self.live.results and not coming:
            found, results = (None, ()) if state is None else (state.findings, state.results)
            self._tell_results(results, found)
            return found
        results = state.results if state is not None else ()
        stamp = (len(results), tuple(self.live.results), tuple(self.form.values.items()), coming)
        if self._findings[0] != stamp:
            merged = {result.order.key: result for result in (*coming, *results, *self.live.results.values())}
            found = self.info.findings(self.form.values, tuple(merged.values()))
            self._findings = (stamp, found)
            self._tell_results(tuple(merged.values()), found)
        return self._findings[1]

    def _exported(self) -> Any:
        """What there is to write: the result on show, with the live runs."""
        from cnnstudio.ui.widgets.experiment_export import Exported

        kept = self.studio.experiments.find(self.shown) if self.shown is not None else None
        state = self.studio.experiments.state(self.shown) if self.shown is not None else None
        settings = kept.settings if kept is not None and not self.live.results else self.form.values
        found = (*(state.results if state is not None else ()), *self.live.results.values())
        results = tuple({result.order.key: result for result in found}.values())
        return Exported(settings, results, self._current(), state)

    def _tell_results(self, results: Sequence[Result], findings: Findings | None) -> None:
        if findings is not None and self.answered:
            self.on_results(results, findings)

    def _show_row(self) -> None:
        problem = self._problem()
        planned = 0 if problem else len(self.info.plan(self.info.settings(self.form.values)))
        waiting = self.row.show_state(
            self.shown,
            planned=planned,
            problem=problem,
            answered=self.answered,
            changed=self._changed,
            can_go_on=self._can_go_on(),
            other_way=self.OTHER_WAY,
            live=bool(self.live.going),
        )
        self.charts.chart.set_caption(waiting)
        self.row.show_list(self.shown, self._compared)

    def _problem(self) -> str:
        """Why nothing can run, or ""."""
        from cnnstudio.ui.experiments import problem_of

        if importlib.util.find_spec("torch") is None:
            return _NO_TORCH
        if self.form.failed:
            return "A setting cannot be read; see Settings."
        report = problem_of(self.info, self.form.values)
        return report.sentence if report is not None else ""
