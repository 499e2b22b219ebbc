"""How many examples? Accuracy against the size of the training set, for any networks of the list."""

from __future__ import annotations

from cnnstudio.core.knobs import Value
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone


class HowManyPanel(ExperimentPanel):
    """The experiment of the training-set sizes.

    Thread: GUI.
    """

    INFO = PanelInfo("how_many", "How many examples does it take?", "How many", "Test", 40)
    EXPERIMENT = "examples"
    SHOWN = ("augmented",)

    def settings_from_studio(self) -> dict[str, Value]:
        """The networks and the data set of the set-up."""
        config = self.studio.config
        return {"networks": ",".join(config.networks), "dataset": config.dataset}


PANEL = HowManyPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(HowManyPanel))
