"""The kernels that the networks hold at the moment, asked of the engine and never more often than they are seen."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cnnstudio import networks
from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.studio import Studio

_MOST_KERNELS: Final = 64
_TWO_CLASSES: Final = 2
"""How many classes there are changes no convolution."""


class LearnedKernels(QWidget):
    """Asks for first layers. It has no face; its owner's visibility is its own.

    Attributes:
        layers: What was answered last.

    Signals:
        arrived(): There are other layers.
        failed(report): There are none, for a reason.

    Thread: GUI.
    """

    arrived = Signal()
    failed = Signal(object)

    def __init__(self, studio: Studio, owner: QWidget) -> None:
        """Knows nothing yet."""
        super().__init__(owner)
        self.hide()
        self._studio = studio
        self.layers: tuple[LayerWeights, ...] = ()
        self._pacer = Pacer(owner, self._ask)

    def ask(self) -> None:
        """Asks now; the newest wish wins."""
        self._pacer.now()

    def ask_soon(self) -> None:
        """Asks a few times a second at most."""
        self._pacer.soon()

    def _ask(self) -> None:
        config = self._studio.reading
        question = FirstLayers(config.dataset, config.networks, self._studio.moment, most=_MOST_KERNELS)
        self._studio.ask(question, self._on_layers, self._on_error, slot="convolution kernels")

    def _on_layers(self, layers: tuple[LayerWeights, ...]) -> None:
        self.layers = tuple(one for one in layers if one.weights_from != "none" and len(one.kernels))
        self.arrived.emit()

    def _on_error(self, report: ErrorReport) -> None:
        self.layers = ()
        self.failed.emit(report)


def convolutions_of(network: str, shape: Shape) -> NetworkSpec | None:
    """The network for pictures of this shape, of which only the convolutions matter; None where it cannot read them."""
    try:
        return networks.spec_for(network, shape, _TWO_CLASSES)
    except StudioError:
        return None
