"""Was it luck? The race of the set-up with other seeds."""

from __future__ import annotations

from cnnstudio.core.knobs import Value
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone


class LuckPanel(ExperimentPanel):
    """The experiment of the seeds.

    Thread: GUI.
    """

    INFO = PanelInfo("luck", "Was it luck?", "Luck", "Test", 100)
    EXPERIMENT = "luck"
    SHOWN = ("seeds",)

    def settings_from_studio(self) -> dict[str, Value]:
        """The race of the set-up: its networks, its data set, how many examples it has and how long it takes."""
        config = self.studio.config
        return {
            "networks": ",".join(config.networks),
            "dataset": config.dataset,
            "examples": config.examples,
            "epochs": config.epochs,
        }


PANEL = LuckPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(LuckPanel))
