"""Which map a panel works on: the picture itself, or what one kernel makes of it, named or learned."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox

from cnnstudio.core.convolution import Convolution, convolve
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.kernels import PRESETS
from cnnstudio.core.pooling import shifted
from cnnstudio.core.questions import FirstLayers, LayerWeights
from cnnstudio.ui.pacer import Pacer
from cnnstudio.ui.studio import Studio
from cnnstudio.ui.widgets._names import short_names
from cnnstudio.ui.widgets.basic import explain_on_focus

Map = NDArray[np.float64]

_COLOURS: Final = ("Red", "Green", "Blue")
_NAMED: Final = ("sobel_x", "sobel_y", "laplacian", "edge", "sharpen", "gaussian", "emboss", "gabor")
_TOGETHER: Final = ("sobel_x", "sobel_y", "laplacian", "gaussian")
"""Named kernels whose maps stand for a layer's, where several maps are wanted."""

_MOST_KERNELS: Final = 16
"""Kernels listed of one network; a longer list is not read."""

_LEAST_CHARS: Final = 8
"""Letters seen where there is little room; the open list shows all."""

_TIP: Final = (
    "What the panel works on: the picture, or the feature map that one kernel makes of it (stride 1, as large as the "
    "picture, zeros around it, no bias)."
)


class MapSource(QComboBox):
    """A list of maps. Learned kernels are asked of the engine, and only while the list is seen.

    Signals:
        changed(): There is another map: another choice, or another kernel by the same name.

    Thread: GUI.
    """

    changed = Signal()

    def __init__(self, studio: Studio, key: str = "picture") -> None:
        """Lists the picture and the named kernels."""
        super().__init__()
        self._studio = studio
        self._key = key
        self._layers: dict[str, LayerWeights] = {}
        self._report: ErrorReport | None = None
        self._pacer = Pacer(self, self._ask)
        self.setToolTip(_TIP)
        self.setAccessibleName("Map")
        self.setAccessibleDescription(_TIP)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setMinimumContentsLength(_LEAST_CHARS)
        explain_on_focus(self)
        self.fill()
        self.activated.connect(self._on_activated)

    @property
    def key(self) -> str:
        """The choice as it is kept: "picture", "channel:0", "preset:sobel_x" or "kernel:lenet5:2"."""
        return self._key

    @property
    def is_learned(self) -> bool:
        """Whether the choice is a learned kernel."""
        return self._key.startswith("kernel:")

    @property
    def is_signed(self) -> bool:
        """Whether the map may go below zero."""
        return self._key.startswith(("preset:", "kernel:"))

    @property
    def title(self) -> str:
        """The choice in words."""
        return self.currentText() or "Map"

    def set_key(self, key: object) -> None:
        """Chooses; a learned kernel may come later, whatever is not known is ignored."""
        if isinstance(key, str) and key != self._key and self._is_known(key):
            self._key = key
            self.fill()
            self.changed.emit()

    def fill(self) -> None:
        """Lists anew: the picture may have other channels, the networks other kernels."""
        with QSignalBlocker(self):
            self.clear()
            for title, key in self._entries():
                self.addItem(title, key)
            at = self.findData(self._key)
            if at < 0 and self.is_learned and not self._layers:
                self.addItem("Learned kernel", self._key)
                at = self.count() - 1
            self.setCurrentIndex(max(0, at))
            self._key = str(self.currentData())

    def ask(self) -> None:
        """Asks for the learned kernels of the moment, at most three times a second."""
        self._pacer.soon()

    def _ask(self) -> None:
        config = self._studio.reading
        question = FirstLayers(config.dataset, config.networks, self._studio.moment, most=_MOST_KERNELS)
        self._studio.ask(question, self._on_layers, self._on_no_layers, slot="map kernels")

    def values(self, down_px: int = 0, right_px: int = 0) -> Map:
        """The chosen map, float64 [height, width]; a picture's pixels run from 0 to 1.

        Args:
            down_px: The picture is moved down by so many pixels before; what leaves it is lost.
            right_px: Likewise to the right.

        Raises:
            StudioError: There is no picture, or the kernel does not fit to it.
        """
        pixels = self._pixels()
        if down_px or right_px:
            pixels = np.stack([shifted(channel, down_px, right_px) for channel in pixels])
        if self._key.startswith("channel:"):
            return np.asarray(pixels[min(int(self._key.removeprefix("channel:")), len(pixels) - 1)])
        if self._key == "picture":
            return np.asarray(pixels.mean(axis=0))
        return _filtered(pixels, self._kernel(pixels))

    def maps(self) -> Map:
        """The chosen map and its like, float64 [maps, height, width]: channels, named kernels, one network's kernels.

        Raises:
            StudioError: As `values`.
        """
        pixels = self._pixels()
        if not self.is_signed:
            return pixels
        if self.is_learned:
            kernels = self._layer().kernels
            return np.stack([_filtered(pixels, _fits(kernel, pixels)) for kernel in kernels])
        return np.stack([_filtered(pixels, _spread(PRESETS[name].kernel(), len(pixels))) for name in _TOGETHER])

    def _entries(self) -> list[tuple[str, str]]:
        colour = self._studio.picture is not None and len(self._studio.picture) > 1
        entries = [("Picture, mean of its colours" if colour else "Picture", "picture")]
        if colour:
            entries += [(name, f"channel:{place}") for place, name in enumerate(_COLOURS)]
        entries += [(PRESETS[name].title, f"preset:{name}") for name in _NAMED]
        names = short_names(self._layers.values())
        for layer in self._layers.values():
            entries += [
                (f"{names[layer.network]} · kernel {place + 1}", f"kernel:{layer.network}:{place}")
                for place in range(len(layer.kernels))
            ]
        return entries

    def _is_known(self, key: str) -> bool:
        kind, _, rest = key.partition(":")
        if kind == "preset":
            return rest in _NAMED
        if kind == "channel":
            return rest in ("0", "1", "2")
        return key == "picture" or (kind == "kernel" and rest.rpartition(":")[2].isdigit())

    def _pixels(self) -> Map:
        if self._studio.picture is None:
            raise StudioError("There is no picture yet.", remedy="Draw one on the left, or take one of the data set.")
        return self._studio.picture.astype(np.float64) / 255

    def _kernel(self, pixels: Map) -> Map:
        kind, _, rest = self._key.partition(":")
        if kind == "preset":
            return _spread(PRESETS[rest].kernel(), len(pixels))
        kernels = self._layer().kernels
        return _fits(kernels[min(int(rest.rpartition(":")[2]), len(kernels) - 1)], pixels)

    def _layer(self) -> LayerWeights:
        layer = self._layers.get(self._key.removeprefix("kernel:").rpartition(":")[0])
        if layer is not None:
            return layer
        if self._report is not None:
            raise StudioError(self._report.what, self._report.cause, self._report.remedy)
        raise StudioError(
            "The learned kernels are not here yet.",
            "PyTorch is being loaded, or no network with a convolution has learned this data set.",
            "Press Run, or choose a named kernel.",
        )

    def _on_layers(self, layers: tuple[LayerWeights, ...]) -> None:
        known = {
            layer.network: layer
            for layer in layers
            if layer.kind == "kernels" and layer.weights_from != "none" and len(layer.kernels)
        }
        self._report = None
        listed = {network: len(layer.kernels) for network, layer in self._layers.items()}
        self._layers = known
        if listed != {network: len(layer.kernels) for network, layer in known.items()}:
            self.fill()
        if self.is_learned:
            self.changed.emit()

    def _on_no_layers(self, report: ErrorReport) -> None:
        self._report, self._layers = report, {}
        if self.is_learned:
            self.changed.emit()

    @Slot(int)
    def _on_activated(self, index: int) -> None:
        if self.itemData(index) != self._key:
            self._key = str(self.itemData(index))
            self.changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with the picture's channels."""
        super().showEvent(event)
        self.fill()


def _spread(kernel: Map, channels: int) -> Map:
    """One kernel for every channel of a colour picture, so that their mean is filtered: [channels, size, size]."""
    return np.asarray(np.repeat(kernel[None], channels, axis=0) / channels)


def _fits(kernel: NDArray[np.float32], pixels: Map) -> Map:
    if len(kernel) != len(pixels):
        raise StudioError(
            f"The learned kernel reads {len(kernel)} channel{'s' * (len(kernel) > 1)}, the picture has {len(pixels)}.",
            "The network was trained on pictures of another kind.",
            "Take a picture of its data set, or choose a named kernel.",
        )
    return kernel.astype(np.float64)


def _filtered(pixels: Map, kernel: Map) -> Map:
    return np.asarray(convolve(pixels, kernel, Convolution(size=kernel.shape[-1]))[0])
