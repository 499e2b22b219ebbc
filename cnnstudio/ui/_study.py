"""The parts of the open study: what it asks of an engine, what it keeps of a run, what it tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from PySide6.QtCore import QObject, Signal

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answered
from cnnstudio.core.history import History
from cnnstudio.core.inside import Unit
from cnnstudio.core.questions import NO_RUN, Question
from cnnstudio.ui.theme import LIGHT, Theme

RunState = Literal["idle", "preparing", "running", "paused"]
WeightsState = Literal["there", "opening", "lost"]

WEIGHTS_LOST: Final = ErrorReport(
    "The weights of this run were not kept.",
    "The program was ended before they were on the disk, or they can no longer be read.",
    "Its curves and numbers are still here; run it again to look inside.",
)
WEIGHTS_OPENING: Final = ErrorReport("The weights of this run are being read.")


class EngineLike(Protocol):
    """What the study asks of the engine; all of it returns at once and may be called from the window's thread."""

    def run(self, config: RaceConfig) -> int:
        """Starts a race, after stopping the one that runs; gives its id."""

    def pause(self) -> None:
        """Stands still after this batch."""

    def resume(self) -> None:
        """Goes on."""

    def step(self) -> None:
        """Learns one batch, then stands still."""

    def stop(self) -> None:
        """Ends the run."""

    def set_learning_rate(self, value: float) -> None:
        """Changes the rate of the open run."""

    def ask(self, question: Question[Any], slot: str | None = None) -> int:
        """Asks; the answer comes as an event with the id given here."""

    def withdraw(self, slot: str) -> None:
        """Gives up the question of a slot."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """An earlier run: a faint line in the race panel.

    Attributes:
        id: Unique in the study.
        name: What the student calls it.
        history: Its curves.
        folder: Where its weights are kept, or None when they are not.
        hidden: Whether its lines are left out.
    """

    id: str
    name: str
    history: History
    folder: Path | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class UnitOf:
    """One unit of one network.

    Attributes:
        network: Its key.
        unit: Which layer, map and place.
    """

    network: str
    unit: Unit


class StudySignals(QObject):
    """What the study tells whoever listens. Payloads are objects: Qt's own types lose keys and wrap at 2^31.

    Thread: GUI.
    """

    picture_changed = Signal()
    verdicts_changed = Signal(object)
    config_changed = Signal(object)
    run_started = Signal(object)
    points_arrived = Signal(object)
    evaluated = Signal(object)
    moment_changed = Signal(object)
    moments_changed = Signal(object)
    state_changed = Signal(str)
    network_stopped = Signal(object)
    run_ended = Signal(object)
    past_changed = Signal()
    notice = Signal(object)
    told = Signal(str)
    """Something a person asked for is done: one sentence, said quietly."""
    preparing = Signal(object)
    engine_ready = Signal(object)
    engine_unavailable = Signal(object)
    theme_changed = Signal(object)
    unit_changed = Signal(object)
    panel_wanted = Signal(str)
    setup_wanted = Signal(str)
    picture_offered = Signal(object)
    problems_changed = Signal()
    awaiting = Signal()
    answered = Signal()
    """A question was answered, and whoever asked was told."""


class PastRuns(StudySignals):
    """The study's earlier runs, oldest first.

    Thread: GUI.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        """Starts with none."""
        super().__init__(parent)
        self.past: list[KeptRun] = []

    def rename_run(self, run_id: str, name: str) -> None:
        """Gives an earlier run a name."""
        self._replace_run(run_id, name=name)

    def hide_run(self, run_id: str, hidden: bool) -> None:
        """Leaves an earlier run's lines out, or shows them again."""
        self._replace_run(run_id, hidden=hidden)

    def remove_run(self, run_id: str) -> None:
        """Takes an earlier run out of the study; the keeper deletes its folder."""
        self.past = [run for run in self.past if run.id != run_id]
        self.past_changed.emit()

    def _replace_run(self, run_id: str, **changes: Any) -> None:
        self.past = [replace(run, **changes) if run.id == run_id else run for run in self.past]
        self.past_changed.emit()


class Desk(PastRuns):
    """How the study looks, and what stands in its form.

    Attributes:
        theme: The look.
        unit: The unit that the views look at, or None.
        layer_wanted: (network, layer) that the Inside panel goes to when it is shown next, or None.
        export_folder: Where the last export went; "" before the first.

    Thread: GUI.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        """Starts with the light theme and a form in order."""
        super().__init__(parent)
        self.theme: Theme = LIGHT
        self.unit: UnitOf | None = None
        self.layer_wanted: tuple[str, str] | None = None
        self.export_folder = ""
        self._typed_problems: dict[str, ErrorReport] = {}

    def set_theme(self, theme: Theme) -> None:
        """Changes the look; the window applies it to the application."""
        if theme is not self.theme:
            self.theme = theme
            self.theme_changed.emit(theme)

    def set_unit(self, unit: UnitOf | None) -> None:
        """Looks at one unit of one network; every view of units follows."""
        if unit != self.unit:
            self.unit = unit
            self.unit_changed.emit(unit)

    def want_layer(self, network: str, layer: str) -> None:
        """Leads to one layer of one network in the Inside panel; with "" as the layer, to all networks."""
        self.layer_wanted = (network, layer) if layer else ("", "")
        self.panel_wanted.emit("inside")

    def set_typed_problem(self, field: str, report: ErrorReport | None) -> None:
        """Notes that what stands in a field of the form cannot be read, or that it can again (None)."""
        if report is None and field not in self._typed_problems:
            return
        if report is None:
            del self._typed_problems[field]
        else:
            self._typed_problems[field] = report
        self.problems_changed.emit()


def about_weights(event: Answered, weights: WeightsState) -> Answered:
    """To the engine no run is open while the window shows one whose weights are not, or not yet, there."""
    if event.report is None or event.report.what != NO_RUN or weights == "there":
        return event
    return replace(event, report=WEIGHTS_LOST if weights == "lost" else WEIGHTS_OPENING)
