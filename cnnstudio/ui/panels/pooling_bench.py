"""How should maps shrink? Seven ways, what each leaves of the picture, and how networks fare with them."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSlider, QWidget

from cnnstudio.core.errors import StudioError
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import explain_on_focus, label
from cnnstudio.ui.widgets.pooling_strip import PoolingStrip, Way
from cnnstudio.ui.widgets.rooms import bare_row

_FARTHEST_PX: Final = 3
_SLIDER_PX: Final = 10 * GRID_PX
_TIP: Final = (
    "Moves your picture to the right, before it is made smaller. Each tile says how much of its map is not simply the"
    " earlier map moved along."
)


class PoolingBenchPanel(ExperimentPanel):
    """The ways as tiles above the findings.

    Thread: GUI.
    """

    INFO = PanelInfo("pooling_bench", "How should maps shrink?", "Pooling bench", "Test", 70)
    EXPERIMENT = "pooling"

    def build_extra(self) -> QWidget:
        """Makes the tiles and, in the row of the settings, the slider that moves the picture."""
        self.strip = PoolingStrip(self.studio.theme)
        self.strip.toggled.connect(self._on_toggled)
        self._mover, row = bare_row()
        row.addWidget(label("move by", "muted", tip=_TIP))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _FARTHEST_PX)
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(_SLIDER_PX)
        self.slider.setAccessibleName("How far the picture moves, in px")
        self.slider.setToolTip(_TIP)
        explain_on_focus(self.slider)
        self.slider.valueChanged.connect(self._on_slider)
        self.distance = label("0 px", "heading")
        row.addWidget(self.slider)
        row.addWidget(self.distance)
        self._mover.setVisible(False)
        self.controls.insertWidget(0, self._mover)
        return self.strip

    def on_picture(self) -> None:
        """Makes the new picture smaller."""
        if self.answered:
            self.strip.set_picture(self.studio.picture, self.slider.value())

    def on_theme(self, theme: Theme) -> None:
        """Restyles."""
        super().on_theme(theme)
        self.strip.set_theme(theme)

    def settings(self) -> dict[str, Any]:
        """Also how far the picture moves."""
        return super().settings() | {"moved": self.slider.value()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Moves it again."""
        super().restore(settings)
        if isinstance(settings.get("moved"), int):
            self.slider.setValue(settings["moved"])
        self.fit()

    def fit(self) -> None:
        """Shows the ways that are compared, and the picture."""
        self._mover.setVisible(self.answered)
        if self.answered:
            self.strip.set_ways(self._ways())
            self.strip.set_picture(self.studio.picture, self.slider.value())

    def _ways(self) -> list[Way]:
        from cnnstudio.core.layer_points import Flatten
        from cnnstudio.datasets import find
        from cnnstudio.experiments.pooling import WAYS, spec

        named = {piece.strip() for piece in str(self.form.values["ways"]).split(",")}
        found = []
        for key, title in WAYS.items():
            try:
                info = find(str(self.form.values["dataset"])).info
                made = spec(key, info.shape, max(2, len(info.class_names)), int(self.form.values["maps"]))
            except StudioError:
                return []  # the row above says what is wrong
            sizes = [info.shape[1]]
            for step in made.steps():
                if isinstance(step.layer, Flatten):
                    break
                rows = step.shape[1] if len(step.shape) == len(info.shape) else 1
                if rows != sizes[-1] and (rows * 2 <= sizes[-1] + 1 or rows == 1):
                    sizes.append(rows)
            found.append(Way(key, title, tuple(sizes), made.parameters, made.macs, key in named))
        return found

    @Slot(int)
    def _on_slider(self, px: int) -> None:
        self.distance.setText(f"{px} px")
        self.on_picture()

    @Slot(str)
    def _on_toggled(self, way: str) -> None:
        from cnnstudio.experiments.pooling import WAYS

        named = [piece.strip() for piece in str(self.form.values["ways"]).split(",")]
        wanted = [key for key in WAYS if (key in named) != (key == way)]
        self.form.set_values({"ways": ",".join(wanted)})
        self.form.changed.emit()


PANEL = PoolingBenchPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(PoolingBenchPanel))
