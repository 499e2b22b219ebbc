"""The chips of the convolution panel, and what opens under them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from cnnstudio.core.activations import ACTIVATIONS
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.kernels import PRESETS
from cnnstudio.core.knobs import Value
from cnnstudio.core.layer_kinds import Conv
from cnnstudio.core.layers import pair
from cnnstudio.core.questions import LayerWeights
from cnnstudio.ui.theme import GRID_PX, Theme
from cnnstudio.ui.widgets._convolution_form import KernelList, KnobForm, scrolled
from cnnstudio.ui.widgets._convolution_state import OWN, State, in_words, split_learned
from cnnstudio.ui.widgets._learned_kernels import convolutions_of
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.basic import button
from cnnstudio.ui.widgets.chip import Chip
from cnnstudio.ui.widgets.popover import Popover

_GEOMETRY: Final = ("size", "stride", "padding", "padding_px", "mode", "dilation", "flip")
_MORE: Final = ("kind", "bias", "activation", "as_seen", "picture_px", "tint")


class ConvolutionSetup(QWidget):
    """One line of facts, each of which can be clicked and changed.

    Signals:
        knob_changed((name, value)): A knob was turned.
        kernel_chosen(key): Another kernel was chosen.

    Thread: GUI.
    """

    knob_changed = Signal(object)
    kernel_chosen = Signal(object)

    def __init__(self, theme: Theme, state: State) -> None:
        """Makes chips and forms for a state that is shared with the panel."""
        super().__init__()
        self._state = state
        self._layers: tuple[LayerWeights, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID_PX // 2)
        self.kernel = Chip(theme, "Which kernel slides over the picture.", shrinks=True)
        tips = ("Rows and columns of the kernel.", "Pixels from one window to the next.",
                "What stands around the picture.", "Pixels from one pixel read to the next.")  # fmt: skip
        self.geometry_chips = tuple(Chip(theme, tip, shrinks=True) for tip in tips)
        self.more = button(
            "More", "quiet", tip="Kind of convolution, bias, activation, size and colour of the picture."
        )
        for part in (self.kernel, *self.geometry_chips, self.more):
            row.addWidget(part)
        row.addStretch(1)
        self.kernels = KernelList(theme, state.values["angle"])
        self.geometry_form = KnobForm(_GEOMETRY, state.values)
        self.more_form = KnobForm(_MORE, state.values)
        self.kernels.chosen.connect(self.kernel_chosen)
        self.kernels.angle_changed.connect(self.knob_changed)
        self.geometry_form.changed.connect(self.knob_changed)
        self.more_form.changed.connect(self.knob_changed)
        self.kernel_popover = Popover(scrolled(self.kernels), self.kernel)
        self.geometry_popover = Popover(self.geometry_form, self.geometry_chips[0])
        for chip in self.geometry_chips[1:]:
            chip.clicked.connect(self.geometry_popover.open)
        self.more_popover = Popover(self.more_form, self.more)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_state()

    def set_theme(self, theme: Theme) -> None:
        """Restyles."""
        for chip in (self.kernel, *self.geometry_chips):
            chip.set_theme(theme)
        self.kernels.set_theme(theme)
        self.updateGeometry()

    def show_layers(self, layers: Sequence[LayerWeights], word: str = "") -> None:
        """Lists learned kernels; `word` says why there are none."""
        self._layers = tuple(layers)
        nothing = "No network here has learned this data set yet: press Run."
        self.kernels.show_layers(layers, word or ("" if layers else nothing))

    @Slot()
    def show_state(self, layers: Sequence[LayerWeights] | None = None) -> None:
        """Writes what is set onto the chips and into the forms."""
        state = self._state
        if layers is not None:
            self._layers = tuple(layers)
        self._write(self.kernel, kernel_title(state.kernel, self._layers))
        for chip, text in zip(self.geometry_chips, in_words(state.setting), strict=True):
            self._write(chip, text)
        kind = str(state.values["kind"])
        self.more.setText("More" if kind == "standard" else kind.capitalize())
        self.more.setAccessibleName(self.more.text())
        for form in (self.geometry_form, self.more_form, self.kernels.angle):
            form.show_values(state.values)
        self._enable()
        self.kernels.mark(state.kernel)

    def _write(self, chip: Chip, text: str) -> None:
        if chip.text() != text:
            chip.setText(text)
            chip.setAccessibleName(text)
            chip.updateGeometry()

    def _enable(self) -> None:
        values = self._state.values
        fields = self.geometry_form.fields | self.more_form.fields
        fields["size"].setEnabled(values["kind"] != "pointwise")
        fields["padding_px"].setEnabled(values["padding"] == "number")
        fields["mode"].setEnabled(values["kind"] != "transposed")
        fields["bias"].setEnabled(not self._state.is_learned)
        fields["picture_px"].setEnabled(not values["as_seen"])

    def show_problem(self, name: str, report: ErrorReport | None) -> None:
        """Says below the field that was changed last why there is no output."""
        self.geometry_form.show_problem(name, report)
        self.more_form.show_problem(name, report)


def kernel_title(key: str, layers: Sequence[LayerWeights]) -> str:
    """What a kernel is called."""
    if key in PRESETS:
        return PRESETS[key].title
    if key == OWN:
        return "Your own"
    network, place = split_learned(key)
    return f"{short_names(layers).get(network, network)} · kernel {place + 1}"


def first_convolution(network: str, shape: tuple[int, ...], layer: LayerWeights) -> dict[str, Value]:
    """How a network's first convolution slides, and its activation, as knobs."""
    values: dict[str, Value] = {"size": layer.kernels.shape[-1], "kind": "standard", "flip": False}
    channels, height, width = shape
    spec = convolutions_of(network, (channels, height, width))
    if spec is None:
        return values
    layers = [step.layer for step in spec.steps()]
    first = next((place for place, one in enumerate(layers) if one.weighted), 0)
    conv = layers[first]
    values["activation"] = next((one.kind for one in layers[first:] if one.kind in ACTIVATIONS), "none")
    if isinstance(conv, Conv):
        values |= {"stride": pair(conv.stride)[0], "dilation": pair(conv.dilation)[0]}
        values["mode"] = "zero" if conv.padding_mode == "zeros" else conv.padding_mode
        if isinstance(conv.padding, str):
            values["padding"] = conv.padding
        else:
            values |= {"padding": "number", "padding_px": pair(conv.padding)[0]}
    return values
