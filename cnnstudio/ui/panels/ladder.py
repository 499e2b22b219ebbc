"""Which part matters most? A staircase of networks at an equal budget, one switch on every rung."""

from __future__ import annotations

from collections.abc import Sequence

from cnnstudio.core.experiment import Findings, Result, Settings
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.theme import Theme
from cnnstudio.ui.widgets.staircase import Staircase

_TIP = "One rung per switch: costs, accuracy, what a shift does, and how many examples are needed."


class LadderPanel(ExperimentPanel):
    """The staircase beside the charts of the experiment.

    Thread: GUI.
    """

    INFO = PanelInfo("ladder", "Which part matters most?", "Ladder", "Test", 60)
    EXPERIMENT = "ladder"
    SHOWN = ("equal", "budget")

    def build(self) -> None:
        """Puts the staircase before the charts."""
        super().build()
        self._fit_budget()
        self.stairs = Staircase(self.studio.theme)
        self.charts.add_page("staircase", self.stairs, _TIP)

    def sync(self) -> None:
        """Shows what each rung costs, before anything is measured."""
        super().sync()
        self._fit_budget()  # the settings may be those of a kept result
        if not self.stairs.rows:
            self._show(())

    def on_settings(self, settings: Settings) -> None:
        """Another budget makes other networks; what was measured is not theirs."""
        self._fit_budget()
        self._show(())

    def on_results(self, results: Sequence[Result], findings: Findings) -> None:
        """Fills the staircase; after a change of the settings the results on show are of other networks."""
        self._show(() if self._changed and not self.live.results else results)

    def on_theme(self, theme: Theme) -> None:
        """Restyles."""
        super().on_theme(theme)
        self.stairs.set_theme(theme)

    def _fit_budget(self) -> None:
        """An empty budget says which one is taken."""
        from cnnstudio.experiments.ladder import BUDGETS
        from cnnstudio.ui.widgets.knob_field import KnobField

        field, equal = self.form.fields["budget"], self.form.values["equal"]
        if isinstance(field, KnobField):
            field.set_automatic(next(f"{budget:,}" for name, budget in BUDGETS.items() if name == equal))

    def _show(self, results: Sequence[Result]) -> None:
        from cnnstudio.experiments.ladder import FAR_PX
        from cnnstudio.ui.widgets.staircase_rows import stair_rows

        self.stairs.set_rows(stair_rows(self.form.values, results), FAR_PX)


PANEL = LadderPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(LadderPanel))
