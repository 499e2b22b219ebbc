"""Does the map move with the picture? Every layer, and single operations, before and after a shift."""

from __future__ import annotations

from cnnstudio.core.knobs import Value
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

    def settings_from_studio(self) -> dict[str, Value]:
        """The networks and the data set of the set-up: those of the first tab."""
        config = self.studio.config
        return {"networks": ",".join(config.networks), "dataset": config.dataset}


PANEL = MicroscopePanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(MicroscopePanel))
