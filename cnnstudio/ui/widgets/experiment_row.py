"""The row with which an experiment is run: how far it is, the kept results, Run."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio import experiments
from cnnstudio.ui.experiments import Experiments
from cnnstudio.ui.theme import GRID_PX
from cnnstudio.ui.widgets.basic import button
from cnnstudio.ui.widgets.experiment_progress import ExperimentProgress, progress_words, runs_words
from cnnstudio.ui.widgets.experiment_results import ResultsList
from cnnstudio.ui.widgets.popover import Popover

ANSWER_FIRST: Final = "Answer the question first, or skip it."


def waiting_words(planned: int, *, going: bool, other_way: str = "") -> str:
    """What stands where the chart will be.

    Args:
        planned: Runs that Run all does.
        going: Whether they are being done.
        other_way: How else something can be measured.
    """
    if going:
        return "The chart begins with the first numbers that are in."
    how = f"Press Run all{f', {other_way}' if other_way else ''}."
    return f"Nothing is measured yet. {how}\nRun all does {runs_words(planned)} in the background."


def _name_of(experiment: str) -> str:
    """As in "the experiment Luck"."""
    return f"the experiment {experiments.find(experiment).short}"


class RunRow(QWidget):
    """Progress, results, Run.

    Attributes:
        progress: Words and a bar.
        setup_button: Takes the settings of the study.
        results: The kept results, in a small window.
        run_button: Run, Continue or Cancel.

    Thread: GUI.
    """

    def __init__(self, here: Experiments, experiment: str, *, from_study: bool) -> None:
        """Makes the row.

        Args:
            here: The window's experiments.
            experiment: Which one this row is for.
            from_study: Whether settings can be taken from the study.
        """
        super().__init__()
        self._here, self._experiment = here, experiment
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.progress = ExperimentProgress()
        row.addWidget(self.progress, 1)
        self.setup_button = button("Take my set-up", "slim", tip="Takes networks and data set from the set-up.")
        self.setup_button.setVisible(False)
        self._from_study = from_study
        row.addWidget(self.setup_button)
        self.results = ResultsList()
        self.results.renamed.connect(here.rename)
        self.results.removed.connect(here.delete)
        self.results_button = button("Results", tip="The kept results: open, compare, name, delete.")
        self.results_window = Popover(self.results, self.results_button)
        row.addWidget(self.results_button)
        self.run_button = button("Run all", "primary", tip="Does all runs of this experiment, in the background.")
        row.addWidget(self.run_button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_list(self, shown: str | None, compared: Collection[str]) -> None:
        """Lists the kept results."""
        kept = self._here.kept(self._experiment)
        going = [each.id for each in kept if self._here.is_going(each.id)]
        self.results.show_results(kept, shown, compared, going)
        self.results_button.setText(f"Results ({len(kept)})" if kept else "Results")

    def _named(self, shown: str | None, said: str) -> str:
        """With the name of the result on show, where there are others that it may be mistaken for."""
        kept = self._here.kept(self._experiment)
        names = [each.name for each in kept if each.id == shown]
        return f"{names[0]}: {said}" if names and len(kept) > 1 else said

    def show_state(
        self,
        shown: str | None,
        *,
        planned: int,
        problem: str,
        answered: bool,
        changed: bool,
        can_go_on: bool,
        other_way: str = "",
        live: bool = False,
    ) -> str:
        """Says how far it is and what Run does; gives what to say where the chart will be.

        Args:
            shown: The result on show.
            planned: Runs that the settings amount to.
            problem: Why nothing can run, or "".
            answered: Whether the student answered or skipped the question.
            changed: Whether the settings are no longer those of the result on show.
            can_go_on: Whether that result lacks runs that can be done now.
            other_way: How else than with Run something can be measured.
            live: Whether that is being done.
        """
        going = shown is not None and self._here.is_going(shown)
        state = self._here.state(shown) if shown is not None else None
        before = self._here.waits_for(shown) if shown is not None else None
        if before is not None:
            self.progress.say(f"Waits for {_name_of(before.experiment)} to end", 0.0)
        elif going and state is None:
            self.progress.say("Starting ...", 0.0)
        elif going and state is not None:
            self.progress.say(progress_words(state), state.fraction)
        elif problem:
            self.progress.say(problem, problem=True)
        elif not answered:
            self.progress.say(ANSWER_FIRST)
        elif state is not None and not changed:
            self.progress.say(self._named(shown, progress_words(state)))
        elif state is not None:
            self.progress.say(self._named(shown, f"{runs_words(planned)} with these settings; shown are others"))
        else:
            self.progress.say(f"{runs_words(planned)} with these settings")
        self.setup_button.setVisible(self._from_study and answered)
        again = shown is not None and not changed
        self.run_button.setText("Cancel" if going else "Continue" if can_go_on else "Run again" if again else "Run all")
        self.run_button.setEnabled(going or (answered and not problem))
        return problem or waiting_words(planned, going=going or live, other_way=other_way)
