"""What the panels have in common that show weights: they follow a run, the timeline and the chosen networks."""

from __future__ import annotations

from PySide6.QtCore import Slot

from cnnstudio.core.events import Evaluated, RunEnded, RunStarted, StepEnd
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.panels._panel import Panel


class FollowingPanel(Panel):
    """A panel whose answers depend on the weights of the moment.

    A subclass fills `_ask`, which is called three times a second at most while a run goes on and nobody looks back, and
    at once for another moment; `sync` is called where there may be other networks. Its `build` begins with this one's.

    Thread: GUI.
    """

    def build(self) -> None:
        """Begins to follow."""
        self._pacer = Pacer(self, self._ask)
        self.studio.config_changed.connect(self._on_config)

    def on_run_started(self, event: RunStarted) -> None:
        """The first weights, perhaps of other networks."""
        self.sync()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """The weights moved."""
        self._follow()

    def on_evaluated(self, event: Evaluated) -> None:
        """The weights moved, or were just made."""
        self._follow()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last weights."""
        self.sync()

    def on_moment(self, step: int | None) -> None:
        """The weights of another moment; while the timeline is dragged the newest wish wins."""
        self._pacer.now()

    def on_networks(self) -> None:
        """Other networks or another data set are chosen, and no run goes on."""
        self.sync()

    def _ask(self) -> None:
        """Asks about the weights of the moment; filled by a subclass."""

    def _follow(self) -> None:
        if self.studio.moment is None:
            self._pacer.soon()

    @Slot(object)
    def _on_config(self, config: object) -> None:
        if self.isVisible() and not self.studio.active:
            self.on_networks()
