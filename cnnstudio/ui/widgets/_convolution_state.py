"""What is set on the convolution panel: its knobs, its kernel, its picture. Arithmetic only, no widget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.core.activations import ACTIVATIONS
from cnnstudio.core.convolution import LARGEST_KERNEL_PX, PADDING_MODES, Convolution, Kind, PaddingMode, Plane
from cnnstudio.core.errors import StudioError
from cnnstudio.core.kernels import PRESETS, fitted
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.questions import LayerWeights

SMALLEST_PICTURE_PX: Final = 5
LARGEST_PICTURE_PX: Final = 512
LUMINANCE: Final = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

INK: Final = (255, 176, 64)
PAPER: Final = (16, 44, 96)
"""A grey picture in colour: its ink is orange, its paper blue."""

OWN: Final = "own"

KNOBS: Final[tuple[Knob, ...]] = (
    Knob("size", "Size", 3, "Rows and columns of the kernel.", 1, LARGEST_KERNEL_PX, "px"),
    Knob("stride", "Stride", 1, "Pixels from one window to the next.", 0, 16, "px"),
    Knob("padding", "Padding", "same", "What is added around the picture: nothing (valid), so much that the output is "
         "as large (same), so much that every window counts that touches it (full), or a number.",
         choices=("valid", "same", "full", "number")),
    Knob("padding_px", "Number", 2, "Pixels added on each side, where the padding is a number.", 0, 32, "px"),
    Knob("mode", "Padded with", "zero", "In the padding stand zeros, the mirrored picture, its edge repeated, or its "
         "other side.", choices=PADDING_MODES),
    Knob("dilation", "Dilation", 1, "Pixels from one pixel read to the next: 2 leaves every second one out.", 0, 16,
         "px"),
    Knob("flip", "Flip (true convolution)", False, "Turns the kernel by 180 degrees, as mathematics defines a "
         "convolution. Networks do not: they compute the cross-correlation, and learn the turned kernel."),
    Knob("kind", "Kind", "standard", "Standard: the channels are added. Depthwise: each channel has its own output. "
         "Pointwise: 1 x 1, channels only. Transposed: every pixel stamps the kernel, and the output grows.",
         choices=("standard", "depthwise", "pointwise", "transposed")),
    Knob("bias", "Bias", 0.0, "Added to every sum.", -100.0, 100.0),
    Knob("activation", "Activation", "none", "What is made of the sum.", choices=("none", *ACTIVATIONS)),
    Knob("as_seen", "Picture as the networks see it", True, "Otherwise it is resampled to the size below."),
    Knob("picture_px", "Picture size", 28, "Rows and columns of the resampled picture.", SMALLEST_PICTURE_PX,
         LARGEST_PICTURE_PX, "px", log=True),
    Knob("tint", "In colour", False, "A grey picture gets orange ink on blue paper: three channels."),
    Knob("angle", "Angle", 0, "Direction across which a Gabor kernel waves, in degrees.", 0, 180, "°"),
)  # fmt: skip
BY_NAME: Final = {knob.name: knob for knob in KNOBS}
CHANNELS: Final = ("red", "green", "blue")


@dataclass(slots=True)
class State:
    """Everything that decides the output, save the picture itself.

    Attributes:
        values: By knob.
        kernel: A preset's id, "own", or "learned:<network>:<place>".
        own: float64 [channels, size, size], the kernel typed or drawn.
        learned: float64 [channels, size, size], what the network holds at the moment; None until it is known.
        scaling: Mean and spread that the network's input is normalised by; (0, 1) leaves the pixels from 0 to 1.
    """

    values: dict[str, Value] = field(default_factory=lambda: {knob.name: knob.default for knob in KNOBS})
    kernel: str = "sobel_x"
    own: Plane = field(default_factory=lambda: np.zeros((1, 3, 3)))
    learned: Plane | None = None
    scaling: tuple[float, float] = (0.0, 1.0)

    @property
    def is_learned(self) -> bool:
        """Whether the kernel is a network's."""
        return self.kernel.startswith("learned:")

    @property
    def setting(self) -> Convolution:
        """How the filter slides."""
        value = self.values
        amount = value["padding"]
        padding = int(cast("int", value["padding_px"])) if amount == "number" else amount
        transposed = value["kind"] == "transposed"
        return Convolution(
            size=self.size,
            stride=cast("int", value["stride"]),
            padding=cast("Any", padding),
            mode="zero" if transposed else cast("PaddingMode", value["mode"]),
            dilation=cast("int", value["dilation"]),
            flip=bool(value["flip"]),
            kind=cast("Kind", value["kind"]),
        )

    @property
    def size(self) -> int:
        """Rows of the kernel."""
        return 1 if self.values["kind"] == "pointwise" else cast("int", self.values["size"])

    @property
    def bias(self) -> float:
        """Added to every sum."""
        return float(cast("float", self.values["bias"]))

    def weights(self, channels: int) -> Plane:
        """The kernel for a picture of so many channels, float64 [channels, size, size].

        Raises:
            StudioError: A learned kernel does not fit the picture, or is not known yet.
        """
        if self.is_learned:
            return self._learned(channels)
        if self.kernel == OWN:
            return fitted(_channels(self.own, channels), self.size)
        kernel = PRESETS[self.kernel].kernel(self.size, float(cast("float", self.values["angle"])))
        share = 1 if self.values["kind"] == "depthwise" else channels
        return np.repeat(kernel[None] / share, channels, axis=0)

    def _learned(self, channels: int) -> Plane:
        if self.learned is None:
            raise StudioError(
                "The learned kernel is not known yet.", "PyTorch is still loading, or nothing is trained.",
                "Press Run, or take one of the kernels that have a name.",
            )  # fmt: skip
        kernel = self.learned
        if len(kernel) != channels:
            raise StudioError(
                f"This kernel reads {_channel_word(len(kernel))}, and the picture has {_channel_word(channels)}.",
                "It was learned from other pictures.",
                "Take the picture as the networks see it, or another kernel.",
            )
        return fitted(kernel, self.size) if kernel.shape[-1] != self.size else kernel

    def activate(self, values: Plane) -> Plane:
        """The activation of some values, any shape."""
        name = str(self.values["activation"])
        return values if name == "none" else ACTIVATIONS[name].apply(values)

    def take_learned(self, layer: LayerWeights, place: int) -> None:
        """Takes one kernel of a network's first layer, its bias and its normalisation along."""
        self.learned = layer.kernels[place].astype(np.float64)
        self.scaling = layer.scaling
        self.values["bias"] = float(layer.biases[place]) if layer.biases is not None else 0.0

    def leave_learned(self) -> None:
        """Pixels are from 0 to 1 again."""
        self.learned, self.scaling = None, (0.0, 1.0)

    def to_json(self) -> dict[str, Any]:
        """As JSON types."""
        return {"values": dict(self.values), "kernel": self.kernel, "own": self.own.tolist()}

    def take_json(self, kept: Mapping[str, Any]) -> None:
        """Takes back what `to_json` gave; whatever is not understood is ignored."""
        values = kept.get("values")
        for name, value in values.items() if isinstance(values, dict) else ():
            knob = BY_NAME.get(name)
            if knob is not None and isinstance(knob.default, float) and isinstance(value, int):
                value = float(value)
            if knob is not None and knob.check(value) is None:
                self.values[name] = value
        kernel = kept.get("kernel")
        if isinstance(kernel, str) and (kernel in PRESETS or kernel == OWN or _is_learned_key(kernel)):
            self.kernel = kernel
        own = _own(kept.get("own"))
        if own is not None:
            self.own = own


def learned_key(network: str, place: int) -> str:
    """The name of a learned kernel."""
    return f"learned:{network}:{place}"


def split_learned(key: str) -> tuple[str, int]:
    """The network and the place of a learned kernel's name."""
    network, _, place = key.removeprefix("learned:").rpartition(":")
    return network, int(place)


def _is_learned_key(key: str) -> bool:
    return key.startswith("learned:") and key.rpartition(":")[2].isdecimal()


def _own(kept: object) -> Plane | None:
    try:
        kernel = np.array(kept, np.float64)
    except (TypeError, ValueError):
        return None
    good = kernel.ndim == 3 and kernel.shape[0] in (1, 3) and 1 <= kernel.shape[1] == kernel.shape[2]
    return kernel if good and kernel.shape[1] <= LARGEST_KERNEL_PX and np.isfinite(kernel).all() else None


def _channel_word(channels: int) -> str:
    return "one channel" if channels == 1 else f"{channels} channels"


def _channels(kernel: Plane, channels: int) -> Plane:
    return kernel if len(kernel) == channels else np.repeat(kernel.mean(axis=0, keepdims=True), channels, axis=0)


def shown_pixels(picture: NDArray[np.uint8], state: State) -> NDArray[np.uint8]:
    """The picture at the size and in the colours that are set: uint8 [channels, height, width]."""
    if not state.values["as_seen"]:
        side = int(cast("int", state.values["picture_px"]))
        how = Image.Resampling.BOX if side < min(picture.shape[1:]) else Image.Resampling.BILINEAR
        picture = np.stack([np.asarray(Image.fromarray(plane).resize((side, side), how)) for plane in picture])
    if state.values["tint"] and len(picture) == 1:
        picture = _tints().take(picture[0], axis=1)
    return picture


@cache
def _tints() -> NDArray[np.uint8]:
    """The colour of each grey, uint8 [3, 256]."""
    ink, paper = (np.array(colour, np.float64)[:, None] for colour in (INK, PAPER))
    return (paper + (ink - paper) * np.arange(256) / 255).round().astype(np.uint8)


def as_numbers(pixels: NDArray[np.uint8], state: State) -> Plane:
    """What the filter multiplies: 0 to 1, or normalised as the network gets it."""
    mean, spread = state.scaling
    numbers = pixels / 255.0
    if state.scaling != (0.0, 1.0):
        numbers -= mean
        numbers /= spread
    return numbers


def in_words(setting: Convolution) -> tuple[str, str, str, str]:
    """Size, stride, padding and dilation as chips say them."""
    mode = {"zero": "zeros", "replicate": "edge"}.get(setting.mode, setting.mode)
    none = max(setting.margins) == 0
    amount = f"padding {setting.padding}" if isinstance(setting.padding, int) else setting.padding
    padding = "no padding" if none else f"{amount}, {mode}"
    return f"{setting.size} × {setting.size}", f"stride {setting.stride}", padding, f"dilation {setting.dilation}"


def centred_on(setting: Convolution, row: int, column: int, rows: int, columns: int) -> tuple[int, int]:
    """The output pixel whose window's middle is nearest to a place of the laid-out picture."""
    middle = (setting.reach - 1) / 2
    found = [math.floor((at - middle) / setting.step + 0.5) for at in (row, column)]
    return min(max(found[0], 0), rows - 1), min(max(found[1], 0), columns - 1)


def with_geometry(state: State, **values: Value) -> None:
    """Sets several knobs at once; what is out of range is left as it was."""
    for name, value in values.items():
        if BY_NAME[name].check(value) is None:
            state.values[name] = value
