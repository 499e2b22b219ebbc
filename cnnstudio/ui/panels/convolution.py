"""Convolution: one filter over one picture, one place at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout

from cnnstudio.core.activations import ACTIVATIONS
from cnnstudio.core.convolution import as_laid, check_kernel, convolve, explain, laid_out
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import Evaluated, RunEnded, RunStarted, StepEnd
from cnnstudio.core.kernels import PRESETS, fitted
from cnnstudio.core.knobs import Value
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._convolution_figure import ConvolutionFigure, Sheet
from cnnstudio.ui.widgets._convolution_form import is_steppable
from cnnstudio.ui.widgets._convolution_setup import ConvolutionSetup, first_convolution
from cnnstudio.ui.widgets._convolution_state import (
    LUMINANCE,
    OWN,
    State,
    as_numbers,
    centred_on,
    shown_pixels,
    split_learned,
    with_geometry,
)
from cnnstudio.ui.widgets._deeper_kernels import DeeperKernels
from cnnstudio.ui.widgets._learned_kernels import LearnedKernels
from cnnstudio.ui.widgets.basic import label
from cnnstudio.ui.widgets.stepper_bar import StepperBar


class ConvolutionPanel(Panel):
    """Picture, kernel, output, and between them the sum.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="convolution",
        title="One filter, one place, one number.",
        short="Convolution",
        group="See",
        order=20,
    )

    def build(self) -> None:
        """Makes everything, once."""
        theme = self.studio.theme
        self.state = State()
        self._sheet: Sheet | None = None
        self._numbers: NDArray[np.float64] | None = None
        self._place = (0, 0)
        self._went = False
        self._channel = 0
        self._changed_last = ""
        self.learned = LearnedKernels(self.studio, self)
        self.learned.arrived.connect(self._on_layers)
        self.learned.failed.connect(self._on_no_layers)
        self.setup = ConvolutionSetup(theme, self.state)
        self.setup.knob_changed.connect(self._on_knob)
        self.setup.kernel_chosen.connect(self._on_kernel)
        self.setup.kernels.add_below(DeeperKernels(self.studio, self.learned))
        self.bar = StepperBar(theme)
        self.bar.moved.connect(self._on_moved)
        self.controls.addWidget(self.setup, 1)
        self._second_row = QHBoxLayout()
        self._second_row.addStretch(1)
        self.body.addLayout(self._second_row)
        self._bar_row: QBoxLayout = self.controls
        self.controls.addWidget(self.bar)
        self.figure = ConvolutionFigure(theme)
        self.body.addWidget(self.figure, 1)
        self.note = label("", "small", wrap=True)
        self.note.hide()
        self.body.addWidget(self.note)
        self._connect_figure()
        self.studio.config_changed.connect(self._on_config)

    def _connect_figure(self) -> None:
        for picture in (self.figure.picture, self.figure.output):
            picture.stepped.connect(self._on_stepped)
            picture.jumped.connect(self._on_jumped)
            picture.toggled.connect(self.bar.toggle)
        self.figure.picture.picked.connect(self._on_input_picked)
        self.figure.output.picked.connect(self._on_output_picked)
        self.figure.rows.kernel_edited.connect(self._on_edited)
        self.figure.rows.failed.connect(self._on_typed)
        self.figure.rows.channel_chosen.connect(self._on_channel)

    # Hooks

    def sync(self) -> None:
        """Shows the study as it is, and asks for the kernels there are."""
        self._compute()
        self.learned.ask()

    def on_picture(self) -> None:
        """Another picture, or one more stroke."""
        self._compute()

    def on_run_started(self, event: RunStarted) -> None:
        """The first weights."""
        self.learned.ask()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """The weights moved."""
        if self.studio.moment is None and self.state.is_learned:
            self.learned.ask_soon()

    def on_evaluated(self, event: Evaluated) -> None:
        """The weights moved, or were just made."""
        if self.studio.moment is None and self.state.is_learned:
            self.learned.ask_soon()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last weights."""
        self.learned.ask()

    def on_moment(self, step: int | None) -> None:
        """The weights of another moment."""
        self.learned.ask()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for part in (self.setup, self.bar, self.figure):
            part.set_theme(theme)
        self._compute()
        self._arrange()

    def settings(self) -> dict[str, Any]:
        """What is set, and where the window is."""
        return self.state.to_json() | {
            "place": list(self._place), "channel": self._channel, "steps_per_s": self.bar.steps_per_s,
            "running": self.figure.rows.running.isChecked(),
        }  # fmt: skip

    def restore(self, settings: dict[str, Any]) -> None:
        """Sets it again."""
        self.state.take_json(settings)
        place, channel, speed = (settings.get(name) for name in ("place", "channel", "steps_per_s"))
        if isinstance(place, list) and len(place) == 2 and all(isinstance(at, int) and at >= 0 for at in place):
            self._place, self._went = (place[0], place[1]), True
        if isinstance(channel, int) and 0 <= channel < 3:
            self._channel = channel
        if isinstance(speed, int):
            self.bar.set_speed(speed)
        self.figure.rows.set_running(settings.get("running") is True)
        self.setup.show_state()
        if self.isVisible():
            self.sync()

    # What a person does

    @Slot(object)
    def _on_knob(self, change: tuple[str, Value]) -> None:
        name, value = change
        self._changed_last = name
        if name == "size" and self.state.is_learned and self.state.learned is not None:
            self._take_own(fitted(self.state.learned, int(value)))
        self.state.values[name] = value
        if name == "kind" and value == "pointwise" and self.state.kernel in PRESETS:
            self._take_own(np.array(LUMINANCE)[:, None, None])
        self._compute()

    @Slot(object)
    def _on_kernel(self, key: str) -> None:
        was_learned = self.state.is_learned
        self.state.kernel = key
        self._changed_last = "kernel"
        if key in PRESETS:
            if was_learned:
                self.state.leave_learned()
                with_geometry(self.state, bias=0.0, activation="none")
            with_geometry(self.state, size=PRESETS[key].size, kind=self._kind_of_many())
        else:
            self._take_learned(geometry=True)
        self._compute()

    def _kind_of_many(self) -> Value:
        kind = self.state.values["kind"]
        return "standard" if kind == "pointwise" else kind

    @Slot(object)
    def _on_edited(self, change: tuple[int, NDArray[np.float64]]) -> None:
        if self._sheet is None:
            return
        channel, laid = change
        weights = np.array(self.state.weights(len(self._sheet.laid)))
        weights[channel] = as_laid(laid, self._sheet.setting)
        self._take_own(weights)
        self._compute()

    def _take_own(self, weights: NDArray[np.float64]) -> None:
        self.state.own = np.array(weights, np.float64)
        self.state.kernel = OWN
        if self.state.scaling != (0.0, 1.0):
            self.state.leave_learned()

    @Slot(object)
    def _on_typed(self, report: ErrorReport | None) -> None:
        self.figure.show_typed(report.sentence if report is not None else "")

    @Slot(object)
    def _on_channel(self, channel: int) -> None:
        self._channel = channel
        self.figure.rows.set_channel(channel)
        if self._sheet is not None and self._sheet.setting.kind == "depthwise":
            self.figure.show_sheet(self._sheet, self._out_channel)
        self._show_place()

    # Where the window is

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the output pixel that is looked at."""
        return self._place

    @property
    def _out_channel(self) -> int:
        return min(self._channel, len(self._sheet.out) - 1) if self._sheet is not None else 0

    @Slot(object)
    def _on_moved(self, index: int) -> None:
        if self._sheet is not None:
            row, column = divmod(index, self._sheet.out.shape[2])
            self._place = row, column
            self._show_place()

    @Slot(object)
    def _on_stepped(self, way: tuple[int, int]) -> None:
        self.bar.stop()
        self._go(self._place[0] + way[0], self._place[1] + way[1])

    @Slot(object)
    def _on_jumped(self, end: str) -> None:
        if end == "first":
            self.bar.go_first()
        else:
            self.bar.go_last()

    @Slot(object)
    def _on_output_picked(self, cell: tuple[int, int]) -> None:
        self.bar.stop()
        self._go(*cell)

    @Slot(object)
    def _on_input_picked(self, cell: tuple[int, int]) -> None:
        if self._sheet is not None:
            self.bar.stop()
            self._go(*centred_on(self._sheet.setting, *cell, *self._sheet.out.shape[1:]))

    def _go(self, row: int, column: int) -> None:
        if self._sheet is None:
            return
        rows, columns = self._sheet.out.shape[1:]
        self._place = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
        self.bar.set_index(self._place[0] * columns + self._place[1])
        self._show_place()

    # What is shown

    def _compute(self) -> None:
        """Makes the output anew; only for a panel that is seen."""
        if not self.isVisible():
            return
        picture, state = self.studio.picture, self.state
        self.setup.show_state(self.learned.layers)
        if picture is None:
            self._refuse("Draw a picture, or take one of the data set: the filter slides over it.", None)
            return
        pixels = shown_pixels(picture, state)
        try:
            setting = state.setting
            setting.check(*pixels.shape[1:])
            weights = state.weights(len(pixels))
            notes = [*setting.notes(), check_kernel(weights)]
            numbers = as_numbers(pixels, state)
            laid = laid_out(numbers, setting)
            out = convolve(numbers, weights, setting, state.bias, laid)
        except StudioError as error:
            self._refuse(error.report.sentence, pixels)
            self.setup.show_problem(self._changed_last, error.report)
            return
        self.setup.show_problem("", None)
        if state.is_learned and state.scaling != (0.0, 1.0):
            mean, spread = state.scaling
            notes.append(
                f"The network gets each pixel less {mean:g}, divided by {spread:g}: those are the numbers here."
            )
        self._numbers = numbers
        name = str(state.values["activation"])
        title = ACTIVATIONS[name].title if name in ACTIVATIONS else ""
        self._sheet = Sheet(laid, pixels, setting, state.scaling, out, state.activate(out), title)
        self._tell(" ".join(note for note in notes if note))
        self.bar.setEnabled(True)
        self.bar.set_count(out.shape[1] * out.shape[2])
        self.figure.rows.set_channel(self._channel)
        self.figure.show_sheet(self._sheet, self._out_channel)
        if not self._went and out.any():
            self._place, self._went = _strongest(out[self._out_channel]), True
        self._go(*self._place)

    def _refuse(self, sentence: str, pixels: NDArray[np.uint8] | None) -> None:
        self._sheet = None
        self.bar.stop()
        self.bar.setEnabled(False)
        self._tell("")
        if pixels is not None:
            self.figure.show_picture_alone(pixels)
        self.figure.show_problem(sentence)

    def _show_place(self) -> None:
        if self._sheet is None or self._numbers is None:
            return
        state = self.state
        told = explain(
            self._numbers, state.weights(len(self._numbers)), self._sheet.setting, *self._place,
            channel=self._out_channel, bias=state.bias,
        )  # fmt: skip
        # Not the output's own pixel: the last bits of a large output may differ from those of the sum that is shown.
        self.figure.show_place(told, float(state.activate(np.array([told.total]))[0]))

    def _tell(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    # Learned kernels

    @Slot(object)
    def _on_config(self, config: object) -> None:
        if self.isVisible() and not self.studio.active:
            self.learned.ask()

    @Slot()
    def _on_layers(self) -> None:
        self.setup.show_layers(self.learned.layers)
        if self.state.is_learned:
            self._take_learned(geometry=False)
            self._compute()
        else:
            self.setup.show_state(self.learned.layers)

    @Slot(object)
    def _on_no_layers(self, report: ErrorReport) -> None:
        self.setup.show_layers((), report.sentence)
        if self.state.is_learned:
            self.state.leave_learned()
            self._refuse(report.sentence, None)

    def _take_learned(self, *, geometry: bool) -> None:
        network, place = split_learned(self.state.kernel)
        layer = next((one for one in self.learned.layers if one.network == network), None)
        if layer is None or place >= len(layer.kernels) or not is_steppable(layer):
            self.state.leave_learned()
            return
        self.state.take_learned(layer, place)
        if geometry:
            shape = self.studio.picture.shape if self.studio.picture is not None else layer.kernels.shape[1:]
            with_geometry(self.state, **first_convolution(network, tuple(shape), layer))

    # Its two rows of controls

    def _arrange(self) -> None:
        room = self.width() - 6 * GRID_PX
        fits = self.setup.sizeHint().width() + self.bar.sizeHint().width() + 2 * GRID_PX <= room
        wanted: QBoxLayout = self.controls if fits else self._second_row
        if wanted is not self._bar_row:
            self._bar_row.removeWidget(self.bar)
            wanted.addWidget(self.bar)
            self._bar_row = wanted

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One row of controls where they fit, else two."""
        super().resizeEvent(event)
        self._arrange()


def _strongest(values: NDArray[np.float64]) -> tuple[int, int]:
    """Where the largest number stands: a window that nobody has moved yet begins at something to see."""
    row, column = divmod(int(np.abs(values).argmax()), values.shape[1])
    return row, column


PANEL = ConvolutionPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(ConvolutionPanel))
