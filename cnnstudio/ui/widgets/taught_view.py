"""What the views have in common that let networks learn something of their own, and then ask those too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnstudio.core.events import Answering
from cnnstudio.core.experiment import Order, Result, Settings
from cnnstudio.ui.live_runs import LiveRuns
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.widgets.live_view import LiveView
from cnnstudio.ui.widgets.run_teacher import RunTeacher

_SLOW_GAP_MS: Final = 1_000
"""During a run this is asked once a second: it takes many pictures for each network."""


class TaughtView(LiveView):
    """A live view with a button that lets networks learn; what they learned is asked beside those of the moment.

    Attributes:
        teacher: The button, and how far it is.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, teach: str, tip: str) -> None:
        """Makes the button; a subclass puts it into its content.

        Args:
            studio: The open study.
            teach: What the button says.
            tip: What it does.
        """
        super().__init__(studio, _SLOW_GAP_MS)
        self._settings: Settings = {}
        self._runs: tuple[str, ...] = ()
        self.teacher = RunTeacher(teach, tip, self._orders)

    def _orders(self) -> list[Order]:
        """The runs in which the networks of the settings learn; named by a subclass."""
        return []

    def _runs_to_ask(self) -> tuple[str, ...]:
        """The keys of the runs whose networks can be asked, which are asked now."""
        self._runs = tuple(self.teacher.bases())
        return self._runs

    # What the panel tells

    def join(self, live: LiveRuns) -> None:
        """Takes the runs of the panel."""
        self.teacher.join(live)

    def set_experiment(self, settings: Settings) -> None:
        """Other settings: other runs."""
        self._settings = dict(settings)
        self.take_results(())

    def take_results(self, results: Sequence[Result]) -> None:
        """A network that learned in a run can be asked from now on."""
        self.teacher.refresh()
        if tuple(self.teacher.bases()) != self._runs and self.isVisible():
            self._ask()

    def on_live_progress(self, order: Order, event: Answering) -> None:
        """Says how far it is."""
        self.teacher.progress(order, event)

    def refresh(self) -> None:
        """Asks at once."""
        self.teacher.refresh()
        super().refresh()
