"""The way from the first layer's kernels to deeper ones, which do not slide over the picture but over maps."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.core.dataset import Shape
from cnnstudio.core.inside import Unit
from cnnstudio.core.layer_kinds import Conv
from cnnstudio.core.layers import Step
from cnnstudio.ui._study import UnitOf
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.widgets._learned_kernels import LearnedKernels, convolutions_of
from cnnstudio.ui.widgets._names import layer_name, short_names
from cnnstudio.ui.widgets.basic import button, label
from cnnstudio.ui.widgets.unit_choice import in_layer

_WORD: Final = (
    "Deeper kernels slide over the maps of the layer before, all at once. Step through one in About this unit: "
    "its window, every map's products, and their sum."
)


class DeeperKernels(QWidget):
    """A button for every convolution behind a network's first one; it leads to the panel that steps through it.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, learned: LearnedKernels) -> None:
        """Lists nothing yet; follows the kernels that are asked for."""
        super().__init__()
        self._studio, self._learned = studio, learned
        self._listed: tuple[Shape, tuple[str, ...]] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.hide()
        learned.arrived.connect(self._fill)

    @Slot()
    def _fill(self) -> None:
        picture = self._studio.picture
        shape = picture.shape if picture is not None else (0, 0, 0)
        listed = shape, tuple(layer.network for layer in self._learned.layers)
        if listed == self._listed:
            return
        self._listed = listed
        found = [(layer, step) for layer in self._learned.layers for step in _deeper(layer.network, shape)]
        while (item := self._column.takeAt(0)) is not None:
            part = item.widget()
            if part is not None:
                part.hide()
                part.deleteLater()
        names = short_names(self._learned.layers)
        self._column.addWidget(label(_WORD, "small", wrap=True))
        for layer, step in found:
            link = self._link(layer.network, step, names[layer.network])
            self._column.addWidget(link, alignment=Qt.AlignmentFlag.AlignLeft)
        self.setVisible(bool(found))

    def _link(self, network: str, step: Step, name: str) -> QWidget:
        assert isinstance(step.layer, Conv)
        reads = step.given[0] // step.layer.groups
        maps = "one map" if reads == 1 else f"{reads} maps"
        text = f"{name}, {layer_name(step.name, step.layer.title)}: {step.layer.out} kernels over {maps}"
        made = button(text, "quiet", tip="Look at one unit of this layer, on the picture and at the moment.")
        made.clicked.connect(partial(self._go, network, step))
        return made

    def _go(self, network: str, step: Step) -> None:
        picture = self._studio.picture
        if picture is not None:
            self._studio.set_unit(UnitOf(network, in_layer(step, Unit(step.name, 0), None, picture)))
            self.window().close()
            self._studio.panel_wanted.emit("unit")


def _deeper(network: str, shape: Shape) -> list[Step]:
    """The convolutions behind a network's first layer with weights, for pictures of this shape."""
    spec = convolutions_of(network, shape)
    weighted = [step for step in spec.steps() if step.layer.weighted] if spec is not None else []
    return [step for step in weighted[1:] if isinstance(step.layer, Conv)]
