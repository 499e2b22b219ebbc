"""How far may it move? A slider that retrains the networks at every distance, and the curve that this draws."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import Answering
from cnnstudio.core.experiment import Order, Settings
from cnnstudio.core.percent import percent
from cnnstudio.core.questions import BrowseExamples, Shown
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets.basic import ElidedLabel, explain_on_focus, label
from cnnstudio.ui.widgets.mosaic import Mosaic, as_rgb

_PICTURES: Final = 10
_TILE_PX: Final = 48
_REST_MS: Final = 150
"""A slider that rests so long is where it should be: then the networks begin to learn."""
_SLIDER_TIP: Final = (
    "How far from the centre the pattern may sit. Each move lets the networks learn anew, on pictures of that kind,"
    " and adds a point to the curve."
)


class JitterPanel(ExperimentPanel):
    """The slider with pictures of its kind, above the curve.

    Thread: GUI.
    """

    INFO = PanelInfo("jitter", "How far may it move?", "Jitter", "Test", 10)
    EXPERIMENT = "jitter"
    SHOWN = ("task",)
    OTHER_WAY = "or move the slider for one point of the curve"

    def build_extra(self) -> QWidget:
        """Makes slider and pictures."""
        strip = QWidget()
        column = QVBoxLayout(strip)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        row.addWidget(label("jitter", "muted", tip=_SLIDER_TIP))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Jitter in px")
        self.slider.setToolTip(_SLIDER_TIP)
        self.slider.setPageStep(1)
        self.slider.setMaximumWidth(30 * GRID_PX)
        explain_on_focus(self.slider)
        self.distance = label("0 px", "heading")
        row.addWidget(self.slider, 1)
        row.addWidget(self.distance)
        self.learning = ElidedLabel("small")
        row.addWidget(self.learning, 2)
        column.addLayout(row)
        self.pictures = Mosaic(self.studio.theme, "Pictures at this jitter", tile_px=_TILE_PX, one_row=True)
        self.pictures.chosen.connect(self._on_picture)
        column.addWidget(self.pictures)
        self._seen: Shown | None = None
        self._partial: dict[str, str] = {}
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._learn)
        self._fit_slider()
        self.slider.valueChanged.connect(self._on_slider)
        return strip

    def sync(self) -> None:
        """Shows pictures of the slider's kind."""
        super().sync()
        self._fit_slider()
        self._ask_pictures()

    def on_answered(self) -> None:
        """The slider is seen for the first time: the curve begins where it stands."""
        self._ask_pictures()
        self._rest.start()

    def on_settings(self, settings: Settings) -> None:
        """Another task has another farthest distance; what was said of the old settings is no longer true."""
        self._partial.clear()
        self.learning.set_whole("")
        self._fit_slider()
        self._ask_pictures()

    def on_theme(self, theme: Theme) -> None:
        """Restyles."""
        super().on_theme(theme)
        self.pictures.set_theme(theme)

    def hideEvent(self, event: Any) -> None:
        """What was not begun is not begun any more."""
        self._rest.stop()
        super().hideEvent(event)

    def on_live_progress(self, order: Order, event: Answering) -> None:
        """Says how far each network is, and what it reads by now."""
        from cnnstudio.experiments._grid import titles

        if order not in self._orders():
            return
        name = str(order.params["network"])
        share = (event.values or {}).get("validation")
        done = f"{percent(event.fraction, 0)} learned" if event.fraction is not None else event.text
        if share is not None:
            self._partial[name] = f"{titles((name,))[name]} reads {percent(share)} ({done})"
        elif name not in self._partial:
            self._partial[name] = f"{titles((name,))[name]}: {done}"
        self.learning.set_whole(" · ".join(self._partial.values()))

    def on_results(self, results: Any, findings: Any) -> None:
        """A network that is done is no longer on its way."""
        for order in self._orders():
            if order.key in self.live.results:
                self._partial.pop(str(order.params["network"]), None)
        self.learning.set_whole(" · ".join(self._partial.values()))

    def settings(self) -> dict[str, Any]:
        """Also where the slider stands."""
        return super().settings() | {"slider": self.slider.value()}

    def restore(self, settings: dict[str, Any]) -> None:
        """Puts the slider back."""
        super().restore(settings)
        self._fit_slider()
        if isinstance(settings.get("slider"), int):
            self.slider.blockSignals(True)
            self.slider.setValue(settings["slider"])
            self.slider.blockSignals(False)
            self._say_distance()

    def _fit_slider(self) -> None:
        from cnnstudio.experiments.jitter import FARTHEST_PX

        self.slider.setRange(0, FARTHEST_PX[str(self.form.values["task"])])
        self._say_distance()

    def _say_distance(self) -> None:
        self.distance.setText(f"{self.slider.value()} px")

    @Slot(int)
    def _on_slider(self, px: int) -> None:
        self._say_distance()
        if self.answered and self.isVisible():
            self._ask_pictures()
            self._rest.start()

    @Slot()
    def _learn(self) -> None:
        self._partial.clear()
        orders = self._orders()
        if any(order.key not in self.live.results for order in orders):
            self.learning.set_whole("The networks begin to learn ...")
        self.live.measure(orders, "jitter")

    def _orders(self) -> tuple[Order, ...]:
        from cnnstudio.experiments.jitter import orders_at

        try:
            return orders_at(self.form.values, self.slider.value())
        except StudioError:
            return ()  # the row above says what is wrong

    def _ask_pictures(self) -> None:
        from cnnstudio.experiments.jitter import dataset_at

        if self.answered and self.isVisible():
            dataset = dataset_at(str(self.form.values["task"]), self.slider.value())
            question = BrowseExamples(dataset, most=_PICTURES, shuffle_seed=0)
            self.studio.ask(question, self._on_pictures, self._on_no_pictures, slot="jitter pictures")

    def _on_pictures(self, shown: Shown) -> None:
        self._seen = shown
        names = [shown.class_names[int(truth)] for truth in shown.labels]
        tips = [f"{name}, shown brighter than it is. Click to put it on the canvas." for name in names]
        self.pictures.set_tiles(as_rgb(_brightened(shown.images)), (), tips)

    def _on_no_pictures(self, report: ErrorReport) -> None:
        self.learning.set_whole(report.sentence)

    @Slot(object)
    def _on_picture(self, index: int) -> None:
        if self._seen is not None:
            name = self._seen.class_names[int(self._seen.labels[index])]
            self.studio.offer_picture(self._seen.images[index], name)


def _brightened(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures uint8 [n, c, h, w], each with its brightest pixel at white: the patterns are faint on purpose."""
    brightest = np.maximum(images.max(axis=(1, 2, 3), keepdims=True), 1).astype(np.float32)
    brighter: NDArray[np.uint8] = (images / brightest * 255).round().astype(np.uint8)
    return brighter


PANEL = JitterPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(JitterPanel))
