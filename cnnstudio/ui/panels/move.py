"""How far may I move my picture? Every offset of the drawing at once, then the same over a whole test set."""

from __future__ import annotations

from cnnstudio.ui.panels._live_experiment import LiveExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.widgets.live_view import LiveView
from cnnstudio.ui.widgets.move_view import MoveView


class MovePanel(LiveExperimentPanel):
    """Maps of offsets and curves of the drawing; the experiment over the test set.

    Thread: GUI.
    """

    INFO = PanelInfo("move", "How far may I move my picture?", "Move", "Test", 20)
    EXPERIMENT = "move"

    def build_view(self) -> LiveView:
        """The drawing first."""
        return MoveView(self.studio)


PANEL = MovePanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(MovePanel))
