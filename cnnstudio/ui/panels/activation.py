"""Activation, flatten and softmax: what a network does with a number, with a map, with its last numbers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import RunEnded, RunStarted, StepEnd
from cnnstudio.core.percent import percent
from cnnstudio.core.pooling import Pooling, pool
from cnnstudio.core.questions import ReadPicture, Verdict, Verdicts
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._names import short_names, the
from cnnstudio.ui.widgets.activation_view import ActivationView
from cnnstudio.ui.widgets.basic import button, explain_on_focus, label
from cnnstudio.ui.widgets.flatten_view import FlattenView
from cnnstudio.ui.widgets.map_source import MapSource
from cnnstudio.ui.widgets.softmax_view import SoftmaxView

_VIEWS: Final = {
    "activation": ("Activation", "One function, applied to every number of a map."),
    "flatten": ("Flatten", "Maps laid end to end as one vector: where a number goes, and which neighbours it loses."),
    "softmax": ("Softmax", "The last layer's numbers become probabilities."),
}
_POOLED: Final = {4: "pooled 4 × 4", 2: "pooled 2 × 2", 1: "not pooled"}
_LEAST_EM: Final = 34
"""Where the panel is less high than that many times the text, it drops the lines of least need."""

_NOISE_SEED: Final = 7
_SURE: Final = 0.5
_MADE_UP: Final = (0.0, 2.0, 1.5, 6.0, 0.0, 0.2, 0.4, 0.0, 1.0, 0.0)
"""Logits to begin with where no network has read the picture."""


class ActivationPanel(Panel):
    """Three views, one of them seen.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="activation", title="What does the network do with a number?", short="Activation", group="See", order=40
    )

    def build(self) -> None:
        """Makes everything, once."""
        self._edited: NDArray[np.float64] | None = None
        self._noise: Verdicts | None = None
        self._wants_noise = False
        self._wanted: object = None
        self._build_controls()
        self.problem = label("", "problem", wrap=True)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self.stack = QStackedWidget()
        self.activation = ActivationView(self.studio.theme)
        self.stack.addWidget(self.activation)
        self.stack.addWidget(self._build_flatten())
        self.stack.addWidget(self._build_softmax())
        self.body.addWidget(self.stack, 1)
        self._on_view()

    def _build_controls(self) -> None:
        self._group = QButtonGroup(self)
        self.views: dict[str, QPushButton] = {}
        for name, (title, tip) in _VIEWS.items():
            made = button(title, "tab", checkable=True, tip=tip)
            made.clicked.connect(self._on_view)
            self._group.addButton(made)
            self.views[name] = made
            self.controls.addWidget(made)
        self.views["activation"].setChecked(True)
        self.controls.addStretch(1)
        self.source = MapSource(self.studio, "preset:sobel_x")
        self.source.changed.connect(self._show)
        self.pooled = QComboBox()
        self.pooled.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for window, title in _POOLED.items():
            self.pooled.addItem(title, window)
        self.pooled.setToolTip("How the maps are brought down before they are laid end to end: max pooling.")
        self.pooled.setAccessibleName("Pooling before flattening")
        explain_on_focus(self.pooled)
        self.pooled.currentIndexChanged.connect(self._show)
        self.controls.addWidget(self.pooled)
        self.controls.addWidget(self.source)

    def _build_flatten(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX // 2)
        self.flatten = FlattenView(self.studio.theme)
        self.flatten.picked.connect(self._show_index)
        self.forward, self.back = label("", "heading", wrap=True), label("", wrap=True)
        self.torn = label("", "muted", wrap=True)
        column.addWidget(self.flatten, 1)
        for part in (self.forward, self.back, self.torn):
            column.addWidget(part)
        return content

    def _build_softmax(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID_PX)
        row = QHBoxLayout()
        row.setSpacing(GRID_PX)
        self.network = QComboBox()
        self.network.setToolTip("Whose logits these are.")
        self.network.setAccessibleName("Network")
        self.network.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        explain_on_focus(self.network)
        self.network.activated.connect(self._on_network)
        self.reset = button("The network's logits", tip="Takes back what was typed: the logits of your picture.")
        self.reset.clicked.connect(self._on_reset)
        self.noise = button("Read noise", tip="Lets the networks read pixels drawn by chance: nothing at all.")
        self.noise.clicked.connect(self._on_noise)
        for part in (self.network, self.reset, self.noise):
            row.addWidget(part)
        row.addStretch(1)
        column.addLayout(row)
        self.softmax = SoftmaxView(self.studio.theme)
        self.softmax.edited.connect(self._on_edited)
        self.about = label("", wrap=True)
        column.addWidget(self.about)
        column.addWidget(self.softmax, 1)
        return content

    # Hooks

    @property
    def view(self) -> str:
        """Which of the three is seen."""
        return next(name for name, one in self.views.items() if one.isChecked())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for all lines, or not."""
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """Where there is little room, what stands below the numbers becomes their tool tip."""
        low = self.height() < _LEAST_EM * self.studio.theme.body_px
        self.torn.setVisible(not low)
        self.activation.set_low(low)
        self.softmax.set_low(low)

    def sync(self) -> None:
        """Shows the picture as it is, and asks for learned kernels."""
        self.source.fill()
        self._list_networks()
        self._show()
        self.source.ask()
        if self._wants_noise:
            self._on_noise()

    def on_picture(self) -> None:
        """Another picture."""
        self.source.fill()
        self._show()

    def on_verdicts(self, verdicts: Verdicts) -> None:
        """The networks read the picture; where they learned on since they read noise, they read it again."""
        self._list_networks()
        follows = self.studio.moment is None and self._edited is None
        if follows and self._noise is not None and _steps(self._noise) != _steps(verdicts):
            self._on_noise()
        if self.view == "softmax":
            self._show()

    def on_moment(self, step: int | None) -> None:
        """Learned kernels of another moment, and other logits of the noise."""
        self.source.ask()
        if self._wants_noise:
            self._on_noise()

    def on_run_started(self, event: RunStarted) -> None:
        """The first kernels."""
        self.source.ask()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """The kernels moved."""
        if self.source.is_learned and self.studio.moment is None and self.view != "softmax":
            self.source.ask()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last kernels."""
        self.source.ask()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for part in (self.activation, self.flatten, self.softmax):
            part.set_theme(theme)
        self._fold()

    def settings(self) -> dict[str, Any]:
        """How it is set."""
        return {
            "view": self.view, "source": self.source.key, "function": self.activation.function.id,
            "pooled": self.pooled.currentData(), "temperature": self.softmax.temperature,
            "network": self.network.currentData() or self._wanted,
            "logits": None if self._edited is None else [float(one) for one in self._edited],
        }  # fmt: skip

    def restore(self, settings: dict[str, Any]) -> None:
        """Sets it so again."""
        view = settings.get("view")
        self.views[view if view in self.views else "activation"].setChecked(True)
        self.activation.set_function(settings.get("function"))
        at = self.pooled.findData(settings.get("pooled"))
        self.pooled.setCurrentIndex(max(0, at))
        self.softmax.set_temperature(settings.get("temperature"))
        self._wanted = settings.get("network")
        self._list_networks()
        logits = settings.get("logits")
        if isinstance(logits, list) and logits and all(isinstance(one, int | float) for one in logits):
            self._edited = np.array(logits, np.float64)
        self.source.set_key(settings.get("source"))
        self._on_view()

    # What a person does

    @Slot()
    def _on_view(self) -> None:
        view = self.view
        self.stack.setCurrentIndex(list(_VIEWS).index(view))
        self.source.setVisible(view != "softmax")
        self.pooled.setVisible(view == "flatten")
        self._show()

    @Slot()
    def _on_network(self) -> None:
        self._edited = None
        self._show()

    @Slot()
    def _on_reset(self) -> None:
        self._edited, self._noise, self._wants_noise = None, None, False
        self._show()

    @Slot(object)
    def _on_edited(self, logits: NDArray[np.float64]) -> None:
        self._edited = logits
        self._show_softmax()

    @Slot()
    def _on_noise(self) -> None:
        picture, config = self.studio.picture, self.studio.reading
        if picture is None or self.studio.engine is None or not config.networks:
            self._tell("Noise can be read as soon as PyTorch is loaded and a picture is there.")
            return
        pixels = np.random.default_rng(_NOISE_SEED).integers(0, 256, picture.shape, np.uint8)
        question = ReadPicture(pixels, config.dataset, config.networks, self.studio.moment)
        self._wants_noise = True
        self.studio.ask(question, self._on_noise_read, self._on_no_noise, slot="softmax noise")

    def _on_noise_read(self, verdicts: Verdicts) -> None:
        self._noise, self._edited = verdicts, None
        self._list_networks()
        self._show()

    def _on_no_noise(self, report: ErrorReport) -> None:
        self._noise, self._wants_noise = None, False
        if self.view == "softmax":
            self._tell(report.sentence)

    # Showing

    def _tell(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    @Slot()
    def _show(self) -> None:
        """Shows the view that is seen; the others are not computed."""
        if not self.isVisible():
            return
        self._tell("")
        view = self.view
        if view == "softmax":
            self._show_softmax()
            return
        try:
            if view == "activation":
                values = self.source.values()
                self.activation.set_map(values, f"{self.source.title} {values.shape[0]} × {values.shape[1]}")
            else:
                window = int(self.pooled.currentData())
                setting = Pooling("max", window, window)
                maps = np.stack([pool(one, setting) for one in self.source.maps()])
                self.flatten.set_maps(maps, signed=self.source.is_signed)
                self._show_index()
        except StudioError as error:
            self._tell(error.report.sentence)

    @Slot()
    def _show_index(self) -> None:
        _, rows, columns = self.flatten.shape
        self.forward.setText(self.flatten.forward())
        self.back.setText(self.flatten.back())
        torn = (
            f"The pixel to the right is the next number, the one below is {columns} numbers further on, the same place "
            f"of the next map {rows * columns} numbers. A dense layer that reads this vector does not know that they "
            "were neighbours."
        )
        self.torn.setText(torn)
        for part in (self.forward, self.back):
            part.setToolTip(torn)

    def _verdicts(self) -> list[Verdict]:
        verdicts = self._noise or self.studio.verdicts
        return [one for one in verdicts.verdicts if one.logits is not None] if verdicts is not None else []

    def _list_networks(self) -> None:
        verdicts = self._verdicts()
        names, chosen = short_names(verdicts), self._wanted or self.network.currentData()
        wanted = [(names[one.network], one.network) for one in verdicts]
        if wanted != [(self.network.itemText(i), self.network.itemData(i)) for i in range(self.network.count())]:
            self.network.clear()
            for name, key in wanted:
                self.network.addItem(name, key)
            last = max(0, len(wanted) - 1)
            at = self.network.findData(chosen)
            self.network.setCurrentIndex(at if at >= 0 else last)
        if self._wanted is not None and (at := self.network.findData(self._wanted)) >= 0:
            self.network.setCurrentIndex(at)
            self._wanted = None
        self.network.setVisible(bool(wanted))

    def _show_softmax(self) -> None:
        verdict = next((one for one in self._verdicts() if one.network == self.network.currentData()), None)
        source = self._noise or self.studio.verdicts
        names = source.class_names if source is not None and verdict is not None else tuple("0123456789")
        if self._edited is not None and len(self._edited) == len(names):
            logits = self._edited
        elif verdict is not None and verdict.logits is not None:
            logits = verdict.logits
        else:
            logits = np.array(_MADE_UP)
        self.softmax.set_logits(logits, names)
        self.about.setText(self._about(verdict, names))
        self.reset.setEnabled(self._edited is not None or self._noise is not None)

    def _about(self, verdict: Verdict | None, names: tuple[str, ...]) -> str:
        if self._edited is not None:
            return "These are your logits."
        if verdict is None or verdict.probabilities is None:
            return "These logits are made up: no network has read the picture yet."
        name = the(self.network.currentText())
        top = int(verdict.probabilities.argmax())
        said = f"{names[top]} with {percent(float(verdict.probabilities[top]))}"
        if self._noise is not None:
            sure = verdict.probabilities[top] >= _SURE
            still = "Softmax on nonsense is still confident" if sure else "Unsure this time, and yet it sums to 100 %"
            return f"Pixels drawn by chance: {name} says {said}. {still}."
        return f"Your picture: {name} says {said}."


def _steps(verdicts: Verdicts) -> list[int | None]:
    return [one.step for one in verdicts.verdicts]


PANEL = ActivationPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(ActivationPanel))
