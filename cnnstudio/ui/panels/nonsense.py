"""How sure are they of nonsense? Letters, scribbles, noise, blank paper, and the drawing; then over many of each."""

from __future__ import annotations

from cnnstudio.ui.panels._live_experiment import LiveExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.widgets.live_view import LiveView
from cnnstudio.ui.widgets.nonsense_view import NonsenseView


class NonsensePanel(LiveExperimentPanel):
    """The gallery; the experiment over the test set.

    Thread: GUI.
    """

    INFO = PanelInfo("nonsense", "How sure are they of nonsense?", "Nonsense", "Test", 90)
    EXPERIMENT = "nonsense"

    def build_view(self) -> LiveView:
        """The drawing first."""
        return NonsenseView(self.studio)


PANEL = NonsensePanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(NonsensePanel))
