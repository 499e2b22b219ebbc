"""What if the answer stands in the corner? The picture with marks; then the experiment over the test set."""

from __future__ import annotations

from cnnstudio.ui.panels._live_experiment import LiveExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.widgets.live_view import LiveView
from cnnstudio.ui.widgets.unfair_view import UnfairView


class UnfairPanel(LiveExperimentPanel):
    """Marked pictures and maps; the experiment over the test set.

    Thread: GUI.
    """

    INFO = PanelInfo("unfair", "What if the answer stands in the corner?", "Unfair", "Test", 110)
    EXPERIMENT = "unfair"

    def build_view(self) -> LiveView:
        """The drawing first."""
        return UnfairView(self.studio)


PANEL = UnfairPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(UnfairPanel))
