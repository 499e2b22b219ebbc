"""What the views of experiments that begin with the student's picture have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from cnnstudio.core.experiment import Result, Settings
from cnnstudio.ui.live_runs import LiveRuns
from cnnstudio.ui.widgets.attribution_base import VerdictView


class LiveView(VerdictView):
    """A view of the picture beside an experiment over a whole set.

    Attributes:
        corner: A few controls for the row above the view, or None.

    Thread: GUI.
    """

    corner: QWidget | None = None

    def join(self, live: LiveRuns) -> None:
        """The runs that the view may ask for; called once."""

    def set_experiment(self, settings: Settings) -> None:
        """The experiment's settings, whenever they are others."""

    def take_results(self, results: Sequence[Result]) -> None:
        """What the experiment measured so far, in this window or before."""

    def on_live_progress(self, order: Any, event: Any) -> None:
        """A run that the view asked for is on its way."""
