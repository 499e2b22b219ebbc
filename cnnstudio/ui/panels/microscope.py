"""Does the map move with the picture? Every layer, and single operations, before and after a shift."""

from __future__ import annotations

from cnnstudio.ui.panels._live_experiment import LiveExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.widgets.live_view import LiveView
from cnnstudio.ui.widgets.microscope_view import MicroscopeView


class MicroscopePanel(LiveExperimentPanel):
    """The microscope; the experiment over the test set.

    Thread: GUI.
    """

    INFO = PanelInfo("microscope", "Does the map move with the picture?", "Microscope", "Test", 30)
    EXPERIMENT = "microscope"

    def build_view(self) -> LiveView:
        """The drawing first."""
        return MicroscopeView(self.studio)


PANEL = MicroscopePanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(MicroscopePanel))
