"""Connections: one drawing of dense, locally connected and convolutional layers, and what each costs."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QFontMetrics, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QPushButton, QSlider, QWidget

from cnnstudio.core.connections import WAYS, Way
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Evaluated, RunEnded, RunStarted, StepEnd
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui.icons import icon
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.panels._panel import Panel, PanelInfo, run_alone
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._connection import Place
from cnnstudio.ui.widgets._connection_model import (
    KERNEL,
    KERNELS,
    LEAST_SIDE_PX,
    MOST_SIDE_PX,
    SENTENCES,
    UNITS,
    ConnectionModel,
)
from cnnstudio.ui.widgets.basic import ElidedLabel, button, explain_on_focus, label, more_button
from cnnstudio.ui.widgets.connection_bill import NAMES, ConnectionBill
from cnnstudio.ui.widgets.connection_drawing import ConnectionDrawing
from cnnstudio.ui.widgets.flatten_animation import FlattenAnimation
from cnnstudio.ui.widgets.knob_field import KnobField

_MOST: Final = 512
"""Hidden units whose weights are asked for: 1.6 MB for grey pictures of 28 x 28."""

_FLATTEN: Final = "flatten"
_FLATTEN_SENTENCE: Final = (
    "The list is only a numbering. A dense layer starts with no idea which numbers were neighbours: give it every "
    "picture with the pixels in one other, fixed order, and it learns just as well."
)
_STRETCH: Final = 1_000
"""The drawing takes what height it can use before any is left empty."""

_EXAMPLE: Final = (200, 1_000)
_TIPS: Final[dict[str, str]] = {
    "dense": "Every unit reads every pixel, with weights of its own.",
    "local": "Every unit reads a patch, with weights of its own.",
    "conv": "Every unit reads a patch, with the weights that all units of its map share.",
}
_NARROW_EM: Final = 38
_SENTENCE_LEAST_EM: Final = 38
"""Lower panels, in sizes of the text, leave the sentence to the tool tip of the multiplication."""


class ConnectionsPanel(Panel):
    """The drawing and the bill of the three ways, or the flattening.

    Thread: GUI.
    """

    INFO = PanelInfo(
        id="connections",
        title="Who is connected to whom, and who shares?",
        short="Connections",
        group="See",
        order=50,
    )

    def build(self) -> None:
        """Makes everything, once."""
        self.model = ConnectionModel()
        self._view = "dense"
        self._hovered: Place | None = None
        self._is_stale = False
        self._pacer = Pacer(self, self._ask)
        self._build_controls()
        self.drawing = ConnectionDrawing(self.studio.theme)
        self.drawing.hovered.connect(self._on_hovered)
        self.drawing.picked.connect(self._on_picked)
        self.body.addWidget(self.drawing, _STRETCH)
        self.flatten = FlattenAnimation(self.studio.theme)
        self.flatten.picked.connect(self._show_words)
        self.body.addWidget(self.flatten, _STRETCH)
        self.sum = ElidedLabel("heading")
        self.body.addWidget(self.sum)
        self.sentence = label("", "small", wrap=True)
        self.body.addWidget(self.sentence)
        self._build_sizes()
        self.bill = ConnectionBill(self.studio.theme)
        self.bill.chosen.connect(self._choose)
        self.body.addWidget(self.bill)
        self.body.addStretch(1)
        self.studio.config_changed.connect(self._on_config)
        self._show_view()

    def sync(self) -> None:
        """Takes the picture and asks for the weights as they are now."""
        self.on_picture()
        self._pacer.now()

    def on_run_started(self, event: RunStarted) -> None:
        """The first weights."""
        self._pacer.now()

    def on_points(self, points: tuple[StepEnd, ...]) -> None:
        """The weights moved."""
        self._ask_soon()

    def on_evaluated(self, event: Evaluated) -> None:
        """The weights moved, or were just made."""
        self._ask_soon()

    def on_run_ended(self, event: RunEnded) -> None:
        """The last weights."""
        self._pacer.now()

    def on_moment(self, step: int | None) -> None:
        """The weights of another moment; while the timeline is dragged the newest wish wins."""
        self._pacer.now()

    def on_picture(self) -> None:
        """Another picture meets the same weights."""
        self.model.take_picture(self.studio.picture)
        self._show_all()

    def on_theme(self, theme: Theme) -> None:
        """Restyles what paints itself."""
        for part in (self.drawing, self.flatten, self.bill):
            part.set_theme(theme)
        self.size_words.setMinimumWidth(QFontMetrics(theme.font("body")).horizontalAdvance("224 × 224 px"))
        self.next_map.setIcon(icon("step", theme.colour("muted")))
        self._fit()
        if self._fed:
            self._show_all()

    def settings(self) -> dict[str, Any]:
        """What the student chose."""
        pixel = list(self.flatten.surface.pixel)
        return self.model.choice.settings() | {"view": self._view, "more": self.more.isChecked(), "pixel": pixel}

    def restore(self, settings: dict[str, Any]) -> None:
        """Shows it again."""
        self.model.choice.restore(settings)
        pixel = settings.get("pixel")
        if isinstance(pixel, list) and len(pixel) == 2 and all(isinstance(one, int) for one in pixel):
            self.flatten.surface.set_pixel((pixel[0], pixel[1]))
        view = settings.get("view")
        self._view = view if view in self.tabs else "dense"
        self.more.setChecked(settings.get("more") is True)
        self._show_view()

    # Controls

    def _build_controls(self) -> None:
        self._group = QButtonGroup(self)
        self.tabs: dict[str, QPushButton] = {}
        names = {way: (NAMES[way], _TIPS[way]) for way in WAYS}
        for view, (name, tip) in (names | {_FLATTEN: ("Flattening", "How a picture becomes one long list.")}).items():
            tab = button(name, "tab", tip=tip, checkable=True)
            tab.clicked.connect(partial(self._choose, view))
            self._group.addButton(tab)
            self.tabs[view] = tab
            self.controls.addWidget(tab)
        self.when = ElidedLabel("small")
        self.when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.controls.addWidget(self.when, 1)
        self.next_map = button("Next kernel", "quiet", tip="Looks at the output map of the next kernel.")
        self.next_map.clicked.connect(self._on_next_map)
        self.controls.addWidget(self.next_map)

    def _build_sizes(self) -> None:
        self.sizes = QWidget()
        row = QHBoxLayout(self.sizes)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX)
        self.side = QSlider(Qt.Orientation.Horizontal)
        self.side.setRange(LEAST_SIDE_PX, MOST_SIDE_PX)
        self.side.setPageStep(LEAST_SIDE_PX)
        self.side.setMinimumWidth(8 * GRID_PX)
        self.side.setAccessibleName("height and width of the picture")
        self.side.setToolTip(f"Height and width of the picture, {LEAST_SIDE_PX} to {MOST_SIDE_PX} pixels.")
        self.side.valueChanged.connect(self._read_sizes)
        explain_on_focus(self.side)
        self.size_words = label("", "", tip="Height and width of the picture in pixels.")
        self.colour = QCheckBox("colour")
        self.colour.setToolTip("Three numbers per pixel: red, green, blue.")
        self.colour.toggled.connect(self._read_sizes)
        explain_on_focus(self.colour)
        self.example = button(
            "Photo",
            "quiet",
            tip="Sets the sizes to 200 × 200 × 3 by 1,000: a small colour photograph and one dense layer of a thousand "
            "units have 120 million weights.",
        )
        self.example.clicked.connect(self._show_example)
        self.as_race = button("Reset", "quiet", tip="The picture's size, the units and the kernels of the race again.")
        self.as_race.clicked.connect(self._follow_race)
        self.more = more_button("Units, kernels, size of a kernel.")
        row.addWidget(self.side, 1)
        for one in (self.size_words, self.colour, self.example, self.as_race, self.more):
            row.addWidget(one)
        self.body.addWidget(self.sizes)
        self._build_more()

    def _build_more(self) -> None:
        self.options = QWidget()
        row = QHBoxLayout(self.options)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID_PX)
        self.fields: dict[str, KnobField] = {}
        for knob in (UNITS, KERNELS, KERNEL):
            made = KnobField(knob, knob.default)
            made.changed.connect(self._read_sizes)
            self.fields[knob.name] = made
            row.addWidget(made, 1)
        self.options.hide()
        self.more.toggled.connect(self._show_view)
        self.body.addWidget(self.options)

    @Slot()
    def _read_sizes(self) -> None:
        choice = self.model.choice
        choice.own = True
        choice.side, choice.colour = self.side.value(), self.colour.isChecked()
        for name, made in self.fields.items():
            setattr(choice, name, made.value)
        self._show_all()

    @Slot()
    def _show_example(self) -> None:
        choice = self.model.choice
        choice.own, choice.colour = True, True
        choice.side, choice.units = _EXAMPLE
        self._choose("dense")

    @Slot()
    def _follow_race(self) -> None:
        self.model.follow()
        self._show_all()

    @Slot()
    def _on_next_map(self) -> None:
        self.model.choice.of_map = (self.model.of_map("conv") + 1) % self.model.choice.kernels
        self._show_all()

    @Slot(object)
    def _choose(self, view: str, _checked: bool = False) -> None:
        self._view, self._hovered = view, None
        self._show_view()
        if self._is_stale and view != _FLATTEN and self.isVisible():
            self._pacer.now()

    # Showing

    @property
    def _way(self) -> Way:
        return next((way for way in WAYS if way == self._view), "dense")

    @Slot()
    def _show_view(self) -> None:
        self.tabs[self._view].setChecked(True)
        flat = self._view == _FLATTEN
        self.options.setVisible(self.more.isChecked() and not flat)
        for part in (self.drawing, self.sizes, self.bill):
            part.setVisible(not flat)
        self.flatten.setVisible(flat)
        self.next_map.setVisible(self._view in ("local", "conv"))
        self._show_all()

    def _show_all(self) -> None:
        self._show_sizes()
        if self._view == _FLATTEN:
            self.flatten.show_picture(self.model.given)
        else:
            self._show_unit()
            self.bill.show_wirings(self.model.wirings(), self._way)
        self._show_words()

    def _show_unit(self) -> None:
        place = self._hovered or self.model.place(self._way)
        if not self.model.wiring(self._way).holds(*place):
            place = self.model.place(self._way)
        self.drawing.show_connection(self.model.connection(self._way, place))

    def _show_sizes(self) -> None:
        choice = self.model.choice
        for widget in (self.side, self.colour):
            widget.blockSignals(True)
        self.side.setValue(choice.side)
        self.colour.setChecked(choice.colour)
        for widget in (self.side, self.colour):
            widget.blockSignals(False)
        for name, made in self.fields.items():
            with QSignalBlocker(made):
                made.set_value(getattr(choice, name))
        self.size_words.setText(f"{choice.side} × {choice.side} px")
        self.as_race.setEnabled(choice.own)
        self.next_map.setEnabled(choice.kernels > 1)

    @Slot()
    def _show_words(self) -> None:
        if self._view == _FLATTEN:
            (row, column), width = self.flatten.surface.pixel, self.model.given.shape[2]
            first, second = self.flatten.surface.places
            text = (
                f"Row {row}, column {column}: {row} × {width} + {column} = place {first:,}; below it {row + 1} × "
                f"{width} + {column} = place {second:,}: {second - first} apart."
            )
            sentence = _FLATTEN_SENTENCE
        else:
            text, sentence = f"{self.model.wiring(self._way).bill}.", SENTENCES[self._way]
        self.sum.set_whole(text)
        self.sum.setToolTip(f"{text}\n\n{sentence}")
        self.sentence.setText(sentence)
        self.sentence.setVisible(self.height() >= _SENTENCE_LEAST_EM * self.studio.theme.body_px)
        self.when.set_whole(self._when())

    def _when(self) -> str:
        if self._view == _FLATTEN:
            return ""
        layer = self.model.fits(self._way)
        if layer is None:
            return "random initial weights"
        if layer.weights_from == "shipped":
            return "weights that came with the program"
        return "learned until now" if layer.step is None else f"learned until step {layer.step:,}"

    def _fit(self) -> None:
        self.next_map.setText("Next kernel" if self.width() > _NARROW_EM * self.studio.theme.body_px else "")
        self.drawing.setMaximumHeight(self.drawing.wanted_height(self.contentsRect().width() - 6 * GRID_PX))

    @Slot(object)
    def _on_hovered(self, place: Place | None) -> None:
        if place != self._hovered:
            self._hovered = place
            self._show_unit()

    @Slot(object)
    def _on_picked(self, place: Place) -> None:
        self.model.keep(self._way, place)
        self._hovered = None
        self._show_unit()

    # Asking

    @Slot(object)
    def _on_config(self, config: object) -> None:
        if self.isVisible() and not self.studio.active:
            self._pacer.now()

    def _ask_soon(self) -> None:
        if self.studio.moment is not None:
            return
        self._pacer.soon()

    def _ask(self) -> None:
        # Flattening has no weights: they are asked for when they are seen again.
        self._is_stale = self._view == _FLATTEN
        if self._is_stale:
            self._pacer.stop()
            return
        config = self.studio.reading
        question = FirstLayers(config.dataset, config.networks, self.studio.moment, most=_MOST)
        self.studio.ask(question, self._on_layers, self._on_error, slot="connections")

    def _on_layers(self, layers: tuple[LayerWeights, ...]) -> None:
        self.model.take_layers(layers)
        self._show_all()

    def _on_error(self, report: ErrorReport) -> None:
        self.model.take_layers(())
        self._show_all()
        if self._view != _FLATTEN:
            self.when.set_whole(report.what)

    def hideEvent(self, event: QHideEvent) -> None:
        """Waits for nothing where nobody sees it."""
        super().hideEvent(event)
        self._pacer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the sentence out where there is no room for it."""
        super().resizeEvent(event)
        self._fit()
        self._show_words()


PANEL = ConnectionsPanel.INFO

if __name__ == "__main__":
    raise SystemExit(run_alone(ConnectionsPanel))
