"""Does augmentation close the gap? The MLP with shifts in training against the CNN without."""

from __future__ import annotations

from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone


class AugmentationPanel(ExperimentPanel):
    """The experiment of the shifts.

    Thread: GUI.
    """

    INFO = PanelInfo("augmentation", "Does augmentation close the gap?", "Augmentation", "Test", 120)
    EXPERIMENT = "augmentation"
    SHOWN = ("examples",)


PANEL = AugmentationPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(AugmentationPanel))
